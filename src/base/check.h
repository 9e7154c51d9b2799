/* Assertions that stay on in release: a programmer's error ends the process with file and line. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/* Prints where and what, then aborts. */
__attribute__((noreturn)) void gb_check_failed(const char *file, int line, const char *what);

#define GB_CHECK(condition)                                                                        \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            gb_check_failed(__FILE__, __LINE__, #condition);                                       \
        }                                                                                          \
    } while (0)

#define GB_MUST_CHECK __attribute__((warn_unused_result))
#define GB_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
