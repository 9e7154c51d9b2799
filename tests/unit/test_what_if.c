/* What a new bundle would change: counted from outputs by village and rule, in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/what_if.h"

#define OUTPUTS_MAX 64U

static struct gb_arena arena;
static struct gb_output outputs[OUTPUTS_MAX];
static uint32_t count;

static void add(enum gb_topic topic, struct gb_str value)
{
    assert_true(count < OUTPUTS_MAX);
    outputs[count++] = (struct gb_output){.topic = topic, .value = value};
}

/* from, to: leads as JSON; NULL: not told. */
static void change(const char *id, const char *village, const char *from, const char *to)
{
    struct gb_str empty = GB_STR("");

    add(GB_TOPIC_CHANGE,
        gb_arena_printf(&arena,
                        "{\"after\":{%.*s%s},\"before\":{%.*s%s},\"change\":\"matter.decided\","
                        "\"matter\":\"%s\"}",
                        GB_STR_ARG(to != NULL ? GB_STR("\"lead\":") : empty), to != NULL ? to : "",
                        GB_STR_ARG(from != NULL ? GB_STR("\"lead\":") : empty),
                        from != NULL ? from : "", id));
    add(GB_TOPIC_MATTER,
        gb_arena_printf(&arena, "{\"id\":\"%s\",\"village\":\"%s\"}", id, village));
}

static void overlap(const char *word, const char *kind)
{
    add(GB_TOPIC_CHANGE,
        gb_arena_printf(&arena,
                        "{\"change\":\"overlap.%s\",\"kind\":\"%s\",\"matter\":\"m\","
                        "\"overlap\":\"o\"}",
                        word, kind));
}

#define A "{\"role\":\"grid_worker\",\"rule\":\"A\"}"
#define B "{\"role\":\"key_family\",\"rule\":\"B\"}"
#define C "{\"role\":\"department\",\"rule\":\"C\",\"unit\":\"u1\"}"

static void check_row(const struct gb_what_if_row *row, const char *what, uint64_t matters,
                      const char *examples)
{
    char got[256], ids[256] = "";

    snprintf(got, sizeof(got), "%.*s %.*s>%.*s %.*s>%.*s", GB_STR_ARG(row->village),
             GB_STR_ARG(row->rule_before), GB_STR_ARG(row->rule_after),
             GB_STR_ARG(row->lead_before), GB_STR_ARG(row->lead_after));
    assert_string_equal(got, what);
    assert_int_equal(row->count, matters);
    for (size_t i = 0; i < GB_WHAT_IF_EXAMPLES && gb_str_is(row->examples[i]); i++) {
        size_t len = strlen(ids);

        snprintf(ids + len, sizeof(ids) - len, "%.*s ", GB_STR_ARG(row->examples[i]));
    }
    assert_string_equal(ids, examples);
}

static void counts_by_village_and_rule(void **state)
{
    struct gb_what_if w = {.arena = &arena};

    (void)state;
    count = 0;
    change("m5", "v1", A, B);
    change("m4", "v1", A, B);
    change("m3", "v1", A, B);
    change("m2", "v1", A, B);
    change("m1", "v2", A, B);
    change("n1", "v1", NULL, C);  /* nobody led */
    change("n2", "v1", A, NULL);  /* nobody leads any more */
    change("n3", "v1", NULL, NULL); /* another field */
    change("n4", "v1", A, "{\"item\":\"7\",\"role\":\"grid_worker\",\"rule\":\"A\"}");
    change("h1", "v1", A, B);     /* and then the lead passes on */
    change("h1", "v1", B, C);
    overlap("settled", "no_owner");
    overlap("opened", "double_lead");
    overlap("opened", "double_lead");
    overlap("opened", "of_no_kind");
    add(GB_TOPIC_CHANGE, GB_STR("{\"change\":\"decision.applied\",\"decision\":\"what-if\"}"));
    gb_what_if_add(&w, outputs, count);
    gb_what_if_sort(&w);
    assert_int_equal(w.led_otherwise, 8);
    assert_int_equal(w.otherwise, 2);
    assert_int_equal(w.rows_count, 5);
    check_row(&w.rows[0], "v1 A>B grid_worker>key_family", 4, "m2 m3 m4 ");
    check_row(&w.rows[1], "v1 A>C grid_worker>department:u1", 1, "h1 ");
    check_row(&w.rows[2], "v1 A>nobody grid_worker>nobody", 1, "n2 ");
    check_row(&w.rows[3], "v1 nobody>C nobody>department:u1", 1, "n1 ");
    check_row(&w.rows[4], "v2 A>B grid_worker>key_family", 1, "m1 ");
    assert_int_equal(w.settled[GB_OVERLAP_NO_OWNER], 1);
    assert_int_equal(w.opened[GB_OVERLAP_DOUBLE_LEAD], 2);
}

static void lanes_add_up(void **state)
{
    struct gb_what_if w = {.arena = &arena};

    (void)state;
    for (int lane = 0; lane < 100; lane++) {
        char id[8], village[8];

        count = 0;
        snprintf(id, sizeof(id), "m%02d", 99 - lane);
        snprintf(village, sizeof(village), "v%02d", lane % 70);
        change(id, village, A, B);
        gb_what_if_add(&w, outputs, count);
    }
    gb_what_if_sort(&w);
    assert_int_equal(w.rows_count, 70);
    assert_int_equal(w.led_otherwise, 100);
    check_row(&w.rows[0], "v00 A>B grid_worker>key_family", 2, "m29 m99 ");
}

static int setup(void **state)
{
    (void)state;
    gb_arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_arena_close(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_village_and_rule),
        cmocka_unit_test(lanes_add_up),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
