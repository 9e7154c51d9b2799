/* contradictory_state waits in a list sorted by the time when the contradiction began, so that a
 * tick costs nothing while nothing is due. */
#include "core/state.h"

static bool is_before(const struct gb_matter *a, const struct gb_matter *b)
{
    if (a->contradiction_since != b->contradiction_since) {
        return a->contradiction_since < b->contradiction_since;
    }
    return gb_str_cmp(a->head.key, b->head.key) < 0;
}

void gb_due_add(struct gb_core *core, struct gb_matter *matter)
{
    struct gb_matter *after = core->due_last;

    while (after != NULL && is_before(matter, after)) {
        after = after->due_prev;
    }
    matter->is_due_listed = true;
    matter->due_prev = after;
    matter->due_next = after != NULL ? after->due_next : core->due_first;
    if (after != NULL) {
        after->due_next = matter;
    } else {
        core->due_first = matter;
    }
    if (matter->due_next != NULL) {
        matter->due_next->due_prev = matter;
    } else {
        core->due_last = matter;
    }
}

void gb_due_drop(struct gb_core *core, struct gb_matter *matter)
{
    if (!matter->is_due_listed) {
        return;
    }
    if (matter->due_prev != NULL) {
        matter->due_prev->due_next = matter->due_next;
    } else {
        core->due_first = matter->due_next;
    }
    if (matter->due_next != NULL) {
        matter->due_next->due_prev = matter->due_prev;
    } else {
        core->due_last = matter->due_prev;
    }
    matter->is_due_listed = false;
    matter->due_prev = matter->due_next = NULL;
}

void gb_overlap_due(struct gb_core *core)
{
    int64_t after = core->policy != NULL ? core->policy->contradiction_after_ms : INT64_MAX;

    while (core->due_first != NULL && core->clock > core->due_first->contradiction_since &&
           core->clock - core->due_first->contradiction_since > after) {
        struct gb_matter *matter = core->due_first;
        struct gb_finding f = {.is_found = true, .is_open = true,
                            .rule = GB_STR("longer_than_allowed"),
                            .evidence = matter->fields.json[GB_FIELD_AT_BODIES]};

        gb_due_drop(core, matter);
        gb_overlap_apply(core, matter, GB_OVERLAP_CONTRADICTORY, &f);
    }
}
