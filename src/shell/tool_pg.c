/* Synchronous libpq. SQLSTATEs become statuses by the table of pg_status.c. */
#include "shell/tool_pg.h"

#include <stdlib.h>

#include "base/hash.h"
#include "shell/pg.h"
#include "shell/pg_param.h"

#define CONNECT_SECONDS "10"

struct gb_tool_pg {
    PGconn *connection;
    struct gb_err why;
};

struct gb_tool_rows {
    PGresult *result;
};

/* First line of the server's words. */
static void keep_words(struct gb_err *err, enum gb_status status, const char *words)
{
    (void)gb_fail(err, status, "postgres: %.*s", (int)strcspn(words, "\n"), words);
}

static void drop_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

enum gb_status gb_tool_pg_open(const char *dsn, struct gb_tool_pg **pg, struct gb_err *err)
{
    static const char *const KEYS[] = {"dbname", "connect_timeout", "application_name",
                                       "client_encoding", "options", NULL};
    const char *const values[] = {dsn, CONNECT_SECONDS, "gridbridge-tool", "UTF8",
                                  "-c search_path=gridbridge", NULL};
    struct gb_tool_pg *made = calloc(1, sizeof(*made));
    enum gb_status status;

    GB_CHECK(made != NULL);
    made->connection = PQconnectdbParams(KEYS, values, 1);
    if (PQstatus(made->connection) != CONNECTION_OK) {
        keep_words(err, GB_AWAY, PQerrorMessage(made->connection));
        status = GB_AWAY;
        gb_tool_pg_close(made);
        return status;
    }
    (void)PQsetNoticeReceiver(made->connection, drop_notice, NULL);
    *pg = made;
    return GB_OK;
}

void gb_tool_pg_close(struct gb_tool_pg *pg)
{
    if (pg != NULL) {
        PQfinish(pg->connection);
        free(pg);
    }
}

void gb_tool_pg_why(const struct gb_tool_pg *pg, struct gb_err *err)
{
    *err = pg->why;
}

static PGresult *run(struct gb_tool_pg *pg, const char *sql, const struct gb_str *params,
                     size_t count)
{
    struct gb_arena arena;
    const char *values[16] = {NULL};
    PGresult *result;

    GB_CHECK(count <= GB_COUNT(values));
    if (count == 0) {
        return PQexec(pg->connection, sql);
    }
    gb_arena_init(&arena, (size_t)256 << 20);
    for (size_t i = 0; i < count; i++) {
        values[i] = gb_str_is(params[i]) ? gb_arena_str(&arena, params[i]).ptr : NULL;
    }
    result = PQexecParams(pg->connection, sql, (int)count, NULL, values, NULL, NULL, 0);
    gb_arena_close(&arena);
    return result;
}

enum gb_status gb_tool_pg_ask(struct gb_tool_pg *pg, const char *sql, const struct gb_str *params,
                              size_t params_count, struct gb_tool_rows **rows)
{
    PGresult *result = run(pg, sql, params, params_count);
    ExecStatusType kind = PQresultStatus(result);
    struct gb_tool_rows *made;

    if (kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK) {
        keep_words(&pg->why, gb_pg_status(PQresultErrorField(result, PG_DIAG_SQLSTATE)),
                   PQerrorMessage(pg->connection));
        PQclear(result);
        return pg->why.status;
    }
    if (rows == NULL) {
        PQclear(result);
        return GB_OK;
    }
    made = calloc(1, sizeof(*made));
    GB_CHECK(made != NULL);
    made->result = result;
    *rows = made;
    return GB_OK;
}

void gb_tool_rows_free(struct gb_tool_rows *rows)
{
    if (rows != NULL) {
        PQclear(rows->result);
        free(rows);
    }
}

size_t gb_tool_rows_count(const struct gb_tool_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

struct gb_str gb_tool_rows_text(const struct gb_tool_rows *rows, size_t row, size_t column)
{
    return gb_pg_get_text(rows->result, (int)row, (int)column);
}

int64_t gb_tool_rows_int(const struct gb_tool_rows *rows, size_t row, size_t column)
{
    return gb_pg_get_int(rows->result, (int)row, (int)column, 0);
}

struct gb_str gb_tool_rows_bytes(struct gb_arena *arena, const struct gb_tool_rows *rows,
                                 size_t row, size_t column)
{
    return gb_pg_get_bytes(arena, rows->result, (int)row, (int)column);
}

struct gb_str gb_tool_pg_hex(struct gb_arena *arena, struct gb_str bytes)
{
    char *text = gb_arena_take(arena, 2 * bytes.len + 3);

    text[0] = '\\';
    text[1] = 'x';
    gb_hex(text + 2, (const uint8_t *)bytes.ptr, bytes.len);
    return (struct gb_str){text, 2 * bytes.len + 2};
}
