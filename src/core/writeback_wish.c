/* What a department's system should show of a matter (writeback.h): pure functions of the matter,
 * the decision on its lead and the bundle. */
#include "core/pair.h"
#include "core/writeback.h"

static struct gb_str network_of(const struct gb_policy *policy, struct gb_str source)
{
    const struct gb_source_row *row = gb_policy_source(policy, source);

    return row != NULL ? row->network : GB_STR_NONE;
}

/* The field's authority, the bundle's order of sources, does not put source before writer. A field
 * without one may be written where is_free. */
static bool may_write(const struct gb_policy *policy, struct gb_str field, struct gb_str source,
                      struct gb_str writer, bool is_free)
{
    const struct gb_authority *authority = gb_policy_authority(policy, field);

    for (uint32_t i = 0; authority != NULL && i < authority->sources_count; i++) {
        if (gb_str_eq(authority->sources[i], writer)) {
            return true;
        }
        if (gb_str_eq(authority->sources[i], source)) {
            return false;
        }
    }
    return is_free;
}

static struct gb_observation *first_of(const struct gb_matter *matter, struct gb_str source)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_str_eq(matter->reports[i]->source, source)) {
            return matter->reports[i];
        }
    }
    return NULL;
}

/* The eldest report of the network that leads. */
static const struct gb_observation *leading(const struct gb_core *core,
                                            const struct gb_matter *matter,
                                            const struct gb_decision *d)
{
    for (uint32_t i = 0; d->has_lead && gb_str_is(d->lead_network) && i < matter->count; i++) {
        if (gb_str_eq(network_of(core->policy, matter->reports[i]->source), d->lead_network)) {
            return matter->reports[i];
        }
    }
    return NULL;
}

/* o repeats an elder row of its own source. */
static bool is_duplicate(const struct gb_core *core, const struct gb_matter *matter,
                         const struct gb_writeback_rule *rule, const struct gb_observation *o)
{
    const struct gb_observation *elder = first_of(matter, o->source);
    enum gb_pair_kind kind;

    if (elder == o) {
        return false;
    }
    kind = o->is_made ? GB_PAIR_SAME_FACT : gb_pair_of_reports(core->policy, elder, o);
    return kind < GB_PAIR_NONE && (rule->closes & 1U << kind) != 0;
}

/* The state that o should have; GB_STATE_COUNT: its own. */
static enum gb_state state_for(const struct gb_core *core, const struct gb_matter *matter,
                               const struct gb_writeback_rule *rule,
                               const struct gb_observation *o, const struct gb_decision *d)
{
    const struct gb_observation *lead = leading(core, matter, d);

    if (is_duplicate(core, matter, rule, o)) {
        return gb_state_is_closed(o->image.state) ? GB_STATE_COUNT : GB_STATE_MERGED;
    }
    if (lead != NULL && !gb_str_eq(lead->source, o->source) &&
        !gb_str_eq(network_of(core->policy, o->source), d->lead_network) &&
        may_write(core->policy, GB_STR("state"), o->source, lead->source, true)) {
        return lead->image.state;
    }
    return GB_STATE_COUNT;
}

/* Several columns may each have codes for some states. */
static void wish_state(const struct gb_writeback_rule *rule, enum gb_state state,
                       struct gb_wish *wish)
{
    for (uint32_t i = 0; state != GB_STATE_COUNT && i < rule->update_count; i++) {
        const struct gb_write *write = &rule->update[i];

        if (write->from == GB_WRITE_STATE &&
            gb_str_is(gb_write_code_of(write, gb_state_word(state)))) {
            wish->has_state = true;
            wish->state = state;
        }
    }
}

static void wish_lead(const struct gb_core *core, const struct gb_writeback_rule *rule,
                      const struct gb_observation *o, const struct gb_decision *d,
                      struct gb_wish *wish)
{
    const struct gb_write *write = gb_write_find(rule->update, rule->update_count, GB_WRITE_LEAD);
    const struct gb_told *told = gb_told_get(o, GB_STR_NONE);
    bool is_own = gb_str_eq(network_of(core->policy, o->source), d->lead_network);
    struct gb_str lead = gb_str_is(d->unit) ? d->unit : gb_role_word(d->lead);

    if (write == NULL || !d->has_lead ||
        !may_write(core->policy, GB_STR("lead"), o->source, GB_STR_NONE, true) ||
        (is_own && (told == NULL || !gb_str_is(told->wish.lead)))) {
        return;
    }
    if (gb_str_is(gb_write_code_of(write, lead))) {
        wish->lead = lead;
    }
}

static void wish_deadline(struct gb_core *core, struct gb_matter *matter,
                          const struct gb_writeback_rule *rule, const struct gb_observation *o,
                          struct gb_wish *wish)
{
    const struct gb_observation *winner;

    if (gb_write_find(rule->update, rule->update_count, GB_WRITE_DEADLINE) == NULL) {
        return;
    }
    winner = gb_fold_winner(core, matter, GB_STR("deadline_at"));
    if (winner != NULL && !gb_str_eq(winner->source, o->source) &&
        may_write(core->policy, GB_STR("deadline_at"), o->source, winner->source, false)) {
        wish->has_deadline = true;
        wish->deadline_at = winner->image.deadline_at;
    }
}

/* Only a row that names no peer yet is given one. */
static void wish_peer(const struct gb_matter *matter, const struct gb_writeback_rule *rule,
                      const struct gb_observation *o, struct gb_wish *wish)
{
    for (uint32_t i = 0; i < rule->update_count && !gb_str_is(o->image.xref); i++) {
        const struct gb_write *write = &rule->update[i];
        const struct gb_observation *peer =
            write->from == GB_WRITE_PEER ? first_of(matter, write->source) : NULL;

        if (peer != NULL) {
            wish->peer = peer->head.key;
            return;
        }
    }
}

struct gb_wish gb_wish_of_row(struct gb_core *core, struct gb_matter *matter,
                              const struct gb_writeback_rule *rule,
                              const struct gb_observation *o, const struct gb_decision *d)
{
    struct gb_wish wish = {.has_state = false};

    wish_state(rule, state_for(core, matter, rule, o, d), &wish);
    wish_lead(core, rule, o, d, &wish);
    wish_deadline(core, matter, rule, o, &wish);
    wish_peer(matter, rule, o, &wish);
    return wish;
}

struct gb_wish gb_wish_unseen(const struct gb_wish *wish, const struct gb_image *image)
{
    struct gb_wish unseen = *wish;

    if (wish->state == image->state) {
        unseen.has_state = false;
    }
    if (image->has_deadline && wish->deadline_at == image->deadline_at) {
        unseen.has_deadline = false;
    }
    if (gb_str_eq(wish->peer, image->xref)) {
        unseen.peer = GB_STR_NONE;
    }
    return unseen;
}

struct gb_wish gb_wish_untold(const struct gb_wish *wish, const struct gb_told *told)
{
    struct gb_wish untold = *wish;

    if (told->wish.has_state && told->wish.state == wish->state) {
        untold.has_state = false;
    }
    if (told->wish.has_deadline && told->wish.deadline_at == wish->deadline_at) {
        untold.has_deadline = false;
    }
    if (gb_str_is(wish->lead) && gb_str_eq(told->wish.lead, wish->lead)) {
        untold.lead = GB_STR_NONE;
    }
    if (gb_str_is(wish->peer) && gb_str_eq(told->wish.peer, wish->peer)) {
        untold.peer = GB_STR_NONE;
    }
    return untold;
}

uint32_t gb_wish_parts(const struct gb_wish *wish)
{
    return (wish->has_state ? GB_ASKED_STATE : 0U) | (gb_str_is(wish->lead) ? GB_ASKED_LEAD : 0U) |
           (gb_str_is(wish->peer) ? GB_ASKED_PEER : 0U) |
           (wish->has_deadline ? GB_ASKED_DEADLINE : 0U);
}

/* ---- counterparts ---- */

/* The network leads, or helps. */
static bool has_part(const struct gb_policy *policy, struct gb_str network, uint32_t when,
                     const struct gb_decision *d)
{
    if ((when & GB_CREATE_LEAD) != 0 && d->has_lead && gb_str_eq(d->lead_network, network)) {
        return true;
    }
    for (uint32_t i = 0; (when & GB_CREATE_ASSIST) != 0 && d->duty != NULL &&
                         i < d->duty->parts_count; i++) {
        const struct gb_duty_part *part = &d->duty->parts[i];

        if (part->kind != GB_DUTY_ASSIST) {
            continue;
        }
        for (uint32_t s = 0; s < policy->sources_count; s++) {
            if (policy->sources[s].role == part->post.role &&
                gb_str_eq(policy->sources[s].network, network)) {
                return true;
            }
        }
    }
    return false;
}

/* A counterpart says which category it is and points back: else it could not be known again. */
static bool can_be_made(struct gb_core *core, struct gb_matter *matter,
                        const struct gb_writeback_rule *rule, struct gb_observation *about)
{
    const struct gb_writing writing = {.matter = matter,
                                       .about = about, .rule = rule};
    bool has_peer = false;

    for (uint32_t i = 0; i < rule->create_count; i++) {
        const struct gb_write *write = &rule->create[i];

        if (write->from == GB_WRITE_CATEGORY &&
            !gb_str_is(gb_write_created(core, &writing, write))) {
            return false;
        }
        has_peer = has_peer || (write->from == GB_WRITE_PEER &&
                                gb_str_eq(write->source, about->source));
    }
    return has_peer;
}

/* The report for which source was told to make a counterpart before. */
static struct gb_observation *told_before(const struct gb_matter *matter, struct gb_str source)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_told_get(matter->reports[i], source) != NULL) {
            return matter->reports[i];
        }
    }
    return NULL;
}

struct gb_observation *gb_wish_counterpart(struct gb_core *core, struct gb_matter *matter,
                                           const struct gb_writeback_rule *rule,
                                           const struct gb_decision *d)
{
    struct gb_str network = network_of(core->policy, rule->source);
    struct gb_observation *before;

    if (rule->create_when == 0 || !gb_str_is(network) || gb_matter_is_over(matter) ||
        first_of(matter, rule->source) != NULL ||
        !has_part(core->policy, network, rule->create_when, d)) {
        return NULL;
    }
    before = told_before(matter, rule->source);
    if (before != NULL) {
        const struct gb_told *told = gb_told_get(before, rule->source);
        bool is_again =
            (told->state == GB_TOLD_STATE_EXPIRED && told->tries < rule->tries) ||
            (told->state == GB_TOLD_STATE_SUPPRESSED && gb_target_get(core, rule->source)->is_live);

        return is_again && can_be_made(core, matter, rule, before) ? before : NULL;
    }
    for (uint32_t i = 0; i < matter->count; i++) {
        if (can_be_made(core, matter, rule, matter->reports[i])) {
            return matter->reports[i];
        }
    }
    return NULL;
}
