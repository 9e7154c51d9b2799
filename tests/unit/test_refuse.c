/* The refuse-list: mistakes with their place, and what each kind of pattern catches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/refuse.h"

#define LIST                                                                                       \
    "version: 1\nclasses:\n  - class: phone\n    columns: [\"*Phone*\", tel]\n"                    \
    "  - class: person\n    tables: [\"special_*\", \"*_hiv\"]\n    words: [吸毒]\n"               \
    "  - class: petition\n    categories: {a: [\"91*\"]}\n"                                        \
    "no_text: {a: [\"70*\"], b: [MD*], c: []}\n"

static const struct gb_refuse *read_list(struct gb_arena *arena, const char *text,
                                         struct gb_mistakes *mistakes)
{
    struct gb_file file = {GB_STR("refuse.yaml"), gb_str_of(text)};

    gb_arena_init(arena, 4 << 20);
    return gb_refuse_read(arena, &file, mistakes);
}

static void names_mistakes(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"version: 1\n", "refuse.yaml:1:1: classes: expected a list"},
        {"version: 2\nclasses: [{class: a, columns: [b]}]\n", "refuse.yaml:1:10: "},
        {"classes: [{class: a, columns: [b]}]\n", "refuse.yaml:1:1: version is missing"},
        {"version: 1\nclasses: [b]\n", "refuse.yaml:2:11: expected a map"},
        {"version: 1\nclasses: [{class: a}]\n", "refuse.yaml:2:11: expected columns, tables"},
        {"version: 1\nclasses: [{class: A b, columns: [c]}]\n", "refuse.yaml:2:19: class: "},
        {"version: 1\nclasses: [{class: a, columns: [c]}, {class: a, columns: [d]}]\n",
         "refuse.yaml:2:45: this class stands twice"},
        {"version: 1\nclasses: [{class: a, columns: [c, c]}]\n",
         "refuse.yaml:2:35: this pattern stands twice"},
        {"version: 1\nclasses: [{class: a, columns: [\"*\"]}]\n", "refuse.yaml:2:32: expec"},
        {"version: 1\nclasses: [{class: a, words: [毒]}]\n", "refuse.yaml:2:30: expected a word"},
        {"version: 1\nclasses: [{class: a, columns: []}]\n", "refuse.yaml:2:31: expected a list"},
        {"version: 1\nclasses: [{class: a, columns: [c]}]\nno_text: [x]\n",
         "refuse.yaml:3:10: must be a map"},
        {"version: 1\nclasses: [{class: a, columns: [c]}]\nno_text: {a: x}\n",
         "refuse.yaml:3:14: expected a list"},
        {"version: 1\nclases: [{class: a, columns: [c]}]\n", "did you mean \"classes\"?"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_mistakes mistakes = {0};
        struct gb_arena arena;

        assert_null(read_list(&arena, cases[i].text, &mistakes));
        assert_true(mistakes.count > 0);
        gb_buf_add_char(&mistakes.lines, 0);
        if (strstr(mistakes.lines.bytes, cases[i].expected) == NULL) {
            fail_msg("case %zu: %s", i, mistakes.lines.bytes);
        }
        gb_mistakes_close(&mistakes);
        gb_arena_close(&arena);
    }
}

static bool is(struct gb_str class_name, const char *expected)
{
    return gb_str_eq(class_name, gb_str_of(expected));
}

static void matches_patterns(void **state)
{
    struct gb_mistakes mistakes = {0};
    struct gb_arena arena;
    const struct gb_refuse *list = read_list(&arena, LIST, &mistakes);

    (void)state;
    assert_non_null(list);
    assert_true(is(gb_refuse_column(list, GB_STR("createUserphone2")), "phone"));
    assert_true(is(gb_refuse_column(list, GB_STR("TEL")), "phone"));
    assert_true(is(gb_refuse_column(list, GB_STR("hotel")), NULL));
    assert_true(is(gb_refuse_table(list, GB_STR("zz.special_people")), "person"));
    assert_true(is(gb_refuse_table(list, GB_STR("zz.t_hiv")), "person"));
    assert_true(is(gb_refuse_table(list, GB_STR("special_zz.t")), "person"));
    assert_true(is(gb_refuse_table(list, GB_STR("zz.case_info")), NULL));
    assert_true(is(gb_refuse_category(list, GB_STR("a"), GB_STR("9101")), "petition"));
    assert_true(is(gb_refuse_category(list, GB_STR("b"), GB_STR("9101")), NULL));
    assert_true(is(gb_refuse_category(list, GB_STR("a"), GB_STR("7001")), NULL));
    assert_true(is(gb_refuse_word(list, GB_STR("某某吸毒人员")), "person"));
    assert_true(is(gb_refuse_word(list, GB_STR("路灯不亮")), NULL));
    assert_true(gb_refuse_no_text(list, GB_STR("a"), GB_STR("7001")));
    assert_true(gb_refuse_no_text(list, GB_STR("b"), GB_STR("md01")));
    assert_false(gb_refuse_no_text(list, GB_STR("a"), GB_STR("1001")));
    assert_true(gb_refuse_rules_texts(list, GB_STR("b")));
    assert_true(gb_refuse_rules_texts(list, GB_STR("c")));
    assert_false(gb_refuse_rules_texts(list, GB_STR("d")));
    assert_false(gb_refuse_no_text(list, GB_STR("c"), GB_STR("7001")));
    assert_int_equal(list->classes_count, 3);
    assert_int_equal(gb_refuse_class(list, GB_STR("person")), 1);
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_mistakes),
                                       cmocka_unit_test(matches_patterns)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
