/* Key files: what they may say, rotation, what a pseudonym looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/keyring.h"

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void reads(void **state)
{
    struct gb_arena arena;
    struct gb_keyring ring;
    struct gb_err err = {.status = GB_OK, .text = ""};

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(gb_keyring_read(&arena, GB_STR(HEX_A), 'j', &ring, &err), GB_OK);
    assert_int_equal(ring.count, 1);
    assert_true(gb_str_eq(ring.items[0].id, GB_STR("j1")) && ring.items[0].alg == GB_SHA256);
    assert_int_equal(gb_keyring_read(&arena,
                                     GB_STR("j2 sm3 " HEX_B "\nj1 " HEX_A " until 2026-12-25\n"),
                                     'j', &ring, &err),
                     GB_OK);
    assert_int_equal(ring.count, 2);
    assert_int_equal(ring.items[0].alg, GB_SM3);
    assert_true(gb_str_eq(ring.items[1].until, GB_STR("2026-12-25")));
    gb_keyring_expire(&ring, GB_STR("2026-12-25"));
    assert_int_equal(ring.count, 2);
    gb_keyring_expire(&ring, GB_STR("2026-12-26"));
    assert_int_equal(ring.count, 1);
    gb_arena_close(&arena);
}

static void refuses_and_keeps_quiet(void **state)
{
    static const char *const bad[] = {
        "", "\n", "abc", HEX_A "0", "p1 " HEX_A, "j " HEX_A, "j01 " HEX_A, "j1x " HEX_A,
        "j1 md5 " HEX_A, "j1 sm3", HEX_A " until 2026-12-25", "j2 " HEX_B "\nj1 " HEX_A,
        "j2 " HEX_B "\nj1 " HEX_A " until tomorrow", "j1 " HEX_B "\nj1 " HEX_A " until 2026-12-25",
        "j1 " HEX_A " extra",
    };
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(bad); i++) {
        struct gb_keyring ring = {.count = 77};
        struct gb_err err = {.status = GB_OK, .text = ""};

        if (gb_keyring_read(&arena, gb_str_of(bad[i]), 'j', &ring, &err) != GB_BAD_CONFIG ||
            ring.count != 77 || strstr(err.text, "112233") != NULL) {
            fail_msg("case %zu: %s", i, err.text);
        }
    }
    gb_arena_close(&arena);
}

static void rotates(void **state)
{
    struct gb_arena arena;
    struct gb_keyring ring, again;
    struct gb_buf out = {0};
    struct gb_err err = {.status = GB_OK, .text = ""};
    uint8_t bytes[GB_KEY_LEN] = {0xFF, 0x11, 0x22};
    struct gb_key fresh = {.alg = GB_SM3, .bytes = {(const char *)bytes, sizeof(bytes)}};

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(gb_keyring_read(&arena, GB_STR("j9 " HEX_A), 'j', &ring, &err), GB_OK);
    fresh.id = gb_keyring_next_id(&arena, &ring, 'j');
    assert_true(gb_str_eq(fresh.id, GB_STR("j10")));
    assert_int_equal(gb_keyring_rotate(&arena, &ring, &fresh, GB_STR("2026-12-25"), &err), GB_OK);
    gb_keyring_write(&out, &ring);
    assert_int_equal(gb_keyring_read(&arena, gb_buf_str(&out), 'j', &again, &err), GB_OK);
    assert_int_equal(again.count, 2);
    assert_true(gb_str_eq(again.items[0].id, GB_STR("j10")) && again.items[0].alg == GB_SM3);
    assert_true(gb_str_eq(again.items[0].bytes, fresh.bytes));
    assert_true(gb_str_eq(again.items[1].id, GB_STR("j9")));
    ring.count = GB_KEYS_MAX;
    assert_int_equal(gb_keyring_rotate(&arena, &ring, &fresh, GB_STR("2026-12-25"), &err),
                     GB_BAD_CONFIG);
    gb_buf_close(&out);
    gb_arena_close(&arena);
}

/* RFC 4231 test case 2 for the HMAC; the rest is base32 of its first half. */
static void makes_pseudonyms(void **state)
{
    struct gb_arena arena;
    struct gb_keyring ring;
    struct gb_err err = {.status = GB_OK, .text = ""};

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    struct gb_key jefe = {.id = GB_STR("p3"), .alg = GB_SHA256, .bytes = GB_STR("Jefe")};
    struct gb_str made = gb_pseudonym(&arena, &jefe, GB_STR("what do ya want for nothing?"));

    /* 5bdcc146bf60754e6a042426089575c7 */
    assert_true(gb_str_eq(made, GB_STR("p3.lpomcrv7mb2u42qeeqtarflvy4")));
    assert_int_equal(gb_keyring_read(&arena, GB_STR("j1 sm3 " HEX_A), 'j', &ring, &err), GB_OK);
    struct gb_str by_sm3 = gb_pseudonym(&arena, &ring.items[0], GB_STR("x"));

    ring.items[0].alg = GB_SHA256;
    assert_false(gb_str_eq(by_sm3, gb_pseudonym(&arena, &ring.items[0], GB_STR("x"))));
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads), cmocka_unit_test(refuses_and_keeps_quiet),
        cmocka_unit_test(rotates), cmocka_unit_test(makes_pseudonyms)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
