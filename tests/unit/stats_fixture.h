/* A town of two villages, reports whose every field is said, and what was told of a week. */
#ifndef TESTS_UNIT_STATS_FIXTURE_H
#define TESTS_UNIT_STATS_FIXTURE_H

#include "core_play.h"

#define T0 INT64_C(1700000000000) /* Wednesday 2023-11-15 06:13:20 +08:00 */
#define HOUR ((int64_t)3600000)
#define DAY (24 * HOUR)
#define MONDAY INT64_C(1700409600000) /* 2023-11-20 00:00 +08:00 */
#define WEEK "2023-11-13"
#define NEXT "2023-11-20"
#define TOWN "320312111"
#define VILLAGE_2 TOWN "202"
#define GRID_2 CF_VILLAGE "002"

/* What a report says; grid "": none. States: 0 REPORTED, 1 CLOSED, 2 ACCEPTED, 9 VOID (grid). */
struct sf_rep {
    const char *source, *key, *state, *category, *village, *grid;
    int64_t column, occurred_at, updated_at;
    const char *xref, *reporter;
};
extern const struct sf_rep sf_base;

/* Begins with a tick and the bundle, whose limit for MS* is two days. */
void sf_begin(struct gb_cf_script *s, int64_t window_ms);
void sf_put(struct gb_cf_script *s, const struct sf_rep *r);
/* count of them, with keys from first on. */
void sf_put_many(struct gb_cf_script *s, const struct sf_rep *like, int first, int count);
/* The week of T0 is told, and its end noted. */
void sf_tell(struct gb_cf_script *s);
/* Values of all that was told, a line each, as it came. */
const char *sf_told(struct gb_cf_run *run);
/* The message of that id holds what, or there is none that does. */
void sf_expect(struct gb_cf_run *run, const char *id, const char *what, bool is_there);

/* Six matters that both networks have, one holder typing them in twice. */
void sf_pairs(struct gb_cf_script *s, int64_t window_ms);
/* Twelve: taken on after 20 minutes, done after 2 hours (five) or 3 days (six), one withdrawn. */
void sf_handling(struct gb_cf_script *s, int64_t window_ms, bool is_late_feed);

#endif
