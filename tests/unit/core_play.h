/* A script played in every way that may make no difference, and what its outputs must hold. */
#ifndef TESTS_UNIT_CORE_PLAY_H
#define TESTS_UNIT_CORE_PLAY_H

#include "core_fixture.h"

/* However the batches fall, wherever the lane starts again, and if memory never forgets, the same
 * comes out; run is the one in single steps. */
void gb_cf_play_all(const struct gb_cf_script *script, struct gb_cf_run *run);
void gb_cf_finish(struct gb_cf_script *script, struct gb_cf_run *run);
/* That what occurs so often in the outputs. */
void gb_cf_has(const struct gb_cf_run *run, const char *what, uint32_t count);

#endif
