/* An operator's word in a lane's ledger: one line, one transaction, no offset. The epoch moves on,
 * so a daemon that still holds the lane in memory can store nothing before it claims again. */
#include <inttypes.h>

#include "base/buf.h"
#include "base/merkle.h"
#include "codec/record_json.h"
#include "shell/tool_store.h"

static enum gb_status fail_pg(const struct gb_tool_pg *pg, struct gb_err *err)
{
    gb_tool_pg_why(pg, err);
    return err->status;
}

static struct gb_str control_line(struct gb_arena *arena, const struct gb_tool_control *control)
{
    struct gb_member members[] = {
        {GB_STR("action"), {.type = GB_STRING, .text = gb_str_of(control->action)}},
        {GB_STR("actor"), {.type = GB_STRING, .text = control->actor}},
        {GB_STR("reason"), {.type = GB_STRING, .text = control->reason}}};
    struct gb_record rec = {.kind = GB_KIND_CONTROL,
                            .town = GB_STR(""),
                            .fields = {.type = GB_OBJECT, .count = 3, .members = members}};
    struct gb_buf text = {0};
    struct gb_str line;

    gb_record_write(&text, &rec);
    line = gb_arena_str(arena, gb_buf_str(&text));
    gb_buf_close(&text);
    return line;
}

/* The lane's row as locked. */
struct locked {
    struct gb_merkle tree;
    struct gb_str next_offset, next_index, digest;
};

static enum gb_status lock_lane(struct gb_tool_pg *pg, struct gb_arena *arena, struct gb_str lane,
                                struct locked *locked, struct gb_err *err)
{
    struct gb_tool_rows *rows;
    enum gb_status status = gb_tool_pg_ask(
        pg,
        "SELECT status, hash_alg, next_index, next_offset, frontier, encode(state_digest, 'hex')"
        " FROM lane WHERE lane = $1 FOR UPDATE",
        &lane, 1, &rows);

    if (status != GB_OK) {
        return fail_pg(pg, err);
    }
    if (gb_tool_rows_count(rows) == 0) {
        status = gb_fail(err, GB_NOT_FOUND, "lane %.*s: there is none", GB_STR_ARG(lane));
    } else if (!gb_str_eq(gb_tool_rows_text(rows, 0, 0), GB_STR("halted"))) {
        status = gb_fail(err, GB_CONFLICT, "lane %.*s is not halted", GB_STR_ARG(lane));
    } else {
        bool is_sm3 = gb_str_eq(gb_tool_rows_text(rows, 0, 1), GB_STR("sm3"));
        struct gb_str frontier = gb_tool_rows_bytes(arena, rows, 0, 4);

        locked->next_index = gb_arena_str(arena, gb_tool_rows_text(rows, 0, 2));
        locked->next_offset = gb_arena_str(arena, gb_tool_rows_text(rows, 0, 3));
        locked->digest = gb_arena_str(arena, gb_tool_rows_text(rows, 0, 5));
        gb_merkle_init(&locked->tree, is_sm3 ? GB_SM3 : GB_SHA256);
        if (!gb_merkle_restore(&locked->tree, (uint64_t)gb_tool_rows_int(rows, 0, 2),
                               gb_str_is(frontier) ? frontier : GB_STR(""))) {
            status = gb_fail(err, GB_BAD_RECORD, "lane %.*s: its frontier does not fit its lines",
                             GB_STR_ARG(lane));
        }
    }
    gb_tool_rows_free(rows);
    return status;
}

static struct gb_str hash_hex(struct gb_arena *arena, const struct gb_hash *hash)
{
    return gb_tool_pg_hex(arena, (struct gb_str){(const char *)hash->bytes, GB_HASH_LEN});
}

static enum gb_status append(struct gb_tool_pg *pg, struct gb_arena *arena, struct gb_str lane,
                             struct locked *locked, const struct gb_tool_control *control)
{
    struct gb_str line = control_line(arena, control);
    struct gb_hash leaf = gb_merkle_leaf(locked->tree.alg, line);
    struct gb_hash before = gb_merkle_root(&locked->tree);
    struct gb_hash after;
    struct gb_str frontier;
    enum gb_status status;

    gb_merkle_add(&locked->tree, &leaf);
    after = gb_merkle_root(&locked->tree);
    frontier = gb_tool_pg_hex(arena, gb_merkle_frontier(&locked->tree));
    struct gb_str chunk[] = {lane,
                             locked->next_offset,
                             locked->next_index,
                             gb_arena_printf(arena, "%.*s\n", GB_STR_ARG(line)),
                             hash_hex(arena, &leaf),
                             hash_hex(arena, &before),
                             frontier,
                             locked->digest,
                             gb_arena_printf(arena, "%d", GB_CORE_SEMANTICS)};
    struct gb_str row[] = {lane, frontier, hash_hex(arena, &after),
                           control->to_offset < 0
                               ? GB_STR_NONE
                               : gb_arena_printf(arena, "%" PRId64, control->to_offset)};

    status = gb_tool_pg_ask(
        pg,
        "INSERT INTO ledger_chunk (lane, epoch, from_offset, to_offset, from_index, to_index,"
        " body, leaves, root_before, frontier, state_digest, core_semantics)"
        " SELECT $1, epoch + 1, $2, $2, $3, $3::bigint + 1, $4, $5, $6, $7, decode($8, 'hex'), $9"
        " FROM lane WHERE lane = $1",
        chunk, GB_COUNT(chunk), NULL);
    if (status != GB_OK) {
        return status;
    }
    return gb_tool_pg_ask(
        pg,
        "UPDATE lane SET epoch = epoch + 1, next_index = next_index + 1, frontier = $2, root = $3,"
        " last_hash = CASE WHEN $4::bigint IS NULL THEN last_hash END,"
        " next_offset = coalesce($4::bigint, next_offset), status = 'running',"
        " halt_reason = NULL, halt_evidence = NULL, updated_at = now() WHERE lane = $1",
        row, GB_COUNT(row), NULL);
}

enum gb_status gb_tool_control(struct gb_tool_pg *pg, const struct gb_tool_control *control,
                               struct gb_err *err)
{
    struct gb_arena arena;
    struct locked locked;
    struct gb_str lane;
    enum gb_status status = gb_tool_pg_ask(pg, "BEGIN", NULL, 0, NULL);

    if (status != GB_OK) {
        return fail_pg(pg, err);
    }
    gb_arena_init(&arena, (size_t)4 << 20);
    lane = gb_arena_printf(&arena, "%" PRId64, control->lane);
    status = lock_lane(pg, &arena, lane, &locked, err);
    if (status == GB_OK) {
        status = append(pg, &arena, lane, &locked, control);
        status = status == GB_OK ? gb_tool_pg_ask(pg, "COMMIT", NULL, 0, NULL) : status;
        if (status != GB_OK) {
            (void)fail_pg(pg, err);
        }
    }
    if (status != GB_OK) {
        (void)!gb_tool_pg_ask(pg, "ROLLBACK", NULL, 0, NULL);
    }
    gb_arena_close(&arena);
    return status;
}
