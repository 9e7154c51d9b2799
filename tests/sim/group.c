/* Two consumer groups, eager: all give back, then all get. A member that does not answer within the
 * session time-out is left out, and learns of it when it can. Group membership is a scheduling
 * hint: nothing here waits for anybody. */
#include "base/check.h"
#include "sim/sim.h"

struct word {
    struct sim_group *group;
    uint32_t daemon;
    uint64_t generation;
    uint32_t given; /* by bit */
};

static void tell(struct sim *sim, const struct word *word, int64_t delay, sim_run_fn *run)
{
    struct word *copy = gb_arena_take(&sim->arena, sizeof(*copy));

    *copy = *word;
    (void)sim_after_daemon(sim, word->daemon, delay, run, copy);
}

static void revoke_streams(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    struct gb_intake_event event = {.kind = GB_IE_REVOKED};

    d->has_streams = false;
    d->restart = 0;
    for (uint32_t s = 0; s < SIM_STREAMS_MAX; s++) {
        d->positions[s] = -1;
    }
    sim_intake_step(sim, daemon, &event);
}

static void on_revoked(struct sim *sim, struct sim_event *item)
{
    const struct word *word = item->data;
    struct sim_daemon *d = &sim->daemons[word->daemon];

    if (word->group->is_intake) {
        revoke_streams(sim, word->daemon);
        return;
    }
    for (uint32_t l = 0; l < word->group->count && !d->is_stopped; l++) {
        struct gb_event event = {.kind = GB_EV_REVOKED};

        if (d->has_lanes[l]) {
            d->has_lanes[l] = false;
            sim_lane_step(sim, word->daemon, l, &event);
        }
    }
}

static void on_assigned(struct sim *sim, struct sim_event *item)
{
    const struct word *word = item->data;
    struct sim_daemon *d = &sim->daemons[word->daemon];

    if (word->generation != word->group->generation) {
        return; /* overtaken by another rebalance */
    }
    if (word->group->is_intake) {
        d->group_generation = word->generation;
        d->has_streams = word->given != 0;
        if (d->has_streams) {
            sim_source_look_up(sim, word->daemon, 0);
        }
        return;
    }
    for (uint32_t l = 0; l < word->group->count && !d->is_stopped; l++) {
        struct gb_event event = {.kind = GB_EV_ASSIGNED};

        if ((word->given >> l & 1U) != 0) {
            d->has_lanes[l] = true;
            sim_lane_step(sim, word->daemon, l, &event);
        }
    }
}

/* Range over those who are members now. */
static void on_give(struct sim *sim, struct sim_event *item)
{
    struct word word = {.group = item->data};
    struct sim_group *group = word.group;
    uint32_t members[SIM_DAEMONS_MAX];
    uint32_t count = 0;

    group->is_pending = false;
    group->generation++;
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        if (group->is_member[d]) {
            members[count++] = d;
        }
    }
    for (uint32_t i = 0; i < group->count; i++) {
        group->owners[i] = count > 0 ? members[(i + group->generation) % count] : SIM_NOBODY;
    }
    word.generation = group->generation;
    for (uint32_t m = 0; m < count; m++) {
        word.daemon = members[m];
        word.given = 0;
        for (uint32_t i = 0; i < group->count; i++) {
            word.given |= (uint32_t)(group->owners[i] == members[m]) << i;
        }
        tell(sim, &word, sim_between(sim, SIM_MS, 60 * SIM_MS), on_assigned);
    }
}

void sim_group_rebalance(struct sim *sim, struct sim_group *group)
{
    if (group->is_pending) {
        return;
    }
    group->is_pending = true;
    group->generation++;
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        struct word word = {.group = group, .daemon = d};

        if (group->is_member[d] && sim->daemons[d].is_up) {
            tell(sim, &word, sim_between(sim, SIM_MS, 60 * SIM_MS), on_revoked);
        }
    }
    (void)sim_after(sim, sim_between(sim, 70 * SIM_MS, 300 * SIM_MS), on_give, group);
}

void sim_group_join(struct sim *sim, struct sim_group *group, uint32_t daemon)
{
    group->is_member[daemon] = true;
    sim_group_rebalance(sim, group);
}

static void on_lost(struct sim *sim, struct sim_event *item)
{
    const struct word *word = item->data;

    on_revoked(sim, item);
    if (!word->group->is_member[word->daemon]) {
        sim_group_join(sim, word->group, word->daemon);
    }
}

/* The group goes on without it; if it lives, it hears of that later and comes back. */
void sim_group_leave(struct sim *sim, struct sim_group *group, uint32_t daemon)
{
    struct word word = {.group = group, .daemon = daemon};

    if (!group->is_member[daemon]) {
        return;
    }
    group->is_member[daemon] = false;
    if (sim->daemons[daemon].is_up) {
        tell(sim, &word, sim_between(sim, SIM_SECOND / 2, 5 * SIM_SECOND), on_lost);
    }
    sim_group_rebalance(sim, group);
}
