/* The guard of the door: persons in texts, keys and codes; refused rows; what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/door.h"
#include "codec/record_json.h"

#define REFUSE                                                                                     \
    "version: 1\nclasses:\n  - class: citizen_name\n    columns: [who]\n"                          \
    "  - class: person_label\n    tables: [\"special_*\"]\n    words: [吸毒]\n"                    \
    "  - class: petition\n    categories: {s: [\"91*\"]}\nno_text: {s: [\"70*\"]}\n"
#define MAPPING                                                                                    \
    "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: canal}\nentities:\n  a.t:\n"        \
    "    entity: matter\n    key: [id]\n    town: {constant: \"320312111\"}\n"                     \
    "    version: {type: int, column: v}\n    fields:\n"                                           \
    "      category: {type: first, column: kind}\n"                                                \
    "      state: {type: join, columns: [s1, s2]}\n"                                               \
    "      level: {type: code, column: level}\n"                                                   \
    "      xref: {type: ref, column: peer, source: p, entity: matter}\n"                           \
    "      occurred_at: {type: micros_local, column: at}\n"                                        \
    "      reporter: {type: holder, column: by, kind: user}\n"                                     \
    "    texts: {title: title, description: more}\n    names: [who]\n"

struct row {
    const char *id, *kind, *s1, *level, *peer, *at, *by, *title, *more, *who, *v;
};

static const struct row good = {.id = "7", .kind = "1001,2002", .s1 = "0", .level = "jinji",
                                .peer = "700001", .at = "1778049623000000", .by = "U1",
                                .title = "路灯不亮", .more = "村口", .who = "测试鹮鵟", .v = "5"};

struct opened {
    struct gb_door *door;
    struct gb_arena arena;
    struct gb_door_rows rows;
};

static const uint8_t old_key[GB_KEY_LEN] = {7};

static struct gb_door *build_with(const struct gb_key *was)
{
    struct gb_file map = {GB_STR("mapping.yaml"), GB_STR(MAPPING)};
    struct gb_file list = {GB_STR("refuse.yaml"), GB_STR(REFUSE)};
    struct gb_files adapter = {&map, 1}, lookups = {NULL, 0};
    struct gb_door_source source = {
        .name = GB_STR("s"), .topic = GB_STR("t"), .adapter = &adapter, .lookups = &lookups};
    struct gb_door_config config = {.cluster = GB_STR("c"), .salt = GB_STR("x"),
                                    .join_key = GB_STR("y"), .join_key_id = GB_STR("j1"),
                                    .join_was = *was, .lanes_count = 4, .refuse = &list,
                                    .sources = &source, .sources_count = 1};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = gb_door_new(&config, &mistakes);

    assert_int_equal(mistakes.count, 0);
    return door;
}

static struct gb_door *build(void)
{
    return build_with(&(struct gb_key){.alg = GB_SHA256});
}

static struct gb_str image_of(struct gb_arena *arena, const struct row *r)
{
    return gb_arena_printf(arena,
                           "{\"id\":\"%s\",\"kind\":\"%s\",\"s1\":\"%s\",\"s2\":\"0\","
                           "\"level\":\"%s\",\"peer\":\"%s\",\"at\":\"%s\",\"by\":\"%s\","
                           "\"title\":\"%s\",\"more\":\"%s\",\"who\":\"%s\",\"v\":\"%s\"}",
                           r->id, r->kind, r->s1, r->level, r->peer, r->at, r->by, r->title,
                           r->more, r->who, r->v);
}

/* old: members of an update's `old`, or NULL for an insert. */
static void open_row(struct opened *o, const struct row *r, const char *old)
{
    gb_arena_init(&o->arena, 16 << 20);
    struct gb_str image = image_of(&o->arena, r);
    struct gb_str value = gb_arena_printf(
        &o->arena, "{\"type\":\"%s\",\"database\":\"a\",\"table\":\"t\",\"es\":1,\"data\":[%.*s],"
                   "\"old\":%s%s%s}",
        old != NULL ? "UPDATE" : "INSERT", GB_STR_ARG(image), old != NULL ? "[{" : "",
        old != NULL ? old : "null", old != NULL ? "}]" : "");
    struct gb_source_record in = {.topic = GB_STR("t"), .value = value};

    gb_door_open(o->door, &in, GB_STR("seed"), &o->arena, &o->rows);
}

static struct gb_record open_one(struct opened *o, const struct row *r)
{
    open_row(o, r, NULL);
    assert_int_equal(o->rows.count, 1);
    return o->rows.items[0].record;
}

static bool holds(const struct gb_record *rec, const char *part)
{
    struct gb_buf buf = {0};

    gb_record_write(&buf, rec);
    bool found = memmem(buf.bytes, buf.len, part, strlen(part)) != NULL;

    gb_buf_close(&buf);
    return found;
}

static void scrubs_texts_by_the_rows_names(void **state)
{
    struct opened o = {.door = build()};
    struct row r = good;

    (void)state;
    r.title = "测试鹮鵟反映路灯";
    r.more = "电话13812345678";
    struct gb_record rec = open_one(&o, &r);

    assert_int_equal(rec.verdict, GB_ACCEPTED);
    assert_int_equal(rec.texts_count, 2);
    assert_true(gb_str_eq(rec.texts[0].text, GB_STR("〔姓名〕反映路灯")));
    assert_true(gb_str_eq(rec.texts[1].text, GB_STR("电话〔手机号〕")));
    assert_false(holds(&rec, "鹮鵟"));
    assert_int_equal(gb_door_scrubbed(o.door, GB_SCRUB_NAME), 1);
    assert_int_equal(gb_door_scrubbed(o.door, GB_SCRUB_MOBILE), 1);
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
}

/* Each column that is carried as it stands: the row is dead, the column named, the value gone. */
static void keeps_persons_out_of_codes(void **state)
{
    static const char bad[] = "13812345678", name[] = "测试鹮鵟";
    struct row rows[] = {good, good, good, good, good, good, good, good, good};
    static const char *const columns[] = {"id", "kind", "s1", "level", "peer", "at", "v", "level",
                                          "id"};

    (void)state;
    rows[0].id = bad;
    rows[1].kind = bad;
    rows[2].s1 = bad;
    rows[3].level = bad;
    rows[4].peer = bad;
    rows[5].at = bad;
    rows[6].v = bad;
    rows[7].level = name;
    rows[8].id = name;
    for (size_t i = 0; i < GB_COUNT(rows); i++) {
        struct opened o = {.door = build()};
        struct gb_record rec = open_one(&o, &rows[i]);
        const char *value = i < 7 ? bad : name;

        assert_int_equal(rec.verdict, GB_DEAD);
        assert_true(gb_str_eq(rec.reason, GB_STR("bad_field")));
        if (!holds(&rec, columns[i]) || holds(&rec, value) || holds(&rec, "138123")) {
            fail_msg("%s: %.*s", columns[i], GB_STR_ARG(rec.detail));
        }
        gb_arena_close(&o.arena);
        gb_door_free(o.door);
    }
}

static void hashes_holders_whatever_they_are(void **state)
{
    struct opened o = {.door = build()};
    struct row r = good;

    (void)state;
    r.by = "11010519491231002X"; /* systems that use a citizen's number as a key */
    struct gb_record rec = open_one(&o, &r);

    assert_int_equal(rec.verdict, GB_ACCEPTED);
    assert_false(holds(&rec, "11010519491231002"));
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
}

static void names_holders_twice_while_keys_overlap(void **state)
{
    struct gb_key was = {GB_STR("j0"), GB_SM3, {(const char *)old_key, sizeof(old_key)},
                         GB_STR("2026-12-25")};
    struct opened o = {.door = build_with(&was)};
    struct gb_record rec = open_one(&o, &good);
    struct gb_str expected = gb_pseudonym(&o.arena, &was, GB_STR("s\x1Fuser\x1FU1"));

    (void)state;
    assert_true(gb_str_eq(gb_value_str(&rec.fields, GB_STR(GB_FIELD_REPORTER_WAS)), expected));
    assert_true(holds(&rec, "\"reporter\":\"j1."));
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
    o.door = build();
    rec = open_one(&o, &good);
    assert_false(holds(&rec, "reporter_was"));
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
}

static void leaves_texts_of_disputes_outside(void **state)
{
    struct opened o = {.door = build()};
    struct row r = good;
    struct gb_refused refused[4];

    (void)state;
    r.kind = "7001";
    struct gb_record rec = open_one(&o, &r);

    assert_int_equal(rec.verdict, GB_ACCEPTED);
    assert_int_equal(rec.texts_count, 0);
    gb_arena_close(&o.arena);
    r = good;
    r.more = "涉吸毒人员";
    rec = open_one(&o, &r);
    assert_int_equal(rec.texts_count, 1);
    assert_true(gb_str_eq(rec.texts[0].name, GB_STR("title")));
    assert_int_equal(gb_door_refused(o.door, refused, 4), 2);
    assert_true(gb_str_eq(refused[0].class_name, GB_STR("citizen_name")));
    assert_int_equal(refused[0].count, 2);
    assert_true(gb_str_eq(refused[1].class_name, GB_STR("person_label")));
    assert_int_equal(refused[1].count, 1);
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
}

static void refused_rows_leave_a_count(void **state)
{
    struct opened o = {.door = build()};
    struct row r = good;

    (void)state;
    r.kind = "9101";
    struct gb_record rec = open_one(&o, &r);

    assert_int_equal(rec.verdict, GB_REFUSED);
    assert_true(gb_str_eq(rec.reason, GB_STR("petition")));
    assert_false(gb_str_is(rec.key) || gb_str_is(rec.entity) || gb_str_is(rec.h_img));
    assert_false(rec.version.has_column || rec.version.parts_count > 0);
    gb_arena_close(&o.arena);
    open_row(&o, &r, "\"kind\":\"1001\""); /* became a petition: what came in goes */
    assert_int_equal(o.rows.count, 2);
    assert_int_equal(o.rows.items[0].record.op, GB_OP_DELETE);
    assert_int_equal(o.rows.items[0].record.verdict, GB_ACCEPTED);
    assert_true(gb_str_eq(o.rows.items[0].record.key, GB_STR("7")));
    assert_int_equal(o.rows.items[1].record.verdict, GB_REFUSED);
    assert_int_equal(o.rows.items[1].record.src.index, 1);
    gb_arena_close(&o.arena);
    open_row(&o, &r, "\"title\":\"x\""); /* was one before */
    assert_int_equal(o.rows.count, 1);
    assert_int_equal(o.rows.items[0].record.verdict, GB_REFUSED);
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
}

static void refuses_tables_and_hides_column_names(void **state)
{
    struct opened o = {.door = build()};
    struct gb_source_record in = {
        .topic = GB_STR("t"),
        .value = GB_STR("{\"type\":\"INSERT\",\"database\":\"a\",\"table\":\"special_people\","
                        "\"es\":1,\"data\":[{\"id\":\"1\"}]}")};
    struct gb_drift drift[2];

    (void)state;
    gb_arena_init(&o.arena, 1 << 20);
    gb_door_open(o.door, &in, GB_STR("seed"), &o.arena, &o.rows);
    assert_int_equal(o.rows.items[0].record.verdict, GB_REFUSED);
    assert_true(gb_str_eq(o.rows.items[0].record.reason, GB_STR("person_label")));
    in.value = GB_STR("{\"type\":\"INSERT\",\"database\":\"a\",\"table\":\"t\","
                      "\"es\":13812345678,\"data\":[{\"id\":\"1\"}]}");
    gb_door_open(o.door, &in, GB_STR("seed"), &o.arena, &o.rows);
    assert_int_equal(o.rows.items[0].record.verdict, GB_DEAD);
    assert_int_equal(o.rows.items[0].record.version.parts_count, 0);
    in.value = GB_STR("{\"type\":\"INSERT\",\"database\":\"a\",\"table\":\"t\",\"es\":1,"
                      "\"data\":[{\"id\":\"1\",\"13812345678\":\"x\"}]}");
    gb_door_open(o.door, &in, GB_STR("seed"), &o.arena, &o.rows);
    assert_int_equal(gb_door_drift(o.door, drift, 2), 1);
    assert_true(gb_str_eq(drift[0].column, GB_STR("(not shown)")));
    gb_arena_close(&o.arena);
    gb_door_free(o.door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrubs_texts_by_the_rows_names),
        cmocka_unit_test(keeps_persons_out_of_codes),
        cmocka_unit_test(hashes_holders_whatever_they_are),
        cmocka_unit_test(names_holders_twice_while_keys_overlap),
        cmocka_unit_test(leaves_texts_of_disputes_outside),
        cmocka_unit_test(refused_rows_leave_a_count),
        cmocka_unit_test(refuses_tables_and_hides_column_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
