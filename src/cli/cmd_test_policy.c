/* test policy DIR: the cases that stand beside a bundle's rules. Nothing is sent or stored. */
#include "cli/bundle.h"
#include "cli/commands.h"
#include "codec/policy_test.h"

static void print_lines(FILE *to, const struct gb_mistakes *lines)
{
    (void)fwrite(lines->lines.bytes, 1, lines->lines.len, to);
}

static enum gb_exit report(const struct gb_args *args, const struct gb_policy_test *test)
{
    bool wants_all = gb_args_get(args, "--all-rows") != NULL;
    bool is_good = test->wrong.count == 0 && (!wants_all || test->unhit.count == 0);

    print_lines(args->out, &test->wrong);
    print_lines(wants_all ? args->out : args->talk, &test->unhit);
    fprintf(args->talk, "%u cases, %u failed; %u of %u rows of the duty list hit\n", test->cases,
            test->failed, test->rows_hit, test->rows);
    if (test->cases == 0) {
        fprintf(args->talk, "gridbridge: no case in any *.policy_test.yaml: nothing is proved\n");
        return GB_EXIT_NO;
    }
    return is_good ? GB_EXIT_OK : GB_EXIT_NO;
}

enum gb_exit gb_cli_test_policy(const struct gb_args *args)
{
    struct gb_arena arena;
    struct gb_bundle_read bundle;
    struct gb_policy_test test = {0};
    enum gb_exit code;

    gb_arena_init(&arena, (size_t)512 << 20);
    code = gb_bundle_read(&bundle, &arena, args);
    if (code == GB_EXIT_OK && bundle.policy == NULL) {
        print_lines(args->out, &bundle.mistakes);
        fprintf(args->talk, "gridbridge: %u mistakes in %s; no case was run\n",
                bundle.mistakes.count, args->words[0]);
        code = GB_EXIT_CONFIG;
    }
    if (code == GB_EXIT_OK) {
        gb_policy_test_run(bundle.policy, &bundle.files, &test);
        code = report(args, &test);
    }
    gb_policy_test_close(&test);
    gb_bundle_close(&bundle);
    gb_arena_close(&arena);
    return code;
}
