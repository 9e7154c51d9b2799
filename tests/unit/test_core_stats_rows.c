/* Statistics: whatever the order, the batches, the restarts and what memory forgot; visits,
 * coverage, open overlaps and events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/day.h"
#include "core/state.h"
#include "stats_fixture.h"

/* A window of an hour: every matter has left its cell, and memory, before its week is told. */
static void what_memory_forgot_is_counted(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    const char *kept;

    (void)state;
    sf_handling(&s, 30 * DAY, false);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    kept = sf_told(&run);
    gb_cf_has(&run, " gb.stats.v1 ", 3);
    for (int64_t hours = 1; hours <= 20; hours += 19) {
        struct gb_cf_script other;
        struct gb_cf_run forgot;

        sf_handling(&other, hours * HOUR, false);
        gb_cf_tick(&other, MONDAY + 22 * HOUR);
        sf_tell(&other);
        gb_cf_play_all(&other, &forgot);
        assert_string_equal(sf_told(&forgot), kept);
        gb_cf_finish(&other, &forgot);
    }
    gb_cf_finish(&s, &run);
}

/* It comes back into its cell, and is not counted again. */
static void what_comes_back_is_counted_once(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, HOUR);
    r.state = "1";
    sf_put_many(&s, &r, 1, 6);
    gb_cf_tick(&s, T0 + DAY);
    gb_cf_tick(&s, T0 + DAY + HOUR);
    r.state = "0";
    r.column = 2;
    sf_put_many(&s, &r, 1, 6); /* open again */
    gb_cf_tick(&s, T0 + DAY + 2 * HOUR);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"reports\":6", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"handled\":6", true);
    gb_cf_finish(&s, &run);
}

/* Every record in another order between the same ticks, each report's own images in theirs. */
static void order_decides_nothing(void **state)
{
    struct gb_cf_run first;
    struct gb_cf_script a;
    uint64_t dice = 7;

    (void)state;
    sf_pairs(&a, 30 * DAY);
    sf_tell(&a);
    gb_cf_play(&a, 3, 0, &first);
    for (int turn = 0; turn < 60; turn++) {
        struct gb_cf_script b;
        struct gb_cf_run run;

        sf_pairs(&b, 30 * DAY);
        for (uint32_t i = b.count - 1; i > 3; i--) { /* behind the tick and the activation */
            uint32_t j;
            struct gb_record swap;

            dice = dice * 6364136223846793005U + 1442695040888963407U;
            j = 2 + (uint32_t)(dice >> 33) % (i - 1);
            swap = b.records[i];
            b.records[i] = b.records[j];
            b.records[j] = swap;
        }
        for (uint32_t i = 2; i < b.count; i++) { /* places in the stream and numbers stay */
            b.records[i].n = a.records[i].n;
            b.records[i].src.offset = a.records[i].src.offset;
        }
        sf_tell(&b);
        gb_cf_play(&b, 1 + (uint32_t)turn % 5, (uint32_t)turn % 4, &run);
        assert_string_equal(sf_told(&run), sf_told(&first));
        gb_cf_finish(&b, &run);
    }
    gb_cf_finish(&a, &first);
}

static void a_restart_after_every_record(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_handling(&s, 20 * HOUR, false);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    for (uint32_t k = 1; k < s.count; k++) {
        struct gb_cf_run other;

        gb_cf_play(&s, k, k, &other);
        gb_cf_same(&run, &other);
        gb_cf_end(&other);
    }
    gb_cf_finish(&s, &run);
}

static void weeks_that_passed_are_told_one_by_one(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 6);
    for (int i = 0; i < 12; i++) {
        gb_cf_tick(&s, MONDAY + 22 * DAY + i);
    }
    gb_cf_play_all(&s, &run);
    sf_expect(&run, TOWN "/MS/" WEEK, "\"reports\":6", true);
    sf_expect(&run, TOWN "/MS/" WEEK, "\"open_overlaps\"", false); /* what stands now is of now */
    sf_expect(&run, TOWN "/MS/2023-11-27", "\"reports\"", false);
    sf_expect(&run, TOWN "/MS/2023-12-04", "\"open_overlaps\":6", true);
    gb_cf_finish(&s, &run);
}

static void visits_by_the_day_they_name(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_begin(&s, 30 * DAY);
    gb_cf_row(&s, "grid", "grid_post", "7/1",
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.g\",\"role\":\"worker\"}");
    gb_cf_row(&s, "party", "key_family", CF_VILLAGE "000001",
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.p\"}");
    for (int i = 0; i < 6; i++) {
        char key[16];
        char fields[200];

        (void)snprintf(key, sizeof(key), "v%d", i);
        (void)snprintf(fields, sizeof(fields),
                       "{\"begins\":\"09:0%d:00\",\"date\":\"2023-11-15\",\"family\":\""
                       CF_VILLAGE "000001\",\"households\":3,\"purpose\":\"care\"}", i);
        gb_cf_row(&s, "party", "visit", key, fields);
    }
    gb_cf_row(&s, "grid", "visit", "log/1",
              "{\"begins\":\"08:30:00\",\"date\":\"2023-11-15\",\"ends\":\"10:30:00\",\"grid\":\""
              CF_GRID "\",\"households\":20,\"reported\":0,\"solved\":0}");
    gb_cf_tick(&s, T0 + HOUR);
    gb_cf_tick(&s, T0 + 6 * DAY); /* the day has left memory */
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/visits/" WEEK, "\"visit_entries\"", false); /* rows name no grid */
    sf_expect(&run, CF_VILLAGE "/visits/" WEEK, "\"visit_entries\":7", true);
    sf_expect(&run, CF_VILLAGE "/visits/" WEEK, "\"visit_duplicates\":{\"restated\":0,"
           "\"same_fact\":0,"
           "\"secondary_entry\":6}", true);
    gb_cf_finish(&s, &run);
}

static void visits_of_a_first_load_are_of_no_week(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_begin(&s, 30 * DAY);
    for (int i = 0; i < 12; i++) {
        char key[16];
        char fields[200];

        (void)snprintf(key, sizeof(key), "v%d", i);
        (void)snprintf(fields, sizeof(fields),
                       "{\"begins\":\"09:00:00\",\"date\":\"2023-11-15\",\"family\":\""
                       CF_VILLAGE "0000%02d\",\"households\":3,\"purpose\":\"care\"}", i);
        gb_cf_row(&s, "party", "visit", key, fields);
        s.records[s.count - 1].bootstrap = i < 7;
    }
    gb_cf_tick(&s, T0 + HOUR);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_VILLAGE "/visits/" WEEK, "\"visit_entries\":5", true);
    gb_cf_finish(&s, &run);
}

static void coverage_as_it_stands(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    sf_begin(&s, 30 * DAY);
    gb_cf_row(&s, "grid", "grid", "7", "{\"code\":\"" CF_GRID "\",\"households\":293}");
    gb_cf_row(&s, "grid", "grid_post", "7/1",
              "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.g\",\"role\":\"worker\"}");
    for (int i = 0; i < 7; i++) {
        char key[16];
        char fields[200];

        (void)snprintf(key, sizeof(key), "%d", i);
        (void)snprintf(fields, sizeof(fields), "{\"grid\":\"" CF_GRID "\",\"holder\":\"j1.m1\","
                       "\"home\":\"" CF_GRID "\",\"household\":\"j1.h%d\",\"village\":\""
                       CF_VILLAGE "\"}", i);
        gb_cf_row(&s, "party", "contact", key, fields);
    }
    gb_cf_tick(&s, T0 + HOUR);
    gb_cf_tick(&s, T0 + 2 * HOUR);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/coverage/" WEEK, "\"households\":293", true);
    sf_expect(&run, CF_GRID "/coverage/" WEEK, "\"reached\":{\"covered\":7,\"uncovered\":286}",
              true);
    sf_expect(&run, CF_GRID "/coverage/" WEEK, "\"posts\":{\"filled\":1,\"vacant\":0}", true);
    sf_expect(&run, TOWN "/coverage/" WEEK, "\"grids\":{\"in_order\":1,\"with_findings\":0}", true);
    gb_cf_finish(&s, &run);
}

static void open_overlaps_as_they_stand(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;
    struct sf_rep r = sf_base;

    (void)state;
    sf_begin(&s, 30 * DAY);
    r.category = "NY04"; /* unlisted: nobody leads */
    sf_put_many(&s, &r, 1, 6);
    sf_put_many(&s, &sf_base, 11, 5);
    sf_tell(&s);
    gb_cf_play_all(&s, &run);
    sf_expect(&run, CF_GRID "/NY/" WEEK, "\"open_overlaps\":6,\"overlaps\":{\"no_owner\":6}", true);
    sf_expect(&run, CF_GRID "/NY/" WEEK, "\"rules\":{\"none\":6}", true);
    sf_expect(&run, CF_GRID "/MS/" WEEK, "\"overlaps\":{\"overdue\":5}", true);
    gb_cf_finish(&s, &run);
}

static void step(struct gb_core *core, struct gb_arena *arena, const struct gb_record *rec,
                 struct gb_step *step)
{
    static uint64_t index;

    *step = (struct gb_step){.arena = arena, .index = index++};
    gb_core_step(core, rec, step);
}

/* Events leave no mark: the cell's row keeps them. */
static void entries_saved_are_events(void **state)
{
    struct gb_cf_script s;
    struct gb_core *core = gb_core_new(0);
    struct gb_matter *matter = NULL;
    struct gb_stat_items items;
    struct gb_rows rows;
    struct gb_step out;
    bool is_told = false;

    (void)state;
    sf_begin(&s, 30 * DAY);
    sf_put_many(&s, &sf_base, 1, 1);
    gb_core_offer_policy(core, s.policy);
    for (uint32_t i = 0; i < s.count; i++) {
        step(core, &s.arena, &s.records[i], &out);
    }
    for (size_t i = 0; i < core->matters.size; i++) {
        matter = core->matters.slots[i].value != NULL ? core->matters.slots[i].value : matter;
    }
    assert_non_null(matter);
    gb_stats_of_matter(core, matter, &items);
    assert_int_equal(items.items[0].stat, GB_STAT_REPORTS);
    matter->reports[0]->is_made = true; /* nobody typed it: no report, no entry, no rule */
    gb_stats_of_matter(core, matter, &items);
    assert_int_equal(items.count, 0);
    for (int i = 0; i < 6; i++) {
        gb_stats_count(core, matter, GB_STAT_ENTRIES_SAVED);
    }
    gb_core_flush(core, &s.arena, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        if (rows.items[i].table == GB_TABLE_STATS && rows.items[i].live_until > 0) {
            assert_string_equal(rows.items[i].row.ptr,
                                "{\"category\":\"MS\",\"counts\":{\"entries_saved\":6},"
                                "\"place\":\"" CF_GRID "\",\"week\":2811}");
        }
    }
    s.count = 0;
    sf_tell(&s);
    for (uint32_t i = 0; i < s.count; i++) {
        step(core, &s.arena, &s.records[i], &out);
        for (uint32_t k = 0; k < out.outputs_count; k++) {
            is_told = is_told || (out.outputs[k].topic == GB_TOPIC_STATS &&
                                  memmem(out.outputs[k].value.ptr, out.outputs[k].value.len,
                                         "\"entries_saved\":6", 17) != NULL);
        }
    }
    assert_true(is_told);
    gb_core_flush(core, &s.arena, &rows);
    assert_int_equal(core->cells.count, 0);
    gb_core_free(core);
    gb_arena_close(&s.arena);
}

static void weeks_begin_on_monday(void **state)
{
    static const struct {
        int64_t ms;
        const char *monday;
    } cases[] = {{0, "1969-12-29"},
                 {MONDAY - 1, WEEK},
                 {MONDAY, NEXT},
                 {-INT64_C(86400000) * 4 - 1, "1969-12-22"},
                 {INT64_C(1798387200000), "2026-12-28"},
                 {INT64_C(1798991999999), "2026-12-28"}}; /* over the turn of the year */

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        char text[GB_DAY_TEXT_LEN + 1] = {0};

        gb_day_text(gb_stats_week_begin(gb_stats_week(cases[i].ms)), text);
        assert_string_equal(text, cases[i].monday);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_memory_forgot_is_counted),
        cmocka_unit_test(what_comes_back_is_counted_once),
        cmocka_unit_test(order_decides_nothing),
        cmocka_unit_test(a_restart_after_every_record),
        cmocka_unit_test(weeks_that_passed_are_told_one_by_one),
        cmocka_unit_test(visits_by_the_day_they_name),
        cmocka_unit_test(visits_of_a_first_load_are_of_no_week),
        cmocka_unit_test(coverage_as_it_stands),
        cmocka_unit_test(open_overlaps_as_they_stand),
        cmocka_unit_test(entries_saved_are_events),
        cmocka_unit_test(weeks_begin_on_monday),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
