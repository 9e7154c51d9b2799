/* Rows: the dirty list, flush, and the digest over all rows. */
#include "core/state.h"

struct gb_str gb_table_word(enum gb_table table)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_TABLE_LIST(X)
#undef X
    };

    GB_CHECK(table < GB_TABLE_COUNT);
    return gb_str_of(words[table]);
}

void gb_object_touch(struct gb_core *core, struct gb_object *object)
{
    if (!object->is_dirty) {
        object->is_dirty = true;
        object->next = core->dirty;
        core->dirty = object;
    }
}

static struct gb_hash hash_of_row(enum gb_table table, struct gb_str key, struct gb_str row)
{
    const struct gb_str parts[] = {gb_table_word(table), GB_STR("\x1f"), key, GB_STR("\x1f"), row};

    return gb_hash_parts(GB_SHA256, parts, GB_COUNT(parts));
}

void gb_object_stored(struct gb_object *object, const struct gb_row *row)
{
    object->hash = hash_of_row(row->table, row->key, row->row);
    object->is_stored = true;
    object->is_stub = false;
}

void gb_list_add(struct gb_core *core, struct gb_list *list, void *item)
{
    if (list->count == list->size) {
        uint32_t size = list->size == 0 ? 8 : list->size * 2;
        void **items = gb_arena_take(&core->scratch, size * sizeof(items[0]));

        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(items[0]));
        }
        list->items = items;
        list->size = size;
    }
    list->items[list->count++] = item;
}

/* Lets the item at `at` sink in a heap of count items whose greatest is on top. */
static void sink(void **items, uint32_t at, uint32_t count,
                 int (*order)(const void *a, const void *b))
{
    void *item = items[at];

    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        child += child + 1 < count && order(items[child], items[child + 1]) < 0;
        if (order(item, items[child]) >= 0) {
            break;
        }
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

void gb_list_sort(struct gb_list *list, int (*order)(const void *a, const void *b))
{
    for (uint32_t i = list->count / 2; i-- > 0;) {
        sink(list->items, i, list->count, order);
    }
    for (uint32_t last = list->count; last-- > 1;) {
        void *greatest = list->items[0];

        list->items[0] = list->items[last];
        list->items[last] = greatest;
        sink(list->items, 0, last, order);
    }
}

void gb_core_set(struct gb_core *core, struct gb_str *at, struct gb_str value)
{
    struct gb_str old = *at;

    *at = gb_pool_str(&core->pool, value);
    gb_pool_give_str(&core->pool, old);
}

struct gb_str gb_core_text(struct gb_core *core)
{
    return gb_arena_str(&core->scratch, gb_buf_str(&core->buf));
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

/* digest += sign * hash, modulo 2^256, big-endian: a - b is a + ~b + 1. */
static void digest_add(struct gb_hash *digest, const struct gb_hash *hash, bool is_minus)
{
    uint64_t carry = is_minus ? 1 : 0;

    for (size_t i = GB_HASH_LEN; i > 0; i -= 4) {
        uint8_t *at = digest->bytes + i - 4;
        uint32_t other = get_u32(hash->bytes + i - 4);
        uint64_t sum = carry + get_u32(at) + (is_minus ? ~other : other);

        for (int b = 0; b < 4; b++) {
            at[b] = (uint8_t)(sum >> (24 - 8 * b));
        }
        carry = sum >> 32;
    }
}

static int object_order(const void *a, const void *b)
{
    const struct gb_object *x = a;
    const struct gb_object *y = b;

    if (x->table != y->table) {
        return x->table < y->table ? -1 : 1;
    }
    return gb_str_cmp(x->key, y->key);
}

/* Bottom-up merge sort: a flush may hold tens of thousands of rows. */
static void sort_objects(struct gb_core *core, struct gb_list *list)
{
    void **from = list->items;
    void **to = gb_arena_take(&core->scratch, (list->count + 1) * sizeof(to[0]));

    for (uint32_t width = 1; width < list->count; width *= 2) {
        void **swap = from;

        for (uint32_t low = 0; low < list->count; low += 2 * width) {
            uint32_t middle = low + width < list->count ? low + width : list->count;
            uint32_t high = middle + width < list->count ? middle + width : list->count;
            uint32_t a = low;
            uint32_t b = middle;

            for (uint32_t at = low; at < high; at++) {
                bool is_left = a < middle && (b == high || object_order(from[a], from[b]) <= 0);

                to[at] = is_left ? from[a++] : from[b++];
            }
        }
        from = to;
        to = swap;
    }
    list->items = from;
}

/* Renders one object; true if its row differs from the stored one. */
static bool flush_one(struct gb_core *core, struct gb_arena *arena, struct gb_object *object,
                      struct gb_row *row)
{
    struct gb_hash hash;

    *row = (struct gb_row){.table = object->table, .is_deleted = object->is_removed};
    if (object->is_removed) {
        if (!object->is_stored) {
            return false;
        }
        digest_add(&core->digest, &object->hash, true);
        object->is_stored = false;
        row->key = gb_arena_str(arena, object->key);
        return true;
    }
    gb_object_render(core, object, row);
    hash = hash_of_row(object->table, object->key, gb_buf_str(&core->buf));
    if (object->is_stored) {
        digest_add(&core->digest, &object->hash, true);
    }
    digest_add(&core->digest, &hash, false);
    object->hash = hash;
    object->is_stored = true;
    row->key = gb_arena_str(arena, object->key);
    row->row = gb_arena_str(arena, gb_buf_str(&core->buf));
    row->matter = gb_arena_str(arena, row->matter);
    row->xref = gb_arena_str(arena, row->xref);
    if (row->evidence_count > 0) {
        int64_t *kept = gb_arena_take(arena, row->evidence_count * sizeof(kept[0]));

        memcpy(kept, row->evidence, row->evidence_count * sizeof(kept[0]));
        row->evidence = kept;
    }
    if (object->table == GB_TABLE_MATTER) {
        row->text = gb_arena_str(arena, gb_matter_texts(core, (struct gb_matter *)(void *)object));
    }
    return true;
}

void gb_core_flush(struct gb_core *core, struct gb_arena *arena, struct gb_rows *rows)
{
    struct gb_list list = {0};

    gb_arena_reset(&core->scratch);
    for (struct gb_object *o = core->dirty; o != NULL; o = o->next) {
        gb_list_add(core, &list, o);
    }
    sort_objects(core, &list);
    *rows = (struct gb_rows){
        .items = gb_arena_take(arena, (list.count + 1) * sizeof(rows->items[0]))};
    core->dirty = NULL;
    for (uint32_t i = 0; i < list.count; i++) {
        struct gb_object *o = list.items[i];

        rows->count += flush_one(core, arena, o, &rows->items[rows->count]);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        gb_object_forget(core, list.items[i]);
    }
    if (core->is_evicting && !core->is_keeping) {
        gb_core_evict(core);
        core->is_evicting = false;
    }
}

struct gb_hash gb_core_digest(const struct gb_core *core)
{
    return core->digest;
}

void gb_core_set_digest(struct gb_core *core, const struct gb_hash *digest)
{
    core->digest = *digest;
}
