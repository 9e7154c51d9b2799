/* check policy|mapping DIR, check refuse FILE: every mistake of every file as file:line:col on
 * stdout; exit 78 where there is one. Opens no socket. */
#include "cli/bundle.h"
#include "cli/commands.h"
#include "codec/mapping.h"
#include "shell/files.h"
#include "shell/tool_files.h"

#define ARENA_MAX ((size_t)512 << 20)

static enum gb_exit report(const struct gb_args *args, const char *folder,
                           const struct gb_mistakes *mistakes)
{
    if (mistakes->count == 0) {
        return GB_EXIT_OK;
    }
    (void)fwrite(mistakes->lines.bytes, 1, mistakes->lines.len, args->out);
    fprintf(args->talk, "gridbridge: %u mistake%s in %s\n", mistakes->count,
            mistakes->count == 1 ? "" : "s", folder);
    return GB_EXIT_CONFIG;
}

/* The folder's path without slashes at its end. */
static const char *folder_of(const struct gb_args *args, struct gb_arena *arena)
{
    struct gb_str path = gb_str_of(args->words[0]);

    while (path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    return gb_arena_str(arena, path).ptr;
}

enum gb_exit gb_cli_check_policy(const struct gb_args *args)
{
    struct gb_arena arena;
    struct gb_bundle_read bundle;
    enum gb_exit code;

    gb_arena_init(&arena, ARENA_MAX);
    code = gb_bundle_read(&bundle, &arena, args);
    if (code == GB_EXIT_OK) {
        code = report(args, folder_of(args, &arena), &bundle.mistakes);
        (void)fwrite(bundle.notes.lines.bytes, 1, bundle.notes.lines.len, args->talk);
    }
    if (bundle.policy != NULL) {
        fprintf(args->out, "%.*s\n", GB_STR_ARG(bundle.policy->hash));
        fprintf(args->talk, "no mistakes; %u duties, %u places, %u notes\n",
                bundle.policy->duties_count, bundle.policy->places_count, bundle.notes.count);
    }
    gb_bundle_close(&bundle);
    gb_arena_close(&arena);
    return code;
}

/* Reads a folder whose files are named with the folder's path, so that an editor finds a mistake
 * from here; found is the file called name, NULL if there is none. */
static const struct gb_file *shown_file(const struct gb_files *files, struct gb_str name,
                                        const char *folder, struct gb_arena *arena)
{
    const struct gb_file *file = gb_files_get(files, name);
    struct gb_file *shown;

    if (file == NULL) {
        return NULL;
    }
    shown = gb_arena_take(arena, sizeof(*shown));
    shown->name = gb_arena_printf(arena, "%s/%.*s", folder, GB_STR_ARG(name));
    shown->bytes = file->bytes;
    return shown;
}

static enum gb_exit check_mapping(const struct gb_args *args, const char *folder,
                                  struct gb_arena *arena, struct gb_mistakes *mistakes)
{
    const char *refuse_path = gb_args_get(args, "--refuse");
    const char *lookups_path = gb_args_get(args, "--lookups");
    struct gb_file refuse = {.name = gb_str_of(refuse_path)};
    struct gb_files files;
    struct gb_files lookups;
    struct gb_err err;
    const struct gb_file *file;
    struct gb_mapping_read r = {.arena = arena, .mistakes = mistakes, .lookups = &lookups};
    struct gb_mapping *mapping = NULL;

    if (gb_files_read(folder, arena, &files, &err) != GB_OK ||
        gb_files_read(lookups_path != NULL ? lookups_path : folder, arena, &lookups, &err) !=
            GB_OK ||
        gb_tool_file(refuse_path, arena, &refuse.bytes, &err) != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    file = shown_file(&files, GB_STR("mapping.yaml"), folder, arena);
    if (file == NULL) {
        fprintf(args->out, "%s/mapping.yaml:1:1: there is no such file\n", folder);
        return GB_EXIT_CONFIG;
    }
    r.refuse = gb_refuse_read(arena, &refuse, mistakes);
    if (r.refuse != NULL) {
        mapping = gb_mapping_read_file(&r, file);
    }
    if (mapping != NULL) {
        fprintf(args->out, "%.*s\n", GB_STR_ARG(mapping->hash));
        gb_mapping_close(mapping);
    }
    return report(args, folder, mistakes);
}

enum gb_exit gb_cli_check_refuse(const struct gb_args *args)
{
    struct gb_file file = {.name = gb_str_of(args->words[0])};
    struct gb_mistakes mistakes = {0};
    const struct gb_refuse *refuse = NULL;
    struct gb_arena arena;
    struct gb_err err;
    enum gb_exit code;

    gb_arena_init(&arena, ARENA_MAX);
    if (gb_tool_file(args->words[0], &arena, &file.bytes, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
        gb_arena_close(&arena);
        return code;
    }
    refuse = gb_refuse_read(&arena, &file, &mistakes);
    code = report(args, args->words[0], &mistakes);
    if (refuse != NULL) {
        fprintf(args->out, "%.*s\n", GB_STR_ARG(refuse->hash));
        fprintf(args->talk, "no mistakes; %u classes, %zu patterns\n", refuse->classes_count,
                refuse->rules_count);
    }
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
    return code;
}

enum gb_exit gb_cli_check_mapping(const struct gb_args *args)
{
    struct gb_arena arena;
    struct gb_mistakes mistakes = {0};
    enum gb_exit code;

    if (gb_args_get(args, "--refuse") == NULL) {
        return gb_cli_misused(args, "needs --refuse FILE: without a refuse-list nothing comes in");
    }
    gb_arena_init(&arena, ARENA_MAX);
    code = check_mapping(args, folder_of(args, &arena), &arena, &mistakes);
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
    return code;
}
