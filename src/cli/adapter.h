/* An adapter's folder as a door of its own, for commands that look at one adapter. */
#ifndef CLI_ADAPTER_H
#define CLI_ADAPTER_H

#include "cli/command.h"
#include "codec/door.h"

/* --refuse FILE, --lookups DIR */
#define GB_ADAPTER_OPTIONS                                                                         \
    {"--refuse", "FILE", "the refuse-list, refuse.yaml"},                                          \
    {                                                                                              \
        "--lookups", "DIR", "folder of the lookup files; else fixtures/lookups"                    \
    }

struct gb_adapter {
    struct gb_arena arena;
    const char *folder, *lookups_folder; /* without slashes at their ends */
    struct gb_files files;    /* of the folder */
    struct gb_files lookups;
    struct gb_file refuse;
    struct gb_mistakes mistakes;
};

/* Reads the folder, the lookups and the refuse-list. OK, or what the command should return; both
 * times gb_adapter_end is due. */
enum gb_exit gb_adapter_begin(struct gb_adapter *adapter, const struct gb_args *args,
                              const char *folder);
void gb_adapter_end(struct gb_adapter *adapter);

/* The folder's mapping.yaml; NULL: there is none. */
const struct gb_file *gb_adapter_mapping(const struct gb_adapter *adapter);

/* A door that reads every topic by this adapter, with keys that are no secret (hashes of ids are
 * the same on every machine). NULL after a mistake. Free by gb_door_free, before the adapter. */
struct gb_door *gb_adapter_door(struct gb_adapter *adapter);

/* Prints the mistakes and gives the exit code; OK where there are none. */
enum gb_exit gb_adapter_report(const struct gb_adapter *adapter, const struct gb_args *args);

#endif
