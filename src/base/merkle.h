/* RFC 6962 Merkle tree, appended to: leaf = H(0x00 || line), node = H(0x01 || left || right).
 *
 * Only the frontier is kept: the roots of the complete subtrees that the leaves so far make up,
 * largest first (one for each set bit of count). */
#ifndef BASE_MERKLE_H
#define BASE_MERKLE_H

#include "base/hash.h"

#define GB_MERKLE_DEPTH_MAX 63

struct gb_merkle {
    enum gb_hash_alg alg;
    uint64_t count; /* leaves */
    uint32_t depth; /* hashes in frontier = set bits of count */
    struct gb_hash frontier[GB_MERKLE_DEPTH_MAX];
};

void gb_merkle_init(struct gb_merkle *tree, enum gb_hash_alg alg);

/* Leaf hash of one ledger line (without its newline). */
struct gb_hash gb_merkle_leaf(enum gb_hash_alg alg, struct gb_str line);

/* Appends one leaf hash. */
void gb_merkle_add(struct gb_merkle *tree, const struct gb_hash *leaf);

/* Root over all leaves; of an empty tree H(""). */
struct gb_hash gb_merkle_root(const struct gb_merkle *tree);

/* Restores a tree of count leaves from its frontier as bytes (32 * popcount(count)); false if the
 * length does not fit. */
bool gb_merkle_restore(struct gb_merkle *tree, uint64_t count, struct gb_str frontier);

/* The frontier as bytes; borrows from tree. */
struct gb_str gb_merkle_frontier(const struct gb_merkle *tree);

#endif
