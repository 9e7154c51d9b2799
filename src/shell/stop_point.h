/* Named places where a crash test ends or freezes the process, one for each step of DELIVERY 3.
 *
 * Armed by one environment variable and by nothing else, for tests only:
 *   GRIDBRIDGE_STOP_AT=NAME:COUNT        the COUNT-th time NAME is reached: SIGKILL to itself
 *   GRIDBRIDGE_STOP_AT=NAME:COUNT:freeze the same with SIGSTOP; SIGCONT lets it go on
 * The daemon says so at its start, and NAME once more in the instant before the signal. An unknown
 * name or a bad count ends the start. Unarmed, a place costs one comparison of an int.
 *
 * A place stands where the effect has that state in the world: "sent" means that the bytes have
 * been given to the socket, "answered" that the answer was read and nobody acted on it. */
#ifndef SHELL_STOP_POINT_H
#define SHELL_STOP_POINT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/check.h"
#include "gridbridge/err.h"

#define GB_STOP_VARIABLE "GRIDBRIDGE_STOP_AT"

/* X(NAME, word): in the order of the way of one record. */
#define GB_STOP_LIST(X)                                                                            \
    /* I1, I2: a source record was taken, nothing sent for it */                                   \
    X(TAKEN, "taken")                                                                              \
    /* I3: one more record of gb.intake is acknowledged, its batch is not committed */             \
    X(INTAKE_PART, "intake_part")                                                                  \
    /* I3: all are acknowledged, the group's offsets are not sent */                               \
    X(INTAKE_ACKED, "intake_acked")                                                                \
    /* I4: the group's offsets are committed and answered */                                       \
    X(INTAKE_COMMITTED, "intake_committed")                                                        \
    /* R1: the claim's COMMIT is answered */                                                       \
    X(CLAIMED, "claimed")                                                                          \
    /* R1: the lane's live rows are all there */                                                   \
    X(LOADED, "loaded")                                                                            \
    /* R3: a batch is stepped, nothing of its transaction sent */                                  \
    X(STEPPED, "stepped")                                                                          \
    /* R4: half of the transaction's statements are sent, the fence among them */                  \
    X(COMMIT_HALF, "commit_half")                                                                  \
    /* R4: all is sent, no answer to COMMIT read */                                                \
    X(COMMIT_SENT, "commit_sent")                                                                  \
    /* R4: COMMIT is answered */                                                                   \
    X(COMMITTED, "committed")                                                                      \
    /* P1: init_transactions is answered */                                                        \
    X(INITED, "inited")                                                                            \
    /* P2: one more record is read back, the partition's end is not reached */                     \
    X(READ_PART, "read_part")                                                                      \
    /* P2: everything is read back */                                                              \
    X(READ_DONE, "read_done")                                                                      \
    /* P3: half of a transaction's records are acknowledged, the others not produced */            \
    X(PRODUCE_PART, "produce_part")                                                                \
    /* P3: all records are acknowledged, the commit is not asked for */                            \
    X(PRODUCED, "produced")                                                                        \
    /* P3: the commit (EndTxn) is sent, its answer not read */                                     \
    X(TXN_SENT, "txn_sent")                                                                        \
    /* P3: the commit is answered */                                                               \
    X(PUBLISHED, "published")                                                                      \
    /* the floor is written and answered */                                                        \
    X(FLOORED, "floored")

enum gb_stop_point {
    GB_STOP_NONE,
#define X(name, word) GB_STOP_##name,
    GB_STOP_LIST(X)
#undef X
        GB_STOP_COUNT
};

/* What is armed; written before the first thread is made and never again. Inside only. */
extern enum gb_stop_point gb_stop_armed;

/* Reads the variable's text (NULL: nothing is armed) and warns on log. BAD_CONFIG with err, which
 * lists the names, where the text is not understood. Call it before threads are made. */
enum gb_status gb_stop_arm(const char *text, FILE *log, struct gb_err *err) GB_MUST_CHECK;

/* The armed place was reached once more: true if this is the time. */
bool gb_stop_count(void);

/* The signal. Returns after SIGCONT where it was SIGSTOP. */
void gb_stop_now(void);

/* True if the place was now reached for the time that is armed: for a place that must prepare the
 * world (flush) before gb_stop_now. */
static inline bool gb_stop_is_due(enum gb_stop_point point)
{
    return point != GB_STOP_NONE && gb_stop_armed == point && gb_stop_count();
}

static inline void gb_stop_at(enum gb_stop_point point)
{
    if (gb_stop_is_due(point)) {
        gb_stop_now();
    }
}

#endif
