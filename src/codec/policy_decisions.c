/* decisions.yaml: which decisions need a second person, how long a claim lasts, and after which
 * changes what a person settled is looked at again. Optional. */
#include "codec/policy_build.h"

static void read_reopen(struct gb_policy_build *b, const struct gb_yaml *list)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_REOPEN_LIST(X)
#undef X
        NULL};

    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        int field = 0;

        if (gb_policy_word(b, &list->items[i], "field", words)) {
            while (!gb_str_eq(list->items[i].text, gb_str_of(words[field]))) {
                field++;
            }
            b->policy.reopen |= 1U << field;
        }
    }
}

void gb_policy_decisions(struct gb_policy_build *b)
{
    static const char *const known[] = {"four_eyes", "claim", "reopen", NULL};
    static const char *const words[] = {
#define X(name, word, needs) word,
        GB_DECISION_LIST(X)
#undef X
        NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("decisions.yaml"), known);
    const struct gb_yaml *list;

    b->policy.claim_ms = (int64_t)4 * 3600000;
    if (root == NULL) {
        return;
    }
    (void)gb_yaml_duration(b->mistakes, gb_yaml_get(root, "claim"), &b->policy.claim_ms);
    read_reopen(b, gb_yaml_get(root, "reopen"));
    list = gb_yaml_get(root, "four_eyes");
    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        enum gb_decision_kind kind;

        if (!gb_policy_word(b, &list->items[i], "kind of decision", words)) {
            continue;
        }
        kind = gb_decision_of(list->items[i].text);
        if (kind == GB_DECISION_CONFIRM) {
            gb_yaml_mistake(b->mistakes, &list->items[i], "a confirm is itself the second person");
            continue;
        }
        b->policy.four_eyes |= 1U << kind;
    }
}
