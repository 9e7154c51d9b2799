/* Visits as work (走访): what one post, or one party member, says it did on one day.
 *
 * Three places tell of visits: rows of the party platform (one visit each), counters that grow
 * (households that a member visited), and the grid's daily log (民情日志, a sum of the day). A node
 * holds what one of them says of one worker on one day. Where one holder stands behind several of
 * them (post.c), a visit may be told twice or thrice: then the row counts, before the log, before
 * the counter, and the other is a duplicate whose kind pair.h tells. A log is its post's: it tells
 * again what any of those who hold the post did within its hours. Both networks' visits of one day
 * stay two visits where the times do not show that they are one.
 *
 * A member goes out under an alias of the member and the day: nobody can line up one's days.
 *
 * A day is judged while it is recent (GB_VISIT_KEEP_MS after it was first told): so long its nodes
 * are in memory. It is judged again when something else is told of it, or a post of who stands
 * behind it becomes known or is another. What a row was found to be then stays in the row
 * (fact.pair). A day that was over when a first load told it has no such time: it stands as it was
 * found with the posts that were known then. */
#include "base/jsonw.h"
#include "core/day.h"
#include "core/node.h"
#include "core/pair.h"
#include "core/parts.h"

/* The nodes of one holder's day, this one's among them. */
struct day {
    uint32_t count;
    const struct gb_node *nodes[4 * GB_HAT_POSTS_MAX]; /* more are not looked at */
};

/* The worker in "visit/WORKER/DAY": key_family/ID, grid_worker/GRID or member/HASH. */
static struct gb_str worker_of(const struct gb_node *node)
{
    struct gb_str key = {node->head.key.ptr + 6, node->head.key.len - 6};

    while (key.len > 0 && key.ptr[key.len - 1] != '/') {
        key.len--;
    }
    key.len--;
    return key;
}

static struct gb_str day_of(const struct gb_node *node)
{
    struct gb_str worker = worker_of(node);
    const char *from = worker.ptr + worker.len + 1;

    return (struct gb_str){from, (size_t)(node->head.key.ptr + node->head.key.len - from)};
}

bool gb_visit_is_recent(const struct gb_core *core, const struct gb_node *node)
{
    return node->live_until >= core->clock;
}

/* From when it was first told, however late that was; the past that a first load brings is not
 * waited for, and a day in the future keeps nothing longer. */
int64_t gb_visit_live(const struct gb_core *core, const struct gb_node *node)
{
    bool is_first_load = core->rec->kind == GB_KIND_OBSERVATION && core->rec->bootstrap;
    int64_t from = 0;

    (void)gb_day_ms(day_of(node), &from);
    if (core->clock != 0 && (!is_first_load || from > core->clock)) {
        from = core->clock;
    }
    from += GB_DAY_MS + GB_VISIT_KEEP_MS;
    return from - from % GB_HOUR_MS + GB_HOUR_MS - 1; /* memory forgets as hours turn */
}

/* The middle of the day: what a day belongs to. */
static int64_t noon_of(const struct gb_node *node)
{
    int64_t day = 0;

    (void)gb_day_ms(day_of(node), &day);
    return day + GB_DAY_MS / 2;
}

#define HOLDERS_MAX 8 /* persons who may stand behind one worker's day */

struct holders {
    uint32_t count;
    struct gb_str items[HOLDERS_MAX];
};

static void add_holder(struct holders *holders, struct gb_str holder)
{
    for (uint32_t i = 0; i < holders->count; i++) {
        if (gb_str_eq(holders->items[i], holder)) {
            return;
        }
    }
    if (gb_str_is(holder) && holders->count < HOLDERS_MAX) {
        holders->items[holders->count++] = holder;
    }
}

static bool is_member(struct gb_str worker)
{
    return worker.len > 7 && memcmp(worker.ptr, "member/", 7) == 0;
}

/* Who stands behind node: the member, or whoever held the post on that day. */
static struct holders holders_of(const struct gb_core *core, const struct gb_node *node)
{
    struct gb_str worker = worker_of(node);
    const struct gb_node *post = is_member(worker) ? NULL : gb_node_find(core, worker);
    struct holders holders = {0};

    if (is_member(worker)) {
        struct gb_str id = {worker.ptr + 7, worker.len - 7};
        const struct gb_holder *holder = gb_policy_holder(core->policy, id);

        add_holder(&holders, holder != NULL ? holder->holder : id);
    }
    for (uint32_t i = 0; post != NULL && i < post->count; i++) {
        if (gb_fact_is_live(post->members[i]->fact, noon_of(node))) {
            add_holder(&holders, post->members[i]->fact->holder);
        }
    }
    return holders;
}

static void add_node(struct gb_core *core, const struct gb_node *node, struct gb_str worker,
                     struct day *day)
{
    const struct gb_node *other = gb_node_find(
        core, GB_JOIN(&core->scratch, GB_STR("visit/"), worker, GB_STR("/"), day_of(node)));

    for (uint32_t i = 0; i < day->count; i++) {
        if (day->nodes[i] == other) {
            return;
        }
    }
    if (other != NULL && gb_visit_is_recent(core, other) && day->count < GB_COUNT(day->nodes)) {
        day->nodes[day->count++] = other;
    }
}

static void read_posts(struct gb_core *core, const struct gb_node *node, struct gb_str holder,
                       struct day *day)
{
    struct gb_observation *posts[GB_HAT_POSTS_MAX];
    uint32_t count = gb_hat_posts(core, holder, posts);

    for (uint32_t i = 0; i < count; i++) {
        if (gb_fact_is_live(posts[i]->fact, noon_of(node))) {
            add_node(core, node, posts[i]->node->head.key, day);
        }
        if (gb_str_is(posts[i]->fact->reporter)) {
            add_node(core, node,
                     GB_JOIN(&core->scratch, GB_STR("member/"), posts[i]->fact->reporter), day);
        }
    }
}

/* All that is told of the day of those who stand behind node. */
static void read_day(struct gb_core *core, const struct gb_node *node, struct day *day)
{
    struct holders holders = holders_of(core, node);

    day->count = 0;
    for (uint32_t i = 0; gb_visit_is_recent(core, node) && i < holders.count; i++) {
        read_posts(core, node, holders.items[i], day);
    }
}

void gb_visit_touch_day(struct gb_core *core, const struct gb_node *node)
{
    struct day day;

    read_day(core, node, &day);
    for (uint32_t i = 0; i < day.count; i++) {
        if (day.nodes[i] != node) {
            gb_node_touch(core, gb_node_get(core, day.nodes[i]->head.key));
        }
    }
}

/* The days of a worker that are recent, from tomorrow back. */
static void touch_days(struct gb_core *core, struct gb_str worker)
{
    for (int back = -1; back < GB_VISIT_DAYS; back++) {
        char day[GB_DAY_TEXT_LEN];
        struct gb_node *node;

        gb_day_text(core->clock - back * GB_DAY_MS, day);
        node = gb_node_find(core, GB_JOIN(&core->scratch, GB_STR("visit/"), worker, GB_STR("/"),
                                          {day, sizeof(day)}));
        if (node != NULL && gb_visit_is_recent(core, node)) {
            gb_node_touch(core, node);
        }
    }
}

void gb_visit_touch_holder(struct gb_core *core, struct gb_str holder)
{
    struct gb_observation *posts[GB_HAT_POSTS_MAX];
    uint32_t count = gb_hat_posts(core, holder, posts);

    for (uint32_t i = 0; i < count; i++) {
        touch_days(core, posts[i]->node->head.key);
        if (gb_str_is(posts[i]->fact->reporter)) {
            touch_days(core, GB_JOIN(&core->scratch, GB_STR("member/"), posts[i]->fact->reporter));
        }
    }
}

void gb_visit_touch_log(struct gb_core *core, const struct gb_image *image)
{
    struct gb_node *node;

    if (core->nodes.count == 0 || !gb_str_is(image->grid)) {
        return;
    }
    node = gb_node_find(core, gb_visit_log_key(&core->scratch, image));
    if (node != NULL && gb_visit_is_recent(core, node)) {
        gb_node_touch(core, node);
    }
}

struct gb_str gb_visit_log_key(struct gb_arena *arena, const struct gb_image *image)
{
    char day[GB_DAY_TEXT_LEN];

    gb_day_text(image->occurred_at, day);
    return GB_JOIN(arena, GB_STR("visit/grid_worker/"), image->grid, GB_STR("/"),
                   {day, sizeof(day)});
}

static int64_t households_of(const struct gb_fact *fact)
{
    return fact->told_in == GB_TOLD_COUNTER ? fact->visits
           : fact->households > 0           ? fact->households
                                            : 0;
}

/* What a row repeats of what is told more fully elsewhere: the gravest kind, how many visits, and
 * of how many households. */
struct repeats {
    int64_t pair, visits, households;
};

static struct repeats repeats_of(const struct gb_core *core, const struct day *day,
                                 const struct gb_observation *o)
{
    struct repeats repeats = {GB_PAIR_NONE, 0, 0};

    for (uint32_t n = 0; n < day->count; n++) {
        for (uint32_t i = 0; i < day->nodes[n]->count; i++) {
            const struct gb_observation *other = day->nodes[n]->members[i];
            enum gb_pair_kind kind = other->fact->told_in < o->fact->told_in
                                         ? gb_pair_of_visits(core->policy, other, o)
                                         : GB_PAIR_NONE;

            if (kind < GB_PAIR_NONE) {
                repeats.pair = (int64_t)kind < repeats.pair ? (int64_t)kind : repeats.pair;
                repeats.visits++;
                repeats.households += households_of(other->fact);
            }
        }
    }
    return repeats;
}

/* Matters of the grid's own reports on the day of a log: it counts them again. */
static int64_t restated(struct gb_core *core, const struct gb_node *node)
{
    int64_t said = 0;
    int64_t known;

    for (uint32_t i = 0; i < node->count; i++) {
        const struct gb_fact *fact = node->members[i]->fact;

        said += fact->solved > 0 ? fact->solved : 0;
        said += fact->reported > 0 ? fact->reported : 0;
    }
    if (said == 0) {
        return 0;
    }
    known = gb_index_of_day(core, node->members[0]->source, node->head.key);
    return said < known ? said : known;
}

/* What a node's rows come to. */
struct sum {
    int64_t visits, households;
    struct gb_pair_counts pairs;
};

/* Judged while the day is recent; afterwards a row is what it was found to be. */
static void judge(struct gb_core *core, const struct day *day, struct gb_observation *o)
{
    struct repeats found = repeats_of(core, day, o);
    const struct gb_fact *fact = o->fact;

    if (found.pair != fact->pair || found.visits != fact->again ||
        found.households != fact->again_households) {
        struct gb_fact *edited = gb_fact_edit(fact);

        edited->pair = found.pair;
        edited->again = found.visits;
        edited->again_households = found.households;
        gb_object_touch(core, &o->head);
    }
}

/* A log sums up its day: what it has beyond the visits that it tells again is one of its own. */
static void add_row(struct sum *sum, const struct gb_fact *fact)
{
    bool is_log = fact->told_in == GB_TOLD_LOG;
    int64_t own = households_of(fact) - fact->again_households;

    if (fact->pair < GB_PAIR_NONE) {
        sum->pairs.by[fact->pair] += is_log ? (uint32_t)fact->again : 1;
        if (is_log && own > 0) {
            sum->visits++;
            sum->households += own;
        }
        return;
    }
    sum->visits += fact->told_in == GB_TOLD_COUNTER ? fact->visits : 1;
    sum->households += households_of(fact);
}

static struct sum add_up(struct gb_core *core, struct gb_node *node)
{
    struct sum sum = {0};
    struct day day;

    read_day(core, node, &day);
    for (uint32_t i = 0; i < node->count; i++) {
        if (gb_visit_is_recent(core, node)) {
            judge(core, &day, node->members[i]);
        }
        add_row(&sum, node->members[i]->fact);
    }
    return sum;
}

/* ---- the fold ---- */

static void begin(struct gb_core *core, struct gb_jsonw *w)
{
    gb_buf_clear(&core->buf);
    gb_jsonw_init(w, &core->buf);
    gb_jsonw_array(w);
}

/* Networks in which the work counts: the source's, and those of the holder's posts on that day. */
static struct gb_str write_credits(struct gb_core *core, const struct gb_node *node)
{
    struct holders holders = holders_of(core, node);
    uint64_t sources =
        holders.count == 1 ? gb_hat_sources(core, holders.items[0], noon_of(node)) : 0;
    uint32_t own = gb_policy_source_index(core->policy, node->members[0]->source);

    return gb_write_networks(core,
                             sources | (own < GB_SOURCES_MAX ? (uint64_t)1 << own : 0));
}

static struct gb_str write_purposes(struct gb_core *core, const struct gb_node *node)
{
    bool is_any = false;
    struct gb_jsonw w;

    begin(core, &w);
    for (uint32_t i = 0; i < node->count; i++) {
        struct gb_str purpose = node->members[i]->fact->purpose;
        bool is_new = gb_str_is(purpose);

        for (uint32_t j = 0; j < i && is_new; j++) {
            is_new = !gb_str_eq(node->members[j]->fact->purpose, purpose);
        }
        if (is_new) {
            gb_jsonw_str(&w, purpose);
            is_any = true;
        }
    }
    gb_jsonw_end(&w);
    return is_any ? gb_core_text(core) : GB_STR_NONE;
}

static struct gb_str told_in_word(int64_t told_in)
{
    return told_in == GB_TOLD_ROW   ? GB_STR("visits")
           : told_in == GB_TOLD_LOG ? GB_STR("log")
                                    : GB_STR("counter");
}

static struct gb_str number(struct gb_core *core, int64_t value)
{
    return gb_arena_int(&core->scratch, value);
}

static void set_places(struct gb_core *core, const struct gb_node *node,
                       struct gb_node_fields *fields)
{
    const struct gb_observation *first = node->members[0];

    gb_node_set(fields, "grid", gb_node_text(core, first->fact->grid));
    gb_node_set(fields, "town", gb_node_text(core, first->image.town));
    gb_node_set(fields, "village", gb_node_text(core, first->fact->village));
}

void gb_visit_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    struct gb_node_fields *fields = &fold->fields;
    struct gb_str worker = worker_of(node);
    struct sum sum;
    int64_t again;

    fold->is_there = node->count > 0;
    if (!fold->is_there) {
        return;
    }
    if (is_member(worker)) {
        worker = gb_node_alias(core, GB_JOIN(&core->scratch, worker, GB_STR("/"), day_of(node)));
    }
    sum = add_up(core, node);
    again = restated(core, node);
    gb_node_set(fields, "credits", write_credits(core, node));
    gb_node_set(fields, "day", gb_node_text(core, day_of(node)));
    gb_node_set(fields, "duplicates", gb_pair_write(core, &sum.pairs));
    gb_node_set(fields, "entries", number(core, node->count));
    gb_node_set(fields, "households", number(core, sum.households));
    gb_node_set(fields, "id",
                gb_node_text(core, GB_JOIN(&core->scratch, worker, GB_STR("/"), day_of(node))));
    gb_node_set(fields, "purpose", GB_STR("\"duty\""));
    gb_node_set(fields, "purposes", write_purposes(core, node));
    gb_node_set(fields, "restated", again > 0 ? number(core, again) : GB_STR_NONE);
    gb_node_set(fields, "told_in",
                gb_node_text(core, told_in_word(node->members[0]->fact->told_in)));
    gb_node_set(fields, "visits", number(core, sum.visits));
    gb_node_set(fields, "worker", gb_node_text(core, worker));
    set_places(core, node, fields);
}
