/* The contact network (联系网络): village organisation -> key family -> member -> household.
 *
 * A row says that a key family contacts a member, or that a member contacts a household. Members,
 * families and grids hold counts, not lists: each row, and each node below, counts once in the node
 * above it and says so in its own row, so that it can be taken back. A household's node has its
 * links as members, because who links it twice, or to a grid that is not its own, must be told.
 * Members and households go out under an alias: a hash of the keyed hash, so that nobody can hold
 * what is published against the ids that the bridge works with. */
#include "base/hash.h"
#include "base/jsonw.h"
#include "core/node.h"

bool gb_grid_is_known(const struct gb_core *core, struct gb_str grid)
{
    struct gb_str parts[] = {GB_STR("grid/"), grid};
    char key[64];
    const struct gb_node *node;

    if (!gb_str_is(grid) || grid.len + parts[0].len > sizeof(key)) {
        return false;
    }
    memcpy(key, parts[0].ptr, parts[0].len);
    memcpy(key + parts[0].len, grid.ptr, grid.len);
    node = gb_node_find(core, (struct gb_str){key, parts[0].len + grid.len});
    return node != NULL && node->count > 0;
}

void gb_contact_count(struct gb_core *core, struct gb_node *node, int tally, int by)
{
    node->tally[tally] += by;
    GB_CHECK(node->tally[tally] >= 0);
    gb_node_later(core, node);
}

void gb_contact_count_key(struct gb_core *core, struct gb_str key, int tally, int by)
{
    gb_contact_count(core, gb_node_open(core, key), tally, by);
}

/* A node that is opened at a tick is of the town of whatever counts in it. */
static struct gb_node *open_in(struct gb_core *core, struct gb_str key, struct gb_str town)
{
    struct gb_node *node = gb_node_open(core, key);

    if (!gb_str_is(node->town)) {
        gb_core_set(core, &node->town, town);
    }
    return node;
}

/* The grid that counts node becomes grid (absent: none). */
static void set_home(struct gb_core *core, struct gb_node *node, struct gb_str grid, int tally)
{
    struct gb_node *home =
        gb_str_is(grid)
            ? open_in(core, GB_JOIN(&core->scratch, GB_STR("grid/"), grid), node->town)
            : NULL;

    if (home == node->home) {
        return;
    }
    if (node->home != NULL) {
        gb_contact_count(core, node->home, tally, -1);
    }
    node->home = home;
    if (home != NULL) {
        gb_contact_count(core, home, tally, 1);
    }
    gb_object_touch(core, &node->head);
}

struct gb_str gb_node_alias(struct gb_core *core, struct gb_str key)
{
    struct gb_str parts[] = {GB_STR("gridbridge alias\x1f"), key};
    struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, GB_COUNT(parts));
    const char *slash = memchr(key.ptr, '/', key.len);
    char hex[32];

    gb_hex(hex, hash.bytes, 16);
    return GB_JOIN(&core->scratch, {key.ptr, (size_t)(slash - key.ptr)}, GB_STR("/d1."),
                   {hex, sizeof(hex)});
}

/* What every part of the network has. */
static void set_common(struct gb_core *core, const struct gb_node *node, const char *kind,
                       struct gb_node_fold *fold)
{
    gb_node_set(&fold->fields, "kind", gb_node_text(core, gb_str_of(kind)));
    gb_node_set(&fold->fields, "purpose", GB_STR("\"duty\""));
    gb_node_set(&fold->fields, "town", gb_node_text(core, node->town));
    fold->overlap = GB_OVERLAP_CONTACT;
    fold->patience_ms = core->policy->network.conflict_after_ms;
}

static void add_wrong(struct gb_core *core, struct gb_node_fold *fold, const char *word)
{
    fold->wrong = gb_str_is(fold->wrong)
                      ? GB_JOIN(&core->scratch, fold->wrong, GB_STR(","), gb_str_of(word))
                      : gb_str_of(word);
}

/* A count outside the bundle's bounds. */
static void check_bounds(struct gb_core *core, struct gb_node_fold *fold, int64_t count,
                         const struct gb_bounds *bounds)
{
    if (bounds->most > 0 && (count < bounds->least || count > bounds->most)) {
        add_wrong(core, fold, count < bounds->least ? "too_few" : "too_many");
        fold->evidence =
            gb_arena_printf(&core->scratch, "{\"count\":%lld,\"least\":%d,\"most\":%d}",
                            (long long)count, bounds->least, bounds->most);
    }
}

/* The words as a published list. */
static void set_wrong(struct gb_core *core, struct gb_node_fold *fold)
{
    struct gb_str left = fold->wrong;
    struct gb_jsonw w;

    if (!gb_str_is(left)) {
        return;
    }
    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_array(&w);
    while (left.len > 0) {
        const char *comma = memchr(left.ptr, ',', left.len);
        size_t len = comma != NULL ? (size_t)(comma - left.ptr) : left.len;

        gb_jsonw_str(&w, (struct gb_str){left.ptr, len});
        left.ptr += len + (comma != NULL);
        left.len -= len + (comma != NULL);
    }
    gb_jsonw_end(&w);
    gb_node_set(&fold->fields, "wrong", gb_core_text(core));
}

/* What the rows of one grid say of its households; where they differ, the last by key. */
static int64_t households_of(const struct gb_node *node)
{
    int64_t households = -1;

    for (uint32_t i = 0; i < node->count; i++) {
        const struct gb_fact *fact = node->members[i]->fact;

        households = fact->households >= 0 ? fact->households : households;
    }
    return households;
}

void gb_grid_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    struct gb_str grid = {node->head.key.ptr + 5, node->head.key.len - 5};
    int64_t households = households_of(node);
    int64_t covered = node->tally[GB_TALLY_COVERED];

    fold->is_there = node->count > 0 || node->tally[GB_TALLY_FAMILIES] > 0 || covered > 0;
    if (!fold->is_there) {
        return;
    }
    set_common(core, node, "grid", fold);
    gb_node_set(&fold->fields, "covered", gb_arena_int(&core->scratch, covered));
    gb_node_set(&fold->fields, "grid", gb_node_text(core, grid));
    if (households >= 0) {
        gb_node_set(&fold->fields, "households", gb_arena_int(&core->scratch, households));
        gb_node_set(&fold->fields, "uncovered",
                    gb_arena_int(&core->scratch, households > covered ? households - covered : 0));
    }
    gb_node_set(&fold->fields, "id", gb_node_text(core, node->head.key));
    gb_node_set(&fold->fields, "key_families",
                gb_arena_int(&core->scratch, node->tally[GB_TALLY_FAMILIES]));
    if (grid.len >= 12) {
        gb_node_set(&fold->fields, "village", gb_node_text(core, (struct gb_str){grid.ptr, 12}));
    }
    if (node->count > 0) {
        check_bounds(core, fold, node->tally[GB_TALLY_FAMILIES], &core->policy->network.families);
    }
    set_wrong(core, fold);
}

void gb_family_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    struct gb_str id = {node->head.key.ptr + 7, node->head.key.len - 7};
    const struct gb_node *post =
        gb_node_find(core, GB_JOIN(&core->scratch, GB_STR("key_family/"), id));
    bool is_standing = post != NULL && post->count > 0;
    struct gb_str grid = is_standing ? post->members[0]->fact->grid : GB_STR_NONE;

    set_home(core, node, grid, GB_TALLY_FAMILIES);
    fold->is_there = is_standing || node->tally[GB_TALLY_MEMBERS] > 0;
    if (!fold->is_there) {
        return;
    }
    set_common(core, node, "key_family", fold);
    gb_node_set(&fold->fields, "grid", gb_node_text(core, grid));
    gb_node_set(&fold->fields, "id", gb_node_text(core, node->head.key));
    gb_node_set(&fold->fields, "members",
                gb_arena_int(&core->scratch, node->tally[GB_TALLY_MEMBERS]));
    if (!is_standing) {
        add_wrong(core, fold, "no_family"); /* members are linked to a family that is none */
        fold->evidence = gb_arena_printf(&core->scratch, "{\"count\":%lld}",
                                         (long long)node->tally[GB_TALLY_MEMBERS]);
    } else {
        check_bounds(core, fold, node->tally[GB_TALLY_MEMBERS], &core->policy->network.members);
    }
    set_wrong(core, fold);
}

/* Counts each live link in its family, each ended one no more; says when the next one changes. */
static void count_links(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct gb_observation *o = node->members[i];
        int64_t next = core->clock < o->fact->since ? o->fact->since : o->fact->until;
        bool is_live = gb_fact_is_live(o->fact, core->clock);

        if (is_live != (o->fact->counted != 0)) {
            struct gb_str family = GB_JOIN(&core->scratch, GB_STR("family/"), o->fact->family);

            gb_contact_count(core, open_in(core, family, o->image.town), GB_TALLY_MEMBERS,
                             is_live ? 1 : -1);
            gb_fact_edit(o->fact)->counted = is_live;
            gb_object_touch(core, &o->head);
        }
        if (next > core->clock && next < fold->next_at) {
            fold->next_at = next;
        }
    }
}

/* The families that contact the member now, in order of its links. */
static struct gb_str write_families(struct gb_core *core, const struct gb_node *node)
{
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->members[i]->fact->counted != 0) {
            gb_jsonw_str(&w, node->members[i]->fact->family);
        }
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

static bool is_contacted(const struct gb_node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->members[i]->fact->counted != 0) {
            return true;
        }
    }
    return false;
}

void gb_member_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    int64_t households = node->tally[GB_TALLY_HOUSEHOLDS];

    fold->is_there = node->count > 0 || households > 0;
    if (!fold->is_there) {
        return;
    }
    count_links(core, node, fold);
    set_common(core, node, "member", fold);
    gb_node_set(&fold->fields, "families", write_families(core, node));
    gb_node_set(&fold->fields, "households", gb_arena_int(&core->scratch, households));
    gb_node_set(&fold->fields, "id", gb_node_text(core, gb_node_alias(core, node->head.key)));
    if (households > 0) { /* none at all: exempt */
        check_bounds(core, fold, households, &core->policy->network.households);
    }
    if (households > 0 && !is_contacted(node)) {
        add_wrong(core, fold, "unlinked");
    }
    set_wrong(core, fold);
}

static struct gb_str write_links(struct gb_core *core, const struct gb_node *node)
{
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct gb_observation *o = node->members[i];

        gb_jsonw_object(&w);
        gb_jsonw_key_opt(&w, GB_STR("grid"), o->fact->grid);
        gb_jsonw_key_str(&w, GB_STR("key"), o->id);
        if (gb_str_is(o->fact->reporter)) {
            gb_jsonw_key_str(&w, GB_STR("member"),
                             gb_node_alias(core, GB_JOIN(&core->scratch, GB_STR("member/"),
                                                    o->fact->reporter)));
        }
        if (o->fact->since != INT64_MIN) {
            gb_jsonw_key_int(&w, GB_STR("since"), o->fact->since);
        }
        gb_jsonw_key_str(&w, GB_STR("source"), o->source);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

/* The grid in which a household lies: by its code, else by its first link. */
static struct gb_str home_of(const struct gb_node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (gb_str_is(node->members[i]->fact->home)) {
            return node->members[i]->fact->home;
        }
    }
    return node->count > 0 ? node->members[0]->fact->grid : GB_STR_NONE;
}

/* The link names the household's own grid or, where it knows no grid, its village. */
static bool is_at(const struct gb_fact *link, struct gb_str home)
{
    struct gb_str village = {home.ptr, home.len < 12 ? home.len : 12};

    if (gb_str_is(link->grid)) {
        return gb_str_eq(link->grid, home);
    }
    return !gb_str_is(link->village) || !gb_str_is(home) || gb_str_eq(link->village, village);
}

void gb_household_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    struct gb_str home = home_of(node);
    bool is_elsewhere = false;

    set_home(core, node, home, GB_TALLY_COVERED);
    fold->is_there = node->count > 0;
    if (!fold->is_there) {
        return;
    }
    set_common(core, node, "household", fold);
    gb_node_set(&fold->fields, "grid", gb_node_text(core, home));
    gb_node_set(&fold->fields, "id", gb_node_text(core, gb_node_alias(core, node->head.key)));
    gb_node_set(&fold->fields, "links", write_links(core, node));
    for (uint32_t i = 0; i < node->count; i++) {
        is_elsewhere = is_elsewhere || !is_at(node->members[i]->fact, home);
    }
    if (is_elsewhere) {
        add_wrong(core, fold, "other_grid");
    }
    if (node->count > 1) {
        add_wrong(core, fold, "linked_twice");
    }
    if (gb_str_is(fold->wrong)) {
        fold->evidence = gb_arena_printf(&core->scratch, "{\"links\":%u}", node->count);
    }
    set_wrong(core, fold);
}
