/* A small bundle, records made by hand, and a run of the core over them with its rows kept. */
#ifndef TESTS_UNIT_CORE_FIXTURE_H
#define TESTS_UNIT_CORE_FIXTURE_H

#include "base/buf.h"
#include "core/core.h"

#define CF_ROWS_MAX 1024
#define CF_RECORDS_MAX 320
#define CF_VILLAGE "320312111201"
#define CF_GRID "320312111201001"

struct gb_cf_report {
    const char *source;   /* "party" or "grid" */
    const char *key;
    int64_t column;       /* version */
    const char *hash;     /* image hash */
    const char *state;    /* "0" REPORTED, "1" CLOSED, others unknown */
    const char *category; /* raw code */
    int64_t occurred_at;
    const char *reporter; /* id hash or NULL */
    const char *xref;     /* or NULL */
    const char *attachment;
    bool claims_lead;
};

struct gb_cf_script {
    struct gb_arena arena;
    struct gb_record records[CF_RECORDS_MAX];
    uint32_t count;
    int64_t n;
    int64_t offset;
    const struct gb_policy *policy; /* NULL: gb_cf_policy(); its hash is "abcd" */
    int64_t updated_at; /* of the puts that follow; 0: they do not say */
    int64_t ticked; /* offset up to which ticks covered the stream */
    const char *modes; /* JSON of the ticks that follow, or NULL */
};

const struct gb_policy *gb_cf_policy(void);
void gb_cf_begin(struct gb_cf_script *script); /* begins with a tick and the activation */
void gb_cf_put(struct gb_cf_script *script, const struct gb_cf_report *report);
/* A row of an entity that is no matter, newer than all before; fields: a JSON object, NULL deletes
 * it. */
void gb_cf_row(struct gb_cf_script *script, const char *source, const char *entity,
               const char *key, const char *fields);
void gb_cf_delete(struct gb_cf_script *script, const char *source, const char *key);
void gb_cf_tick(struct gb_cf_script *script, int64_t clock);
/* A system's answer: the fields of a record of kind result, as JSON. */
void gb_cf_result(struct gb_cf_script *script, const char *fields);
/* A decision with id; fields: the members besides id, town and actor, as JSON. */
void gb_cf_decide(struct gb_cf_script *script, const char *id, const char *actor,
                  const char *fields);

struct gb_cf_run {
    const struct gb_policy *policy;
    struct gb_arena arena;
    struct gb_buf outputs; /* one line each: topic, type, key, value */
    struct gb_row rows[CF_ROWS_MAX];
    uint32_t rows_count;
    struct gb_hash digest;
    int64_t clock;
    enum gb_outcome outcomes[CF_RECORDS_MAX];
    bool is_balanced;
    uint32_t wanted; /* keys and evidence asked for */
};

/* Steps all records; flushes after every flush_every, and goes on in a new core that was loaded
 * from all rows after every restart_every records (0: never). */
void gb_cf_play(const struct gb_cf_script *script, uint32_t flush_every, uint32_t restart_every,
                struct gb_cf_run *run);
/* The same with a core that never forgets anything: what every other run is compared with. */
void gb_cf_play_keeping(const struct gb_cf_script *script, struct gb_cf_run *run);
void gb_cf_end(struct gb_cf_run *run);
struct gb_str gb_cf_all_rows(struct gb_cf_run *run); /* sorted */
/* How often what occurs in the outputs. */
uint32_t gb_cf_count(const struct gb_cf_run *run, const char *what);

#endif
