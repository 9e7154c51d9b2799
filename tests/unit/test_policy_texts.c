/* What the bundle calls a dispute, and the refuse-list would let in with texts, is a mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/policy_load.h"
#include "codec/policy_texts.h"
#include "shell/files.h"

#define LIST(more) "version: 1\nclasses: [{class: a, columns: [c]" more "}]\nno_text:\n"
#define PARTY "  party_building: [\"dispute*\"]\n"
#define CENTRE "  command_centre: [quarrel]\n"
#define GRID "  governance_grid: [\"70*\"]\n"

/* The example's bundle with one row more: a dispute of another source. */
#define ROW "command_centre,category,quarrel,MD01,,\n"

struct fixture {
    struct gb_arena arena;
    struct gb_files files;
    const struct gb_policy *policy;
};

static struct fixture load(void)
{
    struct fixture f = {.policy = NULL};
    struct gb_mistakes mistakes = {0};
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_file *items;

    gb_arena_init(&f.arena, (size_t)64 << 20);
    assert_int_equal(gb_files_read(GB_SOURCE_DIR "/examples/tangzhang/policy", &f.arena, &f.files,
                                   &err),
                     GB_OK);
    items = gb_arena_take(&f.arena, (f.files.count + 1) * sizeof(*items));
    for (size_t i = 0; i < f.files.count; i++) {
        items[i] = f.files.items[i];
        if (gb_str_eq(items[i].name, GB_STR("crosswalk.csv"))) {
            items[i].bytes = GB_JOIN(&f.arena, items[i].bytes, GB_STR(ROW));
        }
    }
    items[f.files.count] = (struct gb_file){
        GB_STR("territory.csv"), GB_STR("code,name,level,parent\n32,江苏省,province,\n")};
    f.files = (struct gb_files){items, f.files.count + 1};
    f.policy = gb_policy_load(&f.arena, &f.files, &mistakes);
    if (f.policy == NULL) {
        fail_msg("%.*s", (int)mistakes.lines.len, mistakes.lines.bytes);
    }
    gb_mistakes_close(&mistakes);
    return f;
}

/* The number of mistakes under a refuse-list; the last source's system is called `system`. */
static uint32_t check(struct fixture *f, const char *list, const char *system, char *words,
                      size_t words_size)
{
    const struct gb_file file = {GB_STR("refuse.yaml"), gb_str_of(list)};
    const struct gb_text_system alias = {GB_STR("command_centre"), gb_str_of(system)};
    struct gb_mistakes mistakes = {0};
    const struct gb_refuse *refuse = gb_refuse_read(&f->arena, &file, &mistakes);
    uint32_t count;
    bool is_good;

    assert_non_null(refuse);
    is_good = gb_policy_check_texts(f->policy, &f->files, refuse,
                                    &(struct gb_text_systems){&alias, 1}, &mistakes);
    assert_int_equal(is_good, mistakes.count == 0);
    (void)snprintf(words, words_size, "%.*s", (int)mistakes.lines.len,
                   mistakes.lines.len > 0 ? mistakes.lines.bytes : "");
    count = mistakes.count;
    gb_mistakes_close(&mistakes);
    return count;
}

static void disputes_need_no_text(void **state)
{
    static const struct {
        const char *list, *system;
        uint32_t count;
    } cases[] = {
        {LIST("") PARTY GRID CENTRE, "command_centre", 0},
        {LIST("") PARTY GRID "  system_of_it: [\"quar*\"]\n", "system_of_it", 0},
        /* refused as a whole */
        {LIST(", categories: {command_centre: [\"quar*\"]}") PARTY GRID, "command_centre", 0},
        {LIST("") PARTY GRID "  command_centre: []\n", "command_centre", 1},
        {LIST("") PARTY GRID, "command_centre", 1},
        {LIST("") PARTY GRID CENTRE, "system_of_it", 1},
        {LIST("") PARTY CENTRE, "command_centre", 7}, /* the grid's 7001 to 7099 */
        {LIST("") PARTY "  governance_grid: [\"700*\"]\n" CENTRE, "command_centre", 1},
    };
    struct fixture f = load();
    char words[8192];

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        uint32_t count = check(&f, cases[i].list, cases[i].system, words, sizeof(words));

        if (count != cases[i].count) {
            fail_msg("case %zu: wanted %u, got %u\n%s", i, cases[i].count, count, words);
        }
    }
    assert_non_null(strstr(words, "7099 becomes MD99, which has no text, but no_text of the "
                                  "refuse-list lets its texts in: add it there under "
                                  "governance_grid"));
    assert_memory_equal(words, "crosswalk.csv:", 14);
    gb_arena_close(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(disputes_need_no_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
