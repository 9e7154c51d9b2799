/* A day in any order: the records of a generated folder (examples/generator, any entities), played
 * once as they stand and then in orders drawn at random that keep each row's own.
 *   day_orders GENERATED FROM TO [broken]
 * Every source record goes through the door once; what comes out is stepped by a core of its own
 * for each order, while the clock stands; ticks follow until all is counted, and some days later.
 * Compared is all that the core then says of each matter, post, contact and day of visits, and
 * which overlaps of matters are open, but for what is history by nature: ids and versions of
 * matters (tests/laws/laws.c, law `order`, has the reasons), what was written back to whom (an
 * entry is made where none is known yet), and in whose network visits count that were over when a
 * first load told them (core/visit.c: with the posts that were known then).
 * Prints figures; for each wrong order, up to three, the first line that differs. Exit 1 if any was
 * wrong. With `broken` the orders do not keep each row's own: who finds nothing then is blind. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/map.h"
#include "codec/door.h"
#include "codec/json.h"
#include "codec/policy_load.h"
#include "core/core.h"
#include "core/day.h"
#include "core/said.h"
#include "shell/files.h"

#define HOUR INT64_C(3600000)
#define TICKS 60

struct row_steps {
    struct gb_str key;
    uint32_t *at; /* places in steps, in their order */
    uint32_t count, size, next;
};

struct day {
    struct gb_arena arena;
    const char *generated;
    const struct gb_policy *policy;
    struct gb_record *steps;
    uint32_t count, size;
    struct gb_map rows; /* struct row_steps by "source/entity/key" */
    struct row_steps **row_of;
    uint32_t accepted;
    int64_t clock; /* ms: an hour after the last record */
};

/* What a core says at the end, line by line, sorted. */
struct outcome {
    const struct day *day;
    struct gb_arena arena;
    struct gb_str *lines;
    uint32_t count, size;
    uint64_t by[5]; /* enum gb_outcome */
    uint32_t told[GB_TABLE_COUNT];
    bool is_balanced;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "day_orders: %s: %s\n", what, why);
    exit(2);
}

static struct gb_files *folder(struct day *day, const char *path)
{
    struct gb_files *files = gb_arena_take(&day->arena, sizeof(*files));
    struct gb_err err = {0};

    if (gb_files_read(path, &day->arena, files, &err) != GB_OK) {
        die(path, err.text);
    }
    return files;
}

static const char *below(struct day *day, const char *name)
{
    return gb_arena_printf(&day->arena, "%s/%s", day->generated, name).ptr;
}

static struct gb_door *open_door(struct day *day)
{
    const struct gb_files *lookups = folder(day, below(day, "lookups"));
    struct gb_door_source sources[] = {
        {.name = GB_STR("party_building"), .topic = GB_STR("party.*"),
         .adapter = folder(day, GB_SOURCE_DIR "/adapters/party_building"), .lookups = lookups},
        {.name = GB_STR("governance_grid"), .topic = GB_STR("grid.*"),
         .adapter = folder(day, GB_SOURCE_DIR "/adapters/governance_grid"), .lookups = lookups},
        {.name = GB_STR("command_centre"), .topic = GB_STR("centre.*"),
         .adapter = folder(day, GB_SOURCE_DIR "/adapters/command_centre"), .lookups = lookups}};
    char bytes[32];
    bool has_centre = gb_files_get(lookups, GB_STR("centre_units.csv")) != NULL;
    struct gb_door_config config = {
        .cluster = GB_STR("c"), .salt = GB_STR("0123456789abcdef0123456789abcdef"),
        .join_key = {bytes, sizeof(bytes)}, .join_key_id = GB_STR("j1"), /* holders.csv's */
        .lanes_count = 1,
        .refuse = gb_files_get(folder(day, GB_SOURCE_DIR "/examples/tangzhang"),
                               GB_STR("refuse.yaml")),
        .sources = sources, .sources_count = GB_COUNT(sources) - !has_centre};
    const struct gb_file *key = gb_files_get(folder(day, GB_SOURCE_DIR "/examples/tangzhang/keys"),
                                             GB_STR("join.key"));
    struct gb_mistakes mistakes = {0};
    struct gb_door *door;

    for (size_t i = 0; i < 32; i++) {
        char pair[3] = {0};

        GB_CHECK(key != NULL && key->bytes.len >= 64);
        memcpy(pair, key->bytes.ptr + 2 * i, 2);
        bytes[i] = (char)strtol(pair, NULL, 16);
    }
    door = gb_door_new(&config, &mistakes);
    if (door == NULL) {
        die("door", gb_arena_str(&day->arena, gb_buf_str(&mistakes.lines)).ptr);
    }
    return door;
}

static void load_policy(struct day *day)
{
    struct gb_mistakes mistakes = {0};

    day->policy = gb_policy_load(&day->arena, folder(day, below(day, "policy")), &mistakes);
    if (day->policy == NULL) {
        die("policy", gb_arena_str(&day->arena, gb_buf_str(&mistakes.lines)).ptr);
    }
}

static void *grown(void *items, uint32_t count, uint32_t *size, size_t each)
{
    if (count < *size) {
        return items;
    }
    *size = *size * 2 + 64;
    items = realloc(items, *size * each);
    GB_CHECK(items != NULL);
    return items;
}

/* Rows without a key (broken records) are rows of their own. */
static void add_step(struct day *day, const struct gb_record *rec)
{
    struct gb_str key = gb_arena_printf(&day->arena, "%.*s/%.*s/%.*s", GB_STR_ARG(rec->source),
                                        GB_STR_ARG(rec->entity), GB_STR_ARG(rec->key));
    struct row_steps *row;

    if (!gb_str_is(rec->key)) {
        key = gb_arena_printf(&day->arena, "%.*s %u", GB_STR_ARG(key), day->count);
    }
    row = gb_map_get(&day->rows, key);
    if (row == NULL) {
        row = gb_arena_take(&day->arena, sizeof(*row));
        *row = (struct row_steps){.key = key};
        (void)gb_map_put(&day->rows, row->key, row);
    }
    row->at = grown(row->at, row->count, &row->size, sizeof(row->at[0]));
    row->at[row->count++] = day->count;
    day->steps = grown(day->steps, day->count, &day->size, sizeof(day->steps[0]));
    day->steps[day->count++] = *rec;
    day->accepted += rec->verdict == GB_ACCEPTED;
}

static void read_file(struct day *day, const struct gb_door *door, const char *name)
{
    FILE *file = fopen(below(day, name), "rb");
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    while (file != NULL && (len = getline(&line, &size, file)) > 0) {
        struct gb_door_rows rows;
        struct gb_value v;
        struct gb_err err;
        struct gb_str text = gb_arena_str(&day->arena, (struct gb_str){line, (size_t)len});

        if (gb_json_parse(&day->arena, text, &v, &err) != GB_OK) {
            die(name, err.text);
        }
        const struct gb_source_record in = {
            .topic = gb_value_str(&v, GB_STR("topic")),
            .partition = (int32_t)gb_value_int(&v, GB_STR("partition"), 0),
            .offset = day->count,
            .key = gb_value_str(&v, GB_STR("key")),
            .value = gb_value_str(&v, GB_STR("value"))};

        day->clock = gb_value_int(&v, GB_STR("timestamp"), 0) + HOUR > day->clock
                         ? gb_value_int(&v, GB_STR("timestamp"), 0) + HOUR
                         : day->clock;
        gb_door_open(door, &in, GB_STR("no secret"), &day->arena, &rows);
        for (size_t i = 0; i < rows.count; i++) {
            add_step(day, &rows.items[i].record);
        }
    }
    free(line);
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void read_day(struct day *day, const char *generated)
{
    static const char *const files[] = {"party.jsonl", "grid.jsonl", "centre.jsonl"};
    struct gb_door *door;

    day->generated = generated;
    gb_arena_init(&day->arena, (size_t)1 << 34);
    load_policy(day);
    door = open_door(day);
    for (size_t i = 0; i < GB_COUNT(files); i++) {
        read_file(day, door, files[i]);
    }
    day->row_of = gb_arena_take(&day->arena, (day->count + 1) * sizeof(day->row_of[0]));
    for (size_t i = 0; i < day->rows.size; i++) {
        struct row_steps *row = day->rows.slots[i].value;

        for (uint32_t n = 0; gb_str_is(day->rows.slots[i].key) && n < row->count; n++) {
            day->row_of[row->at[n]] = row;
        }
    }
}

/* ---- one order ---- */

static uint32_t draw(uint64_t *seed, uint32_t below_this)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((*seed >> 33) % below_this);
}

/* seed 0: as they stand. Each row's steps then take that row's places in their own order. */
static void draw_order(struct day *day, uint64_t seed, bool is_broken, uint32_t *order)
{
    for (uint32_t i = 0; i < day->count; i++) {
        order[i] = i;
        day->row_of[i]->next = 0;
    }
    for (uint32_t i = day->count; seed > 0 && i > 1; i--) {
        uint32_t j = draw(&seed, i);
        uint32_t swap = order[i - 1];

        order[i - 1] = order[j];
        order[j] = swap;
    }
    for (uint32_t i = 0; i < day->count && !is_broken; i++) {
        struct row_steps *row = day->row_of[order[i]];

        order[i] = row->at[row->next++];
    }
}

struct play {
    const struct day *day;
    struct gb_core *core;
    struct gb_arena arena; /* of one step */
    struct outcome *outcome;
    uint64_t index;
};

static void step(struct play *play, struct gb_record *rec)
{
    struct gb_step s = {.arena = &play->arena, .index = play->index};

    rec->session = GB_STR("s");
    rec->n = (int64_t)play->index++;
    gb_core_step(play->core, rec, &s);
    play->outcome->by[s.outcome] += rec->kind == GB_KIND_OBSERVATION;
    gb_arena_reset(&play->arena);
}

static void step_json(struct play *play, enum gb_kind kind, struct gb_str fields)
{
    struct gb_record rec = {.kind = kind, .town = GB_STR("")};

    if (gb_json_parse(&play->arena, fields, &rec.fields, NULL) != GB_OK) {
        die("fields", fields.ptr);
    }
    step(play, &rec);
}

/* from, to: the records that this tick covers. */
static void tick(struct play *play, int64_t clock, uint32_t from, uint32_t to)
{
    step_json(play, GB_KIND_TICK,
              gb_arena_printf(&play->arena,
                              "{\"clock\":%" PRId64 ",\"streams\":[{\"from\":%u,\"id\":\"c/day/0\","
                              "\"sent\":%u,\"to\":%u}]}", clock, from, to - from, to));
}

static void play_steps(struct play *play, const uint32_t *order)
{
    const struct day *day = play->day;

    tick(play, day->clock, 0, 0);
    step_json(play, GB_KIND_POLICY,
              gb_arena_printf(&play->arena, "{\"bundle\":\"%.*s\"}",
                              GB_STR_ARG(day->policy->hash)));
    for (uint32_t i = 0; i < day->count; i++) {
        struct gb_record rec = day->steps[order[i]];

        rec.src = (struct gb_coord){.cluster = GB_STR("c"), .topic = GB_STR("day"), .offset = i};
        step(play, &rec);
    }
    tick(play, day->clock + 1000, 0, day->count);
    for (int i = 0; i < TICKS; i++) {
        tick(play, day->clock + 2000 + i, day->count, day->count);
    }
    for (int i = 0; i < TICKS; i++) {
        tick(play, day->clock + 100 * HOUR + i, day->count, day->count);
    }
}

/* ---- what it comes to ---- */

static bool is_history(struct gb_str name)
{
    return gb_str_eq(name, GB_STR("id")) || gb_str_eq(name, GB_STR("version")) ||
           gb_str_eq(name, GB_STR("writebacks"));
}

/* The day is so long ago that nobody waits for what else is told of it. */
static bool is_past(const struct day *day, const struct gb_value *visit)
{
    struct gb_str text = gb_value_str(visit, GB_STR("day"));
    int64_t ms = 0;

    return gb_day_ms(text, &ms) && ms + GB_DAY_MS + GB_VISIT_KEEP_MS < day->clock;
}

static bool is_compared(const struct day *day, const struct gb_row *row,
                        const struct gb_value *value, struct gb_str name)
{
    if (row->table == GB_TABLE_MATTER) {
        return !is_history(name);
    }
    if (row->table == GB_TABLE_VISIT && gb_str_eq(name, GB_STR("credits"))) {
        return !is_past(day, value);
    }
    return !gb_str_eq(name, GB_STR("version"));
}

/* Overlaps open by matter: bits of their kinds. What time made begins anew for a matter that was
 * parted, and crowded evidence is told at the matter of whichever record came last. */
static void note_overlap(struct outcome *o, struct gb_map *open, const struct gb_value *v)
{
    enum gb_overlap_kind kind = gb_overlap_of(gb_value_str(v, GB_STR("kind")));
    struct gb_str matter = gb_value_str(v, GB_STR("matter"));
    uint64_t *bits = gb_map_get(open, matter);

    if (!gb_str_is(matter) || kind == GB_OVERLAP_CONTRADICTORY || kind == GB_OVERLAP_CROWDED ||
        !gb_str_eq(gb_value_str(v, GB_STR("state")), GB_STR("open"))) {
        return;
    }
    if (bits == NULL) {
        bits = gb_arena_take(&o->arena, sizeof(*bits));
        *bits = 0;
        (void)gb_map_put(open, matter, bits);
    }
    *bits |= UINT64_C(1) << kind;
}

static void write_line(struct outcome *o, const struct gb_map *open, const struct gb_row *row,
                       const struct gb_value *parsed)
{
    const struct day *day = o->day;
    const struct gb_value *value = gb_value_get(parsed, GB_STR("value"));
    const uint64_t *bits = gb_map_get(open, row->key);
    struct gb_buf line = {0};
    struct gb_jsonw w;

    gb_buf_printf(&line, "%.*s", GB_STR_ARG(gb_table_word(row->table)));
    for (uint32_t i = 0; value != NULL && i < value->count; i++) {
        const struct gb_member *m = &value->members[i];

        if (is_compared(day, row, value, m->name)) {
            gb_buf_printf(&line, " %.*s=", GB_STR_ARG(m->name));
            gb_jsonw_init(&w, &line);
            gb_jsonw_value(&w, &m->value);
        }
    }
    gb_buf_printf(&line, " open=%" PRIx64, bits != NULL ? *bits : 0);
    o->lines = grown(o->lines, o->count, &o->size, sizeof(o->lines[0]));
    o->lines[o->count++] = gb_arena_str(&o->arena, gb_buf_str(&line));
    o->told[row->table]++;
    gb_buf_close(&line);
}

static bool is_told(const struct gb_row *row)
{
    return !row->is_deleted &&
           (row->table == GB_TABLE_MATTER || row->table == GB_TABLE_POST ||
            row->table == GB_TABLE_CONTACT || row->table == GB_TABLE_VISIT);
}

static int by_text(const void *a, const void *b)
{
    return gb_str_cmp(*(const struct gb_str *)a, *(const struct gb_str *)b);
}

static void read_rows(struct outcome *o, struct gb_core *core)
{
    struct gb_rows rows = {0};
    struct gb_map open = {0};
    struct gb_value parsed;

    gb_core_flush(core, &o->arena, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        if (rows.items[i].table == GB_TABLE_OVERLAP && !rows.items[i].is_deleted) {
            GB_CHECK(gb_json_parse(&o->arena, rows.items[i].row, &parsed, NULL) == GB_OK);
            note_overlap(o, &open, &parsed);
        }
    }
    for (uint32_t i = 0; i < rows.count; i++) {
        if (is_told(&rows.items[i])) {
            GB_CHECK(gb_json_parse(&o->arena, rows.items[i].row, &parsed, NULL) == GB_OK);
            write_line(o, &open, &rows.items[i], &parsed);
        }
    }
    gb_map_close(&open);
    qsort(o->lines, o->count, sizeof(o->lines[0]), by_text);
}

static void play_order(const struct day *day, const uint32_t *order, struct outcome *o)
{
    struct play play = {.day = day, .core = gb_core_new(0), .outcome = o};

    *o = (struct outcome){.day = day};
    gb_arena_init(&o->arena, (size_t)1 << 33);
    gb_arena_init(&play.arena, (size_t)1 << 28);
    gb_core_offer_policy(play.core, day->policy);
    play_steps(&play, order);
    read_rows(o, play.core);
    o->is_balanced = gb_core_is_balanced(play.core, NULL);
    gb_core_free(play.core);
    gb_arena_close(&play.arena);
}

static void end_outcome(struct outcome *o)
{
    free(o->lines);
    gb_arena_close(&o->arena);
}

/* The first line that stands in one alone. */
static bool is_same(const struct outcome *a, const struct outcome *b, uint64_t seed, bool is_quiet)
{
    for (uint32_t i = 0; i < a->count || i < b->count; i++) {
        struct gb_str one = i < a->count ? a->lines[i] : GB_STR("nothing");
        struct gb_str other = i < b->count ? b->lines[i] : GB_STR("nothing");

        if (!gb_str_eq(one, other)) {
            if (!is_quiet) {
                printf("wrong order %" PRIu64 "\n  one   %.*s\n  other %.*s\n", seed,
                       GB_STR_ARG(one), GB_STR_ARG(other));
            }
            return false;
        }
    }
    return memcmp(a->by, b->by, sizeof(a->by)) == 0 || is_quiet;
}

int main(int argc, char **argv)
{
    static struct day day;
    struct outcome base;
    uint32_t *order;
    uint32_t wrong = 0;
    uint32_t unbalanced = 0;
    uint64_t from, to;

    if (argc < 4) {
        die("usage", "day_orders GENERATED FROM TO [broken]");
    }
    from = strtoull(argv[2], NULL, 10);
    to = strtoull(argv[3], NULL, 10);
    read_day(&day, argv[1]);
    order = gb_arena_take(&day.arena, (day.count + 1) * sizeof(order[0]));
    draw_order(&day, 0, false, order);
    play_order(&day, order, &base);
    printf("records=%u accepted=%u rows=%zu\n", day.count, day.accepted, day.rows.count);
    printf("matters=%u posts=%u contacts=%u visits=%u\n", base.told[GB_TABLE_MATTER],
           base.told[GB_TABLE_POST], base.told[GB_TABLE_CONTACT], base.told[GB_TABLE_VISIT]);
    unbalanced += !base.is_balanced;
    for (uint64_t seed = from; seed <= to; seed++) {
        struct outcome one;

        draw_order(&day, seed, argc > 4, order);
        play_order(&day, order, &one);
        unbalanced += !one.is_balanced;
        wrong += !is_same(&base, &one, seed, wrong >= 3);
        end_outcome(&one);
    }
    end_outcome(&base);
    printf("permutations=%" PRIu64 " wrong=%u unbalanced=%u\n", to - from + 1, wrong, unbalanced);
    return wrong + unbalanced > 0 ? 1 : 0;
}
