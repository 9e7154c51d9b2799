/* A decision of a person: checked against what it saw, answered on gb.change, and then done.
 *
 *   new id -> [four eyes: waits for confirm] -> targets known? -> seen version is the newest? ->
 *   allowed? -> answered -> done: kept as a ruling that folding and linking read
 *
 * Nothing is done before everything is checked; several overlaps in one decision are checked one
 * by one, and those that are stale are told beside those that are done. */
#include "base/jsonw.h"
#include "core/deciding.h"
#include "core/state.h"

static struct gb_str field(const struct gb_deciding *d, const char *name)
{
    return gb_value_str(d->fields, gb_str_of(name));
}

static void write_target(struct gb_jsonw *w, const struct gb_target *t)
{
    gb_jsonw_object(w);
    if (t->matter != NULL) {
        gb_jsonw_key_str(w, GB_STR("matter"), t->matter->head.key);
    }
    gb_jsonw_key_str(w, GB_STR("named"), t->name);
    gb_jsonw_key_str(w, GB_STR("outcome"), gb_str_of(t->outcome));
    if (t->overlap != NULL) {
        gb_jsonw_key_str(w, GB_STR("rule"), t->overlap->rule);
        gb_jsonw_key_str(w, GB_STR("state"),
                         t->overlap->is_open ? GB_STR("open") : GB_STR("settled"));
        gb_jsonw_key_int(w, GB_STR("version"), t->overlap->version);
    } else if (t->matter != NULL) {
        gb_jsonw_key_int(w, GB_STR("version"), t->matter->version);
    }
    gb_jsonw_end(w);
}

static void write_after(struct gb_jsonw *w, const struct gb_deciding *d, struct gb_str word)
{
    gb_jsonw_key(w, GB_STR("after"));
    gb_jsonw_object(w);
    gb_jsonw_key(w, GB_STR("actor"));
    gb_jsonw_value(w, gb_value_get(&d->rec->fields, GB_STR("actor")));
    gb_jsonw_key_opt(w, GB_STR("basis"), gb_value_str(&d->rec->fields, GB_STR("basis")));
    gb_jsonw_key_opt(w, GB_STR("by"), d->by);
    gb_jsonw_key_str(w, GB_STR("decides"), gb_value_str(&d->rec->fields, GB_STR("kind")));
    gb_jsonw_key_opt(w, GB_STR("names"), gb_value_str(&d->rec->fields, GB_STR("decision")));
    gb_jsonw_key_str(w, GB_STR("outcome"), word);
    gb_jsonw_key_opt(w, GB_STR("refused"), d->refused);
    gb_jsonw_key(w, GB_STR("targets"));
    gb_jsonw_array(w);
    for (uint32_t i = 0; i < d->targets_count; i++) {
        write_target(w, &d->targets[i]);
    }
    gb_jsonw_end(w);
    gb_jsonw_key_opt(w, GB_STR("to"), gb_value_str(&d->rec->fields, GB_STR("to")));
    gb_jsonw_end(w);
}

static void answer(const struct gb_deciding *d, struct gb_str word)
{
    struct gb_core *core = d->core;
    struct gb_str why = gb_why(core, GB_STR("decision"), GB_STR_NONE);
    struct gb_output *out;
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    write_after(&w, d, word);
    gb_jsonw_key(&w, GB_STR("before"));
    gb_jsonw_object(&w);
    gb_jsonw_end(&w);
    gb_jsonw_key_str(&w, GB_STR("change"), GB_JOIN(&core->scratch, GB_STR("decision."), word));
    gb_jsonw_key_int(&w, GB_STR("clock"), core->clock);
    gb_jsonw_key_str(&w, GB_STR("decision"), d->rec->key);
    gb_jsonw_key_str(&w, GB_STR("policy"), core->policy->hash);
    gb_jsonw_key(&w, GB_STR("why"));
    gb_jsonw_raw(&w, why);
    gb_jsonw_end(&w);
    out = gb_emit(core, GB_TOPIC_CHANGE, d->rec->key, gb_core_text(core));
    out->type = GB_JOIN(core->step->arena, GB_STR("gb.change.decision."), word, GB_STR(".v1"));
}

/* ---- doing ---- */

static void anchor_targets(struct gb_deciding *d)
{
    struct gb_ruling_key *keys = gb_arena_take(
        &d->core->scratch,
        (d->targets_count + 1) * GB_MATTER_REPORTS_MAX * sizeof(keys[0]));
    bool is_split = d->ruling->kind == GB_DECISION_SPLIT;
    bool is_pair = d->ruling->kind == GB_DECISION_DUPLICATE ||
                   d->ruling->kind == GB_DECISION_NOT_DUPLICATE;
    uint32_t count = 0;

    for (uint32_t t = 0; t < d->targets_count; t++) {
        struct gb_matter *matter = d->targets[t].matter;

        for (uint32_t i = 0; gb_target_is_done(&d->targets[t]) && i < matter->count; i++) {
            struct gb_str report = matter->reports[i]->head.key;
            int side = is_pair ? (int)t : is_split && !gb_str_eq(report, field(d, "report"));

            keys[count++] = (struct gb_ruling_key){report, side};
        }
    }
    gb_ruling_anchor(d->core, d->ruling, keys, count);
}

static void touch_targets(struct gb_deciding *d)
{
    for (uint32_t i = 0; i < d->targets_count; i++) {
        if (gb_target_is_done(&d->targets[i]) && d->targets[i].matter != NULL) {
            gb_matter_touch(d->core, d->targets[i].matter);
        }
    }
}

static void rule_overlaps(struct gb_deciding *d)
{
    for (uint32_t i = 0; i < d->targets_count; i++) {
        if (gb_target_is_done(&d->targets[i]) && d->targets[i].overlap != NULL) {
            gb_overlap_rule(d->core, d->targets[i].overlap, d->ruling->head.key);
        }
    }
}

/* All reports of a ruling are looked at again: who is one matter with whom. */
static void link_again(struct gb_core *core, const struct gb_ruling *ruling)
{
    struct gb_list seeds = {0};

    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        struct gb_observation *o = gb_map_get(&core->observations, ruling->keys[i].report);

        if (o != NULL && !o->head.is_stub && !o->is_deleted) {
            gb_cell_return(core, o);
            gb_list_add(core, &seeds, o);
            gb_add_seeds(core, o, &seeds);
        }
    }
    gb_link_component(core, &seeds);
    gb_matter_regroup(core, &seeds);
}

static void claim_targets(struct gb_deciding *d)
{
    int64_t until = d->ruling->until > 0 ? d->ruling->until
                                         : d->core->clock + d->core->policy->claim_ms;
    bool is_release = d->ruling->kind == GB_DECISION_RELEASE;

    for (uint32_t i = 0; i < d->targets_count; i++) {
        if (gb_target_is_done(&d->targets[i])) {
            gb_overlap_claim(d->core, d->targets[i].overlap,
                             is_release ? GB_STR_NONE : d->ruling->actor,
                             is_release ? 0 : until);
        }
    }
}

static int by_key(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_matter *)a)->head.key,
                      ((const struct gb_matter *)b)->head.key);
}

static bool is_open_matter(const struct gb_matter *matter)
{
    return !matter->head.is_stub && !matter->head.is_removed && matter->count > 0 &&
           matter->live_until == INT64_MAX;
}

static void collect_matter(void *value, void *context)
{
    struct gb_deciding *d = context;
    struct gb_matter *matter = value;
    struct gb_str town = d->rec->town;

    if (is_open_matter(matter) &&
        (town.len == 0 || gb_str_eq(town, matter->reports[0]->image.town))) {
        gb_list_add(d->core, &d->core->touched, matter);
    }
}

/* Open matters under the bundle in force; all of the record's town where none is named, and of the
 * lane where that is no town. */
static void redecide(struct gb_deciding *d)
{
    if (d->targets_count > 0) {
        touch_targets(d);
        return;
    }
    gb_map_each(&d->core->matters, collect_matter, d);
    gb_list_sort(&d->core->touched, by_key);
}

static void count_matter(void *value, void *context)
{
    uint32_t *count = context;

    *count += is_open_matter(value);
}

uint32_t gb_core_open_matters(const struct gb_core *core)
{
    uint32_t count = 0;

    gb_map_each(&core->matters, count_matter, &count);
    return count;
}

static void undo(struct gb_deciding *d)
{
    struct gb_ruling *named = d->named;
    struct gb_core *core = d->core;

    named->state = GB_RULING_UNDONE;
    gb_core_set(core, &named->undone_by, d->ruling->head.key);
    gb_object_touch(core, &named->head);
    for (uint32_t i = 0; i < named->keys_count; i++) {
        struct gb_observation *o = gb_map_get(&core->observations, named->keys[i].report);

        if (o == NULL || o->matter == NULL) {
            continue;
        }
        for (int k = 0; k < GB_OVERLAP_COUNT; k++) {
            struct gb_overlap *overlap = o->matter->overlaps[k];

            if (overlap != NULL && gb_str_eq(overlap->ruled_by, named->head.key)) {
                gb_overlap_unrule(core, overlap);
            }
        }
        gb_matter_touch(core, o->matter);
    }
    if (named->kind == GB_DECISION_DUPLICATE || named->kind == GB_DECISION_NOT_DUPLICATE ||
        named->kind == GB_DECISION_SPLIT) {
        link_again(core, named);
    }
}

static void perform(struct gb_deciding *d)
{
    switch (d->ruling->kind) {
    case GB_DECISION_LEAD_IS:
    case GB_DECISION_TRANSFER:
    case GB_DECISION_ESCALATE:
    case GB_DECISION_EXTEND:
        anchor_targets(d);
        rule_overlaps(d);
        touch_targets(d);
        break;
    case GB_DECISION_DUPLICATE:
    case GB_DECISION_NOT_DUPLICATE:
    case GB_DECISION_SPLIT:
        anchor_targets(d);
        link_again(d->core, d->ruling);
        break;
    case GB_DECISION_CLAIM:
    case GB_DECISION_RELEASE:
    case GB_DECISION_HAND_OVER:
        claim_targets(d);
        d->ruling->state = GB_RULING_DONE;
        break;
    case GB_DECISION_UNDO:
        undo(d);
        d->ruling->state = GB_RULING_DONE;
        break;
    case GB_DECISION_REDECIDE:
        redecide(d);
        d->ruling->state = GB_RULING_DONE;
        break;
    case GB_DECISION_CONFIRM:
    case GB_DECISION_KIND_COUNT:
        break;
    }
    gb_fold_touched(d->core, GB_STR("decided"));
}

static struct gb_str word_of(enum gb_ruling_state state)
{
    return state == GB_RULING_ACTIVE || state == GB_RULING_DONE ? GB_STR("applied")
                                                                : gb_ruling_state_word(state);
}

/* The ruling of this record, with its fields as they came. */
static struct gb_ruling *keep(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_ruling *ruling = gb_ruling_get(core, rec->key);

    gb_ruling_take(core, ruling, &rec->fields);
    ruling->index = (int64_t)core->step->index;
    ruling->decided_at = core->clock;
    gb_object_touch(core, &ruling->head);
    return ruling;
}

static void run(struct gb_deciding *d)
{
    gb_decision_targets(d);
    d->ruling->state = gb_decision_check(d);
    gb_core_set(d->core, &d->ruling->reason, d->refused);
    gb_object_touch(d->core, &d->ruling->head);
    answer(d, word_of(d->ruling->state));
    if (d->ruling->state == GB_RULING_ACTIVE) {
        perform(d);
    }
}

/* A second person agrees: the decision that waited is made now, at the version it named. */
static void confirm(struct gb_deciding *d)
{
    struct gb_ruling *own = d->ruling;

    gb_decision_check_named(d);
    own->state = gb_str_is(d->refused) ? GB_RULING_REFUSED : GB_RULING_DONE;
    gb_core_set(d->core, &own->reason, d->refused);
    if (own->state == GB_RULING_REFUSED) {
        answer(d, GB_STR("refused"));
        return;
    }
    d->ruling = d->named;
    d->fields = &d->named->fields;
    d->named = gb_map_get(&d->core->rulings, field(d, "decision"));
    run(d);
}

enum gb_outcome gb_decision_step(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_deciding d = {.core = core, .rec = rec, .fields = &rec->fields};
    const struct gb_ruling *known = gb_map_get(&core->rulings, rec->key);

    if (core->policy == NULL) {
        gb_emit_dead(core, rec, GB_STR("no_policy"), GB_STR("no bundle is active in this lane"));
        return GB_OUT_DEAD;
    }
    if (gb_decision_of(field(&d, "kind")) == GB_DECISION_KIND_COUNT ||
        !gb_str_is(gb_value_str(gb_value_get(d.fields, GB_STR("actor")), GB_STR("post")))) {
        gb_emit_dead(core, rec, GB_STR("bad_record"),
                     GB_STR("a kind and an actor at $.fields of a decision"));
        return GB_OUT_DEAD;
    }
    if (known != NULL && !known->head.is_stub) {
        return GB_UNCHANGED; /* the same id twice has no effect */
    }
    d.ruling = keep(core, rec);
    d.named = gb_map_get(&core->rulings, field(&d, "decision"));
    if (d.ruling->kind == GB_DECISION_CONFIRM) {
        confirm(&d);
    } else if (gb_policy_needs_two(core->policy, d.ruling->kind)) {
        d.ruling->state = GB_RULING_WAITING;
        answer(&d, GB_STR("waiting"));
    } else {
        run(&d);
    }
    return GB_APPLIED;
}
