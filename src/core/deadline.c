/* See the header. */
#include "core/deadline.h"

#include "core/duty.h"

/* Length of what the pattern fixes; an exact code counts above any pattern. */
static int64_t rank_of(const struct gb_deadline *row, struct gb_str category)
{
    bool is_exact = gb_str_eq(row->category, category);

    return (is_exact ? INT64_C(1000) : (int64_t)row->category.len) * 2 + (row->has_urgency ? 1 : 0);
}

const struct gb_deadline *gb_deadline_find(const struct gb_deadline *rows, uint32_t count,
                                           struct gb_str category, uint32_t urgency)
{
    const struct gb_deadline *best = NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (!gb_duty_covers(rows[i].category, category) ||
            (rows[i].urgencies >> urgency & 1U) == 0) {
            continue;
        }
        if (best == NULL || rank_of(&rows[i], category) > rank_of(best, category)) {
            best = &rows[i];
        }
    }
    return best;
}
