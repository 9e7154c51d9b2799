/* Random bytes of the kernel for short-lived commands: keys, and ids that nobody else draws. */
#ifndef SHELL_TOOL_RANDOM_H
#define SHELL_TOOL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills bytes (at most 256); a kernel that gives none ends the process. */
void gb_tool_random(uint8_t *bytes, size_t len);

#endif
