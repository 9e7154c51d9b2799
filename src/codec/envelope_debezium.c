/* Debezium's change events (Debezium 1.9 to 3.6, PostgreSQL, MySQL and MariaDB connectors).
 *
 * Records that hold no rows (heartbeats, transaction boundaries, DDL, logical messages) come on
 * topics of their own, which `topics` of the mapping names; where they share a topic with rows, the
 * member that only they have tells them. Which tables hold no rows for us is decided before images
 * are looked at, so that a foreign table cannot make a dead letter. */
#include "codec/envelope.h"

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

/* The word of a record without rows, or absent. */
static struct gb_str other_kind(const struct gb_value *event)
{
    struct gb_str op = gb_value_str(event, GB_STR("op"));
    struct gb_str status = gb_value_str(event, GB_STR("status"));

    if (gb_str_eq(op, GB_STR("m"))) {
        return GB_STR("message");
    }
    if (gb_str_is(op) || gb_value_get(event, GB_STR("before")) != NULL ||
        gb_value_get(event, GB_STR("after")) != NULL) {
        return GB_STR_NONE;
    }
    if (gb_str_eq(status, GB_STR("BEGIN")) || gb_str_eq(status, GB_STR("END"))) {
        return GB_STR("transaction");
    }
    if (gb_value_get(event, GB_STR("ddl")) != NULL) {
        return GB_STR("ddl");
    }
    return event->count == 1 && gb_value_get(event, GB_STR("ts_ms")) != NULL ? GB_STR("heartbeat")
                                                                            : GB_STR_NONE;
}

static const struct gb_value *image_of(const struct gb_value *event, struct gb_str name)
{
    const struct gb_value *image = gb_value_get(event, name);

    return image != NULL && image->type == GB_OBJECT ? image : NULL;
}

static enum gb_status read_rows(const struct gb_envelope_in *in, const struct gb_value *event,
                                struct gb_changes *changes, struct gb_err *err)
{
    bool is_wrapped = event != in->message;
    struct gb_str op = gb_value_str(event, GB_STR("op"));
    struct gb_change *change = gb_envelope_one(in, changes);

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
    return GB_OK;
}

enum gb_status gb_envelope_debezium(const struct gb_envelope_in *in, struct gb_changes *changes,
                                    struct gb_err *err)
{
    const struct gb_value *event = unwrap(in->mapping, in->message, err);

    if (event == NULL) {
        return GB_BAD_ENVELOPE;
    }
    changes->ignored = other_kind(event);
    if (gb_str_is(changes->ignored)) {
        return GB_OK;
    }
    const struct gb_value *source = gb_value_get(event, GB_STR("source"));
    struct gb_str schema = gb_value_str(source, GB_STR("schema"));
    struct gb_str table = gb_value_str(source, GB_STR("table"));

    if (!gb_str_is(schema)) {
        schema = gb_value_str(source, GB_STR("db"));
    }
    if (!gb_str_is(schema) || !gb_str_is(table)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$%s.source: expected schema or db, and table",
                       event != in->message ? ".payload" : "");
    }
    if (!gb_envelope_table(in, schema, table, changes)) {
        return GB_OK;
    }
    if (gb_str_eq(gb_value_str(event, GB_STR("op")), GB_STR("t"))) {
        return gb_envelope_emptied(changes, err);
    }
    changes->bootstrap = is_snapshot(source);
    gb_envelope_position(&in->mapping->envelope, source, &changes->position);
    return read_rows(in, event, changes, err);
}
