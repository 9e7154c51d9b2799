/* E1, as far as it shows from outside: a lane holds few records that are not durable, commits few
 * batches that are not published; and no host with a wrong clock moves a lane (RECORDS 3). */
#include "lane/limits.h"
#include "sim/sim.h"

#define INCOMING_BATCHES 3 /* as src/lane/machine.h has it */

void sim_check_received(struct sim *sim, uint32_t daemon, uint32_t lane)
{
    const struct sim_client *client = &sim->daemons[daemon].clients[lane];
    int64_t held = client->position - sim->check.most_offsets[lane];

    if (held > (int64_t)sim->plan.batch * (INCOMING_BATCHES + 1) + 1) {
        sim_fail(sim, SIM_INV_E1, "lane %u holds %lld records in batches of %u", lane,
                 (long long)held, sim->plan.batch);
    }
}

static bool is_published(const struct sim *sim, uint32_t lane, const struct sim_chunk *chunk)
{
    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        if (chunk->seqs_after[t] > (int64_t)sim->check.outputs[lane][t].visible) {
            return false;
        }
    }
    return true;
}

/* A publisher that failed leaves what it had; its successor takes a few more. */
void sim_check_unpublished(struct sim *sim, uint32_t lane)
{
    const struct sim_pg_lane *pg = &sim->pg[lane];
    uint32_t most = (GB_UNPUBLISHED_BATCHES_MAX + 2) * (1 + sim->check.send_failures[lane]);
    uint32_t count = 0;

    for (uint32_t i = pg->chunks_count; i > 0; i--) {
        const struct sim_chunk *chunk = pg->chunks[i - 1];

        if (chunk->epoch != pg->row.epoch || is_published(sim, lane, chunk)) {
            break;
        }
        count++;
    }
    if (count > most && !sim->check.is_tail_lost[lane]) {
        sim_fail(sim, SIM_INV_E1, "lane %u has %u batches that are not published", lane, count);
    }
}

/* The floor says what readers have of this lane: never more than the outbox ever held for them. */
void sim_check_floor(struct sim *sim, uint32_t lane)
{
    const struct gb_lane_row *row = &sim->pg[lane].row;

    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        if (row->floor_seqs[t] > row->seqs[t]) {
            sim_fail(sim, SIM_INV_C2,
                     "lane %u topic %u: the floor is gb_seq %lld, durable are %lld", lane, t,
                     (long long)row->floor_seqs[t], (long long)row->seqs[t]);
        }
    }
}

void sim_check_published(struct sim *sim)
{
    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            const struct sim_output_list *list = &sim->check.outputs[l][t];

            if (list->visible < list->count && !sim->check.is_tail_lost[l] &&
                !sim->pg[l].row.is_halted) {
                sim_fail(sim, SIM_INV_C4,
                         "lane %u topic %u: %u of %u outputs visible while a bundle is awaited", l,
                         t, list->visible, list->count);
            }
        }
    }
}

void sim_check_clock(struct sim *sim, uint32_t lane)
{
    int64_t late = sim->pg[lane].row.clock - sim_wall(sim);

    if (late > 600000 + sim->plan.scale * 20000) {
        sim_fail(sim, SIM_INV_A3, "lane %u: its clock is %lld s ahead of the broker's", lane,
                 (long long)(late / 1000));
    }
}
