/* State rows of one lane, as PostgreSQL keeps them: upsert, delete, the two selects of the shell
 * (SQL_LOAD, SQL_FETCH). Rows come back in any order, as from a server. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

void sim_table_put(struct sim *sim, struct sim_table *table, const struct gb_row *row)
{
    struct gb_str key = gb_arena_printf(&sim->arena, "%d/%.*s", (int)row->table,
                                        GB_STR_ARG(row->key));
    struct sim_slot *slot = gb_map_get(&table->map, key);

    if (slot == NULL) {
        slot = gb_arena_take(&sim->arena, sizeof(*slot));
        slot->row.is_deleted = true;
        (void)gb_map_put(&table->map, key, slot);
        table->slots = sim_grow(sim, table->slots, table->count, &table->size,
                                sizeof(struct sim_slot *));
        table->slots[table->count++] = slot;
    }
    table->live += (uint32_t)(slot->row.is_deleted && !row->is_deleted);
    table->live -= (uint32_t)(!slot->row.is_deleted && row->is_deleted);
    slot->row = *row;
}

static void shuffle(struct sim *sim, struct gb_stored_row *rows, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = sim_below(sim, i);
        struct gb_stored_row kept = rows[i - 1];

        rows[i - 1] = rows[other];
        rows[other] = kept;
    }
}

struct gb_stored_row *sim_table_load(struct sim *sim, const struct sim_table *table,
                                     int64_t since, uint32_t *count)
{
    struct gb_stored_row *rows = gb_arena_take(&sim->arena, (table->live + 1) * sizeof(rows[0]));

    *count = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct gb_row *row = &table->slots[i]->row;

        if (!row->is_deleted && row->table != GB_TABLE_EXCEPTION &&
            (row->table == GB_TABLE_WRITER_MARK || row->table == GB_TABLE_LANE_STATE ||
             row->live_until >= since)) {
            rows[(*count)++].row = *row;
        }
    }
    shuffle(sim, rows, *count);
    return rows;
}

static bool is_in(struct gb_str what, const struct gb_str *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count && gb_str_is(what); i++) {
        if (gb_str_eq(what, keys[i])) {
            return true;
        }
    }
    return false;
}

static bool carries(const struct gb_row *row, int64_t evidence)
{
    for (uint32_t i = 0; i < row->evidence_count; i++) {
        if (row->evidence[i] == evidence) {
            return true;
        }
    }
    return false;
}

/* Observations and marks by key, and any GB_WANTED_OF_EVIDENCE_MAX carriers of each piece of
 * evidence. */
static void mark_hits(struct sim *sim, const struct sim_table *table,
                      const struct sim_fetch *fetch, bool *is_hit)
{
    uint32_t from = table->count > 0 ? sim_below(sim, table->count) : 0;

    for (uint32_t i = 0; i < table->count; i++) {
        const struct gb_row *row = &table->slots[i]->row;

        is_hit[i] = !row->is_deleted &&
                    (row->table == GB_TABLE_OBSERVATION || row->table == GB_TABLE_SOURCE_MARK) &&
                    is_in(row->key, fetch->keys, fetch->count);
    }
    for (uint32_t e = 0; e < fetch->evidence_count; e++) {
        uint32_t left = GB_WANTED_OF_EVIDENCE_MAX;

        for (uint32_t i = 0; i < table->count && left > 0; i++) {
            uint32_t at = (from + i) % table->count;
            const struct gb_row *row = &table->slots[at]->row;

            if (!row->is_deleted && row->table == GB_TABLE_OBSERVATION &&
                carries(row, fetch->evidence[e])) {
                is_hit[at] = true;
                left--;
            }
        }
    }
}

struct gb_stored_row *sim_table_fetch(struct sim *sim, const struct sim_table *table,
                                      const struct sim_fetch *fetch, uint32_t *count)
{
    struct gb_stored_row *rows = gb_arena_take(&sim->arena, (table->live + 1) * sizeof(rows[0]));
    struct gb_str *matters = gb_arena_take(&sim->arena, (table->live + 1) * sizeof(matters[0]));
    bool *is_hit = gb_arena_take(&sim->arena, table->count + 1);
    uint32_t matters_count = 0;

    mark_hits(sim, table, fetch, is_hit);
    for (uint32_t i = 0; i < table->count; i++) {
        if (is_hit[i] && gb_str_is(table->slots[i]->row.matter)) {
            matters[matters_count++] = table->slots[i]->row.matter;
        }
    }
    *count = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct gb_row *row = &table->slots[i]->row;
        struct gb_str matter = row->table == GB_TABLE_MATTER ? row->key : row->matter;

        if (!row->is_deleted && row->table <= GB_TABLE_OVERLAP &&
            (is_hit[i] || is_in(matter, matters, matters_count))) {
            rows[(*count)++].row = *row;
        } else if (!row->is_deleted && row->table == GB_TABLE_SOURCE_MARK &&
                   is_in(row->key, fetch->keys, fetch->count)) {
            rows[(*count)++].row = *row;
        }
    }
    shuffle(sim, rows, *count);
    return rows;
}

void sim_table_close(struct sim_table *table)
{
    gb_map_close(&table->map);
    free(table->slots);
}
