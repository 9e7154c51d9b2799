/* The map under random operations against a plain table of what it should hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"
#include "dies.h"

#define KEYS 400

static char names[KEYS][8];
static int values[KEYS];

static struct gb_str key_of(size_t i)
{
    return gb_str_of(names[i]);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void count_one(void *value, void *context)
{
    size_t *counts = context;

    counts[(int *)value - values]++;
}

static void check_all(const struct gb_map *map, void *const *model)
{
    size_t counts[KEYS] = {0};
    size_t count = 0;

    gb_map_each(map, count_one, counts);
    for (size_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(gb_map_get(map, key_of(i)), model[i]);
        assert_int_equal(counts[i], model[i] != NULL);
        count += model[i] != NULL;
    }
    assert_int_equal(map->count, count);
}

/* Phases of mostly puts and mostly takes: full and nearly empty tables both occur. */
static void run_seed(uint64_t seed)
{
    struct gb_map map = {0};
    void *model[KEYS] = {0};

    for (int step = 0; step < 6000; step++) {
        size_t i = next_random(&seed) % KEYS;
        bool put = next_random(&seed) % 10 < (step / 1000 % 2 == 0 ? 8U : 2U);

        if (put) {
            assert_ptr_equal(gb_map_put(&map, key_of(i), &values[i]), model[i]);
            model[i] = &values[i];
        } else {
            assert_ptr_equal(gb_map_take(&map, key_of(i)), model[i]);
            model[i] = NULL;
        }
        if (step % 50 == 0) {
            check_all(&map, model);
        }
    }
    check_all(&map, model);
    gb_map_close(&map);
    assert_null(map.slots);
}

static void test_random_operations(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run_seed(seed * 0x9e3779b97f4a7c15U);
    }
}

/* A table at its fullest has long runs; whichever entry leaves, all others are still found. */
static void test_deletion_shifts_back(void **state)
{
    (void)state;
    for (size_t gone = 0; gone < 12; gone++) {
        struct gb_map map = {0};
        void *model[KEYS] = {0};

        for (size_t i = 0; i < 12; i++) {
            (void)gb_map_put(&map, key_of(i), &values[i]);
            model[i] = &values[i];
        }
        assert_int_equal(map.size, 16);
        assert_ptr_equal(gb_map_take(&map, key_of(gone)), &values[gone]);
        model[gone] = NULL;
        check_all(&map, model);
        gb_map_close(&map);
    }
}

static void test_empty_and_absent(void **state)
{
    struct gb_map map = {0};

    (void)state;
    assert_null(gb_map_get(&map, GB_STR("x")));
    assert_null(gb_map_take(&map, GB_STR("x")));
    assert_null(gb_map_put(&map, GB_STR(""), &values[0]));
    assert_ptr_equal(gb_map_put(&map, GB_STR(""), &values[1]), &values[0]);
    assert_ptr_equal(gb_map_get(&map, GB_STR("")), &values[1]);
    assert_null(gb_map_get(&map, GB_STR_NONE));
    gb_map_close(&map);
}

static void put_null(void)
{
    struct gb_map map = {0};

    (void)gb_map_put(&map, GB_STR("x"), NULL);
}

static void test_null_is_no_value(void **state)
{
    (void)state;
    assert_true(dies(put_null));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_deletion_shifts_back),
        cmocka_unit_test(test_empty_and_absent),
        cmocka_unit_test(test_null_is_no_value),
    };

    for (size_t i = 0; i < KEYS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "k%d", (int)i);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
