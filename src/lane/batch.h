/* A batch: records of one lane on their way through the core, with everything that they made.
 *
 * Life: filled (gb_batch_add) -> stepped once (gb_batch_step makes the commit and the messages, and
 * forgets the records) -> committed (gb_batch_settle: the messages stay) -> published -> freed.
 * A backlog keeps many batches at once, so each part has its own arena and goes when it may. */
#ifndef LANE_BATCH_H
#define LANE_BATCH_H

#include "base/buf.h"
#include "base/merkle.h"
#include "lane/effect.h"
#include "lane/topics.h"

struct gb_batch_record {
    int64_t offset;
    struct gb_str line; /* the ledger line, without newline */
    struct gb_record record;
};

struct gb_batch {
    struct gb_batch *next; /* in the owner's queue */
    struct gb_arena in;      /* lines and records, until stepped */
    struct gb_arena durable; /* state rows and frontier, until committed */
    struct gb_arena arena;   /* messages, until published */
    uint32_t count;
    uint32_t size;
    size_t bytes;
    struct gb_batch_record *records; /* NULL once stepped */

    /* Made by gb_batch_step: */
    struct gb_buf body, leaves, texts, outbox, hashes;
    struct gb_rows rows;
    struct gb_commit commit;
    const struct gb_message **messages;
    uint32_t messages_count;
    uint32_t messages_size;
    uint32_t sent; /* messages already visible */
    uint64_t outcomes[5]; /* by enum gb_outcome */
};

struct gb_batch *gb_batch_new(void);
void gb_batch_free(struct gb_batch *batch);

/* Appends one value of gb.intake. What cannot be read as a record becomes a dead record of its own
 * (source "gridbridge"), so that nothing is dropped and replay sees the same. */
void gb_batch_add(struct gb_batch *batch, uint32_t lane, int64_t offset, struct gb_str value);

/* The ledger line that value becomes, as gb_batch_add decides it (for the start check). */
struct gb_str gb_batch_line(struct gb_arena *arena, uint32_t lane, int64_t offset,
                            struct gb_str value);

bool gb_batch_is_policy(const struct gb_batch *batch); /* its first record is an activation */

/* The state of the lane that a step moves. */
struct gb_batch_state {
    struct gb_core *core;
    struct gb_merkle *tree;
    const struct gb_lane_row *before;
    const struct gb_topics *topics;
};

/* The batch is durable: frees all but its messages and the numbers of its commit. */
void gb_batch_settle(struct gb_batch *batch);

/* Steps all records, takes the changed rows, makes commit and messages. NOT_FOUND: an output is for
 * a source that has no write-back topic (err names it and the ledger line); core and tree have
 * moved on then, and whoever owns them drops them with the batch. */
enum gb_status gb_batch_step(struct gb_batch *batch, const struct gb_batch_state *state,
                             struct gb_err *err) GB_MUST_CHECK;

#endif
