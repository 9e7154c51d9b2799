/* Matters: which reports they hold, and what becomes of their ids when that changes. */
#include "core/state.h"

void gb_matter_touch(struct gb_core *core, struct gb_matter *matter)
{
    gb_object_touch(core, &matter->head);
    for (uint32_t i = 0; i < core->touched.count; i++) {
        if (core->touched.items[i] == matter) {
            return;
        }
    }
    gb_list_add(core, &core->touched, matter);
}

static void sort_reports(struct gb_matter *matter)
{
    if (matter->count == 2 && gb_observation_order(matter->reports[0], matter->reports[1]) > 0) {
        struct gb_observation *elder = matter->reports[1];

        matter->reports[1] = matter->reports[0];
        matter->reports[0] = elder;
    }
}

void gb_matter_attach(struct gb_matter *matter, struct gb_observation *o)
{
    GB_CHECK(matter->count < GB_MATTER_REPORTS_MAX);
    matter->reports[matter->count++] = o;
    o->matter = matter;
    sort_reports(matter);
}

void gb_matter_detach(struct gb_observation *o)
{
    struct gb_matter *matter = o->matter;

    if (matter->reports[0] == o) {
        matter->reports[0] = matter->reports[1];
    }
    matter->reports[--matter->count] = NULL;
    if (matter->title_of == o) {
        matter->title_of = NULL;
    }
    o->matter = NULL;
}

static int64_t live_until(const struct gb_core *core, const struct gb_observation *o)
{
    int64_t from = o->found_at > o->closed_at ? o->found_at : o->closed_at;
    int64_t until;

    if (!gb_state_is_closed(o->image.state) || o->closed_at == 0 || core->policy == NULL) {
        return INT64_MAX;
    }
    until = from + core->policy->cell_window_ms;
    return until - until % GB_HOUR_MS + GB_HOUR_MS - 1;
}

void gb_matter_live(struct gb_core *core, struct gb_matter *matter)
{
    int64_t until = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        int64_t one = live_until(core, matter->reports[i]);

        until = one > until ? one : until;
    }
    sort_reports(matter);
    if (until != matter->live_until) {
        matter->live_until = until;
        gb_object_touch(core, &matter->head);
        for (uint32_t i = 0; i < matter->count; i++) {
            gb_object_touch(core, &matter->reports[i]->head);
        }
        for (int i = 0; i < GB_OVERLAP_COUNT; i++) {
            if (matter->overlaps[i] != NULL) {
                gb_object_touch(core, &matter->overlaps[i]->head);
            }
        }
    }
    if (until < core->clock) {
        gb_cell_note_left(core, matter);
    }
}

/* The matter under o's own id, made if it has none. */
static struct gb_matter *own_matter(struct gb_core *core, struct gb_observation *o)
{
    struct gb_matter *matter;

    if (!gb_str_is(o->own)) {
        gb_core_set(core, &o->own, gb_core_mint(core, "matter"));
        gb_object_touch(core, &o->head);
    }
    matter = gb_matter_get(core, o->own);
    if (matter->head.is_removed || matter->head.is_stub) {
        matter->head.is_removed = false;
        matter->head.is_stub = false;
        matter->opened_at = core->clock;
    }
    return matter;
}

/* o leaves its matter; the id stays with the report that owns it or, when that one goes for good,
 * with the rest. */
void gb_matter_leave(struct gb_core *core, struct gb_observation *o)
{
    struct gb_matter *matter = o->matter;

    if (matter == NULL) {
        return;
    }
    gb_matter_detach(o);
    gb_object_touch(core, &o->head);
    matter->link_level = 0;
    gb_matter_touch(core, matter);
    if (matter->count == 0) {
        gb_matter_withdraw(core, matter);
        return;
    }
    if (gb_str_eq(o->own, matter->head.key)) {
        struct gb_observation *rest = matter->reports[0];

        gb_core_set(core, &rest->own, o->own);
        gb_core_set(core, &o->own, GB_STR_NONE);
        gb_object_touch(core, &rest->head);
    }
    gb_matter_live(core, matter);
}

static bool is_together(const struct gb_observation *o)
{
    if (o->matter == NULL) {
        return false;
    }
    if (o->partner == NULL) {
        return o->matter->count == 1;
    }
    return o->partner->matter == o->matter;
}

/* Ends o's link: whoever does not own the id goes. */
static void part(struct gb_core *core, struct gb_observation *o)
{
    struct gb_matter *matter = o->matter;
    struct gb_observation *goes = matter->reports[1];

    if (gb_str_eq(goes->own, matter->head.key)) {
        goes = matter->reports[0];
    }
    gb_overlap_settle_all(core, matter, GB_STR("split"));
    gb_matter_detach(goes);
    goes->is_split = true;
    matter->is_split = true;
    gb_object_touch(core, &goes->head);
    matter->link_level = 0;
    gb_matter_live(core, matter);
    gb_matter_touch(core, matter);
}

static void join(struct gb_core *core, struct gb_observation *elder,
                 struct gb_observation *younger)
{
    struct gb_matter *keeps = elder->matter;
    struct gb_matter *goes = younger->matter;

    if (keeps == NULL && goes == NULL) {
        keeps = own_matter(core, elder);
        gb_matter_attach(keeps, elder);
    } else if (keeps == NULL) {
        keeps = goes;
        goes = NULL;
        younger = elder;
    }
    if (goes != NULL) {
        gb_matter_detach(younger);
        gb_matter_redirect(core, goes, keeps);
    }
    gb_matter_attach(keeps, younger);
    keeps->link_level = younger->partner_level;
    gb_object_touch(core, &elder->head);
    gb_object_touch(core, &younger->head);
    gb_matter_live(core, keeps);
    gb_matter_touch(core, keeps);
}

void gb_matter_regroup(struct gb_core *core, struct gb_list *component)
{
    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];

        if (o->matter != NULL && o->matter->count > 1 && !is_together(o)) {
            part(core, o);
        }
    }
    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];

        if (o->partner != NULL && !is_together(o) && gb_observation_order(o, o->partner) < 0) {
            join(core, o, o->partner);
        } else if (o->partner != NULL && o->matter != NULL && is_together(o) &&
                   o->matter->link_level != o->partner_level) {
            o->matter->link_level = o->partner_level;
            gb_matter_touch(core, o->matter);
        }
    }
    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];
        bool is_alone = o->matter == NULL && o->partner == NULL;

        if (is_alone) {
            struct gb_matter *matter = own_matter(core, o);

            gb_matter_attach(matter, o);
            matter->is_split = o->is_split;
            gb_object_touch(core, &o->head);
            gb_matter_live(core, matter);
            gb_matter_touch(core, matter);
        }
        o->is_split = false;
    }
}

void gb_matter_free(struct gb_core *core, struct gb_matter *matter)
{
    gb_due_drop(core, matter);
    gb_map_take(&core->matters, matter->head.key);
    gb_pool_give_str(&core->pool, matter->blob);
    gb_pool_give_str(&core->pool, matter->losers);
    gb_pool_give_str(&core->pool, matter->head.key);
    gb_pool_give(&core->pool, matter, sizeof(*matter));
}
