/* The reader of gb.intake: partitions from explicit offsets, no group. Records come one by one on
 * the loop, at most GB_TURN_RECORDS_MAX in a turn, and only to lanes that want them. */
#ifndef SHELL_KAFKA_READ_H
#define SHELL_KAFKA_READ_H

#include "lane/effect.h"
#include "lane/limits.h"
#include "shell/kafka_conf.h"
#include "shell/wakeup.h"
#include "shell/worker.h"

struct gb_reader_config {
    const struct gb_kafka *kafka;
    const char *topic;
    struct gb_loop *loop;
    struct gb_worker *worker; /* for the watermarks */
    rd_kafka_t *watermarks;   /* GB_KAFKA_WATERMARKS, borrowed */
    /* Called with everything but event->now. May start and stop partitions. */
    void (*on_event)(void *context, uint32_t lane, struct gb_event *event);
    bool (*wants)(void *context, uint32_t lane);
    void *context;
};

struct gb_reader;

/* On the loop's thread. NULL with err. */
struct gb_reader *gb_reader_new(const struct gb_reader_config *config, struct gb_err *err);

/* Answers CONSUMING with the log's start and end, then RECORDs with the ticket. */
void gb_reader_start(struct gb_reader *reader, uint32_t lane, uint64_t ticket, int64_t offset);
void gb_reader_stop(struct gb_reader *reader, uint32_t lane);

/* A lane may want records again. */
void gb_reader_kick(struct gb_reader *reader);

/* Stops everything and begins to close; gb_reader_free after the loop has ended. */
void gb_reader_close(struct gb_reader *reader);
void gb_reader_free(struct gb_reader *reader);

#endif
