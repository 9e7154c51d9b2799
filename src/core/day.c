/* Days and times of day from text. */
#include "core/day.h"

/* Days since 1970-01-01 of a day of the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* -1 if what stands there is no number. */
static int64_t number_at(struct gb_str text, size_t from, size_t len)
{
    int64_t number = 0;

    if (from + len > text.len) {
        return -1;
    }
    for (size_t i = from; i < from + len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return -1;
        }
        number = number * 10 + (text.ptr[i] - '0');
    }
    return number;
}

bool gb_day_ms(struct gb_str text, int64_t *ms)
{
    int64_t year = -1;
    int64_t month = -1;
    int64_t day = -1;

    if (text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-') {
        year = number_at(text, 0, 4);
        month = number_at(text, 5, 2);
        day = number_at(text, 8, 2);
    }
    if (year < 1900 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return false;
    }
    *ms = (days_of(year, month, day) * 24 - 8) * 3600000;
    return true;
}

static void put_digits(char *at, int64_t number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

void gb_day_text(int64_t ms, char *text)
{
    int64_t shifted = ms + (int64_t)8 * 3600000;
    int64_t days = shifted / GB_DAY_MS - (shifted % GB_DAY_MS < 0) + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t civil = year + era * 400 + (month >= 10);

    put_digits(text, civil < 0 ? 0 : civil, 4);
    text[4] = text[7] = '-';
    put_digits(text + 5, month < 10 ? month + 3 : month - 9, 2);
    put_digits(text + 8, of_year - (153 * month + 2) / 5 + 1, 2);
}

int64_t gb_day_clock(struct gb_str text)
{
    int64_t hour = number_at(text, 0, 2);
    int64_t minute = text.len >= 5 && text.ptr[2] == ':' ? number_at(text, 3, 2) : -1;
    int64_t second = text.len >= 8 && text.ptr[5] == ':' ? number_at(text, 6, 2) : 0;
    bool is_whole = text.len == 5 || (text.len >= 8 && text.ptr[5] == ':');
    int64_t at = (hour * 60 + minute) * 60 + second;

    if (!is_whole || hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
        at > (int64_t)24 * 3600) {
        return -1;
    }
    return at * 1000;
}
