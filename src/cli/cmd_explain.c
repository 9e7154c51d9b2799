/* explain --matter ID: what is known of one matter, who leads and by which rule, and each step that
 * led there with its evidence, from the outputs that the lane stored. */
#include <inttypes.h>

#include "base/jsonw.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "codec/json.h"
#include "lane/outbox.h"
#include "shell/tool_store.h"

#define OVERLAPS_MAX 64

/* Values of the outputs about one matter. */
struct story {
    struct gb_arena arena;
    struct gb_value *changes; /* in order */
    size_t changes_count;
    struct gb_value matter;   /* newest; GB_NULL if none */
    struct gb_value overlaps[OVERLAPS_MAX]; /* newest of each key */
    struct gb_str keys[OVERLAPS_MAX];
    size_t overlaps_count;
};

static void keep_overlap(struct story *story, struct gb_str key, const struct gb_value *value)
{
    size_t at = 0;

    while (at < story->overlaps_count && !gb_str_eq(story->keys[at], key)) {
        at++;
    }
    if (at == OVERLAPS_MAX || value->type != GB_OBJECT) {
        return;
    }
    story->keys[at] = key;
    story->overlaps[at] = *value;
    story->overlaps_count += at == story->overlaps_count;
}

static void keep_line(struct story *story, struct gb_str id, struct gb_str text)
{
    struct gb_value line;
    const struct gb_value *value;
    struct gb_str topic;
    struct gb_str key;

    if (gb_json_parse(&story->arena, gb_arena_str(&story->arena, text), &line, NULL) != GB_OK) {
        return;
    }
    topic = gb_value_str(&line, GB_STR("topic"));
    key = gb_value_str(&line, GB_STR("key"));
    value = gb_value_get(&line, GB_STR("value"));
    if (value == NULL) {
        return;
    }
    if (gb_str_eq(topic, GB_STR("matter")) && gb_str_eq(key, id)) {
        story->matter = *value;
    } else if (gb_str_eq(topic, GB_STR("overlap"))) {
        keep_overlap(story, key, value);
    } else if (gb_str_eq(topic, GB_STR("change"))) {
        story->changes[story->changes_count++] = *value;
    }
}

static void read_story(struct story *story, struct gb_str id, const struct gb_tool_rows *rows)
{
    size_t count = gb_tool_rows_count(rows);

    memset(story, 0, sizeof(*story));
    gb_arena_init(&story->arena, (size_t)256 << 20);
    story->changes = gb_arena_take(&story->arena, (count + 1) * sizeof(story->changes[0]));
    for (size_t i = 0; i < count; i++) {
        keep_line(story, id, gb_tool_rows_text(rows, i, 1));
    }
}

static struct gb_str as_json(struct gb_arena *arena, const struct gb_value *value)
{
    struct gb_buf buf = {0};
    struct gb_jsonw w;
    struct gb_str text;

    if (value == NULL || value->type == GB_NULL) {
        return GB_STR_NONE;
    }
    if (value->type == GB_STRING) {
        return value->text;
    }
    gb_jsonw_init(&w, &buf);
    gb_jsonw_value(&w, value);
    text = gb_arena_str(arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    return text;
}

static void print_member(struct story *story, FILE *out, const struct gb_value *object,
                         const char *name)
{
    struct gb_str text = as_json(&story->arena, gb_value_get(object, gb_str_of(name)));

    if (gb_str_is(text)) {
        fprintf(out, "  %-14s %.*s\n", name, GB_STR_ARG(text));
    }
}

static void print_matter(struct story *story, FILE *out)
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

static void print_reports(struct story *story, FILE *out)
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

static void print_step(struct story *story, FILE *out, size_t number,
                       const struct gb_value *change)
{
    const struct gb_value *why = gb_value_get(change, GB_STR("why"));
    const struct gb_value *record = gb_value_get(why, GB_STR("record"));
    const struct gb_value *after = gb_value_get(change, GB_STR("after"));
    struct gb_str evidence = as_json(&story->arena, gb_value_get(why, GB_STR("evidence")));
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

static void print_overlaps(struct story *story, FILE *out)
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

static void print_text(struct story *story, FILE *out, struct gb_str id)
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

static void print_json(const struct story *story, FILE *out)
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
    struct story story;
    enum gb_exit code = GB_EXIT_OK;

    read_story(&story, id, rows);
    if (story.changes_count == 0 && story.matter.type != GB_OBJECT) {
        fprintf(args->talk, "gridbridge: no matter %.*s\n", GB_STR_ARG(id));
        code = GB_EXIT_NO;
    } else if (args->format == GB_FORMAT_JSON) {
        print_json(&story, args->out);
    } else {
        print_text(&story, args->out, id);
    }
    gb_arena_close(&story.arena);
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
