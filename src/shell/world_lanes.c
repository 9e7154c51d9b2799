/* Feeds the lanes and carries their effects out. A lane's objects are made when the group gives it
 * to us for the first time and kept until the end.
 *
 * Stopping: read nothing more, wait until every lane is quiet (committed and published) or the
 * deadline passes, revoke all, close every handle, join, free. */
#include "shell/world_lanes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "lane/limits.h"
#include "shell/kafka_group.h"
#include "shell/kafka_read.h"
#include "shell/kafka_send.h"
#include "shell/pg_ops.h"

#define QUIET_MS 4000
#define QUIET_LOOK_MS 20
#define LOOP_END_MS 3000

struct slot {
    struct gb_lanes *lanes;
    uint32_t number;
    struct gb_lane *lane;
    struct gb_pg_ops ops;
    struct gb_sender *sender;
    uv_timer_t timer;
    struct gb_effects effects;
    uint64_t pg_ticket, pub_ticket; /* under way, 0 if none */
    bool is_stepping;
};

struct gb_lanes {
    const struct gb_world_config *config;
    const struct gb_kafka *kafka;
    struct gb_loop *loop;
    struct gb_worker *worker;
    rd_kafka_t *readback, *watermarks;
    struct gb_reader *reader;
    struct gb_member *member;
    uv_timer_t quiet; /* while stopping */
    int64_t stop_by;
    struct gb_turn_clock clock;
    bool is_stopping;
    struct slot *slots[GB_LANES_MAX]; /* owned; the loop's thread */
    pthread_mutex_t mutex;            /* guards the two below */
    bool is_known[GB_LANES_MAX];
    struct gb_lane_view views[GB_LANES_MAX];
    char topics[GB_TOPIC_COUNT][256];
    const char *topic_names[GB_TOPIC_COUNT]; /* NULL: a slot that no source has */
    char group[256], intake[256];
    struct gb_err *err; /* of start */
};

static void keep_view(struct slot *slot)
{
    struct gb_lane_view view;

    gb_lane_look(slot->lane, &view);
    pthread_mutex_lock(&slot->lanes->mutex);
    slot->lanes->views[slot->number] = view;
    slot->lanes->is_known[slot->number] = true;
    pthread_mutex_unlock(&slot->lanes->mutex);
}

static void feed(struct slot *slot, struct gb_event *event);

static void on_timer(uv_timer_t *timer)
{
    struct gb_event event = {.kind = GB_EV_TIMER};

    feed(timer->data, &event);
}

static void say(struct slot *slot, bool is_warning, struct gb_str text)
{
    const struct gb_world_config *config = slot->lanes->config;

    config->say(config->say_context, is_warning, (int64_t)slot->number, text);
}

static void do_pg(struct slot *slot, const struct gb_effect *effect)
{
    slot->pg_ticket = effect->kind == GB_FX_PG_RESET ? 0 : effect->ticket;
    gb_pg_ops_do(&slot->ops, effect);
}

static void do_pub(struct slot *slot, const struct gb_effect *effect)
{
    slot->pub_ticket = effect->kind == GB_FX_PUB_DESTROY ? 0 : effect->ticket;
    gb_sender_do(slot->sender, effect);
}

static void do_effect(struct slot *slot, const struct gb_effect *effect)
{
    struct gb_lanes *lanes = slot->lanes;

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
        do_pg(slot, effect);
        break;
    case GB_FX_CONSUME:
        if (!lanes->is_stopping) {
            gb_reader_start(lanes->reader, slot->number, effect->ticket, effect->consume.offset);
        }
        break;
    case GB_FX_CONSUME_STOP:
        gb_reader_stop(lanes->reader, slot->number);
        break;
    case GB_FX_PUB_INIT:
    case GB_FX_PUB_READ:
    case GB_FX_PUB_SEND:
    case GB_FX_PUB_DESTROY:
        do_pub(slot, effect);
        break;
    case GB_FX_TIMER:
        (void)uv_timer_start(&slot->timer, on_timer, (uint64_t)effect->timer.after_ms, 0);
        break;
    case GB_FX_SAY:
        say(slot, effect->say.is_warning, effect->say.text);
        break;
    }
}

/* One step of the lane and its effects. No effect answers from within itself. */
static void feed(struct slot *slot, struct gb_event *event)
{
    GB_CHECK(!slot->is_stepping);
    slot->is_stepping = true;
    gb_turn_clock_read(&slot->lanes->clock, slot->lanes->loop);
    event->now = slot->lanes->clock.now;
    slot->effects.count = 0;
    gb_lane_step(slot->lane, event, &slot->effects);
    for (uint32_t i = 0; i < slot->effects.count; i++) {
        do_effect(slot, &slot->effects.items[i]);
    }
    slot->is_stepping = false;
    if (event->kind != GB_EV_RECORD) {
        keep_view(slot);
        gb_reader_kick(slot->lanes->reader);
    }
}

static void on_pg_event(void *context, struct gb_event *event)
{
    struct slot *slot = context;
    bool goes_on = (event->kind == GB_EV_PG_ROWS && !event->rows.is_last) ||
                   (event->kind == GB_EV_PG_OUTBOX && !event->outbox.is_last);

    if (event->ticket == slot->pg_ticket && !goes_on) {
        slot->pg_ticket = 0;
    }
    if (event->status != GB_OK && event->message.len > 0) {
        say(slot, true, event->message);
    }
    feed(slot, event);
}

static void on_pub_event(void *context, struct gb_event *event)
{
    struct slot *slot = context;

    if (event->ticket == slot->pub_ticket && event->kind != GB_EV_PUB_RECORD) {
        slot->pub_ticket = 0;
    }
    if (event->status != GB_OK && event->message.len > 0) {
        say(slot, true, event->message);
    }
    feed(slot, event);
}

static void on_read_event(void *context, uint32_t lane, struct gb_event *event)
{
    struct gb_lanes *lanes = context;

    if (event->kind == GB_EV_CONSUMING && event->status != GB_OK) {
        say(lanes->slots[lane], true, event->message);
    }
    feed(lanes->slots[lane], event);
}

static bool wants(void *context, uint32_t lane)
{
    struct gb_lanes *lanes = context;

    return gb_lane_wants_records(lanes->slots[lane]->lane);
}

static struct gb_sender *open_sender(struct slot *slot)
{
    struct gb_lanes *lanes = slot->lanes;
    char id[300];
    struct gb_sender_config config = {.kafka = lanes->kafka,
                                      .transactional_id = id,
                                      .topics = lanes->topic_names,
                                      .lane = slot->number,
                                      .mode = lanes->config->mode,
                                      .loop = lanes->loop,
                                      .readback = lanes->readback,
                                      .watermarks = lanes->watermarks,
                                      .on_event = on_pub_event,
                                      .context = slot};

    (void)snprintf(id, sizeof(id), "%s.%u", lanes->config->bridge_id, slot->number);
    return gb_sender_new(&config);
}

static struct slot *open_slot(struct gb_lanes *lanes, uint32_t number)
{
    struct slot *slot = calloc(1, sizeof(*slot));
    struct gb_lane_config config = {.lane = number,
                                    .mode = lanes->config->mode,
                                    .batch_records_max = lanes->config->batch_records_max,
                                    .batch_bytes_max = lanes->config->batch_bytes_max,
                                    .topics = lanes->config->topics};

    GB_CHECK(slot != NULL);
    slot->lanes = lanes;
    slot->number = number;
    slot->lane = gb_lane_new(&config);
    gb_pg_ops_init(&slot->ops, &lanes->loop->uv, lanes->config->dsn, number);
    slot->ops.owner = lanes->config->owner;
    slot->ops.alg = lanes->config->alg;
    slot->ops.on_event = on_pg_event;
    slot->ops.context = slot;
    slot->sender = open_sender(slot);
    (void)uv_timer_init(&lanes->loop->uv, &slot->timer);
    slot->timer.data = slot;
    lanes->slots[number] = slot;
    return slot;
}

static void on_assigned(void *context, int32_t partition)
{
    struct gb_lanes *lanes = context;
    uint32_t number = (uint32_t)partition;
    struct gb_event event = {.kind = GB_EV_ASSIGNED};

    if (number >= lanes->config->lanes_count || lanes->is_stopping) {
        return;
    }
    feed(lanes->slots[number] != NULL ? lanes->slots[number] : open_slot(lanes, number), &event);
}

static void on_revoked(void *context, int32_t partition)
{
    struct gb_lanes *lanes = context;
    struct gb_event event = {.kind = GB_EV_REVOKED};

    if ((uint32_t)partition < GB_LANES_MAX && lanes->slots[partition] != NULL) {
        feed(lanes->slots[partition], &event);
    }
}

static void on_fatal(void *context, struct gb_str text)
{
    struct gb_lanes *lanes = context;

    gb_broken_set(lanes->config->broken, text);
}

static void open_lanes(void *context)
{
    struct gb_lanes *lanes = context;
    struct gb_reader_config reader = {.kafka = lanes->kafka,
                                      .topic = lanes->intake,
                                      .loop = lanes->loop,
                                      .worker = lanes->worker,
                                      .watermarks = lanes->watermarks,
                                      .on_event = on_read_event,
                                      .wants = wants,
                                      .context = lanes};
    struct gb_member_config member = {.kafka = lanes->kafka,
                                      .group_id = lanes->group,
                                      .instance_id = lanes->config->instance,
                                      .topic = lanes->intake,
                                      .loop = lanes->loop,
                                      .on_assigned = on_assigned,
                                      .on_revoked = on_revoked,
                                      .on_fatal = on_fatal,
                                      .context = lanes};

    (void)uv_timer_init(&lanes->loop->uv, &lanes->quiet);
    lanes->quiet.data = lanes;
    lanes->reader = gb_reader_new(&reader, lanes->err);
    if (lanes->reader != NULL) {
        lanes->member = gb_member_new(&member, lanes->err);
    }
    lanes->err = NULL;
}

static void name_topics(struct gb_lanes *lanes)
{
    const char *prefix = lanes->config->topic_prefix;

    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        struct gb_str word = lanes->config->topics.words[t];

        if (gb_str_is(word)) {
            (void)snprintf(lanes->topics[t], sizeof(lanes->topics[t]), "%s%.*s", prefix,
                           GB_STR_ARG(word));
            lanes->topic_names[t] = lanes->topics[t];
        }
    }
    (void)snprintf(lanes->intake, sizeof(lanes->intake), "%sintake", prefix);
    (void)snprintf(lanes->group, sizeof(lanes->group), "%s.reconcile", lanes->config->bridge_id);
}

struct gb_lanes *gb_lanes_start(const struct gb_world_config *config, const struct gb_kafka *kafka,
                                struct gb_err *err)
{
    struct gb_lanes *lanes = calloc(1, sizeof(*lanes));

    GB_CHECK(lanes != NULL);
    lanes->config = config;
    lanes->kafka = kafka;
    lanes->err = err;
    name_topics(lanes);
    pthread_mutex_init(&lanes->mutex, NULL);
    lanes->readback = gb_kafka_open(kafka, GB_KAFKA_READBACK, err);
    if (lanes->readback == NULL) {
        free(lanes);
        return NULL;
    }
    lanes->watermarks = gb_kafka_open(kafka, GB_KAFKA_WATERMARKS, err);
    GB_CHECK(lanes->watermarks != NULL); /* the same properties as above */
    lanes->loop = gb_loop_new();
    GB_CHECK(lanes->loop != NULL);
    lanes->worker = gb_worker_new(NULL, NULL);
    gb_loop_call(lanes->loop, open_lanes, lanes);
    if (lanes->member == NULL) {
        (void)gb_lanes_stop(lanes);
        return NULL;
    }
    return lanes;
}

static bool is_quiet(const struct slot *slot)
{
    struct gb_lane_view view;

    gb_lane_look(slot->lane, &view);
    return view.state != GB_LANE_RUNNING ||
           (slot->pg_ticket == 0 && slot->pub_ticket == 0 &&
            view.published_index >= view.next_index);
}

static void close_slot(struct slot *slot)
{
    struct gb_event event = {.kind = GB_EV_REVOKED};

    feed(slot, &event);
    gb_pg_ops_close(&slot->ops);
    gb_sender_stop(slot->sender);
    uv_close((uv_handle_t *)&slot->timer, NULL);
}

static void close_all(struct gb_lanes *lanes)
{
    for (uint32_t i = 0; i < GB_LANES_MAX; i++) {
        if (lanes->slots[i] != NULL) {
            close_slot(lanes->slots[i]);
        }
    }
    if (lanes->member != NULL) {
        gb_member_close(lanes->member);
    }
    if (lanes->reader != NULL) {
        gb_reader_close(lanes->reader);
    }
    uv_close((uv_handle_t *)&lanes->quiet, NULL);
    gb_loop_close(lanes->loop);
}

static void on_quiet(uv_timer_t *timer)
{
    struct gb_lanes *lanes = timer->data;
    bool all = true;

    for (uint32_t i = 0; i < GB_LANES_MAX; i++) {
        all = all && (lanes->slots[i] == NULL || is_quiet(lanes->slots[i]));
    }
    if (all || gb_now_ms() >= lanes->stop_by) {
        (void)uv_timer_stop(timer);
        close_all(lanes);
    }
}

static void begin_stop(void *context)
{
    struct gb_lanes *lanes = context;

    lanes->is_stopping = true;
    lanes->stop_by = gb_now_ms() + QUIET_MS;
    for (uint32_t i = 0; lanes->reader != NULL && i < GB_LANES_MAX; i++) {
        gb_reader_stop(lanes->reader, i);
    }
    (void)uv_timer_start(&lanes->quiet, on_quiet, 0, QUIET_LOOK_MS);
}

static void free_slot(struct slot *slot)
{
    if (slot != NULL) {
        gb_sender_free(slot->sender);
        gb_lane_free(slot->lane);
        gb_effects_close(&slot->effects);
        free(slot);
    }
}

bool gb_lanes_stop(struct gb_lanes *lanes)
{
    gb_loop_call(lanes->loop, begin_stop, lanes);
    gb_worker_stop(lanes->worker);
    if (!gb_loop_free(lanes->loop, QUIET_MS + LOOP_END_MS)) {
        return false;
    }
    gb_worker_free(lanes->worker);
    for (uint32_t i = 0; i < GB_LANES_MAX; i++) {
        free_slot(lanes->slots[i]);
    }
    if (lanes->member != NULL) {
        gb_member_free(lanes->member);
    }
    if (lanes->reader != NULL) {
        gb_reader_free(lanes->reader);
    }
    rd_kafka_destroy(lanes->readback);
    rd_kafka_destroy(lanes->watermarks);
    pthread_mutex_destroy(&lanes->mutex);
    free(lanes);
    return true;
}

bool gb_lanes_look(struct gb_lanes *lanes, uint32_t lane, struct gb_lane_view *view)
{
    bool is_known = false;

    if (lane < GB_LANES_MAX) {
        pthread_mutex_lock(&lanes->mutex);
        is_known = lanes->is_known[lane];
        *view = lanes->views[lane];
        pthread_mutex_unlock(&lanes->mutex);
    }
    return is_known;
}

struct resume {
    struct gb_lanes *lanes;
    uint32_t lane;
};

static void resume(void *context)
{
    struct resume *ask = context;
    struct gb_event event = {.kind = GB_EV_RESUME};

    if (ask->lane < GB_LANES_MAX && ask->lanes->slots[ask->lane] != NULL) {
        feed(ask->lanes->slots[ask->lane], &event);
    }
}

void gb_lanes_resume(struct gb_lanes *lanes, uint32_t lane)
{
    struct resume ask = {lanes, lane};

    gb_loop_call(lanes->loop, resume, &ask);
}
