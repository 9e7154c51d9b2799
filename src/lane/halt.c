#include "lane/halt.h"

#include "base/check.h"

static const struct {
    const char *reason, *advice;
} halts[] = {
    {"intake_log",
     "Kafka lost records of gb.intake, or kept them too short: see RUNBOOK, Kafka was "
     "restored; then `lanes accept-loss LANE --to OFFSET`"},
    {"start_check",
     "gb.intake was created again: if that was meant, `lanes accept-loss LANE --to OFFSET`; "
     "otherwise bring the old topic back"},
    {"intake_hole",
     "gb.intake has a hole that only deleting records makes: `lanes accept-loss LANE --to "
     "OFFSET` goes on behind it"},
    {"lost_tail",
     "Kafka lost outputs that readers saw: see RUNBOOK, Kafka was restored; then `lanes "
     "republish LANE` sends them again from the outbox"},
    {"output_gap",
     "an output topic misses numbers: was it created again? `topics verify`, then `lanes "
     "republish LANE`"},
    {"foreign_output",
     "somebody else writes to the bridge's topics: find the writer (Kafka's ACLs), create the "
     "topic again, then `lanes republish LANE`"},
    {"output_differs",
     "PostgreSQL and Kafka tell different stories: see RUNBOOK, PostgreSQL was restored; keep "
     "both, run `replay`, and resume only when one is found wrong"},
    {"bad_outbox",
     "PostgreSQL's outbox is damaged: restore the database (RUNBOOK, PostgreSQL was restored)"},
    {"bad_row",
     "a row of the lane's state is damaged: restore the database (RUNBOOK, PostgreSQL was "
     "restored)"},
    {"bad_frontier",
     "the ledger's tree does not fit its lines: restore the database (RUNBOOK, PostgreSQL was "
     "restored)"},
    {"bad_policy",
     "the active bundle cannot be read by this program: run the program that stored it, or "
     "activate a bundle that `check policy` accepts"},
    {"no_writeback_topic",
     "something is to be written back to a source that had no topic for it when this program "
     "started: name the source in the configuration, `topics create`, start the program anew, "
     "then `lanes resume LANE`"},
};

const char *gb_halt_advice(struct gb_str reason)
{
    for (size_t i = 0; i < GB_COUNT(halts); i++) {
        if (gb_str_eq(reason, gb_str_of(halts[i].reason))) {
            return halts[i].advice;
        }
    }
    return "look at the evidence (`lanes show`), mend its cause, then `lanes resume LANE`";
}

const char *gb_halt_reason(unsigned index)
{
    return index < GB_COUNT(halts) ? halts[index].reason : NULL;
}
