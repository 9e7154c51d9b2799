/* A day as text: "2026-11-23". PURE. Days are China's, UTC+8 without summer time. */
#ifndef CORE_DAY_H
#define CORE_DAY_H

#include "gridbridge/str.h"

#include <stdint.h>

#define GB_DAY_MS ((int64_t)24 * 3600000)

/* The beginning (ms since 1970 UTC) of a day of the proleptic Gregorian calendar from 1900 on;
 * false if text is none, and *ms untouched. */
bool gb_day_ms(struct gb_str text, int64_t *ms);

/* "2026-11-23" of a time (ms) in the years 1 to 9999; GB_DAY_TEXT_LEN characters, no NUL. */
#define GB_DAY_TEXT_LEN 10
void gb_day_text(int64_t ms, char *text);

/* Milliseconds since midnight of "08:30", "08:30:00" or "08:30:00.5" up to "24:00:00"; -1 if text
 * is no time of day. */
int64_t gb_day_clock(struct gb_str text);

#endif
