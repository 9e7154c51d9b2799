/* CloudEvents 1.0 (JSON format 1.0.2, Kafka protocol binding 1.0.2): the row is the event's data.
 *
 *   structured  the value is the event: specversion, id, source, type, data
 *   binary      the value is the data; the attributes are headers ce_specversion, ce_id, ...
 *
 * Tables of the mapping are named by the event's type. `deletes` names the types that delete; their
 * data is read for its key only. Data is JSON: another datacontenttype, or data_base64, is a dead
 * letter. */
#include "codec/envelope.h"

/* An attribute: a header of a binary event, a member of a structured one. */
static struct gb_str attribute(const struct gb_envelope_in *in, struct gb_str name)
{
    if (!in->mapping->envelope.is_binary) {
        return gb_value_str(in->message, name);
    }
    return gb_envelope_header(in, gb_arena_printf(in->arena, "ce_%.*s", GB_STR_ARG(name)));
}

/* application/json, or any +json, with or without parameters; absent means JSON. */
static bool is_json(struct gb_str type)
{
    const char *semicolon = type.len > 0 ? memchr(type.ptr, ';', type.len) : NULL;
    size_t len = semicolon != NULL ? (size_t)(semicolon - type.ptr) : type.len;
    static const char *const ends[] = {"/json", "+json"};

    while (len > 0 && type.ptr[len - 1] == ' ') {
        len--;
    }
    for (size_t i = 0; i < GB_COUNT(ends); i++) {
        if (len > 5 && memcmp(type.ptr + len - 5, ends[i], 5) == 0) {
            return true;
        }
    }
    return !gb_str_is(type);
}

static enum gb_status check_attributes(const struct gb_envelope_in *in, struct gb_err *err)
{
    static const char *const needed[] = {"id", "source", "type"};
    bool is_binary = in->mapping->envelope.is_binary;
    struct gb_str type = is_binary ? gb_envelope_header(in, GB_STR("content-type"))
                                   : attribute(in, GB_STR("datacontenttype"));
    struct gb_str version = attribute(in, GB_STR("specversion"));

    if (!is_binary && in->message->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$: expected an object");
    }
    if (!gb_str_eq(version, GB_STR("1.0"))) {
        return gb_fail(err, GB_BAD_ENVELOPE, "%sspecversion: expected 1.0",
                       is_binary ? "header ce_" : "$.");
    }
    for (size_t i = 0; i < GB_COUNT(needed); i++) {
        if (attribute(in, gb_str_of(needed[i])).len == 0) {
            return gb_fail(err, GB_BAD_ENVELOPE, "%s%s: expected a text",
                           is_binary ? "header ce_" : "$.", needed[i]);
        }
    }
    if (!is_json(type)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "%s: expected application/json",
                       is_binary ? "header content-type" : "$.datacontenttype");
    }
    return GB_OK;
}

enum gb_status gb_envelope_cloudevents(const struct gb_envelope_in *in, struct gb_changes *changes,
                                       struct gb_err *err)
{
    const struct gb_envelope *envelope = &in->mapping->envelope;
    enum gb_status status = check_attributes(in, err);

    if (status != GB_OK) {
        return status;
    }
    struct gb_str type = attribute(in, GB_STR("type"));
    const struct gb_value *data = envelope->is_binary ? in->message
                                                      : gb_value_get(in->message, GB_STR("data"));
    const char *path = envelope->is_binary ? "$" : "$.data";

    if (!gb_envelope_table(in, GB_STR_NONE, type, changes)) {
        return GB_OK;
    }
    data = gb_envelope_path(data, envelope->row);
    if (data == NULL || data->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "%s%s%.*s: expected an object", path,
                       gb_str_is(envelope->row) ? "." : "", GB_STR_ARG(envelope->row));
    }
    struct gb_change *change = gb_envelope_one(in, changes);

    changes->is_delete = gb_words_have(&envelope->deletes, type);
    change->before_path = gb_arena_printf(in->arena, "%s%s%.*s", path,
                                          gb_str_is(envelope->row) ? "." : "",
                                          GB_STR_ARG(envelope->row));
    change->after_path = change->before_path;
    change->before = changes->is_delete ? data : NULL;
    change->after = changes->is_delete ? NULL : data;
    gb_envelope_position(envelope, data, &changes->position);
    return GB_OK;
}
