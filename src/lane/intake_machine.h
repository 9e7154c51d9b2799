/* Inside of intake: what intake.c, intake_place.c and intake_send.c share. Nobody else includes
 * this. */
#ifndef LANE_INTAKE_MACHINE_H
#define LANE_INTAKE_MACHINE_H

#include "base/buf.h"
#include "base/map.h"
#include "codec/record_json.h"
#include "lane/intake.h"

#define GB_UNREAD_MAX 16U

enum gb_intake_state { GB_INTAKE_IDLE, GB_INTAKE_RUNNING };

/* One source partition in this session. */
struct gb_stream {
    struct gb_str topic;
    int32_t partition;
    struct gb_str id;          /* "cluster/topic/partition" */
    bool is_policy, is_halted;
    bool is_new;               /* begun without a committed offset; the next tick says so ... */
    bool is_starting;          /* ... and nothing is read before its place is committed */
    bool is_unreadable;        /* nothing more is read, what was read is ticked and committed */
    int64_t verify_offset;     /* record to compare first, or -1 */
    struct gb_str verify_hash;
    int64_t log_end;           /* at assignment: below it records may have been sent before */
    int64_t next;              /* consumed below */
    int64_t from;              /* ticked below */
    int64_t committed;
    int64_t last_offset;       /* of the last record consumed in this session, or -1 */
    char last_hash[65];
    int64_t ticked;            /* `to` of the last tick, with its last record: to be committed */
    int64_t ticked_offset;
    char ticked_hash[65];
    int64_t *sent;             /* by lane, since the last tick; owned */
};

struct gb_intake {
    struct gb_intake_config config;
    struct gb_arena names;         /* configuration */
    struct gb_arena session_arena; /* of this assignment */
    struct gb_arena step_arena;    /* of this step */
    struct gb_buf line;
    enum gb_intake_state state;
    struct gb_str session, secret;
    struct gb_stream *streams;
    uint32_t streams_count;
    struct gb_map by_id;
    int64_t *numbers;              /* next n by lane */
    uint64_t tickets;              /* last one given */
    uint64_t tickets_purged;       /* acks up to here are strays */
    uint32_t unacked;
    bool has_policy, is_clock_checked;
    int64_t proven_now, proven_wall; /* when a delivery report last agreed with the clock */
    bool is_committing;            /* ticks are out; commit follows their acks */
    uint64_t commit_ticket;
    uint32_t commit_left;
    int64_t ticked_at;
    bool is_draining;
    uint64_t unread_at[GB_UNREAD_MAX]; /* places where reading failed, as hashes; a ring */
    uint32_t unread_count;
};

struct gb_intake_effect *gb_intake_add(struct gb_intake_effects *fx,
                                       enum gb_intake_effect_kind kind);

/* Numbers, writes and produces one record. */
void gb_intake_send(struct gb_intake *intake, uint32_t lane, struct gb_record *rec,
                    struct gb_intake_effects *fx);

/* A record of the policy topic, {"bundle": hash}: one activation to every lane. Gives gb_door_hash
 * of it, in the step's arena. */
struct gb_str gb_intake_policy(struct gb_intake *intake, struct gb_stream *stream,
                               const struct gb_source_record *in, struct gb_intake_effects *fx);

/* Nothing more is read of the stream; why is the evidence. */
void gb_intake_halt_stream(struct gb_stream *stream, struct gb_str why,
                           struct gb_intake_effects *fx);

/* Where reading begins; the last committed record is read again and compared. */
void gb_intake_place(struct gb_intake *intake, struct gb_stream *stream,
                     const struct gb_stream_start *start, struct gb_intake_effects *fx);

/* What was ticked is committed when all that was sent is acknowledged. */
void gb_intake_await_commit(struct gb_intake *intake);

/* Streams without a committed offset: the lanes are told first, as they may remember them; then the
 * place is committed; then it is read. So what was read once always has a committed offset, unless
 * Kafka forgot it, and `start: latest` holds from the first start on. */
void gb_intake_begin_new(struct gb_intake *intake, struct gb_intake_effects *fx);

/* The stream of this session, or NULL. */
struct gb_stream *gb_intake_stream(struct gb_intake *intake, struct gb_str topic,
                                   int32_t partition);

/* True if reading failed by bytes that no session will read: the stream stops there, with what was
 * read of it counted and committed; the others go on. */
bool gb_intake_leave_broken(struct gb_intake *intake, const struct gb_intake_event *event,
                            struct gb_intake_effects *fx);

/* A tick to every lane; clock 0 moves nothing. Starts new intervals. The first one says which
 * streams this session began without a committed offset. */
void gb_intake_tick(struct gb_intake *intake, int64_t clock, struct gb_intake_effects *fx);

#endif
