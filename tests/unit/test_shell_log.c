/* The log says a thing once; properties that the client library refuses; names of instances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "shell/instance.h"
#include "shell/log.h"

#define MINUTE 60000

static char *text;
static size_t text_len;
static FILE *file;

static int setup(void **state)
{
    (void)state;
    file = open_memstream(&text, &text_len);
    assert_non_null(file);
    gb_log_open(file, GB_LOG_INFO);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_log_open(stderr, GB_LOG_WARN);
    (void)fclose(file);
    free(text);
    return 0;
}

static unsigned lines(void)
{
    unsigned count = 0;

    (void)fflush(file);
    for (size_t i = 0; i < text_len; i++) {
        count += text[i] == '\n';
    }
    return count;
}

static void warn(int64_t now, int64_t lane, const char *words)
{
    gb_log_at(now, GB_LOG_WARN, lane, gb_str_of(words));
}

static void test_said_once(void **state)
{
    (void)state;
    for (int64_t second = 0; second < 60; second++) {
        warn(second * 1000, 1, second % 2 ? "again in 50 ms" : "again in 1000 ms");
    }
    assert_int_equal(lines(), 1);
    warn(0, 2, "again in 50 ms"); /* another lane is another matter */
    warn(0, 1, "other words");
    assert_int_equal(lines(), 3);
}

static void test_said_again_at_growing_distance(void **state)
{
    (void)state;
    for (int64_t second = 0; second < 3 * 3600; second++) {
        warn(second * 1000, -1, "waits for Kafka");
    }
    /* After 0, 1, 3, 7, 15, 31, 63, 123 minutes. */
    assert_int_equal(lines(), 8);
    assert_non_null(strstr(text, "left_out=59\n"));
}

static void test_news_end_the_silence(void **state)
{
    (void)state;
    warn(0, 1, "waits");
    gb_log_at(1, GB_LOG_INFO, 1, GB_STR("runs"));
    warn(2, 1, "waits");
    assert_int_equal(lines(), 3);
    gb_log_at(3, GB_LOG_INFO, 2, GB_STR("runs"));
    warn(4, 1, "waits");
    assert_int_equal(lines(), 4);
    warn(4 + 11 * MINUTE, 1, "waits");
    assert_int_equal(lines(), 5);
}

static void test_levels_and_escapes(void **state)
{
    (void)state;
    gb_log_at(0, GB_LOG_DEBUG, -1, GB_STR("never"));
    assert_int_equal(lines(), 0);
    gb_log_open(file, GB_LOG_ERROR);
    warn(0, 1, "never");
    gb_log_at(0, GB_LOG_ERROR, 3, GB_STR("a \"b\"\nc\\"));
    (void)fflush(file);
    assert_string_equal(text, "level=error lane=3 msg=\"a \\\"b\\\" c\\\\\"\n");
}

static void test_properties(void **state)
{
    static const struct {
        struct gb_kafka_property property;
        const char *why; /* NULL: good */
    } cases[] = {
        {{"sasl.mechanism", "PLAIN"}, NULL},
        {{"sasl.password", NULL}, NULL},
        {{"linger.ms", "7"}, NULL},
        {{"linger.ms", "soon"}, "Invalid value"},
        {{"lingr.ms", "7"}, "No such configuration property"},
        {{"lingr.ms", NULL}, "No such configuration property"},
        {{"enable.idempotence", "false"}, "is set by gridbridge itself"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        char why[256] = "";
        bool is_good = gb_kafka_property_is_good(&cases[i].property, why, sizeof(why));

        assert_int_equal(is_good, cases[i].why == NULL);
        if (!is_good && strstr(why, cases[i].why) == NULL) {
            fail_msg("%s: %s", cases[i].property.name, why);
        }
    }
}

static void test_instances(void **state)
{
    struct gb_instance first;
    struct gb_instance second;
    struct gb_instance third;
    struct gb_err err;

    (void)state;
    assert_int_equal(gb_instance_take("unit", NULL, &first, &err), GB_OK);
    assert_int_equal(gb_instance_take("unit", NULL, &second, &err), GB_OK);
    assert_string_not_equal(first.name, second.name);
    assert_int_equal(gb_instance_take("unit", first.name, &third, &err), GB_CONFLICT);
    assert_non_null(strstr(err.text, first.name));
    gb_instance_give_back(&first);
    assert_int_equal(gb_instance_take("unit", NULL, &third, &err), GB_OK);
    assert_string_equal(third.name, first.name); /* a restart has its name again */
    gb_instance_give_back(&second);
    gb_instance_give_back(&third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_said_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_said_again_at_growing_distance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_news_end_the_silence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels_and_escapes, setup, teardown),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_instances),
    };

    return cmocka_run_group_tests_name("shell_log", tests, NULL, NULL);
}
