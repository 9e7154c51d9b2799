/* replay --policy DIR --compare: what a new bundle would change of open matters. */
#ifndef CLI_WHAT_IF_H
#define CLI_WHAT_IF_H

#include "cli/bundle.h"
#include "codec/what_if.h"
#include "lane/replay.h"

struct gb_comparing {
    const struct gb_args *args;
    struct gb_arena arena;
    struct gb_bundle_read bundle;
    struct gb_what_if what_if;
};

/* Reads and checks the bundle of --policy. gb_comparing_end is due either way. */
enum gb_exit gb_comparing_begin(struct gb_comparing *c, const struct gb_args *args);
void gb_comparing_end(struct gb_comparing *c);

/* A lane whose ledger was replayed to its end. */
void gb_comparing_add(struct gb_comparing *c, struct gb_replay *replay);

/* Prints rows and totals. GB_EXIT_NO where something would change. */
enum gb_exit gb_comparing_print(struct gb_comparing *c);

#endif
