/* The mapping language: one file that uses all of it, and each mistake with its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "door_fixture.h"

/* A good file; its lines are numbered from 1. */
static const char *const good[] = {
    "version: 1",                                                            /* 1 */
    "system: s",
    "zone: \"+08:00\"",
    "envelope: {kind: debezium, schema: either, position: [lsn], placeholder: gone}",
    "entities:",                                                             /* 5 */
    "  a.t:",
    "    entity: matter",
    "    key: [org, id]",
    "    replica_identity: full",
    "    version: {type: int, column: rev}",                                 /* 10 */
    "    town: {lookup: place, file: places.csv}",
    "    soft_delete: {column: st, deleted: [\"9\"]}",
    "    fields:",
    "      category: {type: first, column: cats}",
    "      state: {type: join, columns: [st, sub]}",                         /* 15 */
    "      level: {type: code, column: lv, optional: true}",
    "      grid: {type: lookup, column: place, file: places.csv, member: grid}",
    "      village: {type: lookup, column: place, file: places.csv, member: village}",
    "      occurred_at: {type: micros_local, column: at}",
    "      deadline_at: {type: datetime_local, column: due}",                /* 20 */
    "      updated_at: {type: iso, column: changed}",
    "      reporter: {type: holder, column: who, kind: user}",
    "      xref: {type: ref, column: peer, source: other, entity: matter, optional: true}",
    "      attachments: {type: hashes, column: files, optional: true}",
    "      claims_lead:",                                                    /* 25 */
    "        type: all",
    "        of:",
    "          - {column: dept, present: true}",
    "          - {column: st, equals: \"0\"}",
    "    texts: {title: name}",                                              /* 30 */
    "    ignore: [note]"};

/* The good file with one line replaced (0: none). */
static const char *with_line(struct gb_arena *arena, size_t number, const char *line)
{
    struct gb_buf text = {0};
    const char *whole;

    for (size_t i = 0; i < GB_COUNT(good); i++) {
        gb_buf_add_str(&text, gb_str_of(i + 1 == number ? line : good[i]));
        gb_buf_add_char(&text, '\n');
    }
    whole = gb_arena_str(arena, gb_buf_str(&text)).ptr;
    gb_buf_close(&text);
    return whole;
}

static struct gb_str field(const struct gb_df *df, const char *name)
{
    return gb_value_str(&df->rows.items[0].record.fields, gb_str_of(name));
}

#define EVENT                                                                                      \
    "{\"op\":\"c\",\"before\":null,\"after\":{\"org\":\"o\",\"id\":12,\"rev\":\"4\","              \
    "\"place\":\"7\",\"st\":\"0\",\"sub\":\"1\",\"cats\":\"1004,2001\",\"lv\":\" x \","            \
    "\"at\":1780304400500000,\"due\":\"2026-06-01 09:00:00\","                                     \
    "\"changed\":\"2026-06-01T01:00:00Z\",\"who\":\"U1\",\"peer\":\"77\",\"files\":null,"          \
    "\"dept\":\"d\",\"name\":\"路灯不亮\",\"note\":\"n\"},"                                        \
    "\"source\":{\"schema\":\"a\",\"table\":\"t\",\"lsn\":24}}"

static void every_form_is_read(void **state)
{
    struct gb_arena arena;
    struct gb_df df;
    struct gb_drift drift;
    const struct gb_record *rec;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    gb_df_begin(&df, with_line(&arena, 0, ""));
    assert_string_equal(gb_df_mistakes(&df), "");
    gb_df_open(&df, EVENT);
    assert_int_equal(df.rows.count, 1);
    rec = &df.rows.items[0].record;
    assert_int_equal(rec->verdict, GB_ACCEPTED);
    assert_true(gb_str_eq(rec->town, GB_STR("320312111")));
    assert_true(rec->version.has_column && rec->version.column == 4);
    assert_true(rec->version.parts_count == 1 && rec->version.parts[0] == 24);
    assert_true(gb_str_eq(field(&df, "category"), GB_STR("1004")));
    assert_true(gb_str_eq(field(&df, "state"), GB_STR("0/1")));
    assert_true(gb_str_eq(field(&df, "level"), GB_STR("x")));
    assert_true(gb_str_eq(field(&df, "grid"), GB_STR("320312111217001")));
    assert_true(gb_str_eq(field(&df, "village"), GB_STR("320312111217")));
    assert_true(gb_str_eq(field(&df, "xref"), GB_STR("other/matter/77")));
    assert_int_equal(field(&df, "reporter").len > 3, 1);
    assert_int_equal(gb_value_int(&rec->fields, GB_STR("occurred_at"), 0), 1780275600500);
    assert_int_equal(gb_value_int(&rec->fields, GB_STR("deadline_at"), 0), 1780275600000);
    assert_int_equal(gb_value_int(&rec->fields, GB_STR("updated_at"), 0), 1780275600000);
    assert_true(gb_value_bool(&rec->fields, GB_STR("claims_lead"), false));
    assert_int_equal(rec->texts_count, 1);
    assert_int_equal(gb_door_drift(df.door, &drift, 1), 0); /* note is known and left */
    gb_df_end(&df);
    gb_arena_close(&arena);
}

/* Parts may have 1,024 bytes each; a whole key has no more either, for the sake of indexes. */
static void keys_are_bounded(void **state)
{
    static const struct {
        size_t len;
        enum gb_verdict verdict;
    } cases[] = {{1021, GB_ACCEPTED}, {1022, GB_DEAD}, {1024, GB_DEAD}, {1025, GB_DEAD}};
    struct gb_arena arena;
    struct gb_df df;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    gb_df_begin(&df, with_line(&arena, 0, ""));
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        const char *org = strstr(EVENT, "\"org\":\"o\"") + 7;
        struct gb_buf text = {0};

        gb_buf_add(&text, EVENT, (size_t)(org - EVENT));
        for (size_t n = 0; n + 1 < cases[i].len; n++) {
            gb_buf_add_char(&text, 'o');
        }
        gb_buf_add_str(&text, gb_str_of(org));
        gb_buf_add_char(&text, '\0');
        gb_df_open(&df, text.bytes);
        assert_int_equal(df.rows.items[0].record.verdict, cases[i].verdict);
        gb_buf_close(&text);
    }
    gb_df_end(&df);
    gb_arena_close(&arena);
}

/* Line, what stands there instead, and where the mistake is told. */
static const struct {
    size_t line;
    const char *text, *at;
} mistakes[] = {
    {1, "version: 2", "mapping.yaml:1:10: "},
    {1, "", "mapping.yaml:2:1: "},
    {2, "sistem: s", "mapping.yaml:2:1: "},
    {2, "system: \"\"", "mapping.yaml:2:9: "},
    {3, "zone: Shanghai", "mapping.yaml:3:7: "},
    {3, "zone: \"+8:00\"", "mapping.yaml:3:7: "},
    {4, "envelope: {kind: oracle}", "mapping.yaml:4:18: "},
    {4, "envelope: {kind: debezium, shema: true}", "mapping.yaml:4:28: "},
    {4, "envelope: {kind: debezium, position: lsn}", "mapping.yaml:4:38: "},
    {6, "  a.t: {entity: matter}\n  b.t:", "mapping.yaml:6:8: "},
    {8, "    key: id", "mapping.yaml:8:10: "},
    {8, "    key: [a, b, c, d, e]", "mapping.yaml:8:10: "},
    {8, "    key: [id_card]", "mapping.yaml:8:11: "},
    {9, "    replica_identity: default", "mapping.yaml:11:11: "},
    {10, "    version: {type: code, column: rev}", "mapping.yaml:10:14: "},
    {10, "    version: {type: int}", "mapping.yaml:10:14: "},
    {11, "    town: {lookup: place, file: none.csv}", "mapping.yaml:11:33: "},
    {11, "    town: {}", "mapping.yaml:11:11: "},
    {11, "    town: {columm: x}", "mapping.yaml:11:12: "},
    {8, "    kye: [org, id]", "mapping.yaml:8:5: "},
    {12, "    soft_delete: {column: st}", "mapping.yaml:12:18: "},
    {12, "    soft_delete: {column: st, deleted: [\"1\"], live: [\"0\", \"1\"]}",
     "mapping.yaml:12:59: "},
    {13, "    felds:", "mapping.yaml:13:5: "},
    {14, "      category: {type: frist, column: cats}", "mapping.yaml:14:24: "},
    {14, "      kategory: {type: first, column: cats}", "mapping.yaml:14:7: "},
    {14, "      category: {column: cats}", "mapping.yaml:14:17: "},
    {14, "      category: {type: first, column: id_card}", "mapping.yaml:14:39: "},
    {15, "      state: {type: join, columns: [st]}", "mapping.yaml:15:14: "},
    {16, "      level: {type: int, column: lv}", "mapping.yaml:16:14: "},
    {16, "      level: {type: code, column: lv, optional: perhaps}", "mapping.yaml:16:49: "},
    {17, "      grid: {type: lookup, column: place, file: places.csv, member: street}",
     "mapping.yaml:17:69: "},
    {22, "      reporter: {type: holder, column: who}", "mapping.yaml:22:17: "},
    {23, "      xref: {type: ref, column: peer, entity: matter}", "mapping.yaml:23:13: "},
    {28, "          - {column: dept, present: false}", "mapping.yaml:28:13: "},
    {28, "          - dept", "mapping.yaml:28:13: "},
    {30, "    texts: [name]", "mapping.yaml:30:12: "},
    {2, "system: other", "mapping.yaml:30:12: no_text of the refuse-list does not name other"},
    {14, "      x_a: {type: code, column: x}", "mapping.yaml:30:12: texts need a field category"},
    {7, "    entity: log", "mapping.yaml:30:12: texts: only a matter carries texts"},
    {30, "    texts: {title: phone_card}", "mapping.yaml:30:20: "},
    {31, "    ignore: [note]\n    ignore: [more]", "mapping.yaml:32:5: "},
    {31, "    ignore: note", "mapping.yaml:31:13: must be a list"},
    {31, "    ignore: [note, \"\", [x]]", "mapping.yaml:31:20: expected the name of a column"},
};

static void each_mistake_has_line_and_column(void **state)
{
    uint32_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < GB_COUNT(mistakes); i++) {
        struct gb_arena arena;
        struct gb_df df;

        gb_arena_init(&arena, 1 << 20);
        gb_df_begin(&df, with_line(&arena, mistakes[i].line, mistakes[i].text));
        if (df.door != NULL || strstr(gb_df_mistakes(&df), mistakes[i].at) == NULL) {
            print_error("%s: wanted %s, got %s\n", mistakes[i].text, mistakes[i].at,
                        gb_df_mistakes(&df));
            wrong++;
        }
        gb_df_end(&df);
        gb_arena_close(&arena);
    }
    assert_int_equal(wrong, 0);
}

/* Not the first mistake alone: all of them. */
static void all_mistakes_are_told(void **state)
{
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, "version: 1\nsystem: s\nzone: x\nenvelope: {kind: y}\nentities:\n  a.t:\n"
                     "    entity: matter\n    key: []\n    town: {constant: \"1\"}\n"
                     "    fields: {state: {type: z, column: c}}\n");
    assert_null(df.door);
    assert_non_null(strstr(gb_df_mistakes(&df), "mapping.yaml:3:7: "));
    assert_non_null(strstr(gb_df_mistakes(&df), "mapping.yaml:4:18: "));
    assert_non_null(strstr(gb_df_mistakes(&df), "mapping.yaml:8:10: "));
    assert_non_null(strstr(gb_df_mistakes(&df), "mapping.yaml:10:28: "));
    gb_df_end(&df);
}

/* What is missing hides nothing of what stands there. */
static void missing_keys_hide_nothing(void **state)
{
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, "sistem: s\nentities:\n  a.t:\n    entity: mater\n    kye: [id]\n"
                     "    soft_delete: {colum: x}\n    fields: {state: {type: z, column: c}}\n"
                     "  b.t: 7\n");
    for (size_t i = 0; i < 12; i++) {
        static const char *const wanted[12] = {
            "mapping.yaml:1:1: unknown key \"sistem\"", "key \"version\" is missing",
            "zone: expected a text", "key \"envelope\" is missing",
            "mapping.yaml:4:13: ", "mapping.yaml:5:5: unknown key \"kye\"",
            "mapping.yaml:4:5: key \"key\" is missing", "mapping.yaml:4:5: key \"town\" is missing",
            "mapping.yaml:6:19: unknown key \"colum\"", "mapping.yaml:6:18: expected column",
            "mapping.yaml:7:28: ", "mapping.yaml:8:8: must be a map"};

        if (strstr(gb_df_mistakes(&df), wanted[i]) == NULL) {
            fail_msg("no %s in:\n%s", wanted[i], gb_df_mistakes(&df));
        }
    }
    gb_df_end(&df);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read),
        cmocka_unit_test(keys_are_bounded),
        cmocka_unit_test(each_mistake_has_line_and_column),
        cmocka_unit_test(all_mistakes_are_told),
        cmocka_unit_test(missing_keys_hide_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
