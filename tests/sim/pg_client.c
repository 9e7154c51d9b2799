/* The client's side of PostgreSQL: requests leave, arrive, and are answered, each with what can go
 * wrong on the way. What statuses mean is src/shell/pg.c: a lost connection is MAYBE once a request
 * with a COMMIT was sent, otherwise AWAY; a warning at COMMIT is MAYBE. */
#include "base/check.h"
#include "sim/pg_client.h"

static struct sim_client *client_of(struct sim *sim, uint32_t daemon, uint32_t lane)
{
    return &sim->daemons[daemon].clients[lane];
}

int64_t sim_pg_way(struct sim *sim)
{
    if (sim_fault(sim, SIM_PG_SLOW)) {
        return sim_between(sim, 100 * SIM_MS, 3000 * SIM_MS);
    }
    return sim_between(sim, 100, 1500);
}

static void drop_connection(struct sim *sim, struct sim_client *client)
{
    sim_pg_hang_up(sim, client->connection);
    client->connection = ++sim->numbers;
    client->is_connected = false;
}

static void on_answer(struct sim *sim, struct sim_event *item)
{
    struct sim_answer *a = item->data;
    struct sim_client *client = client_of(sim, a->daemon, a->lane);
    bool is_mine = a->event.ticket == client->pg_ticket && a->connection == client->connection;
    bool goes_on = (a->event.kind == GB_EV_PG_ROWS && !a->event.rows.is_last) ||
                   (a->event.kind == GB_EV_PG_OUTBOX && !a->event.outbox.is_last);

    if (!is_mine && !sim_fault(sim, SIM_STRAY)) {
        return;
    }
    if (is_mine && (!goes_on || a->event.status != GB_OK)) {
        client->pg_ticket = 0;
        client->pg_answered = a->event.ticket;
    }
    if (is_mine && a->event.status == GB_BUSY) {
        client->busy_backend = a->holder;
    }
    if (is_mine && (a->is_lost || a->event.status == GB_READ_ONLY)) {
        drop_connection(sim, client);
    }
    sim_lane_step(sim, a->daemon, a->lane, &a->event);
}

struct sim_answer *sim_pg_reply(struct sim *sim, const struct sim_request *r,
                               enum gb_event_kind kind, int64_t delay)
{
    struct sim_answer *a = gb_arena_take(&sim->arena, sizeof(*a));

    *a = (struct sim_answer){.daemon = r->daemon, .lane = r->lane, .connection = r->connection};
    a->event.kind = kind;
    a->event.ticket = r->ticket;
    sim_after_daemon(sim, r->daemon, delay, on_answer, a)->incarnation = r->incarnation;
    return a;
}

static enum gb_event_kind kind_of_tx(const struct sim_tx *tx)
{
    switch (tx->kind) {
    case SIM_TX_CLAIM:
        return GB_EV_PG_CLAIMED;
    case SIM_TX_COMMIT:
        return GB_EV_PG_COMMITTED;
    case SIM_TX_FLOOR:
        return GB_EV_PG_FLOORED;
    case SIM_TX_HALT:
        break;
    }
    return GB_EV_PG_HALTED;
}

/* Tells what became of it; a lost answer was arranged when the request left. */
void sim_tx_answer(struct sim *sim, struct sim_tx *tx)
{
    struct sim_request r = {.daemon = tx->daemon,
                        .incarnation = tx->incarnation,
                        .lane = tx->lane,
                        .connection = tx->backend,
                        .ticket = tx->ticket};
    static const struct gb_lane_row nothing = {0};
    bool has_commit = tx->kind == SIM_TX_CLAIM || tx->kind == SIM_TX_COMMIT;
    struct sim_answer *a;

    if (tx->is_answered) {
        return;
    }
    tx->is_answered = true;
    if (tx->is_answer_lost) {
        return;
    }
    a = sim_pg_reply(sim, &r, kind_of_tx(tx), sim_pg_way(sim));
    a->event.status = tx->status == GB_OK && tx->is_warned ? GB_MAYBE : tx->status;
    if (tx->status == GB_MAYBE) { /* terminated: the connection is gone */
        a->is_lost = true;
        a->event.status = has_commit ? GB_MAYBE : GB_AWAY;
    }
    a->event.claimed = tx->row != NULL ? tx->row : &nothing; /* as the shell: zeroed, never NULL */
    a->holder = sim->pg[tx->lane].backend;
}

/* The client will notice after a while that nobody answers. */
static void lose_answer(struct sim *sim, const struct sim_request *r, enum gb_event_kind kind,
                        enum gb_status status)
{
    struct sim_answer *a = sim_pg_reply(sim, r, kind, sim_between(sim, 10 * SIM_MS, 4000 * SIM_MS));

    a->event.status = status;
    a->is_lost = true;
    if (kind == GB_EV_PG_ROWS) {
        a->event.rows.is_last = true;
    } else if (kind == GB_EV_PG_OUTBOX) {
        a->event.outbox.is_last = true;
    }
}

static void copy_rows(struct sim *sim, struct gb_commit *to, const struct gb_rows *rows)
{
    struct gb_rows *copy = gb_arena_take(&sim->arena, sizeof(*copy));

    copy->count = rows->count;
    copy->items = gb_arena_take(&sim->arena, (rows->count + 1) * sizeof(copy->items[0]));
    for (uint32_t i = 0; i < rows->count; i++) {
        struct gb_row *row = &copy->items[i];

        *row = rows->items[i];
        row->key = sim_copy(sim, row->key);
        row->row = sim_copy(sim, row->row);
        row->text = sim_copy(sim, row->text);
        row->matter = sim_copy(sim, row->matter);
        row->xref = sim_copy(sim, row->xref);
        row->evidence = sim_copy_ints(sim, row->evidence, row->evidence_count);
    }
    to->rows = copy;
}

static struct gb_commit *copy_commit(struct sim *sim, const struct gb_commit *from)
{
    struct gb_commit *to = gb_arena_take(&sim->arena, sizeof(*to));

    *to = *from;
    to->body = sim_copy(sim, from->body);
    to->leaves = sim_copy(sim, from->leaves);
    to->texts = sim_copy(sim, from->texts);
    to->outbox = sim_copy(sim, from->outbox);
    to->hashes = sim_copy(sim, from->hashes);
    to->after.frontier = sim_copy(sim, from->after.frontier);
    to->after.halt_reason = sim_copy(sim, from->after.halt_reason);
    copy_rows(sim, to, from->rows);
    return to;
}

static void on_arrived(struct sim *sim, struct sim_event *item)
{
    struct sim_tx *tx = item->data;
    bool is_gone = sim->daemons[tx->daemon].incarnation != tx->incarnation ||
                   client_of(sim, tx->daemon, tx->lane)->connection != tx->backend;

    if (tx->backend <= sim->dead_until) {
        tx->is_over = true;
        tx->status = GB_MAYBE;
    } else if (tx->is_rest_sent || !is_gone) {
        sim_tx_arrive(sim, tx);
    }
}

static void on_rest_arrived(struct sim *sim, struct sim_event *item)
{
    sim_tx_complete(sim, item->data);
}

/* The second half of a request leaves the client, if the connection still stands. */
static void on_rest_left(struct sim *sim, struct sim_event *item)
{
    struct sim_tx *tx = item->data;

    if (client_of(sim, tx->daemon, tx->lane)->connection == tx->backend) {
        tx->is_rest_sent = true;
        (void)sim_after(sim, 1 + sim_between(sim, 0, 300), on_rest_arrived, tx);
    }
}

static struct sim_tx *make_tx(struct sim *sim, const struct sim_request *r, enum sim_tx_kind kind)
{
    struct sim_tx *tx = gb_arena_take(&sim->arena, sizeof(*tx));

    *tx = (struct sim_tx){.kind = kind,
                          .lane = r->lane,
                          .daemon = r->daemon,
                          .incarnation = r->incarnation,
                          .backend = r->connection,
                          .ticket = r->ticket,
                          .wait_us = kind == SIM_TX_CLAIM ? 2 * SIM_SECOND : 5 * SIM_SECOND,
                          .commit_us = sim_between(sim, 100, 2000)};
    return tx;
}

/* Both halves, the second right behind the first. */
static void send_tx(struct sim *sim, struct sim_tx *tx, int64_t gap)
{
    int64_t out = sim_pg_way(sim);

    (void)sim_after(sim, out, on_arrived, tx);
    if (gap == 0) {
        tx->is_rest_sent = true;
        (void)sim_after(sim, out + 1, on_rest_arrived, tx);
    } else {
        (void)sim_after_daemon(sim, tx->daemon, out + gap, on_rest_left, tx);
    }
}

static void leave_claim(struct sim *sim, const struct sim_request *r)
{
    struct sim_tx *tx;

    if (sim_fault(sim, SIM_CLAIM_REFUSED)) {
        lose_answer(sim, r, GB_EV_PG_CLAIMED, sim_below(sim, 2) == 0 ? GB_AWAY : GB_MAYBE);
        return;
    }
    tx = make_tx(sim, r, SIM_TX_CLAIM);
    if (sim_fault(sim, SIM_CLAIM_LOST)) {
        tx->is_answer_lost = sim_below(sim, 2) == 0;
        tx->is_warned = !tx->is_answer_lost;
        tx->is_unreplicated = tx->is_warned && sim_below(sim, 3) == 0;
        tx->commit_us = sim_between(sim, 0, 1500 * SIM_MS);
    }
    if (tx->is_answer_lost) {
        lose_answer(sim, r, GB_EV_PG_CLAIMED, GB_MAYBE);
    }
    send_tx(sim, tx, 0);
}

static void spoil_commit(struct sim *sim, const struct sim_request *r, struct sim_tx *tx)
{
    if (sim_fault(sim, SIM_CONFLICT)) {
        tx->forced = GB_CONFLICT;
    } else if (sim_fault(sim, SIM_READ_ONLY)) {
        tx->forced = GB_READ_ONLY;
    } else if (sim_fault(sim, SIM_NO_SPACE)) {
        tx->forced = sim_below(sim, 2) == 0 ? GB_NO_SPACE : GB_MAYBE; /* at COMMIT: MAYBE */
    } else if (sim_fault(sim, SIM_COMMIT_WARNED)) {
        tx->is_warned = true;
        tx->is_unreplicated = sim_below(sim, 3) == 0;
    } else if (sim_fault(sim, SIM_COMMIT_LOST)) {
        tx->is_answer_lost = true;
    } else if (sim_fault(sim, SIM_COMMIT_LATE)) {
        tx->is_answer_lost = true;
        tx->commit_us = sim_between(sim, 200 * SIM_MS, 6000 * SIM_MS);
    }
    if (tx->is_answer_lost) {
        lose_answer(sim, r, GB_EV_PG_COMMITTED, GB_MAYBE);
    }
}

/* Late in phase 1: the daemon that never wakes. */
static bool falls_asleep(struct sim *sim, uint32_t daemon)
{
    bool falls = sim->plan.sleeps && !sim->is_healing && sim->sleeper == SIM_NOBODY &&
                 sim->now > sim->plan.faults_us / 2 && sim->faults < sim->plan.faults_max;

    if (falls) {
        sim->sleeper = daemon;
        sim->faults++;
        sim->faults_by[SIM_HANG]++;
        sim_trace(sim, "FAULT %u: stopped in the middle of a commit, for ever", sim->faults);
    }
    return falls;
}

static void leave_commit(struct sim *sim, const struct sim_request *r)
{
    struct sim_tx *tx;
    int64_t gap = sim_between(sim, 1, 600);

    if (sim_fault(sim, SIM_COMMIT_REFUSED)) {
        lose_answer(sim, r, GB_EV_PG_COMMITTED, sim_below(sim, 2) == 0 ? GB_AWAY : GB_MAYBE);
        return;
    }
    tx = make_tx(sim, r, SIM_TX_COMMIT);
    tx->commit = copy_commit(sim, r->effect.commit);
    spoil_commit(sim, r, tx);
    if (falls_asleep(sim, r->daemon) || sim_fault(sim, SIM_HANG)) {
        gap = 5 * SIM_MS;
        sim_daemon_stop(sim, r->daemon, sim_between(sim, SIM_SECOND, 12 * SIM_SECOND));
    }
    send_tx(sim, tx, gap);
}

static void leave_floor(struct sim *sim, const struct sim_request *r)
{
    struct sim_tx *tx = make_tx(sim, r, SIM_TX_FLOOR);

    tx->floor = gb_arena_take(&sim->arena, sizeof(*tx->floor));
    *tx->floor = *r->effect.floor;
    tx->epoch = tx->floor->epoch;
    if (sim_fault(sim, SIM_FLOOR_LOST)) {
        tx->is_answer_lost = true;
        lose_answer(sim, r, GB_EV_PG_FLOORED, GB_AWAY);
    }
    send_tx(sim, tx, 0);
}

static void leave_halt(struct sim *sim, const struct sim_request *r)
{
    struct sim_tx *tx = make_tx(sim, r, SIM_TX_HALT);

    tx->epoch = r->effect.halt.epoch;
    tx->reason = sim_copy(sim, r->effect.halt.reason);
    tx->evidence = sim_copy(sim, r->effect.halt.evidence);
    if (sim_fault(sim, SIM_FLOOR_LOST)) {
        tx->is_answer_lost = true;
        tx->forced = sim_below(sim, 2) == 0 ? GB_OK : GB_AWAY;
        lose_answer(sim, r, GB_EV_PG_HALTED, GB_AWAY);
    }
    send_tx(sim, tx, 0);
}

static enum gb_event_kind event_of(enum gb_effect_kind kind)
{
    switch ((int)kind) {
    case GB_FX_PG_CLAIM:
        return GB_EV_PG_CLAIMED;
    case GB_FX_PG_TERMINATE:
        return GB_EV_PG_TERMINATED;
    case GB_FX_PG_POLICY:
        return GB_EV_PG_POLICY;
    case GB_FX_PG_COMMIT:
        return GB_EV_PG_COMMITTED;
    case GB_FX_PG_OUTBOX:
        return GB_EV_PG_OUTBOX;
    case GB_FX_PG_FLOOR:
        return GB_EV_PG_FLOORED;
    case GB_FX_PG_HALT:
        return GB_EV_PG_HALTED;
    default: /* LOAD, FETCH */
        return GB_EV_PG_ROWS;
    }
}

void sim_pg_lose(struct sim *sim, const struct sim_request *r)
{
    lose_answer(sim, r, event_of(r->effect.kind), GB_AWAY);
}

static void on_left(struct sim *sim, struct sim_event *item)
{
    struct sim_request *r = item->data;

    if (client_of(sim, r->daemon, r->lane)->connection != r->connection) {
        return;
    }
    if (sim_is_out(sim) || r->connection <= sim->dead_until) {
        lose_answer(sim, r, event_of(r->effect.kind), GB_AWAY);
        return;
    }
    switch ((int)r->effect.kind) {
    case GB_FX_PG_CLAIM:
        leave_claim(sim, r);
        break;
    case GB_FX_PG_COMMIT:
        leave_commit(sim, r);
        break;
    case GB_FX_PG_FLOOR:
        leave_floor(sim, r);
        break;
    case GB_FX_PG_HALT:
        leave_halt(sim, r);
        break;
    default:
        sim_pg_read(sim, r);
    }
}

/* FNV-1a over what a commit borrows. */
static uint64_t sum_of(const struct gb_commit *c)
{
    const struct gb_str runs[] = {c->body, c->leaves, c->outbox, c->hashes, c->after.frontier};
    uint64_t sum = 0xcbf29ce484222325U;

    for (size_t i = 0; i < GB_COUNT(runs); i++) {
        sum = (sum ^ gb_fnv1a(runs[i])) * 0x100000001b3U;
    }
    return sum;
}

/* The rule of the seam: what was given up by a reset stays readable until PUB_INIT is answered. */
static void on_still_readable(struct sim *sim, struct sim_event *item)
{
    const struct sim_request *r = item->data;
    const struct sim_client *client = client_of(sim, r->daemon, r->lane);

    if (client->inits == r->inits && client->pg_answered < r->ticket &&
        sum_of(r->effect.commit) != r->sum) {
        sim_fail(sim, SIM_INV_SEAM, "lane %u: the bytes of a commit changed while it was borrowed",
                 r->lane);
    }
}

void sim_pg_do(struct sim *sim, uint32_t daemon, const struct gb_effect *effect)
{
    struct sim_client *client = client_of(sim, daemon, effect->lane);
    struct sim_request *r;

    if (effect->kind == GB_FX_PG_RESET) {
        client->pg_ticket = 0;
        drop_connection(sim, client);
        return;
    }
    if (effect->kind == GB_FX_PG_HALT) {
        sim->check.must_halt[effect->lane] = false; /* said; a new owner may be quicker */
        sim->daemons[daemon].must_halt_lane = false;
    }
    if (client->pg_ticket != 0) {
        sim_fail(sim, SIM_INV_SEAM, "lane %u asks PostgreSQL twice at once", effect->lane);
        return;
    }
    client->pg_ticket = effect->ticket;
    r = gb_arena_take(&sim->arena, sizeof(*r));
    *r = (struct sim_request){.daemon = daemon,
                          .incarnation = sim->daemons[daemon].incarnation,
                          .lane = effect->lane,
                          .connection = client->connection,
                          .ticket = effect->ticket,
                          .effect = *effect};
    (void)sim_after_daemon(sim, daemon,
                           client->is_connected ? sim_between(sim, 0, 200)
                                                : sim_between(sim, 500, 4000),
                           on_left, r);
    client->is_connected = true;
    if (effect->kind == GB_FX_PG_COMMIT && sim->plan.watches) {
        r->sum = sum_of(effect->commit);
        r->inits = client->inits;
        (void)sim_after_daemon(sim, daemon, sim_between(sim, 1, 100 * SIM_MS), on_still_readable,
                               r);
    }
}
