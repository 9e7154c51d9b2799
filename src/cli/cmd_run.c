/* run: the daemon in the foreground, and check config: the same file without a socket. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/settings.h"
#include "daemon/daemon.h"
#include "shell/stop_point.h"

struct reloads;

struct run {
    struct reloads *reloads; /* NULL: not of the daemon */
    struct gb_settings settings;
    struct gb_daemon_source sources[GB_DAEMON_SOURCES_MAX];
    struct gb_daemon_config daemon;
};

static const char *text(struct gb_settings *s, struct gb_str from)
{
    return gb_arena_str(&s->arena, from).ptr;
}

static void map_sources(struct run *run)
{
    const struct gb_config *config = &run->settings.config;

    for (uint32_t i = 0; i < config->sources_count && i < GB_DAEMON_SOURCES_MAX; i++) {
        const struct gb_config_source *from = &config->sources[i];

        run->sources[i] = (struct gb_daemon_source){
            .name = text(&run->settings, from->name),
            .topic = text(&run->settings, from->topic),
            .adapter = gb_settings_file(&run->settings, from->adapter),
            .lookups = gb_settings_file(&run->settings,
                                        gb_str_is(from->lookups) ? from->lookups : from->adapter),
            .is_latest = from->is_latest,
            .is_live = from->is_live};
        run->daemon.sources_count++;
    }
}

/* --roles intake,reconcile in place of the configuration's; false with talk. */
static bool take_roles(const struct gb_args *args, uint32_t *roles)
{
    static const struct {
        struct gb_str word;
        uint32_t bit;
    } known[] = {{{"intake", 6}, GB_ROLES_INTAKE}, {{"reconcile", 9}, GB_ROLES_RECONCILE}};
    const char *at = gb_args_get(args, "--roles");

    if (at == NULL) {
        return true;
    }
    *roles = 0;
    for (;;) {
        struct gb_str word = {at, strcspn(at, ",")};
        size_t i = 0;

        while (i < GB_COUNT(known) && !gb_str_eq(known[i].word, word)) {
            i++;
        }
        if (i == GB_COUNT(known)) {
            fprintf(args->talk, "gridbridge: --roles: %.*s is none of intake, reconcile\n",
                    GB_STR_ARG(word));
            return false;
        }
        *roles |= known[i].bit;
        at += word.len;
        if (*at == '\0') {
            return true;
        }
        at++;
    }
}

static enum gb_log_level level_of(struct gb_str word)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    size_t level = 0;

    while (level + 1 < GB_COUNT(words) && !gb_str_eq(word, gb_str_of(words[level]))) {
        level++;
    }
    return (enum gb_log_level)level;
}

static bool map_secrets(struct run *run, const struct gb_args *args)
{
    struct gb_settings *s = &run->settings;
    const struct gb_config *c = &s->config;
    struct gb_daemon_config *daemon = &run->daemon;

    return gb_settings_secret(
               s, args, &(struct gb_secret){"privacy.join_key", c->join_key, c->join_key_file},
               &daemon->join_key) &&
           gb_settings_secret(
               s, args,
               &(struct gb_secret){"privacy.publish_key", c->publish_key, c->publish_key_file},
               &daemon->publish_key) &&
           gb_settings_secret(s, args, &(struct gb_secret){"privacy.salt", c->salt, c->salt_file},
                              &daemon->salt) &&
           gb_settings_properties(s, args, &daemon->properties, &daemon->properties_count);
}

static const struct gb_daemon_config *reload(void *context);
static void settle(void *context, bool is_taken);

static bool map(struct run *run, const struct gb_args *args)
{
    struct gb_settings *s = &run->settings;
    const struct gb_config *config = &s->config;

    run->daemon = (struct gb_daemon_config){
        .bootstrap = text(s, config->bootstrap),
        .dsn = gb_settings_dsn(s, args),
        .gateways = {config->gateways, config->gateways_count},
        .bridge_id = text(s, config->bridge_id),
        .instance = gb_str_is(config->instance) ? text(s, config->instance) : NULL,
        .cluster = text(s, config->cluster),
        .topic_prefix = text(s, config->topic_prefix),
        .lanes_count = (uint32_t)config->lanes_count,
        .has_intake = (config->roles & GB_ROLES_INTAKE) != 0,
        .has_lanes = (config->roles & GB_ROLES_RECONCILE) != 0,
        .is_idempotent = gb_str_eq(config->publish_mode, GB_STR("idempotent")),
        .is_sm3 = gb_str_eq(config->hash, GB_STR("sm3")),
        .batch_records_max = (uint32_t)config->batch_records,
        .batch_bytes_max = (size_t)config->batch_bytes,
        .log_level = level_of(config->log_level),
        .refuse = gb_settings_file(s, config->refuse),
        .reload = reload,
        .settle = settle,
        .context = run->reloads,
        .sources = run->sources};
    map_sources(run);
    if (run->daemon.dsn == NULL || !map_secrets(run, args)) {
        return false;
    }
    if (run->daemon.has_intake && (run->daemon.refuse == NULL || run->daemon.join_key == NULL ||
                                   run->daemon.salt == NULL)) {
        fputs("gridbridge: intake needs the refuse-list and privacy's join key and salt\n",
              args->talk);
        return false;
    }
    return true;
}

/* The settings of the start live as long as the daemon; of those read later one set is in force,
 * and one may be on its way. */
struct reloads {
    const struct gb_args *args;
    struct run *taken, *offered;
};

static void drop(struct run *run)
{
    if (run != NULL) {
        gb_settings_close(&run->settings);
        free(run);
    }
}

static const struct gb_daemon_config *reload(void *context)
{
    struct reloads *reloads = context;
    const struct gb_args *args = reloads->args;
    struct run *run = calloc(1, sizeof(*run));

    GB_CHECK(run != NULL && reloads->offered == NULL);
    run->reloads = reloads;
    if (gb_settings_read(&run->settings, args, gb_settings_path(args), args->talk) != GB_EXIT_OK ||
        !take_roles(args, &run->settings.config.roles) || !map(run, args)) {
        drop(run);
        return NULL;
    }
    reloads->offered = run;
    return &run->daemon;
}

static void settle(void *context, bool is_taken)
{
    struct reloads *reloads = context;

    drop(is_taken ? reloads->taken : reloads->offered);
    reloads->taken = is_taken ? reloads->offered : reloads->taken;
    reloads->offered = NULL;
}

enum gb_exit gb_cli_run_daemon(const struct gb_args *args)
{
    const char *path = gb_settings_path(args);
    struct reloads reloads = {.args = args};
    struct run run = {.reloads = &reloads};
    struct gb_err err = {.status = GB_BUG};
    enum gb_exit code;

    if (path == NULL) {
        return gb_cli_misused(args, "needs -c FILE");
    }
    code = gb_settings_read(&run.settings, args, path, args->talk);
    if (code == GB_EXIT_OK && !take_roles(args, &run.settings.config.roles)) {
        code = GB_EXIT_USAGE;
    } else if (code == GB_EXIT_OK &&
               gb_stop_arm(getenv(GB_STOP_VARIABLE), args->talk, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    } else if (code == GB_EXIT_OK && !map(&run, args)) {
        code = GB_EXIT_CONFIG;
    } else if (code == GB_EXIT_OK && gb_daemon_run(&run.daemon, args->talk, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    }
    drop(reloads.taken);
    gb_settings_close(&run.settings);
    return code;
}
