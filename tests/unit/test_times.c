/* Texts of times: local, with zone, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/check.h"
#include "codec/convert.h"

#define HOUR_US ((int64_t)3600 * 1000000)

static void times(void **state)
{
    static const struct {
        const char *text;
        bool needs_zone, fits;
        int64_t us;
    } cases[] = {
        {"1970-01-01 08:00:00", false, true, 0},
        {"1970-01-01T00:00:00Z", true, true, 0},
        {"1970-01-01T00:00:00.000001234Z", true, true, 1},
        {"1970-01-01 08:00", false, true, 0},
        {"1970-01-01T08:00:00+08:00", true, true, 0},
        {"1969-12-31 23:59:59.5-00:00", true, true, -500000},
        {"2026-06-01 09:00:00", false, true, 1780275600000000},
        {"2024-02-29 08:00:00", false, true, 1709164800000000},
        {"2026-06-01 09:00:00", true, false, 0},
        {"2026-02-29 08:00:00", false, false, 0},
        {"2026-13-40 25:61:00", false, false, 0},
        {"2026-06-01 24:00:00", false, false, 0},
        {"2026-06-01", false, false, 0},
        {"2026-06-01 09:00:00 ", false, false, 0},
        {"2026-06-01 09:00:00.", false, false, 0},
        {"", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        int64_t us = 0;

        assert_int_equal(gb_time_parse(gb_str_of(cases[i].text), 8 * HOUR_US, cases[i].needs_zone,
                                       &us),
                         cases[i].fits);
        assert_int_equal(us, cases[i].us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
