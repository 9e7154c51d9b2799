/* A stored bundle with its words, and an account printed: what `explain` needs for matters,
 * overlaps and dry runs alike. */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include "cli/session.h"
#include "codec/account.h"
#include "codec/policy_load.h"

/* --lang, --policy: options of every form of explain. */
#define GB_ACCOUNT_OPTIONS                                                                         \
    {"--lang", "LANG", "zh-CN or en; else by LANG of the environment"},                            \
    {                                                                                              \
        "--policy", "DIR", "a bundle: to run dry, or for words that a stored one lacks"       \
    }

struct gb_told {
    const struct gb_args *args;
    struct gb_arena arena;
    const struct gb_policy *policy;
    struct gb_words *words;      /* NULL: the bundle has none, and no other was named */
    enum gb_lang lang;
};

/* Reads --lang. gb_told_end is due either way. */
enum gb_exit gb_told_begin(struct gb_told *told, const struct gb_args *args);
void gb_told_end(struct gb_told *told);

/* The stored bundle of that hash; its words, or those of --policy DIR. */
enum gb_exit gb_told_stored(struct gb_told *told, const struct gb_session *session,
                            struct gb_str hash);
/* The bundle of --policy, else the one that the lanes have active, which must be one. Its words are
 * there where it gives GB_EXIT_OK. */
enum gb_exit gb_told_active(struct gb_told *told, const struct gb_session *session);
/* The bundle in the folder of --policy, with its words. */
enum gb_exit gb_told_folder(struct gb_told *told);

/* A page for told's language; out is the caller's. */
struct gb_page gb_told_page(struct gb_told *told, struct gb_buf *out);

#endif
