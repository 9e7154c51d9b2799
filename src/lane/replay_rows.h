/* Inside of replay: the rows that a database would hold, because a core forgets what is long
 * closed and a lane fetches it again. Same answers as the lane's FETCH: what the keys name, what
 * carries the evidence, and everything of their matters. */
#ifndef LANE_REPLAY_ROWS_H
#define LANE_REPLAY_ROWS_H

#include "base/map.h"
#include "core/core.h"

struct gb_replay_rows {
    struct gb_map tables[GB_TABLE_COUNT]; /* key -> entry; only tables that a fetch reads */
    struct gb_map by_matter;              /* matter id -> list of entries */
    struct gb_map by_evidence;            /* 8 bytes of evidence -> list of links */
};

void gb_replay_rows_close(struct gb_replay_rows *rows);

/* Takes in what a flush gave; copies. */
void gb_replay_rows_keep(struct gb_replay_rows *rows, const struct gb_rows *changed);

/* Loads into core what the wants reach. BAD_RECORD never, unless the core is wrong. */
enum gb_status gb_replay_rows_fetch(const struct gb_replay_rows *rows,
                                    const struct gb_wants *wants, struct gb_core *core,
                                    struct gb_err *err) GB_MUST_CHECK;

#endif
