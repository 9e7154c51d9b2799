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
                                         .retention_ms = KEEP_MS};

    return gb_admin_topics_create(&how, pg, &what, err);
}

enum gb_status gb_tool_topics_look(const struct gb_tool_kafka *kafka, const char *prefix,
                                   struct gb_arena *arena,
                                   struct gb_tool_topic found[GB_TOOL_TOPICS], struct gb_err *err)
{
    const struct gb_kafka how = plain(kafka);
    rd_kafka_t *rk = gb_kafka_open(&how, GB_KAFKA_WATERMARKS, err);
    enum gb_status status = GB_OK;

    if (rk == NULL) {
        return GB_BAD_CONFIG;
    }
    for (uint32_t i = 0; i < GB_TOOL_TOPICS && status == GB_OK; i++) {
        struct gb_str word = i == 0   ? GB_STR("intake")
                             : i == 1 ? GB_STR("policy.in")
                                      : gb_topic_word((enum gb_topic)(i - 2));

        found[i] = (struct gb_tool_topic){
            .name = gb_arena_printf(arena, "%s%.*s", prefix, GB_STR_ARG(word)),
            .is_lanes = i != 1};
        status = gb_admin_partitions(rk, found[i].name.ptr, &found[i].partitions, err);
        status = status == GB_NOT_FOUND ? GB_OK : status;
    }
    rd_kafka_destroy(rk);
    return status;
}
