/* db status|migrate: the files of schemas/sql against what the database says was applied. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "shell/files.h"
#include "shell/tool_migrate.h"

struct migrations {
    struct gb_session session;
    struct gb_arena arena;
    struct gb_migrations all;
};

static enum gb_exit begin(struct migrations *m, const struct gb_args *args)
{
    const char *folder = gb_args_get(args, "--sql");
    struct gb_files files;
    struct gb_err err;
    enum gb_exit code;

    memset(m, 0, sizeof(*m));
    gb_arena_init(&m->arena, (size_t)64 << 20);
    if (gb_files_read(folder != NULL ? folder : "schemas/sql", &m->arena, &files, &err) != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    code = gb_session_open(&m->session, args);
    if (code == GB_EXIT_OK &&
        gb_tool_migrations(m->session.pg, &m->arena, &files, &m->all, &err) != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    if (code == GB_EXIT_OK && m->all.count == 0) {
        fputs("gridbridge: no migrations there; say where: --sql DIR\n", args->talk);
        code = GB_EXIT_CONFIG;
    }
    return code;
}

static void end(struct migrations *m)
{
    gb_session_end(&m->session);
    gb_arena_close(&m->arena);
}

enum gb_exit gb_cli_db_status(const struct gb_args *args)
{
    static const struct gb_column COLUMNS[] = {
        {"version", GB_COLUMN_NUMBER}, {"file", GB_COLUMN_TEXT}, {"state", GB_COLUMN_TEXT}};
    static const char *const WORDS[] = {"applied", "pending", "changed since"};
    struct migrations m;
    struct gb_table_out table;
    enum gb_exit code = begin(&m, args);

    if (code == GB_EXIT_OK) {
        gb_table_init(&table, &m.arena, COLUMNS, GB_COUNT(COLUMNS));
        for (size_t i = 0; i < m.all.count; i++) {
            const struct gb_migration *each = &m.all.items[i];
            struct gb_str cells[] = {gb_arena_printf(&m.arena, "%" PRId64, each->version),
                                     each->file->name, gb_str_of(WORDS[each->state])};

            gb_table_add(&table, cells);
            code = each->state == GB_MIGRATION_APPLIED ? code : GB_EXIT_NO;
        }
        gb_table_print(&table, args);
        gb_table_close(&table);
    }
    end(&m);
    return code;
}

enum gb_exit gb_cli_db_migrate(const struct gb_args *args)
{
    struct migrations m;
    struct gb_err err;
    enum gb_exit code = begin(&m, args);

    for (size_t i = 0; i < m.all.count && code == GB_EXIT_OK; i++) {
        const struct gb_migration *each = &m.all.items[i];

        if (gb_tool_migrate(m.session.pg, each, &err) != GB_OK) {
            code = gb_cli_fail(args, &err);
            code = err.status == GB_DIFFERS ? GB_EXIT_DATA : code;
        } else if (each->state == GB_MIGRATION_PENDING) {
            fprintf(args->out, "applied %.*s\n", GB_STR_ARG(each->file->name));
        }
    }
    end(&m);
    return code;
}
