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

/* Nothing is visible that PostgreSQL does not hold (it was restored from an older copy). */
static bool is_caught_up(const struct gb_lane *lane)
{
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        if (lane->pub.visible[t] > lane->row.seqs[t]) {
            return false;
        }
    }
    return true;
}

/* The floor's number and offset are those of what was seen last, which may belong to a batch that
 * still stays. Where Kafka is ahead the whole floor stays: what is made again must be compared with
 * what is visible after the next start too, and sent again if its place was lost meanwhile. */
static void raise_floor(struct gb_lane *lane, uint64_t index)
{
    const struct gb_publisher *pub = &lane->pub;

    if (!is_caught_up(lane)) {
        return;
    }
    lane->row.floor_index = index;
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        lane->row.floor_seqs[t] = pub->visible[t];
        lane->row.floor_offsets[t] = pub->ends[t];
    }
}

/* Batches whose messages are all visible leave; the floor follows them. */
static void retire(struct gb_lane *lane)
{
    struct gb_publisher *pub = &lane->pub;

    while (pub->queue.first != NULL && pub->queue.first->sent == pub->queue.first->messages_count) {
        struct gb_batch *batch = gb_queue_take(&pub->queue);

        raise_floor(lane, batch->commit.to_index);
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
            bool visible = gb_publish_is_visible(lane, m, fx);

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
        struct gb_str word = gb_topics_word(&lane->config.topics, (enum gb_topic)t);

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
        lane->pub.first[t] = 0;
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
        gb_publish_seen(lane, event, fx);
        return;
    }
    pub->ticket = 0;
    if (event->kind == GB_EV_PUB_INITED) {
        on_inited(lane, event, fx);
    } else if (event->kind == GB_EV_PUB_READ) {
        if (event->status != GB_OK) {
            start_again(lane, fx, "read-back failed");
        } else if (gb_publish_read(lane, event, fx)) {
            pub->state = GB_PUB_FILL;
        }
    } else if (event->kind == GB_EV_PUB_SENT) {
        on_sent(lane, event, fx);
    }
}
