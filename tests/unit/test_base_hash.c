/* Hashes and text forms against the vectors of their standards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/hash.h"
#include "dies.h"

static void assert_hash(struct gb_hash hash, const char *want)
{
    char hex[2 * GB_HASH_LEN + 1] = {0};

    gb_hex(hex, hash.bytes, GB_HASH_LEN);
    assert_string_equal(hex, want);
}

static void test_sha256_and_sm3(void **state)
{
    const struct gb_str parts[] = {GB_STR("a"), GB_STR_NONE, GB_STR("bc")};
    const char *sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const char *sm3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";

    (void)state;
    assert_hash(gb_hash_of(GB_SHA256, GB_STR("abc")), sha);
    assert_hash(gb_hash_of(GB_SM3, GB_STR("abc")), sm3);
    assert_hash(gb_hash_parts(GB_SHA256, parts, 3), sha);
    assert_hash(gb_hash_parts(GB_SM3, parts, 3), sm3);
    assert_hash(gb_hash_of(GB_SHA256, GB_STR("")),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(gb_hash_alg_word(GB_SHA256), "sha256");
    assert_string_equal(gb_hash_alg_word(GB_SM3), "sm3");
}

static void test_hmac_of_rfc4231(void **state)
{
    char key[131];

    (void)state;
    memset(key, 0x0b, 20);
    assert_hash(gb_hmac(GB_SHA256, (struct gb_str){key, 20}, GB_STR("Hi There")),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_hash(gb_hmac(GB_SHA256, GB_STR("Jefe"), GB_STR("what do ya want for nothing?")),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    assert_hash(gb_hmac(GB_SHA256, (struct gb_str){key, sizeof(key)},
                        GB_STR("Test Using Larger Than Block-Size Key - Hash Key First")),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Parts are gathered before they are hashed: around that bound the split must not show. */
static void test_split_does_not_show(void **state)
{
    static char bytes[10000];
    const size_t splits[] = {0, 1, 4095, 4096, 4097, 5000, 8192, 9999};

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 31);
    }
    struct gb_hash whole = gb_hash_of(GB_SHA256, (struct gb_str){bytes, sizeof(bytes)});

    for (size_t i = 0; i < GB_COUNT(splits); i++) {
        const struct gb_str parts[] = {
            {bytes, splits[i]}, GB_STR_NONE, {bytes + splits[i], sizeof(bytes) - splits[i]}};
        struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, GB_COUNT(parts));

        assert_memory_equal(hash.bytes, whole.bytes, GB_HASH_LEN);
    }
}

static void hmac_without_key(void)
{
    (void)gb_hmac(GB_SHA256, GB_STR(""), GB_STR("x"));
}

static void test_hmac_wants_a_key(void **state)
{
    (void)state;
    assert_true(dies(hmac_without_key));
}

static void test_fnv1a(void **state)
{
    (void)state;
    assert_true(gb_fnv1a(GB_STR("")) == 0xcbf29ce484222325U);
    assert_true(gb_fnv1a(GB_STR("a")) == 0xaf63dc4c8601ec8cU);
    assert_true(gb_fnv1a(GB_STR("foobar")) == 0x85944171f73967e8U);
}

static void test_base32_and_base64_of_rfc4648(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},           {"my", "Zg=="},           {"mzxq", "Zm8="},         {"mzxw6", "Zm9v"},
        {"mzxw6yq", "Zm9vYg=="}, {"mzxw6ytb", "Zm9vYmE="}, {"mzxw6ytboi", "Zm9vYmFy"},
    };
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 4096);
    for (size_t len = 0; len < sizeof(rows) / sizeof(rows[0]); len++) {
        const uint8_t *bytes = (const uint8_t *)"foobar";

        assert_true(gb_str_eq(gb_base32(&arena, bytes, len), gb_str_of(rows[len][0])));
        assert_true(gb_str_eq(gb_base64(&arena, bytes, len), gb_str_of(rows[len][1])));
    }
    gb_arena_close(&arena);
}

static void test_hex(void **state)
{
    static const char *const refused[] = {"", "0", "00fg", "00f", "00ff0", "0x00", " 00f"};
    uint8_t bytes[2] = {0};
    char hex[5] = {0};

    (void)state;
    assert_true(gb_unhex(bytes, 2, GB_STR("0aFf")));
    gb_hex(hex, bytes, 2);
    assert_string_equal(hex, "0aff");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(gb_unhex(bytes, 2, gb_str_of(refused[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_and_sm3),
        cmocka_unit_test(test_split_does_not_show),
        cmocka_unit_test(test_hmac_of_rfc4231),
        cmocka_unit_test(test_hmac_wants_a_key),
        cmocka_unit_test(test_fnv1a),
        cmocka_unit_test(test_base32_and_base64_of_rfc4648),
        cmocka_unit_test(test_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
