/* One asynchronous connection to PostgreSQL on a uv loop, in pipeline mode.
 *
 * Happy path: ask (connects if need be) -> statements and one Sync go out while results come in ->
 * on_rows for each result with rows -> on_done. One request at a time. Failure: an error inside
 * BEGIN..COMMIT is followed by ROLLBACK; a lost connection gives AWAY, or MAYBE where COMMIT had
 * been sent. on_done always comes, and never from within gb_pg_ask. */
#ifndef SHELL_PG_H
#define SHELL_PG_H

#include <libpq-fe.h>
#include <uv.h>

#include "base/arena.h"
#include "gridbridge/err.h"
#include "shell/stop_point.h"

#define GB_PG_STATEMENTS_MAX 40
#define GB_PG_PARAMS_MAX 32

struct gb_pg_statement {
    const char *sql;
    bool is_prepared; /* see pg_prepared.h */
    int count;
    Oid types[GB_PG_PARAMS_MAX];
    const char *values[GB_PG_PARAMS_MAX];
    int lens[GB_PG_PARAMS_MAX];
    int formats[GB_PG_PARAMS_MAX];
};

/* What is asked; made with gb_pg_request_new and the adders of pg_param.h. */
struct gb_pg_request {
    struct gb_arena arena; /* parameters */
    uint32_t count;
    struct gb_pg_statement *items[GB_PG_STATEMENTS_MAX];
    int commit_at;         /* index of COMMIT, -1 if there is none */
    bool is_single_row;    /* the first statement streams row by row */
    enum gb_stop_point stop_half; /* when half of the statements are on the socket */
    enum gb_stop_point stop_sent; /* when all are, and COMMIT's answer was not read */
    void (*on_rows)(struct gb_pg_request *request, uint32_t statement, const PGresult *result);
    /* Owns the request from here on. message is borrowed for the call. */
    void (*on_done)(struct gb_pg_request *request, enum gb_status status, struct gb_str message);
    void (*on_free)(struct gb_pg_request *request); /* frees context; may be NULL */
    void *context;
    uint64_t ticket;
};

struct gb_pg_request *gb_pg_request_new(void);
void gb_pg_request_free(struct gb_pg_request *request);
/* Appends a statement; sql is static text. The second is for statements with one possible plan,
 * which are prepared once a connection. */
struct gb_pg_statement *gb_pg_request_add(struct gb_pg_request *request, const char *sql);
struct gb_pg_statement *gb_pg_request_add_prepared(struct gb_pg_request *request,
                                                   const char *sql);

struct gb_pg;

/* Copies dsn; connects at the first request. */
struct gb_pg *gb_pg_new(uv_loop_t *loop, const char *dsn);

/* There must be no request under way. Takes the request. */
void gb_pg_ask(struct gb_pg *pg, struct gb_pg_request *request);
/* True while the request with this ticket is under way: for a callback that may have reset. */
bool gb_pg_is_asking(const struct gb_pg *pg, uint64_t ticket);

/* Drops the connection; a request under way is freed without an answer. */
void gb_pg_reset(struct gb_pg *pg);

/* As reset, and frees the connection object once its handles are closed. */
void gb_pg_free(struct gb_pg *pg);

/* The status of an SQLSTATE (may be NULL: connection trouble). */
enum gb_status gb_pg_status(const char *sqlstate);

#endif
