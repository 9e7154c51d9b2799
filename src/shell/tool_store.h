/* What short-lived commands ask of the database, by name: the statements stand here, and the
 * columns of each answer are listed beside its function. */
#ifndef SHELL_TOOL_STORE_H
#define SHELL_TOOL_STORE_H

#include "lane/replay.h"
#include "lane/topics.h"
#include "shell/tool_pg.h"

/* Columns of the lanes' rows. */
enum gb_lane_column {
    GB_LANE_COLUMN_LANE,
    GB_LANE_COLUMN_STATUS,      /* running or halted */
    GB_LANE_COLUMN_EPOCH,
    GB_LANE_COLUMN_NEXT_OFFSET,
    GB_LANE_COLUMN_NEXT_INDEX,
    GB_LANE_COLUMN_FLOOR_INDEX, /* outputs of lines below are verified visible */
    GB_LANE_COLUMN_CLOCK,       /* ms */
    GB_LANE_COLUMN_HALT_REASON,
    GB_LANE_COLUMN_HALT_EVIDENCE,
    GB_LANE_COLUMN_OWNER,
    GB_LANE_COLUMN_UPDATED,     /* RFC 3339 */
    GB_LANE_COLUMN_AGE,         /* seconds since then */
    GB_LANE_COLUMN_HASH,        /* sha256 or sm3 */
    GB_LANE_COLUMN_ROOT,        /* hex */
    GB_LANE_COLUMN_DIGEST,      /* hex */
    GB_LANE_COLUMN_UNBALANCED,  /* the stream whose books do not balance, and why; else absent */
    GB_LANE_COLUMN_COUNT
};

/* All lanes by number. */
enum gb_status gb_tool_lanes(struct gb_tool_pg *pg, struct gb_tool_rows **rows) GB_MUST_CHECK;

/* The row of a lane in the answer of gb_tool_lanes, or -1. */
int64_t gb_tool_lane_find(const struct gb_tool_rows *rows, int64_t lane);

/* The chunk that begins at from_index, read into the arena. NOT_FOUND after the last. */
enum gb_status gb_tool_chunk(struct gb_tool_pg *pg, int64_t lane, uint64_t from_index,
                             struct gb_arena *arena,
                             struct gb_replay_chunk *chunk) GB_MUST_CHECK;

/* Puts an operator's word on a halted lane: the control line goes into the ledger, the lane leaves
 * its halt. to_offset < 0 keeps the lane's place; otherwise it goes on there (accepted loss; below
 * its place: gb.intake lost its tail). is_republishing: the outputs are read back from their start,
 * and what Kafka lost of them is sent again from the outbox. */
struct gb_tool_control {
    int64_t lane;
    int64_t to_offset;
    const char *action; /* resume, accept-loss, republish */
    bool is_republishing;
    struct gb_str actor, reason;
};
/* CONFLICT if the lane is not halted; NOT_FOUND if there is none. */
enum gb_status gb_tool_control(struct gb_tool_pg *pg, const struct gb_tool_control *control,
                               struct gb_err *err) GB_MUST_CHECK;

/* A bundle's files in the arena, sorted by name. NOT_FOUND. */
enum gb_status gb_tool_policy_read(struct gb_tool_pg *pg, struct gb_str hash,
                                   struct gb_arena *arena, struct gb_files *files) GB_MUST_CHECK;
/* Stores the parts of a bundle under its hash; one already there stays. */
enum gb_status gb_tool_policy_store(struct gb_tool_pg *pg, struct gb_str hash,
                                    const struct gb_files *files) GB_MUST_CHECK;

/* (hash, count): the bundles that lanes have active, and in how many; the most used first. */
enum gb_status gb_tool_active_policies(struct gb_tool_pg *pg,
                                       struct gb_tool_rows **rows) GB_MUST_CHECK;

/* The output topics that the database knows, slots of write-back topics and the gb_stream of each,
 * in the arena; a stream is absent where the topic was not created. prefix NULL: of the one bridge
 * whose database this is. */
enum gb_status gb_tool_slots(struct gb_tool_pg *pg, const char *prefix, struct gb_arena *arena,
                             struct gb_topics *topics, struct gb_err *err) GB_MUST_CHECK;

/* The same, for a bridge that runs. NOT_FOUND: fixed topics were not created. */
enum gb_status gb_tool_streams(struct gb_tool_pg *pg, const char *prefix, struct gb_arena *arena,
                               struct gb_topics *topics, struct gb_err *err) GB_MUST_CHECK;

/* (source, mode, sent, accepted, confirmed, refused, expired, suppressed, echoes, saved) of each
 * source, over all lanes; mode "live" where all of them have it live. */
enum gb_status gb_tool_writebacks(struct gb_tool_pg *pg, struct gb_tool_rows **rows) GB_MUST_CHECK;

/* Outbox lines (lane, line) that name a matter, in the order in which they were made. */
enum gb_status gb_tool_matter_lines(struct gb_tool_pg *pg, struct gb_str id,
                                    struct gb_tool_rows **rows) GB_MUST_CHECK;

#endif
