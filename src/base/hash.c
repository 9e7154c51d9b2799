/* Hashes by libcrypto; one context a thread, so that a hash costs no allocation. */
#include "base/hash.h"

#include <openssl/evp.h>

#include "base/check.h"

#define GATHER_MAX 4096
#define HMAC_BLOCK 64 /* bytes of a block, of SHA-256 and of SM3 */

struct digest {
    EVP_MD *md[2]; /* fetched once: an implicit fetch for each hash costs more than the hash */
    EVP_MD_CTX *context;
};

static _Thread_local struct digest digest;

static EVP_MD *digest_of(enum gb_hash_alg alg)
{
    if (digest.md[alg] == NULL) {
        digest.md[alg] = EVP_MD_fetch(NULL, alg == GB_SHA256 ? "SHA256" : "SM3", NULL);
    }
    if (digest.context == NULL) {
        digest.context = EVP_MD_CTX_new();
    }
    GB_CHECK(digest.md[alg] != NULL && digest.context != NULL);
    return digest.md[alg];
}

void gb_hash_end(void)
{
    for (size_t i = 0; i < GB_COUNT(digest.md); i++) {
        EVP_MD_free(digest.md[i]);
    }
    EVP_MD_CTX_free(digest.context);
    digest = (struct digest){.context = NULL};
}

const char *gb_hash_alg_word(enum gb_hash_alg alg)
{
    return alg == GB_SHA256 ? "sha256" : "sm3";
}

/* Short parts are gathered first: a call of libcrypto costs as much as hashing fifty bytes. */
static void update(const struct gb_str *parts, size_t count)
{
    char run[GATHER_MAX];
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > sizeof(run) - used) {
            GB_CHECK(EVP_DigestUpdate(digest.context, run, used) == 1);
            used = 0;
        }
        if (parts[i].len > sizeof(run)) {
            GB_CHECK(EVP_DigestUpdate(digest.context, parts[i].ptr, parts[i].len) == 1);
        } else if (parts[i].len > 0) {
            memcpy(run + used, parts[i].ptr, parts[i].len);
            used += parts[i].len;
        }
    }
    GB_CHECK(EVP_DigestUpdate(digest.context, run, used) == 1);
}

struct gb_hash gb_hash_parts(enum gb_hash_alg alg, const struct gb_str *parts, size_t count)
{
    struct gb_hash hash;
    unsigned len = 0;
    EVP_MD *md = digest_of(alg);

    GB_CHECK(EVP_DigestInit_ex2(digest.context, md, NULL) == 1);
    if (count == 1) {
        GB_CHECK(EVP_DigestUpdate(digest.context, parts[0].ptr, parts[0].len) == 1);
    } else {
        update(parts, count);
    }
    GB_CHECK(EVP_DigestFinal_ex(digest.context, hash.bytes, &len) == 1 && len == GB_HASH_LEN);
    return hash;
}

struct gb_hash gb_hash_of(enum gb_hash_alg alg, struct gb_str bytes)
{
    return gb_hash_parts(alg, &bytes, 1);
}

/* By its definition (RFC 2104) over the hash above: libcrypto's HMAC looks its hash up anew for
 * each call. */
struct gb_hash gb_hmac(enum gb_hash_alg alg, struct gb_str key, struct gb_str bytes)
{
    uint8_t inner[HMAC_BLOCK] = {0};
    uint8_t outer[HMAC_BLOCK];
    struct gb_hash hash;

    GB_CHECK(key.len > 0);
    if (key.len > HMAC_BLOCK) {
        hash = gb_hash_of(alg, key);
        memcpy(inner, hash.bytes, GB_HASH_LEN);
    } else {
        memcpy(inner, key.ptr, key.len);
    }
    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    hash = gb_hash_parts(alg, (struct gb_str[]){{(const char *)inner, HMAC_BLOCK}, bytes}, 2);
    return gb_hash_parts(alg,
                         (struct gb_str[]){{(const char *)outer, HMAC_BLOCK},
                                           {(const char *)hash.bytes, GB_HASH_LEN}},
                         2);
}

uint64_t gb_fnv1a(struct gb_str bytes)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ (unsigned char)bytes.ptr[i]) * 0x100000001b3U;
    }
    return hash;
}

void gb_hex(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool gb_unhex(uint8_t *out, size_t len, struct gb_str hex)
{
    if (hex.len != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int high = nibble(hex.ptr[2 * i]);
        int low = nibble(hex.ptr[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

struct gb_str gb_hash_hex(struct gb_arena *arena, const struct gb_hash *hash)
{
    char *text = gb_arena_take(arena, 2 * (size_t)GB_HASH_LEN + 1);

    gb_hex(text, hash->bytes, GB_HASH_LEN);
    return (struct gb_str){text, 2 * (size_t)GB_HASH_LEN};
}

struct gb_str gb_base32(struct gb_arena *arena, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    size_t text_len = (len * 8 + 4) / 5;
    char *text = gb_arena_take(arena, text_len + 1);
    uint32_t bits = 0;
    unsigned bits_count = 0;
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffffU;
        bits_count += 8;
        while (bits_count >= 5) {
            bits_count -= 5;
            text[at++] = digits[bits >> bits_count & 31];
        }
    }
    if (bits_count > 0) {
        text[at++] = digits[bits << (5 - bits_count) & 31];
    }
    GB_CHECK(at == text_len);
    return (struct gb_str){text, text_len};
}

struct gb_str gb_base64(struct gb_arena *arena, const uint8_t *bytes, size_t len)
{
    size_t text_len = (len + 2) / 3 * 4;
    char *text = gb_arena_take(arena, text_len + 1);
    int written = EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);

    GB_CHECK(written == (int)text_len);
    return (struct gb_str){text, text_len};
}

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != 0 ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

bool gb_unbase64(struct gb_arena *arena, struct gb_str text, struct gb_str *bytes)
{
    size_t pad = 0, used = 0;
    uint32_t bits = 0;

    while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=') {
        pad++;
    }
    if (text.len % 4 != 0) {
        return false;
    }
    char *out = gb_arena_take(arena, text.len / 4 * 3 + 1);

    for (size_t i = 0; i < text.len; i++) {
        int six = i < text.len - pad ? sextet(text.ptr[i]) : 0;

        if (six < 0) {
            return false;
        }
        bits = (bits << 6) | (uint32_t)six;
        for (unsigned shift = 24; i % 4 == 3 && shift > 0;) {
            shift -= 8;
            out[used++] = (char)(unsigned char)(bits >> shift);
        }
    }
    *bytes = (struct gb_str){out, used - pad};
    return true;
}
