/* replay: the ledger of one lane or of all, read from PostgreSQL, through a fresh core. Reads only;
 * the live group never notices. With --policy DIR --compare: what that bundle would change of the
 * matters that are open at the end (what_if.h). */
#include <inttypes.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/what_if.h"
#include "lane/limits.h"
#include "shell/tool_store.h"

#define PROGRESS_EVERY 50U /* chunks */

struct run {
    const struct gb_args *args;
    struct gb_session *session;
    int64_t lane;
    uint64_t end; /* lines of the lane, for progress */
    struct gb_replay *replay;
    struct gb_arena arena; /* of one chunk */
    struct gb_comparing *comparing; /* NULL unless a bundle is compared */
    struct gb_replay_difference difference;
    struct gb_err err;
};

static void show_progress(const struct run *run, bool is_done)
{
    struct gb_replay_counts counts;

    if (isatty(fileno(run->args->talk)) != 1) {
        return;
    }
    gb_replay_count(run->replay, &counts);
    if (is_done) {
        fputs("\r\033[K", run->args->talk);
    } else if (counts.chunks % PROGRESS_EVERY == 0) {
        fprintf(run->args->talk, "\rlane %" PRId64 ": line %" PRIu64 " of %" PRIu64, run->lane,
                counts.lines, run->end);
        fflush(run->args->talk);
    }
}

static enum gb_status offer_policies(struct run *run, const struct gb_replay_chunk *chunk)
{
    struct gb_str hash;

    while (gb_str_is(hash = gb_replay_missing_policy(run->replay, chunk))) {
        struct gb_files files;
        struct gb_mistakes mistakes = {0};
        enum gb_status status =
            gb_tool_policy_read(run->session->pg, hash, &run->arena, &files);

        if (status == GB_NOT_FOUND) {
            return gb_fail(&run->err, GB_BAD_POLICY, "policy bundle %.*s is not in the database",
                           GB_STR_ARG(hash));
        }
        if (status != GB_OK) {
            gb_tool_pg_why(run->session->pg, &run->err);
            return status;
        }
        status = gb_replay_offer_policy(run->replay, &files, &mistakes);
        if (status != GB_OK) {
            (void)gb_fail(&run->err, status, "policy bundle %.*s: %.*s", GB_STR_ARG(hash),
                          (int)(mistakes.lines.len < 300 ? mistakes.lines.len : 300),
                          mistakes.lines.len > 0 ? mistakes.lines.bytes : "");
            gb_mistakes_close(&mistakes);
            return status;
        }
        gb_mistakes_close(&mistakes);
    }
    return GB_OK;
}

/* All chunks up to the end of the span. */
static enum gb_status replay_chunks(struct run *run, uint64_t to)
{
    uint64_t at = 0;
    enum gb_status status = GB_OK;

    while (status == GB_OK && at < to) {
        struct gb_replay_chunk chunk;

        gb_arena_reset(&run->arena);
        status = gb_tool_chunk(run->session->pg, run->lane, at, &run->arena, &chunk);
        if (status == GB_NOT_FOUND) {
            return GB_OK;
        }
        if (status != GB_OK) {
            gb_tool_pg_why(run->session->pg, &run->err);
            return status;
        }
        status = offer_policies(run, &chunk);
        if (status == GB_OK) {
            status = gb_replay_chunk(run->replay, &chunk, &run->difference, &run->err);
        }
        at = chunk.to_index;
        show_progress(run, false);
    }
    return status;
}

/* The lane row says how many lines there are: a ledger that ends before is not whole. */
static enum gb_status check_end(struct run *run, uint64_t to)
{
    struct gb_replay_counts counts;
    uint64_t due = to < run->end ? to : run->end;

    gb_replay_count(run->replay, &counts);
    if (counts.lines >= due) {
        return GB_OK;
    }
    return gb_fail(&run->err, GB_BAD_RECORD,
                   "lane %" PRId64 ": the ledger ends at line %" PRIu64 ", the lane is at %" PRIu64,
                   run->lane, counts.lines, run->end);
}

static void add_result(const struct run *run, enum gb_status status, struct gb_table_out *table)
{
    struct gb_replay_counts counts;
    struct gb_buf text = {0};

    gb_replay_count(run->replay, &counts);
    if (status == GB_DIFFERS) {
        gb_replay_describe((uint32_t)run->lane, &run->difference, &text);
    }
    struct gb_str cells[] = {
        gb_arena_printf(table->arena, "%" PRId64, run->lane),
        status == GB_OK ? GB_STR("identical") : GB_STR("differs"),
        gb_arena_printf(table->arena, "%" PRIu64, counts.lines),
        gb_arena_printf(table->arena, "%" PRIu64, counts.outputs_compared),
        gb_arena_printf(table->arena, "%" PRIu64, counts.bodies_purged),
        status == GB_OK ? GB_STR_NONE : gb_buf_str(&text)};

    gb_table_add(table, cells);
    gb_buf_close(&text);
}

struct span {
    int64_t lane; /* -1: all */
    int64_t from, to;
    struct gb_comparing *comparing;
};

static enum gb_exit replay_lane(struct run *run, const struct span *span, bool is_sm3,
                                struct gb_table_out *table)
{
    struct gb_replay_config config = {.lane = (uint32_t)run->lane,
                                      .alg = is_sm3 ? GB_SM3 : GB_SHA256,
                                      .from = (uint64_t)span->from,
                                      .to = (uint64_t)span->to};
    enum gb_status status;

    gb_arena_init(&run->arena, GB_BATCH_ARENA_MAX);
    if (gb_tool_streams(run->session->pg, NULL, &run->arena, &config.topics, &run->err) != GB_OK) {
        gb_arena_close(&run->arena);
        return gb_cli_fail(run->args, &run->err);
    }
    run->replay = gb_replay_new(&config);
    status = replay_chunks(run, config.to);
    if (status == GB_OK) {
        status = check_end(run, config.to);
    }
    show_progress(run, true);
    if (status == GB_OK && run->comparing != NULL) {
        gb_comparing_add(run->comparing, run->replay);
    } else if (status == GB_OK || status == GB_DIFFERS) {
        add_result(run, status, table);
    }
    gb_replay_free(run->replay);
    gb_arena_close(&run->arena);
    if (status == GB_DIFFERS) {
        return GB_EXIT_NO;
    }
    return status == GB_OK ? GB_EXIT_OK : gb_cli_fail(run->args, &run->err);
}

static enum gb_exit replay_lanes(struct gb_session *session, const struct gb_args *args,
                                 const struct span *span, struct gb_table_out *table)
{
    struct gb_tool_rows *rows;
    enum gb_exit code = GB_EXIT_OK;

    if (gb_tool_lanes(session->pg, &rows) != GB_OK) {
        return gb_session_fail(session, args);
    }
    if (span->lane >= 0 && gb_tool_lane_find(rows, span->lane) < 0) {
        fprintf(args->talk, "gridbridge: there is no lane %" PRId64 "\n", span->lane);
        code = GB_EXIT_DATA;
    }
    for (size_t i = 0; i < gb_tool_rows_count(rows) && code <= GB_EXIT_NO; i++) {
        struct run run = {.args = args,
                          .session = session,
                          .comparing = span->comparing,
                          .lane = gb_tool_rows_int(rows, i, GB_LANE_COLUMN_LANE),
                          .end = (uint64_t)gb_tool_rows_int(rows, i, GB_LANE_COLUMN_NEXT_INDEX)};
        bool is_sm3 =
            gb_str_eq(gb_tool_rows_text(rows, i, GB_LANE_COLUMN_HASH), GB_STR("sm3"));

        if (span->lane < 0 || run.lane == span->lane) {
            enum gb_exit one = replay_lane(&run, span, is_sm3, table);

            code = one > code ? one : code;
        }
    }
    gb_tool_rows_free(rows);
    return code;
}

static enum gb_exit replay(const struct gb_args *args, const struct span *span,
                           struct gb_table_out *table)
{
    struct gb_session session;
    enum gb_exit code = gb_session_open(&session, args);

    if (code == GB_EXIT_OK) {
        code = replay_lanes(&session, args, span, table);
        if (code <= GB_EXIT_NO && args->format == GB_FORMAT_TABLE && table->count > 0) {
            fputs(code == GB_EXIT_OK ? "identical\n" : "different\n", args->out);
        }
        if (table->count > 0) {
            gb_table_print(table, args);
        }
    }
    gb_session_end(&session);
    return code;
}

static enum gb_exit compare(const struct gb_args *args, struct span *span,
                            struct gb_table_out *table)
{
    struct gb_comparing comparing;
    enum gb_exit code = gb_comparing_begin(&comparing, args);

    span->comparing = &comparing;
    code = code == GB_EXIT_OK ? replay(args, span, table) : code;
    if (code == GB_EXIT_OK) { /* a ledger that differs says nothing about what is open */
        code = gb_comparing_print(&comparing);
    }
    gb_comparing_end(&comparing);
    return code;
}

enum gb_exit gb_cli_replay(const struct gb_args *args)
{
    static const struct gb_column COLUMNS[] = {
        {"lane", GB_COLUMN_NUMBER},           {"result", GB_COLUMN_TEXT},
        {"lines", GB_COLUMN_NUMBER},          {"outputs_compared", GB_COLUMN_NUMBER},
        {"bodies_purged", GB_COLUMN_NUMBER},  {"difference", GB_COLUMN_TEXT}};
    struct span span = {.lane = -1, .from = 0, .to = INT64_MAX};
    bool has_policy = gb_args_get(args, "--policy") != NULL;
    struct gb_arena arena;
    struct gb_table_out table;
    enum gb_exit code;

    if (!gb_args_number(args, "--lane", &span.lane) ||
        !gb_args_number(args, "--from", &span.from) || !gb_args_number(args, "--to", &span.to)) {
        return GB_EXIT_USAGE;
    }
    if (has_policy != (gb_args_get(args, "--compare") != NULL)) {
        return gb_cli_misused(args, "--policy DIR and --compare go together");
    }
    if (has_policy && (span.from != 0 || span.to != INT64_MAX)) {
        return gb_cli_misused(args, "--compare is about what is open at the end: no --from, --to");
    }
    gb_arena_init(&arena, (size_t)16 << 20);
    gb_table_init(&table, &arena, COLUMNS, GB_COUNT(COLUMNS));
    code = has_policy ? compare(args, &span, &table) : replay(args, &span, &table);
    gb_table_close(&table);
    gb_arena_close(&arena);
    return code;
}
