/* Feeds the intake machine and carries its effects out. */
#include "shell/world_intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "shell/kafka_source.h"

#define LOOP_END_MS 3000
#define DRAIN_MS 15000
#define DRAIN_LOOK_MS 20

struct gb_intake_role {
    const struct gb_world_config *config;
    const struct gb_kafka *kafka;
    struct gb_loop *loop;
    struct gb_worker *worker;
    rd_kafka_t *watermarks;
    struct gb_source *source;
    struct gb_intake *intake;
    struct gb_intake_effects effects;
    bool is_stepping;
    struct gb_turn_clock clock;
    char group[256], topic[256];
    struct gb_err *err; /* of start */
};

static void on_event(void *context, struct gb_intake_event *event)
{
    struct gb_intake_role *role = context;

    GB_CHECK(!role->is_stepping);
    role->is_stepping = true;
    gb_turn_clock_read(&role->clock, role->loop);
    event->now = role->clock.now;
    event->wall = role->clock.wall;
    role->effects.count = 0;
    gb_intake_step(role->intake, event, &role->effects);
    if (event->kind == GB_IE_ASSIGNED) {
        char text[64];

        (void)snprintf(text, sizeof(text), "intake reads %u streams", event->assigned.count);
        role->config->say(role->config->say_context, false, -1, gb_str_of(text));
    }
    for (uint32_t i = 0; i < role->effects.count; i++) {
        gb_source_do(role->source, &role->effects.items[i]);
    }
    role->is_stepping = false;
}

static bool wants(void *context)
{
    struct gb_intake_role *role = context;

    return gb_intake_wants_records(role->intake);
}

static void say(void *context, struct gb_str text)
{
    struct gb_intake_role *role = context;

    role->config->say(role->config->say_context, true, -1, text);
}

static void on_fatal(void *context, struct gb_str text)
{
    struct gb_intake_role *role = context;

    gb_broken_set(role->config->broken, text);
}

static void open_source(void *context)
{
    struct gb_intake_role *role = context;
    struct gb_source_config config = {.kafka = role->kafka,
                                      .group_id = role->group,
                                      .instance_id = role->config->instance,
                                      .topics = role->config->sources,
                                      .topics_count = role->config->sources_count,
                                      .intake_topic = role->topic,
                                      .policy_topic = role->config->policy_topic,
                                      .loop = role->loop,
                                      .worker = role->worker,
                                      .watermarks = role->watermarks,
                                      .on_event = on_event,
                                      .wants = wants,
                                      .say = say,
                                      .on_fatal = on_fatal,
                                      .context = role};

    role->source = gb_source_new(&config, role->err);
    role->err = NULL;
}

static void close_source(void *context)
{
    struct gb_intake_role *role = context;

    if (role->source != NULL) {
        gb_source_close(role->source);
    }
    gb_loop_close(role->loop);
}

struct gb_intake_role *gb_intake_role_start(const struct gb_world_config *config,
                                            const struct gb_kafka *kafka,
                                            const struct gb_door *door, struct gb_err *err)
{
    struct gb_intake_role *role = calloc(1, sizeof(*role));
    const struct gb_intake_config machine = {
        .door = door,
        .cluster = gb_str_of(config->cluster),
        .lanes_count = config->lanes_count,
        .tick_ms = 1000,
        .idle_tick_ms = config->idle_tick_ms > 0 ? config->idle_tick_ms : 60000,
        .skew_max_ms = config->skew_max_ms > 0 ? config->skew_max_ms : 600000,
        .policy_topic = gb_str_of(config->policy_topic)};

    GB_CHECK(role != NULL);
    role->config = config;
    role->kafka = kafka;
    role->err = err;
    (void)snprintf(role->group, sizeof(role->group), "%s.intake", config->bridge_id);
    (void)snprintf(role->topic, sizeof(role->topic), "%sintake", config->topic_prefix);
    role->watermarks = gb_kafka_open(kafka, GB_KAFKA_WATERMARKS, err);
    if (role->watermarks == NULL) {
        free(role);
        return NULL;
    }
    role->intake = gb_intake_new(&machine);
    role->loop = gb_loop_new();
    GB_CHECK(role->loop != NULL);
    role->worker = gb_worker_new(NULL, NULL);
    gb_loop_call(role->loop, open_source, role);
    if (role->source == NULL) {
        (void)gb_intake_role_stop(role);
        return NULL;
    }
    return role;
}

struct turning {
    struct gb_intake_role *role;
    const struct gb_intake_turn *turn;
    bool is_due, is_done; /* due: the time to drain is over */
    enum gb_status status;
    struct gb_err *err;
};

/* Over in one step of the loop, so that nothing is read between the look and the change. */
static void on_turn(void *context)
{
    struct turning *t = context;
    struct gb_intake_role *role = t->role;
    bool may_turn = !t->turn->must_drain || gb_source_has_nothing(role->source) ||
                    gb_intake_is_drained(role->intake);

    GB_CHECK(!role->is_stepping);
    gb_intake_drain(role->intake, !may_turn && !t->is_due);
    t->is_done = may_turn || t->is_due;
    if (!may_turn) {
        t->status = gb_fail(t->err, GB_AWAY,
                            "what was read is not all delivered and committed after %d s",
                            DRAIN_MS / 1000);
        return;
    }
    t->status = gb_source_subscribe(role->source, t->turn->sources, t->turn->sources_count,
                                    t->err);
    if (t->status == GB_OK) {
        gb_intake_set_door(role->intake, t->turn->door);
    }
}

enum gb_status gb_intake_role_turn(struct gb_intake_role *role, const struct gb_intake_turn *turn,
                                   struct gb_err *err)
{
    const struct timespec pause = {.tv_nsec = DRAIN_LOOK_MS * 1000000L};
    struct turning t = {.role = role, .turn = turn, .status = GB_OK, .err = err};
    int64_t begin = gb_now_ms();

    do {
        t.is_due = gb_now_ms() - begin > DRAIN_MS;
        gb_loop_call(role->loop, on_turn, &t);
        if (!t.is_done) {
            (void)nanosleep(&pause, NULL);
        }
    } while (!t.is_done);
    return t.status;
}

bool gb_intake_role_stop(struct gb_intake_role *role)
{
    gb_loop_call(role->loop, close_source, role);
    gb_worker_free(role->worker);
    if (!gb_loop_free(role->loop, LOOP_END_MS)) {
        return false;
    }
    if (role->source != NULL) {
        gb_source_free(role->source);
    }
    rd_kafka_destroy(role->watermarks);
    gb_intake_free(role->intake);
    gb_intake_effects_close(&role->effects);
    free(role);
    return true;
}
