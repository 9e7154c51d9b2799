#include "core_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/check.h"
#include "core/state.h"

void gb_cf_same(struct gb_cf_run *a, struct gb_cf_run *b)
{
    assert_string_equal(gb_arena_str(&a->arena, gb_buf_str(&a->outputs)).ptr,
                        gb_arena_str(&b->arena, gb_buf_str(&b->outputs)).ptr);
    assert_string_equal(gb_cf_all_rows(a).ptr, gb_cf_all_rows(b).ptr);
    assert_memory_equal(a->digest.bytes, b->digest.bytes, GB_HASH_LEN);
}

void gb_cf_play_all(const struct gb_cf_script *script, struct gb_cf_run *run)
{
    static const uint32_t sizes[][2] = {{1, 1}, {3, 0}, {1000, 4}, {7, 7}};
    struct gb_cf_run other;

    gb_cf_play(script, 1, 0, run);
    gb_cf_play_keeping(script, &other);
    gb_cf_same(run, &other);
    gb_cf_end(&other);
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        gb_cf_play(script, sizes[i][0], sizes[i][1], &other);
        gb_cf_same(run, &other);
        gb_cf_end(&other);
    }
}

void gb_cf_finish(struct gb_cf_script *script, struct gb_cf_run *run)
{
    gb_cf_end(run);
    gb_arena_close(&script->arena);
}

void gb_cf_has(const struct gb_cf_run *run, const char *what, uint32_t count)
{
    if (gb_cf_count(run, what) != count) {
        (void)fprintf(stderr, "wanted %u times: %s\n%.*s", count, what,
                      GB_STR_ARG(gb_buf_str(&run->outputs)));
    }
    assert_int_equal(gb_cf_count(run, what), count);
}

const char *gb_cf_matter_of(struct gb_cf_script *s, const char *report)
{
    static struct gb_cf_run run;
    struct gb_str id = GB_STR_NONE;

    gb_cf_play(s, 1000, 0, &run);
    for (uint32_t i = 0; i < run.rows_count; i++) {
        if (run.rows[i].table == GB_TABLE_OBSERVATION &&
            gb_str_eq(run.rows[i].key, gb_str_of(report))) {
            id = gb_arena_str(&s->arena, run.rows[i].matter);
        }
    }
    gb_cf_end(&run);
    assert_true(gb_str_is(id));
    return id.ptr;
}
