/* A key file: one purpose's keys, newest first, one a line.
 *
 *   j2 sm3 <64 hex digits>                      the key in use
 *   j1 <64 hex digits> until 2026-12-25         the one before, known until then
 *
 * The id stands in the prefix of every pseudonym made with the key. The hash of the HMAC is
 * sha256 where none is named. A file of 64 hex digits alone is the first key of its purpose (j1,
 * p1, s1): what installations begin with. The bytes of a key are in no message. */
#ifndef CODEC_KEYRING_H
#define CODEC_KEYRING_H

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "gridbridge/err.h"

#define GB_KEY_LEN 32U
#define GB_KEYS_MAX 4U
#define GB_KEY_ID_MAX 8U

struct gb_key {
    struct gb_str id;    /* a letter and a number from 1: "j2" */
    enum gb_hash_alg alg;
    struct gb_str bytes; /* GB_KEY_LEN of them; secret */
    struct gb_str until; /* "2026-12-25", or absent: in use */
};

/* Borrows from the arena of gb_keyring_read. items[0] is in use; the others are of an overlap. */
struct gb_keyring {
    struct gb_key items[GB_KEYS_MAX];
    uint32_t count;
};

/* Reads text; letter is the purpose's ('j'). BAD_CONFIG with line and what was expected. */
enum gb_status gb_keyring_read(struct gb_arena *arena, struct gb_str text, char letter,
                               struct gb_keyring *ring, struct gb_err *err) GB_MUST_CHECK;

/* Takes out the older keys whose last day is before today ("2026-11-25", UTC). */
void gb_keyring_expire(struct gb_keyring *ring, struct gb_str today);

/* Puts a new key in use; the one before is known until that day. bytes are copied. BAD_CONFIG
 * where the ring is full: an overlap must end before another begins. */
enum gb_status gb_keyring_rotate(struct gb_arena *arena, struct gb_keyring *ring,
                                 const struct gb_key *fresh, struct gb_str until,
                                 struct gb_err *err) GB_MUST_CHECK;

/* The id behind the newest: "j3". */
struct gb_str gb_keyring_next_id(struct gb_arena *arena, const struct gb_keyring *ring,
                                 char letter);

/* The file's text. */
void gb_keyring_write(struct gb_buf *out, const struct gb_keyring *ring);

/* "j2." and 128 bits of HMAC(key, plain) in base32. */
struct gb_str gb_pseudonym(struct gb_arena *arena, const struct gb_key *key, struct gb_str plain);

#endif
