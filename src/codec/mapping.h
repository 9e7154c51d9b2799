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

#define GB_COLUMNS_MAX 96U
#define GB_SPEC_COLUMNS_MAX 4U
#define GB_CONDITIONS_MAX 4U
#define GB_FIELDS_MAX 20U
#define GB_ENTITIES_MAX 32U
#define GB_LOOKUPS_MAX 8U
#define GB_NAMES_MAX 8U
#define GB_WORD_LIST_MAX 64U
#define GB_COUNTERS_MAX 2U
#define GB_NAME_LEN_MAX 64U /* of entities, fields, columns, tables' parts, paths */

/* A short list of texts, in the arena. */
struct gb_words {
    const struct gb_str *items;
    uint32_t count;
};

/* True if words holds text. */
bool gb_words_have(const struct gb_words *words, struct gb_str text);

enum gb_envelope_kind {
    GB_ENVELOPE_DEBEZIUM,
    GB_ENVELOPE_UNWRAPPED,
    GB_ENVELOPE_CANAL,
    GB_ENVELOPE_MAXWELL,
    GB_ENVELOPE_PLAIN,
    GB_ENVELOPE_CLOUDEVENTS
};

enum gb_wrapper { GB_WRAPPER_EITHER, GB_WRAPPER_YES, GB_WRAPPER_NO };

/* Topics of a connector that hold no rows. */
enum gb_side { GB_SIDE_HEARTBEAT, GB_SIDE_TRANSACTION, GB_SIDE_DDL, GB_SIDE_MESSAGE, GB_SIDES };

struct gb_envelope {
    enum gb_envelope_kind kind;
    enum gb_wrapper schema;    /* Debezium: {"schema","payload"} around the change */
    struct gb_str placeholder; /* Debezium: text of a value that was not sent; else absent */
    struct gb_str sides[GB_SIDES]; /* Debezium: topics, '*' at either end; absent: none */
    struct gb_str position[GB_VERSION_PARTS_MAX]; /* names of the parts */
    uint32_t position_count;
    struct gb_str topic_prefix; /* unwrapped */
    struct gb_str op, deleted;  /* unwrapped, plain: members */
    bool is_es_seconds;         /* Canal: `es` in seconds */
    bool is_nulls_omitted;      /* Maxwell: output_nulls=false */
    bool has_jvm_zone;          /* Maxwell: zone of its JVM, when it is not UTC-neutral */
    int64_t jvm_zone_us;
    struct gb_str table, table_member; /* plain: the one table, or the member that names it */
    struct gb_str row, rows;           /* plain, CloudEvents: path of the row; plain: of a list */
    struct gb_words puts, deletes;     /* plain: values of op; CloudEvents: types that delete */
    bool is_tombstone_delete;          /* plain: a null value deletes by the record's key */
    bool is_binary;                    /* CloudEvents: attributes in headers */
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
    GB_FORM_ALL,            /* true if every condition holds */
    GB_FORM_MILLIS_LOCAL,   /* milliseconds of the wall clock counted as if it were UTC */
    GB_FORM_DATETIME_UTC,   /* "2026-05-06 06:40:23", UTC without saying so */
    GB_FORM_ISO_LOCAL,      /* "2026-05-06T14:40:23Z" that means the wall clock */
    GB_FORM_DAYS,           /* days since 1970-01-01 */
    GB_FORM_DATE,           /* "2026-05-06", with or without a Z */
    GB_FORM_CLOCK,          /* time of day */
    GB_FORM_INTERVAL,       /* length of time */
    GB_FORM_BOOL,           /* true false t f 1 0 */
    GB_FORM_DECIMAL,        /* number or its text */
    GB_FORM_UNSCALED,       /* base64 of the unscaled number, or {scale, value} */
    GB_FORM_UNSIGNED,       /* base64 of a big-endian integer, or an integer */
    GB_FORM_BITS,           /* base64 of little-endian bits, or an integer */
    GB_FORM_ENUM,           /* label, or number into labels */
    GB_FORM_SET,            /* labels, or bits over labels */
    GB_FORM_LIST,           /* array, or text split as FIRST does */
    GB_FORM_PATH,           /* "/a/ b/" to "a/b" */
    GB_FORM_ORDINAL,        /* number in a grid's name */
    GB_FORM_HOUSEHOLD,      /* hash of a household's code, equal for all sources */
    GB_FORM_GRID,           /* the grid's 15 digits at the beginning of a household's code */
    GB_FORM_CONSTANT,       /* a declared text: a category that a table has by being that table */
    GB_FORMS
};

/* How a column spells a clock or an interval. */
enum gb_time_unit { GB_UNIT_TEXT, GB_UNIT_MICROS, GB_UNIT_MILLIS };

/* Spellings of a time or date that are taken besides the usual one (bits). */
enum gb_accept { GB_ACCEPT_GLUED = 1, GB_ACCEPT_COMPACT = 2, GB_ACCEPT_NET = 4 };

/* What is folded away before a text is used (bits). */
enum gb_fold {
    GB_FOLD_WIDTH = 1,     /* full-width ASCII to ASCII */
    GB_FOLD_NUMERALS = 2,  /* Chinese numerals to digits: 三 to 3 */
    GB_FOLD_VILLAGE = 4,   /* 村民委员会, 村委会, 村, 居委会, 社区 at the end */
    GB_FOLD_BUILDING = 8   /* 栋 and 号楼 to 幢 */
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
    struct gb_words nulls;  /* texts that stand for NULL */
    struct gb_words labels; /* enum, set: in the order of the numbers */
    struct gb_str constant;
    bool is_number;         /* enum, set: numbers, not labels */
    enum gb_time_unit unit;
    int32_t scale;          /* unscaled; -1: not declared */
    uint32_t accept, fold;
    bool is_excel;          /* may have gone through a spreadsheet */
};

/* A count that only grows: each growth is an observation of its own. */
struct gb_counter {
    struct gb_str entity;
    uint32_t column;
    struct gb_field *fields; /* GB_FIELDS_MAX of them */
    uint32_t fields_count;
};

enum gb_replica_identity { GB_IDENTITY_DEFAULT, GB_IDENTITY_INDEX, GB_IDENTITY_FULL };

enum gb_town_form { GB_TOWN_CONSTANT, GB_TOWN_COLUMN, GB_TOWN_PREFIX, GB_TOWN_LOOKUP };

struct gb_town {
    enum gb_town_form form;
    struct gb_str constant;
    uint32_t column;
    const struct gb_lookup *lookup;
    uint32_t fold; /* of a lookup */
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
    struct gb_field key[GB_SPEC_COLUMNS_MAX]; /* CODE, UNSIGNED or HOUSEHOLD */
    uint32_t key_count;
    struct gb_str key_prefix; /* two tables of one entity: keeps their keys apart; may be absent */
    struct gb_town town;
    bool is_town_of_key; /* the town is constant or follows from the key */
    enum gb_replica_identity identity;
    bool has_version;
    struct gb_field version; /* INT or a time; times in microseconds */
    bool has_soft_delete;
    uint32_t soft_delete;
    struct gb_words deleted, live; /* live empty: whatever is not deleted */
    struct gb_field fields[GB_FIELDS_MAX];
    uint32_t fields_count;
    struct gb_str text_names[GB_TEXTS_MAX];
    uint32_t text_columns[GB_TEXTS_MAX];
    uint32_t texts_count;
    struct gb_counter counters[GB_COUNTERS_MAX];
    uint32_t counters_count;
    size_t need; /* bytes of an arena that one change may take, its texts aside */
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
    struct gb_words old_codes, new_codes; /* places: old_codes[i] was replaced by new_codes[i] */
};

/* What the files of codec/mapping*.c share while one mapping is read. */
struct gb_mapping_read {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    const struct gb_files *lookups;
    const struct gb_refuse *refuse;
    /* Shown in front of file names in messages; may be absent. */
    struct gb_str folder, lookups_folder;
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
/* False with a mistake where key is missing: what must stand there is asked for one by one, so that
 * no mistake hides another. */
bool gb_mapping_has(struct gb_mapping_read *r, const struct gb_yaml *map, const char *key);

/* Reads a table of `entities`, name and value, as the next entity. */
void gb_mapping_table(struct gb_mapping_read *r, const struct gb_yaml *name,
                      const struct gb_yaml *node);

bool gb_mapping_column(struct gb_mapping_read *r, const struct gb_yaml *node, uint32_t *column);
bool gb_mapping_words(struct gb_mapping_read *r, const struct gb_yaml *node,
                      struct gb_words *words);
int gb_mapping_word(struct gb_mapping_read *r, const struct gb_yaml *at, const char *const *words);
bool gb_mapping_zone(struct gb_mapping_read *r, const struct gb_yaml *map, const char *key,
                     int64_t *us);
void gb_mapping_envelope(struct gb_mapping_read *r, const struct gb_yaml *node);
bool gb_mapping_entity_name(struct gb_mapping_read *r, const struct gb_yaml *map,
                            struct gb_str *name);
/* A list of words of enum gb_fold; an absent node folds nothing. */
bool gb_mapping_folds(struct gb_mapping_read *r, const struct gb_yaml *node, uint32_t *fold);
bool gb_mapping_options(struct gb_mapping_read *r, const struct gb_yaml *node,
                        struct gb_field *field);
bool gb_mapping_key(struct gb_mapping_read *r, const struct gb_yaml *node, struct gb_field *field);
void gb_mapping_counters(struct gb_mapping_read *r, const struct gb_yaml *node);
const struct gb_lookup *gb_mapping_lookup(struct gb_mapping_read *r, const struct gb_yaml *map,
                                          uint32_t fold);
/* "micros_local" */
const char *gb_form_word(enum gb_form form);

/* The fields of a `fields` map for an observation of entity into fields; count is added to. */
void gb_mapping_fields(struct gb_mapping_read *r, const struct gb_yaml *map, struct gb_str entity,
                       struct gb_field *fields, uint32_t *count);
bool gb_mapping_version(struct gb_mapping_read *r, const struct gb_yaml *node);

#endif
