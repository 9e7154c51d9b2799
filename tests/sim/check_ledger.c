/* B1: the ledger against the fake topic, byte for byte; leaves, tree and texts reckoned anew. */
#include <string.h>

#include "base/check.h"
#include "codec/record_json.h"
#include "sim/ledger.h"

#define DEPTH_MAX 40

/* Complete subtrees by falling size, as RFC 6962 grows them. */
struct tree {
    enum gb_hash_alg alg;
    uint32_t depth;
    uint64_t sizes[DEPTH_MAX];
    struct gb_hash roots[DEPTH_MAX];
};

static struct gb_hash node(enum gb_hash_alg alg, const struct gb_hash *left,
                           const struct gb_hash *right)
{
    struct gb_str parts[] = {GB_STR("\x01"), {(const char *)left->bytes, GB_HASH_LEN},
                             {(const char *)right->bytes, GB_HASH_LEN}};

    return gb_hash_parts(alg, parts, 3);
}

static void grow(struct tree *tree, const struct gb_hash *leaf)
{
    tree->sizes[tree->depth] = 1;
    tree->roots[tree->depth++] = *leaf;
    while (tree->depth > 1 && tree->sizes[tree->depth - 1] == tree->sizes[tree->depth - 2]) {
        tree->depth--;
        tree->roots[tree->depth - 1] =
            node(tree->alg, &tree->roots[tree->depth - 1], &tree->roots[tree->depth]);
        tree->sizes[tree->depth - 1] *= 2;
    }
}

static struct gb_hash root_of(const struct tree *tree)
{
    struct gb_hash root;

    if (tree->depth == 0) {
        return gb_hash_of(tree->alg, GB_STR(""));
    }
    root = tree->roots[tree->depth - 1];
    for (uint32_t i = tree->depth - 1; i > 0; i--) {
        root = node(tree->alg, &tree->roots[i - 1], &root);
    }
    return root;
}

static bool is_hash(const struct gb_hash *a, const void *bytes)
{
    return memcmp(a->bytes, bytes, GB_HASH_LEN) == 0;
}

static struct gb_hash leaf_of(enum gb_hash_alg alg, struct gb_str line)
{
    struct gb_str parts[] = {{"\0", 1}, line};

    return gb_hash_parts(alg, parts, 2);
}

/* One value of gb.intake into its lines. */
static void split(struct gb_str value, struct sim_line *line)
{
    const char *end = memchr(value.ptr, '\n', value.len);

    line->line = (struct gb_str){value.ptr, end != NULL ? (size_t)(end - value.ptr) : value.len};
    line->text = GB_STR_NONE;
    if (end != NULL) {
        line->text = (struct gb_str){end + 1, value.len - line->line.len - 1};
    }
}

/* Takes one line of a run of lines. */
static bool take_line(struct gb_str *rest, struct gb_str *line)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;

    if (end == NULL) {
        return false;
    }
    *line = (struct gb_str){rest->ptr, (size_t)(end - rest->ptr)};
    *rest = (struct gb_str){end + 1, rest->len - line->len - 1};
    return true;
}

static bool check_text(struct sim *sim, struct gb_str *texts, uint64_t index, struct gb_str text)
{
    struct gb_str stored;

    if (!gb_str_is(text)) {
        return true;
    }
    return take_line(texts, &stored) &&
           gb_str_eq(stored, gb_arena_printf(&sim->arena, "{\"index\":%llu,\"text\":%.*s}",
                                             (unsigned long long)index, GB_STR_ARG(text)));
}

static bool check_line(struct sim *sim, struct sim_ledger *ledger, const struct sim_chunk *chunk,
                       struct gb_str *rest, struct gb_str *texts)
{
    const struct sim_intake_log *log = &sim->intake[ledger->lane];
    struct sim_line *line = &ledger->lines[ledger->count];
    uint64_t within = ledger->count - chunk->from_index;
    int64_t offset = chunk->from_offset + (int64_t)within;
    struct gb_str stored;
    struct gb_err err;

    if (!take_line(rest, &stored) || offset >= (int64_t)log->count) {
        sim_fail(sim, SIM_INV_B1, "lane %u line %u: the chunk has no such line", ledger->lane,
                 ledger->count);
        return false;
    }
    split(log->records[offset].value, line);
    line->leaf = leaf_of(sim->pg[ledger->lane].row.alg, line->line);
    if (!gb_str_eq(stored, line->line) ||
        !is_hash(&line->leaf, chunk->leaves.ptr + within * GB_HASH_LEN) ||
        !check_text(sim, texts, ledger->count, line->text)) {
        sim_fail(sim, SIM_INV_B1, "lane %u line %u is not record %lld of gb.intake", ledger->lane,
                 ledger->count, (long long)offset);
        return false;
    }
    if (gb_record_read(&sim->arena, line->line, line->text, &line->record, &err) != GB_OK) {
        sim_fail(sim, SIM_INV_B1, "lane %u line %u: %s", ledger->lane, ledger->count, err.text);
        return false;
    }
    ledger->count++;
    return true;
}

static bool check_chunk(struct sim *sim, struct sim_ledger *ledger, const struct sim_chunk *chunk,
                        struct tree *tree)
{
    struct gb_str rest = chunk->body;
    struct gb_str texts = chunk->texts;
    struct gb_hash root = root_of(tree);

    if (!is_hash(&root, chunk->root_before.bytes) ||
        chunk->leaves.len != (chunk->to_index - chunk->from_index) * GB_HASH_LEN ||
        chunk->to_offset - chunk->from_offset != (int64_t)(chunk->to_index - chunk->from_index)) {
        sim_fail(sim, SIM_INV_B1, "lane %u chunk at %llu: root, leaves or offsets do not fit",
                 ledger->lane, (unsigned long long)chunk->from_index);
        return false;
    }
    while (ledger->count < chunk->to_index) {
        if (!check_line(sim, ledger, chunk, &rest, &texts)) {
            return false;
        }
        grow(tree, &ledger->lines[ledger->count - 1].leaf);
    }
    if (rest.len != 0 || texts.len != 0) {
        sim_fail(sim, SIM_INV_B1, "lane %u chunk at %llu: more lines or texts than records",
                 ledger->lane, (unsigned long long)chunk->from_index);
    }
    return rest.len == 0;
}

void sim_ledger_check(struct sim *sim, struct sim_ledger *ledger)
{
    const struct sim_pg_lane *pg = &sim->pg[ledger->lane];
    const struct gb_lane_row *row = &pg->row;
    struct tree tree = {.alg = row->alg};
    bool fits = true;

    ledger->lines = gb_arena_take(&sim->arena, (row->next_index + 1) * sizeof(ledger->lines[0]));
    for (uint32_t i = 0; i < pg->chunks_count && fits; i++) {
        fits = check_chunk(sim, ledger, pg->chunks[i], &tree);
    }
    if (!fits) {
        return;
    }
    fits = ledger->count == row->next_index && row->frontier.len == tree.depth * GB_HASH_LEN;
    for (uint32_t i = 0; i < tree.depth && fits; i++) {
        fits = is_hash(&tree.roots[i], row->frontier.ptr + i * GB_HASH_LEN);
    }
    fits = fits && (ledger->count == 0 ||
                    (row->has_last_hash && is_hash(&ledger->lines[ledger->count - 1].leaf,
                                                   row->last_hash.bytes)));
    if (!fits) {
        sim_fail(sim, SIM_INV_B1, "lane %u: head is not the fold of its %u lines", ledger->lane,
                 ledger->count);
    }
}
