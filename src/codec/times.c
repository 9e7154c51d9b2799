/* Texts of times to microseconds since 1970 UTC, proleptic Gregorian calendar. */
#include "codec/convert.h"

struct cursor {
    const char *at, *end;
};

static bool take_digits(struct cursor *c, int count, int64_t *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (c->at == c->end || *c->at < '0' || *c->at > '9') {
            return false;
        }
        *number = *number * 10 + (*c->at++ - '0');
    }
    return true;
}

static bool take_char(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted) {
        return false;
    }
    c->at++;
    return true;
}

/* Days since 1970-01-01 (years from 0001). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t shifted = month <= 2 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static bool take_date(struct cursor *c, int64_t *days)
{
    static const int lens[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;

    if (!take_digits(c, 4, &year) || !take_char(c, '-') || !take_digits(c, 2, &month) ||
        !take_char(c, '-') || !take_digits(c, 2, &day) || year < 1 || month < 1 || month > 12) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (day < 1 || day > lens[month - 1] + (month == 2 && leap ? 1 : 0)) {
        return false;
    }
    *days = days_of(year, month, day);
    return true;
}

/* ".5" to 500000; digits after the sixth are dropped. */
static bool take_fraction(struct cursor *c, int64_t *us)
{
    int64_t unit = 100000;

    if (!take_char(c, '.')) {
        return true;
    }
    if (c->at == c->end || *c->at < '0' || *c->at > '9') {
        return false;
    }
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        *us += (*c->at - '0') * unit;
        unit /= 10;
    }
    return true;
}

static bool take_clock(struct cursor *c, int64_t *us)
{
    int64_t hour, minute, second = 0;

    if (!take_digits(c, 2, &hour) || !take_char(c, ':') || !take_digits(c, 2, &minute)) {
        return false;
    }
    *us = 0;
    if (take_char(c, ':') && (!take_digits(c, 2, &second) || !take_fraction(c, us))) {
        return false;
    }
    *us += ((hour * 60 + minute) * 60 + second) * 1000000;
    return hour < 24 && minute < 60 && second < 60;
}

static bool take_zone(struct cursor *c, bool needs_zone, int64_t *zone_us)
{
    int64_t hour, minute = 0;

    if (c->at == c->end) {
        return !needs_zone;
    }
    if (take_char(c, 'Z')) {
        *zone_us = 0;
        return true;
    }
    int64_t sign = *c->at == '-' ? -1 : 1;

    if ((!take_char(c, '+') && !take_char(c, '-')) || !take_digits(c, 2, &hour)) {
        return false;
    }
    (void)take_char(c, ':');
    if (c->at < c->end && !take_digits(c, 2, &minute)) {
        return false;
    }
    *zone_us = sign * (hour * 60 + minute) * 60000000;
    return hour < 24 && minute < 60;
}

bool gb_time_parse(struct gb_str text, int64_t zone_us, bool needs_zone, int64_t *us)
{
    struct cursor c = {text.ptr, text.ptr + text.len};
    int64_t days, clock, zone = zone_us;

    if (!take_date(&c, &days) || (!take_char(&c, 'T') && !take_char(&c, ' ')) ||
        !take_clock(&c, &clock) || !take_zone(&c, needs_zone, &zone) || c.at != c.end) {
        return false;
    }
    *us = days * 86400000000 + clock - zone;
    return true;
}
