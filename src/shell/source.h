/* Inside of the source: what kafka_source.c, kafka_lookup.c and kafka_sink.c share. */
#ifndef SHELL_SOURCE_H
#define SHELL_SOURCE_H

#include "shell/kafka_source.h"

/* A producer and the rank of its session; delivery reports of a dead one are dropped. */
struct gb_sink {
    struct gb_task task; /* its destruction, on a worker */
    struct gb_source *source;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    bool is_dead;
    struct gb_sink *next; /* in the list of dead ones */
};

struct gb_source {
    struct gb_source_config config;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct gb_wakeup wakeup;
    uv_timer_t poll_timer, timer, restart_timer;
    struct gb_sink *sink;
    struct gb_sink *dead; /* to be destroyed when no callback of theirs is running */
    rd_kafka_topic_partition_list_t *assignment; /* of the group; NULL: none */
    uint64_t generation;  /* of the assignment */
    bool is_looking;      /* a look-up is under way */
    bool is_paused;
    int64_t unwanted_at;  /* since when no records are wanted, 0: they are */
    uint64_t failed_ticket; /* produced in vain: reported in the next turn */
    bool is_commit_failed;  /* at once: reported in the next turn */
    bool is_closed;
};

/* Looks up committed offsets and watermarks on the worker, then sends GB_IE_ASSIGNED. */
void gb_source_look_up(struct gb_source *source);

struct gb_sink *gb_sink_new(struct gb_source *source, struct gb_err *err);
/* Unsent records are dropped; the object lives on until gb_sink_bury. */
void gb_sink_kill(struct gb_sink *sink);
/* Hands the dead to the worker. */
void gb_sink_bury(struct gb_source *source);
void gb_sink_produce(struct gb_sink *sink, const struct gb_intake_effect *effect);

#endif
