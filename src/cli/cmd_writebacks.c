/* writebacks list: of each source, whether it is live and what came of what it was told, over all
 * lanes. */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "shell/tool_store.h"

static void list(const struct gb_args *args, const struct gb_tool_rows *rows)
{
    static const struct gb_column COLUMNS[] = {
        {"source", GB_COLUMN_TEXT},      {"mode", GB_COLUMN_TEXT},
        {"sent", GB_COLUMN_NUMBER},      {"accepted", GB_COLUMN_NUMBER},
        {"confirmed", GB_COLUMN_NUMBER}, {"refused", GB_COLUMN_NUMBER},
        {"expired", GB_COLUMN_NUMBER},   {"suppressed", GB_COLUMN_NUMBER},
        {"echoes", GB_COLUMN_NUMBER},    {"saved", GB_COLUMN_NUMBER}};
    struct gb_table_out table;
    struct gb_arena arena;

    gb_arena_init(&arena, (size_t)1 << 20);
    gb_table_init(&table, &arena, COLUMNS, GB_COUNT(COLUMNS));
    for (size_t i = 0; i < gb_tool_rows_count(rows); i++) {
        struct gb_str cells[GB_COUNT(COLUMNS)];

        for (size_t c = 0; c < GB_COUNT(COLUMNS); c++) {
            cells[c] = gb_tool_rows_text(rows, i, c);
        }
        gb_table_add(&table, cells);
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    gb_arena_close(&arena);
}

enum gb_exit gb_cli_writebacks_list(const struct gb_args *args)
{
    struct gb_session session;
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code = gb_session_open(&session, args);

    if (code == GB_EXIT_OK) {
        if (gb_tool_writebacks(session.pg, &rows) != GB_OK) {
            code = gb_session_fail(&session, args);
        } else {
            list(args, rows);
        }
    }
    gb_tool_rows_free(rows);
    gb_session_end(&session);
    return code;
}
