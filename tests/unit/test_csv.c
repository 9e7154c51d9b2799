/* RFC 4180 with a header row; mistakes at their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/csv.h"

static struct gb_csv csv;

static bool parse(struct gb_arena *arena, struct gb_str text, struct gb_mistakes *mistakes)
{
    static const char *const columns[] = {"id", "name", NULL};

    return gb_csv_parse(arena, &(struct gb_file){GB_STR("f.csv"), text}, columns, &csv, mistakes);
}

static void check(const char *text, const char *line)
{
    struct gb_arena arena;
    struct gb_mistakes mistakes = {0};

    gb_arena_init(&arena, (size_t)16 << 20);
    assert_false(parse(&arena, gb_str_of(text), &mistakes));
    gb_buf_add_char(&mistakes.lines, '\0');
    if (strstr(mistakes.lines.bytes, line) == NULL) {
        fail_msg("no \"%s\" in: %s", line, mistakes.lines.bytes);
    }
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
}

static void test_cells(void **state)
{
    struct gb_arena arena;
    struct gb_mistakes mistakes = {0};

    (void)state;
    gb_arena_init(&arena, (size_t)1 << 20);
    assert_true(
        parse(&arena, GB_STR("\xEF\xBB\xBFname,id\r\n\"a \"\"b\"\", c\nd\",1\r\n,2"), &mistakes));
    assert_int_equal(csv.rows_count, 2);
    assert_true(gb_str_eq(gb_csv_cell(&csv, 0, 1)->text, GB_STR("a \"b\", c\nd")));
    assert_true(gb_str_eq(gb_csv_cell(&csv, 0, 0)->text, GB_STR("1")));
    assert_int_equal(gb_csv_cell(&csv, 0, 0)->line, 3);
    assert_int_equal(gb_csv_cell(&csv, 1, 1)->text.len, 0);
    assert_int_equal(gb_csv_cell(&csv, 1, 0)->line, 4);
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
}

static void test_mistakes(void **state)
{
    (void)state;
    check("", "f.csv:1:1: column \"id\" is missing");
    check("id,id,name\n", "f.csv:1:1: column \"id\" is given twice");
    check("id,nam\n", "f.csv:1:4: unknown column \"nam\": did you mean \"name\"?");
    check("id,name\n1\n", "f.csv:2:1: 1 cells, the header has 2");
    check("id,name\n1,\"x\n", "f.csv:3:1: a quote is not closed");
    check("id,name\n1,\"x\"y\n", "f.csv:2:6: after a closing quote");
    check("id,name\n1,x\"\n", "f.csv:2:4: a quote inside a cell");
    check("id,name\n1,\xFF\n", "f.csv:2:3: not text in UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
