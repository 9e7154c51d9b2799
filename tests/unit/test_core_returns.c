/* Refusals counted and shown side by side, leads that pass on after failures, and a summary state
 * that never says more than the bodies did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_times.h"

/* grid's and party's reports of one matter, grid's the elder. */
static void pair(struct gb_cf_script *s, const struct gb_policy *policy, const char *grid,
                 const char *party)
{
    ct_begin(s, policy);
    ct_put(s, "grid", "7", grid);
    ct_put_at(s, "party/1", party, T0 + 1000, "grid/matter/7");
}

static void put_party(struct gb_cf_script *s, const char *state)
{
    ct_put_at(s, "party/1", state, T0 + 1000, "grid/matter/7");
}

static void the_summary_says_no_more_than_the_bodies(void **state)
{
    static const struct {
        const char *grid, *party, *summary;
    } cases[] = {{"0", "0", "REPORTED"},  {"4", "0", "REPORTED"},  {"0", "4", "ACCEPTED"},
                 {"4", "1", "ACCEPTED"},  {"1", "4", "ACCEPTED"},  {"1", "2", "RETURNED"},
                 {"2", "1", "RETURNED"},  {"3", "1", "HANDLED"},   {"1", "3", "HANDLED"},
                 {"6", "1", "VERIFIED"},  {"3", "6", "HANDLED"},   {"1", "1", "CLOSED"},
                 {"5", "1", "CLOSED"},    {"1", "5", "CLOSED"},    {"5", "5", "VOID"},
                 {"4", "5", "ACCEPTED"},  {"5", "3", "HANDLED"},   {"7", "1", "TRANSFERRED"},
                 {"3", "2", "RETURNED"},  {"0", "1", "REPORTED"}};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_cf_script s;
        struct gb_cf_run *run;
        char want[64];

        pair(&s, ct_policy(), cases[i].grid, cases[i].party);
        run = ct_play(&s);
        (void)snprintf(want, sizeof(want), "\"reporters\":[],\"state\":\"%s\"", cases[i].summary);
        assert_int_equal(ct_stands(run, want), 1);
        gb_cf_end(run);
        gb_arena_close(&s.arena);
    }
}

static void a_matter_is_over_when_all_bodies_are(void **state)
{
    static const struct {
        const char *grid, *party;
        bool is_over;
    } cases[] = {{"1", "4", false}, {"1", "1", true},  {"3", "6", true}, {"5", "1", true},
                 {"5", "4", false}, {"1", "2", false}, {"5", "5", true}};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_cf_script s;
        struct gb_cf_run *run;

        pair(&s, ct_policy(), cases[i].grid, cases[i].party);
        gb_cf_tick(&s, T0 + 4 * HOUR);
        run = ct_play(&s);
        assert_int_equal(ct_stands(run, "\"kind\":\"overdue\""), !cases[i].is_over);
        gb_cf_end(run);
        gb_arena_close(&s.arena);
    }
}

static void returns_are_counted_with_when_and_why(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    pair(&s, ct_policy(), "0", "2"); /* 1: a report that begins with a refusal */
    gb_cf_tick(&s, T0 + HOUR / 2);
    put_party(&s, "2"); /* still refused: no change of state */
    put_party(&s, "4");
    put_party(&s, "2"); /* 2 */
    run = ct_play(&s);
    assert_int_equal(ct_stands(run, "\"returned\":{\"refusals\":[{\"at\":1700000000000,"
                                    "\"why\":\"2\"},{\"at\":1700001800000,\"why\":\"2\"}],"
                                    "\"returns\":2}"), 1);
    assert_int_equal(ct_stands(run, "{\"claims_lead\":false,\"returns\":2,\"source\":\"party\","),
                     1);
    assert_int_equal(gb_cf_count(run, "ping_pong"), 0);
    assert_int_equal(gb_cf_count(run, "handed_over"), 0); /* party does not lead */
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void only_the_last_refusals_are_kept(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    pair(&s, ct_policy(), "0", "0");
    for (int i = 0; i < 11; i++) {
        gb_cf_tick(&s, T0 + i);
        put_party(&s, "2");
        put_party(&s, "4");
    }
    run = ct_play(&s);
    assert_int_equal(ct_stands(run, "\"returned\":{\"refusals\":[{\"at\":1700000000003,"), 1);
    assert_int_equal(ct_stands(run, "{\"at\":1700000000010,\"why\":\"2\"}],\"returns\":11}"), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void a_first_load_has_refused_nothing(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put(&s, "grid", "7", "2");
    s.records[s.count - 1].bootstrap = true;
    ct_put(&s, "grid", "7", "2"); /* live, and still the same refusal */
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "\"returns\""), 0);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void too_many_refusals_wait_for_the_command_centre(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    pair(&s, ct_policy(), "2", "2");
    put_party(&s, "4");
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "ping_pong"), 0);
    gb_cf_end(run);
    put_party(&s, "2"); /* the third of all */
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    assert_int_equal(ct_stands(run, "\"evidence\":[{\"key\":\"7\",\"refusals\":[{\"at\":"
                                    "1700000000000,\"why\":\"2\"}],\"returns\":1,\"source\":"
                                    "\"grid\"},{\"key\":\"1\",\"refusals\":[{\"at\":"), 1);
    assert_true(ct_leads(run, "grid_worker")); /* nobody has decided otherwise */
    gb_cf_end(run);
    put_party(&s, "4");
    put_party(&s, "2"); /* told again with the fourth */
    run = ct_play(&s);
    assert_int_equal(gb_cf_count(run, "\"kind\":\"ping_pong\",\"matter\""), 4);
    gb_cf_end(run);
    put_party(&s, "1");
    ct_put(&s, "grid", "7", "1");
    run = ct_play(&s);
    assert_int_equal(ct_stands(run, "\"kind\":\"ping_pong\""), 1);
    assert_int_equal(ct_stands(run, "\"rule\":\"done\",\"settled_at\""), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* The overlap's row after the script so far: its id. */
static const char *ping_pong_of(struct gb_cf_script *s)
{
    struct gb_cf_run *run = ct_play(s);
    const char *id = NULL;

    for (uint32_t i = 0; i < run->rows_count; i++) {
        if (strstr(run->rows[i].row.ptr, "\"kind\":\"ping_pong\"") != NULL) {
            id = gb_arena_str(&s->arena, run->rows[i].key).ptr;
        }
    }
    gb_cf_end(run);
    assert_non_null(id);
    return id;
}

static void the_command_centre_takes_it_for_good(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    pair(&s, ct_policy(), "2", "2");
    put_party(&s, "4");
    put_party(&s, "2");
    ct_decide(&s, "d1", "\"kind\":\"escalate\",\"overlap\":\"%s\",\"version\":1",
              ping_pong_of(&s));
    for (int i = 0; i < 10; i++) {
        put_party(&s, i % 2 == 0 ? "4" : "2");
    }
    run = ct_play(&s);
    assert_true(ct_leads(run, "command_centre"));
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    assert_int_equal(ct_stands(run, "\"ruled_by\":\"d1\""), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void the_lead_passes_on_after_failures(void **state)
{
    (void)state;
    for (int is_forbidden = 0; is_forbidden < 2; is_forbidden++) {
        struct gb_cf_script s;
        struct gb_cf_run *run;

        pair(&s, is_forbidden ? ct_policy_forbidding() : ct_policy(), "2", "0");
        ct_put(&s, "grid", "7", "4");
        run = ct_play(&s);
        assert_int_equal(gb_cf_count(run, "handed_over"), 0); /* once is not twice */
        gb_cf_end(run);
        ct_put(&s, "grid", "7", "2");
        for (int i = 0; i < 20; i++) { /* it does not come back */
            ct_put(&s, "grid", "7", i % 2 == 0 ? "4" : "0");
        }
        run = ct_play(&s);
        assert_int_equal(gb_cf_count(run, "gb.change.matter.handed_over.v1"), !is_forbidden);
        assert_int_equal(ct_leads(run, "key_family"), !is_forbidden);
        assert_int_equal(ct_leads(run, "grid_worker"), is_forbidden);
        assert_int_equal(ct_stands(run, "\"lead\":{\"basis\":{\"en\":\"e\",\"zh\":\"z\"},"
                                        "\"handed_over\":\"failures\",\"network\":\"party\","),
                         !is_forbidden);
        assert_int_equal(ct_stands(run, "no_owner"), 0); /* it stays where it was */
        gb_cf_end(run);
        gb_arena_close(&s.arena);
    }
}

/* Refusals are the report's: without it the list's lead is back. */
static void who_refused_takes_the_refusals_along(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_put(&s, "party", "1", "0");
    for (int i = 0; i < 3; i++) {
        ct_put_at(&s, "grid/7", i % 2 == 0 ? "2" : "4", T0 + 1000, "party/matter/1");
    }
    run = ct_play(&s);
    assert_true(ct_leads(run, "key_family"));
    gb_cf_end(run);
    ct_delete(&s, "grid", "7");
    run = ct_play(&s);
    assert_true(ct_leads(run, "grid_worker"));
    gb_cf_end(run);
    ct_put_at(&s, "grid/7", "4", T0 + 1000, "party/matter/1"); /* what it did is not forgotten */
    run = ct_play(&s);
    assert_true(ct_leads(run, "key_family"));
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_says_no_more_than_the_bodies),
        cmocka_unit_test(a_matter_is_over_when_all_bodies_are),
        cmocka_unit_test(returns_are_counted_with_when_and_why),
        cmocka_unit_test(only_the_last_refusals_are_kept),
        cmocka_unit_test(a_first_load_has_refused_nothing),
        cmocka_unit_test(too_many_refusals_wait_for_the_command_centre),
        cmocka_unit_test(the_command_centre_takes_it_for_good),
        cmocka_unit_test(the_lead_passes_on_after_failures),
        cmocka_unit_test(who_refused_takes_the_refusals_along)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
