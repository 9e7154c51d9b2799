/* Statistics (gb.stats): what is counted, in which week and place, and what is told of it. Counts
 * of work by unit, never by person (DOMAIN 6.4, 7.4).
 *
 * A table is one town, one week (Monday 00:00 to Monday 00:00 at UTC+8) and one first-level
 * category (the first two letters of the canonical code). Its places are the town, its villages and
 * their grids; what names no grid of its village counts in the village alone.
 *
 * WHAT COUNTS WHEN. Each report, acceptance and handling counts in one week, for good: the week of
 * the source's time of it, held between the lane's clock at which it was seen and
 * GB_STATS_SETTLE_MS before that. So what comes late counts in the week in which it comes, a row
 * dated 2099 moves nothing, and no week changes once it is told. Where it counts (place, category,
 * rule, kind of duplicate, bucket) is a function of the matter's state at the telling: a matter
 * that moves before its week is told moves with all it counts; afterwards what was told stands. The
 * order in which records came decides nothing of it. What leaves its cell before its week is told
 * (a window shorter than a week) counts as it stood then. What a first load brings is no report of
 * any week, and was accepted or handled in none; what is seen to happen to it later counts.
 *   reports    each report that came in; entries: as the first of its matter, or as a duplicate of
 *              the gravest kind that it makes with an elder one (b, c, d and e of DOMAIN 6.3; kind
 *              (a), a technical re-send, is no report: gb.books counts it as `resent`; nor is a row
 *              that a write-back made)
 *   rules      the same matters (entries.first) by the rule that names their lead; `none`: nobody
 *   responded  matters that a body took on (签收) for the first time; response: how long after
 *              the eldest report's time
 *   handled    matters over (办结): each body has done its work or is out of it, one has done it;
 *              handling: how long after the eldest report's time; one that opens again and is
 *              handled again counts again
 *   closed_by  handled matters: `self` (自办自结) where no report came through the command centre or
 *              a department, neither of them leads, and no person named the lead
 *   due        matters that were handled, or whose handling limit passed: in the week of whichever
 *              came first, extensions in force; timely (按期办结): on_time / late. A limit that a
 *              later change moves into a week already told counts in none
 *   entries_saved  counterpart rows that write-back made and the system accepted (免录入量), in the
 *              week and at the place at which it was told
 *   open_overlaps  of matters in their cells, open when the table is told; overlaps: by kind
 * Visits stand in a table of their own by the day they name (visit_entries: rows that tell of them;
 * visit_duplicates: told again by another place, or, `restated`, matters that a log counts again;
 * a worker's day of which a first load told first counts in none), coverage in another as it stands
 * at the telling.
 *
 * WHEN IT IS TOLD. Once, by the first ticks whose clock is GB_STATS_SETTLE_MS past the week's end,
 * a town a tick. A place without a number has no message. Nothing is told of a running week, and
 * nothing twice: two tellings would give, by their difference, a cell finer than a week.
 *
 * SUPPRESSION (DOMAIN 7.4: cells under 5). A number from 1 to GB_STATS_THRESHOLD - 1 is told
 * nowhere, and cannot be computed:
 * - Parts of a group that are under the threshold in the whole table of the town are merged into
 *   "*", in all its places alike, and further parts with them, from the end of the list, until "*"
 *   is 0 or reaches the threshold.
 * - A place tells a group only if each of its parts, so merged, is 0 or reaches the threshold, and
 *   the place above it tells the group.
 * - What is left of a place, once the places below it that tell the group are taken off, must be 0
 *   or reach the threshold in each part too. Until it does, one more of them, by the least FNV-1a
 *   (64 bit) of "place/category/monday", tells nothing: this complementary suppression looks at no
 *   sizes, so that the choice gives none away. Its own places below tell nothing then.
 * - A group is told only where the group is that gives its sum (GB_STAT_LIST). Where entries are
 *   told, so is how many are first, if five or more: it is the last part to be merged.
 * So all that is told of a group amounts to one table of areas without common ground, each with 0
 * or at least the threshold, and every sum or difference of it is a sum of such. Counts of grids
 * and posts are of the town's own order, published one by one in gb.contact and gb.post, and are
 * told as they are. Nothing adds up several categories or weeks; what stands at two tellings (open
 * overlaps, coverage) differs by what came less what went, which is no count of either. */
#ifndef GRIDBRIDGE_STATS_H
#define GRIDBRIDGE_STATS_H

#include <stdint.h>

#define GB_STATS_THRESHOLD 5
#define GB_STATS_SETTLE_MS ((int64_t)24 * 3600000)

/* The groups. X(NAME, member, group that must be told too, threshold). TOTAL groups hold one
 * number, the others parts. */
#define GB_STAT_LIST(X)                                                                            \
    X(REPORTS, "reports", REPORTS, GB_STATS_THRESHOLD)                                             \
    X(ENTRIES, "entries", REPORTS, GB_STATS_THRESHOLD)                                             \
    X(RULES, "rules", ENTRIES, GB_STATS_THRESHOLD)                                                 \
    X(RESPONDED, "responded", RESPONDED, GB_STATS_THRESHOLD)                                       \
    X(RESPONSE, "response", RESPONDED, GB_STATS_THRESHOLD)                                         \
    X(HANDLED, "handled", HANDLED, GB_STATS_THRESHOLD)                                             \
    X(HANDLING, "handling", HANDLED, GB_STATS_THRESHOLD)                                           \
    X(CLOSED_BY, "closed_by", HANDLED, GB_STATS_THRESHOLD)                                         \
    X(DUE, "due", DUE, GB_STATS_THRESHOLD)                                                         \
    X(TIMELY, "timely", DUE, GB_STATS_THRESHOLD)                                                   \
    X(ENTRIES_SAVED, "entries_saved", ENTRIES_SAVED, GB_STATS_THRESHOLD)                           \
    X(OPEN_OVERLAPS, "open_overlaps", OPEN_OVERLAPS, GB_STATS_THRESHOLD)                           \
    X(OVERLAPS, "overlaps", OPEN_OVERLAPS, GB_STATS_THRESHOLD)                                     \
    X(VISIT_ENTRIES, "visit_entries", VISIT_ENTRIES, GB_STATS_THRESHOLD)                           \
    X(VISIT_DUPLICATES, "visit_duplicates", VISIT_ENTRIES, GB_STATS_THRESHOLD)                     \
    X(HOUSEHOLDS, "households", HOUSEHOLDS, GB_STATS_THRESHOLD)                                    \
    X(REACHED, "reached", HOUSEHOLDS, GB_STATS_THRESHOLD)                                          \
    X(GRIDS, "grids", GRIDS, 1)                                                                    \
    X(POSTS, "posts", POSTS, 1)

enum gb_stat {
#define X(name, word, outer, threshold) GB_STAT_##name,
    GB_STAT_LIST(X)
#undef X
        GB_STAT_COUNT
};

/* Buckets: parts of response and handling, in this order. X(word, ms): more than the bound before,
 * at most this one. */
#define GB_RESPONSE_LIST(X)                                                                        \
    X("to_10m", INT64_C(600000)) X("to_30m", INT64_C(1800000)) X("to_1h", INT64_C(3600000))        \
    X("to_4h", INT64_C(14400000)) X("to_1d", INT64_C(86400000)) X("to_3d", INT64_C(259200000))     \
    X("longer", INT64_MAX)

#define GB_HANDLING_LIST(X)                                                                        \
    X("to_1h", INT64_C(3600000)) X("to_4h", INT64_C(14400000)) X("to_1d", INT64_C(86400000))       \
    X("to_3d", INT64_C(259200000)) X("to_7d", INT64_C(604800000))                                  \
    X("to_15d", INT64_C(1296000000)) X("to_30d", INT64_C(2592000000)) X("longer", INT64_MAX)

#endif
