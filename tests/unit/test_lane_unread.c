/* Intake: what it drains before its door may change, leaves unread, does not send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "intake_world.h"

/* Draining: first what an earlier session may have sent is read, then nothing more; drained is only
 * what is ticked, acknowledged and committed. */
static void test_drains(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assert_false(gb_intake_is_drained(w.intake)); /* no assignment: in doubt */
    assign(&w, 8, NULL, 0);                       /* the log ends at 10 */
    gb_intake_drain(w.intake, true);
    assert_true(gb_intake_wants_records(w.intake));
    assert_false(gb_intake_is_drained(w.intake)); /* 8 and 9 may have been sent before */
    give(&w, 8, "{\"bundle\":\"" BUNDLE "\"}");
    assert_true(gb_intake_wants_records(w.intake));
    give(&w, 9, "{\"bundle\":\"" BUNDLE "\"}");
    assert_false(gb_intake_wants_records(w.intake));
    for (uint64_t t = 1; t <= 2 * LANES; t++) {
        assert_false(gb_intake_is_drained(w.intake));
        ack(&w, t, GB_OK, 0);
    }
    assert_false(gb_intake_is_drained(w.intake)); /* no tick has told of it */
    w.now += 1000;
    step(&w, (struct gb_intake_event){.kind = GB_IE_TIMER});
    for (uint64_t t = 2 * LANES + 1; t <= 3 * LANES; t++) {
        assert_false(gb_intake_is_drained(w.intake));
        ack(&w, t, GB_OK, 0);
    }
    assert_non_null(find(&w, GB_IX_COMMIT));
    assert_false(gb_intake_is_drained(w.intake)); /* not committed yet */
    step(&w, (struct gb_intake_event){.kind = GB_IE_COMMITTED});
    assert_true(gb_intake_is_drained(w.intake));
    assert_false(gb_intake_wants_records(w.intake));
    gb_intake_drain(w.intake, false);
    assert_true(gb_intake_wants_records(w.intake));
    step(&w, (struct gb_intake_event){.kind = GB_IE_REVOKED});
    assert_false(gb_intake_is_drained(w.intake));
    assign(&w, 10, NULL, 0); /* all of the log is committed */
    assert_true(gb_intake_is_drained(w.intake));
    end(&w);
}

/* Bytes that nobody can read: once more in a new session, then that stream stops, with what came
 * before it ticked and committed; it does not stop the others. */
static void test_unreadable_bytes(void **state)
{
    const struct gb_intake_event failed = {
        .kind = GB_IE_FAILED,
        .status = GB_BAD_RECORD,
        .failed = {GB_STR("gb.policy.in"), 0, GB_STR("bad compression")}};
    struct world w;

    (void)state;
    begin(&w);
    assign(&w, 8, NULL, 0);
    step(&w, failed);
    assert_non_null(find(&w, GB_IX_RESTART));
    assert_null(find(&w, GB_IX_HALT));
    assign(&w, 8, NULL, 0);
    give(&w, 8, "{\"bundle\":\"" BUNDLE "\"}"); /* it came further: not the same place */
    step(&w, failed);
    assert_non_null(find(&w, GB_IX_RESTART));
    assign(&w, 8, NULL, 0);
    give(&w, 8, "{\"bundle\":\"" BUNDLE "\"}");
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
    step(&w, failed);
    assert_null(find(&w, GB_IX_RESTART));
    assert_non_null(strstr(find(&w, GB_IX_HALT)->text.ptr, "offset 9 or behind it cannot be read"));
    give(&w, 10, "{\"bundle\":\"" BUNDLE "\"}"); /* what the client passes over is not taken */
    assert_int_equal(w.effects.count, 0);
    w.now += 1000;
    step(&w, (struct gb_intake_event){.kind = GB_IE_TIMER});
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES); /* ticks tell of what was sent */
    for (uint64_t t = 1; t <= 60 && find(&w, GB_IX_COMMIT) == NULL; t++) {
        ack(&w, t, GB_OK, 0);
    }
    assert_non_null(find(&w, GB_IX_COMMIT));
    assert_int_equal(find(&w, GB_IX_COMMIT)->streams.items[0].offset, 9);
    end(&w);
}

/* A record that Kafka would refuse goes out as a dead one. */
static void test_too_large_to_send(void **state)
{
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION,
                            .town = GB_STR(""),
                            .src = {GB_STR("c1"), GB_STR("t"), 0, 7, 0, 9000000},
                            .texts_count = 1};
    struct gb_intake_effects fx = {0};
    struct gb_record read;
    struct gb_arena arena;
    struct gb_str one, two;
    struct world w;
    char *text;

    (void)state;
    begin(&w);
    assign(&w, 8, NULL, 0);
    gb_arena_init(&arena, (size_t)64 << 20);
    text = gb_arena_take(&arena, 9000000);
    memset(text, 'x', 9000000);
    rec.texts[0] = (struct gb_text){.name = GB_STR("title"),
                                    .text = {text, 9000000},
                                    .salt = GB_STR("AAAAAAAAAAAAAAAAAAAAAA=="),
                                    .commitment = GB_STR("x")};
    gb_intake_send(w.intake, 0, &rec, &fx);
    assert_int_equal(fx.count, 1);
    assert_true(fx.items[0].produce.value.len < 1000);
    gb_record_split(fx.items[0].produce.value, &one, &two);
    assert_int_equal(gb_record_read(&arena, one, two, &read, NULL), GB_OK);
    assert_int_equal(read.verdict, GB_DEAD);
    assert_true(gb_str_eq(read.reason, GB_STR("too_large")));
    assert_int_equal(read.src.offset, 7);
    gb_intake_effects_close(&fx);
    gb_arena_close(&arena);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_drains),
                                       cmocka_unit_test(test_unreadable_bytes),
                                       cmocka_unit_test(test_too_large_to_send)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
