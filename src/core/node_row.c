/* Nodes as rows of the tables post, contact and visit. */
#include "base/jsonw.h"
#include "core/node.h"

/* Published fields, by which a loaded row finds the static name again. */
static const char *const names[] = {
    "covered", "credits", "day", "duplicates", "entries", "families", "grid", "holders",
    "households", "id", "key_families", "kind", "links", "members", "place", "policy",
    "purpose", "purposes", "refs", "restated", "role", "told_in", "town", "uncovered", "vacant",
    "version", "village", "visits", "worker", "wrong"};

void gb_node_render(struct gb_jsonw *w, const struct gb_node *node, struct gb_row *row)
{
    row->matter = node->head.key;
    row->live_until = node->live_until;
    if (node->timer.slot > 0) {
        gb_jsonw_key_int(w, GB_STR("due"), node->timer.at);
    }
    if (node->home != NULL) {
        gb_jsonw_key_str(w, GB_STR("home"), node->home->head.key);
    }
    if (node->is_loaded) {
        gb_jsonw_key_bool(w, GB_STR("loaded"), true);
    }
    if (node->loading != 0) {
        gb_jsonw_key_int(w, GB_STR("loading"), node->loading);
    }
    gb_jsonw_key_opt(w, GB_STR("muted"), node->muted);
    gb_jsonw_key_int(w, GB_STR("since"), node->since);
    gb_jsonw_key(w, GB_STR("tally"));
    gb_jsonw_array(w);
    for (int i = 0; i < GB_TALLIES; i++) {
        gb_jsonw_int(w, node->tally[i]);
    }
    gb_jsonw_end(w);
    gb_jsonw_key_opt(w, GB_STR("town"), node->town);
    gb_jsonw_key(w, GB_STR("value"));
    gb_jsonw_object(w);
    for (uint32_t i = 0; i < node->fields.count; i++) {
        gb_jsonw_key(w, gb_str_of(node->fields.items[i].name));
        gb_jsonw_raw(w, node->fields.items[i].json);
    }
    gb_jsonw_end(w);
    gb_jsonw_key_int(w, GB_STR("version"), node->version);
    gb_jsonw_key_opt(w, GB_STR("wrong"), node->wrong);
}

static void load_fields(struct gb_core *core, struct gb_node *node, const struct gb_value *value)
{
    struct gb_node_fields fields = {0};

    for (size_t i = 0; i < GB_COUNT(names); i++) {
        const struct gb_value *member = gb_value_get(value, gb_str_of(names[i]));
        struct gb_jsonw w;

        if (member != NULL) {
            gb_buf_clear(&core->buf);
            gb_jsonw_init(&w, &core->buf);
            gb_jsonw_value(&w, member);
            gb_node_set(&fields, names[i], gb_core_text(core));
        }
    }
    gb_node_keep_fields(core, node, &fields);
}

void gb_node_load(struct gb_core *core, const struct gb_row *row, const struct gb_value *parsed)
{
    struct gb_node *node = gb_node_get(core, row->key);
    int64_t due = gb_value_int(parsed, GB_STR("due"), INT64_MAX);
    struct gb_str home = gb_value_str(parsed, GB_STR("home"));
    const struct gb_value *tally = gb_value_get(parsed, GB_STR("tally"));

    if (!node->head.is_stub) {
        return;
    }
    load_fields(core, node, gb_value_get(parsed, GB_STR("value")));
    if (gb_str_is(home)) {
        node->home = gb_node_get(core, home);
    }
    for (uint32_t i = 0; tally != NULL && i < tally->count && i < GB_TALLIES; i++) {
        node->tally[i] = tally->items[i].number;
    }
    gb_core_set(core, &node->town, gb_value_str(parsed, GB_STR("town")));
    node->is_loaded = gb_value_bool(parsed, GB_STR("loaded"), false);
    node->loading = (int)gb_value_int(parsed, GB_STR("loading"), 0);
    gb_core_set(core, &node->muted, gb_value_str(parsed, GB_STR("muted")));
    node->since = gb_value_int(parsed, GB_STR("since"), 0);
    node->version = gb_value_int(parsed, GB_STR("version"), 0);
    gb_core_set(core, &node->wrong, gb_value_str(parsed, GB_STR("wrong")));
    gb_node_wait(core, node, due);
    node->live_until = row->live_until;
    gb_object_stored(&node->head, row);
}
