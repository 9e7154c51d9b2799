/* Reading the configuration and what it includes. */
#include "cli/settings.h"

#include <stdlib.h>

#include "shell/files.h"
#include "shell/tool_files.h"

const char *gb_settings_path(const struct gb_args *args)
{
    return args->config != NULL ? args->config : getenv("GRIDBRIDGE_CONFIG");
}

static struct gb_str variable(void *context, struct gb_str name)
{
    char text[128];

    (void)context;
    if (name.len >= sizeof(text)) {
        return GB_STR_NONE;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return gb_str_of(getenv(text));
}

const char *gb_settings_file(struct gb_settings *settings, struct gb_str path)
{
    if (!gb_str_is(path)) {
        return NULL;
    }
    if (path.len > 0 && path.ptr[0] == '/') {
        return gb_arena_str(&settings->arena, path).ptr;
    }
    return gb_arena_printf(&settings->arena, "%.*s/%.*s", GB_STR_ARG(settings->folder),
                           GB_STR_ARG(path))
        .ptr;
}

static bool read_files(struct gb_settings *s, const char *path, struct gb_config_input *input,
                       struct gb_mistakes *mistakes, struct gb_err *err)
{
    struct gb_file main_file = {.name = gb_arena_str(&s->arena, gb_str_of(path))};
    struct gb_files wanted = {0};
    struct gb_file *files;

    if (gb_tool_file(path, &s->arena, &main_file.bytes, err) != GB_OK ||
        !gb_config_includes(&s->arena, &main_file, &wanted, mistakes)) {
        return false;
    }
    files = gb_arena_take(&s->arena, (wanted.count + 1) * sizeof(files[0]));
    files[0] = main_file;
    for (size_t i = 0; i < wanted.count; i++) {
        files[i + 1].name = wanted.items[i].name;
        if (gb_tool_file(gb_settings_file(s, wanted.items[i].name), &s->arena,
                         &files[i + 1].bytes, err) != GB_OK) {
            return false;
        }
    }
    input->files = files;
    input->files_count = wanted.count + 1;
    return true;
}

enum gb_exit gb_settings_read(struct gb_settings *settings, const struct gb_args *args,
                              const char *path, FILE *to)
{
    const char *slash = strrchr(path, '/');
    struct gb_config_input input = {.variable = variable};
    struct gb_mistakes mistakes = {0};
    struct gb_err err = {.status = GB_OK};
    bool is_good;

    gb_arena_init(&settings->arena, (size_t)256 << 20);
    settings->folder = slash != NULL ? (struct gb_str){path, (size_t)(slash - path)} : GB_STR(".");
    is_good = read_files(settings, path, &input, &mistakes, &err) &&
              gb_config_read(&settings->arena, &input, &settings->config, &mistakes);
    if (mistakes.count > 0) {
        (void)fwrite(mistakes.lines.bytes, 1, mistakes.lines.len, to);
    }
    gb_mistakes_close(&mistakes);
    if (err.status == GB_TOO_LARGE) {
        err.status = GB_BAD_CONFIG;
    }
    if (err.status != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    return is_good ? GB_EXIT_OK : GB_EXIT_CONFIG;
}

void gb_settings_close(struct gb_settings *settings)
{
    gb_arena_close(&settings->arena);
}

const char *gb_settings_dsn(struct gb_settings *settings, const struct gb_args *args)
{
    struct gb_str dsn = settings->config.dsn;
    struct gb_err err;

    if (gb_str_is(settings->config.dsn_file) &&
        gb_files_secret(gb_settings_file(settings, settings->config.dsn_file), &settings->arena,
                        &dsn, &err) != GB_OK) {
        (void)gb_cli_fail(args, &err);
        return NULL;
    }
    return gb_arena_str(&settings->arena, dsn).ptr;
}

void gb_settings_properties(struct gb_settings *settings, const struct gb_kafka_property **items,
                            size_t *count)
{
    const struct gb_config *config = &settings->config;
    struct gb_kafka_property *to =
        gb_arena_take(&settings->arena, (config->properties_count + 1) * sizeof(to[0]));

    for (uint32_t i = 0; i < config->properties_count; i++) {
        to[i].name = gb_arena_str(&settings->arena, config->properties[i].name).ptr;
        to[i].value = gb_arena_str(&settings->arena, config->properties[i].value).ptr;
    }
    *items = to;
    *count = config->properties_count;
}

static void take_configured(struct gb_brokers *brokers)
{
    struct gb_settings *s = &brokers->settings;

    brokers->kafka.bootstrap = gb_arena_str(&s->arena, s->config.bootstrap).ptr;
    brokers->prefix = gb_arena_str(&s->arena, s->config.topic_prefix).ptr;
    brokers->lanes = s->config.lanes_count;
    gb_settings_properties(s, &brokers->kafka.properties, &brokers->kafka.properties_count);
}

enum gb_exit gb_brokers_begin(struct gb_brokers *brokers, const struct gb_args *args)
{
    const char *bootstrap = gb_args_get(args, "--bootstrap");
    const char *prefix = gb_args_get(args, "--prefix");
    const char *path = gb_settings_path(args);

    memset(brokers, 0, sizeof(*brokers));
    brokers->prefix = "gb.";
    if (path != NULL) {
        enum gb_exit code = gb_settings_read(&brokers->settings, args, path, args->talk);

        brokers->has_settings = true;
        if (code != GB_EXIT_OK) {
            return code;
        }
        take_configured(brokers);
    }
    brokers->kafka.bootstrap = bootstrap != NULL ? bootstrap : brokers->kafka.bootstrap;
    brokers->prefix = prefix != NULL ? prefix : brokers->prefix;
    return brokers->kafka.bootstrap != NULL
               ? GB_EXIT_OK
               : gb_cli_misused(args, "needs -c FILE or --bootstrap HOST:PORT");
}

void gb_brokers_end(struct gb_brokers *brokers)
{
    if (brokers->has_settings) {
        gb_settings_close(&brokers->settings);
    }
}
