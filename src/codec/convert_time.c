/* Moments, dates, clocks and intervals. What the tools write for "no time" is no time: zero dates,
 * infinities (as each tool spells them), 无. Only years 0001 to 9999 are taken. */
#include "codec/convert.h"

#include <stdio.h>

#define DAY_US INT64_C(86400000000)
#define US_MIN INT64_C(-62135596800000000)  /* 0001-01-01 */
#define US_END INT64_C(253402300800000000)  /* 10000-01-01 */

/* PostgreSQL's infinity as Debezium writes it: timestamps in microseconds, dates in days; the
 * second date is a snapshot's. Texts: with time.precision.mode=isostring. */
#define INFINITY_US INT64_C(9223372036825200000)
#define MINUS_INFINITY_US INT64_C(-9223372036832400000)
static const int64_t infinite_days[] = {-2147472692, -622191234};
static const char *const no_times[] = {"infinity",          "-infinity",
                                       "无",                "+294247-01-10T04:00:25.2Z",
                                       "-5877611-06-21Z",   "+292278994-08-16Z"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "0000-00-00 ...", "2026-00-00": dates that MySQL keeps although there is no such day. */
static bool is_zero_date(struct gb_str text)
{
    return text.len >= 10 && text.ptr[4] == '-' && text.ptr[7] == '-' &&
           (memcmp(text.ptr + 5, "00", 2) == 0 || memcmp(text.ptr + 8, "00", 2) == 0);
}

static bool is_no_time(struct gb_str text)
{
    if (!gb_str_is(text) || is_zero_date(text)) {
        return true;
    }
    for (size_t i = 0; i < GB_COUNT(no_times); i++) {
        if (gb_str_eq(text, gb_str_of(no_times[i]))) {
            return true;
        }
    }
    return false;
}

/* count digits at text[*at]; -1: they are not there. */
static int64_t take_digits(struct gb_str text, size_t *at, size_t count)
{
    int64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        if (*at >= text.len || !is_digit(text.ptr[*at])) {
            return -1;
        }
        number = number * 10 + (text.ptr[(*at)++] - '0');
    }
    return number;
}

/* Spreadsheets and forms: "2020/11/0213:33", "2020-11-0511:36", "2020/1/2 9:05" to the usual one;
 * false where it is none of these. out has 20 bytes. */
static bool unglue(struct gb_str text, bool is_date, char out[20])
{
    size_t at = 0, used;
    int64_t year = take_digits(text, &at, 4), month, day, hour, minute;
    char dash = at < text.len ? text.ptr[at++] : 0;
    size_t len = at + 1 < text.len && is_digit(text.ptr[at + 1]) ? 2 : 1;

    month = take_digits(text, &at, len);
    if (year < 0 || month < 0 || (dash != '-' && dash != '/') || at >= text.len ||
        text.ptr[at++] != dash) {
        return false;
    }
    len = at + 1 < text.len && is_digit(text.ptr[at + 1]) ? 2 : 1;
    day = take_digits(text, &at, len);
    if (day < 0) {
        return false;
    }
    (void)snprintf(out, 20, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
    if (is_date || at == text.len) {
        used = strlen(out);
        return at == text.len && (is_date || snprintf(out + used, 20 - used, " 00:00") == 6);
    }
    at += text.ptr[at] == ' ' || text.ptr[at] == 'T';
    len = at + 1 < text.len && is_digit(text.ptr[at + 1]) ? 2 : 1;
    hour = take_digits(text, &at, len);
    if (hour < 0 || at >= text.len || text.ptr[at++] != ':' ||
        (minute = take_digits(text, &at, 2)) < 0 || at != text.len) {
        return false;
    }
    used = strlen(out);
    return snprintf(out + used, 20 - used, " %02d:%02d", (int)hour, (int)minute) == 6;
}

/* "20180917" to "2018-09-17"; out has 20 bytes. */
static bool uncompact(struct gb_str text, char out[20])
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i])) {
            return false;
        }
    }
    if (text.len != 8) {
        return false;
    }
    (void)snprintf(out, 20, "%.4s-%.2s-%.2s", text.ptr, text.ptr + 4, text.ptr + 6);
    return true;
}

/* "/Date(1604295224297+0800)/": milliseconds UTC; the offset is the writer's, not the instant's. */
static bool net_date(struct gb_str text, int64_t *us)
{
    static const struct gb_str head = {"/Date(", 6};
    size_t at = head.len, from;
    bool is_negative;

    if (text.len < 9 || memcmp(text.ptr, head.ptr, head.len) != 0) {
        return false;
    }
    is_negative = text.ptr[at] == '-';
    at += is_negative;
    from = at;
    for (*us = 0; at < text.len && is_digit(text.ptr[at]) && at - from < 15; at++) {
        *us = *us * 10 + (text.ptr[at] - '0');
    }
    *us = is_negative ? -*us * 1000 : *us * 1000;
    if (at > from && at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-')) {
        at++;
        if (take_digits(text, &at, 4) < 0) {
            return false;
        }
    }
    return at > from && text.len - at == 2 && memcmp(text.ptr + at, ")/", 2) == 0;
}

static int64_t zone_of(const struct gb_convert *c, const struct gb_field *field)
{
    const struct gb_envelope *envelope = &c->mapping->envelope;

    /* Maxwell's bootstrap reads all times through its JVM, whatever the column. */
    if (c->is_bootstrap && envelope->has_jvm_zone) {
        return envelope->jvm_zone_us;
    }
    return field->form == GB_FORM_DATETIME_UTC ? 0 : c->mapping->zone_us;
}

static bool parse_wall(const struct gb_convert *c, const struct gb_field *field,
                       struct gb_str text, int64_t *us)
{
    int64_t zone = zone_of(c, field);
    char plain[20];
    bool is_iso_local = field->form == GB_FORM_ISO_LOCAL;

    if (is_iso_local && text.len > 0 && text.ptr[text.len - 1] == 'Z') {
        text.len--;
    }
    if (gb_time_parse(text, zone, field->form == GB_FORM_ISO, us)) {
        return true;
    }
    if ((field->accept & GB_ACCEPT_GLUED) != 0 && unglue(text, false, plain)) {
        return gb_time_parse(gb_str_of(plain), zone, false, us);
    }
    if ((field->accept & GB_ACCEPT_COMPACT) != 0 && uncompact(text, plain)) {
        (void)snprintf(plain + 10, 10, " 00:00");
        return gb_time_parse(gb_str_of(plain), zone, false, us);
    }
    return (field->accept & GB_ACCEPT_NET) != 0 && net_date(text, us);
}

/* Numbers that count the wall clock as if it were UTC. */
static bool count_wall(const struct gb_convert *c, const struct gb_field *field,
                       const struct gb_value *from, int64_t *us)
{
    int64_t unit = field->form == GB_FORM_MILLIS_LOCAL ? 1000 : 1, number;

    if (!gb_convert_int(from, &number)) {
        return false;
    }
    if (number == INFINITY_US / unit || number == MINUS_INFINITY_US / unit) {
        *us = GB_NO_NUMBER;
        return true;
    }
    if (number < US_MIN / unit || number >= US_END / unit) {
        return false;
    }
    *us = number * unit - c->mapping->zone_us;
    return true;
}

/* Length of time in microseconds: "P0Y0M0DT0H45M0S", "-100:00:00.000001". */
static bool parse_interval(struct gb_str text, int64_t *us)
{
    static const char *const units = "YMDHMS";
    static const int64_t lengths[] = {0, 0, DAY_US, DAY_US / 24, 60000000, 1000000};
    bool is_iso = text.len > 0 && text.ptr[0] == 'P', is_negative = false;
    size_t at = is_iso ? 1 : 0, part = is_iso ? 0 : 3;

    if (!is_iso && text.len > 0 && text.ptr[0] == '-') {
        is_negative = true;
        at = 1;
    }
    *us = 0;
    for (; part < 6; part++) {
        int64_t number = 0, fraction = 0, unit = 100000;
        size_t from;

        at += is_iso && part == 3 && at < text.len && text.ptr[at] == 'T';
        for (from = at; at < text.len && is_digit(text.ptr[at]) && at - from < 9; at++) {
            number = number * 10 + (text.ptr[at] - '0');
        }
        if (at == from || (lengths[part] == 0 && number != 0)) {
            return false;
        }
        if (part == 5 && at < text.len && text.ptr[at] == '.') {
            for (at++; at < text.len && is_digit(text.ptr[at]); at++, unit /= 10) {
                fraction += (text.ptr[at] - '0') * unit;
            }
        }
        char mark = is_iso ? units[part] : ':';

        if ((is_iso || part < 5) && (at >= text.len || text.ptr[at++] != mark)) {
            return false;
        }
        *us += number * lengths[part] + fraction;
    }
    *us = is_negative ? -*us : *us;
    return at == text.len;
}

static enum gb_status read_interval(const struct gb_convert *c, const struct gb_field *field,
                                    const struct gb_value *from, int64_t *ms, struct gb_err *err)
{
    struct gb_str text;
    bool fits;
    int64_t us = 0;

    if (field->unit == GB_UNIT_TEXT) {
        fits = gb_convert_text(c->arena, from, &text) && parse_interval(text, &us);
    } else {
        fits = gb_convert_int(from, &us) &&
               (field->unit == GB_UNIT_MICROS || (us > INT64_MIN / 1000 && us < INT64_MAX / 1000));
        us *= fits && field->unit == GB_UNIT_MILLIS ? 1000 : 1;
    }
    *ms = us / 1000;
    return fits && *ms <= GB_INT_MAX_JSON && *ms >= -GB_INT_MAX_JSON
               ? GB_OK
               : gb_convert_bad(c, field->columns[0], "a length of time", err);
}

enum gb_status gb_convert_time(const struct gb_convert *c, const struct gb_field *field,
                               const struct gb_value *from, int64_t *number, struct gb_err *err)
{
    uint32_t column = field->columns[0];
    struct gb_str text;

    *number = GB_NO_NUMBER;
    if (field->form == GB_FORM_INTERVAL) {
        return read_interval(c, field, from, number, err);
    }
    if (field->form == GB_FORM_MICROS_LOCAL || field->form == GB_FORM_MILLIS_LOCAL) {
        return count_wall(c, field, from, number)
                   ? GB_OK
                   : gb_convert_bad(c, column,
                                    field->form == GB_FORM_MICROS_LOCAL
                                        ? "microseconds since 1970 as an integer"
                                        : "milliseconds since 1970 as an integer", err);
    }
    if (!gb_convert_text(c->arena, from, &text)) {
        return gb_convert_bad(c, column, "a scalar", err);
    }
    if (is_no_time(text)) {
        return GB_OK;
    }
    if (!parse_wall(c, field, text, number)) {
        *number = GB_NO_NUMBER;
        return gb_convert_bad(c, column,
                              field->form == GB_FORM_ISO ? "a time like 2026-05-06T06:40:23.5Z"
                                                         : "a time like 2026-05-06 14:40:23", err);
    }
    return GB_OK;
}

/* Days since 1970 to "YYYY-MM-DD" (the civil calendar, by eras of 400 years). */
static struct gb_str day_text(struct gb_arena *arena, int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                           day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;

    return gb_arena_printf(arena, "%04d-%02d-%02d",
                           (int)(year_of_era + era * 400 + (month <= 2)), (int)month,
                           (int)(day_of_year - (153 * shifted + 2) / 5 + 1));
}

static bool read_date(const struct gb_convert *c, const struct gb_field *field,
                      const struct gb_value *from, struct gb_str *out)
{
    struct gb_str text;
    char plain[20];
    int64_t days, us;

    if (field->form == GB_FORM_DAYS) {
        if (!gb_convert_int(from, &days)) {
            return false;
        }
        for (size_t i = 0; i < GB_COUNT(infinite_days); i++) {
            if (days == infinite_days[i]) {
                return true;
            }
        }
        if (days < US_MIN / DAY_US || days >= US_END / DAY_US) {
            return false;
        }
        *out = day_text(c->arena, days);
        return true;
    }
    if (!gb_convert_text(c->arena, from, &text)) {
        return false;
    }
    if (is_no_time(text)) {
        return true;
    }
    if (((field->accept & GB_ACCEPT_GLUED) != 0 && unglue(text, true, plain)) ||
        ((field->accept & GB_ACCEPT_COMPACT) != 0 && uncompact(text, plain))) {
        text = gb_arena_str(c->arena, gb_str_of(plain));
    }
    text.len -= text.len == 11 && text.ptr[10] == 'Z';
    *out = text;
    return text.len == 10 && gb_time_parse(gb_arena_printf(c->arena, "%.*s 00:00",
                                                           GB_STR_ARG(text)), 0, false, &us);
}

static bool read_clock(const struct gb_convert *c, const struct gb_field *field,
                       const struct gb_value *from, struct gb_str *out)
{
    const struct gb_envelope *envelope = &c->mapping->envelope;
    struct gb_str text;
    int64_t us = 0;
    char plain[40];

    if (field->unit != GB_UNIT_TEXT) {
        if (!gb_convert_int(from, &us) || us < 0 || us > DAY_US) {
            return false;
        }
        us *= field->unit == GB_UNIT_MILLIS ? 1000 : 1;
    } else {
        if (!gb_convert_text(c->arena, from, &text)) {
            return false;
        }
        text.len -= text.len > 0 && text.ptr[text.len - 1] == 'Z';
        if (!parse_interval(text, &us)) {
            return false;
        }
    }
    if (us < 0 || us > DAY_US) {
        return false;
    }
    if (envelope->has_jvm_zone) { /* Maxwell adds its JVM's zone, and wraps at midnight */
        us = ((us - envelope->jvm_zone_us) % DAY_US + DAY_US) % DAY_US;
    }
    int len = snprintf(plain, sizeof(plain), "%02d:%02d:%02d.%06d", (int)(us / 3600000000),
                       (int)(us / 60000000 % 60), (int)(us / 1000000 % 60), (int)(us % 1000000));

    while (us % 1000000 != 0 && plain[len - 1] == '0') {
        len--;
    }
    *out = gb_arena_str(c->arena, (struct gb_str){plain, us % 1000000 == 0 ? 8 : (size_t)len});
    return true;
}

enum gb_status gb_convert_day(const struct gb_convert *c, const struct gb_field *field,
                              const struct gb_value *from, struct gb_value *value,
                              struct gb_err *err)
{
    const struct gb_envelope *envelope = &c->mapping->envelope;
    struct gb_str text = GB_STR_NONE;

    *value = (struct gb_value){.type = GB_NULL};
    if (field->form == GB_FORM_CLOCK) {
        if (!read_clock(c, field, from, &text)) {
            return gb_convert_bad(c, field->columns[0], "a time of day", err);
        }
    } else if (c->is_bootstrap && envelope->has_jvm_zone &&
               envelope->jvm_zone_us != c->mapping->zone_us) {
        return GB_OK; /* a day that went through another zone may be the day before: not known */
    } else if (!read_date(c, field, from, &text)) {
        return gb_convert_bad(c, field->columns[0], "a date", err);
    }
    *value = gb_convert_string(text);
    return GB_OK;
}
