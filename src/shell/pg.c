/* The connection: see pg.h. One watcher a descriptor, closed before libpq may close it. */
#include "shell/pg.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shell/pg_prepared.h"

#define CONNECT_MS 8000
#define ANSWER_MS 60000
#define REQUEST_ARENA_MAX ((size_t)1 << 30)

enum pg_state { PG_OFF, PG_CONNECTING, PG_READY };

struct gb_pg {
    uv_loop_t *loop;
    char *dsn; /* owned */
    enum pg_state state;
    PGconn *conn;
    uv_poll_t *poll;   /* freed by its close callback */
    uv_timer_t timer;  /* of the connection attempt, then of the answer */
    uint32_t generation; /* of conn, to see a reset made by a callback */
    struct gb_pg_request *request;
    struct gb_pg_prepared prepared;
    uint32_t statement; /* whose results come in */
    bool is_sent;
    bool is_flushed; /* all of the request is on the socket */
    bool is_rolling_back;
    bool was_null;
    uint32_t notices;
    enum gb_status status; /* of the first error */
    char message[400];
};

struct gb_pg_request *gb_pg_request_new(void)
{
    struct gb_pg_request *request = calloc(1, sizeof(*request));

    GB_CHECK(request != NULL);
    gb_arena_init(&request->arena, REQUEST_ARENA_MAX);
    request->commit_at = -1;
    return request;
}

void gb_pg_request_free(struct gb_pg_request *request)
{
    if (request->on_free != NULL) {
        request->on_free(request);
    }
    gb_arena_close(&request->arena);
    free(request);
}

struct gb_pg_statement *gb_pg_request_add(struct gb_pg_request *request, const char *sql)
{
    struct gb_pg_statement *statement = gb_arena_take(&request->arena, sizeof(*statement));

    GB_CHECK(request->count < GB_PG_STATEMENTS_MAX);
    statement->sql = sql;
    if (strcmp(sql, "COMMIT") == 0) {
        request->commit_at = (int)request->count;
    }
    request->items[request->count++] = statement;
    return statement;
}

struct gb_pg_statement *gb_pg_request_add_prepared(struct gb_pg_request *request,
                                                   const char *sql)
{
    struct gb_pg_statement *statement = gb_pg_request_add(request, sql);

    statement->is_prepared = true;
    return statement;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void unwatch(struct gb_pg *pg)
{
    if (pg->poll != NULL) {
        (void)uv_poll_stop(pg->poll);
        uv_close((uv_handle_t *)pg->poll, free_handle);
        pg->poll = NULL;
    }
}

static void drop(struct gb_pg *pg)
{
    unwatch(pg);
    if (pg->conn != NULL) {
        PQfinish(pg->conn);
        pg->conn = NULL;
    }
    gb_pg_prepared_forget(&pg->prepared);
    pg->state = PG_OFF;
    pg->generation++;
}

static void keep_message(struct gb_pg *pg, const char *text)
{
    size_t len;

    (void)snprintf(pg->message, sizeof(pg->message), "%s", text != NULL ? text : "");
    len = strlen(pg->message);
    while (len > 0 && pg->message[len - 1] == '\n') {
        pg->message[--len] = '\0';
    }
}

/* Calls on_done last: the callback may ask, reset or free. */
static void finish(struct gb_pg *pg)
{
    struct gb_pg_request *request = pg->request;
    enum gb_status status = pg->status;
    char message[sizeof(pg->message)];

    memcpy(message, pg->message, sizeof(message));
    (void)uv_timer_stop(&pg->timer);
    pg->request = NULL;
    if (status == GB_READ_ONLY) {
        drop(pg);
    }
    request->on_done(request, status, gb_str_of(message));
}

static void lose(struct gb_pg *pg, const char *why)
{
    char words[sizeof(pg->message)];

    (void)snprintf(words, sizeof(words), "waits for PostgreSQL: %s", why);
    if (pg->request != NULL && pg->status == GB_OK) {
        pg->status = pg->is_sent && pg->request->commit_at >= 0 ? GB_MAYBE : GB_AWAY;
        keep_message(pg, words);
    }
    drop(pg);
    if (pg->request != NULL) {
        finish(pg);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct gb_pg *pg = timer->data;

    lose(pg, pg->message[0] != '\0' ? pg->message : "no answer in time");
}

static void lose_later(struct gb_pg *pg, const char *why)
{
    keep_message(pg, why);
    (void)uv_timer_start(&pg->timer, on_timer, 0, 0);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static bool watch(struct gb_pg *pg, int events)
{
    if (pg->poll == NULL) {
        pg->poll = calloc(1, sizeof(*pg->poll));
        GB_CHECK(pg->poll != NULL);
        if (uv_poll_init(pg->loop, pg->poll, PQsocket(pg->conn)) != 0) {
            free(pg->poll);
            pg->poll = NULL;
            return false;
        }
        pg->poll->data = pg;
    }
    return uv_poll_start(pg->poll, events, on_poll) == 0;
}

static void on_notice(void *context, const PGresult *result)
{
    struct gb_pg *pg = context;

    pg->notices++;
    if (pg->status == GB_OK) {
        keep_message(pg, PQresultErrorMessage(result));
    }
}

static void flush(struct gb_pg *pg)
{
    int left = PQflush(pg->conn);

    if (left == 0 && pg->request != NULL && pg->is_sent && !pg->is_flushed) {
        pg->is_flushed = true;
        gb_stop_at(pg->request->stop_sent);
    }
    if (left < 0 || !watch(pg, left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE)) {
        lose_later(pg, PQerrorMessage(pg->conn));
    }
}

/* For a stop point only: waits until the socket has taken what libpq holds. */
static void flush_all(struct gb_pg *pg)
{
    struct pollfd socket = {.fd = PQsocket(pg->conn), .events = POLLOUT};

    while (PQflush(pg->conn) == 1) {
        (void)poll(&socket, 1, 1000);
    }
}

static void send_request(struct gb_pg *pg)
{
    struct gb_pg_request *request = pg->request;
    bool is_sent = true;

    pg->statement = 0;
    pg->notices = 0;
    pg->was_null = false;
    pg->is_sent = true;
    pg->is_flushed = false;
    gb_pg_prepared_begin(&pg->prepared);
    for (uint32_t i = 0; i < request->count && is_sent; i++) {
        is_sent = gb_pg_prepared_send(&pg->prepared, pg->conn, request->items[i]);
        if (i == 0 && request->is_single_row) {
            (void)PQsetSingleRowMode(pg->conn);
        }
        if (i == request->count / 2 && gb_stop_is_due(request->stop_half)) {
            flush_all(pg);
            gb_stop_now();
        }
    }
    if (!is_sent || PQpipelineSync(pg->conn) != 1) {
        lose_later(pg, PQerrorMessage(pg->conn));
        return;
    }
    (void)uv_timer_start(&pg->timer, on_timer, ANSWER_MS, 0);
    flush(pg);
}

static void connect_step(struct gb_pg *pg)
{
    PostgresPollingStatusType step;

    unwatch(pg);
    step = PQconnectPoll(pg->conn);
    switch ((int)step) {
    case PGRES_POLLING_OK:
        pg->state = PG_READY;
        (void)uv_timer_stop(&pg->timer);
        (void)PQsetNoticeReceiver(pg->conn, on_notice, pg);
        if (PQsetnonblocking(pg->conn, 1) != 0 || PQenterPipelineMode(pg->conn) != 1) {
            lose(pg, PQerrorMessage(pg->conn));
        } else if (pg->request != NULL) {
            send_request(pg);
        } else {
            flush(pg);
        }
        break;
    case PGRES_POLLING_FAILED:
        lose(pg, PQerrorMessage(pg->conn));
        break;
    default: /* reading or writing */
        if (!watch(pg, step == PGRES_POLLING_READING ? UV_READABLE : UV_WRITABLE)) {
            lose(pg, "the connection's socket cannot be watched");
        }
    }
}

static void begin_connect(struct gb_pg *pg)
{
    static const char *const names[] = {"dbname",           "application_name",
                                        "tcp_user_timeout", "keepalives_idle",
                                        "client_encoding",  "target_session_attrs",
                                        "options",          NULL};
    const char *const values[] = {pg->dsn, "gridbridge", "8000", "5", "UTF8", "read-write",
                                  "-c search_path=gridbridge -c lock_timeout=5s"
                                  " -c idle_in_transaction_session_timeout=5s"
                                  " -c client_min_messages=warning"
                                  " -c plan_cache_mode=force_generic_plan"
                                  " -c enable_seqscan=off", /* pg_sql.h: SQL_FETCH */
                                  NULL};

    pg->conn = PQconnectStartParams(names, values, 1);
    GB_CHECK(pg->conn != NULL);
    pg->state = PG_CONNECTING;
    pg->message[0] = '\0';
    (void)uv_timer_start(&pg->timer, on_timer, CONNECT_MS, 0);
    if (PQstatus(pg->conn) == CONNECTION_BAD || !watch(pg, UV_WRITABLE)) {
        lose_later(pg, PQerrorMessage(pg->conn));
    }
}

static void keep_error(struct gb_pg *pg, const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool has_commit = pg->request->commit_at >= 0;
    bool at_commit = has_commit && (uint32_t)pg->request->commit_at <= pg->statement;
    bool is_lost = severity == NULL || strcmp(severity, "ERROR") != 0;

    if (pg->status != GB_OK || pg->is_rolling_back) {
        return;
    }
    pg->status = gb_pg_status(sqlstate);
    if (has_commit && (is_lost || (at_commit && pg->status != GB_CONFLICT))) {
        pg->status = GB_MAYBE;
    }
    keep_message(pg, PQresultErrorMessage(result));
}

static void check_commit(struct gb_pg *pg, PGresult *result)
{
    if (pg->status == GB_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        pg->status = GB_MAYBE;
        keep_message(pg, "COMMIT was answered by another tag");
    }
}

static void on_result(struct gb_pg *pg, PGresult *result)
{
    struct gb_pg_request *request = pg->request;
    ExecStatusType status = PQresultStatus(result);

    if (!pg->is_rolling_back && gb_pg_prepared_takes(&pg->prepared, result)) {
        return;
    }
    if (status == PGRES_FATAL_ERROR) {
        keep_error(pg, result);
        return;
    }
    if (pg->is_rolling_back || status == PGRES_PIPELINE_ABORTED) {
        return;
    }
    if ((int)pg->statement == request->commit_at) {
        check_commit(pg, result);
    }
    if (PQntuples(result) > 0 && request->on_rows != NULL) {
        request->on_rows(request, pg->statement, result);
    }
}

static void on_sync(struct gb_pg *pg)
{
    if (!pg->is_rolling_back && PQtransactionStatus(pg->conn) != PQTRANS_IDLE) {
        pg->is_rolling_back = true;
        if (pg->status == GB_OK) {
            pg->status = GB_BUG;
            keep_message(pg, "a transaction was left open");
        }
        if (PQsendQueryParams(pg->conn, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0) != 1 ||
            PQpipelineSync(pg->conn) != 1) {
            lose_later(pg, PQerrorMessage(pg->conn));
        }
        return;
    }
    if (pg->status == GB_OK && pg->notices > 0 && pg->request->commit_at >= 0) {
        pg->status = GB_MAYBE;
    }
    finish(pg);
}

/* Takes in all results that have arrived; bounded by what one read brought. */
static void drain(struct gb_pg *pg)
{
    uint32_t generation = pg->generation;

    while (pg->generation == generation && pg->request != NULL && !PQisBusy(pg->conn)) {
        PGresult *result = PQgetResult(pg->conn);

        if (result == NULL) {
            if (pg->was_null) {
                return;
            }
            pg->was_null = true;
            pg->statement += gb_pg_prepared_next(&pg->prepared);
            continue;
        }
        pg->was_null = false;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            on_sync(pg);
            continue;
        }
        on_result(pg, result);
        PQclear(result);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct gb_pg *pg = poll->data;
    uint32_t generation = pg->generation;

    (void)status;
    (void)events; /* a poll error has none: libpq says what is wrong */
    if (pg->state == PG_CONNECTING) {
        connect_step(pg);
        return;
    }
    if (PQconsumeInput(pg->conn) != 1) {
        drain(pg); /* the server's last words */
        if (pg->generation == generation) {
            lose(pg, PQerrorMessage(pg->conn));
        }
        return;
    }
    drain(pg);
    if (pg->generation == generation && pg->state == PG_READY) {
        if (pg->request != NULL && pg->is_sent) {
            (void)uv_timer_start(&pg->timer, on_timer, ANSWER_MS, 0);
        }
        flush(pg);
    }
}

struct gb_pg *gb_pg_new(uv_loop_t *loop, const char *dsn)
{
    struct gb_pg *pg = calloc(1, sizeof(*pg));

    GB_CHECK(pg != NULL);
    pg->loop = loop;
    pg->dsn = strdup(dsn);
    GB_CHECK(pg->dsn != NULL);
    (void)uv_timer_init(loop, &pg->timer);
    pg->timer.data = pg;
    return pg;
}

bool gb_pg_is_asking(const struct gb_pg *pg, uint64_t ticket)
{
    return pg->request != NULL && pg->request->ticket == ticket;
}

void gb_pg_ask(struct gb_pg *pg, struct gb_pg_request *request)
{
    GB_CHECK(pg->request == NULL);
    pg->request = request;
    pg->is_sent = false;
    pg->is_rolling_back = false;
    pg->status = GB_OK;
    pg->message[0] = '\0';
    if (pg->state == PG_READY) {
        send_request(pg);
    } else if (pg->state == PG_OFF) {
        begin_connect(pg);
    }
}

void gb_pg_reset(struct gb_pg *pg)
{
    struct gb_pg_request *request = pg->request;

    pg->request = NULL;
    (void)uv_timer_stop(&pg->timer);
    drop(pg);
    if (request != NULL) {
        gb_pg_request_free(request);
    }
}

static void free_pg(uv_handle_t *timer)
{
    struct gb_pg *pg = timer->data;

    free(pg->dsn);
    free(pg);
}

void gb_pg_free(struct gb_pg *pg)
{
    gb_pg_reset(pg);
    uv_close((uv_handle_t *)&pg->timer, free_pg);
}
