/* A borrowed run of bytes: ptr is not NUL-terminated; ptr NULL means absent (JSON null). */
#ifndef GRIDBRIDGE_STR_H
#define GRIDBRIDGE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct gb_str {
    const char *ptr;
    size_t len;
};

#define GB_STR(literal) ((struct gb_str){(literal), sizeof(literal) - 1})
#define GB_STR_NONE ((struct gb_str){NULL, 0})
/* For printf's "%.*s". */
#define GB_STR_ARG(s) (int)(s).len, ((s).ptr != NULL ? (s).ptr : "")

/* Borrows a C string (NULL gives the absent string). */
static inline struct gb_str gb_str_of(const char *text)
{
    return (struct gb_str){text, text != NULL ? strlen(text) : 0};
}

static inline bool gb_str_is(struct gb_str s)
{
    return s.ptr != NULL;
}

/* Byte equality; absent equals absent only. */
static inline bool gb_str_eq(struct gb_str a, struct gb_str b)
{
    if ((a.ptr == NULL) != (b.ptr == NULL) || a.len != b.len) {
        return false;
    }
    return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* Total order by bytes, shorter first on a tie; absent before everything. */
static inline int gb_str_cmp(struct gb_str a, struct gb_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

    if (order != 0) {
        return order < 0 ? -1 : 1;
    }
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return (a.ptr != NULL) - (b.ptr != NULL);
}

#endif
