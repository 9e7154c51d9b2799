/* What a lane remembers of its writers is bounded: in number, and in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "core/state.h"

#define T0 1700000000000
#define DAY ((int64_t)86400000)

struct lane {
    struct gb_core *core;
    struct gb_arena arena;
    uint64_t index;
};

static void begin(struct lane *lane)
{
    *lane = (struct lane){.core = gb_core_new(0)};
    gb_arena_init(&lane->arena, (size_t)64 << 20);
}

static void end(struct lane *lane)
{
    gb_core_free(lane->core);
    gb_arena_close(&lane->arena);
}

static enum gb_outcome step(struct lane *lane, const struct gb_record *rec)
{
    struct gb_step s = {.arena = &lane->arena, .index = lane->index++};

    gb_core_step(lane->core, rec, &s);
    return s.outcome;
}

static void tick(struct lane *lane, const char *session, int64_t n, int64_t clock)
{
    struct gb_record rec = {.kind = GB_KIND_TICK, .town = GB_STR(""), .n = n,
                            .session = gb_str_of(session)};
    struct gb_err err;

    assert_int_equal(gb_json_parse(&lane->arena,
                                   gb_arena_printf(&lane->arena, "{\"clock\":%lld,\"streams\":[]}",
                                                   (long long)clock),
                                   &rec.fields, &err), GB_OK);
    step(lane, &rec);
}

/* A record that the door ignored: it passes the guards and is counted. */
static enum gb_outcome ignored(struct lane *lane, const char *session, int64_t n, int64_t offset)
{
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION, .town = GB_STR(""), .n = n,
                            .session = gb_str_of(session), .verdict = GB_IGNORED,
                            .source = GB_STR("a"),
                            .src = {GB_STR("c"), GB_STR("t"), 0, offset, 0, 9}};

    return step(lane, &rec);
}

static uint32_t flush(struct lane *lane, const char *table_row)
{
    struct gb_rows rows;
    uint32_t count = 0;

    gb_core_flush(lane->core, &lane->arena, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        struct gb_str row = rows.items[i].row;

        count += gb_str_is(row) && memmem(row.ptr, row.len, table_row, strlen(table_row)) != NULL;
    }
    return count;
}

static const char *name(struct lane *lane, uint32_t i)
{
    return gb_arena_printf(&lane->arena, "s%u", i).ptr;
}

/* The writer that was silent longest is forgotten, and refused if it comes back. */
static void sessions_have_a_bound(void **state)
{
    struct lane lane;

    (void)state;
    begin(&lane);
    for (uint32_t i = 0; i < GB_SESSIONS_MAX; i++) {
        tick(&lane, name(&lane, i), 0, T0 + i);
    }
    tick(&lane, "s0", 1, T0 + GB_SESSIONS_MAX); /* s0 spoke again: s1 is the silent one */
    (void)flush(&lane, "");
    assert_int_equal(lane.core->sessions.count, GB_SESSIONS_MAX);
    tick(&lane, "more", 0, T0 + GB_SESSIONS_MAX + 1);
    (void)flush(&lane, "");
    assert_int_equal(lane.core->sessions.count, GB_SESSIONS_MAX);
    assert_null(gb_map_get(&lane.core->sessions, GB_STR("s1")));
    assert_non_null(gb_map_get(&lane.core->sessions, GB_STR("s0")));
    assert_int_equal(ignored(&lane, "s1", 1, 0), GB_UNCHANGED);
    assert_int_equal(ignored(&lane, "s0", 2, 0), GB_OUT_IGNORED);
    end(&lane);
}

/* What a forgotten writer sent and no tick ever covered is told as orphaned. */
static void a_silent_writer_is_forgotten_after_a_week(void **state)
{
    struct lane lane;

    (void)state;
    begin(&lane);
    tick(&lane, "new", 0, T0);
    assert_int_equal(ignored(&lane, "old", 0, 3), GB_OUT_IGNORED);
    tick(&lane, "new", 1, T0 + 7 * DAY);
    (void)flush(&lane, "");
    assert_non_null(gb_map_get(&lane.core->sessions, GB_STR("old")));
    tick(&lane, "new", 2, T0 + 8 * DAY);
    assert_int_equal(flush(&lane, "\"orphaned\":1"), 1);
    assert_null(gb_map_get(&lane.core->sessions, GB_STR("old")));
    assert_int_equal(ignored(&lane, "old", 1, 4), GB_UNCHANGED);
    end(&lane);
}

static void accept_loss(struct lane *lane, const char *more)
{
    struct gb_record rec = {.kind = GB_KIND_CONTROL, .town = GB_STR("")};
    struct gb_err err;

    assert_int_equal(gb_json_parse(&lane->arena,
                                   gb_arena_printf(&lane->arena, "{\"action\":\"accept-loss\"%s}",
                                                   more),
                                   &rec.fields, &err), GB_OK);
    step(lane, &rec);
}

/* Kafka lost its tail: other records come at offsets that were applied. The marks of before say
 * nothing about them, those from rows that memory did not hold either; the new ones do. */
static void a_lost_tail_begins_a_new_era_of_marks(void **state)
{
    struct lane lane;
    struct gb_rows rows;
    struct gb_err err;

    (void)state;
    begin(&lane);
    tick(&lane, "s", 0, T0);
    assert_int_equal(ignored(&lane, "s", 1, 9), GB_OUT_IGNORED);
    assert_int_equal(ignored(&lane, "s", 2, 5), GB_UNCHANGED);
    accept_loss(&lane, "");
    assert_int_equal(ignored(&lane, "s", 3, 5), GB_UNCHANGED); /* negative control */
    gb_core_flush(lane.core, &lane.arena, &rows);
    accept_loss(&lane, ",\"again\":true");
    assert_int_equal(flush(&lane, "\"marks_era\":1"), 1);
    assert_int_equal(ignored(&lane, "s", 4, 5), GB_OUT_IGNORED);
    assert_int_equal(ignored(&lane, "s", 5, 5), GB_UNCHANGED);
    assert_int_equal(flush(&lane, "\"era\":1"), 1);
    gb_core_free(lane.core);
    lane.core = gb_core_new(0);
    for (uint32_t i = 0; i < rows.count; i++) { /* as they were before the loss */
        struct gb_value parsed;

        assert_int_equal(gb_json_parse(&lane.arena, rows.items[i].row, &parsed, &err), GB_OK);
        assert_int_equal(gb_core_load(lane.core, &rows.items[i], &parsed, NULL, &err), GB_OK);
    }
    accept_loss(&lane, ",\"again\":true");
    assert_int_equal(ignored(&lane, "s", 4, 5), GB_OUT_IGNORED);
    end(&lane);
}

/* Kafka forgot the group's offsets (a topic was deleted): a session says that its stream is new. */
static void a_new_stream_of_old_begins_a_new_era(void **state)
{
    struct gb_record rec = {.kind = GB_KIND_TICK, .town = GB_STR(""), .session = GB_STR("n")};
    struct lane lane;
    struct gb_err err;

    (void)state;
    begin(&lane);
    tick(&lane, "s", 0, T0);
    assert_int_equal(ignored(&lane, "s", 1, 9), GB_OUT_IGNORED);
    tick(&lane, "n", 0, T0); /* negative control: a session that says nothing */
    assert_int_equal(ignored(&lane, "n", 1, 5), GB_UNCHANGED);
    rec.n = 2;
    assert_int_equal(gb_json_parse(&lane.arena,
                                   GB_STR("{\"clock\":0,\"streams\":[{\"from\":0,\"id\":\"c/t/0\","
                                          "\"new\":true,\"sent\":0,\"to\":0}]}"),
                                   &rec.fields, &err), GB_OK);
    step(&lane, &rec);
    assert_int_equal(ignored(&lane, "s", 2, 9), GB_UNCHANGED); /* who only says so renews nothing */
    tick(&lane, "n", 3, T0); /* nor does an interval without a record */
    assert_int_equal(ignored(&lane, "n", 4, 5), GB_OUT_IGNORED);
    assert_int_equal(ignored(&lane, "n", 5, 5), GB_UNCHANGED);
    end(&lane);
}

/* A writer that said so, slept, and wakes with records that another has read meanwhile. */
static void a_zombie_renews_no_marks(void **state)
{
    struct gb_record rec = {.kind = GB_KIND_TICK, .town = GB_STR(""), .session = GB_STR("z")};
    struct lane lane;
    struct gb_err err;

    (void)state;
    begin(&lane);
    assert_int_equal(gb_json_parse(&lane.arena,
                                   GB_STR("{\"clock\":0,\"streams\":[{\"from\":0,\"id\":\"c/t/0\","
                                          "\"new\":true,\"sent\":0,\"to\":0}]}"),
                                   &rec.fields, &err), GB_OK);
    step(&lane, &rec);
    tick(&lane, "s", 0, T0);
    assert_int_equal(ignored(&lane, "s", 1, 3), GB_OUT_IGNORED);
    assert_int_equal(ignored(&lane, "z", 1, 3), GB_UNCHANGED);
    assert_int_equal(ignored(&lane, "z", 2, 4), GB_OUT_IGNORED);
    end(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_have_a_bound),
        cmocka_unit_test(a_silent_writer_is_forgotten_after_a_week),
        cmocka_unit_test(a_lost_tail_begins_a_new_era_of_marks),
        cmocka_unit_test(a_new_stream_of_old_begins_a_new_era),
        cmocka_unit_test(a_zombie_renews_no_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
