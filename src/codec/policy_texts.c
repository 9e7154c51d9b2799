/* See the header. The file is read again for its places: the policy keeps none. */
#include "codec/policy_texts.h"

#include "codec/csv.h"

static struct gb_str system_of(const struct gb_text_systems *systems, struct gb_str source)
{
    for (size_t i = 0; i < systems->count; i++) {
        if (gb_str_eq(systems->items[i].source, source)) {
            return systems->items[i].system;
        }
    }
    return source;
}

bool gb_policy_check_texts(const struct gb_policy *policy, const struct gb_files *files,
                           const struct gb_refuse *refuse,
                           const struct gb_text_systems *systems, struct gb_mistakes *mistakes)
{
    static const char *const columns[] = {"source",     "field",       "code", "canonical",
                                          "valid_from", "valid_until", NULL};
    const struct gb_file *file = gb_files_get(files, GB_STR("crosswalk.csv"));
    uint32_t before = mistakes->count;
    struct gb_arena arena;
    struct gb_csv csv;

    if (file == NULL) {
        return true;
    }
    gb_arena_init(&arena, (size_t)512 << 20);
    if (!gb_csv_parse(&arena, file, columns, &csv, mistakes)) {
        csv.rows_count = 0;
    }
    for (uint32_t i = 0; i < csv.rows_count; i++) {
        const struct gb_yaml *source = gb_csv_cell(&csv, i, 0), *code = gb_csv_cell(&csv, i, 2);
        const struct gb_category *category =
            gb_policy_category(policy, gb_csv_cell(&csv, i, 3)->text);
        struct gb_str system = system_of(systems, source->text);

        if (gb_str_eq(gb_csv_cell(&csv, i, 1)->text, GB_STR("category")) && category != NULL &&
            !category->text && !gb_refuse_no_text(refuse, system, code->text) &&
            !gb_str_is(gb_refuse_category(refuse, system, code->text))) {
            gb_yaml_mistake(mistakes, code,
                            "%.*s becomes %.*s, which has no text, but no_text of the refuse-list "
                            "lets its texts in: add it there under %.*s",
                            GB_STR_ARG(code->text), GB_STR_ARG(category->code),
                            GB_STR_ARG(system));
        }
    }
    gb_arena_close(&arena);
    return mistakes->count == before;
}
