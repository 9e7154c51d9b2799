/* What a person settled, under a bundle that lists fields after whose change it is looked at again:
 * the same with any batch size and any restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_fixture.h"

#define T0 1700000000000

/* Overlaps opened by the script. */
static uint32_t opened(const struct gb_cf_script *s)
{
    static const uint32_t sizes[][2] = {{1000, 0}, {1, 1}, {3, 2}};
    static struct gb_cf_run runs[GB_COUNT(sizes)];
    uint32_t count = 0;

    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        gb_cf_play(s, sizes[i][0], sizes[i][1], &runs[i]);
        assert_memory_equal(runs[0].digest.bytes, runs[i].digest.bytes, GB_HASH_LEN);
        assert_true(gb_str_eq(gb_buf_str(&runs[0].outputs), gb_buf_str(&runs[i].outputs)));
        count = gb_cf_count(&runs[i], "gb.change.overlap.opened.v1");
    }
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        gb_cf_end(&runs[i]);
    }
    return count;
}

/* A person names the lead, on the only overlap so far. */
static void settle(struct gb_cf_script *s)
{
    static struct gb_cf_run run;
    struct gb_str id = GB_STR_NONE;

    gb_cf_play(s, 1000, 0, &run);
    for (uint32_t i = 0; i < run.rows_count; i++) {
        if (run.rows[i].table == GB_TABLE_OVERLAP) {
            id = gb_arena_str(&s->arena, run.rows[i].key);
        }
    }
    gb_cf_end(&run);
    assert_true(gb_str_is(id));
    gb_cf_decide(s, "d1", "seat-1",
                 gb_arena_printf(&s->arena,
                                 "\"kind\":\"lead_is\",\"overlap\":\"%.*s\",\"version\":1,"
                                 "\"to\":\"key_family\"",
                                 GB_STR_ARG(id))
                     .ptr);
}

/* A bundle may list fields after whose change a person's word is looked at again: what still stands
 * is open then, and what the word settled by naming the lead stays settled. */
static void a_listed_change_reopens_what_still_stands(void **state)
{
    static struct gb_policy policy;

    (void)state;
    for (int listed = 0; listed < 2; listed++) {
        struct gb_cf_script s;
        struct gb_cf_report one = {"party", "1",  10,   "pa", "0",  "MS02",
                                   T0,      NULL, NULL, NULL, false};
        struct gb_cf_report other = {"grid", "7", 11, "gb", "0", "NY04", T0 + 1, NULL,
                                     "party/matter/1", NULL, false};

        policy = *gb_cf_policy();
        policy.reopen = listed == 0 ? 0 : 1U << GB_REOPEN_CATEGORY;
        gb_cf_begin(&s);
        s.policy = &policy;
        gb_cf_put(&s, &one);
        gb_cf_put(&s, &other); /* one matter, MS02 and NY04: no authority, field_conflict */
        settle(&s);
        other.column = 20;
        other.hash = "gc";
        other.occurred_at++;
        gb_cf_put(&s, &other); /* nothing that is listed */
        assert_int_equal(opened(&s), 1);
        one.column = 21;
        one.hash = "pb";
        one.category = "NY04";
        other.column = 22;
        other.hash = "gd";
        other.category = "MS02";
        gb_cf_put(&s, &one);   /* equal for a moment: settled already, nothing is told */
        gb_cf_put(&s, &other); /* the elder's category is another than the person saw */
        assert_int_equal(opened(&s), 1 + listed);
        gb_arena_close(&s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_change_reopens_what_still_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
