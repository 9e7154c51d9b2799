/* A growable run of bytes with one owner. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdint.h>

#include "gridbridge/str.h"

struct gb_buf {
    char *bytes; /* owned */
    size_t len;
    size_t size;
};

void gb_buf_close(struct gb_buf *buf);

/* Grows it for gb_buf_reserve. */
void gb_buf_grow(struct gb_buf *buf, size_t more);

/* Makes room for more bytes behind len; out of memory ends the process. */
static inline void gb_buf_reserve(struct gb_buf *buf, size_t more)
{
    if (buf->size - buf->len < more || buf->bytes == NULL) {
        gb_buf_grow(buf, more);
    }
}

static inline void gb_buf_add(struct gb_buf *buf, const void *bytes, size_t len)
{
    if (len > 0) {
        gb_buf_reserve(buf, len);
        memcpy(buf->bytes + buf->len, bytes, len);
        buf->len += len;
    }
}

static inline void gb_buf_add_str(struct gb_buf *buf, struct gb_str s)
{
    gb_buf_add(buf, s.ptr, s.len);
}

static inline void gb_buf_add_char(struct gb_buf *buf, char c)
{
    gb_buf_reserve(buf, 1);
    buf->bytes[buf->len++] = c;
}

#define GB_DIGITS_MAX 20 /* characters of any int64_t */

/* Decimal text of number, written to the end of digits (GB_DIGITS_MAX bytes); borrows from it. */
struct gb_str gb_int_text(char *digits, int64_t number);

/* Decimal text of number. */
void gb_buf_add_int(struct gb_buf *buf, int64_t number);

__attribute__((format(printf, 2, 3))) void gb_buf_printf(struct gb_buf *buf, const char *format,
                                                         ...);

/* Borrows the content until the next change; never absent. */
static inline struct gb_str gb_buf_str(const struct gb_buf *buf)
{
    return (struct gb_str){buf->bytes != NULL ? buf->bytes : "", buf->len};
}

static inline void gb_buf_clear(struct gb_buf *buf)
{
    buf->len = 0;
}

#endif
