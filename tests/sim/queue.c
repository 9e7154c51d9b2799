/* Time and chance: one heap of events ordered by (time, seeded tie, serial), one source of random
 * numbers (SplitMix64: Steele, Lea, Flood), and what is told of both. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

uint64_t sim_mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint64_t sim_random(struct sim *sim)
{
    return sim_mix(&sim->random);
}

uint32_t sim_below(struct sim *sim, uint32_t bound)
{
    return (uint32_t)(sim_random(sim) % bound);
}

int64_t sim_between(struct sim *sim, int64_t low, int64_t high)
{
    return low + (int64_t)(sim_random(sim) % (uint64_t)(high - low + 1));
}

const char *sim_fault_word(enum sim_fault fault)
{
    static const char *const words[] = {
#define X(name, word, rate) word,
        SIM_FAULT_LIST(X)
#undef X
    };

    return words[fault];
}

const char *sim_invariant_word(enum sim_invariant invariant)
{
    static const char *const words[] = {
#define X(name) #name,
        SIM_INVARIANT_LIST(X)
#undef X
    };

    return words[invariant];
}

bool sim_fault(struct sim *sim, enum sim_fault fault)
{
    bool happens = sim_random(sim) % 1000 < sim->plan.rates[fault];

    if (!happens || sim->is_healing || sim->faults >= sim->plan.faults_max) {
        return false;
    }
    sim->faults++;
    sim->faults_by[fault]++;
    sim_trace(sim, "FAULT %u: %s", sim->faults, sim_fault_word(fault));
    return true;
}

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    if (a->at != b->at) {
        return a->at < b->at;
    }
    return a->tie != b->tie ? a->tie < b->tie : a->serial < b->serial;
}

void sim_push(struct sim *sim, struct sim_event *event)
{
    struct sim_queue *q = &sim->queue;
    uint32_t at = q->count++;

    if (q->count > q->size) {
        q->size = q->size == 0 ? 256 : q->size * 2;
        q->items = realloc(q->items, q->size * sizeof(q->items[0]));
        GB_CHECK(q->items != NULL);
    }
    while (at > 0 && is_before(event, q->items[(at - 1) / 2])) {
        q->items[at] = q->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    q->items[at] = event;
}

static struct sim_event *pop(struct sim_queue *q)
{
    struct sim_event *first = q->items[0];
    struct sim_event *last = q->items[--q->count];
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= q->count) {
            break;
        }
        if (child + 1 < q->count && is_before(q->items[child + 1], q->items[child])) {
            child++;
        }
        if (!is_before(q->items[child], last)) {
            break;
        }
        q->items[at] = q->items[child];
        at = child;
    }
    q->items[at] = last;
    return first;
}

struct sim_event *sim_after(struct sim *sim, int64_t delay, sim_run_fn *run, void *data)
{
    struct sim_event *event = sim->queue.free;

    if (event != NULL) {
        sim->queue.free = event->data;
    } else {
        event = gb_arena_take(&sim->arena, sizeof(*event));
    }
    *event = (struct sim_event){.at = sim->now + (delay > 0 ? delay : 0),
                                .tie = sim_random(sim),
                                .serial = ++sim->serial,
                                .run = run,
                                .daemon = SIM_NOBODY,
                                .data = data};
    sim_push(sim, event);
    return event;
}

struct sim_event *sim_after_daemon(struct sim *sim, uint32_t daemon, int64_t delay,
                                   sim_run_fn *run, void *data)
{
    struct sim_event *event = sim_after(sim, delay, run, data);

    event->daemon = daemon;
    event->incarnation = sim->daemons[daemon].incarnation;
    return event;
}

static void park(struct sim_daemon *d, struct sim_event *event)
{
    if (d->parked_count == d->parked_size) {
        d->parked_size = d->parked_size == 0 ? 32 : d->parked_size * 2;
        d->parked = realloc(d->parked, d->parked_size * sizeof(d->parked[0]));
        GB_CHECK(d->parked != NULL);
    }
    d->parked[d->parked_count++] = event;
}

bool sim_next(struct sim *sim)
{
    struct sim_event *event;
    struct sim_daemon *d = NULL;

    if (sim->queue.count == 0) {
        return false;
    }
    event = pop(&sim->queue);
    sim->now = event->at;
    if (event->daemon != SIM_NOBODY) {
        d = &sim->daemons[event->daemon];
    }
    if (d != NULL && d->incarnation == event->incarnation && d->is_stopped) {
        park(d, event);
        return true;
    }
    if (d == NULL || (d->incarnation == event->incarnation && d->is_up)) {
        event->run(sim, event);
    }
    event->data = sim->queue.free;
    sim->queue.free = event;
    return true;
}

void sim_queue_close(struct sim *sim)
{
    free(sim->queue.items);
    for (uint32_t d = 0; d < SIM_DAEMONS_MAX; d++) {
        free(sim->daemons[d].parked);
    }
}

bool sim_is_out(const struct sim *sim)
{
    return sim->now < sim->out_until;
}

int64_t sim_ms(const struct sim *sim)
{
    return 1000 + sim->now / SIM_MS;
}

void sim_note(struct sim *sim, uint64_t what)
{
    sim->digest = (sim->digest ^ what) * 0x100000001b3U;
    sim->digest ^= sim->digest >> 29;
}

void sim_trace(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (sim->trace == NULL) {
        return;
    }
    (void)fprintf(sim->trace, "%9.3f ", (double)sim->now / 1e6);
    va_start(args, format);
    (void)vfprintf(sim->trace, format, args);
    va_end(args);
    (void)fputc('\n', sim->trace);
}

void sim_fail(struct sim *sim, enum sim_invariant invariant, const char *format, ...)
{
    struct sim_failure *failure = &sim->failure;
    va_list args;

    if (failure->is_set) {
        return;
    }
    failure->is_set = true;
    failure->invariant = invariant;
    va_start(args, format);
    (void)vsnprintf(failure->text, sizeof(failure->text), format, args);
    va_end(args);
    sim_trace(sim, "VIOLATION %s: %s", sim_invariant_word(invariant), failure->text);
}

void *sim_grow(struct sim *sim, void *items, uint32_t count, uint32_t *size, size_t each)
{
    (void)sim;
    if (count < *size) {
        return items;
    }
    *size = *size == 0 ? 32 : *size * 2;
    items = realloc(items, *size * each);
    GB_CHECK(items != NULL);
    return items;
}
