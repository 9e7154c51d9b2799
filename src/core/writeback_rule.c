/* See the header. */
#include "core/writeback_rule.h"

#include "base/check.h"

struct gb_str gb_write_word(enum gb_write_from from)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_WRITE_LIST(X)
#undef X
    };

    GB_CHECK(from < GB_WRITE_COUNT);
    return gb_str_of(words[from]);
}

struct gb_str gb_told_action_word(enum gb_told_action action)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_TOLD_ACTION_LIST(X)
#undef X
    };

    GB_CHECK(action < GB_TOLD_ACTION_COUNT);
    return gb_str_of(words[action]);
}

struct gb_str gb_told_state_word(enum gb_told_state state)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_TOLD_STATE_LIST(X)
#undef X
    };

    GB_CHECK(state < GB_TOLD_STATE_COUNT);
    return gb_str_of(words[state]);
}

struct gb_str gb_write_code_of(const struct gb_write *write, struct gb_str canonical)
{
    if (write->codes_count == 0) {
        return canonical;
    }
    for (uint32_t i = 0; i < write->codes_count; i++) {
        if (gb_str_eq(write->codes[i].canonical, canonical)) {
            return write->codes[i].raw;
        }
    }
    return GB_STR_NONE;
}

const struct gb_write *gb_write_find(const struct gb_write *writes, uint32_t count,
                                     enum gb_write_from from)
{
    for (uint32_t i = 0; i < count; i++) {
        if (writes[i].from == from) {
            return &writes[i];
        }
    }
    return NULL;
}
