/* What a matter, and a day's visits, count: in which group and week, as they stand. */
#include "core/calendar.h"
#include "core/day.h"
#include "core/node.h"
#include "core/pair.h"
#include "core/stats.h"

/* Later limits are no dates: year 10000. */
#define TIME_MAX INT64_C(253402300800000)
#define VILLAGE_LEN 12U
#define GRID_LEN 15U

struct bucket {
    const char *word;
    int64_t most;
};

static const struct bucket responses[] = {
#define X(word, ms) {word, ms},
    GB_RESPONSE_LIST(X)
#undef X
};

static const struct bucket handlings[] = {
#define X(word, ms) {word, ms},
    GB_HANDLING_LIST(X)
#undef X
};

static struct gb_str bucket_of(const struct bucket *buckets, int64_t ms)
{
    size_t at = 0;

    while (ms > buckets[at].most) { /* the last one takes all */
        at++;
    }
    return gb_str_of(buckets[at].word);
}

struct gb_str gb_stats_unquoted(struct gb_str json)
{
    return json.len >= 2 ? (struct gb_str){json.ptr + 1, json.len - 2} : GB_STR_NONE;
}

static bool begins_with(struct gb_str text, struct gb_str with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

/* A grid counts in its own village only: elsewhere it is somebody's mistake. */
struct gb_str gb_stats_place_of(struct gb_str grid, struct gb_str village)
{
    if (village.len == VILLAGE_LEN && grid.len >= GRID_LEN && begins_with(grid, village)) {
        return (struct gb_str){grid.ptr, GRID_LEN};
    }
    return village;
}

struct gb_str gb_stats_place(const struct gb_matter *matter)
{
    return gb_stats_place_of(gb_stats_unquoted(matter->fields.json[GB_FIELD_AT_GRID]),
                    gb_stats_unquoted(matter->fields.json[GB_FIELD_AT_VILLAGE]));
}

struct gb_str gb_stats_category(const struct gb_matter *matter)
{
    struct gb_str code = gb_stats_unquoted(matter->fields.json[GB_FIELD_AT_CATEGORY]);

    return code.len > 2 ? (struct gb_str){code.ptr, 2} : code;
}

/* The week of what happened at a time and was seen at the lane's clock. */
static int64_t week_of(int64_t at, int64_t seen)
{
    int64_t least = seen - GB_STATS_SETTLE_MS;

    return gb_stats_week(at < least ? least : at > seen ? seen : at);
}

static void add(struct gb_stat_items *items, enum gb_stat stat, struct gb_str part, int64_t week)
{
    GB_CHECK(items->count < GB_STAT_ITEMS_MAX);
    items->items[items->count++] =
        (struct gb_stat_item){.stat = stat, .part = part, .week = week, .count = 1};
}

/* ---- what came in ---- */

/* The rule in the published lead: quotes within its texts are escaped. */
static struct gb_str rule_of(const struct gb_matter *matter)
{
    static const char word[] = "\"rule\":\"";
    struct gb_str lead = matter->fields.json[GB_FIELD_AT_LEAD];
    const char *at = gb_str_is(lead) ? memmem(lead.ptr, lead.len, word, sizeof(word) - 1) : NULL;
    const char *end;

    if (at == NULL) {
        return GB_STR("none");
    }
    at += sizeof(word) - 1;
    end = memchr(at, '"', (size_t)(lead.ptr + lead.len - at));
    GB_CHECK(end != NULL);
    return (struct gb_str){at, (size_t)(end - at)};
}

/* It came in live, and somebody typed it. */
static bool is_counted(const struct gb_observation *o)
{
    return o->marks.came_at > 0 && !o->is_made;
}

static void add_reports(const struct gb_core *core, const struct gb_matter *matter,
                        struct gb_stat_items *items)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];
        int64_t week = week_of(o->image.occurred_at, o->marks.came_at);
        enum gb_pair_kind kind;

        if (!is_counted(o)) {
            continue;
        }
        kind = i == 0 ? GB_PAIR_NONE : gb_pair_of_report(core->policy, matter, i);
        add(items, GB_STAT_REPORTS, GB_STR_NONE, week);
        add(items, GB_STAT_ENTRIES, kind == GB_PAIR_NONE ? GB_STR("first") : gb_pair_word(kind),
            week);
        if (kind == GB_PAIR_NONE) {
            add(items, GB_STAT_RULES, rule_of(matter), week);
        }
    }
}

/* ---- what was done ---- */

static int64_t since(const struct gb_matter *matter, int64_t at)
{
    int64_t from = matter->reports[0]->image.occurred_at;

    return at > from ? at - from : 0;
}

static void add_response(const struct gb_matter *matter, struct gb_stat_items *items)
{
    int64_t first = INT64_MAX;
    int64_t week;

    for (uint32_t i = 0; i < matter->count; i++) {
        int64_t at = matter->reports[i]->marks.accepted_at;

        first = at > 0 && at < first ? at : first;
    }
    if (matter->marks.accepted_seen <= 0 || first == INT64_MAX) {
        return;
    }
    week = week_of(first, matter->marks.accepted_seen);
    add(items, GB_STAT_RESPONDED, GB_STR_NONE, week);
    add(items, GB_STAT_RESPONSE, bucket_of(responses, since(matter, first)), week);
}

static bool is_upper(enum gb_role role)
{
    return role == GB_ROLE_COMMAND_CENTRE || role == GB_ROLE_DEPARTMENT;
}

static bool has(struct gb_str json, struct gb_str text)
{
    return gb_str_is(json) && memmem(json.ptr, json.len, text.ptr, text.len) != NULL;
}

/* The body of the territory alone (自办自结). */
static bool is_self_closed(const struct gb_core *core, const struct gb_matter *matter)
{
    struct gb_str lead = matter->fields.json[GB_FIELD_AT_LEAD];

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_source_row *source =
            gb_policy_source(core->policy, matter->reports[i]->source);

        if (source != NULL && is_upper(source->role)) {
            return false;
        }
    }
    return !has(lead, GB_STR("\"decision\":\"")) &&
           !has(lead, GB_STR("\"role\":\"command_centre\"")) &&
           !has(lead, GB_STR("\"role\":\"department\""));
}

/* The last of its bodies was over at; 0: it is not handled, or that is counted already. */
static int64_t handled_at(const struct gb_matter *matter)
{
    int64_t last = 0;

    for (uint32_t i = 0; matter->marks.over_seen > 0 && i < matter->count; i++) {
        int64_t at = matter->reports[i]->marks.over_at;

        last = at > last ? at : last;
    }
    return last;
}

/* The first of its weeks; -1 if none of its reports counts. */
static int64_t first_week(const struct gb_matter *matter)
{
    int64_t first = -1;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        if (is_counted(o)) {
            int64_t week = week_of(o->image.occurred_at, o->marks.came_at);

            first = first < 0 || week < first ? week : first;
        }
    }
    return first;
}

static void add_due(const struct gb_matter *matter, int64_t handled, struct gb_stat_items *items)
{
    int64_t limit = gb_due_at(matter, GB_DUE_HANDLE);
    int64_t first = first_week(matter);
    int64_t passed;
    int64_t week;

    if (limit == INT64_MAX || (handled == 0 && (first < 0 || gb_matter_is_over(matter) ||
                                                gb_rest_is(matter)))) {
        return;
    }
    passed = gb_stats_week(limit < 0 ? 0 : limit > TIME_MAX ? TIME_MAX : limit);
    passed = passed < first ? first : passed;
    week = handled > 0 ? week_of(handled, matter->marks.over_seen) : passed;
    if (handled > 0 && first >= 0 && passed < week) {
        week = passed;
    }
    add(items, GB_STAT_DUE, GB_STR_NONE, week);
    add(items, GB_STAT_TIMELY,
        handled > 0 && handled <= limit ? GB_STR("on_time") : GB_STR("late"), week);
}

static void add_handling(const struct gb_core *core, const struct gb_matter *matter,
                         struct gb_stat_items *items)
{
    int64_t handled = handled_at(matter);
    int64_t week;

    add_due(matter, handled, items);
    if (handled == 0) {
        return;
    }
    week = week_of(handled, matter->marks.over_seen);
    add(items, GB_STAT_HANDLED, GB_STR_NONE, week);
    add(items, GB_STAT_HANDLING, bucket_of(handlings, since(matter, handled)), week);
    add(items, GB_STAT_CLOSED_BY,
        is_self_closed(core, matter) ? GB_STR("self") : GB_STR("others"), week);
}

void gb_stats_of_matter(struct gb_core *core, struct gb_matter *matter,
                        struct gb_stat_items *items)
{
    items->place = gb_stats_place(matter);
    items->category = gb_stats_category(matter);
    items->count = 0;
    if (matter->count == 0 || !gb_str_is(items->place) || !gb_str_is(items->category)) {
        return;
    }
    add_reports(core, matter, items);
    add_response(matter, items);
    add_handling(core, matter, items);
}

/* ---- visits ---- */

struct gb_str gb_stats_field(const struct gb_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->fields.count; i++) {
        if (strcmp(node->fields.items[i].name, name) == 0) {
            return node->fields.items[i].json;
        }
    }
    return GB_STR_NONE;
}

/* The digits at text. */
static int64_t digits(const char *text, const char *end)
{
    int64_t number = 0;

    for (; text < end && *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (*text - '0');
    }
    return number;
}

int64_t gb_stats_number(struct gb_str json)
{
    return gb_str_is(json) ? digits(json.ptr, json.ptr + json.len) : 0;
}

/* {"same_fact":1,...} of a kind. */
static int64_t pairs_of(struct gb_str json, enum gb_pair_kind kind)
{
    struct gb_str word = gb_pair_word(kind);
    const char *at = gb_str_is(json) ? memmem(json.ptr, json.len, word.ptr, word.len) : NULL;

    return at != NULL ? digits(at + word.len + 2, json.ptr + json.len) : 0;
}

void gb_stats_of_visit(const struct gb_node *node, struct gb_stat_items *items)
{
    int64_t seen = node->live_until - GB_DAY_MS - GB_VISIT_KEEP_MS;
    int64_t day = 0;
    struct gb_str pairs = gb_stats_field(node, "duplicates");
    int64_t entries = gb_stats_number(gb_stats_field(node, "entries"));
    int64_t restated = gb_stats_number(gb_stats_field(node, "restated"));
    const struct gb_stat_item all[] = {
        {GB_STAT_VISIT_ENTRIES, GB_STR_NONE, 0, entries},
        {GB_STAT_VISIT_DUPLICATES, GB_STR("restated"), 0, restated},
        {GB_STAT_VISIT_DUPLICATES, GB_STR("same_fact"), 0, pairs_of(pairs, GB_PAIR_SAME_FACT)},
        {GB_STAT_VISIT_DUPLICATES, GB_STR("secondary_entry"), 0,
         pairs_of(pairs, GB_PAIR_SECONDARY)}};

    items->place = gb_stats_place_of(gb_stats_unquoted(gb_stats_field(node, "grid")),
                            gb_stats_unquoted(gb_stats_field(node, "village")));
    items->category = GB_STR("visits");
    items->count = 0;
    if (node->is_loaded || !gb_str_is(items->place) ||
        !gb_day_ms(gb_stats_unquoted(gb_stats_field(node, "day")), &day)) {
        return;
    }
    for (size_t i = 0; i < GB_COUNT(all); i++) {
        if (all[i].count > 0) {
            items->items[items->count] = all[i];
            items->items[items->count++].week = week_of(day + GB_DAY_MS / 2, seen);
        }
    }
}

/* ---- events ---- */

void gb_stats_count(struct gb_core *core, const struct gb_matter *matter, enum gb_stat stat)
{
    struct gb_stat_items items = {.place = gb_stats_place(matter),
                                  .category = gb_stats_category(matter)};

    GB_CHECK(stat == GB_STAT_ENTRIES_SAVED);
    if (gb_str_is(items.place) && gb_str_is(items.category)) {
        add(&items, stat, GB_STR_NONE, gb_stats_week(core->clock));
        gb_stats_put(core, &items);
    }
}
