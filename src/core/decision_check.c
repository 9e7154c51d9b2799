/* Whether a decision may be made: what it names is known, seen in its newest version, allowed. */
#include "core/deciding.h"
#include "core/state.h"

static struct gb_str field(const struct gb_deciding *d, const char *name)
{
    return gb_value_str(d->fields, gb_str_of(name));
}

static void refuse(struct gb_deciding *d, const char *why)
{
    if (!gb_str_is(d->refused)) {
        d->refused = gb_str_of(why);
    }
}

static struct gb_matter *known_matter(const struct gb_core *core, struct gb_str id)
{
    struct gb_matter *matter = gb_str_is(id) ? gb_map_get(&core->matters, id) : NULL;

    return matter != NULL && !matter->head.is_stub && !matter->head.is_removed &&
                   matter->count > 0
               ? matter
               : NULL;
}

static void add_overlap(struct gb_deciding *d, struct gb_str id, int64_t version)
{
    struct gb_overlap *overlap = gb_map_get(&d->core->overlaps, id);
    struct gb_target *t = &d->targets[d->targets_count++];

    *t = (struct gb_target){.name = id, .overlap = overlap, .outcome = "done"};
    if (overlap == NULL || overlap->is_final ||
        (overlap->matter == NULL && overlap->node == NULL)) {
        t->overlap = NULL;
        t->outcome = "unknown";
        return;
    }
    t->matter = overlap->matter;
    if (overlap->version != version) {
        t->outcome = "stale";
    }
}

static void add_matter(struct gb_deciding *d, struct gb_str id)
{
    struct gb_target *t = &d->targets[d->targets_count++];
    int64_t version = gb_value_int(d->fields, GB_STR("version"), 0);

    *t = (struct gb_target){.name = id, .matter = known_matter(d->core, id), .outcome = "done"};
    if (t->matter == NULL) {
        t->outcome = "unknown";
    } else if (version != 0 && t->matter->version != version) {
        t->outcome = "stale";
    }
}

void gb_decision_targets(struct gb_deciding *d)
{
    const struct gb_value *list = gb_value_get(d->fields, GB_STR("overlaps"));

    d->targets = gb_arena_take(&d->core->scratch,
                               (GB_DECISION_OVERLAPS_MAX + 2) * sizeof(d->targets[0]));
    if (gb_str_is(field(d, "overlap"))) {
        add_overlap(d, field(d, "overlap"), gb_value_int(d->fields, GB_STR("version"), 0));
    }
    for (uint32_t i = 0; list != NULL && i < list->count && i < GB_DECISION_OVERLAPS_MAX; i++) {
        add_overlap(d, gb_value_str(&list->items[i], GB_STR("overlap")),
                    gb_value_int(&list->items[i], GB_STR("version"), 0));
    }
    if (gb_str_is(field(d, "matter"))) {
        add_matter(d, field(d, "matter"));
    }
    if (gb_str_is(field(d, "other"))) {
        struct gb_target *other;

        add_matter(d, field(d, "other"));
        other = &d->targets[d->targets_count - 1];
        other->outcome = other->matter == NULL ? "unknown" : "done"; /* version is the first's */
    }
}

/* Nobody whom the duty list forbids to lead is made lead, and no unit that it does not know. */
static void check_lead(struct gb_deciding *d)
{
    const struct gb_policy *policy = d->core->policy;

    if (gb_str_is(d->ruling->to.unit) && gb_policy_unit(policy, d->ruling->to.unit) == NULL) {
        refuse(d, "unknown_unit");
    }
    for (uint32_t i = 0; i < d->targets_count; i++) {
        struct gb_target *t = &d->targets[i];
        struct gb_duty_query query;
        const struct gb_duty *forbidding;

        if (t->matter == NULL) {
            continue;
        }
        query = gb_decide_query(d->core, t->matter);
        forbidding = gb_policy_forbidding(policy, &query, d->ruling->to.role);
        if (forbidding != NULL) {
            t->outcome = "forbidden";
            d->by = forbidding->id;
        }
    }
}

static bool is_report_of(const struct gb_matter *matter, struct gb_str report)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_str_eq(matter->reports[i]->head.key, report)) {
            return true;
        }
    }
    return false;
}

static void check_pair(struct gb_deciding *d)
{
    struct gb_matter *a = d->targets[0].matter;
    struct gb_matter *b = d->targets_count > 1 ? d->targets[1].matter : NULL;

    if (a != NULL && a == b) {
        refuse(d, "same_matter");
    } else if (a != NULL && b != NULL && d->ruling->kind == GB_DECISION_DUPLICATE &&
               a->count + b->count > GB_MATTER_REPORTS_MAX) {
        refuse(d, "too_many_reports");
    }
}

static void check_split(struct gb_deciding *d)
{
    struct gb_matter *matter = d->targets[0].matter;

    if (matter != NULL && !is_report_of(matter, field(d, "report"))) {
        refuse(d, "not_a_report_of_the_matter");
    } else if (matter != NULL && matter->count == 1) {
        refuse(d, "only_report_of_the_matter");
    }
}

static bool is_claimed(const struct gb_core *core, const struct gb_overlap *overlap)
{
    return gb_str_is(overlap->claimed_by) && overlap->claimed_until > core->clock;
}

/* What is wrong with a post or a contact is put right in its source: seats share the work on it
 * (认领), and decide matters. */
static void check_nodes(struct gb_deciding *d)
{
    bool is_shared = d->ruling->kind == GB_DECISION_CLAIM ||
                     d->ruling->kind == GB_DECISION_RELEASE ||
                     d->ruling->kind == GB_DECISION_HAND_OVER;

    for (uint32_t i = 0; i < d->targets_count; i++) {
        struct gb_target *t = &d->targets[i];

        if (t->overlap != NULL && t->overlap->node != NULL && !is_shared &&
            strcmp(t->outcome, "done") == 0) {
            t->outcome = "no_matter";
        }
    }
}

static void check_claims(struct gb_deciding *d)
{
    for (uint32_t i = 0; i < d->targets_count; i++) {
        struct gb_target *t = &d->targets[i];
        bool is_mine = t->overlap != NULL &&
                       gb_str_eq(t->overlap->claimed_by, d->ruling->actor);

        if (t->overlap == NULL || strcmp(t->outcome, "done") != 0) {
            continue;
        }
        if (!t->overlap->is_open) {
            t->outcome = "not_open";
        } else if (d->ruling->kind == GB_DECISION_CLAIM && is_claimed(d->core, t->overlap) &&
                   !is_mine) {
            t->outcome = "claimed";
            d->by = t->overlap->claimed_by;
        } else if (d->ruling->kind == GB_DECISION_RELEASE && !is_mine) {
            t->outcome = "not_claimed_by_actor";
        } else if (d->ruling->kind == GB_DECISION_HAND_OVER &&
                   !is_claimed(d->core, t->overlap)) {
            t->outcome = "not_claimed";
        }
    }
}

void gb_decision_check_named(struct gb_deciding *d)
{
    const struct gb_ruling *named = d->named;

    if (named == NULL || named->head.is_stub) {
        refuse(d, "unknown_decision");
    } else if (d->ruling->kind == GB_DECISION_UNDO) {
        if (named->state != GB_RULING_ACTIVE) {
            refuse(d, "not_active");
        }
    } else if (named->state != GB_RULING_WAITING) {
        refuse(d, "not_waiting");
    } else if (gb_str_eq(named->actor, d->ruling->actor)) {
        refuse(d, "same_actor"); /* four eyes are two people's */
    }
}

static void check_kind(struct gb_deciding *d)
{
    switch (d->ruling->kind) {
    case GB_DECISION_LEAD_IS:
    case GB_DECISION_TRANSFER:
    case GB_DECISION_ESCALATE:
        check_lead(d);
        break;
    case GB_DECISION_DUPLICATE:
    case GB_DECISION_NOT_DUPLICATE:
        check_pair(d);
        break;
    case GB_DECISION_SPLIT:
        check_split(d);
        break;
    case GB_DECISION_EXTEND:
        if (d->ruling->until <= d->core->clock) {
            refuse(d, "in_the_past");
        }
        break;
    case GB_DECISION_CLAIM:
    case GB_DECISION_RELEASE:
    case GB_DECISION_HAND_OVER:
        check_claims(d);
        break;
    case GB_DECISION_UNDO:
    case GB_DECISION_CONFIRM:
        gb_decision_check_named(d);
        break;
    case GB_DECISION_REDECIDE:
        break;
    case GB_DECISION_KIND_COUNT:
        refuse(d, "unknown_kind");
        break;
    }
}

bool gb_target_is_done(const struct gb_target *t)
{
    return strcmp(t->outcome, "done") == 0;
}

/* A pair stands or falls together; of several overlaps each for itself. */
enum gb_ruling_state gb_decision_check(struct gb_deciding *d)
{
    bool is_any = d->targets_count == 0;
    bool is_all = true;
    bool is_stale = false;

    check_nodes(d);
    check_kind(d);
    for (uint32_t i = 0; i < d->targets_count; i++) {
        is_any = is_any || gb_target_is_done(&d->targets[i]);
        is_all = is_all && gb_target_is_done(&d->targets[i]);
        is_stale = is_stale || strcmp(d->targets[i].outcome, "stale") == 0;
    }
    if (gb_value_get(d->fields, GB_STR("overlaps")) == NULL) {
        is_any = is_all;
    }
    if (gb_str_is(d->refused)) {
        return GB_RULING_REFUSED;
    }
    if (!is_any) {
        for (uint32_t i = 0; i < d->targets_count && !is_stale; i++) {
            if (!gb_target_is_done(&d->targets[i])) {
                refuse(d, d->targets[i].outcome);
            }
        }
        return is_stale ? GB_RULING_STALE : GB_RULING_REFUSED;
    }
    return GB_RULING_ACTIVE;
}

