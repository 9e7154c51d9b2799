/* The refuse-list: what may never come in. Without it there is no door (fail closed).
 *
 * refuse.yaml (schemas/policy/refuse.schema.json): version: 1; classes, a list of {class, columns,
 * tables, categories: {system: [...]}, words}; no_text: {system: [...]}, the raw categories of
 * matters whose texts stay outside, [] for a system that has none. A pattern is a word; '*' at its
 * beginning or end stands for anything; case is ignored. The file's hash stands in each intake
 * record (h_refuse). */
#ifndef CODEC_REFUSE_H
#define CODEC_REFUSE_H

#include "codec/files.h"
#include "codec/yaml.h"

#define GB_REFUSE_CLASSES_MAX 64U
#define GB_REFUSE_SYSTEMS_MAX 64U

enum gb_refuse_what {
    GB_REFUSE_COLUMN,   /* may not be mapped; never read */
    GB_REFUSE_TABLE,    /* may not be mapped; its rows are refused */
    GB_REFUSE_CATEGORY, /* a matter of this raw category is refused */
    GB_REFUSE_WORD,     /* a text that holds it stays outside */
    GB_REFUSE_NO_TEXT   /* texts of a matter of this raw category stay outside */
};

struct gb_refuse_rule {
    struct gb_str class_name; /* absent for NO_TEXT */
    enum gb_refuse_what what;
    struct gb_str system;     /* of CATEGORY and NO_TEXT */
    struct gb_str pattern;
};

struct gb_refuse {
    struct gb_str hash; /* hex SHA-256 of the file */
    const struct gb_refuse_rule *rules;
    size_t rules_count;
    struct gb_str classes[GB_REFUSE_CLASSES_MAX];
    uint32_t classes_count;
    struct gb_str text_systems[GB_REFUSE_SYSTEMS_MAX]; /* that no_text names at all */
    uint32_t text_systems_count;
};

/* Reads the list into arena (copies); NULL after a mistake. */
const struct gb_refuse *gb_refuse_read(struct gb_arena *arena, const struct gb_file *file,
                                       struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* The class that refuses a column, or absent. */
struct gb_str gb_refuse_column(const struct gb_refuse *refuse, struct gb_str column);

/* The class that refuses a table ("schema.table", or the last part of it), or absent. */
struct gb_str gb_refuse_table(const struct gb_refuse *refuse, struct gb_str table);

/* The class that refuses a raw category code of a system, or absent. */
struct gb_str gb_refuse_category(const struct gb_refuse *refuse, struct gb_str system,
                                 struct gb_str code);

/* The class of the first word that text holds, or absent. */
struct gb_str gb_refuse_word(const struct gb_refuse *refuse, struct gb_str text);

/* True if matters of a raw category come in without any text. */
bool gb_refuse_no_text(const struct gb_refuse *refuse, struct gb_str system, struct gb_str code);

/* True if no_text says of which matters of the system texts may not come in: [] where there are
 * none. A system of which it says nothing may not carry texts at all. */
bool gb_refuse_rules_texts(const struct gb_refuse *refuse, struct gb_str system);

/* The number of a class, below classes_count; class_name is one of them. */
uint32_t gb_refuse_class(const struct gb_refuse *refuse, struct gb_str class_name);

#endif
