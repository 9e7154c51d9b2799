/* explain --matter ID, --overlap ID: who leads a matter and why, in the words of the bundle under
 * which it was decided; where that has none, what the lane stored, line by line. RECORD.json: what
 * would be decided of a report that nobody has sent yet (cmd_explain_dry.c). */
#include <inttypes.h>

#include "base/jsonw.h"
#include "cli/account.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/story.h"
#include "codec/json.h"
#include "lane/outbox.h"
#include "shell/tool_desk.h"
#include "shell/tool_store.h"

static void print_member(struct gb_story *story, FILE *out, const struct gb_value *object,
                         const char *name)
{
    struct gb_str text = gb_story_json(&story->arena, gb_value_get(object, gb_str_of(name)));

    if (gb_str_is(text)) {
        fprintf(out, "  %-14s %.*s\n", name, GB_STR_ARG(text));
    }
}

static void print_matter(struct gb_story *story, FILE *out)
{
    static const char *const NAMES[] = {"title",         "category",  "state",       "level",
                                        "town",          "village",   "grid",
                                        "first_contact",
                                        "assists",       "informs",   "deadline_at", "policy",
                                        "redirect_to"};
    const struct gb_value *lead = gb_value_get(&story->matter, GB_STR("lead"));
    const struct gb_value *basis = gb_value_get(lead, GB_STR("basis"));

    if (story->matter.type != GB_OBJECT) {
        fputs("  no longer published: see the last step\n", out);
        return;
    }
    for (size_t i = 0; i < GB_COUNT(NAMES); i++) {
        print_member(story, out, &story->matter, NAMES[i]);
    }
    if (lead == NULL || lead->type != GB_OBJECT) {
        fputs("\nWho leads: nobody; no rule of the duty list gives a lead\n", out);
        return;
    }
    fprintf(out, "\nWho leads: %.*s by rule %.*s\n",
            GB_STR_ARG(gb_value_str(lead, GB_STR("role"))),
            GB_STR_ARG(gb_value_str(lead, GB_STR("rule"))));
    print_member(story, out, basis, "zh");
    print_member(story, out, basis, "en");
}

static void print_reports(struct gb_story *story, FILE *out)
{
    const struct gb_value *refs = gb_value_get(&story->matter, GB_STR("refs"));
    const struct gb_value *bodies = gb_value_get(&story->matter, GB_STR("bodies"));

    fputs("\nReports that are this matter\n", out);
    for (uint32_t i = 0; refs != NULL && refs->type == GB_ARRAY && i < refs->count; i++) {
        const struct gb_value *ref = &refs->items[i];

        fprintf(out, "  %.*s/%.*s/%.*s", GB_STR_ARG(gb_value_str(ref, GB_STR("source"))),
                GB_STR_ARG(gb_value_str(ref, GB_STR("entity"))),
                GB_STR_ARG(gb_value_str(ref, GB_STR("key"))));
        if (bodies != NULL && bodies->type == GB_ARRAY && i < bodies->count) {
            const struct gb_value *body = &bodies->items[i];

            fprintf(out, "  %.*s (code %.*s)%s", GB_STR_ARG(gb_value_str(body, GB_STR("state"))),
                    GB_STR_ARG(gb_value_str(body, GB_STR("state_code"))),
                    gb_value_bool(body, GB_STR("claims_lead"), false) ? ", claims the lead" : "");
        }
        fputc('\n', out);
    }
}

static void print_step(struct gb_story *story, FILE *out, size_t number,
                       const struct gb_value *change)
{
    const struct gb_value *why = gb_value_get(change, GB_STR("why"));
    const struct gb_value *record = gb_value_get(why, GB_STR("record"));
    const struct gb_value *after = gb_value_get(change, GB_STR("after"));
    struct gb_str evidence = gb_story_json(&story->arena, gb_value_get(why, GB_STR("evidence")));
    struct gb_str time =
        gb_time_text(&story->arena, gb_value_int(change, GB_STR("clock"), 0));

    fprintf(out, "  %zu. %.*s %.*s: rule %.*s\n", number, GB_STR_ARG(time),
            GB_STR_ARG(gb_value_str(change, GB_STR("change"))),
            GB_STR_ARG(gb_value_str(why, GB_STR("rule"))));
    if (record != NULL && record->type == GB_OBJECT) {
        fprintf(out, "     record %.*s/%" PRId64 " offset %" PRId64 " row %" PRId64 "\n",
                GB_STR_ARG(gb_value_str(record, GB_STR("topic"))),
                gb_value_int(record, GB_STR("partition"), 0),
                gb_value_int(record, GB_STR("offset"), 0),
                gb_value_int(record, GB_STR("index"), 0));
    }
    if (gb_str_is(evidence)) {
        fprintf(out, "     evidence %.*s\n", GB_STR_ARG(evidence));
    }
    if (after != NULL && after->type == GB_OBJECT && after->count > 0 && number > 1) {
        fputs("     changed", out);
        for (uint32_t i = 0; i < after->count; i++) {
            fprintf(out, "%s %.*s", i > 0 ? "," : "", GB_STR_ARG(after->members[i].name));
        }
        fputc('\n', out);
    }
}

static void print_overlaps(struct gb_story *story, FILE *out)
{
    static const char *const NAMES[] = {"kind", "state", "rule", "claims", "evidence"};

    if (story->overlaps_count > 0) {
        fputs("\nOverlaps found\n", out);
    }
    for (size_t i = 0; i < story->overlaps_count; i++) {
        fprintf(out, "  %.*s\n", GB_STR_ARG(story->keys[i]));
        for (size_t n = 0; n < GB_COUNT(NAMES); n++) {
            fputs("  ", out);
            print_member(story, out, &story->overlaps[i], NAMES[n]);
        }
    }
}

static void print_text(struct gb_story *story, FILE *out, struct gb_str id)
{
    fprintf(out, "Matter %.*s\n", GB_STR_ARG(id));
    print_matter(story, out);
    print_reports(story, out);
    fputs("\nSteps\n", out);
    for (size_t i = 0; i < story->changes_count; i++) {
        print_step(story, out, i + 1, &story->changes[i]);
    }
    print_overlaps(story, out);
}

static void print_json(const struct gb_story *story, FILE *out)
{
    struct gb_buf buf = {0};
    struct gb_jsonw w;

    gb_jsonw_init(&w, &buf);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("changes"));
    gb_jsonw_array(&w);
    for (size_t i = 0; i < story->changes_count; i++) {
        gb_jsonw_value(&w, &story->changes[i]);
    }
    gb_jsonw_end(&w);
    gb_jsonw_key(&w, GB_STR("matter"));
    gb_jsonw_value(&w, &story->matter);
    gb_jsonw_key(&w, GB_STR("overlaps"));
    gb_jsonw_array(&w);
    for (size_t i = 0; i < story->overlaps_count; i++) {
        gb_jsonw_value(&w, &story->overlaps[i]);
    }
    gb_jsonw_end(&w);
    gb_jsonw_end(&w);
    (void)fwrite(buf.bytes, 1, buf.len, out);
    fputc('\n', out);
    gb_buf_close(&buf);
}

/* The bundle that decided it last: the matter's, or of its last change where it is gone. */
static struct gb_str bundle_of(const struct gb_story *story)
{
    struct gb_str hash = gb_value_str(&story->matter, GB_STR("policy"));

    for (size_t i = story->changes_count; !gb_str_is(hash) && i-- > 0;) {
        hash = gb_value_str(&story->changes[i], GB_STR("policy"));
    }
    return hash;
}

/* The matter's row: what it says besides the published value. GB_NULL where there is none. */
static struct gb_value row_of(struct gb_told *told, const struct gb_session *session,
                              struct gb_str id)
{
    struct gb_value row = {.type = GB_NULL};
    struct gb_tool_rows *rows = NULL;
    struct gb_err err;

    if (gb_desk_matter(session->pg, id, &rows) == GB_OK && gb_tool_rows_count(rows) > 0 &&
        gb_json_parse(&told->arena, gb_tool_rows_text(rows, 0, GB_DESK_MATTER_ROW), &row,
                      &err) != GB_OK) {
        row.type = GB_NULL;
    }
    gb_tool_rows_free(rows);
    return row;
}

/* One overlap, or (overlap absent) the whole matter. */
struct asked {
    struct gb_str matter, overlap;
};

static const struct gb_value *overlap_of(const struct gb_story *story, struct gb_str id)
{
    for (size_t i = 0; i < story->overlaps_count; i++) {
        if (gb_str_eq(story->keys[i], id)) {
            return &story->overlaps[i];
        }
    }
    return NULL;
}

static void print_words(struct gb_told *told, const struct gb_session *session,
                        const struct gb_story *story, const struct asked *asked)
{
    struct gb_value row = row_of(told, session, asked->matter);
    struct gb_account account = {
        .policy = told->policy,
        .matter = story->matter.type == GB_OBJECT ? &story->matter : NULL,
        .losers = gb_value_get(&row, GB_STR("losers")),
        .overlaps = story->overlaps,
        .overlaps_count = story->overlaps_count,
        .changes = story->changes,
        .changes_count = story->changes_count};
    const struct gb_value *overlap = overlap_of(story, asked->overlap);
    struct gb_buf out = {0};
    struct gb_page page = gb_told_page(told, &out);

    if (overlap != NULL) {
        gb_account_overlap(&account, overlap, &page);
        account.overlaps_count = account.changes_count = 0;
        gb_buf_add_char(&out, '\n');
    }
    gb_account_matter(&account, &page);
    (void)fwrite(out.bytes, 1, out.len, told->args->out);
    gb_buf_close(&out);
}

static enum gb_exit print(struct gb_told *told, const struct gb_session *session,
                          struct gb_story *story, const struct asked *asked)
{
    const struct gb_args *args = told->args;
    struct gb_str hash = bundle_of(story);
    enum gb_exit code = GB_EXIT_OK;

    if (story->changes_count == 0 && story->matter.type != GB_OBJECT) {
        fprintf(args->talk, "gridbridge: no matter %.*s\n", GB_STR_ARG(asked->matter));
        return GB_EXIT_NO;
    }
    if (args->format == GB_FORMAT_JSON || args->format == GB_FORMAT_JSONL) {
        print_json(story, args->out);
        return GB_EXIT_OK;
    }
    if (gb_str_is(hash)) {
        code = gb_told_stored(told, session, hash);
    }
    if (code == GB_EXIT_OK && told->words != NULL) {
        print_words(told, session, story, asked);
    } else if (code == GB_EXIT_OK) {
        print_text(story, args->out, asked->matter);
    }
    return code;
}

static enum gb_exit explain(struct gb_told *told, const struct gb_session *session,
                            const struct asked *asked)
{
    struct gb_tool_rows *rows = NULL;
    struct gb_story story;
    enum gb_exit code;

    if (gb_tool_matter_lines(session->pg, asked->matter, &rows) != GB_OK) {
        return gb_session_fail(session, told->args);
    }
    gb_story_read(&story, asked->matter, rows, INT64_MAX);
    code = print(told, session, &story, asked);
    gb_story_close(&story);
    gb_tool_rows_free(rows);
    return code;
}

/* An overlap of no matter: a vacant post. Told under the bundle in force. */
static enum gb_exit explain_alone(struct gb_told *told, const struct gb_session *session,
                                  const struct gb_value *overlap)
{
    struct gb_buf out = {0};
    enum gb_exit code = GB_EXIT_OK;

    if (told->args->format != GB_FORMAT_TABLE) {
        fprintf(told->args->out, "%.*s\n", GB_STR_ARG(gb_story_json(&told->arena, overlap)));
        return GB_EXIT_OK;
    }
    code = gb_told_active(told, session);
    if (code == GB_EXIT_OK) {
        const struct gb_account account = {.policy = told->policy};
        struct gb_page page = gb_told_page(told, &out);

        gb_account_overlap(&account, overlap, &page);
        (void)fwrite(out.bytes, 1, out.len, told->args->out);
    }
    gb_buf_close(&out);
    return code;
}

/* The matter of an overlap; absent where it has none: then it is told, and nothing is left. */
static enum gb_exit find_matter(struct gb_told *told, const struct gb_session *session,
                                struct asked *asked)
{
    struct gb_tool_rows *rows = NULL;
    struct gb_value row;
    struct gb_err err;
    enum gb_exit code = GB_EXIT_OK;

    if (gb_desk_overlap(session->pg, asked->overlap, &rows) != GB_OK) {
        return gb_session_fail(session, told->args);
    }
    if (gb_tool_rows_count(rows) == 0) {
        fprintf(told->args->talk, "gridbridge: no overlap %.*s\n", GB_STR_ARG(asked->overlap));
        code = GB_EXIT_NO;
    } else if (gb_json_parse(&told->arena, gb_tool_rows_text(rows, 0, GB_OVERLAP_COLUMN_ROW), &row,
                             &err) != GB_OK) {
        code = gb_cli_fail(told->args, &err);
    } else if (gb_str_is(gb_value_str(&row, GB_STR("matter")))) {
        asked->matter = gb_value_str(&row, GB_STR("matter"));
    } else {
        code = explain_alone(told, session, &row);
    }
    gb_tool_rows_free(rows);
    return code;
}

static enum gb_exit explain_stored(const struct gb_args *args)
{
    struct asked asked = {gb_str_of(gb_args_get(args, "--matter")),
                          gb_str_of(gb_args_get(args, "--overlap"))};
    struct gb_session session = {.pg = NULL};
    struct gb_told told;
    enum gb_exit code = gb_told_begin(&told, args);

    code = code == GB_EXIT_OK ? gb_session_open(&session, args) : code;
    if (code == GB_EXIT_OK && gb_str_is(asked.overlap)) {
        code = find_matter(&told, &session, &asked);
    }
    if (code == GB_EXIT_OK && gb_str_is(asked.matter)) {
        code = explain(&told, &session, &asked);
    }
    gb_session_end(&session);
    gb_told_end(&told);
    return code;
}

enum gb_exit gb_cli_explain(const struct gb_args *args)
{
    const char *matter = gb_args_get(args, "--matter");
    const char *overlap = gb_args_get(args, "--overlap");
    int asked = (matter != NULL) + (overlap != NULL) + (args->words_count > 0) +
                (gb_args_get(args, "--record") != NULL);

    if (asked != 1) {
        return gb_cli_misused(args, "takes one of RECORD.json, --matter ID, --overlap ID, or "
                                    "--record FILE");
    }
    if (gb_args_get(args, "--record") != NULL) {
        return gb_cli_explain_record(args);
    }
    if (args->words_count > 0) {
        return gb_cli_explain_dry(args);
    }
    if (strlen(matter != NULL ? matter : overlap) < 8) {
        return gb_cli_misused(args, "%s takes the whole id",
                              matter != NULL ? "--matter" : "--overlap");
    }
    return explain_stored(args);
}
