/* The parts of a matter as it is published, as canonical JSON in scratch. Private to src/core. */
#ifndef CORE_PARTS_H
#define CORE_PARTS_H

#include "core/state.h"

/* Roles that a row gives one kind of part: ["grid_worker"]. duty NULL: []. */
struct gb_str gb_write_roles(struct gb_core *core, const struct gb_duty *duty,
                             enum gb_duty_kind kind);
struct gb_str gb_write_lead(struct gb_core *core, const struct gb_decision *d); /* or absent */
struct gb_str gb_write_first(struct gb_core *core, const struct gb_decision *d); /* or absent */
/* What each body says, elder first: the honest state beside the summary. */
struct gb_str gb_write_bodies(struct gb_core *core, const struct gb_matter *matter);
struct gb_str gb_write_refs(struct gb_core *core, struct gb_observation *const *reports,
                            uint32_t count);
/* Networks that have the work credited, by name: those of the reports, and those in which a
 * reporter's holder had a post when the report says that it occurred. */
struct gb_str gb_write_networks(struct gb_core *core, uint64_t sources); /* bit: source's index */
struct gb_str gb_write_credits(struct gb_core *core, const struct gb_matter *matter);
struct gb_str gb_write_reporters(struct gb_core *core, const struct gb_matter *matter);

#endif
