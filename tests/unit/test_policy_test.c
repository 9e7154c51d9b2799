/* The cases beside a bundle: what differs is named at its place, what is no case is a mistake, and
 * neither changes the bundle. Run over the example town's list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/policy_test.h"
#include "shell/files.h"

static struct gb_arena arena;
static struct gb_files bundle;
static const struct gb_policy *policy;

static int setup(void **state)
{
    struct gb_mistakes mistakes = {0};
    struct gb_err err;

    (void)state;
    gb_arena_init(&arena, (size_t)512 << 20);
    assert_int_equal(gb_files_read(GB_SOURCE_DIR "/examples/tangzhang/policy", &arena, &bundle,
                                   &err),
                     GB_OK);
    policy = gb_policy_load(&arena, &bundle, &mistakes);
    assert_non_null(policy);
    gb_mistakes_close(&mistakes);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_arena_close(&arena);
    return 0;
}

static void run(const char *text, struct gb_policy_test *test)
{
    const struct gb_file file = {GB_STR("x.policy_test.yaml"), gb_str_of(text)};

    gb_policy_test_run(policy, &(struct gb_files){&file, 1}, test);
    gb_buf_add_char(&test->wrong.lines, '\0');
}

static void the_towns_own_cases_pass_and_hit_every_row(void **state)
{
    struct gb_policy_test test;

    (void)state;
    gb_policy_test_run(policy, &bundle, &test);
    assert_int_equal(test.failed, 0);
    assert_in_range(test.cases, 20, 1000);
    assert_int_equal(test.rows_hit, test.rows);
    assert_int_equal(test.unhit.count, 0);
    gb_policy_test_close(&test);
}

#define CASE(reports, expect)                                                                      \
    "cases:\n  - name: c\n    reports: [" reports "]\n    expect: " expect "\n"
#define LIGHT "{source: party_building, category: MS04}"

static void each_difference_is_named_at_its_place(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {CASE(LIGHT, "{lead: key_family}"),
         "x.policy_test.yaml:4:20: case \"c\": lead: expected key_family, got grid_worker"},
        {CASE(LIGHT, "{rule: D07}"), "4:20: case \"c\": rule: expected D07, got D04"},
        {CASE(LIGHT, "{assists: [department]}"), "assists: expected department, got none"},
        {CASE(LIGHT, "{informs: [department]}"), "informs: expected department, got none"},
        {CASE(LIGHT, "{first_contact: grid_worker}"), "expected grid_worker, got key_family"},
        {CASE(LIGHT, "{matters: 2}"), "matters: expected 2, got 1"},
        {CASE(LIGHT, "{overlaps: [\"no_owner:open\"]}"),
         "overlaps: expected no_owner:open, got none"},
        {CASE(LIGHT, "{dead: unknown_state}"), "dead: expected unknown_state, got none"},
        {CASE(LIGHT, "nothing"), "matters: expected 0, got 1"},
        {CASE("{source: governance_grid, category: NY04}", "{lead: nobody}"),
         "overlaps: expected none, got no_owner:open"}, /* what was found must be said */
        {CASE("{source: nowhere, category: MS04}", "nothing"),
         "3:24: source: must be one of bundle.yaml"},
        {CASE("{source: party_building, category: MS77}", "nothing"),
         "category: the source has no code for it"},
        {CASE("{source: party_building, category: MS04, state: HANDLED}", "nothing"),
         "state: the source has no code for it"},
        {CASE("{source: party_building, category: MS04, at: soon}", "nothing"),
         "at: must be a day"},
        {CASE("{source: party_building, category: MS04, grid: \"1\"}", "nothing"),
         "village: needs 12 digits"},
        {CASE("{source: party_building, category: MS04, urgncy: 1}", "nothing"),
         "did you mean \"urgency\"?"},
        {CASE(LIGHT, "{laed: x}"), "did you mean \"lead\"?"},
        {"cases:\n  - name: c\n    reports: []\n    expect: nothing\n", "a case has 1 to 64"},
        {"cases:\n  - name: c\n    reports: [" LIGHT "]\n", "key \"expect\" is missing"},
        {"casses: []\n", "did you mean \"cases\"?"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_policy_test test;

        run(cases[i].text, &test);
        if (test.wrong.count == 0 || strstr(test.wrong.lines.bytes, cases[i].line) == NULL) {
            fail_msg("no \"%s\" in: %s", cases[i].line, test.wrong.lines.bytes);
        }
        assert_int_equal(test.failed, test.cases);
        gb_policy_test_close(&test);
    }
}

static void a_row_without_a_case_is_told(void **state)
{
    struct gb_policy_test test;

    (void)state;
    run(CASE(LIGHT, "{lead: grid_worker}"), &test);
    assert_int_equal(test.failed, 0);
    assert_int_equal(test.rows_hit, 1);
    assert_int_equal(test.unhit.count, test.rows - 1);
    assert_non_null(memmem(test.unhit.lines.bytes, test.unhit.lines.len, "duties.yaml:", 12));
    gb_policy_test_close(&test);
}

static void cases_are_no_part_of_a_bundle(void **state)
{
    struct gb_file *items = gb_arena_take(&arena, bundle.count * sizeof(items[0]));
    struct gb_files less = {items, 0};

    (void)state;
    for (size_t i = 0; i < bundle.count; i++) {
        if (gb_policy_is_part(bundle.items[i].name)) {
            items[less.count++] = bundle.items[i];
        }
    }
    assert_true(less.count < bundle.count);
    assert_true(gb_str_eq(gb_policy_hash(&arena, &less), policy->hash));
    items[0].bytes = GB_STR("other");
    assert_false(gb_str_eq(gb_policy_hash(&arena, &less), policy->hash));
    assert_true(gb_policy_is_part(GB_STR("duties.yaml")));
    assert_true(gb_policy_is_part(GB_STR(".policy_test.yaml"))); /* a name is wanted */
    assert_false(gb_policy_is_part(GB_STR("a.policy_test.yaml")));
    assert_true(gb_policy_is_part(GB_STR("a.policy_test.yaml.bak")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_towns_own_cases_pass_and_hit_every_row),
        cmocka_unit_test(each_difference_is_named_at_its_place),
        cmocka_unit_test(a_row_without_a_case_is_told),
        cmocka_unit_test(cases_are_no_part_of_a_bundle),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
