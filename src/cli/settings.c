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

/* Properties are the client library's business, and it says what is wrong with one. */
static bool check_properties(struct gb_settings *settings, struct gb_mistakes *mistakes)
{
    uint32_t before = mistakes->count;

    for (uint32_t i = 0; i < settings->config.properties_count; i++) {
        const struct gb_property *p = &settings->config.properties[i];
        const struct gb_yaml at = {.file = p->file, .line = p->line, .col = p->col};
        const struct gb_kafka_property property = {
            gb_arena_str(&settings->arena, p->name).ptr,
            p->is_file ? NULL : gb_arena_str(&settings->arena, p->value).ptr};
        char why[256];

        if (!gb_kafka_property_is_good(&property, why, sizeof(why))) {
            gb_yaml_mistake(mistakes, &at, "%s: %s", property.name, why);
        }
    }
    return mistakes->count == before;
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
              gb_config_read(&settings->arena, &input, &settings->config, &mistakes) &&
              check_properties(settings, &mistakes);
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

/* The file of that name among systemd's credentials, or NULL. */
static const char *credential(struct gb_settings *settings, const char *name)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *path;

    if (folder == NULL || folder[0] == '\0') {
        return NULL;
    }
    path = gb_arena_printf(&settings->arena, "%s/%s", folder, name).ptr;
    return gb_tool_file_is_there(path) ? path : NULL;
}

bool gb_settings_secret(struct gb_settings *settings, const struct gb_args *args,
                        const struct gb_secret *secret, const char **text)
{
    const char *path = gb_settings_file(settings, secret->file);
    struct gb_str read = secret->given;
    struct gb_err err;

    if (path == NULL && !gb_str_is(secret->given)) {
        path = credential(settings, secret->name);
    }
    if (path != NULL && gb_files_secret(path, &settings->arena, &read, &err) != GB_OK) {
        (void)gb_prefix(&err, "%s", secret->name);
        (void)gb_cli_fail(args, &err);
        return false;
    }
    *text = gb_str_is(read) ? gb_arena_str(&settings->arena, read).ptr : NULL;
    return true;
}

const char *gb_settings_dsn(struct gb_settings *settings, const struct gb_args *args)
{
    const struct gb_config *config = &settings->config;
    const struct gb_secret secret = {"postgres.dsn", config->dsn, config->dsn_file};
    const char *dsn = NULL;

    if (!gb_settings_secret(settings, args, &secret, &dsn)) {
        return NULL;
    }
    return dsn != NULL ? dsn : "dbname=gridbridge";
}

bool gb_settings_properties(struct gb_settings *settings, const struct gb_args *args,
                            const struct gb_kafka_property **items, size_t *count)
{
    const struct gb_config *config = &settings->config;
    struct gb_kafka_property *to =
        gb_arena_take(&settings->arena, (config->properties_count + 1) * sizeof(to[0]));

    for (uint32_t i = 0; i < config->properties_count; i++) {
        const struct gb_property *from = &config->properties[i];
        struct gb_secret secret = {.given = from->is_file ? GB_STR_NONE : from->value,
                                   .file = from->is_file ? from->value : GB_STR_NONE};

        to[i].name = gb_arena_str(&settings->arena, from->name).ptr;
        secret.name = gb_arena_printf(&settings->arena, "kafka.properties.%s", to[i].name).ptr;
        if (!gb_settings_secret(settings, args, &secret, &to[i].value)) {
            return false;
        }
    }
    *items = to;
    *count = config->properties_count;
    return true;
}

const struct gb_writeback_target *gb_settings_targets(struct gb_settings *settings, size_t *count)
{
    const struct gb_config *config = &settings->config;
    struct gb_writeback_target *to =
        gb_arena_take(&settings->arena, (config->sources_count + 1) * sizeof(to[0]));

    *count = 0;
    for (uint32_t i = 0; i < config->sources_count; i++) {
        const struct gb_config_source *from = &config->sources[i];

        if (!from->is_more) {
            to[(*count)++] = (struct gb_writeback_target){
                gb_arena_str(&settings->arena, from->name).ptr, from->is_live};
        }
    }
    return to;
}

static bool take_configured(struct gb_brokers *brokers, const struct gb_args *args)
{
    struct gb_settings *s = &brokers->settings;

    brokers->kafka.bootstrap = gb_arena_str(&s->arena, s->config.bootstrap).ptr;
    brokers->prefix = gb_arena_str(&s->arena, s->config.topic_prefix).ptr;
    brokers->lanes = s->config.lanes_count;
    return gb_settings_properties(s, args, &brokers->kafka.properties,
                                  &brokers->kafka.properties_count);
}

enum gb_exit gb_brokers_configured(struct gb_brokers *brokers, const struct gb_args *args)
{
    const char *path = gb_settings_path(args);
    enum gb_exit code;

    memset(brokers, 0, sizeof(*brokers));
    brokers->prefix = "gb.";
    if (path == NULL) {
        return GB_EXIT_OK;
    }
    code = gb_settings_read(&brokers->settings, args, path, args->talk);
    brokers->has_settings = true;
    if (code != GB_EXIT_OK) {
        return code;
    }
    return take_configured(brokers, args) ? GB_EXIT_OK : GB_EXIT_CONFIG;
}

enum gb_exit gb_brokers_begin(struct gb_brokers *brokers, const struct gb_args *args)
{
    const char *bootstrap = gb_args_get(args, "--bootstrap");
    const char *prefix = gb_args_get(args, "--prefix");
    enum gb_exit code = gb_brokers_configured(brokers, args);

    if (code != GB_EXIT_OK) {
        return code;
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
