/* What must become of a decision: known? seen in its newest version? allowed? */
#include "sim/desk_model.h"

#include "base/check.h"

#define MATTER_REPORTS_MAX 16U /* more are not one matter */


struct gb_str desk_text(const struct gb_value *value, const char *name)
{
    return gb_value_str(value, gb_str_of(name));
}

static struct gb_str to_of(const struct made *made)
{
    return made->kind == GB_DECISION_ESCALATE ? GB_STR("command_centre")
                                              : desk_text(made->fields, "to");
}

bool desk_is_forbidden(struct gb_str bundle, const struct made *made)
{
    return gb_str_eq(bundle, sim_bundle_policy(1)->hash) &&
           gb_str_eq(to_of(made), GB_STR("department"));
}

static bool names_lead(enum gb_decision_kind kind)
{
    return kind == GB_DECISION_LEAD_IS || kind == GB_DECISION_TRANSFER ||
           kind == GB_DECISION_ESCALATE;
}

static bool concerns(const struct made *made, const struct known_matter *matter)
{
    for (uint32_t i = 0; i < made->count; i++) {
        for (uint32_t r = 0; r < matter->count; r++) {
            if (gb_str_eq(made->reports[i], matter->reports[r])) {
                return true;
            }
        }
    }
    return false;
}

const struct made *desk_lead(const struct desk_model *m, const struct known_matter *matter)
{
    for (uint32_t i = m->made_count; i > 0; i--) {
        const struct made *made = m->list[i - 1];

        if (made->state == MADE_ACTIVE && names_lead(made->kind) && concerns(made, matter)) {
            return made;
        }
    }
    return NULL;
}

/* ---- what it names ---- */

static void aim_overlap(struct desk_model *m, struct verdict *v, struct gb_str id, int64_t version)
{
    struct known_overlap *overlap = gb_map_get(&m->overlaps, id);
    struct aimed *t = &v->targets[v->count++];

    *t = (struct aimed){.outcome = "done"};
    if (overlap == NULL || overlap->is_over) {
        t->outcome = "unknown";
        return;
    }
    t->overlap = overlap;
    t->matter = gb_map_get(&m->matters, overlap->matter);
    if (overlap->version != version) {
        t->outcome = "stale";
    }
}

static void aim_matter(struct desk_model *m, struct verdict *v, struct gb_str id, int64_t version)
{
    struct known_matter *matter = gb_map_get(&m->matters, id);
    struct aimed *t = &v->targets[v->count++];

    *t = (struct aimed){.outcome = "done"};
    if (matter == NULL || matter->is_gone) {
        t->outcome = "unknown";
        return;
    }
    t->matter = matter;
    if (version != 0 && matter->version != version) {
        t->outcome = "stale";
    }
}

static void aim(struct desk_model *m, const struct gb_value *fields, struct verdict *v)
{
    const struct gb_value *list = gb_value_get(fields, GB_STR("overlaps"));
    int64_t version = gb_value_int(fields, GB_STR("version"), 0);

    if (gb_str_is(desk_text(fields, "overlap"))) {
        aim_overlap(m, v, desk_text(fields, "overlap"), version);
    }
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        aim_overlap(m, v, desk_text(&list->items[i], "overlap"),
                    gb_value_int(&list->items[i], GB_STR("version"), 0));
    }
    if (gb_str_is(desk_text(fields, "matter"))) {
        aim_matter(m, v, desk_text(fields, "matter"), version);
    }
    if (gb_str_is(desk_text(fields, "other"))) {
        aim_matter(m, v, desk_text(fields, "other"), 0);
    }
}

/* ---- whether it may be ---- */

static void judge_lead(const struct desk_model *m, const struct made *made, struct verdict *v)
{
    v->is_refused = gb_str_eq(to_of(made), GB_STR("grid_worker:nowhere"));
    for (uint32_t i = 0; i < v->count && desk_is_forbidden(m->bundle, made); i++) {
        if (v->targets[i].matter != NULL) {
            v->targets[i].outcome = "forbidden";
        }
    }
}

static void judge_pair(const struct made *made, struct verdict *v)
{
    const struct known_matter *a = v->targets[0].matter;
    const struct known_matter *b = v->targets[1].matter;

    v->is_refused = a != NULL && (a == b || (b != NULL && made->kind == GB_DECISION_DUPLICATE &&
                                             a->count + b->count > MATTER_REPORTS_MAX));
}

static void judge_split(const struct made *made, struct verdict *v)
{
    const struct known_matter *matter = v->targets[0].matter;
    bool is_in = false;

    for (uint32_t i = 0; matter != NULL && i < matter->count; i++) {
        is_in = is_in || gb_str_eq(matter->reports[i], desk_text(made->fields, "report"));
    }
    v->is_refused = matter != NULL && (!is_in || matter->count == 1);
}

static void judge_claims(const struct made *made, int64_t clock, struct verdict *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        struct aimed *t = &v->targets[i];
        bool is_claimed, is_mine;

        if (t->overlap == NULL || strcmp(t->outcome, "done") != 0) {
            continue;
        }
        is_mine = gb_str_eq(t->overlap->claimed_by, made->actor);
        is_claimed = gb_str_is(t->overlap->claimed_by) && t->overlap->claimed_until > clock;
        if (!t->overlap->is_open ||
            (made->kind == GB_DECISION_CLAIM && is_claimed && !is_mine) ||
            (made->kind == GB_DECISION_RELEASE && !is_mine) ||
            (made->kind == GB_DECISION_HAND_OVER && !is_claimed)) {
            t->outcome = "not so";
        }
    }
}

static struct made *named(struct desk_model *m, const struct made *made)
{
    return gb_map_get(&m->made, desk_text(made->fields, "decision"));
}

static void judge_kind(struct desk_model *m, const struct made *made, int64_t clock,
                       struct verdict *v)
{
    const struct made *other = named(m, made);

    switch (made->kind) {
    case GB_DECISION_LEAD_IS:
    case GB_DECISION_TRANSFER:
    case GB_DECISION_ESCALATE:
        judge_lead(m, made, v);
        break;
    case GB_DECISION_DUPLICATE:
    case GB_DECISION_NOT_DUPLICATE:
        judge_pair(made, v);
        break;
    case GB_DECISION_SPLIT:
        judge_split(made, v);
        break;
    case GB_DECISION_EXTEND:
        v->is_refused = gb_value_int(made->fields, GB_STR("until"), 0) <= clock;
        break;
    case GB_DECISION_CLAIM:
    case GB_DECISION_RELEASE:
    case GB_DECISION_HAND_OVER:
        judge_claims(made, clock, v);
        break;
    case GB_DECISION_UNDO:
        v->is_refused = other == NULL || other->state != MADE_ACTIVE;
        break;
    case GB_DECISION_CONFIRM:
    case GB_DECISION_REDECIDE:
    case GB_DECISION_KIND_COUNT:
        break;
    }
}

static enum made_state lasting(enum gb_decision_kind kind)
{
    return kind == GB_DECISION_CLAIM || kind == GB_DECISION_RELEASE ||
                   kind == GB_DECISION_HAND_OVER || kind == GB_DECISION_UNDO ||
                   kind == GB_DECISION_REDECIDE
               ? MADE_DONE
               : MADE_ACTIVE;
}

/* One of several overlaps stands for itself; anything else falls with what it names. */
static void judge_now(struct desk_model *m, struct made *made, int64_t clock, struct verdict *v)
{
    bool is_list = gb_value_get(made->fields, GB_STR("overlaps")) != NULL;
    uint32_t done = 0;
    bool is_stale = false;

    v->made = made;
    aim(m, made->fields, v);
    judge_kind(m, made, clock, v);
    for (uint32_t i = 0; i < v->count; i++) {
        done += strcmp(v->targets[i].outcome, "done") == 0;
        is_stale = is_stale || strcmp(v->targets[i].outcome, "stale") == 0;
    }
    if (v->is_refused) {
        v->state = MADE_REFUSED;
    } else if (v->count == 0 || (is_list ? done > 0 : done == v->count)) {
        v->state = lasting(made->kind);
    } else {
        v->state = is_stale ? MADE_STALE : MADE_REFUSED;
    }
}

void desk_judge(struct desk_model *m, struct made *made, int64_t clock, struct verdict *v)
{
    struct made *other = named(m, made);

    *v = (struct verdict){.made = made};
    if (made->kind == GB_DECISION_CONFIRM) {
        if (other == NULL || other->state != MADE_WAITING ||
            gb_str_eq(other->actor, made->actor)) {
            v->state = MADE_REFUSED;
            return;
        }
        made->state = MADE_DONE;
        judge_now(m, other, clock, v);
    } else if (made->kind == GB_DECISION_TRANSFER &&
               gb_str_eq(m->bundle, sim_bundle_policy(1)->hash)) {
        v->state = MADE_WAITING; /* four eyes */
    } else {
        judge_now(m, made, clock, v);
    }
}
