/* Replay: the ledger of one lane through a fresh core, compared with what was stored. Without I/O:
 * the caller reads chunks in order and hands them over.
 *
 * Usage: new; for each chunk from ledger line 0 on: ask gb_replay_missing_policy and offer it until
 * none is missing, then gb_replay_chunk; free. State is always made from line 0 on; only what
 * touches the span is compared. The first difference ends the replay. */
#ifndef LANE_REPLAY_H
#define LANE_REPLAY_H

#include "base/merkle.h"
#include "codec/files.h"
#include "codec/yaml.h"
#include "lane/effect.h"
#include "lane/topics.h"

struct gb_replay;

struct gb_replay_config {
    uint32_t lane;
    enum gb_hash_alg alg;
    /* Streams that are absent are taken from the topic's first stored output and, where one of
     * the fixed topics has none, slots too. */
    struct gb_topics topics;
    uint64_t from, to; /* lines compared: [from, to) */
};

/* What was stored with one batch. Strings are borrowed for the call. */
struct gb_replay_chunk {
    uint64_t from_index, to_index;
    int64_t from_offset;
    int32_t core_semantics;
    struct gb_str body;          /* ledger lines, each with a newline */
    struct gb_str leaves;        /* 32 bytes a line */
    struct gb_str root_before;   /* 32 bytes */
    struct gb_str frontier;      /* after the chunk */
    struct gb_str state_digest;  /* 32 bytes, after the chunk */
    struct gb_str texts;         /* JSON Lines {"index","text"}; may be empty */
    struct gb_str outbox;        /* JSON Lines; absent once purged */
    struct gb_str hashes;        /* 32 bytes an output; may be empty */
};

/* The first difference. Texts are cut, the last byte always 0. */
struct gb_replay_difference {
    uint64_t index;        /* ledger line */
    int64_t ordinal;       /* output within the line's step; -1: the line itself or the state */
    char field[128];       /* "leaf", "state_digest", "value.lead.role" ... */
    char stored[400];
    char computed[400];
};

struct gb_replay_counts {
    uint64_t lines, outputs, chunks;       /* replayed */
    uint64_t outputs_compared, bodies_purged;
};

struct gb_replay *gb_replay_new(const struct gb_replay_config *config);
void gb_replay_free(struct gb_replay *replay); /* NULL is fine */

/* The hash of a bundle that the chunk activates and that was not offered; absent if none. Lives in
 * the chunk's body or in the replay until the next call. */
struct gb_str gb_replay_missing_policy(struct gb_replay *replay,
                                       const struct gb_replay_chunk *chunk);

/* Compiles and keeps a bundle. BAD_POLICY with mistakes. */
enum gb_status gb_replay_offer_policy(struct gb_replay *replay, const struct gb_files *files,
                                      struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* Steps one chunk. OK; DIFFERS with the difference; BAD_RECORD where the chunks do not follow
 * each other or another core_semantics made them (err says which); NOT_FOUND: something is written
 * back to a source that has no slot. */
enum gb_status gb_replay_chunk(struct gb_replay *replay, const struct gb_replay_chunk *chunk,
                               struct gb_replay_difference *difference,
                               struct gb_err *err) GB_MUST_CHECK;

/* After the last chunk: what would come out if policy (borrowed until gb_replay_free) were
 * activated now and every open matter decided anew. The outputs are in step, whose arena the caller
 * sets; the replay has no further use. Returns how many open matters there are. */
uint32_t gb_replay_what_if(struct gb_replay *replay, const struct gb_policy *policy,
                           struct gb_step *step);

void gb_replay_count(const struct gb_replay *replay, struct gb_replay_counts *counts);

/* "lane 3, line 1201, output 2, value.lead: stored ..., computed ..." */
void gb_replay_describe(uint32_t lane, const struct gb_replay_difference *difference,
                        struct gb_buf *out);

#endif
