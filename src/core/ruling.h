/* Rulings (裁定): what decisions of people became, and how folding and linking read them. Private to
 * src/core. */
#ifndef CORE_RULING_H
#define CORE_RULING_H

#include "core/state.h"

/* A ruling is found by the reports that it concerned: side 0
 * and, where it sets two matters together or apart, side 1. */
enum gb_ruling_state {
    GB_RULING_ACTIVE,
    GB_RULING_WAITING, /* for a second pair of eyes */
    GB_RULING_DONE,    /* had its effect at once; nothing hangs on it */
    GB_RULING_STALE,
    GB_RULING_REFUSED,
    GB_RULING_UNDONE,
    GB_RULING_STATE_COUNT
};

struct gb_ruling_key {
    struct gb_str report; /* source/entity/key */
    int side;
};

struct gb_ruling {
    struct gb_object head; /* key: id of the decision */
    enum gb_decision_kind kind;
    enum gb_ruling_state state;
    int64_t index;      /* ledger index of its record: decisions are ordered by it */
    int64_t decided_at; /* lane clock */
    struct gb_value fields; /* of the record, in the pool */
    struct gb_str actor;  /* post */
    struct gb_str reason; /* why refused, absent otherwise */
    struct gb_str undone_by;
    struct gb_post to;
    int64_t until;
    uint32_t keys_count;
    struct gb_ruling_key *keys; /* in the pool */
    int64_t live_until;
};

/* The rulings that concern a report. */
struct gb_anchor {
    struct gb_ruling *ruling;
    int side;
    struct gb_anchor *next;
};


struct gb_str gb_ruling_state_word(enum gb_ruling_state state);
struct gb_ruling *gb_ruling_get(struct gb_core *core, struct gb_str id);
/* Fills a new ruling from the fields of its record (copied). */
void gb_ruling_take(struct gb_core *core, struct gb_ruling *ruling,
                    const struct gb_value *fields);
/* Gives a ruling its reports (copied) and makes it found by them. */
void gb_ruling_anchor(struct gb_core *core, struct gb_ruling *ruling,
                      const struct gb_ruling_key *keys, uint32_t count);
const struct gb_anchor *gb_anchors_of(const struct gb_core *core, struct gb_str report);
/* The report's rulings shall be written again: its matter or how long it lives has changed. */
void gb_rulings_touch(struct gb_core *core, const struct gb_observation *o);
/* True if an active decision newer than index sets the two apart. */
bool gb_ruling_apart(const struct gb_core *core, const struct gb_observation *a,
                     const struct gb_observation *b, int64_t index);
/* The newest active decision on who leads, or until when; NULL if there is none. */
const struct gb_ruling *gb_ruling_lead(const struct gb_core *core, const struct gb_matter *matter);
const struct gb_ruling *gb_ruling_extension(const struct gb_core *core,
                                            const struct gb_matter *matter);
/* Active decisions that extend the matter's time. */
int64_t gb_ruling_extensions(const struct gb_core *core, const struct gb_matter *matter);
void gb_ruling_load(struct gb_core *core, const struct gb_row *row,
                    const struct gb_value *parsed);
void gb_ruling_render(struct gb_core *core, struct gb_jsonw *w, struct gb_ruling *ruling,
                      struct gb_row *row);
void gb_rulings_evict(struct gb_core *core);
void gb_rulings_close(struct gb_core *core);

enum gb_outcome gb_decision_step(struct gb_core *core, const struct gb_record *rec);

#endif
