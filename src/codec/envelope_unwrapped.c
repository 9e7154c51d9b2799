/* Debezium behind ExtractNewRecordState: the row alone, with members that the transform added.
 *
 * The table follows from the topic behind `topic_prefix` (the added `__table` lacks the schema). No
 * image before ever comes, so a town must be constant or part of the key. A delete is the invented
 * image with `__deleted` "true" ("rewrite"), read for its key only. Members whose names begin with
 * two underscores belong to the transform. */
#include "codec/envelope.h"

/* The row without the transform's members. */
static const struct gb_value *row_of(const struct gb_envelope_in *in)
{
    const struct gb_value *message = in->message;
    struct gb_value *row = gb_arena_take(in->arena, sizeof(*row));
    struct gb_member *members = gb_arena_take(in->arena, message->count * sizeof(*members));
    uint32_t count = 0;

    for (uint32_t i = 0; i < message->count; i++) {
        struct gb_str name = message->members[i].name;

        if (name.len < 2 || memcmp(name.ptr, "__", 2) != 0) {
            members[count++] = message->members[i];
        }
    }
    *row = (struct gb_value){.type = GB_OBJECT, .count = count, .members = members};
    return row;
}

static bool is_true(const struct gb_value *value)
{
    return value != NULL && ((value->type == GB_BOOL && value->truth) ||
                             (value->type == GB_STRING && gb_str_eq(value->text, GB_STR("true"))));
}

enum gb_status gb_envelope_unwrapped(const struct gb_envelope_in *in, struct gb_changes *changes,
                                     struct gb_err *err)
{
    const struct gb_envelope *envelope = &in->mapping->envelope;
    struct gb_str prefix = envelope->topic_prefix;
    struct gb_str topic = in->record != NULL ? in->record->topic : GB_STR("");
    const struct gb_value *deleted = gb_value_get(in->message, envelope->deleted);
    struct gb_str op = gb_value_str(in->message, envelope->op);

    if (topic.len <= prefix.len + 1 || memcmp(topic.ptr, prefix.ptr, prefix.len) != 0 ||
        topic.ptr[prefix.len] != '.') {
        return gb_fail(err, GB_BAD_ENVELOPE, "topic: expected %.*s.SCHEMA.TABLE",
                       GB_STR_ARG(prefix));
    }
    topic = (struct gb_str){topic.ptr + prefix.len + 1, topic.len - prefix.len - 1};
    if (!gb_envelope_table(in, GB_STR_NONE, topic, changes)) {
        return GB_OK;
    }
    if (!gb_arena_fits(in->arena, in->message->count * sizeof(struct gb_member))) {
        return gb_fail(err, GB_TOO_LARGE, "$: more members than the batch's memory");
    }
    if (in->message->type != GB_OBJECT || deleted == NULL || op.len != 1 ||
        memchr("crud", op.ptr[0], 4) == NULL) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$: expected a row with %.*s and %.*s (c r u d)",
                       GB_STR_ARG(envelope->deleted), GB_STR_ARG(envelope->op));
    }
    if (is_true(deleted) != (op.ptr[0] == 'd')) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.%.*s: expected true for a delete and no other",
                       GB_STR_ARG(envelope->deleted));
    }
    struct gb_change *change = gb_envelope_one(in, changes);

    changes->is_delete = op.ptr[0] == 'd';
    changes->is_update = op.ptr[0] == 'u';
    changes->bootstrap = op.ptr[0] == 'r';
    change->before_path = GB_STR("$");
    change->after_path = GB_STR("$");
    if (changes->is_delete) {
        change->before = row_of(in);
    } else {
        change->after = row_of(in);
    }
    gb_envelope_position(envelope, in->message, &changes->position);
    return GB_OK;
}
