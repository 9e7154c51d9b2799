/* Any bytes as a key file: what is read can be rotated, and is written and read back as the same. A
 * mistake never quotes the file. */
#include "base/check.h"
#include "codec/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rotate(struct gb_arena *arena, struct gb_keyring *ring)
{
    struct gb_key fresh = {.id = gb_keyring_next_id(arena, ring, 'j'),
                           .alg = GB_SM3,
                           .bytes = GB_STR("0123456789abcdef0123456789abcdef")};

    gb_keyring_expire(ring, GB_STR("2026-11-25"));
    if (gb_keyring_rotate(arena, ring, &fresh, GB_STR("2026-12-25"), NULL) == GB_OK) {
        GB_CHECK(ring->count >= 2 && gb_str_eq(ring->items[0].id, fresh.id));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_str text = {(const char *)data, size};
    struct gb_buf first = {0}, second = {0};
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_keyring ring, again;
    struct gb_arena arena;

    gb_arena_init(&arena, (size_t)16 << 20);
    if (gb_keyring_read(&arena, text, 'j', &ring, &err) == GB_OK) {
        GB_CHECK(ring.count > 0 && ring.count <= GB_KEYS_MAX);
        rotate(&arena, &ring);
        gb_keyring_write(&first, &ring);
        GB_CHECK(gb_keyring_read(&arena, gb_buf_str(&first), 'j', &again, &err) == GB_OK);
        gb_keyring_write(&second, &again);
        GB_CHECK(gb_str_eq(gb_buf_str(&first), gb_buf_str(&second)));
    } else {
        GB_CHECK(err.text[0] != '\0' && strstr(err.text, "c0ffee") == NULL);
    }
    gb_buf_close(&first);
    gb_buf_close(&second);
    gb_arena_close(&arena);
    return 0;
}
