/* Reads of PostgreSQL: rows, the outbox, a bundle. Each shows the moment at which it arrived, and
 * is given in portions between which anything may happen. TERMINATE goes the same way. */
#include "base/check.h"
#include "sim/pg_client.h"

int64_t *sim_copy_ints(struct sim *sim, const int64_t *items, uint32_t count)
{
    int64_t *copy = gb_arena_take(&sim->arena, (count + 1) * sizeof(copy[0]));

    for (uint32_t i = 0; i < count; i++) {
        copy[i] = items[i];
    }
    return copy;
}

/* Rows in portions; a failure may come after some of them. */
static void give_rows(struct sim *sim, const struct sim_request *r, struct gb_stored_row *rows,
                      uint32_t count)
{
    uint32_t portion = 1 + sim_below(sim, 200);
    int64_t delay = sim_pg_way(sim);
    bool fails = sim_fault(sim, SIM_READ_FAILED);
    uint32_t at = 0;
    struct sim_answer *a;

    do {
        uint32_t here = count - at < portion ? count - at : portion;

        a = sim_pg_reply(sim, r, GB_EV_PG_ROWS, delay++);
        a->event.rows.rows = rows + at;
        a->event.rows.count = here;
        at += here;
        a->event.rows.is_last = at == count;
        if (fails && (a->event.rows.is_last || sim_below(sim, 2) == 0)) {
            a->event.status = GB_AWAY;
            a->is_lost = true;
            return;
        }
    } while (at < count);
}

static void give_outbox(struct sim *sim, const struct sim_request *r)
{
    const struct sim_pg_lane *lane = &sim->pg[r->lane];
    struct gb_outbox_chunk *chunks =
        gb_arena_take(&sim->arena, (lane->chunks_count + 1) * sizeof(chunks[0]));
    struct sim_answer *a;
    uint32_t count = 0;
    uint32_t first;

    for (uint32_t i = 0; i < lane->chunks_count; i++) {
        const struct sim_chunk *c = lane->chunks[i];

        if (c->to_index > r->effect.outbox.from_index && c->outbox.len > 0) {
            chunks[count] = (struct gb_outbox_chunk){c->from_index, c->to_index, c->outbox,
                                                     c->hashes,     {0},         {0}};
            memcpy(chunks[count].seqs_before, c->seqs_before, sizeof(c->seqs_before));
            memcpy(chunks[count++].seqs_after, c->seqs_after, sizeof(c->seqs_after));
        }
    }
    first = count > 1 ? sim_below(sim, count) : 0;
    if (first > 0) {
        a = sim_pg_reply(sim, r, GB_EV_PG_OUTBOX, sim_pg_way(sim) % 1000);
        a->event.outbox.chunks = chunks;
        a->event.outbox.count = first;
    }
    a = sim_pg_reply(sim, r, GB_EV_PG_OUTBOX, 1000 + sim_pg_way(sim));
    a->event.outbox.chunks = chunks + first;
    a->event.outbox.count = count - first;
    a->event.outbox.is_last = true;
    if (sim_fault(sim, SIM_READ_FAILED)) {
        a->event.status = GB_AWAY;
        a->is_lost = true;
    }
}

static void give_policy(struct sim *sim, const struct sim_request *r)
{
    struct sim_answer *a = sim_pg_reply(sim, r, GB_EV_PG_POLICY, sim_pg_way(sim));

    if (sim_fault(sim, SIM_READ_FAILED)) {
        a->event.status = GB_AWAY;
        a->is_lost = true;
    } else {
        a->event.status = GB_NOT_FOUND;
        for (uint32_t n = 0; n < SIM_POLICIES_MAX && !sim_fault(sim, SIM_POLICY_LATE); n++) {
            bool is_stored = n == 0 || sim->now >= sim->bundle_at;

            if (is_stored && gb_str_eq(r->effect.policy.hash, sim_bundle_policy(n)->hash)) {
                a->event.policy = sim_bundle_files(n);
                a->event.status = GB_OK;
            }
        }
    }
}

/* Reads arrive at the server: a snapshot of that moment. */
static void on_read(struct sim *sim, struct sim_event *item)
{
    const struct sim_request *r = item->data;
    const struct sim_table *table = &sim->pg[r->lane].table;
    struct gb_stored_row *rows;
    struct sim_fetch fetch;
    uint32_t count;

    if (r->connection <= sim->dead_until) {
        sim_pg_lose(sim, r);
        return;
    }
    switch ((int)r->effect.kind) {
    case GB_FX_PG_LOAD:
        rows = sim_table_load(sim, table, r->effect.load.since, &count);
        give_rows(sim, r, rows, count);
        break;
    case GB_FX_PG_FETCH:
        fetch = (struct sim_fetch){r->effect.fetch.keys, r->effect.fetch.count,
                                   r->effect.fetch.evidence, r->effect.fetch.evidence_count};
        rows = sim_table_fetch(sim, table, &fetch, &count);
        give_rows(sim, r, rows, count);
        break;
    case GB_FX_PG_OUTBOX:
        give_outbox(sim, r);
        break;
    case GB_FX_PG_POLICY:
        give_policy(sim, r);
        break;
    default: /* TERMINATE */
        sim_pg_terminate(sim, r->lane, r->holder);
        (void)sim_pg_reply(sim, r, GB_EV_PG_TERMINATED, sim_pg_way(sim));
    }
}

/* What a read points to, kept past its leaving. */
static void keep_read(struct sim *sim, struct sim_request *r)
{
    struct gb_str *keys;

    r->holder = sim->daemons[r->daemon].clients[r->lane].busy_backend;
    if (r->effect.kind == GB_FX_PG_POLICY) {
        r->effect.policy.hash = sim_copy(sim, r->effect.policy.hash);
    } else if (r->effect.kind == GB_FX_PG_FETCH) {
        keys = gb_arena_take(&sim->arena, (r->effect.fetch.count + 1) * sizeof(keys[0]));
        for (uint32_t i = 0; i < r->effect.fetch.count; i++) {
            keys[i] = sim_copy(sim, r->effect.fetch.keys[i]);
        }
        r->effect.fetch.keys = keys;
        r->effect.fetch.evidence =
            sim_copy_ints(sim, r->effect.fetch.evidence, r->effect.fetch.evidence_count);
    }
}

void sim_pg_read(struct sim *sim, struct sim_request *r)
{
    keep_read(sim, r);
    (void)sim_after(sim, sim_pg_way(sim), on_read, r);
}
