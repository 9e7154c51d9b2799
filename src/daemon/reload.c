/* Reload: more sources for intake while lanes go on. */
#include <stdlib.h>

#include "codec/door.h"
#include "daemon/daemon.h"
#include "shell/log.h"
#include "shell/world.h"

#define SET_ARENA_MAX ((size_t)512 << 20)

struct gb_intake_set *gb_intake_set_new(const struct gb_daemon_config *config, FILE *log,
                                        struct gb_err *err)
{
    struct gb_intake_set *set = calloc(1, sizeof(*set));
    size_t count = config->sources_count;

    GB_CHECK(set != NULL);
    gb_arena_init(&set->arena, SET_ARENA_MAX);
    set->config = config;
    set->topics = gb_arena_take(&set->arena, (count + 2) * sizeof(*set->topics));
    set->topics_count = count + 2;
    for (size_t i = 0; i < count; i++) {
        set->topics[i] = (struct gb_source_topic){.name = config->sources[i].topic,
                                                  .from_latest = config->sources[i].is_latest};
    }
    set->topics[count].name =
        gb_arena_printf(&set->arena, "%spolicy.in", config->topic_prefix).ptr;
    set->topics[count + 1].name =
        gb_arena_printf(&set->arena, "%sdecision.in", config->topic_prefix).ptr;
    if (config->has_intake) {
        set->door = gb_daemon_door(config, &set->arena, log, err);
        if (set->door == NULL) {
            gb_intake_set_free(set);
            return NULL;
        }
    }
    return set;
}

void gb_intake_set_free(struct gb_intake_set *set)
{
    if (set != NULL) {
        gb_door_free(set->door);
        gb_arena_close(&set->arena);
        free(set);
    }
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What may not change while records are under way. */
static enum gb_status compare(const struct gb_intake_set *old, const struct gb_intake_set *new,
                              struct gb_err *err)
{
    const struct gb_daemon_config *config = old->config;

    if (!is_same(config->join_key, new->config->join_key) ||
        !is_same(config->salt, new->config->salt) ||
        !is_same(config->topic_prefix, new->config->topic_prefix) ||
        config->lanes_count != new->config->lanes_count) {
        return gb_fail(err, GB_BAD_CONFIG, "keys, lanes and prefix change by a restart only");
    }
    if (!gb_str_eq(gb_door_refuse_hash(old->door), gb_door_refuse_hash(new->door))) {
        return gb_fail(err, GB_BAD_CONFIG,
                       "the refuse-list has changed: stop the daemon, then start it");
    }
    for (size_t i = 0; i < config->sources_count; i++) {
        struct gb_str name = gb_str_of(config->sources[i].name);
        struct gb_str topic = gb_str_of(config->sources[i].topic);
        struct gb_str is = gb_door_mapping_hash(new->door, name, topic);

        if (!gb_str_eq(is, gb_door_mapping_hash(old->door, name, topic))) {
            return gb_fail(err, GB_BAD_CONFIG, "%s of %s: stop the daemon, then start it",
                           gb_str_is(is) ? "a changed mapping or lookup"
                                         : "the missing source or topic",
                           config->sources[i].name);
        }
    }
    return GB_OK;
}

static void say(bool is_warning, const struct gb_err *err, const char *what)
{
    char text[700];

    (void)snprintf(text, sizeof(text), "reload: %s%s%s", what, err != NULL ? ": " : "",
                   err != NULL ? err->text : "");
    gb_log(is_warning ? GB_LOG_WARN : GB_LOG_INFO, -1, gb_str_of(text));
}

void gb_daemon_reload(struct gb_world *world, struct gb_intake_set **set, FILE *log)
{
    struct gb_err err = {.status = GB_BAD_CONFIG, .text = "the configuration has mistakes"};
    const struct gb_daemon_config *first = (*set)->config;
    const struct gb_daemon_config *config;
    struct gb_intake_set *new = NULL;
    enum gb_status status = GB_BAD_CONFIG;

    if (first->reload == NULL || !first->has_intake) {
        say(true, NULL, "this process reads no sources");
        return;
    }
    say(false, NULL, "reads the configuration"); /* news: no warning below is left out */
    config = first->reload(first->context);
    if (config != NULL) {
        new = gb_intake_set_new(config, log, &err);
    }
    if (new != NULL) {
        status = compare(*set, new, &err);
    }
    if (new != NULL && status == GB_OK) {
        gb_daemon_say_kept_out((*set)->door);
        status = gb_world_intake(world, new->topics, new->topics_count, new->door, &err);
    }
    if (status != GB_OK) {
        say(true, &err, "everything stays as it was");
        gb_intake_set_free(new);
        if (config != NULL) {
            first->settle(first->context, false);
        }
        return;
    }
    gb_intake_set_free(*set);
    *set = new;
    first->settle(first->context, true);
    say(false, NULL, "the new sources are read");
}
