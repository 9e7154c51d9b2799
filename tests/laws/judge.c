/* What must hold of every matter at every moment, found out by reading the bundle's rows one by one
 * and not by the core's index. */
#include "laws.h"

static struct gb_duty_query query_of(const struct law_run *run, const struct gb_value *matter)
{
    const struct gb_value *first = gb_value_get(matter, GB_STR("first_contact"));
    struct gb_str grid = gb_value_str(matter, GB_STR("grid"));

    return (struct gb_duty_query){
        .category = gb_value_str(matter, GB_STR("category")),
        .place = gb_str_is(grid) ? grid : gb_value_str(matter, GB_STR("village")),
        .source = gb_policy_source_index(run->policy, gb_value_str(first, GB_STR("source"))),
        .urgency = gb_urgency_of(gb_value_str(matter, GB_STR("level"))),
        .at = gb_value_int(matter, GB_STR("occurred_at"), 0)};
}

static bool covers(const struct gb_duty_scope *scope, const struct gb_duty_query *query)
{
    return gb_duty_covers(scope->category, query->category) &&
           (gb_str_eq(scope->territory, GB_STR("*")) ||
            (scope->territory.len <= query->place.len &&
             memcmp(scope->territory.ptr, query->place.ptr, scope->territory.len) == 0));
}

static bool forbids(const struct gb_duty *duty, enum gb_role role)
{
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (duty->parts[i].kind == GB_DUTY_FORBIDDEN && duty->parts[i].post.role == role) {
            return true;
        }
    }
    return false;
}

static bool is_forbidden(const struct law_run *run, const struct gb_duty_query *query,
                         enum gb_role role)
{
    const struct gb_duty_index *index = &run->policy->forbidding;

    for (uint32_t i = 0; i < index->scopes_count; i++) {
        const struct gb_duty *duty = &run->policy->duties[index->scopes[i].duty];

        if (covers(&index->scopes[i], query) && gb_duty_fits(duty, query) &&
            forbids(duty, role)) {
            return true;
        }
    }
    return false;
}

/* The best row that fits declares that nobody leads. */
static bool is_declared(const struct law_run *run, const struct gb_duty_query *query)
{
    const struct gb_duty_index *index = &run->policy->deciding;
    struct gb_duty_place best = {NULL, NULL};

    for (uint32_t i = 0; i < index->scopes_count; i++) {
        const struct gb_duty *duty = &run->policy->duties[index->scopes[i].duty];
        const struct gb_duty_place place = {&index->scopes[i], duty};

        if (covers(place.scope, query) && gb_duty_fits(duty, query) &&
            (best.duty == NULL || gb_duty_place_order(&place, &best) < 0)) {
            best = place;
        }
    }
    return best.duty != NULL && best.duty->no_lead != GB_LEAD_NAMED;
}

static bool is_living(const struct gb_value *matter)
{
    return matter->type == GB_OBJECT && gb_value_get(matter, GB_STR("refs")) != NULL;
}

static const char *told(struct law_run *run, const char *what, const struct gb_value *matter)
{
    return gb_arena_printf(&run->arena, "%s: matter %.*s of %.*s", what,
                           GB_STR_ARG(gb_value_str(matter, GB_STR("id"))),
                           GB_STR_ARG(gb_value_str(matter, GB_STR("category"))))
        .ptr;
}

const char *law_forbidden_leads(struct law_run *run)
{
    for (uint32_t i = 0; i < run->matters_count; i++) {
        const struct gb_value *matter = &run->matters[i].value;
        const struct gb_value *lead = gb_value_get(matter, GB_STR("lead"));
        struct gb_duty_query query;

        if (!is_living(matter) || lead == NULL) {
            continue;
        }
        query = query_of(run, matter);
        if (is_forbidden(run, &query, gb_role_of(gb_value_str(lead, GB_STR("role"))))) {
            return told(run, "who may not lead leads", matter);
        }
    }
    return NULL;
}

static bool has_open(const struct law_run *run, const struct gb_value *matter,
                     enum gb_overlap_kind kind)
{
    const struct gb_value *overlap =
        law_overlap_of(run, gb_value_str(matter, GB_STR("id")), kind);

    return overlap != NULL &&
           gb_str_eq(gb_value_str(overlap, GB_STR("state")), GB_STR("open"));
}

const char *law_not_one_lead(struct law_run *run)
{
    for (uint32_t i = 0; i < run->matters_count; i++) {
        const struct gb_value *matter = &run->matters[i].value;
        const struct gb_value *lead = gb_value_get(matter, GB_STR("lead"));
        struct gb_duty_query query;
        bool has_lead = gb_role_of(gb_value_str(lead, GB_STR("role"))) < GB_ROLE_COUNT;

        if (!is_living(matter)) {
            continue;
        }
        query = query_of(run, matter);
        if (lead != NULL && !has_lead) {
            return told(run, "a lead without a post", matter);
        }
        if (lead != NULL && has_open(run, matter, GB_OVERLAP_NO_OWNER)) {
            return told(run, "a lead, and an open overlap that there is none", matter);
        }
        if (lead == NULL && !has_open(run, matter, GB_OVERLAP_NO_OWNER) &&
            !is_declared(run, &query)) {
            return told(run, "no lead, no open overlap, no declared exception", matter);
        }
    }
    return NULL;
}
