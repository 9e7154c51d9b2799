/* Settings; why each is as it is stands in DELIVERY 6 and 7. */
#include "shell/kafka_conf.h"

#include <stdio.h>

#include "base/check.h"

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
    {"queued.max.messages.kbytes", "32768"},
    {"fetch.message.max.bytes", "8388608"},
    {"receive.message.max.bytes", "100000000"},
};

static const struct gb_kafka_property member[] = {
    {"session.timeout.ms", "6000"},
    {"partition.assignment.strategy", "range"},
    {"isolation.level", "read_committed"},
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

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    if (level <= 4) {
        (void)fprintf(stderr, "kafka: %s: %s: %s\n", rd_kafka_name(rk), facility, text);
    }
}

static void set_use(rd_kafka_conf_t *conf, enum gb_kafka_use use)
{
    switch (use) {
    case GB_KAFKA_READER:
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
        break;
    case GB_KAFKA_TRANSACTIONAL:
        gb_kafka_set(conf, "transaction.timeout.ms", "15000");
        gb_kafka_set(conf, "linger.ms", "0");
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
