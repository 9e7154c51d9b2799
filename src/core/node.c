/* Nodes: their members, their fold, and what is told of it. */
#include "core/node.h"

#include "base/jsonw.h"

static enum gb_node_kind kind_of(struct gb_str key)
{
    static const struct {
        struct gb_str word;
        enum gb_node_kind kind;
    } words[] = {{{"grid/", 5}, GB_NODE_GRID}};

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
    return kind == GB_NODE_POST ? GB_TABLE_POST : GB_TABLE_CONTACT;
}

static enum gb_topic topic_of(const struct gb_node *node)
{
    return node->head.table == GB_TABLE_POST ? GB_TOPIC_POST : GB_TOPIC_CONTACT;
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
    bool is_first_load = core->rec->kind == GB_KIND_OBSERVATION && core->rec->bootstrap;

    if (!is_first_load) {
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
    gb_heap_set(&core->nodes_due, &core->pool, &node->timer, core->clock);
}

/* ---- fields ---- */

void gb_node_set(struct gb_node_fields *fields, const char *name, struct gb_str json)
{
    uint32_t at = fields->count;

    if (!gb_str_is(json)) {
        return;
    }
    GB_CHECK(fields->count < GB_NODE_FIELDS_MAX);
    for (; at > 0 && strcmp(fields->items[at - 1].name, name) > 0; at--) {
        fields->items[at] = fields->items[at - 1];
    }
    fields->items[at] = (struct gb_node_field){name, json};
    fields->count++;
}

static struct gb_str field_of(const struct gb_node_fields *fields, const char *name)
{
    for (uint32_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->items[i].name, name) == 0) {
            return fields->items[i].json;
        }
    }
    return GB_STR_NONE;
}

static void drop_fields(struct gb_core *core, struct gb_node *node)
{
    for (uint32_t i = 0; i < node->fields.count; i++) {
        gb_pool_give_str(&core->pool, node->fields.items[i].json);
    }
    node->fields.count = 0;
}

void gb_node_keep_fields(struct gb_core *core, struct gb_node *node,
                         const struct gb_node_fields *fields)
{
    struct gb_node_fields kept = *fields;

    for (uint32_t i = 0; i < kept.count; i++) {
        kept.items[i].json = gb_pool_str(&core->pool, kept.items[i].json);
    }
    drop_fields(core, node);
    node->fields = kept;
}

/* Under which bundle and how often it was told says nothing new. */
static bool is_aside(const char *name)
{
    return strcmp(name, "policy") == 0 || strcmp(name, "version") == 0;
}

static bool differs(const struct gb_node_fields *one, const struct gb_node_fields *other)
{
    for (uint32_t i = 0; i < one->count; i++) {
        if (!is_aside(one->items[i].name) &&
            !gb_str_eq(one->items[i].json, field_of(other, one->items[i].name))) {
            return true;
        }
    }
    return false;
}

/* The fields of one that differ from other, as an object. */
static void write_side(struct gb_jsonw *w, const struct gb_node_fields *one,
                       const struct gb_node_fields *other)
{
    gb_jsonw_object(w);
    for (uint32_t i = 0; i < one->count; i++) {
        if (!gb_str_eq(one->items[i].json, field_of(other, one->items[i].name))) {
            gb_jsonw_key(w, gb_str_of(one->items[i].name));
            gb_jsonw_raw(w, one->items[i].json);
        }
    }
    gb_jsonw_end(w);
}

struct gb_str gb_node_text(struct gb_core *core, const struct gb_str json)
{
    struct gb_jsonw w;

    if (!gb_str_is(json)) {
        return GB_STR_NONE;
    }
    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_str(&w, json);
    return gb_core_text(core);
}

/* ---- telling ---- */

static void write_change(struct gb_core *core, const struct gb_node *node,
                         const struct gb_node_fields *to, const char *word)
{
    struct gb_str topic = gb_topic_word(topic_of(node));
    struct gb_str rule = core->rec->kind == GB_KIND_TICK ? GB_STR("time") : GB_STR("row");
    struct gb_str why = gb_why(core, rule, GB_STR_NONE);
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("after"));
    write_side(&w, to, &node->fields);
    gb_jsonw_key(&w, GB_STR("before"));
    write_side(&w, &node->fields, to);
    gb_jsonw_key_str(&w, GB_STR("change"),
                     GB_JOIN(&core->scratch, topic, GB_STR("."), gb_str_of(word)));
    gb_jsonw_key_int(&w, GB_STR("clock"), core->clock);
    gb_jsonw_key(&w, GB_STR("node"));
    gb_jsonw_raw(&w, field_of(to->count > 0 ? to : &node->fields, "id"));
    gb_jsonw_key_str(&w, GB_STR("policy"), core->policy->hash);
    gb_jsonw_key(&w, GB_STR("why"));
    gb_jsonw_raw(&w, why);
    gb_jsonw_end(&w);
}

/* A JSON string without its quotes: ids and codes need no escapes. */
static struct gb_str unquoted(struct gb_str json)
{
    GB_CHECK(json.len >= 2);
    return (struct gb_str){json.ptr + 1, json.len - 2};
}

struct gb_str gb_node_text_of(const struct gb_node *node, const char *name)
{
    return unquoted(field_of(&node->fields, name));
}

static struct gb_str write_state(struct gb_core *core, const struct gb_node_fields *fields)
{
    static const struct gb_node_fields none;
    struct gb_jsonw w;

    if (fields->count == 0) {
        return GB_STR_NONE;
    }
    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    write_side(&w, fields, &none);
    return gb_core_text(core);
}

/* Change first, then the state that it made. to without fields: the node is gone. */
static void publish(struct gb_core *core, struct gb_node *node, const struct gb_node_fields *to)
{
    const char *word = to->count == 0                 ? "removed"
                       : node->fields.count == 0 ? "opened"
                                                      : "changed";
    struct gb_str id = gb_arena_str(
        &core->scratch, unquoted(field_of(to->count > 0 ? to : &node->fields, "id")));
    struct gb_output *out;
    int32_t ordinal;

    write_change(core, node, to, word);
    out = gb_emit(core, GB_TOPIC_CHANGE, id, gb_core_text(core));
    out->type = GB_JOIN(core->step->arena, GB_STR("gb.change."), gb_topic_word(topic_of(node)),
                        GB_STR("."), gb_str_of(word), GB_STR(".v1"));
    ordinal = (int32_t)out->ordinal;
    out = gb_emit(core, topic_of(node), id, write_state(core, to));
    out->change = ordinal;
    node->version++;
    gb_node_keep_fields(core, node, to);
    gb_object_touch(core, &node->head);
}

/* ---- folding ---- */

static void note_wrong(struct gb_core *core, struct gb_node *node, struct gb_str wrong)
{
    if (!gb_str_eq(node->wrong, wrong)) {
        gb_core_set(core, &node->wrong, wrong);
        node->since = core->clock;
        gb_object_touch(core, &node->head);
    }
    if (!gb_str_eq(node->muted, wrong) || node->loading == 1) {
        gb_core_set(core, &node->muted, node->loading == 1 ? wrong : GB_STR_NONE);
        gb_object_touch(core, &node->head);
    }
}

static struct gb_str first_word(struct gb_str words)
{
    const char *comma = words.len > 0 ? memchr(words.ptr, ',', words.len) : NULL;

    return comma != NULL ? (struct gb_str){words.ptr, (size_t)(comma - words.ptr)} : words;
}

static void check_overlap(struct gb_core *core, struct gb_node *node, struct gb_node_fold *f,
                          bool is_other)
{
    bool is_wrong = gb_str_is(f->wrong) && !gb_str_eq(f->wrong, node->muted);
    bool is_open = node->overlap != NULL && node->overlap->is_open;
    struct gb_finding finding = {.evidence = f->evidence, .is_grown = is_other};

    finding.is_found = finding.is_open =
        is_wrong && (is_open || core->clock - node->since >= f->patience_ms);
    finding.rule = finding.is_found ? first_word(f->wrong) : GB_STR("in_order");
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
    note_wrong(core, node, GB_STR_NONE);
    if (node->fields.count > 0) {
        publish(core, node, &none);
    }
    gb_heap_set(&core->nodes_due, &core->pool, &node->timer, INT64_MAX);
    node->head.is_removed = true;
    gb_object_touch(core, &node->head);
}

static void fold(struct gb_core *core, struct gb_node *node)
{
    struct gb_node_fold f = {.next_at = INT64_MAX};
    int64_t before = gb_heap_at(&node->timer);
    bool is_other;

    switch (node->kind) {
    case GB_NODE_POST:
        gb_post_fold(core, node, &f);
        break;
    case GB_NODE_GRID:
        gb_grid_fold(core, node, &f);
        break;
    case GB_NODE_KIND_COUNT:
        break;
    }
    if (!f.is_there) {
        end_node(core, node);
        return;
    }
    is_other = !gb_str_eq(node->wrong, f.wrong);
    note_wrong(core, node, f.wrong);
    node->loading = 0;
    gb_node_set(&f.fields, "policy", gb_node_text(core, core->policy->hash));
    gb_node_set(&f.fields, "version", gb_arena_int(&core->scratch, node->version + 1));
    if (differs(&f.fields, &node->fields) || differs(&node->fields, &f.fields)) {
        publish(core, node, &f.fields);
    }
    check_overlap(core, node, &f, is_other);
    if (f.next_at != before) {
        gb_heap_set(&core->nodes_due, &core->pool, &node->timer, f.next_at);
        gb_object_touch(core, &node->head);
    }
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

void gb_nodes_due(struct gb_core *core)
{
    for (uint32_t i = 0; i < GB_DUE_TICK_MAX && core->policy != NULL; i++) {
        const struct gb_timer *first = gb_heap_due(&core->nodes_due, core->clock);
        struct gb_node *node = first != NULL ? first->owner : NULL;

        if (node == NULL) {
            break;
        }
        gb_heap_set(&core->nodes_due, &core->pool, &node->timer, INT64_MAX);
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
    gb_heap_set(&core->nodes_due, &core->pool, &node->timer, INT64_MAX);
    gb_map_take(&core->nodes, node->head.key);
    drop_fields(core, node);
    if (node->members != NULL) {
        gb_pool_give(&core->pool, node->members, node->size * sizeof(node->members[0]));
    }
    gb_pool_give_str(&core->pool, node->wrong);
    gb_pool_give_str(&core->pool, node->muted);
    gb_pool_give_str(&core->pool, node->head.key);
    gb_pool_give(&core->pool, node, sizeof(*node));
}
