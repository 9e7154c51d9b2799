/* See the header. */
#include "door_fixture.h"

#define REFUSE "version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"]}\n"
#define PLACES                                                                                     \
    "id,grid,village,town\n7,320312111217001,320312111217,320312111\n"                             \
    "8,,320312111217,320312111\n9,320312112001001,320312112001,320312112\n"

void gb_df_begin(struct gb_df *df, const char *mapping)
{
    struct gb_file map = {GB_STR("mapping.yaml"), gb_str_of(mapping)};
    struct gb_file list = {GB_STR("refuse.yaml"), GB_STR(REFUSE)};
    struct gb_file places = {GB_STR("places.csv"), GB_STR(PLACES)};
    struct gb_files adapter = {&map, 1};
    struct gb_files lookups = {&places, 1};
    struct gb_door_source source = {GB_STR("s"), GB_STR("t"), &adapter, &lookups};
    struct gb_door_config config = {.cluster = GB_STR("c"),
                                    .salt = GB_STR("x"),
                                    .join_key = GB_STR("y"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = 8,
                                    .refuse = &list,
                                    .sources = &source,
                                    .sources_count = 1};

    *df = (struct gb_df){0};
    gb_arena_init(&df->arena, (size_t)16 << 20);
    df->door = gb_door_new(&config, &df->mistakes);
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
