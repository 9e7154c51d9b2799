/* Messages made again from the outbox, for a publisher whose memory does not hold them. */
#include <stdlib.h>

#include "lane/machine.h"
#include "lane/outbox.h"

static void refill_message(struct gb_batch *batch, const struct gb_message *made)
{
    if (batch->messages_count == batch->messages_size) {
        batch->messages_size = batch->messages_size == 0 ? 64 : batch->messages_size * 2;
        batch->messages =
            realloc(batch->messages, batch->messages_size * sizeof(batch->messages[0]));
        GB_CHECK(batch->messages != NULL);
    }
    batch->messages[batch->messages_count++] = made;
}

static bool refill_line(struct gb_lane *lane, struct gb_arena *scratch, struct gb_str line,
                        const char *hash, struct gb_effects *fx)
{
    struct gb_batch *batch = lane->pub.refill;
    struct gb_message found;
    struct gb_message *made;
    struct gb_err err;
    enum gb_status status;

    gb_arena_reset(scratch);
    status = gb_outbox_read(scratch, &lane->config.topics, line, &found, &err);
    if (status == GB_NOT_FOUND) {
        gb_lane_halt(lane, fx, "no_writeback_topic", "outbox: %s", err.text);
        return false;
    }
    if (status != GB_OK || memcmp(hash, found.hash.bytes, GB_HASH_LEN) != 0) {
        gb_lane_halt(lane, fx, "bad_outbox", "an outbox line does not fit its hash");
        return false;
    }
    if (gb_publish_is_visible(lane, &found, fx)) {
        return lane->state != GB_LANE_HALTED;
    }
    made = gb_arena_take(&batch->arena, sizeof(*made));
    GB_CHECK(gb_outbox_read(&batch->arena, &lane->config.topics,
                            gb_arena_str(&batch->arena, line), made, &err) == GB_OK);
    refill_message(batch, made);
    return true;
}

static bool refill_chunk(struct gb_lane *lane, struct gb_arena *scratch,
                         const struct gb_outbox_chunk *chunk, struct gb_effects *fx)
{
    size_t from = 0;
    size_t count = 0;

    for (size_t i = 0; i < chunk->body.len; i++) {
        if (chunk->body.ptr[i] != '\n') {
            continue;
        }
        if ((count + 1) * GB_HASH_LEN > chunk->hashes.len) {
            gb_lane_halt(lane, fx, "bad_outbox", "an outbox chunk has more lines than hashes");
            return false;
        }
        if (!refill_line(lane, scratch, (struct gb_str){chunk->body.ptr + from, i - from},
                         chunk->hashes.ptr + count * GB_HASH_LEN, fx)) {
            return false;
        }
        count++;
        from = i + 1;
    }
    return true;
}

bool gb_publish_refill(struct gb_lane *lane, const struct gb_outbox_chunk *chunk,
                       struct gb_effects *fx)
{
    struct gb_arena scratch;
    bool is_good;

    gb_arena_init(&scratch, GB_BATCH_ARENA_MAX);
    is_good = refill_chunk(lane, &scratch, chunk, fx);
    gb_arena_close(&scratch);
    return is_good;
}
