/* A matter as it is published: folded from its reports, compared with what was published last,
 * and sent out as a change and a new state. */
#include "base/jsonw.h"
#include "core/ruling.h"
#include "core/state.h"

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

static struct gb_str write_roles(struct gb_core *core, const struct gb_duty *duty,
                                 enum gb_duty_kind kind)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; duty != NULL && i < duty->parts_count; i++) {
        if (duty->parts[i].kind == kind) {
            gb_jsonw_str(&w, gb_role_word(duty->parts[i].post.role));
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static struct gb_str write_lead(struct gb_core *core, const struct gb_decision *d)
{
    struct gb_jsonw w;

    if (!d->has_lead) {
        return GB_STR_NONE;
    }
    begin(core, &w);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("basis"));
    gb_jsonw_object(&w);
    if (d->ruling == NULL) {
        gb_jsonw_key_opt(&w, GB_STR("en"), d->duty->basis_en);
        gb_jsonw_key_opt(&w, GB_STR("zh"), d->duty->basis_zh);
    } else {
        gb_jsonw_key_opt(&w, GB_STR("zh"), gb_value_str(&d->ruling->fields, GB_STR("basis")));
    }
    gb_jsonw_end(&w);
    if (d->ruling != NULL) {
        gb_jsonw_key_str(&w, GB_STR("decision"), d->ruling->head.key);
    } else {
        gb_jsonw_key_opt(&w, GB_STR("item"), d->duty->item);
    }
    gb_jsonw_key_opt(&w, GB_STR("network"), d->lead_network);
    gb_jsonw_key_str(&w, GB_STR("role"), gb_role_word(d->lead));
    gb_jsonw_key_str(&w, GB_STR("rule"), gb_decision_rule(d));
    gb_jsonw_key_opt(&w, GB_STR("unit"), d->unit);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static struct gb_str write_first(struct gb_core *core, const struct gb_decision *d)
{
    struct gb_jsonw w;

    if (d->first == NULL) {
        return GB_STR_NONE;
    }
    begin(core, &w);
    gb_jsonw_object(&w);
    gb_jsonw_key_str(&w, GB_STR("network"), d->first->network);
    gb_jsonw_key_str(&w, GB_STR("role"), gb_role_word(d->first->role));
    gb_jsonw_key_str(&w, GB_STR("source"), d->first->source);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static struct gb_str write_bodies(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        gb_jsonw_object(&w);
        gb_jsonw_key_bool(&w, GB_STR("claims_lead"), o->image.claims_lead);
        gb_jsonw_key_str(&w, GB_STR("source"), o->source);
        gb_jsonw_key_str(&w, GB_STR("state"), gb_state_word(o->image.state));
        gb_jsonw_key_str(&w, GB_STR("state_code"), o->image.state_code);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static struct gb_str write_refs(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        gb_jsonw_object(&w);
        gb_jsonw_key_str(&w, GB_STR("entity"), o->entity);
        gb_jsonw_key_str(&w, GB_STR("key"), o->id);
        gb_jsonw_key_str(&w, GB_STR("source"), o->source);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static struct gb_str write_reporters(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_str last = GB_STR_NONE;
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        struct gb_str pseudonym = matter->reports[i]->image.pseudonym;

        if (gb_str_is(pseudonym) && !gb_str_eq(pseudonym, last)) {
            gb_jsonw_str(&w, pseudonym);
            last = pseudonym;
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
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

static void build(struct gb_core *core, struct gb_matter *matter, struct gb_fields *fields)
{
    const struct gb_observation *elder = matter->reports[0];
    struct gb_decision d = gb_decide(core, matter);
    struct gb_str category = fold_field(core, matter, GB_STR("category"));
    struct gb_str *json = fields->json;

    json[GB_FIELD_AT_ASSISTS] = write_roles(core, d.duty, GB_DUTY_ASSIST);
    json[GB_FIELD_AT_BODIES] = write_bodies(core, matter);
    json[GB_FIELD_AT_CATEGORY] = quoted(core, category);
    json[GB_FIELD_AT_DEADLINE] = fold_field(core, matter, GB_STR("deadline_at"));
    json[GB_FIELD_AT_FIRST_CONTACT] = write_first(core, &d);
    json[GB_FIELD_AT_GRID] = quoted(core, fold_field(core, matter, GB_STR("grid")));
    json[GB_FIELD_AT_ID] = quoted(core, matter->head.key);
    json[GB_FIELD_AT_INFORMS] = write_roles(core, d.duty, GB_DUTY_INFORM);
    json[GB_FIELD_AT_LEAD] = write_lead(core, &d);
    json[GB_FIELD_AT_LEVEL] = quoted(core, fold_field(core, matter, GB_STR("level")));
    json[GB_FIELD_AT_OCCURRED] = number(core, elder->image.occurred_at);
    json[GB_FIELD_AT_POLICY] = quoted(core, core->policy->hash);
    json[GB_FIELD_AT_PURPOSE] = GB_STR("\"command\"");
    json[GB_FIELD_AT_REFS] = write_refs(core, matter);
    json[GB_FIELD_AT_REPORTERS] = write_reporters(core, matter);
    json[GB_FIELD_AT_STATE] = quoted(core, fold_field(core, matter, GB_STR("state")));
    json[GB_FIELD_AT_TITLE] = fold_title(core, matter, category);
    json[GB_FIELD_AT_TOWN] = quoted(core, elder->image.town);
    json[GB_FIELD_AT_VERSION] = number(core, matter->version + 1);
    json[GB_FIELD_AT_VILLAGE] = quoted(core, elder->image.village);
}

void gb_fields_keep(struct gb_core *core, struct gb_matter *matter,
                    const struct gb_fields *fields)
{
    struct gb_str old = matter->blob;
    struct gb_str blob;
    size_t at = 0;

    gb_buf_clear(&core->buf);
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        gb_buf_add(&core->buf, gb_str_is(fields->json[i]) ? fields->json[i].ptr : "",
                   fields->json[i].len);
    }
    blob = gb_pool_str(&core->pool, gb_buf_str(&core->buf));
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        struct gb_str piece = {blob.ptr + at, fields->json[i].len};

        at += piece.len;
        matter->fields.json[i] = gb_str_is(fields->json[i]) ? piece : GB_STR_NONE;
    }
    matter->blob = blob;
    gb_pool_give_str(&core->pool, old);
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

static struct gb_str rule_of(const struct gb_matter *matter, struct gb_str word)
{
    static const char *const links[] = {"report", "link.xref", "link.attachment", "link.holder",
                                        "decision"};

    if (gb_str_eq(word, GB_STR("decided"))) {
        return GB_STR("decision");
    }
    return gb_str_eq(word, GB_STR("split")) ? GB_STR("link.ended")
                                            : gb_str_of(links[matter->link_level]);
}

/* Change first, then the state that it made. to NULL: the matter is gone. */
static void publish(struct gb_core *core, struct gb_matter *matter, const struct gb_fields *to,
                    struct gb_str word, struct gb_str rule)
{
    static const struct gb_fields none;
    struct gb_str refs = to != NULL ? to->json[GB_FIELD_AT_REFS] : GB_STR_NONE;
    struct gb_str why = gb_why(core, rule, refs);
    const struct gb_fields *after = to != NULL ? to : &none;
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
                     GB_JOIN(&core->scratch, GB_STR("matter."), word));
    gb_jsonw_key_int(&w, GB_STR("clock"), core->clock);
    gb_jsonw_key_str(&w, GB_STR("matter"), matter->head.key);
    gb_jsonw_key_str(&w, GB_STR("policy"), core->policy->hash);
    gb_jsonw_key(&w, GB_STR("why"));
    gb_jsonw_raw(&w, why);
    gb_jsonw_end(&w);
    change = gb_emit(core, GB_TOPIC_CHANGE, matter->head.key, gb_core_text(core));
    change->type = GB_JOIN(core->step->arena, GB_STR("gb.change.matter."), word, GB_STR(".v1"));
    int32_t ordinal = (int32_t)change->ordinal;
    state = gb_emit(core, GB_TOPIC_MATTER, matter->head.key,
                    to != NULL ? write_matter(core, to) : GB_STR_NONE);
    state->change = ordinal;
    matter->version++;
}

void gb_matter_fold(struct gb_core *core, struct gb_matter *matter, struct gb_str word)
{
    struct gb_fields fields = {{GB_STR_NONE}};
    bool is_new = !gb_str_is(matter->fields.json[GB_FIELD_AT_ID]);
    bool is_changed = is_new;

    build(core, matter, &fields);
    write_losers(core, matter);
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        is_changed = is_changed || (i != GB_FIELD_AT_POLICY && i != GB_FIELD_AT_VERSION &&
                                    !is_same(&fields, &matter->fields, i));
    }
    if (matter->is_split) {
        word = GB_STR("split");
    } else if (is_new) {
        word = GB_STR("opened");
    }
    matter->is_split = false;
    if (!is_changed) {
        return;
    }
    publish(core, matter, &fields, word, rule_of(matter, word));
    gb_fields_keep(core, matter, &fields);
    gb_object_touch(core, &matter->head);
}

static void end_matter(struct gb_core *core, struct gb_matter *matter)
{
    static const struct gb_fields none;

    gb_fields_keep(core, matter, &none);
    gb_core_set(core, &matter->losers, GB_STR_NONE);
    gb_due_drop(core, matter);
    matter->has_contradiction = false;
    matter->is_split = false;
    matter->head.is_removed = true;
    gb_object_touch(core, &matter->head);
}

void gb_matter_withdraw(struct gb_core *core, struct gb_matter *matter)
{
    gb_overlap_settle_all(core, matter, GB_STR("removed"));
    publish(core, matter, NULL, GB_STR("removed"), GB_STR("report.removed"));
    end_matter(core, matter);
}

void gb_matter_redirect(struct gb_core *core, struct gb_matter *from, struct gb_matter *to)
{
    struct gb_fields fields = {{GB_STR_NONE}};

    fields.json[GB_FIELD_AT_ID] = quoted(core, from->head.key);
    fields.json[GB_FIELD_AT_POLICY] = quoted(core, core->policy->hash);
    fields.json[GB_FIELD_AT_PURPOSE] = GB_STR("\"command\"");
    fields.json[GB_FIELD_AT_REDIRECT] = quoted(core, to->head.key);
    fields.json[GB_FIELD_AT_TOWN] = from->fields.json[GB_FIELD_AT_TOWN];
    fields.json[GB_FIELD_AT_VERSION] = number(core, from->version + 1);
    fields.json[GB_FIELD_AT_VILLAGE] = from->fields.json[GB_FIELD_AT_VILLAGE];
    gb_overlap_settle_all(core, from, GB_STR("merged"));
    publish(core, from, &fields, GB_STR("merged"), GB_STR("link"));
    end_matter(core, from);
}
