/* Inside of the publisher: what kafka_send.c and kafka_readback.c share. Inside only. */
#ifndef SHELL_SENDER_H
#define SHELL_SENDER_H

#include "shell/kafka_send.h"

struct gb_sender {
    struct gb_sender_config config;
    char *transactional_id; /* owned */
    struct gb_worker *worker;
    atomic_uint generation; /* raised by the loop: older jobs give up */
    bool is_closed;         /* loop's thread only: answers are dropped */

    /* The worker's own: */
    rd_kafka_t *rk;
    uint32_t delivered, failed;
    int64_t offsets[GB_TOPIC_COUNT]; /* after the last delivered record, -1 */
    uint64_t sends;
    uint64_t retries;   /* as the statistics showed last */
    bool is_suspect;    /* they rose */
    char message[256];
};

/* One request, and then its answer. */
struct gb_sender_job {
    struct gb_task task;
    struct gb_sender *sender;
    enum gb_effect_kind kind;
    uint64_t ticket;
    uint32_t generation;
    enum gb_status status;
    char message[256];
    int64_t starts[GB_TOPIC_COUNT]; /* READ: from there; answer: log starts */
    int64_t ends[GB_TOPIC_COUNT];   /* READ: high watermarks; SEND: offsets */
    const struct gb_message *const *messages; /* SEND: the lane's, by the rule of the seam */
    uint32_t count;
};

/* True if nobody waits for the job any more. */
bool gb_sender_is_stale(const struct gb_sender_job *job);

/* P2, on the worker's thread: posts the records as they come, fills starts and ends. */
enum gb_status gb_sender_read(struct gb_sender_job *job);

#endif
