/* Statistics: what counts, and in which week and place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stats_fixture.h"

static void told_once_a_day_after_the_week(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 6);
    gb_cf_tick(&s, MONDAY + DAY - 1);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.stats.v1 ", 0);
    gb_cf_end(&run);
    sf_tell(&s);
    gb_cf_tick(&s, MONDAY + 3 * DAY);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.stats.v1 ", 3);
    assert_non_null(strstr(gb_cf_all_rows(&run).ptr, /* and stands in the database */
                           TOWN "/MS/" WEEK " {\"about\":\"matters\",\"category\":\"MS\""));
    sf_expect(&run, TOWN "/MS/" WEEK, "\"reports\":6", true);
    sf_expect(&run, TOWN "/MS/" WEEK, "\"rules\":{\"D01\":6}", true);
    sf_expect(&run, CF_VILLAGE "/MS/" WEEK, "\"entries\":{\"citizens\":0,\"corroboration\":0,"
           "\"first\":6,\"same_fact\":0,\"secondary_entry\":0}", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"grid\":\"" CF_GRID "\",\"id\":\"" CF_GRID "/MS/" WEEK
           "\"", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK,
              "\"policy\":\"abcd\",\"purpose\":\"statistics\",\"reports\":6", true);
    gb_cf_finish(&s, &run);
}

static void few_are_told_nowhere(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep other = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 4);
    other.category = "NY04";
    sf_put_many(&s, &other, 11, 4);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.stats.v1 ", 0);
    gb_cf_finish(&s, &run);
}

static void a_grid_of_few_takes_another_with_it(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep second = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 6);
    second.grid = GRID_2;
    sf_put_many(&s, &second, 11, 4);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_VILLAGE "/MS/" WEEK, "\"reports\":10", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"reports\"", false);
    sf_expect(&run, GRID_2 "/MS/" WEEK, "\"reports\"", false);
    gb_cf_finish(&s, &run);
}

/* The week begins at midnight in Shanghai, and a day's delay is waited for. */
static void borders_of_a_week(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    gb_cf_tick(&s, MONDAY + HOUR);
    r.occurred_at = MONDAY - 1;
    sf_put_many(&s, &r, 1, 5); /* Sunday, told on Monday */
    r.occurred_at = MONDAY;
    sf_put_many(&s, &r, 11, 6);
    r.occurred_at = MONDAY + 300 * DAY;
    sf_put_many(&s, &r, 21, 7); /* no row moves into the future */
    r.occurred_at = 0;
    sf_put_many(&s, &r, 31, 8); /* nor further back than a day from when it came: Sunday 01:00 */
    gb_cf_tick(&s, MONDAY + DAY - 1);
    r.occurred_at = MONDAY - DAY;
    gb_cf_tick(&s, MONDAY + DAY);
    sf_put_many(&s, &r, 41, 9); /* too late: counts in the week in which it comes */
    sf_tell(&s);
    gb_cf_tick(&s, MONDAY + 8 * DAY);
    gb_cf_tick(&s, MONDAY + 8 * DAY + 1);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, TOWN "/MS/" WEEK, "\"reports\":13", true);
    sf_expect(&run, TOWN "/MS/" NEXT, "\"reports\":22", true);
    gb_cf_finish(&s, &run);
}

static void a_matter_moves_until_it_is_told(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 6);
    gb_cf_tick(&s, T0 + HOUR);
    r.grid = GRID_2;
    r.column = 2;
    sf_put_many(&s, &r, 1, 6);
    r.category = "NY04";
    r.column = 3;
    gb_cf_tick(&s, T0 + 2 * HOUR);
    sf_put_many(&s, &r, 1, 6);
    sf_tell(&s);
    r.grid = CF_GRID;
    r.column = 4;
    sf_put_many(&s, &r, 1, 6); /* told already */
    gb_cf_tick(&s, MONDAY + 8 * DAY);
    gb_cf_tick(&s, MONDAY + 8 * DAY + 1);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, GRID_2 "/NY/" WEEK, "\"reports\":6", true);
    sf_expect(&run, GRID_2 "/MS/" WEEK, "\"reports\"", false);
    sf_expect(&run, CF_GRID "/NY/" WEEK, "\"reports\"", false);
    sf_expect(&run, CF_GRID "/NY/" NEXT, "\"reports\"", false);
    gb_cf_finish(&s, &run);
}

static void what_goes_is_not_counted_and_a_first_load_neither(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 7);
    gb_cf_delete(&s, "grid", "1");
    for (int i = 0; i < 5; i++) {
        sf_put_many(&s, &sf_base, 11 + i, 1);
        s.records[s.count - 1].bootstrap = true;
    }
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, TOWN "/MS/" WEEK, "\"reports\":6", true);
    gb_cf_finish(&s, &run);
}

static void a_secondary_entry_is_no_first_one(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_pairs(&s, 30 * DAY);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"entries\":{\"citizens\":0,\"corroboration\":0,"
           "\"first\":6,\"same_fact\":0,\"secondary_entry\":6}", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"reports\":12,\"rules\":{\"D01\":6}", true);
    gb_cf_finish(&s, &run);
}

static void times_are_the_sources(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    for (int is_late = 0; is_late < 2; is_late++) {
        sf_handling(&s, 30 * DAY, is_late == 1);
        sf_tell(&s);
        gb_cf_play_all(&s, &run);
        sf_expect(&run, CF_GRID "/MS/" WEEK, "\"responded\":11,\"response\":{\"longer\":0,"
               "\"to_10m\":0,\"to_1d\":0,\"to_1h\":0,\"to_30m\":11,\"to_3d\":0,\"to_4h\":0}", true);
        sf_expect(&run, CF_GRID "/MS/" WEEK, "\"handled\":11,\"handling\":{\"longer\":0,"
               "\"to_15d\":0,"
               "\"to_1d\":0,\"to_1h\":0,\"to_30d\":0,\"to_3d\":6,\"to_4h\":5,\"to_7d\":0}", true);
        sf_expect(&run, CF_GRID "/MS/" WEEK, "\"closed_by\":{\"others\":0,\"self\":11}", true);
        sf_expect(&run, CF_GRID "/MS/" WEEK, "\"due\":11", true);
        sf_expect(&run, CF_GRID "/MS/" WEEK, "\"timely\":{\"late\":6,\"on_time\":5}", true);
        gb_cf_finish(&s, &run);
    }
}

/* The limit (two days) ends in the week, and nobody did anything. */
static void what_nobody_did_is_late_once(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 6);
    sf_tell(&s);
    r.state = "1";
    r.column = 2;
    sf_put_many(&s, &r, 1, 6);
    gb_cf_tick(&s, MONDAY + 8 * DAY);
    gb_cf_tick(&s, MONDAY + 8 * DAY + 1);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"timely\":{\"late\":6,\"on_time\":0}", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"handled\"", false);
    sf_expect(&run, CF_GRID "/MS/" NEXT, "\"handled\":6", true);
    sf_expect(&run, CF_GRID "/MS/" NEXT, "\"due\"", false);
    gb_cf_finish(&s, &run);
}

static void what_opens_again_is_handled_again(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    r.state = "1";
    sf_put_many(&s, &r, 1, 6);
    sf_tell(&s);
    r.state = "2";
    r.column = 2;
    sf_put_many(&s, &r, 1, 5); /* five of them are looked at again */
    gb_cf_tick(&s, MONDAY + 2 * DAY);
    r.state = "1";
    r.column = 3;
    sf_put_many(&s, &r, 1, 5);
    gb_cf_tick(&s, MONDAY + 8 * DAY);
    gb_cf_tick(&s, MONDAY + 8 * DAY + 1);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"handled\":6", true);
    sf_expect(&run, CF_GRID "/MS/" NEXT, "\"handled\":5", true);
    sf_expect(&run, CF_GRID "/MS/" NEXT, "\"responded\"", false); /* taken on once, for good */
    gb_cf_finish(&s, &run);
}

static void the_centre_is_not_the_territory(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    r.state = "1";
    sf_put_many(&s, &r, 1, 5);
    r.source = "centre";
    sf_put_many(&s, &r, 11, 6);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"closed_by\":{\"others\":6,\"self\":5}", true);
    gb_cf_finish(&s, &run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_once_a_day_after_the_week),
        cmocka_unit_test(few_are_told_nowhere),
        cmocka_unit_test(a_grid_of_few_takes_another_with_it),
        cmocka_unit_test(borders_of_a_week),
        cmocka_unit_test(a_matter_moves_until_it_is_told),
        cmocka_unit_test(what_goes_is_not_counted_and_a_first_load_neither),
        cmocka_unit_test(a_secondary_entry_is_no_first_one),
        cmocka_unit_test(times_are_the_sources),
        cmocka_unit_test(what_nobody_did_is_late_once),
        cmocka_unit_test(what_opens_again_is_handled_again),
        cmocka_unit_test(the_centre_is_not_the_territory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
