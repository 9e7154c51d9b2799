/* run: the daemon in the foreground. Each source is named NAME=TOPIC; its mapping stands in
 * <adapters>/NAME, its lookup files in <lookups>. */
#include "cli/commands.h"
#include "daemon/daemon.h"

struct settings {
    struct gb_arena arena;
    struct gb_daemon_source sources[GB_DAEMON_SOURCES_MAX];
    struct gb_daemon_config config;
};

static const char *given(const struct gb_args *args, const char *name, const char *otherwise)
{
    const char *value = gb_args_get(args, name);

    return value != NULL ? value : otherwise;
}

/* "a=topic.a,b=topic.b" */
static bool read_sources(struct settings *s, const struct gb_args *args)
{
    const char *at = given(args, "--sources", "");
    const char *folder = given(args, "--data", ".");

    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        const char *equals = memchr(at, '=', len);
        struct gb_daemon_source *to = &s->sources[s->config.sources_count];
        struct gb_str name;

        if (equals == NULL || s->config.sources_count == GB_DAEMON_SOURCES_MAX) {
            (void)gb_cli_misused(args, "--sources takes NAME=TOPIC,NAME=TOPIC...");
            return false;
        }
        name = (struct gb_str){at, (size_t)(equals - at)};
        to->name = gb_arena_str(&s->arena, name).ptr;
        to->topic =
            gb_arena_str(&s->arena, (struct gb_str){equals + 1, len - name.len - 1}).ptr;
        to->adapter = gb_arena_printf(&s->arena, "adapters/%s", to->name).ptr;
        to->lookups = gb_arena_printf(&s->arena, "%s/lookups", folder).ptr;
        s->config.sources_count++;
        at += len + (at[len] == ',');
    }
    return true;
}

static bool read_settings(struct settings *s, const struct gb_args *args)
{
    const char *folder = given(args, "--data", ".");
    int64_t lanes = 0;

    if (!gb_args_number(args, "--lanes", &lanes)) {
        return false;
    }
    s->config = (struct gb_daemon_config){
        .bootstrap = gb_args_get(args, "--bootstrap"),
        .dsn = gb_args_get(args, "--postgres"),
        .bridge_id = given(args, "--id", "gridbridge"),
        .cluster = "main",
        .topic_prefix = given(args, "--prefix", "gb."),
        .lanes_count = (uint32_t)lanes,
        .has_intake = true,
        .has_lanes = true,
        .refuse = gb_arena_printf(&s->arena, "%s/refuse.yaml", folder).ptr,
        .join_key = gb_arena_printf(&s->arena, "%s/keys/join.key", folder).ptr,
        .salt = gb_arena_printf(&s->arena, "%s/keys/salt.key", folder).ptr,
        .sources = s->sources};
    if (s->config.bootstrap == NULL || s->config.dsn == NULL || lanes < 1 || lanes > 1024) {
        (void)gb_cli_misused(args, "needs --bootstrap, --postgres, and --lanes from 1 to 1024");
        return false;
    }
    return read_sources(s, args);
}

enum gb_exit gb_cli_run_daemon(const struct gb_args *args)
{
    struct settings s = {.config = {.lanes_count = 0}};
    struct gb_err err = {.status = GB_BUG};
    enum gb_exit code = GB_EXIT_USAGE;

    gb_arena_init(&s.arena, (size_t)1 << 20);
    if (read_settings(&s, args)) {
        code = gb_daemon_run(&s.config, args->talk, &err) == GB_OK ? GB_EXIT_OK
                                                                   : gb_cli_fail(args, &err);
    }
    gb_arena_close(&s.arena);
    return code;
}
