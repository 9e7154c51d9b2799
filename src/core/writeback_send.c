/* The message of a write-back (schemas/gb.writeback.schema.json). */
#include "base/jsonw.h"
#include "core/day.h"
#include "core/writeback.h"

#define CHINA_MS ((int64_t)8 * 3600000)
#define TIME_MAX INT64_C(253402272000000) /* year 10000 in China */

/* "2026-11-23 08:30:00", China's time; absent for a time that no calendar has. */
static struct gb_str local_time(struct gb_core *core, int64_t ms)
{
    char text[] = "0000-00-00 00:00:00";
    int64_t seconds;

    if (ms < 0 || ms >= TIME_MAX) {
        return GB_STR_NONE;
    }
    seconds = (ms + CHINA_MS) / 1000 % 86400;
    gb_day_text(ms, text);
    for (int i = 2; i >= 0; i--, seconds /= 60) {
        char *at = text + GB_DAY_TEXT_LEN + 1 + 3 * i;

        at[0] = (char)('0' + seconds % 60 / 10);
        at[1] = (char)('0' + seconds % 60 % 10);
    }
    return gb_arena_str(&core->scratch, gb_str_of(text));
}

/* What stands behind the second slash of "source/entity/key". */
static struct gb_str bare_key(struct gb_str key)
{
    uint32_t slashes = 0;

    for (size_t i = 0; i < key.len; i++) {
        slashes += key.ptr[i] == '/';
        if (slashes == 2) {
            return (struct gb_str){key.ptr + i + 1, key.len - i - 1};
        }
    }
    return GB_STR_NONE;
}

static struct gb_str title_of(struct gb_core *core, struct gb_matter *matter)
{
    const struct gb_observation *category = gb_fold_winner(core, matter, GB_STR("category"));
    const struct gb_category *row =
        gb_policy_category(core->policy, gb_fold_value(core, category, GB_STR("category")));
    const struct gb_observation *winner;

    if (row == NULL || !row->text) {
        return GB_STR_NONE;
    }
    winner = gb_fold_winner(core, matter, GB_STR("title"));
    return winner != NULL ? gb_fold_value(core, winner, GB_STR("title")) : GB_STR_NONE;
}

static struct gb_str folded(struct gb_core *core, struct gb_matter *matter, struct gb_str field)
{
    const struct gb_observation *winner = gb_fold_winner(core, matter, field);

    return winner != NULL ? gb_fold_value(core, winner, field) : GB_STR_NONE;
}

/* By the column's codes, else the source's own code. */
static struct gb_str coded(struct gb_core *core, const struct gb_writing *writing,
                           const struct gb_write *write, struct gb_str field)
{
    struct gb_str canonical = folded(core, writing->matter, field);
    struct gb_str code = gb_str_is(canonical) && write->codes_count > 0
                             ? gb_write_code_of(write, canonical)
                             : GB_STR_NONE;

    if (gb_str_is(code) || !gb_str_is(canonical)) {
        return code;
    }
    return gb_policy_raw(core->policy, writing->rule->source, field, canonical,
                         writing->about->image.occurred_at);
}

static struct gb_str lead_of(const struct gb_decision *d)
{
    return d == NULL || !d->has_lead ? GB_STR_NONE
           : gb_str_is(d->unit)      ? d->unit
                                     : gb_role_word(d->lead);
}

struct gb_str gb_write_created(struct gb_core *core, const struct gb_writing *writing,
                               const struct gb_write *write)
{
    const struct gb_observation *about = writing->about;
    struct gb_str lead = lead_of(writing->d);

    switch (write->from) {
    case GB_WRITE_CONSTANT:
        return write->constant;
    case GB_WRITE_CATEGORY:
        return coded(core, writing, write, GB_STR("category"));
    case GB_WRITE_LEVEL:
        return coded(core, writing, write, GB_STR("level"));
    case GB_WRITE_GRID:
        return folded(core, writing->matter, GB_STR("grid"));
    case GB_WRITE_VILLAGE:
        return about->image.village;
    case GB_WRITE_LEAD:
        return gb_str_is(lead) ? gb_write_code_of(write, lead) : GB_STR_NONE;
    case GB_WRITE_MATTER:
        return writing->matter->head.key;
    case GB_WRITE_OCCURRED:
        return local_time(core, about->image.occurred_at);
    case GB_WRITE_DEADLINE:
        return about->image.has_deadline ? local_time(core, about->image.deadline_at)
                                         : GB_STR_NONE;
    case GB_WRITE_PEER:
        return gb_str_eq(write->source, about->source) ? about->id : GB_STR_NONE;
    case GB_WRITE_STATE:
        return gb_write_code_of(write, gb_state_word(about->image.state));
    case GB_WRITE_TITLE:
        return title_of(core, writing->matter);
    case GB_WRITE_COUNT:
        break;
    }
    return GB_STR_NONE;
}

/* The text that a column of a row that is there gets; absent: it stays as it is. */
static struct gb_str updated(struct gb_core *core, const struct gb_writing *writing,
                             const struct gb_write *write)
{
    const struct gb_wish *wish = writing->wish;
    size_t len = write->source.len;

    switch (write->from) {
    case GB_WRITE_CONSTANT:
        return write->constant;
    case GB_WRITE_MATTER:
        return writing->matter->head.key;
    case GB_WRITE_STATE:
        return wish->has_state ? gb_write_code_of(write, gb_state_word(wish->state))
                               : GB_STR_NONE;
    case GB_WRITE_LEAD:
        return gb_str_is(wish->lead) ? gb_write_code_of(write, wish->lead) : GB_STR_NONE;
    case GB_WRITE_DEADLINE:
        return wish->has_deadline ? local_time(core, wish->deadline_at) : GB_STR_NONE;
    case GB_WRITE_PEER:
        return gb_str_is(wish->peer) && wish->peer.len > len &&
                       memcmp(wish->peer.ptr, write->source.ptr, len) == 0 &&
                       wish->peer.ptr[len] == '/'
                   ? bare_key(wish->peer)
                   : GB_STR_NONE;
    case GB_WRITE_CATEGORY:
    case GB_WRITE_GRID:
    case GB_WRITE_LEVEL:
    case GB_WRITE_OCCURRED:
    case GB_WRITE_TITLE:
    case GB_WRITE_VILLAGE:
    case GB_WRITE_COUNT:
        break;
    }
    return GB_STR_NONE;
}

static void write_set(struct gb_core *core, const struct gb_writing *writing, struct gb_jsonw *w)
{
    bool is_created = writing->told->action == GB_TOLD_CREATE;
    uint32_t count = is_created ? writing->rule->create_count : writing->rule->update_count;
    const struct gb_write *writes = is_created ? writing->rule->create : writing->rule->update;

    gb_jsonw_key(w, GB_STR("set"));
    gb_jsonw_object(w);
    for (uint32_t i = 0; i < count; i++) {
        gb_jsonw_key_opt(w, writes[i].column,
                         is_created ? gb_write_created(core, writing, &writes[i])
                                    : updated(core, writing, &writes[i]));
    }
    gb_jsonw_end(w);
}

/* The same for a reader who knows no columns. */
static void write_fields(struct gb_core *core, const struct gb_writing *writing,
                         struct gb_jsonw *w)
{
    const struct gb_image *image = &writing->about->image;
    const struct gb_wish *wish = writing->wish;
    struct gb_matter *matter = writing->matter;
    bool is_created = writing->told->action == GB_TOLD_CREATE;

    gb_jsonw_key(w, GB_STR("fields"));
    gb_jsonw_object(w);
    if (is_created) {
        gb_jsonw_key_opt(w, GB_STR("category"), folded(core, matter, GB_STR("category")));
    }
    if (wish->has_deadline) {
        gb_jsonw_key_int(w, GB_STR("deadline_at"), wish->deadline_at);
    }
    if (is_created) {
        gb_jsonw_key_opt(w, GB_STR("grid"), folded(core, matter, GB_STR("grid")));
    }
    gb_jsonw_key_opt(w, GB_STR("lead"), is_created ? lead_of(writing->d) : wish->lead);
    if (is_created) {
        gb_jsonw_key_int(w, GB_STR("occurred_at"), image->occurred_at);
    }
    gb_jsonw_key_opt(w, GB_STR("peer"), is_created ? writing->about->head.key : wish->peer);
    if (wish->has_state) {
        gb_jsonw_key_str(w, GB_STR("state"), gb_state_word(wish->state));
    }
    if (is_created) {
        gb_jsonw_key_opt(w, GB_STR("title"), title_of(core, matter));
        gb_jsonw_key_opt(w, GB_STR("village"), image->village);
    }
    gb_jsonw_end(w);
}

/* Which wish it comes from. */
static struct gb_str reason_of(const struct gb_writing *writing)
{
    switch (writing->told->action) {
    case GB_TOLD_CREATE:
        return GB_STR("writeback.counterpart");
    case GB_TOLD_REASSIGN:
        return GB_STR("writeback.lead");
    case GB_TOLD_CLOSE_DUPLICATE:
        return GB_STR("writeback.duplicate");
    case GB_TOLD_UPDATE:
    case GB_TOLD_ACTION_COUNT:
        break;
    }
    return GB_STR("writeback.row");
}

static void write_message(struct gb_core *core, const struct gb_writing *writing,
                          struct gb_str why, struct gb_jsonw *w)
{
    const struct gb_told *told = writing->told;
    const struct gb_observation *about = writing->about;
    bool is_created = told->action == GB_TOLD_CREATE;

    gb_jsonw_object(w);
    gb_jsonw_key_str(w, GB_STR("about"), about->head.key);
    gb_jsonw_key_str(w, GB_STR("action"), gb_told_action_word(told->action));
    if (writing->rule->is_call) {
        gb_jsonw_key_str(w, GB_STR("call"), writing->rule->target);
    }
    gb_jsonw_key_int(w, GB_STR("clock"), core->clock);
    gb_jsonw_key_str(w, GB_STR("entity"), about->entity);
    gb_jsonw_key_int(w, GB_STR("expires_at"), told->until);
    write_fields(core, writing, w);
    gb_jsonw_key_str(w, GB_STR("id"), told->id);
    if (!is_created) {
        gb_jsonw_key_str(w, GB_STR("key"), about->id);
    }
    gb_jsonw_key_str(w, GB_STR("matter"), writing->matter->head.key);
    gb_jsonw_key_str(w, GB_STR("policy"), core->policy->hash);
    if (!is_created && about->image.has_updated) {
        gb_jsonw_key_int(w, GB_STR("seen"), about->image.updated_at);
    }
    write_set(core, writing, w);
    gb_jsonw_key_str(w, GB_STR("source"), told->source);
    if (!writing->rule->is_call) {
        gb_jsonw_key_str(w, GB_STR("target"), writing->rule->target);
    }
    gb_jsonw_key_str(w, GB_STR("town"), about->image.town);
    gb_jsonw_key_int(w, GB_STR("try"), told->tries);
    gb_jsonw_key(w, GB_STR("why"));
    gb_jsonw_raw(w, why);
    gb_jsonw_end(w);
}

void gb_writeback_send(struct gb_core *core, const struct gb_writing *writing)
{
    struct gb_str why = gb_why(core, reason_of(writing), GB_STR_NONE);
    struct gb_output *out;
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    write_message(core, writing, why, &w);
    out = gb_emit(core, GB_TOPIC_WRITEBACK, writing->about->head.key, gb_core_text(core));
    out->type = GB_STR("gb.writeback.v1");
    out->subject = gb_arena_str(core->step->arena, writing->told->id);
    out->target = gb_arena_str(core->step->arena, writing->told->source);
}
