/* See the header. */
#include "core_fixture.h"

#include <stdio.h>

#include "codec/json.h"
#include "core/state.h"

/* A constant initialiser. */
#define S(literal) {(literal), sizeof(literal) - 1}

static const struct gb_category categories[] = {
    {S("MD01"), S("a"), S("a"), false},
    {S("MS02"), S("b"), S("b"), true},
    {S("NY04"), S("c"), S("c"), true},
};
static const struct gb_crosswalk crosswalk[] = {
    {S("grid"), S("category"), S("MS02"), S("MS02"), INT64_MIN, INT64_MAX},
    {S("grid"), S("category"), S("NY04"), S("NY04"), INT64_MIN, INT64_MAX},
    {S("grid"), S("role"), S("leader"), S("grid_leader"), INT64_MIN, INT64_MAX},
    {S("grid"), S("role"), S("worker"), S("grid_worker"), INT64_MIN, INT64_MAX},
    {S("party"), S("category"), S("MS02"), S("MS02"), INT64_MIN, INT64_MAX},
    {S("party"), S("category"), S("NY04"), S("NY04"), INT64_MIN, INT64_MAX},
    {S("party"), S("role"), S("DW"), S("none"), INT64_MIN, INT64_MAX},
    {S("party"), S("role"), S("DZB"), S("branch_secretary"), INT64_MIN, INT64_MAX},
};
static const struct gb_state_row states[] = {
    {S("grid"), S("matter"), S("0"), GB_STATE_REPORTED},
    {S("grid"), S("matter"), S("1"), GB_STATE_CLOSED},
    {S("party"), S("matter"), S("0"), GB_STATE_REPORTED},
    {S("party"), S("matter"), S("1"), GB_STATE_CLOSED},
};
static const struct gb_holder holders[] = {
    {S("j1.g"), S("H1"), S("p1.h1")},
    {S("j1.p"), S("H1"), S("p1.h1")},
};
static const struct gb_source_row sources[] = {
    {S("grid"), S("grid"), GB_ROLE_GRID_WORKER},
    {S("party"), S("party"), GB_ROLE_KEY_FAMILY},
};
static const struct gb_duty duties[] = {
    {.id = S("D01"), .sources = UINT64_MAX, .urgencies = GB_URGENCY_ANY,
     .valid_from = INT64_MIN, .valid_until = INT64_MAX, .basis_zh = S("z"), .basis_en = S("e"),
     .parts_count = 2,
     .parts = {{.kind = GB_DUTY_LEAD, .post = {.role = GB_ROLE_GRID_WORKER}},
               {.kind = GB_DUTY_ASSIST, .post = {.role = GB_ROLE_KEY_FAMILY}}}},
};
static const struct gb_str places[] = {S("320312111201"), S("320312111201001")};

const struct gb_policy *gb_cf_policy(void)
{
    static struct gb_policy policy;
    static struct gb_arena arena;
    static struct gb_duty_scope scopes[] = {{S("MS*"), S("*"), 0}};

    if (policy.duties != NULL) {
        return &policy;
    }
    policy = (struct gb_policy){
        .hash = S("abcd"),
        .categories = categories, .categories_count = GB_COUNT(categories),
        .crosswalk = crosswalk, .crosswalk_count = GB_COUNT(crosswalk),
        .states = states, .states_count = GB_COUNT(states),
        .holders = holders, .holders_count = GB_COUNT(holders),
        .sources = sources, .sources_count = GB_COUNT(sources),
        .duties = duties, .duties_count = GB_COUNT(duties),
        .places = places, .places_count = GB_COUNT(places),
        .holder_window_ms = 7200000,
        .cell_window_ms = (int64_t)30 * 86400000,
        .contradiction_after_ms = (int64_t)72 * 3600000,
        .list_from = INT64_MIN, .list_until = INT64_MAX,
        .is_unlisted_declared = true,
        .four_eyes = 1U << GB_DECISION_TRANSFER,
        .claim_ms = 3600000,
        .network = {.grid_posts = 1U << GB_ROLE_GRID_WORKER,
                    .vacant_after_ms = (int64_t)24 * 3600000,
                    .families = {1, 2},
                    .members = {2, 3},
                    .households = {2, 3},
                    .conflict_after_ms = (int64_t)24 * 3600000},
    };
    gb_arena_init(&arena, (size_t)1 << 16);
    gb_duty_index_build(&arena, duties, scopes, GB_COUNT(scopes), &policy.deciding);

    return &policy;
}

static struct gb_record *add(struct gb_cf_script *s, enum gb_kind kind)
{
    struct gb_record *rec = &s->records[s->count++];

    GB_CHECK(s->count < CF_RECORDS_MAX);
    *rec = (struct gb_record){.kind = kind, .town = GB_STR("320312111"), .session = GB_STR("s1"),
                              .n = s->n++};
    return rec;
}

static void set_fields(struct gb_cf_script *s, struct gb_record *rec, struct gb_str json)
{
    struct gb_err err;

    GB_CHECK(gb_json_parse(&s->arena, json, &rec->fields, &err) == GB_OK);
}

static void set_source(struct gb_cf_script *s, struct gb_record *rec, const char *source,
                       const char *key)
{
    rec->src = (struct gb_coord){GB_STR("c"), GB_STR("t"), 0, s->offset++, 0, 321};
    rec->source = gb_str_of(source);
    rec->entity = GB_STR("matter");
    rec->key = gb_str_of(key);
}

void gb_cf_begin(struct gb_cf_script *s)
{
    struct gb_record *rec;

    *s = (struct gb_cf_script){0};
    gb_arena_init(&s->arena, (size_t)1 << 24);
    gb_cf_tick(s, 1700000000000);
    rec = add(s, GB_KIND_POLICY);
    set_fields(s, rec, GB_STR("{\"bundle\":\"abcd\"}"));
}

void gb_cf_put(struct gb_cf_script *s, const struct gb_cf_report *r)
{
    struct gb_record *rec = add(s, GB_KIND_OBSERVATION);
    struct gb_buf b = {0};

    set_source(s, rec, r->source, r->key);
    rec->op = GB_OP_PUT;
    rec->version = (struct gb_version){.has_column = true, .column = r->column};
    rec->h_img = gb_str_of(r->hash);
    gb_buf_printf(&b, "{\"category\":\"%s\",\"state\":\"%s\",\"village\":\"" CF_VILLAGE
                  "\",\"grid\":\"" CF_GRID "\",\"occurred_at\":%lld,\"claims_lead\":%s",
                  r->category, r->state, (long long)r->occurred_at,
                  r->claims_lead ? "true" : "false");
    if (r->reporter != NULL) {
        gb_buf_printf(&b, ",\"reporter\":\"%s\"", r->reporter);
    }
    if (s->updated_at != 0) {
        gb_buf_printf(&b, ",\"updated_at\":%lld", (long long)s->updated_at);
    }
    if (r->xref != NULL) {
        gb_buf_printf(&b, ",\"xref\":\"%s\"", r->xref);
    }
    if (r->attachment != NULL) {
        gb_buf_printf(&b, ",\"attachments\":[\"%s\"]", r->attachment);
    }
    gb_buf_add_char(&b, '}');
    set_fields(s, rec, gb_arena_str(&s->arena, gb_buf_str(&b)));
    gb_buf_close(&b);
    rec->texts_count = 1;
    rec->texts[0] = (struct gb_text){.name = GB_STR("title"), .text = gb_str_of(r->key)};
}

void gb_cf_row(struct gb_cf_script *s, const char *source, const char *entity, const char *key,
               const char *fields)
{
    struct gb_record *rec = add(s, GB_KIND_OBSERVATION);

    set_source(s, rec, source, gb_arena_str(&s->arena, gb_str_of(key)).ptr);
    rec->entity = gb_str_of(entity);
    rec->op = fields != NULL ? GB_OP_PUT : GB_OP_DELETE;
    rec->version = (struct gb_version){.has_column = fields != NULL, .column = s->n};
    rec->h_img = gb_arena_printf(&s->arena, "h%lld", (long long)s->n);
    if (fields != NULL) {
        set_fields(s, rec, gb_arena_str(&s->arena, gb_str_of(fields)));
    }
}

void gb_cf_delete(struct gb_cf_script *s, const char *source, const char *key)
{
    struct gb_record *rec = add(s, GB_KIND_OBSERVATION);

    set_source(s, rec, source, key);
    rec->op = GB_OP_DELETE;
    rec->h_img = GB_STR("gone");
}

void gb_cf_tick(struct gb_cf_script *s, int64_t clock)
{
    struct gb_record *rec = add(s, GB_KIND_TICK);

    set_fields(s, rec, gb_arena_printf(&s->arena, "{\"clock\":%lld,\"modes\":%s,\"streams\":["
               "{\"from\":%lld,\"id\":\"c/t/0\",\"sent\":%lld,\"to\":%lld}]}", (long long)clock,
               s->modes != NULL ? s->modes : "{}", (long long)s->ticked,
               (long long)(s->offset - s->ticked), (long long)s->offset));
    s->ticked = s->offset;
}

void gb_cf_result(struct gb_cf_script *s, const char *fields)
{
    struct gb_record *rec = add(s, GB_KIND_RESULT);

    set_source(s, rec, "writeback", "r");
    rec->entity = GB_STR("writeback");
    set_fields(s, rec, gb_arena_str(&s->arena, gb_str_of(fields)));
}

void gb_cf_decide(struct gb_cf_script *s, const char *id, const char *actor, const char *fields)
{
    struct gb_record *rec = add(s, GB_KIND_DECISION);

    set_source(s, rec, "decision", id);
    rec->entity = GB_STR("decision");
    set_fields(s, rec,
               gb_arena_printf(&s->arena,
                               "{\"actor\":{\"post\":\"%s\",\"role\":\"command_centre\"},%s,"
                               "\"id\":\"%s\",\"town\":\"320312111\"}",
                               actor, fields, id));
}

static void keep_row(struct gb_cf_run *run, const struct gb_row *row)
{
    uint32_t at = 0;

    while (at < run->rows_count && (run->rows[at].table < row->table ||
           (run->rows[at].table == row->table && gb_str_cmp(run->rows[at].key, row->key) < 0))) {
        at++;
    }
    bool is_there = at < run->rows_count && run->rows[at].table == row->table &&
                    gb_str_eq(run->rows[at].key, row->key);

    if (row->is_deleted) {
        GB_CHECK(is_there);
        memmove(&run->rows[at], &run->rows[at + 1],
                (run->rows_count - at - 1) * sizeof(run->rows[0]));
        run->rows_count--;
        return;
    }
    if (!is_there) {
        GB_CHECK(run->rows_count < CF_ROWS_MAX);
        memmove(&run->rows[at + 1], &run->rows[at],
                (run->rows_count - at) * sizeof(run->rows[0]));
        run->rows_count++;
    }
    run->rows[at] = *row;
}

static void flush(struct gb_cf_run *run, struct gb_core *core)
{
    struct gb_rows rows;

    gb_core_flush(core, &run->arena, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        keep_row(run, &rows.items[i]);
    }
    run->digest = gb_core_digest(core);
    run->clock = gb_core_clock(core);
}

static void load_row(struct gb_cf_run *run, struct gb_core *core, const struct gb_row *row)
{
    struct gb_value parsed;
    struct gb_value text;
    struct gb_err err;

    GB_CHECK(gb_json_parse(&run->arena, row->row, &parsed, &err) == GB_OK);
    if (gb_str_is(row->text)) {
        GB_CHECK(gb_json_parse(&run->arena, row->text, &text, &err) == GB_OK);
    }
    GB_CHECK(gb_core_load(core, row, &parsed, gb_str_is(row->text) ? &text : NULL, &err) ==
             GB_OK);
}

/* The digest computed from the rows alone, without the core's increments. */
static void check_digest(const struct gb_cf_run *run)
{
    struct gb_hash sum = {{0}};

    for (uint32_t i = 0; i < run->rows_count; i++) {
        const struct gb_str parts[] = {gb_table_word(run->rows[i].table), GB_STR("\x1f"),
                                       run->rows[i].key, GB_STR("\x1f"), run->rows[i].row};
        struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, GB_COUNT(parts));
        unsigned carry = 0;

        for (size_t b = GB_HASH_LEN; b-- > 0;) {
            carry += (unsigned)sum.bytes[b] + hash.bytes[b];
            sum.bytes[b] = (uint8_t)(carry & 0xff);
            carry >>= 8;
        }
    }
    GB_CHECK(memcmp(sum.bytes, run->digest.bytes, GB_HASH_LEN) == 0);
}

static bool has_no_end(enum gb_table table)
{
    return table == GB_TABLE_WRITER_MARK || table == GB_TABLE_LANE_STATE;
}

/* A new core from the rows that a claim loads: those alive at the lane's clock. */
static struct gb_core *load(struct gb_cf_run *run)
{
    struct gb_core *core = gb_core_new(3);

    gb_core_set_digest(core, &run->digest);
    for (uint32_t i = 0; i < run->rows_count; i++) {
        if (has_no_end(run->rows[i].table) || run->rows[i].live_until >= run->clock) {
            load_row(run, core, &run->rows[i]);
        }
    }
    gb_core_offer_policy(core, run->policy);
    return core;
}

static bool holds(struct gb_str text, struct gb_str part)
{
    for (size_t at = 0; part.len > 0 && at + part.len <= text.len; at++) {
        if (memcmp(text.ptr + at, part.ptr, part.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_ruled(const struct gb_row *ruling, struct gb_str report)
{
    char quoted[200];

    (void)snprintf(quoted, sizeof(quoted), "\"%.*s\"", GB_STR_ARG(report));
    return ruling->table == GB_TABLE_RULING && holds(ruling->matter, gb_str_of(quoted));
}

/* Loads one row with everything of its matter, and the rulings of all reports among that. */
static void load_whole(struct gb_cf_run *run, struct gb_core *core, uint32_t at)
{
    struct gb_str matter = run->rows[at].matter;
    bool is_ruling = run->rows[at].table == GB_TABLE_RULING;

    load_row(run, core, &run->rows[at]);
    for (uint32_t i = 0; i < run->rows_count; i++) {
        const struct gb_row *row = &run->rows[i];
        bool is_of_it = !is_ruling && gb_str_is(matter) && row->table != GB_TABLE_RULING &&
                        gb_str_eq(row->matter, matter);

        if (i != at && !is_of_it) {
            continue;
        }
        load_row(run, core, row);
        for (uint32_t r = 0; row->table == GB_TABLE_OBSERVATION && r < run->rows_count; r++) {
            if (is_ruled(&run->rows[r], row->key)) {
                load_row(run, core, &run->rows[r]);
            }
        }
    }
    for (uint32_t i = 0; is_ruling && i < run->rows_count; i++) {
        if (run->rows[i].table == GB_TABLE_OBSERVATION &&
            is_ruled(&run->rows[at], run->rows[i].key)) {
            load_whole(run, core, i);
        }
    }
}

static bool has_evidence(const struct gb_row *row, int64_t evidence)
{
    for (uint32_t i = 0; i < row->evidence_count; i++) {
        if (row->evidence[i] == evidence) {
            return true;
        }
    }
    return false;
}

/* From the end: which ones of too many are loaded must not matter. */
static void load_evidence(struct gb_cf_run *run, struct gb_core *core, int64_t evidence)
{
    uint32_t left = GB_WANTED_OF_EVIDENCE_MAX;

    for (uint32_t i = run->rows_count; i-- > 0 && left > 0;) {
        if (has_evidence(&run->rows[i], evidence)) {
            load_whole(run, core, i);
            left--;
        }
    }
}

/* Loads what a batch wants, with everything of its matters. */
static void fetch(struct gb_cf_run *run, struct gb_core *core, const struct gb_record *records,
                  uint32_t count)
{
    struct gb_wants wants = {.arena = &run->arena};

    for (uint32_t i = 0; i < count; i++) {
        gb_core_wants(core, &records[i], &wants);
    }
    for (uint32_t k = 0; k < wants.count; k++) {
        for (uint32_t i = 0; i < run->rows_count; i++) {
            enum gb_table table = run->rows[i].table;

            if ((table <= GB_TABLE_OVERLAP || table == GB_TABLE_SOURCE_MARK ||
                 table == GB_TABLE_RULING || table == GB_TABLE_CONTACT ||
                 table == GB_TABLE_VISIT) &&
                gb_str_eq(run->rows[i].key, wants.keys[k])) {
                load_whole(run, core, i);
            }
        }
    }
    for (uint32_t k = 0; k < wants.evidence_count; k++) {
        load_evidence(run, core, wants.evidence[k]);
    }
    run->wanted += wants.count + wants.evidence_count;
}

static void step(struct gb_cf_run *run, struct gb_core *core, const struct gb_record *rec,
                 uint32_t i)
{
    struct gb_step s = {.arena = &run->arena, .index = i};

    gb_core_step(core, rec, &s);
    run->outcomes[i] = s.outcome;
    for (uint32_t k = 0; k < s.outputs_count; k++) {
        const struct gb_output *o = &s.outputs[k];

        gb_buf_printf(&run->outputs, "%u.%u %.*s %.*s %d %.*s\n", i, o->ordinal,
                      GB_STR_ARG(o->type), GB_STR_ARG(o->key), o->change, GB_STR_ARG(o->value));
    }
}

static void play(const struct gb_cf_script *script, uint32_t flush_every, uint32_t restart_every,
                 bool is_keeping, struct gb_cf_run *run)
{
    struct gb_core *core;
    bool is_begin = true;

    *run = (struct gb_cf_run){
        .policy = script->policy != NULL ? script->policy : gb_cf_policy()};
    gb_arena_init(&run->arena, (size_t)1 << 28);
    core = load(run);
    core->is_keeping = is_keeping;
    for (uint32_t i = 0; i < script->count; i++) {
        if (is_begin) {
            uint32_t left = script->count - i;

            fetch(run, core, &script->records[i], left < flush_every ? left : flush_every);
        }
        step(run, core, &script->records[i], i);
        bool is_restart = restart_every > 0 && (i + 1) % restart_every == 0;

        is_begin = is_restart || (i + 1) % flush_every == 0;
        if (is_begin) {
            flush(run, core);
        }
        if (is_restart) {
            gb_core_free(core);
            core = load(run);
        }
    }
    flush(run, core);
    check_digest(run);
    run->is_balanced = gb_core_is_balanced(core, NULL);
    gb_core_free(core);
}

void gb_cf_play(const struct gb_cf_script *script, uint32_t flush_every, uint32_t restart_every,
                struct gb_cf_run *run)
{
    play(script, flush_every, restart_every, false, run);
}

void gb_cf_play_keeping(const struct gb_cf_script *script, struct gb_cf_run *run)
{
    play(script, 1, 0, true, run);
}

void gb_cf_end(struct gb_cf_run *run)
{
    gb_buf_close(&run->outputs);
    gb_arena_close(&run->arena);
}

struct gb_str gb_cf_all_rows(struct gb_cf_run *run)
{
    struct gb_buf b = {0};
    struct gb_str all;

    for (uint32_t i = 0; i < run->rows_count; i++) {
        const struct gb_row *row = &run->rows[i];

        gb_buf_printf(&b, "%d %.*s %.*s %.*s\n", (int)row->table, GB_STR_ARG(row->key),
                      GB_STR_ARG(row->row), GB_STR_ARG(row->text));
    }
    all = gb_arena_str(&run->arena, gb_buf_str(&b));
    gb_buf_close(&b);
    return all;
}

uint32_t gb_cf_count(const struct gb_cf_run *run, const char *what)
{
    struct gb_str all = gb_buf_str(&run->outputs);
    size_t len = strlen(what);
    uint32_t count = 0;

    for (size_t i = 0; i + len <= all.len; i++) {
        count += memcmp(all.ptr + i, what, len) == 0;
    }
    return count;
}
