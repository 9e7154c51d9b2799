/* Marks of when reports came in, were taken on and were over: what statistics are added up from. */
#include "core/stats.h"

#include "base/jsonw.h"
#include "core/calendar.h"
#include "core/day.h"
#include "core/state.h"

/* A time before the lane had one. */
#define BEFORE_TICKS ((int64_t)1)
#define WEEK_DAYS 7
#define MONDAY 3 /* 1970-01-01 was a Thursday */

int64_t gb_stats_week(int64_t ms)
{
    int64_t day = (int64_t)gb_calendar_day(ms) + MONDAY;

    return day / WEEK_DAYS - (day % WEEK_DAYS < 0);
}

int64_t gb_stats_week_begin(int64_t week)
{
    return (week * WEEK_DAYS - MONDAY) * GB_DAY_MS - (int64_t)8 * 3600000;
}

/* ---- reports ---- */

/* Who is out of a matter has not taken it on. */
static bool is_accepted(enum gb_state state)
{
    return gb_state_is_accepted(state) && (gb_state_extent(state) == 0 || gb_state_is_done(state));
}

struct gb_report_was gb_stats_was(const struct gb_observation *o)
{
    return (struct gb_report_was){
        .is_new = o->is_deleted,
        .is_accepted = !o->is_deleted && is_accepted(o->image.state),
        .is_over = !o->is_deleted && gb_state_extent(o->image.state) > 0};
}

static int64_t now(const struct gb_core *core)
{
    return core->clock > 0 ? core->clock : BEFORE_TICKS;
}

/* When the source says that its row became what it is; it cannot be later than now. */
static int64_t time_of(const struct gb_core *core, const struct gb_image *image)
{
    int64_t at = image->has_updated ? image->updated_at : now(core);

    if (core->clock > 0 && at > core->clock) {
        at = core->clock;
    }
    return at > BEFORE_TICKS ? at : BEFORE_TICKS;
}

void gb_stats_report(struct gb_core *core, struct gb_observation *o, struct gb_report_was was)
{
    struct gb_report_marks *marks = &o->marks;
    bool is_over = gb_state_extent(o->image.state) > 0;

    if (!is_over) {
        marks->over_at = 0;
    }
    if (core->rec->bootstrap) {
        return;
    }
    if (was.is_new && marks->came_at == 0) {
        marks->came_at = now(core);
    }
    if (is_accepted(o->image.state) && !was.is_accepted && marks->accepted_at == 0) {
        marks->accepted_at = time_of(core, &o->image);
    }
    if (is_over && !was.is_over) {
        marks->over_at = time_of(core, &o->image);
    }
}

void gb_stats_report_render(struct gb_jsonw *w, const struct gb_observation *o)
{
    const struct gb_report_marks *marks = &o->marks;

    if (marks->came_at == 0 && marks->accepted_at == 0 && marks->over_at == 0) {
        return;
    }
    gb_jsonw_key(w, GB_STR("stats"));
    gb_jsonw_array(w);
    gb_jsonw_int(w, marks->came_at);
    gb_jsonw_int(w, marks->accepted_at);
    gb_jsonw_int(w, marks->over_at);
    gb_jsonw_end(w);
}

/* Reads a row's member "stats", a list of as many numbers as at points to. */
static void load_marks(const struct gb_value *row, int64_t *const *at, uint32_t count)
{
    const struct gb_value *list = gb_value_get(row, GB_STR("stats"));

    for (uint32_t i = 0; i < count; i++) {
        bool is_there = list != NULL && list->type == GB_ARRAY && i < list->count &&
                        list->items[i].type == GB_INT;

        *at[i] = is_there ? list->items[i].number : 0;
    }
}

void gb_stats_report_load(struct gb_observation *o, const struct gb_value *row)
{
    int64_t *const at[] = {&o->marks.came_at, &o->marks.accepted_at, &o->marks.over_at};

    load_marks(row, at, GB_COUNT(at));
}

/* ---- matters ---- */

/* True if a body took it on and, where a first load says that one had done so, nothing is known of
 * when. */
static bool is_taken_on(const struct gb_matter *matter)
{
    bool is_any = false;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        if (is_accepted(o->image.state) && o->marks.accepted_at == 0) {
            return false;
        }
        is_any = is_any || o->marks.accepted_at > 0;
    }
    return is_any;
}

static bool is_handled(const struct gb_matter *matter)
{
    bool is_done = false;
    bool is_seen = false;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        is_done = is_done || gb_state_is_done(o->image.state);
        is_seen = is_seen || o->marks.over_at > 0;
    }
    return is_done && is_seen && gb_matter_is_over(matter);
}

static void use_up(struct gb_core *core, struct gb_matter *matter)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        struct gb_observation *o = matter->reports[i];

        if (o->marks.came_at > 0) {
            o->marks.came_at = GB_STATS_USED;
            gb_object_touch(core, &o->head);
        }
    }
    if (matter->marks.accepted_seen > 0) {
        matter->marks.accepted_seen = GB_STATS_USED;
        gb_object_touch(core, &matter->head);
    }
    if (matter->marks.over_seen > 0) {
        matter->marks.over_seen = GB_STATS_USED;
        gb_object_touch(core, &matter->head);
    }
}

void gb_stats_leave(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_stat_items items;
    bool is_any = false;

    gb_stats_of_matter(core, matter, &items);
    for (uint32_t i = 0; i < items.count; i++) {
        is_any = is_any ||
                 !gb_stats_is_told(core, gb_stats_town(items.place), items.items[i].week);
    }
    if (is_any) {
        gb_stats_put(core, &items);
        use_up(core, matter);
    }
}

void gb_stats_matter(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_matter_marks *marks = &matter->marks;

    if (marks->accepted_seen == 0 && is_taken_on(matter)) {
        marks->accepted_seen = now(core);
        gb_object_touch(core, &matter->head);
    }
    if (!is_handled(matter)) {
        if (marks->over_seen != 0) {
            marks->over_seen = 0;
            gb_object_touch(core, &matter->head);
        }
    } else if (marks->over_seen == 0) {
        marks->over_seen = now(core);
        gb_object_touch(core, &matter->head);
    }
    if (matter->live_until < core->clock) {
        gb_stats_leave(core, matter);
    }
}

void gb_stats_matter_render(struct gb_jsonw *w, const struct gb_matter *matter)
{
    const struct gb_matter_marks *marks = &matter->marks;

    if (marks->accepted_seen != 0 || marks->over_seen != 0) {
        gb_jsonw_key(w, GB_STR("stats"));
        gb_jsonw_array(w);
        gb_jsonw_int(w, marks->accepted_seen);
        gb_jsonw_int(w, marks->over_seen);
        gb_jsonw_end(w);
    }
}

void gb_stats_matter_load(struct gb_matter *matter, const struct gb_value *row)
{
    int64_t *const at[] = {&matter->marks.accepted_seen, &matter->marks.over_seen};

    load_marks(row, at, GB_COUNT(at));
}

/* ---- the first tick ---- */

static bool date(struct gb_core *core, int64_t *at)
{
    if (*at != BEFORE_TICKS) {
        return false;
    }
    *at = core->clock;
    return true;
}

static void date_report(void *value, void *context)
{
    struct gb_observation *o = value;
    struct gb_core *core = context;
    bool is_any = date(core, &o->marks.came_at);

    is_any = date(core, &o->marks.accepted_at) || is_any;
    is_any = date(core, &o->marks.over_at) || is_any;
    if (is_any) {
        gb_object_touch(core, &o->head);
    }
}

static void date_matter(void *value, void *context)
{
    struct gb_matter *matter = value;
    struct gb_core *core = context;
    bool is_any = date(core, &matter->marks.accepted_seen);

    is_any = date(core, &matter->marks.over_seen) || is_any;
    if (is_any) {
        gb_object_touch(core, &matter->head);
    }
}

void gb_stats_date(struct gb_core *core)
{
    gb_map_each(&core->observations, date_report, core);
    gb_map_each(&core->matters, date_matter, core);
}
