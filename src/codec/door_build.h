/* What the files of codec/door*.c share: the door itself, and one record being opened. */
#ifndef CODEC_DOOR_BUILD_H
#define CODEC_DOOR_BUILD_H

#include <stdatomic.h>

#include "codec/convert.h"
#include "codec/door.h"
#include "codec/envelope.h"

#define GB_DRIFT_MAX 64U
#define GB_DRIFT_NAME_MAX 64U

/* Names come in once and stay: 0 free, 1 being written, 2 readable. */
struct gb_drift_slot {
    atomic_uint state;
    atomic_ullong count;
    uint32_t len;
    char name[GB_DRIFT_NAME_MAX];
};

struct gb_door_reader {
    struct gb_str name, topic;
    struct gb_mapping *mapping;
    struct gb_drift_slot *drift; /* GB_DRIFT_MAX of them */
};

struct gb_door {
    struct gb_arena arena;
    struct gb_str cluster, salt, join_key, join_key_id;
    uint32_t lanes_count;
    const struct gb_refuse *refuse;
    struct gb_door_reader *readers;
    size_t readers_count;
    struct gb_str decision_topic; /* absent: none */
    struct gb_gateways gateways;
};

/* One source record on its way through the door. */
struct gb_opening {
    const struct gb_door *door;
    const struct gb_door_reader *reader; /* NULL: nobody reads the topic */
    const struct gb_source_record *in;
    struct gb_str salt_seed;
    struct gb_arena *arena;
    struct gb_str h_src;
    struct gb_changes changes;
    struct gb_door_rows *rows;
};

/* Adds a row that holds everything known before any image is looked at. Borrowed until the next. */
struct gb_record *gb_opening_row(struct gb_opening *o);

/* Marks a row dead: reason is the word of err's status, detail its text. */
void gb_opening_dead(struct gb_opening *o, struct gb_record *rec, const struct gb_err *err);

/* All rows of one change, one at least. */
void gb_opening_change(struct gb_opening *o, const struct gb_change *change);

/* The one row of a decision. */
void gb_opening_decision(struct gb_opening *o);

/* Adds a text with its salt and commitment. */
void gb_opening_text(struct gb_opening *o, struct gb_record *rec, struct gb_str name,
                     struct gb_str text);

/* Counts an unknown column. */
void gb_drift_count(const struct gb_door_reader *reader, struct gb_str column);

#endif
