/* Whether two records tell one fact, and which kind of duplicate (重复) that makes (DOMAIN 6.3).
 * Private to src/core.
 *
 * This is the one place that judges a pair; what evidence joins matters is found before (link.c).
 * Contract, for whatever judges in its place: a pure function of the two records and the bundle;
 * symmetric but for the choice of the one that is the duplicate, which is the later in the order
 * that the caller keeps; NONE where it is not certain. */
#ifndef CORE_PAIR_H
#define CORE_PAIR_H

#include "core/state.h"

/* X(NAME, word); the gravest first: a record that is several kinds is counted as the first.
 * Technical re-sends (a) are none of these: they change nothing and are counted in the books. */
#define GB_PAIR_LIST(X)                                                                            \
    X(SECONDARY, "secondary_entry")   /* (b) one holder, both networks (二次录入) */               \
    X(SAME_FACT, "same_fact")         /* (e) one holder, one network: event, log, visit */         \
    X(CITIZENS, "citizens")           /* (d) several citizens, one problem (同诉) */               \
    X(CORROBORATION, "corroboration") /* (c) two holders report one fact: no waste */

enum gb_pair_kind {
#define X(name, word) GB_PAIR_##name,
    GB_PAIR_LIST(X)
#undef X
        GB_PAIR_NONE
};
struct gb_str gb_pair_word(enum gb_pair_kind kind);

/* Two reports of one matter. */
enum gb_pair_kind gb_pair_of_reports(const struct gb_policy *policy,
                                     const struct gb_observation *a,
                                     const struct gb_observation *b);

/* Two rows about visits of one holder on one day: one visit if one network tells it in two ways, or
 * if both networks do and the visit's time lies within the log's. */
enum gb_pair_kind gb_pair_of_visits(const struct gb_policy *policy,
                                    const struct gb_observation *a,
                                    const struct gb_observation *b);

/* What the i-th report of a matter (i > 0) is: the gravest kind that it makes with an elder one. A
 * row that a write-back made repeats nothing: nobody typed it. */
enum gb_pair_kind gb_pair_of_report(const struct gb_policy *policy,
                                    const struct gb_matter *matter, uint32_t i);

/* How often each kind stands among the reports of a matter: each report but the eldest counts
 * once. */
struct gb_pair_counts {
    uint32_t by[GB_PAIR_NONE];
};
struct gb_pair_counts gb_pair_count(const struct gb_policy *policy,
                                    const struct gb_matter *matter);
/* {word: count} of those that are not 0, in scratch; absent if all are. */
struct gb_str gb_pair_write(struct gb_core *core, const struct gb_pair_counts *counts);

#endif
