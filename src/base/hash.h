/* Hashes: SHA-256 and SM3 (GM/T 0004) by libcrypto, HMAC, FNV-1a; text forms of bytes. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/arena.h"

#define GB_HASH_LEN 32

/* The hash of a lane's ledger tree, chosen when the lane is created. */
enum gb_hash_alg { GB_SHA256, GB_SM3 };

struct gb_hash {
    uint8_t bytes[GB_HASH_LEN];
};

/* "sha256" or "sm3". */
const char *gb_hash_alg_word(enum gb_hash_alg alg);

/* H(parts[0] || parts[1] || ...). Absent parts count as empty. */
struct gb_hash gb_hash_parts(enum gb_hash_alg alg, const struct gb_str *parts, size_t count);

/* H(bytes). */
struct gb_hash gb_hash_of(enum gb_hash_alg alg, struct gb_str bytes);

/* HMAC (RFC 2104) with H. */
struct gb_hash gb_hmac(enum gb_hash_alg alg, struct gb_str key, struct gb_str bytes);

/* Frees what the calling thread keeps for hashing; a thread that hashed calls it before it ends. */
void gb_hash_end(void);

/* FNV-1a, 64 bit (draft-eastlake-fnv). */
uint64_t gb_fnv1a(struct gb_str bytes);

/* Lower-case hex; out holds 2 * len bytes, no NUL. */
void gb_hex(char *out, const uint8_t *bytes, size_t len);
/* Reads exactly 2 * len lower- or upper-case digits; false on anything else. */
bool gb_unhex(uint8_t *out, size_t len, struct gb_str hex);

/* Hex of a hash in the arena. */
struct gb_str gb_hash_hex(struct gb_arena *arena, const struct gb_hash *hash);

/* Lower-case base32 (RFC 4648, no padding) in the arena. */
struct gb_str gb_base32(struct gb_arena *arena, const uint8_t *bytes, size_t len);

/* Base64 (RFC 4648 section 4, padded) in the arena. */
struct gb_str gb_base64(struct gb_arena *arena, const uint8_t *bytes, size_t len);

/* The bytes of padded base64 in the arena; false where it is none. */
bool gb_unbase64(struct gb_arena *arena, struct gb_str text, struct gb_str *bytes);

#endif
