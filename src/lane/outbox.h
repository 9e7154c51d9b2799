/* Outputs become messages: numbered, with all headers, hashed; and their lines in the outbox.
 *
 * An outbox line is canonical JSON {"headers":[[name,value]..],"key","pos","seq","topic","value"};
 * value is the message's own canonical JSON or null for a tombstone, so the message can be made
 * again from its line byte for byte. Numbering: RECORDS 5. */
#ifndef LANE_OUTBOX_H
#define LANE_OUTBOX_H

#include "base/buf.h"
#include "lane/effect.h"
#include "lane/topics.h"

/* What numbering needs to know of the lane. */
struct gb_outbox_lane {
    uint32_t lane;
    int64_t clock;                          /* lane clock after the step, for ce_time */
    const struct gb_topics *topics;
    int64_t *seqs;                          /* last gb_seq by topic; moved on */
};

/* The messages of one step, in order, in the step's arena. NOT_FOUND: an output is for a source
 * that has no write-back topic; the numbers are of no use then. */
enum gb_status gb_outbox_number(const struct gb_outbox_lane *lane, const struct gb_step *step,
                                struct gb_message **messages, struct gb_err *err) GB_MUST_CHECK;

/* Appends the message's outbox line with its newline. */
void gb_outbox_write(struct gb_buf *out, const struct gb_topics *topics,
                     const struct gb_message *message);

/* Makes the message of a line (without newline) again. Errors: BAD_RECORD; NOT_FOUND where its
 * topic is the write-back topic of a source that has no slot. */
enum gb_status gb_outbox_read(struct gb_arena *arena, const struct gb_topics *topics,
                              struct gb_str line, struct gb_message *message,
                              struct gb_err *err) GB_MUST_CHECK;

/* SHA-256 over key, value and headers, each with its length (8 bytes, little-endian; absent:
 * all ones): what "the same bytes out" means. */
struct gb_hash gb_message_hash(const struct gb_message *message);

/* RFC 3339 in UTC with milliseconds, 24 characters, for 1970..9999; else clamped. */
struct gb_str gb_time_text(struct gb_arena *arena, int64_t ms);

#endif
