/* Open addressing with linear probing; deletion shifts back, so there are no tombstones. */
#include "base/map.h"

#include <stdlib.h>

#include "base/check.h"

void gb_map_close(struct gb_map *map)
{
    free(map->slots);
    *map = (struct gb_map){0};
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
    return hash ^ hash >> 29;
}

/* Eight bytes at a time. No part of any format: what it gives on another CPU does not matter. */
static uint64_t hash_of(struct gb_str key)
{
    uint64_t hash = key.len;
    uint64_t word = 0;
    size_t at = 0;

    for (; at + sizeof(word) <= key.len; at += sizeof(word)) {
        memcpy(&word, key.ptr + at, sizeof(word));
        hash = mix(hash, word);
    }
    word = 0;
    if (at < key.len) {
        memcpy(&word, key.ptr + at, key.len - at);
    }
    hash = mix(hash, word);
    return hash * 0x9e3779b97f4a7c15U;
}

static size_t find_slot(const struct gb_map *map, struct gb_str key, uint64_t hash)
{
    size_t at = (size_t)(hash >> 20) & (map->size - 1);

    while (gb_str_is(map->slots[at].key) &&
           (map->slots[at].hash != hash || !gb_str_eq(map->slots[at].key, key))) {
        at = (at + 1) & (map->size - 1);
    }
    return at;
}

void *gb_map_get(const struct gb_map *map, struct gb_str key)
{
    if (map->size == 0) {
        return NULL;
    }
    return map->slots[find_slot(map, key, hash_of(key))].value;
}

static void grow(struct gb_map *map)
{
    struct gb_map bigger = {.count = map->count, .size = map->size == 0 ? 16 : map->size * 2};

    bigger.slots = calloc(bigger.size, sizeof(bigger.slots[0]));
    GB_CHECK(bigger.slots != NULL);
    for (size_t i = 0; i < map->size; i++) {
        if (gb_str_is(map->slots[i].key)) {
            bigger.slots[find_slot(&bigger, map->slots[i].key, map->slots[i].hash)] =
                map->slots[i];
        }
    }
    free(map->slots);
    *map = bigger;
}

void *gb_map_put(struct gb_map *map, struct gb_str key, void *value)
{
    uint64_t hash = hash_of(key);
    struct gb_map_slot *slot;
    void *before;

    GB_CHECK(value != NULL && gb_str_is(key));
    if ((map->count + 1) * 4 > map->size * 3) {
        grow(map);
    }
    slot = &map->slots[find_slot(map, key, hash)];
    before = slot->value;
    if (!gb_str_is(slot->key)) {
        slot->key = key;
        slot->hash = hash;
        map->count++;
    }
    slot->value = value;
    return before;
}

void *gb_map_take(struct gb_map *map, struct gb_str key)
{
    size_t hole;
    void *value;

    if (map->size == 0) {
        return NULL;
    }
    hole = find_slot(map, key, hash_of(key));
    value = map->slots[hole].value;
    if (value == NULL) {
        return NULL;
    }
    for (size_t at = (hole + 1) & (map->size - 1); gb_str_is(map->slots[at].key);
         at = (at + 1) & (map->size - 1)) {
        size_t home = (size_t)(map->slots[at].hash >> 20) & (map->size - 1);

        if (((at - home) & (map->size - 1)) >= ((at - hole) & (map->size - 1))) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct gb_map_slot){0};
    map->count--;
    return value;
}

void gb_map_each(const struct gb_map *map, void (*each)(void *value, void *context),
                 void *context)
{
    for (size_t i = 0; i < map->size; i++) {
        if (gb_str_is(map->slots[i].key)) {
            each(map->slots[i].value, context);
        }
    }
}
