/* The door: what it needs to be built, what a mapping may not say, lanes, drift, hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "door_made.h"

#define REFUSE                                                                                     \
    "version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"], "                            \
    "categories: {s: [\"bad*\"]}}\n"
#define HEAD                                                                                       \
    "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: canal}\nentities:\n  a.t:\n"        \
    "    entity: matter\n    key: [id]\n    town: {constant: \"320312111\"}\n    fields:\n"
#define MAPPING HEAD "      category: {type: code, column: kind}\n"

struct built {
    struct gb_door *door;
    struct gb_mistakes mistakes;
};

static struct built build(const char *mapping, const char *refuse)
{
    const struct door_texts texts = {.mapping = gb_str_of(mapping),
                                     .refuse = gb_str_of(refuse),
                                     .topic = GB_STR("t")};
    struct built built = {0};

    built.door = door_made(&texts, &built.mistakes);
    return built;
}

static void close_built(struct built *built)
{
    gb_door_free(built->door);
    gb_mistakes_close(&built->mistakes);
}

static void names_mistakes(void **state)
{
    static const struct {
        const char *mapping, *refuse, *expected;
    } cases[] = {
        {MAPPING, NULL, "refuse.yaml:1:1: missing"},
        {MAPPING, "version: 1\nclasses: []\n", "refuse.yaml:2:"},
        {"version: 1\n", REFUSE, "mapping.yaml:1:1: key \"envelope\" is missing"},
        {HEAD "      category: {type: code, column: id_card}\n", REFUSE, "this column is refused"},
        {HEAD "      category: {type: cod, column: x}\n", REFUSE, "did you mean code?"},
        {HEAD "      categori: {type: code, column: x}\n", REFUSE, "did you mean category?"},
        {HEAD "      occurred_at: {type: code, column: x}\n", REFUSE, "does not fit"},
        {HEAD "      grid: {type: lookup, column: g, file: no.csv, member: grid}\n", REFUSE,
         "mapping.yaml:11:"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct built built = build(cases[i].mapping, cases[i].refuse);

        assert_null(built.door);
        assert_true(built.mistakes.count > 0);
        gb_buf_add_char(&built.mistakes.lines, 0);
        if (strstr(built.mistakes.lines.bytes, cases[i].expected) == NULL) {
            fail_msg("case %zu: %s", i, built.mistakes.lines.bytes);
        }
        close_built(&built);
    }
}

static struct gb_record open_one(const struct gb_door *door, struct gb_arena *arena,
                                 struct gb_str value, uint32_t *lane)
{
    struct gb_source_record in = {.topic = GB_STR("t"), .partition = 2, .value = value};
    struct gb_door_rows rows;

    gb_door_open(door, &in, GB_STR("seed"), arena, &rows);
    assert_int_equal(rows.count, 1);
    *lane = rows.items[0].lane;
    return rows.items[0].record;
}

#define ROW(text) GB_STR("{\"type\":\"INSERT\",\"database\":\"a\",\"table\":\"t\",\"es\":1,"       \
                         "\"sql\":\"secret\",\"data\":[" text "]}")

static void routes_and_counts(void **state)
{
    struct built built = build(MAPPING, REFUSE);
    struct gb_arena arena;
    struct gb_drift drift[4];
    uint32_t lane;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_non_null(built.door);
    struct gb_record a = open_one(built.door, &arena, ROW("{\"id\":\"1\",\"kind\":\"k\"}"), &lane);

    assert_int_equal(a.verdict, GB_ACCEPTED);
    assert_int_equal(lane, gb_lane_of_town(GB_STR("320312111"), 8));
    struct gb_record b = open_one(built.door, &arena,
                                  ROW("{\"id\":\"2\",\"kind\":\"k\",\"new\":\"n\"}"), &lane);

    assert_true(gb_str_eq(a.h_img, b.h_img));
    assert_false(gb_str_eq(a.h_src, b.h_src));
    assert_int_equal(gb_door_drift(built.door, drift, 4), 1);
    assert_true(gb_str_eq(drift[0].column, GB_STR("new")) && drift[0].count == 1);
    assert_int_equal(gb_door_drift_fresh(built.door, drift, 4), 1); /* told once */
    assert_true(gb_str_eq(drift[0].column, GB_STR("new")));
    assert_int_equal(gb_door_drift_fresh(built.door, drift, 4), 0);
    assert_int_equal(gb_door_drift(built.door, drift, 4), 1); /* and counted on */
    struct gb_record c = open_one(built.door, &arena, ROW("{\"id\":1,\"kind\":\"BAD1\"}"), &lane);

    assert_int_equal(c.verdict, GB_REFUSED);
    assert_true(gb_str_eq(c.reason, GB_STR("secret")) && c.fields.type == GB_NULL);
    struct gb_record d = open_one(built.door, &arena, GB_STR("{"), &lane);

    assert_int_equal(d.verdict, GB_DEAD);
    assert_int_equal(lane, gb_lane_of_town(GB_STR("t/2"), 8));
    gb_arena_close(&arena);
    close_built(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_mistakes),
                                       cmocka_unit_test(routes_and_counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
