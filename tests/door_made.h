/* A door of one source `s`, made of texts: what unit tests and fuzz targets of the door share. */
#ifndef TESTS_DOOR_MADE_H
#define TESTS_DOOR_MADE_H

#include "codec/door.h"

#define GB_RESULT_TOPIC "gb.writeback.result.in"

struct door_texts {
    struct gb_str mapping; /* mapping.yaml */
    struct gb_str refuse;  /* refuse.yaml; absent: there is none */
    struct gb_str places;  /* the lookup file places.csv; absent: there is none */
    struct gb_str topic;   /* of the source */
};

/* NULL with mistakes if anything is wrong with the texts. */
static inline struct gb_door *door_made(const struct door_texts *texts,
                                        struct gb_mistakes *mistakes)
{
    struct gb_file map = {GB_STR("mapping.yaml"), texts->mapping};
    struct gb_file list = {GB_STR("refuse.yaml"), texts->refuse};
    struct gb_file places = {GB_STR("places.csv"), texts->places};
    struct gb_files adapter = {&map, 1};
    struct gb_files lookups = {&places, gb_str_is(texts->places) ? 1 : 0};
    struct gb_door_source source = {.name = GB_STR("s"),
                                    .topic = texts->topic,
                                    .adapter = &adapter,
                                    .lookups = &lookups};
    struct gb_door_config config = {.cluster = GB_STR("c"),
                                    .salt = GB_STR("x"),
                                    .join_key = GB_STR("y"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = 8,
                                    .refuse = gb_str_is(texts->refuse) ? &list : NULL,
                                    .sources = &source,
                                    .sources_count = 1,
                                    .result_topic = GB_STR(GB_RESULT_TOPIC)};

    return gb_door_new(&config, mistakes);
}

#endif
