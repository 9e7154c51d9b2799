/* The small bundle of core_fixture with write-back, and scripts over it. */
#ifndef TESTS_UNIT_CORE_TOLD_H
#define TESTS_UNIT_CORE_TOLD_H

#include "core_play.h"

#define T0 INT64_C(1700000000000)
#define HOUR INT64_C(3600000)
#define LIVE "{\"grid\":\"live\",\"party\":\"live\"}"

/* Begins with both sources live. The grid leads (D01), the key family helps; the grid has authority
 * over states. when: bits GB_CREATE_... of the grid; a write-back expires after an hour. */
void cw_begin(struct gb_cf_script *s, uint32_t when, int32_t tries);
/* An image newer than all before, of something that happened at T0. */
void cw_put(struct gb_cf_script *s, const char *source, const char *key, const char *state,
            const char *xref);
/* Something was sent so far. */
bool cw_is_asked(const struct gb_cf_script *s);
/* The answer to what was sent last, in the script's arena; more: members, as ",\"key\":\"7\"". */
const char *cw_answer_of(struct gb_cf_script *s, const char *result, const char *more);
void cw_answer(struct gb_cf_script *s, const char *result, const char *more);
/* Plays it in every way that may make no difference; one run of them. */
struct gb_cf_run *cw_play(struct gb_cf_script *s);
/* How often what stands in the rows at the end. */
uint32_t cw_stands(struct gb_cf_run *run, const char *what);

#endif
