/* A JSON-like value: what own records are made of. No reals: amounts and coordinates are strings
 * or scaled integers (RECORDS 1). Values are immutable and live in somebody's arena. */
#ifndef GRIDBRIDGE_VALUE_H
#define GRIDBRIDGE_VALUE_H

#include <stdint.h>

#include "gridbridge/str.h"

enum gb_type { GB_NULL, GB_BOOL, GB_INT, GB_STRING, GB_ARRAY, GB_OBJECT };

struct gb_member;

struct gb_value {
    enum gb_type type;
    uint32_t count;                   /* items of an array, members of an object */
    bool truth;                       /* GB_BOOL */
    int64_t number;                   /* GB_INT */
    struct gb_str text;               /* GB_STRING, UTF-8 */
    const struct gb_value *items;     /* GB_ARRAY */
    const struct gb_member *members;  /* GB_OBJECT, in the order of the source text */
};

struct gb_member {
    struct gb_str name;
    struct gb_value value;
};

/* The member called name; NULL where object is NULL, no object, or has none. Borrows. */
const struct gb_value *gb_value_get(const struct gb_value *object, struct gb_str name);

/* The string member called name; absent where it is missing, null or no string. Borrows. */
struct gb_str gb_value_str(const struct gb_value *object, struct gb_str name);

/* The integer member called name, or otherwise. */
int64_t gb_value_int(const struct gb_value *object, struct gb_str name, int64_t otherwise);

/* The boolean member called name, or otherwise. */
bool gb_value_bool(const struct gb_value *object, struct gb_str name, bool otherwise);

/* Deep equality; the order of members matters (own records are canonical). */
bool gb_value_eq(const struct gb_value *a, const struct gb_value *b);

#endif
