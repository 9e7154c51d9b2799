/* Laws of responsibility, tried over random scripts of reports and of decisions of people. */
#ifndef TESTS_LAWS_H
#define TESTS_LAWS_H

#include "base/arena.h"
#include "core/core.h"
#include "core/said.h"

#define LAW_STEPS_MAX 320U
#define LAW_SOURCES 3U
#define LAW_KEYS 4U
#define LAW_ROWS (LAW_SOURCES * LAW_KEYS)
#define LAW_KEPT_MAX 512U

#define LAW_THE_MATTER (-1)
#define LAW_ANY_OPEN (-2) /* an open overlap of the matter, where there is one */

enum law_kind { LAW_REPORT, LAW_REMOVE, LAW_TICK, LAW_DECIDE, LAW_NOTHING };

/* One report's image. */
struct law_image {
    const char *category; /* canonical */
    const char *state;
    const char *level;    /* or NULL */
    uint32_t village;     /* 0 or 1 */
    int64_t occurred_at;
    int64_t deadline_at;  /* 0: none */
    int32_t names;        /* row that it points to, -1: none */
    uint32_t attachment;  /* 0: none */
    uint32_t holder;      /* 0: none */
    bool claims_lead, is_bootstrap;
};

/* A decision names reports, not ids: which matter or overlap that is, is found when it is made. */
struct law_ruling {
    enum gb_decision_kind kind;
    uint32_t row, other; /* of its matter, of the other matter */
    enum gb_role to;
    int32_t overlap;     /* kind of the overlap that is named; LAW_THE_MATTER, LAW_ANY_OPEN */
    int64_t until;       /* extend: so long after the clock */
    uint32_t names;      /* undo: index of the step that is undone */
};

struct law_step {
    enum law_kind kind;
    uint32_t row;   /* reports: source * LAW_KEYS + key */
    int64_t column; /* version */
    struct law_image image;
    struct law_ruling ruling;
    int64_t ms;     /* tick: so much later */
};

struct law_script {
    struct law_step steps[LAW_STEPS_MAX];
    uint32_t count;
};

/* ---- script.c ---- */
uint32_t law_draw(uint64_t *seed, uint32_t below);
void law_random_report(struct law_script *script, uint64_t *seed);
/* with_bootstrap: some reports come with a first load. */
void law_random_script(struct law_script *script, uint64_t seed, bool with_bootstrap);
/* Only decisions that name who leads and until when, or who is one matter with whom. */
void law_random_ruling(struct law_script *script, uint64_t *seed);
void law_add(struct law_script *script, const struct law_step *step);
/* Another order of the same steps: within each stretch of reports any order that keeps each row's
 * own; nothing moves past a tick or a decision. */
void law_shuffle(const struct law_script *script, uint64_t seed, struct law_script *out);

/* ---- run.c ---- */
struct law_kept {
    struct gb_str key;
    struct gb_value value; /* GB_NULL: gone */
};

struct law_run {
    struct gb_arena arena;
    const struct gb_policy *policy;
    struct gb_core *core;
    struct law_kept matters[LAW_KEPT_MAX], overlaps[LAW_KEPT_MAX];
    uint32_t matters_count, overlaps_count;
    uint64_t index;
    int64_t offset;
    struct gb_str applied[LAW_STEPS_MAX]; /* id of the decision made by a step, if it took effect */
    bool is_policy_known;
    struct gb_str unsaid; /* a rule of an overlap that core/said.h does not list */
};

/* The bundle of the laws; ends the program where it does not compile. */
const struct gb_policy *law_policy(void);
void law_begin(struct law_run *run);
void law_end(struct law_run *run);
/* Makes one step; n: its number in the script. */
void law_make(struct law_run *run, const struct law_script *script, uint32_t n);
void law_play(struct law_run *run, const struct law_script *script);
/* The matter of a row's report; NULL if it has none. */
const struct gb_value *law_matter_of(const struct law_run *run, uint32_t row);
/* The newest overlap of a kind of a matter, or NULL. */
const struct gb_value *law_overlap_of(const struct law_run *run, struct gb_str matter,
                                      enum gb_overlap_kind kind);
struct gb_str law_report_key(struct gb_arena *arena, uint32_t row);
/* Everything published of all matters but ids, versions and the bundle, sorted; kinds: which open
 * overlaps are told with their matter (bits). */
struct gb_str law_summary(struct law_run *run, uint32_t kinds);

/* ---- judge.c: what must hold at every moment; NULL, or what is broken ---- */
const char *law_forbidden_leads(struct law_run *run);
const char *law_not_one_lead(struct law_run *run);

#endif
