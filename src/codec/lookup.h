/* A system's own place ids, looked up in a CSV file with the header id,grid,village,town. */
#ifndef CODEC_LOOKUP_H
#define CODEC_LOOKUP_H

#include "base/map.h"
#include "codec/files.h"
#include "codec/yaml.h"

/* Columns of the file, and members that a mapping may ask for. */
enum gb_place { GB_PLACE_ID, GB_PLACE_GRID, GB_PLACE_VILLAGE, GB_PLACE_TOWN, GB_PLACE_COUNT };

struct gb_lookup {
    struct gb_str file;
    uint32_t fold; /* bits of enum gb_fold, done to the ids of the file */
    struct gb_map rows; /* id -> struct gb_str[GB_PLACE_COUNT], in the arena; the table is owned */
};

/* Reads file into arena; codes must have 15, 12 and 9 digits, each within the next (grid may be
 * empty); ids are folded, and two that fold to one are a mistake. NULL after a mistake. Close its
 * rows by gb_map_close. */
struct gb_lookup *gb_lookup_read(struct gb_arena *arena, const struct gb_file *file, uint32_t fold,
                                 struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* The code of a place; absent where the cell is empty; false for an unknown id. Borrows. */
bool gb_lookup_find(const struct gb_lookup *lookup, struct gb_str id, enum gb_place place,
                    struct gb_str *code);

/* The member called word (grid, village, town), or -1. */
int gb_place_of(struct gb_str word);

#endif
