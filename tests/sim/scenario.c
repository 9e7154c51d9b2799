/* What happens to the whole: crashes, stops, storms in phase 1; the heal; the end. */
#include "base/check.h"
#include "sim/sim.h"

#define LOOK_US (SIM_SECOND / 2)

static void trouble_daemon(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];

    if (!d->is_up || d->is_stopped) {
        return;
    }
    if (sim_fault(sim, SIM_CRASH)) {
        sim_daemon_crash(sim, daemon);
    } else if (sim_fault(sim, SIM_STOP)) {
        sim_daemon_stop(sim, daemon, sim_between(sim, SIM_SECOND / 5, 13 * SIM_SECOND));
    } else if (sim_fault(sim, SIM_EXPIRED)) {
        sim_group_leave(sim, &sim->lanes_group, daemon);
        if (sim_below(sim, 2) == 0) {
            sim_group_leave(sim, &sim->intake_group, daemon);
        }
    } else if (sim_fault(sim, SIM_SKEW)) {
        d->skew_ms = (sim_below(sim, 2) == 0 ? 3 : -3) * (600000 + sim->plan.scale * 20000);
    } else if ((d->skew_ms > 200000 || d->skew_ms < -200000) && sim_below(sim, 16) == 0) {
        d->skew_ms = 0;
    }
}

static void on_look(struct sim *sim, struct sim_event *item)
{
    if (sim->is_healing) {
        return;
    }
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        trouble_daemon(sim, d);
    }
    if (sim_fault(sim, SIM_STORM)) {
        sim_group_rebalance(sim, sim_below(sim, 4) == 0 ? &sim->intake_group : &sim->lanes_group);
    }
    sim_log_compact(sim, sim_below(sim, sim->plan.lanes));
    sim_log_lose_tail(sim);
    sim_backup_restore(sim);
    if (sim_below(sim, 8) == 0 && sim->plan.rates[SIM_RESTORED] > 0 &&
        sim->faults_by[SIM_RESTORED] == 0) {
        sim_backup_take(sim);
    }
    (void)sim_after(sim, LOOK_US, on_look, item->data);
}

static void on_heal(struct sim *sim, struct sim_event *item)
{
    if (sim->out_until == 0 && sim_fault(sim, SIM_OUTAGE)) {
        sim->out_until = sim->now + sim_between(sim, 15 * SIM_SECOND, 80 * SIM_SECOND);
        (void)sim_after(sim, sim->out_until - sim->now, on_heal, item->data);
        return;
    }
    sim_trace(sim, "HEAL: no more faults%s", sim->plan.restarts ? ", all start anew" : "");
    sim->is_healing = true;
    sim->healed_at = sim->now;
    if (sim->plan.is_bundle_late) {
        sim->bundle_at = sim->now + sim_patience(sim) + 10 * SIM_SECOND;
    }
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        sim->daemons[d].skew_ms = 0;
        sim_daemon_wake(sim, d);
        if (sim->plan.restarts && d != sim->sleeper) {
            sim_daemon_crash(sim, d);
        }
    }
}

static void on_write(struct sim *sim, struct sim_event *item)
{
    struct sim_message *m = item->data;

    if (m->is_decision) {
        sim_desk_write(sim, m);
    }
    sim->streams[m->stream].count++;
    sim->written++;
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        sim_source_kick(sim, d);
    }
    if (sim->written <= sim->plan.records) {
        struct sim_message *next = &sim->messages[sim->written];

        (void)sim_after(sim, next->at - sim->now, on_write, next);
    }
}

static void on_first_start(struct sim *sim, struct sim_event *item)
{
    sim_daemon_start(sim, *(const uint32_t *)item->data);
}

void sim_scenario(struct sim *sim)
{
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        uint32_t *who = gb_arena_take(&sim->arena, sizeof(*who));

        *who = d;
        (void)sim_after(sim, sim_between(sim, 0, 400 * SIM_MS), on_first_start, who);
    }
    (void)sim_after(sim, sim->messages[0].at, on_write, &sim->messages[0]);
    (void)sim_after(sim, LOOK_US, on_look, NULL);
    (void)sim_after(sim, sim->plan.faults_us, on_heal, NULL);
}
