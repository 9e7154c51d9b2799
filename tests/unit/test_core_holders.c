/* Holders over a rotation of the join key: the file's rows of the old key stay good while records
 * carry both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core_fixture.h"

#define T0 1700000000000
/* Two members of the fields, as a record has them while keys overlap. */
#define BOTH(now, was) now "\",\"reporter_was\":\"" was

/* How many matters two reports of one category, place and time become. */
static uint32_t matters_of(const char *by_party, const char *by_grid, uint32_t *pseudonyms)
{
    struct gb_cf_report party = {"party", "1", 10, "pa", "0", "MS02", T0, by_party, NULL, NULL,
                                 true};
    struct gb_cf_report grid = {"grid", "7", 10, "ga", "0", "MS02", T0 + 5000, by_grid, NULL,
                                NULL, true};
    struct gb_cf_script s;
    struct gb_cf_run run;

    gb_cf_begin(&s);
    gb_cf_put(&s, &party);
    gb_cf_put(&s, &grid);
    gb_cf_play(&s, 1, 0, &run);
    uint32_t opened = gb_cf_count(&run, "gb.change.matter.opened.v1");

    *pseudonyms = gb_cf_count(&run, "p1.h1");
    assert_int_equal(gb_cf_count(&run, "j1."), 0);
    assert_int_equal(gb_cf_count(&run, "j2."), 0);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
    return opened;
}

static void both_forms_are_known(void **state)
{
    uint32_t seen;

    (void)state;
    assert_int_equal(matters_of("j1.p", "j1.g", &seen), 1);
    assert_true(seen > 0);
    assert_int_equal(matters_of(BOTH("j2.p", "j1.p"), BOTH("j2.g", "j1.g"), &seen), 1);
    assert_true(seen > 0);
    assert_int_equal(matters_of("j1.p", BOTH("j2.g", "j1.g"), &seen), 1);
}

/* The negative control: the new form alone has no row. */
static void a_new_form_without_the_old_is_nobody_known(void **state)
{
    uint32_t seen;

    (void)state;
    assert_int_equal(matters_of("j2.p", "j2.g", &seen), 2);
    assert_int_equal(seen, 0);
    assert_int_equal(matters_of(BOTH("j2.p", "j1.x"), BOTH("j2.g", "j1.y"), &seen), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_known),
        cmocka_unit_test(a_new_form_without_the_old_is_nobody_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
