/* The core over small scripts: guards, versions, links, overlaps, and the same result whatever the
 * batch size and however often it is restarted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_fixture.h"

#define T0 1700000000000

static const struct gb_cf_report party = {"party", "1", 10, "pa", "0", "MS02", T0, "j1.p",
                                          "grid/matter/7", NULL, true};
static const struct gb_cf_report grid = {"grid", "7", 10, "ga", "0", "MS02", T0 + 5000, "j1.g",
                                         NULL, NULL, true};

static void same(struct gb_cf_run *a, struct gb_cf_run *b)
{
    assert_string_equal(gb_arena_str(&a->arena, gb_buf_str(&a->outputs)).ptr,
                        gb_arena_str(&b->arena, gb_buf_str(&b->outputs)).ptr);
    assert_string_equal(gb_cf_all_rows(a).ptr, gb_cf_all_rows(b).ptr);
    assert_memory_equal(a->digest.bytes, b->digest.bytes, GB_HASH_LEN);
}

static void long_script(struct gb_cf_script *s)
{
    struct gb_cf_report r;

    gb_cf_begin(s);
    gb_cf_put(s, &party);
    r = grid;
    r.reporter = NULL; /* no weaker evidence to fall back to */
    gb_cf_put(s, &r);
    gb_cf_tick(s, T0 + 1000);
    r = (struct gb_cf_report){"grid", "8", 10, "gb", "0", "NY04", T0, NULL, "party/matter/1",
                              "aa", false};
    gb_cf_put(s, &r); /* a second candidate: split */
    gb_cf_delete(s, "grid", "8");
    r = (struct gb_cf_report){"party", "2", 11, "pb", "0", "NY04", T0, NULL, NULL, "aa", false};
    gb_cf_put(s, &r);
    r.state = "x";
    r.column = 12;
    r.hash = "pc";
    gb_cf_put(s, &r); /* dead */
    r = grid;
    r.reporter = NULL;
    r.state = "1";
    r.column = 20;
    r.hash = "gc";
    gb_cf_put(s, &r);
    gb_cf_tick(s, T0 + 2 * 3600000);
    gb_cf_tick(s, T0 + (int64_t)80 * 3600000); /* contradiction */
    r = party;
    r.state = "1";
    r.column = 21;
    r.hash = "pd";
    gb_cf_put(s, &r);
    gb_cf_tick(s, T0 + (int64_t)81 * 3600000);
    gb_cf_tick(s, T0 + (int64_t)50 * 86400000); /* the closed matter leaves its cell */
    r = (struct gb_cf_report){"party", "3", 1, "pe", "0", "MS02", T0, NULL, NULL, NULL, false};
    gb_cf_put(s, &r);
    gb_cf_delete(s, "party", "2");
    gb_cf_tick(s, T0 + (int64_t)50 * 86400000 + 1000);
}

static void batch_and_restart_change_nothing(void **state)
{
    static const uint32_t sizes[][2] = {{7, 0}, {1000, 0}, {1, 1}, {1000, 2}, {1000, 3}, {5, 7}};
    struct gb_cf_script s;
    struct gb_cf_run base;

    (void)state;
    long_script(&s);
    gb_cf_play(&s, 1, 0, &base);
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        struct gb_cf_run run;

        gb_cf_play(&s, sizes[i][0], sizes[i][1], &run);
        same(&base, &run);
        gb_cf_end(&run);
    }
    assert_true(base.is_balanced);
    assert_int_equal(gb_cf_count(&base, "gb.change.matter.split.v1"), 2);
    assert_int_equal(gb_cf_count(&base, "\"balanced\":false"), 0);
    assert_true(gb_cf_count(&base, " gb.books.v1 ") > 0);
    assert_int_equal(gb_cf_count(&base, " gb.deadletter.v1 "), 1);
    assert_true(gb_cf_count(&base, "contradictory_state") > 0);
    gb_cf_end(&base);
    gb_arena_close(&s.arena);
}

static void two_reports_become_one_matter(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    gb_cf_put(&s, &party);
    gb_cf_put(&s, &grid);
    gb_cf_play(&s, 1, 0, &run);
    assert_int_equal(gb_cf_count(&run, "gb.change.matter.opened.v1"), 1);
    assert_int_equal(gb_cf_count(&run, "gb.change.matter.changed.v1"), 1);
    assert_int_equal(gb_cf_count(&run, "\"rule\":\"link.xref\""), 1);
    assert_int_equal(gb_cf_count(&run, "gb.change.overlap.settled.v1"), 2);
    assert_int_equal(gb_cf_count(&run, "j1."), 0);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

static void a_b_a_b_c_changes_nothing(void **state)
{
    static const char *const hashes[] = {"a", "b", "a", "b", "c"};
    static const int64_t columns[][5] = {{1, 2, 1, 2, 3}, {1, 1, 1, 1, 1}};

    (void)state;
    for (size_t k = 0; k < GB_COUNT(columns); k++) {
        struct gb_cf_script s;
        struct gb_cf_run run;

        gb_cf_begin(&s);
        for (size_t i = 0; i < 5; i++) {
            struct gb_cf_report r = party;

            r.column = columns[k][i];
            r.hash = hashes[i];
            gb_cf_put(&s, &r);
        }
        gb_cf_play(&s, 1, 1, &run);
        assert_int_equal(run.outcomes[2], GB_APPLIED);
        assert_int_equal(run.outcomes[3], GB_APPLIED);
        assert_int_equal(run.outcomes[4], GB_UNCHANGED);
        assert_int_equal(run.outcomes[5], GB_UNCHANGED);
        assert_int_equal(run.outcomes[6], GB_APPLIED);
        gb_cf_end(&run);
        gb_arena_close(&s.arena);
    }
}

static void jump_of_a_writer_is_refused(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    s.n++;
    gb_cf_put(&s, &party);
    gb_cf_put(&s, &grid);
    gb_cf_play(&s, 1, 1, &run);
    assert_int_equal(run.outcomes[2], GB_UNCHANGED);
    assert_int_equal(run.outcomes[3], GB_UNCHANGED);
    assert_int_equal(gb_cf_count(&run, "matter.opened"), 0);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

static void resent_record_is_unchanged(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    gb_cf_put(&s, &party);
    s.offset--;
    gb_cf_put(&s, &grid);
    gb_cf_play(&s, 1, 0, &run);
    assert_int_equal(run.outcomes[3], GB_UNCHANGED);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

/* Until decisions are applied, one is an exception and never a silent nothing. */
static void a_decision_without_shape_is_dead(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    gb_cf_put(&s, &party);
    s.records[s.count - 1].kind = GB_KIND_DECISION;
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_play(&s, 1, 1, &run);
    assert_int_equal(run.outcomes[2], GB_OUT_DEAD);
    assert_int_equal(gb_cf_count(&run, " gb.deadletter.v1 "), 1);
    assert_int_equal(gb_cf_count(&run, "\"reason\":\"bad_record\""), 1);
    assert_true(run.is_balanced);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

static void as_visit(struct gb_cf_script *s)
{
    s->records[s->count - 1].entity = GB_STR("visit");
}

/* Other entities: the row is kept under its version, and no matter comes of it. */
static void other_entities_are_kept_without_effect(void **state)
{
    static const uint32_t restarts[] = {0, 1};
    struct gb_cf_report older = party;
    struct gb_hash digest = {0};

    (void)state;
    older.column--;
    older.hash = "other";
    for (size_t i = 0; i < GB_COUNT(restarts); i++) {
        struct gb_cf_script s;
        struct gb_cf_run run;
        struct gb_cf_report unknown = party;

        unknown.state = "no such state"; /* codes of other entities are not translated */
        gb_cf_begin(&s);
        gb_cf_put(&s, &unknown);
        as_visit(&s);
        gb_cf_put(&s, &unknown);
        as_visit(&s);
        gb_cf_put(&s, &older);
        as_visit(&s);
        gb_cf_delete(&s, party.source, party.key);
        as_visit(&s);
        gb_cf_put(&s, &party);
        as_visit(&s);
        gb_cf_play(&s, 1, restarts[i], &run);
        assert_int_equal(run.outcomes[2], GB_APPLIED);
        assert_int_equal(run.outcomes[3], GB_UNCHANGED); /* the same image again */
        assert_int_equal(run.outcomes[4], GB_UNCHANGED); /* stale */
        assert_int_equal(run.outcomes[5], GB_APPLIED);
        assert_int_equal(run.outcomes[6], GB_APPLIED);
        assert_int_equal(gb_cf_count(&run, "matter.opened"), 0);
        assert_int_equal(gb_cf_count(&run, "gb.deadletter"), 0);
        assert_true(i == 0 || memcmp(&digest, &run.digest, sizeof(digest)) == 0);
        digest = run.digest;
        gb_cf_end(&run);
        gb_arena_close(&s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_and_restart_change_nothing),
        cmocka_unit_test(two_reports_become_one_matter),
        cmocka_unit_test(a_b_a_b_c_changes_nothing),
        cmocka_unit_test(jump_of_a_writer_is_refused),
        cmocka_unit_test(resent_record_is_unchanged),
        cmocka_unit_test(a_decision_without_shape_is_dead),
        cmocka_unit_test(other_entities_are_kept_without_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
