/* What a row of an entity that is no matter says, read under a bundle. Private to src/core.
 *
 * Persons stand here as keyed hashes only (DOMAIN 7): holder and reporter are hashes of ids, a
 * household is the hash of its code, a pseudonym is that of the bundle's holders.csv. */
#ifndef CORE_FACT_H
#define CORE_FACT_H

#include "core/policy.h"
#include "gridbridge/record.h"

struct gb_jsonw;
struct gb_pool;

/* What an entity word means. OTHER rows are kept and have no effect. */
enum gb_entity {
    GB_ENTITY_OTHER,
    GB_ENTITY_GRID_POST,  /* a holder works a grid in a role */
    GB_ENTITY_KEY_FAMILY, /* a key family (党员中心户) and who holds it */
    GB_ENTITY_ORG,        /* "post": a party organisation and its term of office */
    GB_ENTITY_GRID,       /* a grid, and how many households it has */
    GB_ENTITY_MEMBER,     /* a key family contacts a party member, for a time */
    GB_ENTITY_CONTACT,    /* a member contacts a household */
    GB_ENTITY_VISIT       /* visits of a day: a row, a counter that grew, or a daily log */
};
enum gb_entity gb_entity_of(struct gb_str word);

/* Strings of a fact. X(name) */
#define GB_FACT_LIST(X)                                                                            \
    X(date) X(family) X(grid) X(holder) X(home) X(household) X(place) X(pseudonym) X(purpose)      \
    X(reporter) X(role) X(village)

/* Numbers of a fact, each with what it is where the row does not say. X(name, otherwise) */
#define GB_FACT_NUMBER_LIST(X)                                                                     \
    X(again, 0)           /* log: visits that it tells again, */                                   \
    X(again_households, 0) /* and of how many households */                                        \
    X(counted, 0)         /* 1: the member stands in its family's count */                         \
    X(full_time, -1)      /* 0 or 1; -1: not said */                                               \
    X(begins, -1)         /* visit: ms of the day; -1: not said */                                 \
    X(ends, -1)                                                                                    \
    X(households, -1)     /* of a grid, of a visit; -1: not said */                                \
    X(pair, GB_FACT_NO_PAIR) /* visit: enum gb_pair_kind, what it repeats */                       \
    X(reported, -1)       /* log: matters that it counts again */                                  \
    X(solved, -1)                                                                                  \
    X(told_in, GB_TOLD_ROW)                                                                        \
    X(visits, 0)          /* counter: by so many it grew */                                        \
    X(since, INT64_MIN)   /* ms; valid in [since, until) */                                        \
    X(until, INT64_MAX)

#define GB_FACT_NO_PAIR 4 /* GB_PAIR_NONE */

/* Where a visit is told, the fullest first. */
enum { GB_TOLD_ROW, GB_TOLD_LOG, GB_TOLD_COUNTER };

struct gb_fact {
#define X(name) struct gb_str name;
    GB_FACT_LIST(X)
#undef X
#define X(name, otherwise) int64_t name;
    GB_FACT_NUMBER_LIST(X)
#undef X
};

/* A put's fact; borrows from rec. Absent: all known, else why the record is dead. */
struct gb_str gb_fact_of(const struct gb_policy *policy, const struct gb_record *rec,
                         struct gb_fact *fact);
/* What an unsaid fact is: no strings, numbers as the list says. */
struct gb_fact gb_fact_none(void);
/* Of a report of a matter: no strings, all numbers 0. Shared, never written. */
extern const struct gb_fact gb_no_fact;
/* *at, gb_no_fact or a copy of this pool, becomes a copy of from. */
void gb_fact_set(struct gb_pool *pool, const struct gb_fact **at, const struct gb_fact *from);
/* A copy may be written in its place; never that of a matter's report. */
struct gb_fact *gb_fact_edit(const struct gb_fact *fact);
/* The member "fact" of an observation's row; nothing for an empty one. */
void gb_fact_render(struct gb_jsonw *w, const struct gb_fact *fact);
struct gb_fact gb_fact_read(const struct gb_value *object); /* borrows */
/* Valid at a time (ms). */
bool gb_fact_is_live(const struct gb_fact *fact, int64_t at);

#endif
