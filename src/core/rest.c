/* See the header. */
#include "core/rest.h"

#include "base/jsonw.h"
#include "core/state.h"

void gb_rest_note(struct gb_core *core, struct gb_observation *o)
{
    struct gb_rest *rest = &o->rest;
    bool is_suspended = o->image.state == GB_STATE_SUSPENDED;

    if (is_suspended && rest->since == 0) {
        rest->since = core->clock;
    } else if (!is_suspended && rest->since > 0) {
        rest->ms += core->clock - rest->since;
        rest->minutes +=
            gb_calendar_minutes(&core->policy->calendar, rest->since, core->clock);
        rest->since = 0;
    }
}

static bool is_at_work(const struct gb_observation *o)
{
    return gb_state_extent(o->image.state) == 0;
}

bool gb_rest_is(const struct gb_matter *matter)
{
    bool is_any = false;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        if (is_at_work(o) && o->image.state != GB_STATE_SUSPENDED) {
            return false;
        }
        is_any = is_any || is_at_work(o);
    }
    return is_any;
}

/* The least of those that are at work; of all, where none is any more. */
static struct gb_rest rest_of(const struct gb_matter *matter)
{
    struct gb_rest least = {0, INT64_MAX, INT64_MAX};
    bool is_over = gb_matter_is_over(matter);

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_rest *rest = &matter->reports[i]->rest;

        if (is_over || is_at_work(matter->reports[i])) {
            least.ms = rest->ms < least.ms ? rest->ms : least.ms;
            least.minutes = rest->minutes < least.minutes ? rest->minutes : least.minutes;
        }
    }
    return least;
}

int64_t gb_rest_move(const struct gb_core *core, const struct gb_matter *matter,
                     struct gb_limit limit, int64_t at)
{
    struct gb_rest rest = rest_of(matter);
    const struct gb_limit office = {GB_LIMIT_WORK_MINUTES, rest.minutes};

    if (at == INT64_MAX || matter->count == 0) {
        return at;
    }
    switch (limit.kind) {
    case GB_LIMIT_TIME:
    case GB_LIMIT_SAME_DAY:
        return at + rest.ms;
    case GB_LIMIT_WORK_MINUTES:
    case GB_LIMIT_WORK_DAYS:
        return rest.minutes > 0 ? gb_limit_end(&core->policy->calendar, office, at) : at;
    case GB_LIMIT_NONE:
        break;
    }
    return at;
}

void gb_rest_render(struct gb_jsonw *w, const struct gb_observation *o)
{
    const struct gb_rest *rest = &o->rest;

    if (rest->since == 0 && rest->ms == 0) {
        return;
    }
    gb_jsonw_key(w, GB_STR("rest"));
    gb_jsonw_object(w);
    gb_jsonw_key_int(w, GB_STR("minutes"), rest->minutes);
    gb_jsonw_key_int(w, GB_STR("ms"), rest->ms);
    gb_jsonw_key_int(w, GB_STR("since"), rest->since);
    gb_jsonw_end(w);
}

void gb_rest_load(struct gb_observation *o, const struct gb_value *row)
{
    const struct gb_value *rest = gb_value_get(row, GB_STR("rest"));

    o->rest = (struct gb_rest){.since = gb_value_int(rest, GB_STR("since"), 0),
                               .ms = gb_value_int(rest, GB_STR("ms"), 0),
                               .minutes = gb_value_int(rest, GB_STR("minutes"), 0)};
}
