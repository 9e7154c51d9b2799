/* Reading: the lane's live rows, rows by key, a policy bundle, the outbox. Rows stream, and go on
 * in portions. */
#include <stdlib.h>

#include "base/check.h"
#include "shell/limits.h"
#include "shell/pg_ops.h"
#include "shell/pg_param.h"
#include "shell/pg_sql.h"

/* Rows collected for the next event; lives in the request's arena. */
struct rows {
    struct gb_pg_ops *ops;
    struct gb_arena arena; /* of this portion */
    bool is_load;
    uint32_t count;
    struct gb_stored_row items[GB_ROWS_EVENT_MAX];
};

static void send_rows(struct gb_pg_request *request, bool is_last, enum gb_status status,
                      struct gb_str message)
{
    struct rows *rows = request->context;
    struct gb_event event = {.kind = GB_EV_PG_ROWS,
                             .ticket = request->ticket,
                             .status = status,
                             .message = message,
                             .rows = {rows->items, rows->count, is_last}};

    rows->ops->on_event(rows->ops->context, &event);
}

/* One row of SQL_LOAD or SQL_FETCH. */
static void keep_row(struct rows *rows, const PGresult *result, int at)
{
    struct gb_row *row = &rows->items[rows->count++].row;
    int64_t table = gb_pg_get_int(result, at, 0, GB_TABLE_COUNT);

    GB_CHECK(table >= 0 && table < GB_TABLE_COUNT);
    *row = (struct gb_row){
        .table = (enum gb_table)table,
        .key = gb_arena_str(&rows->arena, gb_pg_get_text(result, at, 1)),
        .row = gb_arena_str(&rows->arena, gb_pg_get_text(result, at, 2)),
        .text = gb_arena_str(&rows->arena, gb_pg_get_text(result, at, 3)),
        .matter = gb_arena_str(&rows->arena, gb_pg_get_text(result, at, 4)),
        .xref = gb_arena_str(&rows->arena, gb_pg_get_text(result, at, 5)),
        .live_until = gb_pg_get_int(result, at, 6, 0)};
}

static void on_state_rows(struct gb_pg_request *request, uint32_t statement,
                          const PGresult *result)
{
    struct rows *rows = request->context;
    const struct gb_pg *pg = rows->ops->pg;
    uint64_t ticket = request->ticket;

    (void)statement;
    for (int i = 0; i < PQntuples(result); i++) {
        if (rows->count == GB_ROWS_EVENT_MAX) {
            send_rows(request, false, GB_OK, GB_STR_NONE);
            if (!gb_pg_is_asking(pg, ticket)) {
                return; /* the lane has had enough, and the request is gone */
            }
            gb_arena_reset(&rows->arena);
            rows->count = 0;
        }
        keep_row(rows, result, i);
    }
}

static void free_rows(struct gb_pg_request *request)
{
    struct rows *rows = request->context;

    gb_arena_close(&rows->arena);
    free(rows);
}

static void on_state_done(struct gb_pg_request *request, enum gb_status status,
                          struct gb_str message)
{
    const struct rows *rows = request->context;

    if (status == GB_OK && rows->is_load) {
        gb_stop_at(GB_STOP_LOADED);
    }
    send_rows(request, true, status, message);
    gb_pg_request_free(request);
}

static struct gb_pg_request *rows_request(struct gb_pg_ops *ops, uint64_t ticket, bool is_load)
{
    struct gb_pg_request *request = gb_pg_request_new();
    struct rows *rows = calloc(1, sizeof(*rows));

    GB_CHECK(rows != NULL);
    rows->ops = ops;
    rows->is_load = is_load;
    gb_arena_init(&rows->arena, (size_t)1 << 30);
    request->context = rows;
    request->ticket = ticket;
    request->is_single_row = true;
    request->on_rows = on_state_rows;
    request->on_done = on_state_done;
    request->on_free = free_rows;
    return request;
}

void gb_pg_load(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = rows_request(ops, effect->ticket, true);
    struct gb_pg_statement *s = gb_pg_request_add(request, SQL_LOAD);

    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_int(request, s, effect->load.since);
    gb_pg_ask(ops->pg, request);
}

/* The keys that are ids. */
static void add_ids(struct gb_pg_request *request, struct gb_pg_statement *s,
                    const struct gb_effect *effect)
{
    struct gb_str *ids =
        gb_arena_take(&request->arena, (effect->fetch.count + 1U) * sizeof(ids[0]));
    uint32_t count = 0;

    for (uint32_t i = 0; i < effect->fetch.count; i++) {
        struct gb_str key = effect->fetch.keys[i];

        if (key.len > 0 && memchr(key.ptr, '/', key.len) == NULL) {
            ids[count++] = key;
        }
    }
    gb_pg_add_texts(request, s, ids, count);
}

void gb_pg_fetch(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = rows_request(ops, effect->ticket, false);
    struct gb_pg_statement *s = gb_pg_request_add_prepared(request, SQL_FETCH);

    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_texts(request, s, effect->fetch.keys, effect->fetch.count);
    gb_pg_add_ints(request, s, effect->fetch.evidence, effect->fetch.evidence_count);
    gb_pg_add_int(request, s, GB_WANTED_OF_EVIDENCE_MAX);
    add_ids(request, s, effect);
    gb_pg_ask(ops->pg, request);
}

struct policy {
    struct gb_pg_ops *ops;
    struct gb_files files;
};

static void on_policy_rows(struct gb_pg_request *request, uint32_t statement,
                           const PGresult *result)
{
    struct policy *policy = request->context;
    size_t count = (size_t)PQntuples(result);
    struct gb_file *items = gb_arena_take(&request->arena, count * sizeof(items[0]));

    (void)statement;
    for (size_t i = 0; i < count; i++) {
        items[i].name = gb_arena_str(&request->arena, gb_pg_get_text(result, (int)i, 0));
        items[i].bytes = gb_arena_str(&request->arena, gb_pg_get_text(result, (int)i, 1));
    }
    policy->files = (struct gb_files){items, count};
}

static void on_policy_done(struct gb_pg_request *request, enum gb_status status,
                           struct gb_str message)
{
    struct policy *policy = request->context;
    struct gb_event event = {.kind = GB_EV_PG_POLICY,
                             .ticket = request->ticket,
                             .status = status,
                             .message = message,
                             .policy = &policy->files};

    if (status == GB_OK && policy->files.count == 0) {
        event.status = GB_NOT_FOUND;
    }
    policy->ops->on_event(policy->ops->context, &event);
    gb_pg_request_free(request);
}

void gb_pg_policy(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_request_new();
    struct policy *policy = gb_arena_take(&request->arena, sizeof(*policy));

    policy->ops = ops;
    request->context = policy;
    request->ticket = effect->ticket;
    request->on_rows = on_policy_rows;
    request->on_done = on_policy_done;
    gb_pg_add_text(request, gb_pg_request_add(request, SQL_POLICY), effect->policy.hash);
    gb_pg_ask(ops->pg, request);
}

static void on_outbox_row(struct gb_pg_request *request, uint32_t statement,
                          const PGresult *result)
{
    struct gb_arena arena;
    struct gb_outbox_chunk chunk = {.from_index = (uint64_t)gb_pg_get_int(result, 0, 0, 0),
                                    .to_index = (uint64_t)gb_pg_get_int(result, 0, 1, 0),
                                    .body = gb_pg_get_text(result, 0, 2)};
    struct gb_event event = {.kind = GB_EV_PG_OUTBOX, .outbox = {&chunk, 1, false}};

    (void)statement;
    gb_arena_init(&arena, (size_t)1 << 30);
    if (!gb_str_is(chunk.body)) {
        chunk.body = GB_STR("");
    }
    chunk.hashes = gb_pg_get_bytes(&arena, result, 0, 3);
    gb_pg_get_ints(result, 0, 4, chunk.seqs_before, GB_TOPIC_COUNT);
    gb_pg_get_ints(result, 0, 5, chunk.seqs_after, GB_TOPIC_COUNT);
    gb_pg_ops_event(request, &event, GB_OK, GB_STR_NONE);
    gb_arena_close(&arena);
}

static void on_outbox_done(struct gb_pg_request *request, enum gb_status status,
                           struct gb_str message)
{
    struct gb_event event = {.kind = GB_EV_PG_OUTBOX, .outbox = {NULL, 0, true}};

    gb_pg_ops_event(request, &event, status, message);
    gb_pg_request_free(request);
}

void gb_pg_outbox(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_ops_request(ops, effect->ticket);
    struct gb_pg_statement *s = gb_pg_request_add(request, SQL_READ_OUTBOX);

    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_int(request, s, (int64_t)effect->outbox.from_index);
    request->is_single_row = true;
    request->on_rows = on_outbox_row;
    request->on_done = on_outbox_done;
    gb_pg_ask(ops->pg, request);
}
