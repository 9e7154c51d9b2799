/* A script played in every way that may make no difference, and what its outputs must hold. */
#ifndef TESTS_UNIT_CORE_PLAY_H
#define TESTS_UNIT_CORE_PLAY_H

#include "core_fixture.h"

/* Two runs with the same outputs, rows and digest. */
void gb_cf_same(struct gb_cf_run *a, struct gb_cf_run *b);
/* However the batches fall, wherever the lane starts again, and if memory never forgets, the same
 * comes out; run is the one in single steps. */
void gb_cf_play_all(const struct gb_cf_script *script, struct gb_cf_run *run);
void gb_cf_finish(struct gb_cf_script *script, struct gb_cf_run *run);
/* The id of the matter that holds a report after the script so far; in the script's arena. */
const char *gb_cf_matter_of(struct gb_cf_script *script, const char *report);
/* That what occurs so often in the outputs. */
void gb_cf_has(const struct gb_cf_run *run, const char *what, uint32_t count);

#endif
