/* State rows of one lane, as PostgreSQL keeps them: upsert, delete, the two selects of the shell
 * (SQL_LOAD, SQL_FETCH). Rows come back in any order, as from a server. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

/* Table decision: the first row of each id, ON CONFLICT DO NOTHING. */
static void keep(struct sim *sim, struct sim_table *table, const struct gb_row *row)
{
    for (uint32_t i = 0; i < table->kept_count; i++) {
        if (gb_str_eq(table->kept[i].id, row->key)) {
            return;
        }
    }
    table->kept = sim_grow(sim, table->kept, table->kept_count, &table->kept_size,
                           sizeof(table->kept[0]));
    table->kept[table->kept_count++] = (struct sim_kept){row->key, row->row};
}

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
    if (row->table == GB_TABLE_RULING) {
        keep(sim, table, row);
    }
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

/* A fetch under way: which rows it names, and the matters of those. */
struct fetching {
    const struct sim_table *table;
    const struct sim_fetch *fetch;
    bool *is_hit; /* by slot: an observation named by key, evidence or ruling, or of a matter */
    struct gb_str *matters;
    uint32_t matters_count, matters_size;
};

/* Any GB_WANTED_OF_EVIDENCE_MAX carriers of each piece of evidence. */
static void hit_evidence(struct sim *sim, struct fetching *f)
{
    uint32_t count = f->table->count;
    uint32_t from = count > 0 ? sim_below(sim, count) : 0;

    for (uint32_t e = 0; e < f->fetch->evidence_count; e++) {
        uint32_t left = GB_WANTED_OF_EVIDENCE_MAX;

        for (uint32_t i = 0; i < count && left > 0; i++) {
            uint32_t at = (from + i) % count;
            const struct gb_row *row = &f->table->slots[at]->row;

            if (!row->is_deleted && row->table == GB_TABLE_OBSERVATION &&
                carries(row, f->fetch->evidence[e])) {
                f->is_hit[at] = true;
                left--;
            }
        }
    }
}

static void add_matter(struct fetching *f, struct gb_str matter)
{
    if (gb_str_is(matter) && !is_in(matter, f->matters, f->matters_count)) {
        GB_CHECK(f->matters_count < f->matters_size);
        f->matters[f->matters_count++] = matter;
    }
}

/* The ruling's reports are {"a","b"}; no key of a report holds quotes here. */
static bool is_ruled(const struct gb_row *ruling, struct gb_str report)
{
    const char *at = ruling->matter.ptr;
    const char *end = at + ruling->matter.len;

    while ((at = memmem(at, (size_t)(end - at), report.ptr, report.len)) != NULL) {
        if (at[-1] == '"' && at[report.len] == '"') {
            return true;
        }
        at++;
    }
    return false;
}

static void hit_ruling(struct fetching *f, const struct gb_row *ruling)
{
    for (uint32_t i = 0; i < f->table->count; i++) {
        const struct gb_row *row = &f->table->slots[i]->row;

        f->is_hit[i] = f->is_hit[i] || (!row->is_deleted && row->table == GB_TABLE_OBSERVATION &&
                                        is_ruled(ruling, row->key));
    }
}

/* Keys name reports, marks, matters, nodes, overlaps, decisions. */
static void hit_rows(struct fetching *f)
{
    for (uint32_t i = 0; i < f->table->count; i++) {
        const struct gb_row *row = &f->table->slots[i]->row;

        if (row->is_deleted || !is_in(row->key, f->fetch->keys, f->fetch->count)) {
            continue;
        }
        f->is_hit[i] = f->is_hit[i] || row->table == GB_TABLE_OBSERVATION;
        if (row->table == GB_TABLE_OVERLAP || row->table == GB_TABLE_MATTER ||
            row->table == GB_TABLE_CONTACT || row->table == GB_TABLE_VISIT) {
            add_matter(f, row->table == GB_TABLE_OVERLAP ? row->matter : row->key);
        } else if (row->table == GB_TABLE_RULING) {
            hit_ruling(f, row);
        }
    }
}

/* Each leads to its matter, and that to all its reports. */
static void reach(struct fetching *f)
{
    for (uint32_t i = 0; i < f->table->count; i++) {
        if (f->is_hit[i]) {
            add_matter(f, f->table->slots[i]->row.matter);
        }
    }
    for (uint32_t i = 0; i < f->table->count && f->matters_count > 0; i++) {
        const struct gb_row *row = &f->table->slots[i]->row;

        f->is_hit[i] = f->is_hit[i] || (!row->is_deleted && row->table == GB_TABLE_OBSERVATION &&
                                        is_in(row->matter, f->matters, f->matters_count));
    }
}

static bool has_report(const struct fetching *f, const struct gb_row *ruling)
{
    for (uint32_t i = 0; i < f->table->count; i++) {
        if (f->is_hit[i] && is_ruled(ruling, f->table->slots[i]->row.key)) {
            return true;
        }
    }
    return false;
}

static bool is_fetched(const struct fetching *f, uint32_t at)
{
    const struct gb_row *row = &f->table->slots[at]->row;

    if (row->table == GB_TABLE_OVERLAP || row->table == GB_TABLE_MATTER ||
        row->table == GB_TABLE_POST || row->table == GB_TABLE_CONTACT ||
        row->table == GB_TABLE_VISIT) {
        return is_in(row->table == GB_TABLE_OVERLAP ? row->matter : row->key, f->matters,
                     f->matters_count);
    }
    return f->is_hit[at] ||
           ((row->table == GB_TABLE_SOURCE_MARK || row->table == GB_TABLE_RULING) &&
            is_in(row->key, f->fetch->keys, f->fetch->count)) ||
           (row->table == GB_TABLE_RULING && has_report(f, row));
}

struct gb_stored_row *sim_table_fetch(struct sim *sim, const struct sim_table *table,
                                      const struct sim_fetch *fetch, uint32_t *count)
{
    struct gb_stored_row *rows = gb_arena_take(&sim->arena, (table->live + 1) * sizeof(rows[0]));
    struct fetching f = {.table = table, .fetch = fetch, .matters_size = table->count + 1};

    f.is_hit = gb_arena_take(&sim->arena, table->count + 1);
    f.matters = gb_arena_take(&sim->arena, f.matters_size * sizeof(f.matters[0]));
    hit_evidence(sim, &f);
    hit_rows(&f);
    reach(&f);
    *count = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->slots[i]->row.is_deleted && is_fetched(&f, i)) {
            rows[(*count)++].row = table->slots[i]->row;
        }
    }
    shuffle(sim, rows, *count);
    return rows;
}

void sim_table_close(struct sim_table *table)
{
    gb_map_close(&table->map);
    free(table->slots);
    free(table->kept);
}
