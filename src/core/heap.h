/* A binary heap of timers by (time, key): what falls due next stands first. Order is total, so what
 * leaves it does not depend on how it was filled. Memory from a pool. */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include "base/pool.h"
#include "gridbridge/str.h"

#include <stdint.h>

/* Embedded in what waits. */
struct gb_timer {
    int64_t at;
    struct gb_str key; /* borrowed: as long as it waits */
    void *owner;
    uint32_t slot; /* from 1; 0: does not wait */
};

struct gb_heap {
    struct gb_timer **items; /* in the pool */
    uint32_t count, size;
};

/* Waits until at, or (INT64_MAX) no longer. */
void gb_heap_set(struct gb_heap *heap, struct gb_pool *pool, struct gb_timer *timer, int64_t at);
/* When it falls due; INT64_MAX if it does not wait. */
int64_t gb_heap_at(const struct gb_timer *timer);
/* The first that is due at now or before; NULL if none is. It stays. */
struct gb_timer *gb_heap_due(const struct gb_heap *heap, int64_t now);

#endif
