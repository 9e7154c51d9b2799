/* A system's answer to a write-back: what comes out of the door, and each mistake by its path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/record_json.h"
#include "door_made.h"

#define MAPPING                                                                                    \
    "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: canal}\nentities:\n  a.t:\n"        \
    "    entity: matter\n    key: [id]\n    town: {constant: \"320312111\"}\n    fields:\n"        \
    "      category: {type: code, column: kind}\n"
#define REFUSE "version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"]}\n"
#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define HEAD "{\"version\":1,\"id\":\"" ID "\",\"town\":\"320312111\","
#define ABOUT "\"about\":\"grid/matter/7/501\","

struct fixture {
    struct gb_door *door;
    struct gb_arena arena;
    struct gb_door_rows rows;
};

static int setup(void **state)
{
    static struct fixture f;
    const struct door_texts texts = {
        .mapping = GB_STR(MAPPING), .refuse = GB_STR(REFUSE), .topic = GB_STR("*")};
    struct gb_mistakes mistakes = {0};

    f = (struct fixture){.door = door_made(&texts, &mistakes)};
    assert_non_null(f.door);
    gb_arena_init(&f.arena, (size_t)1 << 20);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    gb_door_free(f->door);
    gb_arena_close(&f->arena);
    return 0;
}

static struct gb_record *open_as(struct fixture *f, const char *topic, struct gb_str value)
{
    struct gb_source_record in = {.topic = gb_str_of(topic), .offset = 41, .value = value};

    gb_door_open(f->door, &in, GB_STR("seed"), &f->arena, &f->rows);
    assert_int_equal(f->rows.count, 1);
    return &f->rows.items[0].record;
}

static struct gb_record *open_value(struct fixture *f, const char *value)
{
    return open_as(f, GB_RESULT_TOPIC, gb_str_of(value));
}

/* The fields, and the line as it goes to the lane and is read there. */
static void each_result_is_read(void **state)
{
    static const struct {
        const char *value, *fields;
    } cases[] = {
        {HEAD ABOUT "\"result\":\"accepted\"}",
         "{\"about\":\"grid/matter/7/501\",\"id\":\"" ID "\",\"result\":\"accepted\"}"},
        {HEAD ABOUT "\"result\":\"accepted\",\"key\":\"9001\",\"ext\":{\"by\":\"13800138000\"}}",
         "{\"about\":\"grid/matter/7/501\",\"id\":\"" ID "\",\"key\":\"9001\","
         "\"result\":\"accepted\"}"},
        {HEAD ABOUT "\"result\":\"refused\",\"reason\":\"changed_meanwhile\"}",
         "{\"about\":\"grid/matter/7/501\",\"id\":\"" ID "\",\"reason\":\"changed_meanwhile\","
         "\"result\":\"refused\"}"},
        {HEAD ABOUT "\"result\":\"refused\"}",
         "{\"about\":\"grid/matter/7/501\",\"id\":\"" ID "\",\"result\":\"refused\"}"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_record *rec = open_value(f, cases[i].value);
        struct gb_record again;
        struct gb_buf line = {0};

        assert_int_equal(rec->verdict, GB_ACCEPTED);
        assert_int_equal(rec->kind, GB_KIND_RESULT);
        assert_int_equal(f->rows.items[0].lane, gb_lane_of_town(GB_STR("320312111"), 8));
        rec->session = GB_STR("s1");
        gb_record_write(&line, rec);
        gb_buf_add_char(&line, '\0');
        assert_non_null(strstr(line.bytes, cases[i].fields));
        assert_non_null(strstr(line.bytes, "\"kind\":\"result\",\"op\":\"put\",\"source\":"
                                           "\"writeback\""));
        assert_non_null(strstr(line.bytes, "\"verdict\":\"accepted\""));
        assert_null(strstr(line.bytes, "13800138000"));
        line.len--;
        assert_int_equal(gb_record_read(&f->arena, gb_buf_str(&line), GB_STR_NONE, &again, NULL),
                         GB_OK);
        assert_int_equal(again.kind, GB_KIND_RESULT);
        assert_true(gb_str_eq(again.town, GB_STR("320312111")));
        assert_true(gb_str_eq(again.entity, GB_STR("writeback")));
        assert_true(gb_str_eq(again.key, GB_STR(ID)));
        assert_true(gb_value_eq(&again.fields, &rec->fields));
        gb_buf_close(&line);
    }
}

static void each_mistake_is_named(void **state)
{
    static const struct {
        const char *value, *reason, *detail;
    } cases[] = {
        {"{", "bad_json", ""},
        {"[]", "bad_result", "$: expected an object"},
        {"{}", "bad_result", "$.about: missing; expected source/entity/key"},
        {"{\"version\":1," ABOUT "\"town\":\"320312111\",\"result\":\"accepted\"}", "bad_result",
         "$.id: missing; expected the write-back's id"},
        {"{\"id\":\"" ID "\"," ABOUT "\"town\":\"320312111\",\"result\":\"accepted\"}",
         "bad_result", "$.version: expected 1"},
        {"{\"version\":2,\"id\":\"" ID "\"," ABOUT "\"town\":\"320312111\",\"result\":"
         "\"accepted\"}", "bad_result", "$.version: expected 1"},
        {"{\"version\":1,\"id\":\"" ID "\"," ABOUT "\"town\":\"3203\",\"result\":\"accepted\"}",
         "bad_result", "$.town: expected 9 digits"},
        {"{\"version\":1,\"id\":\"7\"," ABOUT "\"town\":\"320312111\",\"result\":\"accepted\"}",
         "bad_result", "$.id: expected the write-back's id, a UUID"},
        {HEAD "\"result\":\"accepted\"}", "bad_result", "$.about: missing"},
        {HEAD "\"about\":\"grid/matter\",\"result\":\"accepted\"}", "bad_result",
         "$.about: expected source/entity/key"},
        {HEAD "\"about\":\"grid//7\",\"result\":\"accepted\"}", "bad_result", "$.about: expected"},
        {HEAD "\"about\":\"grid/matter/\",\"result\":\"accepted\"}", "bad_result",
         "$.about: expected"},
        {HEAD "\"about\":7,\"result\":\"accepted\"}", "bad_result", "$.about: expected"},
        {HEAD ABOUT "\"result\":\"done\"}", "bad_result", "$.result: expected accepted or refused"},
        {HEAD ABOUT "\"result\":\"refused\",\"reason\":\"Not today\"}", "bad_result",
         "$.reason: expected a word"},
        {HEAD ABOUT "\"result\":\"refused\",\"reason\":\"9lives\"}", "bad_result",
         "$.reason: expected a word"},
        {HEAD ABOUT "\"result\":\"refused\",\"key\":\"7\"}", "bad_result",
         "$.key: expected only where a row was created"},
        {HEAD ABOUT "\"result\":\"accepted\",\"key\":\"\"}", "bad_result", "$.key: expected"},
        {HEAD ABOUT "\"result\":\"accepted\",\"key\":\"a\\nb\"}", "bad_result",
         "$.key: expected"},
        {HEAD ABOUT "\"result\":\"accepted\",\"ext\":\"x\"}", "bad_result",
         "$.ext: expected an object"},
        {HEAD ABOUT "\"result\":\"accepted\",\"note\":\"called Ms Zhou\"}", "bad_result",
         "$: member 5 is not one of a result's"},
        {HEAD ABOUT "\"result\":\"accepted\",\"key\":\"13800138000\"}", "bad_field",
         "$.key: expected a code, found what looks like"},
        {HEAD "\"about\":\"grid/matter/320311199003074537\",\"result\":\"accepted\"}", "bad_field",
         "$.about: expected a code, found what looks like"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        const struct gb_record *rec = open_value(f, cases[i].value);

        assert_int_equal(rec->verdict, GB_DEAD);
        assert_int_equal(rec->kind, GB_KIND_OBSERVATION);
        assert_true(gb_str_eq(rec->source, GB_STR("writeback")));
        assert_true(gb_str_eq(rec->src.topic, GB_STR(GB_RESULT_TOPIC)) && rec->src.offset == 41);
        assert_string_equal(rec->reason.ptr, cases[i].reason);
        if (strncmp(rec->detail.ptr, cases[i].detail, strlen(cases[i].detail)) != 0) {
            fail_msg("%s: %s, not %s", cases[i].value, rec->detail.ptr, cases[i].detail);
        }
        assert_null(strstr(rec->detail.ptr, "13800138000"));
        assert_null(strstr(rec->detail.ptr, "Zhou"));
        assert_int_equal(rec->fields.type, GB_NULL);
    }
}

/* No value; too long a one; lengths at their bounds. */
static void bounds_hold(void **state)
{
    struct fixture *f = *state;
    char key[202];
    struct gb_str value;
    struct gb_buf big = {0};

    assert_string_equal(open_as(f, GB_RESULT_TOPIC, GB_STR_NONE)->reason.ptr, "bad_result");
    memset(key, 'k', sizeof(key) - 1);
    for (size_t len = 200; len <= 201; len++) {
        value = gb_arena_printf(&f->arena, HEAD ABOUT "\"result\":\"accepted\",\"key\":\"%.*s\"}",
                                (int)len, key);
        assert_int_equal(open_as(f, GB_RESULT_TOPIC, value)->verdict,
                         len == 200 ? GB_ACCEPTED : GB_DEAD);
    }
    gb_buf_add_str(&big, GB_STR(HEAD ABOUT "\"result\":\"accepted\"}"));
    while (big.len < 4096) {
        gb_buf_add_char(&big, ' ');
    }
    assert_int_equal(open_as(f, GB_RESULT_TOPIC, gb_buf_str(&big))->verdict, GB_ACCEPTED);
    gb_buf_add_char(&big, ' ');
    assert_string_equal(open_as(f, GB_RESULT_TOPIC, gb_buf_str(&big))->reason.ptr, "too_large");
    gb_buf_close(&big);
}

/* The same bytes on a source's topic are that source's, whatever they look like. */
static void other_topics_hold_no_results(void **state)
{
    struct fixture *f = *state;
    const struct gb_record *rec =
        open_as(f, "t", GB_STR(HEAD ABOUT "\"result\":\"accepted\"}"));

    assert_int_equal(rec->kind, GB_KIND_OBSERVATION);
    assert_true(gb_str_eq(rec->source, GB_STR("s")));
    assert_int_not_equal(rec->verdict, GB_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_is_read),
        cmocka_unit_test(each_mistake_is_named),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(other_topics_hold_no_results),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
