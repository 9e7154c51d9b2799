/* What a bundle answers: binary searches in its sorted tables, and the choice of a duty row. */
#include "core/policy.h"

#include "base/check.h"

struct gb_str gb_state_word(enum gb_state state)
{
    static const struct gb_str words[] = {
#define X(name) {#name, sizeof(#name) - 1},
        GB_STATE_LIST(X)
#undef X
    };

    GB_CHECK(state < GB_STATE_COUNT);
    return words[state];
}

enum gb_state gb_state_of(struct gb_str word)
{
    enum gb_state state = (enum gb_state)0;

    while (state < GB_STATE_COUNT && !gb_str_eq(gb_state_word(state), word)) {
        state++;
    }
    return state;
}

bool gb_state_is_done(enum gb_state state)
{
    return state == GB_STATE_HANDLED || state == GB_STATE_VERIFIED || state == GB_STATE_CLOSED;
}

bool gb_state_is_closed(enum gb_state state)
{
    return state == GB_STATE_CLOSED || state == GB_STATE_VOID || state == GB_STATE_WITHDRAWN ||
           state == GB_STATE_MERGED;
}

int gb_state_extent(enum gb_state state)
{
    if (gb_state_is_done(state)) {
        return state == GB_STATE_HANDLED ? 1 : state == GB_STATE_VERIFIED ? 2 : 3;
    }
    return gb_state_is_closed(state) ? 4 : 0;
}

bool gb_state_is_accepted(enum gb_state state)
{
    return state != GB_STATE_REPORTED && state != GB_STATE_TRIAGED &&
           state != GB_STATE_DISPATCHED && state != GB_STATE_RETURNED &&
           state != GB_STATE_TRANSFERRED && state != GB_STATE_ESCALATED;
}

/* Compares a wanted key of up to three parts with a row's. */
static int order_of(const struct gb_str *wanted, const struct gb_str *row, uint32_t parts)
{
    int order = 0;

    for (uint32_t i = 0; i < parts && order == 0; i++) {
        order = gb_str_cmp(wanted[i], row[i]);
    }
    return order;
}

static int order_of_crosswalk(const void *row, const struct gb_str *wanted)
{
    const struct gb_crosswalk *r = row;

    return order_of(wanted, (const struct gb_str[]){r->source, r->field, r->code}, 3);
}

static int order_of_state(const void *row, const struct gb_str *wanted)
{
    const struct gb_state_row *r = row;

    return order_of(wanted, (const struct gb_str[]){r->source, r->entity, r->code}, 3);
}

/* The others have their key as first member. */
static int order_of_first(const void *row, const struct gb_str *wanted)
{
    return gb_str_cmp(wanted[0], *(const struct gb_str *)row);
}

struct table {
    const void *rows;
    uint32_t count;
    size_t row_len;
    int (*order)(const void *row, const struct gb_str *wanted);
};

static const void *row_at(const struct table *table, uint32_t index)
{
    return (const char *)table->rows + index * table->row_len;
}

/* Index of the first row that is not below wanted; count if there is none. */
static uint32_t lower_bound(const struct table *table, const struct gb_str *wanted)
{
    uint32_t low = 0;
    uint32_t high = table->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (table->order(row_at(table, middle), wanted) > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const void *find(const struct table *table, const struct gb_str *wanted)
{
    uint32_t at = lower_bound(table, wanted);

    if (at == table->count || table->order(row_at(table, at), wanted) != 0) {
        return NULL;
    }
    return row_at(table, at);
}

#define FIND_FIRST(table_rows, table_count, wanted)                                                \
    find(&(struct table){(table_rows), (table_count), sizeof((table_rows)[0]), order_of_first},    \
         &(wanted))

struct gb_str gb_policy_canonical(const struct gb_policy *policy, struct gb_str source,
                                  struct gb_str field, struct gb_str code, int64_t at)
{
    struct table table = {policy->crosswalk, policy->crosswalk_count, sizeof(struct gb_crosswalk),
                          order_of_crosswalk};
    struct gb_str wanted[] = {source, field, code};

    for (uint32_t i = lower_bound(&table, wanted); i < table.count; i++) {
        const struct gb_crosswalk *row = &policy->crosswalk[i];

        if (order_of_crosswalk(row, wanted) != 0) {
            break;
        }
        if (row->valid_from <= at && at < row->valid_until) {
            return row->canonical;
        }
    }
    return GB_STR_NONE;
}

struct gb_str gb_policy_raw(const struct gb_policy *policy, struct gb_str source,
                            struct gb_str field, struct gb_str canonical, int64_t at)
{
    struct gb_str code = GB_STR_NONE;

    for (uint32_t i = 0; i < policy->crosswalk_count; i++) {
        const struct gb_crosswalk *row = &policy->crosswalk[i];

        if (gb_str_eq(row->source, source) && gb_str_eq(row->field, field) &&
            gb_str_eq(row->canonical, canonical) && row->valid_from <= at &&
            at < row->valid_until) {
            if (gb_str_is(code)) {
                return GB_STR_NONE;
            }
            code = row->code;
        }
    }
    return code;
}

bool gb_policy_state(const struct gb_policy *policy, struct gb_str source, struct gb_str entity,
                     struct gb_str code, enum gb_state *state)
{
    const struct gb_state_row *row =
        find(&(struct table){policy->states, policy->states_count, sizeof(struct gb_state_row),
                             order_of_state},
             (const struct gb_str[]){source, entity, code});

    if (row == NULL) {
        return false;
    }
    *state = row->state;
    return true;
}

const struct gb_authority *gb_policy_authority(const struct gb_policy *policy,
                                               struct gb_str field)
{
    return FIND_FIRST(policy->authority, policy->authority_count, field);
}

const struct gb_holder *gb_policy_holder(const struct gb_policy *policy, struct gb_str id_hash)
{
    return FIND_FIRST(policy->holders, policy->holders_count, id_hash);
}

const struct gb_source_row *gb_policy_source(const struct gb_policy *policy,
                                             struct gb_str source)
{
    return FIND_FIRST(policy->sources, policy->sources_count, source);
}

const struct gb_category *gb_policy_category(const struct gb_policy *policy, struct gb_str code)
{
    return FIND_FIRST(policy->categories, policy->categories_count, code);
}

bool gb_policy_has_place(const struct gb_policy *policy, struct gb_str code)
{
    return FIND_FIRST(policy->places, policy->places_count, code) != NULL;
}

const struct gb_unit *gb_policy_unit(const struct gb_policy *policy, struct gb_str code)
{
    return FIND_FIRST(policy->units, policy->units_count, code);
}

uint32_t gb_policy_source_index(const struct gb_policy *policy, struct gb_str source)
{
    const struct gb_source_row *row = gb_policy_source(policy, source);

    return row != NULL ? (uint32_t)(row - policy->sources) : GB_SOURCES_MAX;
}

const struct gb_duty *gb_policy_duty(const struct gb_policy *policy,
                                     const struct gb_duty_query *query)
{
    if (query->at < policy->list_from || query->at >= policy->list_until) {
        return NULL;
    }
    return gb_duty_find(&policy->deciding, policy->duties, query);
}

const struct gb_duty *gb_policy_forbidding(const struct gb_policy *policy,
                                           const struct gb_duty_query *query, enum gb_role role)
{
    return gb_duty_find_forbidding(&policy->forbidding, policy->duties, query, role);
}

bool gb_policy_needs_two(const struct gb_policy *policy, enum gb_decision_kind kind)
{
    return (policy->four_eyes >> kind & 1U) != 0;
}
