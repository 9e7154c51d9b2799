/* Comparison of a chunk, in the order in which a reader would want to hear of a difference: the
 * ledger itself (leaves, root), then each output, then the state after it. */
#include "lane/replay_compare.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/jsonw.h"
#include "codec/json.h"
#include "lane/limits.h"

bool gb_replay_take_line(struct gb_str *rest, struct gb_str *line)
{
    const char *end;

    if (!gb_str_is(*rest) || rest->len == 0) {
        return false;
    }
    end = memchr(rest->ptr, '\n', rest->len);
    *line = (struct gb_str){rest->ptr, end != NULL ? (size_t)(end - rest->ptr) : rest->len};
    rest->ptr += line->len + (end != NULL);
    rest->len -= line->len + (end != NULL);
    return true;
}

struct gb_str gb_replay_text_of(struct gb_str *texts, uint64_t index)
{
    char head[64];
    struct gb_str rest = *texts;
    struct gb_str line;
    size_t len = (size_t)snprintf(head, sizeof(head), "{\"index\":%" PRIu64 ",\"text\":", index);

    if (!gb_replay_take_line(&rest, &line) || line.len < len + 1 ||
        memcmp(line.ptr, head, len) != 0) {
        return GB_STR_NONE;
    }
    *texts = rest;
    return (struct gb_str){line.ptr + len, line.len - len - 1};
}

struct gb_str gb_replay_header(const struct gb_message *message, struct gb_str name)
{
    for (uint32_t i = 0; i < message->headers_count; i++) {
        if (gb_str_eq(message->headers[i].name, name)) {
            return message->headers[i].value;
        }
    }
    return GB_STR_NONE;
}

static void put(char *to, size_t size, struct gb_str text)
{
    struct gb_str shown = gb_str_is(text) ? text : GB_STR("(none)");

    snprintf(to, size, "%.*s", (int)(shown.len < size ? shown.len : size - 1), shown.ptr);
}

static bool differs(struct gb_replay_difference *d, const char *field, struct gb_str stored,
                    struct gb_str computed)
{
    put(d->field, sizeof(d->field), gb_str_of(field));
    put(d->stored, sizeof(d->stored), stored);
    put(d->computed, sizeof(d->computed), computed);
    return false;
}

static bool same_bytes(struct gb_replay_difference *d, const char *field, struct gb_str stored,
                       struct gb_str computed)
{
    char hex_stored[2 * GB_HASH_LEN + 1] = "";
    char hex_computed[2 * GB_HASH_LEN + 1] = "";

    if (stored.len == computed.len &&
        (stored.len == 0 || memcmp(stored.ptr, computed.ptr, stored.len) == 0)) {
        return true;
    }
    if (stored.len == GB_HASH_LEN) {
        gb_hex(hex_stored, (const uint8_t *)stored.ptr, GB_HASH_LEN);
    } else {
        snprintf(hex_stored, sizeof(hex_stored), "%zu bytes", stored.len);
    }
    if (computed.len == GB_HASH_LEN) {
        gb_hex(hex_computed, (const uint8_t *)computed.ptr, GB_HASH_LEN);
    } else {
        snprintf(hex_computed, sizeof(hex_computed), "%zu bytes", computed.len);
    }
    return differs(d, field, gb_str_of(hex_stored), gb_str_of(hex_computed));
}

static struct gb_str hash_at(struct gb_str hashes, uint64_t at)
{
    return (at + 1) * GB_HASH_LEN <= hashes.len
               ? (struct gb_str){hashes.ptr + at * GB_HASH_LEN, GB_HASH_LEN}
               : GB_STR_NONE;
}

static struct gb_str bytes_of(const struct gb_hash *hash)
{
    return (struct gb_str){(const char *)hash->bytes, GB_HASH_LEN};
}

static bool compare_leaves(const struct gb_replay_chunk *chunk, const struct gb_commit *commit,
                           const struct gb_replay_span *span, struct gb_replay_difference *d)
{
    uint64_t count = chunk->to_index - chunk->from_index;

    d->ordinal = -1;
    d->index = chunk->from_index;
    if (chunk->leaves.len != count * GB_HASH_LEN) {
        return same_bytes(d, "leaves", chunk->leaves, commit->leaves);
    }
    for (uint64_t i = 0; i < count; i++) {
        d->index = chunk->from_index + i;
        if (d->index >= span->from && d->index < span->to &&
            !same_bytes(d, "leaf", hash_at(chunk->leaves, i), hash_at(commit->leaves, i))) {
            return false;
        }
    }
    d->index = chunk->from_index;
    return same_bytes(d, "root_before", chunk->root_before, bytes_of(&commit->root_before));
}

static struct gb_str as_json(struct gb_arena *arena, const struct gb_value *value)
{
    struct gb_buf buf = {0};
    struct gb_jsonw w;
    struct gb_str text;

    if (value == NULL) {
        return GB_STR_NONE;
    }
    gb_jsonw_init(&w, &buf);
    gb_jsonw_value(&w, value);
    text = gb_arena_str(arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    return text;
}

/* Where two values part. */
struct parting {
    struct gb_arena *arena;
    struct gb_str path;
    const struct gb_value *stored, *computed; /* NULL: no such member */
};

static bool both(const struct parting *at, enum gb_type type)
{
    return at->stored != NULL && at->computed != NULL && at->stored->type == type &&
           at->computed->type == type;
}

static struct gb_str longer(const struct parting *at, struct gb_str name)
{
    return at->path.len == 0 ? name
                             : gb_arena_printf(at->arena, "%.*s.%.*s", GB_STR_ARG(at->path),
                                               GB_STR_ARG(name));
}

/* One step down to the first member or item that differs; false at a leaf. */
static bool go_down(struct parting *at)
{
    if (both(at, GB_ARRAY) && at->stored->count == at->computed->count) {
        for (uint32_t i = 0; i < at->stored->count; i++) {
            if (!gb_value_eq(&at->stored->items[i], &at->computed->items[i])) {
                at->path = longer(at, gb_arena_printf(at->arena, "%" PRIu32, i));
                at->stored = &at->stored->items[i];
                at->computed = &at->computed->items[i];
                return true;
            }
        }
    }
    if (!both(at, GB_OBJECT)) {
        return false;
    }
    for (int side = 0; side < 2; side++) {
        const struct gb_value *object = side == 0 ? at->stored : at->computed;

        for (uint32_t i = 0; i < object->count; i++) {
            struct gb_str name = object->members[i].name;
            const struct gb_value *a = gb_value_get(at->stored, name);
            const struct gb_value *b = gb_value_get(at->computed, name);

            if (a == NULL || b == NULL || !gb_value_eq(a, b)) {
                at->path = longer(at, name);
                at->stored = a;
                at->computed = b;
                return true;
            }
        }
    }
    return false;
}

static bool name_output_field(struct gb_arena *arena, struct gb_str stored, struct gb_str computed,
                              struct gb_replay_difference *d)
{
    struct gb_value a;
    struct gb_value b;
    struct parting at = {arena, GB_STR(""), &a, &b};

    if (gb_json_parse(arena, stored, &a, NULL) != GB_OK ||
        gb_json_parse(arena, computed, &b, NULL) != GB_OK) {
        return differs(d, "output", stored, computed);
    }
    while (go_down(&at)) {
    }
    if (at.path.len == 0) {
        return differs(d, "output", stored, computed);
    }
    return differs(d, gb_arena_str(arena, at.path).ptr, as_json(arena, at.stored),
                   as_json(arena, at.computed));
}

/* Ledger index and ordinal of an outbox line, from its gb_pos "lane:index:ordinal". */
static void read_pos(struct gb_arena *arena, struct gb_str line, uint64_t *index, int64_t *ordinal)
{
    struct gb_value value;
    struct gb_str pos = GB_STR_NONE;
    uint64_t read_index;
    int64_t read_ordinal;

    if (gb_json_parse(arena, line, &value, NULL) == GB_OK) {
        pos = gb_value_str(&value, GB_STR("pos"));
    }
    if (gb_str_is(pos) && sscanf(gb_arena_str(arena, pos).ptr, "%*u:%" SCNu64 ":%" SCNd64,
                                 &read_index, &read_ordinal) == 2) {
        *index = read_index;
        *ordinal = read_ordinal;
    }
}

static bool compare_output(const struct gb_replay_chunk *chunk, struct gb_arena *arena,
                           struct gb_str stored, struct gb_str computed,
                           struct gb_replay_difference *d)
{
    if (!gb_str_is(chunk->outbox) ||
        (gb_str_is(stored) && gb_str_is(computed) && gb_str_eq(stored, computed))) {
        return true;
    }
    if (!gb_str_is(stored) || !gb_str_is(computed)) {
        return differs(d, "output", stored, computed);
    }
    return name_output_field(arena, stored, computed, d);
}

static bool compare_one(const struct gb_replay_chunk *chunk, const struct gb_commit *commit,
                        uint64_t at, struct gb_str lines[2], struct gb_replay_difference *d)
{
    struct gb_arena arena;
    bool is_same;

    gb_arena_init(&arena, GB_BATCH_ARENA_MAX);
    is_same = compare_output(chunk, &arena, lines[0], lines[1], d) &&
              same_bytes(d, "hash", hash_at(chunk->hashes, at), hash_at(commit->hashes, at));
    gb_arena_close(&arena);
    return is_same;
}

static bool compare_outputs(const struct gb_replay_chunk *chunk, const struct gb_commit *commit,
                            struct gb_replay_span *span, struct gb_replay_difference *d)
{
    struct gb_str rests[2] = {chunk->outbox, commit->outbox};
    struct gb_arena arena;
    bool is_same = true;

    gb_arena_init(&arena, GB_BATCH_ARENA_MAX);
    d->index = chunk->from_index;
    for (uint64_t at = 0; is_same; at++) {
        struct gb_str lines[2] = {GB_STR_NONE, GB_STR_NONE};
        bool has_stored = gb_replay_take_line(&rests[0], &lines[0]);
        bool has_computed = gb_replay_take_line(&rests[1], &lines[1]);

        if (!has_stored && !has_computed && !gb_str_is(hash_at(chunk->hashes, at))) {
            break;
        }
        gb_arena_reset(&arena);
        read_pos(&arena, has_computed ? lines[1] : lines[0], &d->index, &d->ordinal);
        if (d->index >= span->from && d->index < span->to) {
            is_same = compare_one(chunk, commit, at, lines, d);
            span->compared++;
        }
    }
    gb_arena_close(&arena);
    return is_same;
}

bool gb_replay_compare(const struct gb_replay_chunk *chunk, const struct gb_commit *commit,
                       struct gb_replay_span *span, struct gb_replay_difference *difference)
{
    memset(difference, 0, sizeof(*difference));
    span->compared = 0;
    if (!compare_leaves(chunk, commit, span, difference) ||
        !compare_outputs(chunk, commit, span, difference)) {
        return false;
    }
    difference->index = chunk->to_index - 1;
    difference->ordinal = -1;
    if (chunk->to_index > span->to) {
        return true;
    }
    return same_bytes(difference, "frontier", chunk->frontier, commit->after.frontier) &&
           same_bytes(difference, "state_digest", chunk->state_digest,
                      bytes_of(&commit->after.digest));
}
