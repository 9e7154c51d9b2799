/* The server: one row a lane with its lock, transactions that wait for it, the fence, and what a
 * commit changes. READ COMMITTED: who waited sees the row as it stands when the lock is given. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

struct gb_str sim_copy(struct sim *sim, struct gb_str s)
{
    return gb_arena_str(&sim->arena, s);
}

static void roll_back(struct sim *sim, struct sim_tx *tx, enum gb_status status);

/* SQL_FENCE, SQL_FLOOR, SQL_HALT: no row, division by zero, and nothing behind it can commit. */
static bool passes_fence(const struct sim_pg_lane *lane, const struct sim_tx *tx)
{
    switch (tx->kind) {
    case SIM_TX_CLAIM:
        return true;
    case SIM_TX_COMMIT:
        return tx->commit->epoch == lane->row.epoch &&
               tx->commit->from_offset == lane->row.next_offset &&
               tx->commit->from_index == lane->row.next_index;
    case SIM_TX_FLOOR:
    case SIM_TX_HALT:
        break;
    }
    return tx->epoch == lane->row.epoch;
}

static void on_commit_point(struct sim *sim, struct sim_event *event);

static void go_on(struct sim *sim, struct sim_tx *tx)
{
    if (tx->has_lock && tx->is_complete && !tx->is_over) {
        (void)sim_after(sim, tx->commit_us, on_commit_point, tx);
    }
}

static void grant(struct sim *sim, struct sim_tx *tx)
{
    struct sim_pg_lane *lane = &sim->pg[tx->lane];

    lane->holder = tx;
    tx->has_lock = true;
    if (!passes_fence(lane, tx)) {
        roll_back(sim, tx, GB_FENCED);
        return;
    }
    go_on(sim, tx);
}

static void leave_queue(struct sim_pg_lane *lane, const struct sim_tx *tx)
{
    struct sim_tx **at = &lane->waiting;

    while (*at != NULL && *at != tx) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = tx->next;
    }
}

/* Whoever is quickest when the lock is released, not who came first. */
static struct sim_tx *some_waiting(struct sim *sim, const struct sim_pg_lane *lane)
{
    struct sim_tx *some = NULL;
    uint32_t count = 0;

    for (struct sim_tx *tx = lane->waiting; tx != NULL; tx = tx->next) {
        count++;
        some = sim_below(sim, count) == 0 ? tx : some;
    }
    return some;
}

static void release(struct sim *sim, struct sim_tx *tx)
{
    struct sim_pg_lane *lane = &sim->pg[tx->lane];
    struct sim_tx *next;

    if (lane->holder != tx) {
        return;
    }
    lane->holder = NULL;
    next = some_waiting(sim, lane);
    if (next != NULL) {
        leave_queue(lane, next);
        grant(sim, next);
    }
}

static void roll_back(struct sim *sim, struct sim_tx *tx, enum gb_status status)
{
    tx->is_over = true;
    tx->status = status;
    leave_queue(&sim->pg[tx->lane], tx);
    if (tx->is_complete) {
        sim_tx_answer(sim, tx);
    }
    release(sim, tx);
}

static void on_lock_timeout(struct sim *sim, struct sim_event *event)
{
    struct sim_tx *tx = event->data;

    if (!tx->is_over && !tx->has_lock) {
        sim_trace(sim, "pg: lane %u: lock timeout of backend %llu", tx->lane,
                  (unsigned long long)tx->backend);
        roll_back(sim, tx, GB_BUSY);
    }
}

void sim_tx_arrive(struct sim *sim, struct sim_tx *tx)
{
    struct sim_pg_lane *lane = &sim->pg[tx->lane];
    struct sim_tx **at = &lane->waiting;

    if (lane->holder == NULL) {
        grant(sim, tx);
        return;
    }
    if (!passes_fence(lane, tx)) { /* only a row that matches as it was committed is waited for */
        roll_back(sim, tx, GB_FENCED);
        return;
    }
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = tx;
    (void)sim_after(sim, tx->wait_us, on_lock_timeout, tx);
}

void sim_tx_complete(struct sim *sim, struct sim_tx *tx)
{
    tx->is_complete = true;
    if (tx->is_over) {
        sim_tx_answer(sim, tx);
    } else {
        go_on(sim, tx);
    }
}

static void each_of_backend(struct sim *sim, uint64_t backend, bool spare_complete)
{
    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        struct sim_pg_lane *lane = &sim->pg[l];
        struct sim_tx *tx = lane->holder;
        struct sim_tx *next;

        if (tx != NULL && tx->backend == backend && !(spare_complete && tx->is_complete)) {
            tx->is_complete = true;
            roll_back(sim, tx, GB_MAYBE);
        }
        for (tx = lane->waiting; tx != NULL; tx = next) {
            next = tx->next;
            if (tx->backend == backend && !(spare_complete && tx->is_complete)) {
                tx->is_complete = true;
                roll_back(sim, tx, GB_MAYBE);
            }
        }
    }
}

void sim_pg_hang_up(struct sim *sim, uint64_t backend)
{
    each_of_backend(sim, backend, true);
}

void sim_pg_terminate(struct sim *sim, uint32_t lane, uint64_t backend)
{
    sim_trace(sim, "pg: lane %u: backend %llu is terminated", lane, (unsigned long long)backend);
    each_of_backend(sim, backend, false);
}

void sim_pg_end_all(struct sim *sim, uint32_t lane)
{
    while (sim->pg[lane].holder != NULL) {
        sim->pg[lane].holder->is_complete = true;
        roll_back(sim, sim->pg[lane].holder, GB_MAYBE);
    }
}

static void apply_claim(struct sim *sim, struct sim_tx *tx)
{
    struct sim_pg_lane *lane = &sim->pg[tx->lane];

    if (!lane->exists) {
        lane->exists = true;
        lane->row.lane = tx->lane;
        lane->row.alg = sim->plan.seed % 8 == 0 ? GB_SM3 : GB_SHA256;
        lane->row.frontier = GB_STR("");
    }
    lane->row.epoch++;
    lane->backend = tx->backend;
    if (lane->owner != tx->daemon || lane->owner_incarnation != tx->incarnation) {
        sim->check.owner_changes += lane->row.epoch > 1;
        lane->owner = tx->daemon;
        lane->owner_incarnation = tx->incarnation;
    }
    tx->row = gb_arena_take(&sim->arena, sizeof(*tx->row));
    *tx->row = lane->row;
    sim_check_claimed(sim, tx->lane);
}

static struct sim_chunk *make_chunk(struct sim *sim, const struct gb_commit *c)
{
    struct sim_chunk *chunk = gb_arena_take(&sim->arena, sizeof(*chunk));

    *chunk = (struct sim_chunk){.from_index = c->from_index,
                                .to_index = c->to_index,
                                .from_offset = c->from_offset,
                                .to_offset = c->to_offset,
                                .epoch = c->epoch,
                                .body = c->body,
                                .leaves = c->leaves,
                                .frontier = c->after.frontier,
                                .texts = c->texts,
                                .outbox = c->outbox,
                                .hashes = c->hashes,
                                .root_before = c->root_before,
                                .digest = c->after.digest};
    memcpy(chunk->seqs_before, c->seqs_before, sizeof(chunk->seqs_before));
    memcpy(chunk->seqs_after, c->after.seqs, sizeof(chunk->seqs_after));
    return chunk;
}

/* False: PRIMARY KEY (lane, from_index) of ledger_chunk. */
static bool is_new_chunk(const struct sim_pg_lane *lane, uint64_t from_index)
{
    for (uint32_t i = lane->chunks_count; i > 0; i--) {
        if (lane->chunks[i - 1]->from_index == from_index) {
            return false;
        }
    }
    return true;
}

static bool apply_commit(struct sim *sim, struct sim_tx *tx)
{
    struct sim_pg_lane *lane = &sim->pg[tx->lane];
    const struct gb_commit *c = tx->commit;
    int64_t epoch = lane->row.epoch;
    struct sim_chunk *chunk;

    if (!is_new_chunk(lane, c->from_index)) {
        return false;
    }
    chunk = make_chunk(sim, c);
    lane->row = c->after;
    lane->row.epoch = epoch;
    for (uint32_t i = 0; i < c->rows->count; i++) {
        sim_table_put(sim, &lane->table, &c->rows->items[i]);
    }
    lane->chunks = sim_grow(sim, lane->chunks, lane->chunks_count, &lane->chunks_size,
                            sizeof(struct sim_chunk *));
    lane->chunks[lane->chunks_count++] = chunk;
    sim_note(sim, c->to_index);
    sim_check_committed(sim, tx->lane, chunk);
    return true;
}

static void apply_floor(struct sim *sim, const struct sim_tx *tx)
{
    struct gb_lane_row *row = &sim->pg[tx->lane].row;

    memcpy(row->floor_seqs, tx->floor->floor_seqs, sizeof(row->floor_seqs));
    memcpy(row->floor_offsets, tx->floor->floor_offsets, sizeof(row->floor_offsets));
    row->floor_index = tx->floor->floor_index;
    sim_check_floor(sim, tx->lane);
}

static void apply_halt(struct sim *sim, const struct sim_tx *tx)
{
    struct sim_pg_lane *lane = &sim->pg[tx->lane];

    lane->row.is_halted = true;
    lane->row.halt_reason = tx->reason;
    lane->evidence = tx->evidence;
}

static bool apply(struct sim *sim, struct sim_tx *tx)
{
    switch (tx->kind) {
    case SIM_TX_CLAIM:
        apply_claim(sim, tx);
        break;
    case SIM_TX_COMMIT:
        return apply_commit(sim, tx);
    case SIM_TX_FLOOR:
        apply_floor(sim, tx);
        break;
    case SIM_TX_HALT:
        apply_halt(sim, tx);
        break;
    }
    return true;
}

static void on_commit_point(struct sim *sim, struct sim_event *event)
{
    struct sim_tx *tx = event->data;

    if (tx->is_over) {
        return;
    }
    if (tx->forced != GB_OK) {
        roll_back(sim, tx, tx->forced);
        return;
    }
    if (!tx->is_unreplicated && !apply(sim, tx)) {
        roll_back(sim, tx, GB_BUG); /* 23505 */
        return;
    }
    tx->is_over = true;
    tx->status = GB_OK;
    sim_tx_answer(sim, tx);
    release(sim, tx);
}

void sim_pg_close(struct sim *sim)
{
    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        sim_table_close(&sim->pg[l].table);
        free(sim->pg[l].chunks);
    }
}
