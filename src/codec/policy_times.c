/* What a bundle says about time: matching.yaml, deadlines.yaml and calendar.csv. */
#include <stdlib.h>

#include "codec/policy_build.h"

static void read_time(struct gb_policy_build *b, const struct gb_yaml *root, const char *key,
                      int64_t *ms)
{
    (void)gb_yaml_duration(b->mistakes, gb_yaml_need(b->mistakes, root, key, GB_YAML_SCALAR), ms);
}

static void read_matching(struct gb_policy_build *b)
{
    static const char *const known[] = {"holder_window", "cell_window", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("matching.yaml"), known);

    if (root != NULL) {
        read_time(b, root, "holder_window", &b->policy.holder_window_ms);
        read_time(b, root, "cell_window", &b->policy.cell_window_ms);
    }
}

/* Digits at the beginning of text; false if there are none or too many. */
static bool take_digits(struct gb_str *text, int64_t *number)
{
    size_t len = 0;

    *number = 0;
    while (len < text->len && text->ptr[len] >= '0' && text->ptr[len] <= '9' && len < 7) {
        *number = *number * 10 + (text->ptr[len] - '0');
        len++;
    }
    text->ptr += len;
    text->len -= len;
    return len > 0;
}

/* "same_day", "3wd", "8wh", "30wmin", or plain time: "2h", "2d", "30min". */
static bool parse_limit(struct gb_str text, struct gb_limit *limit)
{
    static const struct {
        const char *unit;
        enum gb_limit_kind kind;
        int64_t factor, max;
    } units[] = {{"wd", GB_LIMIT_WORK_DAYS, 1, GB_LIMIT_DAYS_MAX},
                 {"wh", GB_LIMIT_WORK_MINUTES, 60, GB_LIMIT_DAYS_MAX * 8},
                 {"wmin", GB_LIMIT_WORK_MINUTES, 1, GB_LIMIT_DAYS_MAX * 480},
                 {"min", GB_LIMIT_TIME, 60000, GB_LIMIT_DAYS_MAX * 1440},
                 {"h", GB_LIMIT_TIME, 3600000, GB_LIMIT_DAYS_MAX * 24},
                 {"d", GB_LIMIT_TIME, 86400000, GB_LIMIT_DAYS_MAX}};
    int64_t number;

    if (gb_str_eq(text, GB_STR("same_day"))) {
        *limit = (struct gb_limit){GB_LIMIT_SAME_DAY, 0};
        return true;
    }
    if (!take_digits(&text, &number) || number == 0) {
        return false;
    }
    for (size_t i = 0; i < GB_COUNT(units); i++) {
        if (gb_str_eq(text, gb_str_of(units[i].unit)) && number <= units[i].max) {
            *limit = (struct gb_limit){units[i].kind, number * units[i].factor};
            return true;
        }
    }
    return false;
}

static void read_limit(struct gb_policy_build *b, const struct gb_yaml *row, const char *key,
                       struct gb_limit *limit)
{
    const struct gb_yaml *at = gb_yaml_get(row, key);

    if (at != NULL && gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR) &&
        !parse_limit(at->text, limit)) {
        gb_yaml_mistake(b->mistakes, at,
                        "must be same_day, working days 3wd, working hours 8wh or 30wmin, or "
                        "plain time 2h, 2d");
    }
}

static void read_deadline(struct gb_policy_build *b, const struct gb_yaml *row,
                          struct gb_map *seen, struct gb_deadline *deadline)
{
    static const char *const known[] = {"id",     "category", "urgency",   "accept", "handle",
                                        "remind", "supervise", "basis_zh", "basis_en", NULL};
    const struct gb_yaml *id;
    const struct gb_yaml *category;
    const struct gb_yaml *zh;
    const struct gb_yaml *en;

    if (!gb_yaml_is(b->mistakes, row, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, row, known);
    id = gb_yaml_need(b->mistakes, row, "id", GB_YAML_SCALAR);
    category = gb_yaml_need(b->mistakes, row, "category", GB_YAML_SCALAR);
    zh = gb_yaml_need(b->mistakes, row, "basis_zh", GB_YAML_SCALAR);
    en = gb_yaml_need(b->mistakes, row, "basis_en", GB_YAML_SCALAR);
    if (id == NULL || category == NULL || zh == NULL || en == NULL) {
        return;
    }
    (void)gb_policy_is_new(b, seen, id, id->text);
    (void)gb_policy_is_category(b, category);
    deadline->id = id->text;
    deadline->category = category->text;
    deadline->basis_zh = zh->text;
    deadline->basis_en = en->text;
    deadline->has_urgency = gb_yaml_get(row, "urgency") != NULL;
    deadline->urgencies = gb_policy_urgencies(b, gb_yaml_get(row, "urgency"));
    read_limit(b, row, "accept", &deadline->accept);
    read_limit(b, row, "handle", &deadline->handle);
    read_limit(b, row, "remind", &deadline->remind);
    read_limit(b, row, "supervise", &deadline->supervise);
    if (deadline->handle.kind == GB_LIMIT_NONE && deadline->accept.kind == GB_LIMIT_NONE) {
        gb_yaml_mistake(b->mistakes, row, "a row limits accept or handle");
    }
    if (deadline->supervise.kind != GB_LIMIT_NONE && deadline->handle.kind == GB_LIMIT_NONE) {
        gb_yaml_mistake(b->mistakes, row, "supervise counts from a missed handle: name one");
    }
}

static void read_deadlines(struct gb_policy_build *b, const struct gb_yaml *list)
{
    struct gb_deadline *rows;
    struct gb_map seen = {0};

    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    rows = gb_arena_take(b->arena, (list->count + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < list->count; i++) {
        read_deadline(b, &list->items[i], &seen, &rows[i]);
    }
    gb_map_close(&seen);
    b->policy.deadlines = rows;
    b->policy.deadlines_count = list->count;
}

/* "08:30" at the beginning of text. */
static bool take_minute(struct gb_str *text, int32_t *minute)
{
    struct gb_str rest = *text;
    int64_t hour;
    int64_t of_hour;

    if (rest.len < 5 || rest.ptr[2] != ':') {
        return false;
    }
    rest.len = 2;
    if (!take_digits(&rest, &hour) || rest.len > 0 || hour > 24) {
        return false;
    }
    rest = (struct gb_str){text->ptr + 3, 2};
    if (!take_digits(&rest, &of_hour) || rest.len > 0 || of_hour > 59) {
        return false;
    }
    *minute = (int32_t)(hour * 60 + of_hour);
    text->ptr += 5;
    text->len -= 5;
    return *minute <= 1440;
}

static bool parse_span(struct gb_str text, struct gb_office_span *span)
{
    if (!take_minute(&text, &span->from) || text.len == 0 || text.ptr[0] != '-') {
        return false;
    }
    text.ptr++;
    text.len--;
    return take_minute(&text, &span->until) && text.len == 0 && span->from < span->until;
}

static void read_hours(struct gb_policy_build *b, const struct gb_yaml *list)
{
    struct gb_calendar *calendar = &b->policy.calendar;

    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    if (list->count == 0 || list->count > GB_OFFICE_SPANS_MAX) {
        gb_yaml_mistake(b->mistakes, list, "names 1 to %u spans of office hours",
                        GB_OFFICE_SPANS_MAX);
        return;
    }
    calendar->spans_count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct gb_office_span span;
        const struct gb_yaml *at = &list->items[i];

        if (!gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR) || !parse_span(at->text, &span) ||
            (i > 0 && span.from < calendar->spans[i - 1].until)) {
            gb_yaml_mistake(b->mistakes, at,
                            "must be a span like 08:30-12:00, after the one before it");
            return;
        }
        calendar->spans[i] = span;
        calendar->spans_count = i + 1;
    }
}

static void read_half(struct gb_policy_build *b, const struct gb_yaml *at)
{
    struct gb_calendar *calendar = &b->policy.calendar;
    struct gb_str text;
    int32_t minute;

    if (at == NULL || !gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR)) {
        return;
    }
    text = at->text;
    if (!take_minute(&text, &minute) || text.len > 0 || minute <= calendar->spans[0].from) {
        gb_yaml_mistake(b->mistakes, at, "must be a time like 12:00 within office hours");
        return;
    }
    calendar->half_until = minute;
}

static void read_deadline_file(struct gb_policy_build *b)
{
    static const char *const known[] = {"contradiction_after", "working_hours", "half_day_until",
                                        "deadlines", "escalate_after_returns", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("deadlines.yaml"), known);
    int64_t returns = 0;

    if (root == NULL) {
        return;
    }
    read_time(b, root, "contradiction_after", &b->policy.contradiction_after_ms);
    (void)gb_yaml_int(b->mistakes, gb_yaml_get(root, "escalate_after_returns"), 1, 1000,
                      &returns);
    b->policy.escalate_after_returns = (int32_t)returns;
    read_hours(b, gb_yaml_get(root, "working_hours"));
    read_half(b, gb_yaml_get(root, "half_day_until"));
    read_deadlines(b, gb_yaml_get(root, "deadlines"));
}

static int by_day(const void *a, const void *b)
{
    const struct gb_calendar_row *x = a;
    const struct gb_calendar_row *y = b;

    return (x->day > y->day) - (x->day < y->day);
}

static void read_calendar(struct gb_policy_build *b)
{
    static const char *const columns[] = {"day", "kind", "name", NULL};
    static const char *const kinds[] = {"off", "work", "half", NULL};
    struct gb_csv csv = {0};
    struct gb_map seen = {0};
    struct gb_calendar_row *rows;

    if (!gb_policy_csv(b, "calendar.csv", columns, &csv)) {
        return;
    }
    rows = gb_arena_take(b->arena, (csv.rows_count + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        const struct gb_yaml *day = gb_csv_cell(&csv, i, 0);
        const struct gb_yaml *kind = gb_csv_cell(&csv, i, 1);
        int64_t ms = 0;

        (void)gb_policy_is_new(b, &seen, day, day->text);
        if (day->text.len == 0) {
            gb_yaml_mistake(b->mistakes, day, "the day is empty");
        }
        if (gb_policy_word(b, kind, "kind", kinds)) {
            rows[i].kind = kind->text.ptr[0] == 'o'   ? GB_DAY_OFF
                           : kind->text.ptr[0] == 'w' ? GB_DAY_WORK
                                                      : GB_DAY_HALF;
        }
        if (gb_policy_day(b, day, 0, &ms)) {
            rows[i].day = gb_calendar_day(ms);
        }
    }
    gb_map_close(&seen);
    qsort(rows, csv.rows_count, sizeof(*rows), by_day);
    b->policy.calendar.rows = rows;
    b->policy.calendar.rows_count = csv.rows_count;
}

void gb_policy_times(struct gb_policy_build *b)
{
    b->policy.calendar = (struct gb_calendar){
        .spans = {{510, 720}, {840, 1050}}, .spans_count = 2, .half_until = 720};
    read_matching(b);
    read_calendar(b);
    read_deadline_file(b);
}
