/* See the header: who decides, on what, as seen when. */
#include "cli/desk.h"

#include <inttypes.h>

#include "base/hash.h"
#include "shell/files.h"
#include "shell/tool_desk.h"
#include "shell/tool_random.h"

#define ARENA_MAX ((size_t)256 << 20)

/* ---- whose word it is ---- */

/* A version 4 UUID (RFC 9562). */
static struct gb_str fresh_id(struct gb_arena *arena)
{
    uint8_t bytes[16];
    char hex[32];

    gb_tool_random(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0fU) | 0x40U);
    bytes[8] = (uint8_t)((bytes[8] & 0x3fU) | 0x80U);
    gb_hex(hex, bytes, sizeof(bytes));
    return gb_arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                           hex + 20);
}

static bool read_key(struct gb_desk *desk, struct gb_str *hex)
{
    const char *path = gb_args_get(desk->args, "--key");
    struct gb_settings *settings = &desk->brokers.settings;
    struct gb_secret secret = {.name = "decisions.key"};
    const char *text = NULL;
    struct gb_err err;

    if (path != NULL) {
        if (gb_files_secret(path, &desk->arena, hex, &err) != GB_OK) {
            (void)gb_cli_fail(desk->args, &err);
            return false;
        }
        return true;
    }
    secret.given = settings->config.gateway_key;
    secret.file = settings->config.gateway_key_file;
    if (!gb_settings_secret(settings, desk->args, &secret, &text)) {
        return false;
    }
    if (text == NULL) {
        fprintf(desk->args->talk,
                "gridbridge: no key to sign with: give --key FILE or decisions.key_file;\n"
                "gridbridge keys gateway FILE makes one\n");
        return false;
    }
    *hex = gb_str_of(text);
    return true;
}

/* What the daemon would find out is told here, before anything is sent. */
static bool is_known_gateway(const struct gb_desk *desk)
{
    const struct gb_config *config = &desk->brokers.settings.config;
    uint8_t public_key[GB_SIGN_KEY_LEN];

    if (!gb_sign_public(desk->seed, public_key)) {
        return false;
    }
    for (uint32_t i = 0; i < config->gateways_count; i++) {
        if (gb_str_eq(config->gateways[i].id, desk->gateway)) {
            bool is_own = memcmp(config->gateways[i].key, public_key, sizeof(public_key)) == 0;

            if (!is_own) {
                fprintf(desk->args->talk,
                        "gridbridge: the key is not that of gateway %.*s: decisions.gateways has"
                        " another public key\n",
                        GB_STR_ARG(desk->gateway));
            }
            return is_own;
        }
    }
    fprintf(desk->args->talk, "gridbridge: gateway %.*s is not among decisions.gateways\n",
            GB_STR_ARG(desk->gateway));
    return false;
}

static enum gb_exit take_gateway(struct gb_desk *desk)
{
    struct gb_str hex = GB_STR_NONE;

    if (!desk->brokers.has_settings || !gb_str_is(desk->brokers.settings.config.gateway)) {
        return gb_cli_misused(desk->args, "needs -c FILE with decisions.gateway");
    }
    desk->gateway = desk->brokers.settings.config.gateway;
    if (!read_key(desk, &hex)) {
        return GB_EXIT_CONFIG;
    }
    if (!gb_unhex(desk->seed, sizeof(desk->seed), hex)) {
        fprintf(desk->args->talk, "gridbridge: decisions.key: must be %u hex digits\n",
                2 * GB_SIGN_KEY_LEN);
        return GB_EXIT_CONFIG;
    }
    return is_known_gateway(desk) ? GB_EXIT_OK : GB_EXIT_CONFIG;
}

static enum gb_exit take_person(struct gb_desk *desk, const char *kind)
{
    const char *id = gb_args_get(desk->args, "--id");
    const char *role = gb_args_get(desk->args, "--role");
    struct gb_decision_draft *draft = &desk->draft;
    uint32_t needs = gb_decision_needs(gb_decision_of(gb_str_of(kind)));

    *draft = (struct gb_decision_draft){
        .kind = gb_str_of(kind),
        .id = id != NULL ? gb_str_of(id) : fresh_id(&desk->arena),
        .actor_post = gb_str_of(gb_args_get(desk->args, "--post")),
        .actor_role = role != NULL ? gb_str_of(role) : GB_STR("command_centre"),
        .reason = gb_str_of(gb_args_get(desk->args, "--reason")),
        .basis = gb_str_of(gb_args_get(desk->args, "--basis")),
        .overlaps = desk->overlaps};
    if (!gb_str_is(draft->actor_post)) {
        return gb_cli_misused(desk->args, "needs --post: who decides");
    }
    if (!gb_str_is(draft->reason) && (needs & GB_NEEDS_OVERLAP) == 0) {
        return gb_cli_misused(desk->args, "needs --reason");
    }
    if (!gb_str_is(draft->reason)) {
        draft->reason = draft->kind; /* who works on it is reason enough */
    }
    return GB_EXIT_OK;
}

enum gb_exit gb_desk_begin(struct gb_desk *desk, const struct gb_args *args, const char *kind)
{
    enum gb_exit code;

    memset(desk, 0, sizeof(*desk));
    desk->args = args;
    gb_arena_init(&desk->arena, ARENA_MAX);
    code = take_person(desk, kind);
    code = code == GB_EXIT_OK ? gb_brokers_configured(&desk->brokers, args) : code;
    code = code == GB_EXIT_OK ? take_gateway(desk) : code;
    return code == GB_EXIT_OK ? gb_session_open(&desk->session, args) : code;
}

void gb_desk_end(struct gb_desk *desk)
{
    volatile uint8_t *seed = desk->seed;

    for (size_t i = 0; i < sizeof(desk->seed); i++) {
        seed[i] = 0;
    }
    gb_buf_close(&desk->plan);
    gb_session_end(&desk->session);
    gb_brokers_end(&desk->brokers);
    gb_arena_close(&desk->arena);
}

/* ---- what it is about ---- */

static enum gb_exit take_town(struct gb_desk *desk, struct gb_str town, const char *id)
{
    if (!gb_str_is(town)) {
        fprintf(desk->args->talk, "gridbridge: %s: its matter is not in the database\n", id);
        return GB_EXIT_NO;
    }
    if (gb_str_is(desk->draft.town) && !gb_str_eq(desk->draft.town, town)) {
        return gb_cli_misused(desk->args, "%s is of town %.*s, not %.*s: one decision, one town",
                              id, GB_STR_ARG(town), GB_STR_ARG(desk->draft.town));
    }
    desk->draft.town = gb_arena_str(&desk->arena, town);
    return GB_EXIT_OK;
}

static enum gb_exit say_missing(const struct gb_desk *desk, const char *what, const char *id)
{
    fprintf(desk->args->talk, "gridbridge: no %s %s\n", what, id);
    return GB_EXIT_NO;
}

static struct gb_str cell(const struct gb_tool_rows *rows, int column)
{
    return gb_tool_rows_text(rows, 0, (size_t)column);
}

static enum gb_exit take_overlap(struct gb_desk *desk, const char *id, int64_t version,
                                 const struct gb_tool_rows *rows)
{
    struct gb_seen_overlap *seen = &desk->overlaps[desk->draft.overlaps_count];
    int64_t newest = gb_tool_rows_int(rows, 0, GB_OVERLAP_COLUMN_VERSION);
    enum gb_exit code = take_town(desk, cell(rows, GB_OVERLAP_COLUMN_TOWN), id);

    if (code != GB_EXIT_OK) {
        return code;
    }
    *seen = (struct gb_seen_overlap){gb_arena_str(&desk->arena, gb_str_of(id)),
                                     version > 0 ? version : newest};
    desk->draft.overlaps_count++;
    gb_buf_printf(&desk->plan,
                  "  overlap %s: %.*s, %.*s, version %" PRId64 " (seen %" PRId64
                  "); matter %.*s, lead %.*s\n",
                  id, GB_STR_ARG(cell(rows, GB_OVERLAP_COLUMN_KIND)),
                  GB_STR_ARG(cell(rows, GB_OVERLAP_COLUMN_STATE)), newest, seen->version,
                  GB_STR_ARG(cell(rows, GB_OVERLAP_COLUMN_MATTER)),
                  GB_STR_ARG(gb_str_is(cell(rows, GB_OVERLAP_COLUMN_LEAD))
                                 ? cell(rows, GB_OVERLAP_COLUMN_LEAD)
                                 : GB_STR("nobody")));
    return GB_EXIT_OK;
}

static enum gb_exit find_overlap(struct gb_desk *desk, const char *id, struct gb_tool_rows **rows)
{
    if (gb_desk_overlap(desk->session.pg, gb_str_of(id), rows) != GB_OK) {
        return gb_session_fail(&desk->session, desk->args);
    }
    return gb_tool_rows_count(*rows) == 1 ? GB_EXIT_OK : say_missing(desk, "overlap", id);
}

enum gb_exit gb_desk_add_overlap(struct gb_desk *desk, const char *id, int64_t version)
{
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code;

    if (desk->draft.overlaps_count == GB_DECISION_OVERLAPS_MAX) {
        return gb_cli_misused(desk->args, "at most %u overlaps", GB_DECISION_OVERLAPS_MAX);
    }
    code = find_overlap(desk, id, &rows);
    code = code == GB_EXIT_OK ? take_overlap(desk, id, version, rows) : code;
    gb_tool_rows_free(rows);
    return code;
}

static enum gb_exit take_matter(struct gb_desk *desk, const char *id, int64_t version,
                                const struct gb_tool_rows *rows)
{
    int64_t newest = gb_tool_rows_int(rows, 0, GB_DESK_MATTER_VERSION);
    enum gb_exit code = take_town(desk, cell(rows, GB_DESK_MATTER_TOWN), id);

    if (code == GB_EXIT_OK) {
        desk->draft.matter = gb_arena_str(&desk->arena, gb_str_of(id));
        desk->draft.version = version > 0 ? version : newest;
        gb_buf_printf(&desk->plan, "  matter %s: version %" PRId64 " (seen %" PRId64 ")\n", id,
                      newest, desk->draft.version);
    }
    return code;
}

enum gb_exit gb_desk_add_matter(struct gb_desk *desk, const char *id, int64_t version)
{
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code;

    if (gb_desk_matter(desk->session.pg, gb_str_of(id), &rows) != GB_OK) {
        code = gb_session_fail(&desk->session, desk->args);
    } else if (gb_tool_rows_count(rows) == 1) {
        code = take_matter(desk, id, version, rows);
    } else {
        code = say_missing(desk, "matter", id);
    }
    gb_tool_rows_free(rows);
    return code;
}

enum gb_exit gb_desk_add_matter_of(struct gb_desk *desk, const char *overlap, int64_t version)
{
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code = find_overlap(desk, overlap, &rows);

    if (code == GB_EXIT_OK) {
        struct gb_str id = gb_arena_str(&desk->arena, cell(rows, GB_OVERLAP_COLUMN_MATTER));

        code = gb_desk_add_matter(desk, id.ptr, version);
    }
    gb_tool_rows_free(rows);
    return code;
}

enum gb_exit gb_desk_add_decision(struct gb_desk *desk, const char *id)
{
    struct gb_tool_rows *rows = NULL;
    enum gb_exit code = GB_EXIT_OK;

    if (gb_desk_ruling(desk->session.pg, gb_str_of(id), &rows) != GB_OK) {
        code = gb_session_fail(&desk->session, desk->args);
    } else if (gb_tool_rows_count(rows) == 0) {
        code = say_missing(desk, "decision", id);
    } else {
        desk->draft.decision = gb_str_of(id);
        desk->draft.town = gb_arena_str(&desk->arena, cell(rows, GB_RULING_COLUMN_TOWN));
        gb_buf_printf(&desk->plan, "  decision %s: %.*s by %.*s, %.*s\n", id,
                      GB_STR_ARG(cell(rows, GB_RULING_COLUMN_KIND)),
                      GB_STR_ARG(cell(rows, GB_RULING_COLUMN_POST)),
                      GB_STR_ARG(cell(rows, GB_RULING_COLUMN_STATE)));
    }
    gb_tool_rows_free(rows);
    return code;
}
