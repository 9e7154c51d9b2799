/* Which reports are one matter: certain evidence only, one to one, strongest level first.
 *
 * Within the connected component of everything that can see each other, each level pairs those
 * that no stronger level has paired: a pair is certain if each is the other's only candidate. The
 * result is a function of the component alone, not of the order of arrival. */
#include "core/state.h"

int gb_observation_order(const void *a, const void *b)
{
    const struct gb_observation *x = a;
    const struct gb_observation *y = b;
    int order;

    if (x->image.occurred_at != y->image.occurred_at) {
        return x->image.occurred_at < y->image.occurred_at ? -1 : 1;
    }
    order = gb_str_cmp(x->source, y->source);
    return order != 0 ? order : gb_str_cmp(x->head.key, y->head.key);
}

static void visit(struct gb_core *core, struct gb_list *found, struct gb_observation *o)
{
    if (o->stamp != core->stamp && gb_in_cell(core, o)) {
        o->stamp = core->stamp;
        o->partner = NULL;
        o->partner_level = 0;
        gb_list_add(core, found, o);
    }
}

static void visit_near(struct gb_core *core, struct gb_list *found, struct gb_observation *o)
{
    for (int level = 0; level < GB_LEVELS; level++) {
        struct gb_list near = {0};

        gb_index_near(core, o, level, &near);
        o->near[level] = (struct gb_observation **)(void *)near.items;
        o->near_count[level] = near.count;
        for (uint32_t i = 0; i < near.count; i++) {
            visit(core, found, near.items[i]);
        }
    }
}

/* The only candidate at a level that is not paired yet; NULL if there are none or several. */
static struct gb_observation *only_candidate(const struct gb_observation *o, int level)
{
    struct gb_observation *only = NULL;

    for (uint32_t i = 0; i < o->near_count[level]; i++) {
        struct gb_observation *other = o->near[level][i];

        if (other->partner == NULL) {
            if (only != NULL) {
                return NULL;
            }
            only = other;
        }
    }
    return only;
}

/* All choose first, then those who chose each other are paired. */
static void pair_level(struct gb_list *found, int level)
{
    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];

        o->choice = o->partner == NULL ? only_candidate(o, level) : NULL;
    }
    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];

        if (o->choice != NULL && o->choice->choice == o) {
            o->partner = o->choice;
            o->partner_level = level + 1;
        }
    }
}

void gb_link_component(struct gb_core *core, struct gb_list *seeds)
{
    struct gb_list found = {0};

    core->stamp++;
    for (uint32_t i = 0; i < seeds->count; i++) {
        visit(core, &found, seeds->items[i]);
    }
    for (uint32_t i = 0; i < found.count; i++) {
        visit_near(core, &found, found.items[i]);
    }
    for (int level = 0; level < GB_LEVELS; level++) {
        pair_level(&found, level);
    }
    gb_list_sort(&found, gb_observation_order);
    *seeds = found;
}
