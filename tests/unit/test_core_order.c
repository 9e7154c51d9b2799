/* The order of arrival must not decide which reports are one matter, nor who leads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_fixture.h"

#include "codec/json.h"

#define T0 1700000000000
#define REPORTS_MAX 6

/* One line for each matter: its reports and its lead, sorted; ids left out. */
static struct gb_str summary(struct gb_cf_run *run)
{
    struct gb_str lines[CF_ROWS_MAX];
    uint32_t count = 0;
    struct gb_buf all = {0};
    struct gb_str text;
    struct gb_err err;

    for (uint32_t i = 0; i < run->rows_count; i++) {
        struct gb_str row = run->rows[i].row;
        const char *at = memmem(row.ptr, row.len, "\"refs\":", 7);
        const char *lead = memmem(row.ptr, row.len, "\"lead\":", 7);
        const char *end = at != NULL ? memchr(at, ']', row.len - (size_t)(at - row.ptr)) : NULL;
        struct gb_value parsed;

        if (run->rows[i].table != GB_TABLE_MATTER) {
            continue;
        }
        assert_int_equal(gb_json_parse(&run->arena, row, &parsed, &err), GB_OK);
        assert_non_null(end);
        lines[count++] = gb_arena_printf(&run->arena, "%.*s %.*s\n", (int)(end - at), at,
                                         lead != NULL ? 90 : 0, lead != NULL ? lead : "");
    }
    for (uint32_t done = 0; done < count; done++) {
        uint32_t least = done;

        for (uint32_t i = done; i < count; i++) {
            least = gb_str_cmp(lines[i], lines[least]) < 0 ? i : least;
        }
        text = lines[least];
        lines[least] = lines[done];
        gb_buf_add_str(&all, text);
    }
    text = gb_arena_str(&run->arena, gb_buf_str(&all));
    gb_buf_close(&all);
    return text;
}

static void play_order(const struct gb_cf_report *reports, const uint32_t *order, uint32_t count,
                       struct gb_cf_run *run)
{
    struct gb_cf_script s;

    gb_cf_begin(&s);
    for (uint32_t i = 0; i < count; i++) {
        gb_cf_put(&s, &reports[order[i]]);
    }
    gb_cf_play(&s, 3, 0, run);
    gb_arena_close(&s.arena);
}

/* The next permutation in lexical order; false after the last. */
static bool next_order(uint32_t *order, uint32_t count)
{
    uint32_t i = count - 1;
    uint32_t j = count - 1;
    uint32_t swap;

    while (i > 0 && order[i - 1] >= order[i]) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    while (order[j] <= order[i - 1]) {
        j--;
    }
    swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
    for (j = count - 1; i < j; i++, j--) {
        swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    return true;
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % below;
}

static void random_report(uint64_t *seed, uint32_t i, struct gb_cf_report *r)
{
    static const char *const keys[] = {"0", "1", "2", "3", "4", "5"};
    static const char *const xrefs[2][4] = {
        {NULL, "party/matter/0", "party/matter/2", "party/matter/4"},
        {NULL, "grid/matter/1", "grid/matter/3", "grid/matter/5"}};
    static const char *const attachments[] = {NULL, NULL, "aa", "bb"};
    bool is_grid = draw(seed, 2) == 1;

    *r = (struct gb_cf_report){
        .source = is_grid ? "grid" : "party",
        .key = keys[i],
        .column = 1,
        .hash = keys[i],
        .state = draw(seed, 3) == 0 ? "1" : "0",
        .category = draw(seed, 4) == 0 ? "NY04" : "MS02",
        .occurred_at = T0 + (int64_t)draw(seed, 4) * 3600000,
        .reporter = draw(seed, 2) == 0 ? (is_grid ? "j1.g" : "j1.p") : NULL,
        .xref = xrefs[!is_grid][draw(seed, 4)],
        .attachment = attachments[draw(seed, 4)],
    };
}

static void check_all_orders(const struct gb_cf_report *reports, uint32_t count, uint32_t skip)
{
    uint32_t order[REPORTS_MAX] = {0, 1, 2, 3, 4, 5};
    struct gb_cf_run base;
    uint32_t turn = 0;

    play_order(reports, order, count, &base);
    while (next_order(order, count)) {
        struct gb_cf_run run;

        if (turn++ % skip != 0) {
            continue;
        }
        play_order(reports, order, count, &run);
        assert_string_equal(summary(&base).ptr, summary(&run).ptr);
        gb_cf_end(&run);
    }
    gb_cf_end(&base);
}

static void arrival_decides_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct gb_cf_report reports[REPORTS_MAX];
        uint64_t dice = seed;
        uint32_t count = 2 + draw(&dice, 5);

        for (uint32_t i = 0; i < count; i++) {
            random_report(&dice, i, &reports[i]);
        }
        check_all_orders(reports, count, count < 5 ? 1 : 17);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrival_decides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
