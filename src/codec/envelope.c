/* What the envelopes share: numbers, tables, paths, headers. */
#include "codec/envelope.h"

#include "base/buf.h"

bool gb_envelope_int(const struct gb_value *value, int64_t *number)
{
    int64_t n = 0;

    if (value == NULL || (value->type != GB_INT && value->type != GB_STRING)) {
        return false;
    }
    if (value->type == GB_INT) {
        *number = value->number;
        return true;
    }
    for (size_t i = 0; i < value->text.len; i++) {
        char c = value->text.ptr[i];

        if (c < '0' || c > '9' || i >= 18) {
            return false;
        }
        n = n * 10 + (c - '0');
    }
    *number = n;
    return value->text.len > 0;
}

bool gb_envelope_file(struct gb_str file, int64_t *number)
{
    size_t from = file.len;
    struct gb_value digits = {.type = GB_STRING};

    while (from > 0 && file.ptr[from - 1] >= '0' && file.ptr[from - 1] <= '9') {
        from--;
    }
    digits.text = (struct gb_str){file.ptr + from, file.len - from};
    return gb_envelope_int(&digits, number);
}

void gb_envelope_position(const struct gb_envelope *envelope, const struct gb_value *source,
                          struct gb_version *position)
{
    struct gb_version found = {.parts_count = envelope->position_count};

    for (uint32_t i = 0; i < envelope->position_count; i++) {
        struct gb_str name = envelope->position[i];
        const struct gb_value *value = gb_value_get(source, name);
        bool fits = gb_str_eq(name, GB_STR("file")) && value != NULL && value->type == GB_STRING
                        ? gb_envelope_file(value->text, &found.parts[i])
                        : gb_envelope_int(value, &found.parts[i]);

        if (!fits) {
            return;
        }
    }
    *position = found;
}

bool gb_envelope_table(const struct gb_envelope_in *in, struct gb_str schema, struct gb_str table,
                       struct gb_changes *changes)
{
    changes->table =
        gb_str_is(schema) ? GB_JOIN(in->arena, schema, GB_STR("."), table) : table;
    changes->entity = gb_mapping_entity(in->mapping, changes->table);
    if (changes->entity == NULL) {
        changes->ignored = GB_STR("other_table");
    }
    return changes->entity != NULL;
}

enum gb_status gb_envelope_emptied(const struct gb_changes *changes, struct gb_err *err)
{
    return gb_fail(err, GB_TABLE_TRUNCATED,
                   "%.*s: expected rows, but the whole table was emptied; take a snapshot",
                   GB_STR_ARG(changes->table));
}

const struct gb_value *gb_envelope_path(const struct gb_value *root, struct gb_str path)
{
    while (root != NULL && path.len > 0) {
        const char *dot = memchr(path.ptr, '.', path.len);
        size_t len = dot != NULL ? (size_t)(dot - path.ptr) : path.len;

        root = gb_value_get(root, (struct gb_str){path.ptr, len});
        path = dot != NULL ? (struct gb_str){dot + 1, path.len - len - 1} : GB_STR_NONE;
    }
    return root;
}

struct gb_change *gb_envelope_one(const struct gb_envelope_in *in, struct gb_changes *changes)
{
    changes->items = gb_arena_take(in->arena, sizeof(*changes->items));
    changes->count = 1;
    return changes->items;
}

struct gb_str gb_envelope_indexed(const struct gb_envelope_in *in, struct gb_str head,
                                  uint32_t index)
{
    char digits[GB_DIGITS_MAX];

    return GB_JOIN(in->arena, head, gb_int_text(digits, index), GB_STR("]"));
}

struct gb_str gb_envelope_header(const struct gb_envelope_in *in, struct gb_str name)
{
    for (size_t i = 0; in->record != NULL && i < in->record->headers_count; i++) {
        if (gb_str_eq(in->record->headers[i].name, name)) {
            return in->record->headers[i].value;
        }
    }
    return GB_STR_NONE;
}

bool gb_envelope_fits(struct gb_str pattern, struct gb_str text)
{
    if (pattern.len == 0 || !gb_str_is(text)) {
        return false;
    }
    bool is_open = pattern.ptr[0] == '*';
    bool has_rest = pattern.len > 1 && pattern.ptr[pattern.len - 1] == '*';
    struct gb_str word = {pattern.ptr + is_open, pattern.len - is_open - has_rest};

    for (size_t at = 0; at + word.len <= text.len; at++) {
        if ((at == 0 || is_open) && (at + word.len == text.len || has_rest) &&
            memcmp(text.ptr + at, word.ptr, word.len) == 0) {
            return true;
        }
    }
    return false;
}

enum gb_status gb_envelope_open(const struct gb_envelope_in *in, struct gb_changes *changes,
                                struct gb_err *err)
{
    switch (in->mapping->envelope.kind) {
    case GB_ENVELOPE_DEBEZIUM: return gb_envelope_debezium(in, changes, err);
    case GB_ENVELOPE_UNWRAPPED: return gb_envelope_unwrapped(in, changes, err);
    case GB_ENVELOPE_CANAL: return gb_envelope_canal(in, changes, err);
    case GB_ENVELOPE_MAXWELL: return gb_envelope_maxwell(in, changes, err);
    case GB_ENVELOPE_PLAIN: return gb_envelope_plain(in, changes, err);
    case GB_ENVELOPE_CLOUDEVENTS: return gb_envelope_cloudevents(in, changes, err);
    }
    return gb_fail(err, GB_BAD_ENVELOPE, "unknown envelope");
}
