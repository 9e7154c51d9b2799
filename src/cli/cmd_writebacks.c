/* writebacks list: of each source, whether it is live and what came of what it was told, over all
 * lanes. */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "shell/tool_store.h"

static void list(const struct gb_args *args, const struct gb_tool_rows *rows)
{
    static const struct gb_column COLUMNS[] = {
        {"source", GB_COLUMN_TEXT},      {"mode", GB_COLUMN_TEXT},
        {"sent", GB_COLUMN_NUMBER},      {"accepted", GB_COLUMN_NUMBER},
        {"confirmed", GB_COLUMN_NUMBER}, {"refused", GB_COLUMN_NUMBER},
        {"expired", GB_COLUMN_NUMBER},   {"suppressed", GB_COLUMN_NUMBER},
        {"echoes", GB_COLUMN_NUMBER},    {"saved", GB_COLUMN_NUMBER}};

    gb_session_print(args, COLUMNS, GB_COUNT(COLUMNS), rows);
}

enum gb_exit gb_cli_writebacks_list(const struct gb_args *args)
{
    return gb_session_list(args, &(struct gb_session_query){gb_tool_writebacks, list});
}
