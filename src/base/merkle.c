/* RFC 6962 tree by its frontier: adding a leaf merges equal subtrees like a binary counter. */
#include "base/merkle.h"

#include "base/check.h"

void gb_merkle_init(struct gb_merkle *tree, enum gb_hash_alg alg)
{
    *tree = (struct gb_merkle){.alg = alg};
}

struct gb_hash gb_merkle_leaf(enum gb_hash_alg alg, struct gb_str line)
{
    struct gb_str parts[2] = {{"\0", 1}, line};

    return gb_hash_parts(alg, parts, 2);
}

static struct gb_hash node_hash(enum gb_hash_alg alg, const struct gb_hash *left,
                                const struct gb_hash *right)
{
    struct gb_str parts[3] = {{"\1", 1},
                              {(const char *)left->bytes, GB_HASH_LEN},
                              {(const char *)right->bytes, GB_HASH_LEN}};

    return gb_hash_parts(alg, parts, 3);
}

void gb_merkle_add(struct gb_merkle *tree, const struct gb_hash *leaf)
{
    struct gb_hash hash = *leaf;

    for (uint64_t bits = tree->count; (bits & 1) != 0; bits >>= 1) {
        GB_CHECK(tree->depth > 0);
        tree->depth--;
        hash = node_hash(tree->alg, &tree->frontier[tree->depth], &hash);
    }
    GB_CHECK(tree->depth < GB_MERKLE_DEPTH_MAX);
    tree->frontier[tree->depth++] = hash;
    tree->count++;
}

struct gb_hash gb_merkle_root(const struct gb_merkle *tree)
{
    struct gb_hash hash;

    if (tree->depth == 0) {
        return gb_hash_of(tree->alg, GB_STR(""));
    }
    hash = tree->frontier[tree->depth - 1];
    for (uint32_t i = tree->depth - 1; i > 0; i--) {
        hash = node_hash(tree->alg, &tree->frontier[i - 1], &hash);
    }
    return hash;
}

bool gb_merkle_restore(struct gb_merkle *tree, uint64_t count, struct gb_str frontier)
{
    uint32_t depth = (uint32_t)__builtin_popcountll(count);

    if (depth > GB_MERKLE_DEPTH_MAX || frontier.len != (size_t)depth * GB_HASH_LEN) {
        return false;
    }
    tree->count = count;
    tree->depth = depth;
    if (frontier.len > 0) {
        memcpy(tree->frontier, frontier.ptr, frontier.len);
    }
    return true;
}

struct gb_str gb_merkle_frontier(const struct gb_merkle *tree)
{
    return (struct gb_str){(const char *)tree->frontier, (size_t)tree->depth * GB_HASH_LEN};
}
