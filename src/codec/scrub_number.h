/* What a row of digits may be: the shapes of numbers that name a person. Pure predicates. */
#ifndef CODEC_SCRUB_NUMBER_H
#define CODEC_SCRUB_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* digits hold values 0 to 9. */

/* GB 11643: region, date of birth 1900 to 2039, order, check digit by ISO 7064 MOD 11-2 (x = 10).
 * With is_strict the check digit must be right; without it, it may be wrong where the year of
 * birth is before 2016 (a slip of the pen; later dates are more often an order number's). */
bool gb_is_id18(const uint8_t *digits, uint8_t check, bool is_strict);

/* The numbers of before 1999: region, yymmdd, order. Years 00 to 29 only where the digits cannot
 * be a grid code (town 3, village 001-399, order 3), which has 15 digits too. */
bool gb_is_id15(const uint8_t *digits);

/* 1[3-9] and nine digits. */
bool gb_is_mobile(const uint8_t *digits, size_t count);

/* 0 and area code, then 7 or 8 digits that begin with 2 to 9. */
bool gb_is_landline(const uint8_t *digits, size_t count);

/* Length of the area code at digits, its 0 included, or 0. */
size_t gb_area_len(const uint8_t *digits, size_t count);

/* 16 to 19 digits of a bank's range with a right Luhn digit (ISO/IEC 7812). */
bool gb_is_card(const uint8_t *digits, size_t count);

/* A code of 15 digits: county 6 (GB/T 2260), town 001-599, village 001-399, grid 3. */
bool gb_is_grid15(const uint8_t *digits);

/* yyyymmdd from 1900 to 2099. */
bool gb_is_date8(const uint8_t *digits);

#endif
