/* A text as the rules of the scrubber see it: one unit for each character that is shown, folded to
 * one form, with the bytes that it stands for. Shared by the files of codec/scrub*.c. */
#ifndef CODEC_SCRUB_VIEW_H
#define CODEC_SCRUB_VIEW_H

#include "base/buf.h"
#include "codec/scrub.h"

enum gb_unit_kind {
    GB_UNIT_HAN,    /* and every other letter that has no case */
    GB_UNIT_LETTER, /* upper-cased */
    GB_UNIT_DIGIT,  /* of any script; code is '0' to '9' */
    GB_UNIT_SPACE,  /* blanks, line breaks */
    GB_UNIT_WEAK,   /* marks that people put into a number: - . / ( * and tags */
    GB_UNIT_LIST    /* marks that part two things: , ; : and all others */
};

#define GB_NO_DIGIT 255U

struct gb_unit {
    uint32_t from, to; /* bytes [from, to) of the text; invisible ones behind it belong to it */
    uint32_t code;     /* folded code point */
    uint8_t kind;      /* enum gb_unit_kind */
    uint8_t digit;     /* its value as a digit or numeral, or GB_NO_DIGIT */
    uint8_t is_soft;   /* a letter that looks like a digit: O, l, I */
    uint8_t mark;      /* 0, or kind + 1 of what was found here */
    uint8_t is_start;  /* a found thing begins here */
};

struct gb_view {
    struct gb_unit *units; /* owned */
    uint32_t count;
};

/* Reads text; BAD_UTF8 with the byte. Close by gb_view_close either way. */
enum gb_status gb_view_read(struct gb_view *view, struct gb_str text, struct gb_err *err)
    GB_MUST_CHECK;
void gb_view_close(struct gb_view *view);

static inline bool gb_unit_is_gap(const struct gb_unit *unit)
{
    return unit->kind >= GB_UNIT_SPACE;
}

/* Marks units [first, last] as one thing found; what is marked already stays as it is. */
void gb_view_mark(struct gb_view *view, uint32_t first, uint32_t last, enum gb_scrub_kind kind);

/* The next unit at or behind at that is no gap, at most three gaps on; count if there is none. */
uint32_t gb_view_next(const struct gb_view *view, uint32_t at);
/* The same towards the beginning, strictly before at; count if there is none. */
uint32_t gb_view_before(const struct gb_view *view, uint32_t at);

/* One rule set each; they mark what they find. */
void gb_scrub_numbers(struct gb_view *view);
void gb_scrub_plates(struct gb_view *view);
void gb_scrub_mails(struct gb_view *view);
void gb_scrub_accounts(struct gb_view *view);
void gb_scrub_titles(struct gb_view *view);
enum gb_status gb_scrub_columns(struct gb_view *view, const struct gb_scrub_names *names,
                                struct gb_err *err) GB_MUST_CHECK;

/* Character entities: the code point that text shows at its beginning ("&#49;", "&nbsp;", "\u0031")
 * and how many bytes it takes; 0 bytes if none stands there. */
size_t gb_entity_read(struct gb_str text, uint32_t *code);
/* Bytes of a tag at the beginning of text that can hold nothing ("<b>", "</span>"), or 0. */
size_t gb_tag_read(struct gb_str text);

/* True if code stands in the UTF-8 text set; sets are short. */
bool gb_code_in(uint32_t code, const char *set);

#endif
