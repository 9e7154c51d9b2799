/* The command line's one table: a row a command. Usage texts, completion and suggestions are made
 * from it, and nothing else knows a command's name.
 *
 * Rules (the same for every command): data on stdout, talk on stderr; -o table|json|jsonl|csv; a
 * command returns an exit code of the list below and never ends the process itself. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdint.h>
#include <stdio.h>

#include "base/check.h"
#include "gridbridge/err.h"
#include "gridbridge/str.h"

/* Exit codes, those from 64 on as in sysexits.h. */
enum gb_exit {
    GB_EXIT_OK = 0,
    GB_EXIT_NO = 1,           /* a negative answer: differs, not found, not complete */
    GB_EXIT_CRITICAL = 2,     /* status only */
    GB_EXIT_USAGE = 64,
    GB_EXIT_DATA = 65,
    GB_EXIT_UNAVAILABLE = 69, /* a server is away */
    GB_EXIT_BUG = 70,
    GB_EXIT_IO = 74,
    GB_EXIT_AGAIN = 75,       /* try again */
    GB_EXIT_PERMISSION = 77,
    GB_EXIT_CONFIG = 78
};

/* JSON: one array or object; JSONL: a line a row; CSV as in RFC 4180, a header first. */
enum gb_format { GB_FORMAT_TABLE, GB_FORMAT_JSON, GB_FORMAT_JSONL, GB_FORMAT_CSV };

#define GB_OPTIONS_MAX 16
#define GB_WORDS_MAX 100

/* One option of a command. value is the placeholder of what follows, NULL for a flag. */
struct gb_option {
    const char *name; /* "--lane" */
    const char *value;
    const char *help;
};

struct gb_command;

/* A command line, taken apart. Borrows argv. */
struct gb_args {
    const struct gb_command *command;
    enum gb_format format;
    const char *config;                 /* -c FILE, or NULL */
    const char *given[GB_OPTIONS_MAX];  /* by option: its value, "" for a flag, NULL if absent */
    const char *words[GB_WORDS_MAX];    /* what is no option, in order */
    size_t words_count;
    FILE *out;
    FILE *talk;
};

struct gb_command {
    const char *name;                   /* one or two words: "check config" */
    const char *words;                  /* what follows: "FILE", "" if nothing */
    size_t words_min, words_max;
    const char *help;                   /* one line */
    const char *more;                   /* further lines of its usage text, or NULL */
    const struct gb_option *options;    /* ends with a name of NULL; NULL if none */
    enum gb_exit (*run)(const struct gb_args *args);
};

/* The table, sorted as help shows it; count rows. */
const struct gb_command *gb_commands(size_t *count);

/* The whole program: finds the command, parses, runs. argv[0] is the program. */
enum gb_exit gb_cli_run(int argc, char **argv, FILE *out, FILE *talk);

/* Parses what follows the command's name. On a mistake says what and what was meant, and returns
 * false. *wants_help is set where -h or --help was met. */
bool gb_args_parse(struct gb_args *args, int argc, char **argv, bool *wants_help) GB_MUST_CHECK;

/* The value of an option of the command's own ("" for a flag), or NULL. */
const char *gb_args_get(const struct gb_args *args, const char *name);

/* Reads an option as a number from 0 on. False, with talk, if it is none; *number stays as it was
 * where the option is absent. */
bool gb_args_number(const struct gb_args *args, const char *name, int64_t *number) GB_MUST_CHECK;

/* The exit code that stands for a status. */
enum gb_exit gb_exit_of(enum gb_status status);

/* "gridbridge: text" on talk; returns the exit code of err's status. */
enum gb_exit gb_cli_fail(const struct gb_args *args, const struct gb_err *err);

/* Usage mistake: "gridbridge: text" and where to read on. */
__attribute__((format(printf, 2, 3))) enum gb_exit gb_cli_misused(const struct gb_args *args,
                                                                  const char *format, ...);

/* The name of the table nearest to what was given, or NULL. */
const char *gb_cli_nearest(const char *given, const char *const *names);

/* help.c */
void gb_help_short(FILE *to);                                   /* no argument: <= 25 lines */
void gb_help_all(FILE *to);                                     /* --help */
void gb_help_command(FILE *to, const struct gb_command *command);
void gb_help_group(FILE *to, const char *group);                /* "check": its commands */
void gb_help_completion(FILE *to);                              /* a bash script */

#endif
