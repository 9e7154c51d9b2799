/* A seed's plan: how many of everything, and how often each fault. */
#include "sim/sim.h"

static uint32_t below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(sim_mix(state) % bound);
}

/* Some faults are off in a seed, so that others are seen alone. */
static void draw_rates(struct sim_plan *plan, uint64_t *state)
{
    static const uint16_t most[] = {
#define X(name, word, rate) rate,
        SIM_FAULT_LIST(X)
#undef X
    };
    uint32_t off = below(state, 80);

    for (uint32_t f = 0; f < SIM_FAULT_COUNT; f++) {
        uint32_t rate = 1 + below(state, most[f]);

        plan->rates[f] = below(state, 100) < off ? 0 : (uint16_t)rate;
    }
    if (plan->daemons > 1 && plan->rates[SIM_STOP] == 0 && plan->rates[SIM_CRASH] == 0) {
        plan->rates[SIM_STORM] = most[SIM_STORM];
    }
}

void sim_plan_draw(struct sim_plan *plan, uint64_t seed)
{
    static const uint32_t batches[] = {1, 2, 7, 20, 50, 1000};
    static const int64_t ticks[] = {300, 1000, 1000, 2000};
    static const int64_t scales[] = {1, 60, 600, 3600};
    uint64_t state = seed * 0x2545f4914f6cdd1dU + 17;

    (void)sim_mix(&state);
    *plan = (struct sim_plan){.seed = seed, .faults_max = UINT32_MAX};
    plan->daemons = 1 + below(&state, SIM_DAEMONS_MAX);
    plan->daemons = plan->daemons == 1 && below(&state, 3) > 0 ? 3 : plan->daemons;
    plan->lanes = 1 + below(&state, 3);
    plan->streams = 4 + below(&state, SIM_STREAMS_MAX - 3);
    plan->records = 200 + below(&state, 40);
    plan->batch = batches[below(&state, GB_COUNT(batches))];
    plan->mode = below(&state, 5) == 0 ? GB_PUBLISH_IDEMPOTENT : GB_PUBLISH_TRANSACTIONAL;
    plan->tick_ms = ticks[below(&state, GB_COUNT(ticks))];
    plan->idle_tick_ms = 5000;
    plan->scale = scales[below(&state, GB_COUNT(scales))];
    plan->faults_us = (10 + (int64_t)below(&state, 11)) * SIM_SECOND;
    plan->restarts = below(&state, 2) == 0;
    plan->pause_us = below(&state, 4) == 0 ? 12 * SIM_SECOND : 0;
    plan->faults_us += plan->pause_us;
    plan->watches = below(&state, 4) == 0;
    plan->policies = 1 + below(&state, SIM_POLICIES_MAX);
    plan->decisions = below(&state, 8) == 0 ? 0 : 4 + below(&state, 16);
    plan->sleeps = plan->daemons > 1 && below(&state, 4) == 0;
    plan->is_split_replay = below(&state, 2) == 0;
    plan->is_bundle_late = below(&state, 12) == 0;
    draw_rates(plan, &state);
    if (below(&state, 6) == 0) { /* rare in itself, and it takes several things to be seen */
        plan->rates[SIM_LOST_TAIL] = 40;
    }
}
