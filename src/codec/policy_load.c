/* A policy bundle: which files it has, and what its readers share. */
#include "codec/policy_build.h"

#include "base/hash.h"
#include "core/day.h"

static const char *const file_words[] = {
    "authority.yaml", "bundle.yaml",    "calendar.csv",  "categories.yaml", "crosswalk.csv",
    "deadlines.yaml", "decisions.yaml", "duties.yaml",   "holders.csv",     "matching.yaml",
    "network.yaml",   "refuse.yaml",    "states.yaml",   "territory.csv",   "units.csv",
    "words.yaml",     "writeback.yaml", "README.md",     NULL};

static const char *const optional_words[] = {
    "calendar.csv", "decisions.yaml", "holders.csv", "network.yaml", "refuse.yaml",
    "units.csv",    "words.yaml",     "writeback.yaml", "README.md", NULL};

static bool is_among(struct gb_str word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (gb_str_eq(word, gb_str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static struct gb_yaml top_of(struct gb_str file)
{
    return (struct gb_yaml){.type = GB_YAML_SCALAR, .file = file, .line = 1, .col = 1,
                            .text = file};
}

bool gb_policy_is_part(struct gb_str name)
{
    static const struct gb_str end = {".policy_test.yaml", 17};

    return name.len <= end.len ||
           memcmp(name.ptr + name.len - end.len, end.ptr, end.len) != 0;
}

struct gb_str gb_policy_hash(struct gb_arena *arena, const struct gb_files *files)
{
    struct gb_buf bytes = {0};
    struct gb_hash hash;

    for (size_t i = 0; i < files->count; i++) {
        if (!gb_policy_is_part(files->items[i].name)) {
            continue;
        }
        gb_buf_add_str(&bytes, files->items[i].name);
        gb_buf_add_char(&bytes, '\0');
        gb_buf_add_str(&bytes, files->items[i].bytes);
        gb_buf_add_char(&bytes, '\0');
    }
    hash = gb_hash_of(GB_SHA256, gb_buf_str(&bytes));
    gb_buf_close(&bytes);
    return gb_hash_hex(arena, &hash);
}

const struct gb_yaml *gb_policy_yaml(struct gb_policy_build *b, struct gb_str name,
                                     const char *const *known)
{
    const struct gb_file *file = gb_files_get(b->files, name);
    struct gb_yaml *root = NULL;

    if (file == NULL) {
        return NULL;
    }
    root = gb_arena_take(b->arena, sizeof(*root));
    if (!gb_yaml_parse(b->arena, file->name, file->bytes, root, b->mistakes) ||
        !gb_yaml_is(b->mistakes, root, GB_YAML_MAP)) {
        return NULL;
    }
    gb_yaml_known(b->mistakes, root, known);
    return root;
}

bool gb_policy_csv(struct gb_policy_build *b, const char *name, const char *const *columns,
                   struct gb_csv *csv)
{
    const struct gb_file *file = gb_files_get(b->files, gb_str_of(name));

    return file != NULL && gb_csv_parse(b->arena, file, columns, csv, b->mistakes);
}

bool gb_policy_is_new(struct gb_policy_build *b, struct gb_map *seen, const struct gb_yaml *at,
                      struct gb_str key)
{
    const struct gb_yaml *before = gb_map_get(seen, key);
    union {
        const void *in;
        void *out;
    } borrowed = {at};

    if (before != NULL) {
        gb_yaml_mistake(b->mistakes, at, "\"%.*s\" is already given in line %u",
                        GB_STR_ARG(at->text), before->line);
        return false;
    }
    (void)gb_map_put(seen, key, borrowed.out);
    return true;
}

bool gb_policy_day(struct gb_policy_build *b, const struct gb_yaml *at, int64_t otherwise,
                   int64_t *ms)
{
    if (at == NULL || (at->type == GB_YAML_SCALAR && at->text.len == 0)) {
        *ms = otherwise;
        return true;
    }
    if (!gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR)) {
        return false;
    }
    if (!gb_day_ms(at->text, ms)) {
        gb_yaml_mistake(b->mistakes, at, "must be a day like 2026-11-23");
        return false;
    }
    return true;
}

bool gb_policy_word(struct gb_policy_build *b, const struct gb_yaml *at, const char *what,
                    const char *const *words)
{
    if (!gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR)) {
        return false;
    }
    if (words[0] != NULL && !is_among(at->text, words)) {
        gb_yaml_unknown(b->mistakes, at, what, words);
        return false;
    }
    return true;
}

bool gb_policy_role(struct gb_policy_build *b, const struct gb_yaml *at, enum gb_role *role)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_ROLE_LIST(X)
#undef X
        NULL};

    if (!gb_policy_word(b, at, "role", words)) {
        return false;
    }
    *role = gb_role_of(at->text);
    return true;
}

static void check_names(struct gb_policy_build *b)
{
    for (size_t i = 0; i < b->files->count; i++) {
        struct gb_yaml at = top_of(b->files->items[i].name);

        if (gb_policy_is_part(at.text) && !is_among(at.text, file_words) &&
            !gb_policy_is_duties(at.text)) {
            gb_yaml_unknown(b->mistakes, &at, "file of a bundle", file_words);
        }
    }
    for (size_t i = 0; file_words[i] != NULL; i++) {
        struct gb_yaml at = top_of(gb_str_of(file_words[i]));

        if (!is_among(at.text, optional_words) && gb_files_get(b->files, at.text) == NULL) {
            gb_yaml_mistake(b->mistakes, &at, "the file is missing");
        }
    }
}

const struct gb_policy *gb_policy_load(struct gb_arena *arena, const struct gb_files *files,
                                       struct gb_mistakes *mistakes)
{
    static const char *none[] = {NULL};
    struct gb_policy_build b = {.arena = arena, .files = files, .mistakes = mistakes,
                                .categories = none, .sources = none, .networks = none};
    uint32_t before = mistakes->count;
    struct gb_policy *policy = NULL;

    check_names(&b);
    gb_policy_words(&b);
    gb_policy_tables(&b);
    gb_policy_times(&b);
    gb_policy_decisions(&b);
    gb_policy_network(&b);
    gb_policy_writeback_file(&b);
    gb_policy_duties(&b);
    if (mistakes->count > before) {
        return NULL;
    }
    policy = gb_arena_take(arena, sizeof(*policy));
    *policy = b.policy;
    policy->hash = gb_policy_hash(arena, files);
    return policy;
}
