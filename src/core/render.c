/* State rows as canonical JSON: everything that a load needs, no free text. */
#include "base/jsonw.h"
#include "core/node.h"
#include "core/ruling.h"
#include "core/state.h"
#include "core/writeback.h"

static void write_version(struct gb_jsonw *w, const struct gb_version *version)
{
    gb_jsonw_key(w, GB_STR("version"));
    gb_jsonw_object(w);
    if (version->has_column) {
        gb_jsonw_key_int(w, GB_STR("column"), version->column);
    }
    gb_jsonw_key(w, GB_STR("parts"));
    gb_jsonw_array(w);
    for (uint32_t i = 0; i < version->parts_count; i++) {
        gb_jsonw_int(w, version->parts[i]);
    }
    gb_jsonw_end(w);
    gb_jsonw_end(w);
}

static void write_strings(struct gb_jsonw *w, struct gb_str key, const struct gb_str *items,
                          uint32_t count)
{
    gb_jsonw_key(w, key);
    gb_jsonw_array(w);
    for (uint32_t i = 0; i < count; i++) {
        gb_jsonw_str(w, items[i]);
    }
    gb_jsonw_end(w);
}

/* Only what is closed can leave its cell and memory, and be found again by these. */
static void render_evidence(struct gb_core *core, const struct gb_observation *o,
                            struct gb_row *row)
{
    struct gb_keys keys;
    int64_t *evidence;

    if (o->matter == NULL || o->matter->live_until == INT64_MAX) {
        return;
    }
    gb_keys_of(&core->scratch, &o->image, &keys);
    evidence = gb_arena_take(&core->scratch, sizeof(evidence[0]) * GB_KEYS_MAX);
    for (uint32_t i = 0; i < keys.count; i++) {
        evidence[i] = gb_evidence_of(keys.items[i]);
    }
    row->evidence = evidence;
    row->evidence_count = keys.count;
}

static void render_observation(struct gb_jsonw *w, const struct gb_observation *o,
                               struct gb_row *row)
{
    const struct gb_image *image = &o->image;

    row->matter = o->matter != NULL ? o->matter->head.key
                  : o->node != NULL ? o->node->head.key
                                    : GB_STR_NONE;
    row->xref = image->xref;
    row->live_until = o->matter != NULL ? o->matter->live_until
                      : o->node != NULL ? o->node->live_until
                                        : 0;
    gb_jsonw_key_opt(w, GB_STR("assignee"), image->assignee);
    write_strings(w, GB_STR("attachments"), image->attachments, image->attachments_count);
    if (o->is_bootstrap) {
        gb_jsonw_key_bool(w, GB_STR("bootstrap"), true);
    }
    gb_jsonw_key_opt(w, GB_STR("category"), image->category);
    gb_jsonw_key_opt(w, GB_STR("category_code"), image->category_code);
    gb_jsonw_key_opt(w, GB_STR("channel"), image->channel);
    gb_jsonw_key_bool(w, GB_STR("claims_lead"), image->claims_lead);
    gb_jsonw_key_int(w, GB_STR("closed_at"), o->closed_at);
    if (image->has_deadline) {
        gb_jsonw_key_int(w, GB_STR("deadline_at"), image->deadline_at);
    }
    gb_jsonw_key_bool(w, GB_STR("deleted"), o->is_deleted);
    gb_jsonw_key_str(w, GB_STR("entity"), o->entity);
    gb_fact_render(w, o->fact);
    gb_fallen_render(w, o);
    if (gb_str_is(o->fields)) {
        gb_jsonw_key(w, GB_STR("fields"));
        gb_jsonw_raw(w, o->fields);
    }
    if (o->found_at != 0) {
        gb_jsonw_key_int(w, GB_STR("found_at"), o->found_at);
    }
    gb_jsonw_key_opt(w, GB_STR("grid"), image->grid);
    gb_jsonw_key_opt(w, GB_STR("holder"), image->holder);
    gb_jsonw_key_str(w, GB_STR("key"), o->id);
    gb_jsonw_key_opt(w, GB_STR("level"), image->level);
    if (o->is_made) {
        gb_jsonw_key_bool(w, GB_STR("made"), true);
    }
    if (o->matter != NULL) {
        gb_jsonw_key_str(w, GB_STR("matter"), o->matter->head.key);
    } else if (o->node != NULL) {
        gb_jsonw_key_str(w, GB_STR("node"), o->node->head.key);
    }
    gb_jsonw_key_int(w, GB_STR("occurred_at"), image->occurred_at);
    gb_jsonw_key_opt(w, GB_STR("own"), o->own);
    gb_jsonw_key_opt(w, GB_STR("pseudonym"), image->pseudonym);
    gb_jsonw_key_opt(w, GB_STR("reporter"), image->reporter);
    gb_rest_render(w, o);
    gb_returns_render(w, o);
    write_strings(w, GB_STR("seen"), o->seen, o->seen_count);
    gb_jsonw_key_str(w, GB_STR("source"), o->source);
    gb_jsonw_key_str(w, GB_STR("state"), gb_state_word(image->state));
    gb_jsonw_key_opt(w, GB_STR("state_code"), image->state_code);
    gb_stats_report_render(w, o);
    gb_told_render(w, o);
    gb_jsonw_key_opt(w, GB_STR("town"), image->town);
    if (image->has_updated) {
        gb_jsonw_key_int(w, GB_STR("updated_at"), image->updated_at);
    }
    write_version(w, &o->version);
    gb_jsonw_key_opt(w, GB_STR("village"), image->village);
    gb_jsonw_key_opt(w, GB_STR("xref"), image->xref);
}

static void write_fields(struct gb_jsonw *w, const struct gb_fields *fields)
{
    gb_jsonw_key(w, GB_STR("value"));
    gb_jsonw_object(w);
    for (int i = 0; i < GB_FIELD_COUNT; i++) {
        if (gb_str_is(fields->json[i]) && i != GB_FIELD_AT_TITLE) {
            gb_jsonw_key(w, gb_field_word((enum gb_field)i));
            gb_jsonw_raw(w, fields->json[i]);
        }
    }
    gb_jsonw_end(w);
}

static void render_matter(struct gb_jsonw *w, const struct gb_matter *matter,
                          struct gb_row *row)
{
    row->matter = matter->head.key;
    row->live_until = matter->live_until;
    if (matter->has_contradiction) {
        gb_jsonw_key_int(w, GB_STR("contradiction_since"), matter->contradiction_since);
    }
    gb_due_render(w, matter);
    gb_jsonw_key_int(w, GB_STR("link_level"), matter->link_level);
    gb_jsonw_key_int(w, GB_STR("live_until"),
                     matter->live_until == INT64_MAX ? -1 : matter->live_until);
    if (gb_str_is(matter->losers)) {
        gb_jsonw_key(w, GB_STR("losers"));
        gb_jsonw_raw(w, matter->losers);
    }
    gb_jsonw_key_int(w, GB_STR("opened_at"), matter->opened_at);
    gb_stats_matter_render(w, matter);
    if (matter->title_of != NULL) {
        gb_jsonw_key_str(w, GB_STR("title_of"), matter->title_of->head.key);
    }
    write_fields(w, &matter->fields);
}

static void render_overlap(struct gb_jsonw *w, const struct gb_overlap *overlap,
                           struct gb_row *row)
{
    row->matter = overlap->node != NULL ? overlap->node->head.key : overlap->matter->head.key;
    row->live_until = overlap->is_final       ? 0
                      : overlap->node != NULL ? overlap->node->live_until
                                              : overlap->matter->live_until;
    if (gb_str_is(overlap->claimed_by)) {
        gb_jsonw_key_str(w, GB_STR("claimed_by"), overlap->claimed_by);
        gb_jsonw_key_int(w, GB_STR("claimed_until"), overlap->claimed_until);
    }
    gb_jsonw_key(w, GB_STR("claims"));
    gb_jsonw_raw(w, overlap->claims);
    if (gb_str_is(overlap->evidence)) {
        gb_jsonw_key(w, GB_STR("evidence"));
        gb_jsonw_raw(w, overlap->evidence);
    }
    gb_jsonw_key_bool(w, GB_STR("final"), overlap->is_final);
    gb_jsonw_key_str(w, GB_STR("id"), overlap->head.key);
    gb_jsonw_key_str(w, GB_STR("kind"), gb_overlap_word(overlap->kind));
    if (overlap->node == NULL) {
        gb_jsonw_key_str(w, GB_STR("matter"), overlap->matter->head.key);
    } else {
        gb_jsonw_key_str(w, GB_STR("node"), overlap->subject);
    }
    gb_jsonw_key_int(w, GB_STR("opened_at"), overlap->opened_at);
    gb_jsonw_key_str(w, GB_STR("rule"), overlap->rule);
    gb_jsonw_key_opt(w, GB_STR("ruled_by"), overlap->ruled_by);
    if (gb_str_is(overlap->ruled_on)) {
        gb_jsonw_key(w, GB_STR("ruled_on"));
        gb_jsonw_raw(w, overlap->ruled_on);
    }
    if (!overlap->is_open) {
        gb_jsonw_key_int(w, GB_STR("settled_at"), overlap->settled_at);
    }
    gb_jsonw_key_str(w, GB_STR("state"),
                     overlap->is_open ? GB_STR("open") : GB_STR("settled"));
    if (overlap->node != NULL) {
        gb_jsonw_key_str(w, GB_STR("town"), overlap->town);
    }
    gb_jsonw_key_int(w, GB_STR("version"), overlap->version);
}

static void render_stream(struct gb_jsonw *w, const struct gb_stream *stream, struct gb_row *row)
{
    row->live_until = gb_stream_live(stream);
    if (stream->era > 0) {
        gb_jsonw_key_int(w, GB_STR("era"), stream->era);
    }
    gb_jsonw_key_int(w, GB_STR("index"), stream->index);
    gb_jsonw_key_int(w, GB_STR("offset"), stream->offset);
    gb_jsonw_key_int(w, GB_STR("seen_at"), stream->seen_at);
    gb_jsonw_key_opt(w, GB_STR("source"), stream->source);
    gb_jsonw_key_int(w, GB_STR("to"), stream->to);
}

static void render_session(struct gb_jsonw *w, const struct gb_session *session)
{
    gb_jsonw_key_int(w, GB_STR("next"), session->n);
    gb_jsonw_key_int(w, GB_STR("order"), session->order);
    gb_jsonw_key(w, GB_STR("pending"));
    gb_jsonw_array(w);
    for (const struct gb_pending *p = session->pending; p != NULL; p = p->next) {
        gb_jsonw_object(w);
        gb_jsonw_key(w, GB_STR("by"));
        gb_jsonw_array(w);
        for (int i = 0; i < 5; i++) {
            gb_jsonw_int(w, p->by[i]);
        }
        gb_jsonw_end(w);
        if (p->lag >= 0) {
            gb_jsonw_key_int(w, GB_STR("lag"), p->lag);
        }
        if (p->new_from >= 0) {
            gb_jsonw_key_int(w, GB_STR("new_from"), p->new_from);
            gb_jsonw_key_int(w, GB_STR("new_offset"), p->new_offset);
            gb_jsonw_key_int(w, GB_STR("new_to"), p->new_to);
        }
        if (p->orphaned > 0) {
            gb_jsonw_key_int(w, GB_STR("orphaned"), p->orphaned);
        }
        if (p->resent > 0) {
            gb_jsonw_key_int(w, GB_STR("resent"), p->resent);
        }
        gb_jsonw_key_str(w, GB_STR("stream"), p->stream);
        gb_jsonw_end(w);
    }
    gb_jsonw_end(w);
    gb_jsonw_key_bool(w, GB_STR("refused"), session->is_refused);
    gb_jsonw_key_int(w, GB_STR("seen_at"), session->seen_at);
}

static void render_book(struct gb_jsonw *w, const struct gb_book *book, struct gb_row *row)
{
    const int64_t *by = book->counts.by;
    int64_t sum = by[0] + by[1] + by[2] + by[3] + by[4];

    row->live_until = book->head.is_stub ? 0 : INT64_MAX; /* a closed one is never read again */
    gb_jsonw_key_int(w, GB_STR("applied"), by[GB_APPLIED]);
    gb_jsonw_key_bool(w, GB_STR("balanced"),
                      book->is_balanced && sum == book->counts.received);
    gb_jsonw_key_bool(w, GB_STR("closed"), book->head.is_stub);
    gb_jsonw_key_int(w, GB_STR("dead"), by[GB_OUT_DEAD]);
    gb_jsonw_key_bool(w, GB_STR("faultless"), book->is_balanced);
    gb_jsonw_key_int(w, GB_STR("hour"), book->hour);
    gb_jsonw_key_int(w, GB_STR("ignored"), by[GB_OUT_IGNORED]);
    if (book->lag >= 0) {
        gb_jsonw_key_int(w, GB_STR("lag"), book->lag);
    }
    gb_jsonw_key_int(w, GB_STR("orphaned"), book->counts.orphaned);
    gb_jsonw_key_int(w, GB_STR("received"), book->counts.received);
    gb_jsonw_key_int(w, GB_STR("refused"), by[GB_OUT_REFUSED]);
    gb_jsonw_key_int(w, GB_STR("resent"), book->counts.resent);
    gb_jsonw_key_str(w, GB_STR("source"), book->source);
    gb_jsonw_key_int(w, GB_STR("unchanged"), by[GB_UNCHANGED]);
}

static void render_lane(struct gb_core *core, struct gb_jsonw *w, const struct gb_object *object)
{
    if (object == &core->clock_row) {
        gb_jsonw_key_int(w, GB_STR("clock"), core->clock);
        if (core->left_until != INT64_MIN) {
            gb_jsonw_key_int(w, GB_STR("left_until"), core->left_until);
        }
        gb_jsonw_key_int(w, GB_STR("sessions"), core->sessions_count);
    } else if (object == &core->policy_row) {
        gb_jsonw_key_opt(w, GB_STR("hash"), core->policy_hash);
    } else if (object == &core->stats_row) {
        gb_stats_render(core, w);
    } else if (object == &core->links_row) {
        gb_jsonw_key_int(w, GB_STR("crowded"), core->crowded_count);
        gb_jsonw_key_int(w, GB_STR("cut"), core->cut_count);
    } else if (object != &core->balance_row) {
        const void *target = object;

        gb_target_render(w, target);
    } else {
        if (core->marks_era > 0) {
            gb_jsonw_key_int(w, GB_STR("marks_era"), core->marks_era);
        }
        gb_jsonw_key_opt(w, GB_STR("reason"), core->unbalanced_reason);
        gb_jsonw_key_opt(w, GB_STR("stream"), core->unbalanced_stream);
    }
}

void gb_object_render(struct gb_core *core, struct gb_object *object, struct gb_row *row)
{
    void *whole = object;
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    if (object->table == GB_TABLE_EXCEPTION ||
        (object->table == GB_TABLE_STATS && object->is_stub)) {
        gb_buf_add_str(&core->buf, ((struct gb_plain *)whole)->row);
        return;
    }
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    switch (object->table) {
    case GB_TABLE_OBSERVATION:
        render_observation(&w, whole, row);
        render_evidence(core, whole, row);
        break;
    case GB_TABLE_MATTER:
        render_matter(&w, whole, row);
        break;
    case GB_TABLE_OVERLAP:
        render_overlap(&w, whole, row);
        break;
    case GB_TABLE_SOURCE_MARK:
        render_stream(&w, whole, row);
        break;
    case GB_TABLE_WRITER_MARK:
        render_session(&w, whole);
        break;
    case GB_TABLE_BOOK:
        render_book(&w, whole, row);
        break;
    case GB_TABLE_LANE_STATE:
        render_lane(core, &w, object);
        break;
    case GB_TABLE_RULING:
        gb_ruling_render(core, &w, whole, row);
        break;
    case GB_TABLE_POST:
    case GB_TABLE_CONTACT:
    case GB_TABLE_VISIT:
        gb_node_render(&w, whole, row);
        break;
    case GB_TABLE_STATS:
        gb_stats_cell_render(&w, whole, row);
        break;
    case GB_TABLE_EXCEPTION:
    case GB_TABLE_COUNT:
        break;
    }
    gb_jsonw_end(&w);
}

/* {observation key: {name: text}}, keys in order; absent if the reports hold no text. */
struct gb_str gb_matter_texts(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_value values[GB_MATTER_REPORTS_MAX];
    struct gb_member members[GB_MATTER_REPORTS_MAX];
    struct gb_member texts[GB_MATTER_REPORTS_MAX][GB_TEXTS_MAX];
    struct gb_value object = {.type = GB_OBJECT, .members = members};
    struct gb_jsonw w;

    for (uint32_t i = 0; i < matter->count; i++) {
        const struct gb_image *image = &matter->reports[i]->image;

        for (uint32_t t = 0; t < image->texts_count; t++) {
            texts[i][t] = (struct gb_member){
                image->texts[t].name, {.type = GB_STRING, .text = image->texts[t].text}};
        }
        values[i] = (struct gb_value){
            .type = GB_OBJECT, .count = image->texts_count, .members = texts[i]};
        if (image->texts_count > 0) {
            members[object.count++] =
                (struct gb_member){matter->reports[i]->head.key, values[i]};
        }
    }
    if (object.count == 0) {
        return GB_STR_NONE;
    }
    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_value(&w, &object);
    return gb_buf_str(&core->buf);
}
