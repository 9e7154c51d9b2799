/* See the header. */
#include "core/considered.h"

#include "base/check.h"

struct gb_str gb_considered_word(enum gb_considered_as as)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_CONSIDERED_LIST(X)
#undef X
    };

    GB_CHECK(as < GB_CONSIDERED_COUNT);
    return gb_str_of(words[as]);
}

struct looking {
    const struct gb_policy *policy;
    const struct gb_duty_query *query;
    struct gb_considered *out;
    uint32_t count, size;
};

static void add(struct looking *l, const struct gb_duty *duty, enum gb_considered_as as)
{
    if (l->count < l->size) {
        l->out[l->count++] = (struct gb_considered){duty, as};
    }
}

static bool covers(const struct gb_duty_scope *scope, const struct gb_duty_query *query)
{
    struct gb_str place = gb_str_is(query->place) ? query->place : GB_STR("");

    return gb_duty_covers(scope->category, query->category) &&
           (gb_str_eq(scope->territory, GB_STR("*")) ||
            (scope->territory.len <= place.len &&
             memcmp(scope->territory.ptr, place.ptr, scope->territory.len) == 0));
}

/* The scope by which the row stands best for the matter; NULL if none covers it. */
static const struct gb_duty_scope *scope_of(const struct looking *l,
                                            const struct gb_duty_index *index,
                                            const struct gb_duty *duty)
{
    const struct gb_duty_scope *best = NULL;

    for (uint32_t i = 0; i < index->scopes_count; i++) {
        const struct gb_duty_scope *scope = &index->scopes[i];

        if (&l->policy->duties[scope->duty] != duty || !covers(scope, l->query)) {
            continue;
        }
        if (best == NULL || gb_duty_place_order(&(struct gb_duty_place){scope, duty},
                                                &(struct gb_duty_place){best, duty}) < 0) {
            best = scope;
        }
    }
    return best;
}

/* Order of two rows that fit: by their best scopes, then by the list. */
static int order_of(const struct looking *l, const struct gb_duty *a, const struct gb_duty *b)
{
    const struct gb_duty_index *index = &l->policy->deciding;
    int order = gb_duty_place_order(&(struct gb_duty_place){scope_of(l, index, a), a},
                                    &(struct gb_duty_place){scope_of(l, index, b), b});

    return order != 0 ? order : (a > b) - (a < b);
}

/* The first step of the hit policy at which loser stands behind winner. */
static enum gb_considered_as why_lost(const struct looking *l, const struct gb_duty *winner,
                                      const struct gb_duty *loser)
{
    const struct gb_duty_scope *w = scope_of(l, &l->policy->deciding, winner);
    const struct gb_duty_scope *s = scope_of(l, &l->policy->deciding, loser);
    const struct gb_duty_scope same_category = {w->category, s->territory, s->duty};

    if (gb_duty_place_order(&(struct gb_duty_place){w, winner},
                            &(struct gb_duty_place){s, winner}) != 0) {
        return gb_duty_place_order(&(struct gb_duty_place){s, winner},
                                   &(struct gb_duty_place){&same_category, winner}) != 0
                   ? GB_CONSIDERED_LOST_CATEGORY
                   : GB_CONSIDERED_LOST_TERRITORY;
    }
    if (winner->has_network != loser->has_network) {
        return GB_CONSIDERED_LOST_NETWORK;
    }
    if (winner->has_role != loser->has_role) {
        return GB_CONSIDERED_LOST_ROLE;
    }
    if (winner->has_urgency != loser->has_urgency) {
        return GB_CONSIDERED_LOST_URGENCY;
    }
    return winner->priority != loser->priority ? GB_CONSIDERED_LOST_PRIORITY
                                               : GB_CONSIDERED_LOST_ORDER;
}

static enum gb_considered_as why_unfit(const struct gb_duty *duty,
                                       const struct gb_duty_query *query)
{
    struct gb_duty_query other = *query;

    if (query->at < duty->valid_from) {
        return GB_CONSIDERED_NOT_YET;
    }
    if (query->at >= duty->valid_until) {
        return GB_CONSIDERED_EXPIRED;
    }
    other.urgency = 0;
    while (other.urgency < GB_URGENCY_COUNT && (duty->urgencies >> other.urgency & 1U) == 0) {
        other.urgency++;
    }
    return gb_duty_fits(duty, &other) ? GB_CONSIDERED_OTHER_URGENCY : GB_CONSIDERED_OTHER_FIRST;
}

/* Rows that fit beside the one that decides, the next best first. */
static void add_losers(struct looking *l, const struct gb_duty *winner)
{
    uint32_t from = l->count;

    for (uint32_t i = 0; i < l->policy->duties_count; i++) {
        const struct gb_duty *duty = &l->policy->duties[i];
        uint32_t at = l->count;

        if (duty == winner || !gb_duty_fits(duty, l->query) ||
            scope_of(l, &l->policy->deciding, duty) == NULL) {
            continue;
        }
        add(l, duty, why_lost(l, winner, duty));
        for (; at > from && at < l->count && order_of(l, duty, l->out[at - 1].duty) < 0; at--) {
            struct gb_considered moved = l->out[at];

            l->out[at] = l->out[at - 1];
            l->out[at - 1] = moved;
        }
    }
}

static void add_unfit(struct looking *l)
{
    for (uint32_t i = 0; i < l->policy->duties_count; i++) {
        const struct gb_duty *duty = &l->policy->duties[i];

        if (!gb_duty_fits(duty, l->query) &&
            scope_of(l, &l->policy->deciding, duty) != NULL) {
            add(l, duty, why_unfit(duty, l->query));
        }
    }
}

static void add_forbidding(struct looking *l)
{
    for (uint32_t i = 0; i < l->policy->duties_count; i++) {
        const struct gb_duty *duty = &l->policy->duties[i];

        if (gb_duty_fits(duty, l->query) && gb_duty_forbids(duty) &&
            scope_of(l, &l->policy->forbidding, duty) != NULL) {
            add(l, duty, GB_CONSIDERED_FORBIDS);
        }
    }
}

uint32_t gb_consider(const struct gb_policy *policy, const struct gb_duty_query *query,
                     struct gb_considered *out, uint32_t size)
{
    struct looking l = {.policy = policy, .query = query, .out = out, .size = size};
    const struct gb_duty *winner = gb_policy_duty(policy, query);

    if (winner != NULL) {
        add(&l, winner, GB_CONSIDERED_DECIDES);
        add_losers(&l, winner);
    } else if (policy->fallback != NULL) {
        add(&l, policy->fallback, GB_CONSIDERED_FALLBACK);
    }
    add_unfit(&l);
    add_forbidding(&l);
    return l.count;
}
