/* Intake: source records through the door into gb.intake, a state machine without I/O
 * (DELIVERY 2, I1-I4). One for each process with the role.
 *
 *   IDLE -assigned-> VERIFY (read the last committed record again, compare) -> RUN -> ...
 *   RUN: records are opened and produced at once; every tick_ms in which something was consumed a
 *   tick goes to every lane (otherwise each idle_tick_ms); when all of it is acknowledged, the
 *   offsets that the tick covers are committed, with "offset:hash" of the last source record.
 *   Any delivery failure, a wrong clock, a rebalance: purge, new session, from the committed one.
 *
 * Ticks go out before the commit that they cover, so intervals chain over a crash. */
#ifndef LANE_INTAKE_H
#define LANE_INTAKE_H

#include "codec/door.h"
#include "lane/limits.h"

struct gb_intake;

struct gb_intake_config {
    const struct gb_door *door; /* borrowed */
    struct gb_str cluster;
    uint32_t lanes_count;
    int64_t tick_ms;            /* 1000 */
    int64_t idle_tick_ms;       /* 60000 */
    int64_t skew_max_ms;        /* 600000 */
    struct gb_str policy_topic; /* gb.policy.in: fanned out to every lane */
};

/* A source partition with what its group has committed. offset -1: nothing yet. */
struct gb_stream_start {
    struct gb_str topic;
    int32_t partition;
    int64_t committed;
    struct gb_str metadata;        /* "offset:hash" or empty */
    int64_t log_start, log_end;
    bool from_latest;              /* first start: end of the log instead of its start */
};

enum gb_intake_effect_kind {
    GB_IX_FETCH,   /* assign these streams at these offsets */
    GB_IX_PRODUCE, /* one intake record to a lane's partition */
    GB_IX_COMMIT,  /* group offsets with metadata */
    GB_IX_PURGE,   /* drop everything unsent, a new producer */
    GB_IX_RESTART, /* look up committed offsets again and send GB_IE_ASSIGNED (after_ms) */
    GB_IX_TIMER,
    GB_IX_HALT,    /* a stream halts with evidence: say it, fetch it no more */
    GB_IX_SAY
};

struct gb_stream_offset {
    struct gb_str topic;
    int32_t partition;
    int64_t offset;
    struct gb_str metadata;
};

struct gb_intake_effect {
    enum gb_intake_effect_kind kind;
    union {
        struct { const struct gb_stream_offset *items; uint32_t count; } streams; /* and COMMIT */
        struct { uint32_t lane; struct gb_str key, value; uint64_t ticket; } produce;
        int64_t after_ms; /* TIMER, RESTART */
        struct { struct gb_str topic; int32_t partition; } halt;
    };
    struct gb_str text; /* SAY, HALT */
};

/* Effects of one step; everything they point to lives until the next step (PRODUCE: copy). */
struct gb_intake_effects {
    struct gb_intake_effect *items; /* owned, grown */
    uint32_t count;
    uint32_t size;
};

enum gb_intake_event_kind {
    GB_IE_ASSIGNED, /* streams of this instance, after a rebalance or RESTART */
    GB_IE_REVOKED,
    GB_IE_RECORD,
    GB_IE_ACKED,    /* delivery report of one PRODUCE: status and broker append time */
    GB_IE_COMMITTED,
    GB_IE_FAILED,   /* reading a stream failed: status and words */
    GB_IE_TIMER
};

struct gb_intake_event {
    enum gb_intake_event_kind kind;
    int64_t now;      /* monotonic ms */
    int64_t wall;     /* wall clock, ms since 1970 UTC */
    enum gb_status status;
    union {
        struct {
            const struct gb_stream_start *items;
            uint32_t count;
            struct gb_str session; /* fresh random id, 32 hex digits */
            struct gb_str secret;  /* fresh random bytes, seeds the salts */
            bool has_policy;       /* the policy topic's group offset is committed above 0 */
        } assigned;
        const struct gb_source_record *record;
        struct { uint64_t ticket; int64_t append_time; } acked;
        struct { struct gb_str topic; int32_t partition; struct gb_str words; } failed;
    };
};

struct gb_intake *gb_intake_new(const struct gb_intake_config *config);
void gb_intake_free(struct gb_intake *intake);
void gb_intake_step(struct gb_intake *intake, const struct gb_intake_event *event,
                    struct gb_intake_effects *effects);
/* What is opened from now on goes through door; between steps. The old one is no longer used. */
void gb_intake_set_door(struct gb_intake *intake, const struct gb_door *door);
/* Draining: reads only what an earlier session may have sent already (below the log's end at the
 * assignment), then nothing, until told otherwise; ticks and commits go on. */
void gb_intake_drain(struct gb_intake *intake, bool is_wanted);
/* True if nothing is under way: all that was ever sent is committed. A mapping that reads records
 * in another way may take over here and nowhere else: what is sent again must be the same. */
bool gb_intake_is_drained(const struct gb_intake *intake);
/* False while too much is unacknowledged, or drained: the world then hands out no records. */
bool gb_intake_wants_records(const struct gb_intake *intake);
void gb_intake_effects_close(struct gb_intake_effects *effects);

#endif
