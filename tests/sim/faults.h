/* What can go wrong in a run, and what must hold all the same. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

/* ---- faults: X(NAME, word, rate drawn up to, in 1/1000 of its occasions) ---- */
#define SIM_FAULT_LIST(X)                                                                          \
    X(COMMIT_REFUSED, "commit did not happen", 60)                                                 \
    X(COMMIT_LOST, "commit happened, answer lost", 80)                                             \
    X(COMMIT_LATE, "commit happens late, client gave up", 80)                                      \
    X(COMMIT_WARNED, "commit happened with a warning", 40)                                         \
    X(CONFLICT, "40001", 40)                                                                       \
    X(READ_ONLY, "25006", 30)                                                                      \
    X(NO_SPACE, "53100", 30)                                                                       \
    X(HANG, "stopped in the middle of a commit", 50)                                               \
    X(CLAIM_REFUSED, "claim did not happen", 80)                                                   \
    X(CLAIM_LOST, "claim happened, answer lost", 80)                                               \
    X(READ_FAILED, "reading rows failed", 60)                                                      \
    X(FLOOR_LOST, "floor or halt written, answer lost", 60)                                        \
    X(PG_SLOW, "PostgreSQL answers slowly", 60)                                                    \
    X(STRAY, "answer after the request was given up", 200)                                         \
    X(POLICY_LATE, "policy bundle is not stored yet", 100)                                         \
    X(CONSUME_FAILED, "gb.intake cannot be read", 60)                                              \
    X(INIT_FAILED, "init_transactions did not happen", 100)                                        \
    X(INIT_LOST, "init_transactions happened, answer lost", 100)                                   \
    X(READBACK_FAILED, "read-back failed", 80)                                                     \
    X(SEND_REFUSED, "nothing of a transaction was produced", 60)                                   \
    X(SEND_PART, "part of a transaction was produced", 60)                                         \
    X(SEND_LOST, "transaction committed, answer lost", 80)                                         \
    X(SEND_LATE, "transaction commits late, client gave up", 80)                                   \
    X(SEND_ABORTED, "transaction aborted", 60)                                                     \
    X(SEND_TORN, "transaction torn: committed here, aborted there", 40)                            \
    X(SEND_SLOW, "Kafka answers slowly", 100)                                                      \
    X(LOST_TAIL, "tail of an output partition lost", 5)                                            \
    X(COMPACT, "compaction of a state topic", 60)                                                  \
    X(HOLE, "intake record timed out, later ones arrive", 4)                                       \
    X(ACK_LOST, "intake record arrived, report says no", 4)                                        \
    X(ACK_SLOW, "delivery reports come late", 10)                                                  \
    X(OFFSETS_REFUSED, "group offsets not committed", 60)                                          \
    X(OFFSETS_LOST, "group offsets committed, answer lost", 60)                                    \
    X(OFFSETS_LATE, "group offsets committed late", 80)                                            \
    X(SOURCE_SHORT, "source topic ends before what is committed", 30)                              \
    X(INTAKE_SHORT, "gb.intake ends before the lane's place", 15)                                  \
    X(RESTORED, "PostgreSQL restored from a backup", 100)                                          \
    X(SKEW_START, "start with a wrong clock", 100)                                                 \
    X(SKEW, "wrong clock of a host", 4)                                                           \
    X(CRASH, "crash", 50)                                                                          \
    X(CRASH_AT, "crash right after a step", 1)                                                     \
    X(STOP, "stopped, wakes later", 60)                                                            \
    X(OUTAGE, "PostgreSQL and Kafka away for long", 150)                                           \
    X(READER_FAILED, "reading gb.intake ends with an error", 6)                                    \
    X(STORM, "rebalance storm", 80)                                                                \
    X(EXPIRED, "group takes a live member for dead", 40)

enum sim_fault {
#define X(name, word, rate) SIM_##name,
    SIM_FAULT_LIST(X)
#undef X
        SIM_FAULT_COUNT
};
const char *sim_fault_word(enum sim_fault fault);

/* ---- the invariants of DELIVERY 4 ---- */
#define SIM_INVARIANT_LIST(X)                                                                      \
    X(A1) X(A2) X(A3) X(B1) X(B2) X(B3) X(B4) X(C1) X(C2) X(C4) X(E1) X(HALT) X(SEAM)         \
    X(ASSERT)

enum sim_invariant {
#define X(name) SIM_INV_##name,
    SIM_INVARIANT_LIST(X)
#undef X
        SIM_INV_COUNT
};

#endif
