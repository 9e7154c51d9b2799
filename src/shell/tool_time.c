/* See the header. */
#include "shell/tool_time.h"

#include <time.h>

void gb_tool_sleep(int64_t ms)
{
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};

    (void)nanosleep(&wait, NULL);
}
