/* A growable run of bytes: doubles, ends the process when memory does. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

void gb_buf_close(struct gb_buf *buf)
{
    free(buf->bytes);
    *buf = (struct gb_buf){0};
}

void gb_buf_grow(struct gb_buf *buf, size_t more)
{
    size_t size = buf->size == 0 ? 256 : buf->size;
    char *bytes;

    GB_CHECK(buf->len + more >= more);
    while (size - buf->len < more) {
        size *= 2;
    }
    bytes = realloc(buf->bytes, size);
    GB_CHECK(bytes != NULL);
    buf->bytes = bytes;
    buf->size = size;
}

struct gb_str gb_int_text(char *digits, int64_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    size_t at = GB_DIGITS_MAX;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    while (rest >= 100) {
        memcpy(digits + (at -= 2), pairs + rest % 100 * 2, 2);
        rest /= 100;
    }
    if (rest >= 10) {
        memcpy(digits + (at -= 2), pairs + rest * 2, 2);
    } else {
        digits[--at] = (char)('0' + rest);
    }
    if (number < 0) {
        digits[--at] = '-';
    }
    return (struct gb_str){digits + at, GB_DIGITS_MAX - at};
}

void gb_buf_add_int(struct gb_buf *buf, int64_t number)
{
    char digits[GB_DIGITS_MAX];

    gb_buf_add_str(buf, gb_int_text(digits, number));
}

void gb_buf_printf(struct gb_buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    GB_CHECK(len >= 0);
    gb_buf_reserve(buf, (size_t)len + 1);
    (void)vsnprintf(buf->bytes + buf->len, (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (size_t)len;
}
