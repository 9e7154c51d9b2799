/* Settings; why each is as it is stands in DELIVERY 6 and 7. */
#include "shell/kafka_conf.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "shell/log.h"

static const struct gb_kafka_property common[] = {
    {"allow.auto.create.topics", "false"}, {"socket.keepalive.enable", "true"},
    {"socket.timeout.ms", "10000"},        {"log.connection.close", "false"},
    {"reconnect.backoff.max.ms", "2000"},
};

static const struct gb_kafka_property consumer[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"fetch.wait.max.ms", "500"},
    {"check.crcs", "true"},
    {"queued.min.messages", "100000"},
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.message.max.bytes", "1048576"}, /* a larger record still comes, alone */
    {"receive.message.max.bytes", "100000000"},
};

static const struct gb_kafka_property member[] = {
    {"session.timeout.ms", "6000"},
    {"partition.assignment.strategy", "range"},
    {"isolation.level", "read_committed"},
    /* A topic that appears after its source has joined is found in this time. */
    {"topic.metadata.refresh.interval.ms", "10000"},
};

static const struct gb_kafka_property producer[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"message.max.bytes", "8388608"},
    {"linger.ms", "5"},
    {"queue.buffering.max.messages", "200000"},
    {"queue.buffering.max.kbytes", "1048576"},
};

void gb_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    GB_CHECK(rd_kafka_conf_set(conf, name, value, NULL, 0) == RD_KAFKA_CONF_OK);
}

static void set_all(rd_kafka_conf_t *conf, const struct gb_kafka_property *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gb_kafka_set(conf, items[i].name, items[i].value);
    }
}

/* A dozen clients complain of one broker: without the client's and the thread's name their lines
 * are one, which the log writes once. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const char *thread = strncmp(text, "[thrd:", 6) == 0 ? strstr(text, "]: ") : NULL;
    const char *words = thread != NULL ? thread + 3 : text;
    const char *after = strstr(words, " (after ");
    int len = after != NULL ? (int)(after - words) : (int)strlen(words);
    bool is_away = strcmp(facility, "FAIL") == 0 || strcmp(facility, "ERROR") == 0;
    char line[600];

    (void)rk;
    (void)snprintf(line, sizeof(line), "%s%s%s%.*s", is_away ? "waits for Kafka" : "kafka: ",
                   is_away ? "" : facility, ": ", len, words);
    gb_log(level <= 2   ? GB_LOG_ERROR
           : level <= 4 ? GB_LOG_WARN
                        : GB_LOG_DEBUG,
           -1, gb_str_of(line));
}

/* What the protocol stands on, or what the bridge sets from its own configuration. */
static const char *const owned[] = {
    "acks", "allow.auto.create.topics", "auto.offset.reset", "bootstrap.servers", "check.crcs",
    "client.id", "enable.auto.commit", "enable.auto.offset.store", "enable.idempotence",
    "enable.partition.eof", "group.id", "group.instance.id", "isolation.level",
    "message.timeout.ms", "delivery.timeout.ms", "metadata.broker.list",
    "partition.assignment.strategy", "request.required.acks", "statistics.interval.ms",
    "transactional.id", "auto.commit.enable", "log_level", "max.in.flight"};

bool gb_kafka_property_is_good(const struct gb_kafka_property *property, char *why, size_t why_size)
{
    rd_kafka_conf_t *conf;
    rd_kafka_conf_res_t result;

    for (size_t i = 0; i < GB_COUNT(owned); i++) {
        if (strcmp(owned[i], property->name) == 0) {
            (void)snprintf(why, why_size, "is set by gridbridge itself: leave it out");
            return false;
        }
    }
    conf = rd_kafka_conf_new();
    result = rd_kafka_conf_set(conf, property->name, property->value, why, why_size);
    rd_kafka_conf_destroy(conf);
    return result == RD_KAFKA_CONF_OK;
}

static void set_use(rd_kafka_conf_t *conf, enum gb_kafka_use use)
{
    switch (use) {
    case GB_KAFKA_READER: /* its bound holds for each partition */
        gb_kafka_set(conf, "queued.max.messages.kbytes", "8192");
        gb_kafka_set(conf, "isolation.level", "read_committed");
        break;
    case GB_KAFKA_READBACK:
        gb_kafka_set(conf, "isolation.level", "read_committed");
        gb_kafka_set(conf, "enable.partition.eof", "true");
        break;
    case GB_KAFKA_WATERMARKS:
        gb_kafka_set(conf, "isolation.level", "read_uncommitted");
        break;
    case GB_KAFKA_MEMBER:
        set_all(conf, member, GB_COUNT(member));
        break;
    case GB_KAFKA_PRODUCER:
        gb_kafka_set(conf, "message.timeout.ms", "0");
        gb_kafka_set(conf, "max.in.flight.requests.per.connection", "1");
        break;
    case GB_KAFKA_TRANSACTIONAL:
        gb_kafka_set(conf, "transaction.timeout.ms", "15000");
        gb_kafka_set(conf, "linger.ms", "100");
        gb_kafka_set(conf, "statistics.interval.ms", "1000");
        break;
    }
}

rd_kafka_conf_t *gb_kafka_conf(const struct gb_kafka *kafka, enum gb_kafka_use use,
                               struct gb_err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool is_producer = use == GB_KAFKA_PRODUCER || use == GB_KAFKA_TRANSACTIONAL;
    char text[256];

    set_all(conf, common, GB_COUNT(common));
    if (is_producer) {
        set_all(conf, producer, GB_COUNT(producer));
    } else {
        set_all(conf, consumer, GB_COUNT(consumer));
    }
    set_use(conf, use);
    rd_kafka_conf_set_log_cb(conf, on_log);
    gb_kafka_set(conf, "client.id", kafka->client_id);
    gb_kafka_set(conf, "bootstrap.servers", kafka->bootstrap);
    for (size_t i = 0; i < kafka->properties_count; i++) {
        const struct gb_kafka_property *p = &kafka->properties[i];

        if (rd_kafka_conf_set(conf, p->name, p->value, text, sizeof(text)) != RD_KAFKA_CONF_OK) {
            (void)gb_fail(err, GB_BAD_CONFIG, "kafka: %s", text);
            rd_kafka_conf_destroy(conf);
            return NULL;
        }
    }
    return conf;
}

enum gb_status gb_kafka_read_status(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return GB_NOT_FOUND;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return GB_BAD_RECORD;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return GB_BUG;
    default: return GB_AWAY; /* a list of the library's own that grows */
    }
}

rd_kafka_t *gb_kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct gb_err *err)
{
    rd_kafka_t *rk;
    char text[256];

    if (conf == NULL) {
        return NULL;
    }
    rk = rd_kafka_new(type, conf, text, sizeof(text));
    if (rk == NULL) {
        (void)gb_fail(err, GB_BAD_CONFIG, "kafka: %s", text);
        rd_kafka_conf_destroy(conf);
    }
    return rk;
}

rd_kafka_t *gb_kafka_open(const struct gb_kafka *kafka, enum gb_kafka_use use, struct gb_err *err)
{
    bool is_producer = use == GB_KAFKA_PRODUCER || use == GB_KAFKA_TRANSACTIONAL;

    return gb_kafka_client(is_producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                           gb_kafka_conf(kafka, use, err), err);
}
