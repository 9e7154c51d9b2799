/* A daemon as a process: it starts, steps its machines, hands their effects to its clients, is
 * stopped, wakes, and dies. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

#define WALL_START INT64_C(1780000000000)

struct lane_timer {
    uint32_t daemon, lane;
    uint64_t number;
};

int64_t sim_wall(const struct sim *sim)
{
    return WALL_START + sim->now / SIM_MS * sim->plan.scale;
}

static void on_timer(struct sim *sim, struct sim_event *item)
{
    const struct lane_timer *t = item->data;
    struct gb_event event = {.kind = GB_EV_TIMER};

    if (sim->daemons[t->daemon].clients[t->lane].timer == t->number) {
        sim_lane_step(sim, t->daemon, t->lane, &event);
    }
}

static void start_timer(struct sim *sim, uint32_t daemon, const struct gb_effect *effect)
{
    struct lane_timer *t = gb_arena_take(&sim->arena, sizeof(*t));

    *t = (struct lane_timer){daemon, effect->lane, ++sim->numbers};
    sim->daemons[daemon].clients[effect->lane].timer = t->number;
    (void)sim_after_daemon(sim, daemon, effect->timer.after_ms * SIM_MS, on_timer, t);
}

static void do_effect(struct sim *sim, uint32_t daemon, const struct gb_effect *effect)
{
    switch (effect->kind) {
    case GB_FX_PG_CLAIM:
    case GB_FX_PG_TERMINATE:
    case GB_FX_PG_LOAD:
    case GB_FX_PG_FETCH:
    case GB_FX_PG_POLICY:
    case GB_FX_PG_COMMIT:
    case GB_FX_PG_OUTBOX:
    case GB_FX_PG_FLOOR:
    case GB_FX_PG_HALT:
    case GB_FX_PG_RESET:
        sim_pg_do(sim, daemon, effect);
        break;
    case GB_FX_CONSUME:
    case GB_FX_CONSUME_STOP:
        sim_reader_start(sim, daemon, effect);
        break;
    case GB_FX_PUB_INIT:
    case GB_FX_PUB_READ:
    case GB_FX_PUB_SEND:
    case GB_FX_PUB_DESTROY:
        sim_sender_do(sim, daemon, effect);
        break;
    case GB_FX_TIMER:
        start_timer(sim, daemon, effect);
        break;
    case GB_FX_SAY:
        sim_trace(sim, "  daemon %u lane %u says: %.*s", daemon, effect->lane,
                  GB_STR_ARG(effect->say.text));
        break;
    }
}

static void on_doom(struct sim *sim, struct sim_event *item)
{
    uint32_t daemon = *(const uint32_t *)item->data;

    sim_daemon_crash(sim, daemon);
}

/* Dies with some of its effects not begun. The step under way may still look at the machines. */
static void doom(struct sim *sim, uint32_t daemon)
{
    uint32_t *who = gb_arena_take(&sim->arena, sizeof(*who));

    *who = daemon;
    sim->daemons[daemon].is_stopped = true;
    (void)sim_after(sim, 0, on_doom, who);
}

static void open_lane(struct sim *sim, struct sim_client *client, uint32_t lane)
{
    struct gb_lane_config config = {.lane = lane,
                                    .mode = sim->plan.mode,
                                    .batch_records_max = sim->plan.batch};

    config.topics = *sim_topics();
    client->lane = gb_lane_new(&config);
    client->connection = ++sim->numbers;
    client->position = -1;
}

void sim_lane_step(struct sim *sim, uint32_t daemon, uint32_t lane, struct gb_event *event)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    struct sim_client *client = &d->clients[lane];
    uint32_t count;

    if (client->lane == NULL) {
        if (event->kind != GB_EV_ASSIGNED) {
            return;
        }
        open_lane(sim, client, lane);
    }
    event->now = sim_ms(sim);
    sim->steps++;
    sim_note(sim, (uint64_t)event->kind << 32 | (uint64_t)daemon << 24 | lane << 16 |
                      (uint64_t)event->status);
    sim_note(sim, event->ticket ^ (uint64_t)sim->now);
    d->effects.count = 0;
    gb_lane_step(client->lane, event, &d->effects);
    count = d->effects.count;
    if (sim_fault(sim, SIM_CRASH_AT)) {
        count = sim_below(sim, count + 1);
        doom(sim, daemon);
    }
    for (uint32_t i = 0; i < count; i++) {
        sim_note(sim, (uint64_t)d->effects.items[i].kind);
        do_effect(sim, daemon, &d->effects.items[i]);
    }
    if (event->kind != GB_EV_RECORD) {
        sim_reader_kick(sim, daemon, lane);
    }
}

void sim_intake_step(struct sim *sim, uint32_t daemon, struct gb_intake_event *event)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    uint32_t count;

    event->now = sim_ms(sim);
    event->wall = sim_wall(sim) + d->skew_ms;
    sim->steps++;
    sim_note(sim, (uint64_t)event->kind << 40 | daemon);
    sim_note(sim, (uint64_t)sim->now);
    d->intake_effects.count = 0;
    gb_intake_step(d->intake, event, &d->intake_effects);
    count = d->intake_effects.count;
    if (sim_fault(sim, SIM_CRASH_AT)) {
        count = sim_below(sim, count + 1);
        doom(sim, daemon);
    }
    for (uint32_t i = 0; i < count; i++) {
        sim_source_do(sim, daemon, &d->intake_effects.items[i]);
    }
    if (event->kind != GB_IE_RECORD) {
        sim_source_kick(sim, daemon);
    }
}

static int64_t skew_max(const struct sim *sim)
{
    return 600000 + sim->plan.scale * 20000; /* a report may wait while a process is stopped */
}

void sim_daemon_start(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    struct gb_intake_config config = {.door = sim_door(sim->plan.lanes),
                                      .cluster = GB_STR(SIM_CLUSTER),
                                      .lanes_count = sim->plan.lanes,
                                      .tick_ms = sim->plan.tick_ms,
                                      .idle_tick_ms = sim->plan.idle_tick_ms,
                                      .skew_max_ms = skew_max(sim),
                                      .policy_topic = GB_STR("gb.policy.in")};

    sim_trace(sim, "daemon %u starts", daemon);
    d->is_up = true;
    d->is_stopped = false;
    d->intake = gb_intake_new(&config);
    d->sink = ++sim->numbers;
    d->skew_ms = (int64_t)(sim_random(sim) % 400000) - 200000;
    if (sim_fault(sim, SIM_SKEW_START)) {
        d->skew_ms = (sim_below(sim, 4) == 0 ? -3 : 3) * skew_max(sim);
    }
    for (uint32_t s = 0; s < SIM_STREAMS_MAX; s++) {
        d->positions[s] = -1;
    }
    sim_group_join(sim, &sim->lanes_group, daemon);
    sim_group_join(sim, &sim->intake_group, daemon);
}

void sim_daemon_free(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];

    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        gb_lane_free(d->clients[l].lane);
        d->clients[l] = (struct sim_client){0};
    }
    gb_intake_free(d->intake);
    d->intake = NULL;
    gb_effects_close(&d->effects);
    d->effects = (struct gb_effects){0};
    gb_intake_effects_close(&d->intake_effects);
    d->intake_effects = (struct gb_intake_effects){0};
}

static void on_start(struct sim *sim, struct sim_event *item)
{
    sim_daemon_start(sim, *(const uint32_t *)item->data);
}

static void on_expired(struct sim *sim, struct sim_event *item)
{
    uint32_t daemon = *(const uint32_t *)item->data;

    if (!sim->daemons[daemon].is_up || sim->daemons[daemon].is_stopped) {
        sim_group_leave(sim, &sim->lanes_group, daemon);
        sim_group_leave(sim, &sim->intake_group, daemon);
    }
}

static uint32_t *who(struct sim *sim, uint32_t daemon)
{
    uint32_t *copy = gb_arena_take(&sim->arena, sizeof(*copy));

    *copy = daemon;
    return copy;
}

void sim_daemon_crash(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];

    if (!d->is_up) {
        return;
    }
    sim_trace(sim, "daemon %u dies", daemon);
    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        if (d->clients[l].lane != NULL) {
            sim_pg_hang_up(sim, d->clients[l].connection);
        }
    }
    d->incarnation++;
    d->is_up = d->is_stopped = false;
    d->is_polling = d->is_looking = d->has_streams = false;
    d->timer = d->restart = 0;
    d->parked_count = 0;
    memset(d->has_lanes, 0, sizeof(d->has_lanes));
    memset(d->sink_at, 0, sizeof(d->sink_at));
    memset(d->wire_at, 0, sizeof(d->wire_at));
    memset(d->ack_at, 0, sizeof(d->ack_at));
    sim_daemon_free(sim, daemon);
    (void)sim_after(sim, 6 * SIM_SECOND, on_expired, who(sim, daemon));
    (void)sim_after(sim,
                    sim_below(sim, 3) == 0 ? sim_between(sim, SIM_SECOND, 9 * SIM_SECOND)
                                           : sim_between(sim, 20 * SIM_MS, 800 * SIM_MS),
                    on_start, who(sim, daemon));
}

static void on_wake(struct sim *sim, struct sim_event *item)
{
    const uint32_t *what = item->data;

    if (sim->daemons[what[0]].incarnation == what[1]) {
        sim_daemon_wake(sim, what[0]);
    }
}

void sim_daemon_stop(struct sim *sim, uint32_t daemon, int64_t for_us)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    uint32_t *what;

    if (!d->is_up || d->is_stopped) {
        return;
    }
    sim_trace(sim, "daemon %u is stopped for %lld ms", daemon, (long long)(for_us / SIM_MS));
    d->is_stopped = true;
    what = gb_arena_take(&sim->arena, 2 * sizeof(what[0]));
    what[0] = daemon;
    what[1] = d->incarnation;
    (void)sim_after(sim, 6 * SIM_SECOND, on_expired, who(sim, daemon));
    (void)sim_after(sim, for_us, on_wake, what);
}

/* Everything that waited happens now, in its order, faster than it would have. */
void sim_daemon_wake(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];

    if (!d->is_up || !d->is_stopped || daemon == sim->sleeper) {
        return;
    }
    sim_trace(sim, "daemon %u wakes with %u things to do", daemon, d->parked_count);
    d->is_stopped = false;
    for (uint32_t i = 0; i < d->parked_count; i++) {
        d->parked[i]->at = sim->now + 10 + i;
        sim_push(sim, d->parked[i]);
    }
    d->parked_count = 0;
}
