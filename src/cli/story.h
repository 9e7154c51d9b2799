/* All that the stored outputs tell of one matter, as values. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "base/arena.h"
#include "gridbridge/value.h"
#include "shell/tool_pg.h"

#define GB_STORY_OVERLAPS_MAX 64

/* Values of the outputs about one matter. */
struct gb_story {
    struct gb_arena arena;
    struct gb_value *changes; /* in order */
    size_t changes_count;
    struct gb_value matter;   /* newest; GB_NULL if none */
    struct gb_value overlaps[GB_STORY_OVERLAPS_MAX]; /* newest of each key */
    struct gb_str keys[GB_STORY_OVERLAPS_MAX];
    size_t overlaps_count;
};

/* Reads rows of gb_tool_matter_lines up to lane clock until (ms; INT64_MAX: all of them); copies.
 * gb_story_close is due. */
void gb_story_read(struct gb_story *story, struct gb_str id, const struct gb_tool_rows *rows,
                   int64_t until);
void gb_story_close(struct gb_story *story);

/* A string as it is, anything else as canonical JSON in the arena; absent for null. */
struct gb_str gb_story_json(struct gb_arena *arena, const struct gb_value *value);

#endif
