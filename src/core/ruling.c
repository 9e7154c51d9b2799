/* What decisions of people became: kept by id, found by the reports that they concerned. A ruling
 * lives in memory as long as one of those reports' matters does, and comes back with a report. */
#include "base/jsonw.h"
#include "core/ruling.h"
#include "core/state.h"

struct gb_str gb_ruling_state_word(enum gb_ruling_state state)
{
    static const char *const words[] = {"active", "waiting", "done", "stale", "refused", "undone"};

    GB_CHECK(state < GB_RULING_STATE_COUNT);
    return gb_str_of(words[state]);
}

static enum gb_ruling_state state_of(struct gb_str word)
{
    enum gb_ruling_state state = (enum gb_ruling_state)0;

    while (state < GB_RULING_STATE_COUNT && !gb_str_eq(gb_ruling_state_word(state), word)) {
        state++;
    }
    return state < GB_RULING_STATE_COUNT ? state : GB_RULING_DONE;
}

static struct gb_value keep_value(struct gb_core *core, const struct gb_value *value)
{
    struct gb_value kept = *value;

    kept.text = gb_pool_str(&core->pool, value->text);
    if (value->type == GB_ARRAY && value->count > 0) {
        struct gb_value *items = gb_pool_take(&core->pool, value->count * sizeof(items[0]));

        for (uint32_t i = 0; i < value->count; i++) {
            items[i] = keep_value(core, &value->items[i]);
        }
        kept.items = items;
    } else if (value->type == GB_OBJECT && value->count > 0) {
        struct gb_member *members = gb_pool_take(&core->pool, value->count * sizeof(members[0]));

        for (uint32_t i = 0; i < value->count; i++) {
            members[i] = (struct gb_member){gb_pool_str(&core->pool, value->members[i].name),
                                            keep_value(core, &value->members[i].value)};
        }
        kept.members = members;
    }
    return kept;
}

static void drop_value(struct gb_core *core, struct gb_value *value)
{
    gb_pool_give_str(&core->pool, value->text);
    if (value->type == GB_ARRAY && value->count > 0) {
        struct gb_value *items = (struct gb_value *)(void *)(uintptr_t)value->items;

        for (uint32_t i = 0; i < value->count; i++) {
            drop_value(core, &items[i]);
        }
        gb_pool_give(&core->pool, items, value->count * sizeof(items[0]));
    } else if (value->type == GB_OBJECT && value->count > 0) {
        struct gb_member *members = (struct gb_member *)(void *)(uintptr_t)value->members;

        for (uint32_t i = 0; i < value->count; i++) {
            gb_pool_give_str(&core->pool, members[i].name);
            drop_value(core, &members[i].value);
        }
        gb_pool_give(&core->pool, members, value->count * sizeof(members[0]));
    }
}

struct gb_ruling *gb_ruling_get(struct gb_core *core, struct gb_str id)
{
    struct gb_ruling *ruling = gb_map_get(&core->rulings, id);

    if (ruling == NULL) {
        ruling = gb_pool_take(&core->pool, sizeof(*ruling));
        ruling->head.table = GB_TABLE_RULING;
        ruling->head.is_stub = true;
        ruling->head.key = gb_pool_str(&core->pool, id);
        gb_map_put(&core->rulings, ruling->head.key, ruling);
    }
    return ruling;
}

void gb_ruling_take(struct gb_core *core, struct gb_ruling *ruling, const struct gb_value *fields)
{
    struct gb_str to = gb_value_str(fields, GB_STR("to"));
    const char *colon = to.len > 0 ? memchr(to.ptr, ':', to.len) : NULL;
    const struct gb_value *actor = gb_value_get(fields, GB_STR("actor"));

    ruling->head.is_stub = false;
    ruling->fields = keep_value(core, fields);
    ruling->kind = gb_decision_of(gb_value_str(fields, GB_STR("kind")));
    ruling->until = gb_value_int(fields, GB_STR("until"), 0);
    gb_core_set(core, &ruling->actor, gb_value_str(actor, GB_STR("post")));
    ruling->to.role = ruling->kind == GB_DECISION_ESCALATE ? GB_ROLE_COMMAND_CENTRE
                                                           : GB_ROLE_COUNT;
    if (colon != NULL) {
        gb_core_set(core, &ruling->to.unit,
                    (struct gb_str){colon + 1, to.len - (size_t)(colon - to.ptr) - 1});
        to.len = (size_t)(colon - to.ptr);
    }
    if (gb_str_is(to)) {
        ruling->to.role = gb_role_of(to);
    }
}

const struct gb_anchor *gb_anchors_of(const struct gb_core *core, struct gb_str report)
{
    return core->anchors.count == 0 ? NULL : gb_map_get(&core->anchors, report);
}

static void add_anchor(struct gb_core *core, struct gb_ruling *ruling,
                       const struct gb_ruling_key *key)
{
    struct gb_anchor *anchor = gb_pool_take(&core->pool, sizeof(*anchor));

    *anchor = (struct gb_anchor){.ruling = ruling, .side = key->side,
                                 .next = gb_map_take(&core->anchors, key->report)};
    (void)gb_map_put(&core->anchors, key->report, anchor);
}

void gb_ruling_anchor(struct gb_core *core, struct gb_ruling *ruling,
                      const struct gb_ruling_key *keys, uint32_t count)
{
    uint32_t at = 0;

    GB_CHECK(ruling->keys == NULL);
    if (count == 0) {
        return;
    }
    ruling->keys = gb_pool_take(&core->pool, count * sizeof(ruling->keys[0]));
    ruling->keys_count = count;
    for (int side = 0; side < 2; side++) { /* in the order of the row: a loaded one is no other */
        for (uint32_t i = 0; i < count; i++) {
            if (keys[i].side == side) {
                ruling->keys[at] = (struct gb_ruling_key){
                    gb_pool_str(&core->pool, keys[i].report), side};
                add_anchor(core, ruling, &ruling->keys[at++]);
            }
        }
    }
    GB_CHECK(at == count);
}

/* The map's key is the string of one of the anchors' rulings: when that one goes, another's must
 * stand in its place. */
static void drop_anchor(struct gb_core *core, struct gb_ruling *ruling,
                        const struct gb_ruling_key *key)
{
    struct gb_anchor *list = gb_map_take(&core->anchors, key->report);
    struct gb_anchor *rest = NULL;

    while (list != NULL) {
        struct gb_anchor *next = list->next;

        if (list->ruling == ruling) {
            gb_pool_give(&core->pool, list, sizeof(*list));
        } else {
            list->next = rest;
            rest = list;
        }
        list = next;
    }
    for (uint32_t i = 0; rest != NULL && i < rest->ruling->keys_count; i++) {
        if (gb_str_eq(rest->ruling->keys[i].report, key->report)) {
            (void)gb_map_put(&core->anchors, rest->ruling->keys[i].report, rest);
            return;
        }
    }
}

static void free_ruling(struct gb_core *core, struct gb_ruling *ruling)
{
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        drop_anchor(core, ruling, &ruling->keys[i]);
    }
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        gb_pool_give_str(&core->pool, ruling->keys[i].report);
    }
    if (ruling->keys != NULL) {
        gb_pool_give(&core->pool, ruling->keys, ruling->keys_count * sizeof(ruling->keys[0]));
    }
    gb_map_take(&core->rulings, ruling->head.key);
    drop_value(core, &ruling->fields);
    gb_pool_give_str(&core->pool, ruling->actor);
    gb_pool_give_str(&core->pool, ruling->reason);
    gb_pool_give_str(&core->pool, ruling->undone_by);
    gb_pool_give_str(&core->pool, ruling->to.unit);
    gb_pool_give_str(&core->pool, ruling->head.key);
    gb_pool_give(&core->pool, ruling, sizeof(*ruling));
}

void gb_rulings_touch(struct gb_core *core, const struct gb_observation *o)
{
    for (const struct gb_anchor *a = gb_anchors_of(core, o->head.key); a != NULL; a = a->next) {
        gb_object_touch(core, &a->ruling->head);
    }
}

/* ---- what rulings say ---- */

static bool sets_apart(enum gb_decision_kind kind)
{
    return kind == GB_DECISION_NOT_DUPLICATE || kind == GB_DECISION_SPLIT;
}

static bool concerns(const struct gb_ruling *ruling, struct gb_str report, int side)
{
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        if (ruling->keys[i].side == side && gb_str_eq(ruling->keys[i].report, report)) {
            return true;
        }
    }
    return false;
}

bool gb_ruling_apart(const struct gb_core *core, const struct gb_observation *a,
                     const struct gb_observation *b, int64_t index)
{
    for (const struct gb_anchor *at = gb_anchors_of(core, a->head.key); at != NULL;
         at = at->next) {
        const struct gb_ruling *ruling = at->ruling;

        if (ruling->state == GB_RULING_ACTIVE && sets_apart(ruling->kind) &&
            ruling->index > index && concerns(ruling, b->head.key, 1 - at->side)) {
            return true;
        }
    }
    return false;
}

static bool names_lead(enum gb_decision_kind kind)
{
    return kind == GB_DECISION_LEAD_IS || kind == GB_DECISION_TRANSFER ||
           kind == GB_DECISION_ESCALATE;
}

static bool extends(enum gb_decision_kind kind)
{
    return kind == GB_DECISION_EXTEND;
}

static const struct gb_ruling *newest(const struct gb_core *core, const struct gb_matter *matter,
                                      bool (*is_kind)(enum gb_decision_kind kind))
{
    const struct gb_ruling *best = NULL;

    for (uint32_t i = 0; i < matter->count; i++) {
        for (const struct gb_anchor *a = gb_anchors_of(core, matter->reports[i]->head.key);
             a != NULL; a = a->next) {
            if (a->ruling->state == GB_RULING_ACTIVE && is_kind(a->ruling->kind) &&
                (best == NULL || a->ruling->index > best->index)) {
                best = a->ruling;
            }
        }
    }
    return best;
}

const struct gb_ruling *gb_ruling_lead(const struct gb_core *core, const struct gb_matter *matter)
{
    return newest(core, matter, names_lead);
}

const struct gb_ruling *gb_ruling_extension(const struct gb_core *core,
                                            const struct gb_matter *matter)
{
    return newest(core, matter, extends);
}

/* True if one of the matter's reports before the n-th has the ruling too. */
static bool is_counted(const struct gb_core *core, const struct gb_matter *matter, uint32_t n,
                       const struct gb_ruling *ruling)
{
    for (uint32_t i = 0; i < n; i++) {
        for (const struct gb_anchor *a = gb_anchors_of(core, matter->reports[i]->head.key);
             a != NULL; a = a->next) {
            if (a->ruling == ruling) {
                return true;
            }
        }
    }
    return false;
}

int64_t gb_ruling_extensions(const struct gb_core *core, const struct gb_matter *matter)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        for (const struct gb_anchor *a = gb_anchors_of(core, matter->reports[i]->head.key);
             a != NULL; a = a->next) {
            count += a->ruling->state == GB_RULING_ACTIVE && extends(a->ruling->kind) &&
                     !is_counted(core, matter, i, a->ruling);
        }
    }
    return count;
}

/* ---- rows ---- */

/* Lives as long as the longest of its matters; what concerns no matter, a window long; what waits
 * for a second person, until that one comes. Where memory holds none of the matters, what was known
 * before stays, unless that was an open one: it has ended. */
static int64_t live_until(const struct gb_core *core, const struct gb_ruling *ruling)
{
    int64_t window = core->policy != NULL ? core->policy->cell_window_ms : 0;
    int64_t until = ruling->keys_count == 0 ? ruling->decided_at + window : ruling->live_until;
    bool is_known = false;

    if (ruling->state == GB_RULING_WAITING) {
        return INT64_MAX;
    }
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        const struct gb_observation *o =
            gb_map_get(&core->observations, ruling->keys[i].report);

        if (o != NULL && o->matter != NULL) {
            until = !is_known || o->matter->live_until > until ? o->matter->live_until : until;
            is_known = true;
        }
    }
    return is_known || until != INT64_MAX ? until : core->clock + window;
}

static void add_element(struct gb_buf *out, struct gb_str text)
{
    gb_buf_add_str(out, out->len > 1 ? GB_STR(",\"") : GB_STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            gb_buf_add_char(out, '\\');
        }
        gb_buf_add_char(out, text.ptr[i]);
    }
    gb_buf_add_char(out, '"');
}

/* Its reports as the text of an array of PostgreSQL. They never change, so a ruling is found again
 * when one of them comes back after it was deleted, or after its matter left memory. */
static struct gb_str reports_of(struct gb_core *core, const struct gb_ruling *ruling)
{
    struct gb_buf out = {0};
    struct gb_str kept;

    gb_buf_add_char(&out, '{');
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        add_element(&out, ruling->keys[i].report);
    }
    gb_buf_add_char(&out, '}');
    kept = gb_arena_str(&core->scratch, gb_buf_str(&out));
    gb_buf_close(&out);
    return kept;
}

static void write_keys(struct gb_jsonw *w, struct gb_str name, const struct gb_ruling *ruling,
                       int side)
{
    gb_jsonw_key(w, name);
    gb_jsonw_array(w);
    for (uint32_t i = 0; i < ruling->keys_count; i++) {
        if (ruling->keys[i].side == side) {
            gb_jsonw_str(w, ruling->keys[i].report);
        }
    }
    gb_jsonw_end(w);
}

void gb_ruling_render(struct gb_core *core, struct gb_jsonw *w, struct gb_ruling *ruling,
                      struct gb_row *row)
{
    ruling->live_until = live_until(core, ruling);
    row->live_until = ruling->live_until;
    row->matter = reports_of(core, ruling);
    gb_jsonw_key_int(w, GB_STR("decided_at"), ruling->decided_at);
    gb_jsonw_key(w, GB_STR("fields"));
    gb_jsonw_value(w, &ruling->fields);
    gb_jsonw_key_int(w, GB_STR("index"), ruling->index);
    gb_jsonw_key_opt(w, GB_STR("reason"), ruling->reason);
    write_keys(w, GB_STR("side0"), ruling, 0);
    write_keys(w, GB_STR("side1"), ruling, 1);
    gb_jsonw_key_str(w, GB_STR("state"), gb_ruling_state_word(ruling->state));
    gb_jsonw_key_opt(w, GB_STR("undone_by"), ruling->undone_by);
}

static void load_keys(struct gb_core *core, struct gb_ruling *ruling,
                      const struct gb_value *parsed)
{
    static const struct gb_str names[] = {{"side0", 5}, {"side1", 5}};
    struct gb_ruling_key *keys;
    uint32_t count = 0;
    uint32_t size = 0;

    for (int side = 0; side < 2; side++) {
        const struct gb_value *list = gb_value_get(parsed, names[side]);

        size += list != NULL ? list->count : 0;
    }
    keys = gb_arena_take(&core->scratch, (size + 1) * sizeof(keys[0]));
    for (int side = 0; side < 2; side++) {
        const struct gb_value *list = gb_value_get(parsed, names[side]);

        for (uint32_t i = 0; list != NULL && i < list->count; i++) {
            keys[count++] = (struct gb_ruling_key){list->items[i].text, side};
        }
    }
    gb_ruling_anchor(core, ruling, keys, count);
}

void gb_ruling_load(struct gb_core *core, const struct gb_row *row,
                    const struct gb_value *parsed)
{
    struct gb_ruling *ruling = gb_ruling_get(core, row->key);
    const struct gb_value *fields = gb_value_get(parsed, GB_STR("fields"));

    if (!ruling->head.is_stub || fields == NULL) {
        return;
    }
    gb_ruling_take(core, ruling, fields);
    ruling->state = state_of(gb_value_str(parsed, GB_STR("state")));
    ruling->index = gb_value_int(parsed, GB_STR("index"), 0);
    ruling->decided_at = gb_value_int(parsed, GB_STR("decided_at"), 0);
    ruling->live_until = row->live_until;
    gb_core_set(core, &ruling->reason, gb_value_str(parsed, GB_STR("reason")));
    gb_core_set(core, &ruling->undone_by, gb_value_str(parsed, GB_STR("undone_by")));
    load_keys(core, ruling, parsed);
    gb_object_stored(&ruling->head, row);
}

struct collect {
    struct gb_core *core;
    struct gb_list list;
};

static void collect_ruling(void *value, void *context)
{
    struct gb_ruling *ruling = value;
    struct collect *collect = context;

    if (ruling->live_until < collect->core->clock && !ruling->head.is_dirty) {
        gb_list_add(collect->core, &collect->list, ruling);
    }
}

void gb_rulings_evict(struct gb_core *core)
{
    struct collect collect = {.core = core};

    gb_map_each(&core->rulings, collect_ruling, &collect);
    for (uint32_t i = 0; i < collect.list.count; i++) {
        free_ruling(core, collect.list.items[i]);
    }
}

void gb_rulings_close(struct gb_core *core)
{
    gb_map_close(&core->rulings);
    gb_map_close(&core->anchors);
}
