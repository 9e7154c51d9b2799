/* Limits: counted, told, extended, fallen due by ticks in their order, whatever the batches and
 * restarts; what a first load misses; leads that pass on with time. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_times.h"

/* One matter of grid's, accepted by nobody. */
static void one(struct gb_cf_script *s)
{
    ct_begin(s, ct_policy());
    ct_put(s, "grid", "7", "0");
}

static void limits_count_from_the_elder_report(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    one(&s); /* reported at T0; the lane's clock says T0 + 1 h 30 min */
    gb_cf_tick(&s, T0 + HOUR + HOUR / 2);
    ct_put_at(&s, "party/1", "0", T0 + 3 * HOUR, NULL); /* another matter */
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "\"due\":{\"accept_at\":1700003600000,"
                                      "\"hand_over_at\":1700213400000,"
                                      "\"handle_at\":1700014400000,\"remind_at\":1700007200000,"
                                      "\"rule\":\"L1\",\"supervise_at\":1700018000000}"), 3);
    assert_int_equal(gb_cf_count(run, "\"accept_at\":1700014400000"), 2);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void what_falls_due_is_told_once(void **state)
{
    static const struct {
        int64_t after;
        uint32_t reminded, overdue, supervised;
    } steps[] = {{HOUR - 1, 0, 0, 0},     {HOUR, 1, 0, 0},         {HOUR + 1, 1, 0, 0},
                 {2 * HOUR, 2, 0, 0},     {4 * HOUR - 1, 2, 0, 0}, {4 * HOUR, 2, 1, 0},
                 {5 * HOUR - 1, 2, 1, 0}, {5 * HOUR, 2, 1, 1},     {50 * HOUR, 2, 1, 1}};
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    one(&s);
    for (size_t i = 0; i < GB_COUNT(steps); i++) {
        gb_cf_tick(&s, T0 + steps[i].after);
        run = ct_play(&s);
        assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), steps[i].reminded);
        assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), steps[i].overdue);
        assert_int_equal(gb_cf_count(run, "gb.change.matter.supervised.v1"), steps[i].supervised);
        gb_cf_end(run);
    }
    ct_put(&s, "grid", "7", "1");
    gb_cf_tick(&s, T0 + 51 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "\"urged\":2"), 4); /* told, supervised (2), closed */
    assert_int_equal(gb_cf_count(run, "\"rule\":\"done\",\"settled_at\":"), 1);
    assert_int_equal(gb_cf_count(run, "\"evidence\":{\"at\":1700007200000,\"limit\":\"remind\"}"),
                     1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void what_is_accepted_or_done_in_time_is_not_told(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    one(&s);
    ct_put(&s, "grid", "7", "4"); /* accepted */
    gb_cf_tick(&s, T0 + HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 0);
    gb_cf_end(run);
    gb_cf_tick(&s, T0 + 2 * HOUR);
    ct_put(&s, "grid", "7", "3"); /* handled */
    gb_cf_tick(&s, T0 + 90 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 1);
    assert_int_equal(gb_cf_count(run, "\"kind\":\"overdue\""), 0);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.supervised.v1"), 0);
    gb_cf_end(run);
    ct_put(&s, "grid", "7", "4"); /* taken up again, its time is over */
    gb_cf_tick(&s, T0 + 91 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* The times at which things fell due, in the order in which they were told. */
static uint32_t times_of(const struct gb_cf_run *run, int64_t *times, uint32_t size)
{
    static const char word[] = "\"evidence\":{\"at\":";
    struct gb_str text = gb_buf_str(&run->outputs);
    const char *at = text.ptr;
    uint32_t count = 0;

    while (count < size && (at = strstr(at, word)) != NULL) {
        at += sizeof(word) - 1;
        times[count] = 0;
        while (*at >= '0' && *at <= '9') {
            times[count] = times[count] * 10 + (*at++ - '0');
        }
        count++;
    }
    return count;
}

static void a_lane_that_was_down_catches_up_in_order(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    int64_t times[64];
    uint32_t count;

    (void)state;
    ct_begin(&s, ct_policy());
    for (int i = 0; i < 9; i++) { /* not in the order of their times */
        ct_put_at(&s, gb_arena_printf(&s.arena, "grid/m%d", i).ptr, "0",
                  T0 + (i * 7 % 9) * HOUR / 3, NULL);
    }
    gb_cf_tick(&s, T0 + 30 * HOUR);
    run = ct_play(&s);
    count = times_of(run, times, GB_COUNT(times));
    assert_int_equal(count, 27); /* accept, remind, supervise; overdue has bodies as evidence */
    for (uint32_t i = 1; i < count; i++) {
        assert_true(times[i - 1] <= times[i]);
    }
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 9);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void an_extension_moves_the_limit_and_keeps_history(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *matter;

    (void)state;
    one(&s);
    gb_cf_tick(&s, T0 + 4 * HOUR);
    matter = gb_cf_matter_of(&s, "grid/matter/7");
    ct_decide(&s, "e1", "\"kind\":\"extend\",\"matter\":\"%s\",\"until\":%" PRId64, matter,
              T0 + 10 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "\"rule\":\"later_limit\""), 2); /* change and state */
    assert_int_equal(gb_cf_count(run, "\"extended_until\":1700036000000,\"extensions\":1,"
                                      "\"hand_over_at\":1700213400000,"
                                      "\"handle_at\":1700036000000,\"remind_at\":1700028800000,"
                                      "\"rule\":\"L1\",\"supervise_at\":1700039600000},"
                                      "\"version\":4},\"before\":{\"due\":{"
                                      "\"accept_at\":1700003600000,"
                                      "\"hand_over_at\":1700213400000,"
                                      "\"handle_at\":1700014400000,"), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.decided.v1"), 1);
    gb_cf_end(run);
    gb_cf_tick(&s, T0 + 8 * HOUR); /* two hours before it, as before */
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 3);
    gb_cf_end(run);
    ct_decide(&s, "e2", "\"kind\":\"extend\",\"matter\":\"%s\",\"until\":%" PRId64, matter,
              T0 + 12 * HOUR);
    gb_cf_tick(&s, T0 + 11 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    assert_int_equal(gb_cf_count(run, "\"extended_until\":1700043200000,\"extensions\":2"), 3);
    gb_cf_end(run);
    ct_decide(&s, "u1", "\"kind\":\"undo\",\"decision\":\"e2\""); /* e1's time is over too */
    gb_cf_tick(&s, T0 + 11 * HOUR + 1);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 2);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void a_first_load_misses_nothing(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    one(&s);
    s.records[s.count - 1].bootstrap = true;
    gb_cf_tick(&s, T0 + 100 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "\"handle_at\":1700014400000"), 2); /* told all the same */
    assert_int_equal(gb_cf_count(run, "reminded"), 0);
    assert_int_equal(gb_cf_count(run, "overdue"), 0);
    assert_int_equal(gb_cf_count(run, "handed_over"), 0);
    gb_cf_end(run);
    ct_put(&s, "grid", "7", "4"); /* live */
    ct_put(&s, "grid", "7", "4"); /* loaded again: what was live stays so */
    s.records[s.count - 1].bootstrap = true;
    gb_cf_tick(&s, T0 + 101 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void a_decision_on_a_first_load_makes_it_live(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    one(&s);
    s.records[s.count - 1].bootstrap = true;
    ct_decide(&s, "r1", "\"kind\":\"redecide\""); /* touches everything, and is no word on it */
    gb_cf_tick(&s, T0 + 100 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "overdue"), 0);
    gb_cf_end(run);
    ct_decide(&s, "e1", "\"kind\":\"extend\",\"matter\":\"%s\",\"until\":%" PRId64,
              gb_cf_matter_of(&s, "grid/matter/7"), T0 + 101 * HOUR);
    gb_cf_tick(&s, T0 + 101 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void the_lead_passes_on_after_working_days(void **state)
{
    static const int64_t over = INT64_C(1700213400000); /* Friday 17 November 2023, 17:30 */

    (void)state;
    for (int is_forbidden = 0; is_forbidden < 2; is_forbidden++) {
        struct gb_cf_script s;
        struct gb_cf_run *run;

        ct_begin(&s, is_forbidden ? ct_policy_forbidding() : ct_policy());
        ct_put(&s, "grid", "7", "0"); /* Wednesday */
        gb_cf_tick(&s, over - 1);
        run = ct_play(&s);
        assert_int_equal(gb_cf_count(run, "handed_over"), 0);
        gb_cf_end(run);
        gb_cf_tick(&s, over);
        for (int i = 0; i < 20; i++) { /* it does not come back */
            ct_put(&s, "grid", "7", i % 2 == 0 ? "4" : "0");
        }
        gb_cf_tick(&s, over + 40 * HOUR);
        run = ct_play(&s);
        assert_int_equal(gb_cf_count(run, "gb.change.matter.handed_over.v1"), !is_forbidden);
        assert_int_equal(ct_leads(run, "key_family"), !is_forbidden);
        assert_int_equal(gb_cf_count(run, "\"why\":{\"evidence\":[{\"entity\":\"matter\","
                                          "\"key\":\"7\",\"source\":\"grid\"}],\"rule\":\"D01\"}"),
                         !is_forbidden);
        gb_cf_end(run);
        gb_arena_close(&s.arena);
    }
}

static void a_persons_lead_goes_before_a_hand_over(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    one(&s);
    ct_decide(&s, "d1", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"to\":\"department\"",
              gb_cf_matter_of(&s, "grid/matter/7"));
    gb_cf_tick(&s, T0 + 100 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.handed_over.v1"), 0);
    assert_true(ct_leads(run, "department"));
    gb_cf_end(run);
    ct_decide(&s, "u1", "\"kind\":\"undo\",\"decision\":\"d1\"");
    run = ct_play(&s);
    assert_true(ct_leads(run, "key_family")); /* the days were over meanwhile */
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void two_that_become_one_have_the_elders_limits(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put_at(&s, "party/1", "0", T0 + 3 * HOUR, NULL);
    gb_cf_tick(&s, T0 + 3 * HOUR);
    ct_put_at(&s, "grid/7", "0", T0, "party/matter/1");
    gb_cf_tick(&s, T0 + 5 * HOUR);
    ct_delete(&s, "grid", "7");
    gb_cf_tick(&s, T0 + 5 * HOUR + 1);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    assert_int_equal(gb_cf_count(run, "\"rule\":\"later_limit\""), 2);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* What was told of the whole is not told again of its parts, and counts for them. */
static void parts_are_not_reminded_again(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put_at(&s, "party/1", "0", T0, NULL);
    ct_put_at(&s, "grid/7", "0", T0, "party/matter/1");
    gb_cf_tick(&s, T0 + 2 * HOUR + 1); /* accept and remind */
    ct_put_at(&s, "grid/7", "0", T0, NULL);
    gb_cf_tick(&s, T0 + 3 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.split.v1"), 2);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 2);
    assert_int_equal(ct_stands(run, "\"urged\":2,\"version\""), 2);
    gb_cf_end(run);
    gb_cf_tick(&s, T0 + 6 * HOUR); /* each misses its limit, and is supervised */
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 2);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.supervised.v1"), 2);
    assert_int_equal(gb_cf_count(run, "\"kind\":\"overdue\",\"matter\""), 4);
    gb_cf_end(run);
    ct_put_at(&s, "grid/7", "0", T0, "party/matter/1"); /* one again: no third notice */
    gb_cf_tick(&s, T0 + 7 * HOUR);
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.reminded.v1"), 2);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.supervised.v1"), 2);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* Scripts at random: whatever is told must not hang on batches or restarts. */
static void any_run_gives_the_same_in_any_batches(void **state)
{
    static const char *const states[] = {"0", "1", "2", "3", "4", "5"};
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 30; round++) {
        struct gb_cf_script s;
        struct gb_cf_run *run;
        int64_t clock = T0;

        ct_begin(&s, ct_policy());
        for (int i = 0; i < 60; i++) {
            uint32_t dice = ct_random(&seed) % 10;
            const char *source = ct_random(&seed) % 2 == 0 ? "grid" : "party";
            const char *key = gb_arena_printf(&s.arena, "%u", ct_random(&seed) % 4).ptr;

            if (dice < 4) {
                clock += ct_random(&seed) % (6 * (uint32_t)HOUR);
                gb_cf_tick(&s, clock);
            } else if (dice == 4) {
                ct_delete(&s, source, key);
            } else {
                ct_put_at(&s, gb_arena_printf(&s.arena, "%s/%s", source, key).ptr,
                          states[ct_random(&seed) % 6],
                          T0 + ct_random(&seed) % (uint32_t)(5 * HOUR),
                          ct_random(&seed) % 3 == 0 ? "party/matter/1" : NULL);
                s.records[s.count - 1].bootstrap = dice == 5;
            }
        }
        run = ct_play(&s);
        gb_cf_end(run);
        gb_arena_close(&s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_count_from_the_elder_report),
        cmocka_unit_test(what_falls_due_is_told_once),
        cmocka_unit_test(what_is_accepted_or_done_in_time_is_not_told),
        cmocka_unit_test(a_lane_that_was_down_catches_up_in_order),
        cmocka_unit_test(an_extension_moves_the_limit_and_keeps_history),
        cmocka_unit_test(a_first_load_misses_nothing),
        cmocka_unit_test(a_decision_on_a_first_load_makes_it_live),
        cmocka_unit_test(the_lead_passes_on_after_working_days),
        cmocka_unit_test(a_persons_lead_goes_before_a_hand_over),
        cmocka_unit_test(two_that_become_one_have_the_elders_limits),
        cmocka_unit_test(parts_are_not_reminded_again),
        cmocka_unit_test(any_run_gives_the_same_in_any_batches)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
