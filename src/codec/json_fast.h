/* The short way that json.c tries first; nobody else includes this but its tests. */
#ifndef CODEC_JSON_FAST_H
#define CODEC_JSON_FAST_H

#include "base/arena.h"
#include "gridbridge/value.h"

/* Parses text, which the caller has found to be UTF-8. borrows: strings without escapes point into
 * text, else all are copied. False: give it to the long way, nothing is said about the text; what
 * the arena handed out until then stays handed out. */
bool gb_json_fast(struct gb_arena *arena, struct gb_str text, bool borrows,
                  struct gb_value *value);

#endif
