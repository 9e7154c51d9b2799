/* mapping.yaml: the file, its envelope and its entities. Fields: mapping_field.c. */
#include "codec/mapping.h"

#include "base/hash.h"

bool gb_mapping_scalar(struct gb_mapping_read *r, const struct gb_yaml *map, const char *key,
                       struct gb_str *text)
{
    const struct gb_yaml *node = gb_yaml_get(map, key);

    if (node == NULL || node->type != GB_YAML_SCALAR || node->text.len == 0) {
        gb_yaml_mistake(r->mistakes, node != NULL ? node : map, "%s: expected a text", key);
        return false;
    }
    *text = gb_arena_str(r->arena, node->text);
    return true;
}

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
    entity->column_names[number] = gb_arena_str(r->arena, node->text);
    entity->refused[number] = gb_refuse_column(r->refuse, node->text);
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

const struct gb_lookup *gb_mapping_lookup(struct gb_mapping_read *r, const struct gb_yaml *map)
{
    struct gb_mapping *mapping = r->mapping;
    struct gb_str name;

    if (!gb_mapping_scalar(r, map, "file", &name)) {
        return NULL;
    }
    for (uint32_t i = 0; i < mapping->lookups_count; i++) {
        if (gb_str_eq(mapping->lookups[i]->file, name)) {
            return mapping->lookups[i];
        }
    }
    const struct gb_file *file = gb_files_get(r->lookups, name);

    if (file == NULL || mapping->lookups_count == GB_LOOKUPS_MAX) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(map, "file"),
                        file == NULL ? "no such lookup file" : "too many lookup files");
        return NULL;
    }
    struct gb_lookup *lookup = gb_lookup_read(r->arena, file, r->mistakes);

    if (lookup != NULL) {
        mapping->lookups[mapping->lookups_count++] = lookup;
    }
    return lookup;
}

static bool read_town(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"constant", "column", "prefix", "lookup", "file", NULL};
    struct gb_town *town = &r->entity->town;

    if (node == NULL || node->type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, node, "town: expected constant, column, prefix, or lookup");
        return false;
    }
    gb_yaml_known(r->mistakes, node, known);
    if (gb_yaml_get(node, "constant") != NULL) {
        town->form = GB_TOWN_CONSTANT;
        return gb_mapping_scalar(r, node, "constant", &town->constant);
    }
    if (!r->entity->is_full) {
        gb_yaml_mistake(r->mistakes, node,
                        "a town that may change needs full images: declare replica_identity: full");
    }
    if (gb_yaml_get(node, "lookup") != NULL) {
        town->form = GB_TOWN_LOOKUP;
        town->lookup = gb_mapping_lookup(r, node);
        return gb_mapping_column(r, gb_yaml_get(node, "lookup"), &town->column) &&
               town->lookup != NULL;
    }
    bool is_column = gb_yaml_get(node, "column") != NULL;

    town->form = is_column ? GB_TOWN_COLUMN : GB_TOWN_PREFIX;
    if (!is_column && gb_yaml_get(node, "prefix") == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected constant, column, prefix, or lookup");
        return false;
    }
    return gb_mapping_column(r, gb_yaml_get(node, is_column ? "column" : "prefix"),
                             &town->column);
}

static bool read_key(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_entity *entity = r->entity;

    if (node->type != GB_YAML_LIST || node->count == 0 || node->count > GB_SPEC_COLUMNS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "key: expected 1 to %u columns", GB_SPEC_COLUMNS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (!gb_mapping_column(r, &node->items[i], &entity->key[i])) {
            return false;
        }
    }
    entity->key_count = node->count;
    return true;
}

static bool read_soft_delete(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"column", "deleted", NULL};
    const struct gb_yaml *values = gb_yaml_get(node, "deleted");
    struct gb_entity *entity = r->entity;

    gb_yaml_known(r->mistakes, node, known);
    if (values == NULL || values->type != GB_YAML_LIST || values->count == 0 ||
        values->count > GB_SPEC_COLUMNS_MAX || gb_yaml_get(node, "column") == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected column, deleted: [values]");
        return false;
    }
    for (uint32_t i = 0; i < values->count; i++) {
        entity->deleted[i] = gb_arena_str(r->arena, values->items[i].text);
    }
    entity->deleted_count = values->count;
    entity->has_soft_delete = true;
    return gb_mapping_column(r, gb_yaml_get(node, "column"), &entity->soft_delete);
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

static void read_lists(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    const struct gb_yaml *fields = gb_yaml_get(node, "fields");
    const struct gb_yaml *ignore = gb_yaml_get(node, "ignore");
    uint32_t column;

    if (fields == NULL || fields->type != GB_YAML_MAP || fields->count > GB_FIELDS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "fields: expected up to %u fields", GB_FIELDS_MAX);
        return;
    }
    for (uint32_t i = 0; i < fields->count; i++) {
        (void)gb_mapping_field(r, &fields->keys[i], &fields->items[i]);
    }
    if (gb_yaml_get(node, "texts") != NULL) {
        read_texts(r, gb_yaml_get(node, "texts"));
    }
    if (gb_yaml_get(node, "names") != NULL) {
        read_names(r, gb_yaml_get(node, "names"));
    }
    for (uint32_t i = 0; ignore != NULL && i < ignore->count; i++) {
        if (ignore->type == GB_YAML_LIST && ignore->items[i].type == GB_YAML_SCALAR) {
            (void)number_column(r, &ignore->items[i], false, &column);
        }
    }
}

static void read_entity(struct gb_mapping_read *r, const struct gb_yaml *name,
                        const struct gb_yaml *node)
{
    static const char *const known[] = {"entity", "key",         "replica_identity", "version",
                                        "town",   "soft_delete", "fields",           "texts",
                                        "ignore", "names",       NULL};
    struct gb_str identity = GB_STR("default");

    if (node->type != GB_YAML_MAP || gb_yaml_get(node, "key") == NULL ||
        gb_yaml_get(node, "town") == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected entity, key, town, fields");
        return;
    }
    r->entity = &r->mapping->entities[r->mapping->entities_count++];
    r->entity->table = gb_arena_str(r->arena, name->text);
    struct gb_str refused = gb_refuse_table(r->refuse, name->text);

    if (gb_str_is(refused)) {
        gb_yaml_mistake(r->mistakes, name, "this table is refused (class %.*s): take it out",
                        GB_STR_ARG(refused));
    }
    gb_yaml_known(r->mistakes, node, known);
    if (gb_yaml_get(node, "replica_identity") != NULL) {
        (void)gb_mapping_scalar(r, node, "replica_identity", &identity);
    }
    r->entity->is_full = gb_str_eq(identity, GB_STR("full"));
    (void)gb_mapping_scalar(r, node, "entity", &r->entity->entity);
    (void)read_key(r, gb_yaml_get(node, "key"));
    (void)read_town(r, gb_yaml_get(node, "town"));
    if (gb_yaml_get(node, "version") != NULL) {
        (void)gb_mapping_version(r, gb_yaml_get(node, "version"));
    }
    if (gb_yaml_get(node, "soft_delete") != NULL) {
        (void)read_soft_delete(r, gb_yaml_get(node, "soft_delete"));
    }
    read_lists(r, node);
}

static void read_position(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_envelope *envelope = &r->mapping->envelope;

    if (node->type != GB_YAML_LIST || node->count > GB_VERSION_PARTS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "position: expected up to %d names",
                        GB_VERSION_PARTS_MAX);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        envelope->position[i] = gb_arena_str(r->arena, node->items[i].text);
    }
    envelope->position_count = node->count;
}

static void read_envelope(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"kind", "schema", "placeholder", "position", NULL};
    struct gb_envelope *envelope = &r->mapping->envelope;
    struct gb_str kind, schema = GB_STR("either");

    envelope->placeholder = GB_STR("__debezium_unavailable_value");
    if (!gb_mapping_scalar(r, node, "kind", &kind)) {
        return;
    }
    gb_yaml_known(r->mistakes, node, known);
    if (!gb_str_eq(kind, GB_STR("debezium")) && !gb_str_eq(kind, GB_STR("canal"))) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(node, "kind"), "expected debezium or canal");
    }
    envelope->kind = gb_str_eq(kind, GB_STR("canal")) ? GB_ENVELOPE_CANAL : GB_ENVELOPE_DEBEZIUM;
    if (gb_yaml_get(node, "schema") != NULL) {
        (void)gb_mapping_scalar(r, node, "schema", &schema);
    }
    envelope->schema = gb_str_eq(schema, GB_STR("true"))    ? GB_WRAPPER_YES
                       : gb_str_eq(schema, GB_STR("false")) ? GB_WRAPPER_NO
                                                            : GB_WRAPPER_EITHER;
    if (gb_yaml_get(node, "placeholder") != NULL) {
        (void)gb_mapping_scalar(r, node, "placeholder", &envelope->placeholder);
    }
    if (gb_yaml_get(node, "position") != NULL) {
        read_position(r, gb_yaml_get(node, "position"));
    }
}

/* "+08:00" */
static void read_zone(struct gb_mapping_read *r, const struct gb_yaml *root)
{
    struct gb_str zone;

    if (!gb_mapping_scalar(r, root, "zone", &zone)) {
        return;
    }
    const char *z = zone.ptr;
    bool fits = zone.len == 6 && (z[0] == '+' || z[0] == '-') && z[3] == ':';

    for (size_t i = 1; fits && i < 6; i++) {
        fits = i == 3 || (z[i] >= '0' && z[i] <= '9');
    }
    if (!fits) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(root, "zone"), "expected an offset: +08:00");
        return;
    }
    int64_t minutes = ((z[1] - '0') * 10 + z[2] - '0') * 60 + (z[4] - '0') * 10 + z[5] - '0';

    r->mapping->zone_us = (z[0] == '-' ? -minutes : minutes) * 60000000;
}

static void read_root(struct gb_mapping_read *r, const struct gb_yaml *root)
{
    static const char *const known[] = {"version", "system", "envelope", "zone", "entities", NULL};
    const struct gb_yaml *entities = gb_yaml_get(root, "entities");
    const struct gb_yaml *envelope = gb_yaml_get(root, "envelope");
    const struct gb_yaml *version = gb_yaml_get(root, "version");
    int64_t number;

    gb_yaml_known(r->mistakes, root, known);
    if (version == NULL || envelope == NULL || envelope->type != GB_YAML_MAP ||
        entities == NULL || entities->type != GB_YAML_MAP || entities->count == 0 ||
        entities->count > GB_ENTITIES_MAX) {
        gb_yaml_mistake(r->mistakes, root, "expected version, system, zone, envelope, entities");
        return;
    }
    (void)gb_yaml_int(r->mistakes, version, 1, 1, &number);
    (void)gb_mapping_scalar(r, root, "system", &r->mapping->system);
    read_zone(r, root);
    read_envelope(r, envelope);
    for (uint32_t i = 0; i < entities->count; i++) {
        read_entity(r, &entities->keys[i], &entities->items[i]);
    }
}

static struct gb_str hash_of(struct gb_mapping_read *r, const struct gb_file *file)
{
    struct gb_str parts[4 * (GB_LOOKUPS_MAX + 1)];
    size_t count = 0;

    for (uint32_t i = 0; i <= r->mapping->lookups_count; i++) {
        const struct gb_file *part =
            i == 0 ? file : gb_files_get(r->lookups, r->mapping->lookups[i - 1]->file);

        parts[count++] = part->name;
        parts[count++] = (struct gb_str){"", 1};
        parts[count++] = part->bytes;
        parts[count++] = (struct gb_str){"", 1};
    }
    struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, count);

    return gb_hash_hex(r->arena, &hash);
}

struct gb_mapping *gb_mapping_read_file(struct gb_mapping_read *r, const struct gb_file *file)
{
    uint32_t before = r->mistakes->count;
    struct gb_yaml root;

    if (!gb_yaml_parse(r->arena, file->name, file->bytes, &root, r->mistakes)) {
        return NULL;
    }
    if (root.type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, &root, "expected a map");
        return NULL;
    }
    r->mapping = gb_arena_take(r->arena, sizeof(*r->mapping));
    read_root(r, &root);
    if (r->mistakes->count != before) {
        gb_mapping_close(r->mapping);
        return NULL;
    }
    r->mapping->hash = hash_of(r, file);
    return r->mapping;
}

void gb_mapping_close(struct gb_mapping *mapping)
{
    for (uint32_t i = 0; i < mapping->entities_count; i++) {
        gb_map_close(&mapping->entities[i].columns);
    }
    for (uint32_t i = 0; i < mapping->lookups_count; i++) {
        gb_map_close(&mapping->lookups[i]->rows);
    }
}

const struct gb_entity *gb_mapping_entity(const struct gb_mapping *mapping, struct gb_str table)
{
    for (uint32_t i = 0; i < mapping->entities_count; i++) {
        if (gb_str_eq(mapping->entities[i].table, table)) {
            return &mapping->entities[i];
        }
    }
    return NULL;
}
