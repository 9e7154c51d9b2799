/* Inside of replay: one chunk as stored against the same chunk made again. */
#ifndef LANE_REPLAY_COMPARE_H
#define LANE_REPLAY_COMPARE_H

#include "lane/replay.h"

/* Lines that are compared, [from, to); compared counts the outputs that were. */
struct gb_replay_span {
    uint64_t from, to;
    uint64_t compared;
};

/* Takes the next line (without its newline) off rest; false at the end. */
bool gb_replay_take_line(struct gb_str *rest, struct gb_str *line);

/* The text member {name: {salt, text}} of line index, if *texts has it next; absent otherwise. */
struct gb_str gb_replay_text_of(struct gb_str *texts, uint64_t index);

struct gb_str gb_replay_header(const struct gb_message *message, struct gb_str name);

/* True if both are the same within the span; otherwise the first difference. */
bool gb_replay_compare(const struct gb_replay_chunk *chunk, const struct gb_commit *commit,
                       struct gb_replay_span *span, struct gb_replay_difference *difference);

#endif
