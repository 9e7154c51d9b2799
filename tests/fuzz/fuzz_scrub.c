/* Any bytes through the scrubber: no crash, the text stays UTF-8, and scrubbing the result again
 * changes nothing. The first line is a name column where there is a second one. */
#include "codec/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_str text = {(const char *)data, size}, cell = {"", 0};
    const char *line = size > 0 ? memchr(data, '\n', size) : NULL;
    struct gb_scrub_names names = {&cell, 1};
    struct gb_scrubbed once, twice;
    struct gb_arena arena;

    if (line != NULL) {
        cell = (struct gb_str){text.ptr, (size_t)(line - text.ptr)};
        text = (struct gb_str){line + 1, (size_t)(text.ptr + size - line - 1)};
    }
    gb_arena_init(&arena, (size_t)16 << 20);
    if (gb_scrub_text(&arena, text, &names, &once, NULL) == GB_OK) {
        GB_CHECK(gb_scrub_text(&arena, once.text, &names, &twice, NULL) == GB_OK);
        GB_CHECK(gb_str_eq(once.text, twice.text));
        GB_CHECK(once.total > 0 || gb_str_eq(once.text, text));
        GB_CHECK((gb_scrub_find(text, &names) == GB_SCRUB_COUNT) == (once.total == 0));
    }
    gb_arena_close(&arena);
    return 0;
}
