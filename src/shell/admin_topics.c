/* Kafka's side of setting up: gb.intake (LogAppendTime, lz4) and the outputs (state topics
 * compacted, logs kept), all with one partition count; the topics that people and systems write to
 * (gb.policy.in, gb.decision.in, gb.writeback.result.in) with one partition, kept for ever. */
#include <stdio.h>
#include <sys/random.h>

#include "base/hash.h"
#include "shell/admin.h"
#include "shell/tool_store.h"

#define CALL_MS 30000

/* Topics that are no output; an output's kind is its enum gb_topic. */
enum { KIND_RESULT_IN = -4, KIND_DECISION_IN = -3, KIND_POLICY_IN = -2, KIND_INTAKE = -1 };

/* Absent: a slot that no source has. */
static struct gb_str word_of(const struct gb_topics *outputs, int kind)
{
    static const struct gb_str words[] = {
        {"writeback.result.in", 19}, {"decision.in", 11}, {"policy.in", 9}, {"intake", 6}};

    return kind < 0 ? words[kind - KIND_RESULT_IN] : outputs->words[kind];
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
static enum gb_status mint(struct gb_tool_pg *pg, const char *name, int kind, bool is_new,
                           struct gb_err *err)
{
    uint8_t random[16];
    char id[32];
    char slot[GB_DIGITS_MAX];
    struct gb_str params[3] = {gb_str_of(name), {id, sizeof(id)}};
    const char *sql =
        is_new ? "INSERT INTO gridbridge.stream (topic, gb_stream, slot) VALUES ($1, $2, $3)"
                 " ON CONFLICT (topic) DO UPDATE SET gb_stream = excluded.gb_stream"
               : "INSERT INTO gridbridge.stream (topic, gb_stream, slot) VALUES ($1, $2, $3)"
                 " ON CONFLICT (topic) DO NOTHING";

    if (kind >= GB_TOPIC_WRITEBACK) {
        params[2] = gb_int_text(slot, kind - GB_TOPIC_WRITEBACK);
    }

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return gb_fail(err, GB_IO, "no random bytes");
    }
    gb_hex(id, random, sizeof(random));
    if (gb_tool_pg_ask(pg, sql, params, 3, NULL) != GB_OK) {
        gb_tool_pg_why(pg, err);
        return err->status;
    }
    return GB_OK;
}

/* What creating needs. */
struct making {
    rd_kafka_t *rk;
    struct gb_tool_pg *pg;
    const struct gb_admin_topics *topics;
    struct gb_topics outputs;
};

static enum gb_status ensure(const struct making *m, int kind, struct gb_err *err)
{
    const struct gb_admin_topics *topics = m->topics;
    struct gb_str word = word_of(&m->outputs, kind);
    int32_t want = partitions_of(topics, kind);
    char name[256];
    int32_t count = 0;
    enum gb_status status;
    bool is_new = false;

    if (!gb_str_is(word)) {
        return GB_OK;
    }
    (void)snprintf(name, sizeof(name), "%s%.*s", topics->prefix, GB_STR_ARG(word));
    status = gb_admin_partitions(m->rk, name, &count, err);
    if (status == GB_NOT_FOUND) {
        status = create(m->rk, topics, name, kind, err);
        is_new = true;
    } else if (status == GB_OK && count != want) {
        status = gb_fail(err, GB_DIFFERS, "topic %s has %d partitions, not %d", name, (int)count,
                         (int)want);
    }
    if (status == GB_OK && kind >= 0) {
        status = mint(m->pg, name, kind, is_new, err);
    }
    return status;
}

/* Gives the target the first free slot, if it has none; false: all are taken. */
static bool give_slot(struct gb_topics *outputs, struct gb_arena *arena, struct gb_str source)
{
    enum gb_topic topic;
    uint32_t slot = 0;

    if (gb_topics_find_target(outputs, source, &topic)) {
        return true;
    }
    while (slot < GB_WRITEBACK_TOPICS && gb_str_is(outputs->words[GB_TOPIC_WRITEBACK + slot])) {
        slot++;
    }
    if (slot == GB_WRITEBACK_TOPICS) {
        return false;
    }
    gb_topics_bind(outputs, arena, slot, source);
    return true;
}

/* All targets or, where they do not fit, the live ones; false: not even these fit. */
static bool give_slots(struct gb_topics *outputs, struct gb_arena *arena,
                     const struct gb_admin_topics *topics, bool has_shadows)
{
    bool fits = true;

    for (size_t i = 0; i < topics->targets_count; i++) {
        if (has_shadows || topics->targets[i].is_live) {
            fits = give_slot(outputs, arena, gb_str_of(topics->targets[i].source)) && fits;
        }
    }
    return fits;
}

/* The registry as it is, and what this call adds to it. */
static enum gb_status plan(struct making *m, struct gb_arena *arena, struct gb_err *err)
{
    struct gb_topics known;
    enum gb_status status = gb_tool_slots(m->pg, m->topics->prefix, arena, &known, err);

    if (status != GB_OK) {
        return status;
    }
    m->outputs = known;
    if (give_slots(&m->outputs, arena, m->topics, true)) {
        return GB_OK;
    }
    m->outputs = known;
    if (give_slots(&m->outputs, arena, m->topics, false)) {
        return GB_OK;
    }
    return gb_fail(err, GB_TOO_LARGE,
                   "more than %d sources with mode: live, or that had a write-back topic before: "
                   "leave the others in mode: shadow, or give them a bridge of their own",
                   GB_WRITEBACK_TOPICS);
}

enum gb_status gb_admin_topics_create(const struct gb_kafka *kafka, struct gb_tool_pg *pg,
                                      const struct gb_admin_topics *topics, struct gb_err *err)
{
    struct making m = {.pg = pg, .topics = topics};
    struct gb_arena arena;
    enum gb_status status;

    gb_arena_init(&arena, (size_t)1 << 20);
    status = plan(&m, &arena, err);
    if (status == GB_OK) {
        m.rk = gb_kafka_open(kafka, GB_KAFKA_WATERMARKS, err);
        status = m.rk != NULL ? GB_OK : GB_BAD_CONFIG;
    }
    for (int kind = KIND_RESULT_IN; kind < GB_TOPIC_COUNT && status == GB_OK; kind++) {
        status = ensure(&m, kind, err);
    }
    if (m.rk != NULL) {
        rd_kafka_destroy(m.rk);
    }
    gb_arena_close(&arena);
    return status;
}
