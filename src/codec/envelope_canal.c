/* Canal's flat messages (Canal 1.1.7): all values are texts, many rows a message, `old` holds the
 * changed columns only (accumulated over the rows of a message, but right for each row). */
#include "codec/envelope.h"

#include "base/buf.h"

static struct gb_str why_ignored(const struct gb_value *message, struct gb_str type,
                                 const struct gb_mapping *mapping, struct gb_changes *changes)
{
    if (gb_str_eq(type, GB_STR("QUERY"))) {
        return GB_STR("statement");
    }
    if (gb_value_bool(message, GB_STR("isDdl"), false)) {
        return GB_STR("ddl");
    }
    return gb_mapping_entity(mapping, changes->table) == NULL ? GB_STR("other_table")
                                                              : GB_STR_NONE;
}

static enum gb_status read_row(struct gb_arena *arena, const struct gb_value *message,
                               uint32_t index, struct gb_changes *changes, struct gb_err *err)
{
    const struct gb_value *data = gb_value_get(message, GB_STR("data"));
    const struct gb_value *old = gb_value_get(message, GB_STR("old"));
    struct gb_change *change = &changes->items[index];
    char number[GB_DIGITS_MAX];
    struct gb_str at = gb_int_text(number, index);
    struct gb_str path = GB_JOIN(arena, GB_STR("$.data["), at, GB_STR("]"));

    if (data->items[index].type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.data[%u]: expected an object", index);
    }
    change->after_path = path;
    change->before_path = path;
    if (changes->is_delete) {
        change->before = &data->items[index];
        return GB_OK;
    }
    change->after = &data->items[index];
    change->before_path = GB_JOIN(arena, GB_STR("$.old["), at, GB_STR("]"));
    if (old != NULL && old->type == GB_ARRAY && index < old->count &&
        old->items[index].type == GB_OBJECT) {
        change->before = &old->items[index];
        change->base = change->after;
    }
    return GB_OK;
}

enum gb_status gb_envelope_canal(struct gb_arena *arena, const struct gb_mapping *mapping,
                                 const struct gb_value *message, struct gb_changes *changes,
                                 struct gb_err *err)
{
    struct gb_str type = gb_value_str(message, GB_STR("type"));
    struct gb_str database = gb_value_str(message, GB_STR("database"));
    struct gb_str table = gb_value_str(message, GB_STR("table"));
    const struct gb_value *data = gb_value_get(message, GB_STR("data"));

    if (!gb_str_is(type) || !gb_str_is(database) || !gb_str_is(table)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$: expected type, database and table as texts");
    }
    changes->table = GB_JOIN(arena, database, GB_STR("."), table);
    changes->ignored = why_ignored(message, type, mapping, changes);
    if (gb_str_is(changes->ignored)) {
        return GB_OK;
    }
    changes->is_delete = gb_str_eq(type, GB_STR("DELETE"));
    changes->is_update = gb_str_eq(type, GB_STR("UPDATE"));
    if (!changes->is_delete && !changes->is_update && !gb_str_eq(type, GB_STR("INSERT"))) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.type: expected INSERT, UPDATE, DELETE, ...");
    }
    if (data == NULL || data->type != GB_ARRAY || data->count == 0) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.data: expected a list of rows");
    }
    if (!gb_envelope_int(gb_value_get(message, GB_STR("es")), &changes->position.parts[0])) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.es: expected an integer");
    }
    changes->position.parts_count = 1;
    changes->items = gb_arena_take(arena, data->count * sizeof(*changes->items));
    changes->count = data->count;
    for (uint32_t i = 0; i < data->count; i++) {
        enum gb_status status = read_row(arena, message, i, changes, err);

        if (status != GB_OK) {
            return status;
        }
    }
    return GB_OK;
}
