/* The refuse-list: what may never come in. Without it there is no door (fail closed).
 *
 * refuse.yaml: version: 1, classes: list of {class, columns: [pattern], categories: {system:
 * [pattern]}}. A pattern is a word; '*' at its beginning or end stands for anything; case is
 * ignored. */
#ifndef CODEC_REFUSE_H
#define CODEC_REFUSE_H

#include "codec/files.h"
#include "codec/yaml.h"

struct gb_refuse_rule {
    struct gb_str class_name;
    struct gb_str system;  /* of a category; absent: the pattern is of columns */
    struct gb_str pattern;
};

struct gb_refuse {
    struct gb_str hash; /* hex SHA-256 of the file */
    const struct gb_refuse_rule *rules;
    size_t rules_count;
};

/* Reads the list into arena (copies); NULL after a mistake. */
const struct gb_refuse *gb_refuse_read(struct gb_arena *arena, const struct gb_file *file,
                                       struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* The class that refuses a column, or absent. */
struct gb_str gb_refuse_column(const struct gb_refuse *refuse, struct gb_str column);

/* The class that refuses a raw category code of a system, or absent. */
struct gb_str gb_refuse_category(const struct gb_refuse *refuse, struct gb_str system,
                                 struct gb_str code);

#endif
