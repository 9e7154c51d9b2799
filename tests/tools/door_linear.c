/* Whether opening a record costs what its size says: a record of n bytes and one of eight times as
 * many, of each shape that could make a decoder work twice for the same byte.
 *
 *   door_linear BYTES    prints SHAPE_ratio= cost of 8 x BYTES over 8 times the cost of BYTES, and
 *                        SHAPE_ns= a byte; peak_mb at the end
 *
 * CPU time of this thread, the lowest of some rounds. `control` is a loop that is quadratic on
 * purpose: it shows what the ratio says of such a decoder. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "door_made.h"

#define TIMES 8U
#define ROUNDS 5
#define HEADERS 64

#define LISTS                                                                                      \
    "    replica_identity: full\n    town: {constant: \"320312111\"}\n    fields:\n"               \
    "      category: {type: first, column: list}\n      x_many: {type: list, column: many}\n"      \
    "      state: {type: code, column: st}\n      x_amount: {type: decimal, column: d}\n"          \
    "    texts: {title: t}\n    names: [who]\n"
static const char canal[] = "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: canal}\n"
                            "entities:\n  a.t:\n    entity: x_shape\n    key: [id]\n" LISTS;
static const char debezium[] =
    "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: debezium, position: [lsn]}\n"
    "entities:\n  a.t:\n    entity: x_shape\n    key: [id]\n" LISTS;

/* What stands before, between and behind the repeated part. */
struct shape {
    const char *name, *head, *part, *tail;
    bool is_canal, is_numbered; /* %u in the part counts */
};

#define ROW_HEAD                                                                                   \
    "{\"op\":\"c\",\"before\":null,\"source\":{\"schema\":\"a\",\"table\":\"t\",\"lsn\":1},"       \
    "\"after\":{\"id\":\"1\",\"st\":\"0\",\"list\":\"x\",\"many\":null,\"d\":null,"
#define ROW_TAIL ",\"t\":\"a\",\"who\":null}}"
#define CANAL_HEAD "{\"type\":\"UPDATE\",\"database\":\"a\",\"table\":\"t\",\"es\":1,\"data\":["
#define CANAL_ROW                                                                                  \
    "{\"id\":\"%u\",\"st\":\"0\",\"list\":\"x,y\",\"many\":null,\"d\":\"1.0\",\"t\":null,"         \
    "\"who\":null},"

static const struct shape shapes[] = {
    {"columns", ROW_HEAD, "\"c%u\":0,", "\"z\":0" ROW_TAIL, false, true},
    {"double_key", ROW_HEAD, "\"c%u\":0,", "\"c0\":0" ROW_TAIL, false, true},
    {"rows", CANAL_HEAD, CANAL_ROW, "{\"id\":\"x\"}],\"old\":null}", true, true},
    {"reals", ROW_HEAD "\"z\":[", "1.5e3,", "0]" ROW_TAIL, false, false},
    {"nested", ROW_HEAD "\"z\":[", "[[[[[[0]]]]]],", "0]" ROW_TAIL, false, false},
    {"open", ROW_HEAD "\"z\":", "[", "", false, false},
    {"blanks", ROW_HEAD, "  \n\t", "\"z\":0" ROW_TAIL, false, false},
    {"escapes", ROW_HEAD "\"z\":\"", "\\u8def\\n\\\"", "\"" ROW_TAIL, false, false},
    {"surrogates", ROW_HEAD "\"z\":\"", "\\ud83c\\udf27", "\"" ROW_TAIL, false, false},
    {"unclosed", ROW_HEAD "\"z\":\"", "\\\"\\\\", "", false, false},
    {"gbk", ROW_HEAD "\"z\":\"", "\xc2\xb7\xb5\xc6", "\"" ROW_TAIL, false, false},
    {"list", ROW_HEAD "\"many2\":0,\"list2\":\"", "x,y;", "\"" ROW_TAIL, false, false},
    {"digits", ROW_HEAD "\"z\":0,\"u\":\"", "13800000000 ", "\"" ROW_TAIL, false, false},
};

/* Shapes of a text of at most a megabyte, which the scrubber reads. */
static const char *const texts[][2] = {
    {"text_phones", "\xe7\x94\xb5\xe8\xaf\x9d" "13800000000\xef\xbc\x8c"},
    {"text_digits", "1"},
    {"text_groups", "320312 19490101 001X "},
    {"text_names", "\xe7\x8e\x8b\xe5\x85\x88\xe7\x94\x9f"},
    {"text_folded", "\xef\xbc\x91\xe3\x80\x87-"},
    {"text_mail", "a.b@c.d@"},
    {"text_plain", "\xe8\xb7\xaf\xe7\x81\xaf\xe4\xb8\x8d\xe4\xba\xae\xef\xbc\x8c"},
};

static double cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct gb_door *door_of(const char *mapping)
{
    const struct door_texts made = {
        .mapping = gb_str_of(mapping),
        .refuse = GB_STR("version: 1\nclasses: [{class: a, columns: [card]}]\nno_text: {s: []}\n"),
        .topic = GB_STR("t")};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = door_made(&made, &mistakes);

    if (door == NULL) {
        fprintf(stderr, "%.*s", (int)mistakes.lines.len, mistakes.lines.bytes);
        exit(1);
    }
    return door;
}

static double open_once(const struct gb_door *door, struct gb_str value)
{
    struct gb_source_header headers[HEADERS];
    struct gb_source_record in = {.topic = GB_STR("t"), .value = value, .headers = headers,
                                  .headers_count = HEADERS};
    struct gb_door_rows rows;
    struct gb_arena arena;
    double begin;

    for (int i = 0; i < HEADERS; i++) {
        headers[i] = (struct gb_source_header){GB_STR("ce_x"), value};
    }
    gb_arena_init(&arena, (size_t)256 << 20);
    begin = cpu_ns();
    gb_door_open(door, &in, GB_STR("seed"), &arena, &rows);
    begin = cpu_ns() - begin;
    GB_CHECK(rows.count > 0);
    gb_arena_close(&arena);
    return begin;
}

static double cost(const struct gb_door *door, struct gb_str value)
{
    double best = 1e18;

    for (int i = 0; i < ROUNDS; i++) {
        double once = open_once(door, value);

        best = once < best ? once : best;
    }
    return best;
}

static void fill(struct gb_buf *buf, const struct shape *s, size_t len)
{
    size_t tail = strlen(s->tail);

    gb_buf_clear(buf);
    gb_buf_add_str(buf, gb_str_of(s->head));
    for (uint32_t i = 0; buf->len + tail < len; i++) {
        if (s->is_numbered) {
            const char *at = strstr(s->part, "%u");

            gb_buf_add(buf, s->part, (size_t)(at - s->part));
            gb_buf_printf(buf, "%u", i);
            gb_buf_add_str(buf, gb_str_of(at + 2));
        } else {
            gb_buf_add_str(buf, gb_str_of(s->part));
        }
    }
    gb_buf_add_str(buf, gb_str_of(s->tail));
}

static void tell(const char *name, double small, double large, size_t len)
{
    printf("%s_ns=%.1f\n%s_ratio=%.2f\n", name, large / ((double)len * TIMES), name,
           large / (small * TIMES));
    (void)fflush(stdout);
}

static void measure(const struct gb_door *door, const struct shape *s, size_t len)
{
    struct gb_buf small = {0}, large = {0};

    fill(&small, s, len);
    fill(&large, s, len * TIMES);
    tell(s->name, cost(door, gb_buf_str(&small)), cost(door, gb_buf_str(&large)), len);
    gb_buf_close(&small);
    gb_buf_close(&large);
}

static void measure_text(const struct gb_door *door, const char *const *text, size_t len)
{
    struct shape s = {.name = text[0], .part = text[1], .tail = "\",\"who\":\"\xe7\x8e\x8b\"}}"};

    s.head = ROW_HEAD "\"t\":\"";
    measure(door, &s, len);
}

static double quadratic(size_t len)
{
    static volatile uint64_t sum;
    double begin = cpu_ns();

    for (size_t i = 0; i < len / 64; i++) {
        for (size_t j = 0; j < i; j++) {
            sum += j;
        }
    }
    begin = cpu_ns() - begin;
    GB_CHECK(sum > 0);
    return begin;
}

int main(int argc, char **argv)
{
    size_t len = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    struct gb_door *doors[2];
    struct rusage usage = {0};

    if (len < 1000 || len * TIMES > GB_SOURCE_BYTES_MAX) {
        fprintf(stderr, "usage: door_linear BYTES    from 1000 to %u\n",
                GB_SOURCE_BYTES_MAX / TIMES);
        return 64;
    }
    doors[0] = door_of(debezium);
    doors[1] = door_of(canal);
    for (size_t i = 0; i < GB_COUNT(shapes); i++) {
        measure(doors[shapes[i].is_canal], &shapes[i], len);
    }
    for (size_t i = 0; i < GB_COUNT(texts); i++) {
        measure_text(doors[0], texts[i], len / TIMES);
    }
    tell("control", quadratic(len), quadratic(len * TIMES), len);
    GB_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    printf("peak_mb=%ld\n", usage.ru_maxrss / 1024);
    gb_door_free(doors[0]);
    gb_door_free(doors[1]);
    return 0;
}
