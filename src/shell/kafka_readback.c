/* P2: the lane's output partitions from the floor to the high watermark. The watermark comes from a
 * read_uncommitted consumer and is taken after INIT, so everything of the predecessor lies below
 * it; a partition is done when the reader says that its end, not a record, is there or beyond. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shell/limits.h"
#include "shell/sender.h"
#include "shell/stop_point.h"

#define WATERMARKS_MS 8000
#define SILENCE_MS 30000

/* Some records on their way to the loop. */
struct portion {
    struct gb_task task;
    struct gb_sender *sender;
    uint64_t ticket;
    uint32_t count;
    enum gb_topic topics[GB_READBACK_CHUNK_MAX];
    rd_kafka_message_t *messages[GB_READBACK_CHUNK_MAX]; /* owned */
};

struct readback {
    struct gb_sender_job *job;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *topics[GB_TOPIC_COUNT]; /* NULL: nothing to read */
    bool is_done[GB_TOPIC_COUNT];
    struct portion *portion;
};

static void free_portion(struct portion *portion)
{
    for (uint32_t i = 0; i < portion->count; i++) {
        rd_kafka_message_destroy(portion->messages[i]);
    }
    free(portion);
}

static uint32_t get_headers(const rd_kafka_message_t *message, struct gb_header *headers)
{
    rd_kafka_headers_t *all;
    const char *name;
    const void *value;
    size_t len;
    uint32_t count = 0;

    if (rd_kafka_message_headers(message, &all) != 0) {
        return 0;
    }
    while (count <= GB_HEADERS_MAX &&
           rd_kafka_header_get_all(all, count, &name, &value, &len) == 0) {
        headers[count++] = (struct gb_header){gb_str_of(name), {value, len}};
    }
    return count;
}

static void give_record(struct portion *portion, uint32_t at)
{
    const rd_kafka_message_t *message = portion->messages[at];
    struct gb_header headers[GB_HEADERS_MAX + 1];
    struct gb_event event = {.kind = GB_EV_PUB_RECORD, .ticket = portion->ticket};

    event.seen.topic = portion->topics[at];
    event.seen.offset = message->offset;
    event.seen.key = (struct gb_str){message->key, message->key_len};
    event.seen.value = (struct gb_str){message->payload, message->len};
    event.seen.headers = headers;
    event.seen.headers_count = get_headers(message, headers);
    portion->sender->config.on_event(portion->sender->config.context, &event);
}

static void give_portion(struct gb_task *task)
{
    struct portion *portion = (struct portion *)task;

    for (uint32_t i = 0; i < portion->count && !portion->sender->is_closed; i++) {
        give_record(portion, i);
    }
    free_portion(portion);
}

static void post_portion(struct readback *r)
{
    if (r->portion != NULL && !gb_loop_post(r->job->sender->config.loop, &r->portion->task)) {
        free_portion(r->portion);
    }
    r->portion = NULL;
}

static void keep(struct readback *r, enum gb_topic topic, rd_kafka_message_t *message)
{
    struct portion *portion = r->portion;

    if (portion == NULL) {
        portion = calloc(1, sizeof(*portion));
        GB_CHECK(portion != NULL);
        portion->task.run = give_portion;
        portion->sender = r->job->sender;
        portion->ticket = r->job->ticket;
        r->portion = portion;
    }
    portion->topics[portion->count] = topic;
    portion->messages[portion->count++] = message;
    if (portion->count == GB_READBACK_CHUNK_MAX) {
        post_portion(r);
    }
}

static enum gb_status fail(struct readback *r, const char *what, const char *why)
{
    (void)snprintf(r->job->message, sizeof(r->job->message), "%s: %s", what, why);
    return GB_AWAY;
}

/* Starts reading the topic, if it has something to read. */
static enum gb_status begin_topic(struct readback *r, int t)
{
    struct gb_sender_job *job = r->job;
    const struct gb_sender_config *config = &job->sender->config;
    int64_t low = 0;
    int64_t from = job->starts[t];
    rd_kafka_resp_err_t err =
        rd_kafka_query_watermark_offsets(config->watermarks, config->topics[t],
                                         (int32_t)config->lane, &low, &job->ends[t], WATERMARKS_MS);

    if (err != 0) {
        return fail(r, config->topics[t], rd_kafka_err2str(err));
    }
    from = from < low ? low : from;
    job->starts[t] = low;
    r->is_done[t] = from >= job->ends[t];
    if (!r->is_done[t]) {
        r->topics[t] = rd_kafka_topic_new(config->readback, config->topics[t], NULL);
        GB_CHECK(r->topics[t] != NULL);
        (void)rd_kafka_consume_start_queue(r->topics[t], (int32_t)config->lane, from, r->queue);
    }
    return GB_OK;
}

static enum gb_status begin(struct readback *r)
{
    struct gb_sender_job *job = r->job;
    const struct gb_sender_config *config = &job->sender->config;

    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        enum gb_status status = GB_OK;

        if (config->topics[t] == NULL) { /* a free slot: empty, and what starts says stays */
            job->ends[t] = 0;
            r->is_done[t] = true;
        } else {
            status = begin_topic(r, t);
        }
        if (status != GB_OK) {
            return status;
        }
    }
    return GB_OK;
}

static bool is_all_done(const struct readback *r)
{
    bool all = true;

    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        all = all && r->is_done[t];
    }
    return all;
}

static int topic_of(const struct readback *r, const rd_kafka_message_t *message)
{
    const char *name = rd_kafka_topic_name(message->rkt);
    int t = 0;

    while (t < GB_TOPIC_COUNT && (r->topics[t] == NULL ||
                                  strcmp(name, r->job->sender->config.topics[t]) != 0)) {
        t++;
    }
    return t;
}

/* Takes the message. */
static enum gb_status take(struct readback *r, rd_kafka_message_t *message)
{
    int t = topic_of(r, message);
    enum gb_status status = GB_OK;

    GB_CHECK(t < GB_TOPIC_COUNT);
    if (message->err == 0 && message->offset < r->job->ends[t]) {
        keep(r, (enum gb_topic)t, message);
        gb_stop_at(GB_STOP_READ_PART);
        return GB_OK;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || message->err == 0) {
        r->is_done[t] = r->is_done[t] || message->offset >= r->job->ends[t];
    } else {
        status = fail(r, "read-back", rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
    return status;
}

static enum gb_status read_all(struct readback *r)
{
    int64_t heard_at = gb_now_ms();
    enum gb_status status = GB_OK;

    while (status == GB_OK && !is_all_done(r)) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(r->queue, 100);

        if (message != NULL) {
            heard_at = gb_now_ms();
            status = take(r, message);
        } else if (gb_sender_is_stale(r->job)) {
            status = fail(r, "read-back", "nobody waits for it");
        } else if (gb_now_ms() - heard_at > SILENCE_MS) {
            status = fail(r, "read-back", "no answer in time");
        }
    }
    return status;
}

static void end(struct readback *r)
{
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        if (r->topics[t] != NULL) {
            (void)rd_kafka_consume_stop(r->topics[t], (int32_t)r->job->sender->config.lane);
            rd_kafka_topic_destroy(r->topics[t]);
        }
    }
    rd_kafka_queue_destroy(r->queue);
}

enum gb_status gb_sender_read(struct gb_sender_job *job)
{
    struct readback r = {.job = job,
                         .queue = rd_kafka_queue_new(job->sender->config.readback)};
    enum gb_status status = begin(&r);

    if (status == GB_OK) {
        status = read_all(&r);
    }
    if (status == GB_OK) {
        gb_stop_at(GB_STOP_READ_DONE);
    }
    post_portion(&r);
    end(&r);
    return status;
}
