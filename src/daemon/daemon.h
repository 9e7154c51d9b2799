/* `gridbridge run`: from settings to a running world and back to silence.
 *
 *   read secrets and folders -> build the door -> wait for the streams in PostgreSQL -> start the
 *   world -> READY=1 -> until SIGTERM or SIGINT -> STOPPING=1 -> orderly stop
 *   SIGHUP: reload.c
 *
 * A server that is away is waited for, with a line that says so; a wrong setting ends the process.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "codec/gateway.h"
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/check.h"
#include "gridbridge/err.h"
#include "lane/topics.h"
#include "shell/plain.h"

struct gb_door;

#define GB_DAEMON_SOURCES_MAX 64 /* topics */

struct gb_daemon_source {
    const char *name;    /* party_building */
    const char *topic;
    const char *adapter; /* folder with mapping.yaml */
    const char *lookups; /* folder with the lookup files */
    bool is_latest;      /* first start: at the end of the topic */
    bool is_live;        /* mode: live */
};

/* Everything is borrowed and outlives the run. */
struct gb_daemon_config {
    const char *bootstrap, *dsn;
    const char *bridge_id, *cluster, *topic_prefix;
    const char *instance;          /* NULL: the host's name and a number (shell/instance.h) */
    const struct gb_kafka_property *properties;
    size_t properties_count;
    uint32_t lanes_count;
    bool has_intake, has_lanes;
    bool is_idempotent;            /* publish.mode */
    bool is_sm3;                   /* hash of the ledger of lanes that are created */
    uint32_t batch_records_max;    /* 0: default */
    size_t batch_bytes_max;        /* 0: default */
    enum gb_log_level log_level;
    const char *refuse;            /* refuse.yaml */
    const char *join_key, *salt;   /* 64 hex digits each */
    const char *publish_key;       /* the same, or NULL; only looked at */
    const struct gb_daemon_source *sources;
    size_t sources_count;
    struct gb_gateways gateways;   /* who may send decisions */
    /* SIGHUP: the settings as they stand now, or NULL with the mistakes on log; they live until
     * the next call of settle with false (they were not taken) or until new ones were taken. NULL:
     * SIGHUP is said and ignored. */
    const struct gb_daemon_config *(*reload)(void *context);
    void (*settle)(void *context, bool is_taken);
    void *context;
};

/* What intake reads with: sources, their door, and the memory of both. */
struct gb_intake_set {
    struct gb_arena arena;
    const struct gb_daemon_config *config;
    struct gb_door *door;
    struct gb_source_topic *topics; /* with policy, decisions and results */
    size_t topics_count;
};

struct gb_world;

/* Reads secrets, folders and mappings; NULL with err, mistakes on log. */
struct gb_intake_set *gb_intake_set_new(const struct gb_daemon_config *config, FILE *log,
                                        struct gb_err *err);
void gb_intake_set_free(struct gb_intake_set *set);

/* SIGHUP as a transaction: settings, mappings, lookups, refuse-list and keys are read and checked,
 * then intake goes over to them; on any mistake everything stays as it was, and the log says so.
 * Sources that join need nothing else. Where records that are read already would be read in
 * another way, or no more, intake first drains, for 15 s at most: a record that was sent but not
 * yet committed would otherwise be read in two ways, or counted by nobody. Settings of the running
 * world (servers, lanes, salt) are refused, and sources that go live without a write-back topic
 * among outputs. *set is what is in force. */
void gb_daemon_reload(struct gb_world *world, const struct gb_topics *outputs,
                      struct gb_intake_set **set, FILE *log);

/* BAD_CONFIG names the first source with mode: live that has no write-back topic among outputs, and
 * what to do: what the lanes had to write back to it would halt them. */
enum gb_status gb_daemon_check_live(const struct gb_daemon_config *config,
                                    const struct gb_topics *outputs,
                                    struct gb_err *err) GB_MUST_CHECK;

/* Runs until a signal; OK after an orderly stop. Log lines go to log as logfmt. */
enum gb_status gb_daemon_run(const struct gb_daemon_config *config, FILE *log,
                             struct gb_err *err) GB_MUST_CHECK;

/* The door of the settings, in the arena's lifetime; NULL with err, mistakes on log. */
struct gb_door *gb_daemon_door(const struct gb_daemon_config *config, struct gb_arena *arena,
                               FILE *log, struct gb_err *err);

/* A warning for each column that no mapping names and that was not told yet. */
void gb_daemon_say_drift(const struct gb_door *door);

/* What the door kept out so far, by class and kind, in log lines: counts, no names of rows. */
void gb_daemon_say_kept_out(const struct gb_door *door);

#endif
