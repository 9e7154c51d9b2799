/* The publisher's thread: INIT, SEND, DESTROY; READ is in kafka_readback.c. */
#include "shell/kafka_send.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shell/kafka_produce.h"
#include "shell/sender.h"
#include "shell/stop_kafka.h"

#define CALL_MS 10000

bool gb_sender_is_stale(const struct gb_sender_job *job)
{
    return job->generation != atomic_load(&job->sender->generation) ||
           atomic_load(&job->sender->worker->is_stopping);
}

static enum gb_status fail(struct gb_sender_job *job, enum gb_status status, const char *what,
                           const char *why)
{
    (void)snprintf(job->message, sizeof(job->message), "%s: %s", what, why);
    return status;
}

static enum gb_status fail_error(struct gb_sender_job *job, enum gb_status status,
                                 const char *what, rd_kafka_error_t *error)
{
    (void)fail(job, status, what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return status;
}

static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *context)
{
    struct gb_sender *sender = context;
    size_t topic = (size_t)message->_private;

    (void)rk;
    if (message->err != 0) {
        sender->failed++;
        return;
    }
    sender->delivered++;
    if (topic < GB_TOPIC_COUNT && message->offset + 1 > sender->offsets[topic]) {
        sender->offsets[topic] = message->offset + 1;
    }
}

static uint64_t sum_of(const char *json, const char *name)
{
    uint64_t sum = 0;

    for (const char *at = strstr(json, name); at != NULL; at = strstr(at, name)) {
        at += strlen(name);
        sum += strtoull(at, NULL, 10);
    }
    return sum;
}

/* librdkafka retries a timed-out EndTxn by itself and reports success: only here it shows. */
static int on_statistics(rd_kafka_t *rk, char *json, size_t len, void *context)
{
    struct gb_sender *sender = context;
    uint64_t retries = sum_of(json, "\"req_timeouts\":") + sum_of(json, "\"txretries\":");

    (void)rk;
    (void)len;
    if (retries > sender->retries && sender->sends > 0) {
        sender->is_suspect = true;
    }
    sender->retries = retries;
    return 0;
}

static void destroy(struct gb_sender *sender)
{
    if (sender->rk != NULL) {
        (void)rd_kafka_purge(sender->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(sender->rk);
        sender->rk = NULL;
    }
}

static enum gb_status init(struct gb_sender_job *job)
{
    struct gb_sender *sender = job->sender;
    bool is_transactional = sender->config.mode == GB_PUBLISH_TRANSACTIONAL;
    enum gb_kafka_use use = is_transactional ? GB_KAFKA_TRANSACTIONAL : GB_KAFKA_PRODUCER;
    struct gb_err err = {0};
    rd_kafka_conf_t *conf = gb_kafka_conf(sender->config.kafka, use, &err);
    rd_kafka_error_t *error;

    destroy(sender);
    sender->sends = sender->retries = 0;
    sender->is_suspect = false;
    if (conf != NULL) {
        rd_kafka_conf_set_opaque(conf, sender);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
        rd_kafka_conf_set_stats_cb(conf, on_statistics);
        if (is_transactional) {
            gb_kafka_set(conf, "transactional.id", sender->transactional_id);
            gb_stop_watch_commits(conf);
        }
    }
    sender->rk = gb_kafka_client(RD_KAFKA_PRODUCER, conf, &err);
    if (sender->rk == NULL) {
        return fail(job, GB_BUG, "no producer", err.text);
    }
    error = is_transactional ? rd_kafka_init_transactions(sender->rk, CALL_MS) : NULL;
    if (error != NULL) {
        destroy(sender);
        return fail_error(job, GB_AWAY, "init_transactions", error);
    }
    gb_stop_at(GB_STOP_INITED);
    return GB_OK;
}

static rd_kafka_headers_t *make_headers(const struct gb_message *m)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(m->headers_count);

    for (uint32_t i = 0; i < m->headers_count; i++) {
        const struct gb_header *h = &m->headers[i];

        GB_CHECK(rd_kafka_header_add(headers, h->name.ptr, (ssize_t)h->name.len, h->value.ptr,
                                     (ssize_t)h->value.len) == 0);
    }
    return headers;
}

static rd_kafka_resp_err_t produce_once(struct gb_sender *sender, const struct gb_message *m)
{
    struct gb_kafka_record record = {.topic = sender->config.topics[m->topic],
                                     .partition = (int32_t)sender->config.lane,
                                     .key = m->key,
                                     .value = m->value,
                                     .is_borrowed = true,
                                     .headers = make_headers(m),
                                     .opaque = (void *)(uintptr_t)m->topic};
    rd_kafka_resp_err_t err = gb_kafka_produce(sender->rk, &record);

    if (err != 0) {
        rd_kafka_headers_destroy(record.headers);
    }
    return err;
}

static rd_kafka_resp_err_t produce(struct gb_sender_job *job, const struct gb_message *m)
{
    int64_t until = gb_now_ms() + CALL_MS;
    rd_kafka_resp_err_t err = produce_once(job->sender, m);

    while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL && gb_now_ms() < until &&
           !gb_sender_is_stale(job)) {
        (void)rd_kafka_poll(job->sender->rk, 50);
        err = produce_once(job->sender, m);
    }
    return err;
}

/* For a stop point only: the state is "acknowledged", so the records must be. */
static void stop_when_acknowledged(struct gb_sender *sender)
{
    if (rd_kafka_flush(sender->rk, CALL_MS) == 0 && sender->failed == 0) {
        gb_stop_now();
    }
}

static enum gb_status send_all(struct gb_sender_job *job)
{
    struct gb_sender *sender = job->sender;
    bool is_transactional = sender->config.mode == GB_PUBLISH_TRANSACTIONAL;
    rd_kafka_error_t *error = NULL;
    rd_kafka_resp_err_t err = 0;

    (void)rd_kafka_poll(sender->rk, 0);
    if (sender->is_suspect) {
        return fail(job, GB_MAYBE, "before", "a request was repeated in silence");
    }
    sender->sends++;
    sender->delivered = sender->failed = 0;
    memset(sender->offsets, 0xff, sizeof(sender->offsets));
    error = is_transactional ? rd_kafka_begin_transaction(sender->rk) : NULL;
    if (error != NULL) {
        return fail_error(job, GB_MAYBE, "begin_transaction", error);
    }
    for (uint32_t i = 0; i < job->count && err == 0; i++) {
        err = produce(job, job->messages[i]);
        if (i + 1 == job->count / 2 && gb_stop_is_due(GB_STOP_PRODUCE_PART)) {
            stop_when_acknowledged(sender);
        }
    }
    if (err == 0 && gb_stop_is_due(GB_STOP_PRODUCED)) {
        stop_when_acknowledged(sender);
    }
    if (err == 0 && is_transactional) {
        error = rd_kafka_commit_transaction(sender->rk, CALL_MS);
    } else if (err == 0) {
        err = rd_kafka_flush(sender->rk, CALL_MS);
    }
    if (error != NULL) {
        return fail_error(job, GB_MAYBE, "commit_transaction", error);
    }
    if (err != 0) {
        return fail(job, GB_MAYBE, "produce", rd_kafka_err2str(err));
    }
    (void)rd_kafka_poll(sender->rk, 0);
    if (sender->failed > 0 || sender->delivered != job->count || sender->is_suspect) {
        return fail(job, GB_MAYBE, "deliver", "not every record is known to be delivered");
    }
    memcpy(job->ends, sender->offsets, sizeof(job->ends));
    gb_stop_at(GB_STOP_PUBLISHED);
    return GB_OK;
}

static void answer(struct gb_task *task)
{
    struct gb_sender_job *job = (struct gb_sender_job *)task;
    struct gb_sender *sender = job->sender;
    struct gb_event event = {.ticket = job->ticket,
                             .status = job->status,
                             .message = gb_str_of(job->message)};

    switch ((int)job->kind) {
    case GB_FX_PUB_INIT:
        event.kind = GB_EV_PUB_INITED;
        break;
    case GB_FX_PUB_READ:
        event.kind = GB_EV_PUB_READ;
        event.read.log_starts = job->starts;
        event.read.ends = job->ends;
        break;
    default: /* SEND */
        event.kind = GB_EV_PUB_SENT;
        event.sent.offsets = job->ends;
    }
    if (!sender->is_closed) {
        sender->config.on_event(sender->config.context, &event);
    }
    free(job);
}

static void run_job(struct gb_task *task)
{
    struct gb_sender_job *job = (struct gb_sender_job *)task;
    struct gb_sender *sender = job->sender;

    if (job->kind == GB_FX_PUB_DESTROY) {
        destroy(sender);
        free(job);
        return;
    }
    if (gb_sender_is_stale(job)) {
        job->status = fail(job, GB_AWAY, "publisher", "is stopping");
    } else if (job->kind == GB_FX_PUB_INIT) {
        job->status = init(job);
    } else if (job->kind == GB_FX_PUB_READ) {
        job->status = gb_sender_read(job);
    } else if (sender->rk == NULL) {
        job->status = fail(job, GB_MAYBE, "send", "there is no producer");
    } else {
        job->status = send_all(job);
    }
    job->task.run = answer;
    if (!gb_loop_post(sender->config.loop, &job->task)) {
        free(job);
    }
}

static void on_idle(void *context)
{
    struct gb_sender *sender = context;

    if (sender->rk != NULL) {
        (void)rd_kafka_poll(sender->rk, 0); /* statistics */
    }
}

void gb_sender_do(struct gb_sender *sender, const struct gb_effect *effect)
{
    struct gb_sender_job *job = calloc(1, sizeof(*job));

    GB_CHECK(job != NULL);
    job->task.run = run_job;
    job->sender = sender;
    job->kind = effect->kind;
    job->ticket = effect->ticket;
    if (effect->kind == GB_FX_PUB_DESTROY) {
        atomic_fetch_add(&sender->generation, 1U);
    } else if (effect->kind == GB_FX_PUB_READ) {
        memcpy(job->starts, effect->read.offsets, sizeof(job->starts));
    } else if (effect->kind == GB_FX_PUB_SEND) {
        job->messages = effect->send.messages;
        job->count = effect->send.count;
    }
    job->generation = atomic_load(&sender->generation);
    gb_worker_give(sender->worker, &job->task);
}

struct gb_sender *gb_sender_new(const struct gb_sender_config *config)
{
    struct gb_sender *sender = calloc(1, sizeof(*sender));

    GB_CHECK(sender != NULL);
    sender->config = *config;
    sender->transactional_id = strdup(config->transactional_id);
    GB_CHECK(sender->transactional_id != NULL);
    atomic_init(&sender->generation, 0U);
    sender->worker = gb_worker_new(on_idle, sender);
    return sender;
}

void gb_sender_stop(struct gb_sender *sender)
{
    sender->is_closed = true;
    gb_worker_stop(sender->worker);
}

void gb_sender_free(struct gb_sender *sender)
{
    gb_worker_free(sender->worker);
    destroy(sender);
    free(sender->transactional_id);
    free(sender);
}
