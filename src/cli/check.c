/* check policy|mapping DIR, check refuse FILE: every mistake of every file as file:line:col on
 * stdout; exit 78 where there is one. Opens no socket. */
#include "cli/bundle.h"
#include "cli/adapter.h"
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
    if (code == GB_EXIT_OK && gb_args_get(args, "--refuse") != NULL) {
        code = gb_bundle_check_texts(&bundle, &arena, args, gb_args_get(args, "--refuse"),
                                     &(struct gb_text_systems){NULL, 0});
    }
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

static enum gb_exit check_mapping(const struct gb_args *args, struct gb_adapter *adapter)
{
    struct gb_mapping_read r = {.arena = &adapter->arena,
                                .mistakes = &adapter->mistakes,
                                .lookups = &adapter->lookups,
                                .folder = gb_str_of(adapter->folder),
                                .lookups_folder = gb_str_of(adapter->lookups_folder)};
    struct gb_mapping *mapping = NULL;

    r.refuse = gb_refuse_read(&adapter->arena, &adapter->refuse, &adapter->mistakes);
    if (r.refuse != NULL) {
        mapping = gb_mapping_read_file(&r, gb_adapter_mapping(adapter));
    }
    if (mapping != NULL) {
        fprintf(args->out, "%.*s\n", GB_STR_ARG(mapping->hash));
        gb_mapping_close(mapping);
    }
    return gb_adapter_report(adapter, args);
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
    struct gb_adapter adapter;
    enum gb_exit code = gb_adapter_begin(&adapter, args, args->words[0]);

    if (code == GB_EXIT_OK) {
        code = check_mapping(args, &adapter);
    }
    gb_adapter_end(&adapter);
    return code;
}
