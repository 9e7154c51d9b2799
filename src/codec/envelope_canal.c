/* Canal's flat messages (Canal 1.1.7): all values are texts, many rows a message, `old` holds the
 * changed columns only (accumulated over the rows of a message, but right for each row).
 *
 * Dialects: `es` is in milliseconds, in Tencent's in seconds, with `old` as the whole old row and
 * pkNames, sqlType and mysqlType null. A key is declared in the mapping, so pkNames is not needed.
 * The text of statements ("QUERY", also of tables that nobody asked for) is never looked at. */
#include "codec/envelope.h"

static const char *const changes_of_rows[] = {"INSERT", "UPDATE", "DELETE", NULL};
static const char *const emptying[] = {"TRUNCATE", "ERASE", NULL};

static bool is_one_of(struct gb_str word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (gb_str_eq(word, gb_str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static enum gb_status read_row(const struct gb_envelope_in *in, uint32_t index,
                               struct gb_changes *changes, struct gb_err *err)
{
    const struct gb_value *data = gb_value_get(in->message, GB_STR("data"));
    const struct gb_value *old = gb_value_get(in->message, GB_STR("old"));
    struct gb_change *change = &changes->items[index];
    struct gb_str path = gb_envelope_indexed(in, GB_STR("$.data["), index);

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
    change->before_path = gb_envelope_indexed(in, GB_STR("$.old["), index);
    if (old != NULL && old->type == GB_ARRAY && index < old->count &&
        old->items[index].type == GB_OBJECT) {
        change->before = &old->items[index];
        change->base = change->after;
    }
    return GB_OK;
}

static enum gb_status read_position(const struct gb_envelope_in *in, struct gb_changes *changes,
                                    struct gb_err *err)
{
    bool is_seconds = in->mapping->envelope.is_es_seconds;
    int64_t *es = &changes->position.parts[0];
    int64_t max = INT64_C(4102444800) * (is_seconds ? 1 : 1000); /* the year 2100 */

    if (!gb_envelope_int(gb_value_get(in->message, GB_STR("es")), es) || *es < 0 || *es > max) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.es: expected %s since 1970",
                       is_seconds ? "seconds" : "milliseconds");
    }
    *es *= is_seconds ? 1000 : 1;
    changes->position.parts_count = 1;
    return GB_OK;
}

static enum gb_status read_rows(const struct gb_envelope_in *in, struct gb_str type,
                                struct gb_changes *changes, struct gb_err *err)
{
    const struct gb_value *data = gb_value_get(in->message, GB_STR("data"));

    changes->is_delete = gb_str_eq(type, GB_STR("DELETE"));
    changes->is_update = gb_str_eq(type, GB_STR("UPDATE"));
    if (data == NULL || data->type != GB_ARRAY || data->count == 0) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.data: expected a list of rows");
    }
    enum gb_status status = read_position(in, changes, err);

    if (!gb_arena_fits(in->arena, data->count * (sizeof(*changes->items) + 128))) {
        return gb_fail(err, GB_TOO_LARGE, "$.data: more rows than the batch's memory");
    }
    changes->items = gb_arena_take(in->arena, data->count * sizeof(*changes->items));
    changes->count = data->count;
    for (uint32_t i = 0; i < data->count && status == GB_OK; i++) {
        status = read_row(in, i, changes, err);
    }
    return status;
}

enum gb_status gb_envelope_canal(const struct gb_envelope_in *in, struct gb_changes *changes,
                                 struct gb_err *err)
{
    struct gb_str type = gb_value_str(in->message, GB_STR("type"));
    struct gb_str database = gb_value_str(in->message, GB_STR("database"));
    struct gb_str table = gb_value_str(in->message, GB_STR("table"));

    if (!gb_str_is(type) || !gb_str_is(database) || !gb_str_is(table)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$: expected type, database and table as texts");
    }
    if (is_one_of(type, emptying) && gb_envelope_table(in, database, table, changes)) {
        return gb_envelope_emptied(changes, err);
    }
    changes->ignored = gb_value_bool(in->message, GB_STR("isDdl"), false) ? GB_STR("ddl")
                       : gb_str_eq(type, GB_STR("QUERY"))                 ? GB_STR("statement")
                                                                          : GB_STR_NONE;
    if (gb_str_is(changes->ignored) || !gb_envelope_table(in, database, table, changes)) {
        return GB_OK;
    }
    if (!is_one_of(type, changes_of_rows)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.type: expected INSERT, UPDATE, DELETE, ...");
    }
    changes->types = gb_value_get(in->message, GB_STR("mysqlType"));
    return read_rows(in, type, changes, err);
}
