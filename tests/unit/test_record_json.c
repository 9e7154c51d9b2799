/* Intake records: what is read is written back byte by byte; what is wrong is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/record_json.h"

static void round_trips(void **state)
{
    static const char *const lines[] = {
        "{\"fields\":{\"clock\":5,\"streams\":[]},\"kind\":\"tick\",\"town\":\"\","
        "\"w\":{\"n\":3,\"session\":\"s\"}}",
        "{\"bootstrap\":true,\"entity\":\"matter\",\"fields\":{\"state\":\"0/0\"},\"key\":\"1\","
        "\"kind\":\"observation\",\"op\":\"enter\",\"source\":\"a\",\"src\":{\"cluster\":\"c\","
        "\"index\":1,\"offset\":2,\"partition\":3,\"topic\":\"t\"},\"text\":{\"place\":\"x\","
        "\"title\":\"y\"},\"town\":\"320312111\",\"verdict\":\"accepted\","
        "\"version\":{\"column\":-4,\"envelope\":[1,2]}}",
        "{\"kind\":\"tick\",\"src\":{\"cluster\":\"c\",\"index\":1,\"len\":636,\"offset\":2,"
        "\"partition\":3,\"topic\":\"t\"},\"town\":\"\"}",
        "{\"fields\":{\"clock\":5,\"modes\":{\"a\":\"live\"},\"streams\":[]},\"kind\":\"tick\","
        "\"town\":\"\"}",
        "{\"entity\":\"writeback\",\"fields\":{\"result\":\"refused\"},\"key\":\"1\","
        "\"kind\":\"result\",\"op\":\"put\",\"source\":\"writeback\",\"town\":\"320312111\","
        "\"verdict\":\"accepted\"}",
        "{\"detail\":\"d\",\"kind\":\"observation\",\"reason\":\"bad_json\",\"town\":\"\","
        "\"verdict\":\"dead\"}"};
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(lines); i++) {
        struct gb_record rec;
        struct gb_buf out = {0};

        assert_int_equal(
            gb_record_read(&arena, gb_str_of(lines[i]), GB_STR_NONE, &rec, NULL), GB_OK);
        gb_record_write(&out, &rec);
        gb_buf_add_char(&out, 0);
        assert_string_equal(out.bytes, lines[i]);
        gb_buf_close(&out);
    }
    gb_arena_close(&arena);
}

static void refuses(void **state)
{
    static const char *const lines[] = {
        "[]", "{}", "{\"kind\":\"other\"}", "{\"kind\":\"tick\",\"more\":1}",
        "{\"kind\":\"observation\"}", "{\"kind\":\"tick\",\"verdict\":\"dead\"}",
        "{\"kind\":\"result\"}",
        "{\"kind\":\"tick\",\"op\":\"put\"}", "{\"kind\":\"tick\",\"w\":{\"n\":-1}}",
        "{\"kind\":\"tick\",\"bootstrap\":false}", "{\"kind\":\"tick\",\"version\":{}}",
        "{\"kind\":\"tick\",\"src\":{\"cluster\":\"c\"}}", "{\"kind\":\"tick\",\"town\":1}",
        "{\"kind\":\"tick\",\"text\":{}}",
        "{\"kind\":\"tick\",\"src\":{\"cluster\":\"c\",\"index\":1,\"len\":0,\"offset\":2,"
        "\"partition\":3,\"topic\":\"t\"},\"town\":\"\"}",
        "{\"kind\":\"tick\",\"src\":{\"cluster\":\"c\",\"index\":1,\"length\":5,\"offset\":2,"
        "\"partition\":3,\"topic\":\"t\"},\"town\":\"\"}"};
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(lines); i++) {
        struct gb_record rec = {.n = 42};

        assert_int_equal(
            gb_record_read(&arena, gb_str_of(lines[i]), GB_STR_NONE, &rec, NULL), GB_BAD_RECORD);
        assert_int_equal(rec.n, 42);
    }
    gb_arena_close(&arena);
}

static void checks_commitments(void **state)
{
    struct gb_str salt = GB_STR("AAECAwQFBgcICQoLDA0ODw==");
    struct gb_arena arena;
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION, .town = GB_STR(""), .texts_count = 1};
    struct gb_buf out = {0};
    struct gb_str one, two;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    rec.texts[0] = (struct gb_text){GB_STR("title"),
                                    gb_text_commitment(&arena, salt, GB_STR("abc")), salt,
                                    GB_STR("abc")};
    assert_int_equal(rec.texts[0].commitment.len, 44);
    gb_record_write(&out, &rec);
    gb_record_split(gb_buf_str(&out), &one, &two);
    assert_true(two.len > 0);
    assert_int_equal(gb_record_read(&arena, one, two, &rec, NULL), GB_OK);
    assert_true(gb_str_eq(rec.texts[0].text, GB_STR("abc")));
    out.bytes[out.len - 4] = 'x'; /* the text's last letter */
    assert_int_equal(gb_record_read(&arena, one, two, &rec, NULL), GB_BAD_RECORD);
    assert_false(gb_str_is(gb_text_commitment(&arena, GB_STR("short"), GB_STR("abc"))));
    gb_buf_close(&out);
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips), cmocka_unit_test(refuses),
                                       cmocka_unit_test(checks_commitments)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
