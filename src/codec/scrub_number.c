/* Predicates on rows of digits. */
#include "codec/scrub_number.h"

static uint32_t number(const uint8_t *digits, size_t count)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        value = value * 10 + digits[i];
    }
    return value;
}

/* First two digits of GB/T 2260. */
static bool is_region(const uint8_t *digits)
{
    static const uint8_t last[] = {0, 5, 3, 7, 6, 4, 5, 0, 3, 1}; /* of 1x, 2x, ... */
    uint8_t first = digits[0], second = digits[1];

    if (first == 0 || first == 7) {
        return first == 7 && second == 1;
    }
    return first == 5 ? second <= 4 : second >= 1 && second <= last[first];
}

static bool is_day(uint32_t month, uint32_t day)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

bool gb_is_date8(const uint8_t *digits)
{
    uint32_t year = number(digits, 4);

    return year >= 1900 && year <= 2099 && is_day(number(digits + 4, 2), number(digits + 6, 2));
}

static uint8_t check_digit(const uint8_t *digits)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const uint8_t checks[] = {1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof(weights); i++) {
        sum += (uint32_t)weights[i] * digits[i];
    }
    return checks[sum % 11];
}

bool gb_is_id18(const uint8_t *digits, uint8_t check, bool is_strict)
{
    uint32_t year = number(digits + 6, 4);

    if (!is_region(digits) || year < 1900 || year > 2039 ||
        !is_day(number(digits + 10, 2), number(digits + 12, 2))) {
        return false;
    }
    return check_digit(digits) == check || (!is_strict && year < 2016);
}

bool gb_is_id15(const uint8_t *digits)
{
    return is_region(digits) && is_day(number(digits + 8, 2), number(digits + 10, 2)) &&
           (number(digits + 6, 2) >= 30 || !gb_is_grid15(digits));
}

bool gb_is_grid15(const uint8_t *digits)
{
    uint32_t town = number(digits + 6, 3), village = number(digits + 9, 3);

    return is_region(digits) && town >= 1 && town <= 599 && village >= 1 && village <= 399;
}

bool gb_is_mobile(const uint8_t *digits, size_t count)
{
    return count == 11 && digits[0] == 1 && digits[1] >= 3;
}

size_t gb_area_len(const uint8_t *digits, size_t count)
{
    if (count < 4 || digits[0] != 0 || digits[1] == 0) {
        return 0;
    }
    if (digits[1] == 2 || (digits[1] == 1 && digits[2] == 0)) {
        return 3;
    }
    return digits[1] >= 3 ? 4 : 0;
}

bool gb_is_landline(const uint8_t *digits, size_t count)
{
    size_t area = gb_area_len(digits, count);

    return area > 0 && (count == area + 7 || count == area + 8) && digits[area] >= 2;
}

static bool is_luhn(const uint8_t *digits, size_t count)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t digit = digits[count - 1 - i] * (i % 2 == 1 ? 2U : 1U);

        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

bool gb_is_card(const uint8_t *digits, size_t count)
{
    uint32_t head = number(digits, 4);
    bool is_range;

    if (count < 16 || count > 19) {
        return false;
    }
    switch (digits[0]) {
    case 6: /* UnionPay 60, 62, 65, 68, 69 */
        is_range = digits[1] == 0 || digits[1] == 2 || digits[1] == 5 || digits[1] >= 8;
        break;
    case 4:
    case 5:
    case 9:
        is_range = count == 16 || count == 19;
        break;
    case 3: /* JCB; the other ranges of 3 are those of codes of places */
        is_range = count == 16 && head >= 3528 && head <= 3589;
        break;
    default:
        is_range = count == 19 && head / 10 == 103;
        break;
    }
    return is_range && is_luhn(digits, count);
}
