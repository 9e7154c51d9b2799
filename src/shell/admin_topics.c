/* Kafka's side of setting up: gb.intake (LogAppendTime, lz4) and the outputs (state topics
 * compacted, logs kept), all with one partition count; gb.policy.in and gb.decision.in with one
 * partition, kept for ever. */
#include <stdio.h>
#include <sys/random.h>

#include "base/hash.h"
#include "shell/admin.h"

#define CALL_MS 30000

/* Topics that are no output; an output's kind is its enum gb_topic. */
enum { KIND_DECISION_IN = -3, KIND_POLICY_IN = -2, KIND_INTAKE = -1 };

static struct gb_str word_of(int kind)
{
    static const struct gb_str words[] = {{"decision.in", 11}, {"policy.in", 9}, {"intake", 6}};

    return kind < 0 ? words[kind - KIND_DECISION_IN] : gb_topic_word((enum gb_topic)kind);
}

static int32_t partitions_of(const struct gb_admin_topics *topics, int kind)
{
    return kind < KIND_INTAKE ? 1 : topics->partitions;
}

enum gb_status gb_admin_partitions(rd_kafka_t *rk, const char *topic, int32_t *count,
                                   struct gb_err *err)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, handle, &metadata, CALL_MS);
    enum gb_status status = GB_OK;

    rd_kafka_topic_destroy(handle);
    if (code != 0) {
        return gb_fail(err, GB_AWAY, "topic %s: %s", topic, rd_kafka_err2str(code));
    }
    if (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0) {
        status = gb_fail(err, GB_NOT_FOUND, "topic %s: there is none", topic);
    } else {
        *count = metadata->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    return status;
}

static void set(rd_kafka_NewTopic_t *topic, const char *name, const char *value)
{
    (void)rd_kafka_NewTopic_set_config(topic, name, value);
}

static rd_kafka_NewTopic_t *describe(const struct gb_admin_topics *topics, const char *name,
                                     int kind)
{
    char text[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions_of(topics, kind),
                                                       topics->replication, text, sizeof(text));

    if (topic == NULL) {
        return NULL;
    }
    set(topic, "min.insync.replicas", topics->replication >= 3 ? "2" : "1");
    set(topic, "max.message.bytes", "8388608");
    if (kind < KIND_INTAKE) {
        set(topic, "retention.ms", "-1");
    } else if (kind == KIND_INTAKE) {
        set(topic, "message.timestamp.type", "LogAppendTime");
        set(topic, "compression.type", "lz4");
        set(topic, "retention.ms", topics->retention_ms);
    } else if (gb_topic_is_state((enum gb_topic)kind)) {
        set(topic, "cleanup.policy", "compact");
    } else {
        set(topic, "cleanup.policy", "delete");
        set(topic, "retention.ms", topics->retention_ms);
    }
    return topic;
}

static enum gb_status check_created(rd_kafka_event_t *event, const char *name, struct gb_err *err)
{
    const rd_kafka_CreateTopics_result_t *result;
    const rd_kafka_topic_result_t **each;
    rd_kafka_resp_err_t code;
    size_t count = 0;

    if (event == NULL || rd_kafka_event_error(event) != 0) {
        return gb_fail(err, GB_AWAY, "topic %s: %s", name,
                       event == NULL ? "no answer in time" : rd_kafka_event_error_string(event));
    }
    result = rd_kafka_event_CreateTopics_result(event);
    each = rd_kafka_CreateTopics_result_topics(result, &count);
    code = count == 1 ? rd_kafka_topic_result_error(each[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    if (code != 0) {
        return gb_fail(err, GB_BAD_CONFIG, "topic %s: %s", name, rd_kafka_err2str(code));
    }
    return GB_OK;
}

static enum gb_status create(rd_kafka_t *rk, const struct gb_admin_topics *topics,
                             const char *name, int kind, struct gb_err *err)
{
    rd_kafka_NewTopic_t *topic = describe(topics, name, kind);
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    enum gb_status status;

    if (topic == NULL) {
        return gb_fail(err, GB_BAD_CONFIG, "topic %s: bad partition count or replication", name);
    }
    queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, CALL_MS);
    status = check_created(event, name, err);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return status;
}

/* A fresh id where the topic is new, otherwise only where none is recorded. */
static enum gb_status mint(struct gb_tool_pg *pg, const char *name, bool is_new,
                           struct gb_err *err)
{
    uint8_t random[16];
    char id[32];
    struct gb_str params[2] = {gb_str_of(name), {id, sizeof(id)}};
    const char *sql =
        is_new ? "INSERT INTO gridbridge.stream (topic, gb_stream) VALUES ($1, $2)"
                 " ON CONFLICT (topic) DO UPDATE SET gb_stream = excluded.gb_stream"
               : "INSERT INTO gridbridge.stream (topic, gb_stream) VALUES ($1, $2)"
                 " ON CONFLICT (topic) DO NOTHING";

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return gb_fail(err, GB_IO, "no random bytes");
    }
    gb_hex(id, random, sizeof(random));
    if (gb_tool_pg_ask(pg, sql, params, 2, NULL) != GB_OK) {
        gb_tool_pg_why(pg, err);
        return err->status;
    }
    return GB_OK;
}

static enum gb_status ensure(rd_kafka_t *rk, struct gb_tool_pg *pg,
                             const struct gb_admin_topics *topics, int kind, struct gb_err *err)
{
    struct gb_str word = word_of(kind);
    int32_t want = partitions_of(topics, kind);
    char name[256];
    int32_t count = 0;
    enum gb_status status;
    bool is_new = false;

    (void)snprintf(name, sizeof(name), "%s%.*s", topics->prefix, GB_STR_ARG(word));
    status = gb_admin_partitions(rk, name, &count, err);
    if (status == GB_NOT_FOUND) {
        status = create(rk, topics, name, kind, err);
        is_new = true;
    } else if (status == GB_OK && count != want) {
        status = gb_fail(err, GB_DIFFERS, "topic %s has %d partitions, not %d", name, (int)count,
                         (int)want);
    }
    if (status == GB_OK && kind >= 0) {
        status = mint(pg, name, is_new, err);
    }
    return status;
}

enum gb_status gb_admin_topics_create(const struct gb_kafka *kafka, struct gb_tool_pg *pg,
                                      const struct gb_admin_topics *topics, struct gb_err *err)
{
    rd_kafka_t *rk = gb_kafka_open(kafka, GB_KAFKA_WATERMARKS, err);
    enum gb_status status = GB_OK;

    if (rk == NULL) {
        return GB_BAD_CONFIG;
    }
    for (int kind = KIND_DECISION_IN; kind < GB_TOPIC_COUNT && status == GB_OK; kind++) {
        status = ensure(rk, pg, topics, kind, err);
    }
    rd_kafka_destroy(rk);
    return status;
}
