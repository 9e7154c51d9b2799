/* What the command centre's desk asks of the database, by name (views of schemas/sql/0008): the
 * statements stand here, the columns of each answer beside its function. Times are RFC 3339. */
#ifndef SHELL_TOOL_DESK_H
#define SHELL_TOOL_DESK_H

#include "shell/tool_pg.h"

enum gb_overlap_column {
    GB_OVERLAP_COLUMN_ID,
    GB_OVERLAP_COLUMN_KIND,
    GB_OVERLAP_COLUMN_STATE,     /* open or settled */
    GB_OVERLAP_COLUMN_VERSION,
    GB_OVERLAP_COLUMN_TOWN,
    GB_OVERLAP_COLUMN_VILLAGE,
    GB_OVERLAP_COLUMN_CATEGORY,
    GB_OVERLAP_COLUMN_MATTER,
    GB_OVERLAP_COLUMN_RULE,
    GB_OVERLAP_COLUMN_OPENED,
    GB_OVERLAP_COLUMN_CLAIMED_BY, /* absent where the claim is over by the lane's clock */
    GB_OVERLAP_COLUMN_LEAD,       /* role, or role:unit */
    GB_OVERLAP_COLUMN_COUNT,
    /* gb_desk_overlap only */
    GB_OVERLAP_COLUMN_FINAL = GB_OVERLAP_COLUMN_COUNT, /* "t": its matter is over */
    GB_OVERLAP_COLUMN_ROW,                             /* canonical JSON */
    GB_OVERLAP_COLUMN_MATTER_ROW,                      /* canonical JSON, may be absent */
    GB_OVERLAP_COLUMN_MATTER_VERSION,
};

struct gb_desk_filter {
    struct gb_str state, kind, town; /* absent: any */
    int64_t limit;
};

/* Open ones first, the oldest first. */
enum gb_status gb_desk_overlaps(struct gb_tool_pg *pg, const struct gb_desk_filter *filter,
                                struct gb_tool_rows **rows) GB_MUST_CHECK;
/* One of them; no row where there is none. */
enum gb_status gb_desk_overlap(struct gb_tool_pg *pg, struct gb_str id,
                               struct gb_tool_rows **rows) GB_MUST_CHECK;

enum gb_desk_matter_column {
    GB_DESK_MATTER_TOWN,
    GB_DESK_MATTER_VERSION,
    GB_DESK_MATTER_VALUE, /* as published last, canonical JSON */
    GB_DESK_MATTER_CLOCK, /* of its lane, ms */
    GB_DESK_MATTER_ROW,   /* the whole row, canonical JSON */
};

/* One matter; no row where there is none. */
enum gb_status gb_desk_matter(struct gb_tool_pg *pg, struct gb_str id,
                              struct gb_tool_rows **rows) GB_MUST_CHECK;

enum gb_ruling_column {
    GB_RULING_COLUMN_ID,
    GB_RULING_COLUMN_KIND,
    GB_RULING_COLUMN_STATE,
    GB_RULING_COLUMN_POST,
    GB_RULING_COLUMN_TO,
    GB_RULING_COLUMN_DECIDED,
    GB_RULING_COLUMN_REFUSED,
    GB_RULING_COLUMN_UNDONE_BY,
    GB_RULING_COLUMN_COUNT,
    /* gb_desk_ruling only */
    GB_RULING_COLUMN_LANE = GB_RULING_COLUMN_COUNT,
    GB_RULING_COLUMN_INDEX,
    GB_RULING_COLUMN_TOWN,
};

/* Decisions that concern a matter, in their order; one decision. */
enum gb_status gb_desk_rulings(struct gb_tool_pg *pg, struct gb_str matter,
                               struct gb_tool_rows **rows) GB_MUST_CHECK;
enum gb_status gb_desk_ruling(struct gb_tool_pg *pg, struct gb_str id,
                              struct gb_tool_rows **rows) GB_MUST_CHECK;

/* Outbox lines of one ledger line that name id: the answer to a decision is among them. */
enum gb_status gb_desk_lines(struct gb_tool_pg *pg, const struct gb_str lane_index_id[3],
                             struct gb_tool_rows **rows) GB_MUST_CHECK;

/* The newest activation that was committed by a time (ms) in the lane of a town, named by the
 * FNV-1a of its code: (bundle hash, RFC 3339 of the commit). No row: none was. */
enum gb_status gb_desk_activation(struct gb_tool_pg *pg, const struct gb_str town_hash_known[2],
                                  struct gb_tool_rows **rows) GB_MUST_CHECK;

/* Why the record at this offset of a topic is a dead letter (reason, detail); no row: it is
 * none. */
enum gb_status gb_desk_dead(struct gb_tool_pg *pg, struct gb_str topic, struct gb_str offset,
                            struct gb_tool_rows **rows) GB_MUST_CHECK;

#endif
