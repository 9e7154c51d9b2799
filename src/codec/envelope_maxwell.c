/* Maxwell's messages (Maxwell 1.22 to 1.40): one row each, typed values.
 *
 *   insert, update, delete, bootstrap-insert    rows
 *   bootstrap-start, bootstrap-complete         marks, ignored
 *   table-*, database-*                         DDL, ignored, but for a dropped table of ours
 *
 * An update always carries `old`, be it {}: one without it was written with binlog_row_image
 * MINIMAL, and lacks columns. With output_nulls off an absent column is NULL (`nulls: omitted`). */
#include "codec/envelope.h"

/* The last row of a transaction has `commit` and no `xoffset`: it stands behind all others. */
#define XOFFSET_LAST INT64_C(2147483647)

static bool starts(struct gb_str text, const char *head)
{
    size_t len = strlen(head);

    return text.len >= len && memcmp(text.ptr, head, len) == 0;
}

/* "binlog.000001:404692" */
static bool read_file(const struct gb_value *message, int64_t *file, int64_t *pos)
{
    struct gb_str text = gb_value_str(message, GB_STR("position"));
    const char *colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;

    if (colon == NULL) {
        return false;
    }
    size_t len = (size_t)(colon - text.ptr);
    struct gb_value rest = {.type = GB_STRING, .text = {colon + 1, text.len - len - 1}};

    return gb_envelope_file((struct gb_str){text.ptr, len}, file) && gb_envelope_int(&rest, pos);
}

/* All declared parts, or none: bootstrap rows have no xid. */
static void read_position(const struct gb_envelope *envelope, const struct gb_value *message,
                          struct gb_version *position)
{
    struct gb_version found = {.parts_count = envelope->position_count};
    int64_t file = 0, pos = 0;
    bool has_file = read_file(message, &file, &pos);

    if (gb_value_get(message, GB_STR("xid")) == NULL) {
        return;
    }
    for (uint32_t i = 0; i < envelope->position_count; i++) {
        struct gb_str name = envelope->position[i];
        bool fits = gb_envelope_int(gb_value_get(message, name), &found.parts[i]);

        if (!fits && gb_str_eq(name, GB_STR("xoffset"))) {
            found.parts[i] = XOFFSET_LAST;
            fits = gb_value_bool(message, GB_STR("commit"), false);
        } else if (!fits && (gb_str_eq(name, GB_STR("file")) || gb_str_eq(name, GB_STR("pos")))) {
            found.parts[i] = gb_str_eq(name, GB_STR("pos")) ? pos : file;
            fits = has_file;
        }
        if (!fits) {
            return;
        }
    }
    *position = found;
}

static enum gb_status read_row(const struct gb_envelope_in *in, struct gb_str type,
                               struct gb_changes *changes, struct gb_err *err)
{
    const struct gb_value *data = gb_value_get(in->message, GB_STR("data"));
    const struct gb_value *old = gb_value_get(in->message, GB_STR("old"));
    struct gb_change *change = gb_envelope_one(in, changes);

    changes->is_delete = gb_str_eq(type, GB_STR("delete"));
    changes->is_update = gb_str_eq(type, GB_STR("update"));
    changes->bootstrap = gb_str_eq(type, GB_STR("bootstrap-insert"));
    if (!changes->is_delete && !changes->is_update && !changes->bootstrap &&
        !gb_str_eq(type, GB_STR("insert"))) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.type: expected insert, update, delete, ...");
    }
    if (data == NULL || data->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$.data: expected an object");
    }
    change->after_path = GB_STR("$.data");
    change->before_path = changes->is_delete ? GB_STR("$.data") : GB_STR("$.old");
    change->before = changes->is_delete ? data : NULL;
    change->after = changes->is_delete ? NULL : data;
    if (changes->is_update && old != NULL && old->type == GB_OBJECT) {
        change->before = old;
        change->base = data;
    }
    change->is_partial = changes->is_update && change->before == NULL;
    read_position(&in->mapping->envelope, in->message, &changes->position);
    return GB_OK;
}

enum gb_status gb_envelope_maxwell(const struct gb_envelope_in *in, struct gb_changes *changes,
                                   struct gb_err *err)
{
    struct gb_str type = gb_value_str(in->message, GB_STR("type"));
    struct gb_str database = gb_value_str(in->message, GB_STR("database"));
    struct gb_str table = gb_value_str(in->message, GB_STR("table"));

    if (starts(type, "database-")) {
        changes->ignored = GB_STR("ddl");
        return GB_OK;
    }
    if (!gb_str_is(type) || !gb_str_is(database) || !gb_str_is(table)) {
        return gb_fail(err, GB_BAD_ENVELOPE, "$: expected type, database and table as texts");
    }
    if (gb_str_eq(type, GB_STR("table-drop")) && gb_envelope_table(in, database, table, changes)) {
        return gb_envelope_emptied(changes, err);
    }
    changes->ignored = starts(type, "table-") ? GB_STR("ddl")
                       : gb_str_eq(type, GB_STR("bootstrap-start")) ||
                               gb_str_eq(type, GB_STR("bootstrap-complete"))
                           ? GB_STR("bootstrap_mark")
                           : GB_STR_NONE;
    if (gb_str_is(changes->ignored) || !gb_envelope_table(in, database, table, changes)) {
        return GB_OK;
    }
    return read_row(in, type, changes, err);
}
