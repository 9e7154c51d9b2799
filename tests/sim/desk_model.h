/* The checker's own model of what people decide: what was published of overlaps and matters in a
 * lane, and what each decision became. It knows the rules of core/decision.h, and asks nobody. */
#ifndef SIM_DESK_MODEL_H
#define SIM_DESK_MODEL_H

#include "sim/ledger.h"

/* An overlap as it was published last. */
struct known_overlap {
    struct gb_str id, matter, claimed_by, ruled_by;
    int64_t version, claimed_until;
    bool is_open, is_over; /* over: its matter has ended, and it with it */
};

/* A matter as it was published last. */
struct known_matter {
    struct gb_str id, lead_by, bundle; /* lead_by: the decision that names who leads, or absent */
    int64_t version;
    bool is_gone, has_lead;
    uint32_t count;
    struct gb_str *reports; /* "source/entity/key" */
};

enum made_state { MADE_ACTIVE, MADE_WAITING, MADE_DONE, MADE_STALE, MADE_REFUSED, MADE_UNDONE };

/* A decision that was taken. */
struct made {
    struct gb_str id;
    enum gb_decision_kind kind;
    enum made_state state;
    uint32_t index; /* its ledger line */
    const struct gb_value *fields;
    struct gb_str actor;
    uint32_t count; /* reports that it concerned */
    struct gb_str *reports;
};

struct desk_model {
    struct sim *sim;
    const struct sim_ledger *ledger;
    struct gb_map overlaps, matters, made;
    struct known_overlap **overlap_list;
    uint32_t overlaps_count, overlaps_size;
    struct known_matter **matter_list;
    uint32_t matters_count, matters_size;
    struct made **list; /* by ledger line */
    uint32_t made_count, made_size;
    uint32_t at[GB_TOPIC_COUNT]; /* next output of each topic */
    struct gb_str bundle;        /* in force */
    uint32_t line;
};

/* One thing that a decision names. */
struct aimed {
    struct known_overlap *overlap;
    struct known_matter *matter;
    const char *outcome; /* "done", or why not */
};

/* What must become of a decision at its line. */
struct verdict {
    enum made_state state;
    struct made *made; /* whose rules apply: of a confirm the one that waited */
    struct aimed targets[GB_DECISION_OVERLAPS_MAX + 2];
    uint32_t count;
    bool is_refused;
};

/* Reckons it from what the lane had published before the line. clock: the lane's, at the line. */
void desk_judge(struct desk_model *m, struct made *made, int64_t clock, struct verdict *v);
struct gb_str desk_text(const struct gb_value *value, const char *name);
/* The newest active decision on who leads among the matter's reports; NULL: the list decides. */
const struct made *desk_lead(const struct desk_model *m, const struct known_matter *matter);
bool desk_is_forbidden(struct gb_str bundle, const struct made *made);

#endif
