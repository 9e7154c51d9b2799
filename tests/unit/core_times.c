/* See the header. */
#include "core_times.h"
#include "core_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Constant initialisers. */
#define S(literal) {(literal), sizeof(literal) - 1}
#define STATES(source)                                                                             \
    {S(source), S("matter"), S("0"), GB_STATE_REPORTED},                                           \
        {S(source), S("matter"), S("1"), GB_STATE_CLOSED},                                         \
        {S(source), S("matter"), S("2"), GB_STATE_RETURNED},                                       \
        {S(source), S("matter"), S("3"), GB_STATE_HANDLED},                                        \
        {S(source), S("matter"), S("4"), GB_STATE_ACCEPTED},                                       \
        {S(source), S("matter"), S("5"), GB_STATE_VOID},                                           \
        {S(source), S("matter"), S("6"), GB_STATE_VERIFIED},                                       \
        {S(source), S("matter"), S("7"), GB_STATE_TRANSFERRED},                                    \
        {S(source), S("matter"), S("8"), GB_STATE_SUSPENDED}

static const struct gb_state_row states[] = {STATES("grid"), STATES("party")};
static const struct gb_authority authority[] = {{S("state"), 2, {S("party"), S("grid")}}};
static const struct gb_deadline deadlines[] = {
    {.id = S("L1"), .category = S("*"), .urgencies = GB_URGENCY_ANY,
     .accept = {GB_LIMIT_TIME, HOUR}, .remind = {GB_LIMIT_TIME, 2 * HOUR},
     .handle = {GB_LIMIT_TIME, 4 * HOUR}, .supervise = {GB_LIMIT_TIME, HOUR}}};
static const struct gb_duty duties[] = {
    {.id = S("D01"), .sources = UINT64_MAX, .urgencies = GB_URGENCY_ANY,
     .valid_from = INT64_MIN, .valid_until = INT64_MAX, .basis_zh = S("z"), .basis_en = S("e"),
     .hand_over = {.is_set = true, .to = {.role = GB_ROLE_KEY_FAMILY}, .failures = 2,
                   .working_days = 2},
     .parts_count = 1,
     .parts = {{.kind = GB_DUTY_LEAD, .post = {.role = GB_ROLE_GRID_WORKER}}}},
    {.id = S("F01"), .sources = UINT64_MAX, .urgencies = GB_URGENCY_ANY,
     .valid_from = INT64_MIN, .valid_until = INT64_MAX, .basis_zh = S("z"), .basis_en = S("e"),
     .parts_count = 1,
     .parts = {{.kind = GB_DUTY_FORBIDDEN, .post = {.role = GB_ROLE_KEY_FAMILY}}}}};

static void fill(struct gb_policy *policy)
{
    *policy = *gb_cf_policy();
    policy->states = states;
    policy->states_count = GB_COUNT(states);
    policy->authority = authority;
    policy->authority_count = GB_COUNT(authority);
    policy->deadlines = deadlines;
    policy->deadlines_count = GB_COUNT(deadlines);
    policy->duties = duties;
    policy->duties_count = GB_COUNT(duties);
    policy->escalate_after_returns = 3;
    policy->calendar = (struct gb_calendar){
        .spans = {{510, 720}, {840, 1050}}, .spans_count = 2, .half_until = 720};
}

const struct gb_policy *ct_policy(void)
{
    static struct gb_policy policy;

    if (policy.duties == NULL) {
        fill(&policy);
    }
    return &policy;
}

const struct gb_policy *ct_policy_forbidding(void)
{
    static struct gb_duty_scope scopes[] = {{S("MS*"), S("*"), 1}};
    static struct gb_policy policy;
    static struct gb_arena arena;

    if (policy.duties == NULL) {
        fill(&policy);
        gb_arena_init(&arena, (size_t)1 << 16);
        gb_duty_index_build(&arena, duties, scopes, GB_COUNT(scopes), &policy.forbidding);
    }
    return &policy;
}

void ct_begin(struct gb_cf_script *s, const struct gb_policy *policy)
{
    gb_cf_begin(s);
    s->policy = policy;
}

void ct_put_at(struct gb_cf_script *s, const char *row, const char *state, int64_t occurred_at,
               const char *xref)
{
    const char *hash = gb_arena_printf(&s->arena, "h%u", s->count).ptr;
    int len = (int)strcspn(row, "/");
    const char *source = gb_arena_printf(&s->arena, "%.*s", len, row).ptr;

    gb_cf_put(s, &(struct gb_cf_report){.source = source, .key = row + len + 1,
                                        .column = s->count,
                                        .hash = hash, .state = state, .category = "MS02",
                                        .occurred_at = occurred_at, .xref = xref});
}

void ct_put(struct gb_cf_script *s, const char *source, const char *key, const char *state)
{
    ct_put_at(s, gb_arena_printf(&s->arena, "%s/%s", source, key).ptr, state, T0, NULL);
}

void ct_delete(struct gb_cf_script *s, const char *source, const char *key)
{
    gb_cf_delete(s, source, key);
    s->records[s->count - 1].h_img = gb_arena_printf(&s->arena, "d%u", s->count);
}

void ct_decide(struct gb_cf_script *s, const char *id, const char *format, ...)
{
    char fields[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(fields, sizeof(fields), format, args);
    va_end(args);
    gb_cf_decide(s, id, "seat-1", fields);
}

struct gb_cf_run *ct_play(const struct gb_cf_script *s)
{
    static const uint32_t sizes[][2] = {{1, 1}, {3, 2}, {7, 0}, {1, 0}, {1000, 3}};
    static struct gb_cf_run whole;
    static struct gb_cf_run other;

    gb_cf_play_keeping(s, &whole);
    for (size_t i = 0; i < GB_COUNT(sizes); i++) {
        gb_cf_play(s, sizes[i][0], sizes[i][1], &other);
        gb_cf_same(&whole, &other);
        gb_cf_end(&other);
    }
    return &whole;
}

bool ct_leads(struct gb_cf_run *run, const char *role)
{
    const char *rows = gb_cf_all_rows(run).ptr;
    const char *lead = strstr(rows, "\"lead\":");

    assert_non_null(lead);
    lead = strstr(lead, "\"role\":\"") + strlen("\"role\":\"");
    return strncmp(lead, role, strlen(role)) == 0;
}

uint32_t ct_stands(struct gb_cf_run *run, const char *part)
{
    const char *at = gb_cf_all_rows(run).ptr;
    uint32_t count = 0;

    while ((at = strstr(at, part)) != NULL) {
        at += strlen(part);
        count++;
    }
    return count;
}

uint32_t ct_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}
