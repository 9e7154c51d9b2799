/* Times as they are typed: each form, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/moment.h"

#define NOW INT64_C(1763856000000) /* 2025-11-23T00:00:00Z */

static void each_form_is_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"now", NOW},
        {"-1h", NOW - 3600000},
        {"+30min", NOW + 1800000},
        {"-5s", NOW - 5000},
        {"+7d", NOW + 7 * INT64_C(86400000)},
        {"2025-11-23", NOW - 8 * INT64_C(3600000)},
        {"2025-11-23T00:00:00Z", NOW},
        {"2025-11-23T08:00:00+08:00", NOW},
        {"2025-11-23 08:00", NOW},
        {"1969-12-31T23:59:59.999Z", -1},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        int64_t ms = 1;

        if (!gb_moment_parse(gb_str_of(cases[i].text), NOW, &ms) || ms != cases[i].ms) {
            fail_msg("%s: %lld", cases[i].text, (long long)ms);
        }
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {"",    "1h",         "-h",  "-1",  "-1y", "+99999999999d",
                                        "Now", "2025-02-30", "yes", "-1 h"};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(texts); i++) {
        int64_t ms = 7;

        assert_false(gb_moment_parse(gb_str_of(texts[i]), NOW, &ms));
        assert_int_equal(ms, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_form_is_read),
                                       cmocka_unit_test(what_is_no_time_is_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
