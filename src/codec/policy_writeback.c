/* writeback.yaml: what each source's system may be told, and in which columns. Optional: without it
 * nothing is written back. */
#include <stdlib.h>

#include "codec/policy_build.h"

#define TRIES_MAX 10
/* Bits of same_fact and corroboration: each citizen is answered by his own row. */
#define DUPLICATE_DEFAULT 10U

static const char *const from_words[] = {
#define X(name, word) word,
    GB_WRITE_LIST(X)
#undef X
    NULL};

/* What a row that is there may be told. */
static bool is_of_update(enum gb_write_from from)
{
    return from == GB_WRITE_CONSTANT || from == GB_WRITE_DEADLINE || from == GB_WRITE_LEAD ||
           from == GB_WRITE_MATTER || from == GB_WRITE_PEER || from == GB_WRITE_STATE;
}

static int by_canonical(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_write_code *)a)->canonical,
                      ((const struct gb_write_code *)b)->canonical);
}

static int by_column(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_write *)a)->column,
                      ((const struct gb_write *)b)->column);
}

static int by_source(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_writeback_rule *)a)->source,
                      ((const struct gb_writeback_rule *)b)->source);
}

/* A code that the bundle does not know is a mistake, where its words are known. */
static void check_canonical(struct gb_policy_build *b, const struct gb_yaml *key,
                            enum gb_write_from from)
{
    if (from == GB_WRITE_STATE && gb_state_of(key->text) == GB_STATE_COUNT) {
        gb_yaml_mistake(b->mistakes, key, "no state: %.*s", GB_STR_ARG(key->text));
    } else if (from == GB_WRITE_CATEGORY) {
        (void)gb_policy_word(b, key, "category", (const char *const *)b->categories);
    }
}

static void read_codes(struct gb_policy_build *b, const struct gb_yaml *map,
                       struct gb_write *write)
{
    struct gb_write_code *codes;

    if (map == NULL || !gb_yaml_is(b->mistakes, map, GB_YAML_MAP)) {
        return;
    }
    if (map->count == 0 || map->count > GB_WRITE_CODES_MAX) {
        gb_yaml_mistake(b->mistakes, map, "codes: expected 1 to %u", GB_WRITE_CODES_MAX);
        return;
    }
    codes = gb_arena_take(b->arena, map->count * sizeof(*codes));
    for (uint32_t i = 0; i < map->count; i++) {
        check_canonical(b, &map->keys[i], write->from);
        if (!gb_yaml_is(b->mistakes, &map->items[i], GB_YAML_SCALAR)) {
            return;
        }
        codes[i] = (struct gb_write_code){gb_arena_str(b->arena, map->keys[i].text),
                                          gb_arena_str(b->arena, map->items[i].text)};
    }
    qsort(codes, map->count, sizeof(*codes), by_canonical);
    write->codes = codes;
    write->codes_count = map->count;
}

static void read_from(struct gb_policy_build *b, const struct gb_yaml *node,
                      struct gb_write *write)
{
    const struct gb_yaml *from = gb_yaml_get(node, "from");
    const struct gb_yaml *source = gb_yaml_get(node, "source");
    int word = 0;

    if (!gb_yaml_word(b->mistakes, from, from_words, &word)) {
        return;
    }
    write->from = (enum gb_write_from)word;
    if (write->from == GB_WRITE_CONSTANT) {
        gb_yaml_mistake(b->mistakes, from, "a constant is written constant: TEXT");
    }
    if ((write->from == GB_WRITE_PEER) != (source != NULL)) {
        gb_yaml_mistake(b->mistakes, node, "from: peer names a source, and nothing else does");
    } else if (source != NULL &&
               gb_policy_word(b, source, "source", (const char *const *)b->sources)) {
        write->source = gb_arena_str(b->arena, source->text);
    }
    read_codes(b, gb_yaml_get(node, "codes"), write);
}

static void read_write(struct gb_policy_build *b, const struct gb_yaml *name,
                       const struct gb_yaml *node, struct gb_write *write)
{
    static const char *const known[] = {"from", "codes", "constant", "source", NULL};
    const struct gb_yaml *constant = gb_yaml_get(node, "constant");

    *write = (struct gb_write){.column = gb_arena_str(b->arena, name->text),
                               .from = GB_WRITE_CONSTANT};
    if (!gb_yaml_is(b->mistakes, node, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, node, known);
    if ((constant == NULL) == (gb_yaml_get(node, "from") == NULL)) {
        gb_yaml_mistake(b->mistakes, node, "expected from: WORD, or constant: TEXT");
    } else if (constant == NULL) {
        read_from(b, node, write);
    } else if (gb_yaml_is(b->mistakes, constant, GB_YAML_SCALAR)) {
        write->constant = gb_arena_str(b->arena, constant->text);
    }
}

/* The columns, by name. */
static const struct gb_write *read_set(struct gb_policy_build *b, const struct gb_yaml *set,
                                       bool is_update, uint32_t *count)
{
    struct gb_write *writes;

    if (set == NULL) {
        return NULL;
    }
    if (set->count == 0 || set->count > GB_WRITES_MAX) {
        gb_yaml_mistake(b->mistakes, set, "set: expected 1 to %u columns", GB_WRITES_MAX);
        return NULL;
    }
    writes = gb_arena_take(b->arena, set->count * sizeof(*writes));
    for (uint32_t i = 0; i < set->count; i++) {
        read_write(b, &set->keys[i], &set->items[i], &writes[i]);
        if (is_update && !is_of_update(writes[i].from)) {
            gb_yaml_mistake(b->mistakes, &set->items[i],
                            "a row that is there gets no %.*s: its own system has it",
                            GB_STR_ARG(gb_write_word(writes[i].from)));
        }
    }
    *count = set->count;
    qsort(writes, *count, sizeof(*writes), by_column);
    return writes;
}

static void read_update(struct gb_policy_build *b, const struct gb_yaml *update,
                        struct gb_writeback_rule *rule)
{
    static const char *const known[] = {"set", "close_duplicates", NULL};
    static const char *const kinds[] = {"secondary_entry", "same_fact", "citizens",
                                        "corroboration", NULL};
    const struct gb_yaml *list = gb_yaml_get(update, "close_duplicates");

    rule->closes = DUPLICATE_DEFAULT;
    if (update == NULL || !gb_yaml_is(b->mistakes, update, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, update, known);
    rule->update = read_set(b, gb_yaml_need(b->mistakes, update, "set", GB_YAML_MAP), true,
                            &rule->update_count);
    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    rule->closes = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        int kind = 0;

        if (gb_yaml_word(b->mistakes, &list->items[i], kinds, &kind)) {
            rule->closes |= 1U << kind;
        }
    }
}

/* Nothing is made that could not be known again. */
static void check_create(struct gb_policy_build *b, const struct gb_yaml *create,
                         const struct gb_writeback_rule *rule)
{
    if (rule->create_count > 0 &&
        (gb_write_find(rule->create, rule->create_count, GB_WRITE_PEER) == NULL ||
         gb_write_find(rule->create, rule->create_count, GB_WRITE_CATEGORY) == NULL)) {
        gb_yaml_mistake(b->mistakes, create, "a counterpart needs a column from: peer, by which "
                        "its row is known again, and one from: category");
    }
}

static void read_create(struct gb_policy_build *b, const struct gb_yaml *create,
                        struct gb_writeback_rule *rule)
{
    static const char *const known[] = {"when", "set", NULL};
    static const char *const words[] = {"lead", "assist", NULL};
    const struct gb_yaml *list;

    if (create == NULL || !gb_yaml_is(b->mistakes, create, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, create, known);
    list = gb_yaml_need(b->mistakes, create, "when", GB_YAML_LIST);
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        int word = 0;

        if (gb_yaml_word(b->mistakes, &list->items[i], words, &word)) {
            rule->create_when |= 1U << word;
        }
    }
    rule->create = read_set(b, gb_yaml_need(b->mistakes, create, "set", GB_YAML_MAP), false,
                            &rule->create_count);
    check_create(b, create, rule);
}

static void read_target(struct gb_policy_build *b, const struct gb_yaml *node,
                        struct gb_writeback_rule *rule)
{
    const struct gb_yaml *table = gb_yaml_get(node, "table");
    const struct gb_yaml *call = gb_yaml_get(node, "call");
    const struct gb_yaml *target = table != NULL ? table : call;

    rule->is_call = call != NULL;
    if ((table == NULL) == (call == NULL)) {
        gb_yaml_mistake(b->mistakes, node, "expected table: NAME, or call: ADDRESS");
    } else if (gb_yaml_is(b->mistakes, target, GB_YAML_SCALAR)) {
        rule->target = gb_arena_str(b->arena, target->text);
    }
}

static void read_source(struct gb_policy_build *b, const struct gb_yaml *node,
                        struct gb_writeback_rule *rule)
{
    static const char *const known[] = {"source", "table", "call", "create", "update", NULL};
    const struct gb_yaml *source;

    if (!gb_yaml_is(b->mistakes, node, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, node, known);
    source = gb_yaml_need(b->mistakes, node, "source", GB_YAML_SCALAR);
    if (source != NULL && gb_policy_word(b, source, "source", (const char *const *)b->sources)) {
        rule->source = gb_arena_str(b->arena, source->text);
    }
    read_target(b, node, rule);
    read_create(b, gb_yaml_get(node, "create"), rule);
    read_update(b, gb_yaml_get(node, "update"), rule);
    if (rule->create_count == 0 && rule->update_count == 0) {
        gb_yaml_mistake(b->mistakes, node, "expected create, update or both");
    }
}

static void read_sources(struct gb_policy_build *b, const struct gb_yaml *list,
                         const struct gb_writeback_rule *common)
{
    struct gb_writeback_rule *rules = gb_arena_take(b->arena, list->count * sizeof(*rules));

    for (uint32_t i = 0; i < list->count; i++) {
        rules[i] = *common;
        read_source(b, &list->items[i], &rules[i]);
        for (uint32_t k = 0; k < i; k++) {
            if (gb_str_is(rules[i].source) && gb_str_eq(rules[k].source, rules[i].source)) {
                gb_yaml_mistake(b->mistakes, &list->items[i], "a source stands once; another is in "
                                "line %u", list->items[k].line);
            }
        }
    }
    qsort(rules, list->count, sizeof(*rules), by_source);
    b->policy.writebacks = rules;
    b->policy.writebacks_count = list->count;
}

void gb_policy_writeback_file(struct gb_policy_build *b)
{
    static const char *const known[] = {"expires_after", "tries", "sources", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("writeback.yaml"), known);
    struct gb_writeback_rule common = {.expires_ms = (int64_t)24 * 3600000, .tries = 3};
    const struct gb_yaml *list;
    int64_t tries = common.tries;

    if (root == NULL) {
        return;
    }
    (void)gb_yaml_duration(b->mistakes, gb_yaml_get(root, "expires_after"), &common.expires_ms);
    if (gb_yaml_int(b->mistakes, gb_yaml_get(root, "tries"), 1, TRIES_MAX, &tries)) {
        common.tries = (int32_t)tries;
    }
    list = gb_yaml_need(b->mistakes, root, "sources", GB_YAML_LIST);
    if (list != NULL && list->count > 0 && list->count <= GB_SOURCES_MAX) {
        read_sources(b, list, &common);
    } else if (list != NULL) {
        gb_yaml_mistake(b->mistakes, list, "expected 1 to %u sources", GB_SOURCES_MAX);
    }
}
