/* Hash map from byte strings to pointers. Keys are borrowed: they must live as long as the entry.
 *
 * Iteration order depends on the table's history, so nothing that leaves the core may depend on it:
 * the only iteration is gb_map_each, for freeing and for sums. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include "gridbridge/str.h"

struct gb_map_slot {
    struct gb_str key; /* absent: free */
    uint64_t hash;
    void *value;
};

struct gb_map {
    struct gb_map_slot *slots; /* owned */
    size_t count;
    size_t size; /* power of two, or 0 */
};

void gb_map_close(struct gb_map *map);

/* The value of key, or NULL. Borrows. */
void *gb_map_get(const struct gb_map *map, struct gb_str key);

/* Sets key's value (never NULL); a key already there keeps its old key bytes. Returns the value
 * that stood there before, or NULL. */
void *gb_map_put(struct gb_map *map, struct gb_str key, void *value);

/* Removes key; returns its value or NULL. */
void *gb_map_take(struct gb_map *map, struct gb_str key);

/* Calls each(value, context) for every entry, in no order. The map must not change meanwhile. */
void gb_map_each(const struct gb_map *map, void (*each)(void *value, void *context),
                 void *context);

#endif
