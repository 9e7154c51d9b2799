/* PostgreSQL for short-lived commands: one connection, one statement after the other, each answer
 * awaited. The daemon never uses this. */
#ifndef SHELL_TOOL_PG_H
#define SHELL_TOOL_PG_H

#include <stdint.h>

#include "base/arena.h"
#include "base/check.h"
#include "gridbridge/err.h"

struct gb_tool_pg;
struct gb_tool_rows;

/* Connects within ten seconds. AWAY, with the server's words but never the password. */
enum gb_status gb_tool_pg_open(const char *dsn, struct gb_tool_pg **pg,
                               struct gb_err *err) GB_MUST_CHECK;
void gb_tool_pg_close(struct gb_tool_pg *pg); /* NULL is fine */

/* One statement with $1 ... as text (absent: NULL); several without parameters, split by
 * semicolons. rows may be NULL; otherwise freed with gb_tool_rows_free. */
enum gb_status gb_tool_pg_ask(struct gb_tool_pg *pg, const char *sql, const struct gb_str *params,
                              size_t params_count, struct gb_tool_rows **rows) GB_MUST_CHECK;
/* What the last failed statement said. */
void gb_tool_pg_why(const struct gb_tool_pg *pg, struct gb_err *err);

void gb_tool_rows_free(struct gb_tool_rows *rows); /* NULL is fine */
size_t gb_tool_rows_count(const struct gb_tool_rows *rows);
/* One cell in text form; borrows from rows; absent where NULL. */
struct gb_str gb_tool_rows_text(const struct gb_tool_rows *rows, size_t row, size_t column);
int64_t gb_tool_rows_int(const struct gb_tool_rows *rows, size_t row, size_t column);
/* A bytea cell as bytes in the arena; absent where NULL. */
struct gb_str gb_tool_rows_bytes(struct gb_arena *arena, const struct gb_tool_rows *rows,
                                 size_t row, size_t column);

/* "\x..." of bytes for a bytea parameter, in the arena. */
struct gb_str gb_tool_pg_hex(struct gb_arena *arena, struct gb_str bytes);

#endif
