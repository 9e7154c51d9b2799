/* The limits ahead, and what a tick takes from their heap (due.h). */
#include "base/jsonw.h"
#include "core/due.h"
#include "core/state.h"
#include "core/writeback.h"

/* ---- what is ahead ---- */

static bool is_accepted(const struct gb_matter *matter)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        if (gb_state_is_accepted(matter->reports[i]->image.state)) {
            return true;
        }
    }
    return false;
}

static bool is_ahead(const struct gb_matter *matter, enum gb_due_kind kind)
{
    return gb_due_at(matter, kind) != INT64_MAX && !gb_due_has_fallen(matter, kind) &&
           (kind != GB_DUE_ACCEPT || !is_accepted(matter));
}

/* The time of the next limit; INT64_MAX if none is ahead. */
static int64_t next_limit(const struct gb_core *core, const struct gb_matter *matter)
{
    int64_t next = INT64_MAX;

    if (matter->count == 0 || gb_matter_is_over(matter) || gb_rest_is(matter) ||
        gb_matter_is_first_load(core, matter)) {
        return next;
    }
    for (int kind = 0; kind < GB_DUE_COUNT; kind++) {
        if (is_ahead(matter, (enum gb_due_kind)kind) && matter->due.at[kind] < next) {
            next = matter->due.at[kind];
        }
    }
    return next;
}

/* The next limit, or when a write-back that nobody answered expires. */
static int64_t next_of(const struct gb_core *core, const struct gb_matter *matter)
{
    int64_t limit = next_limit(core, matter);
    int64_t until = gb_writeback_until(matter);

    return until < limit ? until : limit;
}

void gb_due_queue(struct gb_core *core, struct gb_matter *matter, int64_t at)
{
    matter->due.timer.key = matter->head.key;
    matter->due.timer.owner = matter;
    gb_heap_set(&core->due, &core->pool, &matter->due.timer, at);
}

void gb_due_plan(struct gb_core *core, struct gb_matter *matter)
{
    int64_t next = next_of(core, matter);
    int64_t before = gb_heap_at(&matter->due.timer);

    if (next != before) {
        gb_due_queue(core, matter, next);
        gb_object_touch(core, &matter->head);
    }
}

/* ---- falling due ---- */

/* {at, limit}, and how often for a reminder. */
static struct gb_str write_fallen(struct gb_core *core, const struct gb_matter *matter,
                                  enum gb_due_kind kind)
{
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    gb_jsonw_key_int(&w, GB_STR("at"), matter->due.at[kind]);
    gb_jsonw_key_str(&w, GB_STR("limit"), gb_due_word(kind));
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

/* Every report has been part of a matter of which it was told once more. */
static void count_telling(struct gb_matter *matter, bool is_supervised)
{
    int64_t urged = gb_due_urged(matter) + (is_supervised ? 0 : 1);
    int64_t supervised = gb_due_supervised(matter) + (is_supervised ? 1 : 0);

    for (uint32_t i = 0; i < matter->count; i++) {
        matter->reports[i]->fallen.urged = urged;
        matter->reports[i]->fallen.supervised = supervised;
    }
}

static void tell(struct gb_core *core, struct gb_matter *matter, enum gb_due_kind kind)
{
    bool is_supervised = kind == GB_DUE_SUPERVISE;
    struct gb_saying said = {
        .word = is_supervised ? GB_STR("supervised") : GB_STR("reminded"),
        .rule = gb_str_is(matter->due.rule) ? matter->due.rule : GB_STR("extension"),
        .evidence = write_fallen(core, matter, kind)};

    count_telling(matter, is_supervised);
    gb_matter_say(core, matter, &said);
}

static void act(struct gb_core *core, struct gb_matter *matter, enum gb_due_kind kind)
{
    switch (kind) {
    case GB_DUE_ACCEPT:
    case GB_DUE_REMIND:
    case GB_DUE_SUPERVISE:
        tell(core, matter, kind);
        break;
    case GB_DUE_HANDLE:
        gb_overlap_overdue(core, matter);
        break;
    case GB_DUE_HAND_OVER:
        gb_matter_touch(core, matter);
        gb_fold_touched(core, GB_STR("changed"));
        core->touched.count = 0;
        break;
    case GB_DUE_COUNT:
        break;
    }
}

static void mark(struct gb_core *core, struct gb_matter *matter, enum gb_due_kind kind,
                 int64_t now)
{
    for (uint32_t i = 0; i < matter->count; i++) {
        matter->reports[i]->fallen.at[kind] = now;
        gb_object_touch(core, &matter->reports[i]->head);
    }
    gb_object_touch(core, &matter->head);
}

static void fall(struct gb_core *core, struct gb_matter *matter)
{
    int64_t now = matter->due.timer.at;
    bool is_expired = gb_writeback_expire(core, matter, now);

    for (int k = 0; !is_expired && k < GB_DUE_COUNT; k++) {
        enum gb_due_kind kind = (enum gb_due_kind)k;

        if (is_ahead(matter, kind) && matter->due.at[kind] == now) {
            mark(core, matter, kind, now);
            act(core, matter, kind);
            break;
        }
    }
    gb_due_plan(core, matter);
}

void gb_due_fall(struct gb_core *core)
{
    const struct gb_timer *first = gb_heap_due(&core->due, core->clock);

    for (uint32_t i = 0; i < GB_DUE_TICK_MAX && first != NULL; i++) {
        fall(core, first->owner);
        first = gb_heap_due(&core->due, core->clock);
    }
}
