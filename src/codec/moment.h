/* The one grammar for times on the command line: "now", "-1h" or "+30min" from now, a day
 * "2026-11-23" (its beginning at +08:00), or RFC 3339 ("2026-11-23T09:30:00+08:00"; without a zone
 * at +08:00). */
#ifndef CODEC_MOMENT_H
#define CODEC_MOMENT_H

#include <stdint.h>

#include "base/check.h"
#include "gridbridge/str.h"

/* ms since 1970 UTC; false, and *ms as it was, where the text is no time. */
bool gb_moment_parse(struct gb_str text, int64_t now_ms, int64_t *ms) GB_MUST_CHECK;

#endif
