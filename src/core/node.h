/* Nodes (节点): the standing state that rows other than matters make: posts, the contact network,
 * visits. Private to src/core.
 *
 * A node is a row of the table post, contact or visit, known by a natural key, with the rows
 * (observations) that speak of it as members. Its fold is a function of its members, of what other
 * nodes count in it, of the lane's clock and of the active bundle; it gives the published fields,
 * what is wrong (words), and when time alone will change it. A node is folded in the step that
 * touches it or, where many rows count in it (gb_node_later), at the next tick.
 *
 * What is wrong for longer than the bundle allows opens an overlap, by tick; it is settled as soon
 * as it is no longer wrong. A word that a first load makes wrong is muted: published, and nothing
 * to alarm of until it has been in order once (DESIGN 4, gridbridge/record.h). A first load never
 * mutes a word that alarms already; what a fold counts in other nodes comes of what touched it.
 *
 * Memory: a node lives in memory while the lane's clock is at or before live_until, together with
 * its members; then both leave after a flush and come back by key: the members' row column `matter`
 * is the node's key, so whatever fetches one of them fetches all. */
#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "core/fact.h"
#include "core/heap.h"
#include "core/state.h"

/* Rows that may speak of one node; one more is a dead letter `too_many_members`. */
#define GB_NODE_MEMBERS_MAX 64U
#define GB_NODE_FIELDS_MAX 24U

enum gb_node_kind {
    GB_NODE_POST,
    GB_NODE_GRID,
    GB_NODE_FAMILY,    /* a key family as contact: whom it reaches */
    GB_NODE_MEMBER,    /* a party member: by whom reached, and whom it reaches */
    GB_NODE_HOUSEHOLD, /* the links of one household */
    GB_NODE_VISIT,     /* what one place tells of one worker's visits on one day */
    GB_NODE_KIND_COUNT
};

/* What others count in a node; each kind uses what it needs. */
#define GB_TALLIES 2
#define GB_TALLY_FAMILIES 0   /* grid: key families that stand in it */
#define GB_TALLY_COVERED 1    /* grid: households of it with a link */
#define GB_TALLY_MEMBERS 0    /* family: members with a live link */
#define GB_TALLY_HOUSEHOLDS 0 /* member: links to households */

/* One published field; name is static, json canonical. */
struct gb_node_field {
    const char *name;
    struct gb_str json;
};

struct gb_node_fields {
    uint32_t count;
    struct gb_node_field items[GB_NODE_FIELDS_MAX]; /* by name */
};

struct gb_node {
    struct gb_object head; /* key */
    enum gb_node_kind kind;
    uint32_t count, size;
    struct gb_observation **members; /* by key; in the pool */
    struct gb_node_fields fields;    /* as published last; json in the pool */
    struct gb_node *home;            /* family, household: the grid that counts it; NULL: none */
    int64_t tally[GB_TALLIES];
    struct gb_str town;              /* of the row that named it first */
    struct gb_str wrong;             /* words as found last, "a,b"; absent: nothing */
    struct gb_str muted;             /* those of wrong that a first load brought */
    int64_t since;                   /* lane clock at which it alarmed of something else last */
    struct gb_overlap *overlap;      /* NULL: never one */
    struct gb_timer timer;           /* the next fold by time */
    int64_t live_until; /* INT64_MAX but for households where nothing waits, and for visits */
    int64_t version; /* published so often */
    bool is_loaded; /* visits: a first load told of the day first, so statistics do not count it */
    bool is_listed; /* waits for its fold in this step */
    int loading;    /* since its last fold: 0 untouched, 1 by first loads alone, 2 by others too */
};

/* What a fold gives. */
struct gb_node_fold {
    bool is_there; /* false: the node ends */
    struct gb_node_fields fields;
    struct gb_str wrong;    /* words by commas, the gravest first; absent: nothing */
    struct gb_str evidence; /* JSON */
    enum gb_overlap_kind overlap;
    int64_t patience_ms; /* wrong for longer opens it */
    int64_t next_at;     /* time alone changes it then; INT64_MAX: never */
};

/* ---- node.c ---- */
/* The node of a key, new as a stub if memory has none. A key's first word says its kind. */
struct gb_node *gb_node_get(struct gb_core *core, struct gb_str key);
/* The same, standing: a stub or an ended one begins anew. */
struct gb_node *gb_node_open(struct gb_core *core, struct gb_str key);
/* NULL if memory holds no standing node of that key. */
struct gb_node *gb_node_find(const struct gb_core *core, struct gb_str key);
void gb_node_add(struct gb_core *core, struct gb_node *node, struct gb_observation *o);
void gb_node_remove(struct gb_core *core, struct gb_observation *o);
bool gb_node_is_full(const struct gb_node *node);
/* Folds it before this step ends; or at the next tick. */
void gb_node_touch(struct gb_core *core, struct gb_node *node);
void gb_node_later(struct gb_core *core, struct gb_node *node);
/* Folds it when the clock is there; INT64_MAX: not by time. */
void gb_node_wait(struct gb_core *core, struct gb_node *node, int64_t at);
/* Memory holds it, with its members, until then (lane clock). */
void gb_node_live(struct gb_core *core, struct gb_node *node, int64_t until);
/* Folds all that are touched, and what their folds touch. */
void gb_nodes_fold(struct gb_core *core);
/* A tick: folds what time has changed, at most GB_DUE_TICK_MAX of them. */
void gb_nodes_due(struct gb_core *core);
void gb_node_free(struct gb_core *core, struct gb_node *node);

/* ---- node_tell.c ---- */
void gb_node_set(struct gb_node_fields *fields, const char *name, struct gb_str json);
void gb_node_keep_fields(struct gb_core *core, struct gb_node *node,
                         const struct gb_node_fields *fields); /* copies */
void gb_node_drop_fields(struct gb_core *core, struct gb_node *node);
/* True if they say something else, but for the bundle and the version. */
bool gb_node_differs(const struct gb_node_fields *one, const struct gb_node_fields *other);
/* Tells the change and the new state, and keeps it. Without fields: the node is gone. */
void gb_node_publish(struct gb_core *core, struct gb_node *node,
                     const struct gb_node_fields *to);
/* The text of a published field that is a string without escapes: an id, a code. Borrows. */
struct gb_str gb_node_text_of(const struct gb_node *node, const char *name);
struct gb_str gb_node_text(struct gb_core *core, struct gb_str text); /* as JSON, in scratch */

/* ---- node_row.c ---- */
void gb_node_render(struct gb_jsonw *w, const struct gb_node *node, struct gb_row *row);
void gb_node_load(struct gb_core *core, const struct gb_row *row, const struct gb_value *parsed);

/* ---- entity.c ---- */
/* A row of an entity that is no matter, translated: absent, or why it is dead. */
struct gb_str gb_entity_check(struct gb_core *core, const struct gb_record *rec,
                              struct gb_fact *fact);
/* o says fact now (NULL: it is deleted). */
void gb_entity_apply(struct gb_core *core, struct gb_observation *o, const struct gb_fact *fact);
/* The key of the node that a row speaks of, in arena; absent: of none. */
struct gb_str gb_entity_node(struct gb_arena *arena, enum gb_entity entity,
                             const struct gb_fact *fact, struct gb_str id);

/* ---- post.c ---- */
void gb_post_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold);
/* The row is, or is no longer, one of its holder's posts. */
void gb_hat_add(struct gb_core *core, struct gb_observation *o);
void gb_hat_drop(struct gb_core *core, struct gb_observation *o);
/* The other posts of those who hold this one are folded again. */
void gb_post_touch_hats(struct gb_core *core, const struct gb_node *node);
/* The networks (bit: index of a source of the bundle) in which a holder has a post at a time. */
uint64_t gb_hat_sources(const struct gb_core *core, struct gb_str holder, int64_t at);
void gb_hats_close(struct gb_core *core);

/* The posts of a holder, at most GB_HAT_POSTS_MAX, by key of their rows; how many. */
uint32_t gb_hat_posts(const struct gb_core *core, struct gb_str holder,
                      struct gb_observation **posts);

/* ---- visit.c ---- */
void gb_visit_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold);
/* Until when memory holds a day's node. */
int64_t gb_visit_live(const struct gb_core *core, const struct gb_node *node);
bool gb_visit_is_recent(const struct gb_core *core, const struct gb_node *node);
/* What else is told of the day of the one behind node is folded again. */
void gb_visit_touch_day(struct gb_core *core, const struct gb_node *node);
/* What is told of a holder's recent days, of GB_VISIT_DAYS at most, is folded again: one of the
 * holder's posts is, or was, another. */
void gb_visit_touch_holder(struct gb_core *core, struct gb_str holder);
/* The log of the day and grid of a report, if memory holds one, is folded again. */
void gb_visit_touch_log(struct gb_core *core, const struct gb_image *image);
/* Reports of a source in the cell that occurred in the grid and on the day of a log's key. */
int64_t gb_index_of_day(struct gb_core *core, struct gb_str source, struct gb_str log);
/* Adds the reports of a holder that are in their cells, in no order. */
void gb_index_of_holder(struct gb_core *core, struct gb_str holder, struct gb_list *out);
struct gb_str gb_visit_log_key(struct gb_arena *arena, const struct gb_image *image);

/* ---- contact.c ---- */
/* "kind/d1.HEX" of a key "kind/j1....": what goes out instead of a hash. In scratch. */
struct gb_str gb_node_alias(struct gb_core *core, struct gb_str key);
/* One more or less of tally; folded at the next tick. */
void gb_contact_count(struct gb_core *core, struct gb_node *node, int tally, int by);
/* The same by key: "member/j1...", opened if need be. */
void gb_contact_count_key(struct gb_core *core, struct gb_str key, int tally, int by);
void gb_family_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold);
void gb_member_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold);
void gb_household_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold);
void gb_grid_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold);
/* A live row of the grid stands: its posts must be filled. */
bool gb_grid_is_known(const struct gb_core *core, struct gb_str grid);

#endif
