/* The JSON writer: the vectors of RFC 8785 without reals, escapes, order of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/jsonw.h"
#include "codec/json.h"
#include "dies.h"

static struct gb_str canonical(struct gb_buf *out, struct gb_str text)
{
    struct gb_arena arena;
    struct gb_value value;
    struct gb_err err;
    struct gb_jsonw w;

    gb_arena_init(&arena, 1U << 20);
    assert_int_equal(gb_json_parse(&arena, text, &value, &err), GB_OK);
    gb_buf_clear(out);
    gb_jsonw_init(&w, out);
    gb_jsonw_value(&w, &value);
    gb_arena_close(&arena);
    return gb_buf_str(out);
}

static bool read_vector(const char *kind, const char *name, char *bytes, size_t *len)
{
    const char *data = getenv("GB_SHARED_DATA");
    char path[1024];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/protocol/jcs_rfc8785/testdata/%s/%s.json",
                   data != NULL ? data : GB_SOURCE_DIR "/../shared/data", kind, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    *len = fread(bytes, 1, *len, file);
    (void)fclose(file);
    return true;
}

static void test_rfc8785_vectors(void **state)
{
    static const char *const names[] = {"arrays", "french", "unicode", "weird"};
    struct gb_buf out = {0};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(names); i++) {
        char input[4096];
        char want[4096];
        size_t input_len = sizeof(input);
        size_t want_len = sizeof(want);

        if (!read_vector("input", names[i], input, &input_len) ||
            !read_vector("output", names[i], want, &want_len)) {
            print_message("SKIPPED: RFC 8785 vectors not found; set GB_SHARED_DATA\n");
            assert_null(getenv("CI"));
            skip();
        }
        assert_true(gb_str_eq(canonical(&out, (struct gb_str){input, input_len}),
                              (struct gb_str){want, want_len}));
    }
    gb_buf_close(&out);
}

static void test_values_sorted_and_escaped(void **state)
{
    static const char *const rows[][2] = {
        {"{\"b\":{\"z\":1,\"a\":[{\"y\":0,\"x\":-1}]},\"a\":null}",
         "{\"a\":null,\"b\":{\"a\":[{\"x\":-1,\"y\":0}],\"z\":1}}"},
        {"{\"\\ufb33\":1,\"\\ud83d\\ude02\":2,\"\\u20ac\":3,\"\\ud7ff\":4}",
         "{\"\u20ac\":3,\"\xed\x9f\xbf\":4,\"\U0001f602\":2,\"\ufb33\":1}"},
        {"{\"1\":1,\"\\u001f\":2,\"\\r\":3,\"\\n\":4,\"\":5,\"\\\\\":6,\"\\\"\":7,\"]\":8}",
         "{\"\":5,\"\\n\":4,\"\\r\":3,\"\\u001f\":2,\"\\\"\":7,\"1\":1,\"\\\\\":6,\"]\":8}"},
        {"[\"\\b\\t\\n\\f\\r\\u0001\\u001f\\u007f\\/\\\"\\\\\",true,false,[],{}]",
         "[\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f/\\\"\\\\\",true,false,[],{}]"},
        {"[-9223372036854775808,9223372036854775807]",
         "[-9223372036854775808,9223372036854775807]"},
    };
    struct gb_buf out = {0};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(rows); i++) {
        struct gb_str got = canonical(&out, gb_str_of(rows[i][0]));

        gb_buf_add_char(&out, '\0');
        got.ptr = out.bytes;
        assert_string_equal(got.ptr, rows[i][1]);
    }
    gb_buf_close(&out);
}

static void write_keys(struct gb_str first, struct gb_str second)
{
    struct gb_buf out = {0};
    struct gb_jsonw w;

    gb_jsonw_init(&w, &out);
    gb_jsonw_object(&w);
    gb_jsonw_key_int(&w, first, 1);
    gb_jsonw_key_int(&w, second, 2);
    gb_jsonw_end(&w);
    gb_buf_close(&out);
}

static void falling_keys(void)
{
    write_keys(GB_STR("b"), GB_STR("a"));
}

static void equal_keys(void)
{
    write_keys(GB_STR("a\n"), GB_STR("a\n"));
}

static void falling_behind_an_escape(void)
{
    write_keys(GB_STR("\nb"), GB_STR("\na"));
}

static void keys_in_byte_order(void)
{
    write_keys(GB_STR("\ufb33"), GB_STR("\U0001f602"));
}

static void rising_keys(void)
{
    write_keys(GB_STR("\x1f"), GB_STR("1"));
    write_keys(GB_STR("a"), GB_STR("ab"));
    write_keys(GB_STR("\U0001f602"), GB_STR("\ufb33"));
}

static void test_key_order_is_checked(void **state)
{
    (void)state;
    assert_true(dies(falling_keys));
    assert_true(dies(equal_keys));
    assert_true(dies(falling_behind_an_escape));
    assert_true(dies(keys_in_byte_order));
    assert_false(dies(rising_keys));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8785_vectors),
        cmocka_unit_test(test_values_sorted_and_escaped),
        cmocka_unit_test(test_key_order_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
