/* Statements prepared on one connection: the server parses and plans each text once, and plans it
 * without looking at the parameters, which are megabytes that a plan of their own would copy. Only
 * for statements with one possible plan: what is planned over an empty table stays so.
 *
 * A statement is prepared in the request that needs it first; only the server's word makes it known
 * (in an aborted transaction nothing was prepared). A name is never given twice. */
#ifndef SHELL_PG_PREPARED_H
#define SHELL_PG_PREPARED_H

#include "shell/pg.h"

#define GB_PG_PREPARED_MAX 48
#define GB_PG_COMMANDS_MAX (2 * GB_PG_STATEMENTS_MAX)

enum gb_pg_prepared_state { GB_PG_NAME_ASKED, GB_PG_NAME_KNOWN };

struct gb_pg_prepared {
    struct {
        const char *sql; /* static text: known by its address */
        uint32_t number;
        enum gb_pg_prepared_state state;
    } items[GB_PG_PREPARED_MAX];
    uint32_t count;
    uint32_t numbers; /* given so far */
    /* What was sent, in order: -1 a statement, else the item that is being prepared. */
    int commands[GB_PG_COMMANDS_MAX];
    uint32_t commands_count, commands_done;
};

/* The connection is another one: nothing is prepared. */
void gb_pg_prepared_forget(struct gb_pg_prepared *p);

/* A request begins: what an earlier one asked for in vain is forgotten. */
void gb_pg_prepared_begin(struct gb_pg_prepared *p);

/* Sends one statement, prepared before if it is to be. False: libpq refused. */
bool gb_pg_prepared_send(struct gb_pg_prepared *p, PGconn *conn, const struct gb_pg_statement *s);

/* A result came in: true if it answers a preparation and is nothing to the request; an error is. */
bool gb_pg_prepared_takes(struct gb_pg_prepared *p, const PGresult *result);

/* The results of one command are over; true if it was a statement of the request. */
bool gb_pg_prepared_next(struct gb_pg_prepared *p);

#endif
