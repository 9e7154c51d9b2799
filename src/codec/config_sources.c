/* Sources by name; each with its topics, in entries that stand side by side. */
#include "codec/config_sources.h"

struct reader {
    const struct gb_config_expand *expand;
    struct gb_config_source *sources;
    const struct gb_yaml **places; /* where each topic stands; NULL after a mistake */
};

static struct gb_str read_text(const struct gb_config_expand *e, const struct gb_yaml *node)
{
    struct gb_yaml value;

    return node != NULL && gb_config_text(e, node, &value) ? value.text : GB_STR_NONE;
}

/* True for the second of two words. */
static bool read_choice(const struct gb_config_expand *e, const struct gb_yaml *node,
                        const char *const *words)
{
    struct gb_yaml value;
    int index = 0;

    if (node != NULL && gb_config_text(e, node, &value)) {
        (void)gb_yaml_word(e->mistakes, &value, words, &index);
    }
    return index == 1;
}

/* What is the same for all topics of a source. */
static void read_source(const struct gb_config_expand *e, const struct gb_yaml *map,
                        struct gb_config_source *source)
{
    static const char *const known[] = {"topic", "topics", "adapter", "lookups",
                                        "mode",  "start",  NULL};
    static const char *const modes[] = {"shadow", "live", NULL};
    static const char *const starts[] = {"earliest", "latest", NULL};

    gb_yaml_known(e->mistakes, map, known);
    source->adapter = read_text(e, gb_yaml_need(e->mistakes, map, "adapter", GB_YAML_SCALAR));
    source->lookups = read_text(e, gb_yaml_get(map, "lookups"));
    source->is_latest = read_choice(e, gb_yaml_get(map, "start"), starts);
    source->is_live = read_choice(e, gb_yaml_get(map, "mode"), modes);
}

/* A topic belongs to one source: which one reads it is never a guess. */
static void add_topic(struct reader *r, const struct gb_yaml *node, uint32_t at)
{
    struct gb_str topic = read_text(r->expand, node);

    r->sources[at].topic = topic;
    r->places[at] = gb_str_is(topic) ? node : NULL;
    for (uint32_t i = 0; gb_str_is(topic) && i < at; i++) {
        if (r->places[i] != NULL && gb_str_eq(r->sources[i].topic, topic)) {
            gb_yaml_mistake(r->expand->mistakes, node, "topic %.*s already stands in %.*s:%u",
                            GB_STR_ARG(topic), GB_STR_ARG(r->places[i]->file),
                            r->places[i]->line);
            return;
        }
    }
}

/* Topics of a source, at least one: topic: NAME, or topics: [NAMES]. */
static uint32_t count_topics(const struct gb_yaml *source)
{
    const struct gb_yaml *list = gb_yaml_get(source, "topics");

    return list != NULL && list->type == GB_YAML_LIST && list->count > 0 ? list->count : 1;
}

static void read_topics(struct reader *r, const struct gb_yaml *map, uint32_t at)
{
    struct gb_mistakes *mistakes = r->expand->mistakes;
    const struct gb_yaml *list = gb_yaml_get(map, "topics");

    if (list == NULL) {
        add_topic(r, gb_yaml_need(mistakes, map, "topic", GB_YAML_SCALAR), at);
        return;
    }
    if (gb_yaml_get(map, "topic") != NULL) {
        gb_yaml_mistake(mistakes, list, "give topic or topics, not both");
    }
    if (!gb_yaml_is(mistakes, list, GB_YAML_LIST)) {
        return;
    }
    if (list->count == 0) {
        gb_yaml_mistake(mistakes, list, "topics has no name");
    }
    for (uint32_t i = 0; i < list->count; i++) {
        add_topic(r, &list->items[i], at + i);
    }
}

static uint32_t read_one(struct reader *r, const struct gb_yaml *map, struct gb_str name,
                         uint32_t at)
{
    uint32_t count = count_topics(map);
    struct gb_config_source source = {.name = name};

    if (!gb_yaml_is(r->expand->mistakes, map, GB_YAML_MAP)) {
        return 1;
    }
    read_source(r->expand, map, &source);
    for (uint32_t i = 0; i < count; i++) {
        r->sources[at + i] = source;
        r->sources[at + i].is_more = i > 0;
    }
    read_topics(r, map, at);
    return count;
}

void gb_config_sources(const struct gb_config_expand *e, const struct gb_yaml *map,
                       struct gb_config *config)
{
    struct reader r = {.expand = e};
    uint32_t count = 0;

    if (!gb_yaml_is(e->mistakes, map, GB_YAML_MAP)) {
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        count += count_topics(&map->items[i]);
    }
    if (count > GB_CONFIG_SOURCES_MAX) {
        gb_yaml_mistake(e->mistakes, map, "more than %u topics", GB_CONFIG_SOURCES_MAX);
        return;
    }
    r.sources = gb_arena_take(e->arena, (count + 1) * sizeof(*r.sources));
    r.places = gb_arena_take(e->arena, (count + 1) * sizeof(*r.places));
    config->sources = r.sources;
    config->sources_count = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        if (gb_str_eq(map->keys[i].text, GB_STR("result.in"))) { /* gb.writeback.result.in */
            gb_yaml_mistake(e->mistakes, &map->keys[i], "the bridge's own topic has that name");
        }
        config->sources_count += read_one(&r, &map->items[i], map->keys[i].text,
                                          config->sources_count);
    }
}
