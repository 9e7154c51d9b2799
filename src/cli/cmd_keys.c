/* keys list, keys rotate, keys holders: what keys there are, a new one, and the holders' file over
 * a rotation. No byte of a key is ever printed. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/map.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "codec/keyring.h"
#include "codec/policy_load.h"
#include "shell/files.h"
#include "shell/key_file.h"

#define OVERLAP_DAYS 30

struct purpose {
    const char *name;   /* join */
    const char *secret; /* privacy.join_key */
    const char *use;
};

static const struct purpose purposes[] = {
    {"join", "privacy.join_key", "id hashes in intake records; rows of holders.csv"},
    {"publish", "privacy.publish_key", "pseudonyms in holders.csv, which are published"},
};

struct keys {
    struct gb_settings settings;
    const struct purpose *purpose;
    const char *path; /* of the key file; NULL: the key stands elsewhere */
    struct gb_keyring ring;
};

/* False where the purpose has no key, or a bad one (then *code says so). */
static bool read_ring(struct keys *k, const struct gb_args *args, enum gb_exit *code)
{
    const struct gb_config *c = &k->settings.config;
    bool is_join = k->purpose == &purposes[0];
    struct gb_secret secret = {k->purpose->secret, is_join ? c->join_key : c->publish_key,
                               is_join ? c->join_key_file : c->publish_key_file};
    const char *text;
    struct gb_err err;

    k->path = gb_settings_file(&k->settings, secret.file);
    if (!gb_settings_secret(&k->settings, args, &secret, &text)) {
        *code = GB_EXIT_CONFIG;
        return false;
    }
    if (text == NULL) {
        return false;
    }
    if (gb_keyring_read(&k->settings.arena, gb_str_of(text), k->purpose->name[0], &k->ring,
                        &err) != GB_OK) {
        (void)gb_prefix(&err, "%s", secret.name);
        *code = gb_cli_fail(args, &err);
        return false;
    }
    return true;
}

static enum gb_exit begin(struct keys *k, const struct gb_args *args)
{
    const char *path = gb_settings_path(args);

    *k = (struct keys){.path = NULL};
    return path == NULL ? gb_cli_misused(args, "needs -c FILE")
                        : gb_settings_read(&k->settings, args, path, args->talk);
}

enum gb_exit gb_cli_keys_list(const struct gb_args *args)
{
    struct keys k;
    enum gb_exit code = begin(&k, args);
    char today[GB_DAY_SIZE];

    gb_day_from_today(0, today);
    for (size_t i = 0; i < GB_COUNT(purposes) && code == GB_EXIT_OK; i++) {
        k.purpose = &purposes[i];
        if (!read_ring(&k, args, &code)) {
            continue;
        }
        for (uint32_t j = 0; j < k.ring.count; j++) {
            const struct gb_key *key = &k.ring.items[j];
            bool is_over = j > 0 && gb_str_cmp(key->until, gb_str_of(today)) < 0;

            fprintf(args->out, "%-8s %.*s %s %s%.*s\n", k.purpose->name, GB_STR_ARG(key->id),
                    gb_hash_alg_word(key->alg),
                    j == 0 ? "in use" : is_over ? "over since " : "known until ",
                    GB_STR_ARG(key->until));
        }
    }
    gb_settings_close(&k.settings);
    return code;
}

static enum gb_exit read_rotation(struct keys *k, const struct gb_args *args, int64_t *days,
                                  struct gb_key *fresh)
{
    const char *hash = gb_args_get(args, "--hash");
    enum gb_exit code = GB_EXIT_OK;

    for (size_t i = 0; i < GB_COUNT(purposes); i++) {
        k->purpose = strcmp(args->words[0], purposes[i].name) == 0 ? &purposes[i] : k->purpose;
    }
    if (k->purpose == NULL) {
        return gb_cli_misused(args, "%s: expected join or publish", args->words[0]);
    }
    if (!gb_args_number(args, "--overlap", days) || *days > 3660) {
        return gb_cli_misused(args, "--overlap: expected days, at most 3660");
    }
    if (!read_ring(k, args, &code) || k->path == NULL) {
        return code != GB_EXIT_OK ? code
                                  : gb_cli_misused(args, "%s_file is not configured: a key that "
                                                   "stands elsewhere is rotated there",
                                                   k->purpose->secret);
    }
    fresh->id = gb_keyring_next_id(&k->settings.arena, &k->ring, k->purpose->name[0]);
    fresh->alg = k->ring.items[0].alg;
    if (hash != NULL && strcmp(hash, "sha256") != 0 && strcmp(hash, "sm3") != 0) {
        return gb_cli_misused(args, "--hash: expected sha256 or sm3");
    }
    fresh->alg = hash == NULL ? fresh->alg : strcmp(hash, "sm3") == 0 ? GB_SM3 : GB_SHA256;
    return GB_EXIT_OK;
}

static void show_plan(const struct keys *k, const struct gb_key *fresh, const char *until,
                      FILE *to)
{
    const struct gb_key *old = &k->ring.items[0];

    fprintf(to,
            "%s key, %s\n"
            "  1. %s gets a new key %.*s (%s); %.*s stays known until %s\n"
            "  2. reload the instances with intake (SIGHUP), one after the other\n",
            k->purpose->name, k->purpose->use, k->path, GB_STR_ARG(fresh->id),
            gb_hash_alg_word(fresh->alg), GB_STR_ARG(old->id), until);
    if (k->purpose == &purposes[0]) {
        fprintf(to,
                "  3. until then intake records carry both forms of a holder: holders.csv stays\n"
                "     valid as it is, holders without a row stay who they are\n"
                "  4. before %s: gridbridge keys holders DIR, which adds the rows of %.*s;\n"
                "     activate the bundle with them\n"
                "  5. after %s the old form is sent no more; its rows may go once nothing open is\n"
                "     older than the matching windows\n",
                until, GB_STR_ARG(fresh->id), until);
    } else {
        fprintf(to, "  3. holders.csv keeps its pseudonyms until it is made anew with %.*s;\n"
                    "     readers see new pseudonyms from that bundle on\n",
                GB_STR_ARG(fresh->id));
    }
}

static enum gb_exit execute(struct keys *k, const struct gb_args *args, struct gb_key *fresh,
                            const char *until)
{
    uint8_t bytes[GB_KEY_LEN];
    struct gb_arena *arena = &k->settings.arena;
    struct gb_buf text = {0};
    struct gb_err err;
    char today[GB_DAY_SIZE];
    bool is_done;

    gb_day_from_today(0, today);
    gb_keyring_expire(&k->ring, gb_str_of(today));
    gb_random_bytes(bytes, sizeof(bytes));
    fresh->bytes = (struct gb_str){(const char *)bytes, sizeof(bytes)};
    is_done = gb_keyring_rotate(arena, &k->ring, fresh, gb_str_of(until), &err) == GB_OK;
    if (is_done) {
        gb_keyring_write(&text, &k->ring);
        is_done = gb_key_file_replace(k->path, gb_buf_str(&text), &err) == GB_OK;
        explicit_bzero(text.bytes, text.len);
    }
    explicit_bzero(bytes, sizeof(bytes));
    gb_buf_close(&text);
    if (!is_done) {
        return gb_cli_fail(args, &err);
    }
    fprintf(args->out, "%.*s is in use after the next reload or start\n", GB_STR_ARG(fresh->id));
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_keys_rotate(const struct gb_args *args)
{
    struct keys k;
    struct gb_key fresh = {.alg = GB_SHA256};
    int64_t days = OVERLAP_DAYS;
    char until[GB_DAY_SIZE];
    enum gb_exit code = begin(&k, args);

    if (code == GB_EXIT_OK) {
        code = read_rotation(&k, args, &days, &fresh);
    }
    if (code == GB_EXIT_OK) {
        gb_day_from_today(days, until);
        show_plan(&k, &fresh, until, args->out);
        if (gb_args_get(args, "--execute") != NULL) {
            code = execute(&k, args, &fresh, until);
        } else {
            fputs("nothing done; with --execute step 1 is carried out\n", args->talk);
        }
    }
    gb_settings_close(&k.settings);
    return code;
}

/* Prints rows of the file as they are, then a row of the new key for each pair that the ledger
 * shows and whose old form has a row. */
static void print_holders(const struct gb_policy *policy, const struct gb_tool_rows *pairs,
                          const struct gb_args *args)
{
    size_t added = 0, unknown = 0;

    fputs("id_hash,holder,pseudonym\n", args->out);
    for (uint32_t i = 0; i < policy->holders_count; i++) {
        const struct gb_holder *row = &policy->holders[i];

        fprintf(args->out, "%.*s,%.*s,%.*s\n", GB_STR_ARG(row->id_hash), GB_STR_ARG(row->holder),
                GB_STR_ARG(row->pseudonym));
    }
    for (size_t i = 0; i < gb_tool_rows_count(pairs); i++) {
        struct gb_str now = gb_tool_rows_text(pairs, i, 0);
        const struct gb_holder *was = gb_policy_holder(policy, gb_tool_rows_text(pairs, i, 1));

        if (gb_policy_holder(policy, now) != NULL) {
            continue;
        }
        unknown += was == NULL ? 1 : 0;
        if (was != NULL) {
            added++;
            fprintf(args->out, "%.*s,%.*s,%.*s\n", GB_STR_ARG(now), GB_STR_ARG(was->holder),
                    GB_STR_ARG(was->pseudonym));
        }
    }
    fprintf(args->talk, "%zu rows added; %zu holders that reported have no row\n", added, unknown);
}

enum gb_exit gb_cli_keys_holders(const struct gb_args *args)
{
    static const char sql[] =
        "SELECT DISTINCT f->>'reporter', f->>'reporter_was' FROM (SELECT line::json->'fields' AS f"
        " FROM gridbridge.ledger_line WHERE line LIKE '%\"reporter_was\"%') AS lines ORDER BY 1, 2";
    struct gb_session session = {.pg = NULL};
    struct gb_tool_rows *pairs = NULL;
    struct gb_mistakes mistakes = {0};
    const struct gb_policy *policy = NULL;
    struct gb_arena arena;
    struct gb_files files;
    struct gb_err err;
    enum gb_exit code = GB_EXIT_CONFIG;

    gb_arena_init(&arena, (size_t)512 << 20);
    if (gb_files_read(args->words[0], &arena, &files, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    } else {
        policy = gb_policy_load(&arena, &files, &mistakes);
        (void)fwrite(mistakes.lines.bytes, 1, mistakes.lines.len, args->talk);
    }
    if (policy != NULL) {
        code = gb_session_open(&session, args);
    }
    if (policy != NULL && code == GB_EXIT_OK) {
        if (gb_tool_pg_ask(session.pg, sql, NULL, 0, &pairs) == GB_OK) {
            print_holders(policy, pairs, args);
        } else {
            code = gb_session_fail(&session, args);
        }
    }
    gb_tool_rows_free(pairs);
    gb_session_end(&session);
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
    return code;
}
