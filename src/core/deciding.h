/* A decision on its way: what it names, and what stands against it. Private to decision*.c. */
#ifndef CORE_DECIDING_H
#define CORE_DECIDING_H

#include "core/ruling.h"

/* One thing that a decision names, and what became of it. */
struct gb_target {
    struct gb_overlap *overlap; /* NULL where a matter is named */
    struct gb_matter *matter;   /* NULL where nothing is known under the name */
    struct gb_str name;
    const char *outcome;        /* "done", or why not */
};

struct gb_deciding {
    struct gb_core *core;
    const struct gb_record *rec;
    struct gb_ruling *ruling;   /* whose effect is wanted: for confirm the confirmed one */
    const struct gb_value *fields; /* of that ruling's record */
    struct gb_ruling *named;    /* undo, confirm: the decision named */
    struct gb_target *targets;
    uint32_t targets_count;
    struct gb_str refused;      /* why the whole is refused; absent if it is not */
    struct gb_str by;           /* rule or decision that stands against it, absent if none */
};

/* Finds what the decision names. */
void gb_decision_targets(struct gb_deciding *d);
/* ACTIVE if it may be made; else STALE or REFUSED, with the outcome of each target. */
enum gb_ruling_state gb_decision_check(struct gb_deciding *d);
/* Undo and confirm: whether the decision that they name may be undone or confirmed. */
void gb_decision_check_named(struct gb_deciding *d);
bool gb_target_is_done(const struct gb_target *t);

#endif
