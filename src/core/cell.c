/* The cell: which reports can be found as candidates, and how one that has left it comes back.
 *
 * A closed matter leaves its cell by the lane's clock (state.h). It is found again by new evidence:
 * a record that names it, or that shares an attachment or a holder's hours with it, brings it and
 * all that share that evidence back for another window. So a report whose elder was closed long ago
 * is linked with it, whether memory still held the elder or it was fetched: what a record may find
 * is what gb_core_wants asks for. */
#include "core/node.h"
#include "core/ruling.h"
#include "core/state.h"

bool gb_in_cell(const struct gb_core *core, const struct gb_observation *o)
{
    return !o->is_deleted && !o->head.is_stub && gb_str_is(o->image.village) &&
           (o->matter == NULL || o->matter->live_until >= core->clock);
}

/* Holder evidence is asked for only where something that left its cell can be in reach. */
void gb_cell_note_left(struct gb_core *core, const struct gb_matter *matter)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (matter->reports[i]->image.occurred_at > core->left_until) {
            core->left_until = matter->reports[i]->image.occurred_at;
            gb_object_touch(core, &core->clock_row);
        }
    }
}

static void note_matter(void *value, void *context)
{
    const struct gb_matter *matter = value;
    struct gb_core *core = context;

    if (!matter->head.is_removed && matter->live_until < core->clock) {
        gb_cell_note_left(core, matter);
    }
}

void gb_cell_turn(struct gb_core *core)
{
    gb_map_each(&core->matters, note_matter, core);
}

void gb_cell_return(struct gb_core *core, struct gb_observation *o)
{
    if (gb_in_cell(core, o) || o->is_deleted || o->head.is_stub || o->matter == NULL) {
        return;
    }
    for (uint32_t i = 0; i < o->matter->count; i++) {
        o->matter->reports[i]->found_at = core->clock;
        gb_object_touch(core, &o->matter->reports[i]->head);
    }
    gb_matter_live(core, o->matter);
}

/* All of one bucket come back, unless too many share it: in the cell or out of it. */
static void find_bucket(struct gb_core *core, const struct gb_observation *o, struct gb_str key)
{
    struct gb_list members = {0};

    if (gb_index_count(core, key, false) > GB_EVIDENCE_MAX) {
        return;
    }
    gb_index_members(core, key, &members);
    for (uint32_t i = 0; i < members.count; i++) {
        struct gb_observation *other = members.items[i];

        if (gb_str_eq(other->image.village, o->image.village)) {
            gb_cell_return(core, other);
        }
    }
}

static void find_target(struct gb_core *core, const struct gb_observation *o)
{
    struct gb_observation *target = gb_map_get(&core->observations, o->image.xref);

    if (target != NULL && gb_str_eq(target->image.village, o->image.village) &&
        gb_index_count(core, gb_key_of_xref(&core->scratch, o->image.xref), false) <=
            GB_EVIDENCE_MAX) {
        gb_cell_return(core, target);
    }
}

/* A holder's evidence reaches into the slots beside its own. */
static void find_slots(struct gb_core *core, const struct gb_observation *o)
{
    struct gb_slots slots = gb_holder_slots(core->policy, &o->image);

    for (int64_t slot = slots.first; slot <= slots.last; slot++) {
        find_bucket(core, o, gb_key_of_slot(&core->scratch, &o->image, slot));
    }
}

void gb_cell_find(struct gb_core *core, struct gb_observation *o, const struct gb_keys *before,
                  bool is_new)
{
    struct gb_keys keys;
    bool is_any = is_new;

    gb_keys_of(&core->scratch, &o->image, &keys);
    for (uint32_t i = 0; i < keys.count; i++) {
        if (!gb_keys_has(before, keys.items[i])) {
            is_any = true;
            if (keys.items[i].ptr[0] == 'h') {
                find_slots(core, o);
            } else {
                find_bucket(core, o, keys.items[i]);
            }
        }
    }
    if (gb_str_is(o->image.xref) &&
        !gb_keys_has(before, gb_key_of_xref(&core->scratch, o->image.xref))) {
        find_target(core, o);
    }
    if (is_new) {
        find_bucket(core, o, gb_key_of_xref(&core->scratch, o->head.key));
    }
    if (is_any) {
        gb_cell_return(core, o);
    }
}

/* Where the count of a bucket goes over the bound or back, all that share it are decided again. */
static void add_members(struct gb_core *core, struct gb_str key, struct gb_list *seeds)
{
    struct gb_list members = {0};

    gb_index_members(core, key, &members);
    for (uint32_t i = 0; i < members.count; i++) {
        if (gb_in_cell(core, members.items[i])) {
            gb_list_add(core, seeds, members.items[i]);
        }
    }
}

void gb_cell_thinned(struct gb_core *core, const struct gb_keys *before,
                     const struct gb_keys *after, struct gb_list *seeds)
{
    for (uint32_t i = 0; i < before->count; i++) {
        struct gb_str key = before->items[i];

        if (!gb_keys_has(after, key) && gb_index_count(core, key, true) == GB_EVIDENCE_MAX) {
            add_members(core, key, seeds);
        }
    }
}

void gb_cell_crowded(struct gb_core *core, const struct gb_keys *before,
                     const struct gb_keys *after, struct gb_list *seeds)
{
    for (uint32_t i = 0; i < after->count; i++) {
        struct gb_str key = after->items[i];

        if (!gb_keys_has(before, key) && gb_index_count(core, key, true) == GB_EVIDENCE_MAX + 1) {
            add_members(core, key, seeds);
            core->is_crowding = true;
        }
    }
    if (core->is_crowding) {
        core->crowded_count++;
        gb_object_touch(core, &core->links_row);
    }
}

/* ---- what a batch must fetch ---- */

static bool is_held(const struct gb_core *core, struct gb_str key)
{
    const struct gb_observation *o = gb_map_get(&core->observations, key);
    const struct gb_matter *matter = gb_map_get(&core->matters, key);

    const struct gb_node *node = gb_map_get(&core->nodes, key);

    return (o != NULL && !o->head.is_stub) || (matter != NULL && !matter->head.is_stub) ||
           (node != NULL && !node->head.is_stub) || gb_map_get(&core->overlaps, key) != NULL ||
           gb_map_get(&core->rulings, key) != NULL;
}

static void *grown(struct gb_arena *arena, const void *items, uint32_t count, size_t item_len)
{
    char *more = gb_arena_take(arena, (size_t)count * 2 * item_len);

    memcpy(more, items, count * item_len);
    return more;
}

static void add_key(struct gb_wants *wants, struct gb_str key)
{
    if (wants->count == wants->size) {
        wants->keys = wants->size == 0
                          ? gb_arena_take(wants->arena, 64 * sizeof(wants->keys[0]))
                          : grown(wants->arena, wants->keys, wants->size, sizeof(wants->keys[0]));
        wants->size = wants->size == 0 ? 64 : wants->size * 2;
    }
    wants->keys[wants->count++] = key;
}

static void want_key(const struct gb_core *core, struct gb_wants *wants, struct gb_str key)
{
    if (!is_held(core, key)) {
        add_key(wants, key);
    }
}

static void want_stream(const struct gb_core *core, struct gb_wants *wants, struct gb_str key)
{
    if (gb_str_is(key) && !gb_str_eq(key, wants->stream) &&
        gb_map_get(&core->streams, key) == NULL) {
        add_key(wants, key);
        wants->stream = key;
    }
}

/* The marks that a record will be held against. */
static void want_marks(const struct gb_core *core, struct gb_wants *wants,
                       const struct gb_record *rec)
{
    const struct gb_value *streams = gb_value_get(&rec->fields, GB_STR("streams"));

    if (rec->kind != GB_KIND_TICK) {
        if (rec->src.topic.len > 0) {
            want_stream(core, wants, gb_stream_key(wants->arena, rec));
        }
        return;
    }
    for (uint32_t i = 0; streams != NULL && streams->type == GB_ARRAY && i < streams->count; i++) {
        want_stream(core, wants, gb_value_str(&streams->items[i], GB_STR("id")));
    }
}

static void want_evidence(struct gb_wants *wants, struct gb_str key)
{
    if (wants->evidence_count == wants->evidence_size) {
        uint32_t size = wants->evidence_size;

        wants->evidence =
            size == 0 ? gb_arena_take(wants->arena, 64 * sizeof(wants->evidence[0]))
                      : grown(wants->arena, wants->evidence, size, sizeof(wants->evidence[0]));
        wants->evidence_size = size == 0 ? 64 : size * 2;
    }
    wants->evidence[wants->evidence_count++] = gb_evidence_of(key);
}

/* The evidence of image that o, as memory holds it, does not have yet. */
static void want_image(struct gb_core *core, struct gb_wants *wants, const struct gb_image *image,
                       const struct gb_keys *before)
{
    struct gb_slots slots = gb_holder_slots(wants->policy, image);
    struct gb_keys keys;

    gb_keys_of(wants->arena, image, &keys);
    for (uint32_t i = 0; i < keys.count; i++) {
        struct gb_str key = keys.items[i];

        if (gb_keys_has(before, key)) {
            continue;
        }
        if (key.ptr[0] != 'h') {
            want_evidence(wants, key);
            continue;
        }
        for (int64_t slot = slots.first; slot <= slots.last; slot++) {
            if (slot * GB_HOLDER_SLOT_MS <= core->left_until) {
                want_evidence(wants, gb_key_of_slot(wants->arena, image, slot));
            }
        }
    }
    if (gb_str_is(image->xref)) {
        want_key(core, wants, image->xref);
    }
}

static void want_targets(struct gb_core *core, struct gb_wants *wants,
                         const struct gb_value *fields)
{
    static const struct gb_str names[] = {
        {"decision", 8}, {"matter", 6}, {"other", 5}, {"overlap", 7}, {"report", 6}};
    const struct gb_value *list = gb_value_get(fields, GB_STR("overlaps"));

    for (size_t i = 0; i < GB_COUNT(names); i++) {
        struct gb_str id = gb_value_str(fields, names[i]);

        if (gb_str_is(id)) {
            want_key(core, wants, id);
        }
    }
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        want_key(core, wants, gb_value_str(&list->items[i], GB_STR("overlap")));
    }
}

/* The decision itself (it may have been made before), all that it names, and where that is a
 * decision: its reports, of which memory may have forgotten some, and what it named, which is held
 * against the state when it is confirmed. One that is fetched brings its reports; one that waits is
 * always held. */
static void want_decision(struct gb_core *core, struct gb_wants *wants,
                          const struct gb_record *rec)
{
    const struct gb_ruling *named =
        gb_map_get(&core->rulings, gb_value_str(&rec->fields, GB_STR("decision")));

    want_key(core, wants, rec->key);
    want_targets(core, wants, &rec->fields);
    if (named == NULL || named->head.is_stub) {
        return;
    }
    for (uint32_t i = 0; i < named->keys_count; i++) {
        want_key(core, wants, named->keys[i].report);
    }
    if (named->state == GB_RULING_WAITING) {
        want_targets(core, wants, &named->fields);
    }
}

/* The node that a row will speak of, where memory may have let it go. */
static void want_node(struct gb_core *core, struct gb_wants *wants, const struct gb_record *rec)
{
    enum gb_entity entity = gb_entity_of(rec->entity);
    struct gb_fact fact;

    struct gb_str key;

    if (entity == GB_ENTITY_CONTACT || entity == GB_ENTITY_VISIT) {
        (void)gb_fact_of(wants->policy, rec, &fact);
        key = gb_entity_node(wants->arena, entity, &fact, rec->key);
        if (gb_str_is(key)) {
            want_key(core, wants, key);
        }
    }
}

void gb_core_wants(struct gb_core *core, const struct gb_record *rec, struct gb_wants *wants)
{
    struct gb_keys before = {0};
    struct gb_image image = {0};
    struct gb_observation *o;
    struct gb_str key;
    bool is_as_held;

    if (wants->turn == 0) {
        wants->turn = ++core->want_turns;
        wants->policy = gb_core_known_policy(core, core->policy_hash);
    }
    want_marks(core, wants, rec);
    if (rec->verdict != GB_ACCEPTED) {
        return;
    }
    if (rec->kind == GB_KIND_POLICY) {
        wants->policy = gb_core_known_policy(core, gb_value_str(&rec->fields, GB_STR("bundle")));
    }
    if (rec->kind == GB_KIND_DECISION) {
        want_decision(core, wants, rec);
    }
    if (rec->kind == GB_KIND_RESULT && gb_str_is(gb_value_str(&rec->fields, GB_STR("about")))) {
        want_key(core, wants, gb_value_str(&rec->fields, GB_STR("about")));
    }
    if (rec->kind != GB_KIND_OBSERVATION || wants->policy == NULL) {
        return;
    }
    key = GB_JOIN(wants->arena, rec->source, GB_STR("/"), rec->entity, GB_STR("/"), rec->key);
    want_key(core, wants, key);
    o = gb_map_get(&core->observations, key);
    is_as_held = o != NULL && !o->head.is_stub && !o->is_deleted && o->want_turn != wants->turn;
    if (o != NULL) {
        o->want_turn = wants->turn; /* what comes later in this batch finds another image */
    }
    if (rec->op == GB_OP_DELETE || rec->op == GB_OP_LEAVE) {
        return;
    }
    if (!gb_is_matter(rec)) {
        want_node(core, wants, rec);
        return;
    }
    if (is_as_held) {
        gb_keys_of(wants->arena, &o->image, &before);
    } else {
        want_evidence(wants, gb_key_of_xref(wants->arena, key));
    }
    gb_image_of(wants->policy, rec, wants->arena, &image);
    want_image(core, wants, &image, &before);
}
