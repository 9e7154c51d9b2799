/* Nodes: their members, and their fold. */
#include "core/node.h"

#include "base/jsonw.h"

static enum gb_node_kind kind_of(struct gb_str key)
{
    static const struct {
        struct gb_str word;
        enum gb_node_kind kind;
    } words[] = {{{"family/", 7}, GB_NODE_FAMILY},
                 {{"grid/", 5}, GB_NODE_GRID},
                 {{"household/", 10}, GB_NODE_HOUSEHOLD},
                 {{"member/", 7}, GB_NODE_MEMBER},
                 {{"visit/", 6}, GB_NODE_VISIT}};

    for (size_t i = 0; i < GB_COUNT(words); i++) {
        if (key.len >= words[i].word.len &&
            memcmp(key.ptr, words[i].word.ptr, words[i].word.len) == 0) {
            return words[i].kind;
        }
    }
    return GB_NODE_POST;
}

static enum gb_table table_of(enum gb_node_kind kind)
{
    return kind == GB_NODE_POST    ? GB_TABLE_POST
           : kind == GB_NODE_VISIT ? GB_TABLE_VISIT
                                   : GB_TABLE_CONTACT;
}

/* What counts in a node is folded before it: members, then families, then grids. */
static struct gb_heap *heap_of(struct gb_core *core, const struct gb_node *node)
{
    int rank = node->kind == GB_NODE_GRID ? 2 : node->kind == GB_NODE_FAMILY ? 1 : 0;

    return &core->nodes_due[rank];
}

void gb_node_wait(struct gb_core *core, struct gb_node *node, int64_t at)
{
    gb_heap_set(heap_of(core, node), &core->pool, &node->timer, at);
}

struct gb_node *gb_node_get(struct gb_core *core, struct gb_str key)
{
    struct gb_node *node = gb_map_get(&core->nodes, key);

    if (node == NULL) {
        node = gb_pool_take(&core->pool, sizeof(*node));
        node->kind = kind_of(key);
        node->head.table = table_of(node->kind);
        node->head.is_stub = true;
        node->head.key = gb_pool_str(&core->pool, key);
        node->live_until = INT64_MAX;
        node->timer.owner = node;
        node->timer.key = node->head.key;
        gb_map_put(&core->nodes, node->head.key, node);
    }
    return node;
}

struct gb_node *gb_node_open(struct gb_core *core, struct gb_str key)
{
    struct gb_node *node = gb_node_get(core, key);

    if (node->head.is_stub || node->head.is_removed) {
        node->head.is_stub = false;
        node->head.is_removed = false;
        node->version = 0;
        gb_object_touch(core, &node->head);
    }
    return node;
}

struct gb_node *gb_node_find(const struct gb_core *core, struct gb_str key)
{
    struct gb_node *node = gb_map_get(&core->nodes, key);

    return node != NULL && !node->head.is_stub && !node->head.is_removed ? node : NULL;
}

bool gb_node_is_full(const struct gb_node *node)
{
    return node->count == GB_NODE_MEMBERS_MAX;
}

static void grow(struct gb_core *core, struct gb_node *node)
{
    uint32_t size = node->size == 0 ? 2 : node->size * 2;
    struct gb_observation **members = gb_pool_take(&core->pool, size * sizeof(members[0]));

    if (node->members != NULL) {
        memcpy(members, node->members, node->count * sizeof(members[0]));
        gb_pool_give(&core->pool, node->members, node->size * sizeof(members[0]));
    }
    node->members = members;
    node->size = size;
}

void gb_node_add(struct gb_core *core, struct gb_node *node, struct gb_observation *o)
{
    uint32_t at = node->count;

    GB_CHECK(!gb_node_is_full(node) && o->node == NULL);
    if (node->count == node->size) {
        grow(core, node);
    }
    for (; at > 0 && gb_str_cmp(node->members[at - 1]->head.key, o->head.key) > 0; at--) {
        node->members[at] = node->members[at - 1];
    }
    node->members[at] = o;
    node->count++;
    o->node = node;
}

void gb_node_remove(struct gb_core *core, struct gb_observation *o)
{
    struct gb_node *node = o->node;
    uint32_t at = 0;

    (void)core;
    while (node->members[at] != o) {
        at++;
        GB_CHECK(at < node->count);
    }
    node->count--;
    memmove(&node->members[at], &node->members[at + 1],
            (node->count - at) * sizeof(node->members[0]));
    o->node = NULL;
}

static void mark(struct gb_core *core, struct gb_node *node)
{
    if (!gb_str_is(node->town) && core->rec->kind == GB_KIND_OBSERVATION) {
        node->town = gb_pool_str(&core->pool, core->rec->town);
    }
    if (!core->is_loading) {
        node->loading = 2;
    } else if (node->loading == 0) {
        node->loading = 1;
    }
    gb_object_touch(core, &node->head);
}

void gb_node_touch(struct gb_core *core, struct gb_node *node)
{
    mark(core, node);
    if (!node->is_listed) {
        node->is_listed = true;
        gb_list_add(core, &core->nodes_touched, node);
    }
}

void gb_node_later(struct gb_core *core, struct gb_node *node)
{
    mark(core, node);
    gb_node_wait(core, node, core->clock);
}

/* ---- folding ---- */

static struct gb_str first_word(struct gb_str words)
{
    const char *comma = words.len > 0 ? memchr(words.ptr, ',', words.len) : NULL;

    return comma != NULL ? (struct gb_str){words.ptr, (size_t)(comma - words.ptr)} : words;
}

static struct gb_str after_first(struct gb_str words)
{
    size_t used = first_word(words).len;

    used += used < words.len;
    return (struct gb_str){words.ptr + used, words.len - used};
}

static bool has_word(struct gb_str words, struct gb_str word)
{
    while (words.len > 0 && !gb_str_eq(first_word(words), word)) {
        words = after_first(words);
    }
    return words.len > 0;
}

static struct gb_str with_word(struct gb_core *core, struct gb_str words, struct gb_str word)
{
    return gb_str_is(words) ? GB_JOIN(&core->scratch, words, GB_STR(","), word) : word;
}

/* Those of wrong that alarm: all but the muted. */
static struct gb_str alarm_of(struct gb_core *core, struct gb_str wrong, struct gb_str muted)
{
    struct gb_str alarm = GB_STR_NONE;

    for (; wrong.len > 0; wrong = after_first(wrong)) {
        if (!has_word(muted, first_word(wrong))) {
            alarm = with_word(core, alarm, first_word(wrong));
        }
    }
    return alarm;
}

/* What stays wrong stays muted or not; what is wrong now and was not is muted where nothing but a
 * first load has touched the node since. */
static struct gb_str muted_of(struct gb_core *core, const struct gb_node *node,
                              struct gb_str wrong)
{
    struct gb_str muted = GB_STR_NONE;

    for (; wrong.len > 0; wrong = after_first(wrong)) {
        struct gb_str word = first_word(wrong);
        bool is_muted = has_word(node->wrong, word) ? has_word(node->muted, word)
                                                    : node->loading == 1;

        if (is_muted) {
            muted = with_word(core, muted, word);
        }
    }
    return muted;
}

/* True if something else alarms than before. */
static bool note_wrong(struct gb_core *core, struct gb_node *node, struct gb_str wrong)
{
    struct gb_str muted = muted_of(core, node, wrong);
    bool is_other = !gb_str_eq(alarm_of(core, node->wrong, node->muted),
                               alarm_of(core, wrong, muted));

    if (is_other) {
        node->since = core->clock;
    }
    if (is_other || !gb_str_eq(node->wrong, wrong) || !gb_str_eq(node->muted, muted)) {
        gb_core_set(core, &node->wrong, wrong);
        gb_core_set(core, &node->muted, muted);
        gb_object_touch(core, &node->head);
    }
    return is_other;
}

static void check_overlap(struct gb_core *core, struct gb_node *node, struct gb_node_fold *f,
                          bool is_other)
{
    struct gb_str alarm = alarm_of(core, f->wrong, node->muted);
    bool is_wrong = gb_str_is(alarm);
    bool is_open = node->overlap != NULL && node->overlap->is_open;
    struct gb_finding finding = {.evidence = f->evidence, .is_grown = is_other};

    finding.is_found = finding.is_open =
        is_wrong && (is_open || core->clock - node->since >= f->patience_ms);
    finding.rule = finding.is_found ? first_word(alarm) : GB_STR("in_order");
    if (finding.is_found || node->overlap != NULL) {
        gb_overlap_apply_node(core, node, f->overlap, &finding);
    }
    if (is_wrong && !finding.is_found && node->since + f->patience_ms < f->next_at) {
        f->next_at = node->since + f->patience_ms;
    }
}

static void end_node(struct gb_core *core, struct gb_node *node)
{
    static const struct gb_node_fields none;

    if (node->overlap != NULL) {
        gb_overlap_end(core, node->overlap, GB_STR("removed"));
        node->overlap = NULL;
    }
    (void)note_wrong(core, node, GB_STR_NONE);
    if (node->fields.count > 0) {
        gb_node_publish(core, node, &none);
    }
    gb_node_wait(core, node, INT64_MAX);
    gb_core_set(core, &node->town, GB_STR_NONE);
    node->since = 0; /* it may begin anew before this one's row is gone */
    node->loading = 0;
    node->is_loaded = false;
    node->live_until = INT64_MAX;
    node->head.is_removed = true;
    gb_object_touch(core, &node->head);
}

/* A household leaves memory while nothing waits; its links with it. */
static void set_live(struct gb_core *core, struct gb_node *node, int64_t next_at)
{
    if (node->kind == GB_NODE_HOUSEHOLD) {
        gb_node_live(core, node, next_at != INT64_MAX ? INT64_MAX : 0);
    }
}

void gb_node_live(struct gb_core *core, struct gb_node *node, int64_t until)
{
    if (until == node->live_until) {
        return;
    }
    node->live_until = until;
    gb_object_touch(core, &node->head);
    for (uint32_t i = 0; i < node->count; i++) {
        gb_object_touch(core, &node->members[i]->head);
    }
    if (node->overlap != NULL) {
        gb_object_touch(core, &node->overlap->head);
    }
}

static void fold_kind(struct gb_core *core, struct gb_node *node, struct gb_node_fold *f)
{
    switch (node->kind) {
    case GB_NODE_POST:
        gb_post_fold(core, node, f);
        break;
    case GB_NODE_GRID:
        gb_grid_fold(core, node, f);
        break;
    case GB_NODE_FAMILY:
        gb_family_fold(core, node, f);
        break;
    case GB_NODE_MEMBER:
        gb_member_fold(core, node, f);
        break;
    case GB_NODE_HOUSEHOLD:
        gb_household_fold(core, node, f);
        break;
    case GB_NODE_VISIT:
        gb_visit_fold(core, node, f);
        break;
    case GB_NODE_KIND_COUNT:
        break;
    }
}

static void fold(struct gb_core *core, struct gb_node *node)
{
    struct gb_node_fold f = {.next_at = INT64_MAX};
    int64_t before = gb_heap_at(&node->timer);
    bool was_loading = core->is_loading;
    bool is_other;

    core->is_loading = node->loading == 1; /* what it counts in others comes of the same */
    fold_kind(core, node, &f);
    core->is_loading = was_loading;
    if (!f.is_there) {
        end_node(core, node);
        return;
    }
    is_other = note_wrong(core, node, f.wrong);
    node->loading = 0;
    gb_node_set(&f.fields, "policy", gb_node_text(core, core->policy->hash));
    gb_node_set(&f.fields, "version", gb_arena_int(&core->scratch, node->version + 1));
    if (gb_node_differs(&f.fields, &node->fields)) {
        gb_node_publish(core, node, &f.fields);
    }
    check_overlap(core, node, &f, is_other);
    if (f.next_at != before) {
        gb_node_wait(core, node, f.next_at);
        gb_object_touch(core, &node->head);
    }
    set_live(core, node, f.next_at);
}

void gb_nodes_fold(struct gb_core *core)
{
    for (uint32_t i = 0; i < core->nodes_touched.count; i++) {
        struct gb_node *node = core->nodes_touched.items[i];

        node->is_listed = false;
        if (!node->head.is_removed) {
            fold(core, node);
        }
    }
    core->nodes_touched = (struct gb_list){0};
}

static struct gb_node *first_due(const struct gb_core *core)
{
    for (int rank = 0; rank < GB_NODE_RANKS; rank++) {
        const struct gb_timer *first = gb_heap_due(&core->nodes_due[rank], core->clock);

        if (first != NULL) {
            return first->owner;
        }
    }
    return NULL;
}

void gb_nodes_due(struct gb_core *core)
{
    for (uint32_t i = 0; i < GB_DUE_TICK_MAX && core->policy != NULL; i++) {
        struct gb_node *node = first_due(core);

        if (node == NULL) {
            break;
        }
        gb_node_wait(core, node, INT64_MAX);
        gb_object_touch(core, &node->head);
        fold(core, node);
        if (node->kind == GB_NODE_POST) {
            gb_post_touch_hats(core, node);
        }
        gb_nodes_fold(core);
    }
}

/* ---- memory ---- */

void gb_node_free(struct gb_core *core, struct gb_node *node)
{
    gb_node_wait(core, node, INT64_MAX);
    gb_map_take(&core->nodes, node->head.key);
    gb_node_drop_fields(core, node);
    if (node->members != NULL) {
        gb_pool_give(&core->pool, node->members, node->size * sizeof(node->members[0]));
    }
    gb_pool_give_str(&core->pool, node->town);
    gb_pool_give_str(&core->pool, node->wrong);
    gb_pool_give_str(&core->pool, node->muted);
    gb_pool_give_str(&core->pool, node->head.key);
    gb_pool_give(&core->pool, node, sizeof(*node));
}
