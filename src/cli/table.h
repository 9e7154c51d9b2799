/* Data on stdout: rows of named columns as an aligned table, as JSON, as JSON Lines, or as CSV. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/arena.h"
#include "cli/command.h"

#define GB_TABLE_COLUMNS_MAX 12

/* Numbers and truths stand bare in JSON and to the right in a table. */
enum gb_column_kind { GB_COLUMN_TEXT, GB_COLUMN_NUMBER, GB_COLUMN_TRUTH };

struct gb_column {
    const char *name; /* columns of one table are sorted by no rule: they stand as given */
    enum gb_column_kind kind;
};

struct gb_table_out {
    const struct gb_column *columns;
    size_t columns_count;
    struct gb_arena *arena;       /* borrowed; cells live there */
    struct gb_str (*rows)[GB_TABLE_COLUMNS_MAX]; /* owned */
    size_t count, size;
};

/* An empty table. */
void gb_table_init(struct gb_table_out *table, struct gb_arena *arena,
                   const struct gb_column *columns, size_t columns_count);
void gb_table_close(struct gb_table_out *table);

/* Adds a row of columns_count cells (absent: "-" or null); copies them. */
void gb_table_add(struct gb_table_out *table, const struct gb_str *cells);

/* Writes it in the form that the arguments ask for: JSON is one array of objects,
 * JSON Lines an object a line, CSV (RFC 4180) has a header and no mark for an absent cell. */
void gb_table_print(const struct gb_table_out *table, const struct gb_args *args);

#endif
