/* overlaps list|show: what the command centre has to decide, and what was found in one matter.
 * overlaps claim|release|hand-over|decide|undo|confirm|transfer|escalate: deciding (cli/desk.h). */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/story.h"
#include "cli/table.h"
#include "codec/json.h"
#include "codec/moment.h"
#include "shell/loop.h"
#include "shell/tool_desk.h"

#define LIST_MAX 100

/* ---- list ---- */

static void print_list(const struct gb_args *args, const struct gb_tool_rows *rows)
{
    static const struct gb_column COLUMNS[] = {
        {"id", GB_COLUMN_TEXT},       {"kind", GB_COLUMN_TEXT},
        {"state", GB_COLUMN_TEXT},    {"version", GB_COLUMN_NUMBER},
        {"town", GB_COLUMN_TEXT},     {"village", GB_COLUMN_TEXT},
        {"category", GB_COLUMN_TEXT}, {"matter", GB_COLUMN_TEXT},
        {"rule", GB_COLUMN_TEXT},     {"opened_at", GB_COLUMN_TEXT},
        {"claimed_by", GB_COLUMN_TEXT}, {"lead", GB_COLUMN_TEXT}};

    _Static_assert(GB_COUNT(COLUMNS) == GB_OVERLAP_COLUMN_COUNT, "a heading each");
    gb_session_print(args, COLUMNS, GB_COUNT(COLUMNS), rows);
}

enum gb_exit gb_cli_overlaps_list(const struct gb_args *args)
{
    struct gb_desk_filter filter = {.state = gb_str_of(gb_args_get(args, "--state")),
                                    .kind = gb_str_of(gb_args_get(args, "--kind")),
                                    .town = gb_str_of(gb_args_get(args, "--town")),
                                    .limit = LIST_MAX};
    struct gb_session session = {.pg = NULL};
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code;

    if (gb_str_is(filter.state) && !gb_str_eq(filter.state, GB_STR("open")) &&
        !gb_str_eq(filter.state, GB_STR("settled"))) {
        return gb_cli_misused(args, "--state takes open or settled");
    }
    if (!gb_args_number(args, "--limit", &filter.limit)) {
        return GB_EXIT_USAGE;
    }
    code = gb_session_open(&session, args);
    if (code == GB_EXIT_OK && gb_desk_overlaps(session.pg, &filter, &rows) != GB_OK) {
        code = gb_session_fail(&session, args);
    }
    if (code == GB_EXIT_OK) {
        print_list(args, rows);
        if ((int64_t)gb_tool_rows_count(rows) == filter.limit) {
            fprintf(args->talk, "gridbridge: the first %" PRId64 "; more with --limit\n",
                    filter.limit);
        }
    }
    gb_tool_rows_free(rows);
    gb_session_end(&session);
    return code;
}

/* ---- show ---- */

static void print_pair(const struct gb_args *args, const char *name, struct gb_str text)
{
    if (gb_str_is(text)) {
        fprintf(args->out, "  %-14s %.*s\n", name, GB_STR_ARG(text));
    }
}

static void print_sides(const struct gb_args *args, const struct gb_value *claims)
{
    fputs("\nSides\n", args->out);
    for (uint32_t i = 0; claims != NULL && claims->type == GB_ARRAY && i < claims->count; i++) {
        const struct gb_value *side = &claims->items[i];

        fprintf(args->out, "  %.*s/%.*s: %.*s%s\n",
                GB_STR_ARG(gb_value_str(side, GB_STR("source"))),
                GB_STR_ARG(gb_value_str(side, GB_STR("key"))),
                GB_STR_ARG(gb_value_str(side, GB_STR("state"))),
                gb_value_bool(side, GB_STR("claims_lead"), false) ? ", claims the lead" : "");
    }
}

static void print_rulings(const struct gb_args *args, const struct gb_tool_rows *rows)
{
    size_t count = gb_tool_rows_count(rows);

    fputs(count > 0 ? "\nDecisions on its matter\n" : "", args->out);
    for (size_t i = 0; i < count; i++) {
        struct gb_str to = gb_tool_rows_text(rows, i, GB_RULING_COLUMN_TO);
        struct gb_str undone = gb_tool_rows_text(rows, i, GB_RULING_COLUMN_UNDONE_BY);

        fprintf(args->out, "  %.*s %.*s: %.*s%s%.*s by %.*s, %.*s%s%.*s\n",
                GB_STR_ARG(gb_tool_rows_text(rows, i, GB_RULING_COLUMN_DECIDED)),
                GB_STR_ARG(gb_tool_rows_text(rows, i, GB_RULING_COLUMN_ID)),
                GB_STR_ARG(gb_tool_rows_text(rows, i, GB_RULING_COLUMN_KIND)),
                gb_str_is(to) ? " to " : "", GB_STR_ARG(to),
                GB_STR_ARG(gb_tool_rows_text(rows, i, GB_RULING_COLUMN_POST)),
                GB_STR_ARG(gb_tool_rows_text(rows, i, GB_RULING_COLUMN_STATE)),
                gb_str_is(undone) ? " by " : "", GB_STR_ARG(undone));
    }
}

static void print_shown(const struct gb_args *args, const struct gb_tool_rows *found,
                        const struct gb_tool_rows *rulings, struct gb_arena *arena)
{
    static const struct {
        const char *name;
        int column;
    } PAIRS[] = {{"kind", GB_OVERLAP_COLUMN_KIND},         {"state", GB_OVERLAP_COLUMN_STATE},
                 {"version", GB_OVERLAP_COLUMN_VERSION},   {"rule", GB_OVERLAP_COLUMN_RULE},
                 {"matter", GB_OVERLAP_COLUMN_MATTER},     {"category", GB_OVERLAP_COLUMN_CATEGORY},
                 {"village", GB_OVERLAP_COLUMN_VILLAGE},   {"lead", GB_OVERLAP_COLUMN_LEAD},
                 {"opened_at", GB_OVERLAP_COLUMN_OPENED},
                 {"claimed_by", GB_OVERLAP_COLUMN_CLAIMED_BY}};
    struct gb_value row = {.type = GB_NULL};
    struct gb_err err;

    fprintf(args->out, "Overlap %.*s\n",
            GB_STR_ARG(gb_tool_rows_text(found, 0, GB_OVERLAP_COLUMN_ID)));
    for (size_t i = 0; i < GB_COUNT(PAIRS); i++) {
        print_pair(args, PAIRS[i].name, gb_tool_rows_text(found, 0, (size_t)PAIRS[i].column));
    }
    if (gb_json_parse(arena, gb_tool_rows_text(found, 0, GB_OVERLAP_COLUMN_ROW), &row, &err) ==
        GB_OK) {
        print_pair(args, "ruled_by", gb_value_str(&row, GB_STR("ruled_by")));
        print_pair(args, "evidence",
                   gb_story_json(arena, gb_value_get(&row, GB_STR("evidence"))));
        print_sides(args, gb_value_get(&row, GB_STR("claims")));
    }
    print_rulings(args, rulings);
}

static enum gb_exit show(const struct gb_args *args, const struct gb_session *session,
                         const struct gb_tool_rows *found)
{
    struct gb_str matter = gb_tool_rows_text(found, 0, GB_OVERLAP_COLUMN_MATTER);
    struct gb_tool_rows *rulings = NULL;
    struct gb_arena arena;

    if (gb_tool_rows_count(found) == 0) {
        fprintf(args->talk, "gridbridge: no overlap %s\n", args->words[0]);
        return GB_EXIT_NO;
    }
    if (args->format != GB_FORMAT_TABLE) {
        fprintf(args->out, "%.*s\n",
                GB_STR_ARG(gb_tool_rows_text(found, 0, GB_OVERLAP_COLUMN_ROW)));
        return GB_EXIT_OK;
    }
    if (gb_desk_rulings(session->pg, matter, &rulings) != GB_OK) {
        return gb_session_fail(session, args);
    }
    gb_arena_init(&arena, (size_t)64 << 20);
    print_shown(args, found, rulings, &arena);
    gb_arena_close(&arena);
    gb_tool_rows_free(rulings);
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_overlaps_show(const struct gb_args *args)
{
    struct gb_session session = {.pg = NULL};
    struct gb_tool_rows *found = NULL;
    enum gb_exit code;

    if (args->format == GB_FORMAT_CSV) {
        return gb_cli_misused(args, "one overlap is no list: -o table, json or jsonl");
    }
    code = gb_session_open(&session, args);
    if (code == GB_EXIT_OK) {
        code = gb_desk_overlap(session.pg, gb_str_of(args->words[0]), &found) == GB_OK
                   ? show(args, &session, found)
                   : gb_session_fail(&session, args);
    }
    gb_tool_rows_free(found);
    gb_session_end(&session);
    return code;
}

/* ---- deciding ---- */

static enum gb_exit add_until(struct gb_desk *desk)
{
    const char *until = gb_args_get(desk->args, "--until");

    if (until != NULL &&
        !gb_moment_parse(gb_str_of(until), gb_wall_ms(), &desk->draft.until)) {
        return gb_cli_misused(desk->args, "--until takes +2h, 2026-11-23 or RFC 3339, not %s",
                              until);
    }
    return GB_EXIT_OK;
}

static enum gb_exit add_overlaps(struct gb_desk *desk)
{
    const struct gb_args *args = desk->args;
    int64_t version = 0;
    enum gb_exit code = GB_EXIT_OK;

    if (!gb_args_number(args, "--version", &version)) {
        return GB_EXIT_USAGE;
    }
    if (version > 0 && args->words_count > 1) {
        return gb_cli_misused(args, "--version is of one overlap; several take the newest");
    }
    for (size_t i = 0; i < args->words_count && code == GB_EXIT_OK; i++) {
        code = gb_desk_add_overlap(desk, args->words[i], version);
    }
    return code;
}

static enum gb_exit on_overlaps(const struct gb_args *args, const char *kind, bool has_until,
                                bool has_to)
{
    struct gb_desk desk;
    enum gb_exit code = gb_desk_begin(&desk, args, kind);

    desk.draft.to = has_to ? gb_str_of(gb_args_get(args, "--to")) : GB_STR_NONE;
    code = code == GB_EXIT_OK && has_until ? add_until(&desk) : code;
    code = code == GB_EXIT_OK ? add_overlaps(&desk) : code;
    code = code == GB_EXIT_OK ? gb_desk_decide(&desk) : code;
    gb_desk_end(&desk);
    return code;
}

static enum gb_exit on_decision(const struct gb_args *args, const char *kind)
{
    struct gb_desk desk;
    enum gb_exit code = gb_desk_begin(&desk, args, kind);

    code = code == GB_EXIT_OK ? gb_desk_add_decision(&desk, args->words[0]) : code;
    code = code == GB_EXIT_OK ? gb_desk_decide(&desk) : code;
    gb_desk_end(&desk);
    return code;
}

enum gb_exit gb_cli_overlaps_claim(const struct gb_args *args)
{
    return on_overlaps(args, "claim", true, false);
}

enum gb_exit gb_cli_overlaps_release(const struct gb_args *args)
{
    return on_overlaps(args, "release", false, false);
}

enum gb_exit gb_cli_overlaps_hand_over(const struct gb_args *args)
{
    return on_overlaps(args, "hand_over", true, false);
}

enum gb_exit gb_cli_overlaps_transfer(const struct gb_args *args)
{
    return on_overlaps(args, "transfer", false, true);
}

enum gb_exit gb_cli_overlaps_escalate(const struct gb_args *args)
{
    return on_overlaps(args, "escalate", false, false);
}

enum gb_exit gb_cli_overlaps_undo(const struct gb_args *args)
{
    return on_decision(args, "undo");
}

enum gb_exit gb_cli_overlaps_confirm(const struct gb_args *args)
{
    return on_decision(args, "confirm");
}

/* The kind follows from what is given: --to a lead, --duplicate-of, --not-duplicate-of, --split,
 * --until an extension. */
static const char *kind_of(const struct gb_args *args, uint32_t *given)
{
    static const struct {
        const char *option, *kind;
    } KINDS[] = {{"--to", "lead_is"},
                 {"--duplicate-of", "duplicate"},
                 {"--not-duplicate-of", "not_duplicate"},
                 {"--split", "split"},
                 {"--until", "extend"}};
    const char *kind = NULL;

    *given = 0;
    for (size_t i = 0; i < GB_COUNT(KINDS); i++) {
        if (gb_args_get(args, KINDS[i].option) != NULL) {
            kind = KINDS[i].kind;
            *given += 1;
        }
    }
    return kind;
}

static enum gb_exit decide_on_matter(const struct gb_args *args, const char *kind)
{
    const char *other = gb_args_get(args, "--duplicate-of");
    struct gb_desk desk;
    int64_t version = 0;
    enum gb_exit code;

    if (args->words_count > 1 || !gb_args_number(args, "--version", &version)) {
        return gb_cli_misused(args, "%s is about one overlap's matter", kind);
    }
    code = gb_desk_begin(&desk, args, kind);
    other = other != NULL ? other : gb_args_get(args, "--not-duplicate-of");
    desk.draft.other = gb_str_of(other);
    desk.draft.report = gb_str_of(gb_args_get(args, "--split"));
    code = code == GB_EXIT_OK ? add_until(&desk) : code;
    code = code == GB_EXIT_OK ? gb_desk_add_matter_of(&desk, args->words[0], version) : code;
    code = code == GB_EXIT_OK ? gb_desk_decide(&desk) : code;
    gb_desk_end(&desk);
    return code;
}

enum gb_exit gb_cli_overlaps_decide(const struct gb_args *args)
{
    uint32_t given;
    const char *kind = kind_of(args, &given);

    if (given != 1) {
        return gb_cli_misused(args, "needs one of --to, --duplicate-of, --not-duplicate-of,"
                                    " --split, --until");
    }
    return gb_args_get(args, "--to") != NULL ? on_overlaps(args, kind, false, true)
                                             : decide_on_matter(args, kind);
}
