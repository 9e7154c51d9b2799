/* Files for the daemon: folders with their folders, and secrets. */
#ifndef SHELL_FILES_H
#define SHELL_FILES_H

#include "base/arena.h"
#include "base/check.h"
#include "codec/files.h"
#include "gridbridge/err.h"

/* All regular files below path, hidden ones left out, names relative with '/', sorted in byte
 * order; everything in the arena. Bounds: shell/limits.h. NOT_FOUND, TOO_LARGE, IO. */
enum gb_status gb_files_read(const char *path, struct gb_arena *arena, struct gb_files *files,
                             struct gb_err *err) GB_MUST_CHECK;

/* A secret: a regular file that only its owner may read (mode 0400 or 0600), of at most 4 KiB;
 * a newline at the end is left out. BAD_CONFIG where others could read it. */
enum gb_status gb_files_secret(const char *path, struct gb_arena *arena, struct gb_str *bytes,
                               struct gb_err *err) GB_MUST_CHECK;

#endif
