/* The heap of limits ahead, and what a tick takes from it (due.h). */
#include "base/jsonw.h"
#include "core/due.h"
#include "core/ruling.h"
#include "core/state.h"

/* ---- the heap: a binary one by (next_at, id), slots from 1 ---- */

static bool is_before(const struct gb_matter *a, const struct gb_matter *b)
{
    if (a->due.next_at != b->due.next_at) {
        return a->due.next_at < b->due.next_at;
    }
    return gb_str_cmp(a->head.key, b->head.key) < 0;
}

static struct gb_matter **at(struct gb_core *core, uint32_t slot)
{
    return &core->due_heap[slot - 1];
}

static void place(struct gb_core *core, uint32_t slot, struct gb_matter *matter)
{
    *at(core, slot) = matter;
    matter->due.slot = slot;
}

static void rise(struct gb_core *core, struct gb_matter *matter)
{
    uint32_t slot = matter->due.slot;

    while (slot > 1 && is_before(matter, *at(core, slot / 2))) {
        place(core, slot, *at(core, slot / 2));
        slot /= 2;
    }
    place(core, slot, matter);
}

static void sink(struct gb_core *core, struct gb_matter *matter)
{
    uint32_t slot = matter->due.slot;

    while (slot * 2 <= core->due_count) {
        uint32_t child = slot * 2;

        if (child < core->due_count && is_before(*at(core, child + 1), *at(core, child))) {
            child++;
        }
        if (!is_before(*at(core, child), matter)) {
            break;
        }
        place(core, slot, *at(core, child));
        slot = child;
    }
    place(core, slot, matter);
}

static void grow(struct gb_core *core)
{
    uint32_t size = core->due_size == 0 ? 64 : core->due_size * 2;
    struct gb_matter **heap = gb_pool_take(&core->pool, size * sizeof(heap[0]));

    if (core->due_heap != NULL) {
        memcpy(heap, core->due_heap, core->due_count * sizeof(heap[0]));
        gb_pool_give(&core->pool, core->due_heap, core->due_size * sizeof(heap[0]));
    }
    core->due_heap = heap;
    core->due_size = size;
}

static void take_out(struct gb_core *core, struct gb_matter *matter)
{
    uint32_t slot = matter->due.slot;
    struct gb_matter *last = *at(core, core->due_count--);

    matter->due.slot = 0;
    if (last != matter) {
        place(core, slot, last);
        rise(core, last);
        sink(core, last);
    }
}

void gb_due_queue(struct gb_core *core, struct gb_matter *matter, int64_t next_at)
{
    if (next_at == INT64_MAX) {
        if (matter->due.slot > 0) {
            take_out(core, matter);
        }
        return;
    }
    matter->due.next_at = next_at;
    if (matter->due.slot == 0) {
        if (core->due_count == core->due_size) {
            grow(core);
        }
        place(core, ++core->due_count, matter);
    }
    rise(core, matter);
    sink(core, matter);
}

/* ---- what is ahead ---- */

/* A first load alone misses nothing. */
static bool is_live(const struct gb_core *core, const struct gb_matter *matter)
{
    bool is_any = false;

    for (uint32_t i = 0; i < matter->count; i++) {
        is_any = is_any || !matter->reports[i]->is_bootstrap;
    }
    return is_any || gb_ruling_lead(core, matter) != NULL ||
           gb_ruling_extension(core, matter) != NULL;
}

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
static int64_t next_of(const struct gb_core *core, const struct gb_matter *matter)
{
    int64_t next = INT64_MAX;

    if (matter->count == 0 || gb_matter_is_over(matter) || !is_live(core, matter)) {
        return next;
    }
    for (int kind = 0; kind < GB_DUE_COUNT; kind++) {
        if (is_ahead(matter, (enum gb_due_kind)kind) && matter->due.at[kind] < next) {
            next = matter->due.at[kind];
        }
    }
    return next;
}

void gb_due_plan(struct gb_core *core, struct gb_matter *matter)
{
    int64_t next = next_of(core, matter);
    int64_t before = matter->due.slot > 0 ? matter->due.next_at : INT64_MAX;

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

static void tell(struct gb_core *core, struct gb_matter *matter, enum gb_due_kind kind)
{
    bool is_supervised = kind == GB_DUE_SUPERVISE;
    struct gb_saying said = {
        .word = is_supervised ? GB_STR("supervised") : GB_STR("reminded"),
        .rule = gb_str_is(matter->due.rule) ? matter->due.rule : GB_STR("extension"),
        .evidence = write_fallen(core, matter, kind)};

    matter->due.urged += is_supervised ? 0 : 1;
    matter->due.supervised += is_supervised ? 1 : 0;
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

static void fall(struct gb_core *core, struct gb_matter *matter)
{
    int64_t now = matter->due.next_at;

    for (int k = 0; k < GB_DUE_COUNT; k++) {
        enum gb_due_kind kind = (enum gb_due_kind)k;

        if (is_ahead(matter, kind) && matter->due.at[kind] == now) {
            matter->due.fired[kind] = now;
            gb_object_touch(core, &matter->head);
            act(core, matter, kind);
            break;
        }
    }
    gb_due_plan(core, matter);
}

void gb_due_fall(struct gb_core *core)
{
    for (uint32_t i = 0; i < GB_DUE_TICK_MAX && core->due_count > 0; i++) {
        struct gb_matter *first = *at(core, 1);

        if (first->due.next_at > core->clock) {
            break;
        }
        fall(core, first);
    }
}
