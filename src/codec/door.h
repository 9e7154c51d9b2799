/* The door: one source record in, intake rows out. Envelope, mapping, refusal, all without I/O.
 *
 * A door is built once from the adapters' mappings, their lookup files and the refuse-list; without
 * a refuse-list there is no door. It is immutable and may be shared between threads. */
#ifndef CODEC_DOOR_H
#define CODEC_DOOR_H

#include "base/buf.h"
#include "base/hash.h"
#include "codec/files.h"
#include "codec/gateway.h"
#include "codec/keyring.h"
#include "codec/scrub.h"
#include "codec/yaml.h"
#include "gridbridge/record.h"

#define GB_SOURCE_BYTES_MAX (8U << 20) /* of a record's key, of its value */

struct gb_door;

/* One configured source: which adapter reads which topics. */
struct gb_door_source {
    struct gb_str name;            /* party_building */
    struct gb_str topic;           /* a topic, '*' at either end stands for anything */
    const struct gb_files *adapter;/* adapters/<system>: mapping.yaml ... */
    const struct gb_files *lookups;/* CSV files that `lookup(column, file)` names */
    bool is_live;                  /* results are written back to it (mode: live) */
    /* Where both stand, as messages show it; absent: the file's name alone. */
    struct gb_str adapter_folder, lookups_folder;
};

struct gb_door_config {
    struct gb_str cluster;         /* cluster id in coordinates */
    struct gb_str salt;            /* secret bytes of the cluster, for h_src and h_img */
    struct gb_str join_key;        /* secret bytes, for holder id hashes */
    struct gb_str join_key_id;     /* "j1" */
    enum gb_hash_alg join_alg;     /* of the HMAC */
    struct gb_key join_was;        /* while keys overlap: the one before; else without bytes */
    uint32_t lanes_count;
    const struct gb_file *refuse;  /* refuse.yaml; NULL is a mistake */
    const struct gb_door_source *sources;
    size_t sources_count;
    struct gb_str decision_topic;  /* exact name, or absent: nobody decides */
    struct gb_str result_topic;    /* exact name, or absent: nothing is written back */
    struct gb_gateways gateways;
};

/* Builds a door; all mistakes of all files as file:line:col; NULL if there was any. Copies what it
 * keeps. */
struct gb_door *gb_door_new(const struct gb_door_config *config, struct gb_mistakes *mistakes);
void gb_door_free(struct gb_door *door);

struct gb_source_header {
    struct gb_str name, value;
};

/* A Kafka record as consumed. Absent key or value: null. */
struct gb_source_record {
    struct gb_str topic;
    int32_t partition;
    int64_t offset;
    struct gb_str key, value;
    const struct gb_source_header *headers;
    size_t headers_count;
};

/* One intake record to send: everything but the writer {session, n}, which the intake lane adds. */
struct gb_door_row {
    uint32_t lane;
    struct gb_record record;
};

struct gb_door_rows {
    struct gb_door_row *items; /* in the arena, in source order, never empty; they borrow from the
                                  source record and from the door too */
    size_t count;
};

/* Opens one record. Never fails: what cannot be read is one dead row that says what was expected
 * and at which JSON path (record.reason is the status word; detail has the sentence). salt_seed is
 * a secret of the session from which the texts' salts are derived. */
void gb_door_open(const struct gb_door *door, const struct gb_source_record *in,
                  struct gb_str salt_seed, struct gb_arena *arena, struct gb_door_rows *rows);

/* Appends what became of each column of each row, a line a column, for a person: values of fields
 * are shown, those of columns that no rule names and of texts are not. */
void gb_door_explain(const struct gb_door *door, const struct gb_source_record *in,
                     struct gb_arena *arena, struct gb_buf *out);

/* The hash of a source record that goes into commit metadata: hex(SHA-256(salt, key, value)). */
struct gb_str gb_door_hash(const struct gb_door *door, const struct gb_source_record *in,
                           struct gb_arena *arena);

/* Hash of the mapping that reads a source's topic, of the refuse-list; absent: nobody reads it. */
struct gb_str gb_door_mapping_hash(const struct gb_door *door, struct gb_str source,
                                   struct gb_str topic);
struct gb_str gb_door_refuse_hash(const struct gb_door *door);

/* {source: "live" | "shadow"} of all sources, sorted by name: what ticks tell the lanes. */
const struct gb_value *gb_door_modes(const struct gb_door *door);

/* A column that no mapping names, and how often it came. */
struct gb_drift {
    struct gb_str source, column; /* borrowed from the door */
    uint64_t count;
};

/* Unknown columns so far, at most max of them; any thread. Returns how many were written. */
size_t gb_door_drift(const struct gb_door *door, struct gb_drift *out, size_t max);
/* Those that this call has not given yet, each once; to be asked again while it gives max. */
size_t gb_door_drift_fresh(const struct gb_door *door, struct gb_drift *out, size_t max);

/* How often a class of the refuse-list kept something out: rows, cells of refused columns that had
 * a value, texts. */
struct gb_refused {
    struct gb_str class_name; /* borrowed from the door */
    uint64_t count;
};

/* Classes with a count so far, at most max; any thread. Returns how many were written. */
size_t gb_door_refused(const struct gb_door *door, struct gb_refused *out, size_t max);

/* Marks set in texts so far; any thread. */
uint64_t gb_door_scrubbed(const struct gb_door *door, enum gb_scrub_kind kind);

/* FNV-1a of the town code modulo lanes; town "" is routed by "topic/partition" (RECORDS 2). */
uint32_t gb_lane_of_town(struct gb_str town, uint32_t lanes_count);

#endif
