/* Lifecycle: who is created before whom, and who is closed after whom. */
#include "daemon/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "codec/door.h"
#include "shell/tool_notify.h"
#include "shell/tool_store.h"
#include "shell/world.h"

#define RESUME_EVERY 5 /* seconds between looks at lanes that are halted */

/* One logfmt line; called from any thread. */
static void say(void *context, bool is_warning, int64_t lane, struct gb_str text)
{
    FILE *log = context;
    char safe[700];
    size_t len = 0;

    for (size_t i = 0; i < text.len && len + 2 < sizeof(safe); i++) {
        char c = text.ptr[i];

        if (c == '"' || c == '\\') {
            safe[len++] = '\\';
        }
        safe[len++] = (unsigned char)c < 0x20 ? ' ' : c;
    }
    if (lane >= 0) {
        fprintf(log, "level=%s lane=%" PRId64 " msg=\"%.*s\"\n", is_warning ? "warn" : "info",
                lane, (int)len, safe);
    } else {
        fprintf(log, "level=%s msg=\"%.*s\"\n", is_warning ? "warn" : "info", (int)len, safe);
    }
}

static void say_plain(FILE *log, bool is_warning, const char *text)
{
    say(log, is_warning, -1, gb_str_of(text));
}

/* Waits for one of the signals at most a second; 0 if none came. */
static int wait_signal(const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    int got = sigtimedwait(signals, NULL, &second);

    return got > 0 ? got : 0;
}

/* True once every topic has its stream id; false where a signal came first. */
static bool wait_streams(const struct gb_daemon_config *config, const sigset_t *signals,
                         struct gb_arena *arena, struct gb_str *streams, FILE *log)
{
    char last[sizeof(((struct gb_err *)0)->text)] = "";

    for (;;) {
        struct gb_tool_pg *pg = NULL;
        struct gb_err err = {.text = "topics have no stream ids yet: topics create"};
        bool is_whole = false;

        if (gb_tool_pg_open(config->dsn, &pg, &err) == GB_OK) {
            if (gb_tool_streams(pg, arena, streams) != GB_OK) {
                gb_tool_pg_why(pg, &err);
            } else {
                is_whole = true;
                for (int t = 0; t < GB_TOPIC_COUNT; t++) {
                    is_whole = is_whole && gb_str_is(streams[t]);
                }
            }
        }
        gb_tool_pg_close(pg);
        if (is_whole) {
            return true;
        }
        if (strcmp(last, err.text) != 0) {
            snprintf(last, sizeof(last), "%s", err.text);
            (void)gb_prefix(&err, "waits");
            say_plain(log, true, err.text);
        }
        if (wait_signal(signals) != 0) {
            return false;
        }
    }
}

/* Lanes that an operator has let go on in the database claim again. */
static void resume_lanes(const struct gb_daemon_config *config, struct gb_world *world)
{
    struct gb_tool_pg *pg = NULL;
    struct gb_tool_rows *rows = NULL;

    for (uint32_t lane = 0; lane < config->lanes_count; lane++) {
        struct gb_lane_view view;
        int64_t row;

        if (!gb_world_look(world, lane, &view) || view.state != GB_LANE_HALTED) {
            continue;
        }
        if (rows == NULL && (gb_tool_pg_open(config->dsn, &pg, NULL) != GB_OK ||
                             gb_tool_lanes(pg, &rows) != GB_OK)) {
            break;
        }
        row = gb_tool_lane_find(rows, lane);
        if (row >= 0 && !gb_str_eq(gb_tool_rows_text(rows, (size_t)row, GB_LANE_COLUMN_STATUS),
                                   GB_STR("halted"))) {
            gb_world_resume(world, lane);
        }
    }
    gb_tool_rows_free(rows);
    gb_tool_pg_close(pg);
}

static void wait_end(const struct gb_daemon_config *config, const sigset_t *signals,
                     struct gb_world *world)
{
    for (unsigned turn = 1; wait_signal(signals) == 0; turn++) {
        gb_tool_notify("WATCHDOG=1");
        if (turn % RESUME_EVERY == 0 && config->has_lanes) {
            resume_lanes(config, world);
        }
    }
}

static enum gb_status run_world(const struct gb_daemon_config *config, const sigset_t *signals,
                                struct gb_world_config *world_config, const struct gb_door *door,
                                struct gb_err *err)
{
    FILE *log = world_config->say_context;
    struct gb_world *world = gb_world_start(world_config, door, err);
    bool is_clean;

    if (world == NULL) {
        return err->status;
    }
    gb_tool_notify("READY=1");
    say_plain(log, false, "runs");
    wait_end(config, signals, world);
    gb_tool_notify("STOPPING=1");
    say_plain(log, false, "stops");
    is_clean = gb_world_stop(world);
    say_plain(log, !is_clean, is_clean ? "stopped" : "stopped; something did not end in time");
    return is_clean ? GB_OK : gb_fail(err, GB_BUG, "a thread did not end in time");
}

static enum gb_status run_with_door(const struct gb_daemon_config *config, struct gb_arena *arena,
                                    const sigset_t *signals, FILE *log, struct gb_err *err)
{
    struct gb_source_topic topics[GB_DAEMON_SOURCES_MAX + 1];
    char owner[128] = "host";
    struct gb_world_config world = {
        .bootstrap = config->bootstrap, .dsn = config->dsn, .bridge_id = config->bridge_id,
        .cluster = config->cluster, .topic_prefix = config->topic_prefix, .owner = owner,
        .lanes_count = config->lanes_count, .has_intake = config->has_intake,
        .has_lanes = config->has_lanes,
        .mode = config->is_idempotent ? GB_PUBLISH_IDEMPOTENT : GB_PUBLISH_TRANSACTIONAL,
        .batch_records_max = config->batch_records_max, .properties = config->properties,
        .properties_count = config->properties_count, .sources = topics,
        .sources_count = config->sources_count + 1, .say = say, .say_context = log};
    struct gb_door *door = NULL;
    enum gb_status status = GB_OK;

    (void)gethostname(owner, sizeof(owner) - 1);
    world.policy_topic = gb_arena_printf(arena, "%spolicy.in", config->topic_prefix).ptr;
    for (size_t i = 0; i < config->sources_count; i++) {
        topics[i] = (struct gb_source_topic){.name = config->sources[i].topic,
                                              .from_latest = config->sources[i].is_latest};
    }
    topics[config->sources_count] = (struct gb_source_topic){.name = world.policy_topic};
    if (config->has_intake) {
        door = gb_daemon_door(config, arena, log, err);
        if (door == NULL) {
            return err->status;
        }
    }
    if (wait_streams(config, signals, arena, world.streams, log)) {
        status = run_world(config, signals, &world, door, err);
    }
    if (status != GB_BUG) {
        gb_door_free(door); /* a world that still hangs may still look at it */
    }
    return status;
}

enum gb_status gb_daemon_run(const struct gb_daemon_config *config, FILE *log, struct gb_err *err)
{
    struct gb_arena arena;
    sigset_t signals;
    enum gb_status status;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0) {
        return gb_fail(err, GB_BUG, "signals cannot be blocked");
    }
    gb_arena_init(&arena, (size_t)512 << 20);
    status = run_with_door(config, &arena, &signals, log, err);
    if (status != GB_BUG) {
        gb_arena_close(&arena);
    }
    return status;
}
