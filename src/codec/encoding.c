/* Guesses are made from the form of the bytes, the surest signs first. */
#include "codec/encoding.h"

#include <stdbool.h>
#include <stdint.h>

#define NULS_LOOKED_AT 512U

static unsigned char byte_at(struct gb_str text, size_t i)
{
    return i < text.len ? (unsigned char)text.ptr[i] : 0;
}

static bool is_between(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

/* A NUL in (nearly) every second byte of the first ones, and none beside: ASCII in UTF-16. */
const char *gb_encoding_nuls(struct gb_str text)
{
    size_t len = text.len < NULS_LOOKED_AT ? text.len : NULS_LOOKED_AT;
    size_t even = 0, odd = 0;

    for (size_t i = 0; i < len; i++) {
        if (text.ptr[i] == 0) {
            even += i % 2 == 0;
            odd += i % 2 == 1;
        }
    }
    if (odd > 1 + len / 8 && even == 0) {
        return "the bytes look like UTF-16, little end first";
    }
    return even > 1 + len / 8 && odd == 0 ? "the bytes look like UTF-16, big end first" : NULL;
}

static const char *suspect_mark(struct gb_str text)
{
    unsigned char a = byte_at(text, 0), b = byte_at(text, 1);

    if (a == 0xFF && b == 0xFE) {
        return text.len >= 4 && byte_at(text, 2) == 0 && byte_at(text, 3) == 0
                   ? "the byte order mark of UTF-32, little end first"
                   : "the byte order mark of UTF-16, little end first";
    }
    return a == 0xFE && b == 0xFF ? "the byte order mark of UTF-16, big end first" : NULL;
}

/* Length of the GB 18030 sequence at i; 0: there is none. */
static size_t gbk_len(struct gb_str text, size_t i)
{
    unsigned char a = byte_at(text, i), b = byte_at(text, i + 1);

    if (a < 0x80) {
        return 1;
    }
    if (!is_between(a, 0x81, 0xFE)) {
        return 0;
    }
    if (is_between(b, 0x40, 0x7E) || is_between(b, 0x80, 0xFE)) {
        return 2;
    }
    return is_between(b, 0x30, 0x39) && is_between(byte_at(text, i + 2), 0x81, 0xFE) &&
                   is_between(byte_at(text, i + 3), 0x30, 0x39)
               ? 4
               : 0;
}

/* All of it reads as GB 18030, and half of its pairs are characters of GB 2312, which holds what
 * people write. The number of pairs, 0: it does not. */
static size_t count_gbk(struct gb_str text)
{
    size_t pairs = 0, common = 0;

    for (size_t i = 0; i < text.len;) {
        size_t len = gbk_len(text, i);

        if (len == 0) {
            return 0;
        }
        if (len > 1) {
            pairs++;
            common += is_between(byte_at(text, i), 0xA1, 0xF7) && byte_at(text, i + 1) >= 0xA1;
        }
        i += len;
    }
    return common * 2 >= pairs ? pairs : 0;
}

static size_t wanted_len(unsigned char lead)
{
    return lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* True if the sequence begins right and ends too early. */
static bool is_cut(struct gb_str text, size_t at)
{
    size_t wanted = wanted_len(byte_at(text, at)), have = 1;

    while (have < wanted && is_between(byte_at(text, at + have), 0x80, 0xBF)) {
        have++;
    }
    return wanted > 1 && byte_at(text, at) <= 0xF4 && have < wanted;
}

/* What is wrong with the sequence itself. */
static const char *suspect_sequence(struct gb_str text, size_t at)
{
    unsigned char lead = byte_at(text, at), next = byte_at(text, at + 1);

    if (is_between(lead, 0x80, 0xBF)) {
        return "a byte that only continues a sequence stands alone";
    }
    if (lead == 0xC0 || lead == 0xC1 || (lead == 0xE0 && is_between(next, 0x80, 0x9F)) ||
        (lead == 0xF0 && is_between(next, 0x80, 0x8F))) {
        return "a sequence longer than it may be, as Java's modified UTF-8 writes U+0000";
    }
    if (lead == 0xED && is_between(next, 0xA0, 0xBF)) {
        return "half of a surrogate pair, as CESU-8 writes it";
    }
    return is_cut(text, at) ? "a sequence is cut off" : "a byte that no UTF-8 holds";
}

/* Bytes above ASCII that stand alone between ASCII: one byte a character. */
static bool is_single_byte(struct gb_str text)
{
    size_t alone = 0, all = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (byte_at(text, i) >= 0x80) {
            all++;
            alone += (i == 0 || byte_at(text, i - 1) < 0x80) && byte_at(text, i + 1) < 0x80;
        }
    }
    return alone >= 2 && alone * 4 >= all * 3;
}

/* The text between two quotes (of JSON, of CSV) around a place, or from end to end: no character of
 * GB 18030 holds a quote. In *at the place within it. */
static struct gb_str cut_run(struct gb_str text, size_t *at)
{
    size_t from = *at, to = *at;

    while (from > 0 && text.ptr[from - 1] != '"') {
        from--;
    }
    while (to < text.len && text.ptr[to] != '"') {
        to++;
    }
    *at -= from;
    return (struct gb_str){text.ptr + from, to - from};
}

/* True if a sequence of three bytes or more before the fault is right, as Chinese is written: it
 * was meant to be UTF-8. Two bytes prove nothing: many pairs of GBK are of their form. */
static bool has_sequences_before(struct gb_str run, size_t at)
{
    for (size_t i = 0; i < at;) {
        size_t len = wanted_len(byte_at(run, i));

        if (len > 2) {
            return true;
        }
        i += len;
    }
    return false;
}

const char *gb_encoding_suspect(struct gb_str text, size_t at)
{
    const char *words = suspect_mark(text);

    if (words == NULL) {
        words = gb_encoding_nuls(text);
    }
    if (words != NULL) {
        return words;
    }
    if (byte_at(text, at) < 0x80) {
        return "a control character";
    }
    struct gb_str run = cut_run(text, &at);

    if (!has_sequences_before(run, at)) {
        /* One pair may also be a sequence of UTF-8 that was cut. */
        if (count_gbk(run) > (is_cut(run, at) ? 1U : 0U)) {
            return "the bytes look like GBK (GB 18030)";
        }
        if (is_single_byte(run)) {
            return "the bytes look like one byte a character (ISO 8859-1, Windows-1252)";
        }
    }
    return suspect_sequence(run, at);
}
