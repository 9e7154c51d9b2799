/* Canal's flat messages through the door: rows of a message, old images, what is ignored, and what
 * is wrong with its JSON path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "door_fixture.h"

#define MAPPING                                                                                    \
    "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: canal}\nentities:\n  a.t:\n"        \
    "    entity: matter\n    key: [id]\n    replica_identity: full\n"                              \
    "    town: {lookup: place, file: places.csv}\n"                                                \
    "    soft_delete: {column: gone, deleted: [\"1\"]}\n"                                          \
    "    fields:\n      state: {type: code, column: st}\n"
#define MESSAGE(type, rest) "{\"type\":\"" type "\",\"database\":\"a\",\"table\":\"t\"," rest "}"
#define ROW(id, place, st)                                                                         \
    "{\"id\":\"" id "\",\"place\":\"" place "\",\"st\":\"" st "\",\"gone\":\"0\"}"

static void each_row_is_a_record(void **state)
{
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, MAPPING);
    assert_string_equal(gb_df_mistakes(&df), "");
    gb_df_open(&df, MESSAGE("INSERT", "\"es\":\"17\",\"isDdl\":false,\"data\":[" ROW("1", "7", "0")
                            "," ROW("2", "8", "1") "]"));
    assert_int_equal(df.rows.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct gb_record *rec = &df.rows.items[i].record;

        assert_int_equal(rec->verdict, GB_ACCEPTED);
        assert_int_equal(rec->op, GB_OP_PUT);
        assert_int_equal(rec->src.index, i);
        assert_true(rec->src.offset == 5 && rec->src.len > 100);
        assert_int_equal(rec->version.parts_count, 1);
        assert_int_equal(rec->version.parts[0], 17);
        assert_true(gb_str_eq(rec->town, GB_STR("320312111")));
        assert_true(gb_str_eq(gb_value_str(&rec->fields, GB_STR("state")),
                              i == 0 ? GB_STR("0") : GB_STR("1")));
    }
    gb_df_end(&df);
}

/* `old` holds changed columns only: the rest of the old image is in the new one. */
static void old_lies_over_the_new_image(void **state)
{
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, MAPPING);
    gb_df_open(&df, MESSAGE("UPDATE", "\"es\":1,\"data\":[" ROW("1", "7", "1") "],"
                            "\"old\":[{\"st\":\"0\"}]"));
    assert_int_equal(df.rows.count, 1);
    assert_int_equal(df.rows.items[0].record.op, GB_OP_PUT);
    gb_df_open(&df, MESSAGE("UPDATE", "\"es\":1,\"data\":[" ROW("1", "9", "1") "],"
                            "\"old\":[{\"place\":\"7\"}]"));
    assert_int_equal(df.rows.count, 2);
    assert_int_equal(df.rows.items[0].record.op, GB_OP_LEAVE);
    assert_true(gb_str_eq(df.rows.items[0].record.town, GB_STR("320312111")));
    assert_int_equal(df.rows.items[1].record.op, GB_OP_ENTER);
    assert_true(gb_str_eq(df.rows.items[1].record.town, GB_STR("320312112")));
    gb_df_open(&df, MESSAGE("UPDATE", "\"es\":1,\"data\":[" ROW("2", "7", "1") "],"
                            "\"old\":[{\"id\":\"1\"}]"));
    assert_int_equal(df.rows.count, 2); /* a new key: the old one is deleted */
    assert_int_equal(df.rows.items[0].record.op, GB_OP_DELETE);
    assert_true(gb_str_eq(df.rows.items[0].record.key, GB_STR("1")));
    assert_int_equal(df.rows.items[1].record.op, GB_OP_PUT);
    gb_df_end(&df);
}

static void deletes(void **state)
{
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, MAPPING);
    gb_df_open(&df, MESSAGE("DELETE", "\"es\":1,\"data\":[" ROW("1", "7", "1") "]"));
    assert_int_equal(df.rows.count, 1);
    assert_int_equal(df.rows.items[0].record.op, GB_OP_DELETE);
    assert_int_equal(df.rows.items[0].record.fields.type, GB_NULL);
    gb_df_open(&df, MESSAGE("UPDATE", "\"es\":1,\"data\":[{\"id\":\"1\",\"place\":\"7\","
                            "\"st\":\"1\",\"gone\":\"1\"}],\"old\":[{\"gone\":\"0\"}]"));
    assert_int_equal(df.rows.count, 1); /* the mark of a soft delete */
    assert_int_equal(df.rows.items[0].record.op, GB_OP_DELETE);
    gb_df_end(&df);
}

static void what_holds_no_row_is_ignored(void **state)
{
    static const char *const cases[] = {
        "{\"type\":\"QUERY\",\"database\":\"\",\"table\":\"\",\"sql\":\"x\",\"data\":null}",
        MESSAGE("ALTER", "\"isDdl\":true,\"sql\":\"ALTER TABLE t\",\"data\":null"),
        "{\"type\":\"INSERT\",\"database\":\"a\",\"table\":\"other\",\"data\":[{}]}"};
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, MAPPING);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        gb_df_open(&df, cases[i]);
        assert_int_equal(df.rows.count, 1);
        assert_int_equal(df.rows.items[0].record.verdict, GB_IGNORED);
        assert_true(gb_str_is(df.rows.items[0].record.reason));
    }
    gb_df_end(&df);
}

static void mistakes_name_their_path(void **state)
{
    static const struct {
        const char *value, *reason, *path;
    } cases[] = {
        {"{", "bad_json", ""},
        {"[]", "bad_envelope", "$"},
        {"{\"type\":1,\"database\":\"a\",\"table\":\"t\"}", "bad_envelope", "$"},
        {MESSAGE("UPSERT", "\"es\":1,\"data\":[{}]"), "bad_envelope", "$.type"},
        {MESSAGE("INSERT", "\"es\":1"), "bad_envelope", "$.data"},
        {MESSAGE("INSERT", "\"es\":1,\"data\":[]"), "bad_envelope", "$.data"},
        {MESSAGE("INSERT", "\"es\":1,\"data\":[1]"), "bad_envelope", "$.data[0]"},
        {MESSAGE("INSERT", "\"es\":\"x\",\"data\":[{}]"), "bad_envelope", "$.es"},
        {MESSAGE("INSERT", "\"es\":1.5,\"data\":[{}]"), "bad_envelope", "$.es"},
        {MESSAGE("INSERT", "\"es\":1,\"data\":[{\"id\":\"1\",\"place\":\"7\"}]"),
         "need_full_image", "$.data[0]"},
        {MESSAGE("INSERT", "\"es\":1,\"data\":[" ROW("1", "77", "0") "]"), "unknown_place",
         "$.data[0]"}};
    struct gb_df df;

    (void)state;
    gb_df_begin(&df, MAPPING);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        const struct gb_record *rec;

        gb_df_open(&df, cases[i].value);
        rec = &df.rows.items[0].record;
        if (df.rows.count != 1 || rec->verdict != GB_DEAD ||
            !gb_str_eq(rec->reason, gb_str_of(cases[i].reason)) ||
            memmem(rec->detail.ptr, rec->detail.len, cases[i].path, strlen(cases[i].path)) ==
                NULL) {
            fail_msg("case %zu: %.*s: %.*s", i, GB_STR_ARG(rec->reason), GB_STR_ARG(rec->detail));
        }
    }
    gb_df_end(&df);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_a_record),
        cmocka_unit_test(old_lies_over_the_new_image),
        cmocka_unit_test(deletes),
        cmocka_unit_test(what_holds_no_row_is_ignored),
        cmocka_unit_test(mistakes_name_their_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
