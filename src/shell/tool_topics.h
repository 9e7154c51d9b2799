/* The bridge's own topics, for short-lived commands. */
#ifndef SHELL_TOOL_TOPICS_H
#define SHELL_TOOL_TOPICS_H

#include "shell/tool_pg.h"
#include "shell/tool_produce.h"

#define GB_TOOL_TOPICS 7U /* intake, policy.in, and the outputs */

struct gb_tool_topics {
    const char *prefix;
    int32_t partitions;  /* the lanes */
    int32_t replication; /* 1 or 3 */
};

/* Creates what is missing and mints the stream ids (shell/admin.h). DIFFERS where a topic has
 * another number of partitions. */
enum gb_status gb_tool_topics_create(const struct gb_tool_kafka *kafka, struct gb_tool_pg *pg,
                                     const struct gb_tool_topics *topics,
                                     struct gb_err *err) GB_MUST_CHECK;

struct gb_tool_topic {
    struct gb_str name;
    int32_t partitions; /* 0: not there */
    bool is_lanes;      /* has one partition a lane */
};

/* Looks at all of them. AWAY where no broker answers. */
enum gb_status gb_tool_topics_look(const struct gb_tool_kafka *kafka, const char *prefix,
                                   struct gb_arena *arena,
                                   struct gb_tool_topic found[GB_TOOL_TOPICS],
                                   struct gb_err *err) GB_MUST_CHECK;

#endif
