/* What the files of codec/policy_*.c share while one bundle is compiled. */
#ifndef CODEC_POLICY_BUILD_H
#define CODEC_POLICY_BUILD_H

#include "base/map.h"
#include "codec/csv.h"
#include "codec/policy_load.h"

struct gb_policy_build {
    struct gb_arena *arena;
    const struct gb_files *files;
    struct gb_mistakes *mistakes;
    struct gb_policy policy;  /* what is compiled so far; tables of a broken file stay empty */
    const char **categories;  /* NULL-terminated words for suggestions; never NULL */
    const char **sources;
    const char **networks;
};

/* The parsed root map of a bundle's file, whose keys are among known; NULL after a mistake. */
const struct gb_yaml *gb_policy_yaml(struct gb_policy_build *b, struct gb_str name,
                                     const char *const *known);

/* The parsed rows of a bundle's file; false after a mistake, or where an optional one is absent. */
bool gb_policy_csv(struct gb_policy_build *b, const char *name, const char *const *columns,
                   struct gb_csv *csv);

/* True the first time that key is seen in this map; else a mistake that names the first line. */
bool gb_policy_is_new(struct gb_policy_build *b, struct gb_map *seen, const struct gb_yaml *at,
                      struct gb_str key);

/* A day "2026-11-23", its beginning at +08:00 in ms; empty gives otherwise. False after a
 * mistake. */
bool gb_policy_day(struct gb_policy_build *b, const struct gb_yaml *at, int64_t otherwise,
                   int64_t *ms);

/* True if at's text is one of words; else a mistake "unknown WHAT". Without any words (their own
 * file is broken, and said so) everything passes. */
bool gb_policy_word(struct gb_policy_build *b, const struct gb_yaml *at, const char *what,
                    const char *const *words);

/* The role called by at's text; false after a mistake. */
bool gb_policy_role(struct gb_policy_build *b, const struct gb_yaml *at, enum gb_role *role);

/* True if at is a category of the bundle or a pattern that covers one; else a mistake. */
bool gb_policy_is_category(struct gb_policy_build *b, const struct gb_yaml *at);
/* Urgencies named by at (a number or a list of them) as bits; all where at is NULL. */
uint32_t gb_policy_urgencies(struct gb_policy_build *b, const struct gb_yaml *at);

/* A row of the duty list without its categories and territories; each mistake is added. */
void gb_policy_duty_row(struct gb_policy_build *b, const struct gb_yaml *row,
                        struct gb_duty *duty);
/* Only what it gives to whom, and its basis. */
void gb_policy_duty_parts(struct gb_policy_build *b, const struct gb_yaml *row,
                          struct gb_duty *duty);
/* Number of its categories x territories. scopes NULL: checks them; else adds that many for the
 * row of index duty. */
uint32_t gb_policy_duty_scopes(struct gb_policy_build *b, const struct gb_yaml *row,
                               uint32_t duty, struct gb_duty_scope *scopes);

/* duties.yaml or duties-NAME.yaml. */
bool gb_policy_is_duties(struct gb_str name);

/* Each compiles its files into b->policy. Order: words, tables, times, duties. */
void gb_policy_words(struct gb_policy_build *b);
void gb_policy_tables(struct gb_policy_build *b);
void gb_policy_times(struct gb_policy_build *b);
void gb_policy_decisions(struct gb_policy_build *b);
void gb_policy_network(struct gb_policy_build *b);
void gb_policy_writeback_file(struct gb_policy_build *b);
void gb_policy_duties(struct gb_policy_build *b);

#endif
