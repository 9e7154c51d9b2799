/* mapping.yaml: one table - its columns, key, town, order, marks of deletion, lists. */
#include "codec/mapping.h"

/* Rows, identities, hashes, messages, commitments of one change. */
#define NEED_MIN ((size_t)24 << 10)

/* The number of a column, given one at its first use. */
static bool number_column(struct gb_mapping_read *r, const struct gb_yaml *node, bool is_read,
                          uint32_t *column)
{
    struct gb_entity *entity = r->entity;
    const uint32_t *known = gb_map_get(&entity->columns, node->text);

    if (known != NULL) {
        entity->is_read[*known] = entity->is_read[*known] || is_read;
        *column = *known;
        return true;
    }
    if (entity->columns_count == GB_COLUMNS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "more than %u columns", GB_COLUMNS_MAX);
        return false;
    }
    uint32_t number = entity->columns_count++;

    entity->numbers[number] = number;
    entity->is_read[number] = is_read;
    entity->refused[number] = gb_refuse_column(r->refuse, node->text);
    entity->column_names[number] = gb_arena_str(r->arena, node->text);
    gb_map_put(&entity->columns, entity->column_names[number], &entity->numbers[number]);
    *column = number;
    return true;
}

bool gb_mapping_column(struct gb_mapping_read *r, const struct gb_yaml *node, uint32_t *column)
{
    if (node == NULL || node->type != GB_YAML_SCALAR || node->text.len == 0) {
        if (node != NULL) {
            gb_yaml_mistake(r->mistakes, node, "expected the name of a column");
        }
        return false;
    }
    struct gb_str refused = gb_refuse_column(r->refuse, node->text);

    if (gb_str_is(refused)) {
        gb_yaml_mistake(r->mistakes, node, "this column is refused (class %.*s): take it out",
                        GB_STR_ARG(refused));
        return false;
    }
    return number_column(r, node, true, column);
}

static const struct gb_yaml *town_column(const struct gb_yaml *node, struct gb_town *town)
{
    static const char *const words[] = {"column", "prefix", "lookup"};

    for (size_t i = 0; i < GB_COUNT(words); i++) {
        if (gb_yaml_get(node, words[i]) != NULL) {
            town->form = (enum gb_town_form)(GB_TOWN_COLUMN + (int)i);
            return gb_yaml_get(node, words[i]);
        }
    }
    return NULL;
}

static bool is_key_column(const struct gb_entity *entity, uint32_t column)
{
    for (uint32_t i = 0; i < entity->key_count; i++) {
        if (entity->key[i].columns[0] == column && entity->key[i].form == GB_FORM_CODE) {
            return true;
        }
    }
    return false;
}

/* After the key: a town that follows from the key is known for every operation. */
static bool read_town(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"constant", "column", "prefix", "lookup",
                                        "file",     "fold",   NULL};
    struct gb_entity *entity = r->entity;
    struct gb_town *town = &entity->town;
    const struct gb_yaml *column = town_column(node, town);

    gb_yaml_known(r->mistakes, node, known);
    if (node->type != GB_YAML_MAP || (column == NULL && gb_yaml_get(node, "constant") == NULL)) {
        gb_yaml_mistake(r->mistakes, node, "town: expected constant, column, prefix, or lookup");
        return false;
    }
    if (column == NULL) {
        town->form = GB_TOWN_CONSTANT;
        entity->is_town_of_key = true;
        return gb_mapping_scalar(r, node, "constant", &town->constant);
    }
    if (town->form == GB_TOWN_LOOKUP) {
        (void)gb_mapping_folds(r, gb_yaml_get(node, "fold"), &town->fold);
        town->lookup = gb_mapping_lookup(r, node, town->fold);
    }
    if (!gb_mapping_column(r, column, &town->column)) {
        return false;
    }
    entity->is_town_of_key = is_key_column(entity, town->column);
    if (!entity->is_town_of_key && (entity->identity != GB_IDENTITY_FULL ||
                                    r->mapping->envelope.kind == GB_ENVELOPE_UNWRAPPED)) {
        gb_yaml_mistake(r->mistakes, node,
                        "a town that may change needs full images (declare replica_identity: "
                        "full), a constant town, or a column of the key");
    }
    return true;
}

static bool read_key(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_entity *entity = r->entity;

    if (node->type != GB_YAML_LIST || node->count == 0 || node->count > GB_SPEC_COLUMNS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "key: expected 1 to %u columns", GB_SPEC_COLUMNS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (!gb_mapping_key(r, &node->items[i], &entity->key[i])) {
            return false;
        }
    }
    entity->key_count = node->count;
    return true;
}

/* default, full, or {index: [columns]}: which columns of an image before are real. A delete is read
 * for its key, so the key must be among them. */
static void read_identity(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const words[] = {"default", "index", "full", NULL};
    static const char *const known[] = {"index", NULL};
    const struct gb_yaml *index = gb_yaml_get(node, "index");
    struct gb_entity *entity = r->entity;
    struct gb_words columns = {NULL, 0};

    if (node == NULL) {
        return;
    }
    if (index == NULL) {
        int word = node->type == GB_YAML_SCALAR ? gb_mapping_word(r, node, words) : -1;

        if (word == GB_IDENTITY_INDEX || node->type != GB_YAML_SCALAR) {
            gb_yaml_mistake(r->mistakes, node, "expected default, full, or {index: [columns]}");
        }
        entity->identity = word >= 0 ? (enum gb_replica_identity)word : GB_IDENTITY_DEFAULT;
        return;
    }
    gb_yaml_known(r->mistakes, node, known);
    entity->identity = GB_IDENTITY_INDEX;
    for (uint32_t i = 0; gb_mapping_words(r, index, &columns) && i < entity->key_count; i++) {
        struct gb_str name = entity->column_names[entity->key[i].columns[0]];

        if (!gb_words_have(&columns, name)) {
            gb_yaml_mistake(r->mistakes, index,
                            "the key's column %.*s is not of the index: a delete would be of a "
                            "row that is invented", GB_STR_ARG(name));
        }
    }
}

static void read_soft_delete(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"column", "deleted", "live", NULL};
    const struct gb_yaml *values = gb_yaml_get(node, "deleted");
    const struct gb_yaml *live = gb_yaml_get(node, "live");
    struct gb_entity *entity = r->entity;

    gb_yaml_known(r->mistakes, node, known);
    if (values == NULL || gb_yaml_get(node, "column") == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected column, deleted: [values], live: [values]");
        return;
    }
    entity->has_soft_delete = gb_mapping_column(r, gb_yaml_get(node, "column"),
                                                &entity->soft_delete);
    if (!gb_mapping_words(r, values, &entity->deleted) ||
        (live != NULL && !gb_mapping_words(r, live, &entity->live))) {
        return;
    }
    for (uint32_t i = 0; i < entity->live.count; i++) {
        if (gb_words_have(&entity->deleted, entity->live.items[i])) {
            gb_yaml_mistake(r->mistakes, &live->items[i], "%.*s is both deleted and live",
                            GB_STR_ARG(entity->live.items[i]));
        }
    }
}

static void read_texts(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_entity *entity = r->entity;

    if (node->type != GB_YAML_MAP || node->count > GB_TEXTS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "texts: expected up to %d names", GB_TEXTS_MAX);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        entity->text_names[i] = gb_arena_str(r->arena, node->keys[i].text);
        (void)gb_mapping_column(r, &node->items[i], &entity->text_columns[i]);
    }
    entity->texts_count = node->count;
}

static bool has_category(const struct gb_entity *entity)
{
    for (uint32_t i = 0; i < entity->fields_count; i++) {
        if (gb_str_eq(entity->fields[i].name, GB_STR(GB_FIELD_CATEGORY))) {
            return true;
        }
    }
    return false;
}

/* Whether a text may come in depends on the matter's category (texts of disputes stay outside), so
 * the category must be mapped and the refuse-list must know the system's. After the fields. */
static void check_texts(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    const struct gb_entity *entity = r->entity;
    bool is_matter = gb_str_eq(entity->entity, GB_STR("matter"));

    if (entity->texts_count == 0 || !gb_str_is(entity->entity)) {
        return;
    }
    if (!is_matter) {
        if (entity->entity.len < 2 || memcmp(entity->entity.ptr, "x_", 2) != 0) {
            gb_yaml_mistake(r->mistakes, node, "texts: only a matter carries texts");
        }
        return;
    }
    if (!has_category(entity)) {
        gb_yaml_mistake(r->mistakes, node,
                        "texts need a field category: texts of disputes stay outside");
    }
    if (gb_str_is(r->mapping->system) && !gb_refuse_rules_texts(r->refuse, r->mapping->system)) {
        gb_yaml_mistake(r->mistakes, node,
                        "no_text of the refuse-list does not name %.*s: write the raw categories "
                        "of its disputes there, [] if it has none",
                        GB_STR_ARG(r->mapping->system));
    }
}

/* Columns that hold names of persons: their values are looked for in the row's texts and codes,
 * and are never stored. A refused column may stand here. */
static void read_names(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_entity *entity = r->entity;

    if (node->type != GB_YAML_LIST || node->count > GB_NAMES_MAX) {
        gb_yaml_mistake(r->mistakes, node, "names: expected a list of up to %u columns",
                        GB_NAMES_MAX);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->items[i].type != GB_YAML_SCALAR || node->items[i].text.len == 0) {
            gb_yaml_mistake(r->mistakes, &node->items[i], "expected the name of a column");
        } else if (number_column(r, &node->items[i], false, &entity->names[i])) {
            entity->names_count = i + 1;
        }
    }
}

static void read_ignore(struct gb_mapping_read *r, const struct gb_yaml *list)
{
    uint32_t column;

    if (!gb_yaml_is(r->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].type != GB_YAML_SCALAR || list->items[i].text.len == 0) {
            gb_yaml_mistake(r->mistakes, &list->items[i], "expected the name of a column");
        } else {
            (void)number_column(r, &list->items[i], false, &column);
        }
    }
}

static void read_lists(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_entity *entity = r->entity;

    gb_mapping_fields(r, gb_yaml_need(r->mistakes, node, "fields", GB_YAML_MAP), entity->entity,
                      entity->fields, &entity->fields_count);
    if (gb_yaml_get(node, "texts") != NULL) {
        read_texts(r, gb_yaml_get(node, "texts"));
        check_texts(r, gb_yaml_get(node, "texts"));
    }
    if (gb_yaml_get(node, "ignore") != NULL) {
        read_ignore(r, gb_yaml_get(node, "ignore"));
    }
    if (gb_yaml_get(node, "names") != NULL) {
        read_names(r, gb_yaml_get(node, "names"));
    }
    if (gb_yaml_get(node, "counters") != NULL) {
        gb_mapping_counters(r, gb_yaml_get(node, "counters"));
    }
}

void gb_mapping_table(struct gb_mapping_read *r, const struct gb_yaml *name,
                      const struct gb_yaml *node)
{
    static const char *const known[] = {"entity",   "key",         "replica_identity", "version",
                                        "town",     "fields",      "soft_delete",      "texts",
                                        "ignore",   "names",       "counters",
                                        "key_prefix", NULL};
    struct gb_str refused = gb_refuse_table(r->refuse, name->text);

    if (!gb_yaml_is(r->mistakes, node, GB_YAML_MAP)) {
        return;
    }
    if (gb_str_is(refused)) {
        gb_yaml_mistake(r->mistakes, name, "this table is refused (class %.*s): take it out",
                        GB_STR_ARG(refused));
    }
    r->entity = &r->mapping->entities[r->mapping->entities_count++];
    r->entity->need = NEED_MIN;
    r->entity->table = gb_arena_str(r->arena, name->text);
    gb_yaml_known(r->mistakes, node, known);
    (void)gb_mapping_entity_name(r, node, &r->entity->entity);
    if (gb_mapping_has(r, node, "key")) {
        (void)read_key(r, gb_yaml_get(node, "key"));
    }
    if (gb_yaml_get(node, "key_prefix") != NULL) {
        (void)gb_mapping_scalar(r, node, "key_prefix", &r->entity->key_prefix);
    }
    read_identity(r, gb_yaml_get(node, "replica_identity"));
    if (gb_mapping_has(r, node, "town")) {
        (void)read_town(r, gb_yaml_get(node, "town"));
    }
    if (gb_yaml_get(node, "version") != NULL) {
        (void)gb_mapping_version(r, gb_yaml_get(node, "version"));
    }
    if (gb_yaml_get(node, "soft_delete") != NULL) {
        read_soft_delete(r, gb_yaml_get(node, "soft_delete"));
    }
    read_lists(r, node);
}
