/* Where candidates are found: reports by the id they name, by attachment, by holder, category and
 * grid. Buckets are unordered; nothing depends on their order. */
#include "core/state.h"

static struct gb_bucket *bucket_get(struct gb_core *core, struct gb_str key)
{
    struct gb_bucket *bucket = gb_map_get(&core->index, key);

    if (bucket == NULL) {
        bucket = gb_pool_take(&core->pool, sizeof(*bucket));
        bucket->key = gb_pool_str(&core->pool, key);
        gb_map_put(&core->index, bucket->key, bucket);
    }
    return bucket;
}

static void add_entry(struct gb_core *core, struct gb_observation *o, struct gb_str key)
{
    struct gb_bucket *bucket = bucket_get(core, key);
    struct gb_entry *entry = gb_pool_take(&core->pool, sizeof(*entry));

    entry->observation = o;
    entry->bucket = bucket;
    entry->next = bucket->first;
    if (bucket->first != NULL) {
        bucket->first->prev = entry;
    }
    bucket->first = entry;
    entry->sibling = o->entries;
    o->entries = entry;
}

static struct gb_str xref_key(struct gb_core *core, struct gb_str xref)
{
    return GB_JOIN(&core->scratch, GB_STR("x"), xref);
}

static struct gb_str attachment_key(struct gb_core *core, const struct gb_observation *o,
                                    struct gb_str hash)
{
    return GB_JOIN(&core->scratch, GB_STR("a"), o->image.village, GB_STR("/"), hash);
}

static struct gb_str holder_key(struct gb_core *core, const struct gb_observation *o)
{
    const struct gb_image *image = &o->image;

    if (!gb_str_is(image->holder) || !gb_str_is(image->grid)) {
        return GB_STR_NONE;
    }
    return GB_JOIN(&core->scratch, GB_STR("h"), image->village, GB_STR("/"), image->grid,
                   GB_STR("/"), image->category, GB_STR("/"), image->holder);
}

void gb_index_add(struct gb_core *core, struct gb_observation *o)
{
    struct gb_str key = holder_key(core, o);

    GB_CHECK(o->entries == NULL);
    if (gb_str_is(o->image.xref)) {
        add_entry(core, o, xref_key(core, o->image.xref));
    }
    for (uint32_t i = 0; i < o->image.attachments_count; i++) {
        add_entry(core, o, attachment_key(core, o, o->image.attachments[i]));
    }
    if (gb_str_is(key)) {
        add_entry(core, o, key);
    }
}

void gb_index_drop(struct gb_core *core, struct gb_observation *o)
{
    while (o->entries != NULL) {
        struct gb_entry *entry = o->entries;
        struct gb_bucket *bucket = entry->bucket;

        o->entries = entry->sibling;
        if (entry->prev != NULL) {
            entry->prev->next = entry->next;
        } else {
            bucket->first = entry->next;
        }
        if (entry->next != NULL) {
            entry->next->prev = entry->prev;
        }
        gb_pool_give(&core->pool, entry, sizeof(*entry));
        if (bucket->first == NULL) {
            gb_map_take(&core->index, bucket->key);
            gb_pool_give_str(&core->pool, bucket->key);
            gb_pool_give(&core->pool, bucket, sizeof(*bucket));
        }
    }
}

bool gb_in_cell(const struct gb_core *core, const struct gb_observation *o)
{
    return !o->is_deleted && !o->head.is_stub && gb_str_is(o->image.village) &&
           (o->matter == NULL || o->matter->live_until >= core->clock);
}

static void add_near(struct gb_core *core, struct gb_observation *o, struct gb_observation *other,
                     struct gb_list *out)
{
    if (other == NULL || other == o || gb_str_eq(other->source, o->source) ||
        !gb_in_cell(core, other) || !gb_str_eq(other->image.village, o->image.village)) {
        return;
    }
    for (uint32_t i = 0; i < out->count; i++) {
        if (out->items[i] == other) {
            return;
        }
    }
    gb_list_add(core, out, other);
}

static void add_bucket(struct gb_core *core, struct gb_observation *o, struct gb_str key,
                       struct gb_list *out)
{
    const struct gb_bucket *bucket = gb_map_get(&core->index, key);

    for (struct gb_entry *e = bucket != NULL ? bucket->first : NULL; e != NULL; e = e->next) {
        add_near(core, o, e->observation, out);
    }
}

static void add_holder(struct gb_core *core, struct gb_observation *o, struct gb_list *out)
{
    struct gb_str key = holder_key(core, o);
    const struct gb_bucket *bucket = gb_str_is(key) ? gb_map_get(&core->index, key) : NULL;

    for (struct gb_entry *e = bucket != NULL ? bucket->first : NULL; e != NULL; e = e->next) {
        int64_t apart = e->observation->image.occurred_at - o->image.occurred_at;

        if (apart <= core->policy->holder_window_ms && -apart <= core->policy->holder_window_ms) {
            add_near(core, o, e->observation, out);
        }
    }
}

void gb_index_near(struct gb_core *core, struct gb_observation *o, int level,
                   struct gb_list *out)
{
    if (level == 0) {
        if (gb_str_is(o->image.xref)) {
            add_near(core, o, gb_map_get(&core->observations, o->image.xref), out);
        }
        add_bucket(core, o, xref_key(core, o->head.key), out);
    } else if (level == 1) {
        for (uint32_t i = 0; i < o->image.attachments_count; i++) {
            add_bucket(core, o, attachment_key(core, o, o->image.attachments[i]), out);
        }
    } else {
        add_holder(core, o, out);
    }
}
