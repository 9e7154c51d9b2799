/* Bytes to values by jansson (the only place that knows it).
 *
 * Strict: UTF-8 is validated, duplicate keys are refused, integers outside int64 are refused (and
 * reals become strings holding their source text where it can be had). \u0000 becomes U+FFFD. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/arena.h"
#include "base/check.h"
#include "gridbridge/err.h"
#include "gridbridge/value.h"

#define GB_JSON_DEPTH_MAX 64
#define GB_JSON_VALUES_MAX 500000U /* members and items: what a tree of them takes in memory */

/* Parses one JSON text into arena. Errors: BAD_UTF8 naming the byte, BAD_JSON naming line and
 * column, TOO_LARGE. The message never quotes the text. */
enum gb_status gb_json_parse(struct gb_arena *arena, struct gb_str text, struct gb_value *value,
                             struct gb_err *err) GB_MUST_CHECK;

/* The same, but strings may borrow from text, which must live as long as the value. */
enum gb_status gb_json_view(struct gb_arena *arena, struct gb_str text, struct gb_value *value,
                            struct gb_err *err) GB_MUST_CHECK;

/* The same as gb_json_parse by jansson alone: what the tests hold the short way against. */
enum gb_status gb_json_parse_slow(struct gb_arena *arena, struct gb_str text,
                                  struct gb_value *value, struct gb_err *err) GB_MUST_CHECK;

#endif
