/* What a core holds in memory; private to src/core.
 *
 * Every object that is a row begins with struct gb_object: touched objects wait in a list, flush
 * renders them, and the hash of the last rendering keeps the state digest incremental.
 *
 * The rule of the cell (all matching, and all that memory may forget, hangs on it): a matter is in
 * its cell while one of its reports is open, and afterwards until the end of the hour in which
 * closed_at + cell_window falls (live_until), or a write-back of it expires that waits for its
 * answer. A matter beyond that is frozen: it is no candidate, its own links stay. A report that
 * opens again brings its matter back, and so does a record whose new evidence finds it (cell.c):
 * then found_at counts like closed_at. The rule reads rows and the lane's clock only, so what
 * happens to be in memory decides nothing. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/buf.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "base/pool.h"
#include "core/books.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/due.h"
#include "core/fact.h"
#include "core/rest.h"
#include "core/returns.h"
#include "core/said.h"
#include "core/stats.h"

#define GB_HOUR_MS ((int64_t)3600000)
#define GB_SEEN_MAX 16
#define GB_ATTACHMENTS_MAX 16
#define GB_MATTER_REPORTS_MAX 16
#define GB_LEVELS 3
#define GB_NODE_RANKS 3 /* what counts in a node is folded before it */
#define GB_LINK_DECIDED (GB_LEVELS + 1) /* by a person */

struct gb_object {
    enum gb_table table;
    bool is_dirty;
    bool is_stored;  /* hash is that of the row in the database */
    bool is_removed; /* the row goes at the next flush */
    bool is_stub;    /* named by a loaded row, not loaded itself */
    struct gb_str key; /* in the pool */
    struct gb_hash hash;
    struct gb_object *next; /* in the dirty list */
};

/* Published fields of a matter, in key order. X(NAME, word). */
#define GB_FIELD_LIST(X)                                                                           \
    X(ASSISTS, "assists") X(BODIES, "bodies") X(CATEGORY, "category") X(CREDITS, "credits")        \
    X(DEADLINE, "deadline_at") X(DUE, "due") X(DUPLICATES, "duplicates")                           \
    X(FIRST_CONTACT, "first_contact") X(GRID, "grid") X(ID, "id") X(INFORMS, "informs")            \
    X(LEAD, "lead") X(LEVEL, "level") X(OCCURRED, "occurred_at") X(POLICY, "policy")               \
    X(PURPOSE, "purpose") X(REDIRECT, "redirect_to") X(REFS, "refs") X(REPORTERS, "reporters")     \
    X(STATE, "state") X(SUPERVISED, "supervised") X(TITLE, "title") X(TOWN, "town")                \
    X(URGED, "urged") X(VERSION, "version") X(VILLAGE, "village") X(WRITEBACKS, "writebacks")

enum gb_field {
#define X(name, word) GB_FIELD_AT_##name,
    GB_FIELD_LIST(X)
#undef X
        GB_FIELD_COUNT
};

/* Each field as canonical JSON, absent if the matter does not have it. */
struct gb_fields {
    struct gb_str json[GB_FIELD_COUNT];
};

struct gb_matter;
struct gb_node;
struct gb_observation;

/* A place of an observation in a bucket of the index. */
struct gb_entry {
    struct gb_observation *observation;
    struct gb_bucket *bucket;
    struct gb_entry *prev, *next; /* in the bucket */
    struct gb_entry *sibling;     /* next entry of the same observation */
};

struct gb_bucket {
    struct gb_str key;
    struct gb_entry *first;
};

/* Strings of an observation's newest good image. */
#define GB_IMAGE_LIST(X)                                                                           \
    X(assignee) X(category) X(category_code) X(channel) X(grid) X(holder) X(level) X(pseudonym)    \
    X(reporter) X(state_code) X(town) X(village) X(xref)

struct gb_image_text {
    struct gb_str name, text;
};

/* Read from a record it borrows; kept by an observation it owns one block, in which all stands. */
struct gb_image {
#define X(name) struct gb_str name;
    GB_IMAGE_LIST(X)
#undef X
    enum gb_state state;
    bool claims_lead;
    bool has_deadline, has_updated;
    int64_t occurred_at, deadline_at, updated_at;
    uint32_t attachments_count, texts_count, block_len;
    const struct gb_str *attachments;
    const struct gb_image_text *texts;
    void *block; /* NULL: borrowed */
};

struct gb_observation {
    struct gb_object head; /* key: source/entity/key */
    struct gb_str source, entity, id; /* parts of head.key */
    bool is_deleted;
    bool is_bootstrap; /* every image so far came with a first load */
    int64_t closed_at; /* lane clock at which it was seen closed; 0: before the first tick */
    int64_t found_at;  /* closed: lane clock at which new evidence found it again, else 0 */
    struct gb_image image;
    struct gb_version version;
    struct gb_returns *returns; /* NULL: it never refused */
    struct gb_fallen fallen;
    struct gb_rest rest;
    struct gb_report_marks marks;
    struct gb_told *told; /* what systems were told of it (writeback.h); NULL: nothing */
    bool is_made;         /* by a write-back: nobody typed it */
    uint32_t seen_count;
    struct gb_str *seen;             /* image hashes seen at this version */
    struct gb_str own;               /* matter id of its own, absent until minted */
    struct gb_str fields;            /* of an entity that is no matter: canonical JSON, */
    const struct gb_fact *fact;      /* what it says under the bundle (gb_no_fact: a matter), */
    struct gb_node *node;            /* and of what; NULL: of nothing, or deleted */
    struct gb_matter *matter;        /* NULL if deleted */
    struct gb_entry *entries;

    uint64_t want_turn; /* the batch that asked for it last */
    uint64_t stamp; /* the search that found it ... */
    uint32_t ring;  /* ... so many steps away */
    struct gb_observation *partner; /* result of the search */
    struct gb_observation *cluster; /* the eldest of those that are one matter with it */
    int cluster_level;              /* of the eldest: level of the evidence, 0 if alone */
    struct gb_observation *choice;
    bool is_split; /* in this step: its matter is published as split */
    int partner_level;
    struct gb_observation **near[GB_LEVELS]; /* candidates, in scratch */
    uint32_t near_count[GB_LEVELS];
};

struct gb_overlap {
    struct gb_object head; /* key: id */
    enum gb_overlap_kind kind;
    bool is_open, is_final;
    struct gb_matter *matter; /* whose it is: one of these two */
    struct gb_node *node;
    struct gb_str subject, town; /* of a node: its published id and its town */
    int64_t opened_at, settled_at;
    struct gb_str claims;   /* JSON */
    struct gb_str evidence; /* JSON */
    struct gb_str rule;     /* what settled it, or why nothing could */
    int64_t version;        /* published so often; a decision names the one it saw */
    struct gb_str ruled_by; /* id of the decision that settled it for good, absent if none */
    struct gb_str ruled_on; /* JSON: the bundle's `reopen` fields as they were then, or absent */
    uint32_t ruled_fields;  /* bit r: field r (enum gb_reopen) is among them */
    struct gb_str claimed_by; /* post of the seat that works on it, absent if none */
    int64_t claimed_until;  /* lane clock (ms) at which the claim is over */
};

struct gb_matter {
    struct gb_object head; /* key: id */
    uint32_t count;
    uint32_t reports_size;
    struct gb_observation **reports; /* elder first */
    int64_t live_until;
    int64_t opened_at;
    int link_level; /* 0: alone; else the level of the evidence */
    struct gb_fields fields; /* as published last */
    struct gb_str blob;      /* bytes of those fields that are its own (share.h) */
    struct gb_str losers;    /* JSON */
    struct gb_observation *title_of; /* whose title is published */
    struct gb_overlap *overlaps[GB_OVERLAP_COUNT];
    bool has_contradiction;
    int64_t contradiction_since;
    struct gb_due due;
    enum gb_handed handed; /* why the lead has passed on as the list says, as published */
    struct gb_matter *due_prev, *due_next;
    bool is_due_listed;
    bool is_split; /* in this step: publish it as split */
    struct gb_matter_marks marks;
    int64_t version; /* published so often */
};

struct gb_session {
    struct gb_object head; /* key: session */
    int64_t n;             /* next number */
    int64_t order;         /* sessions in the order in which they were first seen */
    int64_t seen_at;
    bool is_refused;
    struct gb_pending *pending;
};

struct gb_stream {
    struct gb_object head; /* key: cluster/topic/partition */
    int64_t offset;
    int32_t index;
    int64_t to; /* end of the last interval, -1 before the first tick */
    int64_t seen_at; /* lane clock when it moved last; 0: before the first tick */
    int64_t era;     /* of the marks; one of an earlier era says nothing */
    struct gb_str source;
};

struct gb_book {
    struct gb_object head; /* key: source/hour */
    struct gb_str source;
    int64_t hour; /* ms */
    struct gb_counts counts;
    int64_t lag; /* the last known one, seconds; -1: none */
    bool is_balanced;
    struct gb_book *next; /* open books by hour, then source */
};

struct gb_known_policy {
    const struct gb_policy *policy;
    struct gb_known_policy *next;
};

/* Rows that are written once and not kept. */
struct gb_plain {
    struct gb_object head;
    struct gb_str row;
};

struct gb_list {
    void **items; /* in scratch */
    uint32_t count, size;
};

struct gb_core {
    struct gb_pool pool;
    uint32_t lane;
    struct gb_arena scratch; /* of one step, load or flush */
    struct gb_buf buf;
    struct gb_hash digest;
    int64_t clock;
    int64_t sessions_count;
    struct gb_known_policy *policies;
    const struct gb_policy *policy;
    struct gb_str policy_hash;
    struct gb_str unbalanced_stream, unbalanced_reason;
    int64_t marks_era; /* raised when Kafka lost its tail: offsets may come again */
    struct gb_map observations, matters, overlaps, streams, sessions, index;
    struct gb_map shared;  /* struct gb_shared by its bytes */
    struct gb_map rulings; /* by id */
    struct gb_map anchors; /* struct gb_anchor by report key */
    struct gb_object *dirty;
    struct gb_object clock_row, policy_row, balance_row;
    struct gb_book *books; /* open ones */
    struct gb_matter *due_first, *due_last;
    struct gb_heap due; /* of matters */
    struct gb_heap nodes_due[GB_NODE_RANKS]; /* of nodes, by rank */
    struct gb_map nodes, hats;
    struct gb_object links_row;
    struct gb_map cells; /* struct gb_stat_cell */
    struct gb_telling stats;
    struct gb_object stats_row;
    struct gb_target *targets; /* sources of write-backs, by name */
    int64_t crowded_count, cut_count; /* records that went over GB_EVIDENCE_MAX, GB_LINK_MAX */
    int64_t left_until; /* latest occurrence among what ever left its cell; INT64_MIN: nothing */
    uint64_t stamp, want_turns;
    bool is_evicting;
    bool is_keeping; /* for tests: nothing is ever evicted */

    /* the step under way */
    struct gb_step *step;
    const struct gb_record *rec;
    uint32_t minted;
    struct gb_list touched, nodes_touched; /* struct gb_matter, struct gb_node */
    struct gb_observation *stepped; /* the report that the record is about */
    bool is_crowding, is_cut;
    bool is_resent;  /* the record says what was said before */
    bool is_loading; /* what it does to nodes, a first load does */
    struct gb_str rule; /* what a change is told to come from; absent: what the links say */
};

/* ---- object.c ---- */
void gb_object_touch(struct gb_core *core, struct gb_object *object);
void gb_object_stored(struct gb_object *object, const struct gb_row *row);
void gb_list_add(struct gb_core *core, struct gb_list *list, void *item);
/* Sorts by order, a total order, in place. */
void gb_list_sort(struct gb_list *list, int (*order)(const void *a, const void *b));
/* Frees a string of the pool and sets another copy. */
void gb_core_set(struct gb_core *core, struct gb_str *at, struct gb_str value);
/* What core->buf holds, in scratch. */
struct gb_str gb_core_text(struct gb_core *core);

/* ---- core.c ---- */
const struct gb_policy *gb_core_known_policy(const struct gb_core *core, struct gb_str hash);

/* ---- evict.c ---- */
void gb_object_forget(struct gb_core *core, struct gb_object *object); /* after its flush */
void gb_core_evict(struct gb_core *core);

/* ---- render.c, load.c ---- */
/* Renders the row into core->buf and fills the columns of row (key, row and text excepted). */
void gb_object_render(struct gb_core *core, struct gb_object *object, struct gb_row *row);
struct gb_str gb_matter_texts(struct gb_core *core, struct gb_matter *matter);
struct gb_observation *gb_observation_get(struct gb_core *core, struct gb_str key);
struct gb_matter *gb_matter_get(struct gb_core *core, struct gb_str id);

/* ---- guard.c, books.c ---- */
/* False if the marks make the record unchanged; counts orphans. */
bool gb_guard_pass(struct gb_core *core, const struct gb_record *rec);
struct gb_str gb_stream_key(struct gb_arena *arena, const struct gb_record *rec);
/* Until when memory holds a stream's mark. */
int64_t gb_stream_live(const struct gb_stream *stream);
struct gb_stream *gb_stream_get(struct gb_core *core, struct gb_str key);
struct gb_session *gb_session_get(struct gb_core *core, struct gb_str key);
/* Forgets a writer; what it sends later is refused. */
void gb_session_drop(struct gb_core *core, struct gb_session *session);
/* What the session reads of the stream begins now: its marks begin anew if the session said so. */
void gb_stream_renew(struct gb_core *core, struct gb_session *session, struct gb_stream *stream);
struct gb_book *gb_book_get(struct gb_core *core, struct gb_str source, int64_t hour);
/* The counts of a stream, zeroed where there were none; the session becomes dirty. */
struct gb_pending *gb_pending_get(struct gb_core *core, struct gb_session *session,
                                  struct gb_str stream);
void gb_books_count(struct gb_core *core, const struct gb_record *rec, enum gb_outcome outcome);
void gb_books_tick(struct gb_core *core, const struct gb_record *rec);
void gb_books_balance(struct gb_core *core, struct gb_str stream, struct gb_str reason);
void gb_tick(struct gb_core *core, const struct gb_record *rec);

/* ---- emit.c ---- */
struct gb_str gb_core_mint(struct gb_core *core, const char *kind); /* in scratch */
struct gb_output *gb_emit(struct gb_core *core, enum gb_topic topic, struct gb_str key,
                          struct gb_str value);
void gb_emit_dead(struct gb_core *core, const struct gb_record *rec, struct gb_str reason,
                  struct gb_str detail);

/* ---- observe.c ---- */
enum gb_outcome gb_observe(struct gb_core *core, const struct gb_record *rec);
/* False for entities that are kept as rows and have no effect on matters. */
bool gb_is_matter(const struct gb_record *rec);
/* The image of a put under a bundle; borrows. Absent: all known, else why it is dead. */
struct gb_str gb_image_of(const struct gb_policy *policy, const struct gb_record *rec,
                          struct gb_arena *arena, struct gb_image *image);
/* Folds all matters touched in this step and looks for overlaps. */
void gb_fold_touched(struct gb_core *core, struct gb_str word);
/* What can be seen from o: its candidates, and those of its matter. */
void gb_add_seeds(struct gb_core *core, struct gb_observation *o, struct gb_list *seeds);
/* to becomes from, in a block of its own; what to held is given back. */
void gb_image_keep(struct gb_core *core, struct gb_image *to, const struct gb_image *from);
void gb_image_drop(struct gb_core *core, struct gb_image *image);

/* ---- index.c, link.c ---- */
/* The keys under which an image stands in the index, in arena. */
#define GB_KEYS_MAX (GB_ATTACHMENTS_MAX + 2)
struct gb_keys {
    uint32_t count;
    struct gb_str items[GB_KEYS_MAX];
};
void gb_keys_of(struct gb_arena *arena, const struct gb_image *image, struct gb_keys *keys);
bool gb_keys_has(const struct gb_keys *keys, struct gb_str key);
/* The key under which those stand that point to xref. */
struct gb_str gb_key_of_xref(struct gb_arena *arena, struct gb_str xref);
/* The slots in which a holder's evidence can be found, [first, last]; none: last < first. */
struct gb_slots {
    int64_t first, last;
};
struct gb_slots gb_holder_slots(const struct gb_policy *policy, const struct gb_image *image);
struct gb_str gb_key_of_slot(struct gb_arena *arena, const struct gb_image *image, int64_t slot);
/* A key as a column holds it. */
static inline int64_t gb_evidence_of(struct gb_str key)
{
    return (int64_t)gb_fnv1a(key);
}
void gb_index_add(struct gb_core *core, struct gb_observation *o);
void gb_index_drop(struct gb_core *core, struct gb_observation *o);
/* Members of a bucket, counted up to GB_EVIDENCE_MAX + 2. */
uint32_t gb_index_count(const struct gb_core *core, struct gb_str key, bool is_cell_only);
void gb_index_members(struct gb_core *core, struct gb_str key, struct gb_list *out);
bool gb_index_is_crowded(struct gb_core *core, const struct gb_observation *o);
/* Adds the candidates of o at a level (0: ids, 1: attachments, 2: holder). */
void gb_index_near(struct gb_core *core, struct gb_observation *o, int level,
                   struct gb_list *out);
/* Elder first: occurrence, source, key; what a write-back made is younger than any other. */
int gb_observation_order(const void *a, const void *b);
/* Finds the partners of all that a change at seeds can touch; returns them sorted in seeds. Empty
 * and core->is_cut if that would need more than GB_LINK_MAX reports. */
void gb_link_component(struct gb_core *core, struct gb_list *seeds);

/* ---- cell.c ---- */
/* A closed matter's report comes back into its cell for another window. */
void gb_cell_return(struct gb_core *core, struct gb_observation *o);
bool gb_in_cell(const struct gb_core *core, const struct gb_observation *o);
void gb_cell_note_left(struct gb_core *core, const struct gb_matter *matter);
void gb_cell_turn(struct gb_core *core); /* an hour of the lane's clock has turned */
/* o, just put, has evidence that before had not: what shares it comes back into the cell. */
void gb_cell_find(struct gb_core *core, struct gb_observation *o, const struct gb_keys *before,
                  bool is_new);
/* Adds those who must be decided again because their evidence is certain again, or no longer. */
void gb_cell_thinned(struct gb_core *core, const struct gb_keys *before,
                     const struct gb_keys *after, struct gb_list *seeds);
void gb_cell_crowded(struct gb_core *core, const struct gb_keys *before,
                     const struct gb_keys *after, struct gb_list *seeds);

/* ---- matter.c ---- */
void gb_matter_touch(struct gb_core *core, struct gb_matter *matter);
void gb_matter_attach(struct gb_core *core, struct gb_matter *matter, struct gb_observation *o);
void gb_matter_detach(struct gb_observation *o);
void gb_matter_live(struct gb_core *core, struct gb_matter *matter);
void gb_matter_regroup(struct gb_core *core, struct gb_list *component);
void gb_matter_leave(struct gb_core *core, struct gb_observation *o);
void gb_matter_free(struct gb_core *core, struct gb_matter *matter);
/* It alarms nobody: what it says came with a first load alone (gridbridge/record.h). */
bool gb_matter_is_first_load(const struct gb_core *core, const struct gb_matter *matter);
/* Every body has done its work or is out of it (gb_state_extent): nothing falls due any more. */
bool gb_matter_is_over(const struct gb_matter *matter);

/* ---- fold.c, decide.c ---- */
/* Fields whose losing values are kept, in key order. */
#define GB_LOSERS_COUNT 5
extern const char *const gb_loser_fields[GB_LOSERS_COUNT];
struct gb_reports {
    struct gb_observation *const *items; /* borrowed */
    uint32_t count;
};
/* {field: [{source, value}, ...]} of the values that are not wins (by gb_loser_fields), in scratch;
 * absent if there are none. */
struct gb_str gb_fold_losers(struct gb_core *core, const struct gb_reports *reports,
                             const struct gb_str *wins);
/* Folds again; publishes with this word if anything changed. */
void gb_matter_fold(struct gb_core *core, struct gb_matter *matter, struct gb_str word);
void gb_matter_withdraw(struct gb_core *core, struct gb_matter *matter);
void gb_matter_redirect(struct gb_core *core, struct gb_matter *from, struct gb_matter *to);
struct gb_str gb_field_word(enum gb_field field);
/* Whose value of a field counts: by authority, else the elder's; NULL if nobody has one.
 *
 * The summary `state` never says more than the bodies did: it is chosen among those that have come
 * least far (gb_state_extent). So one body's CLOSED stands behind another's ACCEPTED or RETURNED,
 * and behind another's HANDLED, whoever has authority; VOID, WITHDRAWN and MERGED count only where
 * all bodies are out. */
struct gb_observation *gb_fold_winner(struct gb_core *core, struct gb_matter *matter,
                                      struct gb_str field);
struct gb_str gb_fold_value(struct gb_core *core, const struct gb_observation *o,
                            struct gb_str field);

struct gb_decision {
    struct gb_duty_query query; /* what the list was asked */
    const struct gb_duty *duty; /* NULL: unlisted, and the bundle names no territorial body */
    const struct gb_duty *forbidding; /* row that forbids the lead, NULL if none */
    bool has_lead;
    enum gb_role lead;
    struct gb_str unit;          /* absent: none named */
    const struct gb_ruling *ruling; /* the decision that names the lead; NULL: the duty list does */
    struct gb_str lead_network;  /* absent if no network has the role */
    const struct gb_source_row *first; /* first contact; NULL if the bundle lacks the source */
    enum gb_handed handed; /* the lead is hand_over.to of the row */
};
struct gb_duty_query gb_decide_query(struct gb_core *core, struct gb_matter *matter);
struct gb_decision gb_decide(struct gb_core *core, struct gb_matter *matter);
/* What decided: "decision", the row's id, or "unlisted". */
struct gb_str gb_decision_rule(const struct gb_decision *d);

/* ---- overlap.c ---- */
struct gb_finding {
    bool is_found; /* the condition holds */
    bool is_open;  /* no rule settles it */
    bool is_grown; /* told again while it is open, when its evidence is another */
    bool is_beyond; /* stands against a person's word, too: what he decided cannot hold any more */
    struct gb_str rule;
    struct gb_str evidence; /* JSON */
};
/* Opens, settles or leaves the matter's overlap of a kind. */
void gb_overlap_apply(struct gb_core *core, struct gb_matter *matter, enum gb_overlap_kind kind,
                      const struct gb_finding *f);
void gb_overlap_apply_node(struct gb_core *core, struct gb_node *node, enum gb_overlap_kind kind,
                           const struct gb_finding *f);
void gb_overlap_check(struct gb_core *core, struct gb_matter *matter);
/* Over for good: what it is about ends. */
void gb_overlap_end(struct gb_core *core, struct gb_overlap *overlap, struct gb_str rule);
void gb_overlap_settle_all(struct gb_core *core, struct gb_matter *matter, struct gb_str rule);
void gb_overlap_due(struct gb_core *core);
void gb_overlap_overdue(struct gb_core *core, struct gb_matter *matter); /* looks at it anew */
/* A person's word on it: settled by ruling (a decision's id), for good. */
void gb_overlap_rule(struct gb_core *core, struct gb_overlap *overlap, struct gb_str ruling);
/* The fields that the bundle lists under reopen, as published, in scratch; absent if it lists
 * none. */
struct gb_str gb_overlap_reopen(struct gb_core *core, const struct gb_matter *matter);
/* The person who settled it saw other values of them. A bundle that lists other fields than the one
 * of then makes nothing outlived. */
bool gb_overlap_is_outlived(struct gb_core *core, const struct gb_overlap *overlap);
/* That word is undone: what stands is looked at again by gb_overlap_check. */
void gb_overlap_unrule(struct gb_core *core, struct gb_overlap *overlap);
/* Somebody works on it, or (post absent) nobody any more. */
void gb_overlap_claim(struct gb_core *core, struct gb_overlap *overlap, struct gb_str post,
                      int64_t until);
void gb_due_add(struct gb_core *core, struct gb_matter *matter);
void gb_due_drop(struct gb_core *core, struct gb_matter *matter);
struct gb_str gb_why(struct gb_core *core, struct gb_str rule, struct gb_str evidence);

#endif
