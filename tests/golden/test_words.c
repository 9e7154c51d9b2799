/* Every row of the example town's bundle and every kind of overlap in words, in both languages:
 * cases go through the real core, are told by the real bundle, and compared byte by byte with
 * tests/golden/words/NAME.LANG.txt. The bundle's hash stands as HASH there, because every change of
 * the bundle alters it.
 *
 * GB_GOLDEN_WRITE=1 writes the files anew; read the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/dry_script.h"
#include "codec/json.h"
#include "codec/policy_test_build.h"
#include "core/said.h"
#include "shell/files.h"

#define FOLDER GB_SOURCE_DIR "/tests/golden/words"
#define CASES_MAX 128
#define DECISIONS_MAX 8

static struct gb_arena arena;
static struct gb_files bundle;
static const struct gb_policy *policy;
static struct gb_words *words;
static struct gb_yaml cases;
static uint32_t differ, written;

static int setup(void **state)
{
    struct gb_mistakes mistakes = {0};
    struct gb_files files;
    struct gb_yaml root;
    struct gb_err err;

    (void)state;
    gb_arena_init(&arena, (size_t)1 << 30);
    assert_int_equal(gb_files_read(GB_SOURCE_DIR "/examples/tangzhang/policy", &arena, &bundle,
                                   &err),
                     GB_OK);
    policy = gb_policy_load(&arena, &bundle, &mistakes);
    assert_non_null(policy);
    words = gb_words_read(&arena, &bundle, policy, &mistakes);
    assert_non_null(words);
    assert_int_equal(gb_files_read(FOLDER, &arena, &files, &err), GB_OK);
    const struct gb_file *file = gb_files_get(&files, GB_STR("cases.yaml"));

    assert_non_null(file);
    assert_true(gb_yaml_parse(&arena, file->name, file->bytes, &root, &mistakes));
    cases = *gb_yaml_get(&root, "cases");
    gb_mistakes_close(&mistakes);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_words_free(words);
    gb_arena_close(&arena);
    return 0;
}

static struct gb_str text_of(const struct gb_yaml *node, const char *key)
{
    const struct gb_yaml *at = gb_yaml_get(node, key);

    return at != NULL ? at->text : GB_STR_NONE;
}

/* ---- running a case ---- */

static void wait_before(struct gb_dry *dry, const struct gb_yaml *node, uint32_t index)
{
    const struct gb_yaml *wait = gb_yaml_get(node, "wait");
    char key[12];
    int64_t ms = 0;
    struct gb_mistakes none = {0};

    snprintf(key, sizeof(key), "%u", index);
    if (wait != NULL && gb_yaml_duration(&none, gb_yaml_get(wait, key), &ms)) {
        gb_dry_tick(dry, dry->clock + ms);
    }
    gb_mistakes_close(&none);
}

static struct gb_str matter_id(const struct gb_dry *dry, const struct gb_record *rec)
{
    return gb_value_str(gb_dry_matter_of(dry, rec->source, rec->key), GB_STR("id"));
}

/* What the decision names: an overlap of the matter or the matter, or another decision. */
static struct gb_str target_of(const struct gb_dry *dry, const struct gb_yaml *node,
                               struct gb_str id)
{
    struct gb_str kind = text_of(node, "on");
    struct gb_str names = text_of(node, "names");

    if (gb_str_is(names)) {
        return gb_arena_printf(&arena, "\"decision\":\"d%.*s\"", GB_STR_ARG(names));
    }
    for (uint32_t i = 0; gb_str_is(kind) && i < dry->overlaps_count; i++) {
        const struct gb_value *overlap = &dry->overlaps[i].value;

        if (gb_str_eq(gb_value_str(overlap, GB_STR("kind")), kind)) {
            return gb_arena_printf(&arena, "\"overlap\":\"%.*s\",\"version\":%lld",
                                   GB_STR_ARG(dry->overlaps[i].key),
                                   (long long)gb_value_int(overlap, GB_STR("version"), 0));
        }
    }
    return gb_arena_printf(&arena, "\"matter\":\"%.*s\"", GB_STR_ARG(id));
}

static struct gb_str member(const struct gb_yaml *node, const char *key, const char *quote)
{
    struct gb_str text = text_of(node, key);

    return gb_str_is(text) ? gb_arena_printf(&arena, "\"%s\":%s%.*s%s,", key, quote,
                                             GB_STR_ARG(text), quote)
                           : GB_STR("");
}

static void decide(struct gb_dry *dry, const struct gb_yaml *node, uint32_t index,
                   struct gb_str id)
{
    struct gb_str actor = text_of(node, "actor");
    struct gb_record rec = {.kind = GB_KIND_DECISION, .town = GB_STR("320312111"),
                            .src = {GB_STR("dry"), GB_STR("decision"), 0, index, 0, 1},
                            .source = GB_STR("decision"), .entity = GB_STR("decision"),
                            .key = gb_arena_printf(&arena, "d%u", index)};
    struct gb_str json;

    actor = gb_str_is(actor) ? actor : GB_STR("seat-1");
    json = gb_arena_printf(
        &arena, "{\"actor\":{\"post\":\"%.*s\"},%.*s%.*s%.*s\"id\":\"d%u\",\"kind\":\"%.*s\",%.*s}",
        GB_STR_ARG(actor), GB_STR_ARG(member(node, "basis", "\"")),
        GB_STR_ARG(member(node, "to", "\"")),
        GB_STR_ARG(member(node, "until", "")), index,
        GB_STR_ARG(text_of(node, "kind")), GB_STR_ARG(target_of(dry, node, id)));
    assert_int_equal(gb_json_parse(&arena, json, &rec.fields, NULL), GB_OK);
    assert_int_equal(gb_dry_step(dry, &rec), GB_APPLIED);
}

static void delete_report(struct gb_dry *dry, struct gb_str name, uint32_t index)
{
    const char *slash = memchr(name.ptr, '/', name.len);
    size_t len = (size_t)(slash - name.ptr);
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION, .town = GB_STR("320312111"),
                            .src = {GB_STR("dry"), GB_STR("dry"), 0, 1000 + index, 0, 1},
                            .source = {name.ptr, len}, .entity = GB_STR("matter"),
                            .key = {slash + 1, name.len - len - 1}, .op = GB_OP_DELETE,
                            .h_img = GB_STR("gone")};

    assert_int_equal(gb_dry_step(dry, &rec), GB_APPLIED);
}

static void run_reports(struct gb_dry *dry, const struct gb_yaml *node,
                        const struct gb_policy_case *c)
{
    gb_dry_begin(dry, policy, c->first_at);
    for (uint32_t i = 0; i < c->records_count; i++) {
        wait_before(dry, node, i);
        (void)gb_dry_step(dry, &c->records[i]);
    }
    gb_dry_tick(dry, c->last_at);
}

/* The id of the matter that is told. */
static struct gb_str run_case(struct gb_dry *dry, const struct gb_yaml *node)
{
    struct gb_policy_test test = {0};
    struct gb_policy_case c = {.policy = policy, .test = &test, .arena = &arena, .node = node};
    const struct gb_yaml *list = gb_yaml_get(node, "decide");
    struct gb_str about = text_of(node, "about");
    struct gb_str id;
    int64_t after = 0;

    if (!gb_policy_case_read(&c)) {
        fail_msg("%.*s", GB_STR_ARG(gb_buf_str(&test.wrong.lines)));
    }
    run_reports(dry, node, &c);
    id = matter_id(dry, &c.records[0]);
    for (uint32_t i = 0; gb_str_is(about) && i < c.records_count; i++) {
        id = gb_str_eq(c.records[i].key, about) ? matter_id(dry, &c.records[i]) : id;
    }
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        decide(dry, &list->items[i], i, id);
    }
    list = gb_yaml_get(node, "delete");
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        delete_report(dry, list->items[i].text, i);
    }
    if (gb_yaml_duration(&test.wrong, gb_yaml_get(node, "after"), &after)) {
        gb_dry_tick(dry, c.last_at + after);
    }
    gb_policy_test_close(&test);
    return gb_str_is(text_of(node, "keep")) ? dry->matters[0].key : id;
}

/* ---- comparing ---- */

/* text with the bundle's hash as HASH. */
static struct gb_str without_hash(struct gb_str text)
{
    struct gb_buf out = {0};
    struct gb_str hash = policy->hash;
    struct gb_str got;

    for (size_t i = 0; i < text.len;) {
        if (text.len - i >= hash.len && memcmp(text.ptr + i, hash.ptr, hash.len) == 0) {
            gb_buf_add_str(&out, GB_STR("HASH"));
            i += hash.len;
        } else {
            gb_buf_add_char(&out, text.ptr[i++]);
        }
    }
    got = gb_arena_str(&arena, gb_buf_str(&out));
    gb_buf_close(&out);
    return got;
}

static struct gb_str read_golden(const char *path)
{
    struct gb_buf buf = {0};
    FILE *file = fopen(path, "rb");
    struct gb_str text = GB_STR_NONE;
    int c;

    if (file == NULL) {
        return text;
    }
    while ((c = fgetc(file)) != EOF) {
        gb_buf_add_char(&buf, (char)c);
    }
    fclose(file);
    text = gb_arena_str(&arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    return text;
}

static void compare(struct gb_str name, enum gb_lang lang, struct gb_str got)
{
    const char *path = gb_arena_printf(&arena, FOLDER "/%.*s.%.*s.txt", GB_STR_ARG(name),
                                       GB_STR_ARG(gb_lang_word(lang)))
                           .ptr;
    struct gb_str want = read_golden(path);

    got = without_hash(got);
    if (getenv("GB_GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(path, "wb");

        assert_non_null(file);
        assert_int_equal(fwrite(got.ptr, 1, got.len, file), got.len);
        fclose(file);
        written++;
    } else if (!gb_str_is(want)) {
        print_error("%s: there is no such file; GB_GOLDEN_WRITE=1 makes it\n", path);
        differ++;
    } else if (!gb_str_eq(want, got)) {
        print_error("%s: differs, got:\n%.*s\n", path, GB_STR_ARG(got));
        differ++;
    }
}

static struct gb_str tell(const struct gb_account *account, enum gb_lang lang)
{
    struct gb_buf out = {0};
    struct gb_page page = {words, lang, &arena, &out};
    struct gb_str text;

    gb_account_matter(account, &page);
    text = gb_arena_str(&arena, gb_buf_str(&out));
    gb_buf_close(&out);
    return text;
}

static bool has(struct gb_str text, const char *what)
{
    return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

/* Whatever a text says, it shows no template's marks, no word of the program, no empty quotes. */
static void check_text(struct gb_str name, struct gb_str text)
{
    static const char *const never[] = {"{", "}", "[", "]", "“”", "（）", "()", "  \n", "、。",
                                        "grid_worker", "key_family", "party_building",
                                        "governance_grid", "REPORTED", "settled_", "open_",
                                        "；。", "，。"};

    for (size_t i = 0; i < GB_COUNT(never); i++) {
        if (has(text, never[i])) {
            print_error("%.*s says \"%s\":\n%.*s\n", GB_STR_ARG(name), never[i],
                        GB_STR_ARG(text));
            differ++;
        }
    }
}

static void every_case_reads_as_its_golden_text(void **state)
{
    (void)state;
    differ = written = 0;
    assert_in_range(cases.count, 30, CASES_MAX);
    for (uint32_t i = 0; i < cases.count; i++) {
        struct gb_str name = text_of(&cases.items[i], "name");
        struct gb_account account;
        struct gb_dry *dry = gb_arena_take(&arena, sizeof(*dry));
        struct gb_str id = run_case(dry, &cases.items[i]);

        assert_true(gb_str_is(id));
        gb_dry_account(dry, id, &account);
        for (int lang = 0; lang < GB_LANG_COUNT; lang++) {
            struct gb_str text = tell(&account, (enum gb_lang)lang);

            check_text(name, text);
            assert_true(account.matter == NULL || account.matter->count < 9 ||
                        has(text, policy->hash.ptr));
            compare(name, (enum gb_lang)lang, text);
        }
        gb_dry_end(dry);
    }
    assert_int_equal(written, 0); /* a run that writes proves nothing */
    assert_int_equal(differ, 0);
}

/* ---- nothing is left out ---- */

/* Texts of a case, by its name or a name that begins so and goes on with -; both languages. */
static struct gb_str golden_of(struct gb_str name)
{
    for (uint32_t i = 0; i < cases.count; i++) {
        struct gb_str one = text_of(&cases.items[i], "name");

        if (one.len >= name.len && memcmp(one.ptr, name.ptr, name.len) == 0 &&
            (one.len == name.len || one.ptr[name.len] == '-')) {
            struct gb_str zh = read_golden(
                gb_arena_printf(&arena, FOLDER "/%.*s.zh-CN.txt", GB_STR_ARG(one)).ptr);
            struct gb_str en = read_golden(
                gb_arena_printf(&arena, FOLDER "/%.*s.en.txt", GB_STR_ARG(one)).ptr);

            return gb_str_is(zh) && gb_str_is(en) ? GB_JOIN(&arena, zh, en) : GB_STR_NONE;
        }
    }
    return GB_STR_NONE;
}

static uint32_t missing_of(const struct gb_policy *p)
{
    uint32_t missing = 0;

    for (uint32_t i = 0; i < p->duties_count; i++) {
        struct gb_str text = golden_of(p->duties[i].id);

        missing += !gb_str_is(text) || !has(text, gb_arena_str(&arena, p->duties[i].id).ptr);
    }
    for (uint32_t i = 0; i < p->deadlines_count; i++) {
        struct gb_str text = golden_of(p->deadlines[i].id);

        missing += !gb_str_is(text) || !has(text, gb_arena_str(&arena, p->deadlines[i].id).ptr);
    }
    return missing;
}

static void every_row_and_kind_has_its_texts(void **state)
{
    struct gb_duty more[64];
    struct gb_policy larger = *policy;

    (void)state;
    assert_int_equal(missing_of(policy), 0);
    for (int kind = 0; kind < GB_OVERLAP_COUNT; kind++) {
        struct gb_str word = gb_overlap_word((enum gb_overlap_kind)kind);

        /* Cases are of matters; the others are told in every_cause_has_a_text. */
        if (!gb_overlap_is_of_node((enum gb_overlap_kind)kind) && !gb_str_is(golden_of(word))) {
            fail_msg("overlap %.*s: no case of that name in tests/golden/words/cases.yaml",
                     GB_STR_ARG(word));
        }
    }
    /* The check bites: a row more has no text. */
    memcpy(more, policy->duties, policy->duties_count * sizeof(more[0]));
    more[policy->duties_count] = more[0];
    more[policy->duties_count].id = GB_STR("D99");
    larger.duties = more;
    larger.duties_count++;
    assert_int_equal(missing_of(&larger), 1);
}

struct cause {
    enum gb_overlap_kind kind;
    const char *word;
};

/* A made-up overlap with that cause; the kind is any one where the cause is of every kind. */
static struct gb_value overlap_of(const struct cause *cause, size_t number)
{
    bool is_open = memcmp(cause->word, "open_", 5) == 0;
    const char *rule = cause->word + (is_open ? 5 : 8);
    enum gb_overlap_kind kind =
        cause->kind == GB_OVERLAP_COUNT ? GB_OVERLAP_DOUBLE_LEAD : cause->kind;
    const char *evidence =
        kind == GB_OVERLAP_PING_PONG ? "[{\"returns\":2},{\"returns\":1}]"
        : kind == GB_OVERLAP_FIELD_CONFLICT
            ? "{\"category\":[\"MS03\",\"MS04\"],\"grid\":[\"320312111217001\"]}"
            : "{\"handle_at\":1796083200000,\"limit\":16}";
    struct gb_str json = gb_arena_printf(
        &arena,
        "{\"claims\":[{\"claims_lead\":true,\"key\":\"P1\",\"source\":\"party_building\","
        "\"state\":\"CLOSED\"},{\"claims_lead\":true,\"key\":\"G1\",\"source\":"
        "\"governance_grid\",\"state\":\"REPORTED\"}],\"evidence\":%s,\"id\":\"o%zu\","
        "\"kind\":\"%.*s\",%s\"opened_at\":1796083200000,\"rule\":\"%s\",\"ruled_by\":"
        "\"d7\",\"state\":\"%s\"}",
        evidence, number, GB_STR_ARG(gb_overlap_word(kind)),
        gb_overlap_is_of_node(kind) ? "\"node\":\"grid_worker/320312111217001\"," : "",
        strcmp(rule, "row") != 0         ? rule
        : kind == GB_OVERLAP_OVERDUE ? "L06"
                                     : "D04",
        is_open ? "open" : "settled");
    struct gb_value overlap;

    assert_int_equal(gb_json_parse(&arena, json, &overlap, NULL), GB_OK);
    return overlap;
}

/* What no case reaches: each cause of each kind, told of one made-up overlap. */
static void every_cause_has_a_text(void **state)
{
    static const struct cause causes[] = {
#define X(kind, word) {GB_OVERLAP_##kind, word},
        GB_CAUSE_LIST(X)
#undef X
    };
    struct gb_str matter_text = GB_STR(
        "{\"category\":\"MS04\",\"first_contact\":{\"network\":\"party\",\"role\":\"key_family\","
        "\"source\":\"party_building\"},\"lead\":{\"role\":\"grid_worker\",\"rule\":\"D04\"},"
        "\"occurred_at\":1795996800000,\"village\":\"320312111217\"}");
    struct gb_value matter;

    (void)state;
    differ = written = 0;
    assert_int_equal(gb_json_parse(&arena, matter_text, &matter, NULL), GB_OK);
    for (int lang = 0; lang < GB_LANG_COUNT; lang++) {
        struct gb_buf out = {0};
        struct gb_page page = {words, (enum gb_lang)lang, &arena, &out};

        for (size_t i = 0; i < GB_COUNT(causes); i++) {
            bool is_of_node = gb_overlap_is_of_node(causes[i].kind);
            struct gb_account account = {.policy = policy,
                                         .matter = is_of_node ? NULL : &matter};
            struct gb_value overlap = overlap_of(&causes[i], i);

            gb_account_overlap(&account, &overlap, &page);
            gb_buf_add_char(&out, '\n');
        }
        check_text(GB_STR("causes"), gb_buf_str(&out));
        compare(GB_STR("causes"), (enum gb_lang)lang, gb_buf_str(&out));
        gb_buf_close(&out);
    }
    assert_int_equal(written, 0);
    assert_int_equal(differ, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_reads_as_its_golden_text),
        cmocka_unit_test(every_cause_has_a_text),
        cmocka_unit_test(every_row_and_kind_has_its_texts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
