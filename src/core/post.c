/* Posts (岗位): who holds one, whether anybody does, and who holds one in both networks.
 *
 * A post is a role at a place: grid_worker of a grid, the holder of a key family, the secretary of
 * a branch. Its members are the rows that say who holds it, each for a time. A branch's row names
 * no person: it holds its own post for its term of office. A hat is a holder with its posts, so
 * that one person with posts in both networks (双重身份) is known as one. */
#include "base/jsonw.h"
#include "core/node.h"
#include "core/parts.h"

struct gb_hat {
    struct gb_str holder; /* in the pool */
    uint32_t count, size;
    struct gb_observation **posts; /* by key; in the pool */
};

static struct gb_hat *hat_of(const struct gb_core *core, struct gb_str holder)
{
    return gb_str_is(holder) ? gb_map_get(&core->hats, holder) : NULL;
}

static struct gb_hat *hat_get(struct gb_core *core, struct gb_str holder)
{
    struct gb_hat *hat = hat_of(core, holder);

    if (hat == NULL) {
        hat = gb_pool_take(&core->pool, sizeof(*hat));
        hat->holder = gb_pool_str(&core->pool, holder);
        gb_map_put(&core->hats, hat->holder, hat);
    }
    return hat;
}

void gb_hat_add(struct gb_core *core, struct gb_observation *o)
{
    struct gb_hat *hat;
    uint32_t at;

    if (!gb_str_is(o->fact->holder)) {
        return;
    }
    hat = hat_get(core, o->fact->holder);
    if (hat->count == hat->size) {
        uint32_t size = hat->size == 0 ? 2 : hat->size * 2;
        struct gb_observation **posts = gb_pool_take(&core->pool, size * sizeof(posts[0]));

        if (hat->posts != NULL) {
            memcpy(posts, hat->posts, hat->count * sizeof(posts[0]));
            gb_pool_give(&core->pool, hat->posts, hat->size * sizeof(posts[0]));
        }
        hat->posts = posts;
        hat->size = size;
    }
    for (at = hat->count; at > 0 && gb_str_cmp(hat->posts[at - 1]->head.key, o->head.key) > 0;
         at--) {
        hat->posts[at] = hat->posts[at - 1];
    }
    hat->posts[at] = o;
    hat->count++;
}

void gb_hat_drop(struct gb_core *core, struct gb_observation *o)
{
    struct gb_hat *hat = hat_of(core, o->fact->holder);
    uint32_t at = 0;

    while (hat != NULL && at < hat->count && hat->posts[at] != o) {
        at++;
    }
    if (hat == NULL || at == hat->count) {
        return;
    }
    hat->count--;
    memmove(&hat->posts[at], &hat->posts[at + 1], (hat->count - at) * sizeof(hat->posts[0]));
    if (hat->count == 0) {
        gb_map_take(&core->hats, hat->holder);
        gb_pool_give(&core->pool, hat->posts, hat->size * sizeof(hat->posts[0]));
        gb_pool_give_str(&core->pool, hat->holder);
        gb_pool_give(&core->pool, hat, sizeof(*hat));
    }
}

void gb_hats_close(struct gb_core *core)
{
    gb_map_close(&core->hats);
}

uint32_t gb_hat_posts(const struct gb_core *core, struct gb_str holder,
                      struct gb_observation **posts)
{
    const struct gb_hat *hat = hat_of(core, holder);
    uint32_t count = 0;

    for (uint32_t i = 0; hat != NULL && i < hat->count && count < GB_HAT_POSTS_MAX; i++) {
        if (hat->posts[i]->node != NULL) {
            posts[count++] = hat->posts[i];
        }
    }
    return count;
}

uint64_t gb_hat_sources(const struct gb_core *core, struct gb_str holder, int64_t at)
{
    const struct gb_hat *hat = hat_of(core, holder);
    uint64_t sources = 0;

    for (uint32_t i = 0; hat != NULL && i < hat->count; i++) {
        uint32_t source = gb_policy_source_index(core->policy, hat->posts[i]->source);

        if (source < GB_SOURCES_MAX && gb_fact_is_live(hat->posts[i]->fact, at)) {
            sources |= (uint64_t)1 << source;
        }
    }
    return sources;
}

void gb_post_touch_hats(struct gb_core *core, const struct gb_node *node)
{
    for (uint32_t m = 0; m < node->count; m++) {
        const struct gb_hat *hat = hat_of(core, node->members[m]->fact->holder);

        for (uint32_t i = 0; hat != NULL && i < hat->count && i < GB_HAT_POSTS_MAX; i++) {
            if (hat->posts[i]->node != NULL && hat->posts[i]->node != node) {
                gb_node_touch(core, hat->posts[i]->node);
            }
        }
    }
}

/* ---- the fold ---- */

static void begin(struct gb_core *core, struct gb_jsonw *w)
{
    gb_buf_clear(&core->buf);
    gb_jsonw_init(w, &core->buf);
}

/* Somebody holds the post by this row now; a branch's row names no person. */
static bool is_held_by(const struct gb_core *core, const struct gb_observation *o)
{
    return gb_fact_is_live(o->fact, core->clock) &&
           (gb_str_is(o->fact->holder) || gb_entity_of(o->entity) == GB_ENTITY_ORG);
}

/* The holder's other posts at this time, by key. */
static void write_also(struct gb_core *core, struct gb_jsonw *w, const struct gb_observation *o)
{
    const struct gb_hat *hat = hat_of(core, o->fact->holder);
    bool is_any = false;

    for (uint32_t i = 0; hat != NULL && i < hat->count && i < GB_HAT_POSTS_MAX; i++) {
        const struct gb_observation *other = hat->posts[i];

        if (other->node == NULL || other->node == o->node ||
            !gb_fact_is_live(other->fact, core->clock)) {
            continue;
        }
        if (!is_any) {
            gb_jsonw_key(w, GB_STR("also"));
            gb_jsonw_array(w);
            is_any = true;
        }
        gb_jsonw_str(w, other->node->head.key);
    }
    if (is_any) {
        gb_jsonw_end(w);
    }
}

static void write_holder(struct gb_core *core, struct gb_jsonw *w, const struct gb_observation *o)
{
    const struct gb_source_row *source = gb_policy_source(core->policy, o->source);

    gb_jsonw_object(w);
    write_also(core, w, o);
    if (o->fact->full_time >= 0) {
        gb_jsonw_key_bool(w, GB_STR("full_time"), o->fact->full_time != 0);
    }
    if (source != NULL) {
        gb_jsonw_key_str(w, GB_STR("network"), source->network);
    }
    gb_jsonw_key_opt(w, GB_STR("pseudonym"), o->fact->pseudonym);
    if (o->fact->since != INT64_MIN) {
        gb_jsonw_key_int(w, GB_STR("since"), o->fact->since);
    }
    gb_jsonw_key_str(w, GB_STR("source"), o->source);
    if (o->fact->until != INT64_MAX) {
        gb_jsonw_key_int(w, GB_STR("until"), o->fact->until);
    }
    gb_jsonw_end(w);
}

static struct gb_str write_holders(struct gb_core *core, const struct gb_node *node)
{
    struct gb_jsonw w;

    begin(core, &w);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < node->count; i++) {
        if (is_held_by(core, node->members[i])) {
            write_holder(core, &w, node->members[i]);
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

/* The parts of a key: role/place, or role/place/id. */
static struct gb_str part_of(struct gb_str key, int part)
{
    for (; part > 0; part--) {
        const char *slash = memchr(key.ptr, '/', key.len);

        if (slash == NULL) {
            return GB_STR_NONE;
        }
        key.len -= (size_t)(slash - key.ptr) + 1;
        key.ptr = slash + 1;
    }
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '/') {
            key.len = i;
        }
    }
    return key;
}

static bool is_required(const struct gb_core *core, const struct gb_node *node)
{
    enum gb_role role = gb_role_of(part_of(node->head.key, 0));

    return role < GB_ROLE_COUNT && (core->policy->network.grid_posts & (1U << role)) != 0 &&
           gb_grid_is_known(core, part_of(node->head.key, 1));
}

/* When the next term of a member begins or ends; says whether any is live, and any over. */
static void read_terms(const struct gb_core *core, const struct gb_node *node,
                       struct gb_node_fold *fold, bool *is_held, bool *is_over)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct gb_fact *fact = node->members[i]->fact;
        int64_t next = core->clock < fact->since ? fact->since : fact->until;

        *is_held = *is_held || is_held_by(core, node->members[i]);
        *is_over = *is_over || fact->until <= core->clock;
        if (next > core->clock && next < fold->next_at) {
            fold->next_at = next;
        }
    }
}

/* Grid, village and town of a post: what its rows say, else what its key does. */
static void set_places(struct gb_core *core, const struct gb_node *node,
                       struct gb_node_fields *fields)
{
    struct gb_str place = part_of(node->head.key, 1);
    struct gb_str grid = gb_role_of(part_of(node->head.key, 0)) == GB_ROLE_KEY_FAMILY
                             ? GB_STR_NONE
                             : place;
    struct gb_str village = (struct gb_str){place.ptr, 12};
    struct gb_str town = (struct gb_str){place.ptr, 9};

    if (node->count > 0) {
        grid = node->members[0]->fact->grid;
        village = node->members[0]->fact->village;
        town = node->members[0]->image.town;
    }
    if (gb_str_is(grid) && grid.len >= 15) {
        gb_node_set(fields, "grid", gb_node_text(core, grid));
    }
    if (gb_str_is(village) && place.len >= 12) {
        gb_node_set(fields, "village", gb_node_text(core, village));
    }
    if (gb_str_is(town) && town.len == 9) {
        gb_node_set(fields, "town", gb_node_text(core, town));
    }
}

void gb_post_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    bool is_held = false;
    bool is_over = false;

    fold->is_there = node->count > 0 || is_required(core, node);
    if (!fold->is_there) {
        return;
    }
    read_terms(core, node, fold, &is_held, &is_over);
    gb_node_set(&fold->fields, "holders", write_holders(core, node));
    gb_node_set(&fold->fields, "id", gb_node_text(core, node->head.key));
    gb_node_set(&fold->fields, "place", gb_node_text(core, part_of(node->head.key, 1)));
    gb_node_set(&fold->fields, "purpose", GB_STR("\"duty\""));
    gb_node_set(&fold->fields, "refs", gb_write_refs(core, node->members, node->count));
    gb_node_set(&fold->fields, "role", gb_node_text(core, part_of(node->head.key, 0)));
    set_places(core, node, &fold->fields);
    gb_node_set(&fold->fields, "vacant", is_held ? GB_STR("false") : GB_STR("true"));
    fold->overlap = GB_OVERLAP_POST_VACANT;
    fold->patience_ms = core->policy->network.vacant_after_ms;
    if (!is_held) {
        fold->wrong = is_over ? GB_STR("term_over") : GB_STR("no_holder");
        fold->evidence = gb_arena_printf(&core->scratch, "{\"rows\":%u}", node->count);
    }
}
