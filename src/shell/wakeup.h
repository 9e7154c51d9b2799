/* A pipe between Kafka's threads and a loop: a queue that fills writes one byte, the loop then asks
 * for work. The byte comes only when an empty queue fills, so after a bounded turn the loop asks
 * again by itself (gb_wakeup_again). */
#ifndef SHELL_WAKEUP_H
#define SHELL_WAKEUP_H

#include <librdkafka/rdkafka.h>
#include <uv.h>

#include "base/check.h"

struct gb_wakeup {
    int ends[2];
    uv_poll_t poll;
    uv_idle_t idle;
    void (*on_work)(void *context);
    void *context;
    uint32_t open; /* handles */
};

/* on_work does a bounded amount of work and calls gb_wakeup_again if something is left. */
void gb_wakeup_init(struct gb_wakeup *wakeup, uv_loop_t *loop, void (*on_work)(void *context),
                    void *context);

/* Closes the handles, and the pipe when they are closed; memory must live until then, and every
 * queue that watches must be gone. */
void gb_wakeup_close(struct gb_wakeup *wakeup);

/* Calls on_work in the next turn of the loop. */
void gb_wakeup_again(struct gb_wakeup *wakeup);

/* Lets queue write into the pipe when it fills. */
void gb_wakeup_watch(struct gb_wakeup *wakeup, rd_kafka_queue_t *queue);

#endif
