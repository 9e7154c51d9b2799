/* lanes list|show|resume|accept-loss: where each lane stands, and the way out of a halt. */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "lane/halt.h"
#include "shell/tool_store.h"

static struct gb_str cell(const struct gb_tool_rows *rows, size_t row, int column)
{
    return gb_tool_rows_text(rows, row, (size_t)column);
}

static void list(const struct gb_args *args, const struct gb_tool_rows *rows)
{
    static const struct gb_column COLUMNS[] = {
        {"lane", GB_COLUMN_NUMBER},        {"state", GB_COLUMN_TEXT},
        {"offset", GB_COLUMN_NUMBER},      {"line", GB_COLUMN_NUMBER},
        {"unpublished", GB_COLUMN_NUMBER}, {"age_s", GB_COLUMN_NUMBER},
        {"owner", GB_COLUMN_TEXT},         {"reason", GB_COLUMN_TEXT}};
    struct gb_table_out table;
    struct gb_arena arena;

    gb_arena_init(&arena, (size_t)16 << 20);
    gb_table_init(&table, &arena, COLUMNS, GB_COUNT(COLUMNS));
    for (size_t i = 0; i < gb_tool_rows_count(rows); i++) {
        long long unpublished = (long long)(gb_tool_rows_int(rows, i, GB_LANE_COLUMN_NEXT_INDEX) -
                                            gb_tool_rows_int(rows, i, GB_LANE_COLUMN_FLOOR_INDEX));
        struct gb_str cells[] = {cell(rows, i, GB_LANE_COLUMN_LANE),
                                 cell(rows, i, GB_LANE_COLUMN_STATUS),
                                 cell(rows, i, GB_LANE_COLUMN_NEXT_OFFSET),
                                 cell(rows, i, GB_LANE_COLUMN_NEXT_INDEX),
                                 gb_arena_printf(&arena, "%lld", unpublished),
                                 cell(rows, i, GB_LANE_COLUMN_AGE),
                                 cell(rows, i, GB_LANE_COLUMN_OWNER),
                                 cell(rows, i, GB_LANE_COLUMN_HALT_REASON)};

        gb_table_add(&table, cells);
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    gb_arena_close(&arena);
}

enum gb_exit gb_cli_lanes_list(const struct gb_args *args)
{
    return gb_session_list(args, &(struct gb_session_query){gb_tool_lanes, list});
}

static bool read_lane(const struct gb_args *args, int64_t *lane)
{
    char *end;

    *lane = strtoll(args->words[0], &end, 10);
    if (end == args->words[0] || *end != '\0' || *lane < 0) {
        (void)gb_cli_misused(args, "a lane is a number from 0 on, not %s", args->words[0]);
        return false;
    }
    return true;
}

static void show(const struct gb_args *args, const struct gb_tool_rows *rows, size_t row)
{
    static const struct gb_column COLUMNS[] = {{"field", GB_COLUMN_TEXT},
                                               {"value", GB_COLUMN_TEXT}};
    static const char *const NAMES[GB_LANE_COLUMN_COUNT] = {
        "lane",     "state",         "epoch", "next_offset", "next_line", "published_line",
        "clock_ms", "halt_reason",   "halt_evidence",        "owner",     "updated_at",
        "age_s",    "ledger_hash",   "ledger_root",          "state_digest",
        "unbalanced"};
    struct gb_str reason = cell(rows, row, GB_LANE_COLUMN_HALT_REASON);
    struct gb_table_out table;
    struct gb_arena arena;

    gb_arena_init(&arena, (size_t)16 << 20);
    gb_table_init(&table, &arena, COLUMNS, GB_COUNT(COLUMNS));
    for (int c = 0; c < GB_LANE_COLUMN_COUNT; c++) {
        struct gb_str cells[] = {gb_str_of(NAMES[c]), cell(rows, row, c)};

        gb_table_add(&table, cells);
    }
    if (gb_str_is(reason)) {
        gb_table_add(&table, (struct gb_str[]){GB_STR("what_to_do"),
                                               gb_str_of(gb_halt_advice(reason))});
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    gb_arena_close(&arena);
}

enum gb_exit gb_cli_lanes_show(const struct gb_args *args)
{
    struct gb_session session;
    struct gb_tool_rows *rows = NULL;
    int64_t lane;
    int64_t row;
    enum gb_exit code;

    if (!read_lane(args, &lane)) {
        return GB_EXIT_USAGE;
    }
    code = gb_session_open(&session, args);
    if (code == GB_EXIT_OK && gb_tool_lanes(session.pg, &rows) != GB_OK) {
        code = gb_session_fail(&session, args);
    } else if (code == GB_EXIT_OK) {
        row = gb_tool_lane_find(rows, lane);
        if (row < 0) {
            fprintf(args->talk, "gridbridge: there is no lane %s\n", args->words[0]);
            code = GB_EXIT_NO;
        } else {
            show(args, rows, (size_t)row);
        }
    }
    gb_tool_rows_free(rows);
    gb_session_end(&session);
    return code;
}

static const char *actor_of(const struct gb_args *args)
{
    const char *given = gb_args_get(args, "--actor");
    const char *login = getenv("LOGNAME");

    return given != NULL ? given : login != NULL && login[0] != '\0' ? login : "operator";
}

static enum gb_exit control(const struct gb_args *args, const struct gb_tool_control *what)
{
    struct gb_session session;
    struct gb_err err;
    enum gb_exit code = gb_session_open(&session, args);

    if (code == GB_EXIT_OK && gb_args_get(args, "--execute") == NULL) {
        fprintf(args->out, "would %s lane %lld", what->action, (long long)what->lane);
        if (what->to_offset >= 0) {
            fprintf(args->out, " at offset %lld of its intake topic", (long long)what->to_offset);
        }
        fprintf(args->out, "; the ledger keeps: %.*s, by %.*s\nnothing done: add --execute\n",
                GB_STR_ARG(what->reason), GB_STR_ARG(what->actor));
    } else if (code == GB_EXIT_OK) {
        if (gb_tool_control(session.pg, what, &err) != GB_OK) {
            code = gb_cli_fail(args, &err);
        } else {
            fprintf(args->out, "lane %lld: %s is in the ledger\n", (long long)what->lane,
                    what->action);
        }
    }
    gb_session_end(&session);
    return code;
}

static enum gb_exit go_on(const struct gb_args *args, struct gb_tool_control what)
{
    const char *reason = gb_args_get(args, "--reason");

    if (!read_lane(args, &what.lane)) {
        return GB_EXIT_USAGE;
    }
    if (reason == NULL || reason[0] == '\0') {
        return gb_cli_misused(args, "say why: --reason TEXT goes into the ledger");
    }
    what.reason = gb_str_of(reason);
    what.actor = gb_str_of(actor_of(args));
    return control(args, &what);
}

enum gb_exit gb_cli_lanes_resume(const struct gb_args *args)
{
    return go_on(args, (struct gb_tool_control){.to_offset = -1, .action = "resume"});
}

enum gb_exit gb_cli_lanes_republish(const struct gb_args *args)
{
    return go_on(args, (struct gb_tool_control){
                           .to_offset = -1, .action = "republish", .is_republishing = true});
}

enum gb_exit gb_cli_lanes_accept_loss(const struct gb_args *args)
{
    const char *reason = gb_args_get(args, "--reason");
    struct gb_tool_control what = {.to_offset = -1, .action = "accept-loss"};

    if (!read_lane(args, &what.lane) || !gb_args_number(args, "--to", &what.to_offset)) {
        return GB_EXIT_USAGE;
    }
    if (reason == NULL || reason[0] == '\0' || what.to_offset < 0) {
        return gb_cli_misused(args, "needs --to OFFSET and --reason TEXT");
    }
    what.reason = gb_str_of(reason);
    what.actor = gb_str_of(actor_of(args));
    return control(args, &what);
}
