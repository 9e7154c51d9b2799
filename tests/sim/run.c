/* One seed from its first event to the last check. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

#define LOOK_US (100 * SIM_MS)
#define STEPS_MAX 400000U
#define QUIET_FROM_US (25 * SIM_SECOND)
#define QUIET_US (13 * SIM_SECOND)

/* C4: everything is published within 30 s; a host whose clock was wrong asks again after 60 s, and
 * a read-back whose tail was lost gives up after 30 s. */
int64_t sim_patience(const struct sim *sim)
{
    int64_t us = 30 * SIM_SECOND;

    us += sim->faults_by[SIM_SKEW] + sim->faults_by[SIM_SKEW_START] > 0 ? 61 * SIM_SECOND : 0;
    us += sim->faults_by[SIM_LOST_TAIL] > 0 ? 31 * SIM_SECOND : 0;
    return us;
}

static void open_groups(struct sim *sim)
{
    sim->lanes_group.count = sim->plan.lanes;
    sim->intake_group.count = sim->plan.streams;
    sim->intake_group.is_intake = true;
    for (uint32_t i = 0; i < GB_COUNT(sim->lanes_group.owners); i++) {
        sim->lanes_group.owners[i] = sim->intake_group.owners[i] = SIM_NOBODY;
    }
    for (uint32_t s = 0; s < SIM_STREAMS_MAX; s++) {
        sim->committed[s].offset = -1;
    }
    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        sim->pg[l].owner = SIM_NOBODY;
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            sim->logs[l][t].broken = UINT64_MAX;
        }
    }
}

static void tell_unsettled(struct sim *sim)
{
    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        const struct sim_pg_lane *lane = &sim->pg[l];

        if (lane->row.is_halted && !sim->check.is_tail_lost[l]) {
            sim_fail(sim, SIM_INV_HALT, "lane %u is halted without cause: %.*s: %.*s", l,
                     GB_STR_ARG(lane->row.halt_reason), GB_STR_ARG(lane->evidence));
        }
        if (sim->check.must_halt[l] && !lane->row.is_halted) {
            sim_fail(sim, SIM_INV_C1, "lane %u goes on over a gap that a lost tail left", l);
        }
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            const struct sim_output_list *list = &sim->check.outputs[l][t];

            if (list->visible < list->count && !lane->row.is_halted) {
                sim_fail(sim, SIM_INV_C4, "lane %u topic %u: %u of %u outputs visible", l, t,
                         list->visible, list->count);
            }
        }
        if (lane->row.next_offset < sim->intake[l].count && !lane->row.is_halted) {
            sim_fail(sim, SIM_INV_C4, "lane %u is at offset %lld of %u", l,
                     (long long)lane->row.next_offset, sim->intake[l].count);
        }
    }
    sim_fail(sim, SIM_INV_C4, "source offsets are not committed");
}

/* Long after the heal nothing changes hands any more. True when that has been seen. */
static bool is_quiet(struct sim *sim)
{
    int64_t begin = sim->healed_at + QUIET_FROM_US;

    if (!sim->plan.watches) {
        return true;
    }
    for (uint32_t l = 0; l < sim->plan.lanes && sim->now >= begin; l++) {
        if (sim->quiet_epochs[l] == 0) {
            sim->quiet_epochs[l] = sim->pg[l].row.epoch;
        } else if (sim->quiet_epochs[l] != sim->pg[l].row.epoch) {
            sim_fail(sim, SIM_INV_E1, "lane %u still changes hands %lld s after the heal", l,
                     (long long)((sim->now - sim->healed_at) / SIM_SECOND));
        }
    }
    return sim->now > begin + QUIET_US;
}

/* From when on all must become settled. */
static int64_t since(const struct sim *sim)
{
    return sim->bundle_at > sim->healed_at ? sim->bundle_at : sim->healed_at;
}

/* A lane that has met the activation of a bundle that is not stored waits; once, when the time for
 * it is over, all that is durable must be visible. */
static void look_at_waiting(struct sim *sim, bool *was_seen)
{
    if (!*was_seen && sim->now - sim->healed_at > sim_patience(sim)) {
        *was_seen = true;
        sim_check_published(sim);
    }
}

static void run_events(struct sim *sim)
{
    int64_t look_at = 0;
    bool was_settled = false;
    bool was_seen = false;

    while (!sim->failure.is_set && sim_next(sim)) {
        if (sim->steps > STEPS_MAX) {
            sim_fail(sim, SIM_INV_E1, "more than %u steps: something runs in circles", STEPS_MAX);
        }
        if (!sim->is_healing || sim->now < look_at) {
            continue;
        }
        look_at = sim->now + LOOK_US;
        if (sim_is_settled(sim)) {
            was_settled = true;
            if (is_quiet(sim)) {
                return;
            }
        } else if (sim->now < sim->bundle_at) {
            look_at_waiting(sim, &was_seen);
        } else if (sim->now - since(sim) > sim_patience(sim) * (was_settled ? 3 : 1)) {
            tell_unsettled(sim);
        }
        sim->settled_at = was_settled && sim->settled_at == 0 ? sim->now : sim->settled_at;
    }
}

static void fill_result(const struct sim *sim, struct sim_result *result)
{
    int64_t settled_at = sim->settled_at > 0 ? sim->settled_at : sim->now;

    *result = (struct sim_result){.failure = sim->failure,
                                  .digest = sim->digest,
                                  .records = sim->written > 0 ? sim->written - 1 : 0,
                                  .faults = sim->faults,
                                  .owner_changes = (uint32_t)sim->check.owner_changes,
                                  .steps = sim->steps,
                                  .settled_ms = (settled_at - sim->healed_at) / SIM_MS};
    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        result->lines += (uint32_t)sim->pg[l].row.next_index;
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            result->outputs += sim->check.outputs[l][t].visible;
        }
    }
    memcpy(result->faults_by, sim->faults_by, sizeof(result->faults_by));
    result->counts =
        result->lines >= 200 && result->records >= 200 && result->faults >= 5 &&
        result->owner_changes >= 2;
}

void sim_run_bare(const struct sim_plan *plan, FILE *trace, struct sim_result *result)
{
    struct sim *sim = calloc(1, sizeof(*sim));

    GB_CHECK(sim != NULL);
    sim->plan = *plan;
    sim->trace = trace;
    sim->sleeper = SIM_NOBODY;
    sim->bundle_at = plan->is_bundle_late ? INT64_MAX : 0;
    sim->random = plan->seed ^ 0x6a09e667f3bcc908U;
    sim->digest = 0xcbf29ce484222325U;
    gb_arena_init(&sim->arena, (size_t)2 << 30);
    open_groups(sim);
    sim_town(sim);
    sim_scenario(sim);
    run_events(sim);
    for (uint32_t d = 0; d < SIM_DAEMONS_MAX; d++) {
        sim_daemon_free(sim, d);
    }
    if (!sim->failure.is_set) {
        sim_check_end(sim);
    }
    fill_result(sim, result);
    sim_check_close(sim);
    sim_log_close(sim);
    sim_pg_close(sim);
    sim_queue_close(sim);
    gb_arena_close(&sim->arena);
    free(sim);
}
