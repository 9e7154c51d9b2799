/* explain --matter ID: what is known of one matter, who leads and by which rule, and each step that
 * led there with its evidence, from the outputs that the lane stored. */
#include <inttypes.h>

#include "base/jsonw.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/story.h"
#include "lane/outbox.h"
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

static enum gb_exit explain(const struct gb_args *args, struct gb_str id,
                            const struct gb_tool_rows *rows)
{
    struct gb_story story;
    enum gb_exit code = GB_EXIT_OK;

    gb_story_read(&story, id, rows, INT64_MAX);
    if (story.changes_count == 0 && story.matter.type != GB_OBJECT) {
        fprintf(args->talk, "gridbridge: no matter %.*s\n", GB_STR_ARG(id));
        code = GB_EXIT_NO;
    } else if (args->format == GB_FORMAT_JSON ||
               args->format == GB_FORMAT_JSONL) {
        print_json(&story, args->out);
    } else {
        print_text(&story, args->out, id);
    }
    gb_story_close(&story);
    return code;
}

enum gb_exit gb_cli_explain(const struct gb_args *args)
{
    struct gb_str id = gb_str_of(gb_args_get(args, "--matter"));
    struct gb_session session;
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code;

    if (gb_args_get(args, "--record") != NULL) {
        return gb_cli_explain_record(args);
    }
    if (id.len < 8) {
        return gb_cli_misused(args, "needs --matter ID, or --record FILE");
    }
    code = gb_session_open(&session, args);
    if (code == GB_EXIT_OK) {
        if (gb_tool_matter_lines(session.pg, id, &rows) != GB_OK) {
            code = gb_session_fail(&session, args);
        } else {
            code = explain(args, id, rows);
        }
    }
    gb_tool_rows_free(rows);
    gb_session_end(&session);
    return code;
}
