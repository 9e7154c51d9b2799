/* A batch: records in, one commit and a run of messages out. Nothing here depends on where a batch
 * ends but the commit itself. */
#include "lane/batch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "codec/record_json.h"
#include "lane/limits.h"
#include "lane/outbox.h"

struct gb_batch *gb_batch_new(void)
{
    struct gb_batch *batch = calloc(1, sizeof(*batch));

    GB_CHECK(batch != NULL);
    gb_arena_init(&batch->in, GB_BATCH_ARENA_MAX);
    gb_arena_init(&batch->durable, GB_BATCH_ARENA_MAX);
    gb_arena_init(&batch->arena, GB_BATCH_ARENA_MAX);
    return batch;
}

/* What only the step needed. */
static void forget_records(struct gb_batch *batch)
{
    gb_arena_close(&batch->in);
    free(batch->records);
    batch->records = NULL;
    batch->size = 0;
}

void gb_batch_settle(struct gb_batch *batch)
{
    forget_records(batch);
    gb_arena_close(&batch->durable);
    gb_buf_close(&batch->body);
    gb_buf_close(&batch->leaves);
    gb_buf_close(&batch->texts);
    gb_buf_close(&batch->outbox);
    gb_buf_close(&batch->hashes);
    batch->rows = (struct gb_rows){0};
}

void gb_batch_free(struct gb_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    gb_batch_settle(batch);
    gb_arena_close(&batch->arena);
    free(batch->messages);
    free(batch);
}

/* The record that stands for bytes on gb.intake that are no intake record. */
static struct gb_str foreign_line(struct gb_arena *arena, uint32_t lane, int64_t offset,
                                  struct gb_str value)
{
    struct gb_hash hash = gb_hash_of(GB_SHA256, value);
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION,
                            .town = GB_STR(""),
                            .src = {GB_STR("gridbridge"), GB_STR("gb.intake"), (int32_t)lane,
                                    offset, 0, (int64_t)value.len},
                            .session = gb_arena_printf(arena, "foreign-%" PRId64, offset),
                            .verdict = GB_DEAD,
                            .reason = gb_str_of(gb_status_word(GB_BAD_RECORD)),
                            .detail = GB_STR("expected an intake record as line one"),
                            .source = GB_STR("gridbridge"),
                            .h_src = gb_hash_hex(arena, &hash)};
    struct gb_buf text = {0};
    struct gb_str line;

    gb_record_write(&text, &rec);
    line = gb_arena_str(arena, gb_buf_str(&text));
    gb_buf_close(&text);
    return line;
}

static struct gb_str read_value(struct gb_arena *arena, uint32_t lane, int64_t offset,
                                struct gb_str value, struct gb_record *rec)
{
    struct gb_str line;
    struct gb_str texts;
    struct gb_err err;

    gb_record_split(value, &line, &texts);
    line = gb_arena_str(arena, line);
    texts = gb_arena_str(arena, texts);
    if (gb_record_read(arena, line, texts, rec, &err) == GB_OK) {
        return line;
    }
    line = foreign_line(arena, lane, offset, value);
    GB_CHECK(gb_record_read(arena, line, GB_STR_NONE, rec, &err) == GB_OK);
    return line;
}

struct gb_str gb_batch_line(struct gb_arena *arena, uint32_t lane, int64_t offset,
                            struct gb_str value)
{
    struct gb_record rec;

    return read_value(arena, lane, offset, value, &rec);
}

void gb_batch_add(struct gb_batch *batch, uint32_t lane, int64_t offset, struct gb_str value)
{
    struct gb_batch_record *added;

    if (batch->count == batch->size) {
        batch->size = batch->size == 0 ? 64 : batch->size * 2;
        batch->records = realloc(batch->records, batch->size * sizeof(batch->records[0]));
        GB_CHECK(batch->records != NULL);
    }
    added = &batch->records[batch->count++];
    memset(added, 0, sizeof(*added));
    added->offset = offset;
    added->line = read_value(&batch->in, lane, offset, value, &added->record);
    batch->bytes += value.len;
}

bool gb_batch_is_policy(const struct gb_batch *batch)
{
    return batch->records != NULL && batch->count > 0 &&
           batch->records[0].record.kind == GB_KIND_POLICY;
}

static void add_texts(struct gb_batch *batch, uint64_t index, const struct gb_record *rec)
{
    struct gb_jsonw w;

    if (rec->texts_count == 0) {
        return;
    }
    gb_jsonw_init(&w, &batch->texts);
    gb_jsonw_object(&w);
    gb_jsonw_key_int(&w, GB_STR("index"), (int64_t)index);
    gb_jsonw_key(&w, GB_STR("text"));
    gb_jsonw_object(&w);
    for (uint32_t i = 0; i < rec->texts_count; i++) { /* read from line two: sorted by name */
        gb_jsonw_key(&w, rec->texts[i].name);
        gb_jsonw_object(&w);
        gb_jsonw_key_str(&w, GB_STR("salt"), rec->texts[i].salt);
        gb_jsonw_key_str(&w, GB_STR("text"), rec->texts[i].text);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    gb_jsonw_end(&w);
    gb_buf_add_char(&batch->texts, '\n');
}

static void keep_messages(struct gb_batch *batch, const struct gb_topics *topics,
                          const struct gb_message *made, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (batch->messages_count == batch->messages_size) {
            batch->messages_size = batch->messages_size == 0 ? 64 : batch->messages_size * 2;
            batch->messages =
                realloc(batch->messages, batch->messages_size * sizeof(batch->messages[0]));
            GB_CHECK(batch->messages != NULL);
        }
        batch->messages[batch->messages_count++] = &made[i];
        gb_outbox_write(&batch->outbox, topics, &made[i]);
        gb_buf_add(&batch->hashes, made[i].hash.bytes, GB_HASH_LEN);
    }
}

/* What one record after the other uses. */
struct room {
    int64_t *seqs;
    struct gb_output *outputs;
    uint32_t outputs_size;
};

static enum gb_status step_one(struct gb_batch *batch, const struct gb_batch_state *state,
                               uint32_t at, struct room *room, struct gb_err *err)
{
    const struct gb_batch_record *r = &batch->records[at];
    struct gb_step step = {.arena = &batch->arena,
                           .index = state->before->next_index + at,
                           .outputs = room->outputs,
                           .outputs_size = room->outputs_size};
    struct gb_hash leaf = gb_merkle_leaf(state->tree->alg, r->line);
    struct gb_outbox_lane numbering = {.lane = state->before->lane,
                                       .topics = state->topics,
                                       .seqs = room->seqs};
    struct gb_message *made;

    gb_merkle_add(state->tree, &leaf);
    gb_buf_add(&batch->leaves, leaf.bytes, GB_HASH_LEN);
    gb_buf_add_str(&batch->body, r->line);
    gb_buf_add_char(&batch->body, '\n');
    add_texts(batch, step.index, &r->record);
    gb_core_step(state->core, &r->record, &step);
    batch->outcomes[step.outcome]++;
    numbering.clock = gb_core_clock(state->core);
    if (gb_outbox_number(&numbering, &step, &made, err) != GB_OK) {
        return gb_prefix(err, "line %" PRIu64, step.index);
    }
    keep_messages(batch, state->topics, made, step.outputs_count);
    room->outputs = step.outputs;
    room->outputs_size = step.outputs_size;
    return GB_OK;
}

static void make_commit(struct gb_batch *batch, const struct gb_batch_state *state)
{
    const struct gb_batch_record *last = &batch->records[batch->count - 1];
    struct gb_commit *commit = &batch->commit;

    commit->epoch = state->before->epoch;
    commit->from_offset = state->before->next_offset;
    commit->to_offset = last->offset + 1;
    commit->from_index = state->before->next_index;
    commit->to_index = state->before->next_index + batch->count;
    commit->body = gb_buf_str(&batch->body);
    commit->leaves = gb_buf_str(&batch->leaves);
    commit->texts = gb_buf_str(&batch->texts);
    commit->rows = &batch->rows;
    commit->outbox = gb_buf_str(&batch->outbox);
    commit->hashes = gb_buf_str(&batch->hashes);
    commit->after.next_offset = commit->to_offset;
    commit->after.next_index = commit->to_index;
    commit->after.has_last_hash = true;
    commit->after.last_hash = gb_merkle_leaf(state->tree->alg, last->line);
    commit->after.frontier = gb_arena_str(&batch->durable, gb_merkle_frontier(state->tree));
    commit->after.digest = gb_core_digest(state->core);
    commit->after.clock = gb_core_clock(state->core);
}

enum gb_status gb_batch_step(struct gb_batch *batch, const struct gb_batch_state *state,
                             struct gb_err *err)
{
    struct gb_commit *commit = &batch->commit;
    struct room room = {.seqs = commit->after.seqs};

    GB_CHECK(batch->count > 0 && batch->records != NULL && batch->messages_count == 0);
    commit->after = *state->before;
    memcpy(commit->seqs_before, state->before->seqs, sizeof(commit->seqs_before));
    commit->root_before = gb_merkle_root(state->tree);
    for (uint32_t i = 0; i < batch->count; i++) {
        enum gb_status status = step_one(batch, state, i, &room, err);

        if (status != GB_OK) {
            return status;
        }
    }
    gb_core_flush(state->core, &batch->durable, &batch->rows);
    make_commit(batch, state);
    forget_records(batch);
    return GB_OK;
}
