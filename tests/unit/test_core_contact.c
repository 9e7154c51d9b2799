/* The contact network: who counts where, what is outside the rules, and that all can be taken back
 * whether memory held it or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_play.h"

#define T0 1700000000000
#define HOUR ((int64_t)3600000)
#define DAY (24 * HOUR)
#define GRID_ROW "{\"code\":\"" CF_GRID "\",\"households\":293}"
#define FAMILY "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.p\"}"
#define FAMILY_KEY CF_VILLAGE "000001"
#define OTHER_GRID CF_VILLAGE "002"
#define IN_TOWN "\"policy\":\"abcd\",\"purpose\":\"duty\",\"town\":\"320312111\""

static void put_link(struct gb_cf_script *s, int key, int member, int household, const char *grid)
{
    char name[16];
    char fields[256];

    (void)snprintf(name, sizeof(name), "%d", key);
    (void)snprintf(fields, sizeof(fields),
                   "{\"grid\":\"%s\",\"holder\":\"j1.m%d\",\"home\":\"" CF_GRID
                   "\",\"household\":\"j1.h%d\",\"village\":\"" CF_VILLAGE "\"}",
                   grid, member, household);
    gb_cf_row(s, "party", "contact", name, fields);
}

static void put_member(struct gb_cf_script *s, int key, int member, const char *until)
{
    char name[16];
    char fields[256];

    (void)snprintf(name, sizeof(name), "%d", key);
    (void)snprintf(fields, sizeof(fields),
                   "{\"family\":\"" FAMILY_KEY "\",\"holder\":\"j1.m%d\"%s%s%s}", member,
                   until != NULL ? ",\"until\":\"" : "", until != NULL ? until : "",
                   until != NULL ? "\"" : "");
    gb_cf_row(s, "party", "member", name, fields);
}

static void begin_town(struct gb_cf_script *s)
{
    gb_cf_begin(s);
    gb_cf_row(s, "grid", "grid", "7", GRID_ROW);
    gb_cf_row(s, "grid", "grid_post", "7/1",
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.g\",\"role\":\"worker\"}");
    gb_cf_row(s, "party", "key_family", FAMILY_KEY, FAMILY);
    put_member(s, 1, 1, NULL);
    put_member(s, 2, 2, NULL);
    put_link(s, 1, 1, 1, CF_GRID);
    put_link(s, 2, 1, 2, CF_GRID);
    put_link(s, 3, 2, 3, CF_GRID);
    put_link(s, 4, 2, 4, CF_GRID);
}

static void what_is_in_order_is_counted_at_ticks(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s);
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_tick(&s, T0 + 9 * DAY);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, " gb.contact.v1 grid/", 1);
    gb_cf_has(&run, "\"covered\":4,\"grid\":\"" CF_GRID "\",\"households\":293,\"id\":\"grid/"
        CF_GRID "\",\"key_families\":1,\"kind\":\"grid\"", 2);
    gb_cf_has(&run, "\"uncovered\":289", 2); /* the coverage gap */
    gb_cf_has(&run, "\"members\":2", 2);
    gb_cf_has(&run, " gb.contact.v1 member/d1.", 2);
    gb_cf_has(&run, " gb.contact.v1 household/d1.", 4);
    gb_cf_has(&run, "contact_conflict", 0);
    gb_cf_has(&run, "\"wrong\"", 0);
    gb_cf_has(&run, "j1.", 0); /* no hash that the bridge works with goes out */
    gb_cf_finish(&s, &run);
}

static void counts_outside_the_rules_are_told_and_settled(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s);
    put_member(&s, 3, 3, NULL);
    put_member(&s, 4, 4, NULL); /* the family has 4 of at most 3, */
    put_link(&s, 5, 1, 5, CF_GRID);
    put_link(&s, 6, 1, 6, CF_GRID); /* the first member 4 of at most 3 */
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_tick(&s, T0 + 1000 + DAY - 1);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"wrong\":[\"too_many\"]", 4);
    gb_cf_has(&run, "contact_conflict", 0); /* not for as long as is allowed */
    gb_cf_end(&run);
    gb_cf_tick(&s, T0 + 1000 + DAY);
    gb_cf_row(&s, "party", "contact", "6", NULL);
    gb_cf_row(&s, "party", "member", "4", NULL);
    gb_cf_tick(&s, T0 + 2000 + DAY);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "{\"count\":4,\"least\":2,\"most\":3}", 4);
    gb_cf_has(&run, "\"change\":\"overlap.opened\"", 2);
    gb_cf_has(&run, "\"rule\":\"too_many\",\"state\":\"open\"", 2);
    gb_cf_has(&run, "\"rule\":\"in_order\",\"settled_at\"", 2);
    gb_cf_finish(&s, &run);
}

static void a_household_is_linked_once_and_at_home(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s);
    put_link(&s, 7, 2, 1, CF_GRID);     /* the first household once more */
    put_link(&s, 2, 1, 2, OTHER_GRID);  /* the second one elsewhere */
    gb_cf_tick(&s, T0 + HOUR);          /* what waits stays in memory, the rest leaves it */
    gb_cf_tick(&s, T0 + DAY);
    gb_cf_tick(&s, T0 + 2 * DAY);       /* all have left it */
    put_link(&s, 2, 1, 2, CF_GRID);
    gb_cf_row(&s, "party", "contact", "7", NULL);
    put_link(&s, 3, 2, 8, CF_GRID);     /* another household: the old one ends */
    gb_cf_tick(&s, T0 + 2 * DAY + 1000);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"wrong\":[\"linked_twice\"]", 3);
    gb_cf_has(&run, "\"wrong\":[\"other_grid\"]", 3);
    gb_cf_has(&run, "\"change\":\"overlap.opened\"", 2);
    gb_cf_has(&run, "\"rule\":\"linked_twice\",\"state\":\"open\"", 1);
    gb_cf_has(&run, "\"rule\":\"other_grid\",\"state\":\"open\"", 1);
    gb_cf_has(&run, "\"rule\":\"in_order\",\"settled_at\"", 2);
    gb_cf_has(&run, "\"change\":\"contact.removed\"", 1);
    gb_cf_has(&run, "\"covered\":4,", 2); /* it never changed */
    gb_cf_finish(&s, &run);
}

static void a_link_ends_by_tick_and_a_family_may_go(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s);
    put_member(&s, 2, 2, "2023-11-16");
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_tick(&s, INT64_C(1700150400000)); /* the end of that day */
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"members\":1", 2);
    gb_cf_has(&run, "\"families\":[]", 2);
    gb_cf_has(&run, "\"wrong\":[\"too_few\"]", 2);
    gb_cf_end(&run);
    gb_cf_row(&s, "party", "key_family", FAMILY_KEY, NULL);
    gb_cf_tick(&s, INT64_C(1700150401000));
    gb_cf_row(&s, "party", "member", "1", NULL);
    gb_cf_row(&s, "party", "member", "2", NULL);
    gb_cf_tick(&s, INT64_C(1700150402000));
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"wrong\":[\"no_family\"]", 3);
    gb_cf_has(&run, " gb.contact.v1 family/" FAMILY_KEY " ", 4); /* the last one is its end */
    gb_cf_has(&run, "\"key_families\":0", 2);
    gb_cf_finish(&s, &run);
}

static void a_member_needs_a_family_and_a_link_a_place(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s);
    put_link(&s, 5, 9, 5, CF_GRID);
    put_link(&s, 6, 9, 6, CF_GRID);
    gb_cf_row(&s, "party", "contact", "7", /* knows the village only: its own */
              "{\"holder\":\"j1.m9\",\"home\":\"" CF_GRID "\",\"household\":\"j1.h7\","
              "\"village\":\"" CF_VILLAGE "\"}");
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"wrong\":[\"unlinked\"]", 2);
    gb_cf_has(&run, "\"wrong\"", 2);
    gb_cf_end(&run);
    put_member(&s, 9, 9, NULL);
    gb_cf_row(&s, "party", "contact", "7", /* another one */
              "{\"holder\":\"j1.m9\",\"home\":\"" CF_GRID "\",\"household\":\"j1.h7\","
              "\"village\":\"320312111202\"}");
    gb_cf_tick(&s, T0 + 2000);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"wrong\":[\"unlinked\"]", 3); /* and before it was mended */
    gb_cf_has(&run, "\"wrong\":[\"other_grid\"]", 2);
    gb_cf_finish(&s, &run);
}

/* A key family comes before its grid: the grid's node is opened when a tick counts it. */
static void what_a_tick_opens_has_a_town(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    gb_cf_row(&s, "party", "key_family", FAMILY_KEY, FAMILY);
    gb_cf_row(&s, "party", "member", "1",
              "{\"family\":\"" CF_VILLAGE "000002\",\"holder\":\"j1.m1\"}");
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"kind\":\"grid\"," IN_TOWN, 2);
    gb_cf_has(&run, "\"members\":1," IN_TOWN, 2);
    gb_cf_finish(&s, &run);
}

/* A sheet is loaded: what it brings is known, and only what is wrong since is told. */
static void a_first_load_opens_nothing(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    begin_town(&s);
    put_link(&s, 7, 2, 1, CF_GRID);
    put_link(&s, 8, 2, 9, CF_GRID);
    for (uint32_t i = 2; i < s.count; i++) {
        s.records[i].bootstrap = true;
    }
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_tick(&s, T0 + 9 * DAY);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"wrong\":[\"linked_twice\"]", 2);
    gb_cf_has(&run, "\"wrong\":[\"too_many\"]", 2); /* its links: 2 and 2 more */
    gb_cf_has(&run, "contact_conflict", 0);
    gb_cf_end(&run);
    put_link(&s, 9, 1, 1, CF_GRID);
    put_link(&s, 10, 1, 9, OTHER_GRID);
    gb_cf_tick(&s, T0 + 11 * DAY);
    gb_cf_play_all(&s, &run);
    gb_cf_has(&run, "\"rule\":\"other_grid\",\"state\":\"open\"", 1); /* that is new */
    gb_cf_has(&run, "\"rule\":\"linked_twice\",\"state\":\"open\"", 0);
    gb_cf_finish(&s, &run);
}

/* Every row comes, changes and goes in any order: nothing is left. */
static void all_can_be_taken_back(void **state)
{
    for (uint32_t seed = 1; seed <= 40; seed++) {
        uint32_t at = seed;
        struct gb_cf_script s;
        struct gb_cf_run run;

        (void)state;
        begin_town(&s);
        for (int i = 0; i < 60; i++) {
            at = at * 1103515245U + 12345U;
            put_link(&s, (int)(at >> 16) % 9, (int)(at >> 20) % 4, (int)(at >> 24) % 4,
                     (at >> 28) % 2 == 0 ? CF_GRID : OTHER_GRID);
            put_member(&s, (int)(at >> 18) % 5, (int)(at >> 22) % 4,
                       (at >> 27) % 3 == 0 ? "2023-11-16" : NULL);
            if ((at >> 29) % 4 == 0) {
                gb_cf_tick(&s, T0 + (i + 1) * HOUR);
            }
        }
        gb_cf_row(&s, "grid", "grid", "7", NULL);
        gb_cf_row(&s, "grid", "grid_post", "7/1", NULL);
        gb_cf_row(&s, "party", "key_family", FAMILY_KEY, NULL);
        for (int i = 0; i < 9; i++) {
            char key[8];

            (void)snprintf(key, sizeof(key), "%d", i);
            gb_cf_row(&s, "party", "contact", key, NULL);
            gb_cf_row(&s, "party", "member", key, NULL);
        }
        gb_cf_tick(&s, T0 + 9 * DAY);
        gb_cf_tick(&s, T0 + 10 * DAY);
        gb_cf_play_all(&s, &run);
        for (uint32_t i = 0; i < run.rows_count; i++) {
            assert_true(run.rows[i].table < GB_TABLE_POST);
        }
        gb_cf_finish(&s, &run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_order_is_counted_at_ticks),
        cmocka_unit_test(counts_outside_the_rules_are_told_and_settled),
        cmocka_unit_test(a_household_is_linked_once_and_at_home),
        cmocka_unit_test(a_link_ends_by_tick_and_a_family_may_go),
        cmocka_unit_test(a_member_needs_a_family_and_a_link_a_place),
        cmocka_unit_test(what_a_tick_opens_has_a_town),
        cmocka_unit_test(a_first_load_opens_nothing),
        cmocka_unit_test(all_can_be_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
