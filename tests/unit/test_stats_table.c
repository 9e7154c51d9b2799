/* Suppression: nothing under the threshold is told, and nothing told gives it away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/check.h"
#include "core/stats_table.h"

#define PLACES_MAX 64
#define PARTS_MAX 16

static const struct gb_str town = {"320312111", 9};

struct fixture {
    struct gb_arena arena;
    struct gb_stat_place places[PLACES_MAX];
    struct gb_stats_table table;
};

/* A town with villages of so many grids each. */
static void begin(struct fixture *f, const uint32_t *grids, uint32_t villages)
{
    uint32_t count = 0;

    gb_arena_init(&f->arena, (size_t)1 << 24);
    f->places[count++] = (struct gb_stat_place){town, 0};
    for (uint32_t v = 0; v < villages; v++) {
        uint32_t village = count;

        f->places[count++] =
            (struct gb_stat_place){gb_arena_printf(&f->arena, "320312111%03u", 201 + v), 0};
        for (uint32_t g = 0; g < grids[v]; g++) {
            f->places[count++] = (struct gb_stat_place){
                gb_arena_printf(&f->arena, "320312111%03u%03u", 201 + v, 1 + g), village};
        }
    }
    f->table = (struct gb_stats_table){.arena = &f->arena,
                                       .category = GB_STR("MS"),
                                       .monday = GB_STR("2026-11-23"),
                                       .places = f->places,
                                       .places_count = count};
    gb_stats_table_init(&f->table);
}

static void add(struct fixture *f, const char *code, enum gb_stat stat, const char *part,
                int64_t count)
{
    for (uint32_t p = 0; p < f->table.places_count; p++) {
        if (gb_str_eq(f->places[p].code, gb_str_of(code))) {
            gb_stats_table_add(&f->table, p, stat, gb_str_of(part), count);
            return;
        }
    }
    fail();
}

/* The number of a total at a place; -1: it is not told. */
static int64_t told(const struct fixture *f, const char *code, enum gb_stat stat)
{
    const struct gb_stat_group *group = &f->table.groups[stat];

    for (uint32_t p = 0; p < f->table.places_count; p++) {
        if (gb_str_eq(f->places[p].code, gb_str_of(code))) {
            return group->is_told != NULL && group->is_told[p]
                       ? gb_stats_table_value(&group->parts[0], p)
                       : -1;
        }
    }
    return -2;
}

/* ---- an attacker's sums ---- */

/* Each part of an area's numbers is nothing, or at least the threshold; the merged ones as one. */
static bool is_safe(const struct gb_stat_group *group, const int64_t *values)
{
    int64_t merged = 0;

    for (uint32_t i = 0; i < group->count; i++) {
        if (group->parts[i].is_merged) {
            merged += values[i];
        } else if (values[i] != 0 && values[i] < GB_STATS_THRESHOLD) {
            return false;
        }
    }
    return merged == 0 || merged >= GB_STATS_THRESHOLD;
}

/* What is told of a place, less all that is told right below it: what an attacker can compute that
 * is told nowhere. Every other sum of told numbers is a sum of such rests and of told places. */
static bool holds_out(const struct gb_stats_table *table, enum gb_stat stat)
{
    const struct gb_stat_group *group = &table->groups[stat];
    const struct gb_stat_group *outer = &table->groups[gb_stat_outer(stat)];

    for (uint32_t p = 0; group->is_told != NULL && p < table->places_count; p++) {
        int64_t rest[PARTS_MAX] = {0};
        int64_t own[PARTS_MAX] = {0};

        if (!group->is_told[p]) {
            continue;
        }
        if (!group->is_told[table->places[p].above] || !outer->is_told[p]) {
            return false;
        }
        for (uint32_t i = 0; i < group->count; i++) {
            own[i] = rest[i] = gb_stats_table_value(&group->parts[i], p);
            for (uint32_t c = p + 1; c < table->places_count; c++) {
                rest[i] -= table->places[c].above == p && group->is_told[c]
                               ? gb_stats_table_value(&group->parts[i], c)
                               : 0;
            }
        }
        if (!is_safe(group, own) || !is_safe(group, rest)) {
            return false;
        }
    }
    return true;
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % below;
}

static void fill(struct fixture *f, uint64_t *seed)
{
    static const char *const parts[] = {"first", "secondary_entry", "same_fact", "citizens",
                                        "corroboration"};
    uint32_t most = 2 + draw(seed, 12);

    for (uint32_t p = 0; p < f->table.places_count; p++) {
        for (size_t i = 0; i < GB_COUNT(parts); i++) {
            int64_t count = draw(seed, 3) == 0 ? 0 : draw(seed, i == 0 ? 3 * most : most);

            gb_stats_table_add(&f->table, p, GB_STAT_REPORTS, GB_STR_NONE, count);
            gb_stats_table_add(&f->table, p, GB_STAT_ENTRIES, gb_str_of(parts[i]), count);
            for (int64_t n = 0; i == 0 && n < count; n++) {
                static const char *const rules[] = {"d1", "d2", "decision", "none"};

                gb_stats_table_add(&f->table, p, GB_STAT_RULES, gb_str_of(rules[draw(seed, 4)]), 1);
            }
        }
    }
}

/* Only what is under the threshold is hidden: the control. */
static void suppress_plainly(struct gb_stats_table *table, enum gb_stat stat)
{
    struct gb_stat_group *group = &table->groups[stat];

    group->is_told = gb_arena_take(table->arena, table->places_count * sizeof(bool));
    for (uint32_t p = 0; p < table->places_count; p++) {
        group->is_told[p] = gb_stats_table_value(&group->parts[0], p) >= GB_STATS_THRESHOLD;
    }
}

static void no_sum_gives_it_away(void **state)
{
    uint32_t leaks = 0;
    uint32_t told_count[3] = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t dice = seed;
        uint32_t villages = 1 + draw(&dice, 8);
        uint32_t grids[8];
        struct fixture f;

        for (uint32_t v = 0; v < villages; v++) {
            grids[v] = draw(&dice, 6);
        }
        begin(&f, grids, villages);
        fill(&f, &dice);
        gb_stats_table_suppress(&f.table);
        for (int stat = GB_STAT_REPORTS; stat <= GB_STAT_RULES; stat++) {
            assert_true(holds_out(&f.table, (enum gb_stat)stat));
            for (uint32_t p = 0; p < f.table.places_count; p++) {
                told_count[stat] += f.table.groups[stat].is_told != NULL &&
                                    f.table.groups[stat].is_told[p];
            }
        }
        suppress_plainly(&f.table, GB_STAT_REPORTS);
        leaks += !holds_out(&f.table, GB_STAT_REPORTS);
        gb_arena_close(&f.arena);
    }
    assert_true(told_count[0] > 3000 && told_count[1] > 3000 && told_count[2] > 1000);
    assert_true(leaks > 100); /* the checker sees what complementary suppression is for */
}

static void one_hidden_grid_hides_another(void **state)
{
    static const uint32_t grids[] = {3};
    struct fixture f;
    int64_t first;
    int64_t second;

    (void)state;
    begin(&f, grids, 1);
    add(&f, "320312111201001", GB_STAT_REPORTS, NULL, 6);
    add(&f, "320312111201002", GB_STAT_REPORTS, NULL, 4);
    add(&f, "320312111201003", GB_STAT_REPORTS, NULL, 9);
    gb_stats_table_suppress(&f.table);
    first = told(&f, "320312111201001", GB_STAT_REPORTS);
    second = told(&f, "320312111201003", GB_STAT_REPORTS);
    assert_int_equal(told(&f, "320312111", GB_STAT_REPORTS), 19);
    assert_int_equal(told(&f, "320312111201", GB_STAT_REPORTS), 19);
    assert_int_equal(told(&f, "320312111201002", GB_STAT_REPORTS), -1);
    assert_true((first == 6 && second == -1) || (first == -1 && second == 9));
    gb_arena_close(&f.arena);
}

static void what_names_no_grid_counts_in_the_rest(void **state)
{
    static const uint32_t grids[] = {1, 0};

    (void)state;
    for (int64_t without = 0; without < 8; without++) {
        struct fixture f;
        bool is_safe_rest = without == 0 || without >= GB_STATS_THRESHOLD;

        begin(&f, grids, 2);
        add(&f, "320312111201001", GB_STAT_REPORTS, NULL, 6);
        add(&f, "320312111201", GB_STAT_REPORTS, NULL, without);
        gb_stats_table_suppress(&f.table);
        assert_int_equal(told(&f, "320312111201", GB_STAT_REPORTS), 6 + without);
        assert_int_equal(told(&f, "320312111201001", GB_STAT_REPORTS), is_safe_rest ? 6 : -1);
        gb_arena_close(&f.arena);
    }
}

static void what_is_hidden_hides_what_lies_below(void **state)
{
    static const uint32_t grids[] = {1, 0};
    struct fixture f;

    (void)state;
    begin(&f, grids, 2);
    add(&f, "320312111201001", GB_STAT_REPORTS, NULL, 8);
    add(&f, "320312111202", GB_STAT_REPORTS, NULL, 2);
    gb_stats_table_suppress(&f.table);
    assert_int_equal(told(&f, "320312111", GB_STAT_REPORTS), 10);
    assert_int_equal(told(&f, "320312111201", GB_STAT_REPORTS), -1); /* 10 - 8 = 2 */
    assert_int_equal(told(&f, "320312111201001", GB_STAT_REPORTS), -1);
    gb_arena_close(&f.arena);
}

static void few_parts_are_merged_from_the_end(void **state)
{
    struct fixture f;
    struct gb_stat_group *group = &f.table.groups[GB_STAT_ENTRIES];

    (void)state;
    begin(&f, NULL, 0);
    add(&f, "320312111", GB_STAT_REPORTS, NULL, 40);
    add(&f, "320312111", GB_STAT_ENTRIES, "first", 20);
    add(&f, "320312111", GB_STAT_ENTRIES, "secondary_entry", 2);
    add(&f, "320312111", GB_STAT_ENTRIES, "citizens", 8);
    add(&f, "320312111", GB_STAT_ENTRIES, "corroboration", 10);
    gb_stats_table_suppress(&f.table);
    assert_true(group->is_told[0]);
    assert_int_equal(gb_stats_table_merged(group, 0), 12); /* the 2, and the last one */
    assert_false(group->parts[0].is_merged);
    assert_true(group->parts[1].is_merged);
    assert_false(group->parts[3].is_merged);
    gb_arena_close(&f.arena);
}

static void what_leaves_nothing_to_tell_is_not_told(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, NULL, 0);
    add(&f, "320312111", GB_STAT_DUE, NULL, 9);
    add(&f, "320312111", GB_STAT_TIMELY, "on_time", 6);
    add(&f, "320312111", GB_STAT_TIMELY, "late", 3);
    add(&f, "320312111", GB_STAT_HANDLED, NULL, 4);
    gb_stats_table_suppress(&f.table);
    assert_int_equal(told(&f, "320312111", GB_STAT_DUE), 9);
    assert_null(f.table.groups[GB_STAT_TIMELY].is_told);
    assert_int_equal(told(&f, "320312111", GB_STAT_HANDLED), -1);
    gb_arena_close(&f.arena);
}

/* Rules add up to the matters: told beside reports they would give the duplicates. */
static void rules_need_the_matters(void **state)
{
    (void)state;
    for (int64_t twice = 4; twice <= 5; twice++) {
        struct fixture f;

        begin(&f, NULL, 0);
        add(&f, "320312111", GB_STAT_REPORTS, NULL, 10 + twice);
        add(&f, "320312111", GB_STAT_ENTRIES, "first", 10);
        add(&f, "320312111", GB_STAT_ENTRIES, "secondary_entry", twice);
        add(&f, "320312111", GB_STAT_RULES, "d1", 10);
        gb_stats_table_suppress(&f.table);
        assert_int_equal(f.table.groups[GB_STAT_RULES].is_told != NULL, twice == 5);
        gb_arena_close(&f.arena);
    }
}

static void counts_of_posts_are_told_as_they_are(void **state)
{
    static const uint32_t grids[] = {2};
    struct fixture f;

    (void)state;
    begin(&f, grids, 1);
    add(&f, "320312111201001", GB_STAT_POSTS, "vacant", 1);
    add(&f, "320312111201002", GB_STAT_POSTS, "filled", 2);
    gb_stats_table_suppress(&f.table);
    for (uint32_t p = 0; p < f.table.places_count; p++) {
        assert_true(f.table.groups[GB_STAT_POSTS].is_told[p]);
    }
    gb_arena_close(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_sum_gives_it_away),
        cmocka_unit_test(one_hidden_grid_hides_another),
        cmocka_unit_test(what_names_no_grid_counts_in_the_rest),
        cmocka_unit_test(what_is_hidden_hides_what_lies_below),
        cmocka_unit_test(few_parts_are_merged_from_the_end),
        cmocka_unit_test(what_leaves_nothing_to_tell_is_not_told),
        cmocka_unit_test(rules_need_the_matters),
        cmocka_unit_test(counts_of_posts_are_told_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
