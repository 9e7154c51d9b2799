/* Runs of bytes that need no look of their own, sixteen at a time where the CPU has the means. The
 * result is the same on every CPU; nothing behind len is read. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline int gb_is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

#ifdef __SSE2__
/* Bit i: byte i is a control, a quote or a backslash. */
static inline unsigned gb_scan_special(__m128i bytes)
{
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quotes, slashes)));
}

/* The same of the eight bytes of word, as they stand in memory. */
static inline unsigned gb_scan_word(uint64_t word)
{
    return gb_scan_special(_mm_loadl_epi64((const __m128i *)(const void *)&word)) & 0xffU;
}

/* The same of 4 to 15 bytes: the first and the last ones, some of them in both. */
static inline unsigned gb_scan_short(const char *bytes, size_t len)
{
    uint64_t first = 0;
    uint64_t last = 0;

    if (len >= 8) {
        memcpy(&first, bytes, 8);
        memcpy(&last, bytes + len - 8, 8);
        return gb_scan_word(first) | gb_scan_word(last) << (len - 8);
    }
    memcpy(&first, bytes, 4);
    memcpy((char *)&first + 4, bytes + len - 4, 4);
    return (gb_scan_word(first) & 0xfU) | gb_scan_word(first) >> 4 << (len - 4);
}

static inline __m128i gb_scan_load(const char *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}
#endif

/* How many bytes from here on stand in a JSON string as they are: up to the first control, quote or
 * backslash. */
static inline size_t gb_plain_len(const char *bytes, size_t len)
{
    size_t at = 0;

#ifdef __SSE2__
    for (; at + 16 <= len; at += 16) {
        unsigned special = gb_scan_special(gb_scan_load(bytes + at));

        if (special != 0) {
            return at + (size_t)__builtin_ctz(special);
        }
    }
    if (at < len && len >= 16) { /* the last sixteen, some of them once more */
        unsigned special = gb_scan_special(gb_scan_load(bytes + len - 16));

        return special != 0 ? len - 16 + (size_t)__builtin_ctz(special) : len;
    }
    if (at < len && len >= 4) {
        unsigned special = gb_scan_short(bytes, len);

        return special != 0 ? (size_t)__builtin_ctz(special) : len;
    }
#endif
    while (at < len && gb_is_plain((unsigned char)bytes[at])) {
        at++;
    }
    return at;
}

/* How many bytes from here on are ASCII. */
static inline size_t gb_ascii_len(const char *bytes, size_t len)
{
    size_t at = 0;

#ifdef __SSE2__
    for (; at + 16 <= len; at += 16) {
        unsigned high = (unsigned)_mm_movemask_epi8(gb_scan_load(bytes + at));

        if (high != 0) {
            return at + (size_t)__builtin_ctz(high);
        }
    }
#endif
    while (at < len && (unsigned char)bytes[at] < 0x80) {
        at++;
    }
    return at;
}

#endif
