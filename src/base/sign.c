/* See the header. */
#include "base/sign.h"

#include <openssl/evp.h>

bool gb_sign_is_valid(const uint8_t *public_key, struct gb_str message, const uint8_t *signature)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, GB_SIGN_KEY_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_valid = key != NULL && context != NULL &&
                    EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                    EVP_DigestVerify(context, signature, GB_SIGN_LEN,
                                     (const unsigned char *)message.ptr, message.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_valid;
}

bool gb_sign(const uint8_t *seed, struct gb_str message, uint8_t *signature)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, GB_SIGN_KEY_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = GB_SIGN_LEN;
    bool is_signed = key != NULL && context != NULL &&
                     EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                     EVP_DigestSign(context, signature, &len, (const unsigned char *)message.ptr,
                                    message.len) == 1 &&
                     len == GB_SIGN_LEN;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_signed;
}

bool gb_sign_public(const uint8_t *seed, uint8_t *public_key)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, GB_SIGN_KEY_LEN);
    size_t len = GB_SIGN_KEY_LEN;
    bool is_made = key != NULL && EVP_PKEY_get_raw_public_key(key, public_key, &len) == 1 &&
                   len == GB_SIGN_KEY_LEN;

    EVP_PKEY_free(key);
    return is_made;
}
