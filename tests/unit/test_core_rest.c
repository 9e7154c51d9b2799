/* Suspended matters: their limits rest, and end later by as much; working time by office hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_times.h"

#define REMINDED "gb.change.matter.reminded.v1"
#define OVERDUE "\"kind\":\"overdue\",\"matter\""

static uint32_t count(const struct gb_cf_script *s, const char *what)
{
    struct gb_cf_run *run = ct_play(s);
    uint32_t found = gb_cf_count(run, what);

    gb_cf_end(run);
    return found;
}

static void nothing_falls_due_while_it_rests(void **state)
{
    struct gb_cf_script s;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put(&s, "grid", "7", "8");
    gb_cf_tick(&s, T0 + 10 * HOUR);
    assert_int_equal(count(&s, REMINDED) + count(&s, OVERDUE), 0);
    ct_put(&s, "grid", "7", "4"); /* goes on: remind at 12 h, handle at 14 h */
    gb_cf_tick(&s, T0 + 12 * HOUR - 1);
    assert_int_equal(count(&s, REMINDED), 0);
    gb_cf_tick(&s, T0 + 12 * HOUR);
    assert_int_equal(count(&s, REMINDED), 1);
    gb_cf_tick(&s, T0 + 14 * HOUR - 1);
    assert_int_equal(count(&s, OVERDUE), 0);
    gb_cf_tick(&s, T0 + 14 * HOUR);
    assert_int_equal(count(&s, OVERDUE), 2); /* the change and the state */
    gb_arena_close(&s.arena);
}

static void suspensions_add_up(void **state)
{
    struct gb_cf_script s;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put(&s, "grid", "7", "4");
    for (int64_t i = 0; i < 3; i++) { /* an hour each, with half an hour between */
        gb_cf_tick(&s, T0 + i * 3 * HOUR / 2 + HOUR / 2);
        ct_put(&s, "grid", "7", "8");
        gb_cf_tick(&s, T0 + i * 3 * HOUR / 2 + 3 * HOUR / 2);
        ct_put(&s, "grid", "7", "4");
    }
    gb_cf_tick(&s, T0 + 7 * HOUR - 1);
    assert_int_equal(count(&s, OVERDUE), 0);
    gb_cf_tick(&s, T0 + 7 * HOUR);
    assert_int_equal(count(&s, OVERDUE), 2);
    gb_arena_close(&s.arena);
}

/* What one of two bodies could have done did not rest; once it is out, the other's rest counts. */
static void one_body_alone_stops_nothing(void **state)
{
    struct gb_cf_script s;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put_at(&s, "party/1", "4", T0, NULL);
    ct_put_at(&s, "grid/7", "8", T0, "party/matter/1");
    gb_cf_tick(&s, T0 + 5 * HOUR);
    assert_int_equal(count(&s, OVERDUE), 2);
    ct_put_at(&s, "party/1", "5", T0, NULL); /* void: only the one that rests is left */
    gb_cf_tick(&s, T0 + 9 * HOUR);
    assert_int_equal(count(&s, "gb.change.matter.supervised.v1"), 1); /* from before it rested */
    gb_arena_close(&s.arena);
}

/* An extension is a person's own time: it does not move. */
static void an_extension_does_not_move(void **state)
{
    struct gb_cf_script s;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put(&s, "grid", "7", "8");
    gb_cf_tick(&s, T0 + HOUR);
    ct_decide(&s, "x1", "\"kind\":\"extend\",\"matter\":\"%s\",\"until\":%lld",
              gb_cf_matter_of(&s, "grid/matter/7"), (long long)(T0 + 8 * HOUR));
    ct_put(&s, "grid", "7", "4");
    gb_cf_tick(&s, T0 + 8 * HOUR - 1);
    assert_int_equal(count(&s, OVERDUE), 0);
    gb_cf_tick(&s, T0 + 8 * HOUR);
    assert_int_equal(count(&s, OVERDUE), 2);
    gb_arena_close(&s.arena);
}

/* A limit in working days ends within office hours, however long it rested by night. */
static void working_time_rests_by_office_hours(void **state)
{
    static const struct gb_deadline row = {
        .id = {"L1", 2}, .category = {"*", 1}, .urgencies = GB_URGENCY_ANY,
        .handle = {GB_LIMIT_WORK_DAYS, 1}};
    static struct gb_policy policy;
    struct gb_cf_script s;

    (void)state;
    policy = *ct_policy();
    policy.deadlines = &row;
    policy.calendar = (struct gb_calendar){.spans = {{9 * 60, 17 * 60}}, .spans_count = 1};
    ct_begin(&s, &policy);
    ct_put(&s, "grid", "7", "8"); /* Wednesday 06:13; the limit is Thursday 17:00 */
    gb_cf_tick(&s, T0 + 24 * HOUR); /* a night and a day: eight office hours */
    ct_put(&s, "grid", "7", "4");
    assert_int_equal(count(&s, "\"handle_at\":1700211600000"), 2); /* Friday 17:00 */
    gb_arena_close(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_falls_due_while_it_rests),
        cmocka_unit_test(suspensions_add_up),
        cmocka_unit_test(one_body_alone_stops_nothing),
        cmocka_unit_test(an_extension_does_not_move),
        cmocka_unit_test(working_time_rests_by_office_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
