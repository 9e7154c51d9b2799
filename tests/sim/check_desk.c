/* B4 for decisions of people: each is answered once, with what the rules say of it at its line; one
 * that holds is applied once, at the version it names; the same id again changes nothing; who leads
 * is whom the newest decision names, however often the matter is published afterwards. Read from
 * the ledger and the outbox alone. */
#include <stdlib.h>

#include "base/check.h"
#include "codec/json.h"
#include "sim/desk_model.h"

#define OUTPUTS_MAX 4096

/* The outputs of one ledger line, in their order. */
struct said {
    const struct sim_output *items[OUTPUTS_MAX];
    enum gb_topic topics[OUTPUTS_MAX];
    uint32_t count;
};

static void bad(struct desk_model *m, struct gb_str what, const char *why)
{
    sim_fail(m->sim, SIM_INV_B4, "lane %u line %u: %.*s: %s", m->ledger->lane, m->line,
             GB_STR_ARG(what), why);
}

static bool is_watched(uint32_t topic)
{
    return topic == GB_TOPIC_MATTER || topic == GB_TOPIC_OVERLAP || topic == GB_TOPIC_CHANGE;
}

static void gather(struct desk_model *m, struct said *said)
{
    said->count = 0;
    for (;;) {
        uint32_t best = GB_TOPIC_COUNT;

        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            const struct sim_output_list *list = &m->sim->check.outputs[m->ledger->lane][t];
            const struct sim_output *o = m->at[t] < list->count ? &list->items[m->at[t]] : NULL;

            if (is_watched(t) && o != NULL && o->index == m->line &&
                (best == GB_TOPIC_COUNT || o->ordinal < said->items[said->count]->ordinal)) {
                best = t;
                said->items[said->count] = o;
            }
        }
        if (best == GB_TOPIC_COUNT || said->count + 1 == OUTPUTS_MAX) {
            return;
        }
        said->topics[said->count++] = (enum gb_topic)best;
        m->at[best]++;
    }
}

/* The value of an outbox line; false: a tombstone. */
static bool value_of(struct desk_model *m, struct gb_str line, struct gb_value *value)
{
    static const char word[] = ",\"value\":";
    const char *at = memmem(line.ptr, line.len, word, sizeof(word) - 1);
    struct gb_err err;
    struct gb_str text;

    GB_CHECK(at != NULL);
    at += sizeof(word) - 1;
    text = (struct gb_str){at, (size_t)(line.ptr + line.len - at) - 1};
    return text.len > 4 && gb_json_view(&m->sim->arena, text, value, &err) == GB_OK;
}

static struct gb_str key_of(struct gb_str line)
{
    static const char word[] = "]],\"key\":\"";
    const char *at = memmem(line.ptr, line.len, word, sizeof(word) - 1);
    const char *end;

    GB_CHECK(at != NULL);
    at += sizeof(word) - 1;
    end = memchr(at, '"', (size_t)(line.ptr + line.len - at));
    GB_CHECK(end != NULL);
    return (struct gb_str){at, (size_t)(end - at)};
}

static bool has(struct gb_str line, const char *text)
{
    return memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

/* ---- what is published ---- */

static void learn_overlap(struct desk_model *m, const struct gb_value *value)
{
    struct gb_str id = desk_text(value, "id");
    struct known_overlap *o = gb_map_get(&m->overlaps, id);
    int64_t before = o != NULL ? o->version : 0;

    if (o == NULL) {
        o = gb_arena_take(&m->sim->arena, sizeof(*o));
        (void)gb_map_put(&m->overlaps, id, o);
        m->overlap_list = sim_grow(m->sim, m->overlap_list, m->overlaps_count,
                                   &m->overlaps_size, sizeof(struct known_overlap *));
        m->overlap_list[m->overlaps_count++] = o;
    }
    o->id = id;
    o->matter = desk_text(value, "matter");
    o->claimed_by = desk_text(value, "claimed_by");
    o->claimed_until = gb_value_int(value, GB_STR("claimed_until"), 0);
    o->ruled_by = desk_text(value, "ruled_by");
    o->version = gb_value_int(value, GB_STR("version"), 0);
    o->is_open = gb_str_eq(desk_text(value, "state"), GB_STR("open"));
    o->is_over = gb_value_bool(value, GB_STR("final"), false);
    if (o->version != before + 1) {
        bad(m, id, "versions of an overlap do not follow each other");
    }
}

static struct known_matter *matter_of(struct desk_model *m, struct gb_str id)
{
    struct known_matter *matter = gb_map_get(&m->matters, id);

    if (matter == NULL) {
        matter = gb_arena_take(&m->sim->arena, sizeof(*matter));
        matter->id = id;
        (void)gb_map_put(&m->matters, id, matter);
        m->matter_list = sim_grow(m->sim, m->matter_list, m->matters_count, &m->matters_size,
                                  sizeof(struct known_matter *));
        m->matter_list[m->matters_count++] = matter;
    }
    return matter;
}

/* The matter has ended, or was taken apart: its overlaps are over; those that were settled before
 * are not published again. */
static void end_overlaps(struct desk_model *m, const struct known_matter *matter)
{
    for (uint32_t i = 0; i < m->overlaps_count; i++) {
        if (gb_str_eq(m->overlap_list[i]->matter, matter->id)) {
            m->overlap_list[i]->is_over = true;
        }
    }
}

static void check_lead(struct desk_model *m, const struct known_matter *matter)
{
    const struct made *made = desk_lead(m, matter);
    bool is_barred = made != NULL && desk_is_forbidden(matter->bundle, made);
    struct gb_str want = made != NULL && !is_barred ? made->id : GB_STR_NONE;

    if (matter->is_gone) {
        return;
    }
    if (!gb_str_eq(matter->lead_by, want) || (is_barred && matter->has_lead)) {
        sim_fail(m->sim, SIM_INV_B4,
                 "lane %u line %u: matter %.*s is led by decision %.*s, the newest is %.*s",
                 m->ledger->lane, m->line, GB_STR_ARG(matter->id),
                 GB_STR_ARG(gb_str_is(matter->lead_by) ? matter->lead_by : GB_STR("none")),
                 GB_STR_ARG(gb_str_is(want) ? want : GB_STR("none")));
    }
}

static void learn_matter(struct desk_model *m, struct gb_str id, const struct gb_value *value)
{
    struct known_matter *matter = matter_of(m, id);
    const struct gb_value *refs = value != NULL ? gb_value_get(value, GB_STR("refs")) : NULL;
    const struct gb_value *lead = value != NULL ? gb_value_get(value, GB_STR("lead")) : NULL;

    if (refs == NULL) {
        matter->is_gone = true;
        matter->count = 0;
        end_overlaps(m, matter);
        return;
    }
    matter->is_gone = false;
    matter->version = gb_value_int(value, GB_STR("version"), 0);
    matter->bundle = desk_text(value, "policy");
    matter->has_lead = lead != NULL;
    matter->lead_by = lead != NULL ? desk_text(lead, "decision") : GB_STR_NONE;
    matter->count = refs->count;
    matter->reports =
        gb_arena_take(&m->sim->arena, (refs->count + 1) * sizeof(matter->reports[0]));
    for (uint32_t i = 0; i < refs->count; i++) {
        matter->reports[i] =
            GB_JOIN(&m->sim->arena, desk_text(&refs->items[i], "source"), GB_STR("/"),
                    desk_text(&refs->items[i], "entity"), GB_STR("/"),
                    desk_text(&refs->items[i], "key"));
    }
    check_lead(m, matter);
}

static void learn(struct desk_model *m, const struct said *said, uint32_t at)
{
    struct gb_str line = said->items[at]->line;

    struct gb_value value;
    bool has_value;

    if (said->topics[at] == GB_TOPIC_CHANGE) {
        if (has(line, "\"change\":\"matter.split\"")) {
            end_overlaps(m, matter_of(m, key_of(line)));
        }
        return;
    }
    has_value = value_of(m, line, &value);
    if (said->topics[at] == GB_TOPIC_MATTER) {
        learn_matter(m, key_of(line), has_value ? &value : NULL);
    } else if (has_value) {
        learn_overlap(m, &value);
    }
}

/* ---- decisions ---- */

static bool is_answer(const struct said *said, uint32_t at)
{
    return said->topics[at] == GB_TOPIC_CHANGE &&
           has(said->items[at]->line, "\"change\":\"decision.");
}

static struct gb_str word_of(enum made_state state)
{
    static const char *const words[] = {"decision.applied", "decision.waiting",
                                        "decision.applied", "decision.stale", "decision.refused"};

    GB_CHECK(state < MADE_UNDONE);
    return gb_str_of(words[state]);
}

/* Reports of what it was done to, as they were published before its line. */
static void keep_reports(struct desk_model *m, const struct verdict *v)
{
    struct made *made = v->made;
    uint32_t size = 0;

    for (uint32_t i = 0; i < v->count; i++) {
        size += v->targets[i].matter != NULL ? v->targets[i].matter->count : 0;
    }
    made->reports = gb_arena_take(&m->sim->arena, (size + 1) * sizeof(made->reports[0]));
    for (uint32_t i = 0; i < v->count; i++) {
        const struct known_matter *matter = v->targets[i].matter;

        for (uint32_t r = 0; strcmp(v->targets[i].outcome, "done") == 0 && r < matter->count;
             r++) {
            made->reports[made->count++] = matter->reports[r];
        }
    }
}

static void apply(struct desk_model *m, const struct verdict *v)
{
    struct made *other = gb_map_get(&m->made, desk_text(v->made->fields, "decision"));

    v->made->state = v->state;
    if (v->state == MADE_ACTIVE) {
        keep_reports(m, v);
    } else if (v->state == MADE_DONE && v->made->kind == GB_DECISION_UNDO) {
        other->state = MADE_UNDONE;
    }
}

/* What was done to an overlap is published at this very line, once, in the next version. */
static void check_done(struct desk_model *m, const struct verdict *v, const int64_t *versions)
{
    enum gb_decision_kind kind = v->made->kind;

    for (uint32_t i = 0; i < v->count; i++) {
        const struct known_overlap *o = v->targets[i].overlap;
        bool is_claim = kind == GB_DECISION_CLAIM || kind == GB_DECISION_HAND_OVER;

        if (o == NULL || strcmp(v->targets[i].outcome, "done") != 0) {
            continue;
        }
        if (o->version <= versions[i]) {
            bad(m, v->made->id, "applied, but the overlap that it names was not published");
        } else if (kind == GB_DECISION_RELEASE ? gb_str_is(o->claimed_by)
                   : is_claim ? !gb_str_eq(o->claimed_by, v->made->actor)
                              : o->is_open || !gb_str_eq(o->ruled_by, v->made->id)) {
            bad(m, v->made->id, "applied, but the overlap does not show it");
        }
    }
}

static struct made *take(struct desk_model *m, const struct gb_record *rec)
{
    struct made *made = gb_arena_take(&m->sim->arena, sizeof(*made));

    *made = (struct made){.id = rec->key, .index = m->line, .fields = &rec->fields};
    made->kind = gb_decision_of(desk_text(&rec->fields, "kind"));
    made->actor = desk_text(gb_value_get(&rec->fields, GB_STR("actor")), "post");
    return made;
}

static void enter(struct desk_model *m, struct made *made)
{
    (void)gb_map_put(&m->made, made->id, made);
    m->list = sim_grow(m->sim, m->list, m->made_count, &m->made_size, sizeof(struct made *));
    m->list[m->made_count++] = made;
}

/* The first output of its line answers it, and nothing else does. */
static void check_answer(struct desk_model *m, const struct said *said, const struct made *made,
                         struct gb_value *value)
{
    bool is_there = said->count > 0 && is_answer(said, 0) &&
                    value_of(m, said->items[0]->line, value);

    if (!is_there || !gb_str_eq(desk_text(value, "decision"), made->id)) {
        bad(m, made->id, "a decision that is not answered");
    }
    for (uint32_t i = 1; i < said->count; i++) {
        if (is_answer(said, i)) {
            bad(m, made->id, "a decision that is answered twice");
        }
    }
}

static void decide(struct desk_model *m, const struct said *said, const struct gb_record *rec)
{
    struct made *made = take(m, rec);
    int64_t versions[GB_DECISION_OVERLAPS_MAX + 2] = {0};
    struct gb_value value = {0};
    struct verdict v;
    struct gb_str want;

    check_answer(m, said, made, &value);
    if (m->sim->failure.is_set) {
        return;
    }
    desk_judge(m, made, gb_value_int(&value, GB_STR("clock"), 0), &v);
    want = word_of(v.state);
    if (!gb_str_eq(desk_text(&value, "change"), want)) {
        sim_trace(m->sim, "answer: %.*s", GB_STR_ARG(said->items[0]->line));
        for (uint32_t i = 0; i < v.count; i++) {
            sim_trace(m->sim, "  names overlap %.*s version %lld of matter %.*s: %s",
                      GB_STR_ARG(v.targets[i].overlap != NULL ? v.targets[i].overlap->id
                                                              : GB_STR("none")),
                      v.targets[i].overlap != NULL ? (long long)v.targets[i].overlap->version : 0,
                      GB_STR_ARG(v.targets[i].matter != NULL ? v.targets[i].matter->id
                                                             : GB_STR("none")),
                      v.targets[i].outcome);
        }
        sim_fail(m->sim, SIM_INV_B4, "lane %u line %u: decision %.*s is answered %.*s, not %.*s",
                 m->ledger->lane, m->line, GB_STR_ARG(made->id),
                 GB_STR_ARG(desk_text(&value, "change")), GB_STR_ARG(want));
    }
    if (v.state != MADE_ACTIVE && v.state != MADE_DONE && said->count > 1) {
        bad(m, made->id, "a decision that does not hold has an effect");
    }
    for (uint32_t i = 0; i < v.count; i++) {
        versions[i] = v.targets[i].overlap != NULL ? v.targets[i].overlap->version : 0;
    }
    enter(m, made);
    made->state = v.made == made ? v.state : made->state;
    apply(m, &v);
    for (uint32_t i = 1; i < said->count && !m->sim->failure.is_set; i++) {
        learn(m, said, i);
    }
    if (v.state == MADE_ACTIVE || v.state == MADE_DONE) {
        check_done(m, &v, versions);
    }
}

static void on_line(struct desk_model *m, const struct sim_line *line, struct said *said)
{
    const struct gb_record *rec = &line->record;
    bool is_decision = line->is_taken && rec->verdict == GB_ACCEPTED;

    gather(m, said);
    if (is_decision && rec->kind == GB_KIND_POLICY) {
        m->bundle = desk_text(&rec->fields, "bundle");
    }
    is_decision = is_decision && rec->kind == GB_KIND_DECISION;
    if (is_decision && gb_map_get(&m->made, rec->key) == NULL) {
        decide(m, said, rec);
        return;
    }
    if (rec->kind == GB_KIND_DECISION && said->count > 0) {
        bad(m, rec->key, "a decision sent again has an effect");
    }
    for (uint32_t i = 0; i < said->count && !m->sim->failure.is_set; i++) {
        if (is_answer(said, i)) {
            bad(m, rec->key, "an answer to nothing that was decided here");
        }
        learn(m, said, i);
    }
}

/* ---- the tables ---- */

static const char *state_word(enum made_state state)
{
    static const char *const words[] = {"active", "waiting", "done", "stale", "refused", "undone"};

    return words[state];
}

/* ruling has each decision as it stands; decision, to which nothing is ever written again, as it
 * was first made. */
static void check_tables(struct desk_model *m)
{
    const struct sim_table *table = &m->sim->pg[m->ledger->lane].table;
    struct gb_value value;
    struct gb_err err;

    for (uint32_t i = 0; i < m->made_count; i++) {
        const struct made *made = m->list[i];
        const struct sim_slot *slot = gb_map_get(
            &table->map, gb_arena_printf(&m->sim->arena, "%d/%.*s", GB_TABLE_RULING,
                                         GB_STR_ARG(made->id)));

        m->line = made->index;
        if (slot == NULL || slot->row.is_deleted ||
            gb_json_view(&m->sim->arena, slot->row.row, &value, &err) != GB_OK ||
            gb_value_int(&value, GB_STR("index"), -1) != (int64_t)made->index ||
            !gb_str_eq(desk_text(&value, "state"), gb_str_of(state_word(made->state)))) {
            bad(m, made->id, "table ruling does not say what became of it");
        }
        if (i >= table->kept_count || gb_map_get(&m->made, table->kept[i].id) == NULL ||
            gb_json_view(&m->sim->arena, table->kept[i].body, &value, &err) != GB_OK ||
            gb_value_int(&value, GB_STR("index"), -1) < 0) {
            bad(m, made->id, "table decision does not have each decision once");
        }
    }
    if (table->kept_count != m->made_count) {
        bad(m, GB_STR("table decision"), "more decisions than were made");
    }
}

void sim_desk_check(struct sim *sim, const struct sim_ledger *ledger)
{
    struct desk_model m = {.sim = sim, .ledger = ledger};
    struct said *said = malloc(sizeof(*said));

    GB_CHECK(said != NULL);
    for (m.line = 0; m.line < ledger->count && !sim->failure.is_set; m.line++) {
        on_line(&m, &ledger->lines[m.line], said);
    }
    for (uint32_t i = 0; i < m.matters_count && !sim->failure.is_set; i++) {
        check_lead(&m, m.matter_list[i]);
    }
    if (!sim->failure.is_set) {
        check_tables(&m);
    }
    gb_map_close(&m.overlaps);
    gb_map_close(&m.matters);
    gb_map_close(&m.made);
    free(m.overlap_list);
    free(m.matter_list);
    free(m.list);
    free(said);
}
