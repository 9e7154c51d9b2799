/* See the header. */
#include "codec/duty_counter.h"

#include <stdio.h>

#define MATTER_LEN_MAX 400U

/* A day of China's calendar (UTC+8): days to a date after Howard Hinnant's civil_from_days. */
static void write_day(int64_t ms, char *out, size_t size)
{
    int64_t days = (ms + 8 * INT64_C(3600000)) / 86400000 + 719468;
    int64_t era = days / 146097;
    int64_t of_era = days - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t day = of_year - (153 * month + 2) / 5 + 1;

    month = month < 10 ? month + 3 : month - 9;
    (void)snprintf(out, size, "%lld-%02lld-%02lld",
                   (long long)(years + era * 400 + (month <= 2 ? 1 : 0)), (long long)month,
                   (long long)day);
}

/* "a matter of MS02 at 320312111201, first reported by party_building, urgency 3, on ..." */
static const char *write_matter(const struct gb_policy *policy, const struct gb_duty_query *query,
                                char *out)
{
    char day[32];
    char urgency[32] = "";

    write_day(query->at, day, sizeof(day));
    if (query->urgency > 0) {
        (void)snprintf(urgency, sizeof(urgency), ", urgency %u", query->urgency);
    }
    (void)snprintf(out, MATTER_LEN_MAX,
                   "a matter of %.*s at %.*s, first reported by %.*s%s, on %s",
                   GB_STR_ARG(query->category), GB_STR_ARG(query->place),
                   GB_STR_ARG(policy->sources[query->source].source), urgency, day);
    return out;
}

static struct gb_yaml place_of(const struct gb_duty *row)
{
    return (struct gb_yaml){.file = row->file, .line = row->line, .col = row->col};
}

static struct gb_yaml top(void)
{
    return (struct gb_yaml){.file = GB_STR("duties.yaml"), .line = 1, .col = 1};
}

void gb_counter_gap(const struct gb_policy *policy, struct gb_mistakes *to,
                    const struct gb_duty_query *query)
{
    struct gb_yaml at = top();
    char matter[MATTER_LEN_MAX];

    gb_yaml_mistake(to, &at, "gap: nobody leads %s%s", write_matter(policy, query, matter),
                    policy->fallback != NULL         ? " (falls to the territorial body)"
                    : policy->is_unlisted_declared   ? " (waits for the command centre)"
                                                     : "; add a row, or say unlisted:");
}

void gb_counter_more(struct gb_mistakes *to, uint32_t count)
{
    struct gb_yaml at = top();

    gb_yaml_mistake(to, &at, "gap: the same in %u more categories", count);
}

void gb_counter_tie(const struct gb_policy *policy, struct gb_mistakes *to,
                    const struct gb_counter_pair *pair, const struct gb_duty_query *query)
{
    struct gb_yaml at = place_of(pair->other);
    char matter[MATTER_LEN_MAX];

    gb_yaml_mistake(to, &at,
                    "overlap: row %.*s and row %.*s (%.*s:%u) name different leads for %s; "
                    "narrow one of them or give it a priority",
                    GB_STR_ARG(pair->other->id), GB_STR_ARG(pair->row->id),
                    GB_STR_ARG(pair->row->file), pair->row->line,
                    write_matter(policy, query, matter));
}

void gb_counter_ban(const struct gb_policy *policy, struct gb_mistakes *to,
                    const struct gb_counter_pair *pair, const struct gb_duty_query *query)
{
    struct gb_yaml at = place_of(pair->row);
    char matter[MATTER_LEN_MAX];

    gb_yaml_mistake(to, &at,
                    "contradiction: row %.*s gives the lead to a role that row %.*s (%.*s:%u) "
                    "forbids, for %s",
                    GB_STR_ARG(pair->row->id), GB_STR_ARG(pair->other->id),
                    GB_STR_ARG(pair->other->file), pair->other->line,
                    write_matter(policy, query, matter));
}

void gb_counter_shadowed(const struct gb_policy *policy, struct gb_mistakes *to,
                         const struct gb_duty *row, const struct gb_duty_query *query)
{
    const struct gb_duty *winner = gb_policy_duty(policy, query);
    struct gb_yaml at = place_of(row);
    char matter[MATTER_LEN_MAX];

    gb_yaml_mistake(to, &at, "shadowed: row %.*s never decides; %s goes to row %.*s (%.*s:%u)",
                    GB_STR_ARG(row->id), write_matter(policy, query, matter),
                    GB_STR_ARG(winner != NULL ? winner->id : GB_STR("?")),
                    GB_STR_ARG(winner != NULL ? winner->file : GB_STR("?")),
                    winner != NULL ? winner->line : 0);
}

void gb_counter_never(struct gb_mistakes *to, const struct gb_duty *row)
{
    struct gb_yaml at = place_of(row);

    gb_yaml_mistake(to, &at,
                    "row %.*s applies to no matter: no category, place, source and day of the "
                    "list's validity fit it",
                    GB_STR_ARG(row->id));
}

void gb_counter_expired(struct gb_mistakes *to, const struct gb_duty *row)
{
    struct gb_yaml at = place_of(row);
    char day[32];

    write_day(row->valid_until, day, sizeof(day));
    gb_yaml_mistake(to, &at, "expired: row %.*s was valid until %s", GB_STR_ARG(row->id), day);
}
