/* Posts: holders for a time, vacancies by tick, one person in both networks, first loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_play.h"

#define T0 1700000000000 /* 2023-11-15 06:13 +08:00 */
#define HOUR ((int64_t)3600000)
#define DAY (24 * HOUR)
#define WORKER "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.g\",\"role\":\"worker\"}"
#define WORKER_UNTIL                                                                               \
    "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.g\",\"role\":\"worker\",\"until\":\"2023-11-16\"}"
#define GRID_ROW "{\"code\":\"" CF_GRID "\",\"households\":293}"
#define FAMILY "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.p\"}"
#define FAMILY_KEY CF_VILLAGE "000001"
#define POST "grid_worker/" CF_GRID

/* A bundle without rules for contacts. */
static void begin_script(struct gb_cf_script *s)
{
    static struct gb_policy policy;

    policy = *gb_cf_policy();
    policy.network.families = (struct gb_bounds){0, 0};
    gb_cf_begin(s);
    s->policy = &policy;
}

static void a_post_is_told_with_its_holder(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER); /* newer, the same: nothing is told */
    gb_cf_row(&s, "party", "post", "2", "{\"code\":\"" CF_VILLAGE "\",\"kind\":\"DZB\"}");
    gb_cf_row(&s, "party", "post", "3", "{\"code\":\"320312111\",\"kind\":\"DW\"}");
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.post.v1 " POST " 0 {\"grid\":\"" CF_GRID "\",\"holders\":[{"
        "\"network\":\"grid\","
        "\"pseudonym\":\"p1.h1\",\"source\":\"grid\"}],\"id\":\"" POST "\"", 1);
    gb_cf_has(&run, " gb.change.post.opened.v1 " POST " ", 1);
    gb_cf_has(&run, " gb.post.v1 branch_secretary/" CF_VILLAGE "/2 ", 1);
    gb_cf_has(&run, " gb.post.v1 ", 2);
    gb_cf_has(&run, "j1.", 0); /* no hash of an id goes out */
    gb_cf_finish(&s, &run);
}

/* A key family stays one when its holder is gone, and its post is vacant. */
static void a_family_without_a_holder_is_vacant(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "party", "key_family", FAMILY_KEY, FAMILY);
    gb_cf_row(&s, "party", "key_family", FAMILY_KEY, "{\"grid\":\"" CF_GRID "\"}");
    gb_cf_tick(&s, T0 + DAY);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"vacant\":true", 2);
    gb_cf_has(&run, "\"rule\":\"no_holder\",\"state\":\"open\"", 1);
    gb_cf_finish(&s, &run);
}

static void a_role_is_never_guessed(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid_post", "7/1",
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.g\",\"role\":\"helper\"}");
    gb_cf_play_all(&s, &run);
    assert_int_equal(run.outcomes[s.count - 1], GB_OUT_DEAD);
    gb_cf_has(&run, "\"reason\":\"unknown_role\"", 1);
    gb_cf_has(&run, " gb.post.v1 ", 0);
    gb_cf_finish(&s, &run);
}

/* The last day of a term counts; then the post is empty, and a day later somebody must look. */
static void a_term_ends_by_tick(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    int64_t over = INT64_C(1700150400000); /* 2023-11-17 00:00 +08:00 */

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER_UNTIL);
    gb_cf_tick(&s, over - 1);
    gb_cf_tick(&s, over);
    gb_cf_tick(&s, over + DAY - 1);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"vacant\":true", 2); /* change and state, of the tick at which it ended */
    gb_cf_has(&run, "4.1 gb.change.post.changed.v1 ", 1);
    gb_cf_has(&run, "post_vacant", 0);
    gb_cf_finish(&s, &run);

    begin_script(&s);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER_UNTIL);
    gb_cf_tick(&s, over);
    gb_cf_tick(&s, over + DAY);
    gb_cf_tick(&s, over + 2 * DAY);
    gb_cf_row(&s, "grid", "grid_post", "7/2", WORKER);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"change\":\"overlap.opened\"", 1);
    gb_cf_has(&run, "\"kind\":\"post_vacant\",\"node\":\"" POST "\",\"opened_at\"", 2);
    gb_cf_has(&run, "\"rule\":\"term_over\",\"state\":\"open\",\"town\":\"320312111\"", 1);
    gb_cf_has(&run, "\"rule\":\"in_order\"", 2); /* settled as soon as somebody holds it */
    gb_cf_finish(&s, &run);
}

static void a_grid_needs_its_worker(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid", "7", GRID_ROW);
    gb_cf_tick(&s, T0 + DAY);
    gb_cf_row(&s, "grid", "grid", "7", NULL);
    gb_cf_tick(&s, T0 + DAY + 1000);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.contact.v1 grid/" CF_GRID " ", 2); /* at ticks: as it came, and its end */
    gb_cf_has(&run, "\"rule\":\"no_holder\",\"state\":\"open\"", 1);
    /* No grid: no such post, and nothing to settle. */
    gb_cf_has(&run, " gb.post.v1 " POST " 2 \n", 1);
    gb_cf_has(&run, "\"rule\":\"removed\",\"settled_at\"", 1);
    assert_int_equal(run.rows[run.rows_count - 1].table < GB_TABLE_POST, 1); /* no row is left */
    gb_cf_finish(&s, &run);
}

/* Month-end: the row is deleted and written anew within the patience of the bundle. */
static void a_gap_of_minutes_bothers_nobody(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid", "7", GRID_ROW);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER);
    gb_cf_tick(&s, T0 + DAY);
    gb_cf_row(&s, "grid", "grid_post", "7/1", NULL);
    gb_cf_tick(&s, T0 + DAY + HOUR);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER);
    gb_cf_tick(&s, T0 + 9 * DAY);
    gb_cf_play_all(&s, &run);
    /* Before the first worker and the second: told thrice each. */
    gb_cf_has(&run, "\"vacant\":true", 6);
    gb_cf_has(&run, "post_vacant", 0);
    gb_cf_finish(&s, &run);
}

static void a_first_load_opens_nothing(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid", "7", GRID_ROW);
    s.records[s.count - 1].bootstrap = true;
    gb_cf_tick(&s, T0 + 9 * DAY);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER);
    gb_cf_row(&s, "grid", "grid_post", "7/1", NULL);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "post_vacant", 0);
    gb_cf_end(&run);
    gb_cf_tick(&s, T0 + 11 * DAY); /* the control: what is empty since is told */
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"change\":\"overlap.opened\"", 1);
    gb_cf_finish(&s, &run);
}

static void two_hats_are_one_person(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct gb_cf_report r = {"grid", "1", 1, "a", "0", "MS02", T0, "j1.g", NULL, NULL, false};

    (void)state;
    begin_script(&s);
    gb_cf_row(&s, "grid", "grid_post", "7/1", WORKER);
    gb_cf_put(&s, &r);
    gb_cf_row(&s, "party", "key_family", FAMILY_KEY, FAMILY);
    r.key = "2";
    gb_cf_put(&s, &r);
    r.key = "3";
    r.reporter = "j1.x"; /* another person */
    gb_cf_put(&s, &r);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"credits\":[\"grid\",\"party\"]", 4); /* of two, whichever came first: */
    gb_cf_has(&run, "\"before\":{\"credits\":[\"grid\"],\"version\":1}", 1);
    gb_cf_has(&run, "\"credits\":[\"grid\"]", 5);
    gb_cf_end(&run);
    gb_cf_row(&s, "party", "key_family", FAMILY_KEY, NULL);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "{\"also\":[\"key_family/" FAMILY_KEY "\"],\"network\":\"grid\"", 3);
    gb_cf_has(&run, "{\"also\":[\"" POST "\"],\"network\":\"party\"", 3);
    gb_cf_has(&run, "\"before\":{\"credits\":[\"grid\",\"party\"]", 2); /* taken back */
    gb_cf_has(&run, " gb.post.v1 key_family/" FAMILY_KEY " ", 2);
    gb_cf_finish(&s, &run);
}

static void one_more_row_than_a_node_holds_is_dead(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_script(&s);
    for (int i = 0; i < 65; i++) {
        char key[8];

        (void)snprintf(key, sizeof(key), "7/%d", i);
        gb_cf_row(&s, "grid", "grid_post", key, WORKER);
    }
    gb_cf_row(&s, "grid", "grid_post", "7/3", WORKER_UNTIL); /* one that is there may change */
    gb_cf_row(&s, "grid", "grid_post", "7/3", NULL);
    gb_cf_row(&s, "grid", "grid_post", "7/64", WORKER);
    gb_cf_play_all(&s, &run);
    assert_int_equal(run.outcomes[s.count - 4], GB_OUT_DEAD);
    gb_cf_has(&run, "\"reason\":\"too_many_members\"", 1);
    assert_int_equal(run.outcomes[s.count - 3], GB_APPLIED);
    assert_int_equal(run.outcomes[s.count - 1], GB_APPLIED);
    gb_cf_finish(&s, &run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_told_with_its_holder),
        cmocka_unit_test(a_family_without_a_holder_is_vacant),
        cmocka_unit_test(a_role_is_never_guessed),
        cmocka_unit_test(a_term_ends_by_tick),
        cmocka_unit_test(a_grid_needs_its_worker),
        cmocka_unit_test(a_gap_of_minutes_bothers_nobody),
        cmocka_unit_test(a_first_load_opens_nothing),
        cmocka_unit_test(two_hats_are_one_person),
        cmocka_unit_test(one_more_row_than_a_node_holds_is_dead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
