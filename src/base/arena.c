/* Bump allocator: blocks in a list, newest first; a reset keeps the largest block. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"

#define BLOCK_SIZE_MIN ((size_t)64 * 1024)
#define BLOCK_SIZE_MAX ((size_t)1 << 20) /* so much of an arena may stand empty */

struct gb_arena_block {
    struct gb_arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

void gb_arena_init(struct gb_arena *arena, size_t used_max)
{
    *arena = (struct gb_arena){.used_max = used_max};
}

static void free_blocks(struct gb_arena_block *block)
{
    while (block != NULL) {
        struct gb_arena_block *next = block->next;

        free(block);
        block = next;
    }
}

void gb_arena_close(struct gb_arena *arena)
{
    free_blocks(arena->blocks);
    arena->blocks = NULL;
    arena->used = 0;
}

void gb_arena_reset(struct gb_arena *arena)
{
    struct gb_arena_block *largest = arena->blocks;

    for (struct gb_arena_block *b = arena->blocks; b != NULL; b = b->next) {
        if (b->size > largest->size) {
            largest = b;
        }
    }
    while (arena->blocks != NULL) {
        struct gb_arena_block *next = arena->blocks->next;

        if (arena->blocks != largest) {
            free(arena->blocks);
        }
        arena->blocks = next;
    }
    if (largest != NULL) {
        largest->next = NULL;
        largest->used = 0;
    }
    arena->blocks = largest;
    arena->used = 0;
}

static size_t round_up(size_t len)
{
    size_t align = alignof(max_align_t);

    return (len + align - 1) / align * align;
}

bool gb_arena_fits(const struct gb_arena *arena, size_t len)
{
    size_t rounded = round_up(len);

    return rounded >= len && rounded <= arena->used_max &&
           arena->used <= arena->used_max - rounded;
}

static struct gb_arena_block *add_block(struct gb_arena *arena, size_t len)
{
    size_t size = arena->blocks == NULL ? BLOCK_SIZE_MIN : arena->blocks->size * 2;
    struct gb_arena_block *block;

    if (size > BLOCK_SIZE_MAX) {
        size = BLOCK_SIZE_MAX;
    }
    if (size < len) {
        size = len;
    }
    block = malloc(sizeof(*block) + size);
    GB_CHECK(block != NULL);
    block->next = arena->blocks;
    block->size = size;
    block->used = 0;
    arena->blocks = block;
    return block;
}

/* Memory as it is: for those who write all of it. */
static void *take_raw(struct gb_arena *arena, size_t len)
{
    size_t rounded = round_up(len);
    struct gb_arena_block *block = arena->blocks;
    void *taken;

    GB_CHECK(gb_arena_fits(arena, len));
    if (block == NULL || block->size - block->used < rounded) {
        block = add_block(arena, rounded);
    }
    taken = block->bytes + block->used;
    block->used += rounded;
    arena->used += rounded;
    return taken;
}

void *gb_arena_take(struct gb_arena *arena, size_t len)
{
    return memset(take_raw(arena, len), 0, round_up(len));
}

struct gb_str gb_arena_str(struct gb_arena *arena, struct gb_str s)
{
    char *copy;

    if (!gb_str_is(s)) {
        return s;
    }
    copy = take_raw(arena, s.len + 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return (struct gb_str){copy, s.len};
}

struct gb_str gb_arena_join(struct gb_arena *arena, const struct gb_str *parts, size_t count)
{
    size_t len = 0;
    char *text;
    char *at;

    for (size_t i = 0; i < count; i++) {
        len += parts[i].len;
    }
    text = at = take_raw(arena, len + 1);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(at, parts[i].ptr, parts[i].len);
            at += parts[i].len;
        }
    }
    *at = '\0';
    return (struct gb_str){text, len};
}

struct gb_str gb_arena_int(struct gb_arena *arena, int64_t number)
{
    char digits[GB_DIGITS_MAX];

    return gb_arena_str(arena, gb_int_text(digits, number));
}

struct gb_str gb_arena_printf(struct gb_arena *arena, const char *format, ...)
{
    char short_text[256]; /* most are short: then one run of vsnprintf is enough */
    va_list args;
    va_list again;
    char *text;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(short_text, sizeof(short_text), format, args);
    va_end(args);
    GB_CHECK(len >= 0);
    text = take_raw(arena, (size_t)len + 1);
    if ((size_t)len < sizeof(short_text)) {
        memcpy(text, short_text, (size_t)len + 1);
    } else {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    return (struct gb_str){text, (size_t)len};
}
