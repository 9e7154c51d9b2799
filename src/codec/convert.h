/* One field of a row, by its declared form. Messages name what was expected, never the value. */
#ifndef CODEC_CONVERT_H
#define CODEC_CONVERT_H

#include "codec/mapping.h"

/* A row with its columns by number; NULL: the envelope did not send the column. */
struct gb_row {
    const struct gb_value *columns[GB_COLUMNS_MAX];
    bool is_unavailable[GB_COLUMNS_MAX]; /* the envelope's placeholder stood there */
};

struct gb_convert {
    struct gb_arena *arena;
    const struct gb_mapping *mapping;
    const struct gb_entity *entity;
    struct gb_str join_key, join_key_id;
    struct gb_str source; /* configured name: part of holder ids */
};

/* The field's value; GB_NULL where it is absent. Errors: BAD_FIELD, UNKNOWN_PLACE,
 * NEED_FULL_IMAGE; err says column and expected form. */
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

#endif
