/* A backup of the database, and its restore: the tables are as they were, Kafka is ahead of them,
 * every connection ends.
 * What is applied again must come out byte for byte as before. */
#include "base/check.h"
#include "sim/sim.h"

struct sim_backup {
    struct gb_lane_row row[SIM_LANES_MAX];
    struct gb_row *rows[SIM_LANES_MAX];
    uint32_t rows_count[SIM_LANES_MAX], chunks_count[SIM_LANES_MAX], kept_count[SIM_LANES_MAX];
    uint32_t outputs[SIM_LANES_MAX][GB_TOPIC_COUNT];
};

void sim_backup_take(struct sim *sim)
{
    struct sim_backup *b = gb_arena_take(&sim->arena, sizeof(*b));

    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        const struct sim_pg_lane *lane = &sim->pg[l];

        if (!lane->exists || lane->row.is_halted) {
            return;
        }
        b->row[l] = lane->row;
        b->chunks_count[l] = lane->chunks_count;
        b->rows_count[l] = lane->table.count;
        b->kept_count[l] = lane->table.kept_count;
        b->rows[l] =
            gb_arena_take(&sim->arena, (lane->table.count + 1) * sizeof(struct gb_row));
        for (uint32_t i = 0; i < lane->table.count; i++) {
            b->rows[l][i] = lane->table.slots[i]->row;
        }
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            b->outputs[l][t] = sim->check.outputs[l][t].count;
        }
    }
    sim->backup = b;
    sim_trace(sim, "pg: a backup is taken");
}

static void restore_table(struct sim_table *table, const struct gb_row *rows, uint32_t count)
{
    table->live = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        table->slots[i]->row = i < count ? rows[i] : (struct gb_row){.is_deleted = true};
        table->live += !table->slots[i]->row.is_deleted;
    }
}

void sim_backup_restore(struct sim *sim)
{
    const struct sim_backup *b = sim->backup;

    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        if (sim->check.is_tail_lost[l] || sim->pg[l].row.is_halted) {
            return; /* it would undo a halt behind everybody's back */
        }
    }
    if (b == NULL || !sim_fault(sim, SIM_RESTORED)) {
        return;
    }
    sim->backup = NULL;
    sim->dead_until = sim->numbers; /* the server that was restored is another process */
    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        struct sim_pg_lane *lane = &sim->pg[l];

        sim_pg_end_all(sim, l);
        lane->row = b->row[l];
        lane->chunks_count = b->chunks_count[l];
        restore_table(&lane->table, b->rows[l], b->rows_count[l]);
        lane->table.kept_count = b->kept_count[l];
        sim->check.epochs[l] = lane->row.epoch;
        sim->check.offsets[l] = lane->row.next_offset;
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            struct sim_output_list *list = &sim->check.outputs[l][t];

            list->known = list->count > list->known ? list->count : list->known;
            list->count = b->outputs[l][t];
        }
    }
}
