/* Debezium's change events (Debezium 1.9 to 3.6, PostgreSQL and MySQL connectors).
 *
 * Which tables hold no rows for us is decided before images are looked at, so that a foreign table
 * cannot make a dead letter. */
#include "codec/envelope.h"

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

/* Number of a binlog file: the digits at its end ("mysql-bin.000003"). */
static bool file_number(struct gb_str file, int64_t *number)
{
    size_t from = file.len;
    struct gb_value digits = {.type = GB_STRING};

    while (from > 0 && file.ptr[from - 1] >= '0' && file.ptr[from - 1] <= '9') {
        from--;
    }
    digits.text = (struct gb_str){file.ptr + from, file.len - from};
    return gb_envelope_int(&digits, number);
}

/* All parts, or none: rows of an incremental snapshot have no position. */
static void read_position(const struct gb_envelope *envelope, const struct gb_value *source,
                          struct gb_version *position)
{
    struct gb_version found = {.parts_count = envelope->position_count};

    for (uint32_t i = 0; i < envelope->position_count; i++) {
        struct gb_str name = envelope->position[i];
        const struct gb_value *value = gb_value_get(source, name);
        bool fits = gb_str_eq(name, GB_STR("file")) && value != NULL && value->type == GB_STRING
                        ? file_number(value->text, &found.parts[i])
                        : gb_envelope_int(value, &found.parts[i]);

        if (!fits) {
            return;
        }
    }
    *position = found;
}

static bool is_snapshot(const struct gb_value *source)
{
    const struct gb_value *snapshot = gb_value_get(source, GB_STR("snapshot"));

    if (snapshot == NULL) {
        return false;
    }
    return (snapshot->type == GB_BOOL && snapshot->truth) ||
           (snapshot->type == GB_STRING && !gb_str_eq(snapshot->text, GB_STR("false")));
}

/* The change itself: behind "payload" where there is a wrapper. NULL with err set. */
static const struct gb_value *unwrap(const struct gb_mapping *mapping,
                                     const struct gb_value *message, struct gb_err *err)
{
    const struct gb_value *payload = gb_value_get(message, GB_STR("payload"));
    bool is_wrapped = payload != NULL && gb_value_get(message, GB_STR("schema")) != NULL;
    enum gb_wrapper wanted = mapping->envelope.schema;

    if (message->type != GB_OBJECT || (is_wrapped && wanted == GB_WRAPPER_NO) ||
        (!is_wrapped && wanted == GB_WRAPPER_YES)) {
        (void)gb_fail(err, GB_BAD_ENVELOPE, "$: expected a change event %s",
                      wanted == GB_WRAPPER_YES  ? "with schema and payload"
                      : wanted == GB_WRAPPER_NO ? "without schema and payload"
                                                : "as an object");
        return NULL;
    }
    if (is_wrapped && payload->type != GB_OBJECT) {
        (void)gb_fail(err, GB_BAD_ENVELOPE, "$.payload: expected an object");
        return NULL;
    }
    return is_wrapped ? payload : message;
}

/* Why an event has no rows for us, or absent. */
static struct gb_str why_ignored(const struct gb_value *event, const struct gb_mapping *mapping,
                                 struct gb_changes *changes)
{
    struct gb_str op = gb_value_str(event, GB_STR("op"));

    if (gb_str_eq(op, GB_STR("m"))) {
        return GB_STR("message");
    }
    if (!gb_str_is(op) && gb_value_get(event, GB_STR("before")) == NULL &&
        gb_value_get(event, GB_STR("after")) == NULL) {
        struct gb_str status = gb_value_str(event, GB_STR("status"));

        if (gb_str_eq(status, GB_STR("BEGIN")) || gb_str_eq(status, GB_STR("END"))) {
            return GB_STR("transaction");
        }
        if (gb_value_get(event, GB_STR("ddl")) != NULL) {
            return GB_STR("ddl");
        }
        if (event->count == 1 && gb_value_get(event, GB_STR("ts_ms")) != NULL) {
            return GB_STR("heartbeat");
        }
    }
    if (gb_str_is(changes->table) && gb_mapping_entity(mapping, changes->table) == NULL) {
        return GB_STR("other_table");
    }
    return gb_str_eq(op, GB_STR("t")) ? GB_STR("truncate") : GB_STR_NONE;
}

static const struct gb_value *image_of(const struct gb_value *event, struct gb_str name)
{
    const struct gb_value *image = gb_value_get(event, name);

    return image != NULL && image->type == GB_OBJECT ? image : NULL;
}

static enum gb_status read_rows(struct gb_arena *arena, const struct gb_value *event,
                                bool is_wrapped, struct gb_changes *changes, struct gb_err *err)
{
    struct gb_str op = gb_value_str(event, GB_STR("op"));
    struct gb_change *change = gb_arena_take(arena, sizeof(*change));

    if (op.len != 1 || memchr("crud", op.ptr[0], 4) == NULL) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$%s.op: expected one of c r u d t m",
                       is_wrapped ? ".payload" : "");
    }
    changes->is_delete = op.ptr[0] == 'd';
    changes->is_update = op.ptr[0] == 'u';
    changes->bootstrap = changes->bootstrap || op.ptr[0] == 'r';
    change->before_path = is_wrapped ? GB_STR("$.payload.before") : GB_STR("$.before");
    change->after_path = is_wrapped ? GB_STR("$.payload.after") : GB_STR("$.after");
    change->before = image_of(event, GB_STR("before"));
    change->after = changes->is_delete ? NULL : image_of(event, GB_STR("after"));
    if (!changes->is_delete && change->after == NULL) {
        return gb_fail(err, GB_BAD_ENVELOPE, "%.*s: expected an object",
                       GB_STR_ARG(change->after_path));
    }
    changes->items = change;
    changes->count = 1;
    return GB_OK;
}

enum gb_status gb_envelope_debezium(struct gb_arena *arena, const struct gb_mapping *mapping,
                                    const struct gb_value *message, struct gb_changes *changes,
                                    struct gb_err *err)
{
    const struct gb_value *event = unwrap(mapping, message, err);

    if (event == NULL) {
        return GB_BAD_ENVELOPE;
    }
    const struct gb_value *source = gb_value_get(event, GB_STR("source"));
    struct gb_str schema = gb_value_str(source, GB_STR("schema"));
    struct gb_str table = gb_value_str(source, GB_STR("table"));

    if (!gb_str_is(schema)) {
        schema = gb_value_str(source, GB_STR("db"));
    }
    if (gb_str_is(schema) && gb_str_is(table)) {
        changes->table = GB_JOIN(arena, schema, GB_STR("."), table);
    }
    changes->ignored = why_ignored(event, mapping, changes);
    if (gb_str_is(changes->ignored)) {
        return GB_OK;
    }
    if (!gb_str_is(changes->table)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$%s.source: expected schema or db, and table",
                       event != message ? ".payload" : "");
    }
    changes->bootstrap = is_snapshot(source);
    read_position(&mapping->envelope, source, &changes->position);
    return read_rows(arena, event, event != message, changes, err);
}
