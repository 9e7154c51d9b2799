/* Inside of the fake PostgreSQL's client side: what pg_client.c and pg_read.c share. */
#ifndef SIM_PG_CLIENT_H
#define SIM_PG_CLIENT_H

#include "sim/sim.h"

struct sim_request {
    uint32_t daemon, incarnation, lane;
    uint64_t connection, ticket, holder;
    struct gb_effect effect; /* borrowed pointers: good until it has left */
    uint64_t sum, inits;     /* of a commit's bytes, and when they may go */
};

/* An answer on its way: one event for the lane. */
struct sim_answer {
    uint32_t daemon, lane;
    uint64_t connection;
    struct gb_event event;
    bool is_lost; /* the connection broke */
    uint64_t holder;
};

/* Microseconds to or from the server. */
int64_t sim_pg_way(struct sim *sim);
/* An event for the lane after delay; the caller fills it. */
struct sim_answer *sim_pg_reply(struct sim *sim, const struct sim_request *r,
                                enum gb_event_kind kind, int64_t delay);
/* The connection breaks instead of an answer. */
void sim_pg_lose(struct sim *sim, const struct sim_request *r);
int64_t *sim_copy_ints(struct sim *sim, const int64_t *items, uint32_t count);
/* A read leaves. */
void sim_pg_read(struct sim *sim, struct sim_request *r);

#endif
