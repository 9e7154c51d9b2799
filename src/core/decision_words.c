/* Words and needs of decisions. */
#include "base/check.h"
#include "core/decision.h"

struct gb_str gb_decision_word(enum gb_decision_kind kind)
{
    static const struct gb_str words[] = {
#define X(name, word, needs) {word, sizeof(word) - 1},
        GB_DECISION_LIST(X)
#undef X
    };

    GB_CHECK(kind < GB_DECISION_KIND_COUNT);
    return words[kind];
}

enum gb_decision_kind gb_decision_of(struct gb_str word)
{
    enum gb_decision_kind kind = (enum gb_decision_kind)0;

    while (kind < GB_DECISION_KIND_COUNT && !gb_str_eq(gb_decision_word(kind), word)) {
        kind++;
    }
    return kind;
}

uint32_t gb_decision_needs(enum gb_decision_kind kind)
{
    static const uint32_t needs_of[] = {
#define X(name, word, needs) needs,
        GB_DECISION_LIST(X)
#undef X
    };

    GB_CHECK(kind < GB_DECISION_KIND_COUNT);
    return needs_of[kind];
}
