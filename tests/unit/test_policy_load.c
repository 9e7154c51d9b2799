/* The example bundle loads; each kind of mistake is found at its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/policy_load.h"

#define FILES 13
#define ID "abcdefghijklmnopqrstuvwxyz"
#define HOLDERS(key) "id_hash,holder,pseudonym\n" key ID ",h,p1." ID "\n"

static const char *const names[FILES] = {"authority.yaml",  "bundle.yaml",   "calendar.csv",
                                         "categories.yaml", "crosswalk.csv", "deadlines.yaml",
                                         "duties.yaml",     "holders.csv",   "matching.yaml",
                                         "network.yaml",    "states.yaml",   "territory.csv",
                                         "writeback.yaml"};

/* A write-back of one source that tells rows that are there. */
#define WB(source, set) "sources: [{source: " source ", table: t, update: {set: " set "}}]"

struct bundle {
    struct gb_arena arena;
    struct gb_file items[FILES + 1];
    struct gb_files files;
    struct gb_mistakes mistakes;
};

static struct gb_str read_file(struct gb_arena *arena, const char *name)
{
    char path[512];
    char *bytes = gb_arena_take(arena, 65536);
    FILE *file;
    size_t len;

    (void)snprintf(path, sizeof(path), "%s/examples/tangzhang/policy/%s", GB_SOURCE_DIR, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(bytes, 1, 65535, file);
    (void)fclose(file);
    return (struct gb_str){bytes, len};
}

static int setup(void **state)
{
    struct bundle *b = calloc(1, sizeof(*b));

    gb_arena_init(&b->arena, (size_t)16 << 20);
    for (size_t i = 0; i < FILES; i++) {
        b->items[i] = (struct gb_file){gb_str_of(names[i]), read_file(&b->arena, names[i])};
    }
    b->files = (struct gb_files){b->items, FILES};
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bundle *b = *state;

    gb_arena_close(&b->arena);
    gb_mistakes_close(&b->mistakes);
    free(b);
    return 0;
}

static void put(struct bundle *b, const char *name, const char *text)
{
    for (size_t i = 0; i < FILES; i++) {
        if (gb_str_eq(b->items[i].name, gb_str_of(name))) {
            b->items[i].bytes = gb_str_of(text);
        }
    }
}

static void assert_mistake(struct bundle *b, const char *line)
{
    gb_buf_add_char(&b->mistakes.lines, '\0');
    b->mistakes.lines.len--;
    if (strstr(b->mistakes.lines.bytes, line) == NULL) {
        fail_msg("no line \"%s\" in:\n%s", line, b->mistakes.lines.bytes);
    }
}

static void test_example(void **state)
{
    struct bundle *b = *state;
    const struct gb_policy *p = gb_policy_load(&b->arena, &b->files, &b->mistakes);
    enum gb_state canonical = GB_STATE_COUNT;

    if (p == NULL) {
        fail_msg("%.*s", GB_STR_ARG(gb_buf_str(&b->mistakes.lines)));
        return;
    }
    assert_int_equal(p->hash.len, 64);
    assert_int_equal(p->holder_window_ms, 7200000);
    assert_int_equal(p->cell_window_ms, INT64_C(2592000000));
    assert_int_equal(p->contradiction_after_ms, 259200000);
    assert_int_equal(p->places_count, 4 + 17 + 66);
    assert_string_equal(
        gb_deadline_find(p->deadlines, p->deadlines_count, GB_STR("MD01"), 3)->id.ptr, "L05");
    assert_string_equal(
        gb_deadline_find(p->deadlines, p->deadlines_count, GB_STR("CG01"), 1)->id.ptr, "L01");
    assert_string_equal(
        gb_deadline_find(p->deadlines, p->deadlines_count, GB_STR("MS06"), 0)->id.ptr, "L04");
    assert_true(gb_policy_has_place(p, GB_STR("320312111217001")));
    assert_true(gb_str_eq(gb_policy_canonical(p, GB_STR("party_building"), GB_STR("category"),
                                              GB_STR("livelihood_02"), 0),
                          GB_STR("MS02")));
    assert_true(gb_str_eq(
        gb_policy_canonical(p, GB_STR("governance_grid"), GB_STR("category"), GB_STR("2099"), 0),
        GB_STR("AQ99")));
    assert_true(
        gb_policy_state(p, GB_STR("governance_grid"), GB_STR("matter"), GB_STR("2/1"), &canonical));
    assert_int_equal(canonical, GB_STATE_MERGED);
    assert_null(gb_policy_authority(p, GB_STR("deadline_at")));
    assert_false(gb_policy_category(p, GB_STR("MD01"))->text);
}

#define LEAD_FIRST (GB_ROLE_COUNT + 1)

static int lead(const struct gb_policy *p, const char *category, const char *network)
{
    const struct gb_duty *duty =
        gb_policy_duty(p, &(struct gb_duty_query){.category = gb_str_of(category),
                                                  .source = gb_policy_source_index(
                                                      p, gb_str_of(network)),
                                                  .place = GB_STR("320312111217001"),
                                                  .at = 1});

    if (duty == NULL) {
        return GB_ROLE_COUNT;
    }
    return duty->parts[0].is_first ? LEAD_FIRST : (int)duty->parts[0].post.role;
}

static void test_duties(void **state)
{
    struct bundle *b = *state;
    const struct gb_policy *p = gb_policy_load(&b->arena, &b->files, &b->mistakes);

    assert_non_null(p);
    assert_int_equal(lead(p, "YJ02", "party_building"), GB_ROLE_GRID_WORKER);
    assert_int_equal(lead(p, "AQ03", "party_building"), GB_ROLE_DEPARTMENT);
    assert_int_equal(lead(p, "MS05", "governance_grid"), GB_ROLE_KEY_FAMILY);
    assert_int_equal(lead(p, "NY01", "party_building"), LEAD_FIRST);
    assert_int_equal(lead(p, "NY01", "governance_grid"), LEAD_FIRST);
    assert_int_equal(lead(p, "NY04", "governance_grid"), GB_ROLE_COUNT);
}

static const struct {
    const char *file, *text, *line;
} mistake_cases[] = {
    {"bundle.yaml", "version: 1\nsourcs: []\n",
     "bundle.yaml:2:1: unknown key \"sourcs\": did you mean \"sources\"?"},
    {"bundle.yaml", "version: 1\nsources:\n- {source: a, network: b, role: grid_leadr}\n",
     "bundle.yaml:3:33: unknown role \"grid_leadr\": did you mean \"grid_leader\"?"},
    {"crosswalk.csv",
     "source,field,code,canonical,valid_from,valid_until\nparty_bulding,category,a,MS01,,\n",
     "crosswalk.csv:2:1: unknown source \"party_bulding\": did you mean \"party_building\"?"},
    {"crosswalk.csv",
     "source,field,code,canonical,valid_from,valid_until\nparty_building,category,a,MS0,,\n",
     "crosswalk.csv:2:27: unknown category \"MS0\": did you mean \"MS01\"?"},
    {"crosswalk.csv",
     "source,field,code,canonical,valid_from,valid_until\nparty_building,category,a,MS01,2026-"
     "02-30,\n",
     "crosswalk.csv:2:32: must be a day like 2026-11-23"},
    {"crosswalk.csv",
     "source,field,code,canonical,valid_from,valid_until\nparty_building,category,a,MS01,,\n"
     "party_building,category,a,MS02,2026-01-01,\n",
     "crosswalk.csv:3:25: \"a\" is already given in line 2, for an overlapping time"},
    {"territory.csv", "code,name,level,parent\n32,a,province,\n3203,b,city,33\n",
     "territory.csv:3:13: parent \"33\" has no row"},
    {"territory.csv", "code,name,level,parent\n32,a,province,\n32,b,provinze,\n",
     "territory.csv:3:6: unknown level \"provinze\""},
    {"territory.csv", "code,name,level,parent\n32,a,province,\n32,b,province,\n",
     "territory.csv:3:1: \"32\" is already given in line 2"},
    {"crosswalk.csv",
     "source,field,code,canonical,valid_from,valid_until\n"
     "party_building,role,DZB,secretary,,\n",
     "crosswalk.csv:2:25: unknown role \"secretary\""},
    {"crosswalk.csv",
     "source,field,code,canonical,valid_from,valid_until\n"
     "party_building,channel,12345,citizens,,\n",
     "crosswalk.csv:2:30: unknown channel \"citizens\": did you mean \"citizen\"?"},
    {"network.yaml", "posts: {grid: [grid_workers]}",
     "network.yaml:1:16: unknown role \"grid_workers\": did you mean \"grid_worker\"?"},
    {"network.yaml", "posts: {grid: [key_family]}",
     "network.yaml:1:16: no post of a grid: grid_worker and grid_leader are"},
    {"network.yaml", "posts: {vacant_after: soon}", "network.yaml:1:23: "},
    {"network.yaml", "contacts: {households_per_member: [20, 5]}",
     "network.yaml:1:35: the least is more than the most"},
    {"network.yaml", "contacts: {households_per_member: 5}", "network.yaml:1:35: "},
    {"network.yaml", "contacts: {households_per_member: [5]}",
     "network.yaml:1:35: expected [least, most]"},
    {"network.yaml", "contacts: {households: [5, 20]}", "network.yaml:1:12: unknown key"},
    {"network.yaml", "post: {}", "network.yaml:1:1: unknown"},
    {"writeback.yaml", "sources: []", "writeback.yaml:1:10: expected 1 to 64 sources"},
    {"writeback.yaml", "tries: 3", "writeback.yaml:1:1: "},
    {"writeback.yaml", WB("party", "{a: {from: state}}"),
     "writeback.yaml:1:20: unknown source \"party\""},
    {"writeback.yaml", WB("party_building", "{a: {from: status}}"),
     "writeback.yaml:1:71: unknown word \"status\""},
    {"writeback.yaml", WB("party_building", "{a: {from: title}}"),
     "writeback.yaml:1:64: a row that is there gets no title"},
    {"writeback.yaml", WB("party_building", "{a: {from: peer}}"),
     "writeback.yaml:1:64: from: peer names a source, and nothing else does"},
    {"writeback.yaml", WB("party_building", "{a: {from: state, source: governance_grid}}"),
     "writeback.yaml:1:64: from: peer names a source, and nothing else does"},
    {"writeback.yaml", WB("party_building", "{a: {from: state, codes: {DONE: 1}}}"),
     "writeback.yaml:1:86: no state: DONE"},
    {"writeback.yaml", WB("party_building", "{a: {}}"),
     "writeback.yaml:1:64: expected from: WORD, or constant: TEXT"},
    {"writeback.yaml", WB("party_building", "{}"), "expected 1 to 16 columns"},
    {"writeback.yaml", "sources: [{source: party_building, table: t}]",
     "writeback.yaml:1:11: expected create, update or both"},
    {"writeback.yaml", "sources: [{source: party_building, update: {set: {a: {from: lead}}}}]",
     "writeback.yaml:1:11: expected table: NAME, or call: ADDRESS"},
    {"writeback.yaml",
     "sources: [{source: party_building, table: t, create: {when: [lead], set: {a: "
     "{from: category}}}}]",
     "writeback.yaml:1:54: a counterpart needs a column from: peer"},
    {"writeback.yaml",
     "sources: [{source: party_building, table: t, create: {when: [leads], set: {a: "
     "{from: category}, b: {from: peer, source: governance_grid}}}}]",
     "did you mean \"lead\""},
    {"holders.csv", "id_hash,holder,pseudonym\nj1.x,h,p1.y\n",
     "holders.csv:2:1: must be j1., j2. ... and 26"},
    {"holders.csv", HOLDERS("j0."), "holders.csv:2:1: must be j1."},
    {"holders.csv", HOLDERS("j."), "holders.csv:2:1: must be j1."},
    {"holders.csv", HOLDERS("p2."), "holders.csv:2:1: must be j1."},
    {"holders.csv", HOLDERS("j123456."), "holders.csv:2:1: must be j1."},
    {"holders.csv", "id_hash,holder\n", "holders.csv:1:1: column \"pseudonym\" is missing"},
    {"calendar.csv", "day,kind,name\n2026-13-01,of,x\n",
     "calendar.csv:2:12: unknown kind \"of\""},
    {"categories.yaml", "categories:\n  MS01: {zh: a, en: b, text: yes}\n",
     "categories.yaml:2:30: must be true or false"},
    {"states.yaml",
     "states:\n- source: party_building\n  entity: matter\n  codes: {A: CLOSD}\n",
     "states.yaml:4:14: unknown state \"CLOSD\": did you mean \"CLOSED\"?"},
    {"authority.yaml", "fields: {titel: [party_building]}\n",
     "authority.yaml:1:10: unknown field \"titel\": did you mean \"title\"?"},
    {"matching.yaml", "holder_window: 2\ncell_window: 30d\n",
     "matching.yaml:1:16: must be a time with its unit"},
    {"deadlines.yaml",
     "contradiction_after: 1h\ndeadlines:\n- {id: L, category: MS01, handle: 3x, basis_zh: "
     "a, basis_en: b}\n",
     "deadlines.yaml:3:35: must be same_day, working days 3wd"},
    {"deadlines.yaml",
     "contradiction_after: 1h\ndeadlines:\n- {id: L, category: MS01, basis_zh: a, "
     "basis_en: b}\n",
     "deadlines.yaml:3:3: a row limits accept or handle"},
    {"deadlines.yaml", "contradiction_after: 1h\nworking_hours: [\"12:00-08:30\"]\n",
     "deadlines.yaml:2:17: must be a span like 08:30-12:00"},
    {"deadlines.yaml", "contradiction_after: 1h\nhalf_day_until: noon\n",
     "deadlines.yaml:2:17: must be a time like 12:00"},
    {"deadlines.yaml", "{}\n", "deadlines.yaml:1:1: key \"contradiction_after\" is missing"},
};

static void test_mistakes(void **state)
{
    for (size_t i = 0; i < GB_COUNT(mistake_cases); i++) {
        struct bundle *b = NULL;

        (void)setup((void **)&b);
        put(b, mistake_cases[i].file, mistake_cases[i].text);
        assert_null(gb_policy_load(&b->arena, &b->files, &b->mistakes));
        assert_mistake(b, mistake_cases[i].line);
        (void)teardown((void **)&b);
    }
    (void)state;
}

#define HEAD                                                                                       \
    "hit_policy: [category, territory, network, role, urgency, priority, order]\n"
#define ROW "- {id: A, basis_zh: x, basis_en: y, "

static void test_duty_mistakes(void **state)
{
    static const struct {
        const char *row, *line;
    } cases[] = {
        {"category: M*S, lead: department}", "duties.yaml:3:47: a pattern has one *"},
        {"category: XX*, lead: department}", "duties.yaml:3:47: no category begins with \"XX\""},
        {"category: MS11, lead: department}",
         "duties.yaml:3:47: unknown category \"MS11\": did you mean"},
        {"category: MS01, assist: department}", "duties.yaml:3:3: a row needs a lead"},
        {"category: MS01, lead: departmnt}",
         "unknown role \"departmnt\": did you mean \"department\"?"},
        {"category: MS01, lead: department, network: gird}",
         "unknown network \"gird\": did you mean \"grid\"?"},
        {"category: MS01, lead: department, territory: 9}", "territory \"9\" has no row"},
        {"category: MS01, lead: department, assist: [department]}", "is named twice in one row"},
        {"category: MS01, lead: department, prority: 1}",
         "unknown key \"prority\": did you mean \"priority\"?"},
        {"category: MS01, lead: department, valid_from: 2026-01-01, valid_until: 2026-01-01}",
         "valid_until is not after valid_from"},
        {"category: MS01, lead: department}\n- {id: A, basis_zh: x, basis_en: y, category: MS02, "
         "lead: department}",
         "duties.yaml:4:8: \"A\" is already given in line 3"},
        {"category: MS01, lead: [department, key_family]}", "a row has one lead: never two"},
        {"category: MS01, lead: \"department:XX\"}", "unit \"XX\" has no row in units.csv"},
        {"category: MS01, lead: department, urgency: 5}", "must be from 0 to 4"},
        {"category: MS01, lead: department, temporary: true}", "a temporary item needs"},
        {"category: MS01, lead: department, no_lead: refused}", "cannot say that nobody leads"},
        {"category: MS01, lead: department, hand_over: {to: key_family}}",
         "says neither failures nor working_days"},
        {"category: MS01, lead: department, hand_over: {to: department, failures: 1}}",
         "hands over to another post than the lead"},
        {"category: [MS01, MS11], lead: department}", "unknown category \"MS11\""},
    };

    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct bundle *b = NULL;
        char text[1024];

        (void)setup((void **)&b);
        (void)snprintf(text, sizeof(text), HEAD "duties:\n" ROW "%s\n", cases[i].row);
        put(b, "duties.yaml", text);
        assert_null(gb_policy_load(&b->arena, &b->files, &b->mistakes));
        assert_mistake(b, cases[i].line);
        (void)teardown((void **)&b);
    }
    (void)state;
}

static void test_good_duties(void **state)
{
    struct bundle *b = *state;

    put(b, "duties.yaml",
        HEAD "duties:\n" ROW "category: MS01, forbidden: [department]}\n"
        "- {id: B, basis_zh: x, basis_en: y, category: MS02, lead: department}\n"
        "- {id: C, basis_zh: x, basis_en: y, category: MS02, lead: key_family, priority: 1}\n"
        "- {id: D, basis_zh: x, basis_en: y, category: MS02, lead: key_family, network: party}\n");
    assert_non_null(gb_policy_load(&b->arena, &b->files, &b->mistakes));
}

/* After a rotation rows of the old and of the new key stand side by side. */
static void test_rotated_holders(void **state)
{
    struct bundle *b = *state;
    const struct gb_policy *p;

    put(b, "holders.csv", HOLDERS("j1.") "j12." ID ",h,p3." ID "\n");
    p = gb_policy_load(&b->arena, &b->files, &b->mistakes);
    if (p == NULL) {
        fail_msg("%.*s", GB_STR_ARG(gb_buf_str(&b->mistakes.lines)));
        return;
    }
    assert_int_equal(p->holders_count, 2);
    assert_string_equal(gb_policy_holder(p, GB_STR("j12." ID))->holder.ptr, "h");
}

static void test_files(void **state)
{
    struct bundle *b = *state;

    b->items[FILES] = (struct gb_file){GB_STR("teritory.csv"), GB_STR("")};
    b->files = (struct gb_files){b->items + 1, FILES};
    assert_null(gb_policy_load(&b->arena, &b->files, &b->mistakes));
    assert_mistake(b, "teritory.csv:1:1: unknown file of a bundle \"teritory.csv\": did you mean "
                      "\"territory.csv\"?");
    assert_mistake(b, "authority.yaml:1:1: the file is missing");
}

/* Mistakes of several files come out of one call. */
static void test_all_at_once(void **state)
{
    struct bundle *b = *state;

    put(b, "deadlines.yaml", "contradiction_after: 72\n");
    put(b, "matching.yaml", "holder_window: 2h\ncell_window: [\n");
    put(b, "holders.csv", "id_hash,holder,pseudonym\na,b\n");
    assert_null(gb_policy_load(&b->arena, &b->files, &b->mistakes));
    assert_mistake(b, "deadlines.yaml:1:22: ");
    assert_mistake(b, "matching.yaml:");
    assert_mistake(b, "holders.csv:2:1: 2 cells, the header has 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_example, setup, teardown),
        cmocka_unit_test_setup_teardown(test_duties, setup, teardown),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_duty_mistakes),
        cmocka_unit_test_setup_teardown(test_good_duties, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rotated_holders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_at_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
