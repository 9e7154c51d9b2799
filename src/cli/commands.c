/* The command table. Rows of one group stand together; help shows them in this order. */
#include "cli/commands.h"

enum gb_exit gb_cli_version(const struct gb_args *args)
{
    if (args->format == GB_FORMAT_JSON) {
        fputs("{\"version\":\"" GB_VERSION "\"}\n", args->out);
    } else {
        fputs("gridbridge " GB_VERSION "\n", args->out);
    }
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_completion(const struct gb_args *args)
{
    gb_help_completion(args->out);
    return GB_EXIT_OK;
}

static const struct gb_option MAPPING_OPTIONS[] = {
    {"--refuse", "FILE", "the refuse-list, refuse.yaml"},
    {"--lookups", "DIR", "folder of the lookup files; else the adapter's own"},
    {0}};

static const struct gb_command COMMANDS[] = {
    {.name = "check mapping",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Checks an adapter's mapping and its lookups",
     .more = "Prints the mapping's hash, or each mistake as file:line:col.",
     .options = MAPPING_OPTIONS,
     .run = gb_cli_check_mapping},
    {.name = "check policy",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Checks a policy bundle",
     .more = "Prints the bundle's hash, or each mistake as file:line:col.",
     .run = gb_cli_check_policy},
    {.name = "completion",
     .words = "",
     .help = "Prints a completion script for bash",
     .more = "Use: source <(gridbridge completion)",
     .run = gb_cli_completion},
    {.name = "version", .words = "", .help = "Prints the version", .run = gb_cli_version},
};

const struct gb_command *gb_commands(size_t *count)
{
    *count = GB_COUNT(COMMANDS);
    return COMMANDS;
}
