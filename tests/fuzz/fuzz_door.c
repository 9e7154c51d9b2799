/* Any bytes through the whole door: envelope, mapping, refuse-list, intake records.
 *
 * The first byte says what the rest is: `c` the value of a Canal message, `d` of a Debezium event,
 * `k` a Debezium key with a null value. A door never fails: each record that comes out can be
 * written, is read back as the same bytes, and says why if it is dead. */
#include "base/check.h"
#include "codec/record_json.h"
#include "door_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REFUSE                                                                                     \
    "version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"], "                            \
    "categories: {s: [\"bad*\"]}}\nno_text: {s: [\"md*\"]}\n"
#define PLACES                                                                                     \
    "id,grid,village,town\n7,320312111217001,320312111217,320312111\n"                             \
    "8,,320312111217,320312111\n9,320312112001001,320312112001,320312112\n"
#define ENTITY                                                                                     \
    "zone: \"+08:00\"\nentities:\n  a.t:\n    entity: matter\n    key: [org, id]\n"                \
    "    replica_identity: full\n    version: {type: int, column: rev}\n"                          \
    "    town: {lookup: place, file: places.csv}\n"                                                \
    "    soft_delete: {column: st, deleted: [\"9\"]}\n    fields:\n"                               \
    "      category: {type: first, column: cats}\n"                                                \
    "      state: {type: join, columns: [st, sub]}\n"                                              \
    "      grid: {type: lookup, column: place, file: places.csv, member: grid}\n"                  \
    "      occurred_at: {type: micros_local, column: at, optional: true}\n"                        \
    "      deadline_at: {type: datetime_local, column: due, optional: true}\n"                     \
    "      updated_at: {type: iso, column: changed, optional: true}\n"                             \
    "      reporter: {type: holder, column: who, kind: user}\n"                                    \
    "      xref: {type: ref, column: peer, source: o, entity: matter, optional: true}\n"           \
    "      attachments: {type: hashes, column: files, optional: true}\n"                           \
    "    texts: {title: name}\n"

static const char canal[] = "version: 1\nsystem: s\nenvelope: {kind: canal}\n" ENTITY;
static const char debezium[] =
    "version: 1\nsystem: s\nenvelope: {kind: debezium, position: [lsn]}\n" ENTITY;

static struct gb_door *door_of(struct gb_str mapping)
{
    const struct door_texts texts = {mapping, GB_STR(REFUSE), GB_STR(PLACES), GB_STR("t")};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = door_made(&texts, &mistakes);

    GB_CHECK((door != NULL) == (mistakes.count == 0));
    gb_mistakes_close(&mistakes);
    return door;
}

static void check_row(struct gb_arena *arena, const struct gb_door_row *row, size_t len)
{
    const struct gb_record *rec = &row->record;
    struct gb_record again;
    struct gb_buf first = {0};
    struct gb_buf second = {0};
    struct gb_str one, two;

    GB_CHECK(row->lane < 8 && (rec->town.len == 0 || rec->town.len == 9));
    GB_CHECK(rec->src.len == (int64_t)len && gb_str_is(rec->h_src));
    GB_CHECK(rec->verdict != GB_DEAD || (gb_str_is(rec->reason) && gb_str_is(rec->detail)));
    GB_CHECK(rec->verdict == GB_ACCEPTED || rec->texts_count == 0);
    gb_record_write(&first, rec);
    gb_record_split(gb_buf_str(&first), &one, &two);
    GB_CHECK(gb_record_read(arena, one, two, &again, NULL) == GB_OK);
    gb_record_write(&second, &again);
    GB_CHECK(gb_str_eq(gb_buf_str(&first), gb_buf_str(&second)));
    gb_buf_close(&first);
    gb_buf_close(&second);
}

static void open_all(const struct gb_door *door, struct gb_str key, struct gb_str value)
{
    struct gb_source_record in = {.topic = GB_STR("t"), .key = key, .value = value};
    struct gb_door_rows rows;
    struct gb_arena arena;

    gb_arena_init(&arena, (size_t)256 << 20);
    gb_door_open(door, &in, GB_STR("seed"), &arena, &rows);
    GB_CHECK(rows.count > 0);
    for (size_t i = 0; i < rows.count; i++) {
        GB_CHECK(rows.items[i].record.src.index == (int32_t)i);
        check_row(&arena, &rows.items[i], key.len + value.len);
    }
    gb_arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gb_door *doors[2];
    struct gb_str rest = {(const char *)data + 1, size > 0 ? size - 1 : 0};

    if (doors[0] == NULL) {
        doors[0] = door_of(gb_str_of(canal));
        doors[1] = door_of(gb_str_of(debezium));
        GB_CHECK(doors[0] != NULL && doors[1] != NULL);
    }
    if (size == 0) {
        return 0;
    }
    switch (data[0]) {
    case 'c':
        open_all(doors[0], GB_STR_NONE, rest);
        break;
    case 'd':
        open_all(doors[1], GB_STR_NONE, rest);
        break;
    case 'k':
        open_all(doors[1], rest, GB_STR_NONE);
        break;
    }
    return 0;
}
