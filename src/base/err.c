/* Statuses: their classes and words; filling and prefixing of messages. */
#include "gridbridge/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

void gb_check_failed(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: bug: %s\n", file, line, what);
    __builtin_trap();
}

enum gb_class gb_status_class(enum gb_status status)
{
    static const enum gb_class classes[] = {
#define X(name, class, word) [GB_##name] = GB_CLASS_##class,
        GB_STATUS_LIST(X)
#undef X
    };

    GB_CHECK((unsigned)status < GB_STATUS_COUNT);
    return classes[status];
}

const char *gb_status_word(enum gb_status status)
{
    static const char *const words[] = {
#define X(name, class, word) [GB_##name] = word,
        GB_STATUS_LIST(X)
#undef X
    };

    GB_CHECK((unsigned)status < GB_STATUS_COUNT);
    return words[status];
}

enum gb_status gb_fail(struct gb_err *err, enum gb_status status, const char *format, ...)
{
    va_list args;

    if (err != NULL) {
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        err->status = status;
    }
    return status;
}

enum gb_status gb_prefix(struct gb_err *err, const char *format, ...)
{
    char old[sizeof(err->text)];
    va_list args;
    size_t len;

    if (err == NULL) {
        return GB_BUG;
    }
    memcpy(old, err->text, sizeof(old));
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", old);
    return err->status;
}
