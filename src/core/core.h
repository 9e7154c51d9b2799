/* The core's one door. PURE: no I/O, clock, locale, random, floats; memory from its own pool.
 *
 * One gb_core holds the open state of one lane. gb_core_step takes one ledger line (an intake
 * record as read by codec, or a control line) and appends outputs to the step; every line has
 * exactly one outcome. Rows that changed are taken once a batch by gb_core_flush, so that a matter
 * touched ten times in a batch costs one row. Nothing depends on where a batch ends.
 *
 * Same ledger, same GB_CORE_SEMANTICS: the same outputs, rows and digest, on every compiler. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "core/limits.h"
#include "core/policy.h"
#include "gridbridge/err.h"
#include "gridbridge/record.h"

/* Raised by a change that would alter a released golden ledger (DESIGN 8). */
#define GB_CORE_SEMANTICS 1

/* Tables of state rows (PostgreSQL tables of the same names). X(NAME, word). */
#define GB_TABLE_LIST(X)                                                                           \
    X(OBSERVATION, "observation") X(MATTER, "matter") X(OVERLAP, "overlap")                        \
    X(EXCEPTION, "exception") X(SOURCE_MARK, "source_mark") X(WRITER_MARK, "writer_mark")          \
    X(BOOK, "book") X(LANE_STATE, "lane_state") X(RULING, "ruling") X(POST, "post")                \
    X(CONTACT, "contact") X(VISIT, "visit") X(STATS, "stats")

enum gb_table {
#define X(name, word) GB_TABLE_##name,
    GB_TABLE_LIST(X)
#undef X
        GB_TABLE_COUNT
};
struct gb_str gb_table_word(enum gb_table table);

/* Output topics; the real name is prefix + word, the prefix usually "gb.". */
#define GB_TOPIC_LIST(X)                                                                           \
    X(MATTER, "matter") X(OVERLAP, "overlap") X(CHANGE, "change") X(DEADLETTER, "deadletter")      \
    X(BOOKS, "books") X(POST, "post") X(CONTACT, "contact") X(VISIT, "visit")             \
    X(STATS, "stats")

/* Sources that may have results written back: one topic each, "writeback." + source. */
#define GB_WRITEBACK_TOPICS 8

/* Numbers of topics index the arrays of a lane's row, so a fixed topic that is added to the list of
 * a released program needs a migration that moves the slots along. */
enum gb_topic {
#define X(name, word) GB_TOPIC_##name,
    GB_TOPIC_LIST(X)
#undef X
        GB_TOPIC_WRITEBACK, /* the first of the slots; which source has which: lane/topics.h */
    GB_TOPIC_COUNT = GB_TOPIC_WRITEBACK + GB_WRITEBACK_TOPICS
};
/* "matter", ...; of all slots "writeback": what a slot's topic is called knows lane/topics.h. */
struct gb_str gb_topic_word(enum gb_topic topic);
/* matter, overlap, post, contact, visit and stats are compacted state topics; the others are
 * logs. stats has no gb.change behind it. */
bool gb_topic_is_state(enum gb_topic topic);

/* One row of state. row is canonical JSON without free text and is what the state digest covers;
 * text is canonical JSON {observation key: {name: text}} or absent (GB_TABLE_MATTER only). */
struct gb_row {
    enum gb_table table;
    struct gb_str key;
    bool is_deleted;
    struct gb_str row;
    struct gb_str text;
    /* Columns that a fetch asks for (absent or 0 where the table has none): */
    struct gb_str matter; /* observation, overlap: its matter's id or its node's key; matter, post,
                             contact, visit: its own; ruling: its reports' keys as text of an array,
                             {"source/entity/key","..."} */
    struct gb_str xref;   /* observation: "source/entity/key" it points to */
    /* observation whose matter is closed: hashes of the evidence by which it can be found again */
    const int64_t *evidence;
    uint32_t evidence_count;
    int64_t live_until;   /* observation, matter, overlap, source_mark, book, post, contact,
                             visit, stats: INT64_MAX while open, else the lane clock (ms) until
                             which a load needs it */
};

/* One message for a topic. Values and keys live in the step's arena. */
struct gb_output {
    enum gb_topic topic;   /* what is to be written back: GB_TOPIC_WRITEBACK, ... */
    struct gb_str target;  /* ... and the source that shall take it; all others: absent */
    struct gb_str key;
    struct gb_str value;   /* canonical JSON; absent: tombstone */
    struct gb_str type;    /* ce_type, "gb.change.matter.opened.v1" */
    struct gb_str subject; /* ce_subject: entity id */
    uint32_t ordinal;      /* within the step, from 0 */
    int32_t change;        /* ordinal of the gb.change output that made a state; else -1 */
    const struct gb_record *about; /* dead letters: the record whose coordinates go into headers, */
    struct gb_str reason, detail;  /* and why it is dead (detail may be absent) */
};

enum gb_outcome { GB_APPLIED, GB_UNCHANGED, GB_OUT_REFUSED, GB_OUT_DEAD, GB_OUT_IGNORED };

struct gb_step {
    struct gb_arena *arena;    /* borrowed; outputs live there until it is reset */
    uint64_t index;            /* ledger index of the line, set by the caller */
    enum gb_outcome outcome;
    struct gb_output *outputs; /* grown by the core in arena */
    uint32_t outputs_count;
    uint32_t outputs_size;
};

struct gb_rows {
    struct gb_row *items; /* in the arena given to flush; ordered by table, then key */
    uint32_t count;
};

/* What must be fetched before a batch is stepped, because memory may not hold it: observations and
 * source marks of these keys; of each piece of evidence the observations that carry it (any
 * GB_WANTED_OF_EVIDENCE_MAX of them, where there are more); all rows of the matters of both; and
 * the rulings of these keys and of all those reports. A key may name a matter, an overlap or a
 * ruling too: then its matters are meant.
 * Zeroed but for arena before the first record of a batch. */
struct gb_wants {
    struct gb_arena *arena;
    struct gb_str *keys; /* "source/entity/key", or "cluster/topic/partition" */
    uint32_t count;
    uint32_t size;
    int64_t *evidence; /* may hold one twice */
    uint32_t evidence_count;
    uint32_t evidence_size;
    const struct gb_policy *policy; /* active at the record that comes next */
    uint64_t turn;
    struct gb_str stream; /* wanted last */
};

/* One more than may share evidence: then it is known to be void. */
#define GB_WANTED_OF_EVIDENCE_MAX (GB_EVIDENCE_MAX + 1)

struct gb_core;

/* An empty state of a lane; ends the process when memory does. */
struct gb_core *gb_core_new(uint32_t lane);
void gb_core_free(struct gb_core *core);

/* Takes in one row from the database, with row and text parsed by codec (text NULL if none).
 * A row that memory already holds is left as it is. Rows of one matter may come in any order. */
enum gb_status gb_core_load(struct gb_core *core, const struct gb_row *row,
                            const struct gb_value *parsed, const struct gb_value *text,
                            struct gb_err *err) GB_MUST_CHECK;

/* Makes a bundle known; borrowed until gb_core_free. An activation of an unknown hash is a bug of
 * the caller. */
void gb_core_offer_policy(struct gb_core *core, const struct gb_policy *policy);

/* The hash of the active bundle (absent before the first activation): after a load the caller
 * offers it before stepping. */
struct gb_str gb_core_policy(const struct gb_core *core);

/* Adds what rec needs and memory may not hold; records in their order. */
void gb_core_wants(struct gb_core *core, const struct gb_record *rec, struct gb_wants *wants);

/* One ledger line through the core. rec is borrowed for the call. Never fails: what is wrong with
 * the data is an outcome. */
void gb_core_step(struct gb_core *core, const struct gb_record *rec, struct gb_step *step);

/* The rows that changed since the last flush, and the digest after them (RECORDS 4). */
void gb_core_flush(struct gb_core *core, struct gb_arena *arena, struct gb_rows *rows);
struct gb_hash gb_core_digest(const struct gb_core *core);
/* Sets the digest that the loaded rows belong to (the lane row keeps it). */
void gb_core_set_digest(struct gb_core *core, const struct gb_hash *digest);

/* Matters in memory that are not over: what a redecide without a name decides anew. */
uint32_t gb_core_open_matters(const struct gb_core *core);

/* The lane's clock (ms), moved by ticks alone; 0 before the first. */
int64_t gb_core_clock(const struct gb_core *core);

/* Balance of the books so far; false names the first stream that does not balance. */
bool gb_core_is_balanced(const struct gb_core *core, struct gb_err *err);

#endif
