/* The output partitions and their transactional coordinator. A record becomes visible when all
 * before it are decided and it is committed; aborted ones and markers take offsets of their own. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

#define TRANSACTION_US (15 * SIM_SECOND)

struct expiry {
    uint32_t lane;
    uint64_t transaction;
};

static void add(struct sim *sim, struct sim_log *log, struct sim_entry entry)
{
    log->entries = sim_grow(sim, log->entries, log->count, &log->size, sizeof(log->entries[0]));
    log->entries[log->count++] = entry;
}

int64_t sim_log_stable(const struct sim_log *log)
{
    uint32_t at = log->checked < log->count ? log->checked : log->count;

    while (at < log->count && log->entries[at].state != SIM_OPEN) {
        at++;
    }
    return at;
}

/* Ends the open transaction; topics says by bit where it commits. */
static void end_open(struct sim *sim, uint32_t lane, uint32_t topics)
{
    struct sim_coordinator *c = &sim->coordinators[lane];

    if (c->transaction == 0) {
        return;
    }
    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        struct sim_log *log = &sim->logs[lane][t];
        bool commits = (topics >> t & 1U) != 0;
        bool is_touched = false;

        for (uint32_t i = log->count; i > 0 && log->entries[i - 1].state != SIM_MARKER; i--) {
            if (log->entries[i - 1].state == SIM_OPEN) {
                log->entries[i - 1].state = commits ? SIM_VISIBLE : SIM_ABORTED;
                is_touched = true;
            }
        }
        if (is_touched) {
            add(sim, log, (struct sim_entry){.state = SIM_MARKER});
        }
    }
    c->transaction = 0;
    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        sim_check_visible(sim, lane, (enum gb_topic)t);
    }
}

uint64_t sim_coordinator_init(struct sim *sim, uint32_t lane)
{
    struct sim_coordinator *c = &sim->coordinators[lane];

    if (sim->plan.mode == GB_PUBLISH_TRANSACTIONAL) {
        end_open(sim, lane, 0);
    }
    c->epoch = ++sim->numbers;
    return c->epoch;
}

static void on_expired(struct sim *sim, struct sim_event *event)
{
    const struct expiry *e = event->data;
    struct sim_coordinator *c = &sim->coordinators[e->lane];

    if (c->transaction == e->transaction) {
        sim_trace(sim, "kafka: lane %u: transaction times out", e->lane);
        end_open(sim, e->lane, 0);
        c->epoch = ++sim->numbers; /* the coordinator fences who left it open */
    }
}

static void begin(struct sim *sim, uint32_t lane)
{
    struct sim_coordinator *c = &sim->coordinators[lane];
    struct expiry *e;

    if (c->transaction != 0) {
        return;
    }
    c->transaction = ++c->transactions;
    e = gb_arena_take(&sim->arena, sizeof(*e));
    *e = (struct expiry){lane, c->transaction};
    (void)sim_after(sim, TRANSACTION_US, on_expired, e);
}

bool sim_log_append(struct sim *sim, uint32_t lane, uint64_t producer,
                    const struct gb_message *message)
{
    struct sim_coordinator *c = &sim->coordinators[lane];
    struct sim_log *log = &sim->logs[lane][message->topic];
    bool is_transactional = sim->plan.mode == GB_PUBLISH_TRANSACTIONAL;

    if ((is_transactional && producer != c->epoch) || log->broken == producer) {
        return false;
    }
    if (is_transactional) {
        begin(sim, lane);
    }
    add(sim, log, (struct sim_entry){.state = is_transactional ? SIM_OPEN : SIM_VISIBLE,
                                     .message = message,
                                     .producer = producer});
    if (!is_transactional) {
        sim_check_visible(sim, lane, message->topic);
    }
    return true;
}

bool sim_log_end(struct sim *sim, uint32_t lane, uint64_t producer, bool is_commit)
{
    if (producer != sim->coordinators[lane].epoch) {
        return false;
    }
    end_open(sim, lane, is_commit ? UINT32_MAX : 0);
    return true;
}

void sim_log_tear(struct sim *sim, uint32_t lane, uint64_t producer)
{
    if (producer == sim->coordinators[lane].epoch) {
        end_open(sim, lane, (uint32_t)sim_random(sim));
    }
}

/* An unclean election: the new leader lacks the last records. A producer whose batches there are
 * partly gone is refused (out of order); one of whom nothing is left is taken as new. */
void sim_log_lose_tail(struct sim *sim)
{
    uint32_t lane = sim_below(sim, sim->plan.lanes);
    uint32_t topic = sim_below(sim, GB_TOPIC_WRITEBACK + SIM_SLOT_PARTY + 1);
    struct sim_log *log = &sim->logs[lane][topic];
    uint32_t cut = 1 + sim_below(sim, 6);
    uint64_t producer = sim->coordinators[lane].epoch;
    bool has_lost = false;
    bool has_kept = false;

    if (log->count == 0 || sim->coordinators[lane].transaction != 0 ||
        !sim_fault(sim, SIM_LOST_TAIL)) {
        return;
    }
    cut = cut < log->count ? cut : log->count;
    for (uint32_t i = 0; i < log->count; i++) {
        bool is_his = log->entries[i].message != NULL && log->entries[i].producer == producer;

        has_lost = has_lost || (is_his && i >= log->count - cut);
        has_kept = has_kept || (is_his && i < log->count - cut);
    }
    log->count -= cut;
    log->broken = has_lost && has_kept ? producer : log->broken;
    sim->next[lane] = (enum sim_fate)sim_below(sim, 3);
    sim_trace(sim, "kafka: lane %u topic %u loses %u records", lane, topic, cut);
    sim_check_cut(sim, lane, (enum gb_topic)topic);
}

/* The newest record of a key stays, older ones below the stable offset may go. */
void sim_log_compact(struct sim *sim, uint32_t lane)
{
    enum gb_topic topic = (enum gb_topic)sim_below(sim, 2);
    struct sim_log *log = &sim->logs[lane][topic];

    if (!gb_topic_is_state(topic) || log->checked < 2 || !sim_fault(sim, SIM_COMPACT)) {
        return;
    }
    for (uint32_t i = 0; i < log->checked; i++) {
        struct sim_entry *old = &log->entries[i];

        for (uint32_t j = i + 1; j < log->checked && old->state == SIM_VISIBLE; j++) {
            if (log->entries[j].state == SIM_VISIBLE &&
                gb_str_eq(log->entries[j].message->key, old->message->key)) {
                old->state = SIM_GONE;
            }
        }
    }
}

void sim_log_close(struct sim *sim)
{
    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            free(sim->logs[l][t].entries);
        }
        free(sim->intake[l].records);
    }
}
