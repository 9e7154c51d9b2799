/* Any bytes as a decision that its gateway has signed, and with another signature: what comes out
 * can be written as an intake record's fields, and nothing unsigned is read. */
#include "base/check.h"
#include "base/jsonw.h"
#include "codec/decision.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t seed[GB_SIGN_KEY_LEN] = {7};

static void sign(struct gb_str value, char hex[2 * GB_SIGN_LEN])
{
    uint8_t signature[GB_SIGN_LEN];

    GB_CHECK(gb_sign(seed, value, signature));
    gb_hex(hex, signature, sizeof(signature));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_gateway gateway = {.id = GB_STR("desk")};
    struct gb_str value = {(const char *)data, size};
    char hex[2 * GB_SIGN_LEN];
    struct gb_source_header headers[] = {{GB_STR("gb_gateway"), GB_STR("desk")},
                                         {GB_STR("gb_signature"), {hex, sizeof(hex)}}};
    struct gb_source_record in = {.value = value, .headers = headers, .headers_count = 2};
    struct gb_decision_read decision;
    struct gb_arena arena;
    struct gb_err err = {.status = GB_OK, .text = ""};

    GB_CHECK(gb_sign_public(seed, gateway.key));
    sign(value, hex);
    gb_arena_init(&arena, (size_t)64 << 20);
    if (gb_decision_read(&arena, &(struct gb_gateways){&gateway, 1}, &in, &decision, &err) ==
        GB_OK) {
        struct gb_buf buf = {0};
        struct gb_jsonw w;

        GB_CHECK(decision.town.len == 9 && decision.id.len > 0);
        gb_jsonw_init(&w, &buf);
        gb_jsonw_value(&w, &decision.fields);
        gb_buf_close(&buf);
    } else {
        GB_CHECK(err.status != GB_BAD_SIGNATURE && err.text[0] != '\0');
    }
    hex[0] = hex[0] == '0' ? '1' : '0';
    GB_CHECK(gb_decision_read(&arena, &(struct gb_gateways){&gateway, 1}, &in, &decision, &err) ==
             GB_BAD_SIGNATURE);
    gb_arena_close(&arena);
    return 0;
}
