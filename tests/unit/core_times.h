/* The small bundle of core_fixture with limits, hand-over and more states, and scripts over it. */
#ifndef TESTS_UNIT_CORE_TIMES_H
#define TESTS_UNIT_CORE_TIMES_H

#include "core_play.h"

#define T0 INT64_C(1700000000000) /* Wednesday 15 November 2023, 06:13:20 at UTC+8 */
#define HOUR INT64_C(3600000)

/* Row L1 for all: accept 1 h, remind 2 h, handle 4 h, supervise 1 h after it. Row D01 (MS*): the
 * grid worker leads, hands over to the key family after 2 failures or 2 working days. ping_pong
 * after 3 returns. State codes: 0 REPORTED, 1 CLOSED, 2 RETURNED, 3 HANDLED, 4 ACCEPTED, 5 VOID,
 * 6 VERIFIED, 7 TRANSFERRED. The state's authority is party, then grid. */
const struct gb_policy *ct_policy(void);
/* The same, and the key family is forbidden to lead. */
const struct gb_policy *ct_policy_forbidding(void);

void ct_begin(struct gb_cf_script *s, const struct gb_policy *policy);
/* A put newer than all before, reported at T0. */
void ct_put(struct gb_cf_script *s, const char *source, const char *key, const char *state);
/* row: "grid/7"; xref: "party/matter/1" or NULL. */
void ct_put_at(struct gb_cf_script *s, const char *row, const char *state, int64_t occurred_at,
               const char *xref);
void ct_delete(struct gb_cf_script *s, const char *source, const char *key);
__attribute__((format(printf, 3, 4))) void ct_decide(struct gb_cf_script *s, const char *id,
                                                     const char *format, ...);

/* Plays in several batches, with and without restarts: all must give the same; one run of them. */
struct gb_cf_run *ct_play(const struct gb_cf_script *s);
/* True if the last row of the only matter says that this role leads. */
bool ct_leads(struct gb_cf_run *run, const char *role);
/* Times that a part stands in the rows at the end. */
uint32_t ct_stands(struct gb_cf_run *run, const char *part);
uint32_t ct_random(uint32_t *seed);

#endif
