/* A failing run made small: fewer records, faults, daemons and lanes, one kind of fault after the
 * other left out, as long as the same invariant breaks. */
#include "sim/sim.h"

#define TRIES_MAX 150

struct shrink {
    struct sim_plan *plan;
    enum sim_invariant invariant;
    uint32_t tries;
};

/* Keeps the candidate if it fails in the same way. */
static bool keep(struct shrink *s, const struct sim_plan *candidate)
{
    struct sim_result result;

    if (s->tries >= TRIES_MAX) {
        return false;
    }
    s->tries++;
    sim_run(candidate, NULL, &result);
    if (!result.failure.is_set || result.failure.invariant != s->invariant) {
        return false;
    }
    *s->plan = *candidate;
    if (result.faults < s->plan->faults_max) {
        s->plan->faults_max = result.faults;
    }
    return true;
}

/* The least value of a number of the plan, by halving the way down to least. */
static bool lower(struct shrink *s, uint32_t *(*at)(struct sim_plan *), uint32_t least)
{
    bool any = false;
    uint32_t step = *at(s->plan) > least ? *at(s->plan) - least : 0;

    while (step > 0) {
        struct sim_plan candidate = *s->plan;

        if (*at(&candidate) >= least + step) {
            *at(&candidate) -= step;
            if (keep(s, &candidate)) {
                any = true;
                continue;
            }
        }
        step /= 2;
    }
    return any;
}

static uint32_t *records(struct sim_plan *plan)
{
    return &plan->records;
}

static uint32_t *faults(struct sim_plan *plan)
{
    return &plan->faults_max;
}

static uint32_t *daemons(struct sim_plan *plan)
{
    return &plan->daemons;
}

static uint32_t *lanes(struct sim_plan *plan)
{
    return &plan->lanes;
}

static bool drop_kinds(struct shrink *s)
{
    bool any = false;

    for (uint32_t f = 0; f < SIM_FAULT_COUNT; f++) {
        struct sim_plan candidate = *s->plan;

        if (candidate.rates[f] > 0) {
            candidate.rates[f] = 0;
            any = keep(s, &candidate) || any;
        }
    }
    return any;
}

static bool drop_restart(struct shrink *s)
{
    struct sim_plan candidate = *s->plan;

    candidate.restarts = false;
    return s->plan->restarts && keep(s, &candidate);
}

void sim_shrink(struct sim_plan *plan, const struct sim_result *failed)
{
    struct shrink s = {.plan = plan, .invariant = failed->failure.invariant};
    bool any = true;

    if (plan->faults_max > failed->faults) {
        plan->faults_max = failed->faults;
    }
    while (any && s.tries < TRIES_MAX) {
        any = lower(&s, faults, 0);
        any = drop_kinds(&s) || any;
        any = lower(&s, records, 1) || any;
        any = lower(&s, daemons, 1) || any;
        any = lower(&s, lanes, 1) || any;
        any = drop_restart(&s) || any;
    }
}
