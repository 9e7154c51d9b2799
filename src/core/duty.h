/* The duty list (职责清单) compiled: which post leads a matter, and which row says so. PURE.
 *
 * A row (struct gb_duty) is one entry of the published list. It applies to a product of
 * categories x territories x networks and roles of the first reporter x urgencies x a time of
 * validity (准入 admission to expiry). Its categories and territories are taken apart into scopes;
 * an index finds the scopes of a matter by hashing the prefixes of its category and place.
 *
 * Hit policy, stated in each duties.yaml and nowhere hidden: of all rows that apply, the most
 * specific one decides - by category (an exact code before the longest pattern), then territory
 * (longest code), then network (named before any), then role, then urgency - then the highest
 * priority, then the first in the file. Rows that only forbid (负面清单) never decide: they say who
 * may not lead, wherever they apply. codec/duty_proof.h shows before a bundle is used that no
 * matter has two leads or a forbidden one. */
#ifndef CORE_DUTY_H
#define CORE_DUTY_H

#include <stdint.h>

#include "base/arena.h"
#include "gridbridge/str.h"

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
#define GB_DUTY_LIST(X)                                                                            \
    X(LEAD) X(ASSIST) X(INFORM) X(FIRST_CONTACT) X(SUPERVISE) X(FORBIDDEN)

enum gb_duty_kind {
#define X(name) GB_DUTY_##name,
    GB_DUTY_LIST(X)
#undef X
        GB_DUTY_KIND_COUNT
};
struct gb_str gb_duty_word(enum gb_duty_kind kind); /* "LEAD" ... */

/* A post: a role, and the unit (单位) where the row names one of units.csv. */
struct gb_post {
    enum gb_role role;
    struct gb_str unit; /* absent: none named */
};

struct gb_duty_part {
    enum gb_duty_kind kind;
    bool is_first; /* LEAD only: whoever was reached first leads (首接负责); post is unused */
    struct gb_post post;
};

#define GB_DUTY_PARTS_MAX 12U

/* Why a row may name no lead: a declared exception, not a gap. */
enum gb_no_lead { GB_LEAD_NAMED, GB_LEAD_REFUSED, GB_LEAD_FIRST_CONTACT_ONLY };

/* The lead passes on after this many failures (returns) or working days, whichever is first. */
struct gb_hand_over {
    bool is_set;
    struct gb_post to;
    int32_t failures;     /* 0: not by failures */
    int32_t working_days; /* 0: not by time */
};

#define GB_URGENCY_COUNT 5U /* 0: not said, 1 特急, 2 紧急, 3 一般, 4 低 (DOMAIN 2.3) */
#define GB_URGENCY_ANY 0x1fU
#define GB_SOURCES_MAX 64U

/* "1" .. "4", or critical (特急), urgent (紧急), normal (一般); 0 for anything else. */
uint32_t gb_urgency_of(struct gb_str word);

struct gb_duty {
    struct gb_str id;          /* "D07" */
    struct gb_str item;        /* number in the published list (事项编号), may be absent */
    struct gb_str proposed_by; /* unit that applied for admission, may be absent */
    struct gb_str basis_zh;    /* legal basis or source of the rule (依据) */
    struct gb_str basis_en;
    uint64_t sources;          /* bit i: first reports of policy source i; all ones: any */
    uint32_t urgencies;        /* bit u: urgency u */
    bool has_network, has_role, has_urgency; /* named in the row: more specific */
    bool is_temporary;         /* urgent temporary item: has an expiry */
    int64_t valid_from, valid_until; /* ms, [from, until); INT64_MIN / INT64_MAX if open */
    int32_t priority;          /* higher wins among equally specific rows */
    enum gb_no_lead no_lead;
    struct gb_hand_over hand_over;
    uint32_t parts_count;
    struct gb_duty_part parts[GB_DUTY_PARTS_MAX];
    struct gb_str file;        /* where the row stands, for messages */
    uint32_t line, col;
};

/* The row decides who leads (or that nobody does); else it only forbids. */
bool gb_duty_decides(const struct gb_duty *duty);
bool gb_duty_forbids(const struct gb_duty *duty);
/* The LEAD part, NULL if the row has none. */
const struct gb_duty_part *gb_duty_lead(const struct gb_duty *duty);

/* One category and territory of a row. */
struct gb_duty_scope {
    struct gb_str category;  /* "MS02", "MS*" or "*" */
    struct gb_str territory; /* code prefix ("320312111"), or "*" */
    uint32_t duty;           /* index of its row */
};

/* Scopes sorted so that those of one category and territory stand together, best first. */
struct gb_duty_index {
    const struct gb_duty_scope *scopes;
    uint32_t scopes_count;
    const uint32_t *slots; /* hash table: index of a bucket's first scope + 1, 0 if free */
    uint32_t slots_size;   /* power of two, or 0 */
    uint64_t category_lens, territory_lens; /* bit n: a pattern without its star of n bytes */
};

/* Builds the index over scopes (sorts them in place; borrowed) of rows (borrowed). */
void gb_duty_index_build(struct gb_arena *arena, const struct gb_duty *duties,
                         struct gb_duty_scope *scopes, uint32_t count,
                         struct gb_duty_index *index);

/* Below 0 if a stands before b by the hit policy among rows of one category and territory; 0 where
 * only the order in the file decides. */
int gb_duty_order(const struct gb_duty *a, const struct gb_duty *b);

/* A scope with its row. */
struct gb_duty_place {
    const struct gb_duty_scope *scope;
    const struct gb_duty *duty;
};

/* The same for any two scopes that cover one category and place. */
int gb_duty_place_order(const struct gb_duty_place *a, const struct gb_duty_place *b);

struct gb_duty_query {
    struct gb_str category; /* canonical */
    struct gb_str place;    /* grid, else village code */
    uint32_t source;        /* index of the elder report's source; GB_SOURCES_MAX: unknown */
    uint32_t urgency;       /* 0..4 */
    int64_t at;             /* time of occurrence, ms */
};

/* True if the row's source, urgency and validity fit (category and territory aside). */
bool gb_duty_fits(const struct gb_duty *duty, const struct gb_duty_query *query);

/* The row that decides, or NULL: unlisted. At most (prefixes of the category) x (prefixes of the
 * place) probes. */
const struct gb_duty *gb_duty_find(const struct gb_duty_index *index, const struct gb_duty *duties,
                                   const struct gb_duty_query *query);

/* The first row of index that forbids role to lead, or NULL. */
const struct gb_duty *gb_duty_find_forbidding(const struct gb_duty_index *index,
                                              const struct gb_duty *duties,
                                              const struct gb_duty_query *query,
                                              enum gb_role role);

/* True if pattern ("MS02", "MS*", "*") covers code. */
bool gb_duty_covers(struct gb_str pattern, struct gb_str code);

#endif
