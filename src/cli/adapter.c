/* Adapters' folders for the command line. */
#include "cli/adapter.h"

#include "shell/files.h"
#include "shell/tool_files.h"

#define ARENA_MAX ((size_t)512 << 20)

static const char *without_slash(struct gb_arena *arena, const char *folder)
{
    struct gb_str path = gb_str_of(folder);

    while (path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    return gb_arena_str(arena, path).ptr;
}

enum gb_exit gb_adapter_begin(struct gb_adapter *adapter, const struct gb_args *args,
                              const char *folder)
{
    const char *refuse = gb_args_get(args, "--refuse");
    const char *lookups = gb_args_get(args, "--lookups");
    struct gb_err err;

    *adapter = (struct gb_adapter){.refuse = {.name = gb_str_of(refuse)}};
    gb_arena_init(&adapter->arena, ARENA_MAX);
    adapter->folder = without_slash(&adapter->arena, folder);
    if (refuse == NULL) {
        return gb_cli_misused(args, "needs --refuse FILE: without a refuse-list nothing comes in");
    }
    if (lookups == NULL) {
        lookups = gb_arena_printf(&adapter->arena, "%s/fixtures/lookups", adapter->folder).ptr;
        lookups = gb_tool_file_is_there(lookups) ? lookups : adapter->folder;
    }
    adapter->lookups_folder = without_slash(&adapter->arena, lookups);
    if (gb_files_read(adapter->folder, &adapter->arena, &adapter->files, &err) != GB_OK ||
        gb_files_read(lookups, &adapter->arena, &adapter->lookups, &err) != GB_OK ||
        gb_tool_file(refuse, &adapter->arena, &adapter->refuse.bytes, &err) != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    if (gb_adapter_mapping(adapter) == NULL) {
        fprintf(args->out, "%s/mapping.yaml:1:1: there is no such file\n", adapter->folder);
        return GB_EXIT_CONFIG;
    }
    return GB_EXIT_OK;
}

void gb_adapter_end(struct gb_adapter *adapter)
{
    gb_mistakes_close(&adapter->mistakes);
    gb_arena_close(&adapter->arena);
}

const struct gb_file *gb_adapter_mapping(const struct gb_adapter *adapter)
{
    return gb_files_get(&adapter->files, GB_STR("mapping.yaml"));
}

/* The system's name as the mapping writes it: holder ids are hashed with it. */
static struct gb_str system_of(struct gb_adapter *adapter, const struct gb_file *mapping)
{
    struct gb_yaml root;
    const struct gb_yaml *system;
    struct gb_mistakes none = {0};

    if (!gb_yaml_parse(&adapter->arena, mapping->name, mapping->bytes, &root, &none)) {
        gb_mistakes_close(&none);
        return GB_STR("adapter");
    }
    system = gb_yaml_get(&root, "system");
    gb_mistakes_close(&none);
    return system != NULL && system->text.len > 0 ? system->text : GB_STR("adapter");
}

struct gb_door *gb_adapter_door(struct gb_adapter *adapter)
{
    struct gb_door_source source = {.name = system_of(adapter, gb_adapter_mapping(adapter)),
                                    .topic = GB_STR("*"),
                                    .adapter = &adapter->files,
                                    .lookups = &adapter->lookups,
                                    .adapter_folder = gb_str_of(adapter->folder),
                                    .lookups_folder = gb_str_of(adapter->lookups_folder)};
    struct gb_door_config config = {.cluster = GB_STR("fixtures"),
                                    .salt = GB_STR("fixtures"),
                                    .join_key = GB_STR("fixtures"),
                                    .join_key_id = GB_STR("j0"),
                                    .lanes_count = 1,
                                    .refuse = &adapter->refuse,
                                    .sources = &source,
                                    .sources_count = 1};

    return gb_door_new(&config, &adapter->mistakes);
}

enum gb_exit gb_adapter_report(const struct gb_adapter *adapter, const struct gb_args *args)
{
    const struct gb_mistakes *mistakes = &adapter->mistakes;

    if (mistakes->count == 0) {
        return GB_EXIT_OK;
    }
    (void)fwrite(mistakes->lines.bytes, 1, mistakes->lines.len, args->out);
    fprintf(args->talk, "gridbridge: %u mistake%s in %s\n", mistakes->count,
            mistakes->count == 1 ? "" : "s", adapter->folder);
    return GB_EXIT_CONFIG;
}
