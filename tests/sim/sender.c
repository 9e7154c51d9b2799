/* The publisher's worker in a process (src/shell/kafka_send.c): jobs one after the other, also
 * those that nobody waits for any more. What has left goes on without it. */
#include "base/check.h"
#include "sim/sim.h"

#define SILENCE_US (30 * SIM_SECOND)

struct sim_job {
    struct sim_job *next;
    enum gb_effect_kind kind;
    uint32_t daemon, incarnation, lane;
    uint64_t ticket, generation, producer;
    struct gb_message *messages; /* SEND: copies */
    uint32_t count, sent, end;   /* end: what will be produced */
    int64_t starts[GB_TOPIC_COUNT], ends[GB_TOPIC_COUNT];
    int64_t since;
    bool is_fenced, is_reading, is_over;
    enum gb_status status; /* of the answer */
};

static struct sim_client *client_of(struct sim *sim, const struct sim_job *job)
{
    return &sim->daemons[job->daemon].clients[job->lane];
}

static bool is_stale(struct sim *sim, const struct sim_job *job)
{
    return job->generation != client_of(sim, job)->generation;
}

static int64_t way(struct sim *sim)
{
    if (sim_fault(sim, SIM_SEND_SLOW)) {
        return sim_between(sim, 100 * SIM_MS, 3000 * SIM_MS);
    }
    return sim_between(sim, 200, 3000);
}

/* Of the process: dropped if it crashes. */
static void later(struct sim *sim, struct sim_job *job, int64_t delay, sim_run_fn *run)
{
    sim_after_daemon(sim, job->daemon, delay, run, job)->incarnation = job->incarnation;
}

static void on_start(struct sim *sim, struct sim_event *event);

static void start_next(struct sim *sim, struct sim_client *client)
{
    if (client->jobs != NULL) {
        later(sim, client->jobs, sim_between(sim, 0, 100), on_start);
    }
}

static enum gb_event_kind kind_of(const struct sim_job *job)
{
    switch ((int)job->kind) {
    case GB_FX_PUB_INIT:
        return GB_EV_PUB_INITED;
    case GB_FX_PUB_READ:
        return GB_EV_PUB_READ;
    default:
        return GB_EV_PUB_SENT;
    }
}

static void on_finish(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;
    struct sim_client *client = client_of(sim, job);
    int64_t starts[GB_TOPIC_COUNT] = {0};
    struct gb_event event = {.kind = kind_of(job), .ticket = job->ticket, .status = job->status};

    GB_CHECK(client->jobs == job);
    sim->check.send_failures[job->lane] += job->status != GB_OK;
    client->jobs = job->next;
    start_next(sim, client);
    if (job->kind == GB_FX_PUB_DESTROY) {
        return;
    }
    client->inits += job->kind == GB_FX_PUB_INIT;
    if (job->kind == GB_FX_PUB_READ) {
        event.read.log_starts = starts;
        event.read.ends = job->ends;
    } else {
        event.sent.offsets = job->ends;
    }
    sim_lane_step(sim, job->daemon, job->lane, &event);
}

static void finish(struct sim *sim, struct sim_job *job, enum gb_status status, int64_t delay)
{
    job->status = status;
    later(sim, job, delay, on_finish);
}

/* ---- P1 ---- */

static void on_init_arrived(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;
    uint64_t epoch = sim_coordinator_init(sim, job->lane);

    if (sim->daemons[job->daemon].incarnation != job->incarnation) {
        return;
    }
    if (job->status != GB_OK) {
        return; /* its answer is lost and was given up */
    }
    client_of(sim, job)->producer = epoch;
    finish(sim, job, GB_OK, way(sim));
}

static void start_init(struct sim *sim, struct sim_job *job)
{
    client_of(sim, job)->producer = 0;
    if (sim->plan.mode == GB_PUBLISH_IDEMPOTENT) {
        client_of(sim, job)->producer = ++sim->numbers;
        finish(sim, job, GB_OK, way(sim));
    } else if (sim_fault(sim, SIM_INIT_FAILED)) {
        finish(sim, job, GB_AWAY, sim_between(sim, SIM_MS, 3 * SIM_SECOND));
    } else {
        bool is_lost = sim_fault(sim, SIM_INIT_LOST);
        int64_t out = way(sim);

        (void)sim_after(sim, out, on_init_arrived, job);
        job->status = is_lost ? GB_AWAY : GB_OK;
        if (is_lost) {
            finish(sim, job, GB_AWAY, out + sim_between(sim, 1, 3 * SIM_SECOND));
        }
    }
}

/* ---- P2 ---- */

static bool is_decided(const struct sim *sim, const struct sim_job *job)
{
    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        const struct sim_log *log = &sim->logs[job->lane][t];

        if (sim_log_stable(log) < job->ends[t] && log->count > 0) {
            return false;
        }
    }
    return true;
}

static void give_record(struct sim *sim, const struct sim_job *job, enum gb_topic topic,
                        uint32_t at)
{
    const struct gb_message *m = sim->logs[job->lane][topic].entries[at].message;
    struct gb_event event = {.kind = GB_EV_PUB_RECORD, .ticket = job->ticket};

    event.seen.topic = topic;
    event.seen.offset = at;
    event.seen.key = m->key;
    event.seen.value = m->value;
    event.seen.headers = m->headers;
    event.seen.headers_count = m->headers_count;
    sim_lane_step(sim, job->daemon, job->lane, &event);
}

/* One partition after the other, as portions that other events may come between. */
static void on_portion(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;
    const struct sim_daemon *d = &sim->daemons[job->daemon];
    uint32_t budget = 1 + sim_below(sim, 60);

    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        const struct sim_log *log = &sim->logs[job->lane][t];

        while (job->starts[t] < job->ends[t] && job->starts[t] < log->count) {
            uint32_t at = (uint32_t)job->starts[t]++;

            if (log->entries[at].state == SIM_VISIBLE) {
                give_record(sim, job, (enum gb_topic)t, at);
                budget--;
            }
            if (d->is_stopped || budget == 0) {
                later(sim, job, sim_between(sim, 1, 300), on_portion);
                return;
            }
        }
    }
    finish(sim, job, GB_OK, sim_between(sim, 1, 300));
}

static void on_look(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;

    if (is_stale(sim, job) || sim->now - job->since > SILENCE_US ||
        (job->is_reading && sim_fault(sim, SIM_READBACK_FAILED))) {
        finish(sim, job, GB_AWAY, sim_between(sim, 1, 100));
    } else if (is_decided(sim, job)) {
        on_portion(sim, item);
    } else {
        job->is_reading = false;
        later(sim, job, 100 * SIM_MS, on_look);
    }
}

static void start_read(struct sim *sim, struct sim_job *job)
{
    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        job->ends[t] = sim->logs[job->lane][t].count;
    }
    sim_log_compact(sim, job->lane);
    job->since = sim->now;
    job->is_reading = true;
    later(sim, job, way(sim), on_look);
}

/* ---- P3 ---- */

static void keep_offset(const struct sim *sim, struct sim_job *job, enum gb_topic topic)
{
    job->ends[topic] = sim->logs[job->lane][topic].count;
}

static void on_end_arrived(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;
    bool is_done = sim_log_end(sim, job->lane, job->producer, true);

    if (!job->is_over) {
        finish(sim, job, is_done ? GB_OK : GB_MAYBE, way(sim));
    }
}

static void on_torn_arrived(struct sim *sim, struct sim_event *item)
{
    const struct sim_job *job = item->data;

    sim_log_tear(sim, job->lane, job->producer);
}

static void on_abort_arrived(struct sim *sim, struct sim_event *item)
{
    const struct sim_job *job = item->data;

    (void)sim_log_end(sim, job->lane, job->producer, false);
}

/* The transaction ends on its own way; the client has given up, or will before it hears. */
static void end_unheard(struct sim *sim, struct sim_job *job, int64_t delay, sim_run_fn *run)
{
    job->is_over = true;
    (void)sim_after(sim, delay, run, job);
    finish(sim, job, GB_MAYBE, sim_between(sim, 1, 3 * SIM_SECOND));
}

static void end_transaction(struct sim *sim, struct sim_job *job)
{
    enum sim_fate fate = sim->is_healing ? SIM_AS_DRAWN : sim->next[job->lane];

    sim->next[job->lane] = SIM_AS_DRAWN;
    if (fate == SIM_UNHEARD) {
        end_unheard(sim, job, way(sim), on_end_arrived);
    } else if (fate == SIM_ABORTS || sim_fault(sim, SIM_SEND_ABORTED)) {
        end_unheard(sim, job, way(sim), on_abort_arrived);
    } else if (sim_fault(sim, SIM_SEND_TORN)) {
        end_unheard(sim, job, way(sim), on_torn_arrived);
    } else if (sim_fault(sim, SIM_SEND_LOST)) {
        end_unheard(sim, job, way(sim), on_end_arrived);
    } else if (sim_fault(sim, SIM_SEND_LATE)) {
        end_unheard(sim, job, sim_between(sim, SIM_SECOND / 2, 8 * SIM_SECOND), on_end_arrived);
    } else {
        (void)sim_after(sim, way(sim), on_end_arrived, job);
    }
}

static void on_all_produced(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;

    if (job->is_fenced || job->end < job->count) {
        finish(sim, job, GB_MAYBE, sim_between(sim, 1, 2 * SIM_SECOND));
    } else if (sim->plan.mode == GB_PUBLISH_TRANSACTIONAL) {
        end_transaction(sim, job);
    } else {
        finish(sim, job, sim_fault(sim, SIM_SEND_LOST) ? GB_MAYBE : GB_OK, way(sim));
    }
}

static void on_produce_arrived(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;
    uint32_t here = 1 + sim_below(sim, job->count);

    while (job->sent < job->end && here > 0 && !job->is_fenced) {
        const struct gb_message *m = &job->messages[job->sent];

        job->is_fenced = !sim_log_append(sim, job->lane, job->producer, m);
        if (!job->is_fenced) {
            keep_offset(sim, job, m->topic);
            job->sent++;
            here--;
        }
    }
}

/* Leaves in pieces; a process that is stopped sends the next piece when it wakes. */
static void on_produce(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;

    if (job->sent >= job->end || job->is_fenced) {
        later(sim, job, 1, on_all_produced);
        return;
    }
    (void)sim_after(sim, 100, on_produce_arrived, job);
    later(sim, job, 200 + sim_between(sim, 0, 300), on_produce);
}

static void start_send(struct sim *sim, struct sim_job *job)
{
    job->producer = client_of(sim, job)->producer;
    memset(job->ends, 0xff, sizeof(job->ends));
    if (job->producer == 0 || sim_fault(sim, SIM_SEND_REFUSED)) {
        finish(sim, job, GB_MAYBE, sim_between(sim, 1, 2 * SIM_SECOND));
        return;
    }
    job->end = job->count;
    if (sim_fault(sim, SIM_SEND_PART)) {
        job->end = sim_below(sim, job->count);
    }
    later(sim, job, way(sim), on_produce);
}

static void on_start(struct sim *sim, struct sim_event *item)
{
    struct sim_job *job = item->data;

    if (job->kind == GB_FX_PUB_DESTROY) {
        client_of(sim, job)->producer = 0;
        finish(sim, job, GB_OK, sim_between(sim, 0, 100));
    } else if (is_stale(sim, job)) {
        finish(sim, job, GB_AWAY, 1);
    } else if (sim_is_out(sim)) {
        finish(sim, job, job->kind == GB_FX_PUB_SEND ? GB_MAYBE : GB_AWAY,
               sim_between(sim, SIM_MS, 10 * SIM_SECOND));
    } else if (job->kind == GB_FX_PUB_INIT) {
        start_init(sim, job);
    } else if (job->kind == GB_FX_PUB_READ) {
        start_read(sim, job);
    } else {
        start_send(sim, job);
    }
}

static struct gb_message *copy_messages(struct sim *sim, const struct gb_effect *effect)
{
    struct gb_message *copies =
        gb_arena_take(&sim->arena, effect->send.count * sizeof(copies[0]));

    for (uint32_t i = 0; i < effect->send.count; i++) {
        struct gb_message *m = &copies[i];
        struct gb_header *headers;

        *m = *effect->send.messages[i];
        m->key = sim_copy(sim, m->key);
        m->value = sim_copy(sim, m->value);
        headers = gb_arena_take(&sim->arena, (m->headers_count + 1U) * sizeof(headers[0]));
        for (uint32_t h = 0; h < m->headers_count; h++) {
            headers[h].name = sim_copy(sim, m->headers[h].name);
            headers[h].value = sim_copy(sim, m->headers[h].value);
        }
        m->headers = headers;
    }
    return copies;
}

void sim_sender_do(struct sim *sim, uint32_t daemon, const struct gb_effect *effect)
{
    struct sim_client *client = &sim->daemons[daemon].clients[effect->lane];
    struct sim_job *job = gb_arena_take(&sim->arena, sizeof(*job));
    struct sim_job **at = &client->jobs;

    *job = (struct sim_job){.kind = effect->kind,
                            .daemon = daemon,
                            .incarnation = sim->daemons[daemon].incarnation,
                            .lane = effect->lane,
                            .ticket = effect->ticket};
    if (effect->kind == GB_FX_PUB_DESTROY) {
        client->generation++;
    } else if (effect->kind == GB_FX_PUB_READ) {
        memcpy(job->starts, effect->read.offsets, sizeof(job->starts));
    } else if (effect->kind == GB_FX_PUB_SEND) {
        job->messages = copy_messages(sim, effect);
        job->count = effect->send.count;
    }
    job->generation = client->generation;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = job;
    if (client->jobs == job) {
        start_next(sim, client);
    }
}
