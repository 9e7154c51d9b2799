/* Replay of chunks: identical when nothing was touched, and every kind of change is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/record_json.h"
#include "lane/batch.h"
#include "lane/limits.h"
#include "lane/replay.h"

#define LINES 7

static struct gb_topics topics(void)
{
    static const char *const streams[] = {"aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh",
                                          "ii"};
    struct gb_topics made;

    gb_topics_init(&made);
    for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
        made.streams[t] = gb_str_of(streams[(size_t)t % GB_COUNT(streams)]);
    }
    return made;
}

/* What a lane would have stored for LINES dead records in batches of three. */
struct stored {
    struct gb_batch *batches[LINES];
    struct gb_replay_chunk chunks[LINES];
    char *bodies[LINES], *outboxes[LINES], *hashes[LINES], *digests[LINES]; /* may be changed */
    size_t count;
    struct gb_core *core;
};

static void add_record(struct gb_batch *batch, int64_t n)
{
    struct gb_buf text = {0};
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION,
                            .town = GB_STR(""),
                            .src = {.cluster = GB_STR("c1"), .topic = GB_STR("party"),
                                    .offset = n},
                            .session = GB_STR("s1"),
                            .n = n,
                            .verdict = GB_DEAD,
                            .reason = GB_STR("bad_json"),
                            .detail = GB_STR("expected a value at $"),
                            .source = GB_STR("party_building"),
                            .h_src = GB_STR("00")};

    gb_record_write(&text, &rec);
    gb_batch_add(batch, 0, n, gb_buf_str(&text));
    gb_buf_close(&text);
}

static char *copy(struct gb_str s)
{
    char *bytes = malloc(s.len + 1);

    assert_non_null(bytes);
    memcpy(bytes, s.ptr, s.len);
    bytes[s.len] = '\0';
    return bytes;
}

static void keep_chunk(struct stored *s, struct gb_batch *batch)
{
    const struct gb_commit *c = &batch->commit;
    size_t at = s->count++;

    s->batches[at] = batch;
    s->bodies[at] = copy(c->body);
    s->outboxes[at] = copy(c->outbox);
    s->hashes[at] = copy(c->hashes);
    s->digests[at] = copy((struct gb_str){(const char *)c->after.digest.bytes, GB_HASH_LEN});
    s->chunks[at] = (struct gb_replay_chunk){
        .from_index = c->from_index,
        .to_index = c->to_index,
        .from_offset = c->from_offset,
        .core_semantics = GB_CORE_SEMANTICS,
        .body = {s->bodies[at], c->body.len},
        .leaves = c->leaves,
        .root_before = {(const char *)c->root_before.bytes, GB_HASH_LEN},
        .frontier = c->after.frontier,
        .state_digest = {s->digests[at], GB_HASH_LEN},
        .texts = c->texts,
        .outbox = {s->outboxes[at], c->outbox.len},
        .hashes = {s->hashes[at], c->hashes.len}};
}

static int make(void **state)
{
    struct stored *s = calloc(1, sizeof(*s));
    struct gb_merkle tree;
    struct gb_lane_row row = {.alg = GB_SHA256};
    const struct gb_topics all = topics();

    assert_non_null(s);
    s->core = gb_core_new(0);
    row.digest = gb_core_digest(s->core);
    gb_merkle_init(&tree, GB_SHA256);
    for (int64_t n = 0; n < LINES;) {
        struct gb_batch *batch = gb_batch_new();
        struct gb_batch_state step = {s->core, &tree, &row, &all};

        for (int i = 0; i < 3 && n < LINES; i++) {
            add_record(batch, n++);
        }
        assert_int_equal(gb_batch_step(batch, &step, NULL), GB_OK);
        row = batch->commit.after;
        keep_chunk(s, batch);
    }
    *state = s;
    return 0;
}

static int drop(void **state)
{
    struct stored *s = *state;

    for (size_t i = 0; i < s->count; i++) {
        gb_batch_free(s->batches[i]);
        free(s->bodies[i]);
        free(s->outboxes[i]);
        free(s->hashes[i]);
        free(s->digests[i]);
    }
    gb_core_free(s->core);
    free(s);
    return 0;
}

/* Replays all chunks; the field of the first difference, or "". */
static enum gb_status run(const struct stored *s, uint64_t from, uint64_t to,
                          struct gb_replay_difference *d)
{
    struct gb_replay_config config = {.lane = 0, .alg = GB_SHA256, .from = from, .to = to};
    struct gb_replay *replay;
    enum gb_status status = GB_OK;

    config.topics = topics();
    replay = gb_replay_new(&config);
    memset(d, 0, sizeof(*d));
    for (size_t i = 0; i < s->count && status == GB_OK; i++) {
        struct gb_err err = {0};

        assert_false(gb_str_is(gb_replay_missing_policy(replay, &s->chunks[i])));
        status = gb_replay_chunk(replay, &s->chunks[i], d, &err);
    }
    gb_replay_free(replay);
    return status;
}

static void test_untouched_is_identical(void **state)
{
    struct gb_replay_difference d;
    const struct stored *s = *state;

    assert_true(s->chunks[0].hashes.len > 0);
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_OK);
}

static void test_changed_ledger_byte_is_named(void **state)
{
    struct stored *s = *state;
    struct gb_replay_difference d;
    char *at = strstr(s->bodies[1], "bad_json");

    at[0] = 'B';
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_DIFFERS);
    assert_string_equal(d.field, "leaf");
    assert_int_equal(d.index, 3);
    assert_int_equal(d.ordinal, -1);
}

static void test_changed_output_is_named(void **state)
{
    struct stored *s = *state;
    struct gb_replay_difference d;
    struct gb_buf text = {0};
    char *at = strstr(s->outboxes[2], "\"seq\":");

    at[6] = '9';
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_DIFFERS);
    assert_string_equal(d.field, "seq");
    assert_string_equal(d.stored, "9");
    assert_int_equal(d.index, 6);
    gb_replay_describe(3, &d, &text);
    gb_buf_add_char(&text, '\0');
    assert_non_null(strstr(text.bytes, "lane 3, line 6, output "));
    gb_buf_close(&text);
}

static void test_purged_body_leaves_the_hash(void **state)
{
    struct stored *s = *state;
    struct gb_replay_difference d;

    s->chunks[1].outbox = GB_STR_NONE;
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_OK);
    s->hashes[1][0] = (char)(s->hashes[1][0] ^ 1);
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_DIFFERS);
    assert_string_equal(d.field, "hash");
    assert_int_equal(d.index, 3);
}

static void test_changed_digest_is_named_within_the_span_only(void **state)
{
    struct stored *s = *state;
    struct gb_replay_difference d;

    s->digests[0][5] = (char)(s->digests[0][5] ^ 1);
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_DIFFERS);
    assert_string_equal(d.field, "state_digest");
    assert_int_equal(d.index, 2);
    assert_int_equal(run(s, 3, UINT64_MAX, &d), GB_OK);
}

static void test_a_missing_chunk_is_bad_data(void **state)
{
    struct stored *s = *state;
    struct gb_replay_difference d;

    s->chunks[1] = s->chunks[2];
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_BAD_RECORD);
}

static void test_other_semantics_are_refused(void **state)
{
    struct stored *s = *state;
    struct gb_replay_difference d;

    s->chunks[0].core_semantics = GB_CORE_SEMANTICS + 1;
    assert_int_equal(run(s, 0, UINT64_MAX, &d), GB_BAD_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_untouched_is_identical, make, drop),
        cmocka_unit_test_setup_teardown(test_changed_ledger_byte_is_named, make, drop),
        cmocka_unit_test_setup_teardown(test_changed_output_is_named, make, drop),
        cmocka_unit_test_setup_teardown(test_purged_body_leaves_the_hash, make, drop),
        cmocka_unit_test_setup_teardown(test_changed_digest_is_named_within_the_span_only, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_a_missing_chunk_is_bad_data, make, drop),
        cmocka_unit_test_setup_teardown(test_other_semantics_are_refused, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
