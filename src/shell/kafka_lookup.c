/* Where each assigned stream stands: the group's committed offsets and the logs' ends. Both block,
 * so a worker asks; an answer for an older assignment is dropped. */
#include <stdlib.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/hash.h"
#include "shell/source.h"

#define LOOKUP_MS 8000
#define RETRY_MS 1000

struct lookup {
    struct gb_task task;
    struct gb_source *source;
    uint64_t generation;
    rd_kafka_topic_partition_list_t *list; /* the policy topic's partition 0 may stand last */
    int streams_count;
    int64_t *starts, *ends;
    rd_kafka_resp_err_t err;
};

static void free_lookup(struct lookup *lookup)
{
    rd_kafka_topic_partition_list_destroy(lookup->list);
    free(lookup->starts);
    free(lookup->ends);
    free(lookup);
}

static bool is_from_latest(const struct gb_source *source, const char *topic)
{
    for (size_t i = 0; i < source->config.topics_count; i++) {
        if (strcmp(source->config.topics[i].name, topic) == 0) {
            return source->config.topics[i].from_latest;
        }
    }
    return false;
}

static bool has_policy(const struct lookup *lookup)
{
    for (int i = 0; i < lookup->list->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &lookup->list->elems[i];

        if (strcmp(p->topic, lookup->source->config.policy_topic) == 0 && p->offset > 0) {
            return true;
        }
    }
    return false;
}

static void fill_starts(const struct lookup *lookup, struct gb_stream_start *items)
{
    for (int i = 0; i < lookup->streams_count; i++) {
        const rd_kafka_topic_partition_t *p = &lookup->list->elems[i];

        items[i] = (struct gb_stream_start){
            .topic = gb_str_of(p->topic),
            .partition = p->partition,
            .committed = p->offset >= 0 ? p->offset : -1,
            .metadata = {p->metadata != NULL ? p->metadata : "", p->metadata_size},
            .log_start = lookup->starts[i],
            .log_end = lookup->ends[i],
            .from_latest = is_from_latest(lookup->source, p->topic)};
    }
}

static void give_assigned(const struct lookup *lookup)
{
    struct gb_source *source = lookup->source;
    struct gb_stream_start *items =
        calloc((size_t)lookup->streams_count + 1, sizeof(struct gb_stream_start));
    uint8_t random[48];
    char session[32];
    struct gb_intake_event event = {.kind = GB_IE_ASSIGNED, .status = GB_OK};

    GB_CHECK(items != NULL);
    GB_CHECK(getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random));
    gb_hex(session, random, 16);
    fill_starts(lookup, items);
    event.assigned.items = items;
    event.assigned.count = (uint32_t)lookup->streams_count;
    event.assigned.session = (struct gb_str){session, sizeof(session)};
    event.assigned.secret = (struct gb_str){(const char *)random + 16, 32};
    event.assigned.has_policy = has_policy(lookup);
    source->config.on_event(source->config.context, &event);
    free(items);
}

static void on_restart(uv_timer_t *timer)
{
    gb_source_look_up(timer->data);
}

static void on_looked_up(struct gb_task *task)
{
    struct lookup *lookup = (struct lookup *)task;
    struct gb_source *source = lookup->source;

    source->is_looking = false;
    if (source->is_closed) {
        free_lookup(lookup);
        return;
    }
    if (lookup->generation != source->generation) {
        gb_source_look_up(source);
    } else if (lookup->err != 0) {
        source->config.say(source->config.context, gb_str_of(rd_kafka_err2str(lookup->err)));
        (void)uv_timer_start(&source->restart_timer, on_restart, RETRY_MS, 0);
    } else {
        give_assigned(lookup);
    }
    free_lookup(lookup);
}

static void look_up(struct gb_task *task)
{
    struct lookup *lookup = (struct lookup *)task;
    struct gb_source *source = lookup->source;

    lookup->err = rd_kafka_committed(source->rk, lookup->list, LOOKUP_MS);
    for (int i = 0; i < lookup->list->cnt && lookup->err == 0; i++) {
        const rd_kafka_topic_partition_t *p = &lookup->list->elems[i];

        if (atomic_load(&source->config.worker->is_stopping)) {
            lookup->err = RD_KAFKA_RESP_ERR__DESTROY;
        } else if (p->err != 0) {
            lookup->err = p->err;
        } else if (i < lookup->streams_count) {
            lookup->err = rd_kafka_query_watermark_offsets(source->config.watermarks, p->topic,
                                                           p->partition, &lookup->starts[i],
                                                           &lookup->ends[i], LOOKUP_MS);
        }
    }
    lookup->task.run = on_looked_up;
    if (!gb_loop_post(source->config.loop, &lookup->task)) {
        free_lookup(lookup);
    }
}

void gb_source_look_up(struct gb_source *source)
{
    const char *policy = source->config.policy_topic;
    struct lookup *lookup;

    if (source->is_looking || source->assignment == NULL || source->assignment->cnt == 0) {
        return;
    }
    lookup = calloc(1, sizeof(*lookup));
    GB_CHECK(lookup != NULL);
    lookup->task.run = look_up;
    lookup->source = source;
    lookup->generation = source->generation;
    lookup->list = rd_kafka_topic_partition_list_copy(source->assignment);
    lookup->streams_count = lookup->list->cnt;
    if (rd_kafka_topic_partition_list_find(lookup->list, policy, 0) == NULL) {
        (void)rd_kafka_topic_partition_list_add(lookup->list, policy, 0);
    }
    lookup->starts = calloc((size_t)lookup->list->cnt, sizeof(int64_t));
    lookup->ends = calloc((size_t)lookup->list->cnt, sizeof(int64_t));
    GB_CHECK(lookup->starts != NULL && lookup->ends != NULL);
    source->is_looking = true;
    gb_worker_give(source->config.worker, &lookup->task);
}
