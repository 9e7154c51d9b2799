/* What the door costs a record, beside a bare parse by jansson of the same bytes in the same run.
 *
 *   door_cost FOLDER ROUNDS    FOLDER holds refuse.yaml, lookups/, debezium.jsonl, canal.jsonl, a
 *                              source record a line as in fixtures; run from the tree's root
 *
 * The door's part is gb_door_open as intake calls it: hash of the bytes, envelope, mapping, refuse,
 * scrubbing, commitments of the texts, hash of the image. The two are measured in turns, round by
 * round, in CPU time of this thread; the lowest of all rounds counts for each, as others share the
 * machine. Every record must be accepted, or the figure would be of something else. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "codec/door.h"
#include "codec/fixture.h"
#include "shell/files.h"

#define ARENA_MAX ((size_t)512 << 20)

struct bench {
    struct gb_arena arena, record_arena;
    struct gb_door *door;
    struct gb_source_record *records;
    size_t count, bytes, texts, scrubbed;
};

static double cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct gb_files *folder(struct bench *b, const char *root, const char *name)
{
    const char *path = gb_arena_printf(&b->arena, "%s/%s", root, name).ptr;
    struct gb_files *files = gb_arena_take(&b->arena, sizeof(*files));
    struct gb_err err = {.status = GB_OK, .text = ""};

    if (gb_files_read(path, &b->arena, files, &err) != GB_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        exit(1);
    }
    return files;
}

static void open_door(struct bench *b, const char *root, const char *adapter)
{
    const struct gb_files *top = folder(b, root, ".");
    struct gb_file refuse = *gb_files_get(top, GB_STR("refuse.yaml"));
    struct gb_door_source source = {.name = gb_str_of(adapter),
                                    .topic = GB_STR("*"),
                                    .adapter = folder(b, "adapters", adapter),
                                    .lookups = folder(b, root, "lookups")};
    struct gb_door_config config = {.cluster = GB_STR("c1"),
                                    .salt = GB_STR("0123456789abcdef0123456789abcdef"),
                                    .join_key = GB_STR("fedcba9876543210fedcba9876543210"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = 4,
                                    .refuse = &refuse,
                                    .sources = &source,
                                    .sources_count = 1};
    struct gb_mistakes mistakes = {0};

    b->door = gb_door_new(&config, &mistakes);
    if (b->door == NULL) {
        fprintf(stderr, "%.*s", (int)mistakes.lines.len, mistakes.lines.bytes);
        exit(1);
    }
}

static void read_records(struct bench *b, const char *root, const char *name)
{
    const struct gb_file *file = gb_files_get(folder(b, root, "."), gb_str_of(name));
    struct gb_str rest, line;
    struct gb_err err = {.status = GB_OK, .text = ""};

    GB_CHECK(file != NULL);
    b->records = gb_arena_take(&b->arena, file->bytes.len / 100 * sizeof(*b->records));
    rest = file->bytes;
    while (gb_fixture_line(&rest, &line)) {
        if (line.len > 100) {
            GB_CHECK(gb_fixture_read(&b->arena, line, &b->records[b->count], &err) == GB_OK);
            b->bytes += b->records[b->count++].value.len;
        }
    }
}

static double parse_all(const struct bench *b)
{
    double begin = cpu_ns();

    for (size_t i = 0; i < b->count; i++) {
        json_t *json = json_loadb(b->records[i].value.ptr, b->records[i].value.len, 0, NULL);

        GB_CHECK(json != NULL);
        json_decref(json);
    }
    return cpu_ns() - begin;
}

static double open_all(struct bench *b)
{
    double begin = cpu_ns();

    b->texts = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct gb_door_rows rows;

        gb_arena_reset(&b->record_arena);
        gb_door_open(b->door, &b->records[i], GB_STR("not a secret: a benchmark"),
                     &b->record_arena, &rows);
        GB_CHECK(rows.count == 1 && rows.items[0].record.verdict == GB_ACCEPTED);
        b->texts += rows.items[0].record.texts_count;
    }
    return cpu_ns() - begin;
}

static void measure(const char *root, const char *adapter, const char *name, long rounds)
{
    struct bench b = {.count = 0};
    double parse = 1e18, open = 1e18;

    gb_arena_init(&b.arena, ARENA_MAX);
    gb_arena_init(&b.record_arena, ARENA_MAX);
    open_door(&b, root, adapter);
    read_records(&b, root, gb_arena_printf(&b.arena, "%s.jsonl", name).ptr);
    GB_CHECK(b.count > 0);
    for (long i = 0; i < rounds; i++) {
        double p = parse_all(&b), o = open_all(&b);

        parse = p < parse ? p : parse;
        open = o < open ? o : open;
    }
    for (int kind = 0; kind < GB_SCRUB_COUNT; kind++) {
        b.scrubbed += gb_door_scrubbed(b.door, (enum gb_scrub_kind)kind);
    }
    printf("%s_records=%zu\n%s_bytes=%zu\n%s_texts=%zu\n%s_marks=%zu\n", name, b.count, name,
           b.bytes / b.count, name, b.texts, name, b.scrubbed / (size_t)rounds);
    printf("%s_parse_ns=%.0f\n%s_door_ns=%.0f\n%s_ratio=%.2f\n", name, parse / (double)b.count,
           name, open / (double)b.count, name, open / parse);
    gb_door_free(b.door);
    gb_arena_close(&b.record_arena);
    gb_arena_close(&b.arena);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: door_cost FOLDER ROUNDS\n");
        return 64;
    }
    measure(argv[1], "party_building", "debezium", atol(argv[2]));
    measure(argv[1], "governance_grid", "canal", atol(argv[2]));
    return 0;
}
