/* Many limits at once: a tick's work is bounded and does not hang on how many are ahead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "core_times.h"
#include "core/state.h"

struct many {
    struct gb_cf_script script; /* a tick, the activation, a report, a tick */
    struct gb_core *core;
    struct gb_arena arena;
    int64_t n;
    uint32_t told;
};

static void step(struct many *m, struct gb_record rec)
{
    struct gb_step s = {.arena = &m->arena, .index = (uint64_t)m->n};

    rec.n = m->n++;
    gb_core_step(m->core, &rec, &s);
    m->told = s.outputs_count;
    gb_arena_reset(&m->arena);
}

static void begin_many(struct many *m)
{
    *m = (struct many){.core = gb_core_new(0)};
    gb_arena_init(&m->arena, (size_t)1 << 28);
    ct_begin(&m->script, ct_policy());
    ct_put(&m->script, "grid", "7", "0");
    gb_core_offer_policy(m->core, ct_policy());
    for (uint32_t i = 0; i < 2; i++) {
        step(m, m->script.records[i]);
    }
}

static void end_many(struct many *m)
{
    gb_core_free(m->core);
    gb_arena_close(&m->arena);
    gb_arena_close(&m->script.arena);
}

static void tick_many(struct many *m, int64_t clock)
{
    gb_cf_tick(&m->script, clock);
    step(m, m->script.records[--m->script.count]);
}

/* A tick's work is bounded: what is left falls due at the next one. */
static void a_flood_is_caught_up_over_ticks(void **state)
{
    struct many m;
    uint32_t told = 0;

    (void)state;
    begin_many(&m);
    for (uint32_t i = 0; i < GB_DUE_TICK_MAX + 10; i++) {
        struct gb_record rec = m.script.records[2];
        struct gb_arena keys;

        gb_arena_init(&keys, 1 << 12);
        rec.key = gb_arena_printf(&keys, "k%u", i);
        rec.src.offset = i;
        step(&m, rec);
        gb_arena_close(&keys);
    }
    tick_many(&m, T0 + HOUR); /* each has its first reminder: a change and a state */
    told = m.told;
    assert_int_equal(told, 2 * GB_DUE_TICK_MAX);
    tick_many(&m, T0 + HOUR + 1);
    assert_int_equal(m.told, 2 * 10);
    tick_many(&m, T0 + HOUR + 2);
    assert_int_equal(m.told, 0);
    end_many(&m);
}

/* CPU seconds of so many ticks within one hour; the least of some tries. */
static double seconds_of_ticks(struct many *m, int64_t *now)
{
    double least = 1e9;

    for (int try = 0; try < 7; try++) {
        clock_t begin = clock();
        double seconds;

        for (int i = 0; i < 2000; i++) {
            tick_many(m, ++*now);
        }
        seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        least = seconds < least ? seconds : least;
    }
    return least;
}

/* 100,000 limits ahead cost a tick nothing that can be measured: their number does not matter. */
static void open_limits_cost_a_tick_nothing(void **state)
{
    struct many none;
    struct many full;
    int64_t clock_none = T0;
    int64_t clock_full = T0;
    double without;
    double with;

    (void)state;
    begin_many(&none);
    begin_many(&full);
    for (uint32_t i = 0; i < 100000; i++) {
        char id[16];
        struct gb_matter *matter;

        (void)snprintf(id, sizeof(id), "m%u", i * 7919 % 100000);
        matter = gb_matter_get(full.core, gb_str_of(id));
        matter->head.is_stub = false;
        gb_due_queue(full.core, matter, T0 + 4 * HOUR + (int64_t)(i * 104729U % 1000003U));
    }
    assert_int_equal(full.core->due.count, 100000);
    without = seconds_of_ticks(&none, &clock_none);
    with = seconds_of_ticks(&full, &clock_full);
    print_message("ticks: %.0f ns without limits, %.0f ns with 100,000\n", without * 5e5,
                  with * 5e5);
    assert_true(with < without * 2);
    end_many(&none);
    end_many(&full);
}

/* Whatever is put in, moved and taken out, the heap gives the least time first, then the least
 * id. */
static void the_heap_is_in_total_order(void **state)
{
    struct many m;
    uint32_t seed = 7;
    int64_t last_at = 0;
    char last_id[16] = "";
    uint32_t left;

    (void)state;
    begin_many(&m);
    for (int i = 0; i < 5000; i++) {
        char id[16];
        struct gb_matter *matter;

        (void)snprintf(id, sizeof(id), "m%03u", ct_random(&seed) % 700);
        matter = gb_matter_get(m.core, gb_str_of(id));
        gb_due_queue(m.core, matter,
                     ct_random(&seed) % 4 == 0 ? INT64_MAX : ct_random(&seed) % 50);
    }
    left = m.core->due.count;
    assert_in_range(left, 300, 700);
    for (; left > 0; left--) {
        struct gb_matter *first = m.core->due.items[0]->owner;

        assert_int_equal(m.core->due.count, left);
        assert_true(first->due.timer.at > last_at ||
                    (first->due.timer.at == last_at && strcmp(first->head.key.ptr, last_id) > 0));
        last_at = first->due.timer.at;
        (void)snprintf(last_id, sizeof(last_id), "%.*s", GB_STR_ARG(first->head.key));
        gb_due_queue(m.core, first, INT64_MAX);
    }
    end_many(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_caught_up_over_ticks),
        cmocka_unit_test(open_limits_cost_a_tick_nothing),
        cmocka_unit_test(the_heap_is_in_total_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
