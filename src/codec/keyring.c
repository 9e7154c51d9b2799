/* Key files, read and written. */
#include "codec/keyring.h"

struct words {
    struct gb_str items[6];
    uint32_t count;
};

static struct words split(struct gb_str line)
{
    struct words words = {.count = 0};
    size_t at = 0;

    while (at < line.len && words.count < GB_COUNT(words.items)) {
        size_t from = at;

        while (at < line.len && line.ptr[at] != ' ') {
            at++;
        }
        if (at > from) {
            words.items[words.count++] = (struct gb_str){line.ptr + from, at - from};
        }
        at += at < line.len ? 1 : 0;
    }
    return words;
}

static bool is_day(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_dash = i == 4 || i == 7;

        if (is_dash ? text.ptr[i] != '-' : text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len == 10;
}

/* A letter and a number from 1 to 99999. */
static bool is_id(struct gb_str text, char letter)
{
    bool fits = text.len >= 2 && text.len <= 6 && text.ptr[0] == letter && text.ptr[1] != '0';

    for (size_t i = 1; i < text.len && fits; i++) {
        fits = text.ptr[i] >= '0' && text.ptr[i] <= '9';
    }
    return fits;
}

static bool read_line(struct gb_arena *arena, struct gb_str line, char letter,
                      struct gb_key *key)
{
    struct words words = split(line);
    uint8_t *bytes = gb_arena_take(arena, GB_KEY_LEN);
    uint32_t at = 0;

    *key = (struct gb_key){.id = gb_arena_printf(arena, "%c1", letter), .alg = GB_SHA256};
    if (words.count > 1 || (words.count == 1 && words.items[0].len != 2 * (size_t)GB_KEY_LEN)) {
        if (!is_id(words.items[at], letter)) {
            return false;
        }
        key->id = gb_arena_str(arena, words.items[at++]);
    }
    if (at < words.count && (gb_str_eq(words.items[at], GB_STR("sm3")) ||
                             gb_str_eq(words.items[at], GB_STR("sha256")))) {
        key->alg = words.items[at++].len == 3 ? GB_SM3 : GB_SHA256;
    }
    if (at == words.count || !gb_unhex(bytes, GB_KEY_LEN, words.items[at++])) {
        return false;
    }
    key->bytes = (struct gb_str){(const char *)bytes, GB_KEY_LEN};
    if (at == words.count) {
        return true;
    }
    if (at + 2 != words.count || !gb_str_eq(words.items[at], GB_STR("until")) ||
        !is_day(words.items[at + 1])) {
        return false;
    }
    key->until = gb_arena_str(arena, words.items[at + 1]);
    return true;
}

static uint32_t number_of(struct gb_str id)
{
    uint32_t number = 0;

    for (size_t i = 1; i < id.len; i++) {
        number = number * 10 + (uint32_t)(id.ptr[i] - '0');
    }
    return number;
}

enum gb_status gb_keyring_read(struct gb_arena *arena, struct gb_str text, char letter,
                               struct gb_keyring *ring, struct gb_err *err)
{
    struct gb_keyring made = {.count = 0};
    uint32_t number = 0;

    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct gb_str line = {text.ptr, end != NULL ? (size_t)(end - text.ptr) : text.len};
        size_t taken = line.len + (end != NULL ? 1 : 0);

        text = (struct gb_str){text.ptr + taken, text.len - taken};
        number++;
        if (line.len == 0) {
            continue;
        }
        if (made.count == GB_KEYS_MAX ||
            !read_line(arena, line, letter, &made.items[made.count]) ||
            gb_str_is(made.items[made.count].until) != (made.count > 0)) {
            return gb_fail(err, GB_BAD_CONFIG,
                           "line %u: expected %s \"%cN [sm3] HEX%s\" with 64 hex digits", number,
                           made.count == GB_KEYS_MAX ? "no more keys, each" : "a key,", letter,
                           made.count > 0 ? " until YYYY-MM-DD" : "");
        }
        made.count++;
    }
    if (made.count == 0) {
        return gb_fail(err, GB_BAD_CONFIG, "line 1: expected a key of 64 hex digits");
    }
    for (uint32_t i = 1; i < made.count; i++) {
        if (number_of(made.items[i].id) >= number_of(made.items[i - 1].id)) {
            return gb_fail(err, GB_BAD_CONFIG,
                           "expected the newest key first: %.*s stands behind %.*s",
                           GB_STR_ARG(made.items[i].id), GB_STR_ARG(made.items[i - 1].id));
        }
    }
    *ring = made;
    return GB_OK;
}

void gb_keyring_expire(struct gb_keyring *ring, struct gb_str today)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < ring->count; i++) {
        if (i == 0 || gb_str_cmp(ring->items[i].until, today) >= 0) {
            ring->items[kept++] = ring->items[i];
        }
    }
    ring->count = kept;
}

struct gb_str gb_keyring_next_id(struct gb_arena *arena, const struct gb_keyring *ring,
                                 char letter)
{
    return gb_arena_printf(arena, "%c%u", letter, number_of(ring->items[0].id) + 1);
}

enum gb_status gb_keyring_rotate(struct gb_arena *arena, struct gb_keyring *ring,
                                 const struct gb_key *fresh, struct gb_str until,
                                 struct gb_err *err)
{
    if (ring->count == GB_KEYS_MAX) {
        return gb_fail(err, GB_BAD_CONFIG, "%u keys are known: wait for an overlap to end",
                       ring->count);
    }
    if (!is_id(fresh->id, fresh->id.ptr[0])) {
        return gb_fail(err, GB_BAD_CONFIG, "%.*s is the last number: begin with a new file",
                       GB_STR_ARG(ring->items[0].id));
    }
    for (uint32_t i = ring->count; i > 0; i--) {
        ring->items[i] = ring->items[i - 1];
    }
    ring->items[1].until = gb_arena_str(arena, until);
    ring->items[0] = (struct gb_key){.id = gb_arena_str(arena, fresh->id),
                                     .alg = fresh->alg,
                                     .bytes = gb_arena_str(arena, fresh->bytes)};
    ring->count++;
    return GB_OK;
}

void gb_keyring_write(struct gb_buf *out, const struct gb_keyring *ring)
{
    for (uint32_t i = 0; i < ring->count; i++) {
        const struct gb_key *key = &ring->items[i];
        char hex[2 * GB_KEY_LEN];

        GB_CHECK(key->bytes.len == GB_KEY_LEN);
        gb_hex(hex, (const uint8_t *)key->bytes.ptr, GB_KEY_LEN);
        gb_buf_printf(out, "%.*s %s %.*s", GB_STR_ARG(key->id), gb_hash_alg_word(key->alg),
                      (int)sizeof(hex), hex);
        if (gb_str_is(key->until)) {
            gb_buf_printf(out, " until %.*s", GB_STR_ARG(key->until));
        }
        gb_buf_add_char(out, '\n');
    }
}

struct gb_str gb_pseudonym(struct gb_arena *arena, const struct gb_key *key, struct gb_str plain)
{
    struct gb_hash hash = gb_hmac(key->alg, key->bytes, plain);

    return GB_JOIN(arena, key->id, GB_STR("."), gb_base32(arena, hash.bytes, 16));
}
