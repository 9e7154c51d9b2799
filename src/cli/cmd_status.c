/* status: the first line is a verdict; exit 0 fine, 1 something needs a look, 2 a lane is halted or
 * the database is away. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "shell/tool_store.h"

#define SILENT_SECONDS 180 /* a tick comes once a minute even when nothing else does */

struct verdict {
    size_t lanes, halted, silent, unbalanced;
    int64_t unpublished;
};

static struct verdict judge(const struct gb_tool_rows *rows)
{
    struct verdict v = {.lanes = gb_tool_rows_count(rows)};

    for (size_t i = 0; i < v.lanes; i++) {
        bool is_halted =
            gb_str_eq(gb_tool_rows_text(rows, i, GB_LANE_COLUMN_STATUS), GB_STR("halted"));

        v.halted += is_halted;
        v.unbalanced += gb_str_is(gb_tool_rows_text(rows, i, GB_LANE_COLUMN_UNBALANCED));
        v.silent += !is_halted && gb_tool_rows_int(rows, i, GB_LANE_COLUMN_AGE) > SILENT_SECONDS;
        v.unpublished += gb_tool_rows_int(rows, i, GB_LANE_COLUMN_NEXT_INDEX) -
                         gb_tool_rows_int(rows, i, GB_LANE_COLUMN_FLOOR_INDEX);
    }
    return v;
}

static enum gb_exit say(const struct verdict *v, const struct gb_args *args)
{
    bool is_odd = v->silent > 0 || v->unbalanced > 0 || v->lanes == 0;
    enum gb_exit code = v->halted > 0 ? GB_EXIT_CRITICAL : is_odd ? GB_EXIT_NO : GB_EXIT_OK;
    static const char *const WORDS[] = {"ok", "warning", "critical"};

    if (args->format == GB_FORMAT_JSON || args->format == GB_FORMAT_JSONL) {
        fprintf(args->out,
                "{\"halted\":%zu,\"lanes\":%zu,\"silent\":%zu,\"unbalanced\":%zu"
                ",\"unpublished\":%" PRId64 ",\"verdict\":\"%s\"}\n",
                v->halted, v->lanes, v->silent, v->unbalanced, v->unpublished, WORDS[code]);
        return code;
    }
    if (v->lanes == 0) {
        fputs("warning: no lane was ever claimed; is the daemon running?\n", args->out);
    } else if (v->halted > 0) {
        fprintf(args->out, "critical: %zu of %zu lanes halted; see gridbridge lanes list\n",
                v->halted, v->lanes);
    } else if (v->unbalanced > 0) {
        fprintf(args->out, "warning: the books of %zu of %zu lanes do not balance; see"
                " lanes show\n", v->unbalanced, v->lanes);
    } else if (v->silent > 0) {
        fprintf(args->out, "warning: %zu of %zu lanes applied nothing for %d s\n", v->silent,
                v->lanes, SILENT_SECONDS);
    } else {
        fprintf(args->out, "ok: %zu lanes, %" PRId64 " lines not yet verified as published\n",
                v->lanes, v->unpublished);
    }
    return code;
}

enum gb_exit gb_cli_status(const struct gb_args *args)
{
    struct gb_session session;
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code = gb_session_open(&session, args);

    if (code == GB_EXIT_UNAVAILABLE) {
        fputs("critical: the database is away\n", args->out);
        code = GB_EXIT_CRITICAL;
    } else if (code == GB_EXIT_OK && gb_tool_lanes(session.pg, &rows) != GB_OK) {
        code = gb_session_fail(&session, args);
    } else if (code == GB_EXIT_OK) {
        struct verdict v = judge(rows);

        code = say(&v, args);
    }
    gb_tool_rows_free(rows);
    gb_session_end(&session);
    return code;
}
