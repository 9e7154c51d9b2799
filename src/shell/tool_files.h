/* One file for short-lived commands; folders and secrets: shell/files.h. */
#ifndef SHELL_TOOL_FILES_H
#define SHELL_TOOL_FILES_H

#include "base/arena.h"
#include "base/check.h"
#include "gridbridge/err.h"

/* The bytes of a file ("-": standard input) in the arena. TOO_LARGE, NOT_FOUND, IO. */
enum gb_status gb_tool_file(const char *path, struct gb_arena *arena, struct gb_str *bytes,
                            struct gb_err *err) GB_MUST_CHECK;

/* Writes a new file that only its owner may read (mode 0400). CONFLICT where it is there. */
enum gb_status gb_tool_file_secret(const char *path, struct gb_str bytes,
                                   struct gb_err *err) GB_MUST_CHECK;

/* True if something that can be opened is there. */
bool gb_tool_file_is_there(const char *path);

#endif
