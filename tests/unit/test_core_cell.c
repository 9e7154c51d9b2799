/* Memory is a cache: a core that forgets everything it may after each record, and fetches what it
 * wants, does what one does that never forgets. And evidence that too many share is void. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_play.h"

#define T0 1700000000000
#define HOUR ((int64_t)3600000)
#define DAY (24 * HOUR)
#define STEPS 90

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % below;
}

/* Plays with a core that forgets after each record, and in batches; all must be as never forgotten.
 * Returns how often what stands in the outputs. */
static uint32_t as_if_kept(const struct gb_cf_script *s, const char *what)
{
    static const uint32_t sizes[][2] = {{1, 1}, {7, 7}, {1000, 3}, {5, 0}};
    struct gb_cf_run kept;
    uint32_t count;

    gb_cf_play_keeping(s, &kept);
    assert_true(kept.is_balanced);
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        struct gb_cf_run run;

        gb_cf_play(s, sizes[i][0], sizes[i][1], &run);
        gb_cf_same(&kept, &run);
        gb_cf_end(&run);
    }
    count = gb_cf_count(&kept, what);
    gb_cf_end(&kept);
    return count;
}

/* A closed report leaves its cell; two months later its counterpart comes in. */
static void late_entry(const struct gb_cf_report *elder, const struct gb_cf_report *late,
                       const char *rule)
{
    struct gb_cf_script s;

    gb_cf_begin(&s);
    gb_cf_put(&s, elder);
    gb_cf_tick(&s, T0 + 60 * DAY);
    gb_cf_put(&s, late);
    gb_cf_tick(&s, T0 + 60 * DAY + 1000);
    assert_int_equal(as_if_kept(&s, "gb.change.matter.opened.v1"), 1);
    assert_int_equal(as_if_kept(&s, rule), 1);
    gb_arena_close(&s.arena);
}

static void a_late_entry_finds_its_elder(void **state)
{
    struct gb_cf_report elder = {"grid", "7", 1, "ga", "1", "MS02", T0, NULL, NULL, NULL, false};
    struct gb_cf_report late = {"party", "1", 1, "pa", "0", "MS02", T0 + HOUR, NULL, NULL, NULL,
                                false};

    (void)state;
    late.xref = "grid/matter/7"; /* it names the elder */
    late_entry(&elder, &late, "\"rule\":\"link.xref\"");
    late.xref = NULL;
    elder.xref = "party/matter/1"; /* the elder names it */
    late_entry(&elder, &late, "\"rule\":\"link.xref\"");
    elder.xref = NULL;
    elder.attachment = late.attachment = "aa";
    late_entry(&elder, &late, "\"rule\":\"link.attachment\"");
    elder.attachment = late.attachment = NULL;
    elder.reporter = "j1.g";
    late.reporter = "j1.p";
    late_entry(&elder, &late, "\"rule\":\"link.holder\"");
    late.occurred_at = T0 + 2 * HOUR; /* the far end of the window, another slot */
    late_entry(&elder, &late, "\"rule\":\"link.holder\"");
}

static void a_late_entry_out_of_reach_stays_alone(void **state)
{
    struct gb_cf_report elder = {"grid", "7", 1, "ga", "1", "MS02", T0, "j1.g", NULL, NULL, false};
    struct gb_cf_report late = {"party", "1", 1, "pa", "0", "MS02", T0 + 2 * HOUR + 1, "j1.p",
                                NULL, NULL, false};
    struct gb_cf_script s;

    (void)state;
    gb_cf_begin(&s);
    gb_cf_put(&s, &elder);
    gb_cf_tick(&s, T0 + 60 * DAY);
    gb_cf_put(&s, &late);
    assert_int_equal(as_if_kept(&s, "gb.change.matter.opened.v1"), 2);
    gb_arena_close(&s.arena);
}

/* A second candidate for a pair that is closed and gone: unlinked and published as split. */
static void a_late_second_candidate_splits_an_old_pair(void **state)
{
    struct gb_cf_report a = {"grid", "7", 1, "ga", "1", "MS02", T0, NULL, NULL, NULL, false};
    struct gb_cf_report b = {"party", "1", 1, "pa", "1", "MS02", T0 + HOUR, NULL, "grid/matter/7",
                             NULL, false};
    struct gb_cf_report c = {"party", "2", 1, "pb", "0", "MS02", T0 + HOUR, NULL, "grid/matter/7",
                             NULL, false};
    struct gb_cf_script s;

    (void)state;
    gb_cf_begin(&s);
    gb_cf_put(&s, &a);
    gb_cf_put(&s, &b);
    gb_cf_tick(&s, T0 + 60 * DAY);
    gb_cf_put(&s, &c);
    gb_cf_tick(&s, T0 + 60 * DAY + 1000);
    assert_int_equal(as_if_kept(&s, "gb.change.matter.split.v1"), 2);
    gb_arena_close(&s.arena);
}

static void random_put(struct gb_cf_script *s, uint64_t *seed, int64_t column)
{
    static const char *const keys[] = {"0", "1", "2", "3", "4", "5"};
    static const char *const xrefs[2][5] = {
        {NULL, NULL, "party/matter/0", "party/matter/1", "party/matter/2"},
        {NULL, NULL, "grid/matter/0", "grid/matter/1", "grid/matter/2"}};
    static const char *const attachments[] = {NULL, NULL, NULL, "aa", "bb", "cc"};
    bool is_grid = draw(seed, 2) == 1;
    struct gb_cf_report r = {
        .source = is_grid ? "grid" : "party",
        .key = keys[draw(seed, 6)],
        .column = column - draw(seed, 3),
        .hash = keys[draw(seed, 6)],
        .state = draw(seed, 3) == 0 ? "0" : "1",
        .category = draw(seed, 4) == 0 ? "NY04" : "MS02",
        .occurred_at = T0 + (int64_t)draw(seed, 6) * HOUR,
        .reporter = draw(seed, 2) == 0 ? (is_grid ? "j1.g" : "j1.p") : NULL,
        .xref = xrefs[!is_grid][draw(seed, 5)],
        .attachment = attachments[draw(seed, 6)],
    };

    gb_cf_put(s, &r);
}

/* Mostly closed reports, and a clock that leaps over their window. */
static void make_script(struct gb_cf_script *s, uint64_t seed)
{
    static const int64_t gaps[] = {1000, HOUR, 31 * DAY, 31 * DAY, 29 * DAY};
    static const char *const keys[] = {"0", "1", "2", "3", "4", "5"};
    int64_t clock = T0;

    gb_cf_begin(s);
    for (int64_t i = 0; i < STEPS; i++) {
        uint32_t dice = draw(&seed, 10);

        if (dice < 7) {
            random_put(s, &seed, i + 3);
        } else if (dice < 8) {
            gb_cf_delete(s, draw(&seed, 2) == 0 ? "grid" : "party", keys[draw(&seed, 6)]);
        } else {
            clock += gaps[draw(&seed, 5)];
            gb_cf_tick(s, clock);
        }
    }
    gb_cf_tick(s, clock + HOUR);
}

static void forgetting_changes_nothing(void **state)
{
    uint32_t splits = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        struct gb_cf_script s;

        make_script(&s, seed);
        splits += as_if_kept(&s, "gb.change.matter.split.v1");
        gb_arena_close(&s.arena);
    }
    assert_true(splits > 12);
}

static const char *name_of(struct gb_cf_script *s, const char *prefix, uint32_t i)
{
    return gb_arena_printf(&s->arena, "%s%u", prefix, i).ptr;
}

static void put(struct gb_cf_script *s, const char *source, const char *key, const char *state,
                const char *xref)
{
    struct gb_cf_report r = {source, key, 1, key, state, "MS02", T0, NULL, xref, "aa", false};

    gb_cf_put(s, &r);
}

/* Pairs that a cross-reference links, and that all carry one attachment: at the level of the
 * attachment only who has no partner yet counts as a candidate. */
static void put_pairs(struct gb_cf_script *s, uint32_t count, const char *state)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *key = name_of(s, "g", i);

        put(s, "grid", key, state, NULL);
        put(s, "party", name_of(s, "p", i), state,
            gb_arena_printf(&s->arena, "grid/matter/%s", key).ptr);
    }
}

static void check_void(bool is_last, uint32_t splits, uint32_t links)
{
    struct gb_cf_script s;

    gb_cf_begin(&s);
    put_pairs(&s, GB_EVIDENCE_MAX / 2 - 1, "0");
    put(&s, "grid", "x", "0", NULL);
    put(&s, "party", "y", "0", NULL); /* the only one left: linked by the attachment */
    if (is_last) {
        put(&s, "grid", "z", "0", "party/matter/none"); /* one too many */
        gb_cf_tick(&s, T0 + 1000);
        gb_cf_delete(&s, "grid", "z");
    }
    gb_cf_tick(&s, T0 + 2000);
    assert_int_equal(as_if_kept(&s, "gb.change.matter.split.v1"), splits);
    assert_int_equal(as_if_kept(&s, "\"rule\":\"link.attachment\""), links);
    assert_int_equal(as_if_kept(&s, "gb.change.overlap.opened.v1"), is_last);
    assert_int_equal(as_if_kept(&s, "gb.change.overlap.settled.v1"), is_last);
    gb_arena_close(&s.arena);
}

/* A stock photo's hash comes from everywhere: what it linked is split and told once; when it is
 * rare again, it is certain again. */
static void evidence_of_too_many_is_void(void **state)
{
    (void)state;
    check_void(false, 0, 1);
    check_void(true, 2, 2);
}

/* The bound counts those too that left their cell and memory. */
static void too_many_old_reports_are_not_found(void **state)
{
    (void)state;
    for (uint32_t extra = 0; extra < 2; extra++) {
        struct gb_cf_script s;

        gb_cf_begin(&s);
        put_pairs(&s, GB_EVIDENCE_MAX / 2 - 1, "1");
        put(&s, "grid", "x", "1", NULL);
        for (uint32_t i = 0; i < extra; i++) {
            put(&s, "grid", name_of(&s, "e", i), "1", "party/matter/e");
        }
        gb_cf_tick(&s, T0 + 60 * DAY);
        put(&s, "party", "y", "0", NULL);
        gb_cf_tick(&s, T0 + 61 * DAY);
        assert_int_equal(as_if_kept(&s, "\"rule\":\"link.attachment\""), extra == 0);
        assert_int_equal(as_if_kept(&s, "\"kind\":\"crowded_evidence\""), 0);
        gb_arena_close(&s.arena);
    }
}

/* A web of reports: each shares its attachment with fifteen others, its hours with some. */
static void put_web(struct gb_cf_script *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_grid = i / 2 % 2 == 0;
        const char *key = name_of(s, "k", i);
        struct gb_cf_report r = {is_grid ? "grid" : "party", key, 1, key, "0", "MS02",
                                 T0 + (int64_t)(i % 23) * 4 * HOUR, is_grid ? "j1.g" : "j1.p",
                                 NULL, name_of(s, "a", i / 16), false};

        gb_cf_put(s, &r);
    }
}

static void a_web_is_bounded(void **state)
{
    static const uint32_t sizes[][2] = {{64, 64}, {1000, 0}};
    struct gb_cf_script s;
    struct gb_cf_run kept;

    (void)state;
    gb_cf_begin(&s);
    put_web(&s, GB_LINK_MAX + 3);
    gb_cf_tick(&s, T0 + 1000);
    gb_cf_play_keeping(&s, &kept);
    assert_int_equal(gb_cf_count(&kept, "gb.change.overlap.opened.v1"), 3);
    assert_non_null(strstr(gb_cf_all_rows(&kept).ptr, "links {\"crowded\":0,\"cut\":3}"));
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        struct gb_cf_run run;

        gb_cf_play(&s, sizes[i][0], sizes[i][1], &run);
        gb_cf_same(&kept, &run);
        gb_cf_end(&run);
    }
    gb_cf_end(&kept);
    gb_arena_close(&s.arena);
}

/* A chain is long, but each link sees only its neighbours: nothing is cut, and the ends decide
 * nothing about the middle. */
static void a_chain_is_not_a_web(void **state)
{
    struct gb_cf_script s;
    struct gb_cf_run run;

    (void)state;
    gb_cf_begin(&s);
    for (uint32_t i = 0; i < GB_LINK_MAX + 3; i++) {
        const char *key = name_of(&s, "k", i);
        struct gb_cf_report r = {i % 2 == 0 ? "grid" : "party", key, 1, key, "0", "MS02",
                                 T0 + (int64_t)i * HOUR, i % 2 == 0 ? "j1.g" : "j1.p", NULL, NULL,
                                 false};

        gb_cf_put(&s, &r);
    }
    gb_cf_play(&s, 1000, 0, &run);
    assert_int_equal(gb_cf_count(&run, "crowded_evidence"), 0);
    assert_null(strstr(gb_cf_all_rows(&run).ptr, "links {"));
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

/* A record of another stream, outside of the books: no writer, so no tick speaks of it. */
static void put_elsewhere(struct gb_cf_script *s, const struct gb_cf_report *r, int64_t offset)
{
    struct gb_record *rec;

    gb_cf_put(s, r);
    s->n--;
    s->offset--;
    rec = &s->records[s->count - 1];
    rec->session = GB_STR("");
    rec->src.partition = 1;
    rec->src.offset = offset;
}

/* A mark that left memory is fetched: what was applied before is not applied again. */
static void an_aged_mark_still_counts(void **state)
{
    struct gb_cf_report r = {"grid", "7", 1, "ga", "0", "MS02", T0, NULL, NULL, NULL, false};
    struct gb_cf_script s;
    struct gb_cf_run run;
    uint32_t again;

    (void)state;
    gb_cf_begin(&s);
    put_elsewhere(&s, &r, 5);
    gb_cf_tick(&s, T0 + 7 * DAY + HOUR); /* still held, to the end of its hour */
    gb_cf_tick(&s, T0 + 8 * DAY);
    r = (struct gb_cf_report){"grid", "8", 1, "gb", "0", "MS02", T0, NULL, NULL, NULL, false};
    put_elsewhere(&s, &r, 4); /* below the mark: sent again */
    again = s.count - 1;
    gb_cf_tick(&s, T0 + 8 * DAY + 1000);
    assert_int_equal(as_if_kept(&s, "gb.change.matter.opened.v1"), 1);
    gb_cf_play(&s, 1, 1, &run);
    assert_int_equal(run.outcomes[again], GB_UNCHANGED);
    gb_cf_end(&run);
    gb_arena_close(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_entry_finds_its_elder),
        cmocka_unit_test(a_late_entry_out_of_reach_stays_alone),
        cmocka_unit_test(a_late_second_candidate_splits_an_old_pair),
        cmocka_unit_test(forgetting_changes_nothing),
        cmocka_unit_test(evidence_of_too_many_is_void),
        cmocka_unit_test(too_many_old_reports_are_not_found),
        cmocka_unit_test(a_web_is_bounded),
        cmocka_unit_test(an_aged_mark_still_counts),
        cmocka_unit_test(a_chain_is_not_a_web),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
