/* A result asks for the report that it is about, before it is stepped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "core/core.h"

static uint32_t wanted(const char *fields, const char *key)
{
    struct gb_core *core = gb_core_new(0);
    struct gb_arena arena;
    struct gb_wants wants = {.arena = &arena};
    struct gb_record rec = {.kind = GB_KIND_RESULT,
                            .town = GB_STR("320312111"),
                            .src = {GB_STR("c"), GB_STR("gb.writeback.result.in"), 0, 7, 0, 99},
                            .session = GB_STR("s1"),
                            .verdict = GB_ACCEPTED,
                            .source = GB_STR("writeback"),
                            .entity = GB_STR("writeback"),
                            .key = GB_STR("01890a5d-ac96-774b-bcce-b302099a8057")};
    uint32_t count = 0;

    gb_arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(gb_json_parse(&arena, gb_str_of(fields), &rec.fields, NULL), GB_OK);
    gb_core_wants(core, &rec, &wants);
    for (uint32_t i = 0; i < wants.count; i++) {
        count += gb_str_eq(wants.keys[i], gb_str_of(key));
    }
    assert_true(wants.count <= 2); /* that, and the mark of its stream */
    gb_arena_close(&arena);
    gb_core_free(core);
    return count;
}

static void what_it_is_about_is_wanted(void **state)
{
    (void)state;
    assert_int_equal(wanted("{\"about\":\"grid/matter/7/501\",\"result\":\"accepted\"}",
                            "grid/matter/7/501"), 1);
    assert_int_equal(wanted("{\"result\":\"accepted\"}", "grid/matter/7/501"), 0);
    assert_int_equal(wanted("{\"result\":\"accepted\"}", "c/gb.writeback.result.in/0"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_is_about_is_wanted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
