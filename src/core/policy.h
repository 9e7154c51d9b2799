/* The policy bundle as the core sees it: compiled tables, immutable, borrowed from codec.
 *
 * A bundle is a folder of data (DESIGN 6), content-addressed: hash = hex SHA-256 over its files
 * (name, 0x00, bytes, 0x00, by file name). codec/policy_load.h reads it; the lane hands it to the
 * core before the activation record that names its hash. Everything a bundle answers is a pure
 * function here. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/deadline.h"
#include "core/decision.h"
#include "core/duty.h"
#include "core/writeback_rule.h"

/* Canonical states (DOMAIN 3.2). X(NAME): word = name. */
#define GB_STATE_LIST(X)                                                                           \
    X(REPORTED) X(TRIAGED) X(DISPATCHED) X(ACCEPTED) X(IN_PROGRESS) X(HANDLED) X(VERIFIED)         \
    X(CLOSED) X(RETURNED) X(WITHDRAWN) X(VOID) X(SUSPENDED) X(TRANSFERRED) X(ESCALATED) X(MERGED)

enum gb_state {
#define X(name) GB_STATE_##name,
    GB_STATE_LIST(X)
#undef X
        GB_STATE_COUNT
};

/* "CLOSED" and so on; static. */
struct gb_str gb_state_word(enum gb_state state);
/* How far a body says it has come: 0 at work or stuck, 1 HANDLED, 2 VERIFIED, 3 CLOSED, 4 out of
 * it without having done it: VOID, WITHDRAWN, MERGED. */
int gb_state_extent(enum gb_state state);
/* Somebody has taken it on (签收): not REPORTED, TRIAGED, DISPATCHED, RETURNED, TRANSFERRED or
 * ESCALATED. */
bool gb_state_is_accepted(enum gb_state state);
/* The state called word, or GB_STATE_COUNT. */
enum gb_state gb_state_of(struct gb_str word);
/* HANDLED, VERIFIED, CLOSED: the body says that the work is done (已办结). */
bool gb_state_is_done(enum gb_state state);
/* CLOSED, VOID, WITHDRAWN, MERGED: nothing more is expected of the body. */
bool gb_state_is_closed(enum gb_state state);

/* A code of a source translated: (source, field, code) -> canonical, valid [from, until). */
struct gb_crosswalk {
    struct gb_str source, field, code, canonical;
    int64_t valid_from, valid_until;
};

struct gb_state_row {
    struct gb_str source, entity, code;
    enum gb_state state;
};

struct gb_authority {
    struct gb_str field;        /* canonical field name: category, level, grid, state, title ... */
    uint32_t sources_count;
    struct gb_str sources[8];   /* first has authority */
};

struct gb_holder {
    struct gb_str id_hash, holder, pseudonym;
};

struct gb_source_row {
    struct gb_str source;       /* party_building */
    struct gb_str network;      /* party */
    enum gb_role role;          /* the post that a first contact through this source means */
};

/* A department or body that a duty may name (units.csv, 单位). */
struct gb_unit {
    struct gb_str code, name_zh, name_en;
};

struct gb_category {
    struct gb_str code, name_zh, name_en;
    bool text; /* a title may be published (false for MD*, 矛盾纠纷) */
};

/* How many there shall be, [least, most]; most 0: no rule. */
struct gb_bounds {
    int32_t least, most;
};

/* How the two networks shall be manned (network.yaml); all zero where the bundle says nothing. */
struct gb_network_rules {
    uint32_t grid_posts;     /* bit r: each grid must have a post of role r */
    int64_t vacant_after_ms; /* a post empty for longer is a post_vacant */
    struct gb_bounds families;   /* key families of a grid */
    struct gb_bounds members;    /* members whom a key family contacts */
    struct gb_bounds households; /* households that a member contacts */
    int64_t conflict_after_ms;   /* a contact outside the rules for longer is a contact_conflict */
};

/* Fields after whose change a person's word on an overlap may be looked at again (decisions.yaml,
 * reopen), in key order. X(NAME, word). */
#define GB_REOPEN_LIST(X)                                                                          \
    X(CATEGORY, "category") X(DEADLINE, "deadline_at") X(GRID, "grid") X(LEVEL, "level")           \
    X(VILLAGE, "village")

enum gb_reopen {
#define X(name, word) GB_REOPEN_##name,
    GB_REOPEN_LIST(X)
#undef X
        GB_REOPEN_COUNT
};

struct gb_policy {
    struct gb_str hash;         /* hex */
    int32_t version;
    /* Every table is sorted by its key in byte order (duties keep file order). */
    const struct gb_category *categories; uint32_t categories_count;
    const struct gb_crosswalk *crosswalk; uint32_t crosswalk_count;
    const struct gb_state_row *states;    uint32_t states_count;
    const struct gb_authority *authority; uint32_t authority_count;
    const struct gb_holder *holders;      uint32_t holders_count;
    const struct gb_source_row *sources;  uint32_t sources_count;
    const struct gb_duty *duties;         uint32_t duties_count;
    const struct gb_unit *units;          uint32_t units_count;
    const struct gb_deadline *deadlines;  uint32_t deadlines_count; /* in file order */
    struct gb_calendar calendar;
    const struct gb_str *places;          uint32_t places_count; /* codes of territory.csv */
    struct gb_duty_index deciding;   /* scopes of rows that name a lead or an exception */
    struct gb_duty_index forbidding; /* scopes of rows that forbid (负面清单) */
    int64_t list_from, list_until;   /* ms: the time for which the list answers */
    bool is_unlisted_declared;       /* the list says where unlisted matters go: no gap is wrong */
    const struct gb_duty *fallback;  /* territorial body of unlisted matters (属地兜底), or NULL:
                                        they go to the command centre */
    int64_t holder_window_ms;        /* matching.yaml: same holder evidence, 2 h */
    int64_t cell_window_ms;          /* matching.yaml: closed matters stay in the cell, 30 d */
    uint32_t four_eyes;              /* bit k: decisions of kind k wait for a second person */
    uint32_t reopen;                 /* bit r: enum gb_reopen; 0: a person's word stands for good */
    int64_t claim_ms;                /* how long a seat's claim lasts if it does not say */
    struct gb_network_rules network;
    const struct gb_writeback_rule *writebacks; uint32_t writebacks_count; /* by source */
    int32_t escalate_after_returns;  /* deadlines.yaml: ping_pong, 0: never */
    int64_t contradiction_after_ms;  /* deadlines.yaml: contradictory_state, 72 h */
};

/* The canonical code of (source, field, code) valid at time at (ms), or absent. */
struct gb_str gb_policy_canonical(const struct gb_policy *policy, struct gb_str source,
                                  struct gb_str field, struct gb_str code, int64_t at);
/* The source's own code for a canonical one that is valid at time at: the one code there is, or
 * absent where there is none or several. */
struct gb_str gb_policy_raw(const struct gb_policy *policy, struct gb_str source,
                            struct gb_str field, struct gb_str canonical, int64_t at);
/* The canonical state of a raw code; false if unknown (never guessed). */
bool gb_policy_state(const struct gb_policy *policy, struct gb_str source, struct gb_str entity,
                     struct gb_str code, enum gb_state *state);
/* The authority row of a field, or NULL. */
const struct gb_authority *gb_policy_authority(const struct gb_policy *policy,
                                               struct gb_str field);
/* The holder row of an id hash, or NULL (then the id is its own holder). */
const struct gb_holder *gb_policy_holder(const struct gb_policy *policy, struct gb_str id_hash);
const struct gb_source_row *gb_policy_source(const struct gb_policy *policy,
                                             struct gb_str source);
const struct gb_category *gb_policy_category(const struct gb_policy *policy, struct gb_str code);
bool gb_policy_has_place(const struct gb_policy *policy, struct gb_str code);

const struct gb_unit *gb_policy_unit(const struct gb_policy *policy, struct gb_str code);

/* True if such a decision waits for a second pair of eyes. */
bool gb_policy_needs_two(const struct gb_policy *policy, enum gb_decision_kind kind);

/* Index of a source in sources, GB_SOURCES_MAX if the bundle lacks it. */
uint32_t gb_policy_source_index(const struct gb_policy *policy, struct gb_str source);

/* The duty row that decides (core/duty.h says how). NULL: unlisted. */
const struct gb_duty *gb_policy_duty(const struct gb_policy *policy,
                                     const struct gb_duty_query *query);
/* The row that forbids role to lead such a matter, or NULL. */
const struct gb_duty *gb_policy_forbidding(const struct gb_policy *policy,
                                           const struct gb_duty_query *query, enum gb_role role);

#endif
