/* topics create|list|verify: the bridge's own topics, one partition a lane. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/table.h"
#include "shell/tool_topics.h"

static void show(const struct gb_args *args, const struct gb_tool_found *found)
{
    static const struct gb_column COLUMNS[] = {{"topic", GB_COLUMN_TEXT},
                                               {"partitions", GB_COLUMN_NUMBER}};
    struct gb_arena arena;
    struct gb_table_out table;

    gb_arena_init(&arena, (size_t)1 << 20);
    gb_table_init(&table, &arena, COLUMNS, GB_COUNT(COLUMNS));
    for (size_t i = 0; i < found->count; i++) {
        const struct gb_tool_topic *topic = &found->items[i];
        struct gb_str cells[] = {topic->name,
                                 topic->partitions == 0
                                     ? GB_STR_NONE
                                     : gb_arena_printf(&arena, "%" PRId32, topic->partitions)};

        gb_table_add(&table, cells);
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    gb_arena_close(&arena);
}

/* Says what is missing or does not fit; lanes 0: as many as the intake topic has. */
static enum gb_exit judge(const struct gb_args *args, const struct gb_tool_found *found,
                          int64_t lanes)
{
    enum gb_exit code = GB_EXIT_OK;
    int64_t due = lanes > 0 ? lanes : found->items[0].partitions;

    for (size_t i = 0; i < found->count; i++) {
        const struct gb_tool_topic *topic = &found->items[i];

        if (topic->partitions == 0 && !topic->is_optional) {
            fprintf(args->talk, "%.*s: missing: `topics create` makes it\n",
                    GB_STR_ARG(topic->name));
            code = GB_EXIT_NO;
        } else if (topic->partitions > 0 && topic->is_lanes && topic->partitions != due) {
            fprintf(args->talk, "%.*s: %" PRId32 " partitions, not %" PRId64 "\n",
                    GB_STR_ARG(topic->name), topic->partitions, due);
            code = GB_EXIT_NO;
        }
    }
    return code;
}

/* Without a configuration nobody knows the sources: then only the fixed topics are meant. */
static void take_targets(struct gb_brokers *brokers, struct gb_tool_topics *topics)
{
    if (brokers->has_settings) {
        topics->targets = gb_settings_targets(&brokers->settings, &topics->targets_count);
    }
}

static enum gb_exit look_at(const struct gb_args *args, struct gb_brokers *brokers, int64_t lanes,
                            bool is_verify)
{
    struct gb_tool_topics topics = {.prefix = brokers->prefix};
    struct gb_tool_found found;
    struct gb_arena arena;
    struct gb_err err;
    enum gb_exit code = GB_EXIT_OK;

    gb_arena_init(&arena, (size_t)1 << 20);
    take_targets(brokers, &topics);
    if (gb_tool_topics_look(&brokers->kafka, &topics, &arena, &found, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    } else {
        show(args, &found);
        code = is_verify ? judge(args, &found, lanes) : GB_EXIT_OK;
    }
    gb_arena_close(&arena);
    return code;
}

static enum gb_exit look(const struct gb_args *args, bool is_verify)
{
    struct gb_brokers brokers;
    enum gb_exit code = gb_brokers_begin(&brokers, args);
    int64_t lanes = brokers.lanes;

    if (code == GB_EXIT_OK && is_verify && !gb_args_number(args, "--lanes", &lanes)) {
        code = GB_EXIT_USAGE;
    }
    if (code == GB_EXIT_OK) {
        code = look_at(args, &brokers, lanes, is_verify);
    }
    gb_brokers_end(&brokers);
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

static enum gb_exit create(const struct gb_args *args, struct gb_brokers *brokers,
                           int64_t lanes, int64_t replication)
{
    struct gb_tool_topics topics = {.prefix = brokers->prefix,
                                    .partitions = (int32_t)lanes,
                                    .replication = (int32_t)replication};
    struct gb_session session;
    struct gb_err err;
    enum gb_exit code = gb_session_open(&session, args);

    take_targets(brokers, &topics);
    if (code == GB_EXIT_OK &&
        gb_tool_topics_create(&brokers->kafka, session.pg, &topics, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    } else if (code == GB_EXIT_OK) {
        fprintf(args->out, "topics %s* stand with %" PRId64 " partitions\n", topics.prefix, lanes);
    }
    gb_session_end(&session);
    return code;
}

enum gb_exit gb_cli_topics_create(const struct gb_args *args)
{
    struct gb_brokers brokers;
    enum gb_exit code = gb_brokers_begin(&brokers, args);
    int64_t lanes = brokers.lanes;
    int64_t replication = 1;

    if (code == GB_EXIT_OK && (!gb_args_number(args, "--lanes", &lanes) ||
                               !gb_args_number(args, "--replication", &replication))) {
        code = GB_EXIT_USAGE;
    } else if (code == GB_EXIT_OK &&
               (lanes < 1 || lanes > 1024 || (replication != 1 && replication != 3))) {
        code = gb_cli_misused(args, "needs --lanes from 1 to 1024; --replication is 1 or 3");
    }
    if (code == GB_EXIT_OK) {
        code = create(args, &brokers, lanes, replication);
    }
    gb_brokers_end(&brokers);
    return code;
}
