/* mapping.yaml: the file, its envelope and its entities. Fields: mapping_field.c. */
#include "codec/mapping.h"

#include "base/hash.h"

/* Rows, identities, hashes, messages, commitments of one change. */
#define NEED_MIN ((size_t)24 << 10)

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

bool gb_words_have(const struct gb_words *words, struct gb_str text)
{
    for (uint32_t i = 0; i < words->count; i++) {
        if (gb_str_eq(words->items[i], text)) {
            return true;
        }
    }
    return false;
}

bool gb_mapping_words(struct gb_mapping_read *r, const struct gb_yaml *node,
                      struct gb_words *words)
{
    if (node->type != GB_YAML_LIST || node->count == 0 || node->count > GB_WORD_LIST_MAX) {
        gb_yaml_mistake(r->mistakes, node, "expected a list of 1 to %u texts", GB_WORD_LIST_MAX);
        return false;
    }
    struct gb_str *items = gb_arena_take(r->arena, node->count * sizeof(*items));

    for (uint32_t i = 0; i < node->count; i++) {
        if (node->items[i].type != GB_YAML_SCALAR) {
            gb_yaml_mistake(r->mistakes, &node->items[i], "expected a text");
            return false;
        }
        items[i] = gb_arena_str(r->arena, node->items[i].text);
    }
    *words = (struct gb_words){items, node->count};
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

const struct gb_lookup *gb_mapping_lookup(struct gb_mapping_read *r, const struct gb_yaml *map,
                                          uint32_t fold)
{
    struct gb_mapping *mapping = r->mapping;
    struct gb_str name;

    if (!gb_mapping_scalar(r, map, "file", &name)) {
        return NULL;
    }
    for (uint32_t i = 0; i < mapping->lookups_count; i++) {
        if (gb_str_eq(mapping->lookups[i]->file, name) && mapping->lookups[i]->fold == fold) {
            return mapping->lookups[i];
        }
    }
    const struct gb_file *file = gb_files_get(r->lookups, name);

    if (file == NULL || mapping->lookups_count == GB_LOOKUPS_MAX) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(map, "file"),
                        file == NULL ? "no such lookup file" : "too many lookup files");
        return NULL;
    }
    struct gb_lookup *lookup = gb_lookup_read(r->arena, file, fold, r->mistakes);

    if (lookup != NULL) {
        mapping->lookups[mapping->lookups_count++] = lookup;
    }
    return lookup;
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

static bool read_soft_delete(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"column", "deleted", "live", NULL};
    const struct gb_yaml *values = gb_yaml_get(node, "deleted");
    const struct gb_yaml *live = gb_yaml_get(node, "live");
    struct gb_entity *entity = r->entity;

    if (values == NULL || gb_yaml_get(node, "column") == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected column, deleted: [values], live: [values]");
        return false;
    }
    gb_yaml_known(r->mistakes, node, known);
    entity->has_soft_delete = true;
    return gb_mapping_words(r, values, &entity->deleted) &&
           (live == NULL || gb_mapping_words(r, live, &entity->live)) &&
           gb_mapping_column(r, gb_yaml_get(node, "column"), &entity->soft_delete);
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
    const struct gb_yaml *ignore = gb_yaml_get(node, "ignore");
    struct gb_entity *entity = r->entity;
    uint32_t column;

    gb_mapping_fields(r, gb_yaml_need(r->mistakes, node, "fields", GB_YAML_MAP), entity->entity,
                      entity->fields, &entity->fields_count);
    if (gb_yaml_get(node, "texts") != NULL) {
        read_texts(r, gb_yaml_get(node, "texts"));
    }
    for (uint32_t i = 0; ignore != NULL && i < ignore->count; i++) {
        if (ignore->type == GB_YAML_LIST && ignore->items[i].type == GB_YAML_SCALAR) {
            (void)number_column(r, &ignore->items[i], false, &column);
        }
    }
    if (gb_yaml_get(node, "names") != NULL) {
        read_names(r, gb_yaml_get(node, "names"));
    }
    if (gb_yaml_get(node, "counters") != NULL) {
        gb_mapping_counters(r, gb_yaml_get(node, "counters"));
    }
    if (gb_yaml_get(node, "writeback") != NULL) {
        gb_mapping_writeback(r, gb_yaml_get(node, "writeback"));
    }
}

static void read_entity(struct gb_mapping_read *r, const struct gb_yaml *name,
                        const struct gb_yaml *node)
{
    static const char *const known[] = {"entity",   "key",         "replica_identity", "version",
                                        "town",     "fields",      "soft_delete",      "texts",
                                        "ignore",   "names",       "counters",
                                        "key_prefix", "writeback", NULL};

    if (node->type != GB_YAML_MAP || gb_yaml_get(node, "key") == NULL ||
        gb_yaml_get(node, "town") == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected entity, key, town, fields");
        return;
    }
    struct gb_str refused = gb_refuse_table(r->refuse, name->text);

    if (gb_str_is(refused)) {
        gb_yaml_mistake(r->mistakes, name, "this table is refused (class %.*s): take it out",
                        GB_STR_ARG(refused));
    }
    r->entity = &r->mapping->entities[r->mapping->entities_count++];
    r->entity->need = NEED_MIN;
    r->entity->table = gb_arena_str(r->arena, name->text);
    gb_yaml_known(r->mistakes, node, known);
    (void)gb_mapping_entity_name(r, node, &r->entity->entity);
    (void)read_key(r, gb_yaml_get(node, "key"));
    if (gb_yaml_get(node, "key_prefix") != NULL) {
        (void)gb_mapping_scalar(r, node, "key_prefix", &r->entity->key_prefix);
    }
    read_identity(r, gb_yaml_get(node, "replica_identity"));
    (void)read_town(r, gb_yaml_get(node, "town"));
    if (gb_yaml_get(node, "version") != NULL) {
        (void)gb_mapping_version(r, gb_yaml_get(node, "version"));
    }
    if (gb_yaml_get(node, "soft_delete") != NULL) {
        (void)read_soft_delete(r, gb_yaml_get(node, "soft_delete"));
    }
    read_lists(r, node);
}

/* "+08:00" under key */
bool gb_mapping_zone(struct gb_mapping_read *r, const struct gb_yaml *map, const char *key,
                     int64_t *us)
{
    struct gb_str zone;

    if (!gb_mapping_scalar(r, map, key, &zone)) {
        return false;
    }
    const char *z = zone.ptr;
    bool fits = zone.len == 6 && (z[0] == '+' || z[0] == '-') && z[3] == ':';

    for (size_t i = 1; fits && i < 6; i++) {
        fits = i == 3 || (z[i] >= '0' && z[i] <= '9');
    }
    if (!fits) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(map, key), "expected an offset: +08:00");
        return false;
    }
    int64_t minutes = ((z[1] - '0') * 10 + z[2] - '0') * 60 + (z[4] - '0') * 10 + z[5] - '0';

    *us = (z[0] == '-' ? -minutes : minutes) * 60000000;
    return true;
}

/* Codes of places that were replaced: {"320323": "320312"}. A replaced code is never given out
 * again (GB/T 2260), so it means its successor whatever the date of the row. */
static void read_replaced(struct gb_mapping_read *r, const struct gb_yaml *map)
{
    struct gb_str *from, *to;

    if (map == NULL || map->type != GB_YAML_MAP || map->count > GB_WORD_LIST_MAX) {
        if (map != NULL) {
            gb_yaml_mistake(r->mistakes, map, "expected up to %u codes: successors",
                            GB_WORD_LIST_MAX);
        }
        return;
    }
    from = gb_arena_take(r->arena, map->count * sizeof(*from));
    to = gb_arena_take(r->arena, map->count * sizeof(*to));
    for (uint32_t i = 0; i < map->count; i++) {
        from[i] = gb_arena_str(r->arena, map->keys[i].text);
        to[i] = gb_arena_str(r->arena, map->items[i].text);
        if (from[i].len == 0 || from[i].len != to[i].len || from[i].len > 15) {
            gb_yaml_mistake(r->mistakes, &map->keys[i], "expected two codes of one length");
        }
    }
    r->mapping->old_codes = (struct gb_words){from, map->count};
    r->mapping->new_codes = (struct gb_words){to, map->count};
}

static void read_root(struct gb_mapping_read *r, const struct gb_yaml *root)
{
    static const char *const known[] = {"version",  "system",         "envelope", "zone",
                                        "entities", "replaced_codes", NULL};
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
    (void)gb_mapping_zone(r, root, "zone", &r->mapping->zone_us);
    gb_mapping_envelope(r, envelope);
    read_replaced(r, gb_yaml_get(root, "replaced_codes"));
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
    struct gb_str shown = gb_str_is(r->folder)
                              ? GB_JOIN(r->arena, r->folder, GB_STR("/"), file->name)
                              : file->name;
    struct gb_yaml root;

    if (!gb_yaml_parse(r->arena, shown, file->bytes, &root, r->mistakes)) {
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
