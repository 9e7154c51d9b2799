/* One row change to intake rows: identity and town first, then fields and texts.
 *
 * put, enter    the image's fields and texts
 * delete, leave key and town only: the rest of a delete's image may be invented by the tool
 * A changed key is a delete of the old and a put of the new one; a changed town is a leave of the
 * old and an enter of the new one. */
#include "base/hash.h"
#include "base/jsonw.h"
#include "codec/door_build.h"
#include "codec/record_json.h"

void gb_opening_text(struct gb_opening *o, struct gb_record *rec, struct gb_str name,
                     struct gb_str text)
{
    const struct gb_coord *src = &rec->src;
    char digits[3][GB_DIGITS_MAX];
    const struct gb_str slash = GB_STR("/");
    struct gb_str where =
        GB_JOIN(o->arena, src->topic, slash, gb_int_text(digits[0], src->partition), slash,
                gb_int_text(digits[1], src->offset), slash, gb_int_text(digits[2], src->index),
                slash, name);
    struct gb_hash salt = gb_hmac(GB_SHA256, o->salt_seed, where);
    struct gb_text *out = &rec->texts[rec->texts_count++];

    out->name = name;
    out->text = text;
    out->salt = gb_base64(o->arena, salt.bytes, 16);
    out->commitment = gb_text_commitment(o->arena, out->salt, text);
}

static enum gb_status read_texts(struct gb_opening *o, const struct gb_entity *entity,
                                 const struct gb_row *row, struct gb_record *rec,
                                 struct gb_err *err)
{
    struct gb_guarded g = {o, entity, row};
    enum gb_status status = GB_OK;

    if (!gb_guard_has_texts(o, &rec->fields)) {
        return GB_OK;
    }
    for (uint32_t i = 0; i < entity->texts_count && status == GB_OK; i++) {
        const struct gb_value *value = row->columns[entity->text_columns[i]];

        if (value != NULL && value->type == GB_STRING && value->text.len > 0) {
            struct gb_str text = value->text;

            status = gb_guard_text(&g, i, &text, err);
            if (status == GB_OK && gb_str_is(text)) {
                gb_opening_text(o, rec, entity->text_names[i], text);
            }
        }
    }
    return status;
}

/* While two join keys overlap: the holder as the key before names it, in "reporter_was". */
static struct gb_member holder_was(struct gb_opening *o, const struct gb_convert *c,
                                   const struct gb_field *field, const struct gb_row *row)
{
    struct gb_convert before = *c;
    struct gb_member member = {GB_JOIN(o->arena, field->name, GB_STR("_was")), {.type = GB_NULL}};
    struct gb_err err;

    before.join = o->door->join_was;
    GB_CHECK(gb_convert_field(&before, field, row, &member.value, &err) == GB_OK);
    return member;
}

struct field_list {
    const struct gb_field *items;
    uint32_t count;
};

/* Fields that have a value, as an object. */
static enum gb_status read_list(struct gb_opening *o, struct field_list fields,
                                const struct gb_row *row, struct gb_value *object,
                                struct gb_err *err)
{
    struct gb_member *members = gb_arena_take(o->arena, (2 * fields.count + 1) * sizeof(*members));
    struct gb_convert c = gb_opening_convert(o);
    struct gb_guarded g = {o, o->changes.entity, row};
    uint32_t count = 0;

    for (uint32_t i = 0; i < fields.count; i++) {
        struct gb_value value = {.type = GB_NULL};
        enum gb_status status = gb_convert_field(&c, &fields.items[i], row, &value, err);

        if (status == GB_OK) {
            status = gb_guard_field(&g, &fields.items[i], &value, err);
        }
        if (status != GB_OK) {
            return status;
        }
        if (value.type != GB_NULL) {
            members[count++] = (struct gb_member){fields.items[i].name, value};
        }
        if (value.type != GB_NULL && fields.items[i].form == GB_FORM_HOLDER &&
            gb_str_is(o->door->join_was.bytes)) {
            members[count++] = holder_was(o, &c, &fields.items[i], row);
        }
    }
    *object = (struct gb_value){.type = GB_OBJECT, .count = count, .members = members};
    return GB_OK;
}

/* Keyed hash of what the image says; equal images have equal hashes within the cluster. */
static struct gb_str hash_image(struct gb_opening *o, const struct gb_record *rec)
{
    struct gb_buf buf = {0};
    struct gb_jsonw w;

    gb_jsonw_init(&w, &buf);
    gb_jsonw_array(&w);
    gb_jsonw_str(&w, gb_op_word(rec->op));
    gb_jsonw_value(&w, &rec->fields);
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        gb_jsonw_str(&w, rec->texts[i].name);
        gb_jsonw_str(&w, rec->texts[i].text);
    }
    gb_jsonw_end(&w);
    struct gb_hash hash = gb_hmac(GB_SHA256, o->door->salt, gb_buf_str(&buf));

    gb_buf_close(&buf);
    return gb_hash_hex(o->arena, &hash);
}

static struct gb_record *identified_row(struct gb_opening *o, const struct gb_entity *entity,
                                        enum gb_op op, const struct gb_identity *id)
{
    struct gb_record *rec = gb_opening_row(o);

    rec->entity = entity->entity;
    rec->op = op;
    rec->version = o->position;
    rec->key = id->key;
    rec->town = gb_str_is(id->town) ? id->town : GB_STR("");
    return rec;
}

/* err's text begins with a column; path says in which image. */
static void dead_row(struct gb_opening *o, struct gb_record *rec, struct gb_str path,
                     const struct gb_err *err)
{
    struct gb_err full = {.status = err->status, .text = ""};

    (void)gb_fail(&full, err->status, "%.*s.%s", GB_STR_ARG(path), err->text);
    rec->fields = (struct gb_value){.type = GB_NULL};
    rec->texts_count = 0;
    gb_opening_dead(o, rec, &full);
}

/* Whether the row is marked as deleted: polarity is declared per entity, and where the values of
 * the living are declared too, another one is BAD_FIELD. */
static enum gb_status read_deleted(struct gb_opening *o, const struct gb_entity *entity,
                                   const struct gb_row *row, bool *is_deleted, struct gb_err *err)
{
    struct gb_str text = GB_STR_NONE;

    *is_deleted = false;
    if (!entity->has_soft_delete || row->columns[entity->soft_delete] == NULL) {
        return GB_OK; /* a column that is not there is asked for by need_image */
    }
    (void)gb_convert_text(o->arena, row->columns[entity->soft_delete], &text);
    *is_deleted = gb_str_is(text) && gb_words_have(&entity->deleted, text);
    if (!*is_deleted && entity->live.count > 0 &&
        !(gb_str_is(text) && gb_words_have(&entity->live, text))) {
        return gb_fail(err, GB_BAD_FIELD, "%.*s: expected a declared value, deleted or live",
                       GB_STR_ARG(entity->column_names[entity->soft_delete]));
    }
    return GB_OK;
}

/* Whether the row was refused before this update too. */
static bool was_refused(struct gb_opening *o, const struct gb_change *change)
{
    const struct gb_entity *entity = o->changes.entity;
    struct field_list fields = {entity->fields, entity->fields_count};
    struct gb_row row = {0};
    struct gb_value old;
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (change->before == NULL) {
        return false;
    }
    if (change->base != NULL) {
        gb_row_load(o, entity, change->base, &row, false);
    }
    gb_row_load(o, entity, change->before, &row, false);
    return gb_row_need_image(entity, &row, &err) == GB_OK &&
           read_list(o, fields, &row, &old, &err) == GB_OK &&
           gb_str_is(gb_guard_refused(o, &old));
}

/* A refused matter leaves a count and its class: no key, no version. Where an update made it so,
 * what came in before goes: the row is deleted first. */
static void refuse(struct gb_opening *o, const struct gb_change *change, struct gb_record *rec,
                   struct gb_str refused)
{
    struct gb_str town = rec->town;

    if (o->changes.is_update && rec->op == GB_OP_PUT && !was_refused(o, change)) {
        rec->op = GB_OP_DELETE;
        rec->fields = (struct gb_value){.type = GB_NULL};
        rec->h_img = hash_image(o, rec);
        rec = gb_opening_row(o);
    } else {
        o->rows->count--;
        rec = gb_opening_row(o);
    }
    rec->town = town;
    rec->verdict = GB_REFUSED;
    rec->reason = refused;
    gb_guard_count_class(o->door, refused);
}

static void fill(struct gb_opening *o, const struct gb_entity *entity, const struct gb_row *row,
                 struct gb_record *rec, const struct gb_change *change)
{
    struct gb_convert c = gb_opening_convert(o);
    struct field_list fields = {entity->fields, entity->fields_count};
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_version *version = &rec->version;
    enum gb_status status = gb_row_need_image(entity, row, &err);

    if (status == GB_OK) {
        status = read_list(o, fields, row, &rec->fields, &err);
    }
    if (status == GB_OK && gb_str_is(gb_guard_refused(o, &rec->fields))) {
        refuse(o, change, rec, gb_guard_refused(o, &rec->fields));
        return;
    }
    if (status == GB_OK && entity->has_version) {
        status = gb_convert_version(&c, row, &version->column, &version->has_column, &err);
    }
    if (status == GB_OK && version->has_column) {
        struct gb_value value = {.type = GB_INT, .number = version->column / 1000};

        status = gb_guard_field(&(struct gb_guarded){o, entity, row}, &entity->version, &value,
                                &err);
    }
    if (status == GB_OK) {
        status = read_texts(o, entity, row, rec, &err);
    }
    if (status != GB_OK) {
        rec->version.has_column = false;
        dead_row(o, rec, change->after_path, &err);
        return;
    }
    rec->h_img = hash_image(o, rec);
}

static void open_delete(struct gb_opening *o, const struct gb_entity *entity,
                        const struct gb_change *change)
{
    struct gb_row row = {0};
    struct gb_identity id = {0};
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (change->before == NULL) {
        (void)gb_fail(&err, GB_NEED_FULL_IMAGE, "%.*s: expected an object",
                      GB_STR_ARG(change->before_path));
        gb_opening_dead(o, identified_row(o, entity, GB_OP_DELETE, &id), &err);
        return;
    }
    gb_row_load(o, entity, change->before, &row, true);
    enum gb_status status = gb_row_identify(o, entity, &row, &id, &err);
    struct gb_record *rec = identified_row(o, entity, GB_OP_DELETE, &id);

    if (status != GB_OK) {
        dead_row(o, rec, change->before_path, &err);
        return;
    }
    rec->h_img = hash_image(o, rec);
}

/* Where the row was before an update; OK with an absent key where it was nowhere for us. */
static enum gb_status identify_old(struct gb_opening *o, const struct gb_change *change,
                                   struct gb_row *row, struct gb_identity *old,
                                   struct gb_err *err)
{
    const struct gb_entity *entity = o->changes.entity;

    if (!o->changes.is_update || change->is_partial) {
        return GB_OK;
    }
    if (change->before == NULL) {
        return entity->is_town_of_key
                   ? GB_OK
                   : gb_fail(err, GB_NEED_FULL_IMAGE, "%.*s: expected an object",
                             GB_STR_ARG(change->before_path));
    }
    if (change->base != NULL) {
        gb_row_load(o, entity, change->base, row, false);
    }
    gb_row_load(o, entity, change->before, row, false);
    enum gb_status status = gb_row_identify(o, entity, row, old, err);

    if (status == GB_NEED_FULL_IMAGE) {
        struct gb_err inner = *err;

        return gb_fail(err, status, "%.*s.%s", GB_STR_ARG(change->before_path), inner.text);
    }
    if (status != GB_OK) {
        *old = (struct gb_identity){0}; /* it never came in */
    }
    return GB_OK;
}

/* The number in a counter's column; what is no number counts nothing. */
static int64_t count_of(const struct gb_row *row, uint32_t column)
{
    int64_t number;

    return row->columns[column] != NULL && gb_convert_int(row->columns[column], &number) ? number
                                                                                         : -1;
}

/* What a counter shows: more than before is an observation of its own, keyed by the new count, so
 * that a repeated record is no second one. A smaller count is a correction and shows nothing. */
static void open_counter(struct gb_opening *o, const struct gb_counter *counter,
                         const struct gb_row *before, const struct gb_row *after,
                         const struct gb_record *of)
{
    int64_t from = count_of(before, counter->column), to = count_of(after, counter->column);
    struct field_list fields = {counter->fields, counter->fields_count};
    struct gb_err err = {.status = GB_OK, .text = ""};
    char digits[GB_DIGITS_MAX];

    if (from < 0 || to <= from) {
        return;
    }
    struct gb_record *rec = gb_opening_row(o);
    struct gb_member *members =
        gb_arena_take(o->arena, (counter->fields_count + 1) * sizeof(*members));

    rec->entity = counter->entity;
    rec->op = GB_OP_PUT;
    rec->version = of->version;
    rec->town = of->town;
    rec->key = GB_JOIN(o->arena, of->key, GB_STR("/"), gb_int_text(digits, to));
    if (read_list(o, fields, after, &rec->fields, &err) != GB_OK) {
        gb_opening_dead(o, rec, &err);
        return;
    }
    memcpy(members, rec->fields.members, rec->fields.count * sizeof(*members));
    members[rec->fields.count] = (struct gb_member){
        GB_STR("count"), {.type = GB_INT, .number = to - from}};
    rec->fields.members = members;
    rec->fields.count++;
    rec->h_img = hash_image(o, rec);
}

/* The row itself: a mark of deletion, or its fields. */
static void open_image(struct gb_opening *o, const struct gb_change *change,
                       const struct gb_row *row, const struct gb_identity *id, enum gb_op op)
{
    const struct gb_entity *entity = o->changes.entity;
    struct gb_err err = {.status = GB_OK, .text = ""};
    bool is_deleted = false;
    enum gb_status status = read_deleted(o, entity, row, &is_deleted, &err);
    struct gb_record *rec = identified_row(o, entity, is_deleted ? GB_OP_DELETE : op, id);

    if (status == GB_OK && change->is_partial) {
        status = gb_fail(&err, GB_NEED_FULL_IMAGE, "old: expected an object, the row image is cut");
    }
    if (status != GB_OK) {
        dead_row(o, rec, change->after_path, &err);
    } else if (is_deleted) {
        rec->h_img = hash_image(o, rec);
    } else {
        fill(o, entity, row, rec, change);
    }
}

static void open_put(struct gb_opening *o, const struct gb_entity *entity,
                     const struct gb_change *change)
{
    struct gb_row row = {0}, before = {0};
    struct gb_identity id = {0}, old = {0};
    struct gb_err err = {.status = GB_OK, .text = ""}, old_err = {.status = GB_OK, .text = ""};
    enum gb_op op = GB_OP_PUT;

    gb_row_load(o, entity, change->after, &row, true);
    row.is_absent_null = row.is_absent_null && !change->is_partial;
    enum gb_status status = gb_row_identify(o, entity, &row, &id, &err);

    if (identify_old(o, change, &before, &old, &old_err) != GB_OK) {
        gb_opening_dead(o, identified_row(o, entity, op, &id), &old_err);
        return;
    }
    if (gb_str_is(old.key) && gb_str_is(id.key) && !gb_str_eq(old.key, id.key)) {
        struct gb_record *rec = identified_row(o, entity, GB_OP_DELETE, &old);

        rec->h_img = hash_image(o, rec);
    } else if (status == GB_OK && gb_str_is(old.key) && !gb_str_eq(old.town, id.town)) {
        struct gb_record *rec = identified_row(o, entity, GB_OP_LEAVE, &old);

        rec->h_img = hash_image(o, rec);
        op = GB_OP_ENTER;
    }
    if (status != GB_OK) {
        dead_row(o, identified_row(o, entity, op, &id), change->after_path, &err);
        return;
    }
    open_image(o, change, &row, &id, op);
    const struct gb_record *rec = &o->rows->items[o->rows->count - 1].record;

    for (uint32_t i = 0; i < entity->counters_count && rec->verdict == GB_ACCEPTED &&
                         rec->op != GB_OP_DELETE && gb_str_is(old.key);
         i++) {
        open_counter(o, &entity->counters[i], &before, &row, rec);
    }
}

void gb_opening_change(struct gb_opening *o, const struct gb_change *change)
{
    const struct gb_entity *entity = o->changes.entity;

    GB_CHECK(entity != NULL);
    o->position = change->position != NULL ? *change->position : o->changes.position;
    if (o->changes.is_delete || change->is_delete) {
        open_delete(o, entity, change);
    } else {
        open_put(o, entity, change);
    }
}
