/* See the header. */
#include "core/share.h"

#include <stddef.h>

#include "core/state.h"

struct gb_shared {
    uint32_t users;
    char bytes[]; /* with a zero at the end; a field points here */
};

static bool is_own(int field)
{
    return field == GB_FIELD_AT_ID || field == GB_FIELD_AT_OCCURRED ||
           field == GB_FIELD_AT_REFS || field == GB_FIELD_AT_TITLE;
}

static size_t len_of(struct gb_str value)
{
    return sizeof(struct gb_shared) + value.len + 1;
}

static struct gb_str share(struct gb_core *core, struct gb_str value)
{
    struct gb_shared *shared = gb_map_get(&core->shared, value);

    if (shared == NULL) {
        shared = gb_pool_room(&core->pool, len_of(value));
        shared->users = 0;
        if (value.len > 0) {
            memcpy(shared->bytes, value.ptr, value.len);
        }
        shared->bytes[value.len] = '\0';
        (void)gb_map_put(&core->shared, (struct gb_str){shared->bytes, value.len}, shared);
    }
    shared->users++;
    return (struct gb_str){shared->bytes, value.len};
}

static void leave(struct gb_core *core, struct gb_str value)
{
    struct gb_shared *shared =
        (struct gb_shared *)((uintptr_t)value.ptr - offsetof(struct gb_shared, bytes));

    GB_CHECK(shared->users > 0);
    if (--shared->users == 0) {
        (void)gb_map_take(&core->shared, value);
        gb_pool_give(&core->pool, shared, len_of(value));
    }
}

static struct gb_str make_blob(struct gb_core *core, const struct gb_fields *fields)
{
    size_t len = 0;
    char *bytes;
    char *at;

    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        len += is_own(i) ? fields->json[i].len : 0;
    }
    if (len == 0) {
        return GB_STR_NONE;
    }
    bytes = at = gb_pool_room(&core->pool, len + 1);
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        if (is_own(i) && fields->json[i].len > 0) {
            memcpy(at, fields->json[i].ptr, fields->json[i].len);
            at += fields->json[i].len;
        }
    }
    *at = '\0';
    return (struct gb_str){bytes, len};
}

/* The new ones are taken before the old ones go: they may be the same. */
void gb_fields_keep(struct gb_core *core, struct gb_matter *matter,
                    const struct gb_fields *fields)
{
    const struct gb_fields old = matter->fields;
    struct gb_str old_blob = matter->blob;
    struct gb_fields kept = {{GB_STR_NONE}};
    size_t at = 0;

    matter->blob = make_blob(core, fields);
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        struct gb_str value = fields->json[i];

        if (!gb_str_is(value)) {
            continue;
        }
        if (is_own(i)) {
            kept.json[i] = (struct gb_str){matter->blob.ptr + at, value.len};
            at += value.len;
        } else if (gb_str_is(old.json[i]) && gb_str_eq(old.json[i], value)) {
            kept.json[i] = old.json[i];
        } else {
            kept.json[i] = share(core, value);
        }
    }
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        if (!is_own(i) && gb_str_is(old.json[i]) && old.json[i].ptr != kept.json[i].ptr) {
            leave(core, old.json[i]);
        }
    }
    matter->fields = kept;
    gb_pool_give_str(&core->pool, old_blob);
}

void gb_fields_drop(struct gb_core *core, struct gb_matter *matter)
{
    static const struct gb_fields none;

    gb_fields_keep(core, matter, &none);
}
