/* See the header. */
#include "core/stats_table.h"

#include "base/check.h"
#include "base/hash.h"

static const struct {
    const char *word;
    enum gb_stat outer;
    int64_t threshold;
} rows[] = {
#define X(name, word, outer, threshold) {word, GB_STAT_##outer, threshold},
    GB_STAT_LIST(X)
#undef X
};

/* Parts that stand in every table, by group. What is not listed stands behind, by its word. */
static const struct {
    enum gb_stat stat;
    const char *word;
} fixed[] = {
    {GB_STAT_ENTRIES, "first"}, {GB_STAT_ENTRIES, "secondary_entry"},
    {GB_STAT_ENTRIES, "same_fact"}, {GB_STAT_ENTRIES, "citizens"},
    {GB_STAT_ENTRIES, "corroboration"},
#define X(word, ms) {GB_STAT_RESPONSE, word},
    GB_RESPONSE_LIST(X)
#undef X
#define X(word, ms) {GB_STAT_HANDLING, word},
    GB_HANDLING_LIST(X)
#undef X
    {GB_STAT_CLOSED_BY, "self"}, {GB_STAT_CLOSED_BY, "others"},
    {GB_STAT_TIMELY, "on_time"}, {GB_STAT_TIMELY, "late"},
    {GB_STAT_VISIT_DUPLICATES, "secondary_entry"}, {GB_STAT_VISIT_DUPLICATES, "same_fact"},
    {GB_STAT_VISIT_DUPLICATES, "restated"},
    {GB_STAT_REACHED, "covered"}, {GB_STAT_REACHED, "uncovered"},
    {GB_STAT_GRIDS, "in_order"}, {GB_STAT_GRIDS, "with_findings"},
    {GB_STAT_POSTS, "filled"}, {GB_STAT_POSTS, "vacant"},
};

struct gb_str gb_stat_word(enum gb_stat stat)
{
    GB_CHECK(stat < GB_STAT_COUNT);
    return gb_str_of(rows[stat].word);
}

enum gb_stat gb_stat_outer(enum gb_stat stat)
{
    GB_CHECK(stat < GB_STAT_COUNT);
    return rows[stat].outer;
}

bool gb_stat_is_total(enum gb_stat stat)
{
    return stat == GB_STAT_REPORTS || stat == GB_STAT_RESPONDED || stat == GB_STAT_HANDLED ||
           stat == GB_STAT_DUE || stat == GB_STAT_ENTRIES_SAVED ||
           stat == GB_STAT_OPEN_OVERLAPS || stat == GB_STAT_VISIT_ENTRIES ||
           stat == GB_STAT_HOUSEHOLDS;
}

/* ---- adding up ---- */

static void insert(struct gb_stats_table *table, struct gb_stat_group *group, uint32_t at,
                   struct gb_str word)
{
    if (group->count == group->size) {
        uint32_t size = group->size == 0 ? 8 : group->size * 2;
        struct gb_stat_part *more = gb_arena_take(table->arena, size * sizeof(more[0]));

        if (group->count > 0) {
            memcpy(more, group->parts, group->count * sizeof(more[0]));
        }
        group->parts = more;
        group->size = size;
    }
    memmove(&group->parts[at + 1], &group->parts[at],
            (group->count - at) * sizeof(group->parts[0]));
    group->parts[at] = (struct gb_stat_part){.word = word};
    group->count++;
}

void gb_stats_table_init(struct gb_stats_table *table)
{
    memset(table->groups, 0, sizeof(table->groups));
    for (int stat = 0; stat < GB_STAT_COUNT; stat++) {
        if (gb_stat_is_total((enum gb_stat)stat)) {
            insert(table, &table->groups[stat], 0, GB_STR(""));
        }
    }
    for (size_t i = 0; i < GB_COUNT(fixed); i++) {
        struct gb_stat_group *group = &table->groups[fixed[i].stat];

        insert(table, group, group->count, gb_str_of(fixed[i].word));
    }
}

/* Parts that are not fixed stand by their words: how the table was filled decides nothing. */
static struct gb_stat_part *part_of(struct gb_stats_table *table, enum gb_stat stat,
                                    struct gb_str word)
{
    struct gb_stat_group *group = &table->groups[stat];
    uint32_t at = 0;

    for (uint32_t i = 0; i < group->count; i++) {
        if (gb_str_eq(group->parts[i].word, word)) {
            return &group->parts[i];
        }
        at = gb_str_cmp(group->parts[i].word, word) < 0 ? i + 1 : at;
    }
    insert(table, group, at, word);
    return &group->parts[at];
}

void gb_stats_table_add(struct gb_stats_table *table, uint32_t place, enum gb_stat stat,
                        struct gb_str part, int64_t count)
{
    struct gb_stat_part *to = part_of(table, stat, gb_str_is(part) ? part : GB_STR(""));

    GB_CHECK(place < table->places_count);
    if (to->counts == NULL) {
        to->counts = gb_arena_take(table->arena, table->places_count * sizeof(to->counts[0]));
    }
    for (;; place = table->places[place].above) {
        to->counts[place] += count;
        if (place == table->places[place].above) {
            break;
        }
    }
}

int64_t gb_stats_table_value(const struct gb_stat_part *part, uint32_t place)
{
    return part->counts != NULL ? part->counts[place] : 0;
}

int64_t gb_stats_table_merged(const struct gb_stat_group *group, uint32_t place)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < group->count; i++) {
        sum += group->parts[i].is_merged ? gb_stats_table_value(&group->parts[i], place) : 0;
    }
    return sum;
}

/* ---- suppression ---- */

/* Of the whole town; what is merged so is merged in all its places. */
static bool merge(struct gb_stat_group *group, int64_t threshold)
{
    int64_t merged = 0;
    bool is_any = false;

    for (uint32_t i = 0; i < group->count; i++) {
        int64_t value = gb_stats_table_value(&group->parts[i], 0);

        group->parts[i].is_merged = value > 0 && value < threshold;
        merged += group->parts[i].is_merged ? value : 0;
    }
    for (uint32_t i = group->count; i-- > 0 && merged > 0 && merged < threshold;) {
        int64_t value = gb_stats_table_value(&group->parts[i], 0);

        if (!group->parts[i].is_merged && value > 0) {
            group->parts[i].is_merged = true;
            merged += value;
        }
    }
    for (uint32_t i = 0; i < group->count; i++) {
        is_any = is_any ||
                 (!group->parts[i].is_merged && gb_stats_table_value(&group->parts[i], 0) > 0);
    }
    return is_any && (merged == 0 || merged >= threshold);
}

enum fit { ZERO, FITS, UNFIT };

/* values by part; what is merged counts as one. */
static enum fit fit_of(const struct gb_stat_group *group, int64_t threshold,
                       const int64_t *values)
{
    int64_t merged = 0;
    enum fit fit = ZERO;

    for (uint32_t i = 0; i < group->count; i++) {
        if (group->parts[i].is_merged) {
            merged += values[i];
        } else if (values[i] > 0) {
            fit = values[i] < threshold ? UNFIT : fit == UNFIT ? UNFIT : FITS;
        }
    }
    if (merged > 0) {
        fit = merged < threshold ? UNFIT : fit == UNFIT ? UNFIT : FITS;
    }
    return fit;
}

/* rest += sign * the place's values. */
static void sum_up(const struct gb_stat_group *group, uint32_t place, int64_t sign,
                   int64_t *rest)
{
    for (uint32_t i = 0; i < group->count; i++) {
        rest[i] += sign * gb_stats_table_value(&group->parts[i], place);
    }
}

static const uint64_t *orders_of(const struct gb_stats_table *table)
{
    uint64_t *orders = gb_arena_take(table->arena, table->places_count * sizeof(orders[0]));

    for (uint32_t p = 0; p < table->places_count; p++) {
        orders[p] = gb_fnv1a(GB_JOIN(table->arena, table->places[p].code, GB_STR("/"),
                                     table->category, GB_STR("/"), table->monday));
    }
    return orders;
}

/* In a list by code, the places below one follow it. */
static bool is_below(const struct gb_stats_table *table, uint32_t place, uint32_t above)
{
    return place < table->places_count &&
           (above == 0 || table->places[place].code.len > table->places[above].code.len);
}

/* Of the places right below above that tell the group, the first in that order; 0: none. */
static uint32_t first_of(const struct gb_stats_table *table, const struct gb_stat_group *group,
                         uint32_t above)
{
    uint32_t first = 0;

    for (uint32_t p = above + 1; is_below(table, p, above); p++) {
        if (table->places[p].above == above && group->is_told[p] &&
            (first == 0 || table->orders[p] < table->orders[first])) {
            first = p;
        }
    }
    return first;
}

static bool may_tell(const struct gb_stats_table *table, enum gb_stat stat, uint32_t place)
{
    const struct gb_stat_group *outer = &table->groups[rows[stat].outer];

    return rows[stat].outer == stat || (outer->is_told != NULL && outer->is_told[place]);
}

/* above tells the group: which of those right below it do. rest: as many as parts. */
static void decide_below(struct gb_stats_table *table, enum gb_stat stat, uint32_t above,
                         int64_t *rest)
{
    struct gb_stat_group *group = &table->groups[stat];
    int64_t threshold = rows[stat].threshold;
    int64_t *values = gb_arena_take(table->arena, group->count * sizeof(values[0]));

    memset(rest, 0, group->count * sizeof(rest[0]));
    sum_up(group, above, 1, rest);
    for (uint32_t p = above + 1; is_below(table, p, above); p++) {
        if (table->places[p].above != above || !may_tell(table, stat, p)) {
            continue;
        }
        memset(values, 0, group->count * sizeof(values[0]));
        sum_up(group, p, 1, values);
        if (fit_of(group, threshold, values) == FITS) {
            group->is_told[p] = true;
            sum_up(group, p, -1, rest);
        }
    }
    while (fit_of(group, threshold, rest) == UNFIT) {
        uint32_t hidden = first_of(table, group, above);

        GB_CHECK(hidden != 0); /* all hidden, the rest is what above tells */
        group->is_told[hidden] = false;
        sum_up(group, hidden, 1, rest);
    }
}

static void suppress(struct gb_stats_table *table, enum gb_stat stat)
{
    struct gb_stat_group *group = &table->groups[stat];
    int64_t *rest = gb_arena_take(table->arena, (group->count + 1) * sizeof(rest[0]));

    if (!may_tell(table, stat, 0) || !merge(group, rows[stat].threshold)) {
        return;
    }
    group->is_told = gb_arena_take(table->arena, table->places_count * sizeof(bool));
    group->is_told[0] = true;
    for (uint32_t p = 0; p < table->places_count; p++) { /* the upper ones stand first */
        if (group->is_told[p]) {
            decide_below(table, stat, p, rest);
        }
    }
}

void gb_stats_table_suppress(struct gb_stats_table *table)
{
    table->orders = orders_of(table);
    for (int stat = 0; stat < GB_STAT_COUNT; stat++) { /* the outer ones stand first */
        suppress(table, (enum gb_stat)stat);
    }
}
