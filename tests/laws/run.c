/* Scripts through a core, with what it published last of each matter and overlap. */
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "codec/json.h"
#include "codec/policy_load.h"
#include "laws.h"
#include "shell/files.h"

static const char *const sources[LAW_SOURCES] = {"party_building", "governance_grid",
                                                 "command_centre"};
static const char *const villages[] = {"320312111201", "320312111202"};

static void die(const char *what, struct gb_str text)
{
    fprintf(stderr, "%s: %.*s\n", what, GB_STR_ARG(text));
    exit(2);
}

const struct gb_policy *law_policy(void)
{
    static struct gb_arena arena;
    static const struct gb_policy *policy;
    struct gb_mistakes mistakes = {0};
    struct gb_files own, town;
    struct gb_file *items;
    size_t count = 0;
    struct gb_err err;

    if (policy != NULL) {
        return policy;
    }
    gb_arena_init(&arena, (size_t)1 << 28);
    if (gb_files_read(GB_SOURCE_DIR "/examples/tangzhang/policy", &arena, &town, &err) != GB_OK ||
        gb_files_read(GB_SOURCE_DIR "/tests/laws", &arena, &own, &err) != GB_OK) {
        die("bundle", gb_str_of(err.text));
    }
    items = gb_arena_take(&arena, town.count * sizeof(items[0]));
    for (size_t i = 0; i < town.count; i++) {
        const struct gb_file *instead = gb_files_get(&own, town.items[i].name);

        if (gb_policy_is_part(town.items[i].name) &&
            !gb_str_eq(town.items[i].name, GB_STR("decisions.yaml")) &&
            !gb_str_eq(town.items[i].name, GB_STR("words.yaml"))) {
            items[count++] = instead != NULL ? *instead : town.items[i];
        }
    }
    policy = gb_policy_load(&arena, &(struct gb_files){items, count}, &mistakes);
    if (policy == NULL) {
        die("bundle", gb_buf_str(&mistakes.lines));
    }
    return policy;
}

/* ---- what is published ---- */

static const struct gb_value *keep(struct law_run *run, struct law_kept *items, uint32_t *count,
                                   const struct gb_output *output)
{
    struct gb_value value = {.type = GB_NULL};
    uint32_t at = 0;

    if (gb_str_is(output->value) &&
        gb_json_parse(&run->arena, output->value, &value, NULL) != GB_OK) {
        die("output", output->value);
    }
    while (at < *count && !gb_str_eq(items[at].key, output->key)) {
        at++;
    }
    GB_CHECK(at < LAW_KEPT_MAX);
    items[at] = (struct law_kept){gb_arena_str(&run->arena, output->key), value};
    *count += at == *count;
    return &items[at].value;
}

/* What the core says of an overlap must stand in core/said.h, or be a row of the bundle. */
static void check_said(struct law_run *run, const struct gb_value *overlap)
{
    struct gb_str rule = gb_value_str(overlap, GB_STR("rule"));
    bool is_open = gb_str_eq(gb_value_str(overlap, GB_STR("state")), GB_STR("open"));
    struct gb_cause cause =
        gb_cause_of(gb_overlap_of(gb_value_str(overlap, GB_STR("kind"))), is_open, rule);
    bool is_row = gb_str_eq(cause.word, GB_STR("open_row")) ||
                  gb_str_eq(cause.word, GB_STR("settled_row"));
    bool is_known = !is_row;

    for (uint32_t i = 0; i < run->policy->duties_count; i++) {
        is_known = is_known || gb_str_eq(run->policy->duties[i].id, rule);
    }
    for (uint32_t i = 0; i < run->policy->deadlines_count; i++) {
        is_known = is_known || gb_str_eq(run->policy->deadlines[i].id, rule);
    }
    if (!gb_str_is(cause.word) || !is_known) {
        run->unsaid = rule;
    }
}

/* The decision that this record answered took effect. */
static bool is_applied(const struct gb_output *output)
{
    return gb_str_eq(output->type, GB_STR("gb.change.decision.applied.v1"));
}

static bool step(struct law_run *run, struct gb_record *rec)
{
    struct gb_step s = {.arena = &run->arena, .index = run->index};
    bool is_good = false;

    rec->session = GB_STR("s");
    rec->n = (int64_t)run->index++;
    gb_core_step(run->core, rec, &s);
    for (uint32_t i = 0; i < s.outputs_count; i++) {
        if (s.outputs[i].topic == GB_TOPIC_MATTER) {
            (void)keep(run, run->matters, &run->matters_count, &s.outputs[i]);
        } else if (s.outputs[i].topic == GB_TOPIC_OVERLAP) {
            check_said(run, keep(run, run->overlaps, &run->overlaps_count, &s.outputs[i]));
        }
        is_good = is_good || is_applied(&s.outputs[i]);
    }
    if (s.outcome == GB_OUT_DEAD) {
        die("dead", s.outputs[0].reason);
    }
    return is_good;
}

static void set_json(struct law_run *run, struct gb_record *rec, const struct gb_buf *json)
{
    struct gb_str text = gb_arena_str(&run->arena, gb_buf_str(json));

    if (gb_json_parse(&run->arena, text, &rec->fields, NULL) != GB_OK) {
        die("fields", text);
    }
}

/* ---- reports ---- */

static struct gb_str raw_category(const struct law_run *run, const char *source,
                                  const char *canonical)
{
    for (uint32_t i = 0; i < run->policy->crosswalk_count; i++) {
        const struct gb_crosswalk *row = &run->policy->crosswalk[i];

        if (gb_str_eq(row->source, gb_str_of(source)) &&
            gb_str_eq(row->canonical, gb_str_of(canonical))) {
            return row->code;
        }
    }
    die("no code for", gb_str_of(canonical));
    return GB_STR_NONE;
}

static struct gb_str raw_state(const struct law_run *run, const char *source, const char *word)
{
    for (uint32_t i = 0; i < run->policy->states_count; i++) {
        const struct gb_state_row *row = &run->policy->states[i];

        if (gb_str_eq(row->source, gb_str_of(source)) &&
            row->state == gb_state_of(gb_str_of(word))) {
            return row->code;
        }
    }
    die("no code for", gb_str_of(word));
    return GB_STR_NONE;
}

struct gb_str law_report_key(struct gb_arena *arena, uint32_t row)
{
    return gb_arena_printf(arena, "%s/matter/k%u", sources[row / LAW_KEYS], row % LAW_KEYS);
}

static void write_image(struct law_run *run, const struct law_step *s, struct gb_buf *out)
{
    const char *source = sources[s->row / LAW_KEYS];
    const struct law_image *image = &s->image;
    struct gb_jsonw w;

    gb_jsonw_init(&w, out);
    gb_jsonw_object(&w);
    if (image->attachment > 0) {
        gb_jsonw_key(&w, GB_STR("attachments"));
        gb_jsonw_array(&w);
        gb_jsonw_str(&w, gb_arena_printf(&run->arena, "a%u", image->attachment));
        gb_jsonw_end(&w);
    }
    gb_jsonw_key_str(&w, GB_STR("category"), raw_category(run, source, image->category));
    gb_jsonw_key_bool(&w, GB_STR("claims_lead"), image->claims_lead);
    if (image->deadline_at > 0) {
        gb_jsonw_key_int(&w, GB_STR("deadline_at"), image->deadline_at);
    }
    gb_jsonw_key_opt(&w, GB_STR("level"), gb_str_of(image->level));
    gb_jsonw_key_int(&w, GB_STR("occurred_at"), image->occurred_at);
    if (image->holder > 0) {
        gb_jsonw_key_str(&w, GB_STR("reporter"),
                         gb_arena_printf(&run->arena, "j1.h%u", image->holder));
    }
    gb_jsonw_key_str(&w, GB_STR("state"), raw_state(run, source, image->state));
    gb_jsonw_key_str(&w, GB_STR("village"), gb_str_of(villages[image->village]));
    if (image->names >= 0) {
        gb_jsonw_key_str(&w, GB_STR("xref"),
                         law_report_key(&run->arena, (uint32_t)image->names));
    }
    gb_jsonw_end(&w);
}

static void report(struct law_run *run, const struct law_step *s)
{
    struct gb_record rec = {
        .kind = GB_KIND_OBSERVATION, .town = GB_STR("320312111"),
        .src = {GB_STR("c"), GB_STR("t"), 0, run->offset++, 0, 1},
        .source = gb_str_of(sources[s->row / LAW_KEYS]), .entity = GB_STR("matter"),
        .key = gb_arena_printf(&run->arena, "k%u", s->row % LAW_KEYS),
        .op = s->kind == LAW_REMOVE ? GB_OP_DELETE : GB_OP_PUT,
        .version = {.has_column = s->kind != LAW_REMOVE, .column = s->column},
        .bootstrap = s->image.is_bootstrap,
        .h_img = gb_arena_printf(&run->arena, "%lld", (long long)s->column)};
    struct gb_buf json = {0};

    if (s->kind != LAW_REMOVE) {
        write_image(run, s, &json);
        set_json(run, &rec, &json);
        gb_buf_close(&json);
    }
    (void)step(run, &rec);
}

static void tick(struct law_run *run, int64_t clock)
{
    struct gb_record rec = {.kind = GB_KIND_TICK, .town = GB_STR("")};
    struct gb_buf json = {0};

    gb_buf_printf(&json, "{\"clock\":%lld,\"streams\":[]}", (long long)clock);
    set_json(run, &rec, &json);
    gb_buf_close(&json);
    (void)step(run, &rec);
}

/* ---- decisions ---- */

static bool has_report(const struct gb_value *matter, struct gb_str source, struct gb_str key)
{
    const struct gb_value *refs = gb_value_get(matter, GB_STR("refs"));

    for (uint32_t i = 0; refs != NULL && i < refs->count; i++) {
        if (gb_str_eq(gb_value_str(&refs->items[i], GB_STR("source")), source) &&
            gb_str_eq(gb_value_str(&refs->items[i], GB_STR("key")), key)) {
            return true;
        }
    }
    return false;
}

const struct gb_value *law_matter_of(const struct law_run *run, uint32_t row)
{
    char key[8];

    snprintf(key, sizeof(key), "k%u", row % LAW_KEYS);
    for (uint32_t i = 0; i < run->matters_count; i++) {
        if (has_report(&run->matters[i].value, gb_str_of(sources[row / LAW_KEYS]),
                       gb_str_of(key))) {
            return &run->matters[i].value;
        }
    }
    return NULL;
}

const struct gb_value *law_overlap_of(const struct law_run *run, struct gb_str matter,
                                      enum gb_overlap_kind kind)
{
    const struct gb_value *found = NULL;

    for (uint32_t i = 0; i < run->overlaps_count; i++) {
        const struct gb_value *o = &run->overlaps[i].value;

        if (gb_str_eq(gb_value_str(o, GB_STR("matter")), matter) &&
            gb_str_eq(gb_value_str(o, GB_STR("kind")), gb_overlap_word(kind)) &&
            !gb_value_bool(o, GB_STR("final"), false)) {
            found = o;
        }
    }
    return found;
}

static bool is_open(const struct gb_value *overlap)
{
    return gb_str_eq(gb_value_str(overlap, GB_STR("state")), GB_STR("open"));
}

/* The open overlap that the decision names; NULL: the matter is named. */
static const struct gb_value *named_overlap(const struct law_run *run, struct gb_str matter,
                                            const struct law_ruling *r)
{
    for (uint32_t i = 0; gb_str_is(matter) && i < GB_OVERLAP_COUNT; i++) {
        int32_t kind = (int32_t)((i + r->other) % GB_OVERLAP_COUNT);
        const struct gb_value *overlap =
            law_overlap_of(run, matter, (enum gb_overlap_kind)kind);

        if (is_open(overlap) && (r->overlap == LAW_ANY_OPEN || r->overlap == kind)) {
            return overlap;
        }
    }
    return NULL;
}

/* The members that name what is decided; false where there is nothing to name. */
static bool write_target(struct law_run *run, const struct law_script *script,
                         const struct law_ruling *r, struct gb_buf *out)
{
    const struct gb_value *matter = law_matter_of(run, r->row);
    const struct gb_value *other = law_matter_of(run, r->other);
    struct gb_str id = gb_value_str(matter, GB_STR("id"));
    const struct gb_value *overlap = named_overlap(run, id, r);
    bool is_pair = (gb_decision_needs(r->kind) & GB_NEEDS_OTHER) != 0;
    bool takes_overlap = (gb_decision_needs(r->kind) & GB_NEEDS_TARGET) != 0;

    (void)script;
    if (r->kind == GB_DECISION_UNDO) {
        gb_buf_printf(out, ",\"decision\":\"%.*s\"", GB_STR_ARG(run->applied[r->names]));
        return gb_str_is(run->applied[r->names]);
    }
    if (matter == NULL || (is_pair && other == NULL)) {
        return false;
    }
    if (takes_overlap && overlap != NULL) {
        gb_buf_printf(out, ",\"overlap\":\"%.*s\",\"version\":%lld",
                      GB_STR_ARG(gb_value_str(overlap, GB_STR("id"))),
                      (long long)gb_value_int(overlap, GB_STR("version"), 0));
        return true;
    }
    gb_buf_printf(out, ",\"matter\":\"%.*s\"", GB_STR_ARG(id));
    if (is_pair) {
        gb_buf_printf(out, ",\"other\":\"%.*s\"", GB_STR_ARG(gb_value_str(other, GB_STR("id"))));
    }
    if (r->kind == GB_DECISION_SPLIT) {
        gb_buf_printf(out, ",\"report\":\"%.*s\"",
                      GB_STR_ARG(law_report_key(&run->arena, r->row)));
    }
    return true;
}

static void decide(struct law_run *run, const struct law_script *script, uint32_t n)
{
    const struct law_ruling *r = &script->steps[n].ruling;
    struct gb_record rec = {.kind = GB_KIND_DECISION, .town = GB_STR("320312111"),
                            .src = {GB_STR("c"), GB_STR("d"), 0, run->offset++, 0, 1},
                            .source = GB_STR("decision"), .entity = GB_STR("decision")};
    struct gb_buf json = {0};

    /* Named by the place where it is made: shuffling never moves a decision. */
    rec.key = gb_arena_printf(&run->arena, "d%u-%u-%u", (unsigned)r->kind, r->row, n);
    gb_buf_printf(&json, "{\"actor\":{\"post\":\"seat-1\"},\"id\":\"%.*s\",\"kind\":\"%.*s\"",
                  GB_STR_ARG(rec.key), GB_STR_ARG(gb_decision_word(r->kind)));
    if (write_target(run, script, r, &json)) {
        if ((gb_decision_needs(r->kind) & GB_NEEDS_TO) != 0) {
            gb_buf_printf(&json, ",\"to\":\"%.*s\"", GB_STR_ARG(gb_role_word(r->to)));
        }
        if ((gb_decision_needs(r->kind) & GB_NEEDS_UNTIL) != 0) {
            gb_buf_printf(&json, ",\"until\":%lld",
                          (long long)(gb_core_clock(run->core) + r->until));
        }
        gb_buf_add_char(&json, '}');
        set_json(run, &rec, &json);
        run->applied[n] = step(run, &rec) ? rec.key : GB_STR_NONE;
    }
    gb_buf_close(&json);
}

/* ---- whole scripts ---- */

void law_begin(struct law_run *run)
{
    struct gb_record rec = {.kind = GB_KIND_POLICY, .town = GB_STR("")};
    struct gb_buf json = {0};

    *run = (struct law_run){.policy = law_policy()};
    gb_arena_init(&run->arena, (size_t)1 << 30);
    run->core = gb_core_new(0);
    gb_core_offer_policy(run->core, run->policy);
    tick(run, INT64_C(1795996800000));
    gb_buf_printf(&json, "{\"bundle\":\"%.*s\"}", GB_STR_ARG(run->policy->hash));
    set_json(run, &rec, &json);
    gb_buf_close(&json);
    (void)step(run, &rec);
}

void law_end(struct law_run *run)
{
    gb_core_free(run->core);
    gb_arena_close(&run->arena);
}

void law_make(struct law_run *run, const struct law_script *script, uint32_t n)
{
    const struct law_step *s = &script->steps[n];

    switch (s->kind) {
    case LAW_REPORT:
    case LAW_REMOVE:
        report(run, s);
        break;
    case LAW_TICK:
        tick(run, gb_core_clock(run->core) + s->ms);
        break;
    case LAW_DECIDE:
        decide(run, script, n);
        break;
    case LAW_NOTHING:
        break;
    }
}

void law_play(struct law_run *run, const struct law_script *script)
{
    law_begin(run);
    for (uint32_t n = 0; n < script->count; n++) {
        law_make(run, script, n);
    }
}

static int by_text(const void *a, const void *b)
{
    return gb_str_cmp(*(const struct gb_str *)a, *(const struct gb_str *)b);
}

/* DESIGN 4; what was written back was decided in between, by what was known then. */
static bool is_history(struct gb_str name)
{
    return gb_str_eq(name, GB_STR("id")) || gb_str_eq(name, GB_STR("version")) ||
           gb_str_eq(name, GB_STR("writebacks"));
}

static struct gb_str write_matter(struct law_run *run, const struct gb_value *matter,
                                  uint32_t kinds)
{
    struct gb_buf line = {0};
    struct gb_str text;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_member *m = &matter->members[i];
        struct gb_jsonw w;

        if (is_history(m->name)) {
            continue;
        }
        gb_buf_printf(&line, "%.*s=", GB_STR_ARG(m->name));
        gb_jsonw_init(&w, &line);
        gb_jsonw_value(&w, &m->value);
        gb_buf_add_char(&line, ' ');
    }
    for (int kind = 0; kind < GB_OVERLAP_COUNT; kind++) {
        const struct gb_value *o = law_overlap_of(run, gb_value_str(matter, GB_STR("id")),
                                                  (enum gb_overlap_kind)kind);

        if ((kinds >> kind & 1U) != 0 && o != NULL &&
            gb_str_eq(gb_value_str(o, GB_STR("state")), GB_STR("open"))) {
            gb_buf_printf(&line, "open:%.*s ",
                          GB_STR_ARG(gb_overlap_word((enum gb_overlap_kind)kind)));
        }
    }
    gb_buf_add_char(&line, '\n');
    text = gb_arena_str(&run->arena, gb_buf_str(&line));
    gb_buf_close(&line);
    return text;
}

struct gb_str law_summary(struct law_run *run, uint32_t kinds)
{
    struct gb_str lines[LAW_KEPT_MAX];
    struct gb_buf all = {0};
    struct gb_str text;
    uint32_t count = 0;

    for (uint32_t i = 0; i < run->matters_count; i++) {
        const struct gb_value *matter = &run->matters[i].value;

        if (matter->type == GB_OBJECT && gb_value_get(matter, GB_STR("refs")) != NULL) {
            lines[count++] = write_matter(run, matter, kinds);
        }
    }
    qsort(lines, count, sizeof(lines[0]), by_text);
    for (uint32_t i = 0; i < count; i++) {
        gb_buf_add_str(&all, lines[i]);
    }
    text = gb_arena_str(&run->arena, gb_buf_str(&all));
    gb_buf_close(&all);
    return text;
}
