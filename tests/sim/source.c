/* Intake's client (src/shell/kafka_source.c, kafka_sink.c): source partitions in, records of
 * gb.intake out by an idempotent producer, the group's offsets. */
#include <stdio.h>

#include "base/check.h"
#include "base/hash.h"
#include "sim/sim.h"

struct sent {
    uint32_t daemon, incarnation, lane;
    uint64_t sink, ticket;
    struct gb_str value;
    int64_t append_time;
    bool is_hole, is_report_lost;
    enum gb_status status;
};

struct offsets {
    uint32_t daemon, incarnation;
    uint64_t generation;
    uint32_t count;
    uint32_t streams[SIM_STREAMS_MAX];
    struct sim_committed items[SIM_STREAMS_MAX];
    enum gb_status status;
    bool is_answered;
};

struct timer {
    uint32_t daemon;
    uint64_t number;
};

static uint32_t stream_of(const struct sim *sim, struct gb_str topic, int32_t partition)
{
    uint32_t s = 0;

    while (s < sim->plan.streams && !(gb_str_eq(sim->streams[s].topic, topic) &&
                                      sim->streams[s].partition == partition)) {
        s++;
    }
    GB_CHECK(s < sim->plan.streams);
    return s;
}

/* ---- consuming ---- */

static void on_poll(struct sim *sim, struct sim_event *item)
{
    uint32_t daemon = *(const uint32_t *)item->data;
    struct sim_daemon *d = &sim->daemons[daemon];
    uint32_t budget = 1 + sim_below(sim, 60);
    uint32_t at = sim_below(sim, sim->plan.streams);
    uint32_t empty = 0;

    d->is_polling = false;
    while (budget > 0 && empty < sim->plan.streams && !d->is_stopped && d->has_streams &&
           gb_intake_wants_records(d->intake)) {
        struct sim_stream *s = &sim->streams[at];
        int64_t position = d->positions[at];

        if (position < 0 || position >= s->count) {
            empty++;
            at = (at + 1) % sim->plan.streams;
            continue;
        }
        struct gb_source_record record = {.topic = s->topic,
                                          .partition = s->partition,
                                          .offset = position,
                                          .key = s->messages[position]->key,
                                          .value = s->messages[position]->value,
                                          .headers = s->messages[position]->headers,
                                          .headers_count =
                                              s->messages[position]->headers != NULL ? 2 : 0};
        struct gb_intake_event event = {.kind = GB_IE_RECORD, .record = &record};

        d->positions[at]++;
        budget--;
        empty = 0;
        at = sim_below(sim, 3) == 0 ? (at + 1) % sim->plan.streams : at;
        sim_intake_step(sim, daemon, &event);
    }
    sim_source_kick(sim, daemon);
}

void sim_source_kick(struct sim *sim, uint32_t daemon)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    bool has_any = false;
    uint32_t *who;

    for (uint32_t s = 0; s < sim->plan.streams; s++) {
        has_any = has_any || (d->positions[s] >= 0 && d->positions[s] < sim->streams[s].count);
    }
    if (!d->is_up || d->is_polling || !d->has_streams || !has_any ||
        !gb_intake_wants_records(d->intake)) {
        return;
    }
    d->is_polling = true;
    who = gb_arena_take(&sim->arena, sizeof(*who));
    *who = daemon;
    (void)sim_after_daemon(sim, daemon, sim_between(sim, 200, 5000), on_poll, who);
}

static void fetch(struct sim *sim, uint32_t daemon, const struct gb_intake_effect *effect)
{
    struct sim_daemon *d = &sim->daemons[daemon];

    for (uint32_t s = 0; s < SIM_STREAMS_MAX; s++) {
        d->positions[s] = -1;
    }
    for (uint32_t i = 0; i < effect->streams.count && d->has_streams; i++) {
        const struct gb_stream_offset *item = &effect->streams.items[i];

        d->positions[stream_of(sim, item->topic, item->partition)] = item->offset;
    }
    sim_source_kick(sim, daemon);
}

/* ---- looking up where the group stands ---- */

static void fill_starts(const struct sim *sim, uint32_t daemon, struct gb_intake_event *event,
                        struct gb_stream_start *items)
{
    for (uint32_t s = 0; s < sim->plan.streams; s++) {
        const struct sim_stream *stream = &sim->streams[s];
        const struct sim_committed *c = &sim->committed[s];

        if (sim->intake_group.owners[s] == daemon) {
            items[event->assigned.count++] = (struct gb_stream_start){
                .topic = stream->topic,
                .partition = stream->partition,
                .committed = c->offset,
                .metadata = gb_str_is(c->metadata) ? c->metadata : GB_STR(""),
                .log_end = stream->count};
        }
    }
    event->assigned.items = items;
    event->assigned.has_policy = sim->committed[0].offset > 0;
}

static void on_restored(struct sim *sim, struct sim_event *item)
{
    (void)item;
    sim_group_rebalance(sim, &sim->intake_group);
}

/* A topic that was created again is shorter than what is committed: the stream must halt. Then
 * somebody puts it right. */
static void shorten(struct sim *sim, struct sim_daemon *d, struct gb_intake_event *event,
                    struct gb_stream_start *items)
{
    for (uint32_t i = 0; i < event->assigned.count; i++) {
        if (items[i].committed > 0 && sim_fault(sim, SIM_SOURCE_SHORT)) {
            items[i].log_end = (int64_t)sim_below(sim, (uint32_t)items[i].committed);
            d->must_halt = true;
            (void)sim_after(sim, 2 * SIM_SECOND, on_restored, NULL);
            return;
        }
    }
}

static void on_looked_up(struct sim *sim, struct sim_event *item)
{
    uint32_t daemon = *(const uint32_t *)item->data;
    struct sim_daemon *d = &sim->daemons[daemon];
    struct gb_stream_start items[SIM_STREAMS_MAX];
    struct gb_intake_event event = {.kind = GB_IE_ASSIGNED};
    uint64_t random[6];
    char session[33];

    d->is_looking = false;
    if (!d->has_streams) {
        return;
    }
    for (int i = 0; i < 6; i++) {
        random[i] = sim_random(sim);
    }
    gb_hex(session, (const uint8_t *)random, 16);
    fill_starts(sim, daemon, &event, items);
    event.assigned.session = (struct gb_str){session, 32};
    event.assigned.secret = (struct gb_str){(const char *)&random[2], 32};
    shorten(sim, d, &event, items);
    sim_intake_step(sim, daemon, &event);
    if (d->must_halt && d->is_up && !d->is_stopped) {
        sim_fail(sim, SIM_INV_HALT, "a source that ends before its committed place is read on");
    }
    d->must_halt = false;
}

void sim_source_look_up(struct sim *sim, uint32_t daemon, int64_t delay)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    uint32_t *who = gb_arena_take(&sim->arena, sizeof(*who));

    if (d->is_looking) {
        return;
    }
    d->is_looking = true;
    *who = daemon;
    (void)sim_after_daemon(sim, daemon, delay + sim_between(sim, 1000, 20000), on_looked_up, who);
}

/* ---- producing ---- */

static void on_acked(struct sim *sim, struct sim_event *item)
{
    const struct sent *sent = item->data;
    struct gb_intake_event event = {.kind = GB_IE_ACKED, .status = sent->status};

    if (sim->daemons[sent->daemon].sink != sent->sink && !sim_fault(sim, SIM_STRAY)) {
        return; /* the shell drops reports of a dead producer, the machine need not rely on it */
    }
    event.acked.ticket = sent->ticket;
    event.acked.append_time = sent->append_time;
    sim_intake_step(sim, sent->daemon, &event);
}

static void report(struct sim *sim, struct sent *sent, int64_t delay)
{
    struct sim_daemon *d = &sim->daemons[sent->daemon];
    int64_t at = sim->now + delay;

    if (d->incarnation != sent->incarnation) {
        return;
    }
    if (sent->status == GB_OK) {
        at = at > d->ack_at[sent->lane] ? at : d->ack_at[sent->lane] + 1;
        d->ack_at[sent->lane] = at;
    }
    sim_after_daemon(sim, sent->daemon, at - sim->now, on_acked, sent)->incarnation =
        sent->incarnation;
}

static void append(struct sim *sim, const struct sent *sent)
{
    struct sim_intake_log *log = &sim->intake[sent->lane];

    log->records = sim_grow(sim, log->records, log->count, &log->size, sizeof(log->records[0]));
    log->records[log->count++] = (struct sim_intake_record){sent->value};
    sim_reader_kick_all(sim, sent->lane);
}

static void on_arrived(struct sim *sim, struct sim_event *item)
{
    struct sent *sent = item->data;

    sent->append_time = sim_wall(sim);
    sent->status = sent->is_hole || sent->is_report_lost ? GB_MAYBE : GB_OK;
    if (!sent->is_hole) {
        append(sim, sent);
    }
    if (sent->status != GB_OK) {
        report(sim, sent, sim_between(sim, 50 * SIM_MS, 3 * SIM_SECOND));
    } else {
        report(sim, sent,
               sim_fault(sim, SIM_ACK_SLOW) ? sim_between(sim, 100 * SIM_MS, 3 * SIM_SECOND)
                                            : sim_between(sim, 300, 3000));
    }
}

/* Leaves the process; from here on it is on the wire, whatever becomes of the process. A purge
 * takes back what has not left. */
static void on_left(struct sim *sim, struct sim_event *item)
{
    struct sent *sent = item->data;
    struct sim_daemon *d = &sim->daemons[sent->daemon];
    int64_t at = sim->now + sim_between(sim, 100, sim_below(sim, 20) == 0 ? 60 * SIM_MS : 1000);

    if (d->sink != sent->sink) {
        return;
    }
    at = sim_is_out(sim) ? sim->out_until + 1 : at;
    at = at > d->wire_at[sent->lane] ? at : d->wire_at[sent->lane] + 1;
    d->wire_at[sent->lane] = at;
    (void)sim_after(sim, at - sim->now, on_arrived, sent);
}

static void produce(struct sim *sim, uint32_t daemon, const struct gb_intake_effect *effect)
{
    struct sim_daemon *d = &sim->daemons[daemon];
    uint32_t lane = effect->produce.lane;
    int64_t at = sim->now + sim_between(sim, 100, 1000);
    struct sent *sent = gb_arena_take(&sim->arena, sizeof(*sent));

    *sent = (struct sent){.daemon = daemon,
                          .incarnation = d->incarnation,
                          .lane = lane,
                          .sink = d->sink,
                          .ticket = effect->produce.ticket,
                          .value = sim_copy(sim, effect->produce.value)};
    sent->is_hole = sim_fault(sim, SIM_HOLE);
    sent->is_report_lost = !sent->is_hole && sim_fault(sim, SIM_ACK_LOST);
    at = at > d->sink_at[lane] ? at : d->sink_at[lane] + 1;
    d->sink_at[lane] = at;
    (void)sim_after_daemon(sim, daemon, at - sim->now, on_left, sent);
}

/* ---- the group's offsets ---- */

static void on_offsets_answer(struct sim *sim, struct sim_event *item)
{
    const struct offsets *o = item->data;
    struct gb_intake_event event = {.kind = GB_IE_COMMITTED, .status = o->status};

    sim_intake_step(sim, o->daemon, &event);
}

static void on_offsets_arrived(struct sim *sim, struct sim_event *item)
{
    struct offsets *o = item->data;
    bool is_ours = o->generation == sim->intake_group.generation && !sim_is_out(sim);

    for (uint32_t i = 0; i < o->count && is_ours; i++) {
        struct sim_committed *c = &sim->committed[o->streams[i]];

        c->offset = o->items[i].offset;
        c->metadata = o->items[i].metadata;
        c->most = c->offset > c->most ? c->offset : c->most;
    }
    if (!o->is_answered) {
        o->status = is_ours ? GB_OK : GB_MAYBE; /* ILLEGAL_GENERATION */
        sim_after_daemon(sim, o->daemon, sim_between(sim, 200, 3000), on_offsets_answer, o)
            ->incarnation = o->incarnation;
    }
}

static void commit(struct sim *sim, uint32_t daemon, const struct gb_intake_effect *effect)
{
    struct offsets *o = gb_arena_take(&sim->arena, sizeof(*o));
    int64_t delay = sim_between(sim, 200, 3000);

    *o = (struct offsets){.daemon = daemon,
                          .incarnation = sim->daemons[daemon].incarnation,
                          .generation = sim->daemons[daemon].group_generation,
                          .count = effect->streams.count};
    for (uint32_t i = 0; i < o->count; i++) {
        const struct gb_stream_offset *from = &effect->streams.items[i];

        o->streams[i] = stream_of(sim, from->topic, from->partition);
        o->items[i].offset = from->offset;
        o->items[i].metadata = sim_copy(sim, from->metadata);
    }
    if (sim_fault(sim, SIM_OFFSETS_REFUSED)) {
        o->is_answered = true;
        o->generation = UINT64_MAX;
    } else if (sim_fault(sim, SIM_OFFSETS_LOST)) {
        o->is_answered = true;
    } else if (sim_fault(sim, SIM_OFFSETS_LATE)) {
        o->is_answered = true;
        delay = sim_between(sim, 100 * SIM_MS, 4 * SIM_SECOND);
    }
    (void)sim_after(sim, delay, on_offsets_arrived, o);
    if (o->is_answered) {
        o->status = GB_MAYBE;
        (void)sim_after_daemon(sim, daemon, sim_between(sim, SIM_MS, 3 * SIM_SECOND),
                               on_offsets_answer, o);
    }
}

/* ---- timers, and which effect is done where ---- */

static void on_timer(struct sim *sim, struct sim_event *item)
{
    const struct timer *t = item->data;
    struct gb_intake_event event = {.kind = GB_IE_TIMER};

    if (sim->daemons[t->daemon].timer == t->number) {
        sim_intake_step(sim, t->daemon, &event);
    }
}

static void on_restart(struct sim *sim, struct sim_event *item)
{
    const struct timer *t = item->data;

    if (sim->daemons[t->daemon].restart == t->number && sim->daemons[t->daemon].has_streams) {
        sim_source_look_up(sim, t->daemon, 0);
    }
}

static void start_timer(struct sim *sim, uint32_t daemon, int64_t after_ms, sim_run_fn *run)
{
    struct timer *t = gb_arena_take(&sim->arena, sizeof(*t));

    *t = (struct timer){daemon, ++sim->numbers};
    if (run == on_timer) {
        sim->daemons[daemon].timer = t->number;
    } else {
        sim->daemons[daemon].restart = t->number;
    }
    (void)sim_after_daemon(sim, daemon, after_ms * SIM_MS, run, t);
}

void sim_source_do(struct sim *sim, uint32_t daemon, const struct gb_intake_effect *effect)
{
    struct sim_daemon *d = &sim->daemons[daemon];

    switch (effect->kind) {
    case GB_IX_FETCH:
        fetch(sim, daemon, effect);
        break;
    case GB_IX_PRODUCE:
        produce(sim, daemon, effect);
        break;
    case GB_IX_COMMIT:
        commit(sim, daemon, effect);
        break;
    case GB_IX_PURGE:
        d->sink = ++sim->numbers;
        memset(d->sink_at, 0, sizeof(d->sink_at));
        memset(d->wire_at, 0, sizeof(d->wire_at));
        memset(d->ack_at, 0, sizeof(d->ack_at));
        break;
    case GB_IX_RESTART:
        start_timer(sim, daemon, effect->after_ms, on_restart);
        break;
    case GB_IX_TIMER:
        start_timer(sim, daemon, effect->after_ms, on_timer);
        break;
    case GB_IX_HALT:
        d->positions[stream_of(sim, effect->halt.topic, effect->halt.partition)] = -1;
        if (!d->must_halt) {
            sim_fail(sim, SIM_INV_HALT, "a source stream halts: %.*s", GB_STR_ARG(effect->text));
        }
        d->must_halt = false;
        break;
    case GB_IX_SAY:
        sim_trace(sim, "  daemon %u intake says: %.*s", daemon, GB_STR_ARG(effect->text));
        break;
    }
}
