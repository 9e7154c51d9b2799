/* The process's log: one logfmt line a message, from any thread.
 *
 * A warning that comes again is not written again at once: the same words of the same lane (digits
 * do not count) stay silent for a minute, then for two, four ... up to an hour, and the next line
 * says how often they were left out. A line of level info of that lane (something went on) or ten
 * minutes of silence end this. */
#ifndef SHELL_LOG_H
#define SHELL_LOG_H

#include <stdint.h>
#include <stdio.h>

#include "gridbridge/str.h"
#include "shell/plain.h"

/* Where to, and the last level that is written; before the first call: stderr, warnings. */
void gb_log_open(FILE *to, enum gb_log_level level);

/* lane -1: none. */
void gb_log(enum gb_log_level level, int64_t lane, struct gb_str text);

/* The same at a given time (monotonic ms), for tests. */
void gb_log_at(int64_t now, enum gb_log_level level, int64_t lane, struct gb_str text);

#endif
