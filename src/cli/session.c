/* Sessions of commands. */
#include "cli/session.h"

enum gb_exit gb_session_open(struct gb_session *session, const struct gb_args *args)
{
    const char *dsn = gb_args_get(args, "--postgres");
    struct gb_err err;

    session->pg = NULL;
    if (dsn == NULL) {
        return gb_cli_misused(args, "needs --postgres DSN");
    }
    return gb_tool_pg_open(dsn, &session->pg, &err) == GB_OK ? GB_EXIT_OK
                                                             : gb_cli_fail(args, &err);
}

void gb_session_end(struct gb_session *session)
{
    gb_tool_pg_close(session->pg);
    session->pg = NULL;
}

enum gb_exit gb_session_fail(const struct gb_session *session, const struct gb_args *args)
{
    struct gb_err err;

    gb_tool_pg_why(session->pg, &err);
    return gb_cli_fail(args, &err);
}
