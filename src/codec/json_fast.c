/* The short way from JSON text to values: one pass, no tree in between. It takes what records are
 * made of - strings, integers, short decimals, a modest number of open members - and gives up on
 * anything else, without a verdict: json.c then takes the long way, which also finds the words for
 * what is wrong. Whatever this file accepts, the long way accepts with the same value
 * (test_json.c compares them, the fuzzer too). */
#include "codec/json_fast.h"

#include "base/scan.h"
#include "codec/json.h"

#define OPEN_MAX 192   /* members and items of all open objects and arrays together */
#define DIGITS_MAX 19  /* of 2^63 - 1 */
#define DECIMAL_MAX 64 /* characters of a decimal: far from where a double overflows */
#define ROOM 4096      /* as json.c leaves it */

struct scan {
    struct gb_arena *arena;
    const char *at, *end;
    bool borrows;
    uint32_t open;
    struct gb_member stack[OPEN_MAX]; /* of open objects and arrays, innermost last */
};

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) {
        s->at++;
    }
}

static bool take_char(struct scan *s, char wanted)
{
    skip_blanks(s);
    if (s->at == s->end || *s->at != wanted) {
        return false;
    }
    s->at++;
    return true;
}

static void *take_room(struct scan *s, size_t len)
{
    return gb_arena_fits(s->arena, len + ROOM) ? gb_arena_take(s->arena, len) : NULL;
}

/* Four hex digits behind "\u"; -1 if they are not there. */
static int32_t take_unit(struct scan *s)
{
    int32_t unit = 0;

    if (s->end - s->at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        char c = *s->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

/* A code point that is no surrogate and not 0, as UTF-8. */
static char *put_utf8(char *out, int32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* One escape, s->at behind the backslash. NUL and surrogates go the long way. */
static char *take_escape(struct scan *s, char *out)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    char c = *s->at++;

    if (c == 'u') {
        int32_t unit = take_unit(s);

        return unit <= 0 || (unit >= 0xD800 && unit <= 0xDFFF) ? NULL : put_utf8(out, unit);
    }
    for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
        if (c == letters[i]) {
            *out++ = letters[i + 1];
            return out;
        }
    }
    return NULL;
}

/* The rest of a string that holds an escape; from is its first byte. */
static bool take_escaped(struct scan *s, const char *from, struct gb_str *text)
{
    const char *close = s->at;
    char *out, *first;

    while (close < s->end && *close != '"') {
        close += *close == '\\' ? 2 : 1;
    }
    if (close >= s->end) {
        return false;
    }
    first = out = take_room(s, (size_t)(close - from) + 1); /* an escape is never shorter */
    if (out == NULL) {
        return false;
    }
    memcpy(out, from, (size_t)(s->at - from));
    out += s->at - from;
    while (s->at < close) {
        unsigned char c = (unsigned char)*s->at;

        if (c < 0x20) {
            return false;
        }
        s->at++;
        if (c != '\\') {
            *out++ = (char)c;
            continue;
        }
        out = take_escape(s, out);
        if (out == NULL) {
            return false;
        }
    }
    if (s->at != close) {
        return false;
    }
    s->at++;
    *text = (struct gb_str){first, (size_t)(out - first)};
    return true;
}

/* A string behind its opening quote. */
static bool take_string(struct scan *s, struct gb_str *text)
{
    const char *from = s->at;

    s->at += gb_plain_len(from, (size_t)(s->end - from)); /* the whole text is known to be UTF-8 */
    if (s->at == s->end || (unsigned char)*s->at < 0x20) {
        return false;
    }
    if (*s->at == '\\') {
        return take_escaped(s, from, text);
    }
    *text = (struct gb_str){from, (size_t)(s->at - from)};
    s->at++;
    if (!s->borrows) {
        char *copy = take_room(s, text->len + 1);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, text->ptr, text->len);
        text->ptr = copy;
    }
    return true;
}

static size_t take_digits(struct scan *s, uint64_t *number)
{
    const char *from = s->at;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && s->at - from <= DIGITS_MAX) {
        *number = *number * 10 + (uint64_t)(*s->at++ - '0');
    }
    return (size_t)(s->at - from);
}

/* The fraction of a decimal, whose text it becomes. */
static bool take_decimal(struct scan *s, const char *from, struct gb_value *value)
{
    s->at++;
    if (s->at == s->end || *s->at < '0' || *s->at > '9') {
        return false;
    }
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        s->at++;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        return false;
    }
    *value = (struct gb_value){.type = GB_STRING, .text = {from, (size_t)(s->at - from)}};
    if (value->text.len > DECIMAL_MAX) {
        return false;
    }
    if (!s->borrows) {
        char *copy = take_room(s, value->text.len + 1);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, from, value->text.len);
        value->text.ptr = copy;
    }
    return true;
}

static bool take_number(struct scan *s, struct gb_value *value)
{
    const char *from = s->at;
    bool is_minus = *s->at == '-';
    uint64_t number = 0; /* of 20 digits it may be anything: too many are refused below */
    const char *first;
    size_t count;

    s->at += is_minus ? 1 : 0;
    first = s->at;
    count = take_digits(s, &number);
    if (count == 0 || count > DIGITS_MAX || (count > 1 && *first == '0')) {
        return false;
    }
    if (s->at < s->end && *s->at == '.') {
        return take_decimal(s, from, value);
    }
    if (number > INT64_MAX || (s->at < s->end && (*s->at == 'e' || *s->at == 'E'))) {
        return false;
    }
    *value = (struct gb_value){.type = GB_INT,
                               .number = is_minus ? -(int64_t)number : (int64_t)number};
    return true;
}

static bool take_word(struct scan *s, const char *word, size_t len)
{
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0) {
        return false;
    }
    s->at += len;
    return true;
}

static bool take_value(struct scan *s, struct gb_value *value, uint32_t depth);

static bool is_double(const struct scan *s, uint32_t from, struct gb_str name)
{
    for (uint32_t i = from; i < s->open; i++) {
        if (s->stack[i].name.len == name.len &&
            memcmp(s->stack[i].name.ptr, name.ptr, name.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_member(struct scan *s, uint32_t from, uint32_t depth)
{
    struct gb_member member = {.name = GB_STR_NONE};

    if (s->open == OPEN_MAX || !take_char(s, '"') || !take_string(s, &member.name) ||
        is_double(s, from, member.name) || !take_char(s, ':') ||
        !take_value(s, &member.value, depth + 1) || s->open == OPEN_MAX) {
        return false;
    }
    s->stack[s->open++] = member;
    return true;
}

static bool take_object(struct scan *s, struct gb_value *value, uint32_t depth)
{
    uint32_t from = s->open;
    struct gb_member *members;
    uint32_t count;

    if (!take_char(s, '}')) {
        do {
            if (!take_member(s, from, depth)) {
                return false;
            }
        } while (take_char(s, ','));
        if (!take_char(s, '}')) {
            return false;
        }
    }
    count = s->open - from;
    members = take_room(s, count * sizeof(*members));
    if (members == NULL) {
        return false;
    }
    memcpy(members, &s->stack[from], count * sizeof(*members));
    s->open = from;
    *value = (struct gb_value){.type = GB_OBJECT, .count = count, .members = members};
    return true;
}

static bool take_array(struct scan *s, struct gb_value *value, uint32_t depth)
{
    uint32_t from = s->open;
    struct gb_value *items;
    uint32_t count;

    if (!take_char(s, ']')) {
        do {
            struct gb_value item;

            if (!take_value(s, &item, depth + 1) || s->open == OPEN_MAX) {
                return false;
            }
            s->stack[s->open++].value = item;
        } while (take_char(s, ','));
        if (!take_char(s, ']')) {
            return false;
        }
    }
    count = s->open - from;
    items = take_room(s, count * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i] = s->stack[from + i].value;
    }
    s->open = from;
    *value = (struct gb_value){.type = GB_ARRAY, .count = count, .items = items};
    return true;
}

static bool take_value(struct scan *s, struct gb_value *value, uint32_t depth)
{
    skip_blanks(s);
    if (s->at == s->end || depth > GB_JSON_DEPTH_MAX) {
        return false;
    }
    switch (*s->at) {
    case '{':
        s->at++;
        return take_object(s, value, depth);
    case '[':
        s->at++;
        return take_array(s, value, depth);
    case '"':
        s->at++;
        *value = (struct gb_value){.type = GB_STRING};
        return take_string(s, &value->text);
    case 't':
        *value = (struct gb_value){.type = GB_BOOL, .truth = true};
        return take_word(s, "true", 4);
    case 'f':
        *value = (struct gb_value){.type = GB_BOOL};
        return take_word(s, "false", 5);
    case 'n':
        *value = (struct gb_value){.type = GB_NULL};
        return take_word(s, "null", 4);
    default:
        return take_number(s, value);
    }
}

bool gb_json_fast(struct gb_arena *arena, struct gb_str text, bool borrows, struct gb_value *value)
{
    struct scan s;
    struct gb_value found;

    s.arena = arena;
    s.at = text.ptr;
    s.end = text.ptr + text.len;
    s.borrows = borrows;
    s.open = 0;
    if (!take_value(&s, &found, 1)) {
        return false;
    }
    skip_blanks(&s);
    if (s.at != s.end) {
        return false;
    }
    *value = found;
    return true;
}
