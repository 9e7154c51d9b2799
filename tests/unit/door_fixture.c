/* See the header. */
#include "door_fixture.h"

#include "door_made.h"

#define REFUSE                                                                                     \
    "version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"]}\n"                         \
    "no_text: {s: [\"70*\"]}\n"
#define PLACES                                                                                     \
    "id,grid,village,town\n7,320312111217001,320312111217,320312111\n"                             \
    "8,,320312111217,320312111\n9,320312112001001,320312112001,320312112\n"

void gb_df_begin(struct gb_df *df, const char *mapping)
{
    const struct door_texts texts = {gb_str_of(mapping), GB_STR(REFUSE), GB_STR(PLACES),
                                     GB_STR("t")};

    *df = (struct gb_df){0};
    gb_arena_init(&df->arena, (size_t)16 << 20);
    df->door = door_made(&texts, &df->mistakes);
}

void gb_df_end(struct gb_df *df)
{
    gb_door_free(df->door);
    gb_mistakes_close(&df->mistakes);
    gb_arena_close(&df->arena);
}

void gb_df_open(struct gb_df *df, const char *value)
{
    struct gb_source_record in = {
        .topic = GB_STR("t"), .partition = 2, .offset = 5, .value = gb_str_of(value)};

    gb_door_open(df->door, &in, GB_STR("seed"), &df->arena, &df->rows);
}

const char *gb_df_mistakes(struct gb_df *df)
{
    return gb_arena_str(&df->arena, gb_buf_str(&df->mistakes.lines)).ptr;
}
