/* Positions, and every kind of mistake at its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/yaml.h"

static struct gb_yaml root;

static bool parse(struct gb_arena *arena, struct gb_str text, struct gb_mistakes *mistakes)
{
    return gb_yaml_parse(arena, GB_STR("f.yaml"), text, &root, mistakes);
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

static void test_tree(void **state)
{
    struct gb_arena arena;
    struct gb_mistakes mistakes = {0};
    const struct gb_yaml *b;
    int64_t number = 0;

    (void)state;
    gb_arena_init(&arena, (size_t)1 << 20);
    assert_true(parse(&arena, GB_STR("a: 'x y'\nb:\n  - 2h\n  - 64KB\n  - -5\n"), &mistakes));
    assert_int_equal(root.type, GB_YAML_MAP);
    assert_int_equal(gb_yaml_get(&root, "a")->col, 4);
    assert_false(gb_yaml_get(&root, "a")->is_plain);
    b = gb_yaml_get(&root, "b");
    assert_int_equal(b->count, 3);
    assert_int_equal(b->items[1].line, 4);
    assert_int_equal(b->items[1].col, 5);
    assert_true(gb_yaml_duration(&mistakes, &b->items[0], &number) && number == 7200000);
    assert_true(gb_yaml_size(&mistakes, &b->items[1], &number) && number == 65536);
    assert_true(gb_yaml_int(&mistakes, &b->items[2], -9, 9, &number) && number == -5);
    assert_false(gb_yaml_int(&mistakes, &b->items[2], 0, 9, &number));
    assert_false(gb_yaml_int(&mistakes, NULL, 0, 9, &number));
    assert_int_equal(mistakes.count, 1);
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
}

static void test_mistakes(void **state)
{
    (void)state;
    check("", "f.yaml:1:1: the file is empty");
    check("a: 1\na: 2\n", "f.yaml:2:1: key \"a\" is already given in line 1");
    check("a: &x 1\n", "f.yaml:1:7: anchors");
    check("a: *x\n", "f.yaml:1:5: aliases");
    check("a: !t 1\n", "f.yaml:1:7: tags");
    check("a: \"x\n", "f.yaml:1:5: syntax: ");
    check("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document");
    check("? [a]\n: b\n", "f.yaml:1:3: a key must be one word");
    check("a: \xFF\n", "f.yaml:1:4: not text in UTF-8");
    check("a: 1\nb: \x01\n", "f.yaml:2:4: not text in UTF-8");
    check("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "f.yaml:1:33: nested too deeply");
}

/* One line, and no parse, for a large file that is no text. */
static void test_binary(void **state)
{
    struct gb_arena arena;
    struct gb_mistakes mistakes = {0};
    size_t len = (size_t)10 << 20;
    char *bytes = calloc(1, len);

    (void)state;
    gb_arena_init(&arena, (size_t)1 << 20);
    assert_false(parse(&arena, (struct gb_str){bytes, len}, &mistakes));
    assert_int_equal(mistakes.count, 1);
    assert_false(parse(&arena, (struct gb_str){bytes, 100000}, &mistakes));
    assert_int_equal(mistakes.count, 2);
    free(bytes);
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
}

static void test_nearest(void **state)
{
    static const char *const words[] = {"category", "network", NULL};

    (void)state;
    assert_string_equal(gb_nearest(GB_STR("catgory"), words), "category");
    assert_null(gb_nearest(GB_STR("territory"), words));
    assert_null(gb_nearest(GB_STR(""), words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
