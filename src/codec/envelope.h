/* What a change-data tool wraps around rows, unwrapped: one message to row changes.
 *
 * Each tool has one file envelope_<tool>.c with one function of this shape. Which one reads a
 * source is configured in its mapping, never guessed. Statement texts (`query`, `sql`) are never
 * looked at. adapters/FACTS.md lists what was decided for each fact that the tools' manuals do not
 * tell. */
#ifndef CODEC_ENVELOPE_H
#define CODEC_ENVELOPE_H

#include "codec/door.h"
#include "codec/mapping.h"

/* One row changed. before is complete or NULL; after is NULL for a delete. */
struct gb_change {
    const struct gb_value *before, *after;
    /* What before lacks when it holds only changed columns (Canal, Maxwell): look in base then. */
    const struct gb_value *base;
    struct gb_str before_path, after_path; /* "$.payload.before", for messages */
    bool is_delete;                        /* of this row, whatever the message says */
    bool is_partial;                       /* after lacks columns that have a value */
    const struct gb_version *position;     /* of this row; NULL: the message's */
};

struct gb_changes {
    struct gb_str ignored; /* a word: the message holds no rows for us; else absent */
    struct gb_str table;   /* "schema.table" */
    const struct gb_entity *entity; /* of the table; set where nothing is ignored */
    bool bootstrap;
    bool is_delete;
    bool is_update;
    struct gb_version position;     /* parts only */
    const struct gb_value *types;   /* Canal: `mysqlType`, column to type; else NULL */
    struct gb_change *items;
    size_t count;
};

struct gb_envelope_in {
    struct gb_arena *arena;
    const struct gb_mapping *mapping;
    const struct gb_source_record *record; /* topic, key, headers; NULL: none are known */
    const struct gb_value *message;        /* the record's value, parsed; NULL: a null value */
};

/* Opens one message. changes comes in zeroed; what it borrows lives in the arena or in the message.
 * BAD_ENVELOPE says what was expected at which JSON path, TABLE_TRUNCATED that a table was emptied
 * (changes->entity is set then). */
enum gb_status gb_envelope_open(const struct gb_envelope_in *in, struct gb_changes *changes,
                                struct gb_err *err) GB_MUST_CHECK;

/* One of each kind, of the same shape. */
#define GB_ENVELOPE(kind)                                                                          \
    enum gb_status gb_envelope_##kind(const struct gb_envelope_in *in, struct gb_changes *changes, \
                                      struct gb_err *err) GB_MUST_CHECK
GB_ENVELOPE(debezium);    /* c u d r; t m, heartbeats, transactions, DDL */
GB_ENVELOPE(unwrapped);   /* Debezium behind ExtractNewRecordState */
GB_ENVELOPE(canal);       /* flat messages */
GB_ENVELOPE(maxwell);     /* rows, bootstrap, DDL */
GB_ENVELOPE(plain);       /* a row, or rows, as they are */
GB_ENVELOPE(cloudevents); /* 1.0, structured or binary */

/* What the envelopes share. */

/* An integer, or its decimal text (the tools write both); false for anything else. */
bool gb_envelope_int(const struct gb_value *value, int64_t *number);

/* Number of a binlog file: the digits at its end ("mysql-bin.000003"). */
bool gb_envelope_file(struct gb_str file, int64_t *number);

/* The integers that `position` names, from members of source; all of them, or none. */
void gb_envelope_position(const struct gb_envelope *envelope, const struct gb_value *source,
                          struct gb_version *position);

/* Sets table and entity, or ignored "other_table". True: there is such an entity. */
bool gb_envelope_table(const struct gb_envelope_in *in, struct gb_str schema, struct gb_str table,
                       struct gb_changes *changes);

/* TABLE_TRUNCATED for a table of ours. */
enum gb_status gb_envelope_emptied(const struct gb_changes *changes, struct gb_err *err);

/* The value at a path like "data.rows" of members; the root itself for an absent path; NULL where
 * there is none. */
const struct gb_value *gb_envelope_path(const struct gb_value *root, struct gb_str path);

/* One change, taken from the arena and put into changes. */
struct gb_change *gb_envelope_one(const struct gb_envelope_in *in, struct gb_changes *changes);

/* head, index and "]" as one text. */
struct gb_str gb_envelope_indexed(const struct gb_envelope_in *in, struct gb_str head,
                                  uint32_t index);

/* The record's header called name, or absent. */
struct gb_str gb_envelope_header(const struct gb_envelope_in *in, struct gb_str name);

/* '*' at the beginning or end of a pattern stands for anything; an absent one fits nothing. */
bool gb_envelope_fits(struct gb_str pattern, struct gb_str text);

#endif
