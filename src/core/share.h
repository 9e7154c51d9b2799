/* Published fields of which most matters have one of a few values: the lead as the list's row has
 * it, the bundle, a village. Each value stands once in memory and is counted. Private to src/core.
 * What a matter shares with hardly any other (its id, its reports, its title) stands in its own
 * block: matter->blob. */
#ifndef CORE_SHARE_H
#define CORE_SHARE_H

#include "gridbridge/str.h"

struct gb_core;
struct gb_fields;
struct gb_matter;

/* fields (which may borrow from those that stand there) are the matter's now. */
void gb_fields_keep(struct gb_core *core, struct gb_matter *matter,
                    const struct gb_fields *fields);
void gb_fields_drop(struct gb_core *core, struct gb_matter *matter);

#endif
