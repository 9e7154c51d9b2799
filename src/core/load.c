/* State rows back into memory, in any order: what a row names and memory lacks is a stub until its
 * own row comes. */
#include "base/jsonw.h"
#include "core/node.h"
#include "core/ruling.h"
#include "core/share.h"
#include "core/state.h"
#include "core/version.h"
#include "core/writeback.h"

struct gb_observation *gb_observation_get(struct gb_core *core, struct gb_str key)
{
    struct gb_observation *o = gb_map_get(&core->observations, key);
    const char *first;
    const char *second;
    const char *end;

    if (o != NULL) {
        return o;
    }
    o = gb_pool_take(&core->pool, sizeof(*o));
    o->head.table = GB_TABLE_OBSERVATION;
    o->head.is_stub = true;
    o->head.key = gb_pool_str(&core->pool, key);
    o->fact = &gb_no_fact;
    end = o->head.key.ptr + key.len;
    first = memchr(o->head.key.ptr, '/', key.len);
    second = first != NULL ? memchr(first + 1, '/', (size_t)(end - first) - 1) : NULL;
    if (second != NULL) {
        o->source = (struct gb_str){o->head.key.ptr, (size_t)(first - o->head.key.ptr)};
        o->entity = (struct gb_str){first + 1, (size_t)(second - first) - 1};
        o->id = (struct gb_str){second + 1, (size_t)(end - second) - 1};
    }
    gb_map_put(&core->observations, o->head.key, o);
    return o;
}

struct gb_matter *gb_matter_get(struct gb_core *core, struct gb_str id)
{
    struct gb_matter *matter = gb_map_get(&core->matters, id);

    if (matter == NULL) {
        matter = gb_pool_take(&core->pool, sizeof(*matter));
        matter->head.table = GB_TABLE_MATTER;
        matter->head.is_stub = true;
        matter->head.key = gb_pool_str(&core->pool, id);
        gb_map_put(&core->matters, matter->head.key, matter);
    }
    return matter;
}

/* The array called name, or NULL. */
static const struct gb_value *list_of(const struct gb_value *object, struct gb_str name)
{
    const struct gb_value *list = gb_value_get(object, name);

    return list != NULL && list->type == GB_ARRAY ? list : NULL;
}

static uint32_t read_strings(const struct gb_value *list, struct gb_str *out, uint32_t max)
{
    uint32_t count = 0;

    for (uint32_t i = 0; list != NULL && i < list->count && count < max; i++) {
        if (list->items[i].type == GB_STRING) {
            out[count++] = list->items[i].text;
        }
    }
    return count;
}

static void read_version(struct gb_version *version, const struct gb_value *row)
{
    const struct gb_value *v = gb_value_get(row, GB_STR("version"));
    const struct gb_value *parts = list_of(v, GB_STR("parts"));

    version->has_column = gb_value_get(v, GB_STR("column")) != NULL;
    version->column = gb_value_int(v, GB_STR("column"), 0);
    for (uint32_t i = 0; parts != NULL && i < parts->count && i < GB_VERSION_PARTS_MAX; i++) {
        if (parts->items[i].type == GB_INT) {
            version->parts[version->parts_count++] = parts->items[i].number;
        }
    }
}

static void read_image(struct gb_core *core, struct gb_image *image, const struct gb_value *row)
{
    struct gb_str *attachments =
        gb_arena_take(&core->scratch, GB_ATTACHMENTS_MAX * sizeof(attachments[0]));

#define X(name) image->name = gb_value_str(row, GB_STR(#name));
    GB_IMAGE_LIST(X)
#undef X
    image->state = gb_state_of(gb_value_str(row, GB_STR("state")));
    image->claims_lead = gb_value_bool(row, GB_STR("claims_lead"), false);
    image->has_deadline = gb_value_get(row, GB_STR("deadline_at")) != NULL;
    image->deadline_at = gb_value_int(row, GB_STR("deadline_at"), 0);
    image->has_updated = gb_value_get(row, GB_STR("updated_at")) != NULL;
    image->updated_at = gb_value_int(row, GB_STR("updated_at"), 0);
    image->occurred_at = gb_value_int(row, GB_STR("occurred_at"), 0);
    image->attachments = attachments;
    image->attachments_count = read_strings(list_of(row, GB_STR("attachments")), attachments,
                                            GB_ATTACHMENTS_MAX);
}

static void load_fields(struct gb_core *core, struct gb_observation *o,
                        const struct gb_value *fields)
{
    struct gb_jsonw w;

    if (fields != NULL) {
        gb_buf_clear(&core->buf);
        gb_jsonw_init(&w, &core->buf);
        gb_jsonw_value(&w, fields);
        gb_core_set(core, &o->fields, gb_buf_str(&core->buf));
    }
}

/* What a row that is no matter says, and of which node. */
static void load_fact(struct gb_core *core, struct gb_observation *o, const struct gb_value *row)
{
    struct gb_fact fact = gb_fact_read(gb_value_get(row, GB_STR("fact")));
    struct gb_str node = gb_value_str(row, GB_STR("node"));

    gb_fact_set(&core->pool, &o->fact, &fact);
    if (gb_str_is(node)) {
        gb_node_add(core, gb_node_get(core, node), o);
        if (o->node->kind == GB_NODE_POST) {
            gb_hat_add(core, o);
        }
    }
}

static void load_observation(struct gb_core *core, const struct gb_row *row,
                             const struct gb_value *parsed)
{
    struct gb_observation *o = gb_observation_get(core, row->key);
    struct gb_str matter = gb_value_str(parsed, GB_STR("matter"));
    struct gb_image image = {0};
    struct gb_str seen[GB_SEEN_MAX];
    uint32_t seen_count;

    if (!o->head.is_stub) {
        return;
    }
    read_image(core, &image, parsed);
    image.texts_count = o->image.texts_count;
    image.texts = o->image.texts;
    gb_image_keep(core, &o->image, &image);
    o->is_deleted = gb_value_bool(parsed, GB_STR("deleted"), false);
    o->closed_at = gb_value_int(parsed, GB_STR("closed_at"), 0);
    o->found_at = gb_value_int(parsed, GB_STR("found_at"), 0);
    o->is_bootstrap = gb_value_bool(parsed, GB_STR("bootstrap"), false);
    gb_returns_load(core, o, parsed);
    gb_fallen_load(o, parsed);
    gb_rest_load(o, parsed);
    gb_stats_report_load(o, parsed);
    o->is_made = gb_value_bool(parsed, GB_STR("made"), false);
    gb_told_load(core, o, parsed);
    read_version(&o->version, parsed);
    seen_count = read_strings(list_of(parsed, GB_STR("seen")), seen, GB_SEEN_MAX);
    for (uint32_t i = 0; i < seen_count; i++) {
        gb_seen_add(core, o, seen[i]);
    }
    gb_core_set(core, &o->own, gb_value_str(parsed, GB_STR("own")));
    load_fields(core, o, gb_value_get(parsed, GB_STR("fields")));
    load_fact(core, o, parsed);
    gb_object_stored(&o->head, row);
    if (gb_str_is(matter)) {
        gb_matter_attach(core, gb_matter_get(core, matter), o);
    }
    if (!o->is_deleted && !gb_str_is(o->fields)) {
        gb_index_add(core, o);
    }
}

static void load_texts(struct gb_core *core, const struct gb_value *text)
{
    for (uint32_t i = 0; text != NULL && text->type == GB_OBJECT && i < text->count; i++) {
        struct gb_observation *o = gb_observation_get(core, text->members[i].name);
        const struct gb_value *names = &text->members[i].value;
        struct gb_image_text texts[GB_TEXTS_MAX];
        struct gb_image image = o->image;

        if (image.texts_count > 0 || names->type != GB_OBJECT) {
            continue;
        }
        for (uint32_t t = 0; t < names->count && t < GB_TEXTS_MAX; t++) {
            texts[image.texts_count++] = (struct gb_image_text){
                names->members[t].name, gb_value_str(names, names->members[t].name)};
        }
        image.texts = texts;
        gb_image_keep(core, &o->image, &image);
    }
}

static struct gb_str to_json(struct gb_core *core, const struct gb_value *value)
{
    struct gb_jsonw w;

    if (value == NULL) {
        return GB_STR_NONE;
    }
    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_value(&w, value);
    return gb_core_text(core);
}

static struct gb_str load_title(struct gb_core *core, const struct gb_observation *o)
{
    for (uint32_t i = 0; o != NULL && i < o->image.texts_count; i++) {
        if (gb_str_eq(o->image.texts[i].name, GB_STR("title"))) {
            struct gb_value title = {.type = GB_STRING, .text = o->image.texts[i].text};

            return to_json(core, &title);
        }
    }
    return GB_STR_NONE;
}

static void load_matter(struct gb_core *core, const struct gb_row *row,
                        const struct gb_value *parsed, const struct gb_value *text)
{
    struct gb_matter *matter = gb_matter_get(core, row->key);
    struct gb_str title_of = gb_value_str(parsed, GB_STR("title_of"));
    const struct gb_value *value = gb_value_get(parsed, GB_STR("value"));
    struct gb_fields fields = {{GB_STR_NONE}};

    if (!matter->head.is_stub) {
        return;
    }
    load_texts(core, text);
    matter->link_level = (int)gb_value_int(parsed, GB_STR("link_level"), 0);
    matter->live_until = gb_value_int(parsed, GB_STR("live_until"), -1);
    if (matter->live_until < 0) {
        matter->live_until = INT64_MAX;
    }
    matter->opened_at = gb_value_int(parsed, GB_STR("opened_at"), 0);
    matter->version = gb_value_int(value, GB_STR("version"), 0);
    matter->title_of = gb_str_is(title_of) ? gb_observation_get(core, title_of) : NULL;
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        fields.json[i] =
            to_json(core, gb_value_get(value, gb_field_word((enum gb_field)i)));
    }
    fields.json[GB_FIELD_AT_TITLE] = load_title(core, matter->title_of);
    gb_fields_keep(core, matter, &fields);
    gb_core_set(core, &matter->losers, to_json(core, gb_value_get(parsed, GB_STR("losers"))));
    gb_due_load(core, matter, parsed);
    gb_stats_matter_load(matter, parsed);
    matter->has_contradiction = gb_value_get(parsed, GB_STR("contradiction_since")) != NULL;
    matter->contradiction_since = gb_value_int(parsed, GB_STR("contradiction_since"), 0);
    if (matter->has_contradiction) {
        gb_due_add(core, matter);
    }
    gb_object_stored(&matter->head, row);
}

/* The fields that an overlap was ruled on, as bits. */
static uint32_t reopen_of(const struct gb_value *ruled_on)
{
    uint32_t fields = 0;

#define X(name, word)                                                                              \
    fields |= gb_value_get(ruled_on, GB_STR(word)) != NULL ? 1U << GB_REOPEN_##name : 0U;
    GB_REOPEN_LIST(X)
#undef X
    return fields;
}

static void load_overlap(struct gb_core *core, const struct gb_row *row,
                         const struct gb_value *parsed)
{
    struct gb_str kind = gb_value_str(parsed, GB_STR("kind"));
    struct gb_overlap *overlap = gb_map_get(&core->overlaps, row->key);
    struct gb_str matter = gb_value_str(parsed, GB_STR("matter"));
    int at = 0;

    if (overlap != NULL || gb_value_bool(parsed, GB_STR("final"), false)) {
        return;
    }
    while (at < GB_OVERLAP_COUNT && !gb_str_eq(gb_overlap_word((enum gb_overlap_kind)at), kind)) {
        at++;
    }
    if (at == GB_OVERLAP_COUNT) {
        return;
    }
    overlap = gb_pool_take(&core->pool, sizeof(*overlap));
    overlap->head.table = GB_TABLE_OVERLAP;
    overlap->head.key = gb_pool_str(&core->pool, row->key);
    overlap->kind = (enum gb_overlap_kind)at;
    overlap->is_open = gb_str_eq(gb_value_str(parsed, GB_STR("state")), GB_STR("open"));
    if (gb_str_is(matter)) {
        overlap->matter = gb_matter_get(core, matter);
        overlap->matter->overlaps[at] = overlap;
    } else {
        overlap->node = gb_node_get(core, row->matter);
        overlap->node->overlap = overlap;
        gb_core_set(core, &overlap->subject, gb_value_str(parsed, GB_STR("node")));
        gb_core_set(core, &overlap->town, gb_value_str(parsed, GB_STR("town")));
    }
    overlap->opened_at = gb_value_int(parsed, GB_STR("opened_at"), 0);
    overlap->settled_at = gb_value_int(parsed, GB_STR("settled_at"), 0);
    gb_core_set(core, &overlap->claims, to_json(core, gb_value_get(parsed, GB_STR("claims"))));
    gb_core_set(core, &overlap->evidence,
                to_json(core, gb_value_get(parsed, GB_STR("evidence"))));
    gb_core_set(core, &overlap->rule, gb_value_str(parsed, GB_STR("rule")));
    gb_core_set(core, &overlap->ruled_by, gb_value_str(parsed, GB_STR("ruled_by")));
    gb_core_set(core, &overlap->ruled_on,
                to_json(core, gb_value_get(parsed, GB_STR("ruled_on"))));
    overlap->ruled_fields = reopen_of(gb_value_get(parsed, GB_STR("ruled_on")));
    gb_core_set(core, &overlap->claimed_by, gb_value_str(parsed, GB_STR("claimed_by")));
    overlap->claimed_until = gb_value_int(parsed, GB_STR("claimed_until"), 0);
    overlap->version = gb_value_int(parsed, GB_STR("version"), 0);
    gb_map_put(&core->overlaps, overlap->head.key, overlap);
    gb_object_stored(&overlap->head, row);
}

static void load_stream(struct gb_core *core, const struct gb_row *row,
                        const struct gb_value *parsed)
{
    struct gb_stream *stream = gb_stream_get(core, row->key);

    if (stream->head.is_stored || stream->head.is_dirty) {
        return;
    }
    stream->seen_at = gb_value_int(parsed, GB_STR("seen_at"), 0);
    stream->era = gb_value_int(parsed, GB_STR("era"), 0);
    stream->offset = gb_value_int(parsed, GB_STR("offset"), -1);
    stream->index = (int32_t)gb_value_int(parsed, GB_STR("index"), 0);
    stream->to = gb_value_int(parsed, GB_STR("to"), -1);
    gb_core_set(core, &stream->source, gb_value_str(parsed, GB_STR("source")));
    gb_object_stored(&stream->head, row);
}

static void load_session(struct gb_core *core, const struct gb_row *row,
                         const struct gb_value *parsed)
{
    struct gb_session *session = gb_session_get(core, row->key);
    const struct gb_value *pending = list_of(parsed, GB_STR("pending"));

    session->n = gb_value_int(parsed, GB_STR("next"), 0);
    session->order = gb_value_int(parsed, GB_STR("order"), 0);
    session->seen_at = gb_value_int(parsed, GB_STR("seen_at"), 0);
    session->is_refused = gb_value_bool(parsed, GB_STR("refused"), false);
    for (uint32_t i = 0; pending != NULL && i < pending->count; i++) {
        const struct gb_value *item = &pending->items[i];
        const struct gb_value *list = list_of(item, GB_STR("by"));
        struct gb_pending *at =
            gb_pending_get(core, session, gb_value_str(item, GB_STR("stream")));

        for (uint32_t k = 0; list != NULL && k < list->count && k < 5; k++) {
            at->by[k] = list->items[k].type == GB_INT ? list->items[k].number : 0;
        }
        at->orphaned = gb_value_int(item, GB_STR("orphaned"), 0);
        at->resent = gb_value_int(item, GB_STR("resent"), 0);
        at->lag = gb_value_int(item, GB_STR("lag"), -1);
        at->new_from = gb_value_int(item, GB_STR("new_from"), -1);
        at->new_offset = gb_value_int(item, GB_STR("new_offset"), -1);
        at->new_to = gb_value_int(item, GB_STR("new_to"), -1);
    }
    gb_object_stored(&session->head, row);
}

static void load_book(struct gb_core *core, const struct gb_row *row,
                      const struct gb_value *parsed)
{
    struct gb_book *book;

    if (gb_value_bool(parsed, GB_STR("closed"), false)) {
        return;
    }
    book = gb_book_get(core, gb_value_str(parsed, GB_STR("source")),
                       gb_value_int(parsed, GB_STR("hour"), 0));
    book->counts.received = gb_value_int(parsed, GB_STR("received"), 0);
    book->counts.orphaned = gb_value_int(parsed, GB_STR("orphaned"), 0);
    book->counts.resent = gb_value_int(parsed, GB_STR("resent"), 0);
    book->counts.by[GB_APPLIED] = gb_value_int(parsed, GB_STR("applied"), 0);
    book->counts.by[GB_UNCHANGED] = gb_value_int(parsed, GB_STR("unchanged"), 0);
    book->counts.by[GB_OUT_REFUSED] = gb_value_int(parsed, GB_STR("refused"), 0);
    book->counts.by[GB_OUT_DEAD] = gb_value_int(parsed, GB_STR("dead"), 0);
    book->counts.by[GB_OUT_IGNORED] = gb_value_int(parsed, GB_STR("ignored"), 0);
    book->lag = gb_value_int(parsed, GB_STR("lag"), -1);
    book->is_balanced = gb_value_bool(parsed, GB_STR("faultless"), true);
    gb_object_stored(&book->head, row);
}

static void load_lane(struct gb_core *core, const struct gb_row *row,
                      const struct gb_value *parsed)
{
    if (gb_str_eq(row->key, core->clock_row.key)) {
        core->clock = gb_value_int(parsed, GB_STR("clock"), 0);
        core->sessions_count = gb_value_int(parsed, GB_STR("sessions"), 0);
        core->left_until = gb_value_int(parsed, GB_STR("left_until"), INT64_MIN);
        gb_object_stored(&core->clock_row, row);
    } else if (gb_str_eq(row->key, core->policy_row.key)) {
        gb_core_set(core, &core->policy_hash, gb_value_str(parsed, GB_STR("hash")));
        gb_object_stored(&core->policy_row, row);
    } else if (gb_str_eq(row->key, core->stats_row.key)) {
        gb_stats_load(core, row, parsed);
    } else if (gb_str_eq(row->key, core->links_row.key)) {
        core->crowded_count = gb_value_int(parsed, GB_STR("crowded"), 0);
        core->cut_count = gb_value_int(parsed, GB_STR("cut"), 0);
        gb_object_stored(&core->links_row, row);
    } else if (gb_target_load(core, row, parsed)) {
        return;
    } else if (gb_str_eq(row->key, core->balance_row.key)) {
        core->marks_era = gb_value_int(parsed, GB_STR("marks_era"), 0);
        gb_core_set(core, &core->unbalanced_reason, gb_value_str(parsed, GB_STR("reason")));
        gb_core_set(core, &core->unbalanced_stream, gb_value_str(parsed, GB_STR("stream")));
        gb_object_stored(&core->balance_row, row);
    }
}

enum gb_status gb_core_load(struct gb_core *core, const struct gb_row *row,
                            const struct gb_value *parsed, const struct gb_value *text,
                            struct gb_err *err)
{
    if (parsed == NULL || parsed->type != GB_OBJECT || !gb_str_is(row->key)) {
        return gb_fail(err, GB_BAD_RECORD, "a state row that is no object");
    }
    gb_arena_reset(&core->scratch);
    switch (row->table) {
    case GB_TABLE_OBSERVATION:
        load_observation(core, row, parsed);
        break;
    case GB_TABLE_MATTER:
        load_matter(core, row, parsed, text);
        break;
    case GB_TABLE_OVERLAP:
        load_overlap(core, row, parsed);
        break;
    case GB_TABLE_SOURCE_MARK:
        load_stream(core, row, parsed);
        break;
    case GB_TABLE_WRITER_MARK:
        load_session(core, row, parsed);
        break;
    case GB_TABLE_RULING:
        gb_ruling_load(core, row, parsed);
        break;
    case GB_TABLE_POST:
    case GB_TABLE_CONTACT:
    case GB_TABLE_VISIT:
        gb_node_load(core, row, parsed);
        break;
    case GB_TABLE_STATS:
        gb_stats_cell_load(core, row, parsed);
        break;
    case GB_TABLE_BOOK:
        load_book(core, row, parsed);
        break;
    case GB_TABLE_LANE_STATE:
        load_lane(core, row, parsed);
        break;
    case GB_TABLE_EXCEPTION:
    case GB_TABLE_COUNT:
        break;
    }
    return GB_OK;
}
