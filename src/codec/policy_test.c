/* See the header: files of cases are found, run one by one, and the rows that they hit counted. */
#include "codec/policy_test.h"

#include "codec/policy_test_build.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

struct running {
    const struct gb_policy *policy;
    struct gb_policy_test *test;
    bool *is_hit; /* by row of the duty list */
};

/* The rows that had a say: the one that decided, and those that forbid somebody. */
static void mark_hits(const struct running *run, const struct gb_dry *dry,
                      const struct gb_record *first)
{
    const struct gb_value *matter = gb_dry_matter_of(dry, first->source, first->key);
    struct gb_str grid = gb_value_str(matter, GB_STR("grid"));
    struct gb_str level = gb_value_str(&first->fields, GB_STR(GB_FIELD_LEVEL));
    struct gb_duty_query query = {
        .category = gb_value_str(matter, GB_STR("category")),
        .place = gb_str_is(grid) ? grid : gb_value_str(matter, GB_STR("village")),
        .source = gb_policy_source_index(run->policy, first->source),
        .urgency = gb_urgency_of(level),
        .at = gb_value_int(matter, GB_STR("occurred_at"), 0)};
    struct gb_str rule = gb_value_str(gb_value_get(matter, GB_STR("lead")), GB_STR("rule"));
    const struct gb_duty *decides;

    if (matter == NULL) {
        return;
    }
    decides = gb_policy_duty(run->policy, &query);
    for (uint32_t i = 0; i < run->policy->duties_count; i++) {
        const struct gb_duty *duty = &run->policy->duties[i];

        if (gb_str_is(rule) ? gb_str_eq(rule, duty->id) : duty == decides) {
            run->is_hit[i] = true;
        }
        for (int role = 0; role < GB_ROLE_COUNT && gb_duty_forbids(duty); role++) {
            if (gb_policy_forbidding(run->policy, &query, (enum gb_role)role) == duty) {
                run->is_hit[i] = true;
            }
        }
    }
}

static void run_case(const struct running *run, struct gb_arena *arena,
                     const struct gb_yaml *node)
{
    static const char *const known[] = {"name", "reports", "after", "expect", NULL};
    struct gb_policy_case c = {
        .policy = run->policy, .test = run->test, .arena = arena, .node = node};
    uint32_t before = run->test->wrong.count;
    int64_t after = 0;
    struct gb_dry dry;

    run->test->cases++;
    if (gb_yaml_is(&run->test->wrong, node, GB_YAML_MAP)) {
        gb_yaml_known(&run->test->wrong, node, known);
        (void)gb_yaml_need(&run->test->wrong, node, "name", GB_YAML_SCALAR);
        (void)gb_yaml_duration(&run->test->wrong, gb_yaml_get(node, "after"), &after);
        if (gb_policy_case_read(&c)) {
            gb_dry_begin(&dry, run->policy, c.first_at);
            for (uint32_t i = 0; i < c.records_count; i++) {
                (void)gb_dry_step(&dry, &c.records[i]);
            }
            gb_dry_tick(&dry, c.last_at + after);
            gb_policy_case_compare(&c, &dry);
            mark_hits(run, &dry, &c.records[0]);
            gb_dry_end(&dry);
        }
    }
    run->test->failed += run->test->wrong.count > before;
}

static void run_file(const struct running *run, const struct gb_file *file)
{
    static const char *const known[] = {"cases", NULL};
    struct gb_mistakes *wrong = &run->test->wrong;
    const struct gb_yaml *cases;
    struct gb_yaml root;
    struct gb_arena arena;

    gb_arena_init(&arena, FILE_BYTES_MAX);
    if (gb_yaml_parse(&arena, file->name, file->bytes, &root, wrong) &&
        gb_yaml_is(wrong, &root, GB_YAML_MAP)) {
        gb_yaml_known(wrong, &root, known);
        cases = gb_yaml_need(wrong, &root, "cases", GB_YAML_LIST);
        for (uint32_t i = 0; cases != NULL && i < cases->count; i++) {
            run_case(run, &arena, &cases->items[i]);
        }
    }
    gb_arena_close(&arena);
}

static void count_rows(const struct running *run)
{
    run->test->rows = run->policy->duties_count;
    for (uint32_t i = 0; i < run->policy->duties_count; i++) {
        const struct gb_duty *duty = &run->policy->duties[i];
        const struct gb_yaml at = {.file = duty->file, .line = duty->line, .col = duty->col};

        run->test->rows_hit += run->is_hit[i];
        if (!run->is_hit[i]) {
            gb_yaml_mistake(&run->test->unhit, &at, "row %.*s is hit by no case",
                            GB_STR_ARG(duty->id));
        }
    }
}

void gb_policy_test_run(const struct gb_policy *policy, const struct gb_files *files,
                        struct gb_policy_test *test)
{
    struct running run = {.policy = policy, .test = test};
    struct gb_arena arena;

    *test = (struct gb_policy_test){0};
    gb_arena_init(&arena, FILE_BYTES_MAX);
    run.is_hit = gb_arena_take(&arena, (policy->duties_count + 1U) * sizeof(run.is_hit[0]));
    for (size_t i = 0; i < files->count; i++) {
        if (!gb_policy_is_part(files->items[i].name)) {
            run_file(&run, &files->items[i]);
        }
    }
    count_rows(&run);
    gb_arena_close(&arena);
}

void gb_policy_test_close(struct gb_policy_test *test)
{
    gb_mistakes_close(&test->wrong);
    gb_mistakes_close(&test->unhit);
}
