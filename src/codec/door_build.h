/* What the files of codec/door*.c share: the door itself, and one record being opened. */
#ifndef CODEC_DOOR_BUILD_H
#define CODEC_DOOR_BUILD_H

#include <stdatomic.h>

#include "codec/convert.h"
#include "codec/door.h"
#include "codec/envelope.h"
#include "codec/scrub.h"

#define GB_DRIFT_MAX 64U
#define GB_DRIFT_NAME_MAX 64U

/* An old key's delete, or a leave; the row; what its counters show. */
#define GB_ROWS_OF_CHANGE (2U + GB_COUNTERS_MAX)

/* Names come in once and stay: 0 free, 1 being written, 2 readable, 3 told. */
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
    bool is_shared;              /* mapping and drift are those of the reader before it */
};

struct gb_door_counts {
    atomic_ullong refused[GB_REFUSE_CLASSES_MAX];
    atomic_ullong scrubbed[GB_SCRUB_COUNT];
};

struct gb_door {
    struct gb_arena arena;
    struct gb_str cluster, salt;
    struct gb_key join, join_was; /* join_was without bytes: no overlap */
    struct gb_str decision_topic, result_topic; /* absent: none */
    struct gb_gateways gateways;
    struct gb_value modes;
    uint32_t lanes_count;
    const struct gb_refuse *refuse;
    struct gb_door_counts *counts; /* in the arena */
    struct gb_door_reader *readers;
    size_t readers_count;
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
    struct gb_version position; /* of the change being opened */
    struct gb_door_rows *rows;
};

struct gb_identity {
    struct gb_str key, town; /* absent: not known */
};

/* Who reads the record, and nothing else yet. */
void gb_opening_begin(struct gb_opening *o, const struct gb_door *door,
                      const struct gb_source_record *in, struct gb_arena *arena);

/* Parses the value and opens its envelope: o->changes. Errors: those of both. */
enum gb_status gb_opening_envelope(struct gb_opening *o, struct gb_err *err) GB_MUST_CHECK;

/* Adds a row that holds everything known before any image is looked at. Borrowed until the next. */
struct gb_record *gb_opening_row(struct gb_opening *o);

/* Marks a row dead: reason is the word of err's status, detail its text. */
void gb_opening_dead(struct gb_opening *o, struct gb_record *rec, const struct gb_err *err);

/* All rows of one change, one at least. */
void gb_opening_change(struct gb_opening *o, const struct gb_change *change);

/* The one row of a decision, of a result. */
void gb_opening_decision(struct gb_opening *o);
void gb_opening_result(struct gb_opening *o);

/* Adds a text with its salt and commitment. */
void gb_opening_text(struct gb_opening *o, struct gb_record *rec, struct gb_str name,
                     struct gb_str text);

/* Gives each known column of an image its value; called again, the later image lies on top. */
void gb_row_load(struct gb_opening *o, const struct gb_entity *entity,
                 const struct gb_value *image, struct gb_row *row, bool counts_drift);

/* NEED_FULL_IMAGE where a column is missing that a field, text, version or flag reads. */
enum gb_status gb_row_need_image(const struct gb_entity *entity, const struct gb_row *row,
                                 struct gb_err *err);

/* Key, then town; what was found before an error stays in id. NEED_FULL_IMAGE, BAD_FIELD,
 * UNKNOWN_PLACE, EXCEL_TRUNCATED; err begins with the column. */
enum gb_status gb_row_identify(struct gb_opening *o, const struct gb_entity *entity,
                               const struct gb_row *row, struct gb_identity *id,
                               struct gb_err *err);

/* The context in which the columns of the change's entity are read. */
struct gb_convert gb_opening_convert(const struct gb_opening *o);

/* A row that the guard looks at. */
struct gb_guarded {
    struct gb_opening *o;
    const struct gb_entity *entity;
    const struct gb_row *row;
};

/* door_guard.c. A key column's text, BAD_FIELD if it may be a person's; the message names the
 * column, never the value. */
enum gb_status gb_guard_key(const struct gb_entity *entity, const struct gb_row *row,
                            uint32_t column, struct gb_str text, struct gb_err *err) GB_MUST_CHECK;

/* The same for what became of a field. */
enum gb_status gb_guard_field(const struct gb_guarded *g, const struct gb_field *field,
                              const struct gb_value *value, struct gb_err *err) GB_MUST_CHECK;

/* Scrubs the text of entity->texts[text_index]; absent afterwards where a refused word stood in
 * it. TOO_LARGE. */
enum gb_status gb_guard_text(const struct gb_guarded *g, uint32_t text_index,
                             struct gb_str *text, struct gb_err *err) GB_MUST_CHECK;

/* Scrubs a text that belongs to no row, without names. TOO_LARGE. */
enum gb_status gb_guard_free_text(const struct gb_opening *o, struct gb_str *text,
                                  struct gb_err *err) GB_MUST_CHECK;

/* BAD_ENVELOPE where Canal's `es`, a time, may be a person's number. What orders the rows of other
 * envelopes are places in a log (lsn, pos, xid), which may look like anything. */
enum gb_status gb_guard_position(const struct gb_opening *o, struct gb_err *err) GB_MUST_CHECK;

/* The class that refuses a matter of these fields, or absent. */
struct gb_str gb_guard_refused(const struct gb_opening *o, const struct gb_value *fields);

/* False for matters whose texts stay outside (no_text). */
bool gb_guard_has_texts(const struct gb_opening *o, const struct gb_value *fields);

void gb_guard_count_class(const struct gb_door *door, struct gb_str class_name);

/* Counts an unknown column. */
void gb_drift_count(const struct gb_door_reader *reader, struct gb_str column);

#endif
