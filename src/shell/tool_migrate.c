/* Forward only; each file in one transaction with its record. */
#include "shell/tool_migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"

static enum gb_status fail_pg(const struct gb_tool_pg *pg, struct gb_err *err)
{
    gb_tool_pg_why(pg, err);
    return err->status;
}

/* 0: no migration. */
static int64_t version_of(struct gb_arena *arena, struct gb_str name)
{
    bool is_sql = name.len > 8 && memcmp(name.ptr + name.len - 4, ".sql", 4) == 0;
    char *end;
    int64_t version = is_sql ? strtoll(gb_arena_str(arena, name).ptr, &end, 10) : 0;

    return version > 0 && *end == '_' ? version : 0;
}

static enum gb_migration_state state_of(const struct gb_tool_rows *applied,
                                        const struct gb_migration *m)
{
    for (size_t i = 0; applied != NULL && i < gb_tool_rows_count(applied); i++) {
        if (gb_tool_rows_int(applied, i, 0) == m->version) {
            return gb_str_eq(gb_tool_rows_text(applied, i, 1), m->sha256) ? GB_MIGRATION_APPLIED
                                                                          : GB_MIGRATION_CHANGED;
        }
    }
    return GB_MIGRATION_PENDING;
}

/* rows: NULL where the schema is not there yet. */
static enum gb_status ask_applied(struct gb_tool_pg *pg, struct gb_tool_rows **rows)
{
    struct gb_tool_rows *found;
    bool is_there;
    enum gb_status status = gb_tool_pg_ask(
        pg, "SELECT 1 WHERE to_regclass('gridbridge.migration') IS NOT NULL", NULL, 0, &found);

    if (status != GB_OK) {
        return status;
    }
    is_there = gb_tool_rows_count(found) > 0;
    gb_tool_rows_free(found);
    *rows = NULL;
    return is_there ? gb_tool_pg_ask(pg, "SELECT version, sha256 FROM gridbridge.migration", NULL,
                                     0, rows)
                    : GB_OK;
}

enum gb_status gb_tool_migrations(struct gb_tool_pg *pg, struct gb_arena *arena,
                                  const struct gb_files *files, struct gb_migrations *migrations,
                                  struct gb_err *err)
{
    struct gb_migration *items = gb_arena_take(arena, (files->count + 1) * sizeof(items[0]));
    struct gb_tool_rows *applied;
    size_t count = 0;

    if (ask_applied(pg, &applied) != GB_OK) {
        return fail_pg(pg, err);
    }
    for (size_t i = 0; i < files->count; i++) { /* by name, so by version */
        struct gb_migration m = {.file = &files->items[i],
                                 .version = version_of(arena, files->items[i].name)};
        struct gb_hash hash = gb_hash_of(GB_SHA256, files->items[i].bytes);

        if (m.version > 0) {
            m.sha256 = gb_hash_hex(arena, &hash);
            m.state = state_of(applied, &m);
            items[count++] = m;
        }
    }
    gb_tool_rows_free(applied);
    *migrations = (struct gb_migrations){items, count};
    return GB_OK;
}

static enum gb_status apply(struct gb_tool_pg *pg, const struct gb_migration *m)
{
    char version[24];
    struct gb_str params[] = {{version, 0}, m->file->name, m->sha256};
    struct gb_buf sql = {0};
    enum gb_status status = gb_tool_pg_ask(
        pg, "BEGIN; SELECT pg_advisory_xact_lock(hashtext('gridbridge.migration'))", NULL, 0, NULL);

    if (status != GB_OK) {
        return status;
    }
    params[0].len = (size_t)snprintf(version, sizeof(version), "%" PRId64, m->version);
    gb_buf_add_str(&sql, m->file->bytes);
    gb_buf_add_char(&sql, '\0');
    status = gb_tool_pg_ask(pg, sql.bytes, NULL, 0, NULL);
    gb_buf_close(&sql);
    if (status == GB_OK) {
        status = gb_tool_pg_ask(
            pg, "INSERT INTO gridbridge.migration (version, name, sha256) VALUES ($1::int, $2, $3)",
            params, GB_COUNT(params), NULL);
    }
    return status == GB_OK ? gb_tool_pg_ask(pg, "COMMIT", NULL, 0, NULL) : status;
}

enum gb_status gb_tool_migrate(struct gb_tool_pg *pg, const struct gb_migration *migration,
                               struct gb_err *err)
{
    struct gb_str name = migration->file->name;

    if (migration->state == GB_MIGRATION_CHANGED) {
        return gb_fail(err, GB_DIFFERS, "%.*s was changed after it was applied; nothing done",
                       GB_STR_ARG(name));
    }
    if (migration->state == GB_MIGRATION_PENDING && apply(pg, migration) != GB_OK) {
        (void)fail_pg(pg, err);
        (void)!gb_tool_pg_ask(pg, "ROLLBACK", NULL, 0, NULL); /* the first error counts */
        return gb_prefix(err, "%.*s", GB_STR_ARG(name));
    }
    return GB_OK;
}

enum gb_status gb_tool_migrate_all(struct gb_tool_pg *pg, const struct gb_files *files,
                                   struct gb_err *err)
{
    struct gb_arena arena;
    struct gb_migrations all = {0};
    enum gb_status status;

    gb_arena_init(&arena, (size_t)256 << 20);
    status = gb_tool_migrations(pg, &arena, files, &all, err);
    for (size_t i = 0; i < all.count && status == GB_OK; i++) {
        status = gb_tool_migrate(pg, &all.items[i], err);
    }
    gb_arena_close(&arena);
    return status;
}
