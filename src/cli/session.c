/* Sessions of commands. */
#include "cli/session.h"

#include "cli/settings.h"
#include "cli/table.h"

#define PRINT_MAX ((size_t)256 << 20)

static enum gb_exit open_configured(struct gb_session *session, const struct gb_args *args,
                                    const char *path, struct gb_err *err)
{
    struct gb_settings settings;
    enum gb_exit code = gb_settings_read(&settings, args, path, args->talk);
    const char *dsn = code == GB_EXIT_OK ? gb_settings_dsn(&settings, args) : NULL;

    if (code == GB_EXIT_OK && dsn == NULL) {
        code = GB_EXIT_CONFIG;
    } else if (dsn != NULL && gb_tool_pg_open(dsn, &session->pg, err) != GB_OK) {
        code = gb_cli_fail(args, err);
    }
    gb_settings_close(&settings);
    return code;
}

enum gb_exit gb_session_open(struct gb_session *session, const struct gb_args *args)
{
    const char *dsn = gb_args_get(args, "--postgres");
    const char *path = gb_settings_path(args);
    struct gb_err err;

    session->pg = NULL;
    if (dsn == NULL && path != NULL) {
        return open_configured(session, args, path, &err);
    }
    if (dsn == NULL) {
        return gb_cli_misused(args, "needs -c FILE or --postgres DSN");
    }
    return gb_tool_pg_open(dsn, &session->pg, &err) == GB_OK ? GB_EXIT_OK
                                                             : gb_cli_fail(args, &err);
}

void gb_session_end(struct gb_session *session)
{
    gb_tool_pg_close(session->pg);
    session->pg = NULL;
}

enum gb_exit gb_session_list(const struct gb_args *args, const struct gb_session_query *query)
{
    struct gb_session session;
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code = gb_session_open(&session, args);

    if (code == GB_EXIT_OK && query->ask(session.pg, &rows) != GB_OK) {
        code = gb_session_fail(&session, args);
    } else if (code == GB_EXIT_OK) {
        query->print(args, rows);
    }
    gb_tool_rows_free(rows);
    gb_session_end(&session);
    return code;
}

void gb_session_print(const struct gb_args *args, const struct gb_column *columns,
                      size_t columns_count, const struct gb_tool_rows *rows)
{
    struct gb_table_out table;
    struct gb_arena arena;

    gb_arena_init(&arena, PRINT_MAX);
    gb_table_init(&table, &arena, columns, columns_count);
    for (size_t i = 0; i < gb_tool_rows_count(rows); i++) {
        struct gb_str cells[GB_TABLE_COLUMNS_MAX];

        for (size_t c = 0; c < columns_count; c++) {
            cells[c] = gb_tool_rows_text(rows, i, c);
        }
        gb_table_add(&table, cells);
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    gb_arena_close(&arena);
}

enum gb_exit gb_session_fail(const struct gb_session *session, const struct gb_args *args)
{
    struct gb_err err;

    gb_tool_pg_why(session->pg, &err);
    return gb_cli_fail(args, &err);
}
