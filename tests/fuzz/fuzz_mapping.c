/* Any bytes as mapping.yaml: mistakes are told or a mapping comes out, and the door built from it
 * opens a record of each kind. */
#include "base/check.h"
#include "door_made.h"
#include "fuzz_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char refuse[] =
    "version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"]}\n"
    "no_text: {party_building: [\"dispute*\"], governance_grid: [\"70*\"], command_centre: [],\n"
    "  template: [], cdc: []}\n";
static const char places[] =
    "id,grid,village,town\n7,320312111217001,320312111217,320312111\n";
static const char *const values[] = {
    "{\"op\":\"u\",\"before\":{\"id\":1},\"after\":{\"id\":2,\"a\":\"x\"},"
    "\"source\":{\"schema\":\"a\",\"table\":\"t\",\"lsn\":1}}",
    "{\"type\":\"UPDATE\",\"database\":\"a\",\"table\":\"t\",\"es\":1,\"data\":[{\"id\":\"1\"}],"
    "\"old\":[{}]}",
    "{\"type\":\"update\",\"database\":\"a\",\"table\":\"t\",\"data\":{\"id\":1},\"old\":{}}",
    "{\"id\":1,\"a\":\"320312111217\"}"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct door_texts texts = {
        {(const char *)data, size}, gb_str_of(refuse), gb_str_of(places), GB_STR("*")};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = door_made(&texts, &mistakes);

    GB_CHECK((door != NULL) == (mistakes.count == 0));
    for (size_t i = 0; door != NULL && i < GB_COUNT(values); i++) {
        struct gb_source_record in = {.topic = GB_STR("p.a.t"), .value = gb_str_of(values[i])};
        struct gb_door_rows rows;
        struct gb_arena arena;

        gb_arena_init(&arena, (size_t)64 << 20);
        gb_door_open(door, &in, GB_STR("seed"), &arena, &rows);
        GB_CHECK(rows.count > 0);
        gb_arena_close(&arena);
    }
    gb_door_free(door);
    gb_mistakes_close(&mistakes);
    return 0;
}
