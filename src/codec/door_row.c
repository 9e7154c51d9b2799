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

struct identity {
    struct gb_str key, town;
};

/* Gives each known column its value; rows of a message lie over their base. */
static void load_row(struct gb_opening *o, const struct gb_entity *entity,
                     const struct gb_value *image, struct gb_row *row, bool counts_drift)
{
    struct gb_str placeholder = o->reader->mapping->envelope.placeholder;

    for (uint32_t i = 0; i < image->count; i++) {
        const struct gb_member *m = &image->members[i];
        const uint32_t *column = gb_map_get(&entity->columns, m->name);

        if (column == NULL) {
            if (counts_drift) {
                gb_drift_count(o->reader, m->name);
            }
            continue;
        }
        if (counts_drift && gb_str_is(entity->refused[*column]) && m->value.type != GB_NULL) {
            gb_guard_count_class(o->door, entity->refused[*column]);
        }
        row->columns[*column] = &m->value;
        row->is_unavailable[*column] =
            m->value.type == GB_STRING && gb_str_eq(m->value.text, placeholder);
    }
}

static enum gb_status need(const struct gb_entity *entity, const struct gb_row *row,
                           uint32_t column, bool may_be_missing, struct gb_err *err)
{
    if ((row->columns[column] != NULL && !row->is_unavailable[column]) ||
        (row->columns[column] == NULL && may_be_missing)) {
        return GB_OK;
    }
    return gb_fail(err, GB_NEED_FULL_IMAGE, "%.*s: expected a value, the image does not hold it",
                   GB_STR_ARG(entity->column_names[column]));
}

static enum gb_status need_field(const struct gb_entity *entity, const struct gb_row *row,
                                 const struct gb_field *field, struct gb_err *err)
{
    enum gb_status status = GB_OK;

    for (uint32_t i = 0; i < field->columns_count && status == GB_OK; i++) {
        status = need(entity, row, field->columns[i], field->is_optional, err);
    }
    for (uint32_t i = 0; i < field->conditions_count && status == GB_OK; i++) {
        status = need(entity, row, field->conditions[i].column, field->is_optional, err);
    }
    return status;
}

/* Everything that an image must hold to be taken. */
static enum gb_status need_image(const struct gb_entity *entity, const struct gb_row *row,
                                 struct gb_err *err)
{
    enum gb_status status = GB_OK;

    for (uint32_t i = 0; i < entity->fields_count && status == GB_OK; i++) {
        status = need_field(entity, row, &entity->fields[i], err);
    }
    for (uint32_t i = 0; i < entity->texts_count && status == GB_OK; i++) {
        status = need(entity, row, entity->text_columns[i], false, err);
    }
    if (status == GB_OK && entity->has_version) {
        status = need_field(entity, row, &entity->version, err);
    }
    if (status == GB_OK && entity->has_soft_delete) {
        status = need(entity, row, entity->soft_delete, false, err);
    }
    return status;
}

static enum gb_status read_key(struct gb_opening *o, const struct gb_entity *entity,
                               const struct gb_row *row, struct gb_str *key, struct gb_err *err)
{
    struct gb_str joined = GB_STR_NONE;

    for (uint32_t i = 0; i < entity->key_count; i++) {
        uint32_t column = entity->key[i];
        enum gb_status status = need(entity, row, column, false, err);
        struct gb_str text;

        if (status != GB_OK) {
            return status;
        }
        if (!gb_convert_text(o->arena, row->columns[column], &text) || !gb_str_is(text)) {
            return gb_fail(err, GB_BAD_FIELD, "%.*s: expected a key",
                           GB_STR_ARG(entity->column_names[column]));
        }
        status = gb_guard_key(entity, row, column, text, err);
        if (status != GB_OK) {
            return status;
        }
        joined = i == 0 ? text
                        : GB_JOIN(o->arena, joined, GB_STR("/"), text);
    }
    *key = joined;
    return GB_OK;
}

static bool is_town(struct gb_str town)
{
    for (size_t i = 0; i < town.len; i++) {
        if (town.ptr[i] < '0' || town.ptr[i] > '9') {
            return false;
        }
    }
    return town.len == 9;
}

static enum gb_status read_town(struct gb_opening *o, const struct gb_entity *entity,
                                const struct gb_row *row, struct gb_str *town,
                                struct gb_err *err)
{
    const struct gb_town *rule = &entity->town;
    struct gb_str text = rule->constant;

    if (rule->form != GB_TOWN_CONSTANT) {
        enum gb_status status = need(entity, row, rule->column, false, err);

        if (status != GB_OK) {
            return status;
        }
        if (!gb_convert_text(o->arena, row->columns[rule->column], &text)) {
            text = GB_STR_NONE;
        }
    }
    if (rule->form == GB_TOWN_LOOKUP &&
        (!gb_str_is(text) || !gb_lookup_find(rule->lookup, text, GB_PLACE_TOWN, &text))) {
        text = GB_STR_NONE;
    }
    if (rule->form == GB_TOWN_PREFIX && text.len > 9) {
        text.len = 9;
    }
    if (!is_town(text)) {
        return gb_fail(err, GB_UNKNOWN_PLACE, "%.*s: expected a known place",
                       GB_STR_ARG(entity->column_names[rule->column]));
    }
    *town = text;
    return GB_OK;
}

static enum gb_status identify(struct gb_opening *o, const struct gb_entity *entity,
                               const struct gb_row *row, struct identity *id, struct gb_err *err)
{
    enum gb_status status = read_key(o, entity, row, &id->key, err);

    return status == GB_OK ? read_town(o, entity, row, &id->town, err) : status;
}

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

        if (value->type == GB_STRING && value->text.len > 0) {
            struct gb_str text = value->text;

            status = gb_guard_text(&g, i, &text, err);
            if (status == GB_OK && gb_str_is(text)) {
                gb_opening_text(o, rec, entity->text_names[i], text);
            }
        }
    }
    return status;
}

static enum gb_status read_fields(struct gb_opening *o, const struct gb_convert *c,
                                  const struct gb_row *row, struct gb_record *rec,
                                  struct gb_err *err)
{
    const struct gb_entity *entity = c->entity;
    struct gb_guarded g = {o, entity, row};
    struct gb_member *members = gb_arena_take(o->arena, GB_FIELDS_MAX * sizeof(*members));
    uint32_t count = 0;

    for (uint32_t i = 0; i < entity->fields_count; i++) {
        struct gb_value value = {.type = GB_NULL};
        enum gb_status status = gb_convert_field(c, &entity->fields[i], row, &value, err);

        if (status == GB_OK) {
            status = gb_guard_field(&g, &entity->fields[i], &value, err);
        }
        if (status != GB_OK) {
            return status;
        }
        if (value.type != GB_NULL) {
            members[count++] = (struct gb_member){entity->fields[i].name, value};
        }
    }
    rec->fields = (struct gb_value){.type = GB_OBJECT, .count = count, .members = members};
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
                                        enum gb_op op, const struct identity *id)
{
    struct gb_record *rec = gb_opening_row(o);

    rec->entity = entity->entity;
    rec->op = op;
    rec->version = o->changes.position;
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

static bool is_deleted(struct gb_opening *o, const struct gb_entity *entity,
                       const struct gb_row *row)
{
    struct gb_str text;

    if (!entity->has_soft_delete ||
        !gb_convert_text(o->arena, row->columns[entity->soft_delete], &text)) {
        return false;
    }
    for (uint32_t i = 0; i < entity->deleted_count; i++) {
        if (gb_str_eq(entity->deleted[i], text)) {
            return true;
        }
    }
    return false;
}

/* Whether the row was refused before this update too. */
static bool was_refused(struct gb_opening *o, const struct gb_convert *c,
                        const struct gb_change *change)
{
    struct gb_row row = {0};
    struct gb_record old = {0};
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (change->before == NULL) {
        return false;
    }
    if (change->base != NULL) {
        load_row(o, c->entity, change->base, &row, false);
    }
    load_row(o, c->entity, change->before, &row, false);
    return need_image(c->entity, &row, &err) == GB_OK &&
           read_fields(o, c, &row, &old, &err) == GB_OK &&
           gb_str_is(gb_guard_refused(o, &old.fields));
}

/* A refused matter leaves a count and its class: no key, no version. Where an update made it so,
 * what came in before goes: the row is deleted first. */
static void refuse(struct gb_opening *o, const struct gb_convert *c,
                   const struct gb_change *change, struct gb_record *rec, struct gb_str refused)
{
    struct gb_str town = rec->town;

    if (o->changes.is_update && rec->op == GB_OP_PUT && !was_refused(o, c, change)) {
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
    struct gb_convert c = {o->arena,
                           o->reader->mapping,
                           entity,
                           o->door->join_key,
                           o->door->join_key_id,
                           o->reader->name};
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_version *version = &rec->version;
    enum gb_status status = need_image(entity, row, &err);

    if (status == GB_OK) {
        status = read_fields(o, &c, row, rec, &err);
    }
    if (status == GB_OK && gb_str_is(gb_guard_refused(o, &rec->fields))) {
        refuse(o, &c, change, rec, gb_guard_refused(o, &rec->fields));
        return;
    }
    if (status == GB_OK && entity->has_version) {
        status = gb_convert_version(&c, row, &version->column, &version->has_column, &err);
    }
    if (status == GB_OK && entity->has_version) {
        status = gb_guard_field(&(struct gb_guarded){o, entity, row}, &entity->version, NULL, &err);
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
    struct identity id = {0};
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (change->before == NULL) {
        (void)gb_fail(&err, GB_NEED_FULL_IMAGE, "%.*s: expected an object",
                      GB_STR_ARG(change->before_path));
        gb_opening_dead(o, identified_row(o, entity, GB_OP_DELETE, &id), &err);
        return;
    }
    load_row(o, entity, change->before, &row, true);
    enum gb_status status = identify(o, entity, &row, &id, &err);
    struct gb_record *rec = identified_row(o, entity, GB_OP_DELETE, &id);

    if (status != GB_OK) {
        dead_row(o, rec, change->before_path, &err);
        return;
    }
    rec->h_img = hash_image(o, rec);
}

/* Where the row was before an update; OK with an absent key where it was nowhere for us. */
static enum gb_status identify_old(struct gb_opening *o, const struct gb_entity *entity,
                                   const struct gb_change *change, struct identity *old,
                                   struct gb_err *err)
{
    struct gb_row row = {0};

    if (!o->changes.is_update) {
        return GB_OK;
    }
    if (change->before == NULL) {
        return entity->town.form == GB_TOWN_CONSTANT
                   ? GB_OK
                   : gb_fail(err, GB_NEED_FULL_IMAGE, "%.*s: expected an object",
                             GB_STR_ARG(change->before_path));
    }
    if (change->base != NULL) {
        load_row(o, entity, change->base, &row, false);
    }
    load_row(o, entity, change->before, &row, false);
    enum gb_status status = identify(o, entity, &row, old, err);

    if (status == GB_NEED_FULL_IMAGE) {
        struct gb_err inner = *err;

        return gb_fail(err, status, "%.*s.%s", GB_STR_ARG(change->before_path), inner.text);
    }
    if (status != GB_OK) {
        *old = (struct identity){0}; /* it never came in */
    }
    return GB_OK;
}

static void open_put(struct gb_opening *o, const struct gb_entity *entity,
                     const struct gb_change *change)
{
    struct gb_row row = {0};
    struct identity id = {0}, old = {0};
    struct gb_err err = {.status = GB_OK, .text = ""}, old_err = {.status = GB_OK, .text = ""};
    enum gb_op op = GB_OP_PUT;

    load_row(o, entity, change->after, &row, true);
    enum gb_status status = identify(o, entity, &row, &id, &err);

    if (identify_old(o, entity, change, &old, &old_err) != GB_OK) {
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
    op = is_deleted(o, entity, &row) ? GB_OP_DELETE : op;
    struct gb_record *rec = identified_row(o, entity, op, &id);

    if (status != GB_OK) {
        dead_row(o, rec, change->after_path, &err);
    } else if (op == GB_OP_DELETE) {
        rec->h_img = hash_image(o, rec);
    } else {
        fill(o, entity, &row, rec, change);
    }
}

void gb_opening_change(struct gb_opening *o, const struct gb_change *change)
{
    const struct gb_entity *entity = gb_mapping_entity(o->reader->mapping, o->changes.table);

    GB_CHECK(entity != NULL);
    if (o->changes.is_delete) {
        open_delete(o, entity, change);
    } else {
        open_put(o, entity, change);
    }
}
