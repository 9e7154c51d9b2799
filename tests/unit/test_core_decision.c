/* Decisions of people: what each kind does, when it is stale or refused, that it sticks, that undo
 * gives the fold without it, and that batches and restarts change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_play.h"

#define T0 1700000000000
#define HOUR INT64_C(3600000)

static const struct gb_cf_report party = {"party", "1", 10, "pa", "0", "MS02", T0, NULL, NULL,
                                          NULL, false};
static const struct gb_cf_report grid = {"grid", "7", 10, "ga", "0", "NY04", T0 + 5 * HOUR, NULL,
                                         NULL, NULL, false};

/* The n-th row's key of a table after the script so far. */
static const char *key_of(struct gb_cf_script *s, enum gb_table table, uint32_t n)
{
    static struct gb_cf_run run;
    struct gb_str key = GB_STR_NONE;

    gb_cf_play(s, 1000, 0, &run);
    for (uint32_t i = 0; i < run.rows_count; i++) {
        if (run.rows[i].table == table && n-- == 0) {
            key = gb_arena_str(&s->arena, run.rows[i].key);
        }
    }
    gb_cf_end(&run);
    assert_true(gb_str_is(key));
    return key.ptr;
}

__attribute__((format(printf, 4, 5))) static void decide(struct gb_cf_script *s, const char *id,
                                                         const char *actor, const char *format,
                                                         ...)
{
    char fields[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(fields, sizeof(fields), format, args);
    va_end(args);
    gb_cf_decide(s, id, actor, fields);
}

/* Whatever the batches and restarts, the result is that of one run; it is given back. */
static struct gb_cf_run *play_all(const struct gb_cf_script *s)
{
    static const uint32_t sizes[][2] = {{1, 1}, {3, 2}, {7, 0}, {1, 0}, {1000, 3}};
    static struct gb_cf_run whole;
    static struct gb_cf_run other;

    gb_cf_play(s, 1000, 0, &whole);
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        gb_cf_play(s, sizes[i][0], sizes[i][1], &other);
        gb_cf_same(&whole, &other);
        gb_cf_end(&other);
    }
    return &whole;
}

/* Two matters: party's led by the list, grid's of a category that no row lists. */
static void two_matters(struct gb_cf_script *s)
{
    gb_cf_begin(s);
    gb_cf_put(s, &party);
    gb_cf_put(s, &grid);
    gb_cf_tick(s, T0 + HOUR);
}

static void a_lead_settles_no_owner_and_sticks(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_report r = grid;
    struct gb_cf_run *run;
    const char *overlap;

    (void)state;
    two_matters(&s);
    overlap = key_of(&s, GB_TABLE_OVERLAP, 0);
    decide(&s, "d1", "seat-1",
           "\"kind\":\"lead_is\",\"overlap\":\"%s\",\"version\":1,\"to\":\"key_family\"", overlap);
    for (int i = 0; i < 100; i++) { /* a hundred updates later it still stands */
        r.column++;
        r.hash = gb_arena_printf(&s.arena, "g%d", i).ptr;
        r.occurred_at++;
        gb_cf_put(&s, &r);
    }
    gb_cf_tick(&s, T0 + 2 * HOUR);
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.settled.v1"), 1);
    assert_in_range(gb_cf_count(run, "\"lead\":{\"basis\":{},\"decision\":\"d1\""), 1, 1000);
    assert_int_equal(gb_cf_count(run, "\"ruled_by\":\"d1\""), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void the_same_id_twice_has_no_effect(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *matter;

    (void)state;
    two_matters(&s);
    matter = gb_cf_matter_of(&s, "grid/matter/7");
    for (int i = 0; i < 3; i++) {
        decide(&s, "d1", "seat-1", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"to\":\"key_family\"",
               matter);
    }
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision."), 1);
    assert_int_equal(run->outcomes[s.count - 1], GB_UNCHANGED);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void a_stale_one_is_answered_with_the_state_now(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *overlap;

    (void)state;
    two_matters(&s);
    overlap = key_of(&s, GB_TABLE_OVERLAP, 0);
    decide(&s, "d1", "seat-1",
           "\"kind\":\"lead_is\",\"overlap\":\"%s\",\"version\":1,\"to\":\"key_family\"", overlap);
    decide(&s, "d2", "seat-2",
           "\"kind\":\"lead_is\",\"overlap\":\"%s\",\"version\":1,\"to\":\"grid_worker\"", overlap);
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.stale.v1"), 1);
    assert_int_equal(gb_cf_count(run, "\"outcome\":\"stale\",\"rule\":\"decision\","
                                      "\"state\":\"settled\",\"version\":2"), 1);
    assert_int_equal(gb_cf_count(run, "\"decision\":\"d2\",\"network\""), 0);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void undo_gives_the_fold_without_it(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_script without;
    struct gb_cf_run *run;
    static struct gb_cf_run plain;
    const char *overlap;

    (void)state;
    two_matters(&s);
    overlap = key_of(&s, GB_TABLE_OVERLAP, 0);
    decide(&s, "d1", "seat-1",
           "\"kind\":\"lead_is\",\"overlap\":\"%s\",\"version\":1,\"to\":\"key_family\"", overlap);
    decide(&s, "d2", "seat-1", "\"kind\":\"undo\",\"decision\":\"d1\"");
    decide(&s, "d3", "seat-1", "\"kind\":\"undo\",\"decision\":\"d1\""); /* not active any more */
    decide(&s, "d4", "seat-1", "\"kind\":\"undo\",\"decision\":\"d9\"");
    run = play_all(&s);
    two_matters(&without);
    gb_cf_play(&without, 1000, 0, &plain);
    for (uint32_t i = 0; i < plain.rows_count; i++) {
        if (plain.rows[i].table == GB_TABLE_OVERLAP) {
            assert_non_null(strstr(plain.rows[i].row.ptr, "\"state\":\"open\""));
        }
    }
    for (uint32_t i = 0; i < run->rows_count; i++) {
        if (run->rows[i].table == GB_TABLE_OVERLAP) {
            assert_non_null(strstr(run->rows[i].row.ptr, "\"state\":\"open\""));
            assert_null(strstr(run->rows[i].row.ptr, "ruled_by"));
        }
        if (run->rows[i].table == GB_TABLE_MATTER) {
            assert_null(strstr(run->rows[i].row.ptr, "\"decision\""));
        }
    }
    assert_int_equal(gb_cf_count(run, "gb.change.overlap.opened.v1"), 2);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"not_active\""), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"unknown_decision\""), 1);
    gb_cf_end(run);
    gb_cf_end(&plain);
    gb_arena_close(&s.arena);
    gb_arena_close(&without.arena);
}

static void duplicates_are_joined_and_parted_by_people(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *a;
    const char *b;

    (void)state;
    two_matters(&s);
    a = gb_cf_matter_of(&s, "party/matter/1");
    b = gb_cf_matter_of(&s, "grid/matter/7");
    decide(&s, "d1", "seat-1", "\"kind\":\"duplicate\",\"matter\":\"%s\",\"other\":\"%s\"", b, a);
    assert_string_equal(gb_cf_matter_of(&s, "grid/matter/7"), a); /* the elder's id survives */
    decide(&s, "d2", "seat-1",
           "\"kind\":\"split\",\"matter\":\"%s\",\"report\":\"grid/matter/7\"", a);
    assert_string_not_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    decide(&s, "d3", "seat-1", "\"kind\":\"undo\",\"decision\":\"d2\"");
    assert_string_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    decide(&s, "d4", "seat-1", "\"kind\":\"undo\",\"decision\":\"d1\"");
    assert_string_not_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 4);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.merged.v1"), 2);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void not_a_duplicate_holds_against_certain_evidence(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_report r = grid;
    struct gb_cf_run *run;
    const char *a;
    const char *b;

    (void)state;
    two_matters(&s);
    a = gb_cf_matter_of(&s, "party/matter/1");
    b = gb_cf_matter_of(&s, "grid/matter/7");
    decide(&s, "d1", "seat-1", "\"kind\":\"not_duplicate\",\"matter\":\"%s\",\"other\":\"%s\"", a,
           b);
    r.column = 11;
    r.hash = "gb";
    r.xref = "party/matter/1";
    gb_cf_put(&s, &r);
    assert_string_not_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    decide(&s, "d2", "seat-1", "\"kind\":\"undo\",\"decision\":\"d1\"");
    assert_string_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    decide(&s, "d3", "seat-1",
           "\"kind\":\"split\",\"matter\":\"%s\",\"report\":\"grid/matter/7\"", a);
    assert_string_not_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    run = play_all(&s);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void two_people_make_four_eyes(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *matter;

    (void)state;
    two_matters(&s);
    matter = gb_cf_matter_of(&s, "party/matter/1");
    decide(&s, "d1", "seat-1", "\"kind\":\"transfer\",\"matter\":\"%s\",\"to\":\"key_family\"",
           matter);
    decide(&s, "c1", "seat-1", "\"kind\":\"confirm\",\"decision\":\"d1\"");
    decide(&s, "c2", "seat-2", "\"kind\":\"confirm\",\"decision\":\"d1\"");
    decide(&s, "c3", "seat-3", "\"kind\":\"confirm\",\"decision\":\"d1\"");
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.waiting.v1"), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"same_actor\""), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"not_waiting\""), 1);
    assert_in_range(gb_cf_count(run, "\"decision\":\"d1\",\"network\":\"party\""), 1, 4);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void a_claim_is_one_seats(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *overlap;

    (void)state;
    two_matters(&s);
    overlap = key_of(&s, GB_TABLE_OVERLAP, 0);
    decide(&s, "c1", "seat-1", "\"kind\":\"claim\",\"overlap\":\"%s\",\"version\":1", overlap);
    decide(&s, "c2", "seat-2", "\"kind\":\"claim\",\"overlap\":\"%s\",\"version\":2", overlap);
    decide(&s, "c3", "seat-2", "\"kind\":\"release\",\"overlap\":\"%s\",\"version\":2", overlap);
    decide(&s, "c4", "seat-2", "\"kind\":\"hand_over\",\"overlap\":\"%s\",\"version\":2", overlap);
    decide(&s, "c5", "seat-2", "\"kind\":\"release\",\"overlap\":\"%s\",\"version\":3", overlap);
    decide(&s, "c6", "seat-1", "\"kind\":\"claim\",\"overlap\":\"%s\",\"version\":4", overlap);
    gb_cf_tick(&s, T0 + 3 * HOUR); /* the claim is over after an hour */
    decide(&s, "c7", "seat-2", "\"kind\":\"claim\",\"overlap\":\"%s\",\"version\":5", overlap);
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 5);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"claimed\""), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"not_claimed_by_actor\""), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

static void what_is_unknown_or_wrong_is_refused(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run *run;
    const char *a;

    (void)state;
    two_matters(&s);
    a = gb_cf_matter_of(&s, "party/matter/1");
    decide(&s, "d1", "x", "\"kind\":\"escalate\",\"matter\":\"nobody\"");
    decide(&s, "d2", "x", "\"kind\":\"escalate\",\"overlap\":\"nobody\",\"version\":1");
    decide(&s, "d3", "x", "\"kind\":\"duplicate\",\"matter\":\"%s\",\"other\":\"%s\"", a, a);
    decide(&s, "d4", "x", "\"kind\":\"split\",\"matter\":\"%s\",\"report\":\"grid/matter/7\"", a);
    decide(&s, "d5", "x", "\"kind\":\"split\",\"matter\":\"%s\",\"report\":\"party/matter/1\"", a);
    decide(&s, "d6", "x", "\"kind\":\"extend\",\"matter\":\"%s\",\"until\":1", a);
    decide(&s, "d7", "x", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"to\":\"department:NN\"", a);
    decide(&s, "d8", "x", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"version\":9,"
           "\"to\":\"department\"", a);
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"unknown\""), 2);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"same_matter\""), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"not_a_report_of_the_matter\""), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"only_report_of_the_matter\""), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"in_the_past\""), 1);
    assert_int_equal(gb_cf_count(run, "\"refused\":\"unknown_unit\""), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.stale.v1"), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 0);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* A matter closed and forgotten long ago comes back for the decision that names it. */
static void what_memory_forgot_is_fetched(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_report r = party;
    struct gb_cf_run *run;
    const char *a;
    const char *b;

    (void)state;
    two_matters(&s);
    a = gb_cf_matter_of(&s, "party/matter/1");
    b = gb_cf_matter_of(&s, "grid/matter/7");
    decide(&s, "d1", "seat-1", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"to\":\"department\"", a);
    r.state = "1";
    r.column = 11;
    r.hash = "pb";
    gb_cf_put(&s, &r);
    gb_cf_tick(&s, T0 + 100 * 24 * HOUR);
    gb_cf_tick(&s, T0 + 100 * 24 * HOUR + 1000);
    decide(&s, "d1", "seat-1", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"to\":\"department\"", a);
    decide(&s, "d2", "seat-1", "\"kind\":\"duplicate\",\"matter\":\"%s\",\"other\":\"%s\"", b, a);
    assert_string_equal(gb_cf_matter_of(&s, "grid/matter/7"), a);
    decide(&s, "d3", "seat-1", "\"kind\":\"undo\",\"decision\":\"d1\"");
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 3);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* Its row is deleted, memory forgets the report and the ruling, and the row is written again. */
static void a_report_that_comes_back_has_its_decision(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_report r = grid;
    struct gb_cf_run *run;

    (void)state;
    two_matters(&s);
    decide(&s, "d1", "seat-1", "\"kind\":\"lead_is\",\"matter\":\"%s\",\"to\":\"key_family\"",
           gb_cf_matter_of(&s, "grid/matter/7"));
    r.state = "1";
    r.column = 11;
    r.hash = "gb";
    gb_cf_put(&s, &r);
    gb_cf_tick(&s, T0 + 100 * 24 * HOUR);
    gb_cf_tick(&s, T0 + 100 * 24 * HOUR + 1000);
    gb_cf_delete(&s, "grid", "7");
    gb_cf_tick(&s, T0 + 200 * 24 * HOUR);
    gb_cf_tick(&s, T0 + 200 * 24 * HOUR + 1000);
    r.state = "0";
    r.column = 12;
    r.hash = "gc";
    gb_cf_put(&s, &r);
    gb_cf_tick(&s, T0 + 201 * 24 * HOUR);
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.removed.v1"), 1);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.opened.v1"), 3);
    assert_non_null(strstr(strstr(gb_buf_str(&run->outputs).ptr, "matter.removed"),
                           "\"lead\":{\"basis\":{},\"decision\":\"d1\""));
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

/* One report's matter keeps the ruling in memory, the other's is forgotten: the undo needs both. */
static void what_is_undone_brings_all_its_reports(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_report g = grid;
    struct gb_cf_report p = party;
    struct gb_cf_run *run;
    const char *a;

    (void)state;
    two_matters(&s);
    a = gb_cf_matter_of(&s, "party/matter/1");
    decide(&s, "d1", "seat-1", "\"kind\":\"not_duplicate\",\"matter\":\"%s\",\"other\":\"%s\"", a,
           gb_cf_matter_of(&s, "grid/matter/7"));
    g.column = 11;
    g.hash = "gb";
    g.xref = "party/matter/1";
    gb_cf_put(&s, &g);
    gb_cf_tick(&s, T0 + 2 * HOUR);
    p.state = "1";
    p.column = 11;
    p.hash = "pb";
    gb_cf_put(&s, &p);
    gb_cf_tick(&s, T0 + 31 * 24 * HOUR);
    gb_cf_tick(&s, T0 + 31 * 24 * HOUR + 1000);
    decide(&s, "d2", "seat-1", "\"kind\":\"undo\",\"decision\":\"d1\"");
    run = play_all(&s);
    assert_int_equal(gb_cf_count(run, "gb.change.decision.applied.v1"), 2);
    assert_int_equal(gb_cf_count(run, "gb.change.matter.merged.v1"), 1);
    gb_cf_end(run);
    gb_arena_close(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lead_settles_no_owner_and_sticks),
        cmocka_unit_test(the_same_id_twice_has_no_effect),
        cmocka_unit_test(a_stale_one_is_answered_with_the_state_now),
        cmocka_unit_test(undo_gives_the_fold_without_it),
        cmocka_unit_test(duplicates_are_joined_and_parted_by_people),
        cmocka_unit_test(not_a_duplicate_holds_against_certain_evidence),
        cmocka_unit_test(two_people_make_four_eyes),
        cmocka_unit_test(a_claim_is_one_seats),
        cmocka_unit_test(what_is_unknown_or_wrong_is_refused),
        cmocka_unit_test(what_memory_forgot_is_fetched),
        cmocka_unit_test(a_report_that_comes_back_has_its_decision),
        cmocka_unit_test(what_is_undone_brings_all_its_reports)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
