/* Statistics inside the core: marks, cells, tables. What counts when, and what is told, is declared
 * in gridbridge/stats.h. Private to src/core.
 *
 * Nothing is counted while records come in: reports and matters carry marks of when (below), and a
 * table is added up from them when it is told. What leaves memory before its week is told is put
 * into a cell, a row of the table stats, and its marks are used up; so are counts of events that
 * leave no mark (gb_stats_count). Rows decide alone: a lane that starts again tells the same. What
 * was told is kept as a row of that table too (key: the message's id), which no lane reads. */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "gridbridge/stats.h"
#include "gridbridge/str.h"

struct gb_core;
struct gb_jsonw;
struct gb_matter;
struct gb_node;
struct gb_observation;
struct gb_row;
struct gb_value;

/* Of a report; each 0 where there is none. */
struct gb_report_marks {
    int64_t came_at;     /* lane clock (ms) at which it came in live */
    int64_t accepted_at; /* when its body first took it on, */
    int64_t over_at;     /* and since when it has been done with it or out of it: source's times */
};

/* Of a matter: lane clock at which it was first taken on, or became over; GB_STATS_USED: counted
 * when it left its cell. */
struct gb_matter_marks {
    int64_t accepted_seen, over_seen;
};
#define GB_STATS_USED ((int64_t)-1)

/* How far statistics have been told. */
struct gb_telling {
    bool is_begun;       /* the lane has had a clock */
    int64_t told;        /* the last week that is told whole */
    struct gb_str after; /* of the week after it: the last town that is, absent: none */
};

/* A count in a cell. */
struct gb_stat_count {
    struct gb_str name; /* "entries.first"; in the pool */
    int64_t count;
    struct gb_stat_count *next; /* by name */
};

/* Weeks since the one that holds 1970-01-01, of a time (ms since 1970 UTC), and the first ms of
 * one. */
int64_t gb_stats_week(int64_t ms);
int64_t gb_stats_week_begin(int64_t week);

/* ---- stats.c: marks ---- */
/* What o's images said before and say now; called once its new image stands. */
struct gb_report_was {
    bool is_new, is_accepted, is_over;
};
struct gb_report_was gb_stats_was(const struct gb_observation *o);
void gb_stats_report(struct gb_core *core, struct gb_observation *o, struct gb_report_was was);
/* The reports of matter have changed. */
void gb_stats_matter(struct gb_core *core, struct gb_matter *matter);
/* The matter leaves its cell: what it counts in weeks not yet told is put. */
void gb_stats_leave(struct gb_core *core, struct gb_matter *matter);
/* The first tick: what happened before it happened now. */
void gb_stats_date(struct gb_core *core);
void gb_stats_report_render(struct gb_jsonw *w, const struct gb_observation *o);
void gb_stats_report_load(struct gb_observation *o, const struct gb_value *row);
void gb_stats_matter_render(struct gb_jsonw *w, const struct gb_matter *matter);
void gb_stats_matter_load(struct gb_matter *matter, const struct gb_value *row);

/* ---- stats_count.c: what a matter or a day's visits count ---- */
#define GB_STAT_ITEMS_MAX 48
struct gb_stat_item {
    enum gb_stat stat;
    struct gb_str part; /* absent: the group's one number */
    int64_t week, count;
};
struct gb_stat_items {
    struct gb_str place;    /* the least place: a grid, a village or a town */
    struct gb_str category; /* two letters, or "visits"; borrows from the matter or the node */
    uint32_t count;
    struct gb_stat_item items[GB_STAT_ITEMS_MAX];
};
void gb_stats_of_matter(struct gb_core *core, struct gb_matter *matter,
                        struct gb_stat_items *items);
void gb_stats_of_visit(const struct gb_node *node, struct gb_stat_items *items);
/* One more of an event at the matter's place, now. Only GB_STAT_ENTRIES_SAVED is so counted. */
void gb_stats_count(struct gb_core *core, const struct gb_matter *matter, enum gb_stat stat);
/* Where a matter counts. */
struct gb_str gb_stats_place(const struct gb_matter *matter);
struct gb_str gb_stats_category(const struct gb_matter *matter);
/* Grid, village or town of codes: a grid counts in its own village only. */
struct gb_str gb_stats_place_of(struct gb_str grid, struct gb_str village);
/* Published values, borrowed: a string without escapes, a number that is not negative (absent: 0),
 * a node's field. */
struct gb_str gb_stats_unquoted(struct gb_str json);
int64_t gb_stats_number(struct gb_str json);
struct gb_str gb_stats_field(const struct gb_node *node, const char *name);

/* ---- stats_cell.c ---- */
/* Of what was counted and is in memory no more: a place, a category and a week not yet told. */
struct gb_stat_cell;
void gb_stats_put(struct gb_core *core, const struct gb_stat_items *items);
bool gb_stats_is_told(const struct gb_core *core, struct gb_str town, int64_t week);
struct gb_str gb_stats_town(struct gb_str place);
void gb_stats_cell_each(const struct gb_stat_cell *cell,
                        void (*each)(void *context, const struct gb_stat_item *item),
                        void *context);
struct gb_str gb_stats_cell_place(const struct gb_stat_cell *cell);
struct gb_str gb_stats_cell_category(const struct gb_stat_cell *cell);
int64_t gb_stats_cell_week(const struct gb_stat_cell *cell);
bool gb_stats_cell_is_dropped(const struct gb_stat_cell *cell);
/* The weeks up to this one are told: their cells go. */
void gb_stats_drop(struct gb_core *core, int64_t week);
void gb_stats_cell_render(struct gb_jsonw *w, const struct gb_stat_cell *cell,
                          struct gb_row *row);
void gb_stats_cell_load(struct gb_core *core, const struct gb_row *row,
                        const struct gb_value *parsed);
void gb_stats_cell_free(struct gb_core *core, struct gb_stat_cell *cell);

/* ---- stats_tell.c ---- */
/* An hour has turned; the clock stood at before: what leaves its cell now is put. */
void gb_stats_turn(struct gb_core *core, int64_t before);
/* A tick: tells the next town of the week that is over, if one is. */
void gb_stats_tick(struct gb_core *core);
void gb_stats_render(const struct gb_core *core, struct gb_jsonw *w); /* lane_state row "stats" */
void gb_stats_load(struct gb_core *core, const struct gb_row *row, const struct gb_value *parsed);

#endif
