/* Setting up: topics and their gb_stream ids. For commands; every call blocks. */
#ifndef SHELL_ADMIN_H
#define SHELL_ADMIN_H

#include "codec/files.h"
#include "core/core.h"
#include "lane/topics.h"
#include "shell/kafka_conf.h"
#include "shell/plain.h"
#include "shell/tool_pg.h"

struct gb_admin_topics {
    const char *prefix;       /* "gb." */
    int32_t partitions;       /* of gb.intake and the outputs: the lanes, fixed at creation */
    int32_t replication;      /* 1 or 3; min.insync.replicas follows: 1 or 2 */
    const char *retention_ms; /* of gb.intake and the logs; "-1": for ever */
    const struct gb_writeback_target *targets; /* each source once */
    size_t targets_count;
};

/* Creates what is missing, checks the partition count of what is there (DIFFERS), and mints a
 * gb_stream for each output topic that was created or has none in the database. Each target gets a
 * slot and its write-back topic for good; where not all of them fit, only the live ones, and
 * TOO_LARGE where these do not fit either: then nothing was created. */
enum gb_status gb_admin_topics_create(const struct gb_kafka *kafka, struct gb_tool_pg *pg,
                                      const struct gb_admin_topics *topics,
                                      struct gb_err *err) GB_MUST_CHECK;

/* Partition count of a topic: NOT_FOUND, AWAY. */
enum gb_status gb_admin_partitions(rd_kafka_t *rk, const char *topic, int32_t *count,
                                   struct gb_err *err) GB_MUST_CHECK;

#endif
