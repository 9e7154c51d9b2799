/* Test cases that stand beside the rules of a bundle: NAME.policy_test.yaml. No part of the bundle:
 * they change no hash and are never stored (gb_policy_is_part).
 *
 *   cases:
 *     - name: a street light, seen by a key family
 *       reports:
 *         - {source: party_building, category: MS04, at: 2026-11-20, urgency: 3}
 *       after: 80h              # time that passes after the last report; 0 if absent
 *       expect: {lead: grid_worker, rule: D04, first_contact: key_family}
 *
 * A report is an intake record in short: `source` and `category` (a canonical code; the source's
 * own code is looked up) are needed; village or grid (the bundle's first village), at (a day or
 * RFC 3339), key ("1", "2" ...), urgency (1..4), state (a canonical word, REPORTED), holder (any
 * name: equal names are one person), names (source/key of another report: certain evidence),
 * claims_lead; fields: {name: value} are the record's own and go before all of that.
 * expect: lead (role, role:unit, or nobody), rule, assists, informs, first_contact, matters (how
 * many there are, 1), overlaps (kind:state; none if absent), dead (why a report is a dead letter)
 * or the word nothing: no matter at all. What is left out is not looked at, but for overlaps and
 * matters. */
#ifndef CODEC_POLICY_TEST_H
#define CODEC_POLICY_TEST_H

#include "codec/policy_load.h"

struct gb_policy_test {
    uint32_t cases, failed;
    uint32_t rows, rows_hit; /* of the duty list */
    struct gb_mistakes wrong; /* a line each failing case and each mistake: file:line:col */
    struct gb_mistakes unhit; /* a line each row that no case hit */
};

/* Runs all cases of all such files; files as the folder holds them. gb_policy_test_close is due. */
void gb_policy_test_run(const struct gb_policy *policy, const struct gb_files *files,
                        struct gb_policy_test *test);
void gb_policy_test_close(struct gb_policy_test *test);

#endif
