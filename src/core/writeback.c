/* The wish held against what was told (writeback.h). */
#include "core/writeback.h"

static enum gb_told_action action_of(const struct gb_wish *wish)
{
    return wish->has_state && wish->state == GB_STATE_MERGED ? GB_TOLD_CLOSE_DUPLICATE
           : gb_str_is(wish->lead)                           ? GB_TOLD_REASSIGN
                                                             : GB_TOLD_UPDATE;
}

/* Sends it, or, where the source is in shadow, counts it. */
static void tell(struct gb_core *core, struct gb_writing *writing)
{
    struct gb_told *told = writing->told;
    const struct gb_target *target = gb_target_get(core, writing->rule->source);

    told->tries = writing->is_again ? told->tries + 1 : 1;
    told->asked = gb_wish_parts(writing->wish);
    gb_told_keep(core, told, writing->wish);
    gb_core_set(core, &told->reason, GB_STR_NONE);
    gb_object_touch(core, &writing->about->head);
    if (!target->is_live) {
        gb_core_set(core, &told->id, GB_STR_NONE);
        told->until = 0;
        gb_told_turn(core, told, GB_TOLD_STATE_SUPPRESSED);
        gb_target_count(core, target->source, GB_TARGET_SUPPRESSED);
        return;
    }
    gb_core_set(core, &told->id, gb_core_mint(core, "writeback"));
    told->until = core->clock + writing->rule->expires_ms;
    gb_told_turn(core, told, GB_TOLD_STATE_SENT);
    gb_matter_live(core, writing->matter);
    gb_target_count(core, target->source, GB_TARGET_SENT);
    gb_writeback_send(core, writing);
}

static void plan_counterpart(struct gb_core *core, struct gb_writing *writing)
{
    static const struct gb_wish nothing;
    struct gb_observation *about =
        gb_wish_counterpart(core, writing->matter, writing->rule, writing->d);

    if (about == NULL) {
        return;
    }
    writing->about = about;
    writing->wish = &nothing;
    writing->told = gb_told_add(core, about, writing->rule->source);
    writing->is_again = writing->told->state == GB_TOLD_STATE_EXPIRED;
    tell(core, writing);
}

/* What the row shows by itself needs no telling: it counts as told, so that the same wish is sent
 * again after it was another. */
static void settle(struct gb_core *core, struct gb_observation *o, struct gb_told *told,
                   const struct gb_wish *wish)
{
    struct gb_wish unseen = gb_wish_unseen(wish, &o->image);
    struct gb_wish untold = gb_wish_untold(wish, told);
    struct gb_wish shown = {.has_state = untold.has_state && !unseen.has_state,
                            .state = untold.state};

    if (shown.has_state && told->wish.has_state) {
        gb_told_keep(core, told, &shown);
        gb_object_touch(core, &o->head);
    }
}

/* What is sent of the parts that the row does not show: those that are new, and with them those
 * that nobody has answered; all of them where nobody answered in time, or the source was in shadow
 * until now. */
static struct gb_wish parts_to_send(struct gb_core *core, struct gb_writing *writing,
                                    const struct gb_wish *unseen, const struct gb_told *told)
{
    struct gb_wish untold = gb_wish_untold(unseen, told);
    bool is_new = gb_wish_parts(&untold) != 0;
    bool is_live = gb_target_get(core, writing->rule->source)->is_live;

    switch (told->state) {
    case GB_TOLD_STATE_EXPIRED:
        writing->is_again = !is_new;
        return is_new || told->tries < writing->rule->tries ? *unseen : untold;
    case GB_TOLD_STATE_SUPPRESSED:
        return is_new || is_live ? *unseen : untold;
    case GB_TOLD_STATE_SENT:
        return is_new ? *unseen : untold;
    case GB_TOLD_STATE_ACCEPTED:
    case GB_TOLD_STATE_CONFIRMED:
    case GB_TOLD_STATE_REFUSED:
    case GB_TOLD_STATE_COUNT:
        break;
    }
    return untold;
}

static void plan_row(struct gb_core *core, struct gb_writing *writing, struct gb_observation *o)
{
    struct gb_wish wish =
        gb_wish_of_row(core, writing->matter, writing->rule, o, writing->d);
    struct gb_told *told = gb_told_get(o, GB_STR_NONE);
    struct gb_wish sent = gb_wish_unseen(&wish, &o->image);

    writing->is_again = false;
    if (told != NULL) {
        settle(core, o, told, &wish);
        sent = parts_to_send(core, writing, &sent, told);
    }
    if (gb_wish_parts(&sent) == 0) {
        return;
    }
    if (told == NULL) {
        told = gb_told_add(core, o, GB_STR_NONE);
    }
    writing->about = o;
    writing->wish = &sent;
    writing->told = told;
    told->action = action_of(&sent);
    tell(core, writing);
}

void gb_writeback_plan(struct gb_core *core, struct gb_matter *matter,
                       const struct gb_decision *d)
{
    const struct gb_policy *policy = core->policy;

    if (policy->writebacks_count == 0 || gb_matter_is_first_load(core, matter)) {
        return;
    }
    for (uint32_t r = 0; r < policy->writebacks_count; r++) {
        struct gb_writing writing = {
            .matter = matter, .rule = &policy->writebacks[r], .d = d};

        plan_counterpart(core, &writing);
        for (uint32_t i = 0; i < matter->count; i++) {
            if (gb_str_eq(matter->reports[i]->source, writing.rule->source)) {
                plan_row(core, &writing, matter->reports[i]);
            }
        }
    }
}
