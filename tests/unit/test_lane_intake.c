/* Intake: numbers, ticks, commits and the gate, on the policy topic alone (no mapping needed but
 * for a door to exist). The test is the world: it reads effects and answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "intake_world.h"

/* An activation goes to every lane; ticks follow; offsets are committed after all acks, once. */
static void test_policy_tick_commit(void **state)
{
    struct world w;
    struct gb_arena arena;
    struct gb_record rec;
    const struct gb_intake_effect *commit;

    (void)state;
    begin(&w);
    gb_arena_init(&arena, 1 << 20);
    assign(&w, -1, NULL, 0);
    assert_int_equal(find(&w, GB_IX_FETCH)->streams.count, 1);
    give(&w, 0, "{\"bundle\":\"" BUNDLE "\"}");
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
    read_produced(&w, 2, &arena, &rec);
    assert_int_equal(rec.kind, GB_KIND_POLICY);
    assert_int_equal(rec.n, 0);
    for (uint64_t t = 1; t <= LANES; t++) {
        ack(&w, t, GB_OK, 0);
        assert_null(find(&w, GB_IX_COMMIT));
    }
    w.now += 1000;
    step(&w, (struct gb_intake_event){.kind = GB_IE_TIMER});
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
    read_produced(&w, 1, &arena, &rec);
    assert_int_equal(rec.kind, GB_KIND_TICK);
    assert_int_equal(rec.n, 1);
    assert_int_equal(gb_value_int(&rec.fields, GB_STR("clock"), -1), 1800000000000 + w.now);
    ack(&w, 6, GB_OK, 0);
    ack(&w, 4, GB_OK, 0);
    assert_null(find(&w, GB_IX_COMMIT));
    ack(&w, 5, GB_OK, 0);
    commit = find(&w, GB_IX_COMMIT);
    assert_non_null(commit);
    assert_int_equal(commit->streams.items[0].offset, 1);
    assert_int_equal(commit->streams.items[0].metadata.len, 2 + 64);
    step(&w, (struct gb_intake_event){.kind = GB_IE_COMMITTED});
    assert_non_null(find(&w, GB_IX_FETCH)); /* the gate opens */
    gb_arena_close(&arena);
    end(&w);
}

/* A failed delivery: purge, restart, and no late ack leads to a commit. */
static void test_delivery_failure(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assign(&w, -1, NULL, 0);
    give(&w, 0, "{\"bundle\":\"" BUNDLE "\"}");
    ack(&w, 1, GB_OK, 0);
    ack(&w, 2, GB_AWAY, 0);
    assert_non_null(find(&w, GB_IX_PURGE));
    assert_non_null(find(&w, GB_IX_RESTART));
    assert_false(gb_intake_wants_records(w.intake));
    ack(&w, 3, GB_OK, 0);
    assert_int_equal(w.effects.count, 0);
    end(&w);
}

/* A host whose clock is off by more than the bound sends nothing more; within it, it does. */
static void test_clock_skew(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assign(&w, -1, NULL, 0);
    give(&w, 0, "{\"bundle\":\"" BUNDLE "\"}");
    ack(&w, 1, GB_OK, 599999);
    assert_true(gb_intake_wants_records(w.intake));
    ack(&w, 2, GB_OK, -600001);
    assert_non_null(find(&w, GB_IX_PURGE));
    assert_false(gb_intake_wants_records(w.intake));
    end(&w);
}

/* A clock that jumps after it was proven moves nothing, until a report agrees with it again. */
static void test_clock_jump(void **state)
{
    static const int64_t jumps[] = {600000, 600001, -600001};
    struct world w;
    struct gb_arena arena;
    struct gb_record rec;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(jumps); i++) {
        int64_t wall;

        begin(&w);
        assign(&w, -1, NULL, 0);
        give(&w, 0, "{\"bundle\":\"" BUNDLE "\"}");
        ack(&w, 1, GB_OK, 0);
        w.now += 1000;
        w.jump = jumps[i];
        wall = 1800000000000 + w.now + w.jump;
        step(&w, (struct gb_intake_event){.kind = GB_IE_TIMER});
        read_produced(&w, 1, &arena, &rec);
        assert_int_equal(rec.kind, GB_KIND_TICK);
        assert_int_equal(gb_value_int(&rec.fields, GB_STR("clock"), -1), i == 0 ? wall : 0);
        end(&w);
    }
    gb_arena_close(&arena);
}

/* Ticks tell the mode of each source as the door has it now. */
static void test_modes(void **state)
{
    static const char *const words[] = {"shadow", "live"};
    struct world w;
    struct gb_door *live = open_door_as(true);
    struct gb_arena arena;
    struct gb_record rec;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    begin(&w);
    assign(&w, 1, NULL, 0);
    for (size_t i = 0; i < GB_COUNT(words); i++) {
        const struct gb_value *modes;

        w.now += 60000;
        step(&w, (struct gb_intake_event){.kind = GB_IE_TIMER});
        assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
        read_produced(&w, 1, &arena, &rec);
        assert_int_equal(rec.kind, GB_KIND_TICK);
        modes = gb_value_get(&rec.fields, GB_STR("modes"));
        assert_non_null(modes);
        assert_int_equal(modes->count, 1);
        assert_true(gb_str_eq(gb_value_str(modes, GB_STR("party_building")), gb_str_of(words[i])));
        for (uint64_t ticket = 1; ticket <= LANES; ticket++) {
            ack(&w, i * LANES + ticket, GB_OK, 0);
        }
        gb_intake_set_door(w.intake, live);
    }
    end(&w);
    gb_door_free(live);
    gb_arena_close(&arena);
}

/* The committed record is read again: the same bytes go on, other bytes halt the stream. */
static void test_recreated_topic(void **state)
{
    static const char value[] = "{\"bundle\":\"" BUNDLE "\"}";
    struct world w;
    struct gb_arena arena;
    struct gb_source_record record = {.topic = GB_STR("gb.policy.in"), .offset = 4};
    struct gb_str metadata;

    (void)state;
    begin(&w);
    gb_arena_init(&arena, 1 << 20);
    record.value = gb_str_of(value);
    metadata = gb_arena_printf(&arena, "4:%.*s",
                               GB_STR_ARG(gb_door_hash(w.door, &record, &arena)));
    assign(&w, 5, metadata.ptr, 0);
    assert_int_equal(find(&w, GB_IX_FETCH)->streams.items[0].offset, 4);
    give(&w, 4, value);
    assert_int_equal(w.effects.count, 0);
    give(&w, 5, value);
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
    assign(&w, 5, metadata.ptr, 0);
    give(&w, 4, "{\"bundle\":\"another\"}");
    assert_non_null(find(&w, GB_IX_HALT));
    give(&w, 5, value);
    assert_int_equal(count(&w, GB_IX_PRODUCE), 0);
    gb_arena_close(&arena);
    end(&w);
}

/* Records deleted before they were read: halted, not skipped. */
static void test_retention_overrun(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assign(&w, 3, NULL, 4);
    assert_non_null(find(&w, GB_IX_HALT));
    assert_int_equal(find(&w, GB_IX_FETCH)->streams.count, 0);
    assign(&w, 4, NULL, 4);
    assert_null(find(&w, GB_IX_HALT));
    end(&w);
}

/* A stream without a committed offset: every lane is told, then its place is committed, then it is
 * read. So `start: latest` keeps what comes between this start and the next, and a stream that is
 * new again is one whose offsets Kafka forgot. */
static void test_start_latest(void **state)
{
    struct gb_stream_start start = {.topic = GB_STR("party.dj.sys_party_task"),
                                    .committed = -1,
                                    .from_latest = true,
                                    .log_end = 7};
    struct gb_intake_event event = {.kind = GB_IE_ASSIGNED};
    const struct gb_intake_effect *commit;
    const struct gb_value *stream;
    struct gb_arena arena;
    struct gb_record rec;
    struct world w;

    (void)state;
    event.assigned.items = &start;
    event.assigned.count = 1;
    event.assigned.session = GB_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    event.assigned.secret = GB_STR("ssssssssssssssss");
    event.assigned.has_policy = true;
    begin(&w);
    gb_arena_init(&arena, 1 << 20);
    step(&w, event);
    assert_int_equal(find(&w, GB_IX_FETCH)->streams.count, 0);
    assert_null(find(&w, GB_IX_COMMIT));
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
    read_produced(&w, 1, &arena, &rec);
    stream = &gb_value_get(&rec.fields, GB_STR("streams"))->items[0];
    assert_true(gb_value_bool(stream, GB_STR("new"), false));
    assert_int_equal(gb_value_int(stream, GB_STR("from"), -1), 7);
    for (uint64_t t = 1; t <= LANES; t++) {
        assert_null(find(&w, GB_IX_COMMIT));
        ack(&w, t, GB_OK, 0);
    }
    commit = find(&w, GB_IX_COMMIT);
    assert_non_null(commit);
    assert_int_equal(commit->streams.count, 1);
    assert_int_equal(commit->streams.items[0].offset, 7);
    assert_int_equal(commit->streams.items[0].metadata.len, 0);
    step(&w, (struct gb_intake_event){.kind = GB_IE_COMMITTED});
    assert_int_equal(find(&w, GB_IX_FETCH)->streams.items[0].offset, 7);
    start.committed = 7;
    start.log_end = 12; /* the next start: five have come */
    step(&w, event);
    assert_int_equal(count(&w, GB_IX_PRODUCE), 0);
    assert_int_equal(find(&w, GB_IX_FETCH)->streams.items[0].offset, 7);
    gb_arena_close(&arena);
    end(&w);
}

/* Reading fails: nothing where the client goes on by itself, else all streams are looked up. */
static void test_reading_fails(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assign(&w, -1, NULL, 0);
    step(&w, (struct gb_intake_event){.kind = GB_IE_FAILED, .status = GB_AWAY});
    assert_int_equal(w.effects.count, 0);
    step(&w, (struct gb_intake_event){.kind = GB_IE_FAILED,
                                      .status = GB_NOT_FOUND,
                                      .failed = {GB_STR("t"), 3, GB_STR("gone")}});
    assert_non_null(find(&w, GB_IX_PURGE));
    assert_non_null(find(&w, GB_IX_RESTART));
    assert_true(gb_str_eq(find(&w, GB_IX_SAY)->text,
                          GB_STR("reading t/3 failed: gone: a new session")));
    end(&w);
}

/* What is no activation is a dead record to every lane, never silence. */
static void test_bad_policy_record(void **state)
{
    struct world w;
    struct gb_arena arena;
    struct gb_record rec;

    (void)state;
    begin(&w);
    gb_arena_init(&arena, 1 << 20);
    assign(&w, -1, NULL, 0);
    give(&w, 0, "{\"bundle\":12}");
    assert_int_equal(count(&w, GB_IX_PRODUCE), LANES);
    read_produced(&w, 0, &arena, &rec);
    assert_int_equal(rec.verdict, GB_DEAD);
    assert_true(gb_str_eq(rec.reason, GB_STR("bad_policy")));
    gb_arena_close(&arena);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_tick_commit), cmocka_unit_test(test_delivery_failure),
        cmocka_unit_test(test_clock_skew),         cmocka_unit_test(test_clock_jump),
        cmocka_unit_test(test_recreated_topic),    cmocka_unit_test(test_retention_overrun),
        cmocka_unit_test(test_bad_policy_record),  cmocka_unit_test(test_modes),
         cmocka_unit_test(test_start_latest),
        cmocka_unit_test(test_reading_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
