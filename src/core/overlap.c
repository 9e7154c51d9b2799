/* Overlaps (RECORDS 7): what reconciliation found in one matter, settled by rule or open. A matter
 * has at most one overlap of a kind; it is opened again rather than doubled. A node (node.h) has
 * one overlap; how it is told and who works on it is the same. */
#include "base/jsonw.h"
#include "core/node.h"
#include "core/pair.h"
#include "core/state.h"

static void begin(struct gb_core *core, struct gb_jsonw *w)
{
    gb_buf_clear(&core->buf);
    gb_jsonw_init(w, &core->buf);
}

static struct gb_str state_word(bool is_open)
{
    return is_open ? GB_STR("open") : GB_STR("settled");
}

static struct gb_str write_value(struct gb_core *core, const struct gb_overlap *overlap)
{
    struct gb_row row = {0};

    gb_object_render(core, (struct gb_object *)(void *)(size_t)&overlap->head, &row);
    return gb_core_text(core);
}

static void publish(struct gb_core *core, struct gb_overlap *overlap, bool was_open, bool is_new)
{
    int64_t version = ++overlap->version;
    struct gb_str value = write_value(core, overlap);
    struct gb_str word = state_word(overlap->is_open);
    struct gb_str full = overlap->is_open ? GB_STR("opened") : GB_STR("settled");
    struct gb_str why = gb_why(core, overlap->rule, overlap->evidence);
    struct gb_output *out;
    struct gb_jsonw w;
    int32_t change;

    begin(core, &w);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("after"));
    gb_jsonw_object(&w);
    gb_jsonw_key_opt(&w, GB_STR("claimed_by"), overlap->claimed_by);
    gb_jsonw_key_str(&w, GB_STR("state"), word);
    gb_jsonw_key_int(&w, GB_STR("version"), version);
    gb_jsonw_end(&w);
    gb_jsonw_key(&w, GB_STR("before"));
    gb_jsonw_object(&w);
    if (!is_new) {
        gb_jsonw_key_str(&w, GB_STR("state"), state_word(was_open));
    }
    gb_jsonw_end(&w);
    gb_jsonw_key_str(&w, GB_STR("change"),
                     GB_JOIN(&core->scratch, GB_STR("overlap."), full));
    gb_jsonw_key_int(&w, GB_STR("clock"), core->clock);
    gb_jsonw_key_str(&w, GB_STR("kind"), gb_overlap_word(overlap->kind));
    if (overlap->node == NULL) {
        gb_jsonw_key_str(&w, GB_STR("matter"), overlap->matter->head.key);
    } else {
        gb_jsonw_key_str(&w, GB_STR("node"), overlap->subject);
    }
    gb_jsonw_key_str(&w, GB_STR("overlap"), overlap->head.key);
    gb_jsonw_key_opt(&w, GB_STR("policy"), core->policy_hash);
    gb_jsonw_key(&w, GB_STR("why"));
    gb_jsonw_raw(&w, why);
    gb_jsonw_end(&w);
    out = gb_emit(core, GB_TOPIC_CHANGE, overlap->head.key, gb_core_text(core));
    out->type = GB_JOIN(core->step->arena, GB_STR("gb.change.overlap."), full, GB_STR(".v1"));
    change = (int32_t)out->ordinal;
    out = gb_emit(core, GB_TOPIC_OVERLAP, overlap->head.key, value);
    out->change = change;
}

static struct gb_str write_claims(struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        gb_jsonw_object(&w);
        gb_jsonw_key_bool(&w, GB_STR("claims_lead"), matter->reports[i]->image.claims_lead);
        gb_jsonw_key_str(&w, GB_STR("key"), matter->reports[i]->id);
        gb_jsonw_key_str(&w, GB_STR("source"), matter->reports[i]->source);
        gb_jsonw_key_str(&w, GB_STR("state"),
                         gb_state_word(matter->reports[i]->image.state));
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static struct gb_overlap *open_new(struct gb_core *core, enum gb_overlap_kind kind)
{
    struct gb_overlap *overlap = gb_pool_take(&core->pool, sizeof(*overlap));

    overlap->head.table = GB_TABLE_OVERLAP;
    overlap->head.key = gb_pool_str(&core->pool, gb_core_mint(core, "overlap"));
    overlap->kind = kind;
    overlap->opened_at = core->clock;
    gb_map_put(&core->overlaps, overlap->head.key, overlap);
    return overlap;
}

/* True if the finding says nothing that overlap does not say already. */
static bool is_nothing_new(struct gb_core *core, const struct gb_overlap *overlap,
                           const struct gb_finding *f)
{
    bool is_open = f->is_found && f->is_open;

    if (gb_str_is(overlap->ruled_by) &&
        !(is_open && (f->is_beyond || gb_overlap_is_outlived(core, overlap)))) {
        return true; /* a person's word is sticky */
    }
    return overlap->is_open == is_open &&
           !(is_open && f->is_grown && !gb_str_eq(overlap->evidence, f->evidence));
}

/* claims in scratch. */
static void tell(struct gb_core *core, struct gb_overlap *overlap, const struct gb_finding *f,
                 struct gb_str claims)
{
    bool was_open = overlap->is_open;

    gb_core_set(core, &overlap->ruled_by, GB_STR_NONE);
    gb_core_set(core, &overlap->ruled_on, GB_STR_NONE);
    overlap->is_open = f->is_found && f->is_open;
    overlap->settled_at = overlap->is_open ? 0 : core->clock;
    gb_core_set(core, &overlap->claims, claims);
    gb_core_set(core, &overlap->evidence, f->evidence);
    gb_core_set(core, &overlap->rule, f->rule);
    publish(core, overlap, was_open, overlap->version == 0);
    gb_object_touch(core, &overlap->head);
}

void gb_overlap_apply(struct gb_core *core, struct gb_matter *matter, enum gb_overlap_kind kind,
                      const struct gb_finding *f)
{
    struct gb_overlap *overlap = matter->overlaps[kind];

    if (overlap == NULL ? !f->is_found || gb_matter_is_first_load(core, matter)
                        : is_nothing_new(core, overlap, f)) {
        return;
    }
    if (overlap == NULL) {
        overlap = open_new(core, kind);
        overlap->matter = matter;
        matter->overlaps[kind] = overlap;
    }
    tell(core, overlap, f, write_claims(core, matter));
}

void gb_overlap_apply_node(struct gb_core *core, struct gb_node *node, enum gb_overlap_kind kind,
                           const struct gb_finding *f)
{
    if (node->overlap == NULL ? !f->is_found : is_nothing_new(core, node->overlap, f)) {
        return;
    }
    if (node->overlap == NULL) {
        node->overlap = open_new(core, kind);
        node->overlap->node = node;
        gb_core_set(core, &node->overlap->subject, gb_node_text_of(node, "id"));
        gb_core_set(core, &node->overlap->town, gb_node_text_of(node, "town"));
    }
    tell(core, node->overlap, f, GB_STR("[]"));
}

/* True if any two reports of the matter stand so to each other, in this order or the other. */
static bool has_pair(const struct gb_matter *matter,
                     bool (*is_pair)(const struct gb_observation *a,
                                     const struct gb_observation *b))
{
    for (uint32_t i = 0; i < matter->count; i++) {
        for (uint32_t j = 0; j < matter->count; j++) {
            if (i != j && is_pair(matter->reports[i], matter->reports[j])) {
                return true;
            }
        }
    }
    return false;
}

static struct gb_finding find_duplicate(const struct gb_core *core,
                                        const struct gb_matter *matter)
{
    struct gb_pair_counts pairs = gb_pair_count(core->policy, matter);

    return (struct gb_finding){.rule = GB_STR("same_holder"),
                               .evidence = GB_STR_NONE,
                               .is_found = pairs.by[GB_PAIR_SECONDARY] > 0};
}

static struct gb_finding find_double_lead(const struct gb_matter *matter,
                                       const struct gb_decision *d)
{
    struct gb_finding f = {.evidence = matter->fields.json[GB_FIELD_AT_LEAD]};
    uint32_t claims = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        claims += matter->reports[i]->image.claims_lead;
    }
    f.is_found = claims >= 2;
    f.is_open = f.is_found && !d->has_lead;
    f.rule = f.is_open ? GB_STR("no_rule") : f.is_found ? gb_decision_rule(d)
                                           : GB_STR("claim_withdrawn");
    f.rule = gb_str_is(f.rule) ? f.rule : GB_STR("duty");
    return f;
}

/* A body claims the lead though the list forbids it to its network (负面清单). */
static struct gb_finding find_forbidden(struct gb_core *core, const struct gb_matter *matter,
                                        const struct gb_decision *d)
{
    struct gb_finding f = {.rule = GB_STR("claim_withdrawn"), .evidence = GB_STR_NONE};

    for (uint32_t i = 0; i < matter->count && !f.is_found; i++) {
        const struct gb_observation *o = matter->reports[i];
        const struct gb_source_row *source = gb_policy_source(core->policy, o->source);
        const struct gb_duty *row =
            o->image.claims_lead && source != NULL
                ? gb_policy_forbidding(core->policy, &d->query, source->role)
                : NULL;

        if (row != NULL) {
            f.is_found = true;
            f.is_open = !d->has_lead;
            f.rule = row->id;
            f.evidence = gb_arena_printf(&core->scratch,
                                         "{\"claimant\":\"%.*s\",\"network\":\"%.*s\"}",
                                         GB_STR_ARG(gb_role_word(source->role)),
                                         GB_STR_ARG(source->network));
        }
    }
    return f;
}

/* The different values of a field among the reports, elder's first; how many there are. */
static uint32_t values_of(struct gb_core *core, const struct gb_matter *matter,
                          struct gb_str field, struct gb_str *values)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        struct gb_str value = gb_fold_value(core, matter->reports[i], field);
        bool is_new = gb_str_is(value);

        for (uint32_t v = 0; v < count && is_new; v++) {
            is_new = !gb_str_eq(values[v], value);
        }
        if (is_new) {
            values[count++] = value;
        }
    }
    return count;
}

/* Compared fields: those in which reports differ while the bundle names no authority. */
static struct gb_finding find_conflict(struct gb_core *core, const struct gb_matter *matter)
{
    static const char *const fields[] = {"category", "deadline_at", "grid", "level"};
    struct gb_finding f = {.rule = GB_STR("equal_again"), .evidence = GB_STR("{}")};
    struct gb_jsonw w;

    if (matter->count < 2) {
        return f;
    }
    begin(core, &w);
    gb_jsonw_object(&w);
    for (size_t i = 0; i < GB_COUNT(fields); i++) {
        struct gb_str field = gb_str_of(fields[i]);
        struct gb_str values[GB_MATTER_REPORTS_MAX];
        uint32_t count = values_of(core, matter, field, values);

        if (count > 1 && gb_policy_authority(core->policy, field) == NULL) {
            gb_jsonw_key(&w, field);
            gb_jsonw_array(&w);
            for (uint32_t v = 0; v < count; v++) {
                gb_jsonw_str(&w, values[v]);
            }
            gb_jsonw_end(&w);
            f.is_found = f.is_open = true;
            f.rule = GB_STR("no_authority");
        }
    }
    gb_jsonw_end(&w);
    f.evidence = gb_core_text(core);
    return f;
}

static bool is_against(const struct gb_observation *done, const struct gb_observation *other)
{
    return gb_state_is_done(done->image.state) && !gb_state_is_done(other->image.state) &&
           other->image.state != GB_STATE_VOID;
}

static bool is_contradictory(const struct gb_matter *matter)
{
    return has_pair(matter, is_against);
}

static void check_contradiction(struct gb_core *core, struct gb_matter *matter)
{
    bool is_found = is_contradictory(matter);

    if (is_found && !matter->has_contradiction && !gb_matter_is_first_load(core, matter)) {
        matter->has_contradiction = true;
        matter->contradiction_since = core->clock;
        gb_due_add(core, matter);
        gb_object_touch(core, &matter->head);
    } else if (!is_found) {
        struct gb_finding f = {.rule = GB_STR("states_agree"), .evidence = GB_STR_NONE};

        if (matter->has_contradiction) {
            matter->has_contradiction = false;
            gb_due_drop(core, matter);
            gb_object_touch(core, &matter->head);
        }
        gb_overlap_apply(core, matter, GB_OVERLAP_CONTRADICTORY, &f);
    }
}

/* Nobody leads, and no row of the list declares that nobody does. Where a person had named the
 * lead, the list has come to forbid him since: his word is not kept against it. */
static struct gb_finding find_no_owner(const struct gb_matter *matter, const struct gb_decision *d)
{
    bool is_declared = d->ruling == NULL && d->duty != NULL &&
                       d->duty->no_lead != GB_LEAD_NAMED;
    bool is_found = !d->has_lead && !is_declared;

    return (struct gb_finding){.is_found = is_found,
                            .is_open = is_found,
                            .is_beyond = is_found,
                            .rule = d->forbidding != NULL ? d->forbidding->id
                                                          : gb_decision_rule(d),
                            .evidence = matter->fields.json[GB_FIELD_AT_CATEGORY]};
}

/* Told once, at the matter of the record that went over a bound (limits.h); settled when that
 * matter is touched and its evidence is certain again. */
static void check_crowded(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_overlap *overlap = matter->overlaps[GB_OVERLAP_CROWDED];
    bool is_stepped = core->stepped != NULL && core->stepped->matter == matter;
    bool is_still = overlap != NULL && overlap->is_open && !is_stepped;
    struct gb_finding f = {.rule = GB_STR("certain_again"), .evidence = GB_STR_NONE};

    for (uint32_t i = 0; overlap != NULL && overlap->is_open && i < matter->count; i++) {
        is_still = is_still || gb_index_is_crowded(core, matter->reports[i]);
    }
    if (is_still || (is_stepped && (core->is_crowding || core->is_cut))) {
        f.is_found = f.is_open = true;
        f.rule = core->is_cut ? GB_STR("too_many_alike") : GB_STR("evidence_of_too_many");
        f.evidence = gb_arena_printf(&core->scratch, "{\"limit\":%u}",
                                     core->is_cut ? GB_LINK_MAX : GB_EVIDENCE_MAX);
    }
    gb_overlap_apply(core, matter, GB_OVERLAP_CROWDED, &f);
}

/* Opened as it falls due; stands until the matter is done, or its limit lies ahead again. */
void gb_overlap_overdue(struct gb_core *core, struct gb_matter *matter)
{
    bool is_over = gb_matter_is_over(matter);
    bool is_found = !is_over && gb_due_at(matter, GB_DUE_HANDLE) != INT64_MAX &&
                    gb_due_has_fallen(matter, GB_DUE_HANDLE);
    struct gb_finding f = {.is_found = is_found, .is_open = is_found,
                           .rule = !is_found            ? is_over ? GB_STR("done")
                                                                  : GB_STR("later_limit")
                                   : gb_str_is(matter->due.rule) ? matter->due.rule
                                                                 : GB_STR("extension")};

    if (!is_found && matter->overlaps[GB_OVERLAP_OVERDUE] == NULL) {
        return;
    }
    f.evidence = gb_arena_printf(&core->scratch, "{\"bodies\":%.*s,\"handle_at\":%lld}",
                                 GB_STR_ARG(matter->fields.json[GB_FIELD_AT_BODIES]),
                                 (long long)gb_due_at(matter, GB_DUE_HANDLE));
    gb_overlap_apply(core, matter, GB_OVERLAP_OVERDUE, &f);
}

static void check_returns(struct gb_core *core, struct gb_matter *matter)
{
    int64_t limit = core->policy->escalate_after_returns;
    bool is_over = gb_matter_is_over(matter);
    bool is_found = limit > 0 && !is_over && gb_returns_of(matter) >= limit;
    struct gb_finding f = {.is_found = is_found, .is_open = is_found, .is_grown = true,
                           .rule = is_found  ? GB_STR("returned_too_often")
                                   : is_over ? GB_STR("done")
                                             : GB_STR("fewer_returns")};

    if (is_found || matter->overlaps[GB_OVERLAP_PING_PONG] != NULL) {
        f.evidence = gb_returns_write(core, matter);
        gb_overlap_apply(core, matter, GB_OVERLAP_PING_PONG, &f);
    }
}

void gb_overlap_check(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_decision d = gb_decide(core, matter);
    struct gb_finding f = find_duplicate(core, matter);

    gb_overlap_apply(core, matter, GB_OVERLAP_DUPLICATE, &f);
    f = find_no_owner(matter, &d);
    gb_overlap_apply(core, matter, GB_OVERLAP_NO_OWNER, &f);
    f = find_double_lead(matter, &d);
    gb_overlap_apply(core, matter, GB_OVERLAP_DOUBLE_LEAD, &f);
    f = find_forbidden(core, matter, &d);
    gb_overlap_apply(core, matter, GB_OVERLAP_FORBIDDEN, &f);
    f = find_conflict(core, matter);
    gb_overlap_apply(core, matter, GB_OVERLAP_FIELD_CONFLICT, &f);
    check_contradiction(core, matter);
    check_crowded(core, matter);
    gb_overlap_overdue(core, matter);
    check_returns(core, matter);
}

void gb_overlap_end(struct gb_core *core, struct gb_overlap *overlap, struct gb_str rule)
{
    overlap->is_final = true;
    if (overlap->is_open) {
        overlap->is_open = false;
        overlap->settled_at = core->clock;
        gb_core_set(core, &overlap->rule, rule);
        publish(core, overlap, true, false);
    }
    gb_object_touch(core, &overlap->head);
}

/* The matter ends or is taken apart: its overlaps are over and never come back. */
void gb_overlap_settle_all(struct gb_core *core, struct gb_matter *matter, struct gb_str rule)
{
    gb_due_drop(core, matter);
    if (matter->has_contradiction) {
        matter->has_contradiction = false;
        gb_object_touch(core, &matter->head);
    }
    for (int i = 0; i < GB_OVERLAP_COUNT; i++) {
        struct gb_overlap *overlap = matter->overlaps[i];

        if (overlap == NULL) {
            continue;
        }
        gb_overlap_end(core, overlap, rule);
        matter->overlaps[i] = NULL;
    }
}

void gb_overlap_rule(struct gb_core *core, struct gb_overlap *overlap, struct gb_str ruling)
{
    bool was_open = overlap->is_open;

    gb_core_set(core, &overlap->ruled_by, ruling);
    gb_core_set(core, &overlap->ruled_on, gb_overlap_reopen(core, overlap->matter));
    overlap->ruled_fields = core->policy->reopen;
    gb_core_set(core, &overlap->rule, GB_STR("decision"));
    gb_core_set(core, &overlap->claimed_by, GB_STR_NONE);
    overlap->claimed_until = 0;
    overlap->is_open = false;
    overlap->settled_at = core->clock;
    publish(core, overlap, was_open, false);
    gb_object_touch(core, &overlap->head);
}

/* It stands open until gb_overlap_check says otherwise, in the same step. */
void gb_overlap_unrule(struct gb_core *core, struct gb_overlap *overlap)
{
    gb_core_set(core, &overlap->ruled_by, GB_STR_NONE);
    gb_core_set(core, &overlap->ruled_on, GB_STR_NONE);
    gb_core_set(core, &overlap->rule, GB_STR("decision_undone"));
    if (overlap->kind == GB_OVERLAP_CONTRADICTORY && overlap->matter->has_contradiction) {
        gb_due_drop(core, overlap->matter);
        gb_due_add(core, overlap->matter); /* it falls due again at the next tick */
    }
    gb_object_touch(core, &overlap->head);
}

void gb_overlap_claim(struct gb_core *core, struct gb_overlap *overlap, struct gb_str post,
                      int64_t until)
{
    gb_core_set(core, &overlap->claimed_by, post);
    overlap->claimed_until = until;
    publish(core, overlap, overlap->is_open, false);
    gb_object_touch(core, &overlap->head);
}
