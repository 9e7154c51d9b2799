/* Publish: what is durable becomes visible, once and in order (DELIVERY 2, P1-P4).
 *
 * INIT a producer (it fences the predecessor) -> READ the own partitions from the floor to the
 * watermark -> FILL: walk the outbox from the floor, compare what is visible, send the rest ->
 * READY: send what commits. An unknown answer: destroy the producer, begin anew. */
#include <inttypes.h>
#include <stdlib.h>

#include "lane/machine.h"
#include "lane/outbox.h"

static void ask(struct gb_lane *lane, struct gb_effects *fx, enum gb_effect_kind kind)
{
    GB_CHECK(lane->pub.ticket == 0);
    lane->pub.ticket = gb_lane_ticket(lane);
    gb_effects_add(fx, kind, lane->config.lane, lane->pub.ticket);
}

void gb_publish_stop(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    if (pub->state != GB_PUB_OFF) {
        gb_effects_add(fx, GB_FX_PUB_DESTROY, lane->config.lane, 0);
    }
    pub->state = GB_PUB_OFF;
    pub->ticket = 0;
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        pub->seen[t].count = 0;
    }
    pub->sending_count = 0;
    gb_queue_move(&lane->graves, &pub->queue);
    gb_batch_free(pub->refill);
    pub->refill = NULL;
    lane->due_send = lane->due_floor = GB_NEVER;
}

void gb_publish_start(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    GB_CHECK(pub->state == GB_PUB_OFF && pub->ticket == 0);
    memcpy(pub->visible, lane->row.floor_seqs, sizeof(pub->visible));
    memcpy(pub->ends, lane->row.floor_offsets, sizeof(pub->ends));
    pub->is_floor_dirty = false;
    pub->state = GB_PUB_INIT;
    ask(lane, fx, GB_FX_PUB_INIT);
}

/* P4: whatever happened, a new producer and a read-back tell. The queue's outputs are durable. */
static void start_again(struct gb_lane *lane, struct gb_effects *fx, const char *what)
{
    gb_publish_stop(lane, fx);
    lane->pub.state = GB_PUB_INIT;
    lane->due_send = lane->now + lane->pub.retry_ms;
    gb_lane_say(lane, fx, true, "publishing: %s: a new producer in %lld ms", what,
                (long long)lane->pub.retry_ms);
    lane->pub.retry_ms =
        lane->pub.retry_ms * 2 > GB_RETRY_MS_MAX ? GB_RETRY_MS_MAX : lane->pub.retry_ms * 2;
}

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
                           .headers_count = event->seen.headers_count};

    if (list->count == list->size) {
        list->size = list->size == 0 ? 64 : list->size * 2;
        list->items = realloc(list->items, list->size * sizeof(list->items[0]));
        GB_CHECK(list->items != NULL);
    }
    memcpy(m.headers, event->seen.headers, m.headers_count * sizeof(m.headers[0]));
    list->items[list->count++] = (struct gb_seen){.seq = seq, .hash = gb_message_hash(&m)};
}

static void on_seen(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;
    enum gb_topic topic = event->seen.topic;
    int64_t seq = header_seq(event);
    struct gb_str word = gb_topic_word(topic);

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
    if (!gb_topic_is_state(topic) && seq != pub->visible[topic] + 1) {
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

static void on_read(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    if (event->status != GB_OK) {
        start_again(lane, fx, "read-back failed");
        return;
    }
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        struct gb_str word = gb_topic_word((enum gb_topic)t);

        if (event->read.ends[t] < lane->row.floor_offsets[t]) {
            gb_lane_halt(lane, fx, "lost_tail",
                         "topic %.*s ends at %" PRId64 ", but %" PRId64 " was seen there",
                         GB_STR_ARG(word), event->read.ends[t], lane->row.floor_offsets[t]);
            return;
        }
        if (is_floor_gone(lane, event, t)) {
            gb_lane_halt(lane, fx, "lost_tail",
                         "topic %.*s: gb_seq %" PRId64 " was seen at offset %" PRId64
                         ", and nothing can be read there now",
                         GB_STR_ARG(word), lane->row.floor_seqs[t],
                         lane->row.floor_offsets[t] - 1);
            return;
        }
    }
    pub->state = GB_PUB_FILL;
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

/* True if the message is visible already, with the same bytes; halts the lane if they differ. */
static bool is_visible(struct gb_lane *lane, const struct gb_message *m, struct gb_effects *fx)
{
    const struct gb_publisher *pub = &lane->pub;
    const struct gb_seen *seen;
    struct gb_str word = gb_topic_word(m->topic);

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

static void on_outbox(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    if (event->status != GB_OK) {
        gb_lane_recover(lane, fx, "reading the outbox");
        return;
    }
    if (pub->state != GB_PUB_FILL) {
        return;
    }
    if (pub->refill == NULL) {
        pub->refill = gb_batch_new();
    }
    for (uint32_t i = 0; i < event->outbox.count; i++) {
        if (!gb_publish_refill(lane, &event->outbox.chunks[i], fx)) {
            return;
        }
    }
    if (event->outbox.is_last) {
        pub->refill->commit.to_index = lane->row.next_index;
        gb_queue_put(&pub->queue, pub->refill);
        pub->refill = NULL;
        pub->state = GB_PUB_READY;
    }
}

void gb_publish_give(struct gb_lane *lane, struct gb_batch *batch)
{
    GB_CHECK(lane->pub.state == GB_PUB_READY || lane->pub.state == GB_PUB_INIT ||
             lane->pub.state == GB_PUB_READ || lane->pub.state == GB_PUB_FILL);
    if (lane->pub.state != GB_PUB_READY) {
        gb_batch_free(batch); /* durable: the outbox is walked anyway before READY */
        return;
    }
    gb_batch_settle(batch);
    gb_queue_put(&lane->pub.queue, batch);
}

/* The floor's number and offset are those of what was seen last, which may belong to a batch that
 * still stays. Where Kafka is ahead (PostgreSQL was restored from an older copy) they stay: what is
 * made again must be compared with what is visible, after the next start too. */
static void raise_floor(struct gb_lane *lane)
{
    const struct gb_publisher *pub = &lane->pub;

    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        if (pub->visible[t] <= lane->row.seqs[t]) {
            lane->row.floor_seqs[t] = pub->visible[t];
            lane->row.floor_offsets[t] = pub->ends[t];
        }
    }
}

/* Batches whose messages are all visible leave; the floor follows them. */
static void retire(struct gb_lane *lane)
{
    struct gb_publisher *pub = &lane->pub;

    while (pub->queue.first != NULL && pub->queue.first->sent == pub->queue.first->messages_count) {
        struct gb_batch *batch = gb_queue_take(&pub->queue);

        lane->row.floor_index = batch->commit.to_index;
        raise_floor(lane);
        lane->published_index = batch->commit.to_index;
        pub->is_floor_dirty = true;
        lane->due_floor = lane->now + GB_FLOOR_AFTER_MS;
        gb_batch_free(batch);
    }
}

static bool collect(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    pub->sending_count = 0;
    for (struct gb_batch *b = pub->queue.first; b != NULL; b = b->next) {
        for (uint32_t i = b->sent; i < b->messages_count; i++) {
            const struct gb_message *m = b->messages[i];
            bool visible = is_visible(lane, m, fx);

            if (lane->state == GB_LANE_HALTED) {
                return false;
            }
            if (visible && pub->sending_count == 0) {
                b->sent++;
            } else if (visible || pub->sending_count == GB_SEND_RECORDS_MAX) {
                return true;
            } else {
                pub->sending[pub->sending_count++] = m;
            }
        }
    }
    return true;
}

static uint64_t pending(const struct gb_publisher *pub)
{
    uint64_t count = 0;

    for (const struct gb_batch *b = pub->queue.first; b != NULL; b = b->next) {
        count += b->messages_count - b->sent;
    }
    return count;
}

bool gb_publish_is_full(const struct gb_publisher *pub)
{
    return pub->queue.count >= GB_UNPUBLISHED_BATCHES_MAX ||
           pending(pub) >= GB_UNPUBLISHED_RECORDS_MAX;
}

static void send(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;
    struct gb_effect *effect;

    if (pub->sent_at != 0 && lane->now - pub->sent_at < GB_SEND_EVERY_MS &&
        pending(pub) > 0 && pending(pub) < GB_SEND_RECORDS_MAX && lane->incoming.count > 0 &&
        !gb_publish_is_full(pub)) {
        lane->due_send = pub->sent_at + GB_SEND_EVERY_MS;
        return;
    }
    lane->due_send = GB_NEVER;
    if (!collect(lane, fx)) {
        return;
    }
    retire(lane);
    if (pub->sending_count == 0) {
        return;
    }
    pub->sent_at = lane->now;
    pub->ticket = gb_lane_ticket(lane);
    effect = gb_effects_add(fx, GB_FX_PUB_SEND, lane->config.lane, pub->ticket);
    effect->send.messages = pub->sending;
    effect->send.count = pub->sending_count;
}

/* True if a partition has become shorter since it was seen last: what was sent stands where other
 * records stood. A broker takes a producer of whom nothing is left for a new one, so only this
 * tells. */
static bool is_tail_lost(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    const struct gb_publisher *pub = &lane->pub;
    int64_t counts[GB_TOPIC_COUNT] = {0};

    for (uint32_t i = 0; i < pub->sending_count; i++) {
        counts[pub->sending[i]->topic]++;
    }
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        int64_t first = event->sent.offsets[t] - counts[t];
        struct gb_str word = gb_topic_word((enum gb_topic)t);

        if (event->sent.offsets[t] >= 0 && first < pub->ends[t]) {
            gb_lane_halt(lane, fx, "lost_tail",
                         "topic %.*s took offset %" PRId64 ", but %" PRId64 " was seen before",
                         GB_STR_ARG(word), first, pub->ends[t] - 1);
            return true;
        }
    }
    return false;
}

static void on_sent(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;
    uint32_t left = pub->sending_count;

    if (event->status != GB_OK) {
        start_again(lane, fx, "outcome of a transaction unknown");
        return;
    }
    if (is_tail_lost(lane, event, fx)) {
        return;
    }
    for (uint32_t i = 0; i < pub->sending_count; i++) {
        pub->visible[pub->sending[i]->topic] = pub->sending[i]->seq;
    }
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        if (event->sent.offsets[t] >= 0) {
            pub->ends[t] = event->sent.offsets[t];
        }
    }
    for (struct gb_batch *b = pub->queue.first; b != NULL && left > 0; b = b->next) {
        uint32_t here = b->messages_count - b->sent;

        here = here < left ? here : left;
        b->sent += here;
        left -= here;
    }
    GB_CHECK(left == 0);
    pub->sending_count = 0;
    pub->retry_ms = GB_RETRY_MS_MIN;
    retire(lane);
}

static void move_floor(struct gb_lane *lane, struct gb_effects *fx)
{
    lane->due_floor = GB_NEVER;
    if (lane->pub.is_floor_dirty && lane->pg_ticket == 0) {
        gb_lane_ask_pg(lane, fx, GB_FX_PG_FLOOR)->floor = &lane->row;
        lane->pub.is_floor_dirty = false;
    }
}

void gb_publish_go(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    if (lane->state != GB_LANE_RUNNING && lane->state != GB_LANE_CHECKING) {
        return;
    }
    if (pub->state == GB_PUB_INIT && pub->ticket == 0 && lane->due_send <= lane->now) {
        pub->state = GB_PUB_OFF;
        lane->due_send = GB_NEVER;
        gb_publish_start(lane, fx);
    } else if (pub->state == GB_PUB_FILL && lane->pg_ticket == 0) { /* flying: waits for a bundle */
        struct gb_effect *effect = gb_lane_ask_pg(lane, fx, GB_FX_PG_OUTBOX);

        gb_batch_free(pub->refill);
        pub->refill = NULL;
        effect->outbox.from_index = lane->row.floor_index;
    } else if (pub->state == GB_PUB_READY && pub->ticket == 0) {
        send(lane, fx);
    }
    if (lane->due_floor <= lane->now) {
        move_floor(lane, fx);
    }
}

static void on_inited(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_effect *effect;

    gb_queue_free(&lane->graves); /* the old producer is gone, and a claim came before this */
    if (event->status != GB_OK) {
        start_again(lane, fx, "no producer");
        return;
    }
    lane->pub.state = GB_PUB_READ;
    lane->pub.ticket = gb_lane_ticket(lane);
    effect = gb_effects_add(fx, GB_FX_PUB_READ, lane->config.lane, lane->pub.ticket);
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        lane->pub.has_floor[t] = false;
        lane->pub.from[t] = lane->row.floor_offsets[t] - (lane->row.floor_offsets[t] > 0);
    }
    effect->read.offsets = lane->pub.from;
}

void gb_publish_event(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_publisher *pub = &lane->pub;

    if (event->kind == GB_EV_PG_OUTBOX) {
        on_outbox(lane, event, fx);
        return;
    }
    if (event->kind == GB_EV_PG_FLOORED) {
        if (event->status != GB_OK) {
            gb_lane_recover(lane, fx, "moving the floor");
        }
        return;
    }
    if (event->ticket == 0 || event->ticket != pub->ticket) {
        return;
    }
    if (event->kind == GB_EV_PUB_RECORD) {
        on_seen(lane, event, fx);
        return;
    }
    pub->ticket = 0;
    if (event->kind == GB_EV_PUB_INITED) {
        on_inited(lane, event, fx);
    } else if (event->kind == GB_EV_PUB_READ) {
        on_read(lane, event, fx);
    } else if (event->kind == GB_EV_PUB_SENT) {
        on_sent(lane, event, fx);
    }
}
