/* Decisions as they arrive on gb.decision.in: JSON, signed by the gateway that sent them.
 *
 * {"id", "town", "kind", "matter"?, "other"?, "report"?, "overlap"? with "version"?,
 *  "overlaps"?: [{"overlap", "version"}], "to"?, "until"?, "decision"?,
 *  "actor": {"post", "role"}, "reason", "basis"?}   (schemas/gb.decision.in.schema.json)
 *
 * Headers: gb_gateway = id of the gateway, gb_signature = hex of the Ed25519 signature (RFC 8032)
 * over the bytes of the value. Nothing of an unsigned or wrongly signed record is read. */
#ifndef CODEC_DECISION_H
#define CODEC_DECISION_H

#include "codec/door.h"

/* Reads a decision whose signature is proven: town, fields (a canonical object without reason) and
 * reason, all in arena. GB_BAD_JSON, GB_BAD_SIGNATURE or GB_BAD_DECISION with what was expected at
 * which path. */
struct gb_decision_read {
    struct gb_str town, id, reason;
    struct gb_value fields;
};
enum gb_status gb_decision_read(struct gb_arena *arena, const struct gb_gateways *gateways,
                                const struct gb_source_record *in,
                                struct gb_decision_read *decision,
                                struct gb_err *err) GB_MUST_CHECK;

#endif
