/* Write-back: what each system is told, what comes back, and that two systems never answer each
 * other for ever. Each script gives the same with any batch size and any restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_told.h"

/* ---- counterparts ---- */

static void the_leading_network_gets_a_counterpart_once(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "0", NULL);
    cw_put(&s, "party", "1", "0", NULL);
    cw_put(&s, "party", "1", "0", NULL);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 1);
    gb_cf_has(run, "\"action\":\"create\"", 3); /* the message, the change, the matter */
    gb_cf_has(run, "\"set\":{\"case_type\":\"MS02\",\"occurred\":\"2023-11-15 06:13:20\","
                   "\"peer\":\"1\",\"source\":\"bridge\",\"title\":\"1\"}", 1);
    gb_cf_finish(&s, run);
}

static void its_row_makes_no_duplicate_and_is_no_elder(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "0", NULL);
    cw_answer(&s, "accepted", ",\"key\":\"g9\"");
    cw_put(&s, "grid", "g9", "0", "party/matter/1");
    run = cw_play(&s);
    assert_int_equal(cw_stands(run, "\"made\":true"), 1);
    gb_cf_has(run, "\"duplicates\"", 0);
    gb_cf_has(run, "gb.change.matter.opened.v1", 1);
    gb_cf_has(run, "gb.change.overlap", 0);
    assert_int_equal(cw_stands(run, "\"saved\":1"), 1);
    gb_cf_has(run, "\"first_contact\":{\"network\":\"grid\"", 0);
    gb_cf_finish(&s, run);
}

/* The control: the same row, typed by hand, is a report of its own. */
static void a_row_that_nobody_asked_for_corroborates(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "party", "1", "0", NULL);
    cw_put(&s, "grid", "g9", "0", "party/matter/1");
    run = cw_play(&s);
    assert_int_equal(cw_stands(run, "\"made\":true"), 0);
    assert_int_not_equal(gb_cf_count(run, "\"duplicates\":{\"corroboration\":1}"), 0);
    gb_cf_finish(&s, run);
}

/* Somebody types a second case all the same and writes the task's number into it. */
static void a_second_row_that_names_the_report_takes_nothing_away(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "0", NULL);
    cw_answer(&s, "accepted", ",\"key\":\"g9\"");
    cw_put(&s, "grid", "g9", "0", "party/matter/1");
    cw_put(&s, "grid", "g10", "0", "party/matter/1");
    run = cw_play(&s);
    gb_cf_has(run, "gb.change.matter.split.v1", 0);
    gb_cf_has(run, "gb.change.matter.opened.v1", 1); /* all three are one */
    gb_cf_has(run, "\"action\":\"create\",\"clock\"", 1);
    gb_cf_has(run, "\"set\":{\"finished\":\"8\"}", 1); /* and the row that nobody needs is closed */
    gb_cf_finish(&s, run);
    cw_begin(&s, 0, 3); /* the control: neither was made */
    cw_put(&s, "party", "1", "0", NULL);
    cw_put(&s, "grid", "g9", "0", "party/matter/1");
    cw_put(&s, "grid", "g10", "0", "party/matter/1");
    run = cw_play(&s);
    gb_cf_has(run, "gb.change.matter.split.v1", 2);
    gb_cf_finish(&s, run);
}

static void a_counterpart_is_known_before_its_result(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *create;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "0", NULL);
    create = cw_answer_of(&s, "accepted", ",\"key\":\"g9\"");
    cw_put(&s, "grid", "g9", "0", "party/matter/1");
    gb_cf_result(&s, create);
    gb_cf_result(&s, create);
    run = cw_play(&s);
    assert_int_equal(cw_stands(run, "\"made\":true"), 1);
    assert_int_equal(cw_stands(run, "\"saved\":1"), 1);
    gb_cf_has(run, "gb.writeback.v1", 2); /* the other is the party row's peer */
    gb_cf_finish(&s, run);
}

static void a_refusal_is_shown_and_final(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "0", NULL);
    cw_answer(&s, "refused", ",\"reason\":\"no_such_grid\"");
    cw_put(&s, "party", "1", "0", NULL);
    gb_cf_tick(&s, T0 + 9 * HOUR);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 1);
    assert_int_not_equal(gb_cf_count(run, "\"reason\":\"no_such_grid\""), 0);
    gb_cf_has(run, "\"rule\":\"writeback.refused\"", 1);
    gb_cf_finish(&s, run);
}

/* An officer did it himself, so the row shows it; the system says that it was not the bridge. */
static void a_refusal_is_heard_after_an_image_that_shows_it(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *refusal;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "1", NULL);
    refusal = cw_answer_of(&s, "refused", ",\"reason\":\"changed_meanwhile\"");
    cw_put(&s, "party", "1", "1", "grid/matter/2");
    run = cw_play(&s);
    gb_cf_has(run, "\"reason\":\"changed_meanwhile\"", 0); /* the control */
    gb_cf_end(run);
    gb_cf_result(&s, refusal);
    gb_cf_result(&s, refusal);
    run = cw_play(&s);
    assert_int_equal(run->outcomes[s.count - 2], GB_APPLIED);
    assert_int_equal(run->outcomes[s.count - 1], GB_UNCHANGED);
    assert_int_equal(cw_stands(run, "\"refused\":1"), 1);
    gb_cf_has(run, "\"rule\":\"writeback.refused\"", 1);
    gb_cf_finish(&s, run);
}

static void silence_expires_and_is_asked_again_so_often(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 2);
    cw_put(&s, "party", "1", "0", NULL);
    gb_cf_tick(&s, T0 + HOUR);     /* not yet */
    gb_cf_tick(&s, T0 + HOUR + 1); /* now */
    gb_cf_tick(&s, T0 + 5 * HOUR);
    gb_cf_tick(&s, T0 + 9 * HOUR);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 2);
    gb_cf_has(run, "\"try\":2", 1);
    assert_int_equal(cw_stands(run, "\"expired\":2"), 1);
    gb_cf_finish(&s, run);
}

static void a_matter_that_is_over_gets_none(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "1", NULL);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 0);
    gb_cf_finish(&s, run);
}

static void a_first_load_writes_nothing_back(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    cw_put(&s, "party", "1", "0", NULL);
    s.records[s.count - 1].bootstrap = true;
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 0);
    gb_cf_end(run);
    cw_put(&s, "party", "1", "0", NULL); /* the control: live */
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 1);
    gb_cf_finish(&s, run);
}

/* ---- shadow ---- */

static void shadow_counts_and_sends_nothing_until_it_is_live(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, GB_CREATE_LEAD, 3);
    s.modes = "{\"grid\":\"shadow\",\"party\":\"live\"}";
    gb_cf_tick(&s, T0 + 2);
    cw_put(&s, "party", "1", "0", NULL);
    cw_put(&s, "party", "1", "0", NULL);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 0);
    assert_int_equal(cw_stands(run, "\"suppressed\":1"), 1);
    assert_int_not_equal(gb_cf_count(run, "\"state\":\"suppressed\""), 0);
    gb_cf_end(run);
    s.modes = LIVE;
    gb_cf_tick(&s, T0 + 3);
    cw_put(&s, "party", "1", "0", NULL);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 1);
    gb_cf_finish(&s, run);
}

/* ---- rows ---- */

/* The party's row is told what the leading grid did; its echo changes nothing more. */
static void the_lead_closes_and_the_other_row_follows(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;
    enum gb_outcome outcome;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "party", "1", "0", NULL);
    cw_put(&s, "grid", "2", "0", "party/matter/1");
    cw_answer(&s, "accepted", ""); /* of the peer's key */
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "1", "party/matter/1");
    run = cw_play(&s);
    gb_cf_has(run, "\"set\":{\"status\":\"9\"}", 1);
    gb_cf_end(run);
    cw_answer(&s, "accepted", "");
    cw_put(&s, "party", "1", "1", "grid/matter/2");
    run = cw_play(&s);
    outcome = run->outcomes[s.count - 1];
    assert_int_equal(outcome, GB_UNCHANGED);
    gb_cf_has(run, "gb.writeback.v1", 2);
    gb_cf_has(run, "gb.change.overlap.opened", 0);
    assert_int_equal(cw_stands(run, "\"echoes\":2"), 1);
    gb_cf_has(run, "\"rule\":\"writeback.confirmed\"", 2);
    gb_cf_finish(&s, run);
}

/* An officer opens the row again: his word stands, the bridge does not repeat itself; only when the
 * lead's own state has been another in between it asks again. */
static void a_foreign_edit_is_not_answered(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "1", NULL);
    cw_answer(&s, "accepted", "");
    cw_put(&s, "party", "1", "1", "grid/matter/2");
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "1", NULL);
    gb_cf_tick(&s, T0 + 9 * HOUR);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 1);
    assert_int_equal(run->outcomes[s.count - 3], GB_APPLIED);
    gb_cf_finish(&s, run);
}

/* The party has no say over the grid's state: it is not written, whoever leads. */
static void authority_is_never_written_over(void **state)
{
    static struct gb_cf_script s;
    static struct gb_policy policy;
    static struct gb_authority turned;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "0", NULL);
    gb_cf_decide(&s, "d1", "seat-1",
                 gb_arena_printf(&s.arena, "\"kind\":\"lead_is\",\"matter\":\"%s\","
                                 "\"to\":\"key_family\"",
                                 gb_cf_matter_of(&s, "party/matter/1")).ptr);
    cw_put(&s, "party", "1", "1", "grid/matter/2");
    run = cw_play(&s);
    gb_cf_has(run, "\"set\":{\"dept\":\"key_family\"}", 1); /* the lead is another's word */
    gb_cf_has(run, "\"finished\"", 0);
    gb_cf_end(run);
    /* The control: without that authority the grid's row is closed. */
    turned = s.policy->authority[0];
    turned.sources_count = 0;
    policy = *s.policy;
    policy.authority = &turned;
    s.policy = &policy;
    run = cw_play(&s);
    gb_cf_has(run, "\"finished\":\"9\"", 1);
    gb_cf_finish(&s, run);
}

/* No image shows who leads: one that comes before the answer confirms nothing. */
static void who_leads_is_confirmed_by_an_answer_alone(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "0", NULL);
    gb_cf_decide(&s, "d1", "seat-1",
                 gb_arena_printf(&s.arena, "\"kind\":\"lead_is\",\"matter\":\"%s\","
                                 "\"to\":\"key_family\"",
                                 gb_cf_matter_of(&s, "party/matter/1")).ptr);
    cw_put(&s, "grid", "2", "0", NULL);
    cw_answer(&s, "refused", ",\"reason\":\"no\"");
    run = cw_play(&s);
    assert_int_equal(cw_stands(run, "\"refused\":1"), 1);
    assert_int_equal(cw_stands(run, "\"confirmed\":1"), 0);
    gb_cf_finish(&s, run);
}

/* Two rows of one system that a person calls one matter: the younger is closed, the elder stays;
 * nothing closes by itself. */
static void a_second_row_of_one_source_is_closed_as_duplicate(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;

    (void)state;
    cw_begin(&s, 0, 3);
    cw_put(&s, "grid", "5", "0", NULL);
    cw_put(&s, "grid", "6", "0", NULL);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 0);
    gb_cf_end(run);
    gb_cf_decide(&s, "d1", "seat-1",
                 gb_arena_printf(&s.arena, "\"kind\":\"duplicate\",\"matter\":\"%s\","
                                 "\"other\":\"%s\"", gb_cf_matter_of(&s, "grid/matter/6"),
                                 gb_cf_matter_of(&s, "grid/matter/5")).ptr);
    run = cw_play(&s);
    gb_cf_has(run, "gb.writeback.v1", 1);
    gb_cf_has(run, "\"set\":{\"finished\":\"8\"}", 1);
    gb_cf_has(run, "\"key\":\"6\",\"matter\"", 1);
    gb_cf_finish(&s, run);
}

/* Each wish is told once, however the two rows are touched afterwards. */
static void no_sequence_of_edits_makes_a_loop(void **state)
{
    static struct gb_cf_script s;
    struct gb_cf_run *run;
    uint32_t wishes;

    (void)state;
    cw_begin(&s, 0, 1);
    cw_put(&s, "party", "1", "0", "grid/matter/2");
    cw_put(&s, "grid", "2", "0", NULL);
    for (int i = 0; i < 20; i++) {
        cw_put(&s, "grid", "2", i % 4 < 2 ? "1" : "0", NULL);
        cw_put(&s, "party", "1", i % 3 == 0 ? "1" : "0", "grid/matter/2");
    }
    run = cw_play(&s);
    wishes = gb_cf_count(run, "gb.writeback.v1");
    assert_true(wishes >= 1 && wishes <= 5); /* CLOSED became the wish five times */
    gb_cf_finish(&s, run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_leading_network_gets_a_counterpart_once),
        cmocka_unit_test(its_row_makes_no_duplicate_and_is_no_elder),
        cmocka_unit_test(a_row_that_nobody_asked_for_corroborates),
        cmocka_unit_test(a_second_row_that_names_the_report_takes_nothing_away),
        cmocka_unit_test(a_counterpart_is_known_before_its_result),
        cmocka_unit_test(a_refusal_is_shown_and_final),
        cmocka_unit_test(a_refusal_is_heard_after_an_image_that_shows_it),
        cmocka_unit_test(silence_expires_and_is_asked_again_so_often),
        cmocka_unit_test(a_matter_that_is_over_gets_none),
        cmocka_unit_test(a_first_load_writes_nothing_back),
        cmocka_unit_test(shadow_counts_and_sends_nothing_until_it_is_live),
        cmocka_unit_test(the_lead_closes_and_the_other_row_follows),
        cmocka_unit_test(a_foreign_edit_is_not_answered),
        cmocka_unit_test(authority_is_never_written_over),
        cmocka_unit_test(who_leads_is_confirmed_by_an_answer_alone),
        cmocka_unit_test(a_second_row_of_one_source_is_closed_as_duplicate),
        cmocka_unit_test(no_sequence_of_edits_makes_a_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
