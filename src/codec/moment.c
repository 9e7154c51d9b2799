/* See the header. */
#include "codec/moment.h"

#include "codec/convert.h"
#include "core/day.h"

#define CHINA_US (INT64_C(8) * 3600 * 1000000)
#define NUMBER_MAX 1000000

/* "1h" behind its sign. */
static bool read_distance(struct gb_str text, int64_t *ms)
{
    static const struct unit {
        struct gb_str word;
        int64_t ms;
    } units[] = {{{"s", 1}, 1000},
                 {{"min", 3}, 60000},
                 {{"h", 1}, 3600000},
                 {{"d", 1}, 86400000}};
    int64_t number = 0;
    size_t digits = 0;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9' &&
           number <= NUMBER_MAX) {
        number = number * 10 + (text.ptr[digits++] - '0');
    }
    text = (struct gb_str){text.ptr + digits, text.len - digits};
    for (size_t i = 0; digits > 0 && i < GB_COUNT(units); i++) {
        if (gb_str_eq(text, units[i].word) && number <= NUMBER_MAX) {
            *ms = number * units[i].ms;
            return true;
        }
    }
    return false;
}

bool gb_moment_parse(struct gb_str text, int64_t now_ms, int64_t *ms)
{
    int64_t read = 0;

    if (gb_str_eq(text, GB_STR("now"))) {
        *ms = now_ms;
        return true;
    }
    if (text.len > 1 && (text.ptr[0] == '-' || text.ptr[0] == '+')) {
        if (!read_distance((struct gb_str){text.ptr + 1, text.len - 1}, &read)) {
            return false;
        }
        *ms = text.ptr[0] == '-' ? now_ms - read : now_ms + read;
        return true;
    }
    if (gb_day_ms(text, ms)) {
        return true;
    }
    if (!gb_time_parse(text, CHINA_US, false, &read)) {
        return false;
    }
    *ms = read >= 0 ? read / 1000 : -((999 - read) / 1000); /* rounds down */
    return true;
}
