/* Cells: what was counted, is in memory no more, and waits for its week to be told. */
#include "base/jsonw.h"
#include "core/state.h"
#include "core/stats.h"

#define TOWN_LEN 9U

struct gb_stat_cell {
    struct gb_object head; /* key: place/category/week */
    struct gb_str place, category; /* parts of the key */
    int64_t week;
    struct gb_stat_count *counts;
};

static const char *const words[] = {
#define X(name, word, outer, threshold) word,
    GB_STAT_LIST(X)
#undef X
};

struct gb_str gb_stats_town(struct gb_str place)
{
    return (struct gb_str){place.ptr, place.len < TOWN_LEN ? place.len : TOWN_LEN};
}

bool gb_stats_is_told(const struct gb_core *core, struct gb_str town, int64_t week)
{
    const struct gb_telling *telling = &core->stats;

    return telling->is_begun &&
           (week <= telling->told ||
            (week == telling->told + 1 && gb_str_cmp(town, telling->after) <= 0));
}

static struct gb_stat_cell *cell_new(struct gb_core *core, struct gb_str key, int64_t week)
{
    struct gb_stat_cell *cell = gb_pool_take(&core->pool, sizeof(*cell));
    const char *slash;

    cell->head.table = GB_TABLE_STATS;
    cell->head.key = gb_pool_str(&core->pool, key);
    slash = memchr(cell->head.key.ptr, '/', key.len);
    GB_CHECK(slash != NULL);
    cell->place = (struct gb_str){cell->head.key.ptr, (size_t)(slash - cell->head.key.ptr)};
    cell->category = (struct gb_str){slash + 1, key.len - cell->place.len - 1};
    while (cell->category.ptr[cell->category.len - 1] != '/') {
        cell->category.len--;
    }
    cell->category.len--;
    cell->week = week;
    gb_map_put(&core->cells, cell->head.key, cell);
    return cell;
}

static void count(struct gb_core *core, struct gb_stat_cell *cell, struct gb_str name, int64_t by)
{
    struct gb_stat_count **at = &cell->counts;

    while (*at != NULL && gb_str_cmp((*at)->name, name) < 0) {
        at = &(*at)->next;
    }
    if (*at == NULL || !gb_str_eq((*at)->name, name)) {
        struct gb_stat_count *new = gb_pool_take(&core->pool, sizeof(*new));

        new->name = gb_pool_str(&core->pool, name);
        new->next = *at;
        *at = new;
    }
    (*at)->count += by;
}

static struct gb_str name_of(struct gb_core *core, const struct gb_stat_item *item)
{
    struct gb_str word = gb_str_of(words[item->stat]);

    return gb_str_is(item->part) ? GB_JOIN(&core->scratch, word, GB_STR("."), item->part) : word;
}

void gb_stats_put(struct gb_core *core, const struct gb_stat_items *items)
{
    for (uint32_t i = 0; i < items->count; i++) {
        const struct gb_stat_item *item = &items->items[i];
        struct gb_stat_cell *cell;
        struct gb_str key;

        if (gb_stats_is_told(core, gb_stats_town(items->place), item->week)) {
            continue;
        }
        key = GB_JOIN(&core->scratch, items->place, GB_STR("/"), items->category, GB_STR("/"),
                      gb_arena_int(&core->scratch, item->week));
        cell = gb_map_get(&core->cells, key);
        cell = cell != NULL ? cell : cell_new(core, key, item->week);
        count(core, cell, name_of(core, item), item->count);
        gb_object_touch(core, &cell->head);
    }
}

/* The group and the part that a name spells; false if this program knows no such group. */
static bool item_of(struct gb_str name, struct gb_stat_item *item)
{
    const char *dot = memchr(name.ptr, '.', name.len);
    struct gb_str word = {name.ptr, dot != NULL ? (size_t)(dot - name.ptr) : name.len};

    for (int stat = 0; stat < GB_STAT_COUNT; stat++) {
        if (gb_str_eq(word, gb_str_of(words[stat]))) {
            item->stat = (enum gb_stat)stat;
            item->part = dot != NULL
                             ? (struct gb_str){dot + 1, name.len - word.len - 1}
                             : GB_STR_NONE;
            return true;
        }
    }
    return false;
}

void gb_stats_cell_each(const struct gb_stat_cell *cell,
                        void (*each)(void *context, const struct gb_stat_item *item),
                        void *context)
{
    for (const struct gb_stat_count *c = cell->counts; c != NULL; c = c->next) {
        struct gb_stat_item item = {.week = cell->week, .count = c->count};

        if (item_of(c->name, &item)) {
            each(context, &item);
        }
    }
}

struct gb_str gb_stats_cell_place(const struct gb_stat_cell *cell)
{
    return cell->place;
}

struct gb_str gb_stats_cell_category(const struct gb_stat_cell *cell)
{
    return cell->category;
}

int64_t gb_stats_cell_week(const struct gb_stat_cell *cell)
{
    return cell->week;
}

bool gb_stats_cell_is_dropped(const struct gb_stat_cell *cell)
{
    return cell->head.is_removed;
}

struct dropping {
    struct gb_core *core;
    int64_t week;
};

static void drop(void *value, void *context)
{
    struct gb_stat_cell *cell = value;
    struct dropping *dropping = context;

    if (cell->week <= dropping->week && !cell->head.is_removed) {
        cell->head.is_removed = true;
        gb_object_touch(dropping->core, &cell->head);
    }
}

void gb_stats_drop(struct gb_core *core, int64_t week)
{
    struct dropping dropping = {core, week};

    gb_map_each(&core->cells, drop, &dropping);
}

void gb_stats_cell_render(struct gb_jsonw *w, const struct gb_stat_cell *cell,
                          struct gb_row *row)
{
    row->live_until = INT64_MAX; /* until it goes */
    gb_jsonw_key_str(w, GB_STR("category"), cell->category);
    gb_jsonw_key(w, GB_STR("counts"));
    gb_jsonw_object(w);
    for (const struct gb_stat_count *c = cell->counts; c != NULL; c = c->next) {
        gb_jsonw_key_int(w, c->name, c->count);
    }
    gb_jsonw_end(w);
    gb_jsonw_key_str(w, GB_STR("place"), cell->place);
    gb_jsonw_key_int(w, GB_STR("week"), cell->week);
}

void gb_stats_cell_load(struct gb_core *core, const struct gb_row *row,
                        const struct gb_value *parsed)
{
    const struct gb_value *counts = gb_value_get(parsed, GB_STR("counts"));
    struct gb_stat_cell *cell;

    if (counts == NULL || gb_map_get(&core->cells, row->key) != NULL) {
        return; /* held already, or what was told */
    }
    cell = cell_new(core, row->key, gb_value_int(parsed, GB_STR("week"), 0));
    for (uint32_t i = 0; counts != NULL && counts->type == GB_OBJECT && i < counts->count; i++) {
        count(core, cell, counts->members[i].name, counts->members[i].value.number);
    }
    gb_object_stored(&cell->head, row);
}

void gb_stats_cell_free(struct gb_core *core, struct gb_stat_cell *cell)
{
    while (cell->counts != NULL) {
        struct gb_stat_count *gone = cell->counts;

        cell->counts = gone->next;
        gb_pool_give_str(&core->pool, gone->name);
        gb_pool_give(&core->pool, gone, sizeof(*gone));
    }
    gb_map_take(&core->cells, cell->head.key);
    gb_pool_give_str(&core->pool, cell->head.key);
    gb_pool_give(&core->pool, cell, sizeof(*cell));
}
