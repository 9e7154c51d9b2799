/* A draft is sent and its answer awaited. The answer is the gb.change record that the lane stored
 * in its outbox; a record that the bridge cannot take is among the exceptions instead. */
#include <inttypes.h>

#include "cli/desk.h"
#include "cli/story.h"
#include "codec/json.h"
#include "shell/loop.h"
#include "shell/tool_desk.h"
#include "shell/tool_produce.h"
#include "shell/tool_time.h"

#define WAIT_SECONDS 30
#define POLL_MS 200

/* ---- the answer in words ---- */

/* The answer is made before the decision has its effect: a target that is done tells how it was. */
static void print_target(const struct gb_args *args, const struct gb_value *target)
{
    struct gb_str state = gb_value_str(target, GB_STR("state"));
    struct gb_str rule = gb_value_str(target, GB_STR("rule"));

    fprintf(args->out, "  %.*s: %.*s", GB_STR_ARG(gb_value_str(target, GB_STR("named"))),
            GB_STR_ARG(gb_value_str(target, GB_STR("outcome"))));
    if (gb_value_get(target, GB_STR("version")) != NULL) {
        fprintf(args->out, "; %s version %" PRId64,
                gb_str_eq(gb_value_str(target, GB_STR("outcome")), GB_STR("done")) ? "was" : "now",
                gb_value_int(target, GB_STR("version"), 0));
    }
    if (gb_str_is(state)) {
        fprintf(args->out, ", %.*s by rule %.*s", GB_STR_ARG(state), GB_STR_ARG(rule));
    }
    fputc('\n', args->out);
}

static void print_answer(const struct gb_args *args, const struct gb_value *change)
{
    const struct gb_value *after = gb_value_get(change, GB_STR("after"));
    const struct gb_value *targets = gb_value_get(after, GB_STR("targets"));
    struct gb_str refused = gb_value_str(after, GB_STR("refused"));
    struct gb_str by = gb_value_str(after, GB_STR("by"));

    fprintf(args->out, "decision %.*s: %.*s\n",
            GB_STR_ARG(gb_value_str(change, GB_STR("decision"))),
            GB_STR_ARG(gb_value_str(after, GB_STR("outcome"))));
    if (gb_str_is(refused)) {
        fprintf(args->out, "  refused: %.*s%s%.*s\n", GB_STR_ARG(refused),
                gb_str_is(by) ? ", by " : "", GB_STR_ARG(by));
    }
    for (uint32_t i = 0; targets != NULL && targets->type == GB_ARRAY && i < targets->count; i++) {
        print_target(args, &targets->items[i]);
    }
}

static enum gb_exit exit_of(const struct gb_value *change)
{
    struct gb_str outcome =
        gb_value_str(gb_value_get(change, GB_STR("after")), GB_STR("outcome"));

    return gb_str_eq(outcome, GB_STR("applied")) || gb_str_eq(outcome, GB_STR("waiting"))
               ? GB_EXIT_OK
               : GB_EXIT_NO;
}

static bool is_answer(const struct gb_desk *desk, const struct gb_value *line)
{
    const struct gb_value *value = gb_value_get(line, GB_STR("value"));

    return gb_str_eq(gb_value_str(line, GB_STR("topic")), GB_STR("change")) &&
           gb_str_eq(gb_value_str(value, GB_STR("decision")), desk->draft.id) &&
           gb_value_get(gb_value_get(value, GB_STR("after")), GB_STR("outcome")) != NULL;
}

static enum gb_exit show_answer(struct gb_desk *desk, const struct gb_tool_rows *lines)
{
    for (size_t i = 0; i < gb_tool_rows_count(lines); i++) {
        struct gb_str text = gb_arena_str(&desk->arena, gb_tool_rows_text(lines, i, 0));
        const struct gb_value *value;
        struct gb_value line;

        if (gb_json_parse(&desk->arena, text, &line, NULL) != GB_OK || !is_answer(desk, &line)) {
            continue;
        }
        value = gb_value_get(&line, GB_STR("value"));
        if (desk->args->format == GB_FORMAT_TABLE) {
            print_answer(desk->args, value);
        } else {
            fprintf(desk->args->out, "%.*s\n",
                    GB_STR_ARG(gb_story_json(&desk->arena, value)));
        }
        return exit_of(value);
    }
    fprintf(desk->args->out, "decision %.*s is made; its answer is no longer in the outbox\n",
            GB_STR_ARG(desk->draft.id));
    return GB_EXIT_OK;
}

/* ---- waiting for it ---- */

struct asked {
    bool is_there;
    enum gb_exit code;
};

static struct asked ask_ruling(struct gb_desk *desk)
{
    struct gb_tool_rows *rows = NULL;
    struct gb_tool_rows *lines = NULL;
    struct asked asked = {.code = GB_EXIT_OK};

    if (gb_desk_ruling(desk->session.pg, desk->draft.id, &rows) != GB_OK) {
        return (struct asked){true, gb_session_fail(&desk->session, desk->args)};
    }
    if (gb_tool_rows_count(rows) > 0) {
        const struct gb_str which[] = {gb_tool_rows_text(rows, 0, GB_RULING_COLUMN_LANE),
                                       gb_tool_rows_text(rows, 0, GB_RULING_COLUMN_INDEX),
                                       desk->draft.id};

        asked.is_there = true;
        asked.code = gb_desk_lines(desk->session.pg, which, &lines) == GB_OK
                         ? show_answer(desk, lines)
                         : gb_session_fail(&desk->session, desk->args);
    }
    gb_tool_rows_free(lines);
    gb_tool_rows_free(rows);
    return asked;
}

static struct asked ask_dead(struct gb_desk *desk, struct gb_str topic, struct gb_str offset)
{
    struct gb_tool_rows *rows = NULL;
    struct asked asked = {.code = GB_EXIT_OK};

    if (gb_desk_dead(desk->session.pg, topic, offset, &rows) != GB_OK) {
        return (struct asked){true, gb_session_fail(&desk->session, desk->args)};
    }
    if (gb_tool_rows_count(rows) > 0) {
        fprintf(desk->args->talk, "gridbridge: decision %.*s is a dead letter: %.*s: %.*s\n",
                GB_STR_ARG(desk->draft.id), GB_STR_ARG(gb_tool_rows_text(rows, 0, 0)),
                GB_STR_ARG(gb_tool_rows_text(rows, 0, 1)));
        asked = (struct asked){true, GB_EXIT_DATA};
    }
    gb_tool_rows_free(rows);
    return asked;
}

static enum gb_exit await(struct gb_desk *desk, struct gb_str topic, int64_t offset,
                          int64_t seconds)
{
    struct gb_str place = gb_arena_int(&desk->arena, offset);
    int64_t end = gb_now_ms() + seconds * 1000;

    do {
        struct asked asked = ask_ruling(desk);

        if (!asked.is_there) {
            asked = ask_dead(desk, topic, place);
        }
        if (asked.is_there) {
            return asked.code;
        }
        gb_tool_sleep(POLL_MS);
    } while (gb_now_ms() < end);
    fprintf(desk->args->talk,
            "gridbridge: no answer within %" PRId64 " s. Decision %.*s is offset %" PRId64
            " of %.*s\nand will be answered on gb.change when its lane runs: gridbridge status."
            " To ask again,\nrepeat the command with --id %.*s: the same id twice has no effect.\n",
            seconds, GB_STR_ARG(desk->draft.id), offset, GB_STR_ARG(topic),
            GB_STR_ARG(desk->draft.id));
    return GB_EXIT_AGAIN;
}

static enum gb_exit send_draft(struct gb_desk *desk, struct gb_str value, struct gb_str signature)
{
    const struct gb_tool_header headers[] = {{"gb_gateway", desk->gateway},
                                             {"gb_signature", signature}};
    struct gb_tool_produce what = {
        .kafka = &desk->brokers.kafka,
        .topic = gb_arena_printf(&desk->arena, "%sdecision.in", desk->brokers.prefix),
        .key = desk->draft.town,
        .value = value,
        .headers = headers,
        .headers_count = GB_COUNT(headers)};
    int64_t seconds = WAIT_SECONDS;
    int64_t offset = -1;
    struct gb_err err;

    if (!gb_args_number(desk->args, "--wait", &seconds)) {
        return GB_EXIT_USAGE;
    }
    if (gb_tool_produce(&what, &offset, &err) != GB_OK) {
        return gb_cli_fail(desk->args, &err);
    }
    return await(desk, what.topic, offset, seconds);
}

enum gb_exit gb_desk_decide(struct gb_desk *desk)
{
    const struct gb_signer signer = {desk->gateway, desk->seed};
    struct gb_buf buf = {0};
    struct gb_str signature = GB_STR_NONE;
    struct gb_str value;
    struct gb_err err;
    struct asked asked;

    gb_decision_write(&buf, &desk->draft);
    value = gb_arena_str(&desk->arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    if (gb_decision_sign(&desk->arena, &signer, value, &signature, &err) != GB_OK) {
        return gb_cli_misused(desk->args, "the bridge would not take it: %s", err.text);
    }
    asked = ask_ruling(desk);
    if (asked.is_there) {
        fprintf(desk->args->talk, "gridbridge: this id is decided already; nothing is sent\n");
        return asked.code;
    }
    if (gb_args_get(desk->args, "--execute") == NULL) {
        fprintf(desk->args->out, "would send to %sdecision.in as gateway %.*s:\n  %.*s\n%.*s"
                                 "nothing done: add --execute\n",
                desk->brokers.prefix, GB_STR_ARG(desk->gateway), GB_STR_ARG(value),
                GB_STR_ARG(gb_buf_str(&desk->plan)));
        return GB_EXIT_OK;
    }
    return send_draft(desk, value, signature);
}
