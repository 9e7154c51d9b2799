/* Consuming the sources. Happy path: assigned -> look-up -> GB_IE_ASSIGNED -> FETCH -> records ->
 * COMMIT. Records are handed out only while the machine wants them; when it does not for long, the
 * partitions are paused, because the group must still be served. */
#include "shell/kafka_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shell/limits.h"
#include "shell/source.h"
#include "shell/stop_point.h"

#define POLL_EVERY_MS 1000
#define PAUSE_AFTER_MS 10000
#define HEADERS_MAX 64

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *context)
{
    struct gb_source *source = context;
    struct gb_intake_event event = {.kind = GB_IE_REVOKED};
    rd_kafka_topic_partition_list_t *nothing;

    source->generation++;
    if (source->assignment != NULL) {
        rd_kafka_topic_partition_list_destroy(source->assignment);
        source->assignment = NULL;
    }
    source->is_paused = false;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        source->assignment = rd_kafka_topic_partition_list_copy(list);
        nothing = rd_kafka_topic_partition_list_new(0);
        (void)rd_kafka_assign(rk, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
        gb_source_look_up(source);
        return;
    }
    (void)uv_timer_stop(&source->restart_timer);
    if (!source->is_closed) {
        source->config.on_event(source->config.context, &event);
    }
    (void)rd_kafka_assign(rk, NULL);
}

static void on_committed(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *context)
{
    struct gb_source *source = context;
    struct gb_intake_event event = {.kind = GB_IE_COMMITTED};

    (void)rk;
    for (int i = 0; list != NULL && i < list->cnt && err == 0; i++) {
        err = list->elems[i].err;
    }
    if (err == 0) {
        gb_stop_at(GB_STOP_INTAKE_COMMITTED);
    }
    event.status = err == 0 ? GB_OK : GB_MAYBE;
    if (!source->is_closed) {
        source->config.on_event(source->config.context, &event);
    }
}

static size_t get_headers(const rd_kafka_message_t *message, struct gb_source_header *headers)
{
    rd_kafka_headers_t *all;
    const char *name;
    const void *value;
    size_t len;
    size_t count = 0;

    if (rd_kafka_message_headers(message, &all) != 0) {
        return 0;
    }
    while (count < HEADERS_MAX && rd_kafka_header_get_all(all, count, &name, &value, &len) == 0) {
        headers[count++] = (struct gb_source_header){gb_str_of(name), {value, len}};
    }
    return count;
}

static void give_record(struct gb_source *source, const rd_kafka_message_t *message)
{
    struct gb_source_header headers[HEADERS_MAX];
    struct gb_source_record record = {
        .topic = gb_str_of(rd_kafka_topic_name(message->rkt)),
        .partition = message->partition,
        .offset = message->offset,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .headers = headers,
    };
    struct gb_intake_event event = {.kind = GB_IE_RECORD, .status = GB_OK, .record = &record};

    gb_stop_at(GB_STOP_TAKEN);
    record.headers_count = get_headers(message, headers);
    source->config.on_event(source->config.context, &event);
}

static bool is_assigned(const struct gb_source *source, const rd_kafka_message_t *message)
{
    return source->assignment != NULL && message->rkt != NULL &&
           rd_kafka_topic_partition_list_find(source->assignment,
                                              rd_kafka_topic_name(message->rkt),
                                              message->partition) != NULL;
}

/* A topic of the subscription. The others go on; this one is read when it is there. */
static void say_missing(const struct gb_source *source, struct gb_str topic)
{
    char text[400];

    (void)snprintf(text, sizeof(text), "topic %.*s is not there yet: its source waits",
                   GB_STR_ARG(topic));
    source->config.say(source->config.context, gb_str_of(text));
}

static void give_failed(struct gb_source *source, const rd_kafka_message_t *message)
{
    struct gb_intake_event event = {
        .kind = GB_IE_FAILED,
        .status = gb_kafka_read_status(message->err),
        .failed = {.topic = message->rkt != NULL ? gb_str_of(rd_kafka_topic_name(message->rkt))
                                                 : GB_STR("group"),
                   .partition = message->partition,
                   .words = gb_str_of(rd_kafka_message_errstr(message))}};

    if (event.status == GB_NOT_FOUND && !is_assigned(source, message)) {
        say_missing(source, event.failed.topic);
        return;
    }
    if (gb_status_class(event.status) == GB_CLASS_FATAL) {
        source->config.on_fatal(source->config.context, event.failed.words);
        return;
    }
    source->config.say(source->config.context, event.failed.words);
    source->config.on_event(source->config.context, &event);
}

static bool wants(struct gb_source *source)
{
    if (source->config.wants(source->config.context)) {
        source->unwanted_at = 0;
        if (source->is_paused && source->assignment != NULL) {
            (void)rd_kafka_resume_partitions(source->rk, source->assignment);
        }
        source->is_paused = false;
        return true;
    }
    if (source->unwanted_at == 0) {
        source->unwanted_at = gb_now_ms();
    }
    if (source->assignment == NULL || source->is_paused) {
        return true; /* nothing can come but the group's word */
    }
    if (gb_now_ms() - source->unwanted_at > PAUSE_AFTER_MS) {
        (void)rd_kafka_pause_partitions(source->rk, source->assignment);
        source->is_paused = true;
    }
    return source->is_paused;
}

/* What failed at once is told from here, never from within the effect. */
static void give_failures(struct gb_source *source)
{
    struct gb_intake_event event = {.kind = GB_IE_ACKED, .status = GB_AWAY};

    if (source->failed_ticket != 0) {
        event.acked.ticket = source->failed_ticket;
        source->failed_ticket = 0;
        source->config.on_event(source->config.context, &event);
    }
    if (source->is_commit_failed) {
        source->is_commit_failed = false;
        event = (struct gb_intake_event){.kind = GB_IE_COMMITTED, .status = GB_AWAY};
        source->config.on_event(source->config.context, &event);
    }
}

static void serve(void *context)
{
    struct gb_source *source = context;
    rd_kafka_message_t *message = NULL;
    uint32_t count = 0;

    if (source->is_closed) {
        return;
    }
    (void)rd_kafka_poll(source->sink->rk, 0);
    gb_sink_bury(source);
    give_failures(source);
    while (count < GB_TURN_RECORDS_MAX && wants(source)) {
        message = rd_kafka_consumer_poll(source->rk, 0);
        if (message == NULL) {
            break;
        }
        if (message->err == 0) {
            give_record(source, message);
        } else {
            give_failed(source, message);
        }
        rd_kafka_message_destroy(message);
        count++;
    }
    if (count == GB_TURN_RECORDS_MAX) {
        gb_wakeup_again(&source->wakeup);
    }
}

static void on_poll_timer(uv_timer_t *timer)
{
    serve(timer->data);
}

static void on_timer(uv_timer_t *timer)
{
    struct gb_source *source = timer->data;
    struct gb_intake_event event = {.kind = GB_IE_TIMER, .status = GB_OK};

    source->config.on_event(source->config.context, &event);
}

static void on_restart(uv_timer_t *timer)
{
    gb_source_look_up(timer->data);
}

static rd_kafka_topic_partition_list_t *make_list(const struct gb_intake_effect *effect)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)effect->streams.count);

    for (uint32_t i = 0; i < effect->streams.count; i++) {
        const struct gb_stream_offset *item = &effect->streams.items[i];
        char *topic = strndup(item->topic.ptr, item->topic.len);
        rd_kafka_topic_partition_t *p;

        GB_CHECK(topic != NULL);
        p = rd_kafka_topic_partition_list_add(list, topic, item->partition);
        p->offset = item->offset;
        if (item->metadata.len > 0) {
            p->metadata = strndup(item->metadata.ptr, item->metadata.len);
            GB_CHECK(p->metadata != NULL);
            p->metadata_size = item->metadata.len;
        }
        free(topic);
    }
    return list;
}

static void fetch(struct gb_source *source, const struct gb_intake_effect *effect)
{
    rd_kafka_topic_partition_list_t *list = make_list(effect);

    if (source->assignment != NULL) {
        (void)rd_kafka_assign(source->rk, list);
        source->is_paused = false;
        gb_wakeup_again(&source->wakeup);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void commit(struct gb_source *source, const struct gb_intake_effect *effect)
{
    rd_kafka_topic_partition_list_t *list = make_list(effect);

    gb_stop_at(GB_STOP_INTAKE_ACKED);
    if (rd_kafka_commit(source->rk, list, 1) != 0) {
        source->is_commit_failed = true;
        gb_wakeup_again(&source->wakeup);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void halt(struct gb_source *source, const struct gb_intake_effect *effect)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    char *topic = strndup(effect->halt.topic.ptr, effect->halt.topic.len);

    GB_CHECK(topic != NULL);
    (void)rd_kafka_topic_partition_list_add(list, topic, effect->halt.partition);
    (void)rd_kafka_pause_partitions(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    free(topic);
    source->config.say(source->config.context, effect->text);
}

static void purge(struct gb_source *source)
{
    struct gb_err err = {0};

    gb_sink_kill(source->sink);
    source->failed_ticket = 0;
    source->sink = gb_sink_new(source, &err);
    GB_CHECK(source->sink != NULL); /* the same configuration as before */
}

void gb_source_do(struct gb_source *source, const struct gb_intake_effect *effect)
{
    switch (effect->kind) {
    case GB_IX_FETCH:
        fetch(source, effect);
        break;
    case GB_IX_PRODUCE:
        gb_sink_produce(source->sink, effect);
        break;
    case GB_IX_COMMIT:
        commit(source, effect);
        break;
    case GB_IX_PURGE:
        purge(source);
        break;
    case GB_IX_RESTART:
        (void)uv_timer_start(&source->restart_timer, on_restart, (uint64_t)effect->after_ms, 0);
        break;
    case GB_IX_TIMER:
        (void)uv_timer_start(&source->timer, on_timer, (uint64_t)effect->after_ms, 0);
        break;
    case GB_IX_HALT:
        halt(source, effect);
        break;
    case GB_IX_SAY:
        source->config.say(source->config.context, effect->text);
        break;
    }
}

static void init_timer(struct gb_source *source, uv_timer_t *timer)
{
    (void)uv_timer_init(&source->config.loop->uv, timer);
    timer->data = source;
}

enum gb_status gb_source_subscribe(struct gb_source *source, const struct gb_source_topic *topics,
                                   size_t topics_count, struct gb_err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)topics_count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < topics_count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, topics[i].name, RD_KAFKA_PARTITION_UA);
    }
    code = rd_kafka_subscribe(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != 0) {
        return gb_fail(err, GB_IO, "kafka: %s", rd_kafka_err2str(code));
    }
    source->config.topics = topics;
    source->config.topics_count = topics_count;
    return GB_OK;
}

bool gb_source_has_nothing(const struct gb_source *source)
{
    return source->assignment != NULL && source->assignment->cnt == 0;
}

static void begin(struct gb_source *source)
{
    (void)rd_kafka_poll_set_consumer(source->rk);
    source->queue = rd_kafka_queue_get_consumer(source->rk);
    gb_wakeup_watch(&source->wakeup, source->queue);
    init_timer(source, &source->poll_timer);
    init_timer(source, &source->timer);
    init_timer(source, &source->restart_timer);
    (void)uv_timer_start(&source->poll_timer, on_poll_timer, 0, POLL_EVERY_MS);
    GB_CHECK(gb_source_subscribe(source, source->config.topics, source->config.topics_count,
                                 NULL) == GB_OK);
}

struct gb_source *gb_source_new(const struct gb_source_config *config, struct gb_err *err)
{
    struct gb_source *source = calloc(1, sizeof(*source));
    rd_kafka_conf_t *conf =
        gb_kafka_member_conf(config->kafka, config->group_id, config->instance_id, err);

    GB_CHECK(source != NULL);
    source->config = *config;
    if (conf != NULL) {
        rd_kafka_conf_set_opaque(conf, source);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rd_kafka_conf_set_offset_commit_cb(conf, on_committed);
    }
    source->rk = gb_kafka_client(RD_KAFKA_CONSUMER, conf, err);
    if (source->rk == NULL) {
        free(source);
        return NULL;
    }
    gb_wakeup_init(&source->wakeup, &config->loop->uv, serve, source);
    source->sink = gb_sink_new(source, err);
    GB_CHECK(source->sink != NULL); /* properties were checked with the consumer */
    begin(source);
    return source;
}

void gb_source_close(struct gb_source *source)
{
    source->is_closed = true;
    gb_sink_kill(source->sink);
    gb_sink_bury(source);
    rd_kafka_queue_io_event_enable(source->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(source->queue);
    gb_wakeup_close(&source->wakeup);
    uv_close((uv_handle_t *)&source->poll_timer, NULL);
    uv_close((uv_handle_t *)&source->timer, NULL);
    uv_close((uv_handle_t *)&source->restart_timer, NULL);
}

void gb_source_free(struct gb_source *source)
{
    if (!gb_kafka_close_consumer(source->rk, 4000)) {
        return;
    }
    if (source->assignment != NULL) {
        rd_kafka_topic_partition_list_destroy(source->assignment);
    }
    free(source);
}
