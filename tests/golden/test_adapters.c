/* Every adapter's fixtures, as `gridbridge test mapping` runs them: source records in, rows out,
 * compared byte by byte. Each record is also written as intake sends it, and read again.
 *
 * `gridbridge test mapping --write` writes the .want files anew; read the difference first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "codec/door.h"
#include "codec/fixture.h"
#include "codec/record_json.h"

#define FILES_MAX 64

static struct gb_str read_file(struct gb_arena *arena, const char *path)
{
    struct gb_buf buf = {0};
    FILE *file = fopen(path, "rb");
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

static int by_name(const void *a, const void *b)
{
    return gb_str_cmp(((const struct gb_file *)a)->name, ((const struct gb_file *)b)->name);
}

/* The files of a folder whose names end so; an absent folder has none. */
static struct gb_files read_folder(struct gb_arena *arena, const char *path, const char *end)
{
    struct gb_file *items = gb_arena_take(arena, FILES_MAX * sizeof(*items));
    DIR *folder = opendir(path);
    const struct dirent *entry;
    size_t count = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len > strlen(end) && strcmp(entry->d_name + len - strlen(end), end) == 0) {
            assert_true(count < FILES_MAX);
            items[count].name = gb_arena_str(arena, gb_str_of(entry->d_name));
            items[count++].bytes =
                read_file(arena, gb_arena_printf(arena, "%s/%s", path, entry->d_name).ptr);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    qsort(items, count, sizeof(*items), by_name);
    return (struct gb_files){items, count};
}

/* The same keys as cli/adapter.c: none is a secret. */
static struct gb_door *door_of(struct gb_arena *arena, const char *system, const char *path)
{
    const char *list = GB_SOURCE_DIR "/examples/tangzhang/refuse.yaml";
    /* The example's list ends with no_text: two systems more, which are of the tests alone. */
    struct gb_file refuse = {GB_STR("refuse.yaml"),
                             GB_JOIN(arena, read_file(arena, list),
                                     GB_STR("  cdc: []\n  urban_management: []\n"))};
    struct gb_files adapter = read_folder(arena, path, ".yaml");
    const char *lookups_path = gb_arena_printf(arena, "%s/fixtures/lookups", path).ptr;
    struct gb_files lookups = read_folder(arena, lookups_path, ".csv");
    /* The template's folder is _template, its system is template. */
    struct gb_str name = gb_str_of(system[0] == '_' ? system + 1 : system);
    struct gb_door_source source = {
        .name = name, .topic = GB_STR("*"), .adapter = &adapter, .lookups = &lookups};
    struct gb_door_config config = {.cluster = GB_STR("fixtures"),
                                    .salt = GB_STR("fixtures"),
                                    .join_key = GB_STR("fixtures"),
                                    .join_key_id = GB_STR("j0"),
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

static void check_round_trip(struct gb_arena *arena, const struct gb_record *rec)
{
    struct gb_str one, two;
    struct gb_record read;
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_buf bytes = {0}, again = {0};

    gb_record_write(&bytes, rec);
    gb_record_split(gb_buf_str(&bytes), &one, &two);
    assert_int_equal(gb_record_read(arena, one, two, &read, &err), GB_OK);
    gb_record_write(&again, &read);
    assert_true(gb_str_eq(gb_buf_str(&again), gb_buf_str(&bytes)));
    gb_buf_close(&again);
    gb_buf_close(&bytes);
}

static void open_line(struct gb_door *door, struct gb_str line, struct gb_buf *got)
{
    struct gb_arena arena;
    struct gb_source_record in;
    struct gb_door_rows rows;
    struct gb_err err = {.status = GB_OK, .text = ""};

    gb_arena_init(&arena, 64 << 20);
    if (gb_fixture_read(&arena, line, &in, &err) != GB_OK) {
        fail_msg("%s", err.text);
    }
    gb_door_open(door, &in, GB_STR("fixtures"), &arena, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        assert_true(rows.items[i].lane < 4);
        assert_int_equal(rows.items[i].record.src.index, (int)i);
        check_round_trip(&arena, &rows.items[i].record);
        gb_fixture_write(got, &rows.items[i].record, false);
        gb_buf_add_char(got, '\n');
    }
    gb_arena_close(&arena);
}

static void compare(struct gb_door *door, const struct gb_file *in, const struct gb_file *want)
{
    struct gb_str rest = in->bytes, line;
    struct gb_buf got = {0};

    while (gb_fixture_line(&rest, &line)) {
        if (line.len > 0) {
            open_line(door, line, &got);
        }
    }
    if (!gb_str_eq(gb_buf_str(&got), want->bytes)) {
        fail_msg("%.*s differs: gridbridge test mapping says where", GB_STR_ARG(want->name));
    }
    gb_buf_close(&got);
}

/* The folder's fixtures; system is the name that ids are hashed with. */
static void run_folder(const char *system, const char *folder)
{
    struct gb_arena arena;

    gb_arena_init(&arena, 256 << 20);
    const char *path = gb_arena_printf(&arena, "%s/%s", GB_SOURCE_DIR, folder).ptr;
    const char *fixtures = gb_arena_printf(&arena, "%s/fixtures", path).ptr;
    struct gb_files in = read_folder(&arena, fixtures, ".in");
    struct gb_files want = read_folder(&arena, fixtures, ".want");
    struct gb_door *door = door_of(&arena, system, path);

    assert_true(in.count > 0);
    assert_int_equal(in.count, want.count);
    for (size_t i = 0; i < in.count; i++) {
        compare(door, &in.items[i], &want.items[i]);
    }
    gb_door_free(door);
    gb_arena_close(&arena);
}

static void adapter(const char *system)
{
    char folder[64];

    (void)snprintf(folder, sizeof(folder), "adapters/%s", system);
    run_folder(system, folder);
}

/* Real records of the tools, one folder a configuration: adapters/FACTS.md says what each shows. */
static void facts(void **state)
{
    DIR *folder = opendir(GB_SOURCE_DIR "/tests/golden/facts");
    const struct dirent *entry;
    int count = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[320];

        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "tests/golden/facts/%s", entry->d_name);
            run_folder("cdc", path);
            count++;
        }
    }
    closedir(folder);
    assert_int_equal(count, 13);
}

/* A system of tests/joining, which no part of the program knows. */
static void third_department(void **state)
{
    (void)state;
    run_folder("urban_management", "tests/joining/urban_management");
}

#define ADAPTER(name)                                                                              \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        adapter(#name);                                                                            \
    }

ADAPTER(party_building)
ADAPTER(governance_grid)
ADAPTER(command_centre)
ADAPTER(_template)

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(party_building),
                                       cmocka_unit_test(governance_grid),
                                       cmocka_unit_test(command_centre),
                                       cmocka_unit_test(_template),
                                       cmocka_unit_test(third_department),
                                       cmocka_unit_test(facts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
