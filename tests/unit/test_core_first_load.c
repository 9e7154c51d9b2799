/* A first load (gridbridge/record.h): what it alone says alarms nobody, what is live does, and
 * which of the two came first makes no difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core_times.h"

#define DAY (24 * HOUR)
#define FAMILY_KEY CF_VILLAGE "000001"

/* Everything that asks a person for something. */
static const char *const alarms[] = {"gb.change.overlap.opened.v1", "gb.change.overlap.settled.v1",
                                     "gb.change.matter.reminded.v1",
                                     "gb.change.matter.supervised.v1",
                                     "gb.change.matter.handed_over.v1"};

static uint32_t alarms_of(const struct gb_cf_run *run)
{
    uint32_t count = 0;

    for (size_t i = 0; i < GB_COUNT(alarms); i++) {
        count += gb_cf_count(run, alarms[i]);
    }
    return count;
}

static void mark(struct gb_cf_script *s, bool is_marked)
{
    s->records[s->count - 1].bootstrap = is_marked;
}

/* Two reports of one matter, both claim the lead. */
static void put_claim(struct gb_cf_script *s, const char *source, const char *state,
                      bool is_marked)
{
    const char *hash = gb_arena_printf(&s->arena, "h%u", s->count).ptr;

    gb_cf_put(s, &(struct gb_cf_report){
                     .source = source, .key = "7", .column = s->count, .hash = hash,
                     .state = state, .category = "MS02", .occurred_at = T0,
                     .xref = source[0] == 'p' ? "grid/matter/7" : NULL, .claims_lead = true});
    mark(s, is_marked);
}

static void play(struct gb_cf_script *s, struct gb_cf_run *run)
{
    gb_cf_play_all(s, run);
}

/* With the mark nothing is told, without it everything is: the test can fail. */
static void what_it_says_alone_alarms_nobody(void **state)
{
    (void)state;
    for (int is_marked = 0; is_marked < 2; is_marked++) {
        struct gb_cf_script s;
        struct gb_cf_run run;

        ct_begin(&s, ct_policy());
        put_claim(&s, "grid", "0", is_marked);
        put_claim(&s, "party", "1", is_marked);
        put_claim(&s, "grid", "2", is_marked); /* refused, */
        put_claim(&s, "grid", "0", is_marked);
        put_claim(&s, "grid", "2", is_marked); /* and refused again: the lead would pass on */
        ct_decide(&s, "r1", "\"kind\":\"redecide\"");
        gb_cf_tick(&s, T0 + HOUR);
        gb_cf_tick(&s, T0 + 20 * DAY);
        play(&s, &run);
        if (is_marked) {
            assert_int_equal(alarms_of(&run), 0);
        } else {
            gb_cf_has(&run, "\"kind\":\"double_lead\"", 2);
            gb_cf_has(&run, "gb.change.matter.handed_over.v1", 1);
            gb_cf_has(&run, "\"rule\":\"longer_than_allowed\",\"state\":\"open\"", 1);
            gb_cf_has(&run, "gb.change.matter.reminded.v1", 1);
            assert_true(alarms_of(&run) >= 5);
        }
        gb_cf_finish(&s, &run);
    }
}

/* A record that is live opens in its own step what there is, and times the rest from then. */
static void a_live_record_ends_it(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    ct_begin(&s, ct_policy());
    put_claim(&s, "grid", "3", true);
    put_claim(&s, "party", "0", true);
    gb_cf_tick(&s, T0 + 9 * DAY);
    put_claim(&s, "party", "0", false); /* says the same again, as the newest image */
    s.records[s.count - 1].h_img = s.records[s.count - 3].h_img;
    s.records[s.count - 1].version = s.records[s.count - 3].version;
    gb_cf_tick(&s, T0 + 10 * DAY);
    play(&s, &run);
    assert_int_equal(alarms_of(&run), 0); /* it was not applied: it changed nothing */
    gb_cf_end(&run);

    put_claim(&s, "party", "4", false);
    play(&s, &run);
    gb_cf_has(&run, "gb.change.overlap.settled.v1", 1); /* the double lead, in that step */
    assert_int_equal(alarms_of(&run), 1);
    gb_cf_end(&run);

    gb_cf_tick(&s, T0 + 10 * DAY + 72 * HOUR); /* not for longer than 72 h yet */
    play(&s, &run);
    gb_cf_has(&run, "longer_than_allowed", 0);
    gb_cf_has(&run, "gb.change.matter.reminded.v1", 1); /* what was past: remind, */
    gb_cf_has(&run, "gb.change.overlap.opened.v1", 1);  /* handle */
    gb_cf_has(&run, "gb.change.matter.supervised.v1", 1);
    gb_cf_end(&run);

    gb_cf_tick(&s, T0 + 10 * DAY + 72 * HOUR + 1);
    gb_cf_tick(&s, T0 + 30 * DAY);
    play(&s, &run);
    gb_cf_has(&run, "\"rule\":\"longer_than_allowed\",\"state\":\"open\"", 1);
    gb_cf_has(&run, "gb.change.matter.reminded.v1", 1);
    gb_cf_finish(&s, &run);
}

static void which_came_first_makes_no_difference(void **state)
{
    struct gb_cf_run runs[2];
    struct gb_cf_script s[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        ct_begin(&s[i], ct_policy());
        put_claim(&s[i], i == 0 ? "grid" : "party", "0", i == 0);
        put_claim(&s[i], i == 0 ? "party" : "grid", "0", i != 0);
        play(&s[i], &runs[i]);
        gb_cf_has(&runs[i], "gb.change.overlap.settled.v1", 1); /* found, and settled by rule */
        gb_cf_end(&runs[i]);
        gb_cf_tick(&s[i], T0 + DAY);
        play(&s[i], &runs[i]);
        gb_cf_has(&runs[i], "gb.change.overlap.opened.v1", 1); /* overdue */
    }
    assert_int_equal(alarms_of(&runs[0]), alarms_of(&runs[1]));
    for (int i = 0; i < 2; i++) {
        gb_cf_finish(&s[i], &runs[i]);
    }
}

/* A live third report parts two that a first load made one: they alarm as little as before. */
static void a_neighbour_wakes_nobody(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    ct_begin(&s, ct_policy());
    put_claim(&s, "grid", "0", true);
    put_claim(&s, "party", "0", true);
    ct_put_at(&s, "party/8", "1", T0, "grid/matter/7"); /* two name it now: neither is certain */
    gb_cf_tick(&s, T0 + 20 * DAY);
    play(&s, &run);
    gb_cf_has(&run, "gb.change.matter.split.v1", 2);
    assert_int_equal(alarms_of(&run), 0);
    gb_cf_finish(&s, &run);
}

/* ---- the order of a row's images ---- */

static void position(struct gb_cf_script *s, bool has_column, int64_t lsn)
{
    struct gb_version *version = &s->records[s->count - 1].version;

    version->has_column = has_column && version->has_column;
    version->column = has_column ? 1 : 0;
    version->parts_count = lsn > 0;
    version->parts[0] = lsn;
}

static void put_at(struct gb_cf_script *s, const char *state, const char *hash, bool is_marked,
                   int64_t lsn)
{
    gb_cf_put(s, &(struct gb_cf_report){.source = "party", .key = "7", .column = 1, .hash = hash,
                                        .state = state, .category = "MS02", .occurred_at = T0});
    position(s, false, lsn);
    mark(s, is_marked);
}

static enum gb_outcome last_outcome(struct gb_cf_script *s, struct gb_cf_run *run)
{
    play(s, run);
    return run->outcomes[s->count - 1];
}

static void an_older_row_changes_nothing(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    ct_begin(&s, ct_policy());
    put_at(&s, "4", "live", false, 20);
    put_at(&s, "0", "old", true, 10);
    assert_int_equal(last_outcome(&s, &run), GB_UNCHANGED);
    gb_cf_end(&run);
    ct_delete(&s, "party", "7"); /* deleted live, */
    position(&s, false, 30);
    put_at(&s, "0", "old", true, 25); /* and read by the snapshot before that */
    assert_int_equal(last_outcome(&s, &run), GB_UNCHANGED);
    gb_cf_has(&run, "gb.change.matter.removed.v1", 1);
    gb_cf_end(&run);
    put_at(&s, "0", "old", true, 40); /* it is there again */
    assert_int_equal(last_outcome(&s, &run), GB_APPLIED);
    gb_cf_has(&run, "gb.change.matter.opened.v1", 2);
    gb_cf_end(&run);
    gb_cf_tick(&s, T0 + 20 * DAY);
    play(&s, &run);
    assert_int_equal(alarms_of(&run), 0); /* what came back is the first load's */
    gb_cf_finish(&s, &run);
}

/* The delete is known before the row ever was. */
static void a_row_deleted_before_it_is_told_stays_away(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    ct_begin(&s, ct_policy());
    ct_delete(&s, "party", "7");
    position(&s, false, 30);
    put_at(&s, "0", "old", true, 25);
    assert_int_equal(last_outcome(&s, &run), GB_UNCHANGED);
    gb_cf_has(&run, "gb.change.matter.opened.v1", 0);
    gb_cf_finish(&s, &run);
}

/* A second snapshot stands at a later position; a live row there is applied, for its version. */
static void a_second_load_changes_nothing(void **state)
{
    static const int64_t positions[] = {10, 0};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(positions); i++) {
        struct gb_cf_script s;
        struct gb_cf_run once, again;
        int64_t later = positions[i] > 0 ? 50 : 0;

        ct_begin(&s, ct_policy());
        put_at(&s, "0", "one", true, positions[i]);
        play(&s, &once);
        put_at(&s, "0", "one", true, later);
        assert_int_equal(last_outcome(&s, &again), GB_UNCHANGED);
        assert_true(gb_str_eq(gb_buf_str(&once.outputs), gb_buf_str(&again.outputs)));
        gb_cf_end(&again);
        put_at(&s, "4", "two", true, later);
        assert_int_equal(last_outcome(&s, &again), GB_APPLIED);
        gb_cf_end(&again);
        put_at(&s, "0", "one", true, later); /* back again: that is news */
        assert_int_equal(last_outcome(&s, &again), GB_APPLIED);
        gb_cf_end(&again);
        if (later > 0) {
            put_at(&s, "0", "one", false, 60);
            assert_int_equal(last_outcome(&s, &again), GB_APPLIED);
            gb_cf_end(&again);
        }
        gb_cf_end(&once);
        gb_arena_close(&s.arena);
    }
}

/* The source's own version grew: it is kept, though what is mapped is the same. */
static void a_newer_column_is_a_change(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    ct_begin(&s, ct_policy());
    put_claim(&s, "party", "0", true);
    put_claim(&s, "party", "0", true);
    s.records[s.count - 1].h_img = s.records[s.count - 2].h_img;
    assert_int_equal(last_outcome(&s, &run), GB_APPLIED);
    gb_cf_end(&run);
    put_claim(&s, "party", "0", true);
    s.records[s.count - 1].h_img = s.records[s.count - 2].h_img;
    s.records[s.count - 1].version = s.records[s.count - 2].version;
    assert_int_equal(last_outcome(&s, &run), GB_UNCHANGED);
    gb_cf_finish(&s, &run);
}

/* ---- nodes ---- */

static void row(struct gb_cf_script *s, const char *entity, const char *key, const char *fields,
                bool is_marked)
{
    gb_cf_row(s, entity[0] == 'g' ? "grid" : "party", entity, key, fields);
    mark(s, is_marked);
}

static void put_member(struct gb_cf_script *s, int key, bool is_marked)
{
    char name[16];
    char fields[128];

    (void)snprintf(name, sizeof(name), "%d", key);
    (void)snprintf(fields, sizeof(fields), "{\"family\":\"" FAMILY_KEY "\",\"holder\":\"j1.m%d\"}",
                   key);
    row(s, "member", name, fields, is_marked);
}

/* A grid without a worker, with a key family of four members, of at most three. */
static void put_town(struct gb_cf_script *s, bool is_marked)
{
    row(s, "grid", "7", "{\"code\":\"" CF_GRID "\",\"households\":9}", is_marked);
    row(s, "key_family", FAMILY_KEY, "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.p\"}", is_marked);
    for (int i = 0; i < 4; i++) {
        put_member(s, i, is_marked);
    }
}

/* The family is counted at ticks, by what its members say: that comes of the first load too. */
static void what_it_finds_in_the_network_is_muted(void **state)
{
    (void)state;
    for (int is_marked = 0; is_marked < 2; is_marked++) {
        struct gb_cf_script s;
        struct gb_cf_run run;

        gb_cf_begin(&s);
        put_town(&s, is_marked);
        for (int day = 1; day < 5; day++) {
            gb_cf_tick(&s, T0 + day * DAY);
        }
        play(&s, &run);
        gb_cf_has(&run, "\"wrong\":[\"too_many\"]", 2);
        assert_int_equal(alarms_of(&run), is_marked ? 0 : 2); /* the family, and the vacant post */
        gb_cf_finish(&s, &run);
    }
}

/* A household that is linked twice, live, alarms; a third link that is loaded changes nothing. */
static void what_alarms_is_not_muted_by_it(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    for (int i = 1; i <= 3; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "%d", i);
        row(&s, "contact", name,
            "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.m1\",\"home\":\"" CF_GRID
            "\",\"household\":\"j1.h1\",\"village\":\"" CF_VILLAGE "\"}", i == 3);
        gb_cf_tick(&s, T0 + i * DAY);
        gb_cf_tick(&s, T0 + i * DAY + DAY / 2);
        gb_cf_tick(&s, T0 + (i + 1) * DAY + 1);
    }
    gb_cf_tick(&s, T0 + 9 * DAY);
    play(&s, &run);
    gb_cf_has(&run, "\"rule\":\"linked_twice\",\"state\":\"open\"", 1);
    gb_cf_has(&run, "gb.change.overlap.settled.v1", 0);
    gb_cf_finish(&s, &run);
}

/* In order once, a word alarms when it comes again; others do not mute what alarms. */
static void what_comes_after_it_counts(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    put_town(&s, true);
    gb_cf_tick(&s, T0 + 1000);
    row(&s, "member", "3", NULL, false);
    gb_cf_tick(&s, T0 + DAY);
    put_member(&s, 3, false); /* too many, and it is live */
    gb_cf_tick(&s, T0 + 2 * DAY);
    gb_cf_tick(&s, T0 + 3 * DAY);
    play(&s, &run);
    gb_cf_has(&run, "\"rule\":\"too_many\",\"state\":\"open\"", 1);
    gb_cf_end(&run);
    put_member(&s, 4, true); /* one more comes with a load: it is as wrong as before */
    gb_cf_tick(&s, T0 + 4 * DAY);
    gb_cf_tick(&s, T0 + 9 * DAY);
    play(&s, &run);
    gb_cf_has(&run, "gb.change.overlap.settled.v1", 0);
    gb_cf_has(&run, "gb.change.overlap.opened.v1", 1);
    gb_cf_finish(&s, &run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_alone_alarms_nobody),
        cmocka_unit_test(a_live_record_ends_it),
        cmocka_unit_test(which_came_first_makes_no_difference),
        cmocka_unit_test(a_neighbour_wakes_nobody),
        cmocka_unit_test(an_older_row_changes_nothing),
        cmocka_unit_test(a_row_deleted_before_it_is_told_stays_away),
        cmocka_unit_test(a_second_load_changes_nothing),
        cmocka_unit_test(a_newer_column_is_a_change),
        cmocka_unit_test(what_it_finds_in_the_network_is_muted),
        cmocka_unit_test(what_alarms_is_not_muted_by_it),
        cmocka_unit_test(what_comes_after_it_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
