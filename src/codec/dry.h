/* A dry run (试算): records through a fresh core under one bundle, nothing stored. What `explain`
 * says of a record not yet sent, and what a bundle's own test cases are held against. */
#ifndef CODEC_DRY_H
#define CODEC_DRY_H

#include "core/core.h"

#define GB_DRY_KEEP_MAX 64U /* matters and overlaps that are kept; more are counted only */

/* The newest value of a key on a state topic; GB_NULL once it is gone. */
struct gb_dry_value {
    struct gb_str key;
    struct gb_value value;
};

struct gb_dry {
    struct gb_arena arena; /* owns all that is kept */
    struct gb_core *core;
    const struct gb_policy *policy; /* borrowed */
    uint64_t index;
    int64_t clock;
    struct gb_dry_value matters[GB_DRY_KEEP_MAX], overlaps[GB_DRY_KEEP_MAX];
    struct gb_dry_value losers[GB_DRY_KEEP_MAX]; /* by matter, as of the last gb_dry_flush */
    struct gb_value changes[4 * GB_DRY_KEEP_MAX]; /* of gb.change, in order */
    uint32_t matters_count, overlaps_count, losers_count, changes_count;
    struct gb_str dead;        /* reason of the newest dead letter, absent if there was none */
    struct gb_str dead_detail;
};

/* Activates policy in a lane whose clock stands at clock (ms, after 1970). gb_dry_end is due. */
void gb_dry_begin(struct gb_dry *dry, const struct gb_policy *policy, int64_t clock);
void gb_dry_end(struct gb_dry *dry);

/* One record; what it names is borrowed until gb_dry_end. Its writer is not looked at. */
enum gb_outcome gb_dry_step(struct gb_dry *dry, const struct gb_record *rec);
/* Time passes: the lane's clock becomes clock, if that is later. */
void gb_dry_tick(struct gb_dry *dry, int64_t clock);

/* Takes the state rows that changed: what was not believed (losers) stands only there. */
void gb_dry_flush(struct gb_dry *dry);

/* The newest value of a matter that has a report source/entity/key, or NULL. */
const struct gb_value *gb_dry_matter_of(const struct gb_dry *dry, struct gb_str source,
                                        struct gb_str key);

#endif
