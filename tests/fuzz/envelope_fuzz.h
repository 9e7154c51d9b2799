/* What the targets of the envelopes share: one door for an envelope, every form of a field, and
 * the input as key, headers and value.
 *
 * An input is KEY 0x00 HEADER 0x00 VALUE; a missing part is absent. A door never fails: what comes
 * out can be written and is read back as the same bytes, and says why if it is dead. */
#ifndef TESTS_FUZZ_ENVELOPE_FUZZ_H
#define TESTS_FUZZ_ENVELOPE_FUZZ_H

#include "base/check.h"
#include "codec/record_json.h"
#include "door_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_FIELDS                                                                                \
    "      code: {type: code, column: a, excel: true, fold: [width, numerals, building]}\n"        \
    "      first: {type: first, column: b}\n"                                                      \
    "      join: {type: join, columns: [a, b]}\n"                                                  \
    "      count: {type: int, column: c}\n"                                                        \
    "      at: {type: micros_local, column: d}\n"                                                  \
    "      wall: {type: datetime_local, column: e, accept: [glued, compact, net]}\n"               \
    "      utc: {type: datetime_utc, column: e}\n"                                                 \
    "      iso: {type: iso_local, column: f}\n"                                                    \
    "      days: {type: days, column: g}\n"                                                        \
    "      day: {type: date, column: h, accept: [glued, compact]}\n"                               \
    "      clock: {type: clock, column: i, unit: micros}\n"                                        \
    "      lasted: {type: interval, column: j}\n"                                                  \
    "      flag: {type: bool, column: k}\n"                                                        \
    "      amount: {type: decimal, column: l}\n"                                                   \
    "      exact: {type: unscaled, column: m, scale: 2}\n"                                         \
    "      big: {type: unsigned, column: n}\n"                                                     \
    "      bits: {type: bits, column: o}\n"                                                        \
    "      kind: {type: enum, column: p, by: number, labels: [x, y]}\n"                            \
    "      roles: {type: set, column: q, by: number, labels: [x, y]}\n"                            \
    "      list: {type: list, column: r}\n"
#define FUZZ_MORE                                                                                  \
    "      path: {type: path, column: a}\n"                                                        \
    "      ordinal: {type: ordinal, column: b}\n"                                                  \
    "      household: {type: household, column: c, optional: true}\n"                              \
    "      files: {type: hashes, column: r}\n"                                                     \
    "      ref: {type: ref, column: a, source: o, entity: matter}\n"
#define FUZZ_TABLE(name, fields)                                                                   \
    "  " name ":\n    entity: x_fuzz\n    key: [place, {column: a, type: code}]\n"                 \
    "    replica_identity: full\n    town: {prefix: place}\n"                                      \
    "    soft_delete: {column: s, deleted: [\"1\"], live: [\"0\"]}\n    fields:\n" fields          \
    "    counters: [{entity: x_count, column: c, fields: {n: {type: int, column: c}}}]\n"          \
    "    texts: {title: t}\n    names: [u]\n"

static inline struct gb_door *fuzz_door(const char *mapping)
{
    const struct door_texts texts = {
        .mapping = gb_str_of(mapping),
        .refuse = GB_STR("version: 1\nclasses:\n  - {class: secret, columns: [\"*card*\"]}\n"),
        .topic = GB_STR("*")};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = door_made(&texts, &mistakes);

    GB_CHECK(door != NULL && mistakes.count == 0);
    gb_mistakes_close(&mistakes);
    return door;
}

static inline void fuzz_check(struct gb_arena *arena, const struct gb_record *rec)
{
    struct gb_record again;
    struct gb_buf first = {0}, second = {0};
    struct gb_str one, two;

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

/* The part before the next 0x00; rest is what follows. The last part takes all. */
static inline struct gb_str fuzz_part(struct gb_str *rest, bool is_last)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, 0, rest->len) : NULL;
    struct gb_str part = *rest;

    if (is_last || end == NULL) {
        *rest = GB_STR_NONE;
        return part.len > 0 ? part : GB_STR_NONE;
    }
    part.len = (size_t)(end - rest->ptr);
    *rest = (struct gb_str){end + 1, rest->len - part.len - 1};
    return part.len > 0 ? part : GB_STR_NONE;
}

static inline int fuzz_run(const char *mapping, const uint8_t *data, size_t size)
{
    static struct gb_door *door;
    struct gb_str rest = {(const char *)data, size};
    struct gb_source_header headers[4] = {{GB_STR("ce_specversion"), GB_STR("1.0")},
                                          {GB_STR("ce_id"), GB_STR("1")},
                                          {GB_STR("ce_source"), GB_STR("/s")},
                                          {GB_STR("ce_type"), GB_STR("a.t")}};
    struct gb_source_record in = {.topic = GB_STR("p.a.t"), .headers = headers,
                                  .headers_count = 4};
    struct gb_door_rows rows;
    struct gb_arena arena;

    if (door == NULL) {
        door = fuzz_door(mapping);
    }
    in.key = fuzz_part(&rest, false);
    struct gb_str header = fuzz_part(&rest, false);

    in.value = fuzz_part(&rest, true);
    if (gb_str_is(header)) {
        headers[header.len % 4].value = header;
    }
    gb_arena_init(&arena, (size_t)256 << 20);
    gb_door_open(door, &in, GB_STR("seed"), &arena, &rows);
    GB_CHECK(rows.count > 0);
    for (size_t i = 0; i < rows.count; i++) {
        GB_CHECK(rows.items[i].record.src.index == (int32_t)i && rows.items[i].lane < 8);
        fuzz_check(&arena, &rows.items[i].record);
    }
    gb_arena_close(&arena);
    return 0;
}

#define FUZZ_MAPPING(envelope, table)                                                              \
    "version: 1\nsystem: s\nzone: \"+08:00\"\nreplaced_codes: {\"320323\": \"320312\"}\n"          \
    "envelope: {" envelope "}\nentities:\n" FUZZ_TABLE(table, FUZZ_FIELDS)                         \
    FUZZ_TABLE("a.v", FUZZ_MORE)
#define FUZZ_TARGET(envelope, table)                                                               \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                   \
    {                                                                                              \
        return fuzz_run(FUZZ_MAPPING(envelope, table), data, size);                                \
    }

#endif
