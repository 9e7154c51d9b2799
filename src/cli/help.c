/* Texts made from the command table. No line is longer than 80 columns. */
#include "cli/command.h"

#define NAME_COLUMN 34

void gb_help_short(FILE *to)
{
    fputs("gridbridge reads the changes of several departments' systems, finds the records\n"
          "that are one matter, names who leads it by the published duty list, and\n"
          "publishes one stream that can be replayed and proved.\n"
          "\n"
          "Usage: gridbridge COMMAND [options]\n"
          "\n"
          "Examples:\n"
          "  gridbridge check config gridbridge.yaml   every mistake, no socket opened\n"
          "  gridbridge run -c gridbridge.yaml         the daemon, in the foreground\n"
          "  gridbridge replay -c gridbridge.yaml      identical, or the first difference\n"
          "\n"
          "All commands: gridbridge --help\n",
          to);
}

static void show_row(FILE *to, const struct gb_command *command)
{
    int written = fprintf(to, "  %s%s%s", command->name, command->words[0] != '\0' ? " " : "",
                          command->words);

    if (written >= NAME_COLUMN) {
        fputc('\n', to);
        written = 0;
    }
    fprintf(to, "%*s%s\n", NAME_COLUMN - written, "", command->help);
}

static void show_option(FILE *to, const char *name, const char *value, const char *help)
{
    int written = fprintf(to, "  %s%s%s", name, value != NULL ? " " : "",
                          value != NULL ? value : "");

    fprintf(to, "%*s%s\n", written < 22 ? 22 - written : 1, "", help);
}

static void show_common(FILE *to)
{
    show_option(to, "-c, --config", "FILE", "configuration (or $GRIDBRIDGE_CONFIG)");
    show_option(to, "-o, --output", "FORM", "table (default), json, jsonl or csv");
    show_option(to, "-h, --help", NULL, "this text");
}

void gb_help_all(FILE *to)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);

    fputs("Usage: gridbridge COMMAND [options]\n\nCommands:\n", to);
    for (size_t i = 0; i < count; i++) {
        show_row(to, &table[i]);
    }
    fputs("\nOptions of every command:\n", to);
    show_common(to);
    fputs("\nData goes to stdout, talk to stderr. Exit codes: 0 ok, 1 negative answer,\n"
          "2 critical (status), 64 usage, 65 bad data, 69 a server is away, 70 bug,\n"
          "74 input or output, 75 try again, 77 permission, 78 configuration.\n",
          to);
}

void gb_help_command(FILE *to, const struct gb_command *command)
{
    fprintf(to, "Usage: gridbridge %s%s%s [options]\n\n%s.\n", command->name,
            command->words[0] != '\0' ? " " : "", command->words, command->help);
    if (command->more != NULL) {
        fprintf(to, "\n%s\n", command->more);
    }
    fputs("\nOptions:\n", to);
    for (const struct gb_option *o = command->options; o != NULL && o->name != NULL; o++) {
        show_option(to, o->name, o->value, o->help);
    }
    show_common(to);
}

static bool is_in_group(const struct gb_command *command, const char *group)
{
    size_t len = strlen(group);

    return strncmp(command->name, group, len) == 0 && command->name[len] == ' ';
}

void gb_help_group(FILE *to, const char *group)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);

    fprintf(to, "Usage: gridbridge %s COMMAND [options]\n\n", group);
    for (size_t i = 0; i < count; i++) {
        if (is_in_group(&table[i], group)) {
            show_row(to, &table[i]);
        }
    }
}

static size_t first_word_len(const char *name)
{
    return strcspn(name, " ");
}

static bool starts_group(const struct gb_command *table, size_t at)
{
    size_t len = first_word_len(table[at].name);

    return at == 0 || first_word_len(table[at - 1].name) != len ||
           strncmp(table[at - 1].name, table[at].name, len) != 0;
}

static void complete_group(FILE *to, const struct gb_command *table, size_t count, size_t at)
{
    size_t len = first_word_len(table[at].name);

    fprintf(to, "        %.*s) words=\"", (int)len, table[at].name);
    for (size_t i = at; i < count && strncmp(table[i].name, table[at].name, len) == 0; i++) {
        if (table[i].name[len] == ' ') {
            fprintf(to, "%s ", table[i].name + len + 1);
        }
        for (const struct gb_option *o = table[i].options; o != NULL && o->name != NULL; o++) {
            fprintf(to, "%s ", o->name);
        }
    }
    fputs("--config --output --help\" ;;\n", to);
}

void gb_help_completion(FILE *to)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);

    fputs("_gridbridge() {\n    local words=\"\"\n    case \"$COMP_CWORD\" in\n"
          "    1) words=\"--help ",
          to);
    for (size_t i = 0; i < count; i++) {
        if (starts_group(table, i)) {
            fprintf(to, "%.*s ", (int)first_word_len(table[i].name), table[i].name);
        }
    }
    fputs("\" ;;\n    *) case \"${COMP_WORDS[1]}\" in\n", to);
    for (size_t i = 0; i < count; i++) {
        if (starts_group(table, i)) {
            complete_group(to, table, count, i);
        }
    }
    fputs("        esac ;;\n    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
          "complete -o default -F _gridbridge gridbridge\n",
          to);
}
