/* Reload: other sources, mappings, refuse-list, keys for intake while lanes go on. */
#include <stdlib.h>

#include "codec/door.h"
#include "daemon/daemon.h"
#include "shell/log.h"
#include "shell/world.h"

#define SET_ARENA_MAX ((size_t)512 << 20)

struct gb_intake_set *gb_intake_set_new(const struct gb_daemon_config *config, FILE *log,
                                        struct gb_err *err)
{
    static const char *const own[] = {"policy.in", "decision.in", "writeback.result.in"};
    struct gb_intake_set *set = calloc(1, sizeof(*set));
    size_t count = config->sources_count;

    GB_CHECK(set != NULL);
    gb_arena_init(&set->arena, SET_ARENA_MAX);
    set->config = config;
    set->topics = gb_arena_take(&set->arena, (count + GB_COUNT(own)) * sizeof(*set->topics));
    set->topics_count = count + GB_COUNT(own);
    for (size_t i = 0; i < count; i++) {
        set->topics[i] = (struct gb_source_topic){.name = config->sources[i].topic,
                                                  .from_latest = config->sources[i].is_latest};
    }
    for (size_t i = 0; i < GB_COUNT(own); i++) {
        set->topics[count + i].name =
            gb_arena_printf(&set->arena, "%s%s", config->topic_prefix, own[i]).ptr;
    }
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

enum gb_status gb_daemon_check_live(const struct gb_daemon_config *config,
                                    const struct gb_topics *outputs, struct gb_err *err)
{
    for (size_t i = 0; i < config->sources_count; i++) {
        const struct gb_daemon_source *source = &config->sources[i];
        enum gb_topic topic;

        if (source->is_live &&
            !gb_topics_find_target(outputs, gb_str_of(source->name), &topic)) {
            return gb_fail(err, GB_BAD_CONFIG,
                           "sources.%s: mode: live needs topic %swriteback.%s, and there was none "
                           "when this program started: run `gridbridge topics create`, then start "
                           "anew", source->name, config->topic_prefix, source->name);
        }
    }
    return GB_OK;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool has_same_properties(const struct gb_daemon_config *a, const struct gb_daemon_config *b)
{
    for (size_t i = 0; i < a->properties_count && i < b->properties_count; i++) {
        if (!is_same(a->properties[i].name, b->properties[i].name) ||
            !is_same(a->properties[i].value, b->properties[i].value)) {
            return false;
        }
    }
    return a->properties_count == b->properties_count;
}

/* The section of the first setting that differs and that a running world cannot take over; NULL:
 * there is none. */
static const char *needs_restart(const struct gb_daemon_config *a,
                                 const struct gb_daemon_config *b)
{
    const struct {
        const char *section;
        bool is_same;
    } looked_at[] = {
        {"bridge", is_same(a->bridge_id, b->bridge_id) && is_same(a->instance, b->instance)},
        {"kafka", is_same(a->bootstrap, b->bootstrap) && is_same(a->cluster, b->cluster) &&
                      is_same(a->topic_prefix, b->topic_prefix) && has_same_properties(a, b)},
        {"postgres", is_same(a->dsn, b->dsn)},
        {"lanes", a->lanes_count == b->lanes_count},
        {"publish", a->is_idempotent == b->is_idempotent},
        {"limits", a->batch_records_max == b->batch_records_max &&
                       a->batch_bytes_max == b->batch_bytes_max},
        {"privacy.salt", is_same(a->salt, b->salt)},
        {"audit", a->is_sm3 == b->is_sm3},
        {"roles", a->has_intake == b->has_intake && a->has_lanes == b->has_lanes},
        {"log", a->log_level == b->log_level},
    };

    for (size_t i = 0; i < GB_COUNT(looked_at); i++) {
        if (!looked_at[i].is_same) {
            return looked_at[i].section;
        }
    }
    return NULL;
}

/* What a reload changes for records. */
struct difference {
    uint32_t joined, left, changed; /* topics */
    bool is_refuse, is_key, is_gateway, is_mode;
};

static bool has_same_gateways(const struct gb_gateways *a, const struct gb_gateways *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (!gb_str_eq(a->items[i].id, b->items[i].id) ||
            memcmp(a->items[i].key, b->items[i].key, sizeof(a->items[i].key)) != 0) {
            return false;
        }
    }
    return a->count == b->count;
}

static struct gb_str mapping_of(const struct gb_intake_set *set, const struct gb_daemon_source *s)
{
    return gb_door_mapping_hash(set->door, gb_str_of(s->name), gb_str_of(s->topic));
}

static struct difference compare(const struct gb_intake_set *old, const struct gb_intake_set *new)
{
    struct difference d = {
        .is_refuse = !gb_str_eq(gb_door_refuse_hash(old->door), gb_door_refuse_hash(new->door)),
        .is_key = !is_same(old->config->join_key, new->config->join_key),
        .is_gateway = !has_same_gateways(&old->config->gateways, &new->config->gateways),
        .is_mode = !gb_value_eq(gb_door_modes(old->door), gb_door_modes(new->door))};

    for (size_t i = 0; i < old->config->sources_count; i++) {
        struct gb_str now = mapping_of(new, &old->config->sources[i]);

        d.left += !gb_str_is(now);
        d.changed += gb_str_is(now) &&
                     !gb_str_eq(now, mapping_of(old, &old->config->sources[i]));
    }
    for (size_t i = 0; i < new->config->sources_count; i++) {
        d.joined += !gb_str_is(mapping_of(old, &new->config->sources[i]));
    }
    return d;
}

static void tell(const struct difference *d)
{
    char text[200];

    (void)snprintf(text, sizeof(text),
                   "reload: done: topics joined %u, left %u, with another mapping %u%s%s%s%s",
                   d->joined, d->left, d->changed, d->is_refuse ? "; another refuse-list" : "",
                   d->is_key ? "; other keys" : "", d->is_gateway ? "; other gateways" : "",
                   d->is_mode ? "; other modes" : "");
    gb_log(GB_LOG_INFO, -1, gb_str_of(text));
}

static void say(bool is_warning, const struct gb_err *err, const char *what)
{
    char text[700];

    (void)snprintf(text, sizeof(text), "reload: %s%s%s", what, err != NULL ? ": " : "",
                   err != NULL ? err->text : "");
    gb_log(is_warning ? GB_LOG_WARN : GB_LOG_INFO, -1, gb_str_of(text));
}

/* The new set in force, or a mistake and the old one. */
static enum gb_status turn(struct gb_world *world, const struct gb_topics *outputs,
                           struct gb_intake_set *old, struct gb_intake_set *new,
                           struct gb_err *err)
{
    const char *section = needs_restart(old->config, new->config);
    struct difference d;
    struct gb_intake_turn to = {.sources = new->topics,
                                .sources_count = new->topics_count,
                                .door = new->door};
    enum gb_status status;

    if (section != NULL) {
        return gb_fail(err, GB_BAD_CONFIG, "%s changes by a restart only", section);
    }
    status = gb_daemon_check_live(new->config, outputs, err);
    if (status != GB_OK) {
        return status;
    }
    d = compare(old, new);
    to.must_drain = d.left + d.changed > 0 || d.is_refuse || d.is_key || d.is_gateway;
    status = gb_world_intake(world, &to, err);
    if (status == GB_OK) {
        gb_daemon_say_kept_out(old->door);
        tell(&d);
    }
    return status;
}

void gb_daemon_reload(struct gb_world *world, const struct gb_topics *outputs,
                      struct gb_intake_set **set, FILE *log)
{
    struct gb_err err = {.status = GB_BAD_CONFIG, .text = "the configuration has mistakes"};
    const struct gb_daemon_config *first = (*set)->config;
    const struct gb_daemon_config *config;
    struct gb_intake_set *new = NULL;
    bool is_taken = false;

    if (first->reload == NULL || !first->has_intake) {
        say(true, NULL, "this process reads no sources");
        return;
    }
    say(false, NULL, "reads the configuration"); /* news: no warning below is left out */
    config = first->reload(first->context);
    if (config != NULL) {
        new = gb_intake_set_new(config, log, &err);
    }
    is_taken = new != NULL && turn(world, outputs, *set, new, &err) == GB_OK;
    if (!is_taken) {
        say(true, &err, "everything stays as it was");
    }
    gb_intake_set_free(is_taken ? *set : new);
    *set = is_taken ? new : *set;
    if (config != NULL) {
        first->settle(first->context, is_taken);
    }
}
