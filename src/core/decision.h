/* Human decisions (人工决定): what a person may decide, and which members such a record carries.
 *
 * A decision is a record of its lane like any other, so replay makes it again. It names its actor
 * by post, a reason (free text, committed and scrubbed like every text), and what it saw: the
 * version of the overlap or matter. The same id twice has no effect. */
#ifndef CORE_DECISION_H
#define CORE_DECISION_H

#include <stdint.h>

#include "gridbridge/str.h"

/* What a kind needs besides id, town, actor and reason. */
#define GB_NEEDS_TARGET 1U   /* matter, overlap, or overlaps */
#define GB_NEEDS_OVERLAP 2U  /* overlap or overlaps */
#define GB_NEEDS_MATTER 4U
#define GB_NEEDS_OTHER 8U    /* another matter */
#define GB_NEEDS_REPORT 16U  /* source/entity/key of one report of the matter */
#define GB_NEEDS_TO 32U      /* a post: role or role:unit */
#define GB_NEEDS_UNTIL 64U   /* ms since 1970 UTC */
#define GB_NEEDS_DECISION 128U /* id of another decision */

/* X(NAME, word, needs) */
#define GB_DECISION_LIST(X)                                                                        \
    X(LEAD_IS, "lead_is", GB_NEEDS_TARGET | GB_NEEDS_TO)         /* 指定主办 */                    \
    X(TRANSFER, "transfer", GB_NEEDS_TARGET | GB_NEEDS_TO)       /* 移交 */                        \
    X(ESCALATE, "escalate", GB_NEEDS_TARGET)                     /* 提级 */                        \
    X(DUPLICATE, "duplicate", GB_NEEDS_MATTER | GB_NEEDS_OTHER)  /* 重复并案 */                    \
    X(NOT_DUPLICATE, "not_duplicate", GB_NEEDS_MATTER | GB_NEEDS_OTHER) /* 并非重复 */             \
    X(SPLIT, "split", GB_NEEDS_MATTER | GB_NEEDS_REPORT)         /* 拆分 */                        \
    X(EXTEND, "extend", GB_NEEDS_MATTER | GB_NEEDS_UNTIL)        /* 延时 */                        \
    X(CLAIM, "claim", GB_NEEDS_OVERLAP)                          /* 认领 */                        \
    X(RELEASE, "release", GB_NEEDS_OVERLAP)                      /* 放弃认领 */                    \
    X(HAND_OVER, "hand_over", GB_NEEDS_OVERLAP)                  /* 交接班 */                      \
    X(UNDO, "undo", GB_NEEDS_DECISION)                           /* 撤销 */                        \
    X(CONFIRM, "confirm", GB_NEEDS_DECISION)                     /* 复核 (four eyes) */            \
    X(REDECIDE, "redecide", 0)                                   /* 重新判定 */

enum gb_decision_kind {
#define X(name, word, needs) GB_DECISION_##name,
    GB_DECISION_LIST(X)
#undef X
        GB_DECISION_KIND_COUNT
};

struct gb_str gb_decision_word(enum gb_decision_kind kind);
enum gb_decision_kind gb_decision_of(struct gb_str word); /* GB_DECISION_KIND_COUNT if unknown */
uint32_t gb_decision_needs(enum gb_decision_kind kind);

/* Overlaps that one decision may name. */
#define GB_DECISION_OVERLAPS_MAX 100U

#endif
