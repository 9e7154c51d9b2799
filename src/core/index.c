/* Where candidates are found: reports by the id they name, by attachment, by holder, category,
 * grid and two hours. Buckets are unordered; nothing depends on their order. Evidence that more
 * than GB_EVIDENCE_MAX reports of the cell share is void. By day and grid, and by holder alone,
 * they are found too: that is no evidence. */
#include "core/node.h"
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

struct gb_str gb_key_of_xref(struct gb_arena *arena, struct gb_str xref)
{
    return GB_JOIN(arena, GB_STR("x"), xref);
}

static struct gb_str attachment_key(struct gb_arena *arena, const struct gb_image *image,
                                    struct gb_str hash)
{
    return GB_JOIN(arena, GB_STR("a"), image->village, GB_STR("/"), hash);
}

static bool has_holder(const struct gb_image *image)
{
    return gb_str_is(image->holder) && gb_str_is(image->grid);
}

static int64_t slot_of(int64_t at)
{
    return at / GB_HOLDER_SLOT_MS - (at % GB_HOLDER_SLOT_MS < 0);
}

static struct gb_str holder_key(struct gb_arena *arena, const struct gb_image *image,
                                int64_t slot)
{
    return GB_JOIN(arena, GB_STR("h"), image->village, GB_STR("/"), image->grid, GB_STR("/"),
                   image->category, GB_STR("/"), image->holder, GB_STR("/"),
                   gb_arena_int(arena, slot));
}

void gb_keys_of(struct gb_arena *arena, const struct gb_image *image, struct gb_keys *keys)
{
    keys->count = 0;
    if (gb_str_is(image->xref)) {
        keys->items[keys->count++] = gb_key_of_xref(arena, image->xref);
    }
    for (uint32_t i = 0; i < image->attachments_count; i++) {
        struct gb_str key = attachment_key(arena, image, image->attachments[i]);

        if (!gb_keys_has(keys, key)) {
            keys->items[keys->count++] = key;
        }
    }
    if (has_holder(image)) {
        keys->items[keys->count++] = holder_key(arena, image, slot_of(image->occurred_at));
    }
}

bool gb_keys_has(const struct gb_keys *keys, struct gb_str key)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (gb_str_eq(keys->items[i], key)) {
            return true;
        }
    }
    return false;
}

static int64_t window_of(const struct gb_policy *policy)
{
    return policy->holder_window_ms < GB_HOLDER_WINDOW_MAX_MS ? policy->holder_window_ms
                                                              : GB_HOLDER_WINDOW_MAX_MS;
}

struct gb_slots gb_holder_slots(const struct gb_policy *policy, const struct gb_image *image)
{
    if (!has_holder(image)) {
        return (struct gb_slots){0, -1};
    }
    return (struct gb_slots){slot_of(image->occurred_at - window_of(policy)),
                             slot_of(image->occurred_at + window_of(policy))};
}

struct gb_str gb_key_of_slot(struct gb_arena *arena, const struct gb_image *image, int64_t slot)
{
    return holder_key(arena, image, slot);
}

/* Under which a report stands by its grid and day: no evidence, but what a log counts again. */
static struct gb_str day_key(struct gb_arena *arena, struct gb_str log)
{
    return GB_JOIN(arena, GB_STR("d"), log);
}

int64_t gb_index_of_day(struct gb_core *core, struct gb_str source, struct gb_str log)
{
    const struct gb_bucket *bucket = gb_map_get(&core->index, day_key(&core->scratch, log));
    int64_t count = 0;

    for (const struct gb_entry *e = bucket != NULL ? bucket->first : NULL;
         e != NULL && count < (int64_t)GB_DAY_MATTERS_MAX; e = e->next) {
        count += gb_in_cell(core, e->observation) && gb_str_eq(e->observation->source, source);
    }
    return count;
}

static struct gb_str who_key(struct gb_arena *arena, struct gb_str holder)
{
    return GB_JOIN(arena, GB_STR("w"), holder);
}

void gb_index_of_holder(struct gb_core *core, struct gb_str holder, struct gb_list *out)
{
    const struct gb_bucket *bucket = gb_map_get(&core->index, who_key(&core->scratch, holder));

    for (const struct gb_entry *e = bucket != NULL ? bucket->first : NULL; e != NULL;
         e = e->next) {
        if (gb_in_cell(core, e->observation)) {
            gb_list_add(core, out, e->observation);
        }
    }
}

void gb_index_add(struct gb_core *core, struct gb_observation *o)
{
    struct gb_keys keys;

    GB_CHECK(o->entries == NULL);
    gb_keys_of(&core->scratch, &o->image, &keys);
    for (uint32_t i = 0; i < keys.count; i++) {
        add_entry(core, o, keys.items[i]);
    }
    if (gb_str_is(o->image.grid)) {
        add_entry(core, o, day_key(&core->scratch, gb_visit_log_key(&core->scratch, &o->image)));
    }
    if (gb_str_is(o->image.holder)) {
        add_entry(core, o, who_key(&core->scratch, o->image.holder));
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

uint32_t gb_index_count(const struct gb_core *core, struct gb_str key, bool is_cell_only)
{
    const struct gb_bucket *bucket = gb_map_get(&core->index, key);
    uint32_t count = 0;

    for (const struct gb_entry *e = bucket != NULL ? bucket->first : NULL;
         e != NULL && count <= GB_EVIDENCE_MAX + 1; e = e->next) {
        count += !is_cell_only || gb_in_cell(core, e->observation);
    }
    return count;
}

void gb_index_members(struct gb_core *core, struct gb_str key, struct gb_list *out)
{
    const struct gb_bucket *bucket = gb_map_get(&core->index, key);

    for (struct gb_entry *e = bucket != NULL ? bucket->first : NULL; e != NULL; e = e->next) {
        gb_list_add(core, out, e->observation);
    }
}

bool gb_index_is_crowded(struct gb_core *core, const struct gb_observation *o)
{
    for (const struct gb_entry *e = o->entries; e != NULL; e = e->sibling) {
        if (e->bucket->key.ptr[0] != 'd' && e->bucket->key.ptr[0] != 'w' &&
            gb_index_count(core, e->bucket->key, true) > GB_EVIDENCE_MAX) {
            return true;
        }
    }
    return false;
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

/* Members of a bucket that are at most apart_max away in time; none if the bucket is crowded. */
static void add_bucket(struct gb_core *core, struct gb_observation *o, struct gb_str key,
                       int64_t apart_max, struct gb_list *out)
{
    const struct gb_bucket *bucket = gb_map_get(&core->index, key);
    uint32_t kept = out->count;
    uint32_t count = 0;

    for (struct gb_entry *e = bucket != NULL ? bucket->first : NULL;
         e != NULL && count <= GB_EVIDENCE_MAX; e = e->next) {
        int64_t apart = e->observation->image.occurred_at - o->image.occurred_at;

        count += gb_in_cell(core, e->observation);
        if (apart <= apart_max && -apart <= apart_max) {
            add_near(core, o, e->observation, out);
        }
    }
    if (count > GB_EVIDENCE_MAX) {
        out->count = kept;
    }
}

void gb_index_near(struct gb_core *core, struct gb_observation *o, int level,
                   struct gb_list *out)
{
    struct gb_slots slots = {0, -1};

    if (level == 0) {
        if (gb_str_is(o->image.xref) &&
            gb_index_count(core, gb_key_of_xref(&core->scratch, o->image.xref), true) <=
                GB_EVIDENCE_MAX) {
            add_near(core, o, gb_map_get(&core->observations, o->image.xref), out);
        }
        add_bucket(core, o, gb_key_of_xref(&core->scratch, o->head.key), INT64_MAX, out);
    } else if (level == 1) {
        for (uint32_t i = 0; i < o->image.attachments_count; i++) {
            add_bucket(core, o, attachment_key(&core->scratch, &o->image, o->image.attachments[i]),
                       INT64_MAX, out);
        }
    } else {
        slots = gb_holder_slots(core->policy, &o->image);
    }
    for (int64_t slot = slots.first; slot <= slots.last; slot++) {
        add_bucket(core, o, holder_key(&core->scratch, &o->image, slot), window_of(core->policy),
                   out);
    }
}
