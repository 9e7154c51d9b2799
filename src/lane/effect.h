/* What a lane asks of the world, and what the world answers: the whole seam between the protocol
 * and I/O. The shell carries effects out on real servers, the simulator on fake ones.
 *
 * Rules of the seam:
 * - A step appends effects in the order in which they must be begun; the world may answer in any
 *   order, but answers each request exactly once (or never, if it dies).
 * - At most one PostgreSQL request of a lane is under way, at most one Kafka writing request, and
 *   at most one reading request; a cancelled request's answer is told apart by `ticket`.
 * - Pointers in an effect are borrowed from the lane until its answer has been stepped, or, where
 *   the lane has given it up (PG_RESET, PUB_DESTROY), until the next PUB_INIT is answered: by then
 *   the world has ended it. Pointers in an event are borrowed from the world for the call.
 * - Each effect is one semantic operation: SQL and client calls are the shell's business. */
#ifndef LANE_EFFECT_H
#define LANE_EFFECT_H

#include "base/hash.h"
#include "codec/files.h"
#include "core/core.h"

enum gb_publish_mode { GB_PUBLISH_TRANSACTIONAL, GB_PUBLISH_IDEMPOTENT };

/* ---- the lane's row in PostgreSQL: the fence ---- */

struct gb_lane_row {
    uint32_t lane;
    int64_t epoch;
    int64_t next_offset; /* in gb.intake, of the next record to apply */
    uint64_t next_index; /* ledger index of the next line */
    enum gb_hash_alg alg;
    bool has_last_hash;
    struct gb_hash last_hash; /* leaf of the record at next_offset - 1 */
    struct gb_str frontier;   /* bytes of the Merkle frontier over next_index leaves */
    struct gb_hash digest;    /* state digest after next_index lines */
    int64_t clock;            /* lane clock (ms): a load needs live rows only from here on */
    int64_t seqs[GB_TOPIC_COUNT];          /* last gb_seq given, durable */
    int64_t floor_seqs[GB_TOPIC_COUNT];    /* verified visible in Kafka ... */
    int64_t floor_offsets[GB_TOPIC_COUNT]; /* ... and the offset after that record */
    uint64_t floor_index;                  /* outputs of lines below are all visible */
    bool is_halted;
    struct gb_str halt_reason;
};

/* ---- effects ---- */

enum gb_effect_kind {
    /* PostgreSQL */
    GB_FX_PG_CLAIM,     /* R1: epoch+1 with the lock timeout; answers GB_EV_PG_CLAIMED */
    GB_FX_PG_TERMINATE, /* end the backend that the last BUSY answer named */
    GB_FX_PG_LOAD,      /* live rows with live_until >= since; answers GB_EV_PG_ROWS */
    GB_FX_PG_FETCH,     /* rows of keys, of what carries evidence, and of their matters */
    GB_FX_PG_POLICY,    /* the files of a bundle by hash */
    GB_FX_PG_COMMIT,    /* R4: the batch transaction, one round trip */
    GB_FX_PG_OUTBOX,    /* outbox chunks from an index on */
    GB_FX_PG_FLOOR,     /* move the floor (fenced by epoch) */
    GB_FX_PG_HALT,      /* write reason and evidence into the lane row (fenced by epoch) */
    GB_FX_PG_RESET,     /* drop the connection: after UNKNOWN, READ_ONLY or a warning */
    /* Kafka, reading gb.intake */
    GB_FX_CONSUME,      /* read the lane's partition from offset; answers CONSUMING, then RECORDs */
    GB_FX_CONSUME_STOP,
    /* Kafka, the lane's own outputs */
    GB_FX_PUB_INIT,     /* P1: new producer, init_transactions (idempotent mode: producer only) */
    GB_FX_PUB_READ,     /* P2: records of the lane's output partitions from floor to watermark */
    GB_FX_PUB_SEND,     /* P3: begin, produce in order, commit (or produce and flush) */
    GB_FX_PUB_DESTROY,  /* drop the producer without a word */
    /* the rest */
    GB_FX_TIMER,        /* one timer a lane: GB_EV_TIMER at now + after_ms; replaces the last */
    GB_FX_SAY           /* a log line: what the lane waits for, why it halted */
};

/* One record for a topic, complete: numbered, with all headers. */
struct gb_header {
    struct gb_str name, value;
};

#define GB_HEADERS_MAX 20

struct gb_message {
    enum gb_topic topic;
    int64_t seq; /* gb_seq */
    struct gb_str key;
    struct gb_str value; /* absent: tombstone */
    uint32_t headers_count;
    const struct gb_header *headers; /* by name; stand where key and value do */
    struct gb_hash hash; /* gb_message_hash */
};

struct gb_commit {
    int64_t epoch;
    int64_t from_offset, to_offset; /* next_offset before and after */
    uint64_t from_index, to_index;
    bool is_control;                /* lines without an offset */
    struct gb_str body;             /* ledger lines, each with a newline */
    struct gb_str leaves;           /* 32 bytes a line */
    struct gb_hash root_before;
    struct gb_str texts;            /* JSON Lines {"index","text"}, may be empty */
    const struct gb_rows *rows;
    struct gb_str outbox;           /* JSON Lines, may be empty */
    struct gb_str hashes;           /* 32 bytes an outbox line */
    int64_t seqs_before[GB_TOPIC_COUNT];
    struct gb_lane_row after;       /* the lane row as it shall be (floors included) */
};

struct gb_effect {
    enum gb_effect_kind kind;
    uint64_t ticket;
    uint32_t lane;
    union {
        struct { int64_t since; } load; /* lane clock below which closed rows are not needed */
        struct {
            const struct gb_str *keys;
            uint32_t count;
            const int64_t *evidence; /* any GB_WANTED_OF_EVIDENCE_MAX carriers of each suffice */
            uint32_t evidence_count;
        } fetch;
        struct { struct gb_str hash; } policy;
        const struct gb_commit *commit;
        struct { uint64_t from_index; uint32_t chunks_max; } outbox;
        const struct gb_lane_row *floor;
        struct { int64_t epoch; struct gb_str reason, evidence; } halt;
        struct { int64_t offset; } consume;
        struct { const int64_t *offsets; } read; /* per topic, start */
        struct { const struct gb_message *const *messages; uint32_t count; } send;
        struct { int64_t after_ms; } timer;
        struct { bool is_warning; struct gb_str text; } say;
    };
};

/* Effects of one step; the text of SAY lives until the next step. */
struct gb_effects {
    struct gb_effect *items; /* owned, grown */
    uint32_t count;
    uint32_t size;
};

void gb_effects_close(struct gb_effects *effects);
/* Appends and returns a zeroed effect. */
struct gb_effect *gb_effects_add(struct gb_effects *effects, enum gb_effect_kind kind,
                                 uint32_t lane, uint64_t ticket);

/* ---- events ---- */

enum gb_event_kind {
    GB_EV_ASSIGNED,     /* the group gave us this lane */
    GB_EV_REVOKED,      /* the group took it: stop, publish nothing more */
    GB_EV_TIMER,
    GB_EV_PG_CLAIMED,
    GB_EV_PG_TERMINATED,
    GB_EV_PG_ROWS,      /* some rows of LOAD or FETCH; more follow unless is_last */
    GB_EV_PG_POLICY,
    GB_EV_PG_COMMITTED, /* OK only with the tag COMMIT and no warning at all */
    GB_EV_PG_OUTBOX,
    GB_EV_PG_FLOORED,
    GB_EV_PG_HALTED,
    GB_EV_CONSUMING,    /* log start and end of the lane's partition; later: reading failed */
    GB_EV_RECORD,       /* one record of gb.intake */
    GB_EV_PUB_INITED,
    GB_EV_PUB_RECORD,   /* one visible record of an output partition */
    GB_EV_PUB_READ,     /* all partitions read to their watermarks */
    GB_EV_PUB_SENT,     /* OK: all visible; otherwise MAYBE */
    GB_EV_RESUME        /* an operator's resume or accept-loss, as a control record */
};

/* A state row from the database, as stored; codec parses it. */
struct gb_stored_row {
    struct gb_row row;
};

struct gb_outbox_chunk {
    uint64_t from_index, to_index;
    struct gb_str body;
    struct gb_str hashes;
    int64_t seqs_before[GB_TOPIC_COUNT], seqs_after[GB_TOPIC_COUNT];
};

struct gb_event {
    enum gb_event_kind kind;
    uint64_t ticket;        /* of the request that is answered, else 0 */
    int64_t now;            /* monotonic ms of the world */
    enum gb_status status;  /* GB_OK, or why not */
    struct gb_str message;  /* words of the world for a status that is not OK */
    union {
        const struct gb_lane_row *claimed;
        struct { const struct gb_stored_row *rows; uint32_t count; bool is_last; } rows;
        const struct gb_files *policy;
        struct { const struct gb_outbox_chunk *chunks; uint32_t count; bool is_last; } outbox;
        struct { int64_t log_start, log_end; } consuming;
        struct { int64_t offset; struct gb_str value; } record;
        struct { enum gb_topic topic; int64_t offset; struct gb_str key, value;
                 const struct gb_header *headers; uint32_t headers_count; } seen;
        struct { const int64_t *log_starts; const int64_t *ends; } read; /* per topic */
        struct { const int64_t *offsets; } sent; /* per topic: offset after the last, or -1 */
        struct { struct gb_str line; } control;  /* line one of a control record */
    };
};

#endif
