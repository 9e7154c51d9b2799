/* See the header. */
#include "shell/tool_random.h"

#include <sys/random.h>
#include <sys/types.h>

#include "base/check.h"

void gb_tool_random(uint8_t *bytes, size_t len)
{
    GB_CHECK(len <= 256 && getrandom(bytes, len, 0) == (ssize_t)len);
}
