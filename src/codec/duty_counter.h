/* The words of a duty list's proof: each finding with a matter as counter-example, in the form
 * file:line:col of the row that should be mended. */
#ifndef CODEC_DUTY_COUNTER_H
#define CODEC_DUTY_COUNTER_H

#include "codec/yaml.h"
#include "core/policy.h"

/* The row that is at fault and the one that it meets. */
struct gb_counter_pair {
    const struct gb_duty *row, *other;
};

/* Nobody leads this matter. */
void gb_counter_gap(const struct gb_policy *policy, struct gb_mistakes *to,
                    const struct gb_duty_query *query);
/* As many more categories have gaps. */
void gb_counter_more(struct gb_mistakes *to, uint32_t count);
/* Only the order in the file decides between row (earlier) and other. */
void gb_counter_tie(const struct gb_policy *policy, struct gb_mistakes *to,
                    const struct gb_counter_pair *pair, const struct gb_duty_query *query);
/* row gives the lead to a role that other forbids. */
void gb_counter_ban(const struct gb_policy *policy, struct gb_mistakes *to,
                    const struct gb_counter_pair *pair, const struct gb_duty_query *query);
/* Other rows always stand before it, as for this matter. */
void gb_counter_shadowed(const struct gb_policy *policy, struct gb_mistakes *to,
                         const struct gb_duty *row, const struct gb_duty_query *query);
void gb_counter_never(struct gb_mistakes *to, const struct gb_duty *row);
void gb_counter_expired(struct gb_mistakes *to, const struct gb_duty *row);

#endif
