/* See the header. Slots are counted from 1. */
#include "core/heap.h"

#include <string.h>

static bool is_before(const struct gb_timer *a, const struct gb_timer *b)
{
    if (a->at != b->at) {
        return a->at < b->at;
    }
    return gb_str_cmp(a->key, b->key) < 0;
}

static struct gb_timer **slot_of(const struct gb_heap *heap, uint32_t slot)
{
    return &heap->items[slot - 1];
}

static void place(struct gb_heap *heap, uint32_t slot, struct gb_timer *timer)
{
    *slot_of(heap, slot) = timer;
    timer->slot = slot;
}

static void rise(struct gb_heap *heap, struct gb_timer *timer)
{
    uint32_t slot = timer->slot;

    while (slot > 1 && is_before(timer, *slot_of(heap, slot / 2))) {
        place(heap, slot, *slot_of(heap, slot / 2));
        slot /= 2;
    }
    place(heap, slot, timer);
}

static void sink(struct gb_heap *heap, struct gb_timer *timer)
{
    uint32_t slot = timer->slot;

    while (slot * 2 <= heap->count) {
        uint32_t child = slot * 2;

        if (child < heap->count && is_before(*slot_of(heap, child + 1), *slot_of(heap, child))) {
            child++;
        }
        if (!is_before(*slot_of(heap, child), timer)) {
            break;
        }
        place(heap, slot, *slot_of(heap, child));
        slot = child;
    }
    place(heap, slot, timer);
}

static void grow(struct gb_heap *heap, struct gb_pool *pool)
{
    uint32_t size = heap->size == 0 ? 64 : heap->size * 2;
    struct gb_timer **items = gb_pool_take(pool, size * sizeof(items[0]));

    if (heap->items != NULL) {
        memcpy(items, heap->items, heap->count * sizeof(items[0]));
        gb_pool_give(pool, heap->items, heap->size * sizeof(items[0]));
    }
    heap->items = items;
    heap->size = size;
}

static void take_out(struct gb_heap *heap, struct gb_timer *timer)
{
    uint32_t slot = timer->slot;
    struct gb_timer *last = *slot_of(heap, heap->count--);

    timer->slot = 0;
    if (last != timer) {
        place(heap, slot, last);
        rise(heap, last);
        sink(heap, last);
    }
}

void gb_heap_set(struct gb_heap *heap, struct gb_pool *pool, struct gb_timer *timer, int64_t at)
{
    if (at == INT64_MAX) {
        if (timer->slot > 0) {
            take_out(heap, timer);
        }
        return;
    }
    timer->at = at;
    if (timer->slot == 0) {
        if (heap->count == heap->size) {
            grow(heap, pool);
        }
        place(heap, ++heap->count, timer);
    }
    rise(heap, timer);
    sink(heap, timer);
}

int64_t gb_heap_at(const struct gb_timer *timer)
{
    return timer->slot > 0 ? timer->at : INT64_MAX;
}

struct gb_timer *gb_heap_due(const struct gb_heap *heap, int64_t now)
{
    return heap->count > 0 && heap->items[0]->at <= now ? heap->items[0] : NULL;
}
