/* The books: what is published of an hour, the lag in it, and what a dead letter says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_fixture.h"

#define T0 1700000000000 /* 800 s into an hour */
#define HOUR ((int64_t)3600000)
#define HOUR0 (T0 - T0 % HOUR)

static const struct gb_cf_report party = {"party", "1", 1, "pa", "0", "MS02", T0, NULL, NULL, NULL,
                                          false};
static const struct gb_cf_report grid = {"grid", "7", 1, "ga", "0", "MS02", T0, NULL, NULL, NULL,
                                         false};

static void put(struct gb_cf_script *s, const struct gb_cf_report *base, int64_t column,
                int64_t updated_at)
{
    struct gb_cf_report r = *base;

    r.column = column;
    r.hash = gb_arena_printf(&s->arena, "h%lld", (long long)column).ptr;
    s->updated_at = updated_at;
    gb_cf_put(s, &r);
}

/* One book as it must stand in the outputs. */
static bool has_book(const struct gb_cf_run *run, const char *source, int64_t hour,
                     const char *counts)
{
    char line[400];

    (void)snprintf(line, sizeof(line), "gb.books.v1 %s/%lld -1 {%s,\"source\":\"%s\"", source,
                   (long long)hour, counts, source);
    return gb_cf_count(run, line) == 1;
}

/* Three hours: two sources in the first, nothing in the second, one late record in the third. */
static void hours_script(struct gb_cf_script *s)
{
    gb_cf_begin(s);
    put(s, &party, 1, T0 - 90500);
    put(s, &party, 2, 0); /* does not say: the last known lag stays */
    gb_cf_tick(s, T0 + 1000);
    put(s, &party, 3, T0 + 5000); /* ahead of the lane: no lag */
    gb_cf_tick(s, HOUR0 + HOUR - 1); /* the hour's last millisecond */
    gb_cf_tick(s, HOUR0 + HOUR);
    gb_cf_tick(s, HOUR0 + 2 * HOUR);
    put(s, &party, 3, T0 - 90500); /* the same version again: unchanged, but it tells the lag */
    gb_cf_tick(s, HOUR0 + 2 * HOUR + 1);
    gb_cf_tick(s, HOUR0 + 3 * HOUR);
}

static void hours_are_published_with_lag(void **state)
{
    static const uint32_t sizes[][2] = {{1, 0}, {1, 1}, {1000, 0}, {3, 2}};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        struct gb_cf_script s;
        struct gb_cf_run run;

        hours_script(&s);
        gb_cf_play(&s, sizes[i][0], sizes[i][1], &run);
        assert_int_equal(gb_cf_count(&run, " gb.books.v1 "), 2);
        assert_true(has_book(&run, "party", HOUR0,
                             "\"applied\":3,\"balanced\":true,\"closed\":true,\"dead\":0,"
                             "\"faultless\":true,\"hour\":1699999200000,\"ignored\":0,\"lag\":0,"
                             "\"orphaned\":0,\"received\":3,\"refused\":0,\"resent\":0"));
        assert_true(has_book(&run, "party", HOUR0 + 2 * HOUR,
                             "\"applied\":0,\"balanced\":true,\"closed\":true,\"dead\":0,"
                             "\"faultless\":true,\"hour\":1700006400000,\"ignored\":0,"
                             "\"lag\":6490,\"orphaned\":0,\"received\":1,\"refused\":0,"
                             "\"resent\":1"));
        assert_true(run.is_balanced);
        gb_cf_end(&run);
        gb_arena_close(&s.arena);
    }
}

static void lag_of_the_last_that_says(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    put(&s, &party, 1, T0 - 90500);
    put(&s, &party, 2, 0);
    s.updated_at = T0 - 999000;
    gb_cf_put(&s, &grid);
    s.records[s.count - 1].bootstrap = true; /* a snapshot is as old as it is */
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_tick(&s, T0 + HOUR);
    gb_cf_play(&s, 1, 1, &run);
    assert_int_equal(gb_cf_count(&run, "\"lag\":90,"), 1);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

static void a_dead_letter_says_how_long_it_was(void **state)
{
    struct gb_cf_report unknown = party;
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    unknown.state = "x";
    gb_cf_begin(&s);
    gb_cf_put(&s, &unknown);
    unknown.key = "2";
    gb_cf_put(&s, &unknown);
    s.records[s.count - 1].src.len = 0; /* a line from before lengths were written */
    gb_cf_play(&s, 1, 0, &run);
    assert_int_equal(gb_cf_count(&run, "\"key\":\"1\",\"len\":321,\"reason\""), 1);
    assert_int_equal(gb_cf_count(&run, "\"key\":\"2\",\"reason\""), 1);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_published_with_lag),
        cmocka_unit_test(lag_of_the_last_that_says),
        cmocka_unit_test(a_dead_letter_says_how_long_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
