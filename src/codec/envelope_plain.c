/* Rows as they are: one JSON object, or a list of them behind a path (a page of a REST answer).
 *
 * The mapping says where the table's name, the operation and the rows stand. Without `op` every row
 * is a put. A null value is a delete by the record's key where `tombstone: delete` is declared. */
#include "codec/envelope.h"

#include "codec/json.h"

static enum gb_status choose_op(const struct gb_envelope *envelope, const struct gb_value *holder,
                                const char *path, bool *is_delete, struct gb_err *err)
{
    const struct gb_words *puts = &envelope->puts, *deletes = &envelope->deletes;
    const struct gb_value *value = gb_envelope_path(holder, envelope->op);

    *is_delete = false;
    if (!gb_str_is(envelope->op)) {
        return GB_OK;
    }
    if (value == NULL || value->type != GB_STRING) {
        return gb_fail(err, GB_BAD_ENVELOPE, "%s.%.*s: expected an operation", path,
                       GB_STR_ARG(envelope->op));
    }
    *is_delete = gb_words_have(deletes, value->text);
    return *is_delete || gb_words_have(puts, value->text)
               ? GB_OK
               : gb_fail(err, GB_BAD_ENVELOPE, "%s.%.*s: expected one of the declared operations",
                         path, GB_STR_ARG(envelope->op));
}

static enum gb_status read_row(const struct gb_envelope_in *in, const struct gb_value *row,
                               uint32_t index, struct gb_changes *changes, struct gb_err *err)
{
    const struct gb_envelope *envelope = &in->mapping->envelope;
    struct gb_change *change = &changes->items[index];
    bool is_list = gb_str_is(envelope->rows);
    struct gb_str dot = is_list || gb_str_is(envelope->row) ? GB_STR(".") : GB_STR("");
    struct gb_str path = is_list ? gb_arena_printf(in->arena, "$.%.*s[%u]",
                                                   GB_STR_ARG(envelope->rows), index)
                                 : gb_arena_printf(in->arena, "$%.*s%.*s", GB_STR_ARG(dot),
                                                   GB_STR_ARG(envelope->row));
    struct gb_version *position = gb_arena_take(in->arena, sizeof(*position));

    if (row == NULL || row->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "%.*s: expected an object", GB_STR_ARG(path));
    }
    /* The operation stands beside the rows of one message, or in each row of a list. */
    enum gb_status status = choose_op(envelope, is_list ? row : in->message,
                                      is_list ? path.ptr : "$", &change->is_delete, err);

    gb_envelope_position(envelope, is_list ? row : in->message, position);
    change->position = position;
    change->after_path = path;
    change->before_path = path;
    change->before = change->is_delete ? row : NULL;
    change->after = change->is_delete ? NULL : row;
    return status;
}

static enum gb_status read_rows(const struct gb_envelope_in *in, struct gb_changes *changes,
                                struct gb_err *err)
{
    const struct gb_envelope *envelope = &in->mapping->envelope;
    const struct gb_value *rows = gb_envelope_path(in->message, envelope->rows);
    enum gb_status status = GB_OK;

    if (!gb_str_is(envelope->rows)) {
        (void)gb_envelope_one(in, changes);
        return read_row(in, gb_envelope_path(in->message, envelope->row), 0, changes, err);
    }
    if (rows == NULL || rows->type != GB_ARRAY) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.%.*s: expected a list of rows",
                       GB_STR_ARG(envelope->rows));
    }
    if (rows->count == 0) {
        changes->ignored = GB_STR("no_rows");
        return GB_OK;
    }
    if (!gb_arena_fits(in->arena, rows->count * (sizeof(*changes->items) + 256))) {
        return gb_fail(err, GB_TOO_LARGE, "$.%.*s: more rows than the batch's memory",
                       GB_STR_ARG(envelope->rows));
    }
    changes->items = gb_arena_take(in->arena, rows->count * sizeof(*changes->items));
    changes->count = rows->count;
    for (uint32_t i = 0; i < rows->count && status == GB_OK; i++) {
        status = read_row(in, &rows->items[i], i, changes, err);
    }
    return status;
}

/* A null value: the row that the key names is gone. */
static enum gb_status read_tombstone(const struct gb_envelope_in *in, struct gb_changes *changes,
                                     struct gb_err *err)
{
    struct gb_value *key = gb_arena_take(in->arena, sizeof(*key));
    struct gb_change *change;

    if (in->record == NULL || !gb_str_is(in->record->key) ||
        gb_json_parse(in->arena, in->record->key, key, NULL) != GB_OK || key->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "key: expected a JSON object, the value is null");
    }
    change = gb_envelope_one(in, changes);
    change->is_delete = true;
    change->before = key;
    change->before_path = GB_STR("key:$");
    change->after_path = GB_STR("key:$");
    return GB_OK;
}

enum gb_status gb_envelope_plain(const struct gb_envelope_in *in, struct gb_changes *changes,
                                 struct gb_err *err)
{
    const struct gb_envelope *envelope = &in->mapping->envelope;
    struct gb_str table = envelope->table;

    if (in->message == NULL && !envelope->is_tombstone_delete) {
        changes->ignored = GB_STR("tombstone");
        return GB_OK;
    }
    if (in->message != NULL && in->message->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$: expected an object");
    }
    if (gb_str_is(envelope->table_member) && in->message != NULL) {
        const struct gb_value *name = gb_envelope_path(in->message, envelope->table_member);

        if (name == NULL || name->type != GB_STRING) {
            return gb_fail(err, GB_BAD_ENVELOPE, "$.%.*s: expected the name of a table",
                           GB_STR_ARG(envelope->table_member));
        }
        table = name->text;
    }
    if (!gb_envelope_table(in, GB_STR_NONE, table, changes)) {
        return GB_OK;
    }
    return in->message == NULL ? read_tombstone(in, changes, err) : read_rows(in, changes, err);
}
