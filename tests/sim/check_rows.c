/* The state rows: their digest (RECORDS 4) reckoned anew, and B4: each report that stands is in
 * exactly one matter, and each matter's reports stand. */
#include <stdlib.h>

#include "base/check.h"
#include "codec/json.h"
#include "sim/ledger.h"

static void add(struct gb_hash *sum, const struct gb_hash *hash)
{
    unsigned carry = 0;

    for (size_t i = GB_HASH_LEN; i > 0; i--) {
        carry += (unsigned)sum->bytes[i - 1] + hash->bytes[i - 1];
        sum->bytes[i - 1] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void check_digest(struct sim *sim, uint32_t lane)
{
    const struct sim_table *table = &sim->pg[lane].table;
    struct gb_hash sum = {0};

    for (uint32_t i = 0; i < table->count; i++) {
        const struct gb_row *row = &table->slots[i]->row;
        struct gb_str parts[] = {gb_table_word(row->table), GB_STR("\x1f"), row->key,
                                 GB_STR("\x1f"), row->row};
        struct gb_hash hash;

        if (!row->is_deleted) {
            hash = gb_hash_parts(GB_SHA256, parts, GB_COUNT(parts));
            add(&sum, &hash);
        }
    }
    if (memcmp(sum.bytes, sim->pg[lane].row.digest.bytes, GB_HASH_LEN) != 0) {
        sim_fail(sim, SIM_INV_B1, "lane %u: the rows do not have the stored digest", lane);
    }
}

/* Says in homes, by the report's key, which matter holds it. */
static void read_matter(struct sim *sim, uint32_t lane, const struct gb_row *row,
                        struct gb_map *homes)
{
    struct gb_value value;
    struct gb_err err;
    const struct gb_value *refs;

    GB_CHECK(gb_json_parse(&sim->arena, row->row, &value, &err) == GB_OK);
    refs = gb_value_get(gb_value_get(&value, GB_STR("value")), GB_STR("refs"));
    for (uint32_t i = 0; refs != NULL && i < refs->count; i++) {
        const struct gb_value *ref = &refs->items[i];
        struct gb_str key =
            gb_arena_printf(&sim->arena, "%.*s/%.*s/%.*s",
                            GB_STR_ARG(gb_value_str(ref, GB_STR("source"))),
                            GB_STR_ARG(gb_value_str(ref, GB_STR("entity"))),
                            GB_STR_ARG(gb_value_str(ref, GB_STR("key"))));
        struct gb_str *home = gb_arena_take(&sim->arena, sizeof(*home));

        *home = row->key;
        if (gb_map_put(homes, key, home) != NULL) {
            sim_fail(sim, SIM_INV_B4, "lane %u: report %.*s is in two matters", lane,
                     GB_STR_ARG(key));
        }
    }
}

static void check_observation(struct sim *sim, uint32_t lane, const struct gb_row *row,
                              struct gb_map *homes)
{
    const struct gb_str *home = gb_map_take(homes, row->key);
    struct gb_value value;
    struct gb_err err;
    bool is_deleted;

    GB_CHECK(gb_json_parse(&sim->arena, row->row, &value, &err) == GB_OK);
    is_deleted = gb_value_bool(&value, GB_STR("deleted"), false);
    if (is_deleted ? home != NULL : home == NULL || !gb_str_eq(*home, row->matter)) {
        sim_fail(sim, SIM_INV_B4, "lane %u: report %.*s is in matter %.*s, its row says %.*s", lane,
                 GB_STR_ARG(row->key), GB_STR_ARG(home != NULL ? *home : GB_STR("none")),
                 GB_STR_ARG(row->matter));
    }
}

/* What the source systems said last is what the lane knows. */
static void check_truth(struct sim *sim, uint32_t lane, uint32_t stream, uint32_t key)
{
    static const char *const names[] = {"grid", "party"};
    const struct sim_truth_key *want = &sim->truth[lane][stream][key];
    struct gb_str slot = gb_arena_printf(&sim->arena, "%d/%s/matter/%u-%u", GB_TABLE_OBSERVATION,
                                         names[stream % 2], stream, key);
    const struct sim_slot *found = gb_map_get(&sim->pg[lane].table.map, slot);
    bool stands = false;
    struct gb_value value;
    struct gb_err err;
    char state[2] = {want->state, '\0'};

    if (found != NULL && !found->row.is_deleted) {
        GB_CHECK(gb_json_parse(&sim->arena, found->row.row, &value, &err) == GB_OK);
        stands = !gb_value_bool(&value, GB_STR("deleted"), false);
    }
    if (stands != (want->is_seen && !want->is_deleted)) {
        sim_fail(sim, SIM_INV_B4, "lane %u: %.*s %s, the source says otherwise", lane,
                 GB_STR_ARG(slot), stands ? "stands" : "is gone");
    } else if (stands && (gb_value_int(gb_value_get(&value, GB_STR("version")), GB_STR("column"),
                                       -1) != want->version ||
                          !gb_str_eq(gb_value_str(&value, GB_STR("state_code")),
                                     gb_str_of(state)))) {
        sim_fail(sim, SIM_INV_B4, "lane %u: %.*s is not what the source said last (%lld, %s)", lane,
                 GB_STR_ARG(slot), (long long)want->version, state);
    }
}

void sim_rows_check(struct sim *sim, const struct sim_ledger *ledger)
{
    const struct sim_table *table = &sim->pg[ledger->lane].table;
    struct gb_map homes = {0};

    check_digest(sim, ledger->lane);
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->slots[i]->row.is_deleted && table->slots[i]->row.table == GB_TABLE_MATTER) {
            read_matter(sim, ledger->lane, &table->slots[i]->row, &homes);
        }
    }
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->slots[i]->row.is_deleted &&
            table->slots[i]->row.table == GB_TABLE_OBSERVATION) {
            check_observation(sim, ledger->lane, &table->slots[i]->row, &homes);
        }
    }
    for (uint32_t s = 1; s < sim_desk_stream(sim) && !sim->pg[ledger->lane].row.is_halted; s++) {
        for (uint32_t k = 0; k < SIM_KEYS_MAX; k++) {
            check_truth(sim, ledger->lane, s, k);
        }
    }
    if (homes.count > 0) {
        sim_fail(sim, SIM_INV_B4, "lane %u: %zu matters name reports that do not stand",
                 ledger->lane, homes.count);
    }
    gb_map_close(&homes);
}
