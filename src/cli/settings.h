/* The configuration file as commands read it: -c FILE, else $GRIDBRIDGE_CONFIG. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "base/arena.h"
#include "cli/command.h"
#include "codec/config.h"
#include "shell/tool_produce.h"

struct gb_settings {
    struct gb_arena arena;
    struct gb_config config;
    struct gb_str folder; /* of the main file: paths are relative to it */
};

/* The file's path, or NULL if none is named. */
const char *gb_settings_path(const struct gb_args *args);

/* Reads and checks; mistakes go to `to`, one line each. gb_settings_close is due either way. */
enum gb_exit gb_settings_read(struct gb_settings *settings, const struct gb_args *args,
                              const char *path, FILE *to);
void gb_settings_close(struct gb_settings *settings);

/* A path of the configuration, from here; NULL where absent. */
const char *gb_settings_file(struct gb_settings *settings, struct gb_str path);

/* A secret of the configuration: given there, or in a file that it names, or in systemd's
 * credentials ($CREDENTIALS_DIRECTORY/NAME), in this order. */
struct gb_secret {
    const char *name;          /* "postgres.dsn" */
    struct gb_str given, file; /* at most one */
};

/* text: NULL where it is nowhere. False with talk where a file cannot be read or is open to
 * others. */
bool gb_settings_secret(struct gb_settings *settings, const struct gb_args *args,
                        const struct gb_secret *secret, const char **text) GB_MUST_CHECK;

/* The connection string, read from its file where it stands in one. NULL with talk. */
const char *gb_settings_dsn(struct gb_settings *settings, const struct gb_args *args);

/* The sources of the configuration, each once, in the arena; count: how many. */
const struct gb_writeback_target *gb_settings_targets(struct gb_settings *settings, size_t *count);

/* How to reach Kafka: the command's --bootstrap and --prefix, else the configuration. */
struct gb_brokers {
    struct gb_settings settings;
    bool has_settings;
    struct gb_tool_kafka kafka;
    const char *prefix;
    int64_t lanes; /* 0: not configured */
};

/* The same for commands without those options: from the configuration alone; where none is named,
 * has_settings is false. On failure says why; gb_brokers_end is due either way. */
enum gb_exit gb_brokers_configured(struct gb_brokers *brokers, const struct gb_args *args);

/* On failure says why; gb_brokers_end is due either way. */
enum gb_exit gb_brokers_begin(struct gb_brokers *brokers, const struct gb_args *args);
void gb_brokers_end(struct gb_brokers *brokers);

/* The configuration's client properties, in its arena, those from files read. False with talk. */
bool gb_settings_properties(struct gb_settings *settings, const struct gb_args *args,
                            const struct gb_kafka_property **items, size_t *count) GB_MUST_CHECK;

#endif
