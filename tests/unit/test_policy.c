/* What a bundle answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/pool.h"
#include "core_fixture.h"

#define S(literal) {(literal), sizeof(literal) - 1}

static const struct gb_duty duties[] = {
    {.id = S("all"), .category = S("*"), .network = S("*"), .territory = S("*"),
     .valid_from = INT64_MIN, .valid_until = INT64_MAX},
    {.id = S("ms"), .category = S("MS*"), .network = S("*"), .territory = S("*"),
     .valid_from = INT64_MIN, .valid_until = INT64_MAX},
    {.id = S("ms-high"), .category = S("MS*"), .network = S("*"), .territory = S("*"),
     .valid_from = INT64_MIN, .valid_until = INT64_MAX, .priority = 5},
    {.id = S("ms-party"), .category = S("MS*"), .network = S("party"), .territory = S("*"),
     .valid_from = INT64_MIN, .valid_until = INT64_MAX},
    {.id = S("ms-village"), .category = S("MS*"), .network = S("*"),
     .territory = S("320312111201"), .valid_from = INT64_MIN, .valid_until = INT64_MAX},
    {.id = S("ms02"), .category = S("MS02"), .network = S("*"), .territory = S("*"),
     .valid_from = 100, .valid_until = 200},
};

static void most_specific_duty_wins(void **state)
{
    static const struct gb_policy policy = {.duties = duties, .duties_count = GB_COUNT(duties)};
    static const struct {
        struct gb_duty_query query;
        struct gb_str id;
    } cases[] = {
        {{S("QT99"), S("grid"), S("320312111202"), 0}, S("all")},
        {{S("MS01"), S("grid"), S("320312111202"), 0}, S("ms-high")},
        {{S("MS01"), S("party"), S("320312111202"), 0}, S("ms-party")},
        {{S("MS01"), S("party"), S("320312111201001"), 0}, S("ms-village")},
        {{S("MS02"), S("party"), S("320312111201001"), 100}, S("ms02")},
        {{S("MS02"), S("grid"), S("320312111202"), 200}, S("ms-high")},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        const struct gb_duty *duty = gb_policy_duty(&policy, &cases[i].query);

        assert_non_null(duty);
        assert_true(gb_str_eq(duty->id, cases[i].id));
    }
}

static void unlisted_has_no_duty(void **state)
{
    struct gb_duty_query query = {GB_STR("NY04"), GB_STR("grid"), GB_STR("3"), 0};

    (void)state;
    assert_null(gb_policy_duty(gb_cf_policy(), &query));
}

static void tables_are_searched(void **state)
{
    const struct gb_policy *policy = gb_cf_policy();
    enum gb_state found = GB_STATE_VOID;

    (void)state;
    assert_true(gb_str_eq(gb_policy_canonical(policy, GB_STR("party"), GB_STR("category"),
                                              GB_STR("NY04"), 0),
                          GB_STR("NY04")));
    assert_false(gb_str_is(gb_policy_canonical(policy, GB_STR("party"), GB_STR("category"),
                                               GB_STR("NY05"), 0)));
    assert_true(gb_policy_state(policy, GB_STR("grid"), GB_STR("matter"), GB_STR("1"), &found));
    assert_int_equal(found, GB_STATE_CLOSED);
    assert_false(gb_policy_state(policy, GB_STR("grid"), GB_STR("visit"), GB_STR("1"), &found));
    assert_true(gb_policy_has_place(policy, GB_STR(CF_VILLAGE)));
    assert_false(gb_policy_has_place(policy, GB_STR("320312111299")));
    assert_null(gb_policy_authority(policy, GB_STR("category")));
    assert_non_null(gb_policy_holder(policy, GB_STR("j1.p")));
    assert_null(gb_policy_holder(policy, GB_STR("j1.q")));
    assert_int_equal(gb_policy_source(policy, GB_STR("party"))->role, GB_ROLE_KEY_FAMILY);
}

static void words_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < GB_STATE_COUNT; i++) {
        assert_int_equal(gb_state_of(gb_state_word((enum gb_state)i)), i);
    }
    for (int i = 0; i < GB_ROLE_COUNT; i++) {
        assert_int_equal(gb_role_of(gb_role_word((enum gb_role)i)), i);
    }
    assert_int_equal(gb_state_of(GB_STR("closed")), GB_STATE_COUNT);
    assert_int_equal(gb_role_of(GB_STR("")), GB_ROLE_COUNT);
}

static void pool_takes_its_blocks_again(void **state)
{
    struct gb_pool pool;

    (void)state;
    gb_pool_init(&pool);
    for (size_t len = 1; len < 300000; len = len * 3 / 2 + 1) {
        char *block = gb_pool_take(&pool, len);

        memset(block, 1, len);
        gb_pool_give(&pool, block, len);
        assert_ptr_equal(gb_pool_take(&pool, len), block);
        assert_int_equal(block[len - 1], 0);
        gb_pool_give(&pool, block, len);
    }
    assert_int_equal(pool.used, 0);
    gb_pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_specific_duty_wins), cmocka_unit_test(unlisted_has_no_duty),
        cmocka_unit_test(tables_are_searched),     cmocka_unit_test(words_come_back),
        cmocka_unit_test(pool_takes_its_blocks_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
