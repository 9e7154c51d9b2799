/* The publisher of one lane: a thread of its own, because its calls block, with a transactional (or
 * idempotent) producer.
 *
 * Happy path: INIT (fences the predecessor) -> READ back -> SEND, SEND ... Whatever is not plainly
 * right in a SEND - an error, a time-out, a delivery report missing, a silent retry seen in the
 * statistics - answers MAYBE. */
#ifndef SHELL_KAFKA_SEND_H
#define SHELL_KAFKA_SEND_H

#include "lane/effect.h"
#include "shell/kafka_conf.h"
#include "shell/worker.h"

struct gb_sender_config {
    const struct gb_kafka *kafka;
    const char *transactional_id;              /* copied */
    const char *const *topics;                 /* real names by enum gb_topic, borrowed */
    uint32_t lane;                             /* also the partition */
    enum gb_publish_mode mode;
    struct gb_loop *loop;
    rd_kafka_t *readback, *watermarks;         /* borrowed, shared between senders */
    void (*on_event)(void *context, struct gb_event *event); /* on the loop; now is not set */
    void *context;
};

struct gb_sender;

struct gb_sender *gb_sender_new(const struct gb_sender_config *config);

/* Begins one GB_FX_PUB_*. DESTROY has no answer. Messages of a SEND are borrowed until it has
 * answered; after a DESTROY until the next INIT has, for by then the producer is gone. */
void gb_sender_do(struct gb_sender *sender, const struct gb_effect *effect);

/* No more answers are wanted; what is under way gives up soon. */
void gb_sender_stop(struct gb_sender *sender);

/* Joins the thread, frees. The loop must still take posts or be closed. */
void gb_sender_free(struct gb_sender *sender);

#endif
