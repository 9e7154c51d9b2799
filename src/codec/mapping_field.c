/* mapping.yaml: fields and the version column. */
#include "codec/mapping.h"

static const char *const forms[] = {"code",         "first",          "join", "int",
                                    "lookup",       "micros_local",   "datetime_local",
                                    "iso",          "holder",         "ref",
                                    "hashes",       "all",            NULL};

enum field_kind { KIND_TEXT, KIND_INT, KIND_BOOL, KIND_LIST };

static const char *const field_names[] = {
    GB_FIELD_CATEGORY, GB_FIELD_STATE,       GB_FIELD_LEVEL,    GB_FIELD_GRID,
    GB_FIELD_VILLAGE,  GB_FIELD_OCCURRED_AT, GB_FIELD_DEADLINE_AT, GB_FIELD_REPORTER,
    GB_FIELD_ASSIGNEE, GB_FIELD_CLAIMS_LEAD, GB_FIELD_XREF,     GB_FIELD_ATTACHMENTS,
    GB_FIELD_UPDATED_AT, NULL};

static const enum field_kind field_kinds[] = {
    KIND_TEXT, KIND_TEXT, KIND_TEXT, KIND_TEXT, KIND_TEXT, KIND_INT, KIND_INT,
    KIND_TEXT, KIND_TEXT, KIND_BOOL, KIND_TEXT, KIND_LIST, KIND_INT};

static const enum field_kind form_kinds[] = {
    KIND_TEXT, KIND_TEXT, KIND_TEXT, KIND_INT,  KIND_TEXT, KIND_INT,
    KIND_INT,  KIND_INT,  KIND_TEXT, KIND_TEXT, KIND_LIST, KIND_BOOL};

static int word_index(const char *const *words, struct gb_str word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (gb_str_eq(gb_str_of(words[i]), word)) {
            return i;
        }
    }
    return -1;
}

static int known_word(struct gb_mapping_read *r, const struct gb_yaml *at,
                      const char *const *words)
{
    int index = word_index(words, at->text);

    if (index < 0) {
        const char *near = gb_nearest(at->text, words);

        gb_yaml_mistake(r->mistakes, at, "unknown word%s%s%s",
                        near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                        near != NULL ? "?" : "");
    }
    return index;
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

    field->lookup = gb_mapping_lookup(r, node);
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
    switch (field->form) {
    case GB_FORM_ALL:
        return read_conditions(r, node, field);
    case GB_FORM_LOOKUP:
        return read_columns(r, node, field) && read_place(r, node, field);
    case GB_FORM_HOLDER:
        return read_columns(r, node, field) &&
               gb_mapping_scalar(r, node, "kind", &field->kind);
    case GB_FORM_REF:
        return read_columns(r, node, field) &&
               gb_mapping_scalar(r, node, "source", &field->source) &&
               gb_mapping_scalar(r, node, "entity", &field->entity);
    case GB_FORM_CODE:
    case GB_FORM_FIRST:
    case GB_FORM_JOIN:
    case GB_FORM_INT:
    case GB_FORM_MICROS_LOCAL:
    case GB_FORM_DATETIME_LOCAL:
    case GB_FORM_ISO:
    case GB_FORM_HASHES:
        break;
    }
    return read_columns(r, node, field);
}

static bool read_spec(struct gb_mapping_read *r, const struct gb_yaml *node,
                      struct gb_field *field)
{
    static const char *const known[] = {"type", "column", "columns", "file",   "member",  "kind",
                                        "of",   "source", "entity",  "optional", NULL};

    if (node == NULL || node->type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, node, "expected a map with type, column");
        return false;
    }
    const struct gb_yaml *type = gb_yaml_get(node, "type");
    const struct gb_yaml *optional = gb_yaml_get(node, "optional");

    gb_yaml_known(r->mistakes, node, known);
    if (optional != NULL && !gb_yaml_bool(r->mistakes, optional, &field->is_optional)) {
        return false;
    }
    if (type == NULL || type->type != GB_YAML_SCALAR) {
        gb_yaml_mistake(r->mistakes, node, "type is missing");
        return false;
    }
    int form = known_word(r, type, forms);

    if (form < 0) {
        return false;
    }
    field->form = (enum gb_form)form;
    return read_form(r, node, field);
}

bool gb_mapping_field(struct gb_mapping_read *r, const struct gb_yaml *name,
                      const struct gb_yaml *node)
{
    struct gb_entity *entity = r->entity;
    int index = known_word(r, name, field_names);
    struct gb_field field = {.name = gb_arena_str(r->arena, name->text)};

    if (!read_spec(r, node, &field) || index < 0) {
        return false;
    }
    if (field_kinds[index] != form_kinds[field.form]) {
        gb_yaml_mistake(r->mistakes, node, "type %s does not fit field %s", forms[field.form],
                        field_names[index]);
        return false;
    }
    GB_CHECK(entity->fields_count < GB_FIELDS_MAX);
    entity->fields[entity->fields_count++] = field;
    return true;
}

bool gb_mapping_version(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_field field = {.name = GB_STR("version")};

    if (!read_spec(r, node, &field)) {
        return false;
    }
    if (form_kinds[field.form] != KIND_INT) {
        gb_yaml_mistake(r->mistakes, node, "expected int or a time");
        return false;
    }
    r->entity->version = field;
    r->entity->has_version = true;
    return true;
}
