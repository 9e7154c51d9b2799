/* What a new bundle would change, counted from the outputs of deciding every open matter anew: by
 * village and rule, with examples. */
#ifndef CODEC_WHAT_IF_H
#define CODEC_WHAT_IF_H

#include "base/arena.h"
#include "base/map.h"
#include "core/core.h"
#include "core/said.h"

#define GB_WHAT_IF_EXAMPLES 3U

/* Matters of one village whose lead goes from one rule and post to another. "nobody" where there
 * is no lead; posts as role or role:unit. */
struct gb_what_if_row {
    struct gb_str village, rule_before, rule_after, lead_before, lead_after;
    uint64_t count;
    struct gb_str examples[GB_WHAT_IF_EXAMPLES]; /* ids of the first ones, by id */
};

struct gb_what_if {
    struct gb_arena *arena; /* borrowed; owns all strings */
    struct gb_map matters;  /* of the outputs being added */
    struct gb_what_if_row *rows; /* by village, then rules and posts, after gb_what_if_sort */
    uint32_t rows_count, rows_size;
    uint64_t open;          /* matters that were decided anew; the caller adds them up */
    uint64_t led_otherwise; /* of those: another rule or post */
    uint64_t otherwise;     /* led the same, but with another field that differs */
    uint64_t opened[GB_OVERLAP_COUNT], settled[GB_OVERLAP_COUNT];
};

/* Adds the outputs of one lane. */
void gb_what_if_add(struct gb_what_if *what_if, const struct gb_output *outputs, uint32_t count);
void gb_what_if_sort(struct gb_what_if *what_if);

#endif
