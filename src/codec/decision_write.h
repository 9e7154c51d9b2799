/* A decision as a gateway sends it: the canonical JSON of codec/decision.h, and its signature. */
#ifndef CODEC_DECISION_WRITE_H
#define CODEC_DECISION_WRITE_H

#include "codec/gateway.h"
#include "codec/decision.h"
#include "core/decision.h"

/* An overlap and the version of it that was seen. */
struct gb_seen_overlap {
    struct gb_str id;
    int64_t version;
};

/* What a person wants. Absent strings and numbers of 0 are not written; one overlap is written as
 * overlap with version, more as overlaps. Borrows everything. */
struct gb_decision_draft {
    struct gb_str id, town, kind;
    struct gb_str actor_post, actor_role, reason, basis;
    struct gb_str matter, other, report, to, decision;
    int64_t version; /* of the matter */
    int64_t until;   /* ms */
    const struct gb_seen_overlap *overlaps;
    uint32_t overlaps_count;
};

/* Appends the record's value. */
void gb_decision_write(struct gb_buf *out, const struct gb_decision_draft *draft);

struct gb_signer {
    struct gb_str gateway; /* its id */
    const uint8_t *seed;   /* of its private key, GB_SIGN_KEY_LEN bytes */
};

/* Signs value, then reads it as the bridge will: GB_OK, or what the bridge would say of it.
 * signature_hex: 2 * GB_SIGN_LEN digits in the arena. */
enum gb_status gb_decision_sign(struct gb_arena *arena, const struct gb_signer *signer,
                                struct gb_str value, struct gb_str *signature_hex,
                                struct gb_err *err) GB_MUST_CHECK;

#endif
