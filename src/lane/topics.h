/* Which output topics a bridge has: the fixed ones, and a write-back topic for each source that has
 * a slot. Which source has which slot is the registry in PostgreSQL (table stream), to which
 * `topics create` only ever adds: a slot's numbers in the lanes' rows stay those of one source. */
#ifndef LANE_TOPICS_H
#define LANE_TOPICS_H

#include "base/arena.h"
#include "core/core.h"

struct gb_topics {
    /* "matter", "writeback.party_building": the name without the prefix. Absent: a slot that no
     * source has; there is no such topic, nothing to read and nothing to send. */
    struct gb_str words[GB_TOPIC_COUNT];
    struct gb_str streams[GB_TOPIC_COUNT]; /* gb_stream, 32 hex digits */
};

/* The fixed topics' words; no streams, no source has a slot. */
void gb_topics_init(struct gb_topics *topics);

/* Gives the slot (below GB_WRITEBACK_TOPICS, free) to a source; the word lives in the arena. */
void gb_topics_bind(struct gb_topics *topics, struct gb_arena *arena, uint32_t slot,
                    struct gb_str source);

/* All strings anew in the arena. */
void gb_topics_copy(struct gb_topics *to, const struct gb_topics *from, struct gb_arena *arena);

/* The topic's word, for messages to people; of a free slot "writeback". */
struct gb_str gb_topics_word(const struct gb_topics *topics, enum gb_topic topic);

/* The topic of a word, or of the slot that a source has; false: there is none. */
bool gb_topics_find(const struct gb_topics *topics, struct gb_str word, enum gb_topic *topic);
bool gb_topics_find_target(const struct gb_topics *topics, struct gb_str source,
                           enum gb_topic *topic);

/* The source of "writeback.SOURCE"; absent for every other word. */
struct gb_str gb_topics_source_of(struct gb_str word);

#endif
