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

struct gb_observation *gb_fold_winner(struct gb_core *core, struct gb_matter *matter,
                                      struct gb_str field)
{
    const struct gb_authority *authority =
        core->policy != NULL ? gb_policy_authority(core->policy, field) : NULL;

    for (uint32_t s = 0; authority != NULL && s < authority->sources_count; s++) {
        for (uint32_t i = 0; i < matter->count; i++) {
            struct gb_observation *o = matter->reports[i];

            if (gb_str_eq(o->source, authority->sources[s]) &&
                gb_str_is(gb_fold_value(core, o, field))) {
                return o;
            }
        }
    }
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_str_is(gb_fold_value(core, matter->reports[i], field))) {
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
    if (d->has_lead) {
        d->lead_network = network_of(policy, d->lead);
    }
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

struct gb_decision gb_decide(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_policy *policy = core->policy;
    struct gb_duty_query query = gb_decide_query(core, matter);
    struct gb_decision d = {.first = gb_policy_source(policy, matter->reports[0]->source)};

    d.duty = gb_policy_duty(policy, &query);
    if (d.duty == NULL) {
        d.duty = policy->fallback;
    }
    d.ruling = gb_ruling_lead(core, matter);
    if (d.ruling != NULL) {
        name_ruled(policy, &query, &d);
    } else if (d.duty != NULL) {
        name_lead(policy, &query, &d);
    }
    return d;
}

struct gb_str gb_decision_rule(const struct gb_decision *d)
{
    return d->ruling != NULL ? GB_STR("decision")
           : d->duty != NULL ? d->duty->id
                             : GB_STR("unlisted");
}
