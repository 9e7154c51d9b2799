/* The short way of reading JSON against the long one (jansson): whatever it accepts, both must read
 * as the same value; what records are made of it must accept. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/json.h"
#include "codec/json_fast.h"

#define MUTANTS 40 /* of each line of the fixtures */

struct trial {
    struct gb_arena fast, slow;
    uint32_t accepted;
};

/* True if the short way says nothing, or the same as the long way. */
static bool agrees(struct trial *t, struct gb_str text, struct gb_str slow_text)
{
    struct gb_value slow = {.type = GB_NULL};
    struct gb_value fast = {.type = GB_NULL};
    enum gb_status status;
    bool is_accepted = false;

    gb_arena_reset(&t->slow);
    status = gb_json_parse_slow(&t->slow, slow_text, &slow, NULL);
    if (status == GB_BAD_UTF8) {
        return true; /* never given to it */
    }
    for (int borrows = 0; borrows < 2; borrows++) {
        gb_arena_reset(&t->fast);
        is_accepted = gb_json_fast(&t->fast, text, borrows == 1, &fast);
        if (is_accepted && (status != GB_OK || !gb_value_eq(&slow, &fast))) {
            return false;
        }
    }
    t->accepted += is_accepted;
    return true;
}

static void begin(struct trial *t)
{
    *t = (struct trial){.accepted = 0};
    gb_arena_init(&t->fast, (size_t)64 << 20);
    gb_arena_init(&t->slow, (size_t)64 << 20);
}

static void end(struct trial *t)
{
    gb_arena_close(&t->fast);
    gb_arena_close(&t->slow);
}

static void takes_what_records_are_made_of(void **state)
{
    static const char *const texts[] = {
        "{}", "[]", " { \"a\" : [ 1 , -2, 0, -0 ] , \"b\" : null }\r\n\t", "\"\"", "true", "false",
        "9223372036854775807", "-9223372036854775807", "1793548800000000000",
        "[1.5,-0.10,\"x\\\"y\\\\\\/\\b\\f\\n\\r\\t\",\"\\u00e9\\u4e2d\\u007f\"]",
        "{\"\xe4\xb8\xad\":{\"a\\\"b\":[[[{}]]]}}"};
    struct trial t;

    (void)state;
    begin(&t);
    for (size_t i = 0; i < GB_COUNT(texts); i++) {
        assert_true(agrees(&t, gb_str_of(texts[i]), gb_str_of(texts[i])));
        assert_int_equal(t.accepted, i + 1);
    }
    end(&t);
}

static void leaves_what_it_does_not_know(void **state)
{
    static const char *const texts[] = {
        "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        "9223372036854775808", "99999999999999999999", "-9223372036854775808", "1e2", "1.", "1.5e3",
        "01", "-", "+1", ".5", "\"\\ud83d\\ude00\"", "\"\\udc00\"", "\"\\u0000\"", "\"\\x\"",
        "\"\\", "\"\\u12",
        "\"\t\"", "\"a", "nul", "truee", "1 2", "{\"a\" 1}", "{1:2}", "[1 2]", "\"a\"b"};
    struct trial t;

    (void)state;
    begin(&t);
    for (size_t i = 0; i < GB_COUNT(texts); i++) {
        assert_true(agrees(&t, gb_str_of(texts[i]), gb_str_of(texts[i])));
        assert_int_equal(t.accepted, 0);
    }
    end(&t);
}

/* The comparison itself must be able to fail. */
static void comparison_finds_differences(void **state)
{
    struct trial t;

    (void)state;
    begin(&t);
    assert_false(agrees(&t, GB_STR("[1]"), GB_STR("[2]")));
    assert_false(agrees(&t, GB_STR("[1]"), GB_STR("[1,]")));
    assert_false(agrees(&t, GB_STR("{\"a\":1,\"b\":2}"), GB_STR("{\"b\":2,\"a\":1}")));
    end(&t);
}

/* Open members have a bound; what is beyond goes the long way and is read all the same. */
static void long_lists_go_the_long_way(void **state)
{
    struct gb_buf text = {0};
    struct gb_value value;
    struct trial t;

    (void)state;
    begin(&t);
    gb_buf_add_char(&text, '[');
    for (int i = 0; i < 500; i++) {
        gb_buf_printf(&text, "%s%d", i > 0 ? "," : "", i);
    }
    gb_buf_add_char(&text, ']');
    assert_false(gb_json_fast(&t.fast, gb_buf_str(&text), false, &value));
    assert_int_equal(gb_json_parse(&t.fast, gb_buf_str(&text), &value, NULL), GB_OK);
    assert_int_equal(value.count, 500);
    gb_buf_close(&text);
    end(&t);
}

/* Strings point into the text where they may, and nowhere else where they may not. */
static void borrows_only_when_told(void **state)
{
    struct gb_str text = GB_STR("[\"plain\"]");
    struct gb_value value;
    struct trial t;

    (void)state;
    begin(&t);
    assert_true(gb_json_fast(&t.fast, text, true, &value));
    assert_ptr_equal(value.items[0].text.ptr, text.ptr + 2);
    assert_true(gb_json_fast(&t.fast, text, false, &value));
    assert_ptr_not_equal(value.items[0].text.ptr, text.ptr + 2);
    end(&t);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* One byte changed, dropped or doubled; bytes that mean something come often. */
static void mutate(uint64_t *seed, struct gb_str line, struct gb_buf *out)
{
    static const char bytes[] = "\"\\{}[]:,0-9.eEu \n\t\x01\x7f\xe4";
    size_t at = next_random(seed) % line.len;

    gb_buf_clear(out);
    gb_buf_add(out, line.ptr, at);
    switch (next_random(seed) % 3) {
    case 0:
        gb_buf_add_char(out, bytes[next_random(seed) % (sizeof(bytes) - 1)]);
        break;
    case 1:
        break;
    default:
        gb_buf_add(out, line.ptr + at, 1);
        gb_buf_add(out, line.ptr + at, line.len - at); /* the byte stands twice */
        return;
    }
    gb_buf_add(out, line.ptr + at + 1, line.len - at - 1);
}

static void try_line(struct trial *t, struct gb_str line)
{
    uint64_t seed = 88172645463325252U ^ line.len;
    struct gb_buf mutant = {0};
    uint32_t before = t->accepted;

    assert_true(agrees(t, line, line));
    assert_int_equal(t->accepted, before + 1);
    for (int i = 0; i < MUTANTS; i++) {
        mutate(&seed, line, &mutant);
        if (!agrees(t, gb_buf_str(&mutant), gb_buf_str(&mutant))) {
            fail_msg("they differ over: %.*s", (int)mutant.len, mutant.bytes);
        }
    }
    gb_buf_close(&mutant);
}

/* Every line of the adapters' fixtures, the messages within, the intake records wanted. */
static void agrees_on_fixtures(void **state)
{
    static const char *const files[] = {"adapters/party_building/fixtures/matters.in",
                                        "adapters/party_building/fixtures/matters.want",
                                        "adapters/governance_grid/fixtures/matters.in",
                                        "adapters/governance_grid/fixtures/matters.want"};
    char path[512];
    char *line = NULL;
    size_t size = 0;
    struct trial t;

    (void)state;
    begin(&t);
    for (size_t i = 0; i < GB_COUNT(files); i++) {
        FILE *file;
        ssize_t len;

        (void)snprintf(path, sizeof(path), "%s/%s", GB_SOURCE_DIR, files[i]);
        file = fopen(path, "rb");
        assert_non_null(file);
        while ((len = getline(&line, &size, file)) > 1) {
            struct gb_value value;

            if (line[0] != '{') {
                continue;
            }
            try_line(&t, (struct gb_str){line, (size_t)len - 1});
            gb_arena_reset(&t.slow);
            assert_int_equal(gb_json_parse_slow(&t.slow, (struct gb_str){line, (size_t)len - 1},
                                                &value, NULL), GB_OK);
            struct gb_str inner = gb_value_str(&value, GB_STR("value"));
            struct gb_buf copy = {0};

            gb_buf_add_str(&copy, inner);
            assert_true(agrees(&t, gb_buf_str(&copy), gb_buf_str(&copy)));
            gb_buf_close(&copy);
        }
        fclose(file);
    }
    assert_true(t.accepted > 100);
    free(line);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_records_are_made_of),
        cmocka_unit_test(leaves_what_it_does_not_know),
        cmocka_unit_test(comparison_finds_differences),
        cmocka_unit_test(long_lists_go_the_long_way),
        cmocka_unit_test(borrows_only_when_told),
        cmocka_unit_test(agrees_on_fixtures)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
