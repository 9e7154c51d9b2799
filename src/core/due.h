/* When a matter's limits (时限) are reached, and what falls due. Private to src/core.
 *
 * Limits come from the matter's deadline row (core/deadline.h), found under the bundle with which
 * the matter was decided. They count from the time of its elder report (occurred_at, the one time
 * that every source gives), not from the lane's clock: when a record reached us must give nobody
 * more time, and a late feed, a first load and a replay must give the same limits. So they are
 * functions of the reports and the bundle. A source's own deadline_at is told beside them and
 * changes none.
 *
 * An EXTEND ruling moves handle_at to its time; the reminder keeps its distance before it, and
 * supervision counts from it. The log of changes keeps what was before.
 *
 * What falls due falls due by ticks alone: every matter with a limit ahead stands in one heap by
 * (time, id), and a tick takes from its top what its clock has reached, in order of the times, at
 * most GB_DUE_TICK_MAX of them; a lane that was down goes on where it stopped. What has fallen due
 * is marked with its limit, and falls due again only for a later one.
 *
 *   accept     nobody accepted it (签收): matter.reminded, `urged` counts it (催办)
 *   remind     it is not done: matter.reminded, `urged` counts it
 *   hand_over  it is not done: the lead passes on (matter.handed_over; decide.c)
 *   handle     it is not done: overlap overdue, settled when it is done or extended
 *   supervise  it is still not done: matter.supervised, `supervised` counts it (督办)
 *
 * A suspended matter's limits rest, and end later by as much (rest.h); an extension's time is the
 * person's own and does not move. A matter of which all reports came with a first load misses
 * nothing (gridbridge/record.h). */
#ifndef CORE_DUE_H
#define CORE_DUE_H

#include "core/heap.h"
#include <stdbool.h>
#include <stdint.h>

#include "gridbridge/str.h"

/* In the order in which they fall due at one time. X(NAME, word). */
#define GB_DUE_LIST(X)                                                                             \
    X(ACCEPT, "accept") X(REMIND, "remind") X(HAND_OVER, "hand_over") X(HANDLE, "handle")          \
    X(SUPERVISE, "supervise")

enum gb_due_kind {
#define X(name, word) GB_DUE_##name,
    GB_DUE_LIST(X)
#undef X
        GB_DUE_COUNT
};
struct gb_str gb_due_word(enum gb_due_kind kind);

/* Why the lead has passed on (decide.c). */
enum gb_handed { GB_HANDED_NOT, GB_HANDED_FAILURES, GB_HANDED_DAYS, GB_HANDED_COUNT };
struct gb_str gb_handed_word(enum gb_handed handed); /* absent for GB_HANDED_NOT */
enum gb_handed gb_handed_of(struct gb_str word);

/* What fell due while a report was part of a matter. It stands with the report, so that what was
 * told of a matter is not told again of its parts, or of what it becomes one with. */
struct gb_fallen {
    int64_t at[GB_DUE_COUNT]; /* the limit that fell due last, 0: none */
    int64_t urged, supervised; /* so often */
};

struct gb_due {
    bool is_set;              /* false: no limits, whatever at says */
    struct gb_str rule;       /* id of the deadline row, in the pool; absent if none applies */
    int64_t at[GB_DUE_COUNT]; /* ms since 1970 UTC; INT64_MAX: no such limit */
    struct gb_timer timer;       /* waits for the next one */
};

struct gb_core;
struct gb_observation;
struct gb_matter;
struct gb_decision;
struct gb_jsonw;
struct gb_value;

/* When a limit is reached; INT64_MAX if there is none. */
int64_t gb_due_at(const struct gb_matter *matter, enum gb_due_kind kind);
/* It has fallen due for one of its reports, and no extension has moved it since. */
bool gb_due_has_fallen(const struct gb_matter *matter, enum gb_due_kind kind);
/* How often one of its reports, at most, was part of a matter that was reminded, or supervised. */
int64_t gb_due_urged(const struct gb_matter *matter);
int64_t gb_due_supervised(const struct gb_matter *matter);

/* True if the lead passes on by the row that decides (移交): its network's bodies have refused it
 * hand_over.failures times, or its working days are over; never to whom the list forbids to lead.
 * Neither can become untrue while the reports and the row stay, so the lead does not come back. */
bool gb_decide_hands_over(struct gb_core *core, struct gb_matter *matter, enum gb_handed why);

/* Something to tell of a matter besides what its reports say. */
struct gb_saying {
    struct gb_str word;     /* "reminded" */
    struct gb_str rule;
    struct gb_str evidence; /* JSON, may be absent */
};
/* Publishes the counts `urged` and `supervised`; nothing is decided again. */
void gb_matter_say(struct gb_core *core, struct gb_matter *matter, const struct gb_saying *said);

/* Counts the limits under the bundle in force and keeps them: the published field `due`, in
 * scratch; absent if nothing limits the matter. */
struct gb_str gb_due_count(struct gb_core *core, struct gb_matter *matter,
                           const struct gb_decision *d);

/* Place in the heap, and why the lead passed on, as members of the matter's row. */
void gb_due_render(struct gb_jsonw *w, const struct gb_matter *matter);
/* The marks, as a member of the report's row; absent where there are none. */
void gb_fallen_render(struct gb_jsonw *w, const struct gb_observation *o);
void gb_fallen_load(struct gb_observation *o, const struct gb_value *row);
void gb_due_load(struct gb_core *core, struct gb_matter *matter, const struct gb_value *row);

/* Puts the matter into the heap, to another place in it, or (INT64_MAX) takes it out. */
void gb_due_queue(struct gb_core *core, struct gb_matter *matter, int64_t at);
/* The matter's place in the heap, after a change of its reports, limits or rulings. */
void gb_due_plan(struct gb_core *core, struct gb_matter *matter);
/* Takes it out and forgets all marks: the matter ends. */
void gb_due_forget(struct gb_core *core, struct gb_matter *matter);
/* A tick: what its clock has reached falls due. */
void gb_due_fall(struct gb_core *core);

#endif
