/* adapters/<system>/mapping.yaml: how rows of a system's tables become fields of entities.
 *
 * Columns are a whitelist: a column that no rule names is never read, and counted as drift unless
 * `ignore` lists it. Columns of the refuse-list may not be named at all. The format is described
 * in adapters/README.md. */
#ifndef CODEC_MAPPING_H
#define CODEC_MAPPING_H

#include "codec/lookup.h"
#include "codec/refuse.h"
#include "gridbridge/record.h"

#define GB_COLUMNS_MAX 64U
#define GB_SPEC_COLUMNS_MAX 4U
#define GB_CONDITIONS_MAX 4U
#define GB_FIELDS_MAX 16U
#define GB_ENTITIES_MAX 8U
#define GB_LOOKUPS_MAX 8U
#define GB_NAMES_MAX 8U

enum gb_envelope_kind { GB_ENVELOPE_DEBEZIUM, GB_ENVELOPE_CANAL };

enum gb_wrapper { GB_WRAPPER_EITHER, GB_WRAPPER_YES, GB_WRAPPER_NO };

struct gb_envelope {
    enum gb_envelope_kind kind;
    enum gb_wrapper schema;    /* Debezium: {"schema","payload"} around the change */
    struct gb_str placeholder; /* Debezium: text of a value that was not sent */
    struct gb_str position[GB_VERSION_PARTS_MAX]; /* Debezium: names in `source` */
    uint32_t position_count;
};

enum gb_form {
    GB_FORM_CODE,           /* trimmed text; empty is absent */
    GB_FORM_FIRST,          /* first of a list split at , ; and their full-width forms */
    GB_FORM_JOIN,           /* columns joined by '/' */
    GB_FORM_INT,            /* integer, or its text */
    GB_FORM_LOOKUP,         /* place code */
    GB_FORM_MICROS_LOCAL,   /* microseconds of the wall clock counted as if it were UTC */
    GB_FORM_DATETIME_LOCAL, /* "2026-05-06 14:40:23.5" on the wall clock */
    GB_FORM_ISO,            /* "2026-05-06T06:40:23.5Z" */
    GB_FORM_HOLDER,         /* id hash of a post holder */
    GB_FORM_REF,            /* "source/entity/key" */
    GB_FORM_HASHES,         /* list of hex SHA-256 */
    GB_FORM_ALL             /* true if every condition holds */
};

struct gb_condition {
    uint32_t column;
    struct gb_str equals; /* absent: the column has a value */
};

struct gb_field {
    struct gb_str name;
    enum gb_form form;
    bool is_optional; /* the column may be missing from a row (added later) */
    uint32_t columns[GB_SPEC_COLUMNS_MAX];
    uint32_t columns_count;
    const struct gb_lookup *lookup;
    enum gb_place place;
    struct gb_str kind;           /* holder */
    struct gb_str source, entity; /* ref */
    struct gb_condition conditions[GB_CONDITIONS_MAX];
    uint32_t conditions_count;
};

enum gb_town_form { GB_TOWN_CONSTANT, GB_TOWN_COLUMN, GB_TOWN_PREFIX, GB_TOWN_LOOKUP };

struct gb_town {
    enum gb_town_form form;
    struct gb_str constant;
    uint32_t column;
    const struct gb_lookup *lookup;
};

struct gb_entity {
    struct gb_str table;  /* "schema.table", as the envelope names it */
    struct gb_str entity; /* matter */
    struct gb_map columns;                     /* name -> &numbers[i]; owned table */
    uint32_t numbers[GB_COLUMNS_MAX];          /* 0, 1, 2, ... */
    struct gb_str column_names[GB_COLUMNS_MAX];
    bool is_read[GB_COLUMNS_MAX];              /* false: listed by `ignore` */
    struct gb_str refused[GB_COLUMNS_MAX];     /* the class that refuses the column, or absent */
    uint32_t names[GB_NAMES_MAX];              /* read for scrubbing only */
    uint32_t names_count;
    uint32_t columns_count;
    uint32_t key[GB_SPEC_COLUMNS_MAX];
    uint32_t key_count;
    struct gb_town town;
    bool is_full; /* replica_identity: full */
    bool has_version;
    struct gb_field version; /* INT or a time; times in microseconds */
    bool has_soft_delete;
    uint32_t soft_delete;
    struct gb_str deleted[GB_SPEC_COLUMNS_MAX];
    uint32_t deleted_count;
    struct gb_field fields[GB_FIELDS_MAX];
    uint32_t fields_count;
    struct gb_str text_names[GB_TEXTS_MAX];
    uint32_t text_columns[GB_TEXTS_MAX];
    uint32_t texts_count;
};

struct gb_mapping {
    struct gb_str system;
    struct gb_str hash; /* hex SHA-256 over the mapping and the lookup files it names */
    struct gb_envelope envelope;
    int64_t zone_us; /* wall clock minus UTC */
    struct gb_entity entities[GB_ENTITIES_MAX];
    uint32_t entities_count;
    struct gb_lookup *lookups[GB_LOOKUPS_MAX];
    uint32_t lookups_count;
};

/* What the files of codec/mapping*.c share while one mapping is read. */
struct gb_mapping_read {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    const struct gb_files *lookups;
    const struct gb_refuse *refuse;
    struct gb_mapping *mapping;
    struct gb_entity *entity;
};

/* Reads adapter's mapping.yaml into r->arena; the other members of r but mapping and entity are
 * set by the caller. NULL after a mistake. Close by gb_mapping_close. */
struct gb_mapping *gb_mapping_read_file(struct gb_mapping_read *r, const struct gb_file *file)
    GB_MUST_CHECK;

/* Frees the tables of a mapping; the rest is the arena's. */
void gb_mapping_close(struct gb_mapping *mapping);

/* The entity of a table, or NULL. */
const struct gb_entity *gb_mapping_entity(const struct gb_mapping *mapping, struct gb_str table);

/* Parts of the reader. Each adds mistakes and gives false. */
bool gb_mapping_scalar(struct gb_mapping_read *r, const struct gb_yaml *map, const char *key,
                       struct gb_str *text);
bool gb_mapping_column(struct gb_mapping_read *r, const struct gb_yaml *node, uint32_t *column);
const struct gb_lookup *gb_mapping_lookup(struct gb_mapping_read *r, const struct gb_yaml *map);
bool gb_mapping_field(struct gb_mapping_read *r, const struct gb_yaml *name,
                      const struct gb_yaml *node);
bool gb_mapping_version(struct gb_mapping_read *r, const struct gb_yaml *node);

#endif
