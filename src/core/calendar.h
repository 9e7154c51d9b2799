/* Working time (工作日历): holidays, make-up days (调休), half days and office hours as data. PURE.
 *
 * Days are China's, UTC+8 without summer time. Counting follows the Civil Code: the day on which a
 * period begins does not count (art. 201), a last day that is a day off moves to the next working
 * day (art. 203), and a period in days ends when business ends on its last day (art. 203 too). */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum gb_day_kind { GB_DAY_OFF, GB_DAY_WORK, GB_DAY_HALF };

/* A day that is not what its weekday says: Monday to Friday work, else off. */
struct gb_calendar_row {
    int32_t day; /* days since 1970-01-01 at UTC+8 */
    enum gb_day_kind kind;
};

/* Office hours in minutes of the day, [from, until), apart and rising. */
struct gb_office_span {
    int32_t from, until;
};

#define GB_OFFICE_SPANS_MAX 4U

struct gb_calendar {
    const struct gb_calendar_row *rows; /* by day */
    uint32_t rows_count;
    struct gb_office_span spans[GB_OFFICE_SPANS_MAX];
    uint32_t spans_count; /* at least 1 */
    int32_t half_until;   /* minute of the day at which a half day ends, within office hours */
};

/* How long something may take. */
enum gb_limit_kind {
    GB_LIMIT_NONE,
    GB_LIMIT_TIME,         /* amount ms of plain time */
    GB_LIMIT_WORK_MINUTES, /* amount minutes of office hours */
    GB_LIMIT_WORK_DAYS,    /* until business ends on the amount-th working day after today */
    GB_LIMIT_SAME_DAY      /* until 24:00 of the day */
};

struct gb_limit {
    enum gb_limit_kind kind;
    int64_t amount;
};

#define GB_LIMIT_DAYS_MAX 1000 /* working days; also bounds the other kinds */

/* Days since 1970-01-01 at UTC+8 of a time (ms since 1970 UTC). */
int32_t gb_calendar_day(int64_t ms);
enum gb_day_kind gb_calendar_kind(const struct gb_calendar *calendar, int32_t day);

/* When a limit that begins at from is reached (ms); INT64_MAX for GB_LIMIT_NONE. Pure time needs
 * no calendar. */
int64_t gb_limit_end(const struct gb_calendar *calendar, struct gb_limit limit, int64_t from);

/* Minutes of office hours within [from, until), whole minutes of both; at most some years apart. */
int64_t gb_calendar_minutes(const struct gb_calendar *calendar, int64_t from, int64_t until);

#endif
