/* The functions of the command table, one a command. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

enum gb_exit gb_cli_version(const struct gb_args *args);
enum gb_exit gb_cli_completion(const struct gb_args *args);

#endif
