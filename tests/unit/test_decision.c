/* A decision is read only if a known gateway signed it, and each wrong member is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hash.h"
#include "codec/decision.h"
#include "core/decision.h"

#define START "{\"id\":\"d-1\",\"town\":\"320312111\",\"reason\":\"r\","                           \
    "\"actor\":{\"role\":\"command_centre\",\"post\":\"seat-03\"},"

static const uint8_t seed[GB_SIGN_KEY_LEN] = {7};

struct fixture {
    struct gb_arena arena;
    struct gb_gateway gateway;
    struct gb_source_header headers[2];
    struct gb_source_record in;
    struct gb_decision_read decision;
    struct gb_err err;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.gateway = {.id = GB_STR("desk")}};
    gb_arena_init(&f.arena, (size_t)1 << 20);
    assert_true(gb_sign_public(seed, f.gateway.key));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    gb_arena_close(&f->arena);
    return 0;
}

static enum gb_status read_signed(struct fixture *f, const char *value)
{
    uint8_t signature[GB_SIGN_LEN];
    char *hex = gb_arena_take(&f->arena, 2 * GB_SIGN_LEN);

    f->in.value = gb_str_of(value);
    assert_true(gb_sign(seed, f->in.value, signature));
    gb_hex(hex, signature, GB_SIGN_LEN);
    f->headers[0] = (struct gb_source_header){GB_STR("gb_gateway"), GB_STR("desk")};
    f->headers[1] = (struct gb_source_header){GB_STR("gb_signature"), {hex, 2 * GB_SIGN_LEN}};
    f->in.headers = f->headers;
    f->in.headers_count = 2;
    return gb_decision_read(&f->arena, &(struct gb_gateways){&f->gateway, 1}, &f->in,
                            &f->decision, &f->err);
}

static void each_kind_is_read(void **state)
{
    static const char *const values[] = {
        START "\"kind\":\"lead_is\",\"overlap\":\"o1\",\"version\":2,\"to\":\"grid_worker\"}",
        START "\"kind\":\"transfer\",\"matter\":\"m1\",\"to\":\"department:SCJG\"}",
        START "\"kind\":\"escalate\",\"overlaps\":[{\"version\":1,\"overlap\":\"o1\"}]}",
        START "\"kind\":\"duplicate\",\"matter\":\"m1\",\"other\":\"m2\"}",
        START "\"kind\":\"not_duplicate\",\"matter\":\"m1\",\"other\":\"m2\"}",
        START "\"kind\":\"split\",\"matter\":\"m1\",\"report\":\"party/matter/7\"}",
        START "\"kind\":\"extend\",\"matter\":\"m1\",\"until\":1795600804167,\"basis\":\"b\"}",
        START "\"kind\":\"claim\",\"overlap\":\"o1\",\"version\":2}",
        START "\"kind\":\"release\",\"overlap\":\"o1\",\"version\":2}",
        START "\"kind\":\"hand_over\",\"overlap\":\"o1\",\"version\":2}",
        START "\"kind\":\"undo\",\"decision\":\"d-0\"}",
        START "\"kind\":\"confirm\",\"decision\":\"d-0\"}",
        START "\"kind\":\"redecide\"}",
    };
    struct fixture *f = *state;

    assert_int_equal(GB_COUNT(values), GB_DECISION_KIND_COUNT);
    for (size_t i = 0; i < GB_COUNT(values); i++) {
        if (read_signed(f, values[i]) != GB_OK) {
            fail_msg("%s: %s", values[i], f->err.text);
        }
        assert_string_equal(f->decision.town.ptr, "320312111");
        assert_string_equal(f->decision.reason.ptr, "r");
        assert_null(gb_value_get(&f->decision.fields, GB_STR("reason")));
        for (uint32_t m = 1; m < f->decision.fields.count; m++) {
            assert_true(gb_str_cmp(f->decision.fields.members[m - 1].name,
                                   f->decision.fields.members[m].name) < 0);
        }
    }
}

static void each_mistake_is_named(void **state)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"[]", "$: expected an object"},
        {"{}", "$.id: missing"},
        {START "\"kind\":\"lead\",\"matter\":\"m\"}", "$.kind: expected a kind of decision"},
        {START "\"kind\":\"lead_is\",\"matter\":\"m\"}", "$.to: missing; expected a role"},
        {START "\"kind\":\"lead_is\",\"matter\":\"m\",\"to\":\"mayor\"}", "$.to: expected a role"},
        {START "\"kind\":\"lead_is\",\"to\":\"grid_worker\"}", "$: expected one of matter"},
        {START "\"kind\":\"lead_is\",\"to\":\"grid_worker\",\"overlap\":\"o\"}",
         "$.version: missing"},
        {START "\"kind\":\"claim\",\"matter\":\"m\"}", "$: expected overlap with version"},
        {START "\"kind\":\"duplicate\",\"matter\":\"m\"}", "$.other: missing"},
        {START "\"kind\":\"split\",\"matter\":\"m\",\"report\":\"x\"}", "$.report: expected"},
        {START "\"kind\":\"extend\",\"matter\":\"m\"}", "$.until: expected milliseconds"},
        {START "\"kind\":\"redecide\",\"version\":0}", "$.version: expected a number from 1"},
        {START "\"kind\":\"claim\",\"overlaps\":[]}", "$.overlaps: expected 1 to 100"},
        {START "\"kind\":\"claim\",\"overlaps\":[{\"overlap\":\"o\"}]}",
         "$.overlaps[0]: expected"},
        {START "\"kind\":\"redecide\",\"phone\":\"1\"}", "$: member 5 is not one of a decision's"},
        {"{\"id\":\"d\",\"town\":\"32\",\"kind\":\"redecide\",\"reason\":\"r\"}",
         "$.town: expected 9 digits"},
        {"{\"id\":\"d\",\"town\":\"320312111\",\"kind\":\"redecide\",\"reason\":\"r\"}",
         "$.actor: expected {post, role}"},
        {"{\"id\":\"d\",\"town\":\"320312111\",\"kind\":\"redecide\",\"reason\":\"\"}",
         "$.reason: expected 1 to 2000 bytes"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        assert_int_equal(read_signed(f, cases[i].value), GB_BAD_DECISION);
        if (strstr(f->err.text, cases[i].text) == NULL) {
            fail_msg("%s: says \"%s\"", cases[i].value, f->err.text);
        }
    }
}

static enum gb_status read_with(struct fixture *f, size_t headers, struct gb_str value)
{
    f->in.value = value;
    f->in.headers_count = headers;
    return gb_decision_read(&f->arena, &(struct gb_gateways){&f->gateway, 1}, &f->in,
                            &f->decision, &f->err);
}

static void only_a_known_signature_passes(void **state)
{
    struct fixture *f = *state;
    struct gb_str value = GB_STR(START "\"kind\":\"redecide\"}");
    struct gb_str hex;

    assert_int_equal(read_signed(f, value.ptr), GB_OK);
    hex = f->headers[1].value;
    assert_int_equal(read_with(f, 1, value), GB_BAD_SIGNATURE);
    assert_int_equal(read_with(f, 0, value), GB_BAD_SIGNATURE);
    assert_int_equal(read_with(f, 2, GB_STR(START "\"kind\":\"redecide\"} ")), GB_BAD_SIGNATURE);
    f->headers[1].value = GB_STR("00");
    assert_int_equal(read_with(f, 2, value), GB_BAD_SIGNATURE);
    f->headers[1].value = hex;
    f->headers[0].value = GB_STR("other");
    assert_int_equal(read_with(f, 2, value), GB_BAD_SIGNATURE);
    f->headers[0].value = GB_STR("desk");
    assert_int_equal(read_with(f, 2, value), GB_OK);
    f->gateway.key[3] ^= 1;
    assert_int_equal(read_with(f, 2, value), GB_BAD_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(each_mistake_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_known_signature_passes, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
