/* What the core may say, in words of fixed lists: the kinds of overlaps, what opened or settled
 * each, how reports became one matter, why a decision was refused or a record is dead. Whoever
 * tells people why something is so (codec/words.h) holds his texts against these lists. PURE. */
#ifndef CORE_SAID_H
#define CORE_SAID_H

#include <stdbool.h>

#include "gridbridge/str.h"

#define GB_OVERLAP_LIST(X)                                                                         \
    X(DUPLICATE, "duplicate_entry") X(NO_OWNER, "no_owner") X(DOUBLE_LEAD, "double_lead")          \
    X(CONTRADICTORY, "contradictory_state") X(FIELD_CONFLICT, "field_conflict")                    \
    X(CROWDED, "crowded_evidence") X(OVERDUE, "overdue") X(PING_PONG, "ping_pong")                 \
    X(FORBIDDEN, "forbidden_network") X(POST_VACANT, "post_vacant")                              \
    X(CONTACT, "contact_conflict")

enum gb_overlap_kind {
#define X(name, word) GB_OVERLAP_##name,
    GB_OVERLAP_LIST(X)
#undef X
        GB_OVERLAP_COUNT
};

struct gb_str gb_overlap_word(enum gb_overlap_kind kind);
enum gb_overlap_kind gb_overlap_of(struct gb_str word); /* GB_OVERLAP_COUNT if unknown */

/* True if such an overlap is about a post or the contact network, and of no matter. */
bool gb_overlap_is_of_node(enum gb_overlap_kind kind);

/* State and `rule` of an overlap, by kind. "row" stands for the id of a row of the bundle. COUNT:
 * of any kind. */
#define GB_CAUSE_LIST(X)                                                                           \
    X(DUPLICATE, "settled_same_holder")                                                            \
    X(NO_OWNER, "open_unlisted") X(NO_OWNER, "open_row") X(NO_OWNER, "settled_row")                \
    X(DOUBLE_LEAD, "open_no_rule") X(DOUBLE_LEAD, "settled_row")                                   \
    X(DOUBLE_LEAD, "settled_claim_withdrawn")                                                      \
    X(CONTRADICTORY, "open_longer_than_allowed") X(CONTRADICTORY, "settled_states_agree")          \
    X(FIELD_CONFLICT, "open_no_authority") X(FIELD_CONFLICT, "settled_equal_again")                \
    X(CROWDED, "open_evidence_of_too_many") X(CROWDED, "open_too_many_alike")                      \
    X(CROWDED, "settled_certain_again")                                                            \
    X(OVERDUE, "open_row") X(OVERDUE, "open_extension") X(OVERDUE, "settled_done")                 \
    X(OVERDUE, "settled_later_limit")                                                              \
    X(PING_PONG, "open_returned_too_often") X(PING_PONG, "settled_done")                           \
    X(PING_PONG, "settled_fewer_returns")                                                          \
    X(FORBIDDEN, "open_row") X(FORBIDDEN, "settled_row") X(FORBIDDEN, "settled_claim_withdrawn")   \
    X(POST_VACANT, "open_no_holder") X(POST_VACANT, "open_term_over")                              \
    X(POST_VACANT, "settled_in_order")                                                             \
    X(CONTACT, "open_too_few") X(CONTACT, "open_too_many") X(CONTACT, "open_no_family")            \
    X(CONTACT, "open_unlinked") X(CONTACT, "open_other_grid") X(CONTACT, "open_linked_twice")      \
    X(CONTACT, "settled_in_order")                                                                 \
    X(COUNT, "settled_decision") X(COUNT, "settled_decision_undone") X(COUNT, "settled_merged")    \
    X(COUNT, "settled_removed") X(COUNT, "settled_split")

/* The cause of the list that an overlap's state and rule mean, with the kind under which it stands
 * (GB_OVERLAP_COUNT: of any kind); absent: the core cannot say so. A rule that no cause of the
 * kind spells is taken for the id of a row, where the kind knows one. */
struct gb_cause {
    enum gb_overlap_kind kind;
    struct gb_str word;
};
struct gb_cause gb_cause_of(enum gb_overlap_kind kind, bool is_open, struct gb_str rule);

/* `why.rule` of a change of a matter, beside ids of rows: how its reports came together. */
#define GB_LINK_LIST(X)                                                                            \
    X("report") X("report.removed") X("link.xref") X("link.attachment") X("link.holder")           \
    X("link.ended") X("link") X("decision") X("extension") X("writeback.accepted")                 \
    X("writeback.confirmed") X("writeback.refused") X("writeback.expired")

/* `change` of a change: what happened. */
#define GB_CHANGE_LIST(X)                                                                          \
    X("matter.opened") X("matter.changed") X("matter.split") X("matter.merged")                    \
    X("matter.removed") X("matter.decided") X("matter.handed_over") X("matter.reminded")           \
    X("matter.supervised") X("post.opened") X("post.changed") X("post.removed")                    \
    X("contact.opened") X("contact.changed") X("contact.removed") X("visit.opened")                \
    X("visit.changed") X("visit.removed") X("overlap.opened") X("overlap.settled")                 \
    X("decision.applied") X("decision.waiting") X("decision.stale") X("decision.refused")

/* Why a decision, or what it names, is refused. */
#define GB_REFUSAL_LIST(X)                                                                         \
    X("unknown") X("stale") X("forbidden") X("unknown_unit") X("same_matter")                      \
    X("too_many_reports") X("not_a_report_of_the_matter") X("only_report_of_the_matter")           \
    X("not_open") X("claimed") X("not_claimed") X("not_claimed_by_actor") X("in_the_past")         \
    X("unknown_decision") X("not_active") X("not_waiting") X("same_actor") X("unknown_kind")       \
    X("no_matter")

/* Why a record becomes no report: words of dead letters, and refused at the door. */
#define GB_DEAD_LIST(X)                                                                            \
    X("unknown_state") X("unknown_category") X("unknown_place") X("no_policy") X("bad_record")     \
    X("refused") X("bad_json") X("bad_utf8") X("bad_envelope") X("bad_field")                      \
    X("need_full_image") X("table_truncated") X("excel_truncated") X("too_large")                  \
    X("unknown_role") X("too_many_members")

#endif
