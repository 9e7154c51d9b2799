#include "core_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define S(literal) {(literal), sizeof(literal) - 1}

static const struct gb_write_code state_codes[] = {{S("CLOSED"), S("9")}, {S("MERGED"), S("8")}};
static const struct gb_write grid_create[] = {
    {.column = S("case_type"), .from = GB_WRITE_CATEGORY},
    {.column = S("occurred"), .from = GB_WRITE_OCCURRED},
    {.column = S("peer"), .from = GB_WRITE_PEER, .source = S("party")},
    {.column = S("source"), .from = GB_WRITE_CONSTANT, .constant = S("bridge")},
    {.column = S("title"), .from = GB_WRITE_TITLE}};
static const struct gb_write grid_update[] = {
    {.column = S("dept"), .from = GB_WRITE_LEAD},
    {.column = S("finished"), .from = GB_WRITE_STATE, .codes = state_codes,
     .codes_count = 2}};
static const struct gb_write party_update[] = {
    {.column = S("peer"), .from = GB_WRITE_PEER, .source = S("grid")},
    {.column = S("status"), .from = GB_WRITE_STATE, .codes = state_codes,
     .codes_count = 2}};
static const struct gb_authority authority[] = {
    {.field = S("state"), .sources_count = 2, .sources = {S("grid"), S("party")}}};

static const struct gb_policy *policy_of(uint32_t when, int32_t tries)
{
    static struct gb_writeback_rule rules[2];
    static struct gb_policy policy;

    rules[0] = (struct gb_writeback_rule){
        .source = S("grid"), .target = S("case"), .expires_ms = HOUR, .tries = tries,
        .create_when = when, .create = grid_create, .create_count = GB_COUNT(grid_create),
        .update = grid_update, .update_count = GB_COUNT(grid_update), .closes = 10};
    rules[1] = (struct gb_writeback_rule){
        .source = S("party"), .target = S("task"), .expires_ms = HOUR, .tries = tries,
        .update = party_update, .update_count = GB_COUNT(party_update), .closes = 10};
    policy = *gb_cf_policy();
    policy.writebacks = rules;
    policy.writebacks_count = 2;
    policy.authority = authority;
    policy.authority_count = 1;
    return &policy;
}

void cw_begin(struct gb_cf_script *s, uint32_t when, int32_t tries)
{
    gb_cf_begin(s);
    s->policy = policy_of(when, tries);
    s->modes = LIVE;
    gb_cf_tick(s, T0 + 1);
}

/* An image newer than all before. */
void cw_put(struct gb_cf_script *s, const char *source, const char *key, const char *state,
                const char *xref)
{
    struct gb_cf_report report = {.source = source, .key = key, .column = s->n,
                                  .hash = gb_arena_printf(&s->arena, "%d", s->count).ptr,
                                  .state = state, .category = "MS02", .occurred_at = T0,
                                  .xref = xref};

    gb_cf_put(s, &report);
}

bool cw_is_asked(const struct gb_cf_script *s)
{
    static struct gb_cf_run run;
    bool is_any;

    gb_cf_play(s, 1000, 0, &run);
    is_any = gb_cf_count(&run, "gb.writeback.v1") > 0;
    gb_cf_end(&run);
    return is_any;
}

/* The text that stands behind `"name":"` in the last write-back so far. */
static const char *cw_last_of(struct gb_cf_script *s, const char *name)
{
    static const char mark[] = " gb.writeback.v1 ";
    static struct gb_cf_run run;
    char *found = NULL;
    char *end;
    char *at;

    gb_cf_play(s, 1000, 0, &run);
    at = (char *)(uintptr_t)gb_arena_str(&s->arena, gb_buf_str(&run.outputs)).ptr;
    for (at = strstr(at, mark); at != NULL; at = strstr(at + 1, mark)) {
        found = strstr(at, gb_arena_printf(&s->arena, "\"%s\":\"", name).ptr);
    }
    gb_cf_end(&run);
    assert_non_null(found);
    found += strlen(name) + 4;
    end = strchr(found, '"');
    *end = '\0';
    return found;
}

/* The answer to the last write-back so far. */
const char *cw_answer_of(struct gb_cf_script *s, const char *result, const char *more)
{
    const char *about = gb_arena_str(&s->arena, gb_str_of(cw_last_of(s, "about"))).ptr;
    const char *id = gb_arena_str(&s->arena, gb_str_of(cw_last_of(s, "id"))).ptr;

    return gb_arena_printf(&s->arena, "{\"about\":\"%s\",\"id\":\"%s\",\"result\":\"%s\"%s}", about,
                           id, result, more).ptr;
}

void cw_answer(struct gb_cf_script *s, const char *result, const char *more)
{
    gb_cf_result(s, cw_answer_of(s, result, more));
}

struct gb_cf_run *cw_play(struct gb_cf_script *s)
{
    static struct gb_cf_run run;

    gb_cf_play_all(s, &run);
    return &run;
}

uint32_t cw_stands(struct gb_cf_run *run, const char *what)
{
    struct gb_str rows = gb_cf_all_rows(run);
    uint32_t count = 0;

    for (const char *at = strstr(rows.ptr, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}
