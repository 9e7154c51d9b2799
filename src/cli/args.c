/* Taking a command line apart. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cli/command.h"
#include "codec/yaml.h"

const char *gb_cli_nearest(const char *given, const char *const *names)
{
    return gb_nearest(gb_str_of(given), names);
}

enum gb_exit gb_exit_of(enum gb_status status)
{
    switch (gb_status_class(status)) {
    case GB_CLASS_OK:
        return GB_EXIT_OK;
    case GB_CLASS_REJECT:
        if (status == GB_BAD_CONFIG || status == GB_BAD_POLICY || status == GB_BAD_MAPPING) {
            return GB_EXIT_CONFIG;
        }
        return status == GB_NOT_FOUND || status == GB_DIFFERS ? GB_EXIT_NO : GB_EXIT_DATA;
    case GB_CLASS_RETRY:
        return status == GB_AWAY ? GB_EXIT_UNAVAILABLE : GB_EXIT_AGAIN;
    case GB_CLASS_UNKNOWN:
        return GB_EXIT_AGAIN;
    case GB_CLASS_FATAL:
        return status == GB_IO ? GB_EXIT_IO : GB_EXIT_BUG;
    }
    return GB_EXIT_BUG;
}

enum gb_exit gb_cli_fail(const struct gb_args *args, const struct gb_err *err)
{
    fprintf(args->talk, "gridbridge: %s\n", err->text);
    return gb_exit_of(err->status);
}

enum gb_exit gb_cli_misused(const struct gb_args *args, const char *format, ...)
{
    va_list list;

    fputs("gridbridge: ", args->talk);
    va_start(list, format);
    vfprintf(args->talk, format, list);
    va_end(list);
    fprintf(args->talk, "\nTry: gridbridge %s --help\n", args->command->name);
    return GB_EXIT_USAGE;
}

static size_t options_count(const struct gb_command *command)
{
    size_t count = 0;

    while (command->options != NULL && command->options[count].name != NULL) {
        count++;
    }
    GB_CHECK(count <= GB_OPTIONS_MAX);
    return count;
}

static void say_unknown_option(const struct gb_args *args, const char *given)
{
    const char *names[GB_OPTIONS_MAX + 4] = {"--help", "--output", "--config"};
    size_t count = options_count(args->command);
    const char *nearest;

    for (size_t i = 0; i < count; i++) {
        names[3 + i] = args->command->options[i].name;
    }
    nearest = gb_cli_nearest(given, names);
    if (nearest != NULL) {
        (void)gb_cli_misused(args, "unknown option %s; did you mean %s?", given, nearest);
    } else {
        (void)gb_cli_misused(args, "unknown option %s", given);
    }
}

static bool take_format(struct gb_args *args, const char *word)
{
    static const char *const WORDS[] = {"table", "json", "jsonl", "csv", NULL};

    for (int i = 0; WORDS[i] != NULL; i++) {
        if (strcmp(word, WORDS[i]) == 0) {
            args->format = (enum gb_format)i;
            return true;
        }
    }
    (void)gb_cli_misused(args, "-o takes table, json, jsonl or csv, not %s", word);
    return false;
}

/* An option and what follows "=" in it; the value may also be the next argument. */
struct given_option {
    char name[32];
    const char *value; /* NULL: none in the same argument */
};

static bool split_option(const char *argument, struct given_option *given)
{
    const char *equals = strchr(argument, '=');
    size_t len = equals != NULL ? (size_t)(equals - argument) : strlen(argument);

    if (len >= sizeof(given->name)) {
        return false;
    }
    memcpy(given->name, argument, len);
    given->name[len] = '\0';
    given->value = equals != NULL ? equals + 1 : NULL;
    return true;
}

static bool is_named(const char *name, const char *short_name, const char *long_name)
{
    return strcmp(name, short_name) == 0 || strcmp(name, long_name) == 0;
}

/* Takes a value option; *at is the argument's place and moves on where the value stands apart. */
static const char *value_of(const struct gb_args *args, const struct given_option *given,
                            int argc, char **argv, int *at)
{
    if (given->value != NULL) {
        return given->value;
    }
    if (*at + 1 < argc) {
        return argv[++*at];
    }
    (void)gb_cli_misused(args, "%s needs a value", given->name);
    return NULL;
}

static bool take_own_option(struct gb_args *args, const struct given_option *given, int argc,
                            char **argv, int *at)
{
    size_t count = options_count(args->command);

    for (size_t i = 0; i < count; i++) {
        const struct gb_option *option = &args->command->options[i];

        if (strcmp(option->name, given->name) != 0) {
            continue;
        }
        if (option->value != NULL) {
            args->given[i] = value_of(args, given, argc, argv, at);
            return args->given[i] != NULL;
        }
        if (given->value != NULL) {
            (void)gb_cli_misused(args, "%s takes no value", given->name);
            return false;
        }
        args->given[i] = "";
        return true;
    }
    say_unknown_option(args, given->name);
    return false;
}

static bool take_option(struct gb_args *args, int argc, char **argv, int *at)
{
    struct given_option given;
    const char *value;

    if (!split_option(argv[*at], &given)) {
        say_unknown_option(args, argv[*at]);
        return false;
    }
    if (is_named(given.name, "-o", "--output")) {
        value = value_of(args, &given, argc, argv, at);
        return value != NULL && take_format(args, value);
    }
    if (is_named(given.name, "-c", "--config")) {
        args->config = value_of(args, &given, argc, argv, at);
        return args->config != NULL;
    }
    return take_own_option(args, &given, argc, argv, at);
}

bool gb_args_parse(struct gb_args *args, int argc, char **argv, bool *wants_help)
{
    bool only_words = false;

    *wants_help = false;
    for (int i = 0; i < argc; i++) {
        bool is_option = !only_words && argv[i][0] == '-' && argv[i][1] != '\0';

        if (is_option && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (is_option && is_named(argv[i], "-h", "--help")) {
            *wants_help = true;
            return true;
        } else if (is_option) {
            if (!take_option(args, argc, argv, &i)) {
                return false;
            }
        } else if (args->words_count == args->command->words_max) {
            (void)gb_cli_misused(args, "one word too many: %s", argv[i]);
            return false;
        } else {
            args->words[args->words_count++] = argv[i];
        }
    }
    if (args->words_count < args->command->words_min) {
        (void)gb_cli_misused(args, "%s needs %s", args->command->name, args->command->words);
        return false;
    }
    return true;
}

const char *gb_args_get(const struct gb_args *args, const char *name)
{
    size_t count = options_count(args->command);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(args->command->options[i].name, name) == 0) {
            return args->given[i];
        }
    }
    GB_CHECK(false); /* an option of this command */
    return NULL;
}

bool gb_args_number(const struct gb_args *args, const char *name, int64_t *number)
{
    const char *text = gb_args_get(args, name);
    char *end;
    long long read;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    read = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || read < 0) {
        (void)gb_cli_misused(args, "%s takes a number from 0 on, not %s", name, text);
        return false;
    }
    *number = read;
    return true;
}
