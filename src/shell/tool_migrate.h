/* Migrations: the files NNNN_name.sql of a folder against what the database says was applied. */
#ifndef SHELL_TOOL_MIGRATE_H
#define SHELL_TOOL_MIGRATE_H

#include "codec/files.h"
#include "shell/tool_pg.h"

enum gb_migration_state { GB_MIGRATION_APPLIED, GB_MIGRATION_PENDING, GB_MIGRATION_CHANGED };

struct gb_migration {
    const struct gb_file *file;
    int64_t version;          /* NNNN */
    struct gb_str sha256;     /* hex, of the file's bytes */
    enum gb_migration_state state;
};

struct gb_migrations {
    struct gb_migration *items; /* by version, in the arena */
    size_t count;
};

/* Reads what is applied; files of other names are left out. All is pending where the schema is not
 * there yet. */
enum gb_status gb_tool_migrations(struct gb_tool_pg *pg, struct gb_arena *arena,
                                  const struct gb_files *files, struct gb_migrations *migrations,
                                  struct gb_err *err) GB_MUST_CHECK;

/* Applies one that is pending in a transaction of its own and writes it down; two at once wait for
 * each other. DIFFERS for one that was changed after it was applied. An applied one is fine. */
enum gb_status gb_tool_migrate(struct gb_tool_pg *pg, const struct gb_migration *migration,
                               struct gb_err *err) GB_MUST_CHECK;

/* Both of the above for a whole folder. */
enum gb_status gb_tool_migrate_all(struct gb_tool_pg *pg, const struct gb_files *files,
                                   struct gb_err *err) GB_MUST_CHECK;

#endif
