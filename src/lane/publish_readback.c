/* P2: what stands in the lane's output partitions, compared with the floor and with the outbox. */
#include <inttypes.h>
#include <stdlib.h>

#include "lane/machine.h"
#include "lane/outbox.h"

static int64_t header_seq(const struct gb_event *event)
{
    int64_t seq = 0;

    for (uint32_t i = 0; i < event->seen.headers_count; i++) {
        if (!gb_str_eq(event->seen.headers[i].name, GB_STR("gb_seq"))) {
            continue;
        }
        for (size_t c = 0; c < event->seen.headers[i].value.len; c++) {
            char digit = event->seen.headers[i].value.ptr[c];

            if (digit < '0' || digit > '9' || seq > INT64_MAX / 10 - 1) {
                return -1;
            }
            seq = seq * 10 + (digit - '0');
        }
        return seq;
    }
    return -1;
}

static void keep_seen(struct gb_publisher *pub, const struct gb_event *event, int64_t seq)
{
    struct gb_seen_list *list = &pub->seen[event->seen.topic];
    struct gb_message m = {.topic = event->seen.topic,
                           .key = event->seen.key,
                           .value = event->seen.value,
                           .headers = event->seen.headers,
                           .headers_count = event->seen.headers_count};

    if (list->count == list->size) {
        list->size = list->size == 0 ? 64 : list->size * 2;
        list->items = realloc(list->items, list->size * sizeof(list->items[0]));
        GB_CHECK(list->items != NULL);
    }
    list->items[list->count++] = (struct gb_seen){.seq = seq, .hash = gb_message_hash(&m)};
}

void gb_publish_seen(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;
    enum gb_topic topic = event->seen.topic;
    int64_t seq = header_seq(event);
    struct gb_str word = gb_topics_word(&lane->config.topics, topic);

    if (seq < 1 || event->seen.headers_count > GB_HEADERS_MAX) {
        gb_lane_halt(lane, fx, "foreign_output",
                     "topic %.*s offset %" PRId64 " holds a record that is not this lane's",
                     GB_STR_ARG(word), event->seen.offset);
        return;
    }
    if (event->seen.offset < lane->row.floor_offsets[topic] &&
        seq != lane->row.floor_seqs[topic]) {
        gb_lane_halt(lane, fx, "lost_tail",
                     "topic %.*s offset %" PRId64 " holds gb_seq %" PRId64 ", %" PRId64
                     " was seen there",
                     GB_STR_ARG(word), event->seen.offset, seq, lane->row.floor_seqs[topic]);
        return;
    }
    pub->has_floor[topic] =
        pub->has_floor[topic] || event->seen.offset < lane->row.floor_offsets[topic];
    if (seq <= pub->visible[topic]) {
        return; /* at or below the floor, or a double of idempotent mode: readers drop it */
    }
    if (pub->visible[topic] == 0) {
        pub->first[topic] = seq; /* retention may have taken those before it: on_read judges */
    } else if (!gb_topic_is_state(topic) && seq != pub->visible[topic] + 1) {
        gb_lane_halt(lane, fx, "output_gap",
                     "topic %.*s: gb_seq %" PRId64 " at offset %" PRId64 " follows %" PRId64,
                     GB_STR_ARG(word), seq, event->seen.offset, pub->visible[topic]);
        return;
    }
    pub->visible[topic] = seq;
    pub->ends[topic] = event->seen.offset + 1;
    keep_seen(pub, event, seq);
}

/* A log keeps the floor's own record until retention takes it: where its place is empty, the tail
 * was lost and records of an aborted transaction stand there now. */
static bool is_floor_gone(const struct gb_lane *lane, const struct gb_event *event, int topic)
{
    return !gb_topic_is_state((enum gb_topic)topic) && lane->row.floor_offsets[topic] > 0 &&
           lane->row.floor_seqs[topic] > 0 && !lane->pub.has_floor[topic] &&
           event->read.log_starts[topic] < lane->row.floor_offsets[topic];
}

/* A slot that has numbers has a source: whoever gave them knew it, and this program does not. */
static bool is_free(struct gb_lane *lane, int topic, struct gb_effects *fx)
{
    if (gb_str_is(lane->config.topics.words[topic])) {
        return false;
    }
    if (lane->row.seqs[topic] > 0) {
        gb_lane_halt(lane, fx, "no_writeback_topic",
                     "slot %d has gb_seq %" PRId64 " in the lane's row, and no source",
                     topic - GB_TOPIC_WRITEBACK, lane->row.seqs[topic]);
    }
    return true;
}

bool gb_publish_read(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    const struct gb_publisher *pub = &lane->pub;

    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        struct gb_str word = gb_topics_word(&lane->config.topics, (enum gb_topic)t);

        if (is_free(lane, t, fx)) {
            if (lane->state == GB_LANE_HALTED) {
                return false;
            }
            continue;
        }
        if (event->read.ends[t] < lane->row.floor_offsets[t]) {
            gb_lane_halt(lane, fx, "lost_tail",
                         "topic %.*s ends at %" PRId64 ", but %" PRId64 " was seen there",
                         GB_STR_ARG(word), event->read.ends[t], lane->row.floor_offsets[t]);
            return false;
        }
        if (!gb_topic_is_state((enum gb_topic)t) && pub->first[t] > 1 &&
            event->read.log_starts[t] == 0) {
            gb_lane_halt(lane, fx, "output_gap",
                         "topic %.*s begins with gb_seq %" PRId64, GB_STR_ARG(word), pub->first[t]);
            return false;
        }
        if (is_floor_gone(lane, event, t)) {
            gb_lane_halt(lane, fx, "lost_tail",
                         "topic %.*s: gb_seq %" PRId64 " was seen at offset %" PRId64
                         ", and nothing can be read there now",
                         GB_STR_ARG(word), lane->row.floor_seqs[t],
                         lane->row.floor_offsets[t] - 1);
            return false;
        }
    }
    return true;
}

static int by_seq(const void *key, const void *item)
{
    const struct gb_seen *a = key;
    const struct gb_seen *b = item;

    return (a->seq > b->seq) - (a->seq < b->seq);
}

static const struct gb_seen *find_seen(const struct gb_publisher *pub, enum gb_topic topic,
                                       int64_t seq)
{
    const struct gb_seen_list *list = &pub->seen[topic];
    struct gb_seen key = {.seq = seq};

    if (list->count == 0) {
        return NULL;
    }
    return bsearch(&key, list->items, list->count, sizeof(key), by_seq);
}

bool gb_publish_is_visible(struct gb_lane *lane, const struct gb_message *m,
                           struct gb_effects *fx)
{
    const struct gb_publisher *pub = &lane->pub;
    const struct gb_seen *seen;
    struct gb_str word = gb_topics_word(&lane->config.topics, m->topic);

    if (m->seq > pub->visible[m->topic]) {
        return false;
    }
    seen = find_seen(pub, m->topic, m->seq);
    if (seen != NULL && memcmp(seen->hash.bytes, m->hash.bytes, GB_HASH_LEN) != 0) {
        gb_lane_halt(lane, fx, "output_differs",
                     "topic %.*s gb_seq %" PRId64 ": Kafka and the outbox hold other bytes",
                     GB_STR_ARG(word), m->seq);
    }
    return true;
}
