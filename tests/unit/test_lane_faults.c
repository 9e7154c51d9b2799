/* The lane under lost answers, failures and crashes: the same bytes come out as undisturbed.
 *
 * The records are foreign bytes (each becomes a dead record with an output), so that every output
 * path of the protocol is walked without a policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
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
        cmocka_unit_test(test_regrown_tail),
        cmocka_unit_test(test_fence),            cmocka_unit_test(test_reading_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
