/* When limits end, by the calendar of a bundle.
 *
 *   limit_ends BUNDLE    reads lines "FROM STEP STEP ..." and prints one time each
 *
 * Times are ms since 1970 UTC. A step is the id of a row of deadlines.yaml, whose handle is counted
 * from the time so far, or =TIME: an extension to that time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/policy_load.h"
#include "shell/files.h"

#define BUNDLE_LEN_MAX ((size_t)64 << 20)

static const struct gb_policy *load(struct gb_arena *arena, const char *path)
{
    struct gb_mistakes mistakes = {0};
    const struct gb_policy *policy = NULL;
    struct gb_files files;
    struct gb_err err;

    if (gb_files_read(path, arena, &files, &err) != GB_OK) {
        (void)fprintf(stderr, "limit_ends: %s: %s\n", path, err.text);
        return NULL;
    }
    policy = gb_policy_load(arena, &files, &mistakes);
    (void)fprintf(stderr, "%.*s", (int)mistakes.lines.len, mistakes.lines.bytes);
    gb_mistakes_close(&mistakes);
    return policy;
}

/* False if no row has the id. */
static bool apply(const struct gb_policy *policy, const char *step, int64_t *at)
{
    if (step[0] == '=') {
        *at = strtoll(step + 1, NULL, 10);
        return true;
    }
    for (uint32_t i = 0; i < policy->deadlines_count; i++) {
        if (gb_str_eq(policy->deadlines[i].id, gb_str_of(step))) {
            *at = gb_limit_end(&policy->calendar, policy->deadlines[i].handle, *at);
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    struct gb_arena arena;
    const struct gb_policy *policy;
    char line[256];
    int code = 0;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: limit_ends BUNDLE < LINES\n");
        return 64;
    }
    gb_arena_init(&arena, BUNDLE_LEN_MAX);
    policy = load(&arena, argv[1]);
    while (policy != NULL && code == 0 && fgets(line, sizeof(line), stdin) != NULL) {
        char *rest = NULL;
        const char *word = strtok_r(line, " \n", &rest);
        int64_t at = word != NULL ? strtoll(word, NULL, 10) : 0;

        for (word = strtok_r(NULL, " \n", &rest); word != NULL && code == 0;
             word = strtok_r(NULL, " \n", &rest)) {
            if (!apply(policy, word, &at)) {
                (void)fprintf(stderr, "limit_ends: no row %s in deadlines.yaml\n", word);
                code = 65;
            }
        }
        (void)printf("%" PRId64 "\n", at);
    }
    gb_arena_close(&arena);
    return policy == NULL ? 78 : code;
}
