/* Time passes, for short-lived commands that ask again and again. */
#ifndef SHELL_TOOL_TIME_H
#define SHELL_TOOL_TIME_H

#include <stdint.h>

/* Waits; a signal may end it earlier. */
void gb_tool_sleep(int64_t ms);

#endif
