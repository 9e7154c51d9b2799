/* Any bytes as one file of a policy bundle, the others good: mistakes are told or a bundle comes
 * out, and then its duty list is proven. The input's first line names the file. */
#include "base/check.h"
#include "codec/account.h"
#include "codec/duty_proof.h"
#include "codec/json.h"
#include "codec/policy_load.h"
#include "codec/words.h"
#include "shell/files.h"

#define FILES_MAX 64
#define DAY INT64_C(1795132800000) /* 2026-11-20 */
#include "fuzz_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The example's bundle, read once. */
static struct gb_files good_bundle(void)
{
    static struct gb_arena arena;
    static struct gb_files files;
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (files.count == 0) {
        gb_arena_init(&arena, (size_t)64 << 20);
        GB_CHECK(gb_files_read(GB_SOURCE_DIR "/examples/tangzhang/policy", &arena, &files, &err) ==
                 GB_OK);
        GB_CHECK(files.count > 0 && files.count <= FILES_MAX);
    }
    return files;
}

/* A matter told in whatever words came in: every text is filled by the same rules. */
static void tell(struct gb_arena *arena, const struct gb_policy *policy,
                 const struct gb_words *words)
{
    static const struct gb_str matter = {
        "{\"category\":\"MS04\",\"first_contact\":{\"role\":\"key_family\",\"source\":"
        "\"party_building\"},\"lead\":{\"role\":\"grid_worker\",\"rule\":\"D04\"},"
        "\"occurred_at\":1795996800000,\"state\":\"REPORTED\",\"village\":\"320312111217\"}",
        198};
    struct gb_value value;
    struct gb_account account = {.policy = policy, .matter = &value};
    struct gb_buf out = {0};

    GB_CHECK(gb_json_parse(arena, matter, &value, NULL) == GB_OK);
    for (int lang = 0; lang < GB_LANG_COUNT; lang++) {
        struct gb_page page = {words, (enum gb_lang)lang, arena, &out};

        gb_account_matter(&account, &page);
    }
    gb_buf_close(&out);
}

static void load(struct gb_arena *arena, const struct gb_files *files)
{
    struct gb_mistakes mistakes = {0}, notes = {0}, words = {0};
    const struct gb_policy *policy = gb_policy_load(arena, files, &mistakes);

    GB_CHECK((policy != NULL) == (mistakes.count == 0));
    if (policy != NULL) {
        struct gb_words *read = gb_words_read(arena, files, policy, &words);

        GB_CHECK((read != NULL) == (words.count == 0));
        if (read != NULL) {
            tell(arena, policy, read);
        }
        gb_words_free(read);
        GB_CHECK(gb_duty_prove(policy, DAY, arena, &mistakes, &notes) == (mistakes.count == 0));
    }
    gb_mistakes_close(&mistakes);
    gb_mistakes_close(&notes);
    gb_mistakes_close(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_files good = good_bundle();
    struct gb_file items[FILES_MAX];
    const char *line = size > 0 ? memchr(data, '\n', size) : NULL;
    struct gb_str name, bytes;
    struct gb_arena arena;
    size_t at = 0;

    if (line == NULL) {
        return 0;
    }
    name = (struct gb_str){(const char *)data, (size_t)(line - (const char *)data)};
    bytes = (struct gb_str){line + 1, size - name.len - 1};
    memcpy(items, good.items, good.count * sizeof(*items));
    while (at + 1 < good.count && !gb_str_eq(items[at].name, name)) {
        at++;
    }
    items[at].bytes = bytes;
    gb_arena_init(&arena, (size_t)512 << 20);
    load(&arena, &(struct gb_files){items, good.count});
    gb_arena_close(&arena);
    return 0;
}
