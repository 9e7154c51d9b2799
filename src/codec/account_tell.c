/* Names, times and lists of an account (account_build.h). */
#include "base/jsonw.h"
#include "codec/account_build.h"

#define ZONE_MS INT64_C(28800000) /* bundles are written for +08:00 (policy_load.h) */
#define DAY_MS INT64_C(86400000)

void gb_tell_list_add(struct gb_tell_list *list, struct gb_str text)
{
    if (!gb_str_is(text)) {
        return;
    }
    if (list->count++ > 0) {
        gb_buf_add_str(&list->buf,
                       gb_words_get(list->tell->page, "messages", GB_STR("comma")));
    }
    gb_buf_add_str(&list->buf, text);
}

struct gb_str gb_tell_list_end(struct gb_tell_list *list)
{
    struct gb_str text = list->count > 0
                             ? gb_arena_str(list->tell->page->arena, gb_buf_str(&list->buf))
                             : GB_STR_NONE;

    gb_buf_close(&list->buf);
    return text;
}

void gb_tell_line(const struct gb_tell *tell, const char *section, struct gb_str word,
                  const struct gb_slot *slots)
{
    gb_buf_add_str(tell->page->out, GB_STR("  "));
    (void)gb_words_say(tell->page, section, word, slots);
    gb_buf_add_char(tell->page->out, '\n');
}

void gb_tell_message(const struct gb_tell *tell, const char *word, const struct gb_slot *slots)
{
    gb_tell_line(tell, "messages", gb_str_of(word), slots);
}

void gb_tell_head(const struct gb_tell *tell, const char *word)
{
    gb_buf_add_char(tell->page->out, '\n');
    (void)gb_words_say(tell->page, "messages", gb_str_of(word), NULL);
    gb_buf_add_char(tell->page->out, '\n');
}

struct gb_str gb_tell_text(const struct gb_tell *tell, const char *section, struct gb_str word,
                           const struct gb_slot *slots)
{
    struct gb_buf buf = {0};
    struct gb_page page = *tell->page;
    struct gb_str text;

    page.out = &buf;
    (void)gb_words_say(&page, section, word, slots);
    text = gb_arena_str(tell->page->arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    return text;
}

struct gb_str gb_tell_name(const struct gb_tell *tell, const char *section, struct gb_str word)
{
    struct gb_str name = gb_words_get(tell->page, section, word);

    return gb_str_is(name) ? name : word;
}

struct gb_str gb_tell_post(const struct gb_tell *tell, struct gb_str role, struct gb_str unit)
{
    const struct gb_unit *row =
        gb_str_is(unit) ? gb_policy_unit(tell->account->policy, unit) : NULL;
    struct gb_str name = gb_tell_name(tell, "roles", role);

    if (!gb_str_is(unit)) {
        return name;
    }
    if (row != NULL) {
        unit = tell->page->lang == GB_LANG_ZH ? row->name_zh : row->name_en;
    }
    return tell->page->lang == GB_LANG_ZH
               ? GB_JOIN(tell->page->arena, name, GB_STR("（"), unit, GB_STR("）"))
               : GB_JOIN(tell->page->arena, name, GB_STR(" ("), unit, GB_STR(")"));
}

struct gb_str gb_tell_category(const struct gb_tell *tell, struct gb_str code)
{
    const struct gb_category *row =
        gb_str_is(code) ? gb_policy_category(tell->account->policy, code) : NULL;

    return row == NULL                         ? code
           : tell->page->lang == GB_LANG_ZH ? row->name_zh
                                            : row->name_en;
}

struct civil {
    int64_t year, month, day, minute; /* minute of the day */
};

/* The Gregorian day of a time, by the inverse of the count of days since 0000-03-01 (see Richards,
 * Explanatory Supplement to the Astronomical Almanac, 3rd ed., 15.11). */
static struct civil civil_of(int64_t ms)
{
    int64_t local = ms + ZONE_MS;
    int64_t days = local >= 0 ? local / DAY_MS : -((DAY_MS - 1 - local) / DAY_MS);
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    struct civil c = {.day = of_year - (153 * shifted + 2) / 5 + 1,
                      .month = shifted < 10 ? shifted + 3 : shifted - 9,
                      .minute = (local - days * DAY_MS) / 60000};

    c.year = year + era * 400 + (c.month <= 2);
    return c;
}

struct gb_str gb_tell_day(const struct gb_tell *tell, int64_t ms)
{
    struct civil c = civil_of(ms);

    return gb_arena_printf(tell->page->arena,
                           tell->page->lang == GB_LANG_ZH ? "%lld年%lld月%lld日"
                                                          : "%lld-%02lld-%02lld",
                           (long long)c.year, (long long)c.month, (long long)c.day);
}

struct gb_str gb_tell_time(const struct gb_tell *tell, int64_t ms)
{
    struct civil c = civil_of(ms == INT64_MIN ? 0 : ms);

    if (ms == INT64_MIN) {
        return GB_STR_NONE;
    }
    return gb_arena_printf(tell->page->arena, "%.*s %02lld:%02lld",
                           GB_STR_ARG(gb_tell_day(tell, ms)), (long long)(c.minute / 60),
                           (long long)(c.minute % 60));
}

/* A time that a field holds as digits. */
static struct gb_str time_of_text(const struct gb_tell *tell, struct gb_str digits)
{
    int64_t ms = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9' || i > 15) {
            return digits;
        }
        ms = ms * 10 + (digits.ptr[i] - '0');
    }
    return gb_tell_time(tell, ms);
}

struct gb_str gb_tell_value(const struct gb_tell *tell, struct gb_str field, struct gb_str value)
{
    if (gb_str_eq(field, GB_STR("category"))) {
        return gb_tell_category(tell, value);
    }
    if (gb_str_eq(field, GB_STR("state"))) {
        return gb_tell_name(tell, "states", value);
    }
    if (gb_str_eq(field, GB_STR("grid")) || gb_str_eq(field, GB_STR("village"))) {
        return gb_words_place(tell->page->words, value);
    }
    if (gb_str_eq(field, GB_STR("deadline_at")) || gb_str_eq(field, GB_STR("occurred_at"))) {
        return time_of_text(tell, value);
    }
    return value;
}

struct gb_str gb_tell_number(const struct gb_tell *tell, int64_t number)
{
    return gb_arena_int(tell->page->arena, number);
}

struct gb_str gb_tell_basis(const struct gb_tell *tell, struct gb_str zh, struct gb_str en)
{
    struct gb_str first = tell->page->lang == GB_LANG_ZH ? zh : en;

    return gb_str_is(first) ? first : gb_str_is(zh) ? zh : en;
}

const struct gb_duty *gb_tell_duty(const struct gb_tell *tell, struct gb_str id)
{
    const struct gb_policy *policy = tell->account->policy;

    for (uint32_t i = 0; gb_str_is(id) && i < policy->duties_count; i++) {
        if (gb_str_eq(policy->duties[i].id, id)) {
            return &policy->duties[i];
        }
    }
    return policy->fallback != NULL && gb_str_eq(policy->fallback->id, id) ? policy->fallback
                                                                           : NULL;
}

const struct gb_deadline *gb_tell_deadline(const struct gb_tell *tell, struct gb_str id)
{
    const struct gb_policy *policy = tell->account->policy;

    for (uint32_t i = 0; gb_str_is(id) && i < policy->deadlines_count; i++) {
        if (gb_str_eq(policy->deadlines[i].id, id)) {
            return &policy->deadlines[i];
        }
    }
    return NULL;
}
