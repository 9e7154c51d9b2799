/* topics create|list|verify: the bridge's own topics, one partition a lane. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "shell/tool_topics.h"

static const char *prefix_of(const struct gb_args *args)
{
    const char *prefix = gb_args_get(args, "--prefix");

    return prefix != NULL ? prefix : "gb.";
}

static bool has_brokers(const struct gb_args *args, struct gb_tool_kafka *kafka)
{
    *kafka = (struct gb_tool_kafka){.bootstrap = gb_args_get(args, "--bootstrap")};
    if (kafka->bootstrap == NULL) {
        (void)gb_cli_misused(args, "needs --bootstrap HOST:PORT");
    }
    return kafka->bootstrap != NULL;
}

static void show(const struct gb_args *args, const struct gb_tool_topic *found)
{
    static const struct gb_column COLUMNS[] = {{"topic", GB_COLUMN_TEXT},
                                               {"partitions", GB_COLUMN_NUMBER}};
    struct gb_arena arena;
    struct gb_table_out table;

    gb_arena_init(&arena, (size_t)1 << 20);
    gb_table_init(&table, &arena, COLUMNS, GB_COUNT(COLUMNS));
    for (uint32_t i = 0; i < GB_TOOL_TOPICS; i++) {
        struct gb_str cells[] = {
            found[i].name, found[i].partitions == 0
                               ? GB_STR_NONE
                               : gb_arena_printf(&arena, "%" PRId32, found[i].partitions)};

        gb_table_add(&table, cells);
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    gb_arena_close(&arena);
}

/* Says what is missing or does not fit; lanes 0: as many as the intake topic has. */
static enum gb_exit judge(const struct gb_args *args, const struct gb_tool_topic *found,
                          int64_t lanes)
{
    enum gb_exit code = GB_EXIT_OK;
    int64_t due = lanes > 0 ? lanes : found[0].partitions;

    for (uint32_t i = 0; i < GB_TOOL_TOPICS; i++) {
        if (found[i].partitions == 0) {
            fprintf(args->talk, "%.*s: missing\n", GB_STR_ARG(found[i].name));
            code = GB_EXIT_NO;
        } else if (found[i].is_lanes && found[i].partitions != due) {
            fprintf(args->talk, "%.*s: %" PRId32 " partitions, not %" PRId64 "\n",
                    GB_STR_ARG(found[i].name), found[i].partitions, due);
            code = GB_EXIT_NO;
        }
    }
    return code;
}

static enum gb_exit look(const struct gb_args *args, bool is_verify)
{
    struct gb_tool_kafka kafka;
    struct gb_tool_topic found[GB_TOOL_TOPICS];
    struct gb_arena arena;
    struct gb_err err;
    int64_t lanes = 0;
    enum gb_exit code = GB_EXIT_OK;

    if (!has_brokers(args, &kafka) ||
        (is_verify && !gb_args_number(args, "--lanes", &lanes))) {
        return GB_EXIT_USAGE;
    }
    gb_arena_init(&arena, (size_t)1 << 20);
    if (gb_tool_topics_look(&kafka, prefix_of(args), &arena, found, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    } else {
        show(args, found);
        code = is_verify ? judge(args, found, lanes) : GB_EXIT_OK;
    }
    gb_arena_close(&arena);
    return code;
}

enum gb_exit gb_cli_topics_list(const struct gb_args *args)
{
    return look(args, false);
}

enum gb_exit gb_cli_topics_verify(const struct gb_args *args)
{
    return look(args, true);
}

enum gb_exit gb_cli_topics_create(const struct gb_args *args)
{
    struct gb_tool_kafka kafka;
    struct gb_session session;
    struct gb_err err;
    int64_t lanes = 0;
    int64_t replication = 1;
    enum gb_exit code;

    if (!has_brokers(args, &kafka) || !gb_args_number(args, "--lanes", &lanes) ||
        !gb_args_number(args, "--replication", &replication)) {
        return GB_EXIT_USAGE;
    }
    if (lanes < 1 || lanes > 1024 || (replication != 1 && replication != 3)) {
        return gb_cli_misused(args, "needs --lanes from 1 to 1024; --replication is 1 or 3");
    }
    code = gb_session_open(&session, args);
    if (code == GB_EXIT_OK) {
        struct gb_tool_topics topics = {.prefix = prefix_of(args),
                                        .partitions = (int32_t)lanes,
                                        .replication = (int32_t)replication};

        if (gb_tool_topics_create(&kafka, session.pg, &topics, &err) != GB_OK) {
            code = gb_cli_fail(args, &err);
        } else {
            fprintf(args->out, "topics %s* stand with %" PRId64 " partitions\n", topics.prefix,
                    lanes);
        }
    }
    gb_session_end(&session);
    return code;
}
