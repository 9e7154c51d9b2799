/* Any bytes as a lookup file, with each way of folding its ids: mistakes are told, or each id that
 * stands in it is found. */
#include "base/check.h"
#include "codec/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gb_file file = {GB_STR("p.csv"), {(const char *)data, size}};
    struct gb_mistakes mistakes = {0};
    struct gb_lookup *lookup;
    struct gb_arena arena;
    struct gb_str code;

    gb_arena_init(&arena, (size_t)64 << 20);
    lookup = gb_lookup_read(&arena, &file, size > 0 ? data[0] & 15U : 0, &mistakes);
    GB_CHECK((lookup != NULL) == (mistakes.count == 0));
    if (lookup != NULL) {
        (void)gb_lookup_find(lookup, GB_STR("7"), GB_PLACE_GRID, &code);
        gb_map_close(&lookup->rows);
    }
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
    return 0;
}
