/* A look at all that counts in a town and a week: matters in their cells, cells of what left
 * memory, visits, coverage. Private to src/core's statistics. */
#ifndef CORE_STATS_SURVEY_H
#define CORE_STATS_SURVEY_H

#include "core/node.h"
#include "core/stats.h"
#include "core/stats_table.h"

#define GB_STATS_VILLAGE_LEN 12U
#define GB_STATS_GRID_LEN 15U

struct gb_counted {
    struct gb_str place, category;
    const struct gb_stat_item *item; /* NULL where only the place is asked for */
};

struct gb_survey {
    struct gb_core *core;
    struct gb_str town; /* absent: all towns, whatever the week, and places only */
    int64_t week;
    bool is_latest; /* what stands now belongs to this week */
    void (*each)(struct gb_survey *survey, const struct gb_counted *counted);
    /* for each: */
    struct gb_str next; /* the least town beyond the last one that is told */
    struct gb_stat_place *places;
    uint32_t count, size;
    struct gb_list tables;
};

/* Calls each, in no order, for all that counts; each may keep what it gets until the step ends. */
void gb_stats_look(struct gb_survey *survey);

#endif
