/* The producer of gb.intake. It never gives up by itself; whoever wants to give up purges it. */
#include <stdlib.h>

#include "base/check.h"
#include "shell/kafka_produce.h"
#include "shell/source.h"
#include "shell/stop_point.h"

static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *context)
{
    struct gb_sink *sink = context;
    rd_kafka_timestamp_type_t type;
    struct gb_intake_event event = {.kind = GB_IE_ACKED};

    (void)rk;
    if (sink->is_dead || sink->source->is_closed) {
        return;
    }
    if (message->err == 0) {
        gb_stop_at(GB_STOP_INTAKE_PART);
    }
    event.status = message->err == 0 ? GB_OK : GB_MAYBE;
    event.acked.ticket = (uint64_t)(uintptr_t)message->_private;
    event.acked.append_time = rd_kafka_message_timestamp(message, &type);
    sink->source->config.on_event(sink->source->config.context, &event);
}

struct gb_sink *gb_sink_new(struct gb_source *source, struct gb_err *err)
{
    struct gb_sink *sink = calloc(1, sizeof(*sink));
    rd_kafka_conf_t *conf = gb_kafka_conf(source->config.kafka, GB_KAFKA_PRODUCER, err);

    GB_CHECK(sink != NULL);
    sink->source = source;
    if (conf != NULL) {
        gb_kafka_set(conf, "compression.type", "lz4");
        rd_kafka_conf_set_opaque(conf, sink);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    }
    sink->rk = gb_kafka_client(RD_KAFKA_PRODUCER, conf, err);
    if (sink->rk == NULL) {
        free(sink);
        return NULL;
    }
    sink->queue = rd_kafka_queue_get_main(sink->rk);
    gb_wakeup_watch(&source->wakeup, sink->queue);
    return sink;
}

void gb_sink_kill(struct gb_sink *sink)
{
    struct gb_source *source = sink->source;

    sink->is_dead = true;
    rd_kafka_queue_io_event_enable(sink->queue, -1, NULL, 0);
    (void)rd_kafka_purge(sink->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                       RD_KAFKA_PURGE_F_NON_BLOCKING);
    sink->next = source->dead;
    source->dead = sink;
    gb_wakeup_again(&source->wakeup);
}

static void destroy(struct gb_task *task)
{
    struct gb_sink *sink = (struct gb_sink *)task;

    rd_kafka_queue_destroy(sink->queue);
    (void)rd_kafka_purge(sink->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(sink->rk);
    free(sink);
}

void gb_sink_bury(struct gb_source *source)
{
    while (source->dead != NULL) {
        struct gb_sink *sink = source->dead;

        source->dead = sink->next;
        sink->task.run = destroy;
        gb_worker_give(source->config.worker, &sink->task);
    }
}

void gb_sink_produce(struct gb_sink *sink, const struct gb_intake_effect *effect)
{
    struct gb_kafka_record record = {.topic = sink->source->config.intake_topic,
                                     .partition = (int32_t)effect->produce.lane,
                                     .key = effect->produce.key,
                                     .value = effect->produce.value,
                                     .opaque = (void *)(uintptr_t)effect->produce.ticket};
    rd_kafka_resp_err_t err = gb_kafka_produce(sink->rk, &record);

    if (err != 0) {
        sink->source->failed_ticket = effect->produce.ticket;
        gb_wakeup_again(&sink->source->wakeup);
    }
}
