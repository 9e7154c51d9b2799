/* Rows that are no matters: what each kind of entity does to the standing state. */
#include "core/node.h"

/* visit/WORKER/DAY: what the row itself says of who and when. */
static struct gb_str visit_node(struct gb_arena *arena, const struct gb_fact *fact)
{
    struct gb_str id = gb_str_is(fact->family) ? fact->family
                       : gb_str_is(fact->grid) ? fact->grid
                                               : fact->reporter;
    struct gb_str word = gb_str_is(fact->family) ? GB_STR("key_family/")
                         : gb_str_is(fact->grid) ? GB_STR("grid_worker/")
                                                 : GB_STR("member/");

    return gb_str_is(id) && gb_str_is(fact->date)
               ? GB_JOIN(arena, GB_STR("visit/"), word, id, GB_STR("/"), fact->date)
               : GB_STR_NONE;
}

struct gb_str gb_entity_node(struct gb_arena *arena, enum gb_entity entity,
                             const struct gb_fact *fact, struct gb_str id)
{
    switch (entity) {
    case GB_ENTITY_GRID_POST:
    case GB_ENTITY_KEY_FAMILY:
        if (gb_str_is(fact->role) && gb_str_is(fact->place)) {
            return GB_JOIN(arena, fact->role, GB_STR("/"), fact->place);
        }
        break;
    case GB_ENTITY_ORG:
        if (gb_str_is(fact->role) && gb_str_is(fact->place)) {
            return GB_JOIN(arena, fact->role, GB_STR("/"), fact->place, GB_STR("/"), id);
        }
        break;
    case GB_ENTITY_GRID:
        if (gb_str_is(fact->grid)) {
            return GB_JOIN(arena, GB_STR("grid/"), fact->grid);
        }
        break;
    case GB_ENTITY_MEMBER:
        if (gb_str_is(fact->reporter) && gb_str_is(fact->family)) {
            return GB_JOIN(arena, GB_STR("member/"), fact->reporter);
        }
        break;
    case GB_ENTITY_CONTACT:
        if (gb_str_is(fact->household)) {
            return GB_JOIN(arena, GB_STR("household/"), fact->household);
        }
        break;
    case GB_ENTITY_VISIT:
        return visit_node(arena, fact);
    case GB_ENTITY_OTHER:
        break;
    }
    return GB_STR_NONE;
}

static bool is_post(const struct gb_observation *o)
{
    return o->node != NULL && o->node->kind == GB_NODE_POST;
}

/* The posts that the bundle wants in a grid are looked at: they may be empty, or wanted no more. */
static void touch_required(struct gb_core *core, struct gb_str grid)
{
    for (int role = 0; role < GB_ROLE_COUNT; role++) {
        if ((core->policy->network.grid_posts & (1U << role)) != 0) {
            struct gb_str key = GB_JOIN(&core->scratch, gb_role_word((enum gb_role)role),
                                        GB_STR("/"), grid);

            if (gb_grid_is_known(core, grid)) {
                gb_node_touch(core, gb_node_open(core, key));
            } else if (gb_node_find(core, key) != NULL) {
                gb_node_touch(core, gb_node_find(core, key));
            }
        }
    }
}

/* A row that counts in another node, one more (by 1) or one less (-1). */
static void count(struct gb_core *core, struct gb_observation *o, int by)
{
    if (o->node->kind == GB_NODE_HOUSEHOLD && gb_str_is(o->fact->reporter)) {
        gb_contact_count_key(core, GB_JOIN(&core->scratch, GB_STR("member/"), o->fact->reporter),
                             GB_TALLY_HOUSEHOLDS, by);
    } else if (o->node->kind == GB_NODE_MEMBER && by < 0 && o->fact->counted != 0) {
        gb_contact_count_key(core, GB_JOIN(&core->scratch, GB_STR("family/"), o->fact->family),
                             GB_TALLY_MEMBERS, by);
    }
}

/* The nodes beside o's own that look at it. */
static void touch_beside(struct gb_core *core, struct gb_node *node, const struct gb_fact *fact)
{
    if (node->kind == GB_NODE_POST) {
        gb_post_touch_hats(core, node);
        if (gb_str_eq(fact->role, gb_role_word(GB_ROLE_KEY_FAMILY))) {
            gb_node_later(core, gb_node_open(core, GB_JOIN(&core->scratch, GB_STR("family/"),
                                                           fact->place)));
        }
    } else if (node->kind == GB_NODE_GRID) {
        touch_required(core, fact->grid);
    } else if (node->kind == GB_NODE_VISIT) {
        gb_visit_touch_day(core, node);
    }
}

/* The row is, or was, one of its holder's posts: what the holder reported in that time counts in
 * its network too (credits), and what is told of the holder's days may be told twice. */
static void touch_holder(struct gb_core *core, const struct gb_observation *post)
{
    struct gb_list reports = {0};

    if (!gb_str_is(post->fact->holder)) {
        return;
    }
    gb_visit_touch_holder(core, post->fact->holder);
    gb_index_of_holder(core, post->fact->holder, &reports);
    gb_list_sort(&reports, gb_observation_order);
    for (uint32_t i = 0; i < reports.count; i++) {
        const struct gb_observation *o = reports.items[i];

        if (o->matter != NULL && gb_fact_is_live(post->fact, o->image.occurred_at)) {
            gb_matter_touch(core, o->matter);
        }
    }
}

/* Posts, households, visits are folded at once; where rows come in hundreds, at the next tick. */
static void touch_own(struct gb_core *core, struct gb_node *node)
{
    if (node->kind == GB_NODE_POST || node->kind == GB_NODE_HOUSEHOLD ||
        node->kind == GB_NODE_VISIT) {
        gb_node_touch(core, node);
    } else {
        gb_node_later(core, node);
    }
}

static void withdraw(struct gb_core *core, struct gb_observation *o)
{
    struct gb_node *node = o->node;

    if (node == NULL) {
        return;
    }
    count(core, o, -1);
    if (is_post(o)) {
        gb_post_touch_hats(core, node);
        touch_holder(core, o);
        gb_hat_drop(core, o);
    }
    gb_node_remove(core, o);
    touch_own(core, node);
    touch_beside(core, node, o->fact);
}

struct gb_str gb_entity_check(struct gb_core *core, const struct gb_record *rec,
                              struct gb_fact *fact)
{
    struct gb_str reason = gb_fact_of(core->policy, rec, fact);
    struct gb_str key = gb_entity_node(&core->scratch, gb_entity_of(rec->entity), fact, rec->key);
    const struct gb_node *node = gb_str_is(key) ? gb_node_find(core, key) : NULL;
    const struct gb_observation *o = gb_map_get(
        &core->observations, GB_JOIN(&core->scratch, rec->source, GB_STR("/"), rec->entity,
                                     GB_STR("/"), rec->key));

    if (!gb_str_is(reason) && node != NULL && gb_node_is_full(node) &&
        (o == NULL || o->node != node)) {
        reason = GB_STR("too_many_members");
    }
    return reason;
}

void gb_entity_apply(struct gb_core *core, struct gb_observation *o, const struct gb_fact *fact)
{
    const struct gb_fact none = gb_fact_none();
    enum gb_entity entity = gb_entity_of(o->entity);
    struct gb_str key = GB_STR_NONE;

    withdraw(core, o);
    gb_fact_set(&core->pool, &o->fact, fact != NULL ? fact : &none);
    if (fact != NULL) {
        key = gb_entity_node(&core->scratch, entity, o->fact, o->id);
    }
    if (gb_str_is(key)) {
        gb_node_add(core, gb_node_open(core, key), o);
        if (is_post(o)) {
            gb_hat_add(core, o);
            touch_holder(core, o);
        } else if (o->node->kind == GB_NODE_VISIT && o->node->count == 1) {
            gb_node_live(core, o->node, gb_visit_live(core, o->node));
            o->node->is_loaded = core->rec->bootstrap;
        }
        count(core, o, 1);
        touch_own(core, o->node);
        touch_beside(core, o->node, o->fact);
    }
    gb_fold_touched(core, GB_STR("changed"));
    gb_nodes_fold(core);
}
