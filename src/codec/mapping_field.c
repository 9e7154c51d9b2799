/* mapping.yaml: fields, keys and the version column. Options of a field: mapping_options.c. */
#include "codec/mapping.h"

enum field_kind { KIND_TEXT, KIND_INT, KIND_BOOL, KIND_LIST };

static const char *const forms[] = {
    [GB_FORM_CODE] = "code",
    [GB_FORM_FIRST] = "first",
    [GB_FORM_JOIN] = "join",
    [GB_FORM_INT] = "int",
    [GB_FORM_LOOKUP] = "lookup",
    [GB_FORM_MICROS_LOCAL] = "micros_local",
    [GB_FORM_DATETIME_LOCAL] = "datetime_local",
    [GB_FORM_ISO] = "iso",
    [GB_FORM_HOLDER] = "holder",
    [GB_FORM_REF] = "ref",
    [GB_FORM_HASHES] = "hashes",
    [GB_FORM_ALL] = "all",
    [GB_FORM_MILLIS_LOCAL] = "millis_local",
    [GB_FORM_DATETIME_UTC] = "datetime_utc",
    [GB_FORM_ISO_LOCAL] = "iso_local",
    [GB_FORM_DAYS] = "days",
    [GB_FORM_DATE] = "date",
    [GB_FORM_CLOCK] = "clock",
    [GB_FORM_INTERVAL] = "interval",
    [GB_FORM_BOOL] = "bool",
    [GB_FORM_DECIMAL] = "decimal",
    [GB_FORM_UNSCALED] = "unscaled",
    [GB_FORM_UNSIGNED] = "unsigned",
    [GB_FORM_BITS] = "bits",
    [GB_FORM_ENUM] = "enum",
    [GB_FORM_SET] = "set",
    [GB_FORM_LIST] = "list",
    [GB_FORM_PATH] = "path",
    [GB_FORM_ORDINAL] = "ordinal",
    [GB_FORM_HOUSEHOLD] = "household",
    [GB_FORM_GRID] = "grid",
    [GB_FORM_CONSTANT] = "constant",
    [GB_FORMS] = NULL};

static const enum field_kind form_kinds[] = {
    [GB_FORM_CODE] = KIND_TEXT,          [GB_FORM_FIRST] = KIND_TEXT,
    [GB_FORM_JOIN] = KIND_TEXT,          [GB_FORM_INT] = KIND_INT,
    [GB_FORM_LOOKUP] = KIND_TEXT,        [GB_FORM_MICROS_LOCAL] = KIND_INT,
    [GB_FORM_DATETIME_LOCAL] = KIND_INT, [GB_FORM_ISO] = KIND_INT,
    [GB_FORM_HOLDER] = KIND_TEXT,        [GB_FORM_REF] = KIND_TEXT,
    [GB_FORM_HASHES] = KIND_LIST,        [GB_FORM_ALL] = KIND_BOOL,
    [GB_FORM_MILLIS_LOCAL] = KIND_INT,   [GB_FORM_DATETIME_UTC] = KIND_INT,
    [GB_FORM_ISO_LOCAL] = KIND_INT,      [GB_FORM_DAYS] = KIND_TEXT,
    [GB_FORM_DATE] = KIND_TEXT,          [GB_FORM_CLOCK] = KIND_TEXT,
    [GB_FORM_INTERVAL] = KIND_INT,       [GB_FORM_BOOL] = KIND_BOOL,
    [GB_FORM_DECIMAL] = KIND_TEXT,       [GB_FORM_UNSCALED] = KIND_TEXT,
    [GB_FORM_UNSIGNED] = KIND_TEXT,      [GB_FORM_BITS] = KIND_INT,
    [GB_FORM_ENUM] = KIND_TEXT,          [GB_FORM_SET] = KIND_LIST,
    [GB_FORM_LIST] = KIND_LIST,          [GB_FORM_PATH] = KIND_TEXT,
    [GB_FORM_ORDINAL] = KIND_INT,        [GB_FORM_HOUSEHOLD] = KIND_TEXT,
    [GB_FORM_GRID] = KIND_TEXT,          [GB_FORM_CONSTANT] = KIND_TEXT};

/* What the core reads of a matter; other entities are kept as they come. */
static const struct {
    const char *name;
    enum field_kind kind;
} matter_fields[] = {
    {GB_FIELD_CATEGORY, KIND_TEXT},    {GB_FIELD_STATE, KIND_TEXT},
    {GB_FIELD_LEVEL, KIND_TEXT},       {GB_FIELD_GRID, KIND_TEXT},
    {GB_FIELD_VILLAGE, KIND_TEXT},     {GB_FIELD_OCCURRED_AT, KIND_INT},
    {GB_FIELD_DEADLINE_AT, KIND_INT},  {GB_FIELD_REPORTER, KIND_TEXT},
    {GB_FIELD_ASSIGNEE, KIND_TEXT},    {GB_FIELD_CLAIMS_LEAD, KIND_BOOL},
    {GB_FIELD_XREF, KIND_TEXT},        {GB_FIELD_ATTACHMENTS, KIND_LIST},
    {GB_FIELD_UPDATED_AT, KIND_INT},   {GB_FIELD_ORIGIN, KIND_TEXT},
    {GB_FIELD_CHANNEL, KIND_TEXT},     {GB_FIELD_DUPLICATE_OF, KIND_TEXT}};

/* An entity that is not listed begins with x_, so that a slip of the pen is found. */
static const char *const entities[] = {"matter",    "post",  "key_family", "member", "contact",
                                       "visit",     "grid",  "grid_post",  "flow",   "patrol",
                                       "activity",  "log",   "decision",   NULL};

int gb_mapping_word(struct gb_mapping_read *r, const struct gb_yaml *at, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (gb_str_eq(gb_str_of(words[i]), at->text)) {
            return i;
        }
    }
    const char *near = gb_nearest(at->text, words);

    gb_yaml_mistake(r->mistakes, at, "unknown word%s%s%s", near != NULL ? "; did you mean " : "",
                    near != NULL ? near : "", near != NULL ? "?" : "");
    return -1;
}

const char *gb_form_word(enum gb_form form)
{
    return forms[form];
}

/* a-z 0-9 _, beginning with a letter. */
static bool is_name(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(i > 0 && (c == '_' || (c >= '0' && c <= '9')))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= GB_NAME_LEN_MAX;
}

bool gb_mapping_entity_name(struct gb_mapping_read *r, const struct gb_yaml *map,
                            struct gb_str *name)
{
    if (!gb_mapping_scalar(r, map, "entity", name)) {
        return false;
    }
    if (name->len > 2 && memcmp(name->ptr, "x_", 2) == 0 && is_name(*name)) {
        return true;
    }
    return gb_mapping_word(r, gb_yaml_get(map, "entity"), entities) >= 0;
}

static bool read_conditions(struct gb_mapping_read *r, const struct gb_yaml *node,
                            struct gb_field *field)
{
    static const char *const known[] = {"column", "present", "equals", NULL};
    const struct gb_yaml *list = gb_yaml_get(node, "of");
    bool ok = true, present;

    if (list == NULL || list->type != GB_YAML_LIST || list->count == 0 ||
        list->count > GB_CONDITIONS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "of: expected 1 to %u conditions", GB_CONDITIONS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct gb_yaml *item = &list->items[i];
        struct gb_condition *condition = &field->conditions[i];

        if (item->type != GB_YAML_MAP) {
            gb_yaml_mistake(r->mistakes, item, "expected column, and present or equals");
            return false;
        }
        const struct gb_yaml *equals = gb_yaml_get(item, "equals");

        gb_yaml_known(r->mistakes, item, known);
        if (equals != NULL && equals->type == GB_YAML_SCALAR) {
            condition->equals = gb_arena_str(r->arena, equals->text);
        } else if (gb_yaml_get(item, "present") == NULL ||
                   !gb_yaml_bool(r->mistakes, gb_yaml_get(item, "present"), &present) ||
                   !present) {
            gb_yaml_mistake(r->mistakes, item, "expected present: true, or equals: TEXT");
            ok = false;
        }
        ok = gb_mapping_column(r, gb_yaml_get(item, "column"), &condition->column) && ok;
    }
    field->conditions_count = list->count;
    return ok;
}

static bool read_columns(struct gb_mapping_read *r, const struct gb_yaml *node,
                         struct gb_field *field)
{
    const struct gb_yaml *column = gb_yaml_get(node, "column");
    const struct gb_yaml *columns = gb_yaml_get(node, "columns");

    if (field->form != GB_FORM_JOIN) {
        field->columns_count = 1;
        if (column == NULL) {
            gb_yaml_mistake(r->mistakes, node, "column is missing");
            return false;
        }
        return gb_mapping_column(r, column, &field->columns[0]);
    }
    if (columns == NULL || columns->type != GB_YAML_LIST || columns->count < 2 ||
        columns->count > GB_SPEC_COLUMNS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "columns: expected 2 to %u columns",
                        GB_SPEC_COLUMNS_MAX);
        return false;
    }
    field->columns_count = columns->count;
    for (uint32_t i = 0; i < columns->count; i++) {
        if (!gb_mapping_column(r, &columns->items[i], &field->columns[i])) {
            return false;
        }
    }
    return true;
}

static bool read_place(struct gb_mapping_read *r, const struct gb_yaml *node,
                       struct gb_field *field)
{
    struct gb_str member;

    field->lookup = gb_mapping_lookup(r, node, field->fold);
    if (field->lookup == NULL || !gb_mapping_scalar(r, node, "member", &member)) {
        return false;
    }
    int place = gb_place_of(member);

    if (place < 0) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(node, "member"),
                        "expected grid, village or town");
        return false;
    }
    field->place = (enum gb_place)place;
    return true;
}

static bool read_form(struct gb_mapping_read *r, const struct gb_yaml *node,
                      struct gb_field *field)
{
    if (field->form == GB_FORM_ALL) {
        return read_conditions(r, node, field);
    }
    if (field->form == GB_FORM_CONSTANT) {
        return gb_mapping_scalar(r, node, "value", &field->constant);
    }
    if (!read_columns(r, node, field)) {
        return false;
    }
    if (field->form == GB_FORM_LOOKUP) {
        return read_place(r, node, field);
    }
    if (field->form == GB_FORM_HOLDER) {
        return gb_mapping_scalar(r, node, "kind", &field->kind);
    }
    if (field->form == GB_FORM_REF) {
        return gb_mapping_scalar(r, node, "source", &field->source) &&
               gb_mapping_scalar(r, node, "entity", &field->entity);
    }
    return true;
}

static bool read_spec(struct gb_mapping_read *r, const struct gb_yaml *node,
                      struct gb_field *field)
{
    if (node == NULL || node->type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, node, "expected a map with type, column");
        return false;
    }
    const struct gb_yaml *type = gb_yaml_get(node, "type");

    if (type == NULL || type->type != GB_YAML_SCALAR) {
        gb_yaml_mistake(r->mistakes, node, "type is missing");
        return false;
    }
    int form = gb_mapping_word(r, type, forms);

    if (form < 0) {
        return false;
    }
    field->form = (enum gb_form)form;
    return gb_mapping_options(r, node, field) && read_form(r, node, field);
}

/* A column's name, or {column, type: code | unsigned | household, ...}. */
bool gb_mapping_key(struct gb_mapping_read *r, const struct gb_yaml *node, struct gb_field *field)
{
    field->form = GB_FORM_CODE;
    field->columns_count = 1;
    if (node->type == GB_YAML_SCALAR) {
        return gb_mapping_column(r, node, &field->columns[0]);
    }
    if (!read_spec(r, node, field)) {
        return false;
    }
    if (field->form != GB_FORM_CODE && field->form != GB_FORM_UNSIGNED &&
        field->form != GB_FORM_HOUSEHOLD) {
        gb_yaml_mistake(r->mistakes, node, "a key's type is code, unsigned or household");
        return false;
    }
    return true;
}

/* Whether the name and the kind of value are what the core reads of a matter. */
static bool fits_matter(struct gb_mapping_read *r, const struct gb_yaml *name,
                        const struct gb_yaml *node, enum gb_form form)
{
    const char *names[GB_COUNT(matter_fields) + 1] = {NULL};

    for (size_t i = 0; i < GB_COUNT(matter_fields); i++) {
        names[i] = matter_fields[i].name;
    }
    int index = gb_mapping_word(r, name, names);

    if (index >= 0 && matter_fields[index].kind != form_kinds[form]) {
        gb_yaml_mistake(r->mistakes, node, "type %s does not fit field %s", forms[form],
                        names[index]);
        return false;
    }
    return index >= 0;
}

/* Bytes of the arena that one value may take: codes have up to 1 KB, lists up to 64 items. */
static size_t need_of(const struct gb_field *field)
{
    return 256 + (form_kinds[field->form] == KIND_LIST ? 128 * sizeof(struct gb_value) : 0) +
           (field->fold != 0 || field->form == GB_FORM_ORDINAL ? 4096 : 0) +
           (field->form == GB_FORM_JOIN ? 4096 : 0) + (field->form == GB_FORM_ENUM ? 4096 : 0) +
           (field->form == GB_FORM_PATH || field->form == GB_FORM_REF ? 1280 : 0) +
           (field->form == GB_FORM_HOLDER || field->form == GB_FORM_HOUSEHOLD ? 1280 : 0);
}

void gb_mapping_fields(struct gb_mapping_read *r, const struct gb_yaml *map, struct gb_str entity,
                       struct gb_field *fields, uint32_t *count)
{
    if (map == NULL) {
        return;
    }
    if (map->type != GB_YAML_MAP || map->count > GB_FIELDS_MAX) {
        gb_yaml_mistake(r->mistakes, map, "fields: expected up to %u fields", GB_FIELDS_MAX);
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct gb_yaml *name = &map->keys[i];
        struct gb_field field = {.name = gb_arena_str(r->arena, name->text), .scale = -1};
        bool ok = read_spec(r, &map->items[i], &field);

        if (gb_str_eq(entity, GB_STR("matter"))) {
            ok = fits_matter(r, name, &map->items[i], field.form) && ok;
        } else if (!is_name(name->text)) {
            gb_yaml_mistake(r->mistakes, name, "a name is a-z, 0-9 and _");
            ok = false;
        }
        if (ok) {
            fields[(*count)++] = field;
            r->entity->need += need_of(&field);
        }
    }
}

bool gb_mapping_version(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_field field = {.name = GB_STR("version"), .scale = -1};

    if (!read_spec(r, node, &field)) {
        return false;
    }
    if (form_kinds[field.form] != KIND_INT || field.form == GB_FORM_ORDINAL ||
        field.form == GB_FORM_BITS || field.form == GB_FORM_INTERVAL) {
        gb_yaml_mistake(r->mistakes, node, "expected int or a time");
        return false;
    }
    r->entity->version = field;
    r->entity->has_version = true;
    return true;
}
