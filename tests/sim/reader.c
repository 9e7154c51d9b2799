/* gb.intake as a lane reads it: one partition from an explicit offset, handed out while wanted. */
#include "base/check.h"
#include "sim/sim.h"

struct start {
    uint32_t daemon, lane;
    uint64_t ticket;
    int64_t offset;
};

struct poll {
    uint32_t daemon, lane;
};

/* A record of a reading that was stopped still surfaces. */
static void give_stray(struct sim *sim, uint32_t daemon, uint32_t lane)
{
    const struct sim_client *client = &sim->daemons[daemon].clients[lane];
    const struct sim_intake_log *log = &sim->intake[lane];
    struct gb_event event = {.kind = GB_EV_RECORD, .ticket = client->old_ticket};

    if (client->old_ticket != 0 && log->count > 0 && sim_below(sim, 8) == 0 &&
        sim_fault(sim, SIM_STRAY)) {
        event.record.offset = (int64_t)sim_below(sim, log->count);
        event.record.value = log->records[event.record.offset].value;
        sim_lane_step(sim, daemon, lane, &event);
    }
}

static void on_poll(struct sim *sim, struct sim_event *item)
{
    const struct poll *p = item->data;
    struct sim_daemon *d = &sim->daemons[p->daemon];
    struct sim_client *client = &d->clients[p->lane];
    const struct sim_intake_log *log = &sim->intake[p->lane];
    uint32_t budget = 1 + sim_below(sim, 100);

    client->is_polling = false;
    if (client->consume_ticket != 0 && client->position >= 0 &&
        sim_fault(sim, SIM_READER_FAILED)) {
        struct gb_event event = {.kind = GB_EV_CONSUMING,
                                 .ticket = client->consume_ticket,
                                 .status = sim_below(sim, 2) == 0 ? GB_AWAY : GB_MAYBE};

        if (event.status == GB_MAYBE) {
            client->position = -1; /* the client gives up; what it overcomes is AWAY */
        }
        sim_lane_step(sim, p->daemon, p->lane, &event);
    }
    give_stray(sim, p->daemon, p->lane);
    while (budget-- > 0 && !d->is_stopped && client->consume_ticket != 0 &&
           client->position >= 0 && client->position < log->count &&
           gb_lane_wants_records(client->lane)) {
        struct gb_event event = {.kind = GB_EV_RECORD, .ticket = client->consume_ticket};

        event.record.offset = client->position;
        event.record.value = log->records[client->position].value;
        client->position++;
        sim_lane_step(sim, p->daemon, p->lane, &event);
        sim_check_received(sim, p->daemon, p->lane);
    }
    sim_reader_kick(sim, p->daemon, p->lane);
}

void sim_reader_kick(struct sim *sim, uint32_t daemon, uint32_t lane)
{
    struct sim_client *client = &sim->daemons[daemon].clients[lane];
    struct poll *p;

    if (client->is_polling || client->lane == NULL || client->consume_ticket == 0 ||
        client->position < 0 || client->position >= sim->intake[lane].count ||
        !gb_lane_wants_records(client->lane)) {
        return;
    }
    client->is_polling = true;
    p = gb_arena_take(&sim->arena, sizeof(*p));
    *p = (struct poll){daemon, lane};
    (void)sim_after_daemon(sim, daemon, sim_between(sim, 200, 4000), on_poll, p);
}

void sim_reader_kick_all(struct sim *sim, uint32_t lane)
{
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        if (sim->daemons[d].is_up) {
            sim_reader_kick(sim, d, lane);
        }
    }
}

/* The operator found out why, and lets the lane go on. */
static void on_resume(struct sim *sim, struct sim_event *item)
{
    uint32_t lane = *(const uint32_t *)item->data;
    struct gb_event event = {.kind = GB_EV_RESUME};

    sim->pg[lane].row.is_halted = false;
    for (uint32_t d = 0; d < sim->plan.daemons; d++) {
        if (sim->daemons[d].is_up && !sim->daemons[d].is_stopped &&
            sim->daemons[d].clients[lane].lane != NULL) {
            sim_lane_step(sim, d, lane, &event);
        }
    }
}

/* gb.intake seems to end before the lane's place (a lost tail): the lane must halt. */
static void shorten(struct sim *sim, const struct start *s, struct gb_event *event)
{
    uint32_t *lane;

    if (s->offset < 1 || !sim_fault(sim, SIM_INTAKE_SHORT)) {
        return;
    }
    event->consuming.log_end = (int64_t)sim_below(sim, (uint32_t)s->offset + 1);
    sim->daemons[s->daemon].must_halt_lane = true;
    for (int64_t at = 1; at < 10; at += 3) {
        lane = gb_arena_take(&sim->arena, sizeof(*lane));
        *lane = s->lane;
        (void)sim_after(sim, at * SIM_SECOND, on_resume, lane);
    }
}

static void on_watermarks(struct sim *sim, struct sim_event *item)
{
    const struct start *s = item->data;
    struct sim_daemon *d = &sim->daemons[s->daemon];
    struct sim_client *client = &d->clients[s->lane];
    struct gb_event event = {.kind = GB_EV_CONSUMING, .ticket = s->ticket};

    if (client->consume_ticket != s->ticket) {
        return;
    }
    event.consuming.log_end = sim->intake[s->lane].count;
    if (sim_is_out(sim) || sim_fault(sim, SIM_CONSUME_FAILED)) {
        event.status = GB_AWAY;
    } else {
        client->position = s->offset;
        shorten(sim, s, &event);
    }
    sim_lane_step(sim, s->daemon, s->lane, &event);
    if (d->must_halt_lane && !d->is_stopped) {
        sim_fail(sim, SIM_INV_HALT, "lane %u reads a gb.intake that ends before its place",
                 s->lane);
    }
    d->must_halt_lane = false;
}

void sim_reader_start(struct sim *sim, uint32_t daemon, const struct gb_effect *effect)
{
    struct sim_client *client = &sim->daemons[daemon].clients[effect->lane];
    struct start *s;

    if (effect->kind == GB_FX_CONSUME_STOP) {
        client->old_ticket = client->consume_ticket;
        client->consume_ticket = 0;
        client->position = -1;
        return;
    }
    s = gb_arena_take(&sim->arena, sizeof(*s));
    *s = (struct start){daemon, effect->lane, effect->ticket, effect->consume.offset};
    client->consume_ticket = effect->ticket;
    client->position = -1;
    (void)sim_after_daemon(sim, daemon, sim_between(sim, 300, 5000), on_watermarks, s);
}
