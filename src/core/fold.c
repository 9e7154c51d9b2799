/* A matter as it is published: folded from its reports, compared with what was published last,
 * and sent out as a change and a new state. */
#include "base/jsonw.h"
#include "core/pair.h"
#include "core/parts.h"
#include "core/share.h"
#include "core/state.h"
#include "core/writeback.h"

struct gb_str gb_field_word(enum gb_field field)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_FIELD_LIST(X)
#undef X
    };

    GB_CHECK(field < GB_FIELD_COUNT);
    return gb_str_of(words[field]);
}

const char *const gb_loser_fields[GB_LOSERS_COUNT] = {"category", "deadline_at", "grid", "level",
                                                      "state"};

static void begin(struct gb_core *core, struct gb_jsonw *w)
{
    gb_buf_clear(&core->buf);
    gb_jsonw_init(w, &core->buf);
}

static struct gb_str quoted(struct gb_core *core, struct gb_str text)
{
    struct gb_jsonw w;

    if (!gb_str_is(text)) {
        return GB_STR_NONE;
    }
    begin(core, &w);
    gb_jsonw_str(&w, text);
    return gb_core_text(core);
}

static struct gb_str number(struct gb_core *core, int64_t value)
{
    return gb_arena_int(&core->scratch, value);
}

/* The winner's value; what others say is added to losers. */
static struct gb_str fold_field(struct gb_core *core, struct gb_matter *matter,
                                struct gb_str field)
{
    struct gb_observation *winner = gb_fold_winner(core, matter, field);

    return winner != NULL ? gb_fold_value(core, winner, field) : GB_STR_NONE;
}

static void write_loser(struct gb_jsonw *w, const struct gb_observation *o, struct gb_str value)
{
    gb_jsonw_object(w);
    gb_jsonw_key_str(w, GB_STR("source"), o->source);
    gb_jsonw_key_str(w, GB_STR("value"), value);
    gb_jsonw_end(w);
}

/* The values of a field that are not wins, in the order of the reports; a key once, however many
 * reports differ. */
static bool write_field_losers(struct gb_core *core, struct gb_jsonw *w,
                               const struct gb_reports *reports, const char *name,
                               struct gb_str wins)
{
    struct gb_str field = gb_str_of(name);
    bool is_any = false;

    for (uint32_t i = 0; i < reports->count; i++) {
        struct gb_str value = gb_fold_value(core, reports->items[i], field);

        if (!gb_str_is(value) || gb_str_eq(value, wins)) {
            continue;
        }
        if (!is_any) {
            gb_jsonw_key(w, field);
            gb_jsonw_array(w);
        }
        is_any = true;
        write_loser(w, reports->items[i], value);
    }
    if (is_any) {
        gb_jsonw_end(w);
    }
    return is_any;
}

struct gb_str gb_fold_losers(struct gb_core *core, const struct gb_reports *reports,
                             const struct gb_str *wins)
{
    struct gb_jsonw w;
    bool is_any = false;

    begin(core, &w);
    gb_jsonw_object(&w);
    for (size_t f = 0; f < GB_LOSERS_COUNT; f++) {
        is_any |= write_field_losers(core, &w, reports, gb_loser_fields[f], wins[f]);
    }
    gb_jsonw_end(&w);
    return is_any ? gb_core_text(core) : GB_STR_NONE;
}

static void write_losers(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_reports reports = {matter->reports, matter->count};
    struct gb_str wins[GB_LOSERS_COUNT];

    if (matter->count < 2) { /* nobody to lose against */
        gb_core_set(core, &matter->losers, GB_STR_NONE);
        return;
    }
    for (size_t f = 0; f < GB_LOSERS_COUNT; f++) {
        wins[f] = fold_field(core, matter, gb_str_of(gb_loser_fields[f]));
    }
    gb_core_set(core, &matter->losers, gb_fold_losers(core, &reports, wins));
}

static struct gb_str fold_title(struct gb_core *core, struct gb_matter *matter,
                                struct gb_str category)
{
    const struct gb_category *row = gb_policy_category(core->policy, category);

    matter->title_of = row != NULL && row->text ? gb_fold_winner(core, matter, GB_STR("title"))
                                                : NULL;
    return matter->title_of != NULL
               ? quoted(core, gb_fold_value(core, matter->title_of, GB_STR("title")))
               : GB_STR_NONE;
}

static struct gb_str count_of(struct gb_core *core, int64_t count)
{
    return count > 0 ? number(core, count) : GB_STR_NONE;
}

static void write_counts(struct gb_core *core, const struct gb_matter *matter,
                         struct gb_fields *fields)
{
    fields->json[GB_FIELD_AT_SUPERVISED] = count_of(core, gb_due_supervised(matter));
    fields->json[GB_FIELD_AT_URGED] = count_of(core, gb_due_urged(matter));
}

static void build(struct gb_core *core, struct gb_matter *matter, const struct gb_decision *d,
                  struct gb_fields *fields)
{
    const struct gb_observation *elder = matter->reports[0];
    struct gb_str category = fold_field(core, matter, GB_STR("category"));
    struct gb_pair_counts pairs = gb_pair_count(core->policy, matter);
    struct gb_str *json = fields->json;

    json[GB_FIELD_AT_ASSISTS] = gb_write_roles(core, d->duty, GB_DUTY_ASSIST);
    json[GB_FIELD_AT_BODIES] = gb_write_bodies(core, matter);
    json[GB_FIELD_AT_CATEGORY] = quoted(core, category);
    json[GB_FIELD_AT_CREDITS] = gb_write_credits(core, matter);
    json[GB_FIELD_AT_DEADLINE] = fold_field(core, matter, GB_STR("deadline_at"));
    json[GB_FIELD_AT_DUE] = gb_due_count(core, matter, d);
    json[GB_FIELD_AT_DUPLICATES] = gb_pair_write(core, &pairs);
    json[GB_FIELD_AT_FIRST_CONTACT] = gb_write_first(core, d);
    json[GB_FIELD_AT_GRID] = quoted(core, fold_field(core, matter, GB_STR("grid")));
    json[GB_FIELD_AT_ID] = quoted(core, matter->head.key);
    json[GB_FIELD_AT_INFORMS] = gb_write_roles(core, d->duty, GB_DUTY_INFORM);
    json[GB_FIELD_AT_LEAD] = gb_write_lead(core, d);
    json[GB_FIELD_AT_LEVEL] = quoted(core, fold_field(core, matter, GB_STR("level")));
    json[GB_FIELD_AT_OCCURRED] = number(core, elder->image.occurred_at);
    json[GB_FIELD_AT_POLICY] = quoted(core, core->policy->hash);
    json[GB_FIELD_AT_PURPOSE] = GB_STR("\"command\"");
    json[GB_FIELD_AT_REFS] = gb_write_refs(core, matter->reports, matter->count);
    json[GB_FIELD_AT_REPORTERS] = gb_write_reporters(core, matter);
    json[GB_FIELD_AT_STATE] = quoted(core, fold_field(core, matter, GB_STR("state")));
    json[GB_FIELD_AT_TITLE] = fold_title(core, matter, category);
    json[GB_FIELD_AT_TOWN] = quoted(core, elder->image.town);
    write_counts(core, matter, fields);
    json[GB_FIELD_AT_VERSION] = number(core, matter->version + 1);
    json[GB_FIELD_AT_VILLAGE] = quoted(core, elder->image.village);
    json[GB_FIELD_AT_WRITEBACKS] = gb_writeback_write(core, matter);
}

static bool is_same(const struct gb_fields *a, const struct gb_fields *b, int field)
{
    return gb_str_eq(a->json[field], b->json[field]);
}

/* The fields of one that differ from other, as an object. */
static void write_side(struct gb_jsonw *w, const struct gb_fields *one,
                       const struct gb_fields *other)
{
    gb_jsonw_object(w);
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        if (gb_str_is(one->json[i]) && !is_same(one, other, i)) {
            gb_jsonw_key(w, gb_field_word((enum gb_field)i));
            gb_jsonw_raw(w, one->json[i]);
        }
    }
    gb_jsonw_end(w);
}

static struct gb_str write_matter(struct gb_core *core, const struct gb_fields *fields)
{
    static const struct gb_fields none;
    struct gb_jsonw w;

    begin(core, &w);
    write_side(&w, fields, &none);
    return gb_core_text(core);
}

/* What made the change, as {evidence, record, rule}. */
struct gb_str gb_why(struct gb_core *core, struct gb_str rule, struct gb_str evidence)
{
    const struct gb_record *rec = core->rec;
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_object(&w);
    if (gb_str_is(evidence)) {
        gb_jsonw_key(&w, GB_STR("evidence"));
        gb_jsonw_raw(&w, evidence);
    }
    if (rec->kind != GB_KIND_TICK) {
        gb_jsonw_key(&w, GB_STR("record"));
        gb_jsonw_object(&w);
        gb_jsonw_key_opt(&w, GB_STR("cluster"), rec->src.cluster);
        gb_jsonw_key_int(&w, GB_STR("index"), rec->src.index);
        gb_jsonw_key_int(&w, GB_STR("offset"), rec->src.offset);
        gb_jsonw_key_int(&w, GB_STR("partition"), rec->src.partition);
        gb_jsonw_key_opt(&w, GB_STR("topic"), rec->src.topic);
        gb_jsonw_end(&w);
    }
    gb_jsonw_key_str(&w, GB_STR("rule"), rule);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

/* rule: what the step says that a change comes from, or absent. */
static struct gb_str rule_of(const struct gb_matter *matter, struct gb_str word,
                             struct gb_str rule)
{
    static const char *const links[] = {"report", "link.xref", "link.attachment", "link.holder",
                                        "decision"};

    if (gb_str_eq(word, GB_STR("decided"))) {
        return GB_STR("decision");
    }
    if (gb_str_is(rule) && gb_str_eq(word, GB_STR("changed"))) {
        return rule;
    }
    return gb_str_eq(word, GB_STR("split")) ? GB_STR("link.ended")
                                            : gb_str_of(links[matter->link_level]);
}

/* Change first, then the state that it made. to NULL: the matter is gone. The bundle named is the
 * one with which the matter was decided. */
static void publish(struct gb_core *core, struct gb_matter *matter, const struct gb_fields *to,
                    const struct gb_saying *said)
{
    static const struct gb_fields none;
    struct gb_str why = gb_why(core, said->rule, said->evidence);
    const struct gb_fields *after = to != NULL ? to : &none;
    struct gb_str policy = to != NULL ? to->json[GB_FIELD_AT_POLICY]
                                      : quoted(core, core->policy->hash);
    struct gb_output *change;
    struct gb_output *state;
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("after"));
    write_side(&w, after, &matter->fields);
    gb_jsonw_key(&w, GB_STR("before"));
    write_side(&w, &matter->fields, after);
    gb_jsonw_key_str(&w, GB_STR("change"),
                     GB_JOIN(&core->scratch, GB_STR("matter."), said->word));
    gb_jsonw_key_int(&w, GB_STR("clock"), core->clock);
    gb_jsonw_key_str(&w, GB_STR("matter"), matter->head.key);
    gb_jsonw_key(&w, GB_STR("policy"));
    gb_jsonw_raw(&w, policy);
    gb_jsonw_key(&w, GB_STR("why"));
    gb_jsonw_raw(&w, why);
    gb_jsonw_end(&w);
    change = gb_emit(core, GB_TOPIC_CHANGE, matter->head.key, gb_core_text(core));
    change->type = GB_JOIN(core->step->arena, GB_STR("gb.change.matter."), said->word,
                           GB_STR(".v1"));
    int32_t ordinal = (int32_t)change->ordinal;
    state = gb_emit(core, GB_TOPIC_MATTER, matter->head.key,
                    to != NULL ? write_matter(core, to) : GB_STR_NONE);
    state->change = ordinal;
    matter->version++;
}

static bool is_changed_from(const struct gb_fields *a, const struct gb_fields *b)
{
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        if (i != GB_FIELD_AT_POLICY && i != GB_FIELD_AT_VERSION && !is_same(a, b, i)) {
            return true;
        }
    }
    return false;
}

/* rule absent: what the word and the links say. */
static void fold_once(struct gb_core *core, struct gb_matter *matter, struct gb_str word,
                      struct gb_str rule)
{
    struct gb_fields fields = {{GB_STR_NONE}};
    bool is_new = !gb_str_is(matter->fields.json[GB_FIELD_AT_ID]);
    struct gb_decision d = gb_decide(core, matter);
    struct gb_saying said;

    gb_writeback_plan(core, matter, &d);
    build(core, matter, &d, &fields);
    write_losers(core, matter);
    if (matter->is_split) {
        word = GB_STR("split");
    } else if (is_new) {
        word = GB_STR("opened");
    }
    matter->is_split = false;
    if (!is_new && !is_changed_from(&fields, &matter->fields)) {
        return;
    }
    said = (struct gb_saying){.word = word,
                              .rule = gb_str_is(rule) ? rule : rule_of(matter, word, core->rule),
                              .evidence = fields.json[GB_FIELD_AT_REFS]};
    publish(core, matter, &fields, &said);
    gb_fields_keep(core, matter, &fields);
    gb_object_touch(core, &matter->head);
}

/* What the reports say first, then, where they or the time give reason, that the lead passes on. */
void gb_matter_fold(struct gb_core *core, struct gb_matter *matter, struct gb_str word)
{
    if (matter->handed != GB_HANDED_NOT && !gb_decide_hands_over(core, matter, matter->handed)) {
        matter->handed = GB_HANDED_NOT;
        gb_object_touch(core, &matter->head);
    }
    fold_once(core, matter, word, GB_STR_NONE);
    for (int why = GB_HANDED_NOT + 1; why < GB_HANDED_COUNT; why++) {
        if (matter->handed == GB_HANDED_NOT &&
            gb_decide_hands_over(core, matter, (enum gb_handed)why)) {
            struct gb_decision d = gb_decide(core, matter);

            matter->handed = (enum gb_handed)why;
            gb_object_touch(core, &matter->head);
            fold_once(core, matter, GB_STR("handed_over"), d.duty->id);
        }
    }
}

void gb_matter_say(struct gb_core *core, struct gb_matter *matter, const struct gb_saying *said)
{
    struct gb_fields fields = matter->fields;

    write_counts(core, matter, &fields);
    fields.json[GB_FIELD_AT_VERSION] = number(core, matter->version + 1);
    publish(core, matter, &fields, said);
    gb_fields_keep(core, matter, &fields);
    gb_object_touch(core, &matter->head);
}

static void end_matter(struct gb_core *core, struct gb_matter *matter)
{
    static const struct gb_fields none;

    gb_fields_keep(core, matter, &none);
    gb_core_set(core, &matter->losers, GB_STR_NONE);
    gb_due_drop(core, matter);
    gb_due_forget(core, matter);
    matter->marks = (struct gb_matter_marks){0};
    matter->has_contradiction = false;
    matter->is_split = false;
    matter->head.is_removed = true;
    gb_object_touch(core, &matter->head);
}

void gb_matter_withdraw(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_saying said = {.word = GB_STR("removed"), .rule = GB_STR("report.removed")};

    gb_overlap_settle_all(core, matter, GB_STR("removed"));
    publish(core, matter, NULL, &said);
    end_matter(core, matter);
}

void gb_matter_redirect(struct gb_core *core, struct gb_matter *from, struct gb_matter *to)
{
    struct gb_fields fields = {{GB_STR_NONE}};
    const struct gb_saying said = {.word = GB_STR("merged"), .rule = GB_STR("link")};

    fields.json[GB_FIELD_AT_ID] = quoted(core, from->head.key);
    fields.json[GB_FIELD_AT_POLICY] = quoted(core, core->policy->hash);
    fields.json[GB_FIELD_AT_PURPOSE] = GB_STR("\"command\"");
    fields.json[GB_FIELD_AT_REDIRECT] = quoted(core, to->head.key);
    fields.json[GB_FIELD_AT_TOWN] = from->fields.json[GB_FIELD_AT_TOWN];
    fields.json[GB_FIELD_AT_VERSION] = number(core, from->version + 1);
    fields.json[GB_FIELD_AT_VILLAGE] = from->fields.json[GB_FIELD_AT_VILLAGE];
    gb_overlap_settle_all(core, from, GB_STR("merged"));
    publish(core, from, &fields, &said);
    end_matter(core, from);
}
