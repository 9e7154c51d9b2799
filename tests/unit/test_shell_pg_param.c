/* Arrays in the lane's row: shorter ones than this program's, as older programs wrote them, load
 * with zeros behind; longer ones are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "shell/pg_param.h"

static PGresult *result_of(const char *text)
{
    char name[] = "seqs";
    PGresAttDesc column = {.name = name};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    char value[256];

    (void)snprintf(value, sizeof(value), "%s", text);
    assert_int_equal(PQsetResultAttrs(result, 1, &column), 1);
    assert_int_equal(PQsetvalue(result, 0, 0, value, (int)strlen(value)), 1);
    return result;
}

static void test_arrays(void **state)
{
    static const struct {
        const char *text;
        int64_t first, last_given;
        uint32_t given;
    } cases[] = {{"{}", 0, 0, 0},
                 {"", 0, 0, 0},
                 {"{7}", 7, 7, 1},
                 {"{1,2,3,4,5,6,7,8}", 1, 8, 8},
                 {"{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28}", 1,
                  GB_TOPIC_COUNT, GB_TOPIC_COUNT}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PGresult *result = result_of(cases[i].text);
        int64_t numbers[GB_TOPIC_COUNT + 1];

        memset(numbers, 0x55, sizeof(numbers));
        gb_pg_get_ints(result, 0, 0, numbers, GB_TOPIC_COUNT);
        assert_int_equal(numbers[0], cases[i].first);
        if (cases[i].given > 0) {
            assert_int_equal(numbers[cases[i].given - 1], cases[i].last_given);
        }
        for (uint32_t n = cases[i].given; n < GB_TOPIC_COUNT; n++) {
            assert_int_equal(numbers[n], 0);
        }
        assert_int_equal(numbers[GB_TOPIC_COUNT], 0x5555555555555555);
        PQclear(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_arrays)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
