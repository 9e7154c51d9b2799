/* JSON text to values. jansson checks the grammar; this file checks UTF-8 first (so that a fault
 * has its byte), then copies the tree into the arena.
 *
 * jansson turns a real into a double and forgets its text. Its objects keep the order of the
 * source, so the n-th number of the tree is the n-th number literal of the text: the literal of a
 * real is found by counting (cursor below), and decimals keep their text. */
#include "codec/json.h"

#include <jansson.h>

#include "base/scan.h"
#include "codec/encoding.h"
#include "codec/json_fast.h"

/* A walk over the tree with its place in the source text. */
struct walk {
    struct gb_arena *arena;
    struct gb_str text;
    size_t at;      /* everything before it is read */
    size_t pending; /* numbers of the tree met since then */
    struct gb_err *err;
};

/* Length of the well-formed UTF-8 sequence at bytes (RFC 3629), 0 if there is none. */
static size_t utf8_len(const unsigned char *bytes, size_t left)
{
    unsigned char a = bytes[0];
    unsigned char low = 0x80, high = 0xBF;
    size_t len = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;

    if (a < 0x80) {
        return 1;
    }
    if (a < 0xC2 || a > 0xF4 || left < len) {
        return 0;
    }
    low = a == 0xE0 ? 0xA0 : a == 0xF0 ? 0x90 : low;
    high = a == 0xED ? 0x9F : a == 0xF4 ? 0x8F : high;
    if (bytes[1] < low || bytes[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return len;
}

static enum gb_status check_utf8(struct gb_str text, struct gb_err *err)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t at = 0;

    while (at < text.len) {
        if (bytes[at] < 0x80) {
            at += gb_ascii_len(text.ptr + at, text.len - at);
            continue;
        }
        size_t len = utf8_len(bytes + at, text.len - at);

        if (len == 0) {
            return gb_fail(err, GB_BAD_UTF8, "byte %zu: expected UTF-8; %s", at,
                           gb_encoding_suspect(text, at));
        }
        at += len;
    }
    return GB_OK;
}

/* The end of the string that starts with the quote at from. */
static size_t after_string(struct gb_str text, size_t from)
{
    size_t at = from + 1;

    while (at < text.len && text.ptr[at] != '"') {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The next number literal behind walk->at; the text is known to be valid JSON. */
static struct gb_str next_number(struct walk *walk)
{
    struct gb_str text = walk->text;
    size_t at = walk->at;

    while (at < text.len && text.ptr[at] != '-' && (text.ptr[at] < '0' || text.ptr[at] > '9')) {
        at = text.ptr[at] == '"' ? after_string(text, at) : at + 1;
    }
    size_t from = at;

    while (at < text.len && is_number_char(text.ptr[at])) {
        at++;
    }
    GB_CHECK(at > from);
    walk->at = at;
    return (struct gb_str){text.ptr + from, at - from};
}

/* The source text of a real. */
static struct gb_str real_text(struct walk *walk)
{
    for (; walk->pending > 0; walk->pending--) {
        (void)next_number(walk);
    }
    return gb_arena_str(walk->arena, next_number(walk));
}

/* A copy of a string; each NUL becomes U+FFFD. The caller has asked for three times its length. */
static struct gb_str copy_text(struct gb_arena *arena, const char *ptr, size_t len)
{
    if (memchr(ptr, 0, len) == NULL) {
        return gb_arena_str(arena, (struct gb_str){ptr, len});
    }
    char *out = gb_arena_take(arena, 3 * len);
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        if (ptr[i] == 0) {
            memcpy(out + used, "\xEF\xBF\xBD", 3);
            used += 3;
        } else {
            out[used++] = ptr[i];
        }
    }
    return (struct gb_str){out, used};
}

static bool fits(struct walk *walk, size_t len)
{
    /* Room for what the caller says about a record that does not fit. */
    return gb_arena_fits(walk->arena, len + 4096);
}

static enum gb_status too_large(struct walk *walk)
{
    return gb_fail(walk->err, GB_TOO_LARGE, "the record does not fit into the batch's memory");
}

static enum gb_status copy_value(struct walk *walk, json_t *json, struct gb_value *value,
                                 uint32_t depth);

static enum gb_status copy_array(struct walk *walk, json_t *json, struct gb_value *value,
                                 uint32_t depth)
{
    size_t count = json_array_size(json);

    if (!fits(walk, count * sizeof(struct gb_value))) {
        return too_large(walk);
    }
    struct gb_value *items = gb_arena_take(walk->arena, count * sizeof(struct gb_value));

    for (size_t i = 0; i < count; i++) {
        enum gb_status status = copy_value(walk, json_array_get(json, i), &items[i], depth + 1);

        if (status != GB_OK) {
            return status;
        }
    }
    *value = (struct gb_value){.type = GB_ARRAY, .count = (uint32_t)count, .items = items};
    return GB_OK;
}

static enum gb_status copy_object(struct walk *walk, json_t *json, struct gb_value *value,
                                  uint32_t depth)
{
    size_t count = json_object_size(json), i = 0;

    if (!fits(walk, count * sizeof(struct gb_member))) {
        return too_large(walk);
    }
    struct gb_member *members = gb_arena_take(walk->arena, count * sizeof(struct gb_member));

    for (void *it = json_object_iter(json); it != NULL; it = json_object_iter_next(json, it)) {
        struct gb_str name = gb_str_of(json_object_iter_key(it));
        enum gb_status status;

        if (!fits(walk, name.len + 1)) {
            return too_large(walk);
        }
        members[i].name = gb_arena_str(walk->arena, name);
        status = copy_value(walk, json_object_iter_value(it), &members[i].value, depth + 1);
        if (status != GB_OK) {
            return status;
        }
        i++;
    }
    *value = (struct gb_value){.type = GB_OBJECT, .count = (uint32_t)count, .members = members};
    return GB_OK;
}

static enum gb_status copy_string(struct walk *walk, json_t *json, struct gb_value *value)
{
    size_t len = json_string_length(json);

    if (!fits(walk, 3 * len + 1)) {
        return too_large(walk);
    }
    *value = (struct gb_value){.type = GB_STRING,
                               .text = copy_text(walk->arena, json_string_value(json), len)};
    return GB_OK;
}

static enum gb_status copy_value(struct walk *walk, json_t *json, struct gb_value *value,
                                 uint32_t depth)
{
    if (depth > GB_JSON_DEPTH_MAX) {
        return gb_fail(walk->err, GB_BAD_JSON, "deeper than %d levels", GB_JSON_DEPTH_MAX);
    }
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return copy_object(walk, json, value, depth);
    case JSON_ARRAY:
        return copy_array(walk, json, value, depth);
    case JSON_STRING:
        return copy_string(walk, json, value);
    case JSON_INTEGER:
        walk->pending++;
        *value = (struct gb_value){.type = GB_INT, .number = json_integer_value(json)};
        return GB_OK;
    case JSON_REAL:
        if (!fits(walk, walk->text.len)) {
            return too_large(walk);
        }
        *value = (struct gb_value){.type = GB_STRING, .text = real_text(walk)};
        return GB_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        *value = (struct gb_value){.type = GB_BOOL, .truth = json_is_true(json)};
        return GB_OK;
    case JSON_NULL:
        *value = (struct gb_value){.type = GB_NULL};
        return GB_OK;
    }
    return gb_fail(walk->err, GB_BAD_JSON, "unknown kind of value");
}

/* What jansson found, in words of our own: its text may quote the record. */
static const char *word_of(const json_error_t *error)
{
    static const struct {
        enum json_error_code code;
        const char *word;
    } words[] = {
        {json_error_duplicate_key, "an object has the same key twice"},
        {json_error_numeric_overflow, "a number is outside 64 bits"},
        {json_error_null_byte_in_key, "a key holds U+0000"},
        {json_error_premature_end_of_input, "the text ends too early"},
        {json_error_end_of_input_expected, "something follows the value"},
        {json_error_stack_overflow, "nested too deep"},
    };

    for (size_t i = 0; i < GB_COUNT(words); i++) {
        if (words[i].code == json_error_code(error)) {
            return words[i].word;
        }
    }
    return "expected JSON (RFC 8259)";
}

/* Before anything is allocated: how deep, and how many values; an empty object or array counts as
 * if it held one. A text that is no JSON may pass. */
static enum gb_status check_bounds(struct gb_str text, struct gb_err *err)
{
    size_t depth = 0, values = 1;

    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at];

        if (c == '"') {
            at = after_string(text, at);
            continue;
        }
        if (c == '[' || c == '{') {
            depth++;
            values++;
        } else if (c == ',') {
            values++;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
        if (depth > GB_JSON_DEPTH_MAX) {
            return gb_fail(err, GB_BAD_JSON, "deeper than %d levels", GB_JSON_DEPTH_MAX);
        }
        if (values > GB_JSON_VALUES_MAX) {
            return gb_fail(err, GB_TOO_LARGE, "more than %u values", GB_JSON_VALUES_MAX);
        }
        at++;
    }
    return GB_OK;
}

/* The long way, by jansson: for all that the short one leaves, and for the words. */
static enum gb_status parse_slow(struct gb_arena *arena, struct gb_str text,
                                 struct gb_value *value, struct gb_err *err)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    struct walk walk = {.arena = arena, .text = text, .err = err};
    struct gb_value found;
    json_error_t error;
    enum gb_status status;

    if (memchr(text.ptr, 0, text.len) != NULL) {
        /* jansson takes a raw NUL behind a number for the end of the text. */
        size_t at = (size_t)((const char *)memchr(text.ptr, 0, text.len) - text.ptr);

        return gb_fail(err, GB_BAD_JSON, "byte %zu: expected no NUL%s%s", at,
                       gb_encoding_nuls(text) != NULL ? "; " : "",
                       gb_encoding_nuls(text) != NULL ? gb_encoding_nuls(text) : "");
    }
    status = check_bounds(text, err);
    if (status != GB_OK) {
        return status;
    }
    json_t *json = json_loadb(text.ptr, text.len, flags, &error);

    if (json == NULL && text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) {
        return gb_fail(err, GB_BAD_JSON,
                       "line 1, column 1: expected JSON, found a byte order mark");
    }
    if (json == NULL) {
        return gb_fail(err, GB_BAD_JSON, "line %d, column %d: %s", error.line, error.column,
                       word_of(&error));
    }
    status = copy_value(&walk, json, &found, 1);
    json_decref(json);
    if (status == GB_OK) {
        *value = found;
    }
    return status;
}

static enum gb_status parse(struct gb_arena *arena, struct gb_str text, bool borrows,
                            struct gb_value *value, struct gb_err *err)
{
    enum gb_status status;

    if (text.len == 0) {
        return gb_fail(err, GB_BAD_JSON, "line 1, column 1: expected JSON, found nothing");
    }
    status = check_utf8(text, err);
    if (status != GB_OK || gb_json_fast(arena, text, borrows, value)) {
        return status;
    }
    return parse_slow(arena, text, value, err);
}

enum gb_status gb_json_parse(struct gb_arena *arena, struct gb_str text, struct gb_value *value,
                             struct gb_err *err)
{
    return parse(arena, text, false, value, err);
}

enum gb_status gb_json_view(struct gb_arena *arena, struct gb_str text, struct gb_value *value,
                            struct gb_err *err)
{
    return parse(arena, text, true, value, err);
}

enum gb_status gb_json_parse_slow(struct gb_arena *arena, struct gb_str text,
                                  struct gb_value *value, struct gb_err *err)
{
    enum gb_status status = check_utf8(text, err);

    return status == GB_OK ? parse_slow(arena, text, value, err) : status;
}
