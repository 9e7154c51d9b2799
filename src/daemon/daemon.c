/* Lifecycle: who is created before whom, and who is closed after whom. */
#include "daemon/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "codec/door.h"
#include "shell/harden.h"
#include "shell/instance.h"
#include "shell/log.h"
#include "shell/tool_notify.h"
#include "shell/tool_store.h"
#include "shell/world.h"

#define KEPT_OUT_EVERY 3600 /* seconds between counts of what the door kept out */
#define RESUME_EVERY 5 /* seconds between looks at lanes that are halted */

/* From any thread. A lane that stops for good is more than a warning. */
static void say(void *context, bool is_warning, int64_t lane, struct gb_str text)
{
    bool is_halt = text.len > 4 && memcmp(text.ptr, "halt", 4) == 0;

    (void)context;
    gb_log(is_halt ? GB_LOG_ERROR : is_warning ? GB_LOG_WARN : GB_LOG_INFO, lane, text);
}

static void say_plain(bool is_warning, const char *text)
{
    say(NULL, is_warning, -1, gb_str_of(text));
}

/* Waits for one of the signals at most a second; 0 if none came. SIGHUP is one of them. */
static int wait_signal(const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    int got = sigtimedwait(signals, NULL, &second);

    return got > 0 ? got : 0;
}

struct surroundings {
    struct gb_arena *arena;
    const sigset_t *signals;
    FILE *log;
    struct gb_intake_set *set; /* in force */
    const struct gb_topics *outputs; /* of the world that runs */
    bool is_reload_due;        /* SIGHUP came before there was a world to turn */
};

/* True once every topic has its stream id; false where a signal to end came first. */
static bool wait_streams(const struct gb_daemon_config *config, struct surroundings *around,
                         struct gb_topics *outputs)
{
    struct gb_arena attempt;

    gb_arena_init(&attempt, (size_t)1 << 20);
    for (;;) {
        struct gb_tool_pg *pg = NULL;
        struct gb_err err = {.status = GB_OK};
        bool is_whole = gb_tool_pg_open(config->dsn, &pg, &err) == GB_OK &&
                        gb_tool_streams(pg, config->topic_prefix, &attempt, outputs, &err) ==
                            GB_OK;

        gb_tool_pg_close(pg);
        if (is_whole) {
            gb_topics_copy(outputs, outputs, around->arena);
        } else {
            (void)gb_prefix(&err, err.status == GB_AWAY ? "waits for PostgreSQL" : "waits");
            say_plain(true, err.text);
        }
        int signal = is_whole ? 0 : wait_signal(around->signals);

        around->is_reload_due = around->is_reload_due || signal == SIGHUP;
        if (is_whole || (signal != 0 && signal != SIGHUP)) {
            gb_arena_close(&attempt);
            return is_whole;
        }
        gb_arena_reset(&attempt);
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

/* OK after a signal to end; else why the world is of no use any more. */
static enum gb_status wait_end(const struct gb_daemon_config *config, struct surroundings *around,
                               struct gb_world *world, struct gb_err *err)
{
    for (unsigned turn = 1;; turn++) {
        int signal = around->is_reload_due ? SIGHUP : wait_signal(around->signals);

        if (signal == SIGHUP) {
            around->is_reload_due = false;
            gb_daemon_reload(world, around->outputs, &around->set, around->log);
        } else if (signal != 0) {
            return GB_OK;
        }
        if (gb_world_is_broken(world, err)) {
            return err->status;
        }
        gb_tool_notify("WATCHDOG=1");
        if (turn % RESUME_EVERY == 0 && config->has_lanes) {
            resume_lanes(config, world);
        }
        if (around->set->door != NULL) {
            gb_daemon_say_drift(around->set->door);
            if (turn % KEPT_OUT_EVERY == 0) {
                gb_daemon_say_kept_out(around->set->door);
            }
        }
    }
}

static enum gb_status run_world(const struct gb_daemon_config *config,
                                struct surroundings *around,
                                struct gb_world_config *world_config, struct gb_err *err)
{
    struct gb_world *world = gb_world_start(world_config, around->set->door, err);
    enum gb_status status;
    bool is_clean;

    if (world == NULL) {
        return err->status;
    }
    gb_tool_notify("READY=1");
    say_plain(false, "runs");
    status = wait_end(config, around, world, err);
    gb_tool_notify("STOPPING=1");
    say_plain(false, "stops");
    is_clean = gb_world_stop(world);
    if (around->set->door != NULL) {
        gb_daemon_say_kept_out(around->set->door);
    }
    say_plain(!is_clean, is_clean ? "stopped" : "stopped; something did not end in time");
    return is_clean ? status : gb_fail(err, GB_BUG, "a thread did not end in time");
}

static enum gb_status run_with_set(const struct gb_daemon_config *config,
                                   struct surroundings *around,
                                   const struct gb_instance *instance, struct gb_err *err)
{
    struct gb_arena *arena = around->arena;
    struct gb_world_config world = {
        .bootstrap = config->bootstrap, .dsn = config->dsn, .bridge_id = config->bridge_id,
        .cluster = config->cluster, .topic_prefix = config->topic_prefix,
        .owner = instance->owner, .instance = instance->name,
        .lanes_count = config->lanes_count, .has_intake = config->has_intake,
        .has_lanes = config->has_lanes,
        .mode = config->is_idempotent ? GB_PUBLISH_IDEMPOTENT : GB_PUBLISH_TRANSACTIONAL,
        .batch_records_max = config->batch_records_max, .properties = config->properties,
        .properties_count = config->properties_count, .say = say,
        .alg = config->is_sm3 ? GB_SM3 : GB_SHA256,
        .batch_bytes_max = config->batch_bytes_max};
    enum gb_status status = GB_OK;

    world.policy_topic = gb_arena_printf(arena, "%spolicy.in", config->topic_prefix).ptr;
    around->set = gb_intake_set_new(config, around->log, err);
    if (around->set == NULL) {
        return err->status;
    }
    world.sources = around->set->topics;
    world.sources_count = around->set->topics_count;
    if (wait_streams(config, around, &world.topics)) {
        around->outputs = &world.topics;
        status = gb_daemon_check_live(config, &world.topics, err);
        status = status == GB_OK ? run_world(config, around, &world, err) : status;
    }
    if (status != GB_BUG) {
        gb_intake_set_free(around->set); /* a world that still hangs may still look at it */
    }
    return status;
}

enum gb_status gb_daemon_run(const struct gb_daemon_config *config, FILE *log, struct gb_err *err)
{
    struct gb_instance instance;
    struct gb_arena arena;
    sigset_t signals;
    struct surroundings around = {.arena = &arena, .signals = &signals, .log = log};
    enum gb_status status;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0) {
        return gb_fail(err, GB_BUG, "signals cannot be blocked");
    }
    status = gb_harden_process(err);
    if (status != GB_OK) {
        return status;
    }
    gb_log_open(log, config->log_level);
    status = gb_instance_take(config->bridge_id, config->instance, &instance, err);
    if (status != GB_OK) {
        return status;
    }
    gb_arena_init(&arena, (size_t)512 << 20);
    status = run_with_set(config, &around, &instance, err);
    if (status != GB_BUG) {
        gb_arena_close(&arena);
        gb_instance_give_back(&instance);
    }
    return status;
}
