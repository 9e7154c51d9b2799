/* What memory may forget, and when: after a flush, what will not be needed; after an hour of the
 * lane clock has turned, closed matters that have left their cells. */
#include "core/node.h"
#include "core/ruling.h"
#include "core/state.h"
#include "core/version.h"
#include "core/writeback.h"

static void free_overlap(struct gb_core *core, struct gb_overlap *overlap)
{
    gb_map_take(&core->overlaps, overlap->head.key);
    gb_pool_give_str(&core->pool, overlap->claims);
    gb_pool_give_str(&core->pool, overlap->evidence);
    gb_pool_give_str(&core->pool, overlap->rule);
    gb_pool_give_str(&core->pool, overlap->ruled_by);
    gb_pool_give_str(&core->pool, overlap->ruled_on);
    gb_pool_give_str(&core->pool, overlap->claimed_by);
    gb_pool_give_str(&core->pool, overlap->subject);
    gb_pool_give_str(&core->pool, overlap->town);
    gb_pool_give_str(&core->pool, overlap->head.key);
    gb_pool_give(&core->pool, overlap, sizeof(*overlap));
}

static void free_session(struct gb_core *core, struct gb_session *session)
{
    gb_map_take(&core->sessions, session->head.key);
    gb_pool_give_str(&core->pool, session->head.key);
    gb_pool_give(&core->pool, session, sizeof(*session));
}

static void free_plain(struct gb_core *core, struct gb_plain *plain)
{
    gb_pool_give_str(&core->pool, plain->row);
    gb_pool_give_str(&core->pool, plain->head.key);
    gb_pool_give(&core->pool, plain, sizeof(*plain));
}

static void free_book(struct gb_core *core, struct gb_book *book)
{
    gb_pool_give_str(&core->pool, book->source);
    gb_pool_give_str(&core->pool, book->head.key);
    gb_pool_give(&core->pool, book, sizeof(*book));
}

static void free_observation(struct gb_core *core, struct gb_observation *o)
{
    gb_index_drop(core, o);
    gb_map_take(&core->observations, o->head.key);
    gb_image_drop(core, &o->image);
    gb_returns_drop(core, o);
    gb_told_drop(core, o);
    gb_fact_set(&core->pool, &o->fact, &gb_no_fact);
    gb_seen_drop(core, o);
    gb_pool_give_str(&core->pool, o->own);
    gb_pool_give_str(&core->pool, o->fields);
    gb_pool_give_str(&core->pool, o->head.key);
    gb_pool_give(&core->pool, o, sizeof(*o));
}

/* Called for each flushed object, in table order (matters before their overlaps). */
void gb_object_forget(struct gb_core *core, struct gb_object *object)
{
    void *whole = object;

    object->is_dirty = false;
    object->next = NULL;
    switch (object->table) {
    case GB_TABLE_EXCEPTION:
        free_plain(core, whole);
        break;
    case GB_TABLE_BOOK:
        if (object->is_stub) {
            free_book(core, whole);
        }
        break;
    case GB_TABLE_MATTER:
        if (object->is_removed) {
            gb_matter_free(core, whole);
        }
        break;
    case GB_TABLE_OVERLAP:
        if (((struct gb_overlap *)whole)->is_final) {
            free_overlap(core, whole);
        }
        break;
    case GB_TABLE_WRITER_MARK:
        if (object->is_removed) {
            free_session(core, whole);
        }
        break;
    case GB_TABLE_POST:
    case GB_TABLE_CONTACT:
    case GB_TABLE_VISIT:
        if (object->is_removed) {
            gb_node_free(core, whole);
        }
        break;
    case GB_TABLE_STATS:
        if (object->is_stub) {
            free_plain(core, whole);
        } else if (object->is_removed) {
            gb_stats_cell_free(core, whole);
        }
        break;
    case GB_TABLE_OBSERVATION:
    case GB_TABLE_SOURCE_MARK:
    case GB_TABLE_LANE_STATE:
    case GB_TABLE_RULING:
    case GB_TABLE_COUNT:
        break;
    }
}

struct collect {
    struct gb_core *core;
    struct gb_list list;
};

static void collect_matter(void *value, void *context)
{
    struct gb_matter *matter = value;
    struct collect *collect = context;

    if (matter->live_until < collect->core->clock && !matter->head.is_dirty) {
        gb_list_add(collect->core, &collect->list, matter);
    }
}

static void collect_observation(void *value, void *context)
{
    struct gb_observation *o = value;
    struct collect *collect = context;

    if (o->matter == NULL && o->node == NULL && !o->head.is_dirty) {
        gb_list_add(collect->core, &collect->list, o);
    }
}

static void collect_stream(void *value, void *context)
{
    struct gb_stream *stream = value;
    struct collect *collect = context;

    if (gb_stream_live(stream) < collect->core->clock && !stream->head.is_dirty) {
        gb_list_add(collect->core, &collect->list, stream);
    }
}

static void evict_streams(struct gb_core *core)
{
    struct collect streams = {.core = core};

    gb_map_each(&core->streams, collect_stream, &streams);
    for (uint32_t i = 0; i < streams.list.count; i++) {
        struct gb_stream *stream = streams.list.items[i];

        gb_map_take(&core->streams, stream->head.key);
        gb_pool_give_str(&core->pool, stream->source);
        gb_pool_give_str(&core->pool, stream->head.key);
        gb_pool_give(&core->pool, stream, sizeof(*stream));
    }
}

static void collect_node(void *value, void *context)
{
    struct gb_node *node = value;
    struct collect *collect = context;

    if (node->live_until < collect->core->clock && !node->head.is_dirty && !node->head.is_stub) {
        gb_list_add(collect->core, &collect->list, node);
    }
}

/* With the rows that speak of them. */
static void evict_nodes(struct gb_core *core)
{
    struct collect nodes = {.core = core};

    gb_map_each(&core->nodes, collect_node, &nodes);
    for (uint32_t i = 0; i < nodes.list.count; i++) {
        struct gb_node *node = nodes.list.items[i];

        while (node->count > 0) {
            struct gb_observation *o = node->members[node->count - 1];

            gb_node_remove(core, o);
            free_observation(core, o);
        }
        if (node->overlap != NULL) {
            free_overlap(core, node->overlap);
        }
        gb_node_free(core, node);
    }
}

void gb_core_evict(struct gb_core *core)
{
    struct collect matters = {.core = core};
    struct collect observations = {.core = core};

    gb_map_each(&core->matters, collect_matter, &matters);
    for (uint32_t i = 0; i < matters.list.count; i++) {
        struct gb_matter *matter = matters.list.items[i];

        while (matter->count > 0) {
            struct gb_observation *o = matter->reports[0];

            gb_matter_detach(o);
            free_observation(core, o);
        }
        for (int k = 0; k < GB_OVERLAP_COUNT; k++) {
            if (matter->overlaps[k] != NULL) {
                free_overlap(core, matter->overlaps[k]);
            }
        }
        gb_matter_free(core, matter);
    }
    evict_nodes(core);
    evict_streams(core);
    gb_rulings_evict(core);
    gb_map_each(&core->observations, collect_observation, &observations);
    for (uint32_t i = 0; i < observations.list.count; i++) {
        free_observation(core, observations.list.items[i]);
    }
}
