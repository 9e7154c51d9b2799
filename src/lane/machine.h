/* Inside of a lane: what reconcile.c and publish.c share. Nobody else includes this. */
#ifndef LANE_MACHINE_H
#define LANE_MACHINE_H

#include "codec/yaml.h"
#include "lane/batch.h"
#include "lane/lane.h"
#include "lane/limits.h"

#define GB_NEVER INT64_MAX
#define GB_RETRY_MS_MIN 50
#define GB_RETRY_MS_MAX 5000
#define GB_FENCED_MS 10000  /* a fenced lane asks again only after its group had time to tell */
#define GB_SEND_EVERY_MS 50 /* under load a transaction at most this often */
#define GB_FLOOR_AFTER_MS 1000
#define GB_INCOMING_BATCHES_MAX 2U

enum gb_pub_state { GB_PUB_OFF, GB_PUB_INIT, GB_PUB_READ, GB_PUB_FILL, GB_PUB_READY };

struct gb_queue {
    struct gb_batch *first, *last;
    uint32_t count;
};

/* A record seen in Kafka above the floor: kept until the outbox line with its number is met. */
struct gb_seen {
    int64_t seq;
    struct gb_hash hash;
};

/* By rising seq. */
struct gb_seen_list {
    struct gb_seen *items; /* owned, grown */
    uint32_t count, size;
};

struct gb_publisher {
    enum gb_pub_state state;
    uint64_t ticket;              /* of the request under way, 0 if none */
    int64_t visible[GB_TOPIC_COUNT]; /* last gb_seq that readers see */
    int64_t ends[GB_TOPIC_COUNT];    /* offset after it */
    bool has_floor[GB_TOPIC_COUNT];  /* the read-back met the floor's own record */
    int64_t first[GB_TOPIC_COUNT];   /* gb_seq of the first record read, where there is no floor */
    int64_t from[GB_TOPIC_COUNT];    /* where a read-back begins: the last one of the floor */
    struct gb_seen_list seen[GB_TOPIC_COUNT];
    struct gb_queue queue;        /* committed batches with messages to send */
    struct gb_batch *refill;      /* messages made again from the outbox */
    const struct gb_message *sending[GB_SEND_RECORDS_MAX];
    uint32_t sending_count;
    int64_t sent_at;
    int64_t retry_ms;
    bool is_floor_dirty;
};

struct gb_bundle {
    struct gb_bundle *next;
    struct gb_arena arena;
    const struct gb_policy *policy;
};

/* Compiles a bundle; NULL with mistakes. */
struct gb_bundle *gb_bundle_new(const struct gb_files *files, struct gb_mistakes *mistakes);
void gb_bundle_free(struct gb_bundle *bundle); /* NULL is fine */

struct gb_lane {
    struct gb_lane_config config;
    struct gb_arena names;        /* copies of the configuration's strings */
    enum gb_lane_state state;
    bool is_assigned;
    uint64_t tickets;             /* last one given */
    uint64_t pg_ticket;           /* request under way, 0 if none */
    enum gb_effect_kind pg_kind;
    uint64_t consume_ticket;
    int64_t next_receive;         /* offset expected next from Kafka */
    struct gb_core *core;
    struct gb_merkle tree;
    struct gb_arena row_arena;    /* frontier and reason of row */
    struct gb_lane_row row;       /* durable */
    struct gb_bundle *bundles;    /* policy bundles met so far, kept for good */
    struct gb_queue incoming;     /* filled batches; the last one is open */
    struct gb_batch *flying;      /* being fetched, stepped, committed */
    struct gb_queue graves;       /* dropped while a request may still read them */
    struct gb_wants wants;
    struct gb_arena wants_arena;
    struct gb_publisher pub;
    int64_t now;
    int64_t due_retry, due_send, due_floor, timer_at;
    int64_t retry_ms;
    int64_t committed_at;
    uint64_t published_index;
    uint64_t outcomes[5];
    char text[900];               /* of the last SAY or HALT */
    char evidence[640];
    const char *halt_reason;      /* static; of a halt that is not in the row yet, else NULL */
};

void gb_queue_put(struct gb_queue *queue, struct gb_batch *batch);
struct gb_batch *gb_queue_take(struct gb_queue *queue);
void gb_queue_free(struct gb_queue *queue);
void gb_queue_move(struct gb_queue *to, struct gb_queue *from);

uint64_t gb_lane_ticket(struct gb_lane *lane);

/* A PostgreSQL request; there must be none under way. */
struct gb_effect *gb_lane_ask_pg(struct gb_lane *lane, struct gb_effects *fx,
                                 enum gb_effect_kind kind);

__attribute__((format(printf, 4, 5))) void gb_lane_say(struct gb_lane *lane, struct gb_effects *fx,
                                                       bool is_warning, const char *format, ...);

/* Stops the lane for good, with reason and evidence in the lane row, until an operator resumes. */
__attribute__((format(printf, 4, 5))) void gb_lane_halt(struct gb_lane *lane,
                                                        struct gb_effects *fx, const char *reason,
                                                        const char *evidence, ...);

/* Drops the memory of the lane and claims it again after a back-off (R1). */
void gb_lane_recover(struct gb_lane *lane, struct gb_effects *fx, const char *why);

/* Starts the next batch if nothing stands in the way. */
void gb_reconcile_go(struct gb_lane *lane, struct gb_effects *fx);
void gb_reconcile_event(struct gb_lane *lane, const struct gb_event *event,
                        struct gb_effects *fx);

/* Asks again for a policy bundle that was not there. */
void gb_reconcile_retry(struct gb_lane *lane, struct gb_effects *fx);

/* A fresh producer and read-back; the lane row must be clean. */
void gb_publish_start(struct gb_lane *lane, struct gb_effects *fx);
void gb_publish_stop(struct gb_lane *lane, struct gb_effects *fx);
void gb_publish_event(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx);
/* Sends what may be sent now; asks for the outbox or the floor where that is next. */
void gb_publish_go(struct gb_lane *lane, struct gb_effects *fx);
/* True while the lane must not commit more: too much waits to be published. Small batches, as a
 * trickle makes them, do not hold it up while a transaction is under way. */
bool gb_publish_is_full(const struct gb_publisher *pub);
/* A record of the read-back, and its end: true if the outbox may be walked, false if the lane has
 * halted. */
void gb_publish_seen(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx);
bool gb_publish_read(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx);
/* True if the message is visible already, with the same bytes; halts the lane if they differ. */
bool gb_publish_is_visible(struct gb_lane *lane, const struct gb_message *m,
                           struct gb_effects *fx);
/* Appends the messages of a chunk that are not visible to the refill batch; false: the lane has
 * halted. */
bool gb_publish_refill(struct gb_lane *lane, const struct gb_outbox_chunk *chunk,
                       struct gb_effects *fx);
/* A batch just committed. */
void gb_publish_give(struct gb_lane *lane, struct gb_batch *batch);

#endif
