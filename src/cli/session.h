/* What most commands need before they can ask anything: a connection to PostgreSQL. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/arena.h"
#include "cli/command.h"
#include "shell/tool_pg.h"

/* Option of every command that opens a session. */
#define GB_SESSION_OPTION                                                                          \
    {"--postgres", "DSN", "connection string; passwords belong in ~/.pgpass"}

struct gb_session {
    struct gb_tool_pg *pg; /* NULL until gb_session_open */
};

/* Connects. On failure says why; gb_session_end is due either way. */
enum gb_exit gb_session_open(struct gb_session *session, const struct gb_args *args);
void gb_session_end(struct gb_session *session);

/* A query, and how its rows are told. */
struct gb_session_query {
    enum gb_status (*ask)(struct gb_tool_pg *pg, struct gb_tool_rows **rows);
    void (*print)(const struct gb_args *args, const struct gb_tool_rows *rows);
};
/* Opens a session, asks and prints: a whole command. */
enum gb_exit gb_session_list(const struct gb_args *args, const struct gb_session_query *query);
/* Each row as it came, under columns of the same number and order. */
struct gb_column;
void gb_session_print(const struct gb_args *args, const struct gb_column *columns,
                      size_t columns_count, const struct gb_tool_rows *rows);

/* Says what the database said. */
enum gb_exit gb_session_fail(const struct gb_session *session, const struct gb_args *args);

#endif
