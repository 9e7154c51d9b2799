/* The database's side of setting up: migrations and stream ids. */
#include "shell/admin.h"

#include "base/hash.h"

static enum gb_status fail_pg(const struct gb_tool_pg *pg, struct gb_err *err)
{
    gb_tool_pg_why(pg, err);
    return err->status;
}

static enum gb_status run(struct gb_tool_pg *pg, const char *sql, struct gb_err *err)
{
    return gb_tool_pg_ask(pg, sql, NULL, 0, NULL) == GB_OK ? GB_OK : fail_pg(pg, err);
}

enum gb_status gb_admin_streams(struct gb_tool_pg *pg, const char *prefix, struct gb_arena *arena,
                                struct gb_str streams[GB_TOPIC_COUNT], struct gb_err *err)
{
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        struct gb_str word = gb_topic_word((enum gb_topic)t);
        struct gb_str topic = gb_arena_printf(arena, "%s%.*s", prefix, GB_STR_ARG(word));
        struct gb_tool_rows *rows = NULL;

        if (gb_tool_pg_ask(pg, "SELECT gb_stream FROM gridbridge.stream WHERE topic = $1", &topic,
                           1, &rows) != GB_OK) {
            return fail_pg(pg, err);
        }
        streams[t] = gb_tool_rows_count(rows) == 0
                         ? GB_STR_NONE
                         : gb_arena_str(arena, gb_tool_rows_text(rows, 0, 0));
        gb_tool_rows_free(rows);
        if (!gb_str_is(streams[t])) {
            return gb_fail(err, GB_NOT_FOUND, "topic %.*s has no stream id: create the topics",
                           GB_STR_ARG(topic));
        }
    }
    return GB_OK;
}

static bool is_sql(struct gb_str name)
{
    return name.len > 8 && memcmp(name.ptr + name.len - 4, ".sql", 4) == 0;
}

/* The hash under which a migration is recorded, absent if it is not. */
static enum gb_status find_known(struct gb_tool_pg *pg, struct gb_str version,
                                 struct gb_arena *arena, struct gb_str *known, struct gb_err *err)
{
    struct gb_tool_rows *rows = NULL;
    bool has_table;

    *known = GB_STR_NONE;
    if (gb_tool_pg_ask(pg, "SELECT 1 WHERE to_regclass('gridbridge.migration') IS NOT NULL", NULL,
                       0, &rows) != GB_OK) {
        return fail_pg(pg, err);
    }
    has_table = gb_tool_rows_count(rows) > 0;
    gb_tool_rows_free(rows);
    if (!has_table) {
        return GB_OK;
    }
    if (gb_tool_pg_ask(pg, "SELECT sha256 FROM gridbridge.migration WHERE version = $1::int",
                       &version, 1, &rows) != GB_OK) {
        return fail_pg(pg, err);
    }
    if (gb_tool_rows_count(rows) > 0) {
        *known = gb_arena_str(arena, gb_tool_rows_text(rows, 0, 0));
    }
    gb_tool_rows_free(rows);
    return GB_OK;
}

/* Statements of one migration and its record, within a transaction. */
static enum gb_status apply_inside(struct gb_tool_pg *pg, struct gb_str sql,
                                   const struct gb_str params[3], struct gb_err *err)
{
    enum gb_status status = run(pg, sql.ptr, err);

    if (status == GB_OK &&
        gb_tool_pg_ask(pg,
                       "INSERT INTO gridbridge.migration (version, name, sha256)"
                       " VALUES ($1::int, $2, $3)",
                       params, 3, NULL) != GB_OK) {
        status = fail_pg(pg, err);
    }
    return status;
}

/* One migration ("0001_base.sql") unless it is recorded. */
static enum gb_status apply(struct gb_tool_pg *pg, const struct gb_file *file,
                            struct gb_arena *arena, struct gb_err *err)
{
    struct gb_hash hash = gb_hash_of(GB_SHA256, file->bytes);
    const struct gb_str params[3] = {
        {file->name.ptr, 4}, file->name, gb_hash_hex(arena, &hash)};
    struct gb_str known;
    struct gb_err ignored; /* the first error counts */
    enum gb_status status = find_known(pg, params[0], arena, &known, err);

    if (status == GB_OK && gb_str_is(known)) {
        return gb_str_eq(known, params[2])
                   ? GB_OK
                   : gb_fail(err, GB_DIFFERS, "%.*s was changed after it was applied",
                             GB_STR_ARG(file->name));
    }
    if (status == GB_OK) {
        status = run(pg, "BEGIN", err);
    }
    if (status == GB_OK) {
        status = apply_inside(pg, gb_arena_str(arena, file->bytes), params, err);
    }
    if (status != GB_OK) {
        (void)gb_prefix(err, "%.*s", GB_STR_ARG(file->name));
        return run(pg, "ROLLBACK", &ignored) == GB_OK ? status : GB_AWAY;
    }
    return run(pg, "COMMIT", err);
}

enum gb_status gb_admin_migrate(struct gb_tool_pg *pg, const struct gb_files *files,
                                struct gb_err *err)
{
    struct gb_arena arena;
    enum gb_status status = GB_OK;

    gb_arena_init(&arena, (size_t)256 << 20);
    for (size_t i = 0; status == GB_OK && i < files->count; i++) {
        if (is_sql(files->items[i].name)) {
            status = apply(pg, &files->items[i], &arena, err);
        }
    }
    gb_arena_close(&arena);
    return status;
}
