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

static void on_poll(struct sim *sim, struct sim_event *item)
{
    const struct poll *p = item->data;
    struct sim_daemon *d = &sim->daemons[p->daemon];
    struct sim_client *client = &d->clients[p->lane];
    const struct sim_intake_log *log = &sim->intake[p->lane];
    uint32_t budget = 1 + sim_below(sim, 100);

    client->is_polling = false;
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

static void on_watermarks(struct sim *sim, struct sim_event *item)
{
    const struct start *s = item->data;
    struct sim_client *client = &sim->daemons[s->daemon].clients[s->lane];
    struct gb_event event = {.kind = GB_EV_CONSUMING, .ticket = s->ticket};

    if (client->consume_ticket != s->ticket) {
        return;
    }
    event.consuming.log_end = sim->intake[s->lane].count;
    if (sim_fault(sim, SIM_CONSUME_FAILED)) {
        event.status = GB_AWAY;
    } else {
        client->position = s->offset;
    }
    sim_lane_step(sim, s->daemon, s->lane, &event);
}

void sim_reader_start(struct sim *sim, uint32_t daemon, const struct gb_effect *effect)
{
    struct sim_client *client = &sim->daemons[daemon].clients[effect->lane];
    struct start *s;

    if (effect->kind == GB_FX_CONSUME_STOP) {
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
