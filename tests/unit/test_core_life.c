/* The lives of matters and overlaps, record by record; each whatever the batches and restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "core_fixture.h"

#define T0 1700000000000
#define HOUR ((int64_t)3600000)
#define DAY (24 * HOUR)

static const struct gb_cf_report party = {"party", "1", 1, "pa", "0", "MS02", T0 + 5000, NULL,
                                          "grid/matter/7", NULL, false};
static const struct gb_cf_report grid = {"grid", "7", 1, "ga", "0", "MS02", T0, NULL, NULL, NULL,
                                         false};

/* One script, played once; what every way of playing it must give. */
struct life {
    struct gb_cf_script script;
    struct gb_cf_run run;
};

static void begin(struct life *life)
{
    gb_cf_begin(&life->script);
}

/* Replays in other batches and with restarts, and keeps the first run to be asked. */
static void play(struct life *life)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1000, 0}, {3, 2}};

    gb_cf_play(&life->script, 1, 0, &life->run);
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        struct gb_cf_run other;

        gb_cf_play(&life->script, sizes[i][0], sizes[i][1], &other);
        assert_string_equal(
            gb_arena_str(&other.arena, gb_buf_str(&other.outputs)).ptr,
            gb_arena_str(&life->run.arena, gb_buf_str(&life->run.outputs)).ptr);
        assert_string_equal(gb_cf_all_rows(&other).ptr, gb_cf_all_rows(&life->run).ptr);
        assert_memory_equal(other.digest.bytes, life->run.digest.bytes, GB_HASH_LEN);
        assert_int_equal(other.is_balanced, life->run.is_balanced);
        gb_cf_end(&other);
    }
}

static void end(struct life *life)
{
    gb_cf_end(&life->run);
    gb_arena_close(&life->script.arena);
}

static uint32_t told(const struct life *life, const char *what)
{
    return gb_cf_count(&life->run, what);
}

static bool stands(struct life *life, const char *what)
{
    return strstr(gb_cf_all_rows(&life->run).ptr, what) != NULL;
}

/* A put with another column, image and state. */
static void put(struct life *life, const struct gb_cf_report *base, int64_t column,
                const char *state)
{
    struct gb_cf_report r = *base;

    r.column = column;
    r.hash = gb_arena_printf(&life->script.arena, "%s%lld", base->source, (long long)column).ptr;
    r.state = state;
    gb_cf_put(&life->script, &r);
}

static struct gb_record *last(struct life *life)
{
    return &life->script.records[life->script.count - 1];
}

/* The two halves of a change of town have one envelope position. */
static void half(struct life *life, enum gb_op op, const char *town)
{
    put(life, &grid, 2, "0");
    last(life)->op = op;
    last(life)->town = gb_str_of(town);
    last(life)->h_img = gb_str_of(op == GB_OP_LEAVE ? "leave" : "enter");
    last(life)->version.parts_count = 1;
    last(life)->version.parts[0] = 9;
}

static void a_change_of_town(void **state)
{
    (void)state;
    for (int is_enter_first = 0; is_enter_first < 2; is_enter_first++) {
        struct life life;

        begin(&life);
        gb_cf_put(&life.script, &grid);
        if (is_enter_first) {
            half(&life, GB_OP_ENTER, "320312112");
            half(&life, GB_OP_LEAVE, "320312111");
        } else {
            half(&life, GB_OP_LEAVE, "320312111");
            half(&life, GB_OP_ENTER, "320312112");
        }
        gb_cf_tick(&life.script, T0 + 1000);
        play(&life);
        assert_int_equal(told(&life, "gb.change.matter.removed.v1"), !is_enter_first);
        assert_int_equal(told(&life, "gb.change.matter.opened.v1"), is_enter_first ? 1 : 2);
        assert_true(stands(&life, "\"town\":\"320312112\""));
        assert_false(stands(&life, "\"town\":\"320312111\""));
        assert_true(life.run.is_balanced);
        end(&life);
    }
}

static void a_report_that_left_is_gone(void **state)
{
    struct life life;

    (void)state;
    begin(&life);
    gb_cf_put(&life.script, &grid);
    gb_cf_put(&life.script, &party);
    half(&life, GB_OP_LEAVE, "320312111");
    play(&life);
    assert_int_equal(told(&life, "gb.change.matter.opened.v1"), 1);
    assert_true(stands(&life, "\"refs\":[{\"entity\":\"matter\",\"key\":\"1\","
                       "\"source\":\"party\"}]"));
    end(&life);
}

static void conflict_without_authority_waits_for_a_person(void **state)
{
    struct gb_cf_report other = grid;
    struct life life;

    (void)state;
    other.category = "NY04";
    begin(&life);
    gb_cf_put(&life.script, &other);
    gb_cf_put(&life.script, &party);
    gb_cf_tick(&life.script, T0 + 1000);
    put(&life, &grid, 2, "0");
    play(&life);
    assert_int_equal(told(&life, "\"kind\":\"field_conflict\",\"matter\":"), 4);
    assert_int_equal(told(&life, "\"rule\":\"no_authority\",\"state\":\"open\""), 1);
    assert_int_equal(told(&life, "\"rule\":\"equal_again\",\"settled_at\""), 1);
    end(&life);
}

static void authority_decides_and_keeps_the_loser(void **state)
{
    static const struct gb_authority rows[] = {
        {{"category", 8}, 2, {{"party", 5}, {"grid", 4}}}};
    struct gb_policy policy = *gb_cf_policy();
    struct gb_cf_report other = grid;
    struct life life;

    (void)state;
    policy.authority = rows;
    policy.authority_count = 1;
    other.category = "NY04";
    begin(&life);
    life.script.policy = &policy;
    gb_cf_put(&life.script, &other);
    gb_cf_put(&life.script, &party);
    play(&life);
    assert_int_equal(told(&life, "field_conflict"), 0);
    assert_true(stands(&life, "\"losers\":{\"category\":[{\"source\":\"grid\","
                       "\"value\":\"NY04\"}]}"));
    end(&life);
}

static void double_lead(void **state)
{
    static const char *const categories[] = {"MS02", "NY04"};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(categories); i++) {
        struct gb_cf_report a = grid;
        struct gb_cf_report b = party;
        struct life life;

        a.category = b.category = categories[i];
        a.claims_lead = b.claims_lead = true;
        begin(&life);
        gb_cf_put(&life.script, &a);
        gb_cf_put(&life.script, &b);
        gb_cf_tick(&life.script, T0 + 1000);
        b.claims_lead = false;
        put(&life, &b, 2, "0");
        play(&life);
        if (i == 0) { /* the duty list names who leads: settled as it is found */
            assert_int_equal(told(&life, "\"kind\":\"double_lead\",\"matter\":"), 2);
            assert_int_equal(told(&life, "\"rule\":\"D01\",\"settled_at\""), 1);
        } else { /* nobody is named: open until one of them withdraws */
            assert_int_equal(told(&life, "\"rule\":\"no_rule\",\"state\":\"open\""), 1);
            assert_int_equal(told(&life, "\"rule\":\"claim_withdrawn\",\"settled_at\""), 1);
        }
        end(&life);
    }
}

/* Done on one side, not on the other: only when a tick shows that it lasts too long. */
static void contradiction_by_ticks(void **state)
{
    (void)state;
    for (int64_t late = 0; late < 2; late++) {
        struct life life;

        begin(&life);
        gb_cf_put(&life.script, &grid);
        gb_cf_put(&life.script, &party);
        gb_cf_tick(&life.script, T0 + 1000);
        put(&life, &party, 2, "1");
        gb_cf_tick(&life.script, T0 + 1000 + 72 * HOUR + late);
        play(&life);
        assert_int_equal(told(&life, "\"rule\":\"longer_than_allowed\",\"state\":\"open\""),
                         late);
        end(&life);
    }
}

static void contradiction_ends_with_agreement(void **state)
{
    struct life life;

    (void)state;
    begin(&life);
    gb_cf_put(&life.script, &grid);
    gb_cf_put(&life.script, &party);
    put(&life, &party, 2, "1");
    gb_cf_tick(&life.script, T0 + 73 * HOUR);
    put(&life, &grid, 2, "1");
    gb_cf_tick(&life.script, T0 + 400 * HOUR);
    play(&life);
    assert_int_equal(told(&life, "\"rule\":\"longer_than_allowed\",\"state\":\"open\""), 1);
    assert_int_equal(told(&life, "\"rule\":\"states_agree\",\"settled_at\""), 1);
    assert_int_equal(told(&life, "gb.change.overlap.opened.v1"), 1);
    end(&life);
}

/* Rows of a snapshot open nothing for a person, and start no time. */
static void a_snapshot_starts_no_contradiction(void **state)
{
    struct life life;

    (void)state;
    begin(&life);
    gb_cf_put(&life.script, &grid);
    last(&life)->bootstrap = true;
    put(&life, &party, 2, "1");
    last(&life)->bootstrap = true;
    gb_cf_tick(&life.script, T0 + 400 * HOUR);
    play(&life);
    assert_int_equal(told(&life, "contradictory_state"), 0);
    end(&life);
}

static void control(struct life *life, const char *action)
{
    struct gb_record *rec = &life->script.records[life->script.count++];
    struct gb_err err;

    *rec = (struct gb_record){.kind = GB_KIND_CONTROL, .town = GB_STR(""), .session = GB_STR("")};
    assert_int_equal(
        gb_json_parse(&life->script.arena,
                      gb_arena_printf(&life->script.arena, "{\"action\":\"%s\"}", action),
                      &rec->fields, &err), GB_OK);
}

static void a_loss_is_told_until_it_is_accepted(void **state)
{
    (void)state;
    for (int is_accepted = 0; is_accepted < 2; is_accepted++) {
        struct life life;
        uint32_t at;

        begin(&life);
        gb_cf_put(&life.script, &grid);
        life.script.offset++; /* the writer says that it sent two */
        gb_cf_tick(&life.script, T0 + 1000);
        control(&life, "resume");
        at = life.script.count;
        control(&life, is_accepted ? "accept-loss" : "resume");
        control(&life, is_accepted ? "accept-loss" : "resume");
        gb_cf_tick(&life.script, T0 + HOUR);
        play(&life);
        assert_int_equal(life.run.is_balanced, is_accepted);
        assert_int_equal(life.run.outcomes[at - 1], GB_UNCHANGED);
        assert_int_equal(life.run.outcomes[at], is_accepted ? GB_APPLIED : GB_UNCHANGED);
        assert_int_equal(life.run.outcomes[at + 1], GB_UNCHANGED);
        assert_int_equal(told(&life, "\"balanced\":false"), 1); /* the hour's book stays so */
        end(&life);
    }
}

/* A writer ends without a tick; the next one sends the record again. */
static void what_no_tick_covered_is_orphaned(void **state)
{
    struct life life;
    int64_t n = 0;

    (void)state;
    begin(&life);
    gb_cf_put(&life.script, &grid);
    life.script.offset--;
    gb_cf_put(&life.script, &grid);
    last(&life)->session = GB_STR("s2");
    last(&life)->n = n++;
    gb_cf_tick(&life.script, T0 + 1000);
    last(&life)->session = GB_STR("s2");
    last(&life)->n = n++;
    gb_cf_tick(&life.script, T0 + HOUR);
    last(&life)->session = GB_STR("s2");
    last(&life)->n = n++;
    play(&life);
    assert_true(life.run.is_balanced);
    assert_int_equal(told(&life, "\"orphaned\":1,\"received\":1,\"refused\":0,"
                          "\"resent\":1,\"source\":\"grid\",\"unchanged\":1}"), 1);
    end(&life);
}

/* Closed at T0: in its cell to the last millisecond of the hour in which 30 days are over. */
static void the_cell_ends_with_an_hour(void **state)
{
    int64_t until = T0 + 30 * DAY - T0 % HOUR + HOUR - 1;

    (void)state;
    for (int64_t late = 0; late < 2; late++) {
        struct life life;

        begin(&life);
        put(&life, &grid, 1, "1");
        gb_cf_tick(&life.script, until + late);
        gb_cf_put(&life.script, &party);
        play(&life);
        assert_int_equal(told(&life, "\"rule\":\"link.xref\""), 1);
        assert_int_equal(stands(&life, "\"found_at\":"), late);
        end(&life);
    }
}

/* Two matters turn out to be one: the younger one's id leads to the elder one's. */
static void the_younger_leads_to_the_elder(void **state)
{
    struct gb_cf_report alone = party;
    struct life life;

    (void)state;
    alone.xref = NULL;
    begin(&life);
    gb_cf_put(&life.script, &alone); /* younger by occurrence, first to arrive */
    gb_cf_put(&life.script, &grid);
    gb_cf_tick(&life.script, T0 + 1000);
    put(&life, &party, 2, "0");
    play(&life);
    assert_int_equal(told(&life, "gb.change.matter.opened.v1"), 2);
    assert_int_equal(told(&life, "gb.change.matter.merged.v1"), 1);
    assert_int_equal(told(&life, "\"redirect_to\":"), 2); /* the change and the state */
    assert_true(stands(&life, "\"refs\":[{\"entity\":\"matter\",\"key\":\"7\","
                       "\"source\":\"grid\"},{\"entity\":\"matter\",\"key\":\"1\""));
    end(&life);
}

/* The elder comes late: the id that is published already is kept. */
static void a_late_elder_keeps_the_id(void **state)
{
    struct life life;

    (void)state;
    begin(&life);
    gb_cf_put(&life.script, &party);
    gb_cf_put(&life.script, &grid);
    play(&life);
    assert_int_equal(told(&life, "gb.change.matter.opened.v1"), 1);
    assert_int_equal(told(&life, "gb.change.matter.merged.v1"), 0);
    end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_town),
        cmocka_unit_test(a_report_that_left_is_gone),
        cmocka_unit_test(conflict_without_authority_waits_for_a_person),
        cmocka_unit_test(authority_decides_and_keeps_the_loser),
        cmocka_unit_test(double_lead),
        cmocka_unit_test(contradiction_by_ticks),
        cmocka_unit_test(contradiction_ends_with_agreement),
        cmocka_unit_test(a_snapshot_starts_no_contradiction),
        cmocka_unit_test(a_loss_is_told_until_it_is_accepted),
        cmocka_unit_test(what_no_tick_covered_is_orphaned),
        cmocka_unit_test(the_cell_ends_with_an_hour),
        cmocka_unit_test(the_younger_leads_to_the_elder),
        cmocka_unit_test(a_late_elder_keeps_the_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
