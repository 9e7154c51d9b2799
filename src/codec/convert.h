/* One field of a row, by its declared form. Messages name what was expected, never the value. */
#ifndef CODEC_CONVERT_H
#define CODEC_CONVERT_H

#include "codec/keyring.h"
#include "codec/mapping.h"

/* A row with its columns by number; NULL: the envelope did not send the column. */
struct gb_row {
    const struct gb_value *columns[GB_COLUMNS_MAX];
    bool is_unavailable[GB_COLUMNS_MAX]; /* the envelope's placeholder stood there */
    bool is_absent_null;                 /* a column that is not there is NULL */
};

struct gb_convert {
    struct gb_arena *arena;
    const struct gb_mapping *mapping;
    const struct gb_entity *entity;
    struct gb_key join;
    struct gb_str source; /* configured name: part of holder ids */
    const struct gb_value *types; /* Canal: column to MySQL type; NULL: none */
    bool is_bootstrap;
};

/* The field's value; GB_NULL where it is absent. Errors: BAD_FIELD, UNKNOWN_PLACE,
 * NEED_FULL_IMAGE, EXCEL_TRUNCATED; err says column and expected form. */
enum gb_status gb_convert_field(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_row *row, struct gb_value *value,
                                struct gb_err *err) GB_MUST_CHECK;

/* A time or integer in the unit of versions (microseconds); *has false where it is absent. */
enum gb_status gb_convert_version(const struct gb_convert *c, const struct gb_row *row,
                                  int64_t *number, bool *has, struct gb_err *err) GB_MUST_CHECK;

/* Text of a scalar (integers in decimal), trimmed; absent for null, missing, empty. False for an
 * array or object. */
bool gb_convert_text(struct gb_arena *arena, const struct gb_value *value, struct gb_str *text);

/* "YYYY-MM-DD[T ]hh:mm[:ss[.f]][Z|+hh:mm]" to microseconds since 1970; zone_us is subtracted where
 * the text has no zone; needs_zone refuses such a text. */
bool gb_time_parse(struct gb_str text, int64_t zone_us, bool needs_zone, int64_t *us);

/* What the files of codec/convert*.c share. */

#define GB_NO_NUMBER INT64_MIN                      /* absent */
#define GB_INT_MAX_JSON INT64_C(9007199254740991)   /* 2^53 - 1: what a canonical integer may be */

/* BAD_FIELD "column: expected ...". */
enum gb_status gb_convert_bad(const struct gb_convert *c, uint32_t column, const char *expected,
                              struct gb_err *err);

/* A string, or GB_NULL for the absent text. */
struct gb_value gb_convert_string(struct gb_str text);

struct gb_str gb_convert_trim(struct gb_str text);

/* An integer or its text; false for anything else. */
bool gb_convert_int(const struct gb_value *value, int64_t *number);

/* Moments in microseconds, intervals in milliseconds; GB_NO_NUMBER where there is none. */
enum gb_status gb_convert_time(const struct gb_convert *c, const struct gb_field *field,
                               const struct gb_value *from, int64_t *number, struct gb_err *err);
/* Dates and clocks as text. */
enum gb_status gb_convert_day(const struct gb_convert *c, const struct gb_field *field,
                              const struct gb_value *from, struct gb_value *value,
                              struct gb_err *err);
/* DECIMAL UNSCALED UNSIGNED BITS. */
enum gb_status gb_convert_number(const struct gb_convert *c, const struct gb_field *field,
                                 const struct gb_value *from, struct gb_value *value,
                                 struct gb_err *err);
/* ENUM SET LIST HASHES. */
enum gb_status gb_convert_list(const struct gb_convert *c, const struct gb_field *field,
                               const struct gb_value *from, struct gb_value *value,
                               struct gb_err *err);

/* The first item of a text joined by , ; or their full-width forms; rest is what follows it. */
struct gb_str gb_convert_item(struct gb_str text, struct gb_str *rest);

/* text with what the bits of enum gb_fold name folded away. */
struct gb_str gb_fold_text(struct gb_arena *arena, struct gb_str text, uint32_t bits);

/* "/a/ b/" to "a/b"; absent where nothing is left. */
struct gb_str gb_fold_path(struct gb_arena *arena, struct gb_str text);

/* The number of a grid by its name ("(下蜀村)网格4", "第一网格(基础)"); -1: it has none. */
int64_t gb_fold_ordinal(struct gb_arena *arena, struct gb_str text);

/* What a spreadsheet makes of a long id: "3.20323E+17", or zeros from the 16th digit on. */
bool gb_fold_is_excel(struct gb_str text);

#endif
