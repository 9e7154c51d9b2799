/* Visits as work: what is told twice or thrice is one, what both networks do stays two; and the
 * kinds of duplicate among the reports of a matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/day.h"
#include "core_play.h"

#define T0 1700000000000 /* 2023-11-15 06:13 +08:00 */
#define HOUR ((int64_t)3600000)
#define DAY (24 * HOUR)
#define FAMILY_KEY CF_VILLAGE "000001"
#define ROW_ID "key_family/" FAMILY_KEY "/2023-11-15"
#define LOG_ID "grid_worker/" CF_GRID "/2023-11-15"

static void begin_empty(struct gb_cf_script *s)
{
    static struct gb_policy policy;

    policy = *gb_cf_policy();
    policy.network = (struct gb_network_rules){.vacant_after_ms = DAY, .conflict_after_ms = DAY};
    gb_cf_begin(s);
    s->policy = &policy;
}

/* worker: id hash of who works the grid; j1.g and j1.p are one person. */
static void put_posts(struct gb_cf_script *s, const char *worker)
{
    char fields[128];

    (void)snprintf(fields, sizeof(fields),
                   "{\"grid\":\"" CF_GRID "\",\"holder\":\"%s\",\"role\":\"worker\"}", worker);
    gb_cf_row(s, "grid", "grid_post", "7/1", fields);
    gb_cf_row(s, "party", "key_family", FAMILY_KEY,
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.p\"}");
}

static void begin_town(struct gb_cf_script *s, const char *worker)
{
    begin_empty(s);
    put_posts(s, worker);
}

static void put_row(struct gb_cf_script *s, const char *key, const char *begins)
{
    char fields[200];

    (void)snprintf(fields, sizeof(fields),
                   "{\"begins\":\"%s\",\"date\":\"2023-11-15\",\"family\":\"" FAMILY_KEY
                   "\",\"households\":3,\"purpose\":\"care\"}", begins);
    gb_cf_row(s, "party", "visit", key, fields);
}

static void put_log(struct gb_cf_script *s, const char *key, int reported)
{
    char fields[200];

    (void)snprintf(fields, sizeof(fields),
                   "{\"begins\":\"08:30:00\",\"date\":\"2023-11-15\",\"ends\":\"10:30:00\","
                   "\"grid\":\"" CF_GRID "\",\"households\":4,\"reported\":%d,\"solved\":0}",
                   reported);
    gb_cf_row(s, "grid", "visit", key, fields);
}

static void put_counter(struct gb_cf_script *s, const char *key, const char *holder)
{
    char fields[200];

    (void)snprintf(fields, sizeof(fields),
                   "{\"count\":1,\"date\":\"2023-11-15\",\"holder\":\"%s\",\"village\":\""
                   CF_VILLAGE "\"}", holder);
    gb_cf_row(s, "party", "visit", key, fields);
}

static void one_person_tells_a_visit_thrice(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s, "j1.g");
    put_log(&s, "log/1", 0);
    put_counter(&s, "1/3", "j1.p");
    put_row(&s, "v1", "09:05:00");
    gb_cf_tick(&s, T0 + HOUR);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.visit.v1 " ROW_ID " ", 1);
    gb_cf_has(&run, "\"duplicates\":{\"secondary_entry\":1},\"entries\":1,\"grid\":\"" CF_GRID
        "\",\"households\":1", 1);
    gb_cf_has(&run, "\"duplicates\":{\"same_fact\":1},\"entries\":1,\"households\":0", 1);
    gb_cf_has(&run, "\"entries\":1,\"households\":3,\"id\":\"" ROW_ID "\"", 2);
    gb_cf_has(&run, "\"credits\":[\"grid\",\"party\"]", 8); /* one work, both networks */
    gb_cf_has(&run, "\"told_in\":\"counter\"", 3);
    gb_cf_has(&run, "j1.", 0);
    gb_cf_finish(&s, &run);
}

/* Who holds the posts becomes known last: what was told before is judged again, and once more when
 * the worker turns out to be another. */
static void posts_that_come_late_change_what_was_told(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_empty(&s);
    put_log(&s, "log/1", 0);
    put_counter(&s, "1/3", "j1.p");
    put_row(&s, "v1", "09:05:00");
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\"", 0);
    gb_cf_has(&run, "\"credits\":[\"grid\",\"party\"]", 0);
    gb_cf_end(&run);
    put_posts(&s, "j1.g");
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"after\":{\"credits\":[\"grid\",\"party\"],\"duplicates\":"
                    "{\"secondary_entry\":1},\"households\":1", 1);
    gb_cf_end(&run);
    put_posts(&s, "j1.x");
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"before\":{\"credits\":[\"grid\",\"party\"],\"duplicates\":"
                    "{\"secondary_entry\":1},\"households\":1", 1);
    gb_cf_finish(&s, &run);
}

/* The controls: another person, another time, another day, no time at all. */
static void two_visits_stay_two(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s, "j1.x");
    put_row(&s, "v1", "09:05:00");
    put_log(&s, "log/1", 0);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\"", 0);
    gb_cf_has(&run, "\"credits\":[\"grid\"]", 2);
    gb_cf_finish(&s, &run);

    begin_town(&s, "j1.g");
    put_row(&s, "v1", "15:00:00"); /* in the afternoon: the same person, another visit */
    put_log(&s, "log/1", 0);
    put_counter(&s, "1/3", "j1.y"); /* another member */
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\"", 0);
    gb_cf_end(&run);
    put_row(&s, "v1", "09:30:00"); /* it was mistyped: now it is one */
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\":{\"secondary_entry\":1}", 2);
    gb_cf_end(&run);
    gb_cf_row(&s, "party", "visit", "v1", NULL); /* and now it is gone */
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\":{\"secondary_entry\":1}", 3);
    gb_cf_has(&run, "\"change\":\"visit.removed\"", 1);
    gb_cf_has(&run, "\"households\":4", 5);
    gb_cf_finish(&s, &run);
}

/* A log is its post's, whoever of two workers wrote it; only what one of them did is in it. */
static void a_log_is_of_all_who_hold_the_post(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s, "j1.g");
    gb_cf_row(&s, "grid", "grid_post", "7/2",
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.x\",\"role\":\"worker\"}");
    put_row(&s, "v1", "09:05:00");
    put_row(&s, "v2", "15:05:00");
    put_log(&s, "log/1", 0);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\":{\"secondary_entry\":1},\"entries\":1,\"grid\":\"" CF_GRID
        "\",\"households\":1,", 2); /* 4 of the log, 3 of them once more */
    gb_cf_has(&run, "\"credits\":[\"grid\"]", 2);
    gb_cf_end(&run);
    gb_cf_row(&s, "grid", "grid_post", "7/1", NULL); /* the control: it is no post of that one */
    put_log(&s, "log/1", 1);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"households\":4,\"id\":\"" LOG_ID "\"", 1);
    gb_cf_finish(&s, &run);
}

/* After its days a visit stands as it was found, and late rows are told by themselves. */
static void what_was_found_stays(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s, "j1.g");
    put_row(&s, "v1", "09:05:00");
    put_log(&s, "log/1", 0);
    gb_cf_tick(&s, T0 + 9 * DAY);
    gb_cf_tick(&s, T0 + 10 * DAY);
    put_log(&s, "log/2", 0);
    put_row(&s, "v1", "09:06:00");
    gb_cf_tick(&s, T0 + 10 * DAY + HOUR);
    gb_cf_row(&s, "grid", "visit", "log/1", NULL);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"duplicates\":{\"secondary_entry\":1},\"entries\":2,", 2);
    gb_cf_has(&run, "\"before\":{\"duplicates\":{\"secondary_entry\":1},\"entries\":2,", 1);
    gb_cf_finish(&s, &run);
}

static void put_case(struct gb_cf_script *s, const char *key, int64_t at, const char *state)
{
    struct gb_cf_report r = {"grid", key, s->n, key, state, "MS02", at, NULL, NULL, NULL, false};

    gb_cf_put(s, &r);
}

/* The log counts the day's cases once more, before or after they come. */
static void a_log_counts_cases_again(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s, "j1.x");
    put_case(&s, "1", T0, "0");
    put_log(&s, "log/1", 2);
    put_case(&s, "2", T0 + HOUR, "0");
    put_case(&s, "3", T0 + HOUR, "0");  /* the log says two */
    put_case(&s, "4", T0 + DAY, "0");   /* another day */
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"restated\":1", 3);
    gb_cf_has(&run, "\"restated\":2", 2);
    gb_cf_end(&run);
    gb_cf_delete(&s, "grid", "1");
    gb_cf_delete(&s, "grid", "2");
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"restated\":1", 5);
    gb_cf_finish(&s, &run);
}

static void kinds_among_reports(void **state)
{
    static const struct {
        const char *party, *grid, *want;
    } cases[] = {
        {"j1.p", "j1.g", "\"duplicates\":{\"secondary_entry\":1}"},
        {"j1.p", "j1.z", "\"duplicates\":{\"corroboration\":1}"},
        {NULL, NULL, "\"duplicates\":{\"corroboration\":1}"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_cf_script s;
        struct gb_cf_run run;
        struct gb_cf_report r = {"party", "1", 1, "a", "0", "MS02", T0, cases[i].party, NULL,
                                 NULL, false};

        begin_town(&s, "j1.g");
        gb_cf_put(&s, &r);
        r.source = "grid";
        r.reporter = cases[i].grid;
        r.xref = "party/matter/1";
        gb_cf_put(&s, &r);
        gb_cf_play_all(&s, &run);
        gb_cf_has(&run, cases[i].want, 2);
        gb_cf_has(&run, "\"duplicates\"", 2);
        gb_cf_has(&run, "duplicate_entry", i == 0 ? 2 : 0); /* only that is waste, and is told */
        gb_cf_finish(&s, &run);
    }
}

static void days_are_chinas(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "1970-01-01"},          {-28800001, "1969-12-31"},
                 {57600000, "1970-01-02"},   {57599999, "1970-01-01"},
                 {951753600000, "2000-02-29"}, {951839999999, "2000-02-29"},
                 {INT64_C(4107513600000), "2100-03-01"}, {T0, "2023-11-15"}};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        char text[GB_DAY_TEXT_LEN + 1] = "";
        int64_t begin = 0;

        gb_day_text(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
        assert_true(gb_day_ms(gb_str_of(text), &begin));
        assert_true(begin <= cases[i].ms && cases[i].ms < begin + DAY);
    }
    assert_false(gb_day_ms(GB_STR("2023-02-29"), &(int64_t){0}));
    assert_int_equal(gb_day_clock(GB_STR("24:00:00")), DAY);
    assert_int_equal(gb_day_clock(GB_STR("24:00:01")), -1);
    assert_int_equal(gb_day_clock(GB_STR("08:30")), 8 * HOUR + HOUR / 2);
    assert_int_equal(gb_day_clock(GB_STR("8:30")), -1);
    assert_int_equal(gb_day_clock(GB_STR_NONE), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_person_tells_a_visit_thrice),
        cmocka_unit_test(posts_that_come_late_change_what_was_told),
        cmocka_unit_test(two_visits_stay_two),
        cmocka_unit_test(a_log_is_of_all_who_hold_the_post),
        cmocka_unit_test(what_was_found_stays),
        cmocka_unit_test(a_log_counts_cases_again),
        cmocka_unit_test(kinds_among_reports),
        cmocka_unit_test(days_are_chinas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
