/* One image of a source row: translated by the policy, ordered by its version, put in its cell. */
#include "base/jsonw.h"
#include "core/node.h"
#include "core/state.h"
#include "core/version.h"
#include "core/writeback.h"

static size_t len_of(const struct gb_image *image)
{
    size_t len = image->attachments_count * sizeof(image->attachments[0]) +
                 image->texts_count * sizeof(image->texts[0]);

#define X(name) len += image->name.len;
    GB_IMAGE_LIST(X)
#undef X
    for (uint32_t i = 0; i < image->attachments_count; i++) {
        len += image->attachments[i].len;
    }
    for (uint32_t i = 0; i < image->texts_count; i++) {
        len += image->texts[i].name.len + image->texts[i].text.len;
    }
    return len + 1; /* what is empty but there needs an address, too */
}

static struct gb_str put(char **at, struct gb_str s)
{
    struct gb_str copy = {*at, s.len};

    if (!gb_str_is(s)) {
        return GB_STR_NONE;
    }
    if (s.len > 0) {
        memcpy(*at, s.ptr, s.len);
        *at += s.len;
    }
    return copy;
}

void gb_image_keep(struct gb_core *core, struct gb_image *to, const struct gb_image *from)
{
    size_t len = len_of(from);
    struct gb_image kept = *from;
    struct gb_str *attachments = gb_pool_room(&core->pool, len);
    struct gb_image_text *texts = (void *)(attachments + from->attachments_count);
    char *at = (char *)(texts + from->texts_count);

    kept.block = attachments;
    kept.block_len = (uint32_t)len;
    kept.attachments = attachments;
    kept.texts = texts;
#define X(name) kept.name = put(&at, from->name);
    GB_IMAGE_LIST(X)
#undef X
    for (uint32_t i = 0; i < from->attachments_count; i++) {
        attachments[i] = put(&at, from->attachments[i]);
    }
    for (uint32_t i = 0; i < from->texts_count; i++) {
        texts[i].name = put(&at, from->texts[i].name);
        texts[i].text = put(&at, from->texts[i].text);
    }
    gb_image_drop(core, to);
    *to = kept;
}

void gb_image_drop(struct gb_core *core, struct gb_image *image)
{
    gb_pool_give(&core->pool, image->block, image->block_len);
    *image = (struct gb_image){0};
}

static void read_attachments(struct gb_arena *arena, struct gb_image *image,
                             const struct gb_value *list)
{
    struct gb_str *kept;

    if (list == NULL || list->type != GB_ARRAY || list->count == 0) {
        return;
    }
    image->attachments = kept = gb_arena_take(arena, GB_ATTACHMENTS_MAX * sizeof(kept[0]));
    for (uint32_t i = 0; i < list->count && image->attachments_count < GB_ATTACHMENTS_MAX; i++) {
        if (list->items[i].type == GB_STRING && list->items[i].text.len > 0) {
            kept[image->attachments_count++] = list->items[i].text;
        }
    }
}

static void read_texts(struct gb_arena *arena, struct gb_image *image,
                       const struct gb_record *rec)
{
    struct gb_image_text *kept;

    if (rec->texts_count == 0) {
        return;
    }
    image->texts = kept = gb_arena_take(arena, GB_TEXTS_MAX * sizeof(kept[0]));
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        if (gb_str_is(rec->texts[i].text)) {
            kept[image->texts_count++] =
                (struct gb_image_text){rec->texts[i].name, rec->texts[i].text};
        }
    }
}

static void read_fields(struct gb_arena *arena, struct gb_image *image,
                        const struct gb_record *rec)
{
    const struct gb_value *f = &rec->fields;

    *image = (struct gb_image){
        .assignee = gb_value_str(f, GB_STR(GB_FIELD_ASSIGNEE)),
        .category_code = gb_value_str(f, GB_STR(GB_FIELD_CATEGORY)),
        .channel = gb_value_str(f, GB_STR(GB_FIELD_CHANNEL)),
        .grid = gb_value_str(f, GB_STR(GB_FIELD_GRID)),
        .level = gb_value_str(f, GB_STR(GB_FIELD_LEVEL)),
        .reporter = gb_value_str(f, GB_STR(GB_FIELD_REPORTER)),
        .state_code = gb_value_str(f, GB_STR(GB_FIELD_STATE)),
        .town = rec->town,
        .village = gb_value_str(f, GB_STR(GB_FIELD_VILLAGE)),
        .xref = gb_value_str(f, GB_STR(GB_FIELD_XREF)),
        .claims_lead = gb_value_bool(f, GB_STR(GB_FIELD_CLAIMS_LEAD), false),
        .has_deadline = gb_value_int(f, GB_STR(GB_FIELD_DEADLINE_AT), INT64_MIN) != INT64_MIN,
        .deadline_at = gb_value_int(f, GB_STR(GB_FIELD_DEADLINE_AT), 0),
        .has_updated = gb_value_int(f, GB_STR(GB_FIELD_UPDATED_AT), INT64_MIN) != INT64_MIN,
        .updated_at = gb_value_int(f, GB_STR(GB_FIELD_UPDATED_AT), 0),
        .occurred_at = gb_value_int(f, GB_STR(GB_FIELD_OCCURRED_AT), 0),
    };
    read_attachments(arena, image, gb_value_get(f, GB_STR(GB_FIELD_ATTACHMENTS)));
    read_texts(arena, image, rec);
}

/* Fills what the policy says; absent: nothing is unknown, else the reason. */
static struct gb_str translate(const struct gb_policy *policy, const struct gb_record *rec,
                               struct gb_image *image)
{
    const struct gb_holder *holder;
    struct gb_str was = gb_value_str(&rec->fields, GB_STR(GB_FIELD_REPORTER_WAS));

    if (!gb_policy_state(policy, rec->source, rec->entity, image->state_code, &image->state)) {
        return GB_STR("unknown_state");
    }
    image->category = gb_policy_canonical(policy, rec->source, GB_STR("category"),
                                          image->category_code, image->occurred_at);
    if (!gb_str_is(image->category)) {
        return GB_STR("unknown_category");
    }
    if (!gb_policy_has_place(policy, image->village)) {
        return GB_STR("unknown_place");
    }
    holder = gb_str_is(image->reporter) ? gb_policy_holder(policy, image->reporter) : NULL;
    if (holder == NULL && gb_str_is(was)) {
        holder = gb_policy_holder(policy, was);
    }
    /* A holder whom the file does not name goes by the older key until the overlap ends. */
    image->holder = holder != NULL   ? holder->holder
                    : gb_str_is(was) ? was
                                     : image->reporter;
    image->pseudonym = holder != NULL ? holder->pseudonym : GB_STR_NONE;
    return GB_STR_NONE;
}

/* What can be seen from o: its candidates and its partner. */
void gb_add_seeds(struct gb_core *core, struct gb_observation *o, struct gb_list *seeds)
{
    for (int level = 0; level < GB_LEVELS; level++) {
        if (!o->is_deleted && gb_in_cell(core, o)) {
            gb_index_near(core, o, level, seeds);
        }
    }
    for (uint32_t i = 0; o->matter != NULL && i < o->matter->count; i++) {
        gb_list_add(core, seeds, o->matter->reports[i]);
    }
}

void gb_fold_touched(struct gb_core *core, struct gb_str word)
{
    for (uint32_t i = 0; i < core->touched.count; i++) {
        struct gb_matter *matter = core->touched.items[i];

        if (!matter->head.is_removed) {
            gb_matter_fold(core, matter, word);
        }
    }
    for (uint32_t i = 0; i < core->touched.count; i++) {
        struct gb_matter *matter = core->touched.items[i];

        if (!matter->head.is_removed) {
            gb_overlap_check(core, matter);
            gb_due_plan(core, matter);
            gb_stats_matter(core, matter);
        }
    }
}

static void remove_report(struct gb_core *core, struct gb_observation *o)
{
    static const struct gb_keys none;
    struct gb_list seeds = {0};
    struct gb_keys before;

    gb_keys_of(&core->scratch, &o->image, &before);
    gb_add_seeds(core, o, &seeds);
    gb_index_drop(core, o);
    gb_cell_thinned(core, &before, &none, &seeds);
    gb_matter_leave(core, o);
    o->is_deleted = true;
    o->closed_at = o->found_at = 0;
    gb_image_drop(core, &o->image);
    gb_link_component(core, &seeds);
    gb_matter_regroup(core, &seeds);
    gb_fold_touched(core, GB_STR("changed"));
}

/* o's old image goes: what saw it by that image is decided again. */
static void drop_image(struct gb_core *core, struct gb_observation *o,
                       const struct gb_image *image, struct gb_keys *before,
                       struct gb_list *seeds)
{
    struct gb_keys after;

    gb_keys_of(&core->scratch, &o->image, before);
    gb_keys_of(&core->scratch, image, &after);
    gb_add_seeds(core, o, seeds);
    gb_index_drop(core, o);
    gb_cell_thinned(core, before, &after, seeds);
    if (!gb_str_eq(o->image.village, image->village) && o->matter != NULL &&
        o->matter->count > 1) {
        gb_matter_leave(core, o);
    }
}

static void keep_image(struct gb_core *core, struct gb_observation *o,
                       const struct gb_image *image)
{
    bool was_closed = !o->is_deleted && gb_state_is_closed(o->image.state);
    bool was_bootstrap = o->is_deleted || o->is_bootstrap;
    bool was_returned = !o->is_deleted && o->image.state == GB_STATE_RETURNED;
    struct gb_report_was was = gb_stats_was(o);

    gb_image_keep(core, &o->image, image);
    o->is_deleted = false;
    o->is_bootstrap = core->rec->bootstrap && was_bootstrap;
    if (image->state == GB_STATE_RETURNED && !was_returned && !core->rec->bootstrap &&
        !gb_str_is(core->rule)) { /* an echo is no word of its source */
        gb_returns_add(core, o);
    }
    gb_rest_note(core, o);
    gb_stats_report(core, o, was);
    if (!gb_state_is_closed(image->state)) {
        o->closed_at = o->found_at = 0;
    } else if (!was_closed) {
        o->closed_at = core->clock;
    }
    gb_index_add(core, o);
    if (o->matter != NULL) {
        gb_matter_live(core, o->matter);
        gb_matter_touch(core, o->matter);
    }
}

static void put_report(struct gb_core *core, struct gb_observation *o,
                       const struct gb_image *image)
{
    struct gb_list seeds = {0};
    struct gb_keys before = {0};
    struct gb_keys after;
    bool is_new = o->is_deleted;

    if (!is_new) {
        drop_image(core, o, image, &before, &seeds);
    }
    keep_image(core, o, image);
    gb_cell_find(core, o, &before, is_new);
    gb_keys_of(&core->scratch, &o->image, &after);
    gb_cell_crowded(core, &before, &after, &seeds);
    gb_list_add(core, &seeds, o);
    gb_link_component(core, &seeds);
    gb_matter_regroup(core, &seeds);
    if (o->matter == NULL) {
        struct gb_list alone = {0};

        o->partner = NULL;
        o->cluster = o;
        o->cluster_level = 0;
        gb_list_add(core, &alone, o);
        gb_matter_regroup(core, &alone);
    }
    gb_fold_touched(core, GB_STR("changed"));
}

static struct gb_str record_key(struct gb_core *core, const struct gb_record *rec)
{
    return GB_JOIN(&core->scratch, rec->source, GB_STR("/"), rec->entity, GB_STR("/"), rec->key);
}

static enum gb_outcome dead(struct gb_core *core, const struct gb_record *rec,
                            struct gb_str reason, struct gb_str detail)
{
    gb_emit_dead(core, rec, reason, detail);
    return GB_OUT_DEAD;
}

bool gb_is_matter(const struct gb_record *rec)
{
    return gb_str_eq(rec->entity, GB_STR("matter"));
}

struct gb_str gb_image_of(const struct gb_policy *policy, const struct gb_record *rec,
                          struct gb_arena *arena, struct gb_image *image)
{
    read_fields(arena, image, rec);
    return translate(policy, rec, image);
}

/* Entities that are no matters are kept as rows: guarded by their version, in the ledger and the
 * digest. What they say makes the standing state (node.h). fact NULL: deleted. */
static enum gb_outcome keep_fields(struct gb_core *core, struct gb_observation *o,
                                   const struct gb_record *rec, const struct gb_fact *fact)
{
    struct gb_str text = GB_STR_NONE;
    struct gb_jsonw w;

    if (fact != NULL) {
        gb_buf_clear(&core->buf);
        gb_jsonw_init(&w, &core->buf);
        gb_jsonw_value(&w, &rec->fields);
        text = gb_buf_str(&core->buf);
    }
    gb_core_set(core, &o->fields, text);
    gb_image_keep(core, &o->image, &(struct gb_image){.town = rec->town});
    o->is_deleted = fact == NULL;
    gb_entity_apply(core, o, fact);
    return GB_APPLIED;
}

enum gb_outcome gb_observe(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_image image = {0};
    struct gb_fact fact = gb_fact_none();
    bool is_delete = rec->op == GB_OP_DELETE || rec->op == GB_OP_LEAVE;
    bool is_matter = gb_is_matter(rec);
    struct gb_str reason = GB_STR_NONE;
    struct gb_observation *o;
    bool is_echo = false;
    int order;

    if (core->policy == NULL) {
        return dead(core, rec, GB_STR("no_policy"), GB_STR("no bundle is active in this lane"));
    }
    if (!is_delete) {
        reason = is_matter ? gb_image_of(core->policy, rec, &core->scratch, &image)
                           : gb_entity_check(core, rec, &fact);
    }
    o = gb_map_get(&core->observations, record_key(core, rec));
    order = o == NULL || o->head.is_stub ? 1 : gb_version_order(o, rec);
    if (order < 0 || (o != NULL && gb_version_is_repeated(o, rec, order))) {
        core->is_resent = true;
        return GB_UNCHANGED;
    }
    if (gb_str_is(reason)) {
        return dead(core, rec, reason, GB_STR("a code that the active bundle does not know"));
    }
    if (rec->op == GB_OP_LEAVE && o != NULL && !o->is_deleted &&
        !gb_str_eq(o->image.town, rec->town)) {
        return GB_UNCHANGED;
    }
    if (o == NULL || o->head.is_stub) {
        o = gb_observation_get(core, record_key(core, rec));
        o->head.is_stub = false;
        o->is_deleted = true;
    }
    gb_version_keep(core, o, rec, order);
    gb_object_touch(core, &o->head);
    if (!is_matter) {
        return keep_fields(core, o, rec, is_delete ? NULL : &fact);
    }
    core->stepped = o;
    gb_visit_touch_log(core, &o->image);
    if (!is_delete) {
        if (o->is_deleted) {
            gb_writeback_meets(core, o, &image);
        } else {
            is_echo = gb_writeback_hears(core, o, &image);
        }
        put_report(core, o, &image);
        gb_visit_touch_log(core, &o->image);
    } else if (!o->is_deleted) {
        remove_report(core, o);
    }
    gb_nodes_fold(core);
    return is_echo ? GB_UNCHANGED : GB_APPLIED;
}
