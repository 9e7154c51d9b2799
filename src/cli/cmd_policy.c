/* policy activate DIR: checks the bundle, stores it in the database under its hash, then produces
 * one record that names the hash; intake carries it into every lane. A plan unless --execute.
 * policy redecide: a person decides that open matters are decided under the bundle in force. */
#include <inttypes.h>

#include "base/jsonw.h"
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "shell/tool_files.h"
#include "shell/tool_produce.h"
#include "shell/tool_store.h"

struct activation {
    struct gb_arena arena;
    struct gb_files files;
    const struct gb_policy *policy;
    struct gb_brokers brokers;
};

/* What the mapping of a source calls its system; absent where that cannot be read here. */
static struct gb_str system_of(struct activation *a, const struct gb_config_source *source)
{
    struct gb_settings *settings = &a->brokers.settings;
    const char *folder = gb_settings_file(settings, source->adapter);
    const char *path = gb_arena_printf(&a->arena, "%s/mapping.yaml", folder).ptr;
    struct gb_mistakes mistakes = {0};
    struct gb_str bytes, system = GB_STR_NONE;
    struct gb_yaml root;

    if (gb_tool_file(path, &a->arena, &bytes, NULL) == GB_OK &&
        gb_yaml_parse(&a->arena, gb_str_of(path), bytes, &root, &mistakes) &&
        gb_yaml_get(&root, "system") != NULL) {
        system = gb_yaml_get(&root, "system")->text;
    }
    gb_mistakes_close(&mistakes);
    return system;
}

/* Against the refuse-list that is named, or that of the configuration; the plan says if neither. */
static enum gb_exit check_texts(struct activation *a, struct gb_bundle_read *bundle,
                                const struct gb_args *args)
{
    const struct gb_config *config = &a->brokers.settings.config;
    struct gb_text_system *items;
    struct gb_text_systems systems = {NULL, 0};

    const char *path = gb_args_get(args, "--refuse");

    if (path == NULL && !a->brokers.has_settings) {
        if (gb_args_get(args, "--execute") == NULL) {
            fputs("without -c or --refuse: that texts of disputes stay outside is not checked\n",
                  args->talk);
        }
        return GB_EXIT_OK;
    }
    path = path != NULL ? path : gb_settings_file(&a->brokers.settings, config->refuse);
    items = gb_arena_take(&a->arena, (config->sources_count + 1) * sizeof(*items));
    for (uint32_t i = 0; i < config->sources_count; i++) {
        struct gb_str system = system_of(a, &config->sources[i]);

        if (gb_str_is(system)) {
            items[systems.count++] = (struct gb_text_system){config->sources[i].name, system};
        }
    }
    systems.items = items;
    return gb_bundle_check_texts(bundle, &a->arena, args, path, &systems);
}

static enum gb_exit read_bundle(struct activation *a, const struct gb_args *args)
{
    struct gb_bundle_read bundle;
    enum gb_exit code = gb_bundle_read(&bundle, &a->arena, args);

    if (code == GB_EXIT_OK) {
        code = check_texts(a, &bundle, args);
    }
    a->files = bundle.files;
    a->policy = bundle.policy;
    if (code == GB_EXIT_OK && a->policy == NULL) {
        (void)fwrite(bundle.mistakes.lines.bytes, 1, bundle.mistakes.lines.len, args->talk);
        fprintf(args->talk, "gridbridge: %u mistakes in %s; nothing done\n",
                bundle.mistakes.count, args->words[0]);
        code = GB_EXIT_CONFIG;
    }
    gb_bundle_close(&bundle);
    return code;
}

static enum gb_exit produce(struct activation *a, const struct gb_args *args)
{
    struct gb_str value =
        gb_arena_printf(&a->arena, "{\"bundle\":\"%.*s\"}", GB_STR_ARG(a->policy->hash));
    struct gb_tool_produce what = {
        .kafka = &a->brokers.kafka,
        .topic = gb_arena_printf(&a->arena, "%spolicy.in", a->brokers.prefix),
        .key = GB_STR("policy"),
        .value = value};
    int64_t offset;
    struct gb_err err;

    if (gb_tool_produce(&what, &offset, &err) != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    fprintf(args->out, "bundle %.*s is stored; activation is offset %" PRId64 " of %.*s\n",
            GB_STR_ARG(a->policy->hash), offset, GB_STR_ARG(what.topic));
    return GB_EXIT_OK;
}

static enum gb_exit activate(struct activation *a, struct gb_session *session,
                             const struct gb_args *args)
{
    if (gb_args_get(args, "--execute") == NULL) {
        fprintf(args->out,
                "would store bundle %.*s and activate it in every lane\n"
                "nothing done: add --execute\n",
                GB_STR_ARG(a->policy->hash));
        return GB_EXIT_OK;
    }
    if (gb_tool_policy_store(session->pg, a->policy->hash, &a->files) != GB_OK) {
        return gb_session_fail(session, args);
    }
    return produce(a, args);
}

enum gb_exit gb_cli_policy_activate(const struct gb_args *args)
{
    struct activation a = {.policy = NULL};
    struct gb_session session = {.pg = NULL};
    enum gb_exit code = gb_brokers_begin(&a.brokers, args);

    gb_arena_init(&a.arena, (size_t)512 << 20);
    if (code == GB_EXIT_OK) {
        code = read_bundle(&a, args);
    }
    if (code == GB_EXIT_OK) {
        code = gb_session_open(&session, args);
    }
    if (code == GB_EXIT_OK) {
        code = activate(&a, &session, args);
    }
    gb_session_end(&session);
    gb_brokers_end(&a.brokers);
    gb_arena_close(&a.arena);
    return code;
}

static bool is_town(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits == 9 && text[9] == '\0';
}

static enum gb_exit name_town(struct gb_desk *desk, const char *town)
{
    if (!is_town(town)) {
        return gb_cli_misused(desk->args, "--town takes a code of 9 digits, not %s", town);
    }
    desk->draft.town = gb_str_of(town);
    gb_buf_printf(&desk->plan, "  every open matter of town %s\n", town);
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_policy_redecide(const struct gb_args *args)
{
    const char *matter = gb_args_get(args, "--matter");
    const char *town = gb_args_get(args, "--town");
    struct gb_desk desk;
    enum gb_exit code;

    if ((matter != NULL) == (town != NULL)) {
        return gb_cli_misused(args, "needs --town CODE or --matter ID");
    }
    code = gb_desk_begin(&desk, args, "redecide");
    if (code == GB_EXIT_OK) {
        code = matter != NULL ? gb_desk_add_matter(&desk, matter, 0) : name_town(&desk, town);
    }
    code = code == GB_EXIT_OK ? gb_desk_decide(&desk) : code;
    gb_desk_end(&desk);
    return code;
}
