/* See the header. */
#include "core/said.h"

#include "base/check.h"

struct gb_str gb_overlap_word(enum gb_overlap_kind kind)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_OVERLAP_LIST(X)
#undef X
    };

    GB_CHECK(kind < GB_OVERLAP_COUNT);
    return gb_str_of(words[kind]);
}

enum gb_overlap_kind gb_overlap_of(struct gb_str word)
{
    enum gb_overlap_kind kind = (enum gb_overlap_kind)0;

    while (kind < GB_OVERLAP_COUNT && !gb_str_eq(gb_overlap_word(kind), word)) {
        kind++;
    }
    return kind;
}

bool gb_overlap_is_of_node(enum gb_overlap_kind kind)
{
    return kind == GB_OVERLAP_POST_VACANT || kind == GB_OVERLAP_CONTACT;
}

static const struct {
    enum gb_overlap_kind kind;
    const char *word;
} causes[] = {
#define X(kind, word) {GB_OVERLAP_##kind, word},
    GB_CAUSE_LIST(X)
#undef X
};

/* word is "open_" or "settled_" with rule behind it. */
static bool is_cause(const char *word, bool is_open, struct gb_str rule)
{
    struct gb_str state = is_open ? GB_STR("open_") : GB_STR("settled_");
    struct gb_str whole = gb_str_of(word);

    return whole.len == state.len + rule.len && memcmp(whole.ptr, state.ptr, state.len) == 0 &&
           (rule.len == 0 || memcmp(whole.ptr + state.len, rule.ptr, rule.len) == 0);
}

static struct gb_cause find(enum gb_overlap_kind kind, bool is_open, struct gb_str rule)
{
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (causes[i].kind == kind && is_cause(causes[i].word, is_open, rule)) {
            return (struct gb_cause){kind, gb_str_of(causes[i].word)};
        }
    }
    return (struct gb_cause){kind, GB_STR_NONE};
}

struct gb_cause gb_cause_of(enum gb_overlap_kind kind, bool is_open, struct gb_str rule)
{
    struct gb_cause cause = find(kind, is_open, rule);

    if (!gb_str_is(cause.word)) {
        cause = find(GB_OVERLAP_COUNT, is_open, rule);
    }
    return gb_str_is(cause.word) ? cause : find(kind, is_open, GB_STR("row"));
}
