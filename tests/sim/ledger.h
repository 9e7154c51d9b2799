/* The checker's view of one lane when a run is over: its ledger, line by line. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "sim/sim.h"

struct sim_line {
    struct gb_str line, text; /* line one, line two or absent */
    struct gb_record record;
    struct gb_hash leaf;
    bool is_taken; /* the first delivery of its row by a writer that has not jumped */
};

struct sim_ledger {
    uint32_t lane;
    uint32_t count;
    struct sim_line *lines;
};

/* B1: the chunks are the records of gb.intake, each once, in order; the tree is over them. Fills
 * the ledger. */
void sim_ledger_check(struct sim *sim, struct sim_ledger *ledger);
/* A1, A2: what was applied is the truth, each once; the books balance. */
void sim_streams_check(struct sim *sim, const struct sim_ledger *ledger);
/* B2, B3: a fresh core over the ledger, in other batches, makes the same outbox and digests. */
void sim_replay_check(struct sim *sim, const struct sim_ledger *ledger);
/* B4: decisions of people: applied once, at the version they name; answered once. */
void sim_desk_check(struct sim *sim, const struct sim_ledger *ledger);
/* B4 and the digest: the state rows as they stand. */
void sim_rows_check(struct sim *sim, const struct sim_ledger *ledger);

#endif
