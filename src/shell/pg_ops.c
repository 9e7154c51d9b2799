/* Which effect is carried out where; the two that are one small statement. */
#include "shell/pg_ops.h"

#include "base/check.h"
#include "shell/pg_param.h"
#include "shell/pg_sql.h"

void gb_pg_ops_init(struct gb_pg_ops *ops, uv_loop_t *loop, const char *dsn, uint32_t lane)
{
    *ops = (struct gb_pg_ops){.pg = gb_pg_new(loop, dsn), .lane = lane, .owner = ""};
}

void gb_pg_ops_close(struct gb_pg_ops *ops)
{
    if (ops->pg != NULL) {
        gb_pg_free(ops->pg);
        ops->pg = NULL;
    }
}

struct gb_pg_request *gb_pg_ops_request(struct gb_pg_ops *ops, uint64_t ticket)
{
    struct gb_pg_request *request = gb_pg_request_new();

    request->context = ops;
    request->ticket = ticket;
    return request;
}

void gb_pg_ops_event(struct gb_pg_request *request, struct gb_event *event, enum gb_status status,
                     struct gb_str message)
{
    struct gb_pg_ops *ops = request->context;

    event->ticket = request->ticket;
    event->status = status;
    event->message = message;
    ops->on_event(ops->context, event);
}

static void on_floored(struct gb_pg_request *request, enum gb_status status, struct gb_str message)
{
    struct gb_event event = {.kind = GB_EV_PG_FLOORED};

    if (status == GB_OK) {
        gb_stop_at(GB_STOP_FLOORED);
    }
    gb_pg_ops_event(request, &event, status, message);
    gb_pg_request_free(request);
}

static void on_halted(struct gb_pg_request *request, enum gb_status status, struct gb_str message)
{
    struct gb_event event = {.kind = GB_EV_PG_HALTED};

    gb_pg_ops_event(request, &event, status, message);
    gb_pg_request_free(request);
}

static void move_floor(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_ops_request(ops, effect->ticket);
    struct gb_pg_statement *s = gb_pg_request_add(request, SQL_FLOOR);

    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_int(request, s, effect->floor->epoch);
    gb_pg_add_ints(request, s, effect->floor->floor_seqs, GB_TOPIC_COUNT);
    gb_pg_add_ints(request, s, effect->floor->floor_offsets, GB_TOPIC_COUNT);
    gb_pg_add_int(request, s, (int64_t)effect->floor->floor_index);
    request->on_done = on_floored;
    gb_pg_ask(ops->pg, request);
}

static void halt(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_ops_request(ops, effect->ticket);
    struct gb_pg_statement *s = gb_pg_request_add(request, SQL_HALT);

    gb_pg_add_int(request, s, ops->lane);
    gb_pg_add_int(request, s, effect->halt.epoch);
    gb_pg_add_text(request, s, effect->halt.reason);
    gb_pg_add_text(request, s, effect->halt.evidence);
    request->on_done = on_halted;
    gb_pg_ask(ops->pg, request);
}

void gb_pg_ops_do(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    switch ((int)effect->kind) {
    case GB_FX_PG_CLAIM:
        gb_pg_claim(ops, effect);
        break;
    case GB_FX_PG_TERMINATE:
        gb_pg_terminate(ops, effect);
        break;
    case GB_FX_PG_LOAD:
        gb_pg_load(ops, effect);
        break;
    case GB_FX_PG_FETCH:
        gb_pg_fetch(ops, effect);
        break;
    case GB_FX_PG_POLICY:
        gb_pg_policy(ops, effect);
        break;
    case GB_FX_PG_COMMIT:
        gb_pg_commit(ops, effect);
        break;
    case GB_FX_PG_OUTBOX:
        gb_pg_outbox(ops, effect);
        break;
    case GB_FX_PG_FLOOR:
        move_floor(ops, effect);
        break;
    case GB_FX_PG_HALT:
        halt(ops, effect);
        break;
    case GB_FX_PG_RESET:
        gb_pg_reset(ops->pg);
        break;
    default: /* the caller passes no other */
        GB_CHECK(false); /* not a PostgreSQL effect */
    }
}
