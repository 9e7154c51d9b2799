/* The merkle frontier against known roots and a naive recursive tree (RFC 6962 section 2.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/merkle.h"

#define LEAVES_MAX 70

/* The tree of the Certificate Transparency reference tests. */
static const struct gb_str inputs[8] = {
    {"", 0},         {"\x00", 1},
    {"\x10", 1},     {"\x20\x21", 2},
    {"\x30\x31", 2}, {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};
static const char *const roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void test_known_roots(void **state)
{
    struct gb_merkle tree;

    (void)state;
    gb_merkle_init(&tree, GB_SHA256);
    for (size_t i = 0; i < 9; i++) {
        struct gb_hash root = gb_merkle_root(&tree);
        char hex[65] = {0};

        gb_hex(hex, root.bytes, GB_HASH_LEN);
        assert_string_equal(hex, roots[i]);
        if (i < 8) {
            struct gb_hash leaf = gb_merkle_leaf(GB_SHA256, inputs[i]);

            gb_merkle_add(&tree, &leaf);
        }
    }
}

/* MTH of the standard, by its words. */
static struct gb_hash naive(enum gb_hash_alg alg, const struct gb_hash *leaves, size_t count)
{
    struct gb_hash sides[2];
    size_t split = 1;

    if (count == 0) {
        return gb_hash_of(alg, GB_STR(""));
    }
    if (count == 1) {
        return leaves[0];
    }
    while (split * 2 < count) {
        split *= 2;
    }
    sides[0] = naive(alg, leaves, split);
    sides[1] = naive(alg, leaves + split, count - split);
    return gb_hash_parts(
        alg, (struct gb_str[]){{"\1", 1}, {(const char *)sides, sizeof(sides)}}, 2);
}

static void check_counts(enum gb_hash_alg alg)
{
    struct gb_hash leaves[LEAVES_MAX + 1];
    struct gb_merkle tree;

    gb_merkle_init(&tree, alg);
    for (size_t count = 0; count <= LEAVES_MAX; count++) {
        struct gb_hash want = naive(alg, leaves, count);
        struct gb_hash got = gb_merkle_root(&tree);
        struct gb_str frontier = gb_merkle_frontier(&tree);
        struct gb_merkle back;
        char line[16];
        int len = snprintf(line, sizeof(line), "line %zu", count);

        assert_memory_equal(&got, &want, sizeof(got));
        gb_merkle_init(&back, alg);
        assert_true(gb_merkle_restore(&back, count, frontier));
        leaves[count] = gb_merkle_leaf(alg, (struct gb_str){line, (size_t)len});
        gb_merkle_add(&back, &leaves[count]);
        gb_merkle_add(&tree, &leaves[count]);
        got = gb_merkle_root(&back);
        want = gb_merkle_root(&tree);
        assert_memory_equal(&got, &want, sizeof(got));
    }
}

static void test_every_count_equals_the_naive_tree(void **state)
{
    (void)state;
    check_counts(GB_SHA256);
    check_counts(GB_SM3);
}

static void test_restore_refuses_other_lengths(void **state)
{
    static const char bytes[64 * GB_HASH_LEN];
    struct gb_merkle tree;

    (void)state;
    gb_merkle_init(&tree, GB_SHA256);
    assert_true(gb_merkle_restore(&tree, 3, (struct gb_str){bytes, 64}));
    assert_false(gb_merkle_restore(&tree, 4, (struct gb_str){bytes, 64}));
    assert_false(gb_merkle_restore(&tree, 3, (struct gb_str){bytes, 63}));
    assert_false(gb_merkle_restore(&tree, UINT64_MAX, (struct gb_str){bytes, sizeof(bytes)}));
    assert_int_equal(tree.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_roots),
        cmocka_unit_test(test_every_count_equals_the_naive_tree),
        cmocka_unit_test(test_restore_refuses_other_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
