/* Long-lived memory by size classes: blocks that are given back are taken again by the next one of
 * the same class. Chunks go back to the system only when the pool is closed. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

#include "gridbridge/str.h"

#define GB_POOL_CLASSES 256

struct gb_pool {
    void *free[GB_POOL_CLASSES]; /* lists of free blocks, linked through their first word */
    void *chunks;                /* all chunks, linked through their first word */
    char *at;                    /* unused rest of the newest chunk */
    size_t left;
    size_t used;                 /* bytes handed out and not given back, by class size */
};

void gb_pool_init(struct gb_pool *pool);
void gb_pool_close(struct gb_pool *pool); /* frees everything ever taken */

/* Zeroed memory aligned to 16 bytes; never NULL: out of memory ends the process. */
void *gb_pool_take(struct gb_pool *pool, size_t len);

/* The same with whatever stood there: for those who write all of it. */
void *gb_pool_room(struct gb_pool *pool, size_t len);

/* Gives back what gb_pool_take or gb_pool_room returned for the same len; NULL is fine. */
void gb_pool_give(struct gb_pool *pool, void *block, size_t len);

/* A copy of s (absent stays absent); given back with gb_pool_give_str. */
struct gb_str gb_pool_str(struct gb_pool *pool, struct gb_str s);
void gb_pool_give_str(struct gb_pool *pool, struct gb_str s);

#endif
