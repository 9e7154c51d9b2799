/* See the header. */
#include "cli/bundle.h"

#include "codec/duty_proof.h"
#include "core/day.h"
#include "shell/files.h"
#include "shell/loop.h"
#include "shell/tool_files.h"

enum gb_exit gb_bundle_read(struct gb_bundle_read *bundle, struct gb_arena *arena,
                            const struct gb_args *args)
{
    const char *on = gb_args_get(args, "--on");
    int64_t day = gb_wall_ms();
    struct gb_err err;

    *bundle = (struct gb_bundle_read){.policy = NULL};
    if (on != NULL && !gb_day_ms(gb_str_of(on), &day)) {
        return gb_cli_misused(args, "--on wants a day like 2026-11-23");
    }
    if (gb_files_read(args->words[0], arena, &bundle->files, &err) != GB_OK) {
        return gb_cli_fail(args, &err);
    }
    bundle->policy = gb_policy_load(arena, &bundle->files, &bundle->mistakes);
    if (bundle->policy != NULL &&
        !gb_duty_prove(bundle->policy, day, arena, &bundle->mistakes, &bundle->notes)) {
        bundle->policy = NULL;
    }
    if (bundle->policy != NULL) {
        bundle->words = gb_words_read(arena, &bundle->files, bundle->policy, &bundle->mistakes);
        bundle->policy = bundle->words != NULL ? bundle->policy : NULL;
    }
    return GB_EXIT_OK;
}

enum gb_exit gb_bundle_check_texts(struct gb_bundle_read *bundle, struct gb_arena *arena,
                                   const struct gb_args *args, const char *path,
                                   const struct gb_text_systems *systems)
{
    struct gb_file file = {.name = gb_str_of(path)};
    const struct gb_refuse *refuse;
    struct gb_err err;

    if (gb_tool_file(path, arena, &file.bytes, &err) != GB_OK) {
        (void)gb_prefix(&err, "the refuse-list");
        return gb_cli_fail(args, &err);
    }
    refuse = gb_refuse_read(arena, &file, &bundle->mistakes);
    if (refuse == NULL || (bundle->policy != NULL &&
                           !gb_policy_check_texts(bundle->policy, &bundle->files, refuse, systems,
                                                  &bundle->mistakes))) {
        bundle->policy = NULL;
    }
    return GB_EXIT_OK;
}

void gb_bundle_close(struct gb_bundle_read *bundle)
{
    gb_words_free(bundle->words);
    gb_mistakes_close(&bundle->mistakes);
    gb_mistakes_close(&bundle->notes);
}
