/* The bridge's own topics, for short-lived commands. */
#ifndef SHELL_TOOL_TOPICS_H
#define SHELL_TOOL_TOPICS_H

#include "core/core.h"
#include "shell/plain.h"
#include "shell/tool_pg.h"
#include "shell/tool_produce.h"

/* intake, what is written to the bridge, the outputs, and a write-back topic a source */
#define GB_TOOL_TOPICS_MAX (4U + GB_TOPIC_WRITEBACK + GB_TOOL_TARGETS_MAX)
#define GB_TOOL_TARGETS_MAX 64U

struct gb_tool_topics {
    const char *prefix;
    int32_t partitions;  /* the lanes */
    int32_t replication; /* 1 or 3 */
    const struct gb_writeback_target *targets; /* sources of the configuration, each once */
    size_t targets_count;
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
    bool is_optional;   /* nothing is written back to the source as it is configured */
};

struct gb_tool_found {
    struct gb_tool_topic items[GB_TOOL_TOPICS_MAX]; /* intake first */
    size_t count;
};

/* Looks at all of them; names live in the arena. AWAY where no broker answers. */
enum gb_status gb_tool_topics_look(const struct gb_tool_kafka *kafka,
                                   const struct gb_tool_topics *topics, struct gb_arena *arena,
                                   struct gb_tool_found *found,
                                   struct gb_err *err) GB_MUST_CHECK;

#endif
