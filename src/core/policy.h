/* The policy bundle as the core sees it: compiled tables, immutable, borrowed from codec.
 *
 * A bundle is a folder of data (DESIGN 6), content-addressed: hash = hex SHA-256 over its files
 * (name, 0x00, bytes, 0x00, by file name). codec/policy_load.h reads it; the lane hands it to the
 * core before the activation record that names its hash. Everything a bundle answers is a pure
 * function here. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdint.h>

#include "gridbridge/str.h"

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
/* The state called word, or GB_STATE_COUNT. */
enum gb_state gb_state_of(struct gb_str word);
/* HANDLED, VERIFIED, CLOSED: the body says that the work is done (已办结). */
bool gb_state_is_done(enum gb_state state);
/* CLOSED, VOID, WITHDRAWN, MERGED: nothing more is expected of the body. */
bool gb_state_is_closed(enum gb_state state);

/* Roles of posts that a duty names (岗位). */
#define GB_ROLE_LIST(X)                                                                            \
    X(GRID_WORKER, "grid_worker")     /* 网格员 */                                                 \
    X(GRID_LEADER, "grid_leader")     /* 网格长 */                                                 \
    X(KEY_FAMILY, "key_family")       /* 党员中心户 */                                             \
    X(BRANCH_SECRETARY, "branch_secretary") /* 支部书记 */                                         \
    X(DEPARTMENT, "department")       /* 部门 */                                                   \
    X(COMMAND_CENTRE, "command_centre") /* 综合指挥中心 */

enum gb_role {
#define X(name, word) GB_ROLE_##name,
    GB_ROLE_LIST(X)
#undef X
        GB_ROLE_COUNT
};
struct gb_str gb_role_word(enum gb_role role);
enum gb_role gb_role_of(struct gb_str word); /* GB_ROLE_COUNT if unknown */

/* What a duty gives a role (DOMAIN 2.5): 主办 协办 知会 首接 督办 禁止. */
enum gb_duty_kind {
    GB_DUTY_LEAD,
    GB_DUTY_ASSIST,
    GB_DUTY_INFORM,
    GB_DUTY_FIRST_CONTACT,
    GB_DUTY_SUPERVISE,
    GB_DUTY_FORBIDDEN,
    GB_DUTY_KIND_COUNT
};
struct gb_str gb_duty_word(enum gb_duty_kind kind); /* "LEAD" ... */

struct gb_duty_part {
    enum gb_role role;
    enum gb_duty_kind kind;
};

#define GB_DUTY_PARTS_MAX 8

/* One row of the duty list: category pattern x network x territory x validity -> roles. */
struct gb_duty {
    struct gb_str id;          /* "D07" */
    struct gb_str category;    /* "MS02", "MS*" or "*" */
    struct gb_str network;     /* "party", "grid" or "*": network of the elder report */
    struct gb_str territory;   /* code prefix ("320312111"), or "*" */
    int64_t valid_from, valid_until; /* ms, [from, until); INT64_MIN / INT64_MAX if open */
    int32_t priority;          /* higher wins among equally specific rows */
    struct gb_str basis_zh;    /* legal basis or source of the rule (依据) */
    struct gb_str basis_en;
    uint32_t parts_count;
    struct gb_duty_part parts[GB_DUTY_PARTS_MAX];
};

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

struct gb_category {
    struct gb_str code, name_zh, name_en;
    bool text; /* a title may be published (false for MD*, 矛盾纠纷) */
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
    const struct gb_str *places;          uint32_t places_count; /* codes of territory.csv */
    int64_t holder_window_ms;        /* matching.yaml: same holder evidence, 2 h */
    int64_t cell_window_ms;          /* matching.yaml: closed matters stay in the cell, 30 d */
    int64_t contradiction_after_ms;  /* deadlines.yaml: contradictory_state, 72 h */
};

/* The canonical code of (source, field, code) valid at time at (ms), or absent. */
struct gb_str gb_policy_canonical(const struct gb_policy *policy, struct gb_str source,
                                  struct gb_str field, struct gb_str code, int64_t at);
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

struct gb_duty_query {
    struct gb_str category;  /* canonical */
    struct gb_str network;   /* of the elder report */
    struct gb_str place;     /* grid, else village code */
    int64_t at;              /* time of occurrence, ms */
};

/* The duty row that decides: most specific (longest category pattern without its *, then longest
 * territory, then named network), then highest priority, then first in the file. NULL: unlisted. */
const struct gb_duty *gb_policy_duty(const struct gb_policy *policy,
                                     const struct gb_duty_query *query);

#endif
