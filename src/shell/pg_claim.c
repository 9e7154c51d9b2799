/* R1: claim the lane row; and ending the backend of a daemon that stopped while it held it. */
#include <stdio.h>

#include "base/check.h"
#include "shell/pg_ops.h"
#include "shell/pg_param.h"
#include "shell/pg_sql.h"

static struct gb_hash get_hash(struct gb_arena *arena, const PGresult *result, int column,
                               bool *is_set)
{
    struct gb_str bytes = gb_pg_get_bytes(arena, result, 0, column);
    struct gb_hash hash = {0};

    *is_set = bytes.len == GB_HASH_LEN;
    if (*is_set) {
        memcpy(hash.bytes, bytes.ptr, GB_HASH_LEN);
    }
    return hash;
}

/* Columns in the order of SQL_CLAIM. The row stands first in the request's arena user area. */
static void read_row(struct gb_arena *arena, const PGresult *result, struct gb_lane_row *row)
{
    bool has_digest;

    row->epoch = gb_pg_get_int(result, 0, 0, 0);
    row->next_offset = gb_pg_get_int(result, 0, 1, 0);
    row->next_index = (uint64_t)gb_pg_get_int(result, 0, 2, 0);
    row->alg = gb_str_eq(gb_pg_get_text(result, 0, 3), GB_STR("sm3")) ? GB_SM3 : GB_SHA256;
    row->last_hash = get_hash(arena, result, 4, &row->has_last_hash);
    row->frontier = gb_pg_get_bytes(arena, result, 0, 5);
    if (!gb_str_is(row->frontier)) {
        row->frontier = GB_STR("");
    }
    row->digest = get_hash(arena, result, 6, &has_digest);
    row->clock = gb_pg_get_int(result, 0, 7, 0);
    gb_pg_get_ints(result, 0, 8, row->seqs, GB_TOPIC_COUNT);
    gb_pg_get_ints(result, 0, 9, row->floor_seqs, GB_TOPIC_COUNT);
    gb_pg_get_ints(result, 0, 10, row->floor_offsets, GB_TOPIC_COUNT);
    row->floor_index = (uint64_t)gb_pg_get_int(result, 0, 11, 0);
    row->is_halted = gb_str_eq(gb_pg_get_text(result, 0, 12), GB_STR("halted"));
    row->halt_reason = gb_arena_str(arena, gb_pg_get_text(result, 0, 13));
}

/* The claim, kept until its COMMIT is known to be clean. */
struct claim {
    struct gb_pg_request *request;
    struct gb_pg_ops *ops;
    struct gb_lane_row row;
};

static void on_claim_rows(struct gb_pg_request *request, uint32_t statement,
                          const PGresult *result)
{
    struct claim *claim = request->context;

    if (statement == 3 && PQntuples(result) == 1) {
        claim->row.lane = claim->ops->lane;
        read_row(&request->arena, result, &claim->row);
    }
}

static void send_claimed(struct claim *claim, enum gb_status status, struct gb_str message)
{
    struct gb_event event = {.kind = GB_EV_PG_CLAIMED,
                             .ticket = claim->request->ticket,
                             .status = status,
                             .message = message,
                             .claimed = &claim->row};

    claim->ops->on_event(claim->ops->context, &event);
}

static void on_holder_rows(struct gb_pg_request *request, uint32_t statement,
                           const PGresult *result)
{
    struct gb_pg_ops *ops = request->context;
    struct gb_str start = gb_pg_get_text(result, 0, 1);

    (void)statement;
    ops->holder_pid = gb_pg_get_int(result, 0, 0, 0);
    (void)snprintf(ops->holder_start, sizeof(ops->holder_start), "%.*s", GB_STR_ARG(start));
}

static void on_holder(struct gb_pg_request *request, enum gb_status status, struct gb_str message)
{
    const struct gb_pg_ops *ops = request->context;
    struct gb_event event = {.kind = GB_EV_PG_CLAIMED};
    char text[160];

    if (status == GB_OK) {
        status = GB_BUSY;
        (void)snprintf(text, sizeof(text),
                       "the lane's row is locked; ends backend %lld, started %s, which claimed it",
                       (long long)ops->holder_pid, ops->holder_start);
        message = gb_str_of(text);
    }
    gb_pg_ops_event(request, &event, status, message);
    gb_pg_request_free(request);
}

static void ask_holder(struct gb_pg_ops *ops, uint64_t ticket)
{
    struct gb_pg_request *request = gb_pg_ops_request(ops, ticket);

    ops->holder_pid = 0;
    gb_pg_add_int(request, gb_pg_request_add(request, SQL_HOLDER), ops->lane);
    request->on_rows = on_holder_rows;
    request->on_done = on_holder;
    gb_pg_ask(ops->pg, request);
}

static void on_claim(struct gb_pg_request *request, enum gb_status status, struct gb_str message)
{
    struct claim *claim = request->context;

    if (status == GB_OK) {
        gb_stop_at(GB_STOP_CLAIMED);
    }
    if (status == GB_OK && claim->row.epoch == 0) {
        status = GB_DIFFERS; /* no row: a newer program's */
    }
    if (status == GB_BUSY) {
        ask_holder(claim->ops, request->ticket);
    } else {
        send_claimed(claim, status, message);
    }
    gb_pg_request_free(request);
}

void gb_pg_claim(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_request_new();
    struct claim *claim = gb_arena_take(&request->arena, sizeof(*claim));
    struct gb_pg_statement *s;

    claim->request = request;
    claim->ops = ops;
    request->context = claim;
    request->ticket = effect->ticket;
    (void)gb_pg_request_add(request, "BEGIN");
    (void)gb_pg_request_add(request, SQL_CLAIM_TIMEOUT);
    s = gb_pg_request_add(request, SQL_CLAIM_ROW);
    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_text(request, s, gb_str_of(gb_hash_alg_word(ops->alg)));
    s = gb_pg_request_add(request, SQL_CLAIM);
    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_text(request, s, gb_str_of(ops->owner));
    gb_pg_add_int(request, s, GB_CORE_SEMANTICS);
    (void)gb_pg_request_add(request, "COMMIT");
    request->on_rows = on_claim_rows;
    request->on_done = on_claim;
    gb_pg_ask(ops->pg, request);
}

static void on_terminated(struct gb_pg_request *request, enum gb_status status,
                          struct gb_str message)
{
    struct gb_event event = {.kind = GB_EV_PG_TERMINATED};

    gb_pg_ops_event(request, &event, status, message);
    gb_pg_request_free(request);
}

void gb_pg_terminate(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_ops_request(ops, effect->ticket);
    struct gb_pg_statement *s = gb_pg_request_add(request, SQL_TERMINATE);
    bool is_known = ops->holder_pid > 0 && ops->holder_start[0] != '\0';

    gb_pg_add_int(request, s, ops->holder_pid);
    gb_pg_add_text(request, s, is_known ? gb_str_of(ops->holder_start) : GB_STR_NONE);
    request->on_done = on_terminated;
    gb_pg_ask(ops->pg, request);
}
