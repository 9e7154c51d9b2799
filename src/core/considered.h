/* Which rows of the duty list were looked at for a matter, and why each but one lost: what an
 * explanation tells besides the row that decided. PURE; answers as core/duty.h does, and only for
 * people: deciding never comes here. */
#ifndef CORE_CONSIDERED_H
#define CORE_CONSIDERED_H

#include "core/policy.h"

/* What became of a row that covers the matter's category and place. X(NAME, word). The lost_* are
 * the steps of the hit policy in their order, each against the row that decides. */
#define GB_CONSIDERED_LIST(X)                                                                      \
    X(DECIDES, "decides")                                                                          \
    X(LOST_CATEGORY, "lost_category") X(LOST_TERRITORY, "lost_territory")                          \
    X(LOST_NETWORK, "lost_network") X(LOST_ROLE, "lost_role") X(LOST_URGENCY, "lost_urgency")      \
    X(LOST_PRIORITY, "lost_priority") X(LOST_ORDER, "lost_order")                                  \
    X(OTHER_FIRST, "other_first")     /* for other first reporters */                              \
    X(OTHER_URGENCY, "other_urgency") /* for other urgencies */                                    \
    X(NOT_YET, "not_yet") X(EXPIRED, "expired") /* at the time of occurrence */                    \
    X(FORBIDS, "forbids")             /* negative list (负面清单): says who may not lead */         \
    X(FALLBACK, "fallback")           /* no row decided: the territorial body (属地兜底) */

enum gb_considered_as {
#define X(name, word) GB_CONSIDERED_##name,
    GB_CONSIDERED_LIST(X)
#undef X
        GB_CONSIDERED_COUNT
};
struct gb_str gb_considered_word(enum gb_considered_as as);

struct gb_considered {
    const struct gb_duty *duty;
    enum gb_considered_as as;
};

/* At most size rows into out: the one that decides first, then those that would have decided
 * without it in their order, then those that did not fit in the order of the list, then those that
 * forbid. Returns how many; more than size are cut. */
uint32_t gb_consider(const struct gb_policy *policy, const struct gb_duty_query *query,
                     struct gb_considered *out, uint32_t size);

#endif
