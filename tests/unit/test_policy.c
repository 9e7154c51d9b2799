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

#define OPEN .urgencies = GB_URGENCY_ANY, .valid_from = INT64_MIN, .valid_until = INT64_MAX

static const struct gb_source_row sources[] = {
    {S("grid"), S("grid"), GB_ROLE_GRID_WORKER},
    {S("party"), S("party"), GB_ROLE_KEY_FAMILY},
};

static const struct gb_duty duties[] = {
    {.id = S("all"), .sources = UINT64_MAX, OPEN},
    {.id = S("ms"), .sources = UINT64_MAX, OPEN},
    {.id = S("ms-high"), .sources = UINT64_MAX, OPEN, .priority = 5},
    {.id = S("ms-party"), .sources = 2, .has_network = true, OPEN},
    {.id = S("ms-village"), .sources = UINT64_MAX, OPEN},
    {.id = S("ms02"), .sources = UINT64_MAX, .urgencies = GB_URGENCY_ANY, .valid_from = 100,
     .valid_until = 200},
    {.id = S("ms-urgent"), .sources = UINT64_MAX, .urgencies = 1U << 1, .has_urgency = true,
     .valid_from = INT64_MIN, .valid_until = INT64_MAX, .priority = -5},
    {.id = S("no-party"), .sources = UINT64_MAX, OPEN, .parts_count = 1,
     .parts = {{.kind = GB_DUTY_FORBIDDEN, .post = {.role = GB_ROLE_KEY_FAMILY}}}},
};

static void build(struct gb_arena *arena, struct gb_policy *policy)
{
    static struct gb_duty_scope scopes[] = {
        {S("*"), S("*"), 0},    {S("MS*"), S("*"), 1}, {S("MS*"), S("*"), 2},
        {S("MS*"), S("*"), 3},  {S("MS*"), S("320312111201"), 4},
        {S("MS02"), S("*"), 5}, {S("MS*"), S("*"), 6},
    };
    static struct gb_duty_scope forbidding[] = {{S("M*"), S("3203"), 7}};

    gb_arena_init(arena, (size_t)1 << 16);
    *policy = (struct gb_policy){.sources = sources, .sources_count = GB_COUNT(sources),
                                 .duties = duties, .duties_count = GB_COUNT(duties),
                                 .list_from = INT64_MIN, .list_until = INT64_MAX};
    gb_duty_index_build(arena, duties, scopes, GB_COUNT(scopes), &policy->deciding);
    gb_duty_index_build(arena, duties, forbidding, GB_COUNT(forbidding), &policy->forbidding);
}

static void most_specific_duty_wins(void **state)
{
    static const struct {
        struct gb_duty_query query;
        struct gb_str id;
    } cases[] = {
        {{S("QT99"), S("320312111202"), 0, 0, 0}, S("all")},
        {{S("MS01"), S("320312111202"), 0, 0, 0}, S("ms-high")},
        {{S("MS01"), S("320312111202"), 0, 1, 0}, S("ms-urgent")},
        {{S("MS01"), S("320312111202"), 1, 1, 0}, S("ms-party")},
        {{S("MS01"), S("320312111202"), 1, 0, 0}, S("ms-party")},
        {{S("MS01"), S("320312111202"), GB_SOURCES_MAX, 3, 0}, S("ms-high")},
        {{S("MS01"), S("320312111201001"), 1, 0, 0}, S("ms-village")},
        {{S("MS02"), S("320312111201001"), 1, 0, 100}, S("ms02")},
        {{S("MS02"), S("320312111202"), 0, 0, 200}, S("ms-high")},
    };
    struct gb_arena arena;
    struct gb_policy policy;

    (void)state;
    build(&arena, &policy);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        const struct gb_duty *duty = gb_policy_duty(&policy, &cases[i].query);

        assert_non_null(duty);
        assert_string_equal(duty->id.ptr, cases[i].id.ptr);
    }
    gb_arena_close(&arena);
}

static void a_forbidding_row_is_found_wherever_it_applies(void **state)
{
    struct gb_duty_query here = {S("MS02"), S("320312111201001"), 1, 0, 100};
    struct gb_duty_query elsewhere = {S("MS02"), S("330312111201001"), 1, 0, 100};
    struct gb_arena arena;
    struct gb_policy policy;

    (void)state;
    build(&arena, &policy);
    assert_non_null(gb_policy_forbidding(&policy, &here, GB_ROLE_KEY_FAMILY));
    assert_null(gb_policy_forbidding(&policy, &here, GB_ROLE_GRID_WORKER));
    assert_null(gb_policy_forbidding(&policy, &elsewhere, GB_ROLE_KEY_FAMILY));
    gb_arena_close(&arena);
}

static void unlisted_has_no_duty(void **state)
{
    struct gb_duty_query query = {GB_STR("NY04"), GB_STR("3"), 0, 0, 0};

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
        cmocka_unit_test(a_forbidding_row_is_found_wherever_it_applies),
        cmocka_unit_test(tables_are_searched),     cmocka_unit_test(words_come_back),
        cmocka_unit_test(pool_takes_its_blocks_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
