/* Every adapter's fixtures: source records in, intake records out, compared byte by byte.
 *
 * GB_GOLDEN_WRITE=1 writes the .want files anew; read the difference before it is committed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/door.h"
#include "codec/json.h"
#include "codec/record_json.h"

static struct gb_str read_file(struct gb_arena *arena, const char *path)
{
    struct gb_str name = gb_arena_printf(arena, "%s/%s", GB_SOURCE_DIR, path);
    struct gb_buf buf = {0};
    FILE *file = fopen(name.ptr, "rb");
    int c;

    assert_non_null(file);
    while ((c = fgetc(file)) != EOF) {
        gb_buf_add_char(&buf, (char)c);
    }
    fclose(file);
    struct gb_str bytes = gb_arena_str(arena, gb_buf_str(&buf));

    gb_buf_close(&buf);
    return bytes;
}

static struct gb_file file_of(struct gb_arena *arena, const char *name, const char *path)
{
    return (struct gb_file){gb_str_of(name), read_file(arena, path)};
}

static struct gb_door *door_of(struct gb_arena *arena, const char *system, const char *topic,
                               const char *mapping)
{
    struct gb_file refuse = file_of(arena, "refuse.yaml", "examples/tangzhang/refuse.yaml");
    struct gb_file map = file_of(arena, "mapping.yaml", mapping);
    struct gb_file lookups[2] = {
        file_of(arena, "grid_grids.csv", "tests/golden/lookups/grid_grids.csv"),
        file_of(arena, "party_grids.csv", "tests/golden/lookups/party_grids.csv")};
    struct gb_files adapter = {&map, 1}, files = {lookups, 2};
    struct gb_door_source source = {gb_str_of(system), gb_str_of(topic), &adapter, &files};
    struct gb_door_config config = {.cluster = GB_STR("c1"),
                                    .salt = GB_STR("salt"),
                                    .join_key = GB_STR("join"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = 4,
                                    .refuse = &refuse,
                                    .sources = &source,
                                    .sources_count = 1};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = gb_door_new(&config, &mistakes);

    gb_buf_add_char(&mistakes.lines, 0);
    assert_string_equal(mistakes.lines.bytes, "");
    gb_mistakes_close(&mistakes);
    assert_non_null(door);
    return door;
}

static void check_round_trip(struct gb_arena *arena, struct gb_str bytes)
{
    struct gb_str one, two;
    struct gb_record rec;
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_buf again = {0};

    gb_record_split(bytes, &one, &two);
    assert_int_equal(gb_record_read(arena, one, two, &rec, &err), GB_OK);
    gb_record_write(&again, &rec);
    assert_true(gb_str_eq(gb_buf_str(&again), bytes));
    gb_buf_close(&again);
}

static void open_line(struct gb_door *door, struct gb_str line, struct gb_buf *got)
{
    struct gb_arena arena;
    struct gb_value in;
    struct gb_door_rows rows;
    struct gb_err err = {.status = GB_OK, .text = ""};

    gb_arena_init(&arena, 16 << 20);
    assert_int_equal(gb_json_parse(&arena, line, &in, &err), GB_OK);
    struct gb_source_record rec = {.topic = gb_value_str(&in, GB_STR("topic")),
                                   .offset = gb_value_int(&in, GB_STR("offset"), -1),
                                   .key = gb_value_str(&in, GB_STR("key")),
                                   .value = gb_value_str(&in, GB_STR("value"))};

    gb_door_open(door, &rec, GB_STR("seed"), &arena, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        struct gb_buf one = {0};

        assert_true(rows.items[i].lane < 4);
        assert_int_equal(rows.items[i].record.src.index, (int)i);
        gb_record_write(&one, &rows.items[i].record);
        check_round_trip(&arena, gb_buf_str(&one));
        gb_buf_add_str(got, gb_buf_str(&one));
        gb_buf_add_char(got, '\n');
        gb_buf_close(&one);
    }
    gb_arena_close(&arena);
}

static void write_want(const char *path, const struct gb_buf *got)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(got->bytes, 1, got->len, file), got->len);
    fclose(file);
}

static void compare(const char *system, const char *topic)
{
    struct gb_arena arena;
    struct gb_buf got = {0};

    gb_arena_init(&arena, 64 << 20);
    struct gb_str map = gb_arena_printf(&arena, "adapters/%s/mapping.yaml", system);
    struct gb_str in = gb_arena_printf(&arena, "adapters/%s/fixtures/matters.in", system);
    struct gb_str want = gb_arena_printf(&arena, "adapters/%s/fixtures/matters.want", system);
    struct gb_door *door = door_of(&arena, system, topic, map.ptr);
    struct gb_str rest = read_file(&arena, in.ptr);

    while (rest.len > 0) {
        struct gb_str line;

        gb_record_split(rest, &line, &rest);
        open_line(door, line, &got);
    }
    if (getenv("GB_GOLDEN_WRITE") != NULL) {
        write_want(gb_arena_printf(&arena, "%s/%s", GB_SOURCE_DIR, want.ptr).ptr, &got);
    }
    struct gb_str expected = read_file(&arena, want.ptr);

    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.bytes, expected.ptr, got.len);
    gb_buf_close(&got);
    gb_door_free(door);
    gb_arena_close(&arena);
}

static void party_building(void **state)
{
    (void)state;
    compare("party_building", "party.dj.sys_party_task");
}

static void governance_grid(void **state)
{
    (void)state;
    compare("governance_grid", "grid.canal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(party_building),
                                       cmocka_unit_test(governance_grid)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
