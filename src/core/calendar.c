/* Working time: walks from day to day; a day is one look into a sorted table. */
#include "core/calendar.h"

#include "base/check.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS (INT64_C(1440) * MINUTE_MS)
#define ZONE_MS (INT64_C(480) * MINUTE_MS) /* UTC+8 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

int32_t gb_calendar_day(int64_t ms)
{
    return (int32_t)floor_div(ms + ZONE_MS, DAY_MS);
}

static int64_t begin_of(int32_t day)
{
    return (int64_t)day * DAY_MS - ZONE_MS;
}

enum gb_day_kind gb_calendar_kind(const struct gb_calendar *calendar, int32_t day)
{
    int32_t weekday = (int32_t)((day % 7 + 7 + 3) % 7); /* 1970-01-01 was a Thursday; 0: Monday */
    uint32_t low = 0;
    uint32_t high = calendar->rows_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (calendar->rows[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < calendar->rows_count && calendar->rows[low].day == day) {
        return calendar->rows[low].kind;
    }
    return weekday < 5 ? GB_DAY_WORK : GB_DAY_OFF;
}

/* The office span of a day, cut on a half day; empty (from >= until) on a day off. */
static struct gb_office_span span_of(const struct gb_calendar *calendar, int32_t day,
                                     uint32_t index)
{
    struct gb_office_span span = calendar->spans[index];
    enum gb_day_kind kind = gb_calendar_kind(calendar, day);

    if (kind == GB_DAY_OFF) {
        return (struct gb_office_span){0, 0};
    }
    if (kind == GB_DAY_HALF && span.until > calendar->half_until) {
        span.until = calendar->half_until;
    }
    return span;
}

/* When business ends on a working day. */
static int64_t close_of(const struct gb_calendar *calendar, int32_t day)
{
    int32_t until = 0;

    for (uint32_t i = 0; i < calendar->spans_count; i++) {
        struct gb_office_span span = span_of(calendar, day, i);

        if (span.from < span.until) {
            until = span.until;
        }
    }
    return begin_of(day) + until * MINUTE_MS;
}

/* A calendar of nothing but days off would never end: the walk gives up after this many days. */
#define WALK_DAYS_MAX (GB_LIMIT_DAYS_MAX * 10)

static int64_t add_days(const struct gb_calendar *calendar, int64_t from, int64_t days)
{
    int32_t day = gb_calendar_day(from);

    for (int32_t walked = 0; walked < WALK_DAYS_MAX; walked++) {
        day++;
        if (gb_calendar_kind(calendar, day) != GB_DAY_OFF && --days == 0) {
            return close_of(calendar, day);
        }
    }
    return INT64_MAX;
}

static int64_t add_minutes(const struct gb_calendar *calendar, int64_t from, int64_t minutes)
{
    int32_t day = gb_calendar_day(from);
    int64_t left = minutes * MINUTE_MS;

    for (int32_t walked = 0; walked < WALK_DAYS_MAX; walked++, day++) {
        for (uint32_t i = 0; i < calendar->spans_count; i++) {
            struct gb_office_span span = span_of(calendar, day, i);
            int64_t begin = begin_of(day) + span.from * MINUTE_MS;
            int64_t end = begin_of(day) + span.until * MINUTE_MS;

            begin = begin > from ? begin : from;
            if (begin >= end) {
                continue;
            }
            if (left <= end - begin) {
                return begin + left;
            }
            left -= end - begin;
        }
    }
    return INT64_MAX;
}

int64_t gb_limit_end(const struct gb_calendar *calendar, struct gb_limit limit, int64_t from)
{
    switch (limit.kind) {
    case GB_LIMIT_NONE:
        return INT64_MAX;
    case GB_LIMIT_TIME:
        return from + limit.amount;
    case GB_LIMIT_WORK_MINUTES:
        return add_minutes(calendar, from, limit.amount);
    case GB_LIMIT_WORK_DAYS:
        return add_days(calendar, from, limit.amount);
    case GB_LIMIT_SAME_DAY:
        return begin_of(gb_calendar_day(from) + 1);
    }
    GB_CHECK(false);
    return 0;
}

int64_t gb_calendar_minutes(const struct gb_calendar *calendar, int64_t from, int64_t until)
{
    int64_t ms = 0;
    int32_t last = gb_calendar_day(until);

    for (int32_t day = gb_calendar_day(from); day <= last; day++) {
        for (uint32_t i = 0; i < calendar->spans_count; i++) {
            struct gb_office_span span = span_of(calendar, day, i);
            int64_t begin = begin_of(day) + span.from * MINUTE_MS;
            int64_t end = begin_of(day) + span.until * MINUTE_MS;

            begin = begin > from ? begin : from;
            end = end < until ? end : until;
            ms += begin < end ? end - begin : 0;
        }
    }
    return ms / MINUTE_MS;
}
