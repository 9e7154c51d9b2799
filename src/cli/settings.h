/* The configuration file as commands read it: -c FILE, else $GRIDBRIDGE_CONFIG. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "base/arena.h"
#include "cli/command.h"
#include "codec/config.h"

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

/* The connection string, read from its file where it stands in one. NULL with talk. */
const char *gb_settings_dsn(struct gb_settings *settings, const struct gb_args *args);

#endif
