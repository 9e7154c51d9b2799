/* Size classes by 16 bytes up to 512, then eight to a doubling: what a block wastes is 15 bytes, or
 * an eighth of it. */
#include "base/pool.h"

#include <stdlib.h>

#include "base/check.h"

#define CHUNK_LEN ((size_t)256 * 1024)
#define CHUNK_HEAD 16
#define SMALL_MAX 512

struct block {
    struct block *next;
};

void gb_pool_init(struct gb_pool *pool)
{
    *pool = (struct gb_pool){0};
}

void gb_pool_close(struct gb_pool *pool)
{
    struct block *chunk = pool->chunks;

    while (chunk != NULL) {
        struct block *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    *pool = (struct gb_pool){0};
}

/* The class of len and the length of its blocks. */
static size_t class_of(size_t len, size_t *block_len)
{
    size_t class = SMALL_MAX / 16;
    size_t step = SMALL_MAX / 8;
    size_t size = SMALL_MAX + step;

    if (len <= SMALL_MAX) {
        size = len == 0 ? 16 : (len + 15) / 16 * 16;
        *block_len = size;
        return size / 16 - 1;
    }
    while (size < len) {
        size += step;
        class++;
        step = size == 16 * step ? 2 * step : step;
        GB_CHECK(class < GB_POOL_CLASSES);
    }
    *block_len = size;
    return class;
}

static char *add_chunk(struct gb_pool *pool, size_t len)
{
    struct block *chunk = malloc(CHUNK_HEAD + len);

    GB_CHECK(chunk != NULL);
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    return (char *)chunk + CHUNK_HEAD;
}

static void *carve(struct gb_pool *pool, size_t len)
{
    void *block;

    if (len > CHUNK_LEN / 4) {
        return add_chunk(pool, len);
    }
    if (pool->left < len) {
        pool->at = add_chunk(pool, CHUNK_LEN);
        pool->left = CHUNK_LEN;
    }
    block = pool->at;
    pool->at += len;
    pool->left -= len;
    return block;
}

/* A block of the class of len, as it is. */
static void *take(struct gb_pool *pool, size_t len, size_t *taken)
{
    size_t block_len;
    size_t class = class_of(len, &block_len);
    struct block *block = pool->free[class];

    if (block != NULL) {
        pool->free[class] = block->next;
    } else {
        block = carve(pool, block_len);
    }
    pool->used += block_len;
    *taken = block_len;
    return block;
}

void *gb_pool_take(struct gb_pool *pool, size_t len)
{
    size_t taken;
    void *block = take(pool, len, &taken);

    return memset(block, 0, taken);
}

void *gb_pool_room(struct gb_pool *pool, size_t len)
{
    size_t taken;

    return take(pool, len, &taken);
}

void gb_pool_give(struct gb_pool *pool, void *block, size_t len)
{
    size_t block_len;
    size_t class = class_of(len, &block_len);
    struct block *freed = block;

    if (block == NULL) {
        return;
    }
    GB_CHECK(pool->used >= block_len);
    freed->next = pool->free[class];
    pool->free[class] = freed;
    pool->used -= block_len;
}

struct gb_str gb_pool_str(struct gb_pool *pool, struct gb_str s)
{
    char *copy;

    if (!gb_str_is(s)) {
        return GB_STR_NONE;
    }
    copy = gb_pool_room(pool, s.len + 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return (struct gb_str){copy, s.len};
}

void gb_pool_give_str(struct gb_pool *pool, struct gb_str s)
{
    if (gb_str_is(s)) {
        gb_pool_give(pool, (char *)(size_t)s.ptr, s.len + 1);
    }
}
