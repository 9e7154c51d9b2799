/* Ed25519: test vectors of RFC 8032 section 7.1, and what must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/sign.h"

static const struct {
    const char *seed, *key, *message, *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
};

static void vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < GB_COUNT(vectors); i++) {
        struct gb_str message = gb_str_of(vectors[i].message);
        uint8_t seed[GB_SIGN_KEY_LEN];
        uint8_t key[GB_SIGN_KEY_LEN];
        uint8_t made[GB_SIGN_KEY_LEN];
        uint8_t wanted[GB_SIGN_LEN];
        uint8_t signature[GB_SIGN_LEN];

        assert_true(gb_unhex(seed, sizeof(seed), gb_str_of(vectors[i].seed)));
        assert_true(gb_unhex(key, sizeof(key), gb_str_of(vectors[i].key)));
        assert_true(gb_unhex(wanted, sizeof(wanted), gb_str_of(vectors[i].signature)));
        assert_true(gb_sign_public(seed, made));
        assert_memory_equal(made, key, sizeof(key));
        assert_true(gb_sign(seed, message, signature));
        assert_memory_equal(signature, wanted, sizeof(wanted));
        assert_true(gb_sign_is_valid(key, message, signature));
    }
}

static void what_is_changed_does_not_pass(void **state)
{
    uint8_t seed[GB_SIGN_KEY_LEN] = {1};
    uint8_t key[GB_SIGN_KEY_LEN];
    uint8_t signature[GB_SIGN_LEN];

    (void)state;
    assert_true(gb_sign_public(seed, key));
    assert_true(gb_sign(seed, GB_STR("a decision"), signature));
    assert_true(gb_sign_is_valid(key, GB_STR("a decision"), signature));
    assert_false(gb_sign_is_valid(key, GB_STR("b decision"), signature));
    for (size_t i = 0; i < GB_SIGN_LEN; i++) {
        signature[i] ^= 1;
        assert_false(gb_sign_is_valid(key, GB_STR("a decision"), signature));
        signature[i] ^= 1;
    }
    key[0] ^= 1;
    assert_false(gb_sign_is_valid(key, GB_STR("a decision"), signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_of_the_rfc),
                                       cmocka_unit_test(what_is_changed_does_not_pass)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
