/* Look-ups in immutable values. Objects here have at most some dozen members: a scan is enough. */
#include "gridbridge/value.h"

const struct gb_value *gb_value_get(const struct gb_value *object, struct gb_str name)
{
    if (object == NULL || object->type != GB_OBJECT) {
        return NULL;
    }
    for (uint32_t i = 0; i < object->count; i++) {
        if (gb_str_eq(object->members[i].name, name)) {
            return &object->members[i].value;
        }
    }
    return NULL;
}

struct gb_str gb_value_str(const struct gb_value *object, struct gb_str name)
{
    const struct gb_value *value = gb_value_get(object, name);

    return value != NULL && value->type == GB_STRING ? value->text : GB_STR_NONE;
}

int64_t gb_value_int(const struct gb_value *object, struct gb_str name, int64_t otherwise)
{
    const struct gb_value *value = gb_value_get(object, name);

    return value != NULL && value->type == GB_INT ? value->number : otherwise;
}

bool gb_value_bool(const struct gb_value *object, struct gb_str name, bool otherwise)
{
    const struct gb_value *value = gb_value_get(object, name);

    return value != NULL && value->type == GB_BOOL ? value->truth : otherwise;
}

static bool children_eq(const struct gb_value *a, const struct gb_value *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->type == GB_ARRAY) {
            if (!gb_value_eq(&a->items[i], &b->items[i])) {
                return false;
            }
        } else if (!gb_str_eq(a->members[i].name, b->members[i].name) ||
                   !gb_value_eq(&a->members[i].value, &b->members[i].value)) {
            return false;
        }
    }
    return true;
}

bool gb_value_eq(const struct gb_value *a, const struct gb_value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case GB_NULL:
        return true;
    case GB_BOOL:
        return a->truth == b->truth;
    case GB_INT:
        return a->number == b->number;
    case GB_STRING:
        return gb_str_eq(a->text, b->text);
    case GB_ARRAY:
    case GB_OBJECT:
        return a->count == b->count && children_eq(a, b);
    }
    return false;
}
