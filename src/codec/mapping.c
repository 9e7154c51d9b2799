/* mapping.yaml: the file, its envelope, lookup files. Tables: mapping_table.c. Fields:
 * mapping_field.c. */
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

static struct gb_str shown_name(struct gb_mapping_read *r, struct gb_str folder,
                                struct gb_str name)
{
    return gb_str_is(folder) ? GB_JOIN(r->arena, folder, GB_STR("/"), name) : name;
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
    const struct gb_file shown = {shown_name(r, r->lookups_folder, file->name), file->bytes};
    struct gb_lookup *lookup = gb_lookup_read(r->arena, &shown, fold, r->mistakes);

    if (lookup != NULL) {
        lookup->file = gb_arena_str(r->arena, file->name);
        mapping->lookups[mapping->lookups_count++] = lookup;
    }
    return lookup;
}

bool gb_mapping_has(struct gb_mapping_read *r, const struct gb_yaml *map, const char *key)
{
    if (gb_yaml_get(map, key) == NULL) {
        gb_yaml_mistake(r->mistakes, map, "key \"%s\" is missing", key);
        return false;
    }
    return true;
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

static void read_entities(struct gb_mapping_read *r, const struct gb_yaml *map)
{
    if (!gb_yaml_is(r->mistakes, map, GB_YAML_MAP)) {
        return;
    }
    if (map->count == 0 || map->count > GB_ENTITIES_MAX) {
        gb_yaml_mistake(r->mistakes, map, "expected 1 to %u tables", GB_ENTITIES_MAX);
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        gb_mapping_table(r, &map->keys[i], &map->items[i]);
    }
}

static void read_root(struct gb_mapping_read *r, const struct gb_yaml *root)
{
    static const char *const known[] = {"version",  "system",         "envelope", "zone",
                                        "entities", "replaced_codes", NULL};
    int64_t number;

    gb_yaml_known(r->mistakes, root, known);
    (void)gb_yaml_int(r->mistakes, gb_yaml_need(r->mistakes, root, "version", GB_YAML_SCALAR), 1,
                      1, &number);
    (void)gb_mapping_scalar(r, root, "system", &r->mapping->system);
    (void)gb_mapping_zone(r, root, "zone", &r->mapping->zone_us);
    if (gb_mapping_has(r, root, "envelope") &&
        gb_yaml_is(r->mistakes, gb_yaml_get(root, "envelope"), GB_YAML_MAP)) {
        gb_mapping_envelope(r, gb_yaml_get(root, "envelope"));
    }
    read_replaced(r, gb_yaml_get(root, "replaced_codes"));
    if (gb_mapping_has(r, root, "entities")) {
        read_entities(r, gb_yaml_get(root, "entities"));
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
    struct gb_str shown = shown_name(r, r->folder, file->name);
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
