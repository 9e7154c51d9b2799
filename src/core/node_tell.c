/* Nodes as they are published: fields, changes, states. */
#include "core/node.h"

#include "base/jsonw.h"

static enum gb_topic topic_of(const struct gb_node *node)
{
    return node->head.table == GB_TABLE_POST    ? GB_TOPIC_POST
           : node->head.table == GB_TABLE_VISIT ? GB_TOPIC_VISIT
                                                : GB_TOPIC_CONTACT;
}

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

void gb_node_drop_fields(struct gb_core *core, struct gb_node *node)
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
    gb_node_drop_fields(core, node);
    node->fields = kept;
}

/* Under which bundle and how often it was told says nothing new. */
static bool is_aside(const char *name)
{
    return strcmp(name, "policy") == 0 || strcmp(name, "version") == 0;
}

static bool has_other(const struct gb_node_fields *one, const struct gb_node_fields *other)
{
    for (uint32_t i = 0; i < one->count; i++) {
        if (!is_aside(one->items[i].name) &&
            !gb_str_eq(one->items[i].json, field_of(other, one->items[i].name))) {
            return true;
        }
    }
    return false;
}

bool gb_node_differs(const struct gb_node_fields *one, const struct gb_node_fields *other)
{
    return has_other(one, other) || has_other(other, one);
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
void gb_node_publish(struct gb_core *core, struct gb_node *node, const struct gb_node_fields *to)
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
