/* Returns (退单): each change of a body's state to RETURNED is a refusal, counted at its report with
 * when and why (the source's state code). Counts never sink, whatever the body says later. A row
 * that a first load brings has refused nothing that we saw. Private to src/core.
 *
 * From escalate_after_returns of the bundle on (all bodies of the matter together) the matter has
 * an open overlap ping_pong (推诿) with the refusals side by side. It waits for the command centre:
 * a lead changes by a decision, or by the duty row's own hand_over. It settles when the matter is
 * done or out. */
#ifndef CORE_RETURNS_H
#define CORE_RETURNS_H

#include <stdint.h>

#include "gridbridge/str.h"

#define GB_REFUSALS_MAX 8U /* kept of one report; older ones are only counted */

struct gb_refusal {
    int64_t at;        /* lane clock at which it was seen */
    struct gb_str why; /* state code, in the pool */
};

struct gb_returns {
    int64_t count;
    uint32_t kept_count;
    struct gb_refusal kept[GB_REFUSALS_MAX]; /* oldest first */
};

struct gb_core;
struct gb_jsonw;
struct gb_matter;
struct gb_observation;
struct gb_value;

/* The body that sent o has refused the work now. */
void gb_returns_add(struct gb_core *core, struct gb_observation *o);
int64_t gb_returns_of(const struct gb_matter *matter);
int64_t gb_returns_count(const struct gb_observation *o); /* of one report */
/* [{key, refusals: [{at, why}], returns, source}] of those that refused, in scratch. */
struct gb_str gb_returns_write(struct gb_core *core, const struct gb_matter *matter);
/* As a member of the report's row. */
void gb_returns_render(struct gb_jsonw *w, const struct gb_observation *o);
void gb_returns_load(struct gb_core *core, struct gb_observation *o, const struct gb_value *row);
void gb_returns_drop(struct gb_core *core, struct gb_observation *o);

#endif
