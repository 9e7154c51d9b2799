/* The growable buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "dies.h"

static void assert_add_int(int64_t number, const char *want)
{
    struct gb_buf buf = {0};

    gb_buf_add_int(&buf, number);
    assert_true(gb_str_eq(gb_buf_str(&buf), gb_str_of(want)));
    gb_buf_close(&buf);
}

static void test_integers(void **state)
{
    (void)state;
    assert_add_int(0, "0");
    assert_add_int(-1, "-1");
    assert_add_int(INT64_MAX, "9223372036854775807");
    assert_add_int(INT64_MIN, "-9223372036854775808");
}

static void test_content_survives_growth(void **state)
{
    struct gb_buf buf = {0};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        gb_buf_add_char(&buf, (char)('a' + i % 26));
    }
    assert_int_equal(buf.len, 5000);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(buf.bytes[i], 'a' + i % 26);
    }
    gb_buf_clear(&buf);
    assert_int_equal(gb_buf_str(&buf).len, 0);
    gb_buf_close(&buf);
    assert_null(buf.bytes);
}

static void test_pieces(void **state)
{
    struct gb_buf buf = {0};

    (void)state;
    assert_true(gb_str_eq(gb_buf_str(&buf), GB_STR("")));
    gb_buf_add_str(&buf, GB_STR_NONE);
    gb_buf_add_str(&buf, GB_STR("a\0b"));
    gb_buf_printf(&buf, "%s%0300d", "-", 7);
    assert_int_equal(buf.len, 3 + 1 + 300);
    assert_memory_equal(buf.bytes, "a\0b-000", 7);
    assert_int_equal(buf.bytes[buf.len - 1], '7');
    gb_buf_close(&buf);
}

static void reserve_beyond_size_max(void)
{
    struct gb_buf buf = {0};

    gb_buf_add_char(&buf, 'x');
    gb_buf_reserve(&buf, SIZE_MAX);
}

static void test_overflow_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(reserve_beyond_size_max));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_content_survives_growth),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_overflow_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
