/* The scrubber: takes what names a person out of free text and leaves a mark of its kind.
 *
 *   村民王某 １３８-1234-5678 反映路灯不亮   ->   村民〔姓名〕 〔手机号〕 反映路灯不亮
 *
 * It reads the text as a person would: full-width, circled, superscript and foreign digits, Chinese
 * numerals (一 壹 幺 〇), HTML entities and \u escapes stand for what they show; spaces, dots,
 * dashes, line breaks, tags and invisible characters between the digits of one number do not hide
 * it. Rules and their reasons: src/codec/README.md. Pure; time and memory linear in the text.
 *
 * Where the two aims meet, a number that may be a person's goes (an 18-digit id with a right check
 * digit, a card with a right Luhn digit); codes of grids, dates, amounts, coordinates, order
 * numbers stay. */
#ifndef CODEC_SCRUB_H
#define CODEC_SCRUB_H

#include <stdint.h>

#include "base/arena.h"
#include "base/check.h"
#include "gridbridge/err.h"

/* X(name, mark): what was found, and what stands there instead. */
#define GB_SCRUB_LIST(X)                                                                           \
    X(ID18, "〔身份证号〕")                                                                         \
    X(ID15, "〔15位身份证号〕")                                                                     \
    X(MOBILE, "〔手机号〕")                                                                         \
    X(LANDLINE, "〔固话〕")                                                                         \
    X(CARD, "〔银行卡号〕")                                                                         \
    X(PLATE, "〔车牌〕")                                                                           \
    X(EMAIL, "〔邮箱〕")                                                                           \
    X(ACCOUNT, "〔账号〕")                                                                         \
    X(NAME, "〔姓名〕")

enum gb_scrub_kind {
#define X(name, mark) GB_SCRUB_##name,
    GB_SCRUB_LIST(X)
#undef X
        GB_SCRUB_COUNT
};

/* A longer text is refused (TOO_LARGE): memory stays bounded, about 60 bytes a byte of text. */
#define GB_SCRUB_BYTES_MAX ((size_t)1 << 20)
/* Names of one row that are looked for; more of them, or longer ones, are refused (TOO_LARGE). */
#define GB_SCRUB_NAMES_MAX 32U
#define GB_SCRUB_NAME_BYTES_MAX 512U

/* Cells of the row's name columns, borrowed. A cell may hold several names joined by a comma or
 * the like; a name of one character is not looked for. */
struct gb_scrub_names {
    const struct gb_str *cells;
    size_t cells_count;
};

struct gb_scrubbed {
    struct gb_str text;               /* in the arena; the text itself if nothing was found */
    uint32_t counts[GB_SCRUB_COUNT];  /* marks set, by kind */
    uint32_t total;
};

/* Scrubs text. BAD_UTF8 names the byte; TOO_LARGE. The message never holds a byte of the text.
 * Scrubbing what was scrubbed changes nothing. */
enum gb_status gb_scrub_text(struct gb_arena *arena, struct gb_str text,
                             const struct gb_scrub_names *names, struct gb_scrubbed *scrubbed,
                             struct gb_err *err) GB_MUST_CHECK;

/* For keys and codes, which are kept whole or not at all: the first kind that text holds, or
 * GB_SCRUB_COUNT where it holds none. A text that cannot be read (UTF-8, length) counts as NAME. */
enum gb_scrub_kind gb_scrub_find(struct gb_str text, const struct gb_scrub_names *names);

/* What a kind is called in messages: "an 18-digit id". Static storage. */
const char *gb_scrub_word(enum gb_scrub_kind kind);

#endif
