/* Lists, sets and enums. Canal sends numbers; the labels they count stand in the message's own
 * column type, so that a label put into the middle of the list cannot shift a meaning. */
#include "codec/convert.h"

#include "base/hash.h"

#define ITEMS_MAX 64
#define HASHES_MAX 32
#define TYPE_LEN_MAX 4096

struct gb_str gb_convert_item(struct gb_str text, struct gb_str *rest)
{
    static const char *const separators[] = {",", ";", "，", "、", "；"};

    for (size_t i = 0; i < text.len; i++) {
        for (size_t j = 0; j < GB_COUNT(separators); j++) {
            size_t len = strlen(separators[j]);

            if (text.len - i >= len && memcmp(text.ptr + i, separators[j], len) == 0) {
                *rest = (struct gb_str){text.ptr + i + len, text.len - i - len};
                return gb_convert_trim((struct gb_str){text.ptr, i});
            }
        }
    }
    *rest = GB_STR_NONE;
    return gb_convert_trim(text);
}

/* The quoted text behind from, without its quotes; *end is behind it. Two quotes are one. */
static struct gb_str quoted(struct gb_str type, size_t from, size_t *end)
{
    const char *quote = from < type.len ? memchr(type.ptr + from, '\'', type.len - from) : NULL;
    size_t at, start;

    *end = type.len;
    if (quote == NULL) {
        return GB_STR_NONE;
    }
    start = at = (size_t)(quote - type.ptr) + 1;
    while (at < type.len && !(type.ptr[at] == '\'' &&
                              (at + 1 == type.len || type.ptr[at + 1] != '\''))) {
        at += type.ptr[at] == '\'' ? 2 : 1;
    }
    if (at >= type.len) {
        return GB_STR_NONE;
    }
    *end = at + 1;
    return (struct gb_str){type.ptr + start, at - start};
}

/* The label with a number (from 1) in "enum('a','b')"; absent: there is none. */
static struct gb_str label_of_type(struct gb_arena *arena, struct gb_str type, int64_t number)
{
    struct gb_str raw = GB_STR_NONE;
    size_t at = 0, used = 0;

    if (type.len > TYPE_LEN_MAX || number < 1 || number > ITEMS_MAX) {
        return GB_STR_NONE;
    }
    for (int64_t n = 1; n <= number; n++) {
        raw = quoted(type, at, &at);
    }
    if (!gb_str_is(raw) || memchr(raw.ptr, '\'', raw.len) == NULL) {
        return raw;
    }
    char *label = gb_arena_take(arena, raw.len);

    for (size_t i = 0; i < raw.len; i++) {
        i += raw.ptr[i] == '\'';
        label[used++] = raw.ptr[i];
    }
    return (struct gb_str){label, used};
}

static struct gb_str label_of(const struct gb_convert *c, const struct gb_field *field,
                              int64_t number)
{
    struct gb_str type =
        gb_value_str(c->types, c->entity->column_names[field->columns[0]]);

    if (type.len > 5 && (memcmp(type.ptr, "enum(", 5) == 0 || memcmp(type.ptr, "set(", 4) == 0)) {
        return label_of_type(c->arena, type, number);
    }
    return number >= 1 && number <= field->labels.count ? field->labels.items[number - 1]
                                                        : GB_STR_NONE;
}

static enum gb_status read_enum(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_value *from, struct gb_value *value,
                                struct gb_err *err)
{
    uint32_t column = field->columns[0];
    struct gb_str text;
    int64_t number;

    if (!gb_convert_text(c->arena, from, &text)) {
        return gb_convert_bad(c, column, "a label", err);
    }
    if (!gb_str_is(text) || (field->is_number && gb_str_eq(text, GB_STR("0")))) {
        *value = (struct gb_value){.type = GB_NULL}; /* 0: MySQL's error value */
        return GB_OK;
    }
    if (field->is_number) {
        text = gb_convert_int(from, &number) ? label_of(c, field, number) : GB_STR_NONE;
    } else if (field->labels.count > 0 && !gb_words_have(&field->labels, text)) {
        text = GB_STR_NONE;
    }
    if (!gb_str_is(text)) {
        return gb_convert_bad(c, column, "one of the labels", err);
    }
    *value = gb_convert_string(text);
    return GB_OK;
}

static struct gb_value list_of(struct gb_value *items, uint32_t count)
{
    return count > 0 ? (struct gb_value){.type = GB_ARRAY, .count = count, .items = items}
                     : (struct gb_value){.type = GB_NULL};
}

/* How many items a list may have at most: enough to allocate. */
static uint32_t room_of(const struct gb_value *from)
{
    uint32_t count = 1;

    if (from->type == GB_ARRAY) {
        return from->count < ITEMS_MAX ? from->count : ITEMS_MAX;
    }
    for (size_t i = 0; i < from->text.len && count < ITEMS_MAX; i++) {
        char c = from->text.ptr[i];

        count += c == ',' || c == ';' || c == '\xE3' || c == '\xEF';
    }
    return count;
}

/* An array's scalars, or the items of a text; empty ones are left out. */
static enum gb_status read_items(const struct gb_convert *c, uint32_t column,
                                 const struct gb_value *from, struct gb_value *value,
                                 struct gb_err *err)
{
    struct gb_str rest = from->type == GB_STRING ? from->text : GB_STR_NONE, text;
    uint32_t count = 0;

    if (from->type != GB_ARRAY && from->type != GB_STRING) {
        return gb_convert_bad(c, column, "a list", err);
    }
    struct gb_value *items = gb_arena_take(c->arena, room_of(from) * sizeof(*items));

    for (uint32_t i = 0; from->type == GB_ARRAY ? i < from->count : gb_str_is(rest); i++) {
        if (from->type == GB_STRING) {
            text = gb_convert_item(rest, &rest);
        } else if (!gb_convert_text(c->arena, &from->items[i], &text)) {
            return gb_convert_bad(c, column, "a list of texts", err);
        }
        if (gb_str_is(text) && count == ITEMS_MAX) {
            return gb_convert_bad(c, column, "a list of up to 64 items", err);
        }
        if (gb_str_is(text)) {
            items[count++] = gb_convert_string(text);
        }
    }
    *value = list_of(items, count);
    return GB_OK;
}

static enum gb_status read_mask(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_value *from, struct gb_value *value,
                                struct gb_err *err)
{
    struct gb_value *items = gb_arena_take(c->arena, ITEMS_MAX * sizeof(*items));
    uint32_t count = 0;
    int64_t mask = 0;

    if (!gb_convert_int(from, &mask) || mask < 0) {
        return gb_convert_bad(c, field->columns[0], "a set's number", err);
    }
    for (int bit = 0; bit < 63 && (mask >> bit) != 0; bit++) {
        struct gb_str label = ((mask >> bit) & 1) != 0 ? label_of(c, field, bit + 1) : GB_STR_NONE;

        if (((mask >> bit) & 1) == 0) {
            continue;
        }
        if (!gb_str_is(label)) {
            return gb_convert_bad(c, field->columns[0], "a number of the set's labels", err);
        }
        items[count++] = gb_convert_string(label);
    }
    *value = list_of(items, count);
    return GB_OK;
}

/* A list of 64 hex digits each, lower-cased. */
static enum gb_status read_hashes(const struct gb_convert *c, uint32_t column,
                                  const struct gb_value *from, struct gb_value *value,
                                  struct gb_err *err)
{
    static const char expected[] = "SHA-256 in 64 hex digits, up to 32 joined by commas";
    struct gb_value list;

    if (read_items(c, column, from, &list, NULL) != GB_OK || list.count > HASHES_MAX) {
        return gb_convert_bad(c, column, expected, err);
    }
    struct gb_value *items = gb_arena_take(c->arena, (list.count + 1) * sizeof(*items));

    for (uint32_t i = 0; i < list.count; i++) {
        struct gb_hash hash;

        if (!gb_unhex(hash.bytes, GB_HASH_LEN, list.items[i].text)) {
            return gb_convert_bad(c, column, expected, err);
        }
        items[i] = gb_convert_string(gb_hash_hex(c->arena, &hash));
    }
    *value = list_of(items, list.count);
    return GB_OK;
}

enum gb_status gb_convert_list(const struct gb_convert *c, const struct gb_field *field,
                               const struct gb_value *from, struct gb_value *value,
                               struct gb_err *err)
{
    if (field->form == GB_FORM_ENUM) {
        return read_enum(c, field, from, value, err);
    }
    if (field->form == GB_FORM_HASHES) {
        return read_hashes(c, field->columns[0], from, value, err);
    }
    return field->form == GB_FORM_SET && field->is_number
               ? read_mask(c, field, from, value, err)
               : read_items(c, field->columns[0], from, value, err);
}
