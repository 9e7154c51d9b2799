/* What is remembered of write-backs: with the reports, and of the sources (writeback.h). */
#include "base/jsonw.h"
#include "core/writeback.h"

/* ---- with a report ---- */

static bool is_for(const struct gb_told *told, struct gb_str source)
{
    return gb_str_is(source) ? told->action == GB_TOLD_CREATE && gb_str_eq(told->source, source)
                             : told->action != GB_TOLD_CREATE;
}

struct gb_told *gb_told_get(const struct gb_observation *o, struct gb_str source)
{
    for (struct gb_told *told = o->told; told != NULL; told = told->next) {
        if (is_for(told, source)) {
            return told;
        }
    }
    return NULL;
}

/* Of the row itself first, then counterparts by source. */
static bool is_before(const struct gb_told *told, struct gb_str source)
{
    return gb_str_is(source) && (told->action != GB_TOLD_CREATE ||
                                 gb_str_cmp(told->source, source) < 0);
}

struct gb_told *gb_told_add(struct gb_core *core, struct gb_observation *o, struct gb_str source)
{
    struct gb_told **at = &o->told;
    struct gb_told *told = gb_told_get(o, source);

    if (told != NULL) {
        return told;
    }
    while (*at != NULL && is_before(*at, source)) {
        at = &(*at)->next;
    }
    told = gb_pool_take(&core->pool, sizeof(*told));
    told->action = gb_str_is(source) ? GB_TOLD_CREATE : GB_TOLD_UPDATE;
    gb_core_set(core, &told->source, gb_str_is(source) ? source : o->source);
    told->next = *at;
    *at = told;
    return told;
}

void gb_told_keep(struct gb_core *core, struct gb_told *told, const struct gb_wish *wish)
{
    struct gb_wish *kept = &told->wish;

    if (wish->has_state) {
        kept->has_state = true;
        kept->state = wish->state;
    }
    if (gb_str_is(wish->lead)) {
        gb_core_set(core, &kept->lead, wish->lead);
    }
    if (gb_str_is(wish->peer)) {
        gb_core_set(core, &kept->peer, wish->peer);
    }
    if (wish->has_deadline) {
        kept->has_deadline = true;
        kept->deadline_at = wish->deadline_at;
    }
}

void gb_told_turn(struct gb_core *core, struct gb_told *told, enum gb_told_state state)
{
    told->state = state;
    told->at = core->clock;
}

void gb_told_drop(struct gb_core *core, struct gb_observation *o)
{
    while (o->told != NULL) {
        struct gb_told *told = o->told;

        o->told = told->next;
        gb_pool_give_str(&core->pool, told->source);
        gb_pool_give_str(&core->pool, told->id);
        gb_pool_give_str(&core->pool, told->made);
        gb_pool_give_str(&core->pool, told->reason);
        gb_pool_give_str(&core->pool, told->wish.lead);
        gb_pool_give_str(&core->pool, told->wish.peer);
        gb_pool_give(&core->pool, told, sizeof(*told));
    }
}

static void render_wish(struct gb_jsonw *w, const struct gb_wish *wish)
{
    gb_jsonw_key(w, GB_STR("wish"));
    gb_jsonw_object(w);
    if (wish->has_deadline) {
        gb_jsonw_key_int(w, GB_STR("deadline_at"), wish->deadline_at);
    }
    gb_jsonw_key_opt(w, GB_STR("lead"), wish->lead);
    gb_jsonw_key_opt(w, GB_STR("peer"), wish->peer);
    if (wish->has_state) {
        gb_jsonw_key_str(w, GB_STR("state"), gb_state_word(wish->state));
    }
    gb_jsonw_end(w);
}

void gb_told_render(struct gb_jsonw *w, const struct gb_observation *o)
{
    if (o->told == NULL) {
        return;
    }
    gb_jsonw_key(w, GB_STR("told"));
    gb_jsonw_array(w);
    for (const struct gb_told *told = o->told; told != NULL; told = told->next) {
        gb_jsonw_object(w);
        gb_jsonw_key_str(w, GB_STR("action"), gb_told_action_word(told->action));
        gb_jsonw_key_int(w, GB_STR("asked"), told->asked);
        gb_jsonw_key_int(w, GB_STR("at"), told->at);
        gb_jsonw_key_opt(w, GB_STR("id"), told->id);
        gb_jsonw_key_opt(w, GB_STR("made"), told->made);
        gb_jsonw_key_opt(w, GB_STR("reason"), told->reason);
        gb_jsonw_key_str(w, GB_STR("source"), told->source);
        gb_jsonw_key_str(w, GB_STR("state"), gb_told_state_word(told->state));
        gb_jsonw_key_int(w, GB_STR("tries"), told->tries);
        gb_jsonw_key_int(w, GB_STR("until"), told->until);
        render_wish(w, &told->wish);
        gb_jsonw_end(w);
    }
    gb_jsonw_end(w);
}

static enum gb_told_action action_of(struct gb_str word)
{
    int at = 0;

    while (at < GB_TOLD_ACTION_COUNT - 1 &&
           !gb_str_eq(word, gb_told_action_word((enum gb_told_action)at))) {
        at++;
    }
    return (enum gb_told_action)at;
}

static enum gb_told_state state_of(struct gb_str word)
{
    int at = 0;

    while (at < GB_TOLD_STATE_COUNT - 1 &&
           !gb_str_eq(word, gb_told_state_word((enum gb_told_state)at))) {
        at++;
    }
    return (enum gb_told_state)at;
}

static void load_one(struct gb_core *core, struct gb_observation *o, const struct gb_value *item)
{
    enum gb_told_action action = action_of(gb_value_str(item, GB_STR("action")));
    const struct gb_value *wish = gb_value_get(item, GB_STR("wish"));
    struct gb_told *told =
        gb_told_add(core, o, action == GB_TOLD_CREATE ? gb_value_str(item, GB_STR("source"))
                                                      : GB_STR_NONE);
    const struct gb_wish kept = {
        .has_state = gb_value_get(wish, GB_STR("state")) != NULL,
        .state = gb_state_of(gb_value_str(wish, GB_STR("state"))),
        .lead = gb_value_str(wish, GB_STR("lead")),
        .peer = gb_value_str(wish, GB_STR("peer")),
        .has_deadline = gb_value_get(wish, GB_STR("deadline_at")) != NULL,
        .deadline_at = gb_value_int(wish, GB_STR("deadline_at"), 0)};

    told->action = action;
    told->asked = (uint32_t)gb_value_int(item, GB_STR("asked"), 0);
    told->at = gb_value_int(item, GB_STR("at"), 0);
    gb_core_set(core, &told->id, gb_value_str(item, GB_STR("id")));
    gb_core_set(core, &told->made, gb_value_str(item, GB_STR("made")));
    gb_core_set(core, &told->reason, gb_value_str(item, GB_STR("reason")));
    told->state = state_of(gb_value_str(item, GB_STR("state")));
    told->tries = (int32_t)gb_value_int(item, GB_STR("tries"), 0);
    told->until = gb_value_int(item, GB_STR("until"), 0);
    gb_told_keep(core, told, &kept);
}

void gb_told_load(struct gb_core *core, struct gb_observation *o, const struct gb_value *row)
{
    const struct gb_value *list = gb_value_get(row, GB_STR("told"));

    for (uint32_t i = 0; list != NULL && list->type == GB_ARRAY && i < list->count; i++) {
        load_one(core, o, &list->items[i]);
    }
}

static void write_one(struct gb_jsonw *w, const struct gb_observation *o,
                      const struct gb_told *told)
{
    gb_jsonw_object(w);
    gb_jsonw_key_str(w, GB_STR("action"), gb_told_action_word(told->action));
    gb_jsonw_key_int(w, GB_STR("at"), told->at);
    gb_jsonw_key_opt(w, GB_STR("id"), told->id);
    gb_jsonw_key_opt(w, GB_STR("key"), told->action == GB_TOLD_CREATE ? told->made : o->id);
    gb_jsonw_key_opt(w, GB_STR("reason"), told->reason);
    gb_jsonw_key_str(w, GB_STR("source"), told->source);
    gb_jsonw_key_str(w, GB_STR("state"), gb_told_state_word(told->state));
    gb_jsonw_end(w);
}

struct gb_str gb_writeback_write(struct gb_core *core, const struct gb_matter *matter)
{
    bool is_any = false;
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_observation *o = matter->reports[i];

        for (const struct gb_told *told = o->told; told != NULL; told = told->next) {
            write_one(&w, o, told);
            is_any = true;
        }
    }
    gb_jsonw_end(&w);
    return is_any ? gb_core_text(core) : GB_STR_NONE;
}

/* ---- sources ---- */

#define TARGET_KEY "writeback/"

static const char *const count_words[] = {
#define X(name, word) word,
    GB_TARGET_COUNT_LIST(X)
#undef X
};

struct gb_target *gb_target_get(struct gb_core *core, struct gb_str source)
{
    struct gb_target **at = &core->targets;
    struct gb_target *target;

    while (*at != NULL && gb_str_cmp((*at)->source, source) < 0) {
        at = &(*at)->next;
    }
    if (*at != NULL && gb_str_eq((*at)->source, source)) {
        return *at;
    }
    target = gb_pool_take(&core->pool, sizeof(*target));
    target->head.table = GB_TABLE_LANE_STATE;
    target->head.key = gb_pool_str(
        &core->pool, GB_JOIN(&core->scratch, GB_STR(TARGET_KEY), source));
    target->source = (struct gb_str){target->head.key.ptr + sizeof(TARGET_KEY) - 1, source.len};
    target->next = *at;
    *at = target;
    return target;
}

void gb_target_count(struct gb_core *core, struct gb_str source, enum gb_target_count what)
{
    struct gb_target *target = gb_target_get(core, source);

    target->counts[what]++;
    gb_object_touch(core, &target->head);
}

void gb_targets_tick(struct gb_core *core, const struct gb_record *rec)
{
    const struct gb_value *modes = gb_value_get(&rec->fields, GB_STR("modes"));

    for (uint32_t i = 0; modes != NULL && modes->type == GB_OBJECT && i < modes->count; i++) {
        struct gb_str source = modes->members[i].name;
        bool is_live = gb_str_eq(gb_value_str(modes, source), GB_STR("live"));
        struct gb_target *target;

        if (!gb_str_is(source)) {
            continue;
        }
        target = gb_target_get(core, source);
        if (target->is_live != is_live) {
            target->is_live = is_live;
            gb_object_touch(core, &target->head);
        }
    }
}

void gb_target_render(struct gb_jsonw *w, const struct gb_target *target)
{
    for (int i = 0; i < GB_TARGET_COUNT; i++) {
        if (i == GB_TARGET_REFUSED) { /* "live" stands in key order */
            gb_jsonw_key_bool(w, GB_STR("live"), target->is_live);
        }
        gb_jsonw_key_int(w, gb_str_of(count_words[i]), target->counts[i]);
    }
}

bool gb_target_load(struct gb_core *core, const struct gb_row *row, const struct gb_value *parsed)
{
    size_t len = sizeof(TARGET_KEY) - 1;
    struct gb_target *target;

    if (row->key.len <= len || memcmp(row->key.ptr, TARGET_KEY, len) != 0) {
        return false;
    }
    target = gb_target_get(core, (struct gb_str){row->key.ptr + len, row->key.len - len});
    target->is_live = gb_value_bool(parsed, GB_STR("live"), false);
    for (int i = 0; i < GB_TARGET_COUNT; i++) {
        target->counts[i] = gb_value_int(parsed, gb_str_of(count_words[i]), 0);
    }
    gb_object_stored(&target->head, row);
    return true;
}
