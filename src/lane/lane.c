/* The lane's one door: sorts answers from strays, hands events to reconcile and publish, and after
 * each event lets both go on and sets the one timer. Also what both share: asking, halting,
 * recovering. */
#include "lane/lane.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/policy_load.h"
#include "lane/halt.h"
#include "lane/machine.h"

void gb_queue_put(struct gb_queue *queue, struct gb_batch *batch)
{
    batch->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = batch;
    } else {
        queue->first = batch;
    }
    queue->last = batch;
    queue->count++;
}

struct gb_batch *gb_queue_take(struct gb_queue *queue)
{
    struct gb_batch *batch = queue->first;

    if (batch != NULL) {
        queue->first = batch->next;
        queue->count--;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        batch->next = NULL;
    }
    return batch;
}

void gb_queue_free(struct gb_queue *queue)
{
    struct gb_batch *batch = gb_queue_take(queue);

    while (batch != NULL) {
        gb_batch_free(batch);
        batch = gb_queue_take(queue);
    }
}

void gb_queue_move(struct gb_queue *to, struct gb_queue *from)
{
    struct gb_batch *batch = gb_queue_take(from);

    while (batch != NULL) {
        gb_queue_put(to, batch);
        batch = gb_queue_take(from);
    }
}

struct gb_bundle *gb_bundle_new(const struct gb_files *files, struct gb_mistakes *mistakes)
{
    struct gb_bundle *bundle = calloc(1, sizeof(*bundle));

    GB_CHECK(bundle != NULL);
    gb_arena_init(&bundle->arena, GB_BATCH_ARENA_MAX);
    bundle->policy = gb_policy_load(&bundle->arena, files, mistakes);
    if (bundle->policy == NULL) {
        gb_bundle_free(bundle);
        return NULL;
    }
    return bundle;
}

void gb_bundle_free(struct gb_bundle *bundle)
{
    if (bundle != NULL) {
        gb_arena_close(&bundle->arena);
        free(bundle);
    }
}

struct gb_lane *gb_lane_new(const struct gb_lane_config *config)
{
    struct gb_lane *lane = calloc(1, sizeof(*lane));

    GB_CHECK(lane != NULL);
    gb_arena_init(&lane->names, (size_t)1 << 20);
    gb_arena_init(&lane->row_arena, (size_t)1 << 20);
    gb_arena_init(&lane->wants_arena, GB_BATCH_ARENA_MAX);
    lane->config = *config;
    gb_topics_copy(&lane->config.topics, &config->topics, &lane->names);
    if (lane->config.batch_records_max == 0) {
        lane->config.batch_records_max = GB_BATCH_RECORDS_MAX;
    }
    if (lane->config.batch_bytes_max == 0) {
        lane->config.batch_bytes_max = GB_BATCH_BYTES_MAX;
    }
    lane->due_retry = lane->due_send = lane->due_floor = lane->timer_at = GB_NEVER;
    lane->retry_ms = lane->pub.retry_ms = GB_RETRY_MS_MIN;
    return lane;
}

/* Everything but the durable row's copy and the bundles. */
static void drop_memory(struct gb_lane *lane)
{
    gb_core_free(lane->core);
    lane->core = NULL;
    gb_queue_free(&lane->incoming);
    if (lane->flying != NULL) {
        gb_queue_put(&lane->graves, lane->flying);
        lane->flying = NULL;
    }
}

void gb_lane_free(struct gb_lane *lane)
{
    if (lane == NULL) {
        return;
    }
    drop_memory(lane);
    gb_queue_free(&lane->graves);
    gb_queue_free(&lane->pub.queue);
    gb_batch_free(lane->pub.refill);
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        free(lane->pub.seen[t].items);
    }
    while (lane->bundles != NULL) {
        struct gb_bundle *next = lane->bundles->next;

        gb_bundle_free(lane->bundles);
        lane->bundles = next;
    }
    gb_arena_close(&lane->names);
    gb_arena_close(&lane->row_arena);
    gb_arena_close(&lane->wants_arena);
    free(lane);
}

uint64_t gb_lane_ticket(struct gb_lane *lane)
{
    return ++lane->tickets;
}

struct gb_effect *gb_lane_ask_pg(struct gb_lane *lane, struct gb_effects *fx,
                                 enum gb_effect_kind kind)
{
    GB_CHECK(lane->pg_ticket == 0);
    lane->pg_ticket = gb_lane_ticket(lane);
    lane->pg_kind = kind;
    return gb_effects_add(fx, kind, lane->config.lane, lane->pg_ticket);
}

void gb_lane_say(struct gb_lane *lane, struct gb_effects *fx, bool is_warning, const char *format,
                 ...)
{
    struct gb_effect *say;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(lane->text, sizeof(lane->text), format, args);
    va_end(args);
    say = gb_effects_add(fx, GB_FX_SAY, lane->config.lane, 0);
    say->say.is_warning = is_warning;
    say->say.text = gb_str_of(lane->text);
}

/* Ends what the lane has under way; answers to it will be strays. */
static void stop_work(struct gb_lane *lane, struct gb_effects *fx)
{
    if (lane->pg_ticket != 0) {
        lane->pg_ticket = 0;
        gb_effects_add(fx, GB_FX_PG_RESET, lane->config.lane, 0);
    }
    if (lane->consume_ticket != 0) {
        lane->consume_ticket = 0;
        gb_effects_add(fx, GB_FX_CONSUME_STOP, lane->config.lane, 0);
    }
    gb_publish_stop(lane, fx);
    drop_memory(lane);
    lane->halt_reason = NULL;
    lane->due_retry = lane->due_send = lane->due_floor = GB_NEVER;
}

static void ask_halt(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_effect *halt = gb_lane_ask_pg(lane, fx, GB_FX_PG_HALT);

    halt->halt.epoch = lane->row.epoch;
    halt->halt.reason = gb_str_of(lane->halt_reason);
    halt->halt.evidence = gb_str_of(lane->evidence);
}

void gb_lane_halt(struct gb_lane *lane, struct gb_effects *fx, const char *reason,
                  const char *evidence, ...)
{
    va_list args;

    va_start(args, evidence);
    (void)vsnprintf(lane->evidence, sizeof(lane->evidence), evidence, args);
    va_end(args);
    stop_work(lane, fx);
    lane->state = GB_LANE_HALTED;
    lane->halt_reason = reason;
    ask_halt(lane, fx);
    gb_lane_say(lane, fx, true, "halts: %s: %s; %s", reason, lane->evidence,
                gb_halt_advice(gb_str_of(reason)));
}

void gb_lane_recover(struct gb_lane *lane, struct gb_effects *fx, const char *why)
{
    stop_work(lane, fx);
    gb_effects_add(fx, GB_FX_PG_RESET, lane->config.lane, 0);
    lane->state = GB_LANE_IDLE;
    lane->due_retry = lane->now + lane->retry_ms;
    gb_lane_say(lane, fx, true, "%s failed: claims again in %lld ms", why,
                (long long)lane->retry_ms);
    lane->retry_ms = lane->retry_ms * 2 > GB_RETRY_MS_MAX ? GB_RETRY_MS_MAX : lane->retry_ms * 2;
}

/* A halt that is not in the row would end with the process: it is written again until it is, or
 * until somebody else owns the lane. */
static void on_halted(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    if (event->status == GB_FENCED) {
        gb_lane_recover(lane, fx, "halt");
        lane->due_retry = lane->now + GB_FENCED_MS;
    } else if (event->status != GB_OK) {
        lane->due_retry = lane->now + GB_RETRY_MS_MAX;
    } else {
        lane->halt_reason = NULL;
    }
}

static bool is_pg(enum gb_event_kind kind)
{
    return kind >= GB_EV_PG_CLAIMED && kind <= GB_EV_PG_HALTED;
}

/* False for the answer to a request that nobody waits for any more. */
static bool take_ticket(struct gb_lane *lane, const struct gb_event *event)
{
    bool goes_on = (event->kind == GB_EV_PG_ROWS && !event->rows.is_last) ||
                   (event->kind == GB_EV_PG_OUTBOX && !event->outbox.is_last);

    if (!is_pg(event->kind)) {
        return true;
    }
    if (event->ticket != lane->pg_ticket || event->ticket == 0) {
        return false;
    }
    if (!goes_on || event->status != GB_OK) {
        lane->pg_ticket = 0;
    }
    return true;
}

static void on_timer(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_event again = {.kind = GB_EV_ASSIGNED, .now = lane->now};

    lane->timer_at = GB_NEVER;
    if (lane->due_retry > lane->now) {
        return;
    }
    if (lane->pg_ticket != 0) {
        lane->due_retry = lane->now + GB_RETRY_MS_MIN; /* the outbox or the floor is under way */
        return;
    }
    lane->due_retry = GB_NEVER;
    if (lane->state == GB_LANE_IDLE && lane->is_assigned) {
        gb_reconcile_event(lane, &again, fx);
    } else if (lane->state == GB_LANE_HALTED && lane->halt_reason != NULL) {
        ask_halt(lane, fx);
    } else if (lane->state != GB_LANE_HALTED) {
        gb_reconcile_retry(lane, fx);
    }
}

static void on_revoked(struct gb_lane *lane, struct gb_effects *fx)
{
    lane->is_assigned = false;
    stop_work(lane, fx);
    lane->state = GB_LANE_IDLE;
}

static void set_timer(struct gb_lane *lane, struct gb_effects *fx)
{
    int64_t due = lane->due_retry;

    due = lane->due_send < due ? lane->due_send : due;
    due = lane->due_floor < due ? lane->due_floor : due;
    if (due == GB_NEVER || (lane->timer_at != GB_NEVER && lane->timer_at <= due)) {
        return;
    }
    lane->timer_at = due;
    gb_effects_add(fx, GB_FX_TIMER, lane->config.lane, 0)->timer.after_ms =
        due > lane->now ? due - lane->now : 0;
}

static void dispatch(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    switch (event->kind) {
    case GB_EV_TIMER:
        on_timer(lane, fx);
        break;
    case GB_EV_REVOKED:
        on_revoked(lane, fx);
        break;
    case GB_EV_PG_HALTED:
        on_halted(lane, event, fx);
        break;
    case GB_EV_RESUME:
        if (lane->state == GB_LANE_HALTED && lane->pg_ticket == 0) {
            lane->state = GB_LANE_IDLE;
            lane->due_retry = lane->now;
        }
        break;
    case GB_EV_PG_OUTBOX:
    case GB_EV_PG_FLOORED:
    case GB_EV_PUB_INITED:
    case GB_EV_PUB_RECORD:
    case GB_EV_PUB_READ:
    case GB_EV_PUB_SENT:
        gb_publish_event(lane, event, fx);
        break;
    case GB_EV_ASSIGNED:
    case GB_EV_PG_CLAIMED:
    case GB_EV_PG_TERMINATED:
    case GB_EV_PG_ROWS:
    case GB_EV_PG_POLICY:
    case GB_EV_PG_COMMITTED:
    case GB_EV_CONSUMING:
    case GB_EV_RECORD:
        gb_reconcile_event(lane, event, fx);
        break;
    }
}

void gb_lane_step(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *effects)
{
    lane->now = event->now;
    if (!take_ticket(lane, event)) {
        return;
    }
    dispatch(lane, event, effects);
    gb_publish_go(lane, effects);
    gb_reconcile_go(lane, effects);
    set_timer(lane, effects);
}

bool gb_lane_wants_records(const struct gb_lane *lane)
{
    return (lane->state == GB_LANE_CHECKING || lane->state == GB_LANE_RUNNING) &&
           lane->incoming.count < GB_INCOMING_BATCHES_MAX;
}

void gb_lane_look(const struct gb_lane *lane, struct gb_lane_view *view)
{
    *view = (struct gb_lane_view){.state = lane->state,
                                  .next_offset = lane->row.next_offset,
                                  .next_index = lane->row.next_index,
                                  .published_index = lane->published_index,
                                  .clock = lane->row.clock,
                                  .committed_at = lane->committed_at,
                                  .applied = lane->outcomes[GB_APPLIED],
                                  .unchanged = lane->outcomes[GB_UNCHANGED],
                                  .refused = lane->outcomes[GB_OUT_REFUSED],
                                  .dead = lane->outcomes[GB_OUT_DEAD],
                                  .ignored = lane->outcomes[GB_OUT_IGNORED]};
}

const char *gb_lane_state_word(enum gb_lane_state state)
{
    static const char *const words[] = {"idle",    "claiming", "loading", "checking",
                                        "running", "waiting",  "halted"};

    return words[state];
}
