/* What the files of codec/account*.c share: a matter being told on a page. */
#ifndef CODEC_ACCOUNT_BUILD_H
#define CODEC_ACCOUNT_BUILD_H

#include "codec/account.h"
#include "core/considered.h"

#define GB_TELL_ROWS_MAX 64U

struct gb_tell {
    const struct gb_account *account;
    const struct gb_page *page;
    const struct gb_value *matter;   /* never NULL: GB_NULL where there is none */
    struct gb_duty_query query;      /* what the list was asked */
    struct gb_considered rows[GB_TELL_ROWS_MAX];
    uint32_t rows_count;
    const struct gb_duty *used;      /* row that decides, NULL: unlisted */
    bool is_overruled;               /* a person decided who leads */
};

/* A list with the language's comma. */
struct gb_tell_list {
    const struct gb_tell *tell;
    struct gb_buf buf;
    uint32_t count;
};
void gb_tell_list_add(struct gb_tell_list *list, struct gb_str text);
/* The whole in the page's arena, absent if it is empty; closes the list. */
struct gb_str gb_tell_list_end(struct gb_tell_list *list);

void gb_tell_begin(struct gb_tell *tell, const struct gb_account *account,
                   const struct gb_page *page);
/* One line, indented; a heading after an empty line. */
void gb_tell_line(const struct gb_tell *tell, const char *section, struct gb_str word,
                  const struct gb_slot *slots);
void gb_tell_message(const struct gb_tell *tell, const char *word, const struct gb_slot *slots);
void gb_tell_head(const struct gb_tell *tell, const char *word);
/* A filled text in the arena. */
struct gb_str gb_tell_text(const struct gb_tell *tell, const char *section, struct gb_str word,
                           const struct gb_slot *slots);

/* Names; what has none stands as it is. */
struct gb_str gb_tell_name(const struct gb_tell *tell, const char *section, struct gb_str word);
struct gb_str gb_tell_post(const struct gb_tell *tell, struct gb_str role, struct gb_str unit);
struct gb_str gb_tell_category(const struct gb_tell *tell, struct gb_str code);
/* "2026年11月20日 09:00", "2026-11-20 09:00", at +08:00; absent for INT64_MIN. */
struct gb_str gb_tell_time(const struct gb_tell *tell, int64_t ms);
struct gb_str gb_tell_day(const struct gb_tell *tell, int64_t ms);
/* A field's value as text: names of codes, times. */
struct gb_str gb_tell_value(const struct gb_tell *tell, struct gb_str field, struct gb_str value);
struct gb_str gb_tell_number(const struct gb_tell *tell, int64_t number);
/* The legal basis of a row in the page's language. */
struct gb_str gb_tell_basis(const struct gb_tell *tell, struct gb_str zh, struct gb_str en);

const struct gb_duty *gb_tell_duty(const struct gb_tell *tell, struct gb_str id);
const struct gb_deadline *gb_tell_deadline(const struct gb_tell *tell, struct gb_str id);

/* Sections. */
void gb_tell_rows(const struct gb_tell *tell);
void gb_tell_overlap(const struct gb_tell *tell, const struct gb_value *overlap);
void gb_tell_steps(const struct gb_tell *tell);

#endif
