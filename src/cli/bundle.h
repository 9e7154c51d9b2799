/* A policy bundle from a folder, checked as a whole: its files, the proof of its duty
 * list, and its words. */
#ifndef CLI_BUNDLE_H
#define CLI_BUNDLE_H

#include "cli/command.h"
#include "codec/policy_load.h"
#include "codec/policy_texts.h"
#include "codec/words.h"

struct gb_bundle_read {
    struct gb_files files;
    const struct gb_policy *policy; /* NULL unless there was no mistake at all */
    struct gb_words *words;         /* as policy */
    struct gb_mistakes mistakes, notes;
};

/* Reads the folder args->words[0]; --on DAY (today if absent) is the day on which a row counts as
 * expired. GB_EXIT_OK where the folder could be read, even with mistakes. */
enum gb_exit gb_bundle_read(struct gb_bundle_read *bundle, struct gb_arena *arena,
                            const struct gb_args *args);
/* Holds the bundle against the refuse-list at path: codec/policy_texts.h. Mistakes are added, and
 * policy is NULL then. Not GB_EXIT_OK where the list cannot be read (said). */
enum gb_exit gb_bundle_check_texts(struct gb_bundle_read *bundle, struct gb_arena *arena,
                                   const struct gb_args *args, const char *path,
                                   const struct gb_text_systems *systems);
void gb_bundle_close(struct gb_bundle_read *bundle);

#endif
