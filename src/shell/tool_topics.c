/* Names of the topics and what the cluster says of them. */
#include "shell/tool_topics.h"

#include "shell/admin.h"

#define KEEP_MS "2592000000" /* thirty days: a backup interval plus a week, with room */

static struct gb_kafka plain(const struct gb_tool_kafka *kafka)
{
    return (struct gb_kafka){.bootstrap = kafka->bootstrap,
                             .client_id = "gridbridge-tool",
                             .properties = kafka->properties,
                             .properties_count = kafka->properties_count};
}

enum gb_status gb_tool_topics_create(const struct gb_tool_kafka *kafka, struct gb_tool_pg *pg,
                                     const struct gb_tool_topics *topics, struct gb_err *err)
{
    const struct gb_kafka how = plain(kafka);
    const struct gb_admin_topics what = {.prefix = topics->prefix,
                                         .partitions = topics->partitions,
                                         .replication = topics->replication,
                                         .retention_ms = KEEP_MS,
                                         .targets = topics->targets,
                                         .targets_count = topics->targets_count};

    return gb_admin_topics_create(&how, pg, &what, err);
}

static void add(struct gb_tool_found *found, struct gb_str name, bool is_lanes, bool is_optional)
{
    found->items[found->count++] =
        (struct gb_tool_topic){.name = name, .is_lanes = is_lanes, .is_optional = is_optional};
}

static void name_all(const struct gb_tool_topics *topics, struct gb_arena *arena,
                     struct gb_tool_found *found)
{
    static const char *const fixed[] = {"intake", "policy.in", "decision.in",
                                        "writeback.result.in"};

    found->count = 0;
    for (size_t i = 0; i < GB_COUNT(fixed); i++) {
        add(found, gb_arena_printf(arena, "%s%s", topics->prefix, fixed[i]), i == 0, false);
    }
    for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
        struct gb_str word = gb_topic_word((enum gb_topic)t);

        add(found, gb_arena_printf(arena, "%s%.*s", topics->prefix, GB_STR_ARG(word)), true,
            false);
    }
    GB_CHECK(topics->targets_count <= GB_TOOL_TARGETS_MAX);
    for (size_t i = 0; i < topics->targets_count; i++) {
        add(found,
            gb_arena_printf(arena, "%swriteback.%s", topics->prefix, topics->targets[i].source),
            true, !topics->targets[i].is_live);
    }
}

enum gb_status gb_tool_topics_look(const struct gb_tool_kafka *kafka,
                                   const struct gb_tool_topics *topics, struct gb_arena *arena,
                                   struct gb_tool_found *found, struct gb_err *err)
{
    const struct gb_kafka how = plain(kafka);
    rd_kafka_t *rk = gb_kafka_open(&how, GB_KAFKA_WATERMARKS, err);
    enum gb_status status = GB_OK;

    if (rk == NULL) {
        return GB_BAD_CONFIG;
    }
    name_all(topics, arena, found);
    for (size_t i = 0; i < found->count && status == GB_OK; i++) {
        status = gb_admin_partitions(rk, found->items[i].name.ptr, &found->items[i].partitions,
                                     err);
        status = status == GB_NOT_FOUND ? GB_OK : status;
    }
    rd_kafka_destroy(rk);
    return status;
}
