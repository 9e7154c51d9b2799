/* Key files on disk: written whole or not at all, and the day by which they are read. */
#ifndef SHELL_KEY_FILE_H
#define SHELL_KEY_FILE_H

#include <stdint.h>

#include "base/check.h"
#include "gridbridge/err.h"
#include "gridbridge/str.h"

#define GB_DAY_SIZE 11

/* The day in UTC, days from today, as "2026-11-25" with a NUL. */
void gb_day_from_today(int64_t days, char day[GB_DAY_SIZE]);

/* Bytes that nobody can guess. */
void gb_random_bytes(uint8_t *bytes, size_t len);

/* Puts text in the place of a file by a new one (mode 0400, synced) and a rename. IO: the old file
 * is still there. */
enum gb_status gb_key_file_replace(const char *path, struct gb_str text,
                                   struct gb_err *err) GB_MUST_CHECK;

#endif
