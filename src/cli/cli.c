/* From words to a command. Two words are tried before one. */
#include "cli/command.h"
#include "shell/log.h"

#define NAMES_MAX 64

static const struct gb_command *find(const char *first, const char *second)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);
    size_t len = strlen(first);

    for (size_t i = 0; i < count; i++) {
        const char *name = table[i].name;

        if (strncmp(name, first, len) != 0) {
            continue;
        }
        if (name[len] == '\0' ||
            (name[len] == ' ' && second != NULL && strcmp(name + len + 1, second) == 0)) {
            return &table[i];
        }
    }
    return NULL;
}

/* First words of the table (group NULL), or the second words of a group. */
struct names {
    char bytes[NAMES_MAX][24];
    const char *items[NAMES_MAX + 1];
    size_t count;
};

static void collect_names(struct names *names, const char *group)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);
    size_t len = group != NULL ? strlen(group) : 0;

    memset(names, 0, sizeof(*names));
    for (size_t i = 0; i < count && names->count < NAMES_MAX; i++) {
        const char *word = table[i].name;

        if (group != NULL) {
            if (strncmp(word, group, len) != 0 || word[len] != ' ') {
                continue;
            }
            word += len + 1;
        }
        snprintf(names->bytes[names->count], sizeof(names->bytes[0]), "%.*s",
                 (int)strcspn(word, " "), word);
        names->items[names->count] = names->bytes[names->count];
        names->count++;
    }
}

static enum gb_exit say_unknown(FILE *talk, const char *group, const char *word)
{
    struct names names;
    const char *nearest;

    collect_names(&names, group);
    nearest = gb_cli_nearest(word, names.items);
    fprintf(talk, "gridbridge: unknown command %s%s%s", group != NULL ? group : "",
            group != NULL ? " " : "", word);
    if (nearest != NULL) {
        fprintf(talk, "; did you mean %s%s%s?", group != NULL ? group : "",
                group != NULL ? " " : "", nearest);
    }
    fputs("\nTry: gridbridge --help\n", talk);
    return GB_EXIT_USAGE;
}

static bool is_group(const char *word)
{
    struct names names;

    collect_names(&names, word);
    return names.count > 0;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static enum gb_exit run_group(int argc, char **argv, FILE *out, FILE *talk)
{
    if (argc < 3 || is_help(argv[2])) {
        gb_help_group(argc < 3 ? talk : out, argv[1]);
        return argc < 3 ? GB_EXIT_USAGE : GB_EXIT_OK;
    }
    return say_unknown(talk, argv[1], argv[2]);
}

static enum gb_exit run_command(const struct gb_command *command, int argc, char **argv,
                                struct gb_args *args)
{
    bool wants_help;
    enum gb_exit code;

    args->command = command;
    if (!gb_args_parse(args, argc, argv, &wants_help)) {
        return GB_EXIT_USAGE;
    }
    if (wants_help) {
        gb_help_command(args->out, command);
        return GB_EXIT_OK;
    }
    code = command->run(args);
    if (fflush(args->out) != 0 || ferror(args->out) != 0) {
        fputs("gridbridge: stdout: cannot write\n", args->talk);
        return GB_EXIT_IO;
    }
    return code;
}

enum gb_exit gb_cli_run(int argc, char **argv, FILE *out, FILE *talk)
{
    const struct gb_command *command;
    struct gb_args args = {.out = out, .talk = talk};
    int taken;

    gb_log_open(talk, GB_LOG_ERROR); /* a command's own words say what failed */
    if (argc < 2) {
        gb_help_short(talk);
        return GB_EXIT_USAGE;
    }
    if (is_help(argv[1])) {
        gb_help_all(out);
        return GB_EXIT_OK;
    }
    command = find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1],
                   argc > 2 ? argv[2] : NULL);
    if (command == NULL) {
        return is_group(argv[1]) ? run_group(argc, argv, out, talk)
                                 : say_unknown(talk, NULL, argv[1]);
    }
    taken = strchr(command->name, ' ') != NULL ? 3 : 2;
    return run_command(command, argc - taken, argv + taken, &args);
}
