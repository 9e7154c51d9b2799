/* Decimals as canonical text (no exponent, no zeros that say nothing), integers in bytes. */
#include "codec/convert.h"

#include "base/hash.h"

#define DIGITS_MAX 100
#define BYTES_MAX 40

/* digits * 10^exponent; digits has no sign. False where the text would be longer than is meant. */
static bool write_decimal(struct gb_arena *arena, bool is_negative, struct gb_str digits,
                          int64_t exponent, struct gb_str *text)
{
    while (digits.len > 0 && digits.ptr[0] == '0') {
        digits = (struct gb_str){digits.ptr + 1, digits.len - 1};
    }
    while (digits.len > 0 && digits.ptr[digits.len - 1] == '0') {
        digits.len--;
        exponent++;
    }
    if (digits.len == 0) {
        *text = GB_STR("0");
        return true;
    }
    if (digits.len > DIGITS_MAX || exponent > DIGITS_MAX || exponent < -DIGITS_MAX) {
        return false;
    }
    int64_t len = (int64_t)digits.len, point = len + exponent; /* digits before the point */
    char *out = gb_arena_take(arena, 3 * DIGITS_MAX + 8);
    size_t used = 0;

    if (is_negative) {
        out[used++] = '-';
    }
    if (point <= 0) {
        out[used++] = '0';
    }
    for (int64_t i = point < 0 ? point : 0; i < (point > len ? point : len); i++) {
        if (i == (point > 0 ? point : point < 0 ? point : 0) && point < len) {
            out[used++] = '.';
        }
        out[used++] = i >= 0 && i < len ? digits.ptr[i] : '0';
    }
    *text = (struct gb_str){out, used};
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "+12.50e-1" to digits, a sign and an exponent. */
static bool read_decimal(struct gb_arena *arena, struct gb_str text, struct gb_str *canonical)
{
    char digits[DIGITS_MAX + 1];
    size_t used = 0, i = 0;
    bool is_negative = text.len > 0 && text.ptr[0] == '-', has_point = false;
    int64_t exponent = 0, power = 0;

    i += text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    for (; i < text.len && (is_digit(text.ptr[i]) || (text.ptr[i] == '.' && !has_point)); i++) {
        if (text.ptr[i] == '.') {
            has_point = true;
            continue;
        }
        if (used == DIGITS_MAX) {
            return false;
        }
        digits[used++] = text.ptr[i];
        exponent -= has_point;
    }
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        bool is_down = i + 1 < text.len && text.ptr[i + 1] == '-';

        i += i + 1 < text.len && (text.ptr[i + 1] == '-' || text.ptr[i + 1] == '+') ? 2 : 1;
        if (i == text.len) {
            return false;
        }
        for (; i < text.len && is_digit(text.ptr[i]) && power < 1000; i++) {
            power = power * 10 + (text.ptr[i] - '0');
        }
        exponent += is_down ? -power : power;
    }
    return i == text.len && used > 0 &&
           write_decimal(arena, is_negative, (struct gb_str){digits, used}, exponent, canonical);
}

/* Base64 of up to BYTES_MAX bytes; -1: it is none, or longer. */
static int unbase64(struct gb_arena *arena, struct gb_str text, uint8_t bytes[BYTES_MAX])
{
    struct gb_str found;

    if (text.len == 0 || text.len > (BYTES_MAX + 2) / 3 * 4 ||
        !gb_unbase64(arena, text, &found) || found.len > BYTES_MAX) {
        return -1;
    }
    memcpy(bytes, found.ptr, found.len);
    return (int)found.len;
}

/* The decimal digits of a big-endian number without sign. */
static struct gb_str digits_of(struct gb_arena *arena, uint8_t *bytes, int len)
{
    char *out = gb_arena_take(arena, DIGITS_MAX);
    size_t at = DIGITS_MAX;

    for (bool any = true; any && at > 0;) {
        unsigned rest = 0;

        any = false;
        for (int i = 0; i < len; i++) {
            unsigned value = rest * 256 + bytes[i];

            bytes[i] = (uint8_t)(value / 10);
            rest = value % 10;
            any = any || bytes[i] != 0;
        }
        out[--at] = (char)('0' + rest);
    }
    return (struct gb_str){out + at, DIGITS_MAX - at};
}

/* Big-endian two's complement to sign and digits; false where it is no base64. */
static bool big_endian(struct gb_arena *arena, struct gb_str text, bool *is_negative,
                       struct gb_str *digits)
{
    uint8_t bytes[BYTES_MAX] = {0};
    int len = unbase64(arena, text, bytes);
    unsigned carry = 1;

    if (len <= 0) {
        return false;
    }
    *is_negative = (bytes[0] & 0x80) != 0;
    for (int i = len - 1; *is_negative && i >= 0; i--) {
        unsigned value = (uint8_t)~bytes[i] + carry;

        bytes[i] = (uint8_t)value;
        carry = value >> 8;
    }
    *digits = digits_of(arena, bytes, len);
    return true;
}

static bool read_unscaled(const struct gb_convert *c, const struct gb_field *field,
                          const struct gb_value *from, struct gb_str *canonical)
{
    int64_t scale = field->scale;
    struct gb_str text = from->type == GB_STRING ? from->text : GB_STR_NONE, digits;
    bool is_negative;

    if (from->type == GB_OBJECT) { /* numeric without a scale of the column: it is in the value */
        scale = gb_value_int(from, GB_STR("scale"), -1);
        text = gb_value_str(from, GB_STR("value"));
    }
    return scale >= 0 && scale <= DIGITS_MAX && gb_str_is(text) &&
           big_endian(c->arena, text, &is_negative, &digits) &&
           write_decimal(c->arena, is_negative, digits, -scale, canonical);
}

/* 0: no number is meant. */
static bool is_no_number(struct gb_str text)
{
    static const char *const words[] = {"nan", "NaN", "NAN", "Infinity", "-Infinity", "INFINITY",
                                        "-INFINITY"};

    for (size_t i = 0; i < GB_COUNT(words); i++) {
        if (gb_str_eq(text, gb_str_of(words[i]))) {
            return true;
        }
    }
    return !gb_str_is(text);
}

static enum gb_status read_unsigned(const struct gb_convert *c, uint32_t column,
                                    const struct gb_value *from, struct gb_value *value,
                                    struct gb_err *err)
{
    struct gb_str text = GB_STR_NONE;
    bool is_negative = false;

    if (from->type == GB_STRING) {
        if (!big_endian(c->arena, from->text, &is_negative, &text)) {
            return gb_convert_bad(c, column, "an integer, or its bytes in base64", err);
        }
        text = is_negative ? gb_arena_printf(c->arena, "-%.*s", GB_STR_ARG(text)) : text;
    } else if (from->type != GB_INT || !gb_convert_text(c->arena, from, &text)) {
        return gb_convert_bad(c, column, "an integer, or its bytes in base64", err);
    }
    *value = gb_convert_string(text);
    return GB_OK;
}

static enum gb_status read_bits(const struct gb_convert *c, uint32_t column,
                                const struct gb_value *from, struct gb_value *value,
                                struct gb_err *err)
{
    uint8_t bytes[BYTES_MAX] = {0};
    int len = from->type == GB_STRING ? unbase64(c->arena, from->text, bytes) : 0;
    int64_t number = from->type == GB_INT ? from->number : 0;

    for (int i = len - 1; i >= 0; i--) {
        if (number > (GB_INT_MAX_JSON >> 8)) {
            len = -1;
            break;
        }
        number = number * 256 + bytes[i];
    }
    if (len < 0 || (len == 0 && from->type != GB_INT) || number < 0 || number > GB_INT_MAX_JSON) {
        return gb_convert_bad(c, column, "up to 53 bits, in base64 or as an integer", err);
    }
    *value = (struct gb_value){.type = GB_INT, .number = number};
    return GB_OK;
}

enum gb_status gb_convert_number(const struct gb_convert *c, const struct gb_field *field,
                                 const struct gb_value *from, struct gb_value *value,
                                 struct gb_err *err)
{
    uint32_t column = field->columns[0];
    struct gb_str text = GB_STR_NONE, canonical;

    if (field->form == GB_FORM_UNSIGNED) {
        return read_unsigned(c, column, from, value, err);
    }
    if (field->form == GB_FORM_BITS) {
        return read_bits(c, column, from, value, err);
    }
    if (field->form == GB_FORM_UNSCALED) {
        if (!read_unscaled(c, field, from, &canonical)) {
            return gb_convert_bad(c, column, "an unscaled decimal in base64, and its scale", err);
        }
        *value = gb_convert_string(canonical);
        return GB_OK;
    }
    if (!gb_convert_text(c->arena, from, &text) ||
        (!is_no_number(text) && !read_decimal(c->arena, text, &canonical))) {
        return gb_convert_bad(c, column, "a decimal number", err);
    }
    *value = gb_convert_string(is_no_number(text) ? GB_STR_NONE : canonical);
    return GB_OK;
}
