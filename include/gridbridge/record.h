/* The intake record: what intake writes to gb.intake, one lane reads, and the ledger keeps.
 *
 * On the wire (RECORDS 2): line one is canonical JSON {kind, town, src, w, verdict, reason, source,
 * entity, key, op, version, bootstrap, fields, text, h_src, h_map, h_refuse, h_img}; line two, only
 * where there is free text, {name: {salt, text}}. Absent members are left out. The struct borrows
 * from the arena that the reader was given.
 *
 * A first load (首次加载) is the rows of a snapshot: Debezium's `r`, Maxwell's bootstrap-insert. They
 * carry `bootstrap`, build state and matters, are counted in the books and published as any others;
 * what they alone say alarms nobody:
 *
 *   - A matter is a first load's while every image of each of its reports came with one, and nobody
 *     has decided who leads it or until when. It opens no overlap, no limit of it falls due, it is
 *     not handed over, no contradiction is timed, a refusal that it brings is not counted, and
 *     nothing of it is written back. Touching it otherwise (a bundle decided anew, a neighbour that
 *     changes) makes no difference.
 *   - The first record without the mark that is applied to one of its reports (an update, a report
 *     that joins it, another that was live and is found to be one with it), or such a decision,
 *     ends that at once, by the facts of that moment: overlaps that its reports then give reason
 *     for are opened in the same step, a contradiction is timed from the lane's clock then, and
 *     limits, which count from the elder report's time as ever, fall due from the next tick on,
 *     once each, those that are past already too. A first load's row that comes later to a live
 *     matter is a report like any other. So it does not matter which came first.
 *   - Of a node (a post, a part of the contact network), what a first load makes wrong is published
 *     and opens nothing until it has been in order once; what something else makes wrong counts.
 *   - Order: by version like all rows. A row older than a live change changes nothing, nor does one
 *     whose row was deleted live since; one that is newer (the row came back) stands. Where the row
 *     has neither a version column nor a position (Maxwell), Kafka's order decides: it was read
 *     after what stands before it.
 *   - A second load changes nothing: an image that is the row's newest already, with the same
 *     version column or none, is unchanged wherever the envelope says it stands. What was live
 *     stays live. */
#ifndef GRIDBRIDGE_RECORD_H
#define GRIDBRIDGE_RECORD_H

#include "gridbridge/value.h"

/* control: lines that the lane's own house writes (resume, accept-loss); never on a topic.
 * result: a system's answer to a write-back: source and entity "writeback", key its id, fields
 * {about, id, key?, reason?, result: "accepted" | "refused"}. */
enum gb_kind {
    GB_KIND_OBSERVATION,
    GB_KIND_DECISION,
    GB_KIND_POLICY,
    GB_KIND_TICK,
    GB_KIND_CONTROL,
    GB_KIND_RESULT /* a system's answer to a write-back */
};

enum gb_verdict { GB_ACCEPTED, GB_REFUSED, GB_DEAD, GB_IGNORED };

enum gb_op { GB_OP_PUT, GB_OP_DELETE, GB_OP_ENTER, GB_OP_LEAVE };

/* Where a source record stood. stream = "cluster/topic/partition". */
struct gb_coord {
    struct gb_str cluster;
    struct gb_str topic;
    int32_t partition;
    int64_t offset;
    int32_t index; /* row within the source message, from 0 */
    int64_t len;   /* bytes of the source record's key and value; 0: not known (older lines) */
};

#define GB_VERSION_PARTS_MAX 4

/* Declared order of two images of one row: first the column (if both have one), then the
 * envelope's own position, part by part, then the Kafka position. A delete has no column. */
struct gb_version {
    bool has_column;
    int64_t column;
    uint32_t parts_count; /* 0: the envelope gives no position */
    int64_t parts[GB_VERSION_PARTS_MAX];
};

#define GB_TEXTS_MAX 4

/* One free text: commitment = base64(SHA-256(salt || text)); text is absent once erased. */
struct gb_text {
    struct gb_str name; /* title, description, place */
    struct gb_str commitment;
    struct gb_str salt; /* base64 of 16 bytes */
    struct gb_str text;
};

struct gb_record {
    enum gb_kind kind;
    struct gb_str town; /* 9 digits, or "" */
    struct gb_coord src;
    struct gb_str session; /* writer session id */
    int64_t n;             /* number within (session, lane), from 0 */
    enum gb_verdict verdict;
    struct gb_str reason; /* word of a status where dead, class where refused */
    struct gb_str detail; /* dead: what was expected, at which JSON path; never the bytes */
    struct gb_str source; /* configured source name: party_building */
    struct gb_str entity; /* matter */
    struct gb_str key;
    enum gb_op op;
    struct gb_version version;
    bool bootstrap; /* of a first load, see above */
    struct gb_value fields; /* GB_OBJECT (tick, policy, control have theirs) or GB_NULL */
    uint32_t texts_count;
    struct gb_text texts[GB_TEXTS_MAX];
    struct gb_str h_src;    /* hex SHA-256(cluster salt || key || value) of the source record */
    struct gb_str h_map;    /* hex hash of the mapping with its lookup files */
    struct gb_str h_refuse; /* hex hash of the refuse-list */
    struct gb_str h_img;    /* hex hash of the mapped image (op, fields, texts), salted */
};

/* Names of the fields of an observation of entity `matter`; a mapping fills them. Times are
 * milliseconds since 1970 UTC. */
#define GB_FIELD_CATEGORY "category"        /* raw source code, string */
#define GB_FIELD_STATE "state"              /* raw source code, string */
#define GB_FIELD_LEVEL "level"              /* raw source code, string */
#define GB_FIELD_GRID "grid"                /* 15-digit code, absent if only the village is known */
#define GB_FIELD_VILLAGE "village"          /* 12-digit code */
#define GB_FIELD_OCCURRED_AT "occurred_at"  /* int */
#define GB_FIELD_DEADLINE_AT "deadline_at"  /* int */
#define GB_FIELD_REPORTER "reporter"        /* holder id hash "j1...." */
#define GB_FIELD_REPORTER_WAS "reporter_was" /* the same by the key before, while keys overlap */
#define GB_FIELD_ASSIGNEE "assignee"        /* holder id hash */
#define GB_FIELD_CLAIMS_LEAD "claims_lead"  /* bool */
#define GB_FIELD_XREF "xref"                /* "source/entity/key" of the peer's record */
#define GB_FIELD_ATTACHMENTS "attachments"  /* array of strings, hex SHA-256 */
#define GB_FIELD_UPDATED_AT "updated_at"    /* int */
#define GB_FIELD_ORIGIN "origin"            /* where the source had it from: its channel and id */
#define GB_FIELD_CHANNEL "channel"      /* raw source code: who spoke, a citizen or staff */
#define GB_FIELD_DUPLICATE_OF "duplicate_of" /* "source/entity/key", the source's own finding */

#endif
