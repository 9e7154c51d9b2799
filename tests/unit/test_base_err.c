/* Statuses, their classes and words; messages and their prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "dies.h"
#include "gridbridge/err.h"

static void test_classes_and_words(void **state)
{
    (void)state;
    assert_int_equal(gb_status_class(GB_OK), GB_CLASS_OK);
    assert_int_equal(gb_status_class(GB_BAD_JSON), GB_CLASS_REJECT);
    assert_int_equal(gb_status_class(GB_AWAY), GB_CLASS_RETRY);
    assert_int_equal(gb_status_class(GB_MAYBE), GB_CLASS_UNKNOWN);
    assert_int_equal(gb_status_class(GB_BUG), GB_CLASS_FATAL);
    assert_string_equal(gb_status_word(GB_BAD_JSON), "bad_json");
    for (int a = 0; a < GB_STATUS_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(gb_status_word((enum gb_status)a),
                                    gb_status_word((enum gb_status)b));
        }
    }
}

static void test_fail_and_prefix(void **state)
{
    struct gb_err err;

    (void)state;
    assert_int_equal(gb_fail(&err, GB_BAD_FIELD, "column %d", 3), GB_BAD_FIELD);
    assert_int_equal(gb_prefix(&err, "line %d", 2), GB_BAD_FIELD);
    assert_string_equal(err.text, "line 2: column 3");
    assert_int_equal(gb_fail(NULL, GB_IO, "x"), GB_IO);
    assert_int_equal(gb_prefix(NULL, "x"), GB_BUG);
}

static void test_long_texts_are_cut(void **state)
{
    struct gb_err err;

    (void)state;
    (void)gb_fail(&err, GB_IO, "%0600d", 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    (void)gb_prefix(&err, "p");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "p: 000", 6);
    (void)gb_prefix(&err, "%0600d", 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void word_of_no_status(void)
{
    (void)gb_status_word(GB_STATUS_COUNT);
}

static void test_no_status_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(word_of_no_status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_and_words),
        cmocka_unit_test(test_fail_and_prefix),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_no_status_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
