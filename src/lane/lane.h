/* One lane: reconcile and publish, a state machine without I/O (DELIVERY 2, R1-R5, P1-P4).
 *
 *   IDLE -assigned-> CLAIM -> LOAD -> CHECK -> RUN <-> (WAIT: policy, back-off) ; any -> HALTED
 *   publisher: OFF -> INIT -> READ -> FILL (outbox) -> READY <-> SENDING ; any failure -> INIT
 *
 * Happy path: claim, load the live rows, read one record before next_offset and compare its hash;
 * then batches: fetch what memory may lack, step, commit, publish. Failure of any PostgreSQL
 * request, or a commit whose outcome is unknown: the lane drops its memory and claims again, and
 * the claim's own clean commit tells what is true. Failure of the publisher: a new producer first
 * (it fences the old one), only then the read-back. A hash that differs halts the lane. */
#ifndef LANE_LANE_H
#define LANE_LANE_H

#include "lane/effect.h"
#include "lane/topics.h"

struct gb_lane;

struct gb_lane_config {
    uint32_t lane;
    enum gb_publish_mode mode;
    size_t batch_bytes_max; /* 0: GB_BATCH_BYTES_MAX */
    uint32_t batch_records_max; /* 0: GB_BATCH_RECORDS_MAX */
    struct gb_topics topics;
};

/* State as operators see it (status, metrics). */
enum gb_lane_state {
    GB_LANE_IDLE,
    GB_LANE_CLAIMING,
    GB_LANE_LOADING,
    GB_LANE_CHECKING,
    GB_LANE_RUNNING,
    GB_LANE_WAITING,
    GB_LANE_HALTED
};

struct gb_lane_view {
    enum gb_lane_state state;
    int64_t next_offset;
    uint64_t next_index;
    uint64_t published_index;  /* outputs of lines below are visible */
    int64_t clock;
    int64_t committed_at;      /* world's ms of the last commit, 0 if none */
    uint64_t applied, unchanged, refused, dead, ignored; /* since the claim */
};

struct gb_lane *gb_lane_new(const struct gb_lane_config *config);
void gb_lane_free(struct gb_lane *lane);

/* The one door. */
void gb_lane_step(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *effects);

/* False while the lane has all it can hold: the world then stops handing out records. */
bool gb_lane_wants_records(const struct gb_lane *lane);

void gb_lane_look(const struct gb_lane *lane, struct gb_lane_view *view);
const char *gb_lane_state_word(enum gb_lane_state state);

#endif
