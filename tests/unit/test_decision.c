/* A decision is read only if a known gateway signed it, and each wrong member is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hash.h"
#include "codec/decision.h"
#include "codec/decision_write.h"
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

/* What is written is what is read: each kind of target, and what a person may leave out. */
static void a_draft_is_written_signed_and_read(void **state)
{
    static const struct gb_seen_overlap seen[] = {{{"o-1", 3}, 4}, {{"o-2", 3}, 1}};
    const struct gb_decision_draft drafts[] = {
        {.kind = GB_STR("lead_is"), .to = GB_STR("department:fire"), .overlaps = seen,
         .overlaps_count = 1},
        {.kind = GB_STR("claim"), .until = 1700000000000, .overlaps = seen, .overlaps_count = 2},
        {.kind = GB_STR("split"), .matter = GB_STR("m-1"), .report = GB_STR("a/b/c"),
         .version = 9},
        {.kind = GB_STR("undo"), .decision = GB_STR("d-0"), .basis = GB_STR("b \"1\"")},
    };
    static const char *const values[] = {
        "\"kind\":\"lead_is\",\"overlap\":\"o-1\",\"reason\":\"r\",\"to\":\"department:fire\","
        "\"town\":\"320312111\",\"version\":4}",
        "\"kind\":\"claim\",\"overlaps\":[{\"overlap\":\"o-1\",\"version\":4},"
        "{\"overlap\":\"o-2\",\"version\":1}],\"reason\":\"r\",\"town\":\"320312111\","
        "\"until\":1700000000000}",
        "\"matter\":\"m-1\",\"reason\":\"r\",\"report\":\"a/b/c\",\"town\":\"320312111\","
        "\"version\":9}",
        "\"basis\":\"b \\\"1\\\"\",\"decision\":\"d-0\",\"id\":\"d-1\",\"kind\":\"undo\"",
    };
    struct fixture *f = *state;
    const struct gb_signer signer = {GB_STR("desk"), seed};

    for (size_t i = 0; i < GB_COUNT(drafts); i++) {
        struct gb_decision_draft draft = drafts[i];
        struct gb_buf out = {0};
        struct gb_str hex;
        struct gb_str value;

        draft.id = GB_STR("d-1");
        draft.town = GB_STR("320312111");
        draft.reason = GB_STR("r");
        draft.actor_post = GB_STR("seat-03");
        draft.actor_role = GB_STR("command_centre");
        gb_decision_write(&out, &draft);
        value = gb_arena_str(&f->arena, gb_buf_str(&out));
        gb_buf_close(&out);
        assert_non_null(strstr(value.ptr, values[i]));
        assert_int_equal(gb_decision_sign(&f->arena, &signer, value, &hex, &f->err), GB_OK);
        assert_int_equal(read_signed(f, value.ptr), GB_OK);
        assert_true(gb_str_eq(f->headers[1].value, hex));
    }
    assert_int_equal(gb_decision_sign(&f->arena, &signer, GB_STR(START "\"kind\":\"claim\"}"),
                                      &(struct gb_str){NULL, 0}, &f->err),
                     GB_BAD_DECISION); /* what the bridge would not take is told beforehand */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(each_mistake_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_known_signature_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_draft_is_written_signed_and_read, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
