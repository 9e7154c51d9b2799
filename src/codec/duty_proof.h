/* Proof of a duty list before it rules: exact, not by sampling.
 *
 * The matters that a list must answer for are categories x places (villages and grids of
 * territory.csv) x sources x urgencies x days of the list's validity. Categories with the same
 * rows, and places under the same row territories, are alike, so one of each stands for its class;
 * days are cut where a row begins or ends. Within a class the rows are laid over the time line in
 * the order of the hit policy: what a row takes, it decides; what is left is a gap.
 *
 * Cost: (classes of categories) x (classes of places) x (rows that apply there) x (sources x
 * urgencies). */
#ifndef CODEC_DUTY_PROOF_H
#define CODEC_DUTY_PROOF_H

#include "codec/yaml.h"
#include "core/policy.h"

/* Adds to mistakes, each at file:line:col with a matter as counter-example: gaps (unless the list
 * declares where unlisted matters go), two rows between which only the order in the file decides
 * and that name different leads, rows that never decide because others always stand before them,
 * rows that apply to no matter at all, leads and hand-overs that another row forbids.
 * Adds to notes: declared gaps, and rows that are expired at day_ms. arena holds the work's
 * memory. True if no mistake was added. */
bool gb_duty_prove(const struct gb_policy *policy, int64_t day_ms, struct gb_arena *arena,
                   struct gb_mistakes *mistakes, struct gb_mistakes *notes) GB_MUST_CHECK;

#endif
