/* Secrets and folders become the door. */
#include "daemon/daemon.h"

#include "codec/door.h"
#include "codec/keyring.h"
#include "codec/refuse.h"
#include "shell/files.h"
#include "shell/key_file.h"
#include "shell/log.h"
#include "shell/tool_files.h"

#define KEY_LEN 32
#define GB_DRIFT_SHOWN_MAX 16

static bool read_key(const char *name, const char *hex, struct gb_arena *arena,
                     struct gb_str *key, struct gb_err *err)
{
    uint8_t *bytes = gb_arena_take(arena, KEY_LEN);

    if (!gb_unhex(bytes, KEY_LEN, gb_str_of(hex))) {
        (void)gb_fail(err, GB_BAD_CONFIG, "privacy.%s: expected %d hex digits", name, 2 * KEY_LEN);
        return false;
    }
    *key = (struct gb_str){(const char *)bytes, KEY_LEN};
    return true;
}

/* The keys of a purpose that are known today; a key file names its own mistakes by line. */
static bool read_ring(const char *name, const char *text, struct gb_arena *arena,
                      struct gb_keyring *ring, struct gb_err *err)
{
    char today[GB_DAY_SIZE];

    if (gb_keyring_read(arena, gb_str_of(text), name[0], ring, err) != GB_OK) {
        (void)gb_prefix(err, "privacy.%s", name);
        return false;
    }
    gb_day_from_today(0, today);
    gb_keyring_expire(ring, gb_str_of(today));
    return true;
}

/* Names in messages begin with the folder, so that an editor finds them. */
static bool read_folder(const char *path, struct gb_arena *arena, const struct gb_files **files,
                        struct gb_err *err)
{
    struct gb_files *made = gb_arena_take(arena, sizeof(*made));

    *files = made;
    return gb_files_read(path, arena, made, err) == GB_OK;
}

static bool read_sources(const struct gb_daemon_config *config, struct gb_arena *arena,
                         struct gb_door_source *sources, struct gb_err *err)
{
    for (size_t i = 0; i < config->sources_count; i++) {
        const struct gb_daemon_source *from = &config->sources[i];

        sources[i].name = gb_str_of(from->name);
        sources[i].topic = gb_str_of(from->topic);
        sources[i].is_live = from->is_live;
        if (i > 0 && strcmp(from->name, config->sources[i - 1].name) == 0 &&
            strcmp(from->adapter, config->sources[i - 1].adapter) == 0) {
            sources[i].adapter = sources[i - 1].adapter; /* another topic of the same source */
            sources[i].lookups = sources[i - 1].lookups;
            continue;
        }
        sources[i].adapter_folder = gb_str_of(from->adapter);
        sources[i].lookups_folder = gb_str_of(from->lookups);
        if (!read_folder(from->adapter, arena, &sources[i].adapter, err) ||
            !read_folder(from->lookups, arena, &sources[i].lookups, err)) {
            return false;
        }
    }
    return true;
}

struct gb_door *gb_daemon_door(const struct gb_daemon_config *config, struct gb_arena *arena,
                               FILE *log, struct gb_err *err)
{
    struct gb_door_source sources[GB_DAEMON_SOURCES_MAX] = {0};
    struct gb_file refuse = {.name = gb_str_of(config->refuse)};
    struct gb_door_config door = {.cluster = gb_str_of(config->cluster),
                                  .lanes_count = config->lanes_count,
                                  .refuse = &refuse,
                                  .sources = sources,
                                  .sources_count = config->sources_count,
                                  .gateways = config->gateways};
    struct gb_keyring join, publish;
    struct gb_mistakes mistakes = {0};
    struct gb_door *made;

    GB_CHECK(config->sources_count <= GB_DAEMON_SOURCES_MAX);
    door.decision_topic = gb_arena_printf(arena, "%sdecision.in", config->topic_prefix);
    door.result_topic = gb_arena_printf(arena, "%swriteback.result.in", config->topic_prefix);
    if (!read_ring("join_key", config->join_key, arena, &join, err) ||
        !read_key("salt", config->salt, arena, &door.salt, err) ||
        (config->publish_key != NULL &&
         !read_ring("publish_key", config->publish_key, arena, &publish, err)) ||
        gb_tool_file(config->refuse, arena, &refuse.bytes, err) != GB_OK ||
        !read_sources(config, arena, sources, err)) {
        return NULL;
    }
    door.join_key = join.items[0].bytes;
    door.join_key_id = join.items[0].id;
    door.join_alg = join.items[0].alg;
    if (join.count > 1) {
        door.join_was = join.items[1];
    }
    made = gb_door_new(&door, &mistakes);
    if (made == NULL) {
        (void)fwrite(mistakes.lines.bytes, 1, mistakes.lines.len, log);
        (void)gb_fail(err, GB_BAD_CONFIG, "%u mistakes in mappings, lookups or refuse-list",
                      mistakes.count);
    }
    gb_mistakes_close(&mistakes);
    return made;
}

static void say_list(const struct gb_buf *list)
{
    if (list->len > 0) {
        gb_log(GB_LOG_INFO, -1, gb_buf_str(list));
    }
}

void gb_daemon_say_drift(const struct gb_door *door)
{
    struct gb_drift drift[GB_DRIFT_SHOWN_MAX];
    size_t count = gb_door_drift_fresh(door, drift, GB_DRIFT_SHOWN_MAX);
    struct gb_buf line = {0};

    for (size_t i = 0; i < count; i++) {
        gb_buf_clear(&line);
        gb_buf_printf(&line,
                      "schema drift: %.*s sends column %.*s, which no mapping names: it is ignored",
                      GB_STR_ARG(drift[i].source), GB_STR_ARG(drift[i].column));
        gb_log(GB_LOG_WARN, -1, gb_buf_str(&line));
    }
    gb_buf_close(&line);
}

void gb_daemon_say_kept_out(const struct gb_door *door)
{
    struct gb_refused refused[GB_REFUSE_CLASSES_MAX];
    struct gb_drift drift[GB_DRIFT_SHOWN_MAX];
    size_t classes = gb_door_refused(door, refused, GB_REFUSE_CLASSES_MAX);
    size_t columns = gb_door_drift(door, drift, GB_DRIFT_SHOWN_MAX);
    struct gb_buf list = {0};

    for (size_t i = 0; i < classes; i++) {
        gb_buf_printf(&list, "%s%.*s %llu", i == 0 ? "refused: " : ", ",
                      GB_STR_ARG(refused[i].class_name), (unsigned long long)refused[i].count);
    }
    say_list(&list);
    gb_buf_clear(&list);
    for (int kind = 0; kind < GB_SCRUB_COUNT; kind++) {
        uint64_t count = gb_door_scrubbed(door, (enum gb_scrub_kind)kind);

        if (count > 0) {
            gb_buf_printf(&list, "%s%s %llu", list.len == 0 ? "scrubbed from texts: " : ", ",
                          gb_scrub_word((enum gb_scrub_kind)kind), (unsigned long long)count);
        }
    }
    say_list(&list);
    gb_buf_clear(&list);
    for (size_t i = 0; i < columns; i++) {
        gb_buf_printf(&list, "%s%.*s.%.*s %llu", i == 0 ? "columns that no mapping names: " : ", ",
                      GB_STR_ARG(drift[i].source), GB_STR_ARG(drift[i].column),
                      (unsigned long long)drift[i].count);
    }
    say_list(&list);
    gb_buf_close(&list);
}
