/* See the header. */
#include "core/version.h"

#include "core/state.h"

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int parts_order(const struct gb_version *a, const struct gb_version *b)
{
    uint32_t count = a->parts_count < b->parts_count ? a->parts_count : b->parts_count;
    int order = 0;

    for (uint32_t i = 0; i < count && order == 0; i++) {
        order = order_of(a->parts[i], b->parts[i]);
    }
    return order;
}

static bool was_seen(const struct gb_observation *o, struct gb_str hash)
{
    for (uint32_t i = 0; i < o->seen_count; i++) {
        if (gb_str_eq(o->seen[i], hash)) {
            return true;
        }
    }
    return false;
}

int gb_version_order(const struct gb_observation *o, const struct gb_record *rec)
{
    bool is_delete = rec->op == GB_OP_DELETE || rec->op == GB_OP_LEAVE;
    bool has_column = !is_delete && o->version.has_column && rec->version.has_column;
    bool has_parts = o->version.parts_count > 0 && rec->version.parts_count > 0;
    int column = has_column ? order_of(rec->version.column, o->version.column) : 0;
    int parts = parts_order(&rec->version, &o->version);

    if (!has_column && !has_parts) {
        return is_delete || o->seen_count == 0 || !o->version.has_column ? 1 : 0;
    }
    if (o->is_deleted) {
        return parts != 0 ? parts : column;
    }
    return column != 0 ? column : parts;
}

void gb_seen_add(struct gb_core *core, struct gb_observation *o, struct gb_str hash)
{
    struct gb_str *more = gb_pool_room(&core->pool, (o->seen_count + 1) * sizeof(more[0]));

    if (o->seen_count > 0) {
        memcpy(more, o->seen, o->seen_count * sizeof(more[0]));
        gb_pool_give(&core->pool, o->seen, o->seen_count * sizeof(more[0]));
    }
    more[o->seen_count++] = gb_pool_str(&core->pool, hash);
    o->seen = more;
}

void gb_seen_drop(struct gb_core *core, struct gb_observation *o)
{
    for (uint32_t i = 0; i < o->seen_count; i++) {
        gb_pool_give_str(&core->pool, o->seen[i]);
    }
    gb_pool_give(&core->pool, o->seen, o->seen_count * sizeof(o->seen[0]));
    o->seen = NULL;
    o->seen_count = 0;
}

static void forget_oldest(struct gb_core *core, struct gb_observation *o)
{
    size_t len = (o->seen_count - 1) * sizeof(o->seen[0]);
    struct gb_str *rest = gb_pool_room(&core->pool, len);

    gb_pool_give_str(&core->pool, o->seen[0]);
    memcpy(rest, o->seen + 1, len);
    gb_pool_give(&core->pool, o->seen, o->seen_count * sizeof(o->seen[0]));
    o->seen = rest;
    o->seen_count--;
}

bool gb_version_is_repeated(const struct gb_observation *o, const struct gb_record *rec, int order)
{
    bool has_column = o->version.has_column && rec->version.has_column;
    bool has_parts = o->version.parts_count > 0 && rec->version.parts_count > 0;
    bool is_newest = o->seen_count > 0 && gb_str_eq(o->seen[o->seen_count - 1], rec->h_img);
    bool is_again = has_column ? rec->bootstrap && rec->version.column == o->version.column
                               : rec->bootstrap || !has_parts;

    return order == 0 ? was_seen(o, rec->h_img) : order > 0 && is_newest && is_again;
}

void gb_version_keep(struct gb_core *core, struct gb_observation *o, const struct gb_record *rec,
                     int order)
{
    if (order > 0) {
        gb_seen_drop(core, o);
    } else if (o->seen_count == GB_SEEN_MAX) {
        forget_oldest(core, o);
    }
    if (gb_str_is(rec->h_img)) {
        gb_seen_add(core, o, rec->h_img);
    }
    if (rec->version.has_column && rec->op != GB_OP_DELETE) {
        o->version.has_column = true;
        o->version.column = rec->version.column;
    }
    if (rec->version.parts_count > 0) {
        o->version.parts_count = rec->version.parts_count;
        memcpy(o->version.parts, rec->version.parts, sizeof(o->version.parts));
    }
}
