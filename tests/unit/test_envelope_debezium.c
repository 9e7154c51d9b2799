/* Debezium's envelope: wrapper as declared, positions, kinds of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/envelope.h"
#include "codec/json.h"

#define EVENT(op, source) "{\"op\":\"" op "\",\"before\":null,\"after\":{},\"source\":{" source "}}"
#define PG "\"schema\":\"dj\",\"table\":\"t\""
#define MY "\"db\":\"dj\",\"table\":\"t\""

static struct gb_mapping mapping(enum gb_wrapper schema, const char *first, const char *second)
{
    struct gb_mapping m = {.entities_count = 1};

    m.envelope.schema = schema;
    m.envelope.position[0] = gb_str_of(first);
    m.envelope.position[1] = gb_str_of(second);
    m.envelope.position_count = second != NULL ? 2 : 1;
    m.entities[0].table = GB_STR("dj.t");
    return m;
}

static enum gb_status open_text(struct gb_arena *arena, const struct gb_mapping *m,
                                const char *text, struct gb_changes *changes)
{
    struct gb_value message;

    *changes = (struct gb_changes){.is_delete = false};
    assert_int_equal(gb_json_parse(arena, gb_str_of(text), &message, NULL), GB_OK);
    struct gb_envelope_in in = {arena, m, NULL, &message};

    return gb_envelope_debezium(&in, changes, NULL);
}

static void wrappers(void **state)
{
    static const char plain[] = EVENT("c", PG);
    static const char wrapped[] = "{\"schema\":{},\"payload\":" EVENT("c", PG) "}";
    static const struct {
        enum gb_wrapper schema;
        enum gb_status plain, wrapped;
    } cases[] = {{GB_WRAPPER_EITHER, GB_OK, GB_OK},
                 {GB_WRAPPER_YES, GB_BAD_ENVELOPE, GB_OK},
                 {GB_WRAPPER_NO, GB_OK, GB_BAD_ENVELOPE}};
    struct gb_arena arena;
    struct gb_changes changes;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_mapping m = mapping(cases[i].schema, "lsn", NULL);

        assert_int_equal(open_text(&arena, &m, plain, &changes), cases[i].plain);
        assert_int_equal(open_text(&arena, &m, wrapped, &changes), cases[i].wrapped);
    }
    gb_arena_close(&arena);
}

static void positions(void **state)
{
    struct gb_mapping pg = mapping(GB_WRAPPER_EITHER, "lsn", NULL);
    struct gb_mapping my = mapping(GB_WRAPPER_EITHER, "file", "pos");
    struct gb_arena arena;
    struct gb_changes changes;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(open_text(&arena, &pg, EVENT("u", PG ",\"lsn\":\"24\""), &changes), GB_OK);
    assert_true(changes.position.parts_count == 1 && changes.position.parts[0] == 24);
    assert_true(changes.is_update && !changes.bootstrap);
    assert_int_equal(open_text(&arena, &pg, EVENT("r", PG ",\"lsn\":null"), &changes), GB_OK);
    assert_true(changes.position.parts_count == 0 && changes.bootstrap);
    assert_int_equal(
        open_text(&arena, &my, EVENT("c", MY ",\"file\":\"bin.000012\",\"pos\":7"), &changes),
        GB_OK);
    assert_true(changes.position.parts[0] == 12 && changes.position.parts[1] == 7);
    assert_int_equal(
        open_text(&arena, &pg, EVENT("c", PG ",\"snapshot\":\"last\",\"lsn\":1"), &changes),
        GB_OK);
    assert_true(changes.bootstrap);
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrappers), cmocka_unit_test(positions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
