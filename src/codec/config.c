/* The configuration's sections, from a table of options; properties and roles by hand. */
#include "codec/config.h"

#include <stddef.h>

#include "codec/config_expand.h"
#include "codec/config_sources.h"

/* NAME: letters, digits, dot, dash and underscore, as Kafka wants its names. SECRET: has a twin
 * KEY_file in the same section. */
enum kind { TEXT, NAME, SECRET, NUMBER, SIZE, WORD };

struct option {
    const char *section, *key;
    enum kind kind;
    size_t offset;       /* of a struct gb_str (NUMBER, SIZE: of an int64_t) */
    const char *initial; /* NULL: absent */
    int64_t initial_number, min, max;
    const char *const *words;
};

static const char *const modes[] = {"transactional", "idempotent", NULL};
static const char *const hashes[] = {"sha256", "sm3", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const zones[] = {"Asia/Shanghai", NULL}; /* mappings name their own */
static const char *const roles[] = {"intake", "reconcile", "http", NULL};
static const char *const sections[] = {"version", "include", "bridge", "kafka",   "postgres",
                                       "sources", "policy",  "lanes",  "publish", "limits",
                                       "privacy", "audit",   "log",    "roles",   "decisions",
                                       NULL};

#define AT(member) offsetof(struct gb_config, member)

static const struct option options[] = {
    {"bridge", "id", NAME, AT(bridge_id), "gridbridge", 0, 0, 0, NULL},
    {"bridge", "instance", NAME, AT(instance), NULL, 0, 0, 0, NULL},
    {"bridge", "timezone", WORD, AT(timezone), "Asia/Shanghai", 0, 0, 0, zones},
    {"kafka", "bootstrap", TEXT, AT(bootstrap), "localhost:9092", 0, 0, 0, NULL},
    {"kafka", "cluster", NAME, AT(cluster), "main", 0, 0, 0, NULL},
    {"kafka", "topic_prefix", NAME, AT(topic_prefix), "gb.", 0, 0, 0, NULL},
    {"postgres", "dsn", SECRET, AT(dsn), NULL, 0, 0, 0, NULL},
    {"postgres", "dsn_file", TEXT, AT(dsn_file), NULL, 0, 0, 0, NULL},
    {"policy", "refuse", TEXT, AT(refuse), "refuse.yaml", 0, 0, 0, NULL},
    {"lanes", "count", NUMBER, AT(lanes_count), NULL, 4, 1, 1024, NULL},
    {"publish", "mode", WORD, AT(publish_mode), "transactional", 0, 0, 0, modes},
    {"limits", "batch_records", NUMBER, AT(batch_records), NULL, 2000, 1, 100000, NULL},
    {"limits", "batch_bytes", SIZE, AT(batch_bytes), NULL, 8388608, 65536, 134217728, NULL},
    {"privacy", "join_key", SECRET, AT(join_key), NULL, 0, 0, 0, NULL},
    {"privacy", "join_key_file", TEXT, AT(join_key_file), NULL, 0, 0, 0, NULL},
    {"privacy", "publish_key", SECRET, AT(publish_key), NULL, 0, 0, 0, NULL},
    {"privacy", "publish_key_file", TEXT, AT(publish_key_file), NULL, 0, 0, 0, NULL},
    {"privacy", "salt", SECRET, AT(salt), NULL, 0, 0, 0, NULL},
    {"privacy", "salt_file", TEXT, AT(salt_file), NULL, 0, 0, 0, NULL},
    {"audit", "hash", WORD, AT(hash), "sha256", 0, 0, 0, hashes},
    {"decisions", "gateway", NAME, AT(gateway), NULL, 0, 0, 0, NULL},
    {"decisions", "key", SECRET, AT(gateway_key), NULL, 0, 0, 0, NULL},
    {"decisions", "key_file", TEXT, AT(gateway_key_file), NULL, 0, 0, 0, NULL},
    {"log", "level", WORD, AT(log_level), "info", 0, 0, 0, levels},
};

#define NAME_LEN_MAX 100

struct reader {
    struct gb_config_expand expand;
    struct gb_config config;
    const struct gb_yaml *seen[GB_COUNT(options)]; /* where each option was given */
    const struct gb_yaml *sources, *properties, *roles, *gateways;
};

static const struct gb_str FILE_END = {"_file", 5};

/* True for the name of a property whose value stands in a file. */
static bool is_file_name(struct gb_str name)
{
    return name.len > FILE_END.len &&
           memcmp(name.ptr + name.len - FILE_END.len, FILE_END.ptr, FILE_END.len) == 0;
}

static struct gb_str *text_at(struct gb_config *config, const struct option *option)
{
    return (struct gb_str *)(void *)((char *)config + option->offset);
}

static int64_t *number_at(struct gb_config *config, const struct option *option)
{
    return (int64_t *)(void *)((char *)config + option->offset);
}

static void read_name(struct reader *r, const struct option *option, const struct gb_yaml *value)
{
    for (size_t i = 0; i < value->text.len; i++) {
        char c = value->text.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == '_')) {
            gb_yaml_mistake(r->expand.mistakes, value,
                            "write letters, digits, dots, dashes and underscores only");
            return;
        }
    }
    if (value->text.len > NAME_LEN_MAX) {
        gb_yaml_mistake(r->expand.mistakes, value, "is longer than %d bytes", NAME_LEN_MAX);
        return;
    }
    *text_at(&r->config, option) = value->text;
}

static void read_option(struct reader *r, const struct option *option, const struct gb_yaml *node)
{
    struct gb_mistakes *mistakes = r->expand.mistakes;
    const struct gb_yaml **seen = &r->seen[option - options];
    struct gb_yaml value;
    int index = 0;

    if (*seen != NULL) {
        gb_yaml_mistake(mistakes, node, "%s.%s is already given in %.*s:%u", option->section,
                        option->key, GB_STR_ARG((*seen)->file), (*seen)->line);
        return;
    }
    *seen = node;
    if (!gb_config_text(&r->expand, node, &value)) {
        return;
    }
    switch (option->kind) {
    case WORD:
        if (!gb_yaml_word(mistakes, &value, option->words, &index)) {
            return;
        }
        *text_at(&r->config, option) = value.text;
        break;
    case NAME: read_name(r, option, &value); break;
    case TEXT:
    case SECRET: *text_at(&r->config, option) = value.text; break;
    case NUMBER:
        (void)gb_yaml_int(mistakes, &value, option->min, option->max,
                          number_at(&r->config, option));
        break;
    case SIZE:
        if (gb_yaml_size(mistakes, &value, number_at(&r->config, option)) &&
            (*number_at(&r->config, option) < option->min ||
             *number_at(&r->config, option) > option->max)) {
            gb_yaml_mistake(mistakes, node, "must be from %lldKB to %lldMB",
                            (long long)(option->min >> 10), (long long)(option->max >> 20));
        }
        break;
    }
}

/* Keeps the one place where a section that is read as a whole stands. */
static void keep(struct reader *r, const struct gb_yaml **slot, const struct gb_yaml *node)
{
    if (node != NULL && *slot != NULL) {
        gb_yaml_mistake(r->expand.mistakes, node, "is already given in %.*s:%u",
                        GB_STR_ARG((*slot)->file), (*slot)->line);
    } else if (node != NULL) {
        *slot = node;
    }
}

static void read_section(struct reader *r, const char *section, const struct gb_yaml *map)
{
    const char *known[GB_COUNT(options) + 2];
    size_t count = 0;
    bool is_kafka = gb_str_eq(gb_str_of(section), GB_STR("kafka"));
    bool is_decisions = gb_str_eq(gb_str_of(section), GB_STR("decisions"));

    for (size_t i = 0; i < GB_COUNT(options); i++) {
        if (gb_str_eq(gb_str_of(options[i].section), gb_str_of(section))) {
            known[count++] = options[i].key;
        }
    }
    if (count == 0 || !gb_yaml_is(r->expand.mistakes, map, GB_YAML_MAP)) {
        return;
    }
    if (is_kafka) {
        known[count++] = "properties";
        keep(r, &r->properties, gb_yaml_get(map, "properties"));
    }
    if (is_decisions) {
        known[count++] = "gateways";
        keep(r, &r->gateways, gb_yaml_get(map, "gateways"));
    }
    known[count] = NULL;
    gb_yaml_known(r->expand.mistakes, map, known);
    for (size_t i = 0; i < GB_COUNT(options); i++) {
        const struct gb_yaml *node = gb_yaml_get(map, options[i].key);

        if (node != NULL && gb_str_eq(gb_str_of(options[i].section), gb_str_of(section))) {
            read_option(r, &options[i], node);
        }
    }
}

static void read_root(struct reader *r, const struct gb_yaml *root, bool is_main)
{
    struct gb_mistakes *mistakes = r->expand.mistakes;
    const struct gb_yaml *include = gb_yaml_get(root, "include");
    int64_t version = 0;

    if (!gb_yaml_is(mistakes, root, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(mistakes, root, sections);
    if (is_main) {
        (void)gb_yaml_int(mistakes, gb_yaml_need(mistakes, root, "version", GB_YAML_SCALAR), 1, 1,
                          &version);
    } else {
        (void)gb_yaml_int(mistakes, gb_yaml_get(root, "version"), 1, 1, &version);
    }
    if (!is_main && include != NULL) {
        gb_yaml_mistake(mistakes, include, "an included file includes nothing");
    }
    keep(r, &r->sources, gb_yaml_get(root, "sources"));
    keep(r, &r->roles, gb_yaml_get(root, "roles"));
    for (size_t i = 0; sections[i] != NULL; i++) {
        const struct gb_yaml *map = gb_yaml_get(root, sections[i]);

        if (map != NULL) {
            read_section(r, sections[i], map);
        }
    }
}

static bool is_given(const struct gb_yaml *map, uint32_t count, struct gb_str name)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gb_str key = map->keys[i].text;

        if (gb_str_eq(key, name) ||
            (key.len == name.len + FILE_END.len && memcmp(key.ptr, name.ptr, name.len) == 0 &&
             is_file_name(key))) {
            return true;
        }
    }
    return false;
}

/* One property; NAME_file: the value is the path of a file that holds it. */
static void read_property(struct reader *r, const struct gb_yaml *map, uint32_t at,
                          struct gb_property *property)
{
    const struct gb_yaml *key = &map->keys[at];
    struct gb_yaml value;

    property->name = key->text;
    property->is_file = is_file_name(key->text);
    property->name.len -= property->is_file ? FILE_END.len : 0;
    property->file = key->file;
    property->line = key->line;
    property->col = key->col;
    if (is_given(map, at, property->name)) {
        gb_yaml_mistake(r->expand.mistakes, key, "give %.*s or %.*s_file, not both",
                        GB_STR_ARG(property->name), GB_STR_ARG(property->name));
    }
    if (gb_config_text(&r->expand, &map->items[at], &value)) {
        property->value = value.text;
    }
}

static void read_properties(struct reader *r)
{
    const struct gb_yaml *map = r->properties;
    struct gb_property *properties;

    if (map == NULL || !gb_yaml_is(r->expand.mistakes, map, GB_YAML_MAP)) {
        return;
    }
    properties = gb_arena_take(r->expand.arena, (map->count + 1) * sizeof(*properties));
    for (uint32_t i = 0; i < map->count; i++) {
        read_property(r, map, i, &properties[i]);
    }
    r->config.properties = properties;
    r->config.properties_count = map->count;
}

/* gateways: {desk: "64 hex digits of its public key"} */
static void read_gateways(struct reader *r)
{
    const struct gb_yaml *map = r->gateways;
    struct gb_gateway *gateways;

    if (map == NULL || !gb_yaml_is(r->expand.mistakes, map, GB_YAML_MAP)) {
        return;
    }
    gateways = gb_arena_take(r->expand.arena, (map->count + 1) * sizeof(*gateways));
    for (uint32_t i = 0; i < map->count; i++) {
        struct gb_yaml value;

        gateways[i].id = map->keys[i].text;
        if (gb_config_text(&r->expand, &map->items[i], &value) &&
            !gb_unhex(gateways[i].key, sizeof(gateways[i].key), value.text)) {
            gb_yaml_mistake(r->expand.mistakes, &map->items[i],
                            "must be the %u hex digits of an Ed25519 public key",
                            2 * GB_SIGN_KEY_LEN);
        }
    }
    r->config.gateways = gateways;
    r->config.gateways_count = map->count;
}

static void read_roles(struct reader *r)
{
    r->config.roles = GB_ROLES_INTAKE | GB_ROLES_RECONCILE;
    if (r->roles == NULL || !gb_yaml_is(r->expand.mistakes, r->roles, GB_YAML_LIST)) {
        return;
    }
    r->config.roles = 0;
    for (uint32_t i = 0; i < r->roles->count; i++) {
        int index = 0;

        if (gb_yaml_word(r->expand.mistakes, &r->roles->items[i], roles, &index)) {
            if (index == 2) {
                gb_yaml_mistake(r->expand.mistakes, &r->roles->items[i],
                                "this version has no HTTP: leave http out");
            }
            r->config.roles |= 1U << index;
        }
    }
}

static void set_initial(struct gb_config *config)
{
    for (size_t i = 0; i < GB_COUNT(options); i++) {
        if (options[i].kind == NUMBER || options[i].kind == SIZE) {
            *number_at(config, &options[i]) = options[i].initial_number;
        } else {
            *text_at(config, &options[i]) = gb_str_of(options[i].initial);
        }
    }
}

static void finish(struct reader *r)
{
    if (r->sources != NULL) {
        gb_config_sources(&r->expand, r->sources, &r->config);
    }
    read_properties(r);
    read_roles(r);
    read_gateways(r);
    for (size_t i = 0; i < GB_COUNT(options); i++) {
        if (options[i].kind == SECRET && r->seen[i] != NULL && r->seen[i + 1] != NULL) {
            gb_yaml_mistake(r->expand.mistakes, r->seen[i + 1], "give %s or %s, not both",
                            options[i].key, options[i + 1].key);
        }
    }
}

bool gb_config_read(struct gb_arena *arena, const struct gb_config_input *input,
                    struct gb_config *config, struct gb_mistakes *mistakes)
{
    struct reader r = {.expand = {arena, mistakes, input}};
    uint32_t before = mistakes->count;

    set_initial(&r.config);
    for (size_t i = 0; i < input->files_count; i++) {
        const struct gb_file *file = &input->files[i];
        struct gb_yaml *root = gb_arena_take(arena, sizeof(*root));

        if (gb_yaml_parse(arena, file->name, file->bytes, root, mistakes)) {
            read_root(&r, root, i == 0);
        }
    }
    finish(&r);
    if (mistakes->count == before) {
        *config = r.config;
    }
    return mistakes->count == before;
}

bool gb_config_includes(struct gb_arena *arena, const struct gb_file *file, struct gb_files *wanted,
                        struct gb_mistakes *mistakes)
{
    struct gb_yaml root;
    const struct gb_yaml *list;
    struct gb_file *items;

    *wanted = (struct gb_files){NULL, 0};
    if (!gb_yaml_parse(arena, file->name, file->bytes, &root, mistakes)) {
        return false;
    }
    list = gb_yaml_get(&root, "include");
    if (list == NULL) {
        return true;
    }
    if (!gb_yaml_is(mistakes, list, GB_YAML_LIST)) {
        return false;
    }
    items = gb_arena_take(arena, (list->count + 1) * sizeof(*items));
    for (uint32_t i = 0; i < list->count; i++) {
        if (!gb_yaml_is(mistakes, &list->items[i], GB_YAML_SCALAR)) {
            return false;
        }
        items[i].name = list->items[i].text;
    }
    *wanted = (struct gb_files){items, list->count};
    return true;
}
