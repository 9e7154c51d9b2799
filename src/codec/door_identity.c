/* What a row is: its columns, its key, its town; and whether the image holds what is needed. */
#include "base/hash.h"
#include "codec/door_build.h"

/* What a B-tree of PostgreSQL takes (2,704 bytes) leaves room for source and entity. */
#define KEY_LEN_MAX 1024U

/* Gives each known column its value; rows of a message lie over their base. */
void gb_row_load(struct gb_opening *o, const struct gb_entity *entity,
                 const struct gb_value *image, struct gb_row *row, bool counts_drift)
{
    struct gb_str placeholder = o->reader->mapping->envelope.placeholder;

    row->is_absent_null = o->reader->mapping->envelope.is_nulls_omitted;
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
        row->is_unavailable[*column] = placeholder.len > 0 && m->value.type == GB_STRING &&
                                       gb_str_eq(m->value.text, placeholder);
    }
}

static enum gb_status need(const struct gb_entity *entity, const struct gb_row *row,
                           uint32_t column, bool may_be_missing, struct gb_err *err)
{
    if ((row->columns[column] != NULL && !row->is_unavailable[column]) ||
        (row->columns[column] == NULL && (may_be_missing || row->is_absent_null))) {
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
enum gb_status gb_row_need_image(const struct gb_entity *entity, const struct gb_row *row,
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

/* The context in which the image's columns are read. */
struct gb_convert gb_opening_convert(const struct gb_opening *o)
{
    return (struct gb_convert){.arena = o->arena,
                               .mapping = o->reader->mapping,
                               .entity = o->changes.entity,
                               .join = o->door->join,
                               .source = o->reader->name,
                               .types = o->changes.types,
                               .is_bootstrap = o->changes.bootstrap};
}

/* One part of a key; '/' joins parts, so none of several may hold one. */
static enum gb_status read_key_part(struct gb_opening *o, const struct gb_field *field,
                                    const struct gb_row *row, struct gb_str *text,
                                    struct gb_err *err)
{
    const struct gb_entity *entity = o->changes.entity;
    struct gb_convert c = gb_opening_convert(o);
    struct gb_value value;
    enum gb_status status = need(entity, row, field->columns[0], false, err);

    if (status == GB_OK) {
        status = gb_convert_field(&c, field, row, &value, err);
    }
    if (status != GB_OK) {
        return status;
    }
    if (value.type != GB_STRING ||
        (entity->key_count > 1 && memchr(value.text.ptr, '/', value.text.len) != NULL)) {
        return gb_fail(err, GB_BAD_FIELD, "%.*s: expected a key",
                       GB_STR_ARG(entity->column_names[field->columns[0]]));
    }
    *text = value.text;
    return field->form == GB_FORM_HOUSEHOLD
               ? GB_OK
               : gb_guard_key(entity, row, field->columns[0], value.text, err);
}

static enum gb_status read_key(struct gb_opening *o, const struct gb_entity *entity,
                               const struct gb_row *row, struct gb_str *key, struct gb_err *err)
{
    struct gb_str joined = GB_STR_NONE;

    for (uint32_t i = 0; i < entity->key_count; i++) {
        struct gb_str text;
        enum gb_status status = read_key_part(o, &entity->key[i], row, &text, err);

        if (status != GB_OK) {
            return status;
        }
        joined = i == 0 ? text
                        : GB_JOIN(o->arena, joined, GB_STR("/"), text);
    }
    *key = gb_str_is(entity->key_prefix) ? GB_JOIN(o->arena, entity->key_prefix, joined) : joined;
    if (key->len > KEY_LEN_MAX) {
        *key = GB_STR_NONE;
        return gb_fail(err, GB_BAD_FIELD, "%.*s: expected a key of up to %u bytes, all parts",
                       GB_STR_ARG(entity->column_names[entity->key[0].columns[0]]), KEY_LEN_MAX);
    }
    return GB_OK;
}

/* A code whose beginning was replaced (a county that became a district), with its successor. */
static struct gb_str successor(struct gb_opening *o, struct gb_str code)
{
    const struct gb_mapping *mapping = o->reader->mapping;

    for (uint32_t i = 0; gb_str_is(code) && i < mapping->old_codes.count; i++) {
        struct gb_str old = mapping->old_codes.items[i];

        if (code.len >= old.len && memcmp(code.ptr, old.ptr, old.len) == 0) {
            return GB_JOIN(o->arena, mapping->new_codes.items[i],
                           ((struct gb_str){code.ptr + old.len, code.len - old.len}));
        }
    }
    return code;
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
        text = gb_fold_text(o->arena, text, rule->fold);
    }
    if (rule->form == GB_TOWN_LOOKUP &&
        (!gb_str_is(text) || !gb_lookup_find(rule->lookup, text, GB_PLACE_TOWN, &text))) {
        text = GB_STR_NONE;
    }
    if (rule->form == GB_TOWN_PREFIX && text.len > 9) {
        text.len = 9;
    }
    text = rule->form == GB_TOWN_PREFIX || rule->form == GB_TOWN_COLUMN ? successor(o, text) : text;
    if (!is_town(text)) {
        return gb_fail(err, GB_UNKNOWN_PLACE, "%.*s: expected a known place",
                       GB_STR_ARG(entity->column_names[rule->column]));
    }
    *town = text;
    return GB_OK;
}

enum gb_status gb_row_identify(struct gb_opening *o, const struct gb_entity *entity,
                               const struct gb_row *row, struct gb_identity *id, struct gb_err *err)
{
    enum gb_status status = read_key(o, entity, row, &id->key, err);

    return status == GB_OK ? read_town(o, entity, row, &id->town, err) : status;
}
