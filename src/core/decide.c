/* Whose value counts, and who leads: functions of a matter's reports and the active bundle. */
#include "core/ruling.h"
#include "core/state.h"

struct gb_str gb_fold_value(struct gb_core *core, const struct gb_observation *o,
                            struct gb_str field)
{
    const struct gb_image *image = &o->image;

    if (gb_str_eq(field, GB_STR("category"))) {
        return image->category;
    }
    if (gb_str_eq(field, GB_STR("grid"))) {
        return image->grid;
    }
    if (gb_str_eq(field, GB_STR("level"))) {
        return image->level;
    }
    if (gb_str_eq(field, GB_STR("state"))) {
        return gb_state_word(image->state);
    }
    if (gb_str_eq(field, GB_STR("deadline_at"))) {
        return image->has_deadline ? gb_arena_int(&core->scratch, image->deadline_at)
                                   : GB_STR_NONE;
    }
    for (uint32_t i = 0; i < image->texts_count; i++) {
        if (gb_str_eq(image->texts[i].name, field)) {
            return image->texts[i].text;
        }
    }
    return GB_STR_NONE;
}

/* The least that any body has come to. */
static int extent_of(const struct gb_matter *matter)
{
    int least = gb_state_extent(matter->reports[0]->image.state);

    for (uint32_t i = 1; i < matter->count; i++) {
        int extent = gb_state_extent(matter->reports[i]->image.state);

        least = extent < least ? extent : least;
    }
    return least;
}

/* The report has the field and may speak for the matter. */
static bool has_say(struct gb_core *core, const struct gb_matter *matter,
                    const struct gb_observation *o, struct gb_str field)
{
    if (gb_str_eq(field, GB_STR("state")) &&
        gb_state_extent(o->image.state) != extent_of(matter)) {
        return false;
    }
    return gb_str_is(gb_fold_value(core, o, field));
}

struct gb_observation *gb_fold_winner(struct gb_core *core, struct gb_matter *matter,
                                      struct gb_str field)
{
    const struct gb_authority *authority =
        core->policy != NULL ? gb_policy_authority(core->policy, field) : NULL;

    for (uint32_t s = 0; authority != NULL && s < authority->sources_count; s++) {
        for (uint32_t i = 0; i < matter->count; i++) {
            struct gb_observation *o = matter->reports[i];

            if (gb_str_eq(o->source, authority->sources[s]) &&
                has_say(core, matter, o, field)) {
                return o;
            }
        }
    }
    for (uint32_t i = 0; i < matter->count; i++) {
        if (has_say(core, matter, matter->reports[i], field)) {
            return matter->reports[i];
        }
    }
    return NULL;
}

static struct gb_str network_of(const struct gb_policy *policy, enum gb_role role)
{
    for (uint32_t i = 0; i < policy->sources_count; i++) {
        if (policy->sources[i].role == role) {
            return policy->sources[i].network;
        }
    }
    return GB_STR_NONE;
}

/* What the crosswalk says of the source's level, or the level itself: "1" .. "4", critical, urgent,
 * normal; else 0: not said. */
static uint32_t urgency_of(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_observation *o = gb_fold_winner(core, matter, GB_STR("level"));
    struct gb_str word = GB_STR_NONE;

    if (o != NULL) {
        word = gb_policy_canonical(core->policy, o->source, GB_STR("level"), o->image.level,
                                   o->image.occurred_at);
        word = gb_str_is(word) ? word : o->image.level;
    }
    return gb_urgency_of(word);
}

struct gb_duty_query gb_decide_query(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_observation *elder = matter->reports[0];
    const struct gb_observation *category = gb_fold_winner(core, matter, GB_STR("category"));
    const struct gb_observation *grid = gb_fold_winner(core, matter, GB_STR("grid"));

    return (struct gb_duty_query){
        .category = category->image.category,
        .place = grid != NULL ? grid->image.grid : elder->image.village,
        .source = gb_policy_source_index(core->policy, elder->source),
        .urgency = urgency_of(core, matter),
        .at = elder->image.occurred_at,
    };
}

/* A person's word goes before the list, but not past what it forbids. */
static void name_ruled(const struct gb_policy *policy, const struct gb_duty_query *query,
                       struct gb_decision *d)
{
    d->lead = d->ruling->to.role;
    d->unit = d->ruling->to.unit;
    d->forbidding = gb_policy_forbidding(policy, query, d->lead);
    d->has_lead = d->forbidding == NULL;
    d->lead_network = d->has_lead ? network_of(policy, d->lead) : GB_STR_NONE;
}

static void name_lead(const struct gb_policy *policy, const struct gb_duty_query *query,
                      struct gb_decision *d)
{
    const struct gb_duty_part *lead = gb_duty_lead(d->duty);

    if (lead == NULL || (lead->is_first && d->first == NULL)) {
        return;
    }
    d->lead = lead->is_first ? d->first->role : lead->post.role;
    d->unit = lead->is_first ? GB_STR_NONE : lead->post.unit;
    d->forbidding = gb_policy_forbidding(policy, query, d->lead);
    d->has_lead = d->forbidding == NULL; /* a proven bundle never forbids its own lead */
    if (d->has_lead) {
        d->lead_network = network_of(policy, d->lead);
    }
}

static struct gb_decision by_list(struct gb_core *core, struct gb_matter *matter,
                                  const struct gb_duty_query *query)
{
    const struct gb_policy *policy = core->policy;
    struct gb_decision d = {.query = *query,
                            .first = gb_policy_source(policy, matter->reports[0]->source)};

    d.duty = gb_policy_duty(policy, query);
    if (d.duty == NULL) {
        d.duty = policy->fallback;
    }
    if (d.duty != NULL) {
        name_lead(policy, query, &d);
    }
    return d;
}

/* The list's lead passes on to whom its row names. */
static void pass_on(const struct gb_policy *policy, const struct gb_duty_query *query,
                    enum gb_handed handed, struct gb_decision *d)
{
    const struct gb_hand_over *over = &d->duty->hand_over;

    if (handed == GB_HANDED_NOT || !d->has_lead || !over->is_set ||
        gb_policy_forbidding(policy, query, over->to.role) != NULL) {
        return;
    }
    d->lead = over->to.role;
    d->unit = over->to.unit;
    d->lead_network = network_of(policy, d->lead);
    d->handed = handed;
}

/* Refusals of the bodies of one network. */
static int64_t returns_of(const struct gb_policy *policy, const struct gb_matter *matter,
                          struct gb_str network)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_source_row *row =
            gb_policy_source(policy, matter->reports[i]->source);

        if (row != NULL && gb_str_is(network) && gb_str_eq(row->network, network)) {
            count += gb_returns_count(matter->reports[i]);
        }
    }
    return count;
}

/* What can be seen without asking the list again. */
static bool may_hand_over(const struct gb_matter *matter, enum gb_handed why)
{
    return why == GB_HANDED_FAILURES ? gb_returns_of(matter) > 0
                                     : gb_due_has_fallen(matter, GB_DUE_HAND_OVER);
}

bool gb_decide_hands_over(struct gb_core *core, struct gb_matter *matter, enum gb_handed why)
{
    struct gb_duty_query query;
    struct gb_decision d;
    const struct gb_hand_over *over;

    if (!may_hand_over(matter, why)) {
        return false;
    }
    query = gb_decide_query(core, matter);
    d = by_list(core, matter, &query);
    over = d.duty != NULL ? &d.duty->hand_over : NULL;
    if (!d.has_lead || !over->is_set ||
        gb_policy_forbidding(core->policy, &query, over->to.role) != NULL) {
        return false;
    }
    if (why == GB_HANDED_FAILURES) {
        return over->failures > 0 &&
               returns_of(core->policy, matter, d.lead_network) >= over->failures;
    }
    return over->working_days > 0;
}

struct gb_decision gb_decide(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_duty_query query = gb_decide_query(core, matter);
    struct gb_decision d = by_list(core, matter, &query);

    d.ruling = gb_ruling_lead(core, matter);
    if (d.ruling != NULL) {
        name_ruled(core->policy, &query, &d);
    } else if (d.duty != NULL) {
        pass_on(core->policy, &query, matter->handed, &d);
    }
    return d;
}

struct gb_str gb_decision_rule(const struct gb_decision *d)
{
    return d->ruling != NULL ? GB_STR("decision")
           : d->duty != NULL ? d->duty->id
                             : GB_STR("unlisted");
}
