/* duty who: who was responsible on a day, as known on another. The bundle is the one that was last
 * activated in the place's lane by then (recorded time: the ledger chunk's commit), the row the one
 * that is valid on the day (valid time). What people decided of single matters is left aside. */
#include <inttypes.h>

#include "base/hash.h"
#include "base/jsonw.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "codec/moment.h"
#include "codec/policy_load.h"
#include "lane/outbox.h"
#include "shell/loop.h"
#include "shell/tool_desk.h"
#include "shell/tool_store.h"

#define DAY_MS INT64_C(86400000)

struct who {
    const struct gb_args *args;
    struct gb_arena arena;
    struct gb_session session;
    struct gb_str category, place, network;
    int64_t on, known;
    struct gb_duty_query query;
    struct gb_str bundle, activated_at; /* hash; RFC 3339 */
    const struct gb_policy *policy;
    const struct gb_duty *duty; /* NULL: unlisted */
};

static bool is_code(struct gb_str text, size_t min)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len >= min;
}

static enum gb_exit read_words(struct who *w)
{
    const struct gb_args *args = w->args;
    const char *on = gb_args_get(args, "--on");
    const char *known = gb_args_get(args, "--known");
    int64_t urgency = 0;

    w->category = gb_str_of(gb_args_get(args, "--category"));
    w->place = gb_str_of(gb_args_get(args, "--place"));
    w->network = gb_str_of(gb_args_get(args, "--network"));
    if (!gb_str_is(w->category) || !gb_str_is(w->place) || on == NULL) {
        return gb_cli_misused(args, "needs --category, --place and --on");
    }
    if (!is_code(w->place, 9)) {
        return gb_cli_misused(args, "--place takes a code of 9 digits or more");
    }
    if (!gb_moment_parse(gb_str_of(on), gb_wall_ms(), &w->on)) {
        return gb_cli_misused(args, "--on takes 2026-11-23 or RFC 3339, not %s", on);
    }
    w->known = w->on + DAY_MS - 1; /* by the end of that day */
    if (known != NULL) {
        if (!gb_moment_parse(gb_str_of(known), gb_wall_ms(), &w->known)) {
            return gb_cli_misused(args, "--known takes now, 2026-11-23 or RFC 3339, not %s",
                                  known);
        }
        if (strlen(known) == 10) {
            w->known += DAY_MS - 1; /* a day ends when it is over */
        }
    }
    if (!gb_args_number(args, "--urgency", &urgency) || urgency >= GB_URGENCY_COUNT) {
        return gb_cli_misused(args, "--urgency takes 1 (extreme) to 4 (low)");
    }
    w->query.urgency = (uint32_t)urgency;
    return GB_EXIT_OK;
}

/* The bundle that ruled in the place's lane by then. */
static enum gb_exit find_bundle(struct who *w)
{
    struct gb_tool_rows *rows = NULL;
    struct gb_str town = {w->place.ptr, 9};
    uint64_t hash = gb_fnv1a(town);
    const struct gb_str params[] = {gb_arena_printf(&w->arena, "%" PRIu64, hash),
                                    gb_arena_int(&w->arena, w->known)};
    enum gb_exit code = GB_EXIT_OK;

    if (gb_desk_activation(w->session.pg, params, &rows) != GB_OK) {
        return gb_session_fail(&w->session, w->args);
    }
    if (gb_tool_rows_count(rows) == 0) {
        fprintf(w->args->talk, "gridbridge: by %.*s no bundle was active for town %.*s\n",
                GB_STR_ARG(gb_time_text(&w->arena, w->known)), GB_STR_ARG(town));
        code = GB_EXIT_NO;
    } else {
        w->bundle = gb_arena_str(&w->arena, gb_tool_rows_text(rows, 0, 0));
        w->activated_at = gb_arena_str(&w->arena, gb_tool_rows_text(rows, 0, 1));
    }
    gb_tool_rows_free(rows);
    return code;
}

static enum gb_exit load_bundle(struct who *w)
{
    struct gb_mistakes mistakes = {0};
    struct gb_files files;

    if (gb_tool_policy_read(w->session.pg, w->bundle, &w->arena, &files) != GB_OK) {
        fprintf(w->args->talk, "gridbridge: bundle %.*s is not in the database\n",
                GB_STR_ARG(w->bundle));
        return GB_EXIT_NO;
    }
    w->policy = gb_policy_load(&w->arena, &files, &mistakes);
    (void)fwrite(mistakes.lines.bytes, 1, mistakes.lines.len, w->args->talk);
    gb_mistakes_close(&mistakes);
    return w->policy != NULL ? GB_EXIT_OK : GB_EXIT_CONFIG;
}

static enum gb_exit find_row(struct who *w)
{
    const struct gb_policy *policy = w->policy;

    if (gb_policy_category(policy, w->category) == NULL) {
        fprintf(w->args->talk, "gridbridge: the bundle has no category %.*s\n",
                GB_STR_ARG(w->category));
        return GB_EXIT_NO;
    }
    if (!gb_policy_has_place(policy, w->place)) {
        fprintf(w->args->talk, "gridbridge: the bundle has no place %.*s\n",
                GB_STR_ARG(w->place));
        return GB_EXIT_NO;
    }
    w->query.category = w->category;
    w->query.place = w->place;
    w->query.at = w->on;
    w->query.source = GB_SOURCES_MAX;
    for (uint32_t i = 0; i < policy->sources_count && gb_str_is(w->network); i++) {
        if (gb_str_eq(policy->sources[i].network, w->network)) {
            w->query.source = i;
        }
    }
    if (gb_str_is(w->network) && w->query.source == GB_SOURCES_MAX) {
        fprintf(w->args->talk, "gridbridge: the bundle has no network %.*s\n",
                GB_STR_ARG(w->network));
        return GB_EXIT_NO;
    }
    w->duty = gb_policy_duty(policy, &w->query);
    if (w->duty == NULL) {
        w->duty = policy->fallback;
    }
    return GB_EXIT_OK;
}

static struct gb_str post_word(struct who *w, const struct gb_post *post)
{
    return gb_str_is(post->unit)
               ? GB_JOIN(&w->arena, gb_role_word(post->role), GB_STR(":"), post->unit)
               : gb_role_word(post->role);
}

static struct gb_str lead_word(struct who *w)
{
    const struct gb_duty_part *lead = w->duty != NULL ? gb_duty_lead(w->duty) : NULL;

    if (lead == NULL) {
        return GB_STR("nobody");
    }
    if (!lead->is_first) {
        return post_word(w, &lead->post);
    }
    return w->query.source < GB_SOURCES_MAX
               ? gb_role_word(w->policy->sources[w->query.source].role)
               : GB_STR("first_contact"); /* whoever is reached first */
}

/* Posts of a kind with a blank between; absent if there is none. */
static struct gb_str posts_of(struct who *w, enum gb_duty_kind kind)
{
    struct gb_str all = GB_STR_NONE;

    for (uint32_t i = 0; w->duty != NULL && i < w->duty->parts_count; i++) {
        const struct gb_duty_part *part = &w->duty->parts[i];

        if (part->kind == kind) {
            struct gb_str word = post_word(w, &part->post);

            all = gb_str_is(all) ? GB_JOIN(&w->arena, all, GB_STR(" "), word) : word;
        }
    }
    return all;
}

static struct gb_str forbidden(struct who *w)
{
    struct gb_str all = GB_STR_NONE;

    for (int role = 0; role < GB_ROLE_COUNT; role++) {
        const struct gb_duty *row =
            gb_policy_forbidding(w->policy, &w->query, (enum gb_role)role);

        if (row != NULL) {
            struct gb_str word = GB_JOIN(&w->arena, gb_role_word((enum gb_role)role),
                                         GB_STR(" by "), row->id);

            all = gb_str_is(all) ? GB_JOIN(&w->arena, all, GB_STR(", "), word) : word;
        }
    }
    return all;
}

static void print(struct who *w)
{
    /* In canonical order: this is also the JSON object. */
    const struct {
        const char *name;
        struct gb_str text;
    } pairs[] = {
        {"activated_at", w->activated_at},
        {"assists", posts_of(w, GB_DUTY_ASSIST)},
        {"basis_en", w->duty != NULL ? w->duty->basis_en : GB_STR_NONE},
        {"basis_zh", w->duty != NULL ? w->duty->basis_zh : GB_STR_NONE},
        {"bundle", w->bundle},
        {"first_contact", posts_of(w, GB_DUTY_FIRST_CONTACT)},
        {"informs", posts_of(w, GB_DUTY_INFORM)},
        {"item", w->duty != NULL ? w->duty->item : GB_STR_NONE},
        {"known", gb_time_text(&w->arena, w->known)},
        {"lead", lead_word(w)},
        {"may_not_lead", forbidden(w)},
        {"on", gb_time_text(&w->arena, w->on)},
        {"rule", w->duty != NULL ? w->duty->id : GB_STR("unlisted")},
        {"supervises", posts_of(w, GB_DUTY_SUPERVISE)},
    };
    struct gb_buf buf = {0};
    struct gb_jsonw json;

    gb_jsonw_init(&json, &buf);
    gb_jsonw_object(&json);
    for (size_t i = 0; i < GB_COUNT(pairs); i++) {
        if (w->args->format != GB_FORMAT_TABLE) {
            gb_jsonw_key_opt(&json, gb_str_of(pairs[i].name), pairs[i].text);
        } else if (gb_str_is(pairs[i].text)) {
            fprintf(w->args->out, "%-14s %.*s\n", pairs[i].name, GB_STR_ARG(pairs[i].text));
        }
    }
    gb_jsonw_end(&json);
    if (w->args->format != GB_FORMAT_TABLE) {
        fprintf(w->args->out, "%.*s\n", GB_STR_ARG(gb_buf_str(&buf)));
    }
    gb_buf_close(&buf);
}

enum gb_exit gb_cli_duty_who(const struct gb_args *args)
{
    struct who w = {.args = args};
    enum gb_exit code;

    if (args->format == GB_FORMAT_CSV) {
        return gb_cli_misused(args, "one answer is no list: -o table, json or jsonl");
    }
    gb_arena_init(&w.arena, (size_t)512 << 20);
    code = read_words(&w);
    code = code == GB_EXIT_OK ? gb_session_open(&w.session, args) : code;
    code = code == GB_EXIT_OK ? find_bundle(&w) : code;
    code = code == GB_EXIT_OK ? load_bundle(&w) : code;
    code = code == GB_EXIT_OK ? find_row(&w) : code;
    if (code == GB_EXIT_OK) {
        print(&w);
    }
    gb_session_end(&w.session);
    gb_arena_close(&w.arena);
    return code;
}
