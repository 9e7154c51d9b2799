/* What comes back: echoes, counterparts, results, and silence (writeback.h). */
#include "core/stats.h"
#include "core/writeback.h"

static struct gb_str text_of(const struct gb_image *image, struct gb_str name)
{
    for (uint32_t i = 0; i < image->texts_count; i++) {
        if (gb_str_eq(image->texts[i].name, name)) {
            return image->texts[i].text;
        }
    }
    return GB_STR_NONE;
}

/* Texts that were loaded stand in another order. */
static bool is_same_list(const struct gb_image *a, const struct gb_image *b)
{
    if (a->attachments_count != b->attachments_count || a->texts_count != b->texts_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->attachments_count; i++) {
        if (!gb_str_eq(a->attachments[i], b->attachments[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < a->texts_count; i++) {
        if (!gb_str_eq(a->texts[i].text, text_of(b, a->texts[i].name))) {
            return false;
        }
    }
    return true;
}

/* Two images of one row differ in nothing but the parts that were asked. */
static bool is_same_besides(const struct gb_image *a, const struct gb_image *b, uint32_t asked)
{
    bool is_state = (asked & GB_ASKED_STATE) != 0;
    bool is_lead = (asked & GB_ASKED_LEAD) != 0;

    return gb_str_eq(a->category, b->category) && gb_str_eq(a->category_code, b->category_code) &&
           gb_str_eq(a->channel, b->channel) && gb_str_eq(a->grid, b->grid) &&
           gb_str_eq(a->holder, b->holder) && gb_str_eq(a->level, b->level) &&
           gb_str_eq(a->reporter, b->reporter) && gb_str_eq(a->town, b->town) &&
           gb_str_eq(a->village, b->village) && a->occurred_at == b->occurred_at &&
           (is_state || (a->state == b->state && gb_str_eq(a->state_code, b->state_code))) &&
           (is_lead || gb_str_eq(a->assignee, b->assignee)) &&
           a->claims_lead == b->claims_lead &&
           ((asked & GB_ASKED_PEER) != 0 || gb_str_eq(a->xref, b->xref)) &&
           ((asked & GB_ASKED_DEADLINE) != 0 ||
            (a->has_deadline == b->has_deadline && a->deadline_at == b->deadline_at)) &&
           is_same_list(a, b);
}

/* The image has all that can be seen of what was asked. */
static bool shows(const struct gb_told *told, const struct gb_image *image)
{
    struct gb_wish unseen = gb_wish_unseen(&told->wish, image);

    unseen.lead = GB_STR_NONE;
    return (gb_wish_parts(&unseen) & told->asked) == 0;
}

static bool is_awaited(const struct gb_told *told)
{
    return told->state == GB_TOLD_STATE_SENT || told->state == GB_TOLD_STATE_ACCEPTED ||
           told->state == GB_TOLD_STATE_EXPIRED;
}

/* A counterpart that nobody had to type. */
static void count_saved(struct gb_core *core, const struct gb_observation *about,
                        const struct gb_told *told)
{
    gb_target_count(core, told->source, GB_TARGET_SAVED);
    if (about->matter != NULL) {
        gb_stats_count(core, about->matter, GB_STAT_ENTRIES_SAVED);
    }
}

static void confirm(struct gb_core *core, struct gb_observation *o, struct gb_told *told)
{
    if (told->action == GB_TOLD_CREATE && told->state != GB_TOLD_STATE_ACCEPTED) {
        count_saved(core, o, told);
    }
    gb_told_turn(core, told, GB_TOLD_STATE_CONFIRMED);
    gb_target_count(core, told->source, GB_TARGET_CONFIRMED);
    gb_object_touch(core, &o->head);
    if (o->matter != NULL) {
        gb_matter_live(core, o->matter);
    }
}

bool gb_writeback_hears(struct gb_core *core, struct gb_observation *o, struct gb_image *image)
{
    struct gb_told *told = gb_told_get(o, GB_STR_NONE);
    bool is_same;

    if (told == NULL) {
        return false;
    }
    if (gb_str_is(told->wish.lead) && told->state != GB_TOLD_STATE_REFUSED &&
        told->state != GB_TOLD_STATE_SUPPRESSED) {
        image->claims_lead = o->image.claims_lead; /* who leads is our word in that column */
    }
    is_same = is_same_besides(&o->image, image, told->asked);
    if (!is_awaited(told) || !shows(told, image) ||
        (told->asked == GB_ASKED_LEAD && (!is_same || told->state != GB_TOLD_STATE_ACCEPTED))) {
        return false;
    }
    confirm(core, o, told);
    if (is_same) {
        gb_target_count(core, told->source, GB_TARGET_ECHOES);
        core->rule = GB_STR("writeback.confirmed");
    }
    return is_same;
}

void gb_writeback_meets(struct gb_core *core, struct gb_observation *o,
                        const struct gb_image *image)
{
    struct gb_observation *about =
        gb_str_is(image->xref) ? gb_map_get(&core->observations, image->xref) : NULL;
    struct gb_told *told =
        about != NULL && !about->head.is_stub ? gb_told_get(about, o->source) : NULL;

    if (told == NULL || !is_awaited(told) ||
        (gb_str_is(told->made) && !gb_str_eq(told->made, o->id))) {
        return;
    }
    o->is_made = true;
    gb_core_set(core, &told->made, o->id);
    confirm(core, about, told);
    gb_target_count(core, told->source, GB_TARGET_ECHOES);
}

/* ---- results ---- */

static struct gb_told *told_by_id(const struct gb_observation *o, struct gb_str id)
{
    for (struct gb_told *told = o->told; told != NULL; told = told->next) {
        if (gb_str_is(id) && gb_str_eq(told->id, id)) {
            return told;
        }
    }
    return NULL;
}

/* A refusal counts after an image that seemed to confirm it, too: whether a row shows who leads
 * cannot be seen, and an officer may have done by hand what was asked. */
static bool is_heard(const struct gb_told *told, bool is_accepted)
{
    return told->state == GB_TOLD_STATE_SENT || told->state == GB_TOLD_STATE_EXPIRED ||
           (told->state == GB_TOLD_STATE_CONFIRMED && !is_accepted &&
            told->action != GB_TOLD_CREATE);
}

static void take_result(struct gb_core *core, const struct gb_record *rec,
                        const struct gb_observation *about, struct gb_told *told,
                        bool is_accepted)
{
    if (!is_accepted) {
        gb_core_set(core, &told->reason, gb_value_str(&rec->fields, GB_STR("reason")));
        gb_told_turn(core, told, GB_TOLD_STATE_REFUSED);
        gb_target_count(core, told->source, GB_TARGET_REFUSED);
        core->rule = GB_STR("writeback.refused");
        return;
    }
    if (told->action == GB_TOLD_CREATE) {
        gb_core_set(core, &told->made, gb_value_str(&rec->fields, GB_STR("key")));
        count_saved(core, about, told);
    }
    gb_told_turn(core, told, GB_TOLD_STATE_ACCEPTED);
    gb_target_count(core, told->source, GB_TARGET_ACCEPTED);
    core->rule = GB_STR("writeback.accepted");
}

/* An answer to what is not the last that was sent, or that is answered already, has no effect. */
enum gb_outcome gb_writeback_result(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_str key = gb_value_str(&rec->fields, GB_STR("about"));
    struct gb_observation *o = gb_str_is(key) ? gb_map_get(&core->observations, key) : NULL;
    struct gb_told *told =
        o != NULL && !o->head.is_stub
            ? told_by_id(o, gb_value_str(&rec->fields, GB_STR("id")))
            : NULL;
    bool is_accepted =
        gb_str_eq(gb_value_str(&rec->fields, GB_STR("result")), GB_STR("accepted"));

    if (told == NULL || !is_heard(told, is_accepted)) {
        return GB_UNCHANGED;
    }
    take_result(core, rec, o, told, is_accepted);
    gb_object_touch(core, &o->head);
    if (o->matter != NULL && core->policy != NULL) {
        gb_matter_live(core, o->matter);
        gb_matter_touch(core, o->matter);
        gb_fold_touched(core, GB_STR("changed"));
    }
    return GB_APPLIED;
}

/* ---- silence ---- */

int64_t gb_writeback_until(const struct gb_matter *matter)
{
    int64_t first = INT64_MAX;

    for (uint32_t i = 0; i < matter->count; i++) {
        for (const struct gb_told *told = matter->reports[i]->told; told != NULL;
             told = told->next) {
            if (told->state == GB_TOLD_STATE_SENT && told->until < first) {
                first = told->until;
            }
        }
    }
    return first;
}

static bool expire_of(struct gb_core *core, struct gb_observation *o, int64_t at)
{
    bool is_any = false;

    for (struct gb_told *told = o->told; told != NULL; told = told->next) {
        if (told->state == GB_TOLD_STATE_SENT && told->until <= at) {
            gb_told_turn(core, told, GB_TOLD_STATE_EXPIRED);
            gb_target_count(core, told->source, GB_TARGET_EXPIRED);
            gb_object_touch(core, &o->head);
            is_any = true;
        }
    }
    return is_any;
}

bool gb_writeback_expire(struct gb_core *core, struct gb_matter *matter, int64_t at)
{
    bool is_any = false;

    for (uint32_t i = 0; i < matter->count; i++) {
        is_any = expire_of(core, matter->reports[i], at) || is_any;
    }
    if (is_any) {
        core->rule = GB_STR("writeback.expired");
        gb_matter_live(core, matter);
        gb_matter_touch(core, matter);
        gb_fold_touched(core, GB_STR("changed"));
        core->touched.count = 0;
        core->rule = GB_STR_NONE;
    }
    return is_any;
}
