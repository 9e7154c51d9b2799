/* An operator's word in a lane's ledger: one line, one transaction, no offset. The epoch moves on,
 * so a daemon that still holds the lane in memory can store nothing before it claims again. */
#include <inttypes.h>

#include "codec/json.h"
#include "codec/record_json.h"
#include "lane/batch.h"
#include "shell/tool_store.h"

static enum gb_status fail_pg(const struct gb_tool_pg *pg, struct gb_err *err)
{
    gb_tool_pg_why(pg, err);
    return err->status;
}

/* is_again: Kafka lost its tail, so offsets may come again with other records. */
static struct gb_str control_line(struct gb_arena *arena, const struct gb_tool_control *control,
                                  bool is_again)
{
    struct gb_member members[] = {
        {GB_STR("action"), {.type = GB_STRING, .text = gb_str_of(control->action)}},
        {GB_STR("actor"), {.type = GB_STRING, .text = control->actor}},
        {GB_STR("reason"), {.type = GB_STRING, .text = control->reason}},
        {GB_STR("again"), {.type = GB_BOOL, .truth = true}}};
    struct gb_record rec = {.kind = GB_KIND_CONTROL,
                            .town = GB_STR(""),
                            .fields = {.type = GB_OBJECT,
                                       .count = is_again ? 4 : 3,
                                       .members = members}};
    struct gb_buf text = {0};
    struct gb_str line;

    gb_record_write(&text, &rec);
    line = gb_arena_str(arena, gb_buf_str(&text));
    gb_buf_close(&text);
    return line;
}

/* The lane as locked, and a core that holds what a control line may change: table lane_state. */
struct locked {
    struct gb_lane_row row;
    struct gb_merkle tree;
    struct gb_core *core;
    struct gb_str lane; /* decimal */
};

static enum gb_status read_row(struct gb_arena *arena, const struct gb_tool_rows *rows,
                               struct locked *locked, struct gb_err *err)
{
    struct gb_str frontier = gb_tool_rows_bytes(arena, rows, 0, 4);
    struct gb_str digest = gb_tool_rows_bytes(arena, rows, 0, 5);
    struct gb_lane_row *row = &locked->row;

    if (!gb_str_eq(gb_tool_rows_text(rows, 0, 0), GB_STR("halted"))) {
        return gb_fail(err, GB_CONFLICT, "lane %.*s is not halted", GB_STR_ARG(locked->lane));
    }
    row->alg = gb_str_eq(gb_tool_rows_text(rows, 0, 1), GB_STR("sm3")) ? GB_SM3 : GB_SHA256;
    row->next_index = (uint64_t)gb_tool_rows_int(rows, 0, 2);
    row->next_offset = gb_tool_rows_int(rows, 0, 3);
    row->epoch = gb_tool_rows_int(rows, 0, 6);
    if (digest.len == GB_HASH_LEN) {
        memcpy(row->digest.bytes, digest.ptr, GB_HASH_LEN);
    }
    gb_merkle_init(&locked->tree, row->alg);
    if (!gb_merkle_restore(&locked->tree, row->next_index,
                           gb_str_is(frontier) ? frontier : GB_STR(""))) {
        return gb_fail(err, GB_BAD_RECORD, "lane %.*s: its frontier does not fit its lines",
                       GB_STR_ARG(locked->lane));
    }
    return GB_OK;
}

static enum gb_status lock_lane(struct gb_tool_pg *pg, struct gb_arena *arena,
                                struct locked *locked, struct gb_err *err)
{
    struct gb_tool_rows *rows;
    enum gb_status status = gb_tool_pg_ask(
        pg,
        "SELECT status, hash_alg, next_index, next_offset, frontier, state_digest, epoch"
        " FROM lane WHERE lane = $1 FOR UPDATE",
        &locked->lane, 1, &rows);

    if (status != GB_OK) {
        return fail_pg(pg, err);
    }
    status = gb_tool_rows_count(rows) > 0
                 ? read_row(arena, rows, locked, err)
                 : gb_fail(err, GB_NOT_FOUND, "there is no lane %.*s", GB_STR_ARG(locked->lane));
    gb_tool_rows_free(rows);
    return status;
}

static enum gb_status load_state(struct gb_tool_pg *pg, struct gb_arena *arena,
                                 struct locked *locked, struct gb_err *err)
{
    struct gb_tool_rows *rows;
    enum gb_status status = gb_tool_pg_ask(pg, "SELECT key, row FROM lane_state WHERE lane = $1",
                                           &locked->lane, 1, &rows);

    if (status != GB_OK) {
        return fail_pg(pg, err);
    }
    gb_core_set_digest(locked->core, &locked->row.digest);
    for (size_t i = 0; i < gb_tool_rows_count(rows) && status == GB_OK; i++) {
        struct gb_row row = {.table = GB_TABLE_LANE_STATE,
                             .key = gb_tool_rows_text(rows, i, 0),
                             .row = gb_tool_rows_text(rows, i, 1)};
        struct gb_value parsed;

        status = gb_json_parse(arena, row.row, &parsed, err);
        if (status == GB_OK) {
            status = gb_core_load(locked->core, &row, &parsed, NULL, err);
        }
    }
    gb_tool_rows_free(rows);
    return status;
}

static struct gb_str hash_hex(struct gb_arena *arena, const struct gb_hash *hash)
{
    return gb_tool_pg_hex(arena, (struct gb_str){(const char *)hash->bytes, GB_HASH_LEN});
}

static enum gb_status store_chunk(struct gb_tool_pg *pg, struct gb_arena *arena,
                                  const struct locked *locked, const struct gb_commit *commit)
{
    struct gb_str params[] = {locked->lane,
                              gb_arena_printf(arena, "%" PRIu64, commit->from_index),
                              commit->body,
                              gb_tool_pg_hex(arena, commit->leaves),
                              hash_hex(arena, &commit->root_before),
                              gb_tool_pg_hex(arena, commit->after.frontier),
                              hash_hex(arena, &commit->after.digest),
                              gb_arena_printf(arena, "%d", GB_CORE_SEMANTICS),
                              gb_arena_printf(arena, "%" PRId64, locked->row.epoch + 1)};

    return gb_tool_pg_ask(
        pg,
        "INSERT INTO ledger_chunk (lane, from_offset, to_offset, from_index, to_index, body,"
        " leaves, root_before, frontier, state_digest, core_semantics, epoch) VALUES"
        " ($1, NULL, NULL, $2::bigint, $2::bigint + 1, $3, $4, $5, $6, $7, $8, $9)",
        params, GB_COUNT(params), NULL);
}

static enum gb_status store_state(struct gb_tool_pg *pg, const struct locked *locked,
                                  const struct gb_rows *rows)
{
    enum gb_status status = GB_OK;

    for (uint32_t i = 0; i < rows->count && status == GB_OK; i++) {
        struct gb_str params[] = {locked->lane, rows->items[i].key, rows->items[i].row};

        GB_CHECK(rows->items[i].table == GB_TABLE_LANE_STATE && !rows->items[i].is_deleted);
        status = gb_tool_pg_ask(pg,
                                "INSERT INTO lane_state (lane, key, row) VALUES ($1, $2, $3)"
                                " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row",
                                params, GB_COUNT(params), NULL);
    }
    return status;
}

static enum gb_status store_lane(struct gb_tool_pg *pg, struct gb_arena *arena,
                                 const struct locked *locked, const struct gb_batch *batch,
                                 const struct gb_tool_control *control)
{
    struct gb_hash root = gb_merkle_root(&locked->tree);
    struct gb_str params[] = {
        locked->lane, gb_tool_pg_hex(arena, batch->commit.after.frontier), hash_hex(arena, &root),
        hash_hex(arena, &batch->commit.after.digest),
        control->to_offset < 0 ? GB_STR_NONE
                               : gb_arena_printf(arena, "%" PRId64, control->to_offset),
        control->is_republishing ? GB_STR("true") : GB_STR("false")};

    return gb_tool_pg_ask(
        pg,
        "UPDATE lane SET epoch = epoch + 1, next_index = next_index + 1, frontier = $2, root = $3,"
        " state_digest = $4, last_hash = CASE WHEN $5::bigint IS NULL THEN last_hash END,"
        " next_offset = coalesce($5::bigint, next_offset), status = 'running',"
        " floor_index = CASE WHEN $6::boolean THEN 0 ELSE floor_index END,"
        " floor_seqs = CASE WHEN $6::boolean THEN '{}' ELSE floor_seqs END,"
        " floor_offsets = CASE WHEN $6::boolean THEN '{}' ELSE floor_offsets END,"
        " halt_reason = NULL, halt_evidence = NULL, updated_at = now() WHERE lane = $1",
        params, GB_COUNT(params), NULL);
}

/* The line through the lane's own code, and what it made into the database. */
static enum gb_status append(struct gb_tool_pg *pg, struct gb_arena *arena, struct locked *locked,
                             const struct gb_tool_control *control)
{
    const struct gb_topics topics = {0};
    struct gb_batch_state state = {locked->core, &locked->tree, &locked->row, &topics};
    struct gb_batch *batch = gb_batch_new();
    bool is_again = control->to_offset >= 0 && control->to_offset < locked->row.next_offset;
    enum gb_status status;

    gb_batch_add(batch, locked->row.lane, locked->row.next_offset,
                 control_line(arena, control, is_again));
    GB_CHECK(gb_batch_step(batch, &state, NULL) == GB_OK && batch->messages_count == 0);
    status = store_chunk(pg, arena, locked, &batch->commit);
    if (status == GB_OK) {
        status = store_state(pg, locked, &batch->rows);
    }
    if (status == GB_OK) {
        status = store_lane(pg, arena, locked, batch, control);
    }
    gb_batch_free(batch);
    return status == GB_OK ? gb_tool_pg_ask(pg, "COMMIT", NULL, 0, NULL) : status;
}

enum gb_status gb_tool_control(struct gb_tool_pg *pg, const struct gb_tool_control *control,
                               struct gb_err *err)
{
    struct gb_arena arena;
    struct locked locked = {.row = {.lane = (uint32_t)control->lane}};
    enum gb_status status = gb_tool_pg_ask(pg, "BEGIN", NULL, 0, NULL);

    if (status != GB_OK) {
        return fail_pg(pg, err);
    }
    gb_arena_init(&arena, (size_t)64 << 20);
    locked.lane = gb_arena_printf(&arena, "%" PRId64, control->lane);
    locked.core = gb_core_new((uint32_t)control->lane);
    status = lock_lane(pg, &arena, &locked, err);
    if (status == GB_OK) {
        status = load_state(pg, &arena, &locked, err);
    }
    if (status == GB_OK) {
        status = append(pg, &arena, &locked, control);
        if (status != GB_OK) {
            (void)fail_pg(pg, err);
        }
    }
    if (status != GB_OK) {
        (void)!gb_tool_pg_ask(pg, "ROLLBACK", NULL, 0, NULL);
    }
    gb_core_free(locked.core);
    gb_arena_close(&arena);
    return status;
}
