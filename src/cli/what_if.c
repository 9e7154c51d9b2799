/* See the header. Nothing is sent or stored: the bundle rules in this command's memory only. */
#include "cli/what_if.h"

#include <inttypes.h>

#include "cli/table.h"

#define ARENA_MAX ((size_t)2 << 30)

enum gb_exit gb_comparing_begin(struct gb_comparing *c, const struct gb_args *args)
{
    struct gb_args folder = *args;
    enum gb_exit code;

    *c = (struct gb_comparing){.args = args};
    gb_arena_init(&c->arena, ARENA_MAX);
    c->what_if.arena = &c->arena;
    folder.words[0] = gb_args_get(args, "--policy");
    folder.words_count = 1;
    code = gb_bundle_read(&c->bundle, &c->arena, &folder);
    if (code == GB_EXIT_OK && c->bundle.policy == NULL) {
        (void)fwrite(c->bundle.mistakes.lines.bytes, 1, c->bundle.mistakes.lines.len, args->talk);
        fprintf(args->talk, "gridbridge: %u mistakes in %s; nothing was compared\n",
                c->bundle.mistakes.count, folder.words[0]);
        code = GB_EXIT_CONFIG;
    }
    return code;
}

void gb_comparing_end(struct gb_comparing *c)
{
    gb_bundle_close(&c->bundle);
    gb_arena_close(&c->arena);
}

void gb_comparing_add(struct gb_comparing *c, struct gb_replay *replay)
{
    struct gb_step step = {.arena = &c->arena};

    c->what_if.open += gb_replay_what_if(replay, c->bundle.policy, &step);
    gb_what_if_add(&c->what_if, step.outputs, step.outputs_count);
}

static void print_rows(struct gb_comparing *c)
{
    static const struct gb_column COLUMNS[] = {
        {"village", GB_COLUMN_TEXT},    {"rule_before", GB_COLUMN_TEXT},
        {"rule_after", GB_COLUMN_TEXT}, {"lead_before", GB_COLUMN_TEXT},
        {"lead_after", GB_COLUMN_TEXT}, {"matters", GB_COLUMN_NUMBER},
        {"examples", GB_COLUMN_TEXT}};
    struct gb_table_out table;

    gb_table_init(&table, &c->arena, COLUMNS, GB_COUNT(COLUMNS));
    for (uint32_t i = 0; i < c->what_if.rows_count; i++) {
        const struct gb_what_if_row *row = &c->what_if.rows[i];
        struct gb_str examples = row->examples[0];

        for (uint32_t e = 1; e < GB_WHAT_IF_EXAMPLES && gb_str_is(row->examples[e]); e++) {
            examples = GB_JOIN(&c->arena, examples, GB_STR(" "), row->examples[e]);
        }
        struct gb_str cells[] = {row->village,     row->rule_before,
                                 row->rule_after,  row->lead_before,
                                 row->lead_after,  gb_arena_int(&c->arena, (int64_t)row->count),
                                 examples};

        gb_table_add(&table, cells);
    }
    gb_table_print(&table, c->args);
    gb_table_close(&table);
}

static void print_totals(const struct gb_comparing *c)
{
    const struct gb_what_if *w = &c->what_if;
    FILE *talk = c->args->talk;

    fprintf(talk,
            "of %" PRIu64 " open matters %" PRIu64 " would be led by another rule or post, %" PRIu64
            " would change otherwise\n",
            w->open, w->led_otherwise, w->otherwise);
    for (int kind = 0; kind < GB_OVERLAP_COUNT; kind++) {
        if (w->opened[kind] + w->settled[kind] > 0) {
            struct gb_str word = gb_overlap_word((enum gb_overlap_kind)kind);

            fprintf(talk, "%.*s: %" PRIu64 " would be opened, %" PRIu64 " settled\n",
                    GB_STR_ARG(word), w->opened[kind], w->settled[kind]);
        }
    }
    fputs("an activation alone changes none of them: each keeps its decision until it is next\n"
          "touched, or by gridbridge policy redecide\n",
          talk);
}

enum gb_exit gb_comparing_print(struct gb_comparing *c)
{
    const struct gb_what_if *w = &c->what_if;

    gb_what_if_sort(&c->what_if);
    if (w->rows_count > 0 || c->args->format != GB_FORMAT_TABLE) {
        print_rows(c);
    }
    print_totals(c);
    return w->led_otherwise + w->otherwise > 0 ? GB_EXIT_NO : GB_EXIT_OK;
}
