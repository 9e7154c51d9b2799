/* Rows that are no matters: what each kind of entity does to the standing state. */
#include "core/node.h"

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

/* What hangs on o as it is: the node that it speaks of, and the nodes beside it. */
static void touch(struct gb_core *core, struct gb_observation *o)
{
    if (o->node == NULL) {
        return;
    }
    gb_node_touch(core, o->node);
    if (is_post(o)) {
        gb_post_touch_hats(core, o->node);
    } else if (o->node->kind == GB_NODE_GRID) {
        touch_required(core, o->fact.grid);
    }
}

static void withdraw(struct gb_core *core, struct gb_observation *o)
{
    struct gb_node *node = o->node;

    if (node == NULL) {
        return;
    }
    if (is_post(o)) {
        gb_post_touch_hats(core, node);
        gb_hat_drop(core, o);
    }
    gb_node_remove(core, o);
    gb_node_touch(core, node);
    if (node->kind == GB_NODE_GRID) {
        touch_required(core, o->fact.grid);
    }
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
    enum gb_entity entity = gb_entity_of(o->entity);
    struct gb_str key = GB_STR_NONE;

    withdraw(core, o);
    gb_fact_drop(&core->pool, &o->fact);
    if (fact != NULL) {
        o->fact = gb_fact_keep(&core->pool, fact);
        key = gb_entity_node(&core->scratch, entity, &o->fact, o->id);
    }
    if (gb_str_is(key)) {
        gb_node_add(core, gb_node_open(core, key), o);
        if (is_post(o)) {
            gb_hat_add(core, o);
        }
        touch(core, o);
    }
    gb_nodes_fold(core);
}
