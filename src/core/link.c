/* Which reports are one matter: certain evidence only, one to one, strongest level first.
 *
 * Each level pairs those that no stronger level has paired: a pair is certain if each is the
 * other's only candidate. The result is a function of who can see whom, not of what came first.
 *
 * It is a local function. Whether o is paired at the first level hangs on the candidates of o and
 * of its candidate, one step away; at the second, on who of theirs the first level paired, three
 * steps away; at the third, five. So a change is felt at most GB_LINK_FELT (5) steps away, and
 * pairs so far away are decided rightly if all candidates within GB_LINK_READ (12 > 5 + 1 + 5)
 * steps are known: a long chain of reports costs no more than a short one. */
#include "core/ruling.h"
#include "core/state.h"

#define GB_LINK_MADE 1 /* the level of a write-back's row: it names its report (link.xref) */

int gb_observation_order(const void *a, const void *b)
{
    const struct gb_observation *x = a;
    const struct gb_observation *y = b;
    int order;

    if (x->is_made != y->is_made) {
        return x->is_made ? 1 : -1;
    }
    if (x->image.occurred_at != y->image.occurred_at) {
        return x->image.occurred_at < y->image.occurred_at ? -1 : 1;
    }
    order = gb_str_cmp(x->source, y->source);
    return order != 0 ? order : gb_str_cmp(x->head.key, y->head.key);
}

static void visit(struct gb_core *core, struct gb_list *found, struct gb_observation *o,
                  uint32_t ring)
{
    if (o->stamp != core->stamp && gb_in_cell(core, o)) {
        o->stamp = core->stamp;
        o->ring = ring;
        memset(o->near_count, 0, sizeof(o->near_count));
        o->partner = NULL;
        o->partner_level = 0;
        gb_list_add(core, found, o);
    }
}

/* A decision ties reports as closely as if they were one. */
static void visit_ruled(struct gb_core *core, struct gb_list *found,
                        const struct gb_ruling *ruling, uint32_t ring)
{
    if (ruling->kind != GB_DECISION_DUPLICATE || ruling->state != GB_RULING_ACTIVE) {
        return;
    }
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        struct gb_observation *o = gb_map_get(&core->observations, ruling->keys[i].report);

        if (o != NULL) {
            visit(core, found, o, ring);
        }
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
            visit(core, found, near.items[i], o->ring + 1);
        }
    }
    for (uint32_t i = 0; o->matter != NULL && i < o->matter->count; i++) {
        visit(core, found, o->matter->reports[i], o->ring + 1);
    }
    for (const struct gb_anchor *a = gb_anchors_of(core, o->head.key); a != NULL; a = a->next) {
        visit_ruled(core, found, a->ruling, o->ring);
    }
}

/* The report for which a write-back made this row, if it can be seen; else NULL. Such a row is no
 * evidence of anything and nobody's candidate: it is its report's, whoever else names that one. */
static struct gb_observation *made_for(const struct gb_observation *o)
{
    for (int level = 0; o->is_made && level < GB_LEVELS; level++) {
        for (uint32_t i = 0; i < o->near_count[level]; i++) {
            if (gb_str_eq(o->near[level][i]->head.key, o->image.xref)) {
                return o->near[level][i];
            }
        }
    }
    return NULL;
}

/* The only candidate at a level that is not paired yet; NULL if there are none or several. */
static struct gb_observation *only_candidate(const struct gb_core *core,
                                             const struct gb_observation *o, int level)
{
    struct gb_observation *only = NULL;

    if (made_for(o) != NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < o->near_count[level]; i++) {
        struct gb_observation *other = o->near[level][i];

        if (other->partner == NULL && made_for(other) == NULL &&
            !gb_ruling_apart(core, o, other, -1)) {
            if (only != NULL) {
                return NULL;
            }
            only = other;
        }
    }
    return only;
}

/* All choose first, then those who chose each other are paired. */
static void pair_level(const struct gb_core *core, struct gb_list *found, int level)
{
    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];

        o->choice = o->partner == NULL ? only_candidate(core, o, level) : NULL;
    }
    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];

        if (o->choice != NULL && o->choice->choice == o) {
            o->partner = o->choice;
            o->partner_level = level + 1;
        }
    }
}

/* All within GB_LINK_READ steps of the seeds, by rising distance; false if there are too many. */
static bool search(struct gb_core *core, const struct gb_list *seeds, struct gb_list *found)
{
    core->stamp++;
    for (uint32_t i = 0; i < seeds->count; i++) {
        visit(core, found, seeds->items[i], 0);
    }
    for (uint32_t i = 0; i < found->count && found->count <= GB_LINK_MAX; i++) {
        struct gb_observation *o = found->items[i];

        if (o->ring <= GB_LINK_READ) {
            visit_near(core, found, o);
        }
    }
    return found->count <= GB_LINK_MAX;
}

/* A cluster is a pair or a single report, to which made rows and decisions add others; it is known
 * by its eldest. */
static void make_clusters(struct gb_list *found)
{
    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];
        bool is_elder = o->partner == NULL || gb_observation_order(o, o->partner) < 0;

        o->cluster = is_elder ? o : o->partner;
        o->cluster_level = o->partner_level;
    }
}

/* Members of two clusters that a decision newer than index sets apart, or too many of them. */
static bool is_barred(const struct gb_core *core, const struct gb_list *found,
                      const struct gb_observation *a, const struct gb_observation *b,
                      int64_t index)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < found->count; i++) {
        const struct gb_observation *x = found->items[i];

        count += x->cluster == a || x->cluster == b;
        for (uint32_t j = 0; x->cluster == a && j < found->count; j++) {
            const struct gb_observation *y = found->items[j];

            if (y->cluster == b && gb_ruling_apart(core, x, y, index)) {
                return true;
            }
        }
    }
    return count > GB_MATTER_REPORTS_MAX;
}

static void unite(struct gb_list *found, struct gb_observation *a, struct gb_observation *b,
                  int level)
{
    struct gb_observation *elder = gb_observation_order(a, b) < 0 ? a : b;
    struct gb_observation *other = elder == a ? b : a;

    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];

        if (o->cluster == other) {
            o->cluster = elder;
        }
    }
    elder->cluster_level = level > elder->cluster_level ? level : elder->cluster_level;
}

/* Rows that write-backs made go to their reports, in their own order; a decision may bar it. */
static void join_made(struct gb_core *core, struct gb_list *found)
{
    struct gb_list made = {0};

    for (uint32_t i = 0; i < found->count; i++) {
        if (made_for(found->items[i]) != NULL) {
            gb_list_add(core, &made, found->items[i]);
        }
    }
    gb_list_sort(&made, gb_observation_order);
    for (uint32_t i = 0; i < made.count; i++) {
        struct gb_observation *o = made.items[i];
        struct gb_observation *about = made_for(o);

        if (o->cluster != about->cluster &&
            !is_barred(core, found, o->cluster, about->cluster, -1)) {
            unite(found, o->cluster, about->cluster, GB_LINK_MADE);
        }
    }
}

static int by_index(const void *a, const void *b)
{
    const struct gb_ruling *x = a;
    const struct gb_ruling *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* The first report of a side that can be linked. */
static struct gb_observation *first_of(struct gb_core *core, const struct gb_ruling *ruling,
                                       int side)
{
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        struct gb_observation *o = gb_map_get(&core->observations, ruling->keys[i].report);

        if (ruling->keys[i].side == side && o != NULL && o->stamp == core->stamp) {
            return o;
        }
    }
    return NULL;
}

/* Decisions that two matters are one, oldest first; a later one that sets them apart wins. */
static void join_ruled(struct gb_core *core, struct gb_list *found)
{
    struct gb_list rulings = {0};

    for (uint32_t i = 0; core->anchors.count > 0 && i < found->count; i++) {
        const struct gb_observation *o = found->items[i];

        for (const struct gb_anchor *a = gb_anchors_of(core, o->head.key); a != NULL;
             a = a->next) {
            if (a->ruling->kind == GB_DECISION_DUPLICATE &&
                a->ruling->state == GB_RULING_ACTIVE && a->side == 0) {
                gb_list_add(core, &rulings, a->ruling);
            }
        }
    }
    gb_list_sort(&rulings, by_index);
    for (uint32_t i = 0; i < rulings.count; i++) {
        const struct gb_ruling *ruling = rulings.items[i];
        struct gb_observation *a = first_of(core, ruling, 0);
        struct gb_observation *b = first_of(core, ruling, 1);

        if (a != NULL && b != NULL && a->cluster != b->cluster &&
            !is_barred(core, found, a->cluster, b->cluster, ruling->index)) {
            unite(found, a->cluster, b->cluster, GB_LINK_DECIDED);
        }
    }
}

static void add_felt(struct gb_core *core, struct gb_list *felt, struct gb_observation *o)
{
    if (o != NULL && o->stamp != core->stamp) {
        o->stamp = core->stamp;
        gb_list_add(core, felt, o);
    }
}

/* Those who can feel the change, and all whom they are or will be one matter with. */
static void keep_felt(struct gb_core *core, const struct gb_list *found, struct gb_list *felt)
{
    core->stamp++;
    for (uint32_t i = 0; i < found->count; i++) {
        struct gb_observation *o = found->items[i];

        if (o->ring <= GB_LINK_FELT) {
            add_felt(core, felt, o);
            add_felt(core, felt, o->partner);
            add_felt(core, felt, o->cluster);
            for (uint32_t m = 0; o->matter != NULL && m < o->matter->count; m++) {
                add_felt(core, felt, o->matter->reports[m]);
            }
        }
    }
}

void gb_link_component(struct gb_core *core, struct gb_list *seeds)
{
    struct gb_list found = {0};
    struct gb_list felt = {0};

    if (!search(core, seeds, &found)) {
        core->is_cut = true;
        core->cut_count++;
        gb_object_touch(core, &core->links_row);
        *seeds = felt;
        return;
    }
    for (int level = 0; level < GB_LEVELS; level++) {
        pair_level(core, &found, level);
    }
    make_clusters(&found);
    join_made(core, &found);
    join_ruled(core, &found);
    keep_felt(core, &found, &felt);
    gb_list_sort(&felt, gb_observation_order);
    *seeds = felt;
}
