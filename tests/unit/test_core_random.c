/* Random scripts: the same outputs, rows and digest with any batch size and any restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_play.h"

#define T0 1700000000000
#define STEPS 70

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % below;
}

static void random_put(struct gb_cf_script *s, uint64_t *seed, int64_t column)
{
    static const char *const keys[] = {"0", "1", "2", "3"};
    static const char *const xrefs[2][4] = {
        {NULL, "party/matter/0", "party/matter/1", "party/matter/2"},
        {NULL, "grid/matter/0", "grid/matter/1", "grid/matter/2"}};
    static const char *const attachments[] = {NULL, NULL, "aa", "bb"};
    static const char *const states[] = {"0", "0", "1", "1", "x"};
    bool is_grid = draw(seed, 2) == 1;
    struct gb_cf_report r = {
        .source = is_grid ? "grid" : "party",
        .key = keys[draw(seed, 4)],
        .column = column - draw(seed, 3),
        .hash = keys[draw(seed, 4)],
        .state = states[draw(seed, 5)],
        .category = draw(seed, 4) == 0 ? "NY04" : "MS02",
        .occurred_at = T0 + (int64_t)draw(seed, 4) * 3600000,
        .reporter = draw(seed, 2) == 0 ? (is_grid ? "j1.g" : "j1.p") : NULL,
        .xref = xrefs[!is_grid][draw(seed, 4)],
        .attachment = attachments[draw(seed, 4)],
        .claims_lead = draw(seed, 2) == 0,
    };

    gb_cf_put(s, &r);
}

static void make_script(struct gb_cf_script *s, uint64_t seed)
{
    static const int64_t gaps[] = {1000, 60000, 3600000, (int64_t)80 * 3600000,
                                   (int64_t)20 * 86400000};
    static const char *const keys[] = {"0", "1", "2", "3"};
    int64_t clock = T0;

    gb_cf_begin(s);
    for (int64_t i = 0; i < STEPS; i++) {
        uint32_t dice = draw(&seed, 10);

        if (dice < 7) {
            random_put(s, &seed, i + 3);
            s->records[s->count - 1].bootstrap = draw(&seed, 5) == 0;
        } else if (dice < 8) {
            gb_cf_delete(s, draw(&seed, 2) == 0 ? "grid" : "party", keys[draw(&seed, 4)]);
        } else {
            clock += gaps[draw(&seed, 5)];
            gb_cf_tick(s, clock);
        }
    }
    gb_cf_tick(s, clock + 3600000);
}

static void batches_and_restarts(void **state)
{
    static const uint32_t sizes[][2] = {{7, 0}, {1000, 0}, {1, 1}, {1000, 5}};

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct gb_cf_script s;
        struct gb_cf_run base;

        make_script(&s, seed);
        gb_cf_play(&s, 1, 0, &base);
        assert_true(base.is_balanced);
        for (size_t i = 0; i < GB_COUNT(sizes); i++) {
            struct gb_cf_run run;

            gb_cf_play(&s, sizes[i][0], sizes[i][1], &run);
            gb_cf_same(&base, &run);
            gb_cf_end(&run);
        }
        gb_cf_end(&base);
        gb_arena_close(&s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_and_restarts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
