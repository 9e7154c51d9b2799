/* Runs of plain bytes: against a look at each byte, at every length and place; the buffers end
 * where the text does, so that a sanitizer sees a read behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scan.h"

#define LEN_MAX 67U

static size_t slow_plain(const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len && (unsigned char)bytes[at] >= 0x20 && bytes[at] != '"' &&
           bytes[at] != '\\') {
        at++;
    }
    return at;
}

static size_t slow_ascii(const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len && (unsigned char)bytes[at] < 0x80) {
        at++;
    }
    return at;
}

static void check(const char *bytes, size_t len)
{
    assert_int_equal(gb_plain_len(bytes, len), slow_plain(bytes, len));
    assert_int_equal(gb_ascii_len(bytes, len), slow_ascii(bytes, len));
}

static char *text_of(size_t len, char fill)
{
    char *bytes = malloc(len > 0 ? len : 1);

    assert_non_null(bytes);
    memset(bytes, fill, len > 0 ? len : 1);
    return bytes;
}

static void test_every_byte_at_every_place(void **state)
{
    (void)state;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        char *bytes = text_of(len, 'a');

        check(bytes, len);
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                bytes[at] = (char)c;
                check(bytes, len);
            }
            bytes[at] = 'a';
        }
        free(bytes);
    }
}

/* The first of two counts, also where they stand in one look. */
static void test_two_in_one_look(void **state)
{
    static const char special[] = {'"', '\\', '\x1f', '\n', '\x00'};

    (void)state;
    for (size_t len = 2; len <= LEN_MAX; len++) {
        char *bytes = text_of(len, '\x7f');

        for (size_t a = 0; a < len; a++) {
            for (size_t b = a + 1; b < len; b++) {
                bytes[a] = special[a % sizeof(special)];
                bytes[b] = special[b % sizeof(special)];
                check(bytes, len);
                bytes[a] = bytes[b] = '\x7f';
            }
        }
        free(bytes);
    }
}

static void test_numbers(void **state)
{
    static const int64_t edges[] = {0, 9, 10, 99, 100, 101, 999, 1000, 9999, 10000, INT64_MAX};
    char digits[GB_DIGITS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        for (int64_t sign = -1; sign <= 1; sign += 2) {
            char want[32];
            struct gb_str text = gb_int_text(digits, sign * edges[i]);

            (void)snprintf(want, sizeof(want), "%lld", (long long)(sign * edges[i]));
            assert_int_equal(text.len, strlen(want));
            assert_memory_equal(text.ptr, want, text.len);
        }
    }
    assert_int_equal(gb_int_text(digits, INT64_MIN).len, 20);
    assert_memory_equal(digits, "-9223372036854775808", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_at_every_place),
        cmocka_unit_test(test_two_in_one_look),
        cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
