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

/* Makes room for more bytes behind len; out of memory ends the process. */
void gb_buf_reserve(struct gb_buf *buf, size_t more);

void gb_buf_add(struct gb_buf *buf, const void *bytes, size_t len);
void gb_buf_add_str(struct gb_buf *buf, struct gb_str s);
void gb_buf_add_char(struct gb_buf *buf, char c);

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
