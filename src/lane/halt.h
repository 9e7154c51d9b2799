/* Why a lane halts, and what an operator does about it: docker/RUNBOOK.md says more. */
#ifndef LANE_HALT_H
#define LANE_HALT_H

#include "gridbridge/value.h"

/* One sentence, static storage: what to do about a lane that halted for that reason. A reason that
 * is not known (a newer program's) gets the general advice. */
const char *gb_halt_advice(struct gb_str reason);

/* The reasons that are known, by index; NULL behind the last one. */
const char *gb_halt_reason(unsigned index);

#endif
