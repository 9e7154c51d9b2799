/* The way of what is written back: numbered by slot, sent to the source's own topic, made again
 * from the outbox, never lost for want of a topic. The core's outputs are planted here: a wrapper
 * of gb_core_step adds them to those of every line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/jsonw.h"
#include "fake_world.h"
#include "lane/batch.h"
#include "lane/halt.h"
#include "lane/limits.h"
#include "lane/outbox.h"
#include "lane/replay.h"
#include "planted.h"

#define RECORDS 90U
#define GRID (GB_TOPIC_WRITEBACK + 0)
#define PARTY (GB_TOPIC_WRITEBACK + 3) /* slots 1 and 2 are free */

static const char *grid_stream = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char *party_stream = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
static uint64_t strange_line = UINT64_MAX; /* the one with an output for a source "court" */

void __wrap_gb_core_step(struct gb_core *core, const struct gb_record *rec, struct gb_step *step)
{
    __real_gb_core_step(core, rec, step);
    plant_two(step, GB_STR("party"), GB_STR("grid"));
    if (step->index == strange_line) {
        plant(step, GB_STR("court"));
    }
}

static void bind(struct gb_topics *topics, uint32_t topic, const char *source, const char *stream)
{
    static struct gb_arena arena;

    gb_arena_init(&arena, (size_t)1 << 16); /* small, and in use until the program ends */
    gb_topics_bind(topics, &arena, topic - GB_TOPIC_WRITEBACK, gb_str_of(source));
    topics->streams[topic] = gb_str_of(stream);
}

static struct gb_topics two_targets(void)
{
    static struct gb_topics topics;

    if (!gb_str_is(topics.words[0])) {
        gb_topics_init(&topics);
        for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
            topics.streams[t] = GB_STR("00112233445566778899aabbccddeeff");
        }
        bind(&topics, GRID, "grid", grid_stream);
        bind(&topics, PARTY, "party", party_stream);
    }
    return topics;
}

static void begin(struct fake_world *w, uint64_t seed, uint32_t batch)
{
    char value[64];

    fake_init(w, seed);
    w->config.topics = two_targets();
    w->config.batch_records_max = batch;
    fake_crash(w); /* a process that knows the slots */
    for (unsigned i = 0; i < RECORDS; i++) {
        (void)snprintf(value, sizeof(value), "{\"no\":\"intake record\",\"i\":%u}", i);
        fake_produce(w, value);
    }
}

static void finish(struct fake_world *w)
{
    if (!fake_run(w, 200000)) {
        fail_msg("%s: %s", w->halt_reason, w->halt_evidence);
    }
}

static const char *header(const struct fake_message *m, const char *name)
{
    for (uint32_t i = 0; i < m->headers_count; i++) {
        if (strcmp(m->headers[i].name, name) == 0) {
            return m->headers[i].value;
        }
    }
    return "";
}

static void check_log(const struct fake_log *log, const char *stream, unsigned first,
                      unsigned every)
{
    for (uint32_t i = 0; i < log->count; i++) {
        char want[64];

        (void)snprintf(want, sizeof(want), "grid/matter/%u", first + every * i);
        assert_string_equal(log->items[i].key, want);
        assert_int_equal(log->items[i].seq, i + 1);
        (void)snprintf(want, sizeof(want), "%u", i + 1);
        assert_string_equal(header(&log->items[i], "gb_seq"), want);
        assert_string_equal(header(&log->items[i], "gb_stream"), stream);
        assert_string_equal(header(&log->items[i], "ce_type"), "gb.writeback.v1");
        assert_string_equal(header(&log->items[i], "gb_change_seq"), "");
    }
}

static bool has_word(const struct fake_world *w, const char *word)
{
    bool has = false;

    for (uint32_t i = 0; i < w->chunks_count; i++) {
        has = has || memmem(w->chunks[i].body, w->chunks[i].body_len, word, strlen(word)) != NULL;
    }
    return has;
}

static void test_two_targets(void **state)
{
    struct fake_world w;

    (void)state;
    begin(&w, 1, 7);
    finish(&w);
    assert_int_equal(w.logs[GRID].count, RECORDS / 3);
    assert_int_equal(w.logs[PARTY].count, RECORDS / 2);
    check_log(&w.logs[GRID], grid_stream, 0, 3);
    check_log(&w.logs[PARTY], party_stream, 1, 2);
    for (int t = GB_TOPIC_WRITEBACK; t < GB_TOPIC_COUNT; t++) {
        assert_true(t == GRID || t == PARTY || w.logs[t].count == 0);
    }
    assert_true(has_word(&w, "\"topic\":\"writeback.party\""));
    assert_true(has_word(&w, "\"topic\":\"writeback.grid\""));
    assert_false(has_word(&w, "\"topic\":\"writeback\""));
    fake_close(&w);
}

/* Lost answers, crashes: what is sent again comes out of the outbox, and is the same. */
static void test_refill(void **state)
{
    const struct fake_rates nasty = {.commit_lost = 80, .commit_failed = 80, .send_lost = 80,
                                     .send_failed = 80, .send_slow = 700,    .init_failed = 100,
                                     .crash = 60};
    struct gb_buf want = {0};
    struct fake_world w;
    uint32_t crashes = 0;
    uint32_t losses = 0;

    (void)state;
    begin(&w, 1, 1000);
    finish(&w);
    fake_visible(&w, &want);
    fake_close(&w);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct gb_buf got = {0};

        begin(&w, seed, 1 + (uint32_t)(seed % 9));
        w.rates = nasty;
        finish(&w);
        fake_visible(&w, &got);
        assert_true(gb_str_eq(gb_buf_str(&want), gb_buf_str(&got)));
        crashes += w.crashes;
        losses += w.losses;
        gb_buf_close(&got);
        fake_close(&w);
    }
    assert_true(crashes > 60 && losses > 60);
    gb_buf_close(&want);
}

/* Another record stands where the party's last write-back was: seen by the read-back of a slot. */
static void test_readback_looks_at_slots(void **state)
{
    struct fake_world w;

    (void)state;
    begin(&w, 1, 7);
    finish(&w);
    w.row.floor_index = 0;
    memset(w.row.floor_seqs, 0, sizeof(w.row.floor_seqs));
    memset(w.row.floor_offsets, 0, sizeof(w.row.floor_offsets));
    w.logs[PARTY].items[4].value[3] ^= 1;
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "output_differs");
    assert_non_null(strstr(w.halt_evidence, "writeback.party gb_seq 5"));
    fake_close(&w);
}

static void let_go_on(struct fake_world *w)
{
    w->is_halted = false;
    w->halt_reason[0] = '\0';
    fake_crash(w);
}

/* No output is lost for want of a topic: nothing of the batch is durable, and it comes later. */
static void test_no_topic_halts(void **state)
{
    struct fake_world w;

    (void)state;
    strange_line = 40;
    begin(&w, 1, 7);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "no_writeback_topic");
    assert_string_equal(w.halt_evidence, "line 40: source court has no write-back topic");
    assert_true(w.row.next_index <= 40);
    assert_false(has_word(&w, "id-40\""));
    let_go_on(&w);
    assert_false(fake_run(&w, 200000)); /* nothing has changed: the same again */
    assert_true(w.row.next_index <= 40);
    bind(&w.config.topics, GB_TOPIC_WRITEBACK + 1, "court", party_stream);
    let_go_on(&w);
    finish(&w);
    strange_line = UINT64_MAX;
    assert_int_equal(w.logs[GB_TOPIC_WRITEBACK + 1].count, 1);
    assert_string_equal(w.logs[GB_TOPIC_WRITEBACK + 1].items[0].key, "grid/matter/40");
    assert_int_equal(w.logs[GRID].count, RECORDS / 3);
    assert_int_equal(w.logs[PARTY].count, RECORDS / 2);
    fake_close(&w);
}

/* A program that was started before the slot was given takes the lane over: it says so, instead of
 * taking the topic for one that lost its tail or the outbox for damaged. */
static void test_older_registry_halts(void **state)
{
    struct fake_world w;
    struct gb_topics known = two_targets();

    (void)state;
    begin(&w, 1, 7);
    finish(&w);
    w.config.topics.words[PARTY] = w.config.topics.streams[PARTY] = GB_STR_NONE;
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "no_writeback_topic");
    assert_non_null(strstr(w.halt_evidence, "slot 3 has gb_seq 45"));
    assert_non_null(strstr(gb_halt_advice(gb_str_of(w.halt_reason)), "topics create"));
    w.config.topics = known;
    let_go_on(&w);
    finish(&w);
    assert_int_equal(w.logs[PARTY].count, RECORDS / 2);
    fake_close(&w);
}

static void test_lines(void **state)
{
    static const struct {
        const char *word;
        enum gb_status status;
        int topic;
    } cases[] = {{"writeback.grid", GB_OK, GRID},
                 {"writeback.party", GB_OK, PARTY},
                 {"visit", GB_OK, GB_TOPIC_VISIT},
                 {"writeback.court", GB_NOT_FOUND, 0},
                 {"writeback.", GB_BAD_RECORD, 0},
                 {"writeback", GB_BAD_RECORD, 0},
                 {"", GB_BAD_RECORD, 0}};
    const struct gb_topics topics = two_targets();
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_str line = gb_arena_printf(
            &arena, "{\"headers\":[[\"ce_id\",\"0:1:0\"]],\"key\":\"k\",\"pos\":\"0:1:0\",\"seq\":5"
                    ",\"topic\":\"%s\",\"value\":{\"a\":1}}", cases[i].word);
        struct gb_message m = {0};
        struct gb_buf again = {0};
        struct gb_err err;

        assert_int_equal(gb_outbox_read(&arena, &topics, line, &m, &err), cases[i].status);
        if (cases[i].status == GB_OK) {
            assert_int_equal(m.topic, cases[i].topic);
            gb_outbox_write(&again, &topics, &m);
            assert_int_equal(again.len, line.len + 1);
            assert_memory_equal(again.bytes, line.ptr, line.len);
        }
        gb_buf_close(&again);
    }
    gb_arena_close(&arena);
}

/* One stored chunk of six lines, replayed by somebody who knows topics. */
static enum gb_status replay(const struct gb_topics *topics,
                             struct gb_replay_difference *difference, struct gb_err *err)
{
    const struct gb_topics all = two_targets();
    struct gb_core *core = gb_core_new(0);
    struct gb_lane_row row = {.alg = GB_SHA256, .digest = gb_core_digest(core)};
    struct gb_batch *batch = gb_batch_new();
    struct gb_merkle tree;
    struct gb_batch_state step = {core, &tree, &row, &all};
    const struct gb_commit *c = &batch->commit;
    struct gb_replay_config config = {.alg = GB_SHA256, .to = 100, .topics = *topics};
    struct gb_replay *again = gb_replay_new(&config);
    struct gb_replay_chunk chunk;
    enum gb_status status;

    gb_merkle_init(&tree, GB_SHA256);
    for (int64_t i = 0; i < 6; i++) {
        gb_batch_add(batch, 0, i, GB_STR("foreign"));
    }
    assert_int_equal(gb_batch_step(batch, &step, NULL), GB_OK);
    chunk = (struct gb_replay_chunk){
        .from_index = 0, .to_index = 6, .core_semantics = GB_CORE_SEMANTICS, .body = c->body,
        .leaves = c->leaves, .root_before = {(const char *)c->root_before.bytes, GB_HASH_LEN},
        .frontier = c->after.frontier,
        .state_digest = {(const char *)c->after.digest.bytes, GB_HASH_LEN}, .texts = c->texts,
        .outbox = c->outbox, .hashes = c->hashes};
    status = gb_replay_chunk(again, &chunk, difference, err);
    gb_replay_free(again);
    gb_batch_free(batch);
    gb_core_free(core);
    return status;
}

static void test_replay(void **state)
{
    struct gb_topics topics = two_targets();
    struct gb_replay_difference d = {0};
    struct gb_err err = {0};

    (void)state;
    assert_int_equal(replay(&topics, &d, &err), GB_OK);
    topics.streams[PARTY] = GB_STR("cccccccccccccccccccccccccccccccc"); /* not what was sent */
    assert_int_equal(replay(&topics, &d, &err), GB_DIFFERS);
    assert_non_null(strstr(d.field, "headers"));
    topics.words[PARTY] = topics.streams[PARTY] = GB_STR_NONE; /* a registry that lacks it */
    assert_int_equal(replay(&topics, &d, &err), GB_NOT_FOUND);
    assert_non_null(strstr(err.text, "source party has no write-back topic"));
    gb_topics_init(&topics); /* nothing is known: the stored outputs tell */
    assert_int_equal(replay(&topics, &d, &err), GB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_targets),    cmocka_unit_test(test_refill),
        cmocka_unit_test(test_no_topic_halts), cmocka_unit_test(test_readback_looks_at_slots),
        cmocka_unit_test(test_lines),          cmocka_unit_test(test_older_registry_halts),
        cmocka_unit_test(test_replay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
