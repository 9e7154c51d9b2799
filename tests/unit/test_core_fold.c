/* What is kept of a matter's losing values, whatever the number of its reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"

static void report(struct gb_observation *o, const char *source, const char *category)
{
    *o = (struct gb_observation){.source = gb_str_of(source),
                                 .image = {.category = gb_str_of(category),
                                           .grid = GB_STR("g"),
                                           .state = GB_STATE_REPORTED}};
}

static void losers(const char *const *categories, uint32_t count, const char *expected)
{
    static const char *const sources[] = {"a", "b", "c"};
    struct gb_core *core = gb_core_new(0);
    struct gb_observation reports[3];
    struct gb_observation *items[3];
    struct gb_reports list = {items, count};
    struct gb_str wins[GB_LOSERS_COUNT] = {gb_str_of(categories[0]), GB_STR_NONE, GB_STR("g"),
                                           GB_STR_NONE, gb_state_word(GB_STATE_REPORTED)};
    struct gb_str text;

    for (uint32_t i = 0; i < count; i++) {
        report(&reports[i], sources[i], categories[i]);
        items[i] = &reports[i];
    }
    text = gb_fold_losers(core, &list, wins);
    if (expected == NULL) {
        assert_false(gb_str_is(text));
    } else {
        assert_int_equal(text.len, strlen(expected));
        assert_memory_equal(text.ptr, expected, text.len);
    }
    gb_core_free(core);
}

/* Two reports that both lose the same field once made its key stand twice. */
static void a_key_stands_once(void **state)
{
    (void)state;
    losers((const char *const[]){"X", "Y", "Z"}, 3,
           "{\"category\":[{\"source\":\"b\",\"value\":\"Y\"},"
           "{\"source\":\"c\",\"value\":\"Z\"}]}");
}

static void equal_values_lose_nothing(void **state)
{
    (void)state;
    losers((const char *const[]){"X", "X", NULL}, 3, NULL);
    losers((const char *const[]){"X", "X", "Y"}, 3,
           "{\"category\":[{\"source\":\"c\",\"value\":\"Y\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_stands_once),
        cmocka_unit_test(equal_values_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
