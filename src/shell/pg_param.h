/* Parameters of statements, copied into the request's arena but for those that are lent; arrays in
 * PostgreSQL's binary format (array_recv: dimensions, flags, element type, then length and bytes of
 * each element). */
#ifndef SHELL_PG_PARAM_H
#define SHELL_PG_PARAM_H

#include "base/hash.h"
#include "shell/pg.h"

/* Each appends one parameter to statement; absent strings are NULL. */
void gb_pg_add_int(struct gb_pg_request *request, struct gb_pg_statement *statement,
                   int64_t number);
void gb_pg_add_text(struct gb_pg_request *request, struct gb_pg_statement *statement,
                    struct gb_str text);
void gb_pg_add_bytes(struct gb_pg_request *request, struct gb_pg_statement *statement,
                     struct gb_str bytes);
/* The same, borrowed until the request is freed: for what is long. */
void gb_pg_lend_text(struct gb_pg_statement *statement, struct gb_str text);
void gb_pg_lend_bytes(struct gb_pg_statement *statement, struct gb_str bytes);
void gb_pg_add_ints(struct gb_pg_request *request, struct gb_pg_statement *statement,
                    const int64_t *numbers, uint32_t count);
void gb_pg_add_texts(struct gb_pg_request *request, struct gb_pg_statement *statement,
                     const struct gb_str *texts, uint32_t count);

/* Fields of a result asked for in text format. Borrow from the result; absent where NULL. */
struct gb_str gb_pg_get_text(const PGresult *result, int row, int column);
int64_t gb_pg_get_int(const PGresult *result, int row, int column, int64_t otherwise);
/* Bytes of a bytea column ("\x..."), in the arena. */
struct gb_str gb_pg_get_bytes(struct gb_arena *arena, const PGresult *result, int row, int column);
/* Up to count numbers of "{1,2,3}"; the rest 0. */
void gb_pg_get_ints(const PGresult *result, int row, int column, int64_t *numbers,
                    uint32_t count);

#endif
