/* Reading: start asks for the watermarks on a worker first, because that blocks; each start has a
 * queue of its own, so nothing of an older start can surface in a newer one. */
#include "shell/kafka_read.h"

#include <stdlib.h>

#include "shell/limits.h"

#define WATERMARKS_MS 8000

struct partition {
    uint64_t ticket; /* 0: not read */
    rd_kafka_queue_t *queue; /* NULL until the watermarks are known */
};

struct gb_reader {
    struct gb_reader_config config;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    struct gb_wakeup wakeup;
    uint32_t next; /* lane to begin the next turn with */
    bool is_closed;
    struct partition lanes[GB_LANES_MAX];
};

struct start {
    struct gb_task task;
    struct gb_reader *reader;
    uint32_t lane;
    uint64_t ticket;
    int64_t offset, low, high;
    rd_kafka_resp_err_t err;
};

static void give_consuming(struct gb_reader *reader, const struct start *start)
{
    struct gb_event event = {.kind = GB_EV_CONSUMING,
                             .ticket = start->ticket,
                             .status = start->err == 0 ? GB_OK : GB_AWAY,
                             .message = gb_str_of(rd_kafka_err2str(start->err)),
                             .consuming = {start->low, start->high}};

    reader->config.on_event(reader->config.context, start->lane, &event);
}

static void begin(struct gb_reader *reader, const struct start *start)
{
    struct partition *p = &reader->lanes[start->lane];
    int64_t offset = start->offset < start->low ? start->low : start->offset;

    if (offset > start->high) {
        return; /* the lane has been told, and halts */
    }
    p->queue = rd_kafka_queue_new(reader->rk);
    gb_wakeup_watch(&reader->wakeup, p->queue);
    (void)rd_kafka_consume_start_queue(reader->topic, (int32_t)start->lane, offset, p->queue);
    gb_wakeup_again(&reader->wakeup);
}

static void on_watermarks(struct gb_task *task)
{
    struct start *start = (struct start *)task;
    struct gb_reader *reader = start->reader;
    struct partition *p = &reader->lanes[start->lane];

    if (!reader->is_closed && p->ticket == start->ticket) {
        give_consuming(reader, start);
        if (p->ticket == start->ticket && start->err == 0) {
            begin(reader, start);
        }
    }
    free(start);
}

static void ask_watermarks(struct gb_task *task)
{
    struct start *start = (struct start *)task;
    struct gb_reader *reader = start->reader;

    start->err = atomic_load(&reader->config.worker->is_stopping)
                     ? RD_KAFKA_RESP_ERR__DESTROY
                     : rd_kafka_query_watermark_offsets(
                           reader->config.watermarks, reader->config.topic, (int32_t)start->lane,
                           &start->low, &start->high, WATERMARKS_MS);
    start->task.run = on_watermarks;
    if (!gb_loop_post(reader->config.loop, &start->task)) {
        free(start);
    }
}

void gb_reader_start(struct gb_reader *reader, uint32_t lane, uint64_t ticket, int64_t offset)
{
    struct start *start = calloc(1, sizeof(*start));

    GB_CHECK(start != NULL && lane < GB_LANES_MAX && reader->lanes[lane].ticket == 0);
    *start = (struct start){.task.run = ask_watermarks,
                            .reader = reader,
                            .lane = lane,
                            .ticket = ticket,
                            .offset = offset};
    reader->lanes[lane].ticket = ticket;
    gb_worker_give(reader->config.worker, &start->task);
}

void gb_reader_stop(struct gb_reader *reader, uint32_t lane)
{
    struct partition *p = &reader->lanes[lane];

    if (p->queue != NULL) {
        (void)rd_kafka_consume_stop(reader->topic, (int32_t)lane);
        rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(p->queue);
    }
    *p = (struct partition){0};
}

static void give_record(struct gb_reader *reader, uint32_t lane, const rd_kafka_message_t *message)
{
    struct gb_event event = {.kind = GB_EV_RECORD, .ticket = reader->lanes[lane].ticket};

    if (message->err == 0) {
        event.record.offset = message->offset;
        event.record.value = (struct gb_str){
            message->payload != NULL ? message->payload : "", message->len};
    } else {
        event.kind = GB_EV_CONSUMING;
        event.status = gb_kafka_read_status(message->err);
        event.message = gb_str_of(rd_kafka_message_errstr(message));
    }
    reader->config.on_event(reader->config.context, lane, &event);
}

/* At most budget records of one lane; returns how many. */
static uint32_t serve_lane(struct gb_reader *reader, uint32_t lane, uint32_t budget)
{
    struct partition *p = &reader->lanes[lane];
    uint32_t count = 0;

    while (count < budget && p->queue != NULL &&
           reader->config.wants(reader->config.context, lane)) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(p->queue, 0);

        if (message == NULL) {
            break;
        }
        give_record(reader, lane, message);
        rd_kafka_message_destroy(message);
        count++;
    }
    return count;
}

static void serve(void *context)
{
    struct gb_reader *reader = context;
    uint32_t budget = GB_TURN_RECORDS_MAX;

    for (uint32_t i = 0; i < GB_LANES_MAX && budget > 0; i++) {
        uint32_t lane = (reader->next + i) % GB_LANES_MAX;

        if (reader->lanes[lane].queue != NULL) {
            budget -= serve_lane(reader, lane, budget);
        }
        if (budget == 0) {
            reader->next = (lane + 1) % GB_LANES_MAX;
        }
    }
    if (budget == 0) {
        gb_wakeup_again(&reader->wakeup);
    }
}

void gb_reader_kick(struct gb_reader *reader)
{
    gb_wakeup_again(&reader->wakeup);
}

struct gb_reader *gb_reader_new(const struct gb_reader_config *config, struct gb_err *err)
{
    rd_kafka_t *rk = gb_kafka_open(config->kafka, GB_KAFKA_READER, err);
    struct gb_reader *reader;

    if (rk == NULL) {
        return NULL;
    }
    reader = calloc(1, sizeof(*reader));
    GB_CHECK(reader != NULL);
    reader->config = *config;
    reader->rk = rk;
    reader->topic = rd_kafka_topic_new(rk, config->topic, NULL);
    GB_CHECK(reader->topic != NULL);
    gb_wakeup_init(&reader->wakeup, &config->loop->uv, serve, reader);
    return reader;
}

void gb_reader_close(struct gb_reader *reader)
{
    for (uint32_t lane = 0; lane < GB_LANES_MAX; lane++) {
        gb_reader_stop(reader, lane);
    }
    reader->is_closed = true;
    gb_wakeup_close(&reader->wakeup);
}

void gb_reader_free(struct gb_reader *reader)
{
    rd_kafka_topic_destroy(reader->topic);
    rd_kafka_destroy(reader->rk);
    free(reader);
}
