/* Any bytes as refuse.yaml, and what is behind a line `--` as a text, a column, a table and a
 * category that are asked for. */
#include "base/check.h"
#include "codec/refuse.h"
#include "fuzz_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *end = size > 0 ? memmem(data, size, "\n--\n", 4) : NULL;
    struct gb_str text = {(const char *)data, size};
    struct gb_str word = GB_STR("special_person");
    struct gb_mistakes mistakes = {0};
    const struct gb_refuse *refuse;
    struct gb_file file;
    struct gb_arena arena;

    if (end != NULL) {
        text.len = (size_t)(end - text.ptr) + 1;
        word = (struct gb_str){end + 4, size - text.len - 3};
    }
    file = (struct gb_file){GB_STR("refuse.yaml"), text};
    gb_arena_init(&arena, (size_t)64 << 20);
    refuse = gb_refuse_read(&arena, &file, &mistakes);
    GB_CHECK((refuse != NULL) == (mistakes.count == 0));
    if (refuse != NULL) {
        struct gb_str found[] = {gb_refuse_column(refuse, word), gb_refuse_table(refuse, word),
                                 gb_refuse_category(refuse, GB_STR("s"), word),
                                 gb_refuse_word(refuse, word)};

        (void)gb_refuse_no_text(refuse, GB_STR("s"), word);
        for (size_t i = 0; i < GB_COUNT(found); i++) {
            GB_CHECK(!gb_str_is(found[i]) ||
                     gb_refuse_class(refuse, found[i]) < refuse->classes_count);
        }
    }
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
    return 0;
}
