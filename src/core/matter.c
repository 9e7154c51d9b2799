/* Matters: which reports they hold, and what becomes of their ids when that changes. */
#include "core/ruling.h"
#include "core/share.h"
#include "core/state.h"
#include "core/writeback.h"

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
    for (uint32_t i = 1; i < matter->count; i++) {
        struct gb_observation *o = matter->reports[i];
        uint32_t at = i;

        for (; at > 0 && gb_observation_order(matter->reports[at - 1], o) > 0; at--) {
            matter->reports[at] = matter->reports[at - 1];
        }
        matter->reports[at] = o;
    }
}

static void grow_reports(struct gb_core *core, struct gb_matter *matter)
{
    uint32_t size = matter->reports_size == 0 ? 2 : matter->reports_size * 2;
    struct gb_observation **more = gb_pool_take(&core->pool, size * sizeof(more[0]));

    if (matter->count > 0) {
        memcpy(more, matter->reports, matter->count * sizeof(more[0]));
    }
    gb_pool_give(&core->pool, matter->reports, matter->reports_size * sizeof(more[0]));
    matter->reports = more;
    matter->reports_size = size;
}

void gb_matter_attach(struct gb_core *core, struct gb_matter *matter, struct gb_observation *o)
{
    GB_CHECK(matter->count < GB_MATTER_REPORTS_MAX);
    if (matter->count == matter->reports_size) {
        grow_reports(core, matter);
    }
    matter->reports[matter->count++] = o;
    o->matter = matter;
    sort_reports(matter);
}

void gb_matter_detach(struct gb_observation *o)
{
    struct gb_matter *matter = o->matter;
    uint32_t at = 0;

    while (matter->reports[at] != o) {
        at++;
        GB_CHECK(at < matter->count);
    }
    for (; at + 1 < matter->count; at++) {
        matter->reports[at] = matter->reports[at + 1];
    }
    matter->reports[--matter->count] = NULL;
    if (matter->title_of == o) {
        matter->title_of = NULL;
    }
    o->matter = NULL;
}

static int64_t end_of_hour(int64_t at)
{
    return at - at % GB_HOUR_MS + GB_HOUR_MS - 1;
}

static int64_t live_until(const struct gb_core *core, const struct gb_observation *o)
{
    int64_t from = o->found_at > o->closed_at ? o->found_at : o->closed_at;
    int64_t until;

    if (!gb_state_is_closed(o->image.state) || o->closed_at == 0 || core->policy == NULL) {
        return INT64_MAX;
    }
    until = from + core->policy->cell_window_ms;
    return end_of_hour(until);
}

void gb_matter_live(struct gb_core *core, struct gb_matter *matter)
{
    int64_t told = gb_writeback_until(matter);
    int64_t until = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        int64_t one = live_until(core, matter->reports[i]);

        until = one > until ? one : until;
    }
    if (told != INT64_MAX && end_of_hour(told) > until) {
        until = end_of_hour(told);
    }
    sort_reports(matter);
    if (until != matter->live_until) {
        matter->live_until = until;
        gb_object_touch(core, &matter->head);
        for (uint32_t i = 0; i < matter->count; i++) {
            gb_object_touch(core, &matter->reports[i]->head);
            gb_rulings_touch(core, matter->reports[i]);
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
        matter->version = 0;
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
    gb_rulings_touch(core, o);
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

/* The report whose cluster keeps the id: its owner, else the elder. */
static struct gb_observation *owner_of(const struct gb_matter *matter)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_str_eq(matter->reports[i]->own, matter->head.key)) {
            return matter->reports[i];
        }
    }
    return matter->reports[0];
}

/* Ends the links between clusters: whoever is not with the id's owner goes. */
static void part(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_observation *stays = owner_of(matter)->cluster;
    bool is_parted = false;

    for (uint32_t i = matter->count; i-- > 0;) {
        struct gb_observation *o = matter->reports[i];

        if (o->cluster == stays) {
            continue;
        }
        if (!is_parted) {
            gb_overlap_settle_all(core, matter, GB_STR("split"));
            is_parted = true;
        }
        gb_matter_detach(o);
        o->is_split = true;
        gb_object_touch(core, &o->head);
        gb_rulings_touch(core, o);
    }
    if (is_parted) {
        matter->is_split = true;
        matter->link_level = 0;
        gb_matter_live(core, matter);
        gb_matter_touch(core, matter);
    }
}

/* The matter that a cluster keeps: that of its eldest report that has one, else a new one. */
static struct gb_matter *matter_of(struct gb_core *core, const struct gb_list *component,
                                   struct gb_observation *elder)
{
    struct gb_matter *matter;

    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];

        if (o->cluster == elder && o->matter != NULL) {
            return o->matter;
        }
    }
    matter = own_matter(core, elder);
    matter->is_split = elder->is_split;
    gb_matter_attach(core, matter, elder);
    gb_object_touch(core, &elder->head);
    gb_rulings_touch(core, elder);
    gb_matter_live(core, matter);
    gb_matter_touch(core, matter);
    return matter;
}

static void join(struct gb_core *core, struct gb_matter *keeps, struct gb_observation *o)
{
    struct gb_matter *goes = o->matter;

    if (goes != NULL) {
        gb_matter_detach(o);
        if (goes->count == 0) {
            gb_matter_redirect(core, goes, keeps);
        }
    }
    gb_matter_attach(core, keeps, o);
    for (uint32_t i = 0; i < keeps->count; i++) {
        gb_object_touch(core, &keeps->reports[i]->head);
        gb_rulings_touch(core, keeps->reports[i]);
    }
    gb_matter_live(core, keeps);
    gb_matter_touch(core, keeps);
}

static void gather(struct gb_core *core, const struct gb_list *component,
                   struct gb_observation *elder)
{
    struct gb_matter *matter = matter_of(core, component, elder);

    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];

        if (o->cluster == elder && o->matter != matter) {
            join(core, matter, o);
        }
    }
    if (matter->link_level != elder->cluster_level) {
        matter->link_level = elder->cluster_level;
        gb_matter_touch(core, matter);
    }
}

void gb_matter_regroup(struct gb_core *core, struct gb_list *component)
{
    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];

        if (o->matter != NULL && o->matter->count > 1) {
            part(core, o->matter);
        }
    }
    for (uint32_t i = 0; i < component->count; i++) {
        struct gb_observation *o = component->items[i];

        if (o->cluster == o) {
            gather(core, component, o);
        }
    }
    for (uint32_t i = 0; i < component->count; i++) {
        ((struct gb_observation *)component->items[i])->is_split = false;
    }
}

bool gb_matter_is_first_load(const struct gb_core *core, const struct gb_matter *matter)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (!matter->reports[i]->is_bootstrap) {
            return false;
        }
    }
    return gb_ruling_lead(core, matter) == NULL && gb_ruling_extension(core, matter) == NULL;
}

bool gb_matter_is_over(const struct gb_matter *matter)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_state_extent(matter->reports[i]->image.state) == 0) {
            return false;
        }
    }
    return true;
}

void gb_matter_free(struct gb_core *core, struct gb_matter *matter)
{
    gb_due_drop(core, matter);
    gb_due_forget(core, matter);
    gb_map_take(&core->matters, matter->head.key);
    gb_fields_drop(core, matter);
    gb_pool_give(&core->pool, matter->reports, matter->reports_size * sizeof(matter->reports[0]));
    gb_pool_give_str(&core->pool, matter->losers);
    gb_pool_give_str(&core->pool, matter->head.key);
    gb_pool_give(&core->pool, matter, sizeof(*matter));
}
