/* A chunk becomes a batch again and is stepped by the lane's own code (gb_batch_step), so that the
 * numbering and the bytes of outputs cannot drift from what a lane does. */
#include "lane/replay.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/json.h"
#include "codec/policy_load.h"
#include "codec/record_json.h"
#include "lane/batch.h"
#include "lane/limits.h"
#include "lane/outbox.h"
#include "lane/replay_compare.h"
#include "lane/replay_rows.h"

struct bundle {
    struct bundle *next;
    struct gb_arena arena;
    const struct gb_policy *policy;
};

struct gb_replay {
    struct gb_replay_config config;
    struct gb_arena names;
    struct gb_core *core;
    struct gb_merkle tree;
    struct gb_lane_row row;  /* before the next chunk */
    struct gb_arena scratch; /* of one question */
    struct gb_batch *last;   /* its frontier is borrowed by row */
    struct bundle *bundles;
    struct gb_replay_rows rows; /* what the core may have forgotten */
    struct gb_replay_counts counts;
};

struct gb_replay *gb_replay_new(const struct gb_replay_config *config)
{
    struct gb_replay *replay = calloc(1, sizeof(*replay));

    GB_CHECK(replay != NULL);
    replay->config = *config;
    gb_arena_init(&replay->names, (size_t)1 << 20);
    gb_arena_init(&replay->scratch, GB_BATCH_ARENA_MAX);
    gb_topics_copy(&replay->config.topics, &config->topics, &replay->names);
    replay->core = gb_core_new(config->lane);
    gb_merkle_init(&replay->tree, config->alg);
    replay->row.lane = config->lane;
    replay->row.alg = config->alg;
    replay->row.digest = gb_core_digest(replay->core);
    return replay;
}

void gb_replay_free(struct gb_replay *replay)
{
    if (replay == NULL) {
        return;
    }
    gb_core_free(replay->core);
    gb_replay_rows_close(&replay->rows);
    gb_batch_free(replay->last);
    while (replay->bundles != NULL) {
        struct bundle *bundle = replay->bundles;

        replay->bundles = bundle->next;
        gb_arena_close(&bundle->arena);
        free(bundle);
    }
    gb_arena_close(&replay->scratch);
    gb_arena_close(&replay->names);
    free(replay);
}

static bool has_bundle(const struct gb_replay *replay, struct gb_str hash)
{
    for (const struct bundle *b = replay->bundles; b != NULL; b = b->next) {
        if (gb_str_eq(b->policy->hash, hash)) {
            return true;
        }
    }
    return false;
}

struct gb_str gb_replay_missing_policy(struct gb_replay *replay,
                                       const struct gb_replay_chunk *chunk)
{
    struct gb_str rest = chunk->body;
    struct gb_str line;

    gb_arena_reset(&replay->scratch);
    while (gb_replay_take_line(&rest, &line)) {
        struct gb_record rec;
        struct gb_str hash;

        /* Cheap test first: an activation is one line in thousands. */
        if (memmem(line.ptr, line.len, "\"kind\":\"policy\"", 15) == NULL ||
            gb_record_read(&replay->scratch, line, GB_STR_NONE, &rec, NULL) != GB_OK ||
            rec.kind != GB_KIND_POLICY || rec.verdict != GB_ACCEPTED) {
            continue;
        }
        hash = gb_value_str(&rec.fields, GB_STR("bundle"));
        if (gb_str_is(hash) && !has_bundle(replay, hash)) {
            return hash;
        }
    }
    return GB_STR_NONE;
}

enum gb_status gb_replay_offer_policy(struct gb_replay *replay, const struct gb_files *files,
                                      struct gb_mistakes *mistakes)
{
    struct bundle *bundle = calloc(1, sizeof(*bundle));

    GB_CHECK(bundle != NULL);
    gb_arena_init(&bundle->arena, GB_BATCH_ARENA_MAX);
    bundle->policy = gb_policy_load(&bundle->arena, files, mistakes);
    if (bundle->policy == NULL) {
        gb_arena_close(&bundle->arena);
        free(bundle);
        return GB_BAD_POLICY;
    }
    bundle->next = replay->bundles;
    replay->bundles = bundle;
    gb_core_offer_policy(replay->core, bundle->policy);
    return GB_OK;
}

/* Lines of the chunk as values of gb.intake: line one, and line two where its text is kept. */
static enum gb_status fill_batch(const struct gb_replay *replay,
                                 const struct gb_replay_chunk *chunk, struct gb_batch *batch,
                                 struct gb_err *err)
{
    struct gb_str rest = chunk->body;
    struct gb_str texts = chunk->texts;
    struct gb_str line;
    struct gb_buf value = {0};
    uint64_t index = chunk->from_index;

    for (; gb_replay_take_line(&rest, &line); index++) {
        struct gb_str text = gb_replay_text_of(&texts, index);

        gb_buf_clear(&value);
        gb_buf_add_str(&value, line);
        if (gb_str_is(text)) {
            gb_buf_add_char(&value, '\n');
            gb_buf_add_str(&value, text);
        }
        gb_batch_add(batch, replay->config.lane,
                     chunk->from_offset + (int64_t)(index - chunk->from_index), gb_buf_str(&value));
    }
    gb_buf_close(&value);
    if (index != chunk->to_index) {
        return gb_fail(err, GB_BAD_RECORD,
                       "chunk at line %" PRIu64 ": its body has %" PRIu64 " lines, not %" PRIu64,
                       chunk->from_index, index - chunk->from_index,
                       chunk->to_index - chunk->from_index);
    }
    return GB_OK;
}

static enum gb_status check_chunk(const struct gb_replay *replay,
                                  const struct gb_replay_chunk *chunk, struct gb_err *err)
{
    if (chunk->from_index != replay->row.next_index || chunk->to_index <= chunk->from_index) {
        return gb_fail(err, GB_BAD_RECORD,
                       "chunk of lines %" PRIu64 " to %" PRIu64 " stands where line %" PRIu64
                       " was due",
                       chunk->from_index, chunk->to_index, replay->row.next_index);
    }
    if (chunk->core_semantics != GB_CORE_SEMANTICS) {
        return gb_fail(err, GB_BAD_RECORD,
                       "chunk at line %" PRIu64 " was made by core semantics %" PRId32
                       ", this program has %d",
                       chunk->from_index, chunk->core_semantics, GB_CORE_SEMANTICS);
    }
    return GB_OK;
}

/* An output for a source that the caller gave no slot: it gets the next free one, which is as good
 * as another, since only the order within a topic counts. */
static void learn_slot(struct gb_replay *replay, struct gb_str line)
{
    struct gb_topics *topics = &replay->config.topics;
    struct gb_value value;
    struct gb_str source;
    uint32_t slot = 0;

    if (gb_json_parse(&replay->scratch, line, &value, NULL) != GB_OK) {
        return;
    }
    source = gb_topics_source_of(gb_value_str(&value, GB_STR("topic")));
    while (slot < GB_WRITEBACK_TOPICS && gb_str_is(topics->words[GB_TOPIC_WRITEBACK + slot])) {
        slot++;
    }
    if (gb_str_is(source) && slot < GB_WRITEBACK_TOPICS) {
        gb_topics_bind(topics, &replay->names, slot, source);
    }
}

static bool knows_streams(const struct gb_topics *topics)
{
    bool is_known = true;

    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        is_known = is_known && (gb_str_is(topics->streams[t]) || !gb_str_is(topics->words[t]));
    }
    return is_known;
}

/* Streams that the caller did not know stand in the stored outputs themselves. */
static void learn_streams(struct gb_replay *replay, const struct gb_replay_chunk *chunk)
{
    struct gb_topics *topics = &replay->config.topics;
    struct gb_str rest = chunk->outbox;
    struct gb_str line;
    bool is_known = knows_streams(topics);

    while (!is_known && gb_replay_take_line(&rest, &line)) {
        struct gb_message m;
        enum gb_status status;

        gb_arena_reset(&replay->scratch);
        status = gb_outbox_read(&replay->scratch, topics, line, &m, NULL);
        if (status == GB_NOT_FOUND) {
            learn_slot(replay, line);
            status = gb_outbox_read(&replay->scratch, topics, line, &m, NULL);
        }
        if (status == GB_OK && !gb_str_is(topics->streams[m.topic])) {
            topics->streams[m.topic] =
                gb_arena_str(&replay->names, gb_replay_header(&m, GB_STR("gb_stream")));
        }
    }
}

static enum gb_status fetch(struct gb_replay *replay, const struct gb_batch *batch,
                            struct gb_err *err)
{
    struct gb_wants wants = {.arena = &replay->scratch};

    gb_arena_reset(&replay->scratch);
    for (uint32_t i = 0; i < batch->count; i++) {
        gb_core_wants(replay->core, &batch->records[i].record, &wants);
    }
    return gb_replay_rows_fetch(&replay->rows, &wants, replay->core, err);
}

/* Takes the batch. */
static enum gb_status step(struct gb_replay *replay, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_topics topics = replay->config.topics;
    struct gb_batch_state state = {.core = replay->core,
                                   .tree = &replay->tree,
                                   .before = &replay->row,
                                   .topics = &topics};
    enum gb_status status;

    for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
        topics.streams[t] = gb_str_is(topics.streams[t]) ? topics.streams[t] : GB_STR("");
    }
    status = gb_batch_step(batch, &state, err);
    if (status != GB_OK) {
        gb_batch_free(batch);
        return status;
    }
    replay->row = batch->commit.after;
    gb_replay_rows_keep(&replay->rows, &batch->rows);
    gb_batch_free(replay->last);
    replay->last = batch;
    return GB_OK;
}

enum gb_status gb_replay_chunk(struct gb_replay *replay, const struct gb_replay_chunk *chunk,
                               struct gb_replay_difference *difference, struct gb_err *err)
{
    struct gb_replay_span span = {.from = replay->config.from, .to = replay->config.to};
    struct gb_batch *batch;
    enum gb_status status = check_chunk(replay, chunk, err);

    if (status != GB_OK) {
        return status;
    }
    batch = gb_batch_new();
    status = fill_batch(replay, chunk, batch, err);
    if (status == GB_OK) {
        status = fetch(replay, batch, err);
    }
    if (status != GB_OK) {
        gb_batch_free(batch);
        return status;
    }
    learn_streams(replay, chunk);
    status = step(replay, batch, err);
    if (status != GB_OK) {
        return status;
    }
    replay->counts.chunks++;
    replay->counts.lines += batch->count;
    replay->counts.outputs += batch->messages_count;
    if (chunk->to_index <= span.from || chunk->from_index >= span.to) {
        return GB_OK;
    }
    replay->counts.bodies_purged += gb_str_is(chunk->outbox) ? 0 : 1;
    if (!gb_replay_compare(chunk, &batch->commit, &span, difference)) {
        return GB_DIFFERS;
    }
    replay->counts.outputs_compared += span.compared;
    return GB_OK;
}

/* A record of nobody's: a writer and a stream of its own. */
static void step_own(struct gb_replay *replay, struct gb_record *rec, struct gb_str json, int64_t n,
                     struct gb_step *step)
{
    GB_CHECK(gb_json_parse(&replay->scratch, json, &rec->fields, NULL) == GB_OK);
    rec->town = GB_STR("");
    rec->src = (struct gb_coord){GB_STR("what-if"), GB_STR("what-if"), 0, n, 0, 0};
    rec->session = GB_STR("what-if");
    rec->n = n;
    step->index = replay->row.next_index + (uint64_t)n;
    gb_core_step(replay->core, rec, step);
}

uint32_t gb_replay_what_if(struct gb_replay *replay, const struct gb_policy *policy,
                           struct gb_step *step)
{
    struct gb_record activation = {.kind = GB_KIND_POLICY};
    struct gb_record redecide = {.kind = GB_KIND_DECISION, .source = GB_STR("decision"),
                                 .entity = GB_STR("decision"), .key = GB_STR("what-if")};
    struct gb_record confirm = redecide;
    uint32_t open = gb_core_open_matters(replay->core);

    gb_arena_reset(&replay->scratch);
    gb_core_offer_policy(replay->core, policy);
    step_own(replay, &activation,
             GB_JOIN(&replay->scratch, GB_STR("{\"bundle\":\""), policy->hash, GB_STR("\"}")), 0,
             step);
    step_own(replay, &redecide,
             GB_STR("{\"actor\":{\"post\":\"what-if\"},\"kind\":\"redecide\"}"), 1, step);
    if (gb_policy_needs_two(policy, GB_DECISION_REDECIDE)) {
        confirm.key = GB_STR("what-if-confirm");
        step_own(replay, &confirm,
                 GB_STR("{\"actor\":{\"post\":\"what-if-2\"},\"decision\":\"what-if\","
                        "\"kind\":\"confirm\"}"),
                 2, step);
    }
    return open;
}

void gb_replay_count(const struct gb_replay *replay, struct gb_replay_counts *counts)
{
    *counts = replay->counts;
}

void gb_replay_describe(uint32_t lane, const struct gb_replay_difference *difference,
                        struct gb_buf *out)
{
    gb_buf_printf(out, "lane %" PRIu32 ", line %" PRIu64, lane, difference->index);
    if (difference->ordinal >= 0) {
        gb_buf_printf(out, ", output %" PRId64, difference->ordinal);
    }
    gb_buf_printf(out, ", %s: stored %s, computed %s", difference->field, difference->stored,
                  difference->computed);
}
