/* Write-back (回写): what each department's system should now show of a matter, so that nobody types
 * it twice. Private to src/core.
 *
 * Wish. For each source that the bundle's writeback.yaml names, and each matter that is not known
 * from a first load alone:
 *   - the network leads (or assists) and has no row of it: a counterpart is created;
 *   - a row of it does not show the state that the leading body's row shows; the lead, where that
 *     is another's; the deadline that has authority; the peer's key: it is updated (a lead makes
 *     it a `reassign`);
 *   - a younger row of the same source, where a person says that both are one matter and the rule
 *     closes such pairs (pair.h): it is closed as a duplicate.
 * Nothing is wished for a field for which the bundle's authority puts this source before the one
 * whose value it is, and nothing for which the column has no code.
 *
 * Told once. What a row was told last stands with its report (struct gb_told). A value is sent when
 * the wish has become another than what was told, and the row does not show it; never because the
 * row shows something else later: that is the source's own word. So two systems cannot answer each
 * other for ever. What nobody answers expires by tick and is sent again, `tries` times in all.
 *
 * Echo (回声). An image of a told row that differs from the one before in nothing but what was told
 * is an echo: the row is confirmed, the record counts as unchanged, and says nothing of its source
 * (no claim to lead, no return). Who leads is seen in no image: there the answer comes first. A
 * new row that points (xref) to the report for which a counterpart was created is that
 * counterpart: it belongs to the matter, makes no duplicate with it, and never is its elder. */
#ifndef CORE_WRITEBACK_H
#define CORE_WRITEBACK_H

#include "core/heap.h"
#include "core/state.h"

/* Values of a row as it should be, canonical; what is absent is not wished. */
struct gb_wish {
    bool has_state;
    enum gb_state state;
    struct gb_str lead;     /* role, or unit */
    struct gb_str peer;     /* "source/entity/key" of the report that its peer column names */
    bool has_deadline;
    int64_t deadline_at;
};

/* What was told last: of the report's own row, or (action CREATE) of the counterpart that source
 * shall have of it. Strings in the pool. */
struct gb_told {
    struct gb_told *next; /* by source; of the row itself first */
    enum gb_told_action action;
    enum gb_told_state state;
    struct gb_str source; /* whose system */
    struct gb_str id;     /* of what was sent last; absent if nothing was */
    struct gb_str made;   /* CREATE: key of the row that came of it, absent if not known */
    struct gb_str reason; /* REFUSED: a word of the system's */
    int64_t at;           /* lane clock (ms) of the state */
    int64_t until;        /* SENT: lane clock at which it expires */
    int32_t tries;
    uint32_t asked;       /* bits GB_ASKED_...: the parts that were sent last */
    struct gb_wish wish;  /* all parts as they were told last */
};

enum { GB_ASKED_STATE = 1, GB_ASKED_LEAD = 2, GB_ASKED_PEER = 4, GB_ASKED_DEADLINE = 8 };

/* A source as the ticks describe it, and what came of its write-backs. Row "writeback/SOURCE". */
#define GB_TARGET_COUNT_LIST(X)                                                                    \
    X(ACCEPTED, "accepted") X(CONFIRMED, "confirmed") X(ECHOES, "echoes") X(EXPIRED, "expired")    \
    X(REFUSED, "refused") X(SAVED, "saved") X(SENT, "sent") X(SUPPRESSED, "suppressed")

enum gb_target_count {
#define X(name, word) GB_TARGET_##name,
    GB_TARGET_COUNT_LIST(X)
#undef X
        GB_TARGET_COUNT
};

struct gb_target {
    struct gb_object head; /* table lane_state */
    struct gb_str source;  /* part of head.key */
    bool is_live;
    int64_t counts[GB_TARGET_COUNT]; /* SAVED: entries saved (免录入), counterparts accepted */
    struct gb_target *next; /* by source */
};

/* ---- writeback.c ---- */
/* Compares the wish with what was told, sends or suppresses; before the matter is published. */
void gb_writeback_plan(struct gb_core *core, struct gb_matter *matter,
                       const struct gb_decision *d);

/* ---- writeback_wish.c ---- */
/* What a report's own row should show. */
struct gb_wish gb_wish_of_row(struct gb_core *core, struct gb_matter *matter,
                              const struct gb_writeback_rule *rule,
                              const struct gb_observation *o, const struct gb_decision *d);
/* The parts of a wish that an image does not show; who leads can be seen in none. */
struct gb_wish gb_wish_unseen(const struct gb_wish *wish, const struct gb_image *image);
/* The parts of a wish that were not told. */
struct gb_wish gb_wish_untold(const struct gb_wish *wish, const struct gb_told *told);
/* Its parts as bits GB_ASKED_...; 0: nothing is wished. */
uint32_t gb_wish_parts(const struct gb_wish *wish);
/* The report for which source shall have a counterpart now; NULL if it shall not. */
struct gb_observation *gb_wish_counterpart(struct gb_core *core, struct gb_matter *matter,
                                           const struct gb_writeback_rule *rule,
                                           const struct gb_decision *d);

/* ---- writeback_send.c ---- */
/* One write-back under way. */
struct gb_writing {
    struct gb_matter *matter;
    struct gb_observation *about;
    const struct gb_writeback_rule *rule;
    const struct gb_wish *wish; /* what is sent of it: of a row the parts that change */
    struct gb_told *told;       /* with id, action, until and tries filled in */
    const struct gb_decision *d;
    bool is_again; /* nobody answered the one before */
};
void gb_writeback_send(struct gb_core *core, const struct gb_writing *writing);
/* The text that a column gets in a counterpart of about; absent: nothing. */
struct gb_str gb_write_created(struct gb_core *core, const struct gb_writing *writing,
                               const struct gb_write *write);

/* ---- writeback_answer.c ---- */
/* The image that o, of which memory holds another, is about to take: true for an echo. What a
 * write-back made of its claims is taken out of it. */
bool gb_writeback_hears(struct gb_core *core, struct gb_observation *o, struct gb_image *image);
/* A row that is new: marks it as made by a write-back if it is. */
void gb_writeback_meets(struct gb_core *core, struct gb_observation *o,
                        const struct gb_image *image);
/* A record of kind result. */
enum gb_outcome gb_writeback_result(struct gb_core *core, const struct gb_record *rec);
/* When the first one of the matter's expires; INT64_MAX: none waits. */
int64_t gb_writeback_until(const struct gb_matter *matter);
/* A tick: those that waited until then have expired. True if any had. */
bool gb_writeback_expire(struct gb_core *core, struct gb_matter *matter, int64_t at);

/* ---- writeback_row.c ---- */
struct gb_target *gb_target_get(struct gb_core *core, struct gb_str source);
void gb_target_count(struct gb_core *core, struct gb_str source, enum gb_target_count what);
/* A tick's `modes`. */
void gb_targets_tick(struct gb_core *core, const struct gb_record *rec);
void gb_target_render(struct gb_jsonw *w, const struct gb_target *target);
/* False if the row is none of a target. */
bool gb_target_load(struct gb_core *core, const struct gb_row *row,
                    const struct gb_value *parsed);
/* Of the row itself (source absent), or of a counterpart; NULL if nothing was told. */
struct gb_told *gb_told_get(const struct gb_observation *o, struct gb_str source);
struct gb_told *gb_told_add(struct gb_core *core, struct gb_observation *o, struct gb_str source);
/* Takes the parts of wish over into what was told (copied). */
void gb_told_keep(struct gb_core *core, struct gb_told *told, const struct gb_wish *wish);
void gb_told_turn(struct gb_core *core, struct gb_told *told, enum gb_told_state state);
void gb_told_drop(struct gb_core *core, struct gb_observation *o);
/* As a member of the report's row; absent where nothing was told. */
void gb_told_render(struct gb_jsonw *w, const struct gb_observation *o);
void gb_told_load(struct gb_core *core, struct gb_observation *o, const struct gb_value *row);
/* The published field: [{action, at, id, key, reason, source, state}], in scratch; absent if
 * nothing was told. */
struct gb_str gb_writeback_write(struct gb_core *core, const struct gb_matter *matter);

#endif
