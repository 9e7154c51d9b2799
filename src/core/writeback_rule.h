/* What a source's system may be told, and in which columns (回写): compiled from the bundle's
 * writeback.yaml. PURE.
 *
 * It stands in the bundle, not in the adapter's mapping: what the core sends must follow from the
 * ledger and the bundle alone, so that a replay on another machine sends the same. Columns are
 * named as the system names them; their values are canonical ones translated by codes. */
#ifndef CORE_WRITEBACK_RULE_H
#define CORE_WRITEBACK_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "gridbridge/str.h"

#define GB_WRITES_MAX 16U      /* columns of one write-back */
#define GB_WRITE_CODES_MAX 128U /* codes of one column */

/* Where a column's value comes from. X(NAME, word). Times are written as the local time of China,
 * "2026-11-23 08:30:00"; peer is the bare key of the report of the source that is named. */
#define GB_WRITE_LIST(X)                                                                           \
    X(CATEGORY, "category") X(CONSTANT, "constant") X(DEADLINE, "deadline_at") X(GRID, "grid")     \
    X(LEAD, "lead") X(LEVEL, "level") X(MATTER, "matter") X(OCCURRED, "occurred_at")               \
    X(PEER, "peer") X(STATE, "state") X(TITLE, "title") X(VILLAGE, "village")

enum gb_write_from {
#define X(name, word) GB_WRITE_##name,
    GB_WRITE_LIST(X)
#undef X
        GB_WRITE_COUNT
};
struct gb_str gb_write_word(enum gb_write_from from);

struct gb_write_code {
    struct gb_str canonical, raw;
};

struct gb_write {
    struct gb_str column;
    enum gb_write_from from;
    struct gb_str constant; /* CONSTANT: what is written */
    struct gb_str source;   /* PEER: whose key is written */
    const struct gb_write_code *codes; /* sorted by canonical; none: the value as it is. A category
                                          or level that has none gets the source's own code of the
                                          crosswalk, if that has exactly one */
    uint32_t codes_count;
};

/* Whose counterpart is created where the network has no row of the matter. */
enum { GB_CREATE_LEAD = 1, GB_CREATE_ASSIST = 2 };

struct gb_writeback_rule {
    struct gb_str source;
    struct gb_str target; /* table, or address of a call */
    bool is_call;
    int64_t expires_ms;   /* a write-back holds so long after it was sent */
    int32_t tries;        /* sent so often, at most, while nobody answers */
    uint32_t create_when; /* bits GB_CREATE_...; 0: nothing is created */
    const struct gb_write *create;
    uint32_t create_count;
    const struct gb_write *update; /* of rows that are there */
    uint32_t update_count;
    uint32_t closes; /* bit k: a younger row of the same source that makes pair kind k (pair.h) with
                        its elder is closed as a duplicate */
};

/* What a system is told to do. X(NAME, word). */
#define GB_TOLD_ACTION_LIST(X)                                                                     \
    X(CREATE, "create") X(UPDATE, "update") X(REASSIGN, "reassign")                                \
    X(CLOSE_DUPLICATE, "close_duplicate")

enum gb_told_action {
#define X(name, word) GB_TOLD_##name,
    GB_TOLD_ACTION_LIST(X)
#undef X
        GB_TOLD_ACTION_COUNT
};

/* sent: nobody has answered; suppressed: the source is in shadow; accepted: the system says that it
 * is done; confirmed: the row shows it. */
#define GB_TOLD_STATE_LIST(X)                                                                      \
    X(SENT, "sent") X(SUPPRESSED, "suppressed") X(ACCEPTED, "accepted")                            \
    X(CONFIRMED, "confirmed") X(REFUSED, "refused") X(EXPIRED, "expired")

enum gb_told_state {
#define X(name, word) GB_TOLD_STATE_##name,
    GB_TOLD_STATE_LIST(X)
#undef X
        GB_TOLD_STATE_COUNT
};

struct gb_str gb_told_action_word(enum gb_told_action action);
struct gb_str gb_told_state_word(enum gb_told_state state);

/* The text for a canonical value: its code; where the column has codes and none for it, absent. */
struct gb_str gb_write_code_of(const struct gb_write *write, struct gb_str canonical);
/* The first column of a rule's list that takes its value from there, or NULL. */
const struct gb_write *gb_write_find(const struct gb_write *writes, uint32_t count,
                                     enum gb_write_from from);

#endif
