/* See the header. */
#include "stats_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"

#define S(literal) {(literal), sizeof(literal) - 1}

static const struct gb_state_row states[] = {
    {S("centre"), S("matter"), S("1"), GB_STATE_CLOSED},
    {S("grid"), S("matter"), S("0"), GB_STATE_REPORTED},
    {S("grid"), S("matter"), S("1"), GB_STATE_CLOSED},
    {S("grid"), S("matter"), S("2"), GB_STATE_ACCEPTED},
    {S("grid"), S("matter"), S("9"), GB_STATE_VOID},
    {S("party"), S("matter"), S("0"), GB_STATE_REPORTED},
    {S("party"), S("matter"), S("1"), GB_STATE_CLOSED},
    {S("party"), S("matter"), S("2"), GB_STATE_ACCEPTED},
};
static const struct gb_source_row sources[] = {
    {S("centre"), S("centre"), GB_ROLE_COMMAND_CENTRE},
    {S("grid"), S("grid"), GB_ROLE_GRID_WORKER},
    {S("party"), S("party"), GB_ROLE_KEY_FAMILY},
};
static const struct gb_crosswalk crosswalk[] = {
    {S("centre"), S("category"), S("MS02"), S("MS02"), INT64_MIN, INT64_MAX},
    {S("grid"), S("category"), S("MS02"), S("MS02"), INT64_MIN, INT64_MAX},
    {S("grid"), S("category"), S("NY04"), S("NY04"), INT64_MIN, INT64_MAX},
    {S("grid"), S("role"), S("worker"), S("grid_worker"), INT64_MIN, INT64_MAX},
    {S("party"), S("category"), S("MS02"), S("MS02"), INT64_MIN, INT64_MAX},
};
static const struct gb_str places[] = {S(CF_VILLAGE), S(CF_GRID), S(GRID_2), S(VILLAGE_2)};
static const struct gb_deadline deadlines[] = {
    {.id = S("L01"), .category = S("MS*"), .urgencies = UINT32_MAX,
     .handle = {GB_LIMIT_TIME, 2 * DAY}, .accept = {GB_LIMIT_NONE, 0},
     .remind = {GB_LIMIT_NONE, 0}, .supervise = {GB_LIMIT_NONE, 0}},
};

const struct sf_rep sf_base = {"grid", "", "0", "MS02", CF_VILLAGE, CF_GRID, 1, T0, 0, NULL, NULL};

void sf_begin(struct gb_cf_script *s, int64_t window_ms)
{
    static struct gb_policy policy;

    policy = *gb_cf_policy();
    policy.states = states;
    policy.states_count = GB_COUNT(states);
    policy.sources = sources;
    policy.sources_count = GB_COUNT(sources);
    policy.crosswalk = crosswalk;
    policy.crosswalk_count = GB_COUNT(crosswalk);
    policy.places = places;
    policy.places_count = GB_COUNT(places);
    policy.deadlines = deadlines;
    policy.deadlines_count = GB_COUNT(deadlines);
    policy.cell_window_ms = window_ms;
    policy.network = (struct gb_network_rules){.vacant_after_ms = DAY, .conflict_after_ms = DAY};
    gb_cf_begin(s);
    s->policy = &policy;
}

void sf_put(struct gb_cf_script *s, const struct sf_rep *r)
{
    struct gb_cf_report report = {.source = r->source, .column = r->column, .state = r->state,
                                  .category = r->category, .occurred_at = r->occurred_at};
    struct gb_buf b = {0};
    struct gb_err err;

    report.key = gb_arena_str(&s->arena, gb_str_of(r->key)).ptr;
    report.hash = gb_arena_printf(&s->arena, "%s%lld%s", r->key, (long long)r->column,
                                  r->state).ptr;
    gb_cf_put(s, &report);
    gb_buf_printf(&b,
                  "{\"category\":\"%s\",\"state\":\"%s\",\"village\":\"%s\","
                  "\"occurred_at\":%lld",
                  r->category, r->state, r->village, (long long)r->occurred_at);
    if (r->grid[0] != '\0') {
        gb_buf_printf(&b, ",\"grid\":\"%s\"", r->grid);
    }
    if (r->updated_at != 0) {
        gb_buf_printf(&b, ",\"updated_at\":%lld", (long long)r->updated_at);
    }
    if (r->xref != NULL) {
        gb_buf_printf(&b, ",\"xref\":\"%s\"", r->xref);
    }
    if (r->reporter != NULL) {
        gb_buf_printf(&b, ",\"reporter\":\"%s\"", r->reporter);
    }
    gb_buf_add_char(&b, '}');
    assert_int_equal(gb_json_parse(&s->arena, gb_arena_str(&s->arena, gb_buf_str(&b)),
                                   &s->records[s->count - 1].fields, &err), GB_OK);
    gb_buf_close(&b);
}

void sf_put_many(struct gb_cf_script *s, const struct sf_rep *like, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char key[16];
        struct sf_rep r = *like;

        (void)snprintf(key, sizeof(key), "%d", i);
        r.key = key;
        sf_put(s, &r);
    }
}

void sf_tell(struct gb_cf_script *s)
{
    gb_cf_tick(s, MONDAY + DAY);
    gb_cf_tick(s, MONDAY + DAY + 1);
}

const char *sf_told(struct gb_cf_run *run)
{
    struct gb_str left = gb_buf_str(&run->outputs);
    struct gb_buf b = {0};
    struct gb_str text;

    while (left.len > 0) {
        const char *end = memchr(left.ptr, '\n', left.len);
        size_t len = (size_t)(end - left.ptr);

        if (memmem(left.ptr, len, " gb.stats.v1 ", 13) != NULL) {
            const char *value = memchr(left.ptr, '{', len);

            gb_buf_printf(&b, "%.*s\n", (int)(end - value), value);
        }
        left.ptr += len + 1;
        left.len -= len + 1;
    }
    text = gb_arena_str(&run->arena, gb_buf_str(&b));
    gb_buf_close(&b);
    return text.ptr != NULL ? text.ptr : "";
}

/* What stands between the braces of one message as {"...":...}, or NULL. */
static bool has(struct gb_cf_run *run, const char *id, const char *what)
{
    const char *all = sf_told(run);
    char name[80];

    (void)snprintf(name, sizeof(name), "\"id\":\"%s\"", id);
    for (const char *line = all; *line != '\0';) {
        const char *end = strchr(line, '\n');
        size_t len = (size_t)(end - line);

        if (memmem(line, len, name, strlen(name)) != NULL) {
            return memmem(line, len, what, strlen(what)) != NULL;
        }
        line = end + 1;
    }
    return false;
}

void sf_expect(struct gb_cf_run *run, const char *id, const char *what, bool is_there)
{
    if (has(run, id, what) != is_there) {
        (void)fprintf(stderr, "%s %s %s in\n%s", id, is_there ? "lacks" : "holds", what,
                      sf_told(run));
    }
    assert_int_equal(has(run, id, what), is_there);
}

void sf_pairs(struct gb_cf_script *s, int64_t window_ms)
{
    sf_begin(s, window_ms);
    for (int i = 1; i <= 6; i++) {
        char key[16];
        char xref[32];
        struct sf_rep r = sf_base;

        (void)snprintf(key, sizeof(key), "%d", i);
        (void)snprintf(xref, sizeof(xref), "grid/matter/%d", i);
        r.key = key;
        r.reporter = "j1.g";
        sf_put(s, &r);
        r.source = "party";
        r.xref = xref;
        r.reporter = "j1.p";
        r.grid = "";
        r.occurred_at = T0 + 1;
        sf_put(s, &r);
    }
}

void sf_handling(struct gb_cf_script *s, int64_t window_ms, bool is_late_feed)
{
    struct sf_rep r = sf_base;

    sf_begin(s, window_ms);
    sf_put_many(s, &sf_base, 1, 12);
    r.state = "2";
    r.column = 2;
    r.updated_at = T0 + 20 * 60000;
    gb_cf_tick(s, T0 + (is_late_feed ? 4 * DAY : HOUR));
    sf_put_many(s, &r, 1, 11);
    r.state = "1";
    r.column = 3;
    r.updated_at = T0 + 2 * HOUR;
    gb_cf_tick(s, T0 + (is_late_feed ? 4 * DAY : 3 * HOUR));
    sf_put_many(s, &r, 1, 5);
    r.updated_at = T0 + 3 * DAY;
    gb_cf_tick(s, T0 + 4 * DAY);
    sf_put_many(s, &r, 6, 6);
    r.state = "9";
    sf_put_many(s, &r, 12, 1);
    gb_cf_tick(s, MONDAY);
}
