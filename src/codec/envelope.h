/* What a change-data tool wraps around rows, unwrapped: one message to row changes.
 *
 * Each tool has one file envelope_<tool>.c with one function of this shape. Statement texts
 * (`query`, `sql`) are never looked at. */
#ifndef CODEC_ENVELOPE_H
#define CODEC_ENVELOPE_H

#include "codec/mapping.h"

/* One row changed. before is complete or NULL; after is NULL for a delete. */
struct gb_change {
    const struct gb_value *before, *after;
    /* What before lacks when it holds only changed columns (Canal): look in base then. */
    const struct gb_value *base;
    struct gb_str before_path, after_path; /* "$.payload.before", for messages */
};

struct gb_changes {
    struct gb_str ignored; /* a word: the message holds no rows for us; else absent */
    struct gb_str table;   /* "schema.table" */
    bool bootstrap;
    bool is_delete;
    bool is_update;
    struct gb_version position; /* parts only */
    struct gb_change *items;
    size_t count;
};

/* Debezium: with or without the schema wrapper; c u d r, others ignored. BAD_ENVELOPE. changes
 * comes in zeroed. */
enum gb_status gb_envelope_debezium(struct gb_arena *arena, const struct gb_mapping *mapping,
                                    const struct gb_value *message, struct gb_changes *changes,
                                    struct gb_err *err) GB_MUST_CHECK;

/* Canal flat messages: INSERT UPDATE DELETE, others ignored. BAD_ENVELOPE. */
enum gb_status gb_envelope_canal(struct gb_arena *arena, const struct gb_mapping *mapping,
                                 const struct gb_value *message, struct gb_changes *changes,
                                 struct gb_err *err) GB_MUST_CHECK;

/* An integer, or its decimal text (the tools write both); false for anything else. */
bool gb_envelope_int(const struct gb_value *value, int64_t *number);

#endif
