/* A table of statistics and its suppression (gridbridge/stats.h says by which rules). PURE. */
#ifndef CORE_STATS_TABLE_H
#define CORE_STATS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "gridbridge/stats.h"

struct gb_stat_place {
    struct gb_str code;
    uint32_t above; /* index of the place that holds it; the town's own is 0, itself */
};

struct gb_stat_part {
    struct gb_str word;
    int64_t *counts; /* by place, what lies below it included; NULL: all 0 */
    bool is_merged;  /* stands in "*" */
};

struct gb_stat_group {
    struct gb_stat_part *parts; /* in the order of which the last are merged first */
    uint32_t count, size;
    bool *is_told; /* by place; NULL: nowhere */
};

struct gb_stats_table {
    struct gb_arena *arena;             /* borrowed; everything lives there */
    struct gb_str category, monday;     /* borrowed */
    const struct gb_stat_place *places; /* borrowed; by code, so that the town is the first */
    uint32_t places_count;
    const uint64_t *orders;             /* by place: who is hidden first to protect another */
    struct gb_stat_group groups[GB_STAT_COUNT];
};

/* "reports" ... */
struct gb_str gb_stat_word(enum gb_stat stat);
/* The group that must be told where stat is; stat itself where there is none. */
enum gb_stat gb_stat_outer(enum gb_stat stat);
/* True if the group holds one number. */
bool gb_stat_is_total(enum gb_stat stat);

/* An empty table with the parts that every table has; the caller has set what it borrows. */
void gb_stats_table_init(struct gb_stats_table *table);
/* Adds to a place and to all above it. part (borrowed) absent: the one number of a total. */
void gb_stats_table_add(struct gb_stats_table *table, uint32_t place, enum gb_stat stat,
                        struct gb_str part, int64_t count);
/* Decides what is merged and where each group is told. */
void gb_stats_table_suppress(struct gb_stats_table *table);
/* What a group tells at a place: of a part, or of all merged ones. */
int64_t gb_stats_table_value(const struct gb_stat_part *part, uint32_t place);
int64_t gb_stats_table_merged(const struct gb_stat_group *group, uint32_t place);

#endif
