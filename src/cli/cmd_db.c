/* db status|migrate: the files of schemas/sql against what the database says was applied. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "shell/files.h"
#include "shell/tool_store.h"

struct migrations {
    struct gb_session session;
    struct gb_arena arena;
    struct gb_files files;
    struct gb_tool_rows *applied;
};

enum state { APPLIED, PENDING, CHANGED };

static int64_t version_of(const struct gb_file *file)
{
    return strtoll(file->name.ptr, NULL, 10); /* arena strings end with a 0 byte */
}

static struct gb_str sha256_of(struct gb_arena *arena, const struct gb_file *file)
{
    struct gb_hash hash = gb_hash_of(GB_SHA256, file->bytes);

    return gb_hash_hex(arena, &hash);
}

static enum state state_of(struct migrations *m, const struct gb_file *file)
{
    for (size_t i = 0; i < gb_tool_rows_count(m->applied); i++) {
        if (gb_tool_rows_int(m->applied, i, 0) == version_of(file)) {
            return gb_str_eq(gb_tool_rows_text(m->applied, i, 1), sha256_of(&m->arena, file))
                       ? APPLIED
                       : CHANGED;
        }
    }
    return PENDING;
}

static bool is_migration(const struct gb_file *file)
{
    return file->name.len > 4 && strcmp(file->name.ptr + file->name.len - 4, ".sql") == 0 &&
           version_of(file) > 0;
}

/* Keeps the files called NNNN_name.sql. */
static void keep_migrations(struct migrations *m)
{
    struct gb_file *kept = gb_arena_take(&m->arena, (m->files.count + 1) * sizeof(kept[0]));
    size_t count = 0;

    for (size_t i = 0; i < m->files.count; i++) {
        if (is_migration(&m->files.items[i])) {
            kept[count++] = m->files.items[i];
        }
    }
    m->files = (struct gb_files){kept, count};
}

static enum gb_exit begin(struct migrations *m, const struct gb_args *args)
{
    const char *folder = gb_args_get(args, "--sql");
    struct gb_err err;
    enum gb_exit code;

    memset(m, 0, sizeof(*m));
    gb_arena_init(&m->arena, (size_t)64 << 20);
    if (gb_files_read(folder != NULL ? folder : "schemas/sql", &m->arena, &m->files, &err) !=
        GB_OK) {
        return gb_cli_fail(args, &err);
    }
    keep_migrations(m);
    if (m->files.count == 0) {
        fputs("gridbridge: no migrations there; say where: --sql DIR\n", args->talk);
        return GB_EXIT_CONFIG;
    }
    code = gb_session_open(&m->session, args);
    if (code == GB_EXIT_OK && gb_tool_migrations(m->session.pg, &m->applied) != GB_OK) {
        code = gb_session_fail(&m->session, args);
    }
    return code;
}

static void end(struct migrations *m)
{
    gb_tool_rows_free(m->applied);
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
        for (size_t i = 0; i < m.files.count; i++) {
            enum state state = state_of(&m, &m.files.items[i]);
            struct gb_str cells[] = {
                gb_arena_printf(&m.arena, "%" PRId64, version_of(&m.files.items[i])),
                m.files.items[i].name, gb_str_of(WORDS[state])};

            gb_table_add(&table, cells);
            code = state == APPLIED ? code : GB_EXIT_NO;
        }
        gb_table_print(&table, args);
        gb_table_close(&table);
    }
    end(&m);
    return code;
}

static enum gb_exit migrate_one(struct migrations *m, const struct gb_args *args,
                                const struct gb_file *file)
{
    enum state state = state_of(m, file);
    struct gb_str version = gb_arena_printf(&m->arena, "%" PRId64, version_of(file));

    if (state == CHANGED) {
        fprintf(args->talk, "gridbridge: %.*s was applied with other bytes; nothing done\n",
                GB_STR_ARG(file->name));
        return GB_EXIT_DATA;
    }
    if (state == APPLIED) {
        return GB_EXIT_OK;
    }
    if (gb_tool_migrate(m->session.pg, version, file, sha256_of(&m->arena, file)) != GB_OK) {
        fprintf(args->talk, "gridbridge: %.*s:\n", GB_STR_ARG(file->name));
        return gb_session_fail(&m->session, args);
    }
    fprintf(args->out, "applied %.*s\n", GB_STR_ARG(file->name));
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_db_migrate(const struct gb_args *args)
{
    struct migrations m;
    enum gb_exit code = begin(&m, args);

    for (size_t i = 0; i < m.files.count && code == GB_EXIT_OK; i++) {
        code = migrate_one(&m, args, &m.files.items[i]);
    }
    end(&m);
    return code;
}
