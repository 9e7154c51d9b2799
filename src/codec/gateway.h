/* A gateway (the bridge's own HTTP API, or another) whose signed decisions are taken. */
#ifndef CODEC_GATEWAY_H
#define CODEC_GATEWAY_H

#include "base/sign.h"

struct gb_gateway {
    struct gb_str id;
    uint8_t key[GB_SIGN_KEY_LEN]; /* public Ed25519 key */
};

struct gb_gateways {
    const struct gb_gateway *items;
    size_t count;
};

#endif
