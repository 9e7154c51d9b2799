/* What a text shows where it is HTML or JSON inside a text: entities, escapes, empty tags. */
#include "codec/scrub_view.h"

#define ENTITY_MAX 16U
#define TAG_MAX 60U
#define TAG_DIGITS_MAX 3U

static size_t number_of(struct gb_str text, size_t at, uint32_t base, uint32_t *code)
{
    uint32_t value = 0;
    size_t from = at;

    for (; at < text.len && at - from < 8; at++) {
        uint8_t c = (uint8_t)text.ptr[at];
        uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : (c | 32U) - 'a' + 10U;

        if (((c | 32U) < 'a' && (c < '0' || c > '9')) || digit >= base) {
            break;
        }
        value = value * base + digit;
        if (value > 0x10FFFF) {
            return 0;
        }
    }
    *code = value;
    return at > from && value > 0 && (value < 0xD800 || value > 0xDFFF) ? at : 0;
}

static size_t named(struct gb_str text, size_t at, uint32_t *code)
{
    static const struct {
        const char *name;
        uint32_t code;
    } names[] = {{"nbsp", ' '},    {"ensp", ' '},    {"emsp", ' '},   {"thinsp", ' '},
                 {"lt", '<'},      {"gt", '>'},      {"quot", '"'},   {"apos", '\''},
                 {"commat", '@'},  {"period", '.'},  {"middot", 0xB7}, {"hyphen", '-'},
                 {"ndash", '-'},   {"mdash", '-'},   {"shy", 0xAD},   {"zwnj", 0x200C},
                 {"zwj", 0x200D},  {"lowbar", '_'},  {"num", '#'},    {"plus", '+'}};

    for (size_t i = 0; i < GB_COUNT(names); i++) {
        size_t len = strlen(names[i].name);

        if (text.len >= at + len && memcmp(text.ptr + at, names[i].name, len) == 0) {
            *code = names[i].code;
            return at + len;
        }
    }
    return 0;
}

/* "\u0031"; half of a pair counts as nothing that we know. */
static size_t escape(struct gb_str text, uint32_t *code)
{
    if (text.len < 2) {
        return 0;
    }
    if (text.ptr[1] == 'n' || text.ptr[1] == 'r' || text.ptr[1] == 't') {
        *code = ' ';
        return 2;
    }
    if (text.len < 6 || text.ptr[1] != 'u') {
        return 0;
    }
    struct gb_str four = {text.ptr, 6};

    return number_of(four, 2, 16, code) == 6 ? 6 : 0;
}

size_t gb_entity_read(struct gb_str text, uint32_t *code)
{
    uint32_t found = 0;
    size_t at = 1, end;

    if (text.len > 0 && text.ptr[0] == '\\') {
        return escape(text, code);
    }
    /* "&amp;#49;" is what a text shows that was escaped twice. */
    while (at + 4 <= text.len && at < ENTITY_MAX && memcmp(text.ptr + at, "amp;", 4) == 0) {
        at += 4;
    }
    if (at + 1 < text.len && text.ptr[at] == '#') {
        bool is_hex = (text.ptr[at + 1] | 32) == 'x';

        end = number_of(text, at + (is_hex ? 2 : 1), is_hex ? 16 : 10, &found);
    } else {
        end = named(text, at, &found);
    }
    if (end == 0) {
        return 0;
    }
    *code = found;
    return end + (end < text.len && text.ptr[end] == ';' ? 1 : 0);
}

size_t gb_tag_read(struct gb_str text)
{
    size_t digits = 0;

    if (text.len < 3 || !(text.ptr[1] == '/' || text.ptr[1] == '!' ||
                          ((text.ptr[1] | 32) >= 'a' && (text.ptr[1] | 32) <= 'z'))) {
        return 0;
    }
    for (size_t at = 1; at < text.len && at < TAG_MAX; at++) {
        char c = text.ptr[at];

        if (c == '>') {
            return at + 1;
        }
        digits += c >= '0' && c <= '9' ? 1 : 0;
        if (c == '<' || c == '@' || c == '&' || c == '\\' || (uint8_t)c >= 0x80 ||
            digits > TAG_DIGITS_MAX) {
            return 0; /* it may hold something: it is read like any text */
        }
    }
    return 0;
}
