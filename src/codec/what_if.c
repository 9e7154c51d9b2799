/* See the header. A matter may come out twice (what its reports say, then that its lead passes on):
 * the first change says what was before, the last what is after. */
#include "codec/what_if.h"

#include <stdlib.h>

#include "codec/json.h"

struct told {
    struct gb_str id, village;
    const struct gb_value *before, *after; /* leads; NULL: nobody */
    bool is_lead_told;
};

/* {"role","rule","unit"} or NULL as rule and post. */
static struct gb_str rule_of(const struct gb_value *lead)
{
    struct gb_str rule = gb_value_str(lead, GB_STR("rule"));

    return gb_str_is(rule) ? rule : GB_STR("nobody");
}

static struct gb_str post_of(struct gb_arena *arena, const struct gb_value *lead)
{
    struct gb_str role = gb_value_str(lead, GB_STR("role"));
    struct gb_str unit = gb_value_str(lead, GB_STR("unit"));

    if (!gb_str_is(role)) {
        return GB_STR("nobody");
    }
    return gb_str_is(unit) ? GB_JOIN(arena, role, GB_STR(":"), unit) : role;
}

static struct told *told_of(struct gb_what_if *w, struct gb_str id)
{
    struct told *told = gb_map_get(&w->matters, id);

    if (told == NULL) {
        told = gb_arena_take(w->arena, sizeof(*told));
        told->id = id;
        (void)gb_map_put(&w->matters, told->id, told);
    }
    return told;
}

static void add_change(struct gb_what_if *w, const struct gb_value *change)
{
    const struct gb_value *before = gb_value_get(change, GB_STR("before"));
    const struct gb_value *after = gb_value_get(change, GB_STR("after"));
    const struct gb_value *from = gb_value_get(before, GB_STR("lead"));
    const struct gb_value *to = gb_value_get(after, GB_STR("lead"));
    struct gb_str overlap = gb_value_str(change, GB_STR("overlap"));
    struct told *told;

    if (gb_str_is(overlap)) {
        enum gb_overlap_kind kind = gb_overlap_of(gb_value_str(change, GB_STR("kind")));
        bool is_open =
            gb_str_eq(gb_value_str(change, GB_STR("change")), GB_STR("overlap.opened"));

        if (kind < GB_OVERLAP_COUNT) {
            *(is_open ? &w->opened[kind] : &w->settled[kind]) += 1;
        }
        return;
    }
    if (!gb_str_is(gb_value_str(change, GB_STR("matter")))) {
        return; /* the answer to the redecide itself */
    }
    told = told_of(w, gb_value_str(change, GB_STR("matter")));
    if (from != NULL || to != NULL) {
        told->before = told->is_lead_told ? told->before : from;
        told->after = to;
        told->is_lead_told = true;
    }
}

static int by_what(const void *a, const void *b)
{
    const struct gb_what_if_row *x = a;
    const struct gb_what_if_row *y = b;
    int order = gb_str_cmp(x->village, y->village);

    order = order != 0 ? order : gb_str_cmp(x->rule_before, y->rule_before);
    order = order != 0 ? order : gb_str_cmp(x->rule_after, y->rule_after);
    order = order != 0 ? order : gb_str_cmp(x->lead_before, y->lead_before);
    return order != 0 ? order : gb_str_cmp(x->lead_after, y->lead_after);
}

static struct gb_what_if_row *row_like(struct gb_what_if *w, const struct gb_what_if_row *like)
{
    for (uint32_t i = 0; i < w->rows_count; i++) {
        if (by_what(&w->rows[i], like) == 0) {
            return &w->rows[i];
        }
    }
    if (w->rows_count == w->rows_size) {
        uint32_t size = w->rows_size == 0 ? 64 : w->rows_size * 2;
        struct gb_what_if_row *rows = gb_arena_take(w->arena, size * sizeof(rows[0]));

        if (w->rows_count > 0) {
            memcpy(rows, w->rows, w->rows_count * sizeof(rows[0]));
        }
        w->rows = rows;
        w->rows_size = size;
    }
    w->rows[w->rows_count] = *like;
    return &w->rows[w->rows_count++];
}

/* Keeps the least ids, whatever the order in which matters come. */
static void add_example(struct gb_what_if_row *row, struct gb_str id)
{
    for (uint32_t i = 0; i < GB_WHAT_IF_EXAMPLES; i++) {
        if (!gb_str_is(row->examples[i]) || gb_str_cmp(id, row->examples[i]) < 0) {
            struct gb_str moved = row->examples[i];

            row->examples[i] = id;
            id = moved;
        }
        if (!gb_str_is(id)) {
            return;
        }
    }
}

static void count_matter(void *value, void *context)
{
    struct gb_what_if *w = context;
    const struct told *told = value;
    const struct gb_what_if_row like = {.village = told->village,
                                        .rule_before = rule_of(told->before),
                                        .rule_after = rule_of(told->after),
                                        .lead_before = post_of(w->arena, told->before),
                                        .lead_after = post_of(w->arena, told->after)};
    struct gb_what_if_row *row;

    if (gb_str_eq(like.rule_before, like.rule_after) &&
        gb_str_eq(like.lead_before, like.lead_after)) {
        w->otherwise++;
        return;
    }
    row = row_like(w, &like);
    row->count++;
    add_example(row, told->id);
    w->led_otherwise++;
}

void gb_what_if_add(struct gb_what_if *what_if, const struct gb_output *outputs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct gb_output *output = &outputs[i];
        struct gb_value *value = gb_arena_take(what_if->arena, sizeof(*value));

        if (!gb_str_is(output->value) ||
            gb_json_parse(what_if->arena, output->value, value, NULL) != GB_OK) {
            continue;
        }
        if (output->topic == GB_TOPIC_CHANGE) {
            add_change(what_if, value);
        } else if (output->topic == GB_TOPIC_MATTER) {
            told_of(what_if, gb_value_str(value, GB_STR("id")))->village =
                gb_value_str(value, GB_STR("village"));
        }
    }
    gb_map_each(&what_if->matters, count_matter, what_if);
    gb_map_close(&what_if->matters);
    what_if->matters = (struct gb_map){0};
}

void gb_what_if_sort(struct gb_what_if *what_if)
{
    if (what_if->rows_count > 0) {
        qsort(what_if->rows, what_if->rows_count, sizeof(what_if->rows[0]), by_what);
    }
}
