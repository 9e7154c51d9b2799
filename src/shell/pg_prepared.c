/* See the header. */
#include "shell/pg_prepared.h"

#include <stdio.h>

#include "base/check.h"

enum { NAME_MAX_LEN = 16, NOT_THERE = -1 };

void gb_pg_prepared_forget(struct gb_pg_prepared *p)
{
    uint32_t numbers = p->numbers;

    *p = (struct gb_pg_prepared){.numbers = numbers};
}

void gb_pg_prepared_begin(struct gb_pg_prepared *p)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < p->count; i++) {
        if (p->items[i].state == GB_PG_NAME_KNOWN) {
            p->items[kept++] = p->items[i];
        }
    }
    p->count = kept;
    p->commands_count = p->commands_done = 0;
}

static int find(const struct gb_pg_prepared *p, const char *sql)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->items[i].sql == sql) {
            return (int)i;
        }
    }
    return NOT_THERE;
}

static void note(struct gb_pg_prepared *p, int what)
{
    GB_CHECK(p->commands_count < GB_PG_COMMANDS_MAX);
    p->commands[p->commands_count++] = what;
}

static const char *name_of(const struct gb_pg_prepared *p, int item, char *name)
{
    (void)snprintf(name, NAME_MAX_LEN, "gb%u", p->items[item].number);
    return name;
}

/* Asks for a preparation; gives its item, or -1 where libpq refused. */
static int prepare(struct gb_pg_prepared *p, PGconn *conn, const struct gb_pg_statement *s)
{
    char name[NAME_MAX_LEN];
    int item = (int)p->count;

    p->items[p->count].sql = s->sql;
    p->items[p->count].number = ++p->numbers;
    p->items[p->count].state = GB_PG_NAME_ASKED;
    p->count++;
    note(p, item);
    return PQsendPrepare(conn, name_of(p, item, name), s->sql, s->count, s->types) == 1 ? item
                                                                                        : NOT_THERE;
}

static bool send_plain(struct gb_pg_prepared *p, PGconn *conn, const struct gb_pg_statement *s)
{
    note(p, NOT_THERE);
    return PQsendQueryParams(conn, s->sql, s->count, s->types, s->values, s->lens, s->formats, 0) ==
           1;
}

static bool send_prepared(struct gb_pg_prepared *p, PGconn *conn, const struct gb_pg_statement *s,
                          int item)
{
    char name[NAME_MAX_LEN];

    note(p, NOT_THERE);
    return PQsendQueryPrepared(conn, name_of(p, item, name), s->count, s->values, s->lens,
                               s->formats, 0) == 1;
}

bool gb_pg_prepared_send(struct gb_pg_prepared *p, PGconn *conn, const struct gb_pg_statement *s)
{
    int item = find(p, s->sql);

    if (!s->is_prepared || (item == NOT_THERE && p->count == GB_PG_PREPARED_MAX)) {
        return send_plain(p, conn, s);
    }
    if (item == NOT_THERE) {
        item = prepare(p, conn, s);
    }
    return item != NOT_THERE && send_prepared(p, conn, s, item);
}

bool gb_pg_prepared_takes(struct gb_pg_prepared *p, const PGresult *result)
{
    int item = p->commands_done < p->commands_count ? p->commands[p->commands_done] : NOT_THERE;

    if (item == NOT_THERE || PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        return false;
    }
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        p->items[item].state = GB_PG_NAME_KNOWN;
    }
    return PQresultStatus(result) != PGRES_FATAL_ERROR;
}

bool gb_pg_prepared_next(struct gb_pg_prepared *p)
{
    return p->commands_done == p->commands_count || p->commands[p->commands_done++] == NOT_THERE;
}
