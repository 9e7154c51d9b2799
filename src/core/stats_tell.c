/* Telling: once a week is over, a town a tick; and what is put into cells before that. */
#include "base/jsonw.h"
#include "core/day.h"
#include "core/stats_survey.h"

static void note_town(struct gb_survey *survey, const struct gb_counted *counted)
{
    struct gb_str town = gb_stats_town(counted->place);

    if (gb_str_cmp(town, survey->core->stats.after) > 0 &&
        (!gb_str_is(survey->next) || gb_str_cmp(town, survey->next) < 0)) {
        survey->next = town;
    }
}

/* ---- tables ---- */

/* Where code stands among the places, or should stand. */
static uint32_t find_place(const struct gb_survey *survey, struct gb_str code)
{
    uint32_t low = 0;
    uint32_t high = survey->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (gb_str_cmp(survey->places[middle].code, code) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void add_place(struct gb_survey *survey, struct gb_str code)
{
    uint32_t at = find_place(survey, code);

    if (at < survey->count && gb_str_eq(survey->places[at].code, code)) {
        return;
    }
    if (survey->count == survey->size) {
        uint32_t size = survey->size == 0 ? 64 : survey->size * 2;
        struct gb_stat_place *more =
            gb_arena_take(&survey->core->scratch, size * sizeof(more[0]));

        if (survey->count > 0) {
            memcpy(more, survey->places, survey->count * sizeof(more[0]));
        }
        survey->places = more;
        survey->size = size;
    }
    memmove(&survey->places[at + 1], &survey->places[at],
            (survey->count - at) * sizeof(survey->places[0]));
    survey->places[at] = (struct gb_stat_place){.code = code};
    survey->count++;
}

/* The place and those above it. */
static void note_places(struct gb_survey *survey, const struct gb_counted *counted)
{
    add_place(survey, gb_stats_town(counted->place));
    if (counted->place.len > GB_STATS_VILLAGE_LEN) {
        add_place(survey, (struct gb_str){counted->place.ptr, GB_STATS_VILLAGE_LEN});
    }
    add_place(survey, counted->place);
}

/* In a list by code the place above is the last one before that a code begins with. */
static void set_above(struct gb_survey *survey)
{
    for (uint32_t i = 0; i < survey->count; i++) {
        struct gb_str code = survey->places[i].code;
        uint32_t above = i > 0 ? i - 1 : 0;

        while (above > 0 && (survey->places[above].code.len >= code.len ||
                             memcmp(survey->places[above].code.ptr, code.ptr,
                                    survey->places[above].code.len) != 0)) {
            above = survey->places[above].above;
        }
        survey->places[i].above = above;
    }
}

static struct gb_stats_table *table_of(struct gb_survey *survey, struct gb_str category)
{
    struct gb_arena *scratch = &survey->core->scratch;
    struct gb_stats_table *table;
    char *monday;

    for (uint32_t i = 0; i < survey->tables.count; i++) {
        table = survey->tables.items[i];
        if (gb_str_eq(table->category, category)) {
            return table;
        }
    }
    monday = gb_arena_take(scratch, GB_DAY_TEXT_LEN);
    gb_day_text(gb_stats_week_begin(survey->week), monday);
    table = gb_arena_take(scratch, sizeof(*table));
    table->arena = scratch;
    table->category = category;
    table->monday = (struct gb_str){monday, GB_DAY_TEXT_LEN};
    table->places = survey->places;
    table->places_count = survey->count;
    gb_stats_table_init(table);
    gb_list_add(survey->core, &survey->tables, table);
    return table;
}

static void add_up(struct gb_survey *survey, const struct gb_counted *counted)
{
    gb_stats_table_add(table_of(survey, counted->category),
                       find_place(survey, counted->place), counted->item->stat,
                       counted->item->part, counted->item->count);
}

/* ---- messages ---- */

static bool is_letters(struct gb_str category)
{
    return !gb_str_eq(category, GB_STR("visits")) && !gb_str_eq(category, GB_STR("coverage"));
}

/* Parts by their words, those that are merged as "*" before them. */
static void write_parts(struct gb_core *core, struct gb_jsonw *w,
                        const struct gb_stat_group *group, uint32_t place)
{
    struct gb_str last = GB_STR_NONE;
    bool is_any_merged = false;

    (void)core;
    gb_jsonw_object(w);
    for (uint32_t i = 0; i < group->count; i++) {
        is_any_merged = is_any_merged || group->parts[i].is_merged;
    }
    if (is_any_merged) {
        gb_jsonw_key_int(w, GB_STR("*"), gb_stats_table_merged(group, place));
    }
    for (uint32_t done = 0; done < group->count; done++) {
        const struct gb_stat_part *next = NULL;

        for (uint32_t i = 0; i < group->count; i++) {
            const struct gb_stat_part *part = &group->parts[i];

            if (gb_str_cmp(part->word, last) > 0 &&
                (next == NULL || gb_str_cmp(part->word, next->word) < 0)) {
                next = part;
            }
        }
        GB_CHECK(next != NULL);
        last = next->word;
        if (!next->is_merged) {
            gb_jsonw_key_int(w, last, gb_stats_table_value(next, place));
        }
    }
    gb_jsonw_end(w);
}

static void write_group(struct gb_core *core, struct gb_jsonw *w,
                        const struct gb_stats_table *table, enum gb_stat stat, uint32_t place)
{
    const struct gb_stat_group *group = &table->groups[stat];

    if (group->is_told == NULL || !group->is_told[place]) {
        return;
    }
    gb_jsonw_key(w, gb_stat_word(stat));
    if (gb_stat_is_total(stat)) {
        gb_jsonw_int(w, gb_stats_table_value(&group->parts[0], place));
    } else {
        write_parts(core, w, group, place);
    }
}

/* Members that are no groups, by name. */
enum { ABOUT, CATEGORY, GRID, ID, POLICY, PURPOSE, THRESHOLD, TOWN, VILLAGE, WEEK, OTHERS };
static const char *const others[] = {"about",   "category",  "grid", "id",      "policy",
                                     "purpose", "threshold", "town", "village", "week"};

static void write_other(struct gb_core *core, struct gb_jsonw *w,
                        const struct gb_stats_table *table, int other, uint32_t place)
{
    struct gb_str code = table->places[place].code;
    struct gb_str village = {code.ptr, GB_STATS_VILLAGE_LEN};
    bool is_matters = is_letters(table->category);
    const struct gb_str texts[] = {
        [ABOUT] = is_matters ? GB_STR("matters") : table->category,
        [CATEGORY] = is_matters ? table->category : GB_STR_NONE,
        [GRID] = code.len > GB_STATS_VILLAGE_LEN ? code : GB_STR_NONE,
        [ID] = GB_JOIN(&core->scratch, code, GB_STR("/"), table->category, GB_STR("/"),
                       table->monday),
        [POLICY] = core->policy_hash,
        [PURPOSE] = GB_STR("statistics"),
        [THRESHOLD] = GB_STR_NONE,
        [TOWN] = gb_stats_town(code),
        [VILLAGE] = code.len >= GB_STATS_VILLAGE_LEN ? village : GB_STR_NONE,
        [WEEK] = table->monday};

    if (other == THRESHOLD) {
        gb_jsonw_key_int(w, GB_STR("threshold"), GB_STATS_THRESHOLD);
    } else {
        gb_jsonw_key_opt(w, gb_str_of(others[other]), texts[other]);
    }
}

/* The next member by name after last: below OTHERS one of others, else a group and OTHERS. */
static int next_member(struct gb_str *last)
{
    struct gb_str least = GB_STR_NONE;
    int next = -1;

    for (int i = 0; i < OTHERS + GB_STAT_COUNT; i++) {
        struct gb_str name = i < OTHERS ? gb_str_of(others[i])
                                        : gb_stat_word((enum gb_stat)(i - OTHERS));

        if (gb_str_cmp(name, *last) > 0 && (next < 0 || gb_str_cmp(name, least) < 0)) {
            next = i;
            least = name;
        }
    }
    *last = least;
    return next;
}

/* What was told is kept for those who ask the database. */
static void keep_told(struct gb_core *core, struct gb_str key, struct gb_str value)
{
    struct gb_plain *plain = gb_pool_take(&core->pool, sizeof(*plain));

    plain->head.table = GB_TABLE_STATS;
    plain->head.is_stub = true; /* told: forgotten after the flush */
    plain->head.key = gb_pool_str(&core->pool, key);
    plain->row = gb_pool_str(&core->pool, value);
    gb_object_touch(core, &plain->head);
}

static void tell_place(struct gb_core *core, const struct gb_stats_table *table, uint32_t place)
{
    struct gb_str key = GB_JOIN(&core->scratch, table->places[place].code, GB_STR("/"),
                                table->category, GB_STR("/"), table->monday);
    struct gb_str last = GB_STR_NONE;
    struct gb_str value;
    struct gb_jsonw w;
    int member;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    while ((member = next_member(&last)) >= 0) {
        if (member < OTHERS) {
            write_other(core, &w, table, member, place);
        } else {
            write_group(core, &w, table, (enum gb_stat)(member - OTHERS), place);
        }
    }
    gb_jsonw_end(&w);
    value = gb_core_text(core);
    gb_emit(core, GB_TOPIC_STATS, key, value);
    keep_told(core, key, value);
}

static bool has_any(const struct gb_stats_table *table, uint32_t place)
{
    bool is_any = false;

    for (int stat = 0; stat < GB_STAT_COUNT; stat++) {
        is_any = is_any || (table->groups[stat].is_told != NULL &&
                            table->groups[stat].is_told[place]);
    }
    return is_any;
}

static int category_order(const void *a, const void *b)
{
    const struct gb_stats_table *x = a;
    const struct gb_stats_table *y = b;

    return gb_str_cmp(x->category, y->category);
}

static void tell(struct gb_core *core, struct gb_str town, int64_t week, bool is_latest)
{
    struct gb_survey survey = {
        .core = core, .town = town, .week = week, .is_latest = is_latest, .each = note_places};

    gb_stats_look(&survey);
    set_above(&survey);
    survey.each = add_up;
    gb_stats_look(&survey);
    gb_list_sort(&survey.tables, category_order);
    for (uint32_t i = 0; i < survey.tables.count; i++) {
        struct gb_stats_table *table = survey.tables.items[i];

        gb_stats_table_suppress(table);
        for (uint32_t p = 0; p < table->places_count; p++) {
            if (has_any(table, p)) {
                tell_place(core, table, p);
            }
        }
    }
}

/* ---- ticks ---- */

void gb_stats_tick(struct gb_core *core)
{
    struct gb_telling *telling = &core->stats;
    struct gb_survey survey = {.core = core, .each = note_town};
    int64_t over;

    if (core->clock <= 0) {
        return;
    }
    over = gb_stats_week(core->clock - GB_STATS_SETTLE_MS) - 1;
    if (!telling->is_begun) {
        telling->is_begun = true;
        telling->told = over;
        gb_object_touch(core, &core->stats_row);
    }
    if (telling->told >= over || core->policy == NULL) {
        return;
    }
    gb_object_touch(core, &core->stats_row);
    gb_stats_look(&survey);
    if (gb_str_is(survey.next)) {
        tell(core, survey.next, telling->told + 1, telling->told + 1 == over);
        gb_core_set(core, &telling->after, survey.next);
        return;
    }
    telling->told++;
    gb_core_set(core, &telling->after, GB_STR_NONE);
    gb_stats_drop(core, telling->told);
}

struct turning {
    struct gb_core *core;
    int64_t before;
};

static void leave_matter(void *value, void *context)
{
    struct gb_matter *matter = value;
    struct turning *turning = context;

    if (!matter->head.is_removed && matter->live_until >= turning->before &&
        matter->live_until < turning->core->clock) {
        gb_stats_leave(turning->core, matter);
    }
}

static void leave_node(void *value, void *context)
{
    const struct gb_node *node = value;
    struct turning *turning = context;
    struct gb_stat_items items;

    if (node->kind == GB_NODE_VISIT && !node->head.is_removed && !node->head.is_stub &&
        node->live_until >= turning->before && node->live_until < turning->core->clock) {
        gb_stats_of_visit(node, &items);
        gb_stats_put(turning->core, &items);
    }
}

void gb_stats_turn(struct gb_core *core, int64_t before)
{
    struct turning turning = {core, before};

    if (core->policy != NULL) {
        gb_map_each(&core->matters, leave_matter, &turning);
        gb_map_each(&core->nodes, leave_node, &turning);
    }
}

void gb_stats_render(const struct gb_core *core, struct gb_jsonw *w)
{
    gb_jsonw_key_opt(w, GB_STR("after"), core->stats.after);
    gb_jsonw_key_bool(w, GB_STR("begun"), core->stats.is_begun);
    gb_jsonw_key_int(w, GB_STR("told"), core->stats.told);
}

void gb_stats_load(struct gb_core *core, const struct gb_row *row, const struct gb_value *parsed)
{
    core->stats.is_begun = gb_value_bool(parsed, GB_STR("begun"), false);
    core->stats.told = gb_value_int(parsed, GB_STR("told"), 0);
    gb_core_set(core, &core->stats.after, gb_value_str(parsed, GB_STR("after")));
    gb_object_stored(&core->stats_row, row);
}
