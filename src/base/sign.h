/* Signatures: Ed25519 (RFC 8032) by libcrypto. */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H

#include <stdint.h>

#include "base/check.h"
#include "gridbridge/str.h"

#define GB_SIGN_KEY_LEN 32U /* a private key's seed, or a public key */
#define GB_SIGN_LEN 64U

/* True if signature (GB_SIGN_LEN bytes) over message was made by the owner of the public key. */
bool gb_sign_is_valid(const uint8_t *public_key, struct gb_str message,
                      const uint8_t *signature) GB_MUST_CHECK;

/* Signs message with the key of a seed; signature holds GB_SIGN_LEN bytes. False if libcrypto
 * fails. */
bool gb_sign(const uint8_t *seed, struct gb_str message, uint8_t *signature) GB_MUST_CHECK;

/* The public key of a seed. */
bool gb_sign_public(const uint8_t *seed, uint8_t *public_key) GB_MUST_CHECK;

#endif
