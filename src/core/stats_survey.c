/* See the header. */
#include "core/stats_survey.h"

static void report(struct gb_survey *survey, struct gb_str place, struct gb_str category,
                   const struct gb_stat_item *item)
{
    const struct gb_counted counted = {place, category, item};

    survey->each(survey, &counted);
}

static bool is_of_town(const struct gb_survey *survey, struct gb_str place)
{
    return gb_str_is(place) &&
           (!gb_str_is(survey->town) || gb_str_eq(gb_stats_town(place), survey->town));
}

static void report_items(struct gb_survey *survey, const struct gb_stat_items *items)
{
    for (uint32_t i = 0; i < items->count; i++) {
        if (items->items[i].week == survey->week) {
            report(survey, items->place, items->category, &items->items[i]);
        }
    }
}

static void report_overlaps(struct gb_survey *survey, const struct gb_matter *matter)
{
    for (int k = 0; k < GB_OVERLAP_COUNT; k++) {
        const struct gb_overlap *overlap = matter->overlaps[k];
        const struct gb_stat_item total = {.stat = GB_STAT_OPEN_OVERLAPS, .count = 1};
        const struct gb_stat_item kind = {.stat = GB_STAT_OVERLAPS,
                                          .part = gb_overlap_word((enum gb_overlap_kind)k),
                                          .count = 1};

        if (overlap != NULL && overlap->is_open) {
            report(survey, gb_stats_place(matter), gb_stats_category(matter), &total);
            report(survey, gb_stats_place(matter), gb_stats_category(matter), &kind);
        }
    }
}

static void look_at_matter(void *value, void *context)
{
    struct gb_matter *matter = value;
    struct gb_survey *survey = context;
    struct gb_stat_items items;

    if (matter->head.is_removed || matter->head.is_stub || matter->count == 0 ||
        matter->live_until < survey->core->clock ||
        !is_of_town(survey, gb_stats_place(matter)) || !gb_str_is(gb_stats_category(matter))) {
        return;
    }
    if (!gb_str_is(survey->town)) {
        report(survey, gb_stats_place(matter), GB_STR_NONE, NULL);
        return;
    }
    gb_stats_of_matter(survey->core, matter, &items);
    report_items(survey, &items);
    if (survey->is_latest) {
        report_overlaps(survey, matter);
    }
}

struct of_cell {
    struct gb_survey *survey;
    const struct gb_stat_cell *cell;
};

static void report_count(void *context, const struct gb_stat_item *item)
{
    struct of_cell *of = context;

    report(of->survey, gb_stats_cell_place(of->cell), gb_stats_cell_category(of->cell), item);
}

static void look_at_cell(void *value, void *context)
{
    const struct gb_stat_cell *cell = value;
    struct gb_survey *survey = context;
    struct of_cell of = {survey, cell};

    if (gb_stats_cell_is_dropped(cell) || !is_of_town(survey, gb_stats_cell_place(cell))) {
        return;
    }
    if (!gb_str_is(survey->town)) {
        report(survey, gb_stats_cell_place(cell), GB_STR_NONE, NULL);
    } else if (gb_stats_cell_week(cell) == survey->week) {
        gb_stats_cell_each(cell, report_count, &of);
    }
}

/* ---- coverage ---- */

/* The least place that a grid's or a post's fields name. */
static struct gb_str place_of(const struct gb_node *node)
{
    struct gb_str place = gb_stats_unquoted(gb_stats_field(node, "grid"));
    size_t len = GB_STATS_GRID_LEN;

    if (!gb_str_is(place) || place.len < GB_STATS_GRID_LEN) {
        place = gb_stats_unquoted(gb_stats_field(node, "village"));
        len = GB_STATS_VILLAGE_LEN;
    }
    if (!gb_str_is(place) || place.len < GB_STATS_VILLAGE_LEN) {
        place = gb_stats_unquoted(gb_stats_field(node, "town"));
        len = place.len;
    }
    return (struct gb_str){place.ptr, len};
}

static void report_coverage(struct gb_survey *survey, const struct gb_node *node, enum gb_stat stat,
                            const char *part, int64_t count)
{
    const struct gb_stat_item item = {
        .stat = stat, .part = gb_str_of(part), .count = count};

    report(survey, place_of(node), GB_STR("coverage"), &item);
}

static void report_grid(struct gb_survey *survey, const struct gb_node *node)
{
    struct gb_str households = gb_stats_field(node, "households");
    int64_t uncovered = gb_stats_number(gb_stats_field(node, "uncovered"));

    if (node->count > 0) {
        report_coverage(survey, node, GB_STAT_GRIDS,
                        gb_str_is(gb_stats_field(node, "wrong")) ? "with_findings" : "in_order", 1);
    }
    if (gb_str_is(households)) {
        report_coverage(survey, node, GB_STAT_HOUSEHOLDS, NULL, gb_stats_number(households));
        report_coverage(survey, node, GB_STAT_REACHED, "uncovered", uncovered);
        report_coverage(survey, node, GB_STAT_REACHED, "covered",
                        gb_stats_number(households) - uncovered);
    }
}

static void look_at_node(void *value, void *context)
{
    const struct gb_node *node = value;
    struct gb_survey *survey = context;
    bool is_standing = node->kind == GB_NODE_GRID || node->kind == GB_NODE_POST;
    struct gb_stat_items items;

    if (node->head.is_removed || node->head.is_stub || node->fields.count == 0) {
        return;
    }
    if (node->kind == GB_NODE_VISIT && node->live_until >= survey->core->clock) {
        gb_stats_of_visit(node, &items);
        if (is_of_town(survey, items.place) && gb_str_is(survey->town)) {
            report_items(survey, &items);
        } else if (is_of_town(survey, items.place)) {
            report(survey, items.place, GB_STR_NONE, NULL);
        }
    }
    if (!is_standing || !is_of_town(survey, place_of(node))) {
        return;
    }
    if (!gb_str_is(survey->town)) {
        report(survey, place_of(node), GB_STR_NONE, NULL);
    } else if (survey->is_latest && node->kind == GB_NODE_GRID) {
        report_grid(survey, node);
    } else if (survey->is_latest) {
        bool is_vacant = gb_str_eq(gb_stats_field(node, "vacant"), GB_STR("true"));

        report_coverage(survey, node, GB_STAT_POSTS, is_vacant ? "vacant" : "filled", 1);
    }
}

void gb_stats_look(struct gb_survey *survey)
{
    gb_map_each(&survey->core->matters, look_at_matter, survey);
    gb_map_each(&survey->core->cells, look_at_cell, survey);
    gb_map_each(&survey->core->nodes, look_at_node, survey);
}
