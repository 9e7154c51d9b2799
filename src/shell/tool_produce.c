/* Synchronous producer. librdkafka's own lines go to the log, which commands keep at errors: the
 * answer says what matters. */
#include "shell/tool_produce.h"

#include "base/arena.h"
#include "shell/kafka_conf.h"
#include "shell/kafka_produce.h"

#define WAIT_MS 20000

struct report {
    bool is_there;
    rd_kafka_resp_err_t code;
    int64_t offset;
};

static void on_report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    struct report *report = opaque;

    (void)kafka;
    report->is_there = true;
    report->code = message->err;
    report->offset = message->offset;
}

static rd_kafka_t *make_producer(const struct gb_tool_produce *what, struct report *report,
                                 struct gb_err *err)
{
    const struct gb_kafka kafka = {.bootstrap = what->kafka->bootstrap,
                                   .client_id = "gridbridge-tool",
                                   .properties = what->kafka->properties,
                                   .properties_count = what->kafka->properties_count};
    rd_kafka_conf_t *conf = gb_kafka_conf(&kafka, GB_KAFKA_PRODUCER, err);

    if (conf == NULL) {
        return NULL;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, report);
    gb_kafka_set(conf, "message.timeout.ms", "15000");
    gb_kafka_set(conf, "linger.ms", "0");
    return gb_kafka_client(RD_KAFKA_PRODUCER, conf, err);
}

static rd_kafka_headers_t *make_headers(const struct gb_tool_produce *what)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(what->headers_count);

    for (size_t i = 0; i < what->headers_count; i++) {
        const struct gb_tool_header *h = &what->headers[i];

        (void)rd_kafka_header_add(headers, h->name, -1, h->value.ptr, (ssize_t)h->value.len);
    }
    return headers;
}

static enum gb_status send_one(rd_kafka_t *kafka, const struct gb_tool_produce *what,
                               struct gb_err *err)
{
    struct gb_arena arena;
    struct gb_kafka_record record = {.partition = RD_KAFKA_PARTITION_UA,
                                     .key = what->key,
                                     .value = what->value};
    rd_kafka_resp_err_t code;

    gb_arena_init(&arena, (size_t)16 << 20);
    record.topic = gb_arena_str(&arena, what->topic).ptr;
    record.headers = what->headers_count > 0 ? make_headers(what) : NULL;
    code = gb_kafka_produce(kafka, &record);
    gb_arena_close(&arena);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (record.headers != NULL) {
            rd_kafka_headers_destroy(record.headers);
        }
        return gb_fail(err, GB_AWAY, "kafka: %s", rd_kafka_err2str(code));
    }
    return GB_OK;
}

static enum gb_status judge(const struct gb_tool_produce *what, const struct report *report,
                            struct gb_err *err)
{
    if (!report->is_there) {
        return gb_fail(err, GB_MAYBE, "kafka: no answer for a record to %.*s; it may be there",
                       GB_STR_ARG(what->topic));
    }
    if (report->code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return GB_OK;
    }
    if (report->code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        report->code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return gb_fail(err, GB_NOT_FOUND,
                       "kafka: topic %.*s is not there: gridbridge topics create --execute",
                       GB_STR_ARG(what->topic));
    }
    return gb_fail(err, GB_AWAY, "kafka: %.*s: %s", GB_STR_ARG(what->topic),
                   rd_kafka_err2str(report->code));
}

enum gb_status gb_tool_produce(const struct gb_tool_produce *what, int64_t *offset,
                               struct gb_err *err)
{
    struct report report = {0};
    rd_kafka_t *kafka = make_producer(what, &report, err);
    enum gb_status status;

    if (kafka == NULL) {
        return GB_BAD_CONFIG;
    }
    status = send_one(kafka, what, err);
    if (status == GB_OK) {
        (void)rd_kafka_flush(kafka, WAIT_MS);
        status = judge(what, &report, err);
    }
    rd_kafka_destroy(kafka);
    if (status == GB_OK) {
        *offset = report.offset;
    }
    return status;
}
