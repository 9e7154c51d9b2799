/* words.yaml: each mistake is named at its place; templates are filled as their marks say; what an
 * account asks the bundle again agrees with what the core decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/policy_load.h"
#include "codec/words_build.h"
#include "core/considered.h"
#include "core/said.h"
#include "shell/files.h"

static struct gb_arena arena;
static struct gb_files bundle;
static const struct gb_policy *policy;

static int setup(void **state)
{
    struct gb_mistakes mistakes = {0};
    struct gb_err err;

    (void)state;
    gb_arena_init(&arena, (size_t)1 << 30);
    assert_int_equal(gb_files_read(GB_SOURCE_DIR "/examples/tangzhang/policy", &arena, &bundle,
                                   &err),
                     GB_OK);
    policy = gb_policy_load(&arena, &bundle, &mistakes);
    assert_non_null(policy);
    gb_mistakes_close(&mistakes);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_arena_close(&arena);
    return 0;
}

/* The bundle with the first occurrence of from in a file replaced by to. */
static struct gb_files changed(const char *name, const char *from, const char *to)
{
    struct gb_file *items = gb_arena_take(&arena, bundle.count * sizeof(items[0]));

    memcpy(items, bundle.items, bundle.count * sizeof(items[0]));
    for (size_t i = 0; i < bundle.count; i++) {
        struct gb_str text = items[i].bytes;
        const char *at;

        if (!gb_str_eq(items[i].name, gb_str_of(name))) {
            continue;
        }
        at = from[0] != '\0' ? memmem(text.ptr, text.len, from, strlen(from)) : text.ptr;
        assert_non_null(at);
        if (from[0] == '\0') {
            items[i].bytes = gb_str_of(to);
            continue;
        }
        items[i].bytes =
            GB_JOIN(&arena, {text.ptr, (size_t)(at - text.ptr)}, gb_str_of(to),
                    {at + strlen(from), text.len - (size_t)(at - text.ptr) - strlen(from)});
    }
    return (struct gb_files){items, bundle.count};
}

static void each_mistake_is_named_at_its_place(void **state)
{
    static const struct {
        const char *from, *to, *line;
    } cases[] = {
        {"  D09:\n", "  D90:\n", "unknown word \"D90\": did you mean \"D0"},
        {"  D09:\n", "  D90:\n", "rules: no text for D09; add  D09: {zh: ..., en: ...}"},
        {"  head_law:", "  head_lawn:", "messages: no text for head_law;"},
        {"{lead}主办，依据为", "{lede}主办，依据为", "unknown name \"lede\": did you mean \"lead\"?"},
        {"由{lead}主办，依据为", "主办，依据为", "must say {lead}"},
        {"[{source}的]报告", "[{source}的报告", "[ within [ ]"},
        {"{zh: \"【事项】\"", "{zh: \"{x}【事项】\"", "{x}: this text has no names to fill in"},
        {"{zh: \"【事项】\"", "{zh: \"【事项】]\"", "] without ["},
        {"{zh: \"【事项】\"", "{zh: \"【事项】[\"", "[ without ]"},
        {"{zh: \"【事项】\"", "{zh: \"}\"", "} without {"},
        {"{zh: \"【事项】\"", "{zh: \"{\"", "{ without }"},
        {"{zh: \"【事项】\"", "{zh: \"a\\nb\"", "must be one line of text"},
        {"{zh: \"【事项】\", en", "{en", "key \"zh\" is missing"},
        {"    open_unlisted:", "    open_unlistet:", "overlaps/no_owner: no text for open_unl"},
        {"  ping_pong:", "  ping_ping:", "did you mean \"ping_pong\"?"},
        {"  REPORTED: {", "  REPORTET: {", "states: no text for REPORTED"},
        {"  party: {zh", "  parti: {zh", "networks: no text for party"},
        {"\nlinks:", "\nlinkz:", "unknown key \"linkz\": did you mean \"links\"?"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_files files = changed("words.yaml", cases[i].from, cases[i].to);
        struct gb_mistakes mistakes = {0};

        assert_null(gb_words_read(&arena, &files, policy, &mistakes));
        gb_buf_add_char(&mistakes.lines, '\0');
        if (strstr(mistakes.lines.bytes, cases[i].line) == NULL) {
            fail_msg("case %zu: no \"%s\" in:\n%s", i, cases[i].line, mistakes.lines.bytes);
        }
        assert_memory_equal(mistakes.lines.bytes, "words.yaml:", 11);
        gb_mistakes_close(&mistakes);
    }
}

static void a_bundle_without_words_still_rules(void **state)
{
    struct gb_file *items = gb_arena_take(&arena, bundle.count * sizeof(items[0]));
    struct gb_files files = {items, 0};
    struct gb_mistakes mistakes = {0};

    (void)state;
    for (size_t i = 0; i < bundle.count; i++) {
        if (!gb_str_eq(bundle.items[i].name, GB_STR("words.yaml"))) {
            items[files.count++] = bundle.items[i];
        }
    }
    assert_int_equal(files.count, bundle.count - 1);
    assert_non_null(gb_policy_load(&arena, &files, &mistakes));
    assert_int_equal(mistakes.count, 0);
    assert_null(gb_words_read(&arena, &files, policy, &mistakes));
    assert_int_equal(mistakes.count, 1);
    gb_mistakes_close(&mistakes);
}

static void templates_are_filled(void **state)
{
    static const struct gb_slot slots[] = {{"a", {"x", 1}}, {"b", {NULL, 0}}, {"c", {"", 0}},
                                           {"d", {"{a}", 3}}, {NULL, {NULL, 0}}};
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"{a}", "x"},       {"[{a}]", "x"},    {"[{b}]y", "y"},       {"[{a}{b}]y", "y"},
        {"[{c}]", ""},      {"{b}", ""},       {"{{a}}", "{a}"},      {"[[{a}]]", "[x]"},
        {"{d}", "{a}"},     {"[-{a}-]", "-x-"}, {"[-{b}-][+{a}]", "+x"}, {"水{a}。", "水x。"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_buf out = {0};

        gb_template_fill(gb_str_of(cases[i].text), slots, &out);
        gb_buf_add_char(&out, '\0');
        assert_string_equal(out.bytes, cases[i].want);
        gb_buf_close(&out);
    }
}

/* ---- what was considered ---- */

#define LIST                                                                                       \
    "hit_policy: [category, territory, network, role, urgency, priority, order]\n"                 \
    "unlisted: command_centre\nduties:\n"
#define ROW(id, more)                                                                              \
    "  - {id: " id ", lead: grid_worker, basis_zh: z, basis_en: e, " more "}\n"

static void losers_are_told_why(void **state)
{
    static const char list[] =
        LIST ROW("A1", "category: \"*\"") ROW("A2", "category: \"MS*\"")
            ROW("A3", "category: MS02, territory: [\"320312111\"]")
                ROW("A4", "category: MS02, territory: [\"320312111201\"]")
                    ROW("A5", "category: MS02, territory: [\"320312111201\"], network: party")
                        ROW("A6", "category: MS02, territory: [\"320312111201\"], network: grid")
                            ROW("A7", "category: MS02, territory: [\"320312111201\"], network: "
                                      "grid, role: grid_worker")
                                ROW("A8", "category: MS02, territory: [\"320312111201\"], network:"
                                          " grid, role: grid_worker, urgency: 2")
                                    ROW("B1", "category: MS02, territory: [\"320312111201\"], "
                                              "network: grid, role: grid_worker, urgency: 3, "
                                              "priority: 1")
                                        ROW("B2", "category: MS02, territory: [\"320312111201\"], "
                                                  "network: grid, role: grid_worker, urgency: 3, "
                                                  "priority: 2")
                                            ROW("B3", "category: MS02, territory: "
                                                      "[\"320312111201\"], network: grid, role: "
                                                      "grid_worker, urgency: 3, priority: 2")
                                                ROW("C1", "category: MS02, valid_until: "
                                                          "2020-01-01")
                                                    ROW("C2", "category: MS02, valid_from: "
                                                              "2030-01-01");
    static const struct {
        const char *id;
        enum gb_considered_as as;
    } want[] = {{"B2", GB_CONSIDERED_DECIDES},        {"B3", GB_CONSIDERED_LOST_ORDER},
                {"B1", GB_CONSIDERED_LOST_PRIORITY},  {"A7", GB_CONSIDERED_LOST_URGENCY},
                {"A6", GB_CONSIDERED_LOST_ROLE},      {"A4", GB_CONSIDERED_LOST_NETWORK},
                {"A3", GB_CONSIDERED_LOST_TERRITORY}, {"A2", GB_CONSIDERED_LOST_CATEGORY},
                {"A1", GB_CONSIDERED_LOST_CATEGORY},  {"A5", GB_CONSIDERED_OTHER_FIRST},
                {"A8", GB_CONSIDERED_OTHER_URGENCY},  {"C1", GB_CONSIDERED_EXPIRED},
                {"C2", GB_CONSIDERED_NOT_YET}};
    struct gb_files files = changed("duties.yaml", "", list);
    struct gb_mistakes mistakes = {0};
    const struct gb_policy *own = gb_policy_load(&arena, &files, &mistakes);
    struct gb_considered rows[32];
    struct gb_duty_query query = {.category = GB_STR("MS02"), .place = GB_STR("320312111201001"),
                                  .urgency = 3, .at = INT64_C(1795996800000)};
    uint32_t count;

    (void)state;
    if (own == NULL) {
        fail_msg("%.*s", (int)mistakes.lines.len, mistakes.lines.bytes);
    }
    query.source = gb_policy_source_index(own, GB_STR("governance_grid"));
    count = gb_consider(own, &query, rows, GB_COUNT(rows));
    assert_int_equal(count, GB_COUNT(want));
    for (uint32_t i = 0; i < count; i++) {
        if (!gb_str_eq(rows[i].duty->id, gb_str_of(want[i].id)) || rows[i].as != want[i].as) {
            fail_msg("row %u: %.*s %.*s, not %s", i, GB_STR_ARG(rows[i].duty->id),
                     GB_STR_ARG(gb_considered_word(rows[i].as)), want[i].id);
        }
    }
    assert_int_equal(gb_consider(own, &query, rows, 3), 3);
    gb_mistakes_close(&mistakes);
}

/* Whatever is asked of the town's list: the first is the one that the core would take, each row
 * stands once, and only rows that fit have lost. */
static void what_decides_comes_first(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < policy->categories_count; c++) {
        for (uint32_t n = 0; n < 4 * GB_URGENCY_COUNT; n++) {
            struct gb_duty_query query = {.category = policy->categories[c].code,
                                          .place = policy->places[policy->places_count / 2],
                                          .source = n % 4 < 3 ? n % 4 : GB_SOURCES_MAX,
                                          .urgency = n / 4, .at = INT64_C(1795996800000)};
            const struct gb_duty *duty = gb_policy_duty(policy, &query);
            struct gb_considered rows[32];
            uint32_t count = gb_consider(policy, &query, rows, GB_COUNT(rows));

            assert_true((duty != NULL) ==
                        (count > 0 && rows[0].as == GB_CONSIDERED_DECIDES));
            assert_true(duty == NULL || rows[0].duty == duty);
            for (uint32_t i = 0; i < count; i++) {
                bool is_fit = gb_duty_fits(rows[i].duty, &query);

                assert_int_equal(is_fit, rows[i].as < GB_CONSIDERED_OTHER_FIRST ||
                                             rows[i].as >= GB_CONSIDERED_FORBIDS);
                for (uint32_t k = 0; k < i; k++) {
                    assert_ptr_not_equal(rows[i].duty, rows[k].duty);
                }
            }
        }
    }
}

static void a_rule_means_one_cause(void **state)
{
    static const struct {
        enum gb_overlap_kind kind;
        bool is_open;
        const char *rule, *want; /* NULL: the core cannot say so */
    } cases[] = {
        {GB_OVERLAP_NO_OWNER, true, "unlisted", "open_unlisted"},
        {GB_OVERLAP_NO_OWNER, true, "N01", "open_row"},
        {GB_OVERLAP_NO_OWNER, false, "decision", "settled_decision"},
        {GB_OVERLAP_PING_PONG, false, "split", "settled_split"},
        {GB_OVERLAP_PING_PONG, true, "D04", NULL},
        {GB_OVERLAP_DUPLICATE, true, "same_holder", NULL},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_cause cause =
            gb_cause_of(cases[i].kind, cases[i].is_open, gb_str_of(cases[i].rule));

        assert_true(gb_str_eq(cause.word, gb_str_of(cases[i].want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_named_at_its_place),
        cmocka_unit_test(a_bundle_without_words_still_rules),
        cmocka_unit_test(templates_are_filled),
        cmocka_unit_test(losers_are_told_why),
        cmocka_unit_test(what_decides_comes_first),
        cmocka_unit_test(a_rule_means_one_cause),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
