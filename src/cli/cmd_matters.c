/* matters show ID [--at TIME], matters history ID: what is published of one matter, now or as it
 * was at a time of its lane's clock, and each change that led there. Its texts stay where they are:
 * only what stands on shared topics is shown. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/story.h"
#include "cli/table.h"
#include "codec/json.h"
#include "codec/moment.h"
#include "lane/outbox.h"
#include "shell/loop.h"
#include "shell/tool_desk.h"
#include "shell/tool_store.h"

#define ARENA_MAX ((size_t)64 << 20)

static enum gb_exit say_none(const struct gb_args *args, const char *when)
{
    fprintf(args->talk, "gridbridge: no matter %s%s\n", args->words[0], when);
    return GB_EXIT_NO;
}

static void print_value(const struct gb_args *args, struct gb_arena *arena,
                        const struct gb_value *value)
{
    if (args->format != GB_FORMAT_TABLE) {
        fprintf(args->out, "%.*s\n", GB_STR_ARG(gb_story_json(arena, value)));
        return;
    }
    fprintf(args->out, "Matter %s\n", args->words[0]);
    for (uint32_t i = 0; i < value->count; i++) {
        const struct gb_member *member = &value->members[i];
        struct gb_str text = gb_story_json(arena, &member->value);
        bool is_time = member->value.type == GB_INT && member->name.len > 3 &&
                       memcmp(member->name.ptr + member->name.len - 3, "_at", 3) == 0;

        text = is_time ? gb_time_text(arena, member->value.number) : text;
        if (gb_str_is(text)) {
            fprintf(args->out, "  %-14.*s %.*s\n", GB_STR_ARG(member->name), GB_STR_ARG(text));
        }
    }
}

static enum gb_exit show_now(const struct gb_args *args, const struct gb_session *session)
{
    struct gb_tool_rows *rows = NULL;
    struct gb_arena arena;
    struct gb_value value;
    struct gb_err err;
    enum gb_exit code = GB_EXIT_OK;

    gb_arena_init(&arena, ARENA_MAX);
    if (gb_desk_matter(session->pg, gb_str_of(args->words[0]), &rows) != GB_OK) {
        code = gb_session_fail(session, args);
    } else if (gb_tool_rows_count(rows) == 0) {
        code = say_none(args, "");
    } else if (gb_json_parse(&arena, gb_tool_rows_text(rows, 0, GB_DESK_MATTER_VALUE), &value,
                             &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    } else {
        print_value(args, &arena, &value);
    }
    gb_tool_rows_free(rows);
    gb_arena_close(&arena);
    return code;
}

/* The story's newest state up to a time; or its changes. */
static enum gb_exit tell(const struct gb_args *args, const struct gb_session *session,
                         int64_t until, enum gb_exit (*print)(const struct gb_args *args,
                                                              struct gb_story *story))
{
    struct gb_str id = gb_str_of(args->words[0]);
    struct gb_tool_rows *rows = NULL;
    struct gb_story story;
    enum gb_exit code;

    if (gb_tool_matter_lines(session->pg, id, &rows) != GB_OK) {
        return gb_session_fail(session, args);
    }
    gb_story_read(&story, id, rows, until);
    code = print(args, &story);
    gb_story_close(&story);
    gb_tool_rows_free(rows);
    return code;
}

static enum gb_exit print_then(const struct gb_args *args, struct gb_story *story)
{
    if (story->matter.type != GB_OBJECT) {
        return say_none(args, " at that time");
    }
    print_value(args, &story->arena, &story->matter);
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_matters_show(const struct gb_args *args)
{
    const char *at = gb_args_get(args, "--at");
    struct gb_session session = {.pg = NULL};
    int64_t until = 0;
    enum gb_exit code;

    if (args->format == GB_FORMAT_CSV) {
        return gb_cli_misused(args, "one matter is no list: -o table, json or jsonl");
    }
    if (at != NULL && !gb_moment_parse(gb_str_of(at), gb_wall_ms(), &until)) {
        return gb_cli_misused(args, "--at takes now, -1h, 2026-11-23 or RFC 3339, not %s", at);
    }
    code = gb_session_open(&session, args);
    if (code == GB_EXIT_OK) {
        code = at != NULL ? tell(args, &session, until, print_then) : show_now(args, &session);
    }
    gb_session_end(&session);
    return code;
}

static struct gb_str names_of(struct gb_arena *arena, const struct gb_value *object)
{
    struct gb_str names = GB_STR_NONE;

    for (uint32_t i = 0; object != NULL && object->type == GB_OBJECT && i < object->count; i++) {
        names = gb_str_is(names) ? GB_JOIN(arena, names, GB_STR(" "), object->members[i].name)
                                 : object->members[i].name;
    }
    return names;
}

static struct gb_str record_of(struct gb_arena *arena, const struct gb_value *why)
{
    const struct gb_value *record = gb_value_get(why, GB_STR("record"));

    if (record == NULL || record->type != GB_OBJECT) {
        return GB_STR_NONE;
    }
    return gb_arena_printf(arena, "%.*s/%" PRId64 "/%" PRId64,
                           GB_STR_ARG(gb_value_str(record, GB_STR("topic"))),
                           gb_value_int(record, GB_STR("partition"), 0),
                           gb_value_int(record, GB_STR("offset"), 0));
}

static enum gb_exit print_history(const struct gb_args *args, struct gb_story *story)
{
    static const struct gb_column COLUMNS[] = {
        {"clock", GB_COLUMN_TEXT},   {"change", GB_COLUMN_TEXT}, {"rule", GB_COLUMN_TEXT},
        {"about", GB_COLUMN_TEXT},   {"record", GB_COLUMN_TEXT}, {"fields", GB_COLUMN_TEXT}};
    struct gb_table_out table;

    if (story->changes_count == 0) {
        return say_none(args, " in the stored outputs");
    }
    gb_table_init(&table, &story->arena, COLUMNS, GB_COUNT(COLUMNS));
    for (size_t i = 0; i < story->changes_count; i++) {
        const struct gb_value *change = &story->changes[i];
        const struct gb_value *why = gb_value_get(change, GB_STR("why"));
        struct gb_str about = gb_value_str(change, GB_STR("decision"));

        about = gb_str_is(about) ? about : gb_value_str(change, GB_STR("overlap"));
        gb_table_add(&table,
                     (const struct gb_str[]){
                         gb_time_text(&story->arena, gb_value_int(change, GB_STR("clock"), 0)),
                         gb_value_str(change, GB_STR("change")), gb_value_str(why, GB_STR("rule")),
                         about, record_of(&story->arena, why),
                         names_of(&story->arena, gb_value_get(change, GB_STR("after")))});
    }
    gb_table_print(&table, args);
    gb_table_close(&table);
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_matters_history(const struct gb_args *args)
{
    struct gb_session session = {.pg = NULL};
    enum gb_exit code = gb_session_open(&session, args);

    code = code == GB_EXIT_OK ? tell(args, &session, INT64_MAX, print_history) : code;
    gb_session_end(&session);
    return code;
}
