/* Defaults, variables, includes; each kind of mistake at its place; secrets masked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/config.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct gb_arena arena;
static struct gb_mistakes mistakes;
static struct gb_config config;

static struct gb_str variable(void *context, struct gb_str name)
{
    (void)context;
    return gb_str_eq(name, GB_STR("HOST")) ? GB_STR("kafka1") : GB_STR_NONE;
}

static bool read_two(const char *text, const char *included)
{
    struct gb_file files[] = {{GB_STR("g.yaml"), gb_str_of(text)},
                              {GB_STR("more.yaml"), gb_str_of(included)}};

    return gb_config_read(
        &arena, &(struct gb_config_input){files, included != NULL ? 2 : 1, variable, NULL}, &config,
        &mistakes);
}

static int setup(void **state)
{
    (void)state;
    gb_arena_init(&arena, (size_t)8 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_arena_close(&arena);
    gb_mistakes_close(&mistakes);
    return 0;
}

static void test_small(void **state)
{
    (void)state;
    assert_true(read_two("version: 1\nsources: {a: {topic: t, adapter: d}}\n", NULL));
    assert_int_equal(config.lanes_count, 4);
    assert_int_equal(config.roles, 3);
    assert_int_equal(config.sources_count, 1);
    assert_true(gb_str_eq(config.hash, GB_STR("sha256")));
}

static void test_variables_and_include(void **state)
{
    struct gb_buf out = {0};

    (void)state;
    assert_true(read_two("version: 1\nkafka: {bootstrap: '${HOST}:9092'}\n"
                         "postgres: {dsn: 'password=${PW:-hunter2}'}\n",
                         "lanes: {count: 2}\nroles: [intake]\n"));
    assert_true(gb_str_eq(config.bootstrap, GB_STR("kafka1:9092")));
    assert_true(gb_str_eq(config.dsn, GB_STR("password=hunter2")));
    assert_int_equal(config.lanes_count, 2);
    gb_config_write_effective(&out, &config);
    assert_null(memmem(out.bytes, out.len, "hunter2", 7));
    assert_non_null(memmem(out.bytes, out.len, "kafka1:9092", 11));
    gb_buf_add_char(&out, '\0');
    assert_true(read_two(out.bytes, NULL));
    gb_buf_close(&out);
}

static void test_topics(void **state)
{
    struct gb_buf out = {0}, many = {0};

    (void)state;
    assert_true(read_two("version: 1\nsources:\n  a: {topics: [t, u], adapter: d, start: latest}\n"
                         "  b: {topic: v, adapter: e}\n",
                         NULL));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(config.sources_count, 3);
        assert_true(gb_str_eq(config.sources[1].name, GB_STR("a")));
        assert_true(gb_str_eq(config.sources[1].topic, GB_STR("u")));
        assert_true(gb_str_eq(config.sources[1].adapter, GB_STR("d")));
        assert_true(config.sources[1].is_latest && config.sources[1].is_more);
        assert_true(gb_str_eq(config.sources[2].topic, GB_STR("v")));
        assert_false(config.sources[0].is_more || config.sources[2].is_more);
        gb_buf_clear(&out);
        gb_config_write_effective(&out, &config);
        gb_buf_add_char(&out, '\0');
        if (!read_two(out.bytes, NULL)) { /* and what it says is the same */
            fail_msg("%.*s in:\n%s", (int)mistakes.lines.len, mistakes.lines.bytes, out.bytes);
        }
    }
    for (int count = GB_CONFIG_SOURCES_MAX; count <= (int)GB_CONFIG_SOURCES_MAX + 1; count++) {
        gb_buf_clear(&many);
        gb_buf_add_str(&many, GB_STR("version: 1\nsources:\n  a:\n    adapter: d\n    topics:\n"));
        for (int i = 0; i < count; i++) {
            gb_buf_printf(&many, "      - t%d\n", i);
        }
        gb_buf_add_char(&many, '\0');
        assert_int_equal(read_two(many.bytes, NULL), count == GB_CONFIG_SOURCES_MAX);
    }
    gb_buf_close(&many);
    gb_buf_close(&out);
    gb_mistakes_close(&mistakes);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *more, *line;
    } cases[] = {
        {"version: 1\nkafak: {}\n", NULL,
         "g.yaml:2:1: unknown key \"kafak\": did you mean \"kafka\"?"},
        {"version: 1\nlanes: {cuont: 2}\n", NULL, "g.yaml:2:9: unknown key \"cuont\""},
        {"version: 1\nlanes: {count: x}\n", NULL, "g.yaml:2:16: must be a whole number"},
        {"version: 1\nlanes: 3\n", NULL, "g.yaml:2:8: must be a map"},
        {"version: 1\nversion: 1\n", NULL, "g.yaml:2:1: key \"version\" is already given"},
        {"lanes: {count: 1}\n", NULL, "g.yaml:1:1: key \"version\" is missing"},
        {"version: 1\nbridge: {id: '${NO:?set it}'}\n", NULL,
         "g.yaml:2:14: variable NO is not set: set it"},
        {"version: 1\nbridge: {id: '${NO'}\n", NULL, "g.yaml:2:14: ${ is not closed"},
        {"version: 1\npostgres: {dsn: a, dsn_file: b}\n", NULL,
         "g.yaml:2:30: give dsn or dsn_file"},
        {"version: 1\npublish: {mode: transactionl}\n", NULL, "did you mean \"transactional\"?"},
        {"version: 1\nsources: {a: {topic: t}}\n", NULL, "g.yaml:2:14: key \"adapter\" is missing"},
        {"version: 1\nsources: {a: {topics: [], adapter: d}}\n", NULL,
         "g.yaml:2:23: topics has no name"},
        {"version: 1\nsources: {a: {topic: t, topics: [u], adapter: d}}\n", NULL,
         "g.yaml:2:33: give topic or topics, not both"},
        {"version: 1\nsources: {a: {topics: t, adapter: d}}\n", NULL,
         "g.yaml:2:23: must be a list"},
        {"version: 1\nsources: {a: {topics: [t, u], adapter: d}, b: {topic: u, adapter: d}}\n",
         NULL, "g.yaml:2:55: topic u already stands in g.yaml:2"},
        {"version: 1\nlimits: {batch_bytes: 1}\n", NULL, "g.yaml:2:23: must be a size"},
        {"version: 1\nsources: {a: {topic: t, adapter: d, mode: alive}}\n", NULL,
         "did you mean \"live\"?"},
        {"version: 1\nsources: {result.in: {topic: t, adapter: d}}\n", NULL,
         "g.yaml:2:11: the bridge's own topic has that name"},
        {"version: 1\nroles: [http]\n", NULL, "g.yaml:2:9: this version has no HTTP"},
        {"version: 1\nkafka: {cluster: a/b}\n", NULL, "g.yaml:2:18: write letters, digits"},
        {"version: 1\nprivacy: {salt: x, salt_file: y}\n", NULL,
         "g.yaml:2:31: give salt or salt_file, not both"},
        {"version: 1\nkafka: {properties: {a.b_file: x, a.b: y}}\n", NULL,
         "g.yaml:2:35: give a.b or a.b_file, not both"},
        {"version: 1\nlanes: {count: 1}\n", "lanes: {count: 2}\n",
         "more.yaml:1:16: lanes.count is already"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        assert_false(read_two(cases[i].text, cases[i].more));
        gb_buf_add_char(&mistakes.lines, '\0');
        if (strstr(mistakes.lines.bytes, cases[i].line) == NULL) {
            fail_msg("no \"%s\" in: %s", cases[i].line, mistakes.lines.bytes);
        }
        gb_mistakes_close(&mistakes);
    }
}

/* Shadow unless it says live; what is shown is read again. */
static void test_modes(void **state)
{
    struct gb_buf out = {0};

    (void)state;
    assert_true(read_two("version: 1\nsources:\n  a: {topics: [t, u], adapter: d, mode: live}\n"
                         "  b: {topic: v, adapter: d, mode: shadow}\n"
                         "  c: {topic: w, adapter: d}\n",
                         NULL));
    assert_int_equal(config.sources_count, 4);
    assert_true(config.sources[0].is_live && config.sources[1].is_live);
    assert_false(config.sources[2].is_live || config.sources[3].is_live);
    gb_config_write_effective(&out, &config);
    gb_buf_add_char(&out, '\0');
    assert_non_null(strstr(out.bytes, "    mode: \"live\"\n"));
    assert_true(read_two(out.bytes, NULL));
    assert_true(config.sources[1].is_live);
    assert_false(config.sources[2].is_live);
    gb_buf_close(&out);
    gb_mistakes_close(&mistakes);
}

static void test_a_desk_of_its_own(void **state)
{
    struct gb_buf out = {0};

    (void)state;
    assert_true(read_two("version: 1\ninclude: [more.yaml]\n"
                         "sources: {a: {topic: t, adapter: d}}\n"
                         "decisions: {gateway: desk, key_file: desk.key,\n"
                         "  gateways: {desk: \"" HEX "\"}}\n",
                         "log: {level: info}\n"));
    assert_true(gb_str_eq(config.gateway, GB_STR("desk")));
    assert_true(gb_str_eq(config.gateway_key_file, GB_STR("desk.key")));
    assert_int_equal(config.gateways_count, 1);
    gb_config_write_effective(&out, &config);
    gb_buf_add_char(&out, '\0');
    assert_non_null(strstr(out.bytes, "decisions:\n  gateway: \"desk\"\n"
                                      "  key_file: \"desk.key\"\n  gateways:\n"));
    gb_buf_close(&out);
    assert_false(read_two("version: 1\nsources: {a: {topic: t, adapter: d}}\n"
                          "decisions: {key: \"" HEX "\", key_file: desk.key, gatway: x}\n",
                          NULL));
    assert_int_equal(mistakes.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_variables_and_include),
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_a_desk_of_its_own),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
