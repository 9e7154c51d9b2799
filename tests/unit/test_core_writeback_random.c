/* Random scripts of write-backs and their answers: the same with any batch size and any restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_told.h"

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % below;
}

static void anything(struct gb_cf_script *s, uint32_t *seed)
{
    static const char *const keys[] = {"1", "2", "3"};
    static const char *const refs[] = {NULL, "party/matter/1", "party/matter/2", "grid/matter/1",
                                       "grid/matter/2"};
    bool is_grid = draw(seed, 2) == 0;
    const char *key = keys[draw(seed, 3)];
    const char *ref = refs[is_grid ? draw(seed, 3) : draw(seed, 2) * (3 + draw(seed, 2))];

    switch (draw(seed, 10)) {
    case 0:
        gb_cf_tick(s, T0 + s->n * HOUR / 4);
        break;
    case 1:
        gb_cf_delete(s, is_grid ? "grid" : "party", key);
        break;
    case 2:
        s->modes = draw(seed, 3) == 0 ? "{\"grid\":\"shadow\",\"party\":\"live\"}" : LIVE;
        gb_cf_tick(s, T0 + s->n * HOUR / 4);
        break;
    case 3:
    case 4:
        if (cw_is_asked(s)) {
            cw_answer(s, draw(seed, 3) == 0 ? "refused" : "accepted",
                   draw(seed, 2) == 0 ? ",\"reason\":\"no\"" : ",\"key\":\"3\"");
            break;
        }
        /* fall through */
    default:
        cw_put(s, is_grid ? "grid" : "party", key, draw(seed, 2) == 0 ? "0" : "1", ref);
        s->records[s->count - 1].bootstrap = draw(seed, 12) == 0;
        break;
    }
}

/* Whatever happens, batches and restarts make no difference. */
static void any_script_gives_the_same_however_it_is_cut(void **state)
{
    static struct gb_cf_script s;
    uint32_t asked = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct gb_cf_run *run;
        uint32_t at = seed;

        cw_begin(&s, 1 + draw(&at, 3), 2);
        for (int i = 0; i < 30; i++) {
            anything(&s, &at);
        }
        run = cw_play(&s);
        asked += gb_cf_count(run, "gb.writeback.v1");
        gb_cf_finish(&s, run);
    }
    assert_true(asked > 100); /* else the scripts try nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_script_gives_the_same_however_it_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
