/* JSON text to values: own cases, and all of JSONTestSuite where it can be had. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/json.h"

static enum gb_status parse(struct gb_arena *arena, struct gb_str text, struct gb_value *value,
                            struct gb_err *err)
{
    gb_arena_reset(arena);
    return gb_json_parse(arena, text, value, err);
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        enum gb_status status;
        const char *message;
    } cases[] = {
        {"", 0, GB_BAD_JSON, "line 1, column 1: expected JSON, found nothing"},
        {"[\"a\xff\"]", 5, GB_BAD_UTF8, "byte 3: expected UTF-8; a byte that no UTF-8 holds"},
        {"\"\xed\xa0\x80\"", 5, GB_BAD_UTF8,
         "byte 1: expected UTF-8; half of a surrogate pair, as CESU-8 writes it"},
        {"{\"a\":1,\"a\":2}", 13, GB_BAD_JSON, NULL},
        {"9223372036854775808", 19, GB_BAD_JSON, NULL},
        {"{\"a\\u0000\":1}", 13, GB_BAD_JSON, NULL},
        {"[1,]", 4, GB_BAD_JSON, NULL},
        {"1 secret", 8, GB_BAD_JSON, NULL},
    };
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_value value = {.type = GB_INT, .number = 7};
        struct gb_err err = {.status = GB_OK, .text = ""};
        struct gb_str text = {cases[i].text, cases[i].len};

        assert_int_equal(parse(&arena, text, &value, &err), cases[i].status);
        assert_int_equal(value.number, 7);
        assert_null(strstr(err.text, "secret"));
        if (cases[i].message != NULL) {
            assert_string_equal(err.text, cases[i].message);
        }
    }
    gb_arena_close(&arena);
}

/* How deep and how many is known before anything is allocated. */
static void has_bounds(void **state)
{
    struct gb_arena arena;
    struct gb_buf text = {0};
    struct gb_value value;
    struct gb_err err = {.status = GB_OK, .text = ""};

    (void)state;
    gb_arena_init(&arena, (size_t)128 << 20);
    for (uint32_t more = 0; more < 2; more++) {
        gb_buf_clear(&text);
        gb_buf_add_str(&text, GB_STR("[0"));
        for (uint32_t i = 0; i < GB_JSON_VALUES_MAX - 2 + more; i++) {
            gb_buf_add_str(&text, GB_STR(",0"));
        }
        gb_buf_add_char(&text, ']');
        assert_int_equal(parse(&arena, gb_buf_str(&text), &value, &err),
                         more == 0 ? GB_OK : GB_TOO_LARGE);
    }
    assert_string_equal(err.text, "more than 500000 values");
    gb_buf_clear(&text);
    gb_buf_add_str(&text, GB_STR("[\""));
    for (uint32_t i = 0; i < GB_JSON_VALUES_MAX; i++) {
        gb_buf_add_str(&text, GB_STR("[,\\\"")); /* within a string they are characters */
    }
    gb_buf_add_str(&text, GB_STR("\"]"));
    assert_int_equal(gb_json_parse_slow(&arena, gb_buf_str(&text), &value, &err), GB_OK);
    gb_buf_clear(&text);
    for (uint32_t i = 0; i < 2 * GB_JSON_VALUES_MAX; i++) {
        gb_buf_add_char(&text, '[');
    }
    assert_int_equal(parse(&arena, gb_buf_str(&text), &value, &err), GB_BAD_JSON);
    assert_string_equal(err.text, "deeper than 64 levels");
    gb_buf_close(&text);
    gb_arena_close(&arena);
}

static void keeps_decimals(void **state)
{
    struct gb_str text = GB_STR("[1,\"2.5\\\"3\",-0.10,{\"a\":7,\"b\":1E2},300.0,-9]");
    struct gb_value value;
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(parse(&arena, text, &value, NULL), GB_OK);
    assert_true(gb_str_eq(value.items[2].text, GB_STR("-0.10")));
    assert_true(gb_str_eq(gb_value_str(&value.items[3], GB_STR("b")), GB_STR("1E2")));
    assert_true(gb_str_eq(value.items[4].text, GB_STR("300.0")));
    assert_int_equal(value.items[5].number, -9);
    gb_arena_close(&arena);
}

static void replaces_nul(void **state)
{
    struct gb_value value;
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(parse(&arena, GB_STR("\"a\\u0000b\""), &value, NULL), GB_OK);
    assert_true(gb_str_eq(value.text, GB_STR("a\xEF\xBF\xBD" "b")));
    gb_arena_close(&arena);
}

static void bounds_depth_and_memory(void **state)
{
    struct gb_buf deep = {0};
    struct gb_value value;
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (int i = 0; i < GB_JSON_DEPTH_MAX; i++) {
        gb_buf_add_char(&deep, '[');
    }
    for (int i = 0; i < GB_JSON_DEPTH_MAX; i++) {
        gb_buf_add_char(&deep, ']');
    }
    assert_int_equal(parse(&arena, gb_buf_str(&deep), &value, NULL), GB_OK);
    gb_buf_clear(&deep);
    gb_buf_printf(&deep, "%0*d", GB_JSON_DEPTH_MAX + 1, 0);
    memset(deep.bytes, '[', deep.len);
    for (int i = 0; i <= GB_JSON_DEPTH_MAX; i++) {
        gb_buf_add_char(&deep, ']');
    }
    assert_int_equal(parse(&arena, gb_buf_str(&deep), &value, NULL), GB_BAD_JSON);
    gb_arena_close(&arena);
    gb_arena_init(&arena, 6000);
    gb_buf_clear(&deep);
    gb_buf_add_char(&deep, '"');
    gb_buf_printf(&deep, "%04000d\"", 0);
    assert_int_equal(parse(&arena, gb_buf_str(&deep), &value, NULL), GB_TOO_LARGE);
    gb_arena_close(&arena);
    gb_buf_close(&deep);
}

/* Valid by the grammar and refused on purpose: keys that repeat, or hold NUL, and long integers. */
static bool is_banned(const char *name)
{
    static const char *const names[] = {"y_object_duplicated_key.json",
                                        "y_object_duplicated_key_and_value.json",
                                        "y_object_escaped_null_in_key.json"};

    for (size_t i = 0; i < GB_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void try_file(const char *folder, const char *name)
{
    char path[1024];
    struct gb_buf text = {0};
    struct gb_arena arena;
    struct gb_value value;
    int c;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    while ((c = fgetc(file)) != EOF) {
        gb_buf_add_char(&text, (char)c);
    }
    fclose(file);
    gb_arena_init(&arena, 16 << 20);
    enum gb_status status = gb_json_parse(&arena, gb_buf_str(&text), &value, NULL);
    bool accepts = name[0] == 'y' && !is_banned(name);

    if (name[0] != 'i' && (status == GB_OK) != accepts) {
        fail_msg("%s: %s", name, gb_status_word(status));
    }
    gb_arena_close(&arena);
    gb_buf_close(&text);
}

static void json_test_suite(void **state)
{
    const char *data = getenv("GB_SHARED_DATA");
    char folder[512];
    int count = 0;

    (void)state;
    (void)snprintf(folder, sizeof(folder), "%s/protocol/JSONTestSuite/test_parsing",
                   data != NULL ? data : GB_SOURCE_DIR "/../shared/data");
    DIR *dir = opendir(folder);

    if (dir == NULL) {
        print_message("SKIPPED: JSONTestSuite is not there; set GB_SHARED_DATA\n");
        assert_null(getenv("CI"));
        skip();
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (strstr(e->d_name, ".json") != NULL) {
            try_file(folder, e->d_name);
            count++;
        }
    }
    closedir(dir);
    assert_true(count > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses), cmocka_unit_test(has_bounds), cmocka_unit_test(keeps_decimals),
        cmocka_unit_test(replaces_nul), cmocka_unit_test(bounds_depth_and_memory),
        cmocka_unit_test(json_test_suite)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
