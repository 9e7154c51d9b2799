/* Strict YAML by libfyaml, with line and column for every value, all mistakes collected.
 *
 * A file of over 1 MB is refused before parsing. Every reader of YAML in the house (configuration,
 * mapping, policy) goes through here, so that messages look alike: file:line:col: what, and what
 * to do. */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "gridbridge/err.h"
#include "gridbridge/str.h"

#define GB_YAML_SIZE_MAX ((size_t)1 << 20)

/* Mistakes of any number of files, one line each "file:line:col: message". */
struct gb_mistakes {
    struct gb_buf lines; /* each ends with a newline */
    uint32_t count;
};

enum gb_yaml_type { GB_YAML_SCALAR, GB_YAML_LIST, GB_YAML_MAP };

struct gb_yaml {
    enum gb_yaml_type type;
    struct gb_str file;
    uint32_t line, col;          /* from 1 */
    struct gb_str text;          /* scalar, as written after unquoting */
    bool is_plain;               /* scalar without quotes */
    uint32_t count;
    const struct gb_yaml *items; /* list items, or values of a map */
    const struct gb_yaml *keys;  /* map: keys[i] belongs to items[i] */
};

/* Parses text (named file in messages) into arena. Duplicate keys, anchors, tags and syntax errors
 * are mistakes. False if any was added. */
bool gb_yaml_parse(struct gb_arena *arena, struct gb_str file, struct gb_str text,
                   struct gb_yaml *root, struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* The value of key in a map, or NULL. */
const struct gb_yaml *gb_yaml_get(const struct gb_yaml *map, const char *key);

/* Adds "file:line:col: message" for a node. */
__attribute__((format(printf, 3, 4))) void gb_yaml_mistake(struct gb_mistakes *mistakes,
                                                           const struct gb_yaml *at,
                                                           const char *format, ...);

/* A mistake for each key of map that is not in known (NULL-terminated), naming the nearest. */
void gb_yaml_known(struct gb_mistakes *mistakes, const struct gb_yaml *map,
                   const char *const *known);

/* A mistake "unknown WHAT "text": did you mean ...?" for a scalar that is none of words. */
void gb_yaml_unknown(struct gb_mistakes *mistakes, const struct gb_yaml *at, const char *what,
                     const char *const *words);

/* True if node is of type; else a mistake that names both. */
bool gb_yaml_is(struct gb_mistakes *mistakes, const struct gb_yaml *node, enum gb_yaml_type type);

/* The value of a required key, of that type and (a plain scalar) not empty; else a mistake
 * and NULL. */
const struct gb_yaml *gb_yaml_need(struct gb_mistakes *mistakes, const struct gb_yaml *map,
                                   const char *key, enum gb_yaml_type type);

/* Typed readers: false and nothing else where node is NULL (an optional key that is not there);
 * false and a mistake where it is wrong; the result is untouched then. */
bool gb_yaml_word(struct gb_mistakes *mistakes, const struct gb_yaml *node,
                  const char *const *words, int *index);
bool gb_yaml_int(struct gb_mistakes *mistakes, const struct gb_yaml *node, int64_t min,
                 int64_t max, int64_t *number);
bool gb_yaml_bool(struct gb_mistakes *mistakes, const struct gb_yaml *node, bool *truth);
/* "250ms", "2s", "10min", "2h", "30d" in milliseconds. */
bool gb_yaml_duration(struct gb_mistakes *mistakes, const struct gb_yaml *node, int64_t *ms);
/* "64KB", "8MB", "1GB" in bytes. */
bool gb_yaml_size(struct gb_mistakes *mistakes, const struct gb_yaml *node, int64_t *bytes);

/* The word of the NULL-terminated list nearest to given (edit distance <= 3), or NULL. */
const char *gb_nearest(struct gb_str given, const char *const *words);

void gb_mistakes_close(struct gb_mistakes *mistakes);

#endif
