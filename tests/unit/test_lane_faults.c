/* The lane under lost answers, failures and crashes: the same bytes come out as undisturbed.
 *
 * The records are foreign bytes (each becomes a dead record with an output), so that every output
 * path of the protocol is walked without a policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "codec/record_json.h"
#include "fake_world.h"

#define RECORDS 120U

static void produce_all(struct fake_world *w)
{
    char value[256];

    for (unsigned i = 0; i < RECORDS; i++) {
        (void)snprintf(value, sizeof(value), "{\"not\":\"an intake record\",\"i\":%u}", i);
        fake_produce(w, value);
    }
}

/* The visible output and the ledger of one run. */
static void run(uint64_t seed, struct fake_rates rates, uint32_t batch, struct gb_buf *out)
{
    struct fake_world w;

    fake_init(&w, seed);
    w.rates = rates;
    w.config.batch_records_max = batch;
    fake_crash(&w);
    produce_all(&w);
    if (!fake_run(&w, 200000)) {
        fail_msg("seed %llu: %s %s", (unsigned long long)seed, w.halt_reason, w.halt_evidence);
    }
    fake_visible(&w, out);
    gb_buf_add_str(out, gb_buf_str(&w.ledger));
    fake_close(&w);
}

static void assert_same(const struct gb_buf *a, const struct gb_buf *b)
{
    assert_true(gb_str_eq(gb_buf_str(a), gb_buf_str(b)));
}

static void test_batch_sizes(void **state)
{
    struct gb_buf want = {0};
    const uint32_t sizes[] = {1, 7, 1000};

    (void)state;
    run(1, (struct fake_rates){0}, 1000, &want);
    assert_true(want.len > 1000);
    for (size_t i = 0; i < 3; i++) {
        struct gb_buf got = {0};

        run(1, (struct fake_rates){0}, sizes[i], &got);
        assert_same(&want, &got);
        gb_buf_close(&got);
    }
    gb_buf_close(&want);
}

static void test_faults(void **state)
{
    struct fake_rates nasty = {.commit_lost = 80,
                               .commit_failed = 80,
                               .send_lost = 80,
                               .send_failed = 80,
                               .send_slow = 700,
                               .init_failed = 100,
                               .crash = 60};
    struct gb_buf want = {0};

    (void)state;
    run(1, (struct fake_rates){0}, 1000, &want);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct gb_buf got = {0};

        run(seed, nasty, 1 + (uint32_t)(seed % 9), &got);
        assert_same(&want, &got);
        gb_buf_close(&got);
    }
    gb_buf_close(&want);
}

/* Kafka holds other bytes than the outbox: halted, with evidence, nothing sent behind it. */
static void test_differing_output(void **state)
{
    struct fake_world w;

    (void)state;
    fake_init(&w, 3);
    produce_all(&w);
    assert_true(fake_run(&w, 200000));
    w.row.floor_index = 0;
    memset(w.row.floor_seqs, 0, sizeof(w.row.floor_seqs));
    memset(w.row.floor_offsets, 0, sizeof(w.row.floor_offsets));
    w.logs[GB_TOPIC_DEADLETTER].items[5].value[1] ^= 1;
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "output_differs");
    fake_close(&w);
}

/* A tail was lost and the partition grew again: the floor's record is another one. */
static void test_regrown_tail(void **state)
{
    struct fake_world w;
    struct fake_log *log = &w.logs[GB_TOPIC_DEADLETTER];
    struct fake_message last;

    (void)state;
    fake_init(&w, 3);
    produce_all(&w);
    assert_true(fake_run(&w, 200000));
    w.row.floor_index = w.row.next_index;
    memcpy(w.row.floor_seqs, w.row.seqs, sizeof(w.row.floor_seqs));
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        w.row.floor_offsets[t] = w.logs[t].count;
    }
    fake_crash(&w);
    assert_true(fake_run(&w, 200000)); /* as it was, it goes on */
    assert_true(log->count > 1);
    last = log->items[log->count - 1];
    log->items[log->count - 1] = log->items[log->count - 2];
    log->items[log->count - 2] = last;
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "lost_tail");
    fake_close(&w);
}

static void free_message(struct fake_message *m)
{
    free(m->key);
    free(m->value);
    for (uint32_t h = 0; h < m->headers_count; h++) {
        free(m->headers[h].name);
        free(m->headers[h].value);
    }
}

/* Kafka lost the outputs' tail: halted; after `republish` (the floor is none) what was lost is made
 * visible again from the outbox, the same bytes. A log that begins in the middle although nothing
 * was taken from its front is no log of this lane. */
static void test_republish(void **state)
{
    struct gb_buf want = {0};
    struct gb_buf got = {0};
    struct fake_world w;
    struct fake_log *log = &w.logs[GB_TOPIC_DEADLETTER];

    (void)state;
    fake_init(&w, 3);
    produce_all(&w);
    assert_true(fake_run(&w, 200000));
    fake_visible(&w, &want);
    w.row.floor_index = w.row.next_index;
    memcpy(w.row.floor_seqs, w.row.seqs, sizeof(w.row.floor_seqs));
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        w.row.floor_offsets[t] = w.logs[t].count;
    }
    while (log->count > RECORDS - 20) {
        free_message(&log->items[--log->count]);
    }
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "lost_tail");
    w.is_halted = false;
    w.halt_reason[0] = '\0';
    w.row.floor_index = 0;
    memset(w.row.floor_seqs, 0, sizeof(w.row.floor_seqs));
    memset(w.row.floor_offsets, 0, sizeof(w.row.floor_offsets));
    fake_crash(&w);
    assert_true(fake_run(&w, 200000));
    fake_visible(&w, &got);
    assert_same(&want, &got);
    free_message(&log->items[0]);
    memmove(log->items, log->items + 1, --log->count * sizeof(log->items[0]));
    w.row.floor_index = 0;
    memset(w.row.floor_seqs, 0, sizeof(w.row.floor_seqs));
    memset(w.row.floor_offsets, 0, sizeof(w.row.floor_offsets));
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "output_gap");
    fake_close(&w);
    gb_buf_close(&want);
    gb_buf_close(&got);
}

/* gb.intake was created again: the record before next_offset is another one. */
static void test_start_check(void **state)
{
    struct fake_world w;

    (void)state;
    fake_init(&w, 4);
    produce_all(&w);
    assert_true(fake_run(&w, 200000));
    w.intake[RECORDS - 1][3] ^= 1;
    fake_crash(&w);
    assert_false(fake_run(&w, 200000));
    assert_string_equal(w.halt_reason, "start_check");
    fake_close(&w);
}

/* PostgreSQL was restored from an older copy, Kafka is ahead: what is made again is compared with
 * what is visible, after a second start in the middle of it too; and where Kafka loses its tail
 * just then (is_cut), what was made again already is sent again. */
static void restored(bool is_damaged, bool is_cut)
{
    struct fake_world old, w;
    struct fake_log logs[GB_TOPIC_COUNT];
    uint64_t index;

    fake_init(&w, 9);
    produce_all(&w);
    assert_true(fake_run(&w, 200000));
    fake_init(&old, 9);
    old.config.batch_records_max = 1;
    produce_all(&old);
    old.intake_count = RECORDS / 2;
    assert_true(fake_run(&old, 200000));
    old.intake_count = RECORDS;
    memcpy(logs, old.logs, sizeof(logs));
    memcpy(old.logs, w.logs, sizeof(logs));
    memcpy(w.logs, logs, sizeof(logs));
    fake_close(&w);
    index = old.row.next_index;
    fake_crash(&old);
    for (int i = 0; i < 10000 && old.row.next_index < index + 10; i++) {
        (void)fake_run(&old, 1);
    }
    assert_true(old.row.next_index < RECORDS && old.row.floor_index <= index);
    old.logs[GB_TOPIC_DEADLETTER].items[RECORDS - 5].value[1] ^= is_damaged;
    while (is_cut && old.logs[GB_TOPIC_DEADLETTER].count > index + 5) {
        struct fake_log *log = &old.logs[GB_TOPIC_DEADLETTER];

        free_message(&log->items[--log->count]);
    }
    fake_crash(&old);
    assert_int_equal(fake_run(&old, 200000), !is_damaged);
    assert_string_equal(old.halt_reason, is_damaged ? "output_differs" : "");
    assert_int_equal(old.logs[GB_TOPIC_DEADLETTER].count, RECORDS);
    fake_close(&old);
}

static void test_restored_database(void **state)
{
    (void)state;
    restored(false, false);
    restored(true, false);
    restored(false, true);
}

/* A batch waits for a bundle that PostgreSQL does not hold, and a send fails meanwhile: what is
 * durable becomes visible all the same, and the lane goes on asking for the bundle. */
static void test_publishes_while_it_waits(void **state)
{
    struct gb_member bundle = {GB_STR("bundle"),
                               {.type = GB_STRING,
                                .text = GB_STR("00112233445566778899aabbccddeeff"
                                               "00112233445566778899aabbccddeeff")}};
    struct gb_record rec = {.kind = GB_KIND_POLICY,
                            .town = GB_STR(""),
                            .src = {.cluster = GB_STR("c1"), .topic = GB_STR("gb.policy.in")},
                            .session = GB_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                            .verdict = GB_ACCEPTED,
                            .fields = {.type = GB_OBJECT, .count = 1, .members = &bundle}};

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct gb_buf line = {0};
        struct fake_world w;
        uint32_t asked;

        fake_init(&w, seed);
        w.rates = (struct fake_rates){.send_failed = 500, .send_slow = 700, .outbox_slow = 900};
        produce_all(&w);
        gb_record_write(&line, &rec);
        gb_buf_add_char(&line, '\0');
        fake_produce(&w, line.bytes);
        assert_false(fake_run(&w, 3000));
        assert_string_equal(w.halt_reason, "");
        assert_int_equal(w.logs[GB_TOPIC_DEADLETTER].count, RECORDS);
        asked = w.asked_policy;
        assert_false(fake_run(&w, 3000));
        assert_true(w.asked_policy > asked);
        fake_close(&w);
        gb_buf_close(&line);
    }
}

/* Somebody else claims before each of the lane's requests is answered. */
static size_t zombie_ledger(bool drop_fence)
{
    struct fake_world w;
    size_t len;

    fake_init(&w, 5);
    w.drop_fence = drop_fence;
    produce_all(&w);
    for (int i = 0; i < 300 && w.ledger.len == 0; i++) {
        (void)fake_run(&w, 1);
        w.row.epoch++;
    }
    len = w.ledger.len;
    fake_close(&w);
    return len;
}

/* A fenced commit stores nothing; without the fence (negative control) it does. */
static void test_fence(void **state)
{
    (void)state;
    assert_int_equal(zombie_ledger(false), 0);
    assert_true(zombie_ledger(true) > 0);
}

/* Reading fails while the lane runs: what the client overcomes changes nothing; lost records and
 * damaged bytes make the lane claim again, after which the check at the start looks. */
static void test_reading_fails(void **state)
{
    static const struct {
        enum gb_status status;
        enum gb_lane_state after;
    } cases[] = {{GB_AWAY, GB_LANE_RUNNING},
                 {GB_NOT_FOUND, GB_LANE_IDLE},
                 {GB_BAD_RECORD, GB_LANE_IDLE},
                 {GB_BUG, GB_LANE_IDLE}};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct fake_world w;
        struct gb_lane_view view;
        struct gb_event event = {.kind = GB_EV_CONSUMING, .status = cases[i].status};

        fake_init(&w, 6 + i);
        produce_all(&w);
        assert_true(fake_run(&w, 200000));
        event.ticket = w.consume_ticket;
        event.now = w.now;
        w.effects.count = 0;
        gb_lane_step(w.lane, &event, &w.effects);
        gb_lane_look(w.lane, &view);
        assert_int_equal(view.state, cases[i].after);
        assert_int_equal(w.effects.count > 0, cases[i].after == GB_LANE_IDLE);
        fake_crash(&w);
        assert_true(fake_run(&w, 200000));
        fake_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_sizes),      cmocka_unit_test(test_faults),
        cmocka_unit_test(test_differing_output), cmocka_unit_test(test_start_check),
        cmocka_unit_test(test_regrown_tail),     cmocka_unit_test(test_restored_database),
        cmocka_unit_test(test_publishes_while_it_waits), cmocka_unit_test(test_republish),
        cmocka_unit_test(test_fence),            cmocka_unit_test(test_reading_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
