/* Working time around the National Day of 2026: days off 1st to 7th of October, a make-up
 * Saturday on the 10th, an invented half day on Wednesday the 30th of September. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "core/calendar.h"

#define MINUTE INT64_C(60000)
#define DAY20260930 20726 /* days since 1970-01-01 */

static const struct gb_calendar_row rows[] = {
    {DAY20260930, GB_DAY_HALF},    {DAY20260930 + 1, GB_DAY_OFF}, {DAY20260930 + 2, GB_DAY_OFF},
    {DAY20260930 + 3, GB_DAY_OFF}, {DAY20260930 + 4, GB_DAY_OFF}, {DAY20260930 + 5, GB_DAY_OFF},
    {DAY20260930 + 6, GB_DAY_OFF}, {DAY20260930 + 7, GB_DAY_OFF}, {DAY20260930 + 10, GB_DAY_WORK}};

static const struct gb_calendar calendar = {.rows = rows,
                                            .rows_count = GB_COUNT(rows),
                                            .spans = {{510, 720}, {840, 1050}},
                                            .spans_count = 2,
                                            .half_until = 720};

/* Day of the year's autumn (0: 30th of September) and time of day, in China. */
static int64_t at(int32_t day, int32_t hour, int32_t minute)
{
    return ((int64_t)(DAY20260930 + day) * 1440 + hour * 60 + minute - 480) * MINUTE;
}

static void limits_end(void **state)
{
    static const struct {
        struct gb_limit limit;
        int32_t from[3], end[3];
    } cases[] = {
        /* three working days from Monday the 28th: Tuesday, the half day, Thursday the 8th */
        {{GB_LIMIT_WORK_DAYS, 3}, {-2, 9, 0}, {8, 17, 30}},
        /* two: ends at noon of the half day */
        {{GB_LIMIT_WORK_DAYS, 2}, {-2, 23, 59}, {0, 12, 0}},
        /* the make-up Saturday counts */
        {{GB_LIMIT_WORK_DAYS, 2}, {8, 9, 0}, {10, 17, 30}},
        {{GB_LIMIT_WORK_DAYS, 3}, {8, 9, 0}, {12, 17, 30}},
        /* reported on a day off: the next working day is the first */
        {{GB_LIMIT_WORK_DAYS, 1}, {3, 10, 0}, {8, 17, 30}},
        /* office hours: over noon, over the holiday, from outside of them */
        {{GB_LIMIT_WORK_MINUTES, 60}, {-1, 11, 30}, {-1, 14, 30}},
        {{GB_LIMIT_WORK_MINUTES, 60}, {0, 11, 30}, {8, 9, 0}},
        {{GB_LIMIT_WORK_MINUTES, 30}, {-1, 20, 0}, {0, 9, 0}},
        {{GB_LIMIT_WORK_MINUTES, 210}, {-1, 8, 30}, {-1, 12, 0}},
        {{GB_LIMIT_WORK_MINUTES, 211}, {-1, 8, 30}, {-1, 14, 1}},
        {{GB_LIMIT_SAME_DAY, 0}, {3, 10, 0}, {4, 0, 0}},
        {{GB_LIMIT_TIME, 3600000}, {3, 23, 30}, {4, 0, 30}},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        const int32_t *f = cases[i].from;
        const int32_t *e = cases[i].end;

        assert_int_equal(gb_limit_end(&calendar, cases[i].limit, at(f[0], f[1], f[2])),
                         at(e[0], e[1], e[2]));
    }
    assert_int_equal(gb_limit_end(&calendar, (struct gb_limit){GB_LIMIT_NONE, 0}, 0), INT64_MAX);
}

static void minutes_between(void **state)
{
    (void)state;
    assert_int_equal(gb_calendar_minutes(&calendar, at(-1, 0, 0), at(0, 0, 0)), 420);
    assert_int_equal(gb_calendar_minutes(&calendar, at(0, 11, 0), at(8, 9, 0)), 60 + 30);
    assert_int_equal(gb_calendar_minutes(&calendar, at(1, 0, 0), at(8, 0, 0)), 0);
}

/* Adding minutes and counting them again are inverse at every quarter of an hour. */
static void adding_and_counting_agree(void **state)
{
    (void)state;
    for (int32_t quarter = -400; quarter < 1400; quarter++) {
        int64_t from = at(0, 0, 0) + quarter * 15 * MINUTE;

        for (int64_t minutes = 1; minutes < 2000; minutes += 97) {
            int64_t end = gb_limit_end(&calendar,
                                       (struct gb_limit){GB_LIMIT_WORK_MINUTES, minutes}, from);

            assert_int_equal(gb_calendar_minutes(&calendar, from, end), minutes);
        }
    }
}

static void a_calendar_without_work_never_ends(void **state)
{
    static struct gb_calendar_row off[12000];
    struct gb_calendar none = calendar;

    (void)state;
    for (int32_t i = 0; i < 12000; i++) {
        off[i] = (struct gb_calendar_row){DAY20260930 + i, GB_DAY_OFF};
    }
    none.rows = off;
    none.rows_count = GB_COUNT(off);
    assert_int_equal(
        gb_limit_end(&none, (struct gb_limit){GB_LIMIT_WORK_DAYS, 1}, at(0, 9, 0)), INT64_MAX);
    assert_int_equal(
        gb_limit_end(&none, (struct gb_limit){GB_LIMIT_WORK_MINUTES, 1}, at(0, 9, 0)), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_end), cmocka_unit_test(minutes_between),
        cmocka_unit_test(adding_and_counting_agree),
        cmocka_unit_test(a_calendar_without_work_never_ends)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
