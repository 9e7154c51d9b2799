/* The arena: alignment, zeroes, bound, reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "dies.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1U << 20);
    for (size_t len = 1; len < 300; len += 7) {
        unsigned char *taken = gb_arena_take(&arena, len);

        assert_int_equal((uintptr_t)taken % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(taken[i], 0);
        }
        memset(taken, 0xff, len);
    }
    gb_arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    assert_int_equal(*(unsigned char *)gb_arena_take(&arena, 1), 0);
    gb_arena_close(&arena);
}

static void test_blocks_grow_and_reset_keeps_one(void **state)
{
    struct gb_arena arena;
    char *first;

    (void)state;
    gb_arena_init(&arena, 4U << 20);
    first = gb_arena_take(&arena, 100);
    first[0] = 'x';
    for (int i = 0; i < 30; i++) {
        memset(gb_arena_take(&arena, 100000), 'y', 100000);
    }
    assert_int_equal(first[0], 'x');
    gb_arena_reset(&arena);
    assert_non_null(arena.blocks);
    gb_arena_close(&arena);
    assert_null(arena.blocks);
}

static void test_what_fits_can_be_taken(void **state)
{
    (void)state;
    for (size_t bound = 0; bound < 100; bound++) {
        struct gb_arena arena;
        size_t taken = 0;

        gb_arena_init(&arena, bound);
        while (gb_arena_fits(&arena, 5)) {
            (void)gb_arena_take(&arena, 5);
            taken++;
        }
        assert_true(arena.used <= bound);
        assert_int_equal(taken > 0, bound >= 16);
        assert_false(gb_arena_fits(&arena, SIZE_MAX));
        gb_arena_close(&arena);
    }
}

static void take_too_much(void)
{
    struct gb_arena arena;

    gb_arena_init(&arena, 100);
    (void)gb_arena_take(&arena, 101);
}

static void test_beyond_the_bound_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(take_too_much));
}

static void test_strings(void **state)
{
    struct gb_arena arena;
    struct gb_str copy;

    (void)state;
    gb_arena_init(&arena, 4096);
    copy = gb_arena_str(&arena, GB_STR("a\0b"));
    assert_true(gb_str_eq(copy, GB_STR("a\0b")));
    assert_int_equal(copy.ptr[copy.len], 0);
    assert_false(gb_str_is(gb_arena_str(&arena, GB_STR_NONE)));
    assert_true(gb_str_eq(gb_arena_str(&arena, GB_STR("")), GB_STR("")));
    assert_true(gb_str_eq(gb_arena_printf(&arena, "%d-%s", 7, "x"), GB_STR("7-x")));
    gb_arena_close(&arena);
}

static void test_joins_and_numbers(void **state)
{
    struct gb_arena arena;
    char much[300];
    struct gb_str joined;

    (void)state;
    memset(much, 'm', sizeof(much));
    gb_arena_init(&arena, 8192);
    joined = GB_JOIN(&arena, GB_STR("a"), GB_STR_NONE, GB_STR(""), GB_STR("\0b"));
    assert_true(gb_str_eq(joined, GB_STR("a\0b")));
    assert_int_equal(joined.ptr[joined.len], 0);
    assert_true(gb_str_eq(gb_arena_join(&arena, NULL, 0), GB_STR("")));
    assert_true(gb_str_eq(gb_arena_int(&arena, 0), GB_STR("0")));
    assert_true(gb_str_eq(gb_arena_int(&arena, INT64_MAX), GB_STR("9223372036854775807")));
    assert_true(gb_str_eq(gb_arena_int(&arena, INT64_MIN), GB_STR("-9223372036854775808")));
    joined = gb_arena_printf(&arena, "%.*s", (int)sizeof(much), much); /* beyond the short text */
    assert_true(gb_str_eq(joined, (struct gb_str){much, sizeof(much)}));
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_blocks_grow_and_reset_keeps_one),
        cmocka_unit_test(test_what_fits_can_be_taken),
        cmocka_unit_test(test_beyond_the_bound_ends_the_process),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_joins_and_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
