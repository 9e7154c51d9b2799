/* A door of one source `s` on topic `t`, made of texts, and one value sent through it. */
#ifndef TESTS_UNIT_DOOR_FIXTURE_H
#define TESTS_UNIT_DOOR_FIXTURE_H

#include "codec/door.h"

struct gb_df {
    struct gb_door *door; /* NULL: see mistakes */
    struct gb_mistakes mistakes;
    struct gb_arena arena;
    struct gb_door_rows rows; /* of the last value */
};

/* mapping.yaml against a refuse-list that names the columns *card*; the lookup file places.csv has
 * the ids 7 (grid) and 8 (village only) of town 320312111, and 9 of town 320312112. */
void gb_df_begin(struct gb_df *df, const char *mapping);
void gb_df_end(struct gb_df *df);
/* Sends value (NULL: a null value) through the door. */
void gb_df_open(struct gb_df *df, const char *value);
/* All mistakes as one C string. */
const char *gb_df_mistakes(struct gb_df *df);

#endif
