/* The lane's PostgreSQL effects as statements, and their results as events. One object a lane, with
 * a connection of its own: what a lane waits for never waits for another lane. */
#ifndef SHELL_PG_OPS_H
#define SHELL_PG_OPS_H

#include "lane/effect.h"
#include "shell/pg.h"

struct gb_pg_ops {
    struct gb_pg *pg; /* owned */
    uint32_t lane;
    const char *owner; /* borrowed: who claims */
    enum gb_hash_alg alg; /* of the ledger, where the claim creates the lane */
    /* Called with everything but event->now; the event is borrowed. */
    void (*on_event)(void *context, struct gb_event *event);
    void *context;
    int64_t holder_pid; /* named by the last BUSY claim */
    char holder_start[64];
};

void gb_pg_ops_init(struct gb_pg_ops *ops, uv_loop_t *loop, const char *dsn, uint32_t lane);
void gb_pg_ops_close(struct gb_pg_ops *ops);

/* Carries out one GB_FX_PG_*; copies all that it needs. RESET drops a request without an answer. */
void gb_pg_ops_do(struct gb_pg_ops *ops, const struct gb_effect *effect);

/* Inside: what the files pg_*.c share. */
struct gb_pg_request *gb_pg_ops_request(struct gb_pg_ops *ops, uint64_t ticket);
/* Sends the event with the request's ticket. */
void gb_pg_ops_event(struct gb_pg_request *request, struct gb_event *event, enum gb_status status,
                     struct gb_str message);
void gb_pg_claim(struct gb_pg_ops *ops, const struct gb_effect *effect);
void gb_pg_terminate(struct gb_pg_ops *ops, const struct gb_effect *effect);
void gb_pg_load(struct gb_pg_ops *ops, const struct gb_effect *effect);
void gb_pg_fetch(struct gb_pg_ops *ops, const struct gb_effect *effect);
void gb_pg_policy(struct gb_pg_ops *ops, const struct gb_effect *effect);
void gb_pg_outbox(struct gb_pg_ops *ops, const struct gb_effect *effect);
void gb_pg_commit(struct gb_pg_ops *ops, const struct gb_effect *effect);

#endif
