/* Core dumps off: source rows and keys stand in the memory. */
#include "shell/harden.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The leak checker of a sanitized build reads its own process as a debugger does. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

enum gb_status gb_harden_process(struct gb_err *err)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return gb_fail(err, GB_IO, "core dumps cannot be turned off: %s", strerror(errno));
    }
    if (!IS_SANITIZED && prctl(PR_SET_DUMPABLE, 0) != 0) {
        return gb_fail(err, GB_IO, "the memory cannot be closed to others: %s", strerror(errno));
    }
    return GB_OK;
}
