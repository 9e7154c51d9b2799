/* Bump allocator: one arena per batch, reset as a whole. Grows by blocks up to its bound. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "gridbridge/str.h"

struct gb_arena_block;

struct gb_arena {
    struct gb_arena_block *blocks; /* newest first */
    size_t used;                   /* bytes handed out since the last reset */
    size_t used_max;               /* bound; a full arena ends in gb_check_failed unless asked */
};

/* An empty arena that may hand out used_max bytes; allocates nothing yet. */
void gb_arena_init(struct gb_arena *arena, size_t used_max);

/* Frees everything. */
void gb_arena_close(struct gb_arena *arena);

/* Forgets everything handed out; keeps the largest block for the next batch. */
void gb_arena_reset(struct gb_arena *arena);

/* True if len more bytes fit below the bound: ask before a step whose need is bounded. */
bool gb_arena_fits(const struct gb_arena *arena, size_t len);

/* Zeroed memory aligned for any type; never NULL: beyond the bound or out of memory ends the
 * process (callers ask gb_arena_fits at the door, where a record can still be rejected). */
void *gb_arena_take(struct gb_arena *arena, size_t len);

/* A copy of s in the arena (absent stays absent), with a NUL behind it that len does not count. */
struct gb_str gb_arena_str(struct gb_arena *arena, struct gb_str s);

/* The parts one behind the other, absent ones as empty, with a NUL behind them. Where a step makes
 * many short texts this is what it uses: printf reads its format anew each time. */
struct gb_str gb_arena_join(struct gb_arena *arena, const struct gb_str *parts, size_t count);

/* gb_arena_join of the strings that follow. */
#define GB_JOIN(arena, ...)                                                                        \
    gb_arena_join((arena), (const struct gb_str[]){__VA_ARGS__},                                   \
                  sizeof((const struct gb_str[]){__VA_ARGS__}) / sizeof(struct gb_str))

/* Decimal text of number. */
struct gb_str gb_arena_int(struct gb_arena *arena, int64_t number);

/* printf into the arena. */
__attribute__((format(printf, 2, 3))) struct gb_str gb_arena_printf(struct gb_arena *arena,
                                                                    const char *format, ...);

#endif
