/* The small YAML files of a bundle: sources, categories, states, authority. */
#include <stdlib.h>

#include "codec/policy_build.h"

static int by_first(const void *a, const void *b)
{
    return gb_str_cmp(*(const struct gb_str *)a, *(const struct gb_str *)b);
}

static int by_state_key(const void *a, const void *b)
{
    const struct gb_state_row *x = a;
    const struct gb_state_row *y = b;
    int order = gb_str_cmp(x->source, y->source);

    order = order != 0 ? order : gb_str_cmp(x->entity, y->entity);
    return order != 0 ? order : gb_str_cmp(x->code, y->code);
}

static void read_category(struct gb_policy_build *b, const struct gb_yaml *key,
                          const struct gb_yaml *row, struct gb_category *category)
{
    static const char *const known[] = {"zh", "en", "text", NULL};
    const struct gb_yaml *zh;
    const struct gb_yaml *en;

    category->code = key->text;
    category->text = true;
    if (key->text.len == 0 || memchr(key->text.ptr, '*', key->text.len) != NULL) {
        gb_yaml_mistake(b->mistakes, key, "a category's code is a word without *");
    }
    if (!gb_yaml_is(b->mistakes, row, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, row, known);
    zh = gb_yaml_need(b->mistakes, row, "zh", GB_YAML_SCALAR);
    en = gb_yaml_need(b->mistakes, row, "en", GB_YAML_SCALAR);
    category->name_zh = zh != NULL ? zh->text : GB_STR_NONE;
    category->name_en = en != NULL ? en->text : GB_STR_NONE;
    (void)gb_yaml_bool(b->mistakes, gb_yaml_get(row, "text"), &category->text);
}

static void read_categories(struct gb_policy_build *b)
{
    static const char *const known[] = {"categories", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("categories.yaml"), known);
    const struct gb_yaml *map =
        root != NULL ? gb_yaml_need(b->mistakes, root, "categories", GB_YAML_MAP) : NULL;
    struct gb_category *rows = NULL;

    if (map == NULL) {
        return;
    }
    rows = gb_arena_take(b->arena, (map->count + 1) * sizeof(*rows));
    b->categories = gb_arena_take(b->arena, (map->count + 1) * sizeof(*b->categories));
    for (uint32_t i = 0; i < map->count; i++) {
        read_category(b, &map->keys[i], &map->items[i], &rows[i]);
        b->categories[i] = map->keys[i].text.ptr;
    }
    qsort(rows, map->count, sizeof(*rows), by_first);
    b->policy.categories = rows;
    b->policy.categories_count = map->count;
}

static void read_source(struct gb_policy_build *b, const struct gb_yaml *at, struct gb_map *seen,
                        struct gb_source_row *row)
{
    static const char *const known[] = {"source", "network", "role", NULL};
    const struct gb_yaml *source;
    const struct gb_yaml *network;
    const struct gb_yaml *role;

    row->source = row->network = GB_STR("");
    if (!gb_yaml_is(b->mistakes, at, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, at, known);
    source = gb_yaml_need(b->mistakes, at, "source", GB_YAML_SCALAR);
    network = gb_yaml_need(b->mistakes, at, "network", GB_YAML_SCALAR);
    role = gb_yaml_need(b->mistakes, at, "role", GB_YAML_SCALAR);
    if (source != NULL) {
        row->source = source->text;
        (void)gb_policy_is_new(b, seen, source, source->text);
    }
    row->network = network != NULL ? network->text : row->network;
    if (role != NULL) {
        (void)gb_policy_role(b, role, &row->role);
    }
}

static void read_sources(struct gb_policy_build *b)
{
    static const char *const known[] = {"version", "sources", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("bundle.yaml"), known);
    const struct gb_yaml *list;
    struct gb_source_row *rows;
    struct gb_map seen = {0};
    int64_t version = 0;

    if (root == NULL) {
        return;
    }
    if (gb_yaml_int(b->mistakes, gb_yaml_need(b->mistakes, root, "version", GB_YAML_SCALAR), 1,
                    INT32_MAX, &version)) {
        b->policy.version = (int32_t)version;
    }
    list = gb_yaml_need(b->mistakes, root, "sources", GB_YAML_LIST);
    if (list == NULL) {
        return;
    }
    rows = gb_arena_take(b->arena, (list->count + 1) * sizeof(*rows));
    b->sources = gb_arena_take(b->arena, (list->count + 1) * sizeof(*b->sources));
    b->networks = gb_arena_take(b->arena, (list->count + 2) * sizeof(*b->networks));
    b->networks[list->count] = "*";
    for (uint32_t i = 0; i < list->count; i++) {
        read_source(b, &list->items[i], &seen, &rows[i]);
        b->sources[i] = rows[i].source.ptr;
        b->networks[i] = rows[i].network.ptr;
    }
    gb_map_close(&seen);
    qsort(rows, list->count, sizeof(*rows), by_first);
    b->policy.sources = rows;
    b->policy.sources_count = list->count;
}

static void read_codes(struct gb_policy_build *b, const struct gb_yaml *at, struct gb_map *seen,
                       struct gb_buf *rows)
{
    static const char *const known[] = {"source", "entity", "codes", NULL};
    static const char *const words[] = {
#define X(name) #name,
        GB_STATE_LIST(X)
#undef X
        NULL};
    static const char *const entities[] = {"matter", NULL};
    const struct gb_yaml *source = gb_yaml_need(b->mistakes, at, "source", GB_YAML_SCALAR);
    const struct gb_yaml *entity = gb_yaml_need(b->mistakes, at, "entity", GB_YAML_SCALAR);
    const struct gb_yaml *codes = gb_yaml_need(b->mistakes, at, "codes", GB_YAML_MAP);

    gb_yaml_known(b->mistakes, at, known);
    if (source == NULL || entity == NULL || codes == NULL ||
        !gb_policy_word(b, source, "source", (const char *const *)b->sources) ||
        !gb_policy_word(b, entity, "entity", entities)) {
        return;
    }
    for (uint32_t i = 0; i < codes->count; i++) {
        const struct gb_yaml *code = &codes->keys[i];
        struct gb_state_row row = {source->text, entity->text, code->text, GB_STATE_COUNT};
        struct gb_str key = gb_arena_printf(b->arena, "%.*s\x1f%.*s\x1f%.*s",
                                            GB_STR_ARG(row.source), GB_STR_ARG(row.entity),
                                            GB_STR_ARG(row.code));

        if (gb_policy_word(b, &codes->items[i], "state", words) &&
            gb_policy_is_new(b, seen, code, key)) {
            row.state = gb_state_of(codes->items[i].text);
            gb_buf_add(rows, &row, sizeof(row));
        }
    }
}

static void read_states(struct gb_policy_build *b)
{
    static const char *const known[] = {"states", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("states.yaml"), known);
    const struct gb_yaml *list =
        root != NULL ? gb_yaml_need(b->mistakes, root, "states", GB_YAML_LIST) : NULL;
    struct gb_map seen = {0};
    struct gb_buf rows = {0};
    struct gb_state_row *table;

    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        if (gb_yaml_is(b->mistakes, &list->items[i], GB_YAML_MAP)) {
            read_codes(b, &list->items[i], &seen, &rows);
        }
    }
    table = gb_arena_take(b->arena, rows.len + 1);
    if (rows.len > 0) {
        memcpy(table, rows.bytes, rows.len);
    }
    b->policy.states_count = (uint32_t)(rows.len / sizeof(*table));
    qsort(table, b->policy.states_count, sizeof(*table), by_state_key);
    b->policy.states = table;
    gb_buf_close(&rows);
    gb_map_close(&seen);
}

static void read_authority_row(struct gb_policy_build *b, const struct gb_yaml *list,
                               struct gb_authority *row)
{
    struct gb_map seen = {0};

    if (!gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    if (list->count == 0 || list->count > GB_COUNT(row->sources)) {
        gb_yaml_mistake(b->mistakes, list, "must name 1 to %zu sources", GB_COUNT(row->sources));
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct gb_yaml *source = &list->items[i];

        if (gb_policy_word(b, source, "source", (const char *const *)b->sources) &&
            gb_policy_is_new(b, &seen, source, source->text)) {
            row->sources[row->sources_count++] = source->text;
        }
    }
    gb_map_close(&seen);
}

static void read_authority(struct gb_policy_build *b)
{
    static const char *const known[] = {"fields", NULL};
    static const char *const fields[] = {"category", "level",       "grid",        "village",
                                         "state",    "title",       "occurred_at", "deadline_at",
                                         "place",    "description", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("authority.yaml"), known);
    const struct gb_yaml *map =
        root != NULL ? gb_yaml_need(b->mistakes, root, "fields", GB_YAML_MAP) : NULL;
    struct gb_authority *rows;

    if (map == NULL) {
        return;
    }
    rows = gb_arena_take(b->arena, (map->count + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < map->count; i++) {
        (void)gb_policy_word(b, &map->keys[i], "field", fields);
        rows[i].field = map->keys[i].text;
        read_authority_row(b, &map->items[i], &rows[i]);
    }
    qsort(rows, map->count, sizeof(*rows), by_first);
    b->policy.authority = rows;
    b->policy.authority_count = map->count;
}

void gb_policy_words(struct gb_policy_build *b)
{
    read_categories(b);
    read_sources(b);
    read_states(b);
    read_authority(b);
}
