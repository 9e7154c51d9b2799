/* What a case expects against what the core decided. */
#include "codec/policy_test_build.h"

static const char *const expect_keys[] = {"lead",    "rule",     "assists", "informs", "matters",
                                          "overlaps", "first_contact", "dead", NULL};

struct comparison {
    struct gb_policy_case *c;
    const struct gb_dry *dry;
    const struct gb_yaml *expect;
    const struct gb_value *matter; /* of the first report, NULL if there is none */
};

static void differs(const struct comparison *m, const struct gb_yaml *at, const char *what,
                    struct gb_str wanted, struct gb_str got)
{
    const struct gb_yaml *name = gb_yaml_get(m->c->node, "name");

    gb_yaml_mistake(&m->c->test->wrong, at, "case \"%.*s\": %s: expected %.*s, got %.*s",
                    GB_STR_ARG(name != NULL ? name->text : GB_STR("?")), what,
                    GB_STR_ARG(wanted.len > 0 ? wanted : GB_STR("none")),
                    GB_STR_ARG(got.len > 0 ? got : GB_STR("none")));
}

static void compare_text(const struct comparison *m, const char *key, struct gb_str got)
{
    const struct gb_yaml *node = gb_yaml_get(m->expect, key);

    if (node != NULL && (node->type != GB_YAML_SCALAR || !gb_str_eq(node->text, got))) {
        differs(m, node, key, node->text, got);
    }
}

/* Words in byte order with a blank between. */
static struct gb_str joined(struct gb_arena *arena, struct gb_str *words, uint32_t count)
{
    struct gb_str all = GB_STR("");

    for (uint32_t i = 1; i < count; i++) {
        struct gb_str word = words[i];
        uint32_t at = i;

        for (; at > 0 && gb_str_cmp(word, words[at - 1]) < 0; at--) {
            words[at] = words[at - 1];
        }
        words[at] = word;
    }
    for (uint32_t i = 0; i < count; i++) {
        all = i == 0 ? words[i] : GB_JOIN(arena, all, GB_STR(" "), words[i]);
    }
    return all;
}

static struct gb_str joined_yaml(const struct comparison *m, const struct gb_yaml *list)
{
    struct gb_str *words;

    if (list->type != GB_YAML_LIST) {
        return list->type == GB_YAML_SCALAR ? list->text : GB_STR("a map");
    }
    words = gb_arena_take(m->c->arena, (list->count + 1U) * sizeof(words[0]));
    for (uint32_t i = 0; i < list->count; i++) {
        words[i] = list->items[i].text;
    }
    return joined(m->c->arena, words, list->count);
}

static void compare_roles(const struct comparison *m, const char *key)
{
    const struct gb_yaml *node = gb_yaml_get(m->expect, key);
    const struct gb_value *list = gb_value_get(m->matter, gb_str_of(key));
    uint32_t count = list != NULL && list->type == GB_ARRAY ? list->count : 0;
    struct gb_str *words = gb_arena_take(m->c->arena, (count + 1U) * sizeof(words[0]));
    struct gb_str wanted;
    struct gb_str got;

    if (node == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        words[i] = list->items[i].text;
    }
    wanted = joined_yaml(m, node);
    got = joined(m->c->arena, words, count);
    if (!gb_str_eq(wanted, got)) {
        differs(m, node, key, wanted, got);
    }
}

static void compare_overlaps(const struct comparison *m)
{
    const struct gb_yaml *node = gb_yaml_get(m->expect, "overlaps");
    struct gb_str words[GB_DRY_KEEP_MAX];
    struct gb_str wanted = node != NULL ? joined_yaml(m, node) : GB_STR("");
    struct gb_str got;
    uint32_t count = 0;

    for (uint32_t i = 0; i < m->dry->overlaps_count; i++) {
        const struct gb_value *value = &m->dry->overlaps[i].value;

        if (value->type == GB_OBJECT) {
            words[count++] = GB_JOIN(m->c->arena, gb_value_str(value, GB_STR("kind")),
                                     GB_STR(":"), gb_value_str(value, GB_STR("state")));
        }
    }
    got = joined(m->c->arena, words, count);
    if (!gb_str_eq(wanted, got)) {
        differs(m, node != NULL ? node : m->expect, "overlaps", wanted, got);
    }
}

static uint32_t matters_of(const struct gb_dry *dry)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < dry->matters_count; i++) {
        const struct gb_value *value = &dry->matters[i].value;

        count += value->type == GB_OBJECT &&
                 gb_value_get(value, GB_STR("redirect_to")) == NULL;
    }
    return count;
}

static void compare_matters(const struct comparison *m, uint32_t otherwise)
{
    const struct gb_yaml *node = gb_yaml_get(m->expect, "matters");
    int64_t wanted = otherwise;
    uint32_t got = matters_of(m->dry);

    (void)gb_yaml_int(&m->c->test->wrong, node, 0, GB_DRY_KEEP_MAX, &wanted);
    if (wanted != got) {
        differs(m, node != NULL ? node : m->expect, "matters", gb_arena_int(m->c->arena, wanted),
                gb_arena_int(m->c->arena, got));
    }
}

static void compare_lead(const struct comparison *m)
{
    const struct gb_value *lead = gb_value_get(m->matter, GB_STR("lead"));
    struct gb_str role = gb_value_str(lead, GB_STR("role"));
    struct gb_str unit = gb_value_str(lead, GB_STR("unit"));

    compare_text(m, "lead",
                 !gb_str_is(role)  ? GB_STR("nobody")
                 : gb_str_is(unit) ? GB_JOIN(m->c->arena, role, GB_STR(":"), unit)
                                   : role);
    if (gb_str_is(role)) {
        compare_text(m, "rule", gb_value_str(lead, GB_STR("rule")));
    }
    compare_text(m, "first_contact",
                 gb_value_str(gb_value_get(m->matter, GB_STR("first_contact")), GB_STR("role")));
}

void gb_policy_case_compare(struct gb_policy_case *c, const struct gb_dry *dry)
{
    struct comparison m = {.c = c, .dry = dry, .expect = gb_yaml_get(c->node, "expect")};
    bool is_nothing;

    if (m.expect == NULL) {
        gb_yaml_mistake(&c->test->wrong, c->node, "key \"expect\" is missing");
        return;
    }
    m.matter = gb_dry_matter_of(dry, c->records[0].source, c->records[0].key);
    is_nothing = m.expect->type == GB_YAML_SCALAR &&
                 gb_str_eq(m.expect->text, GB_STR("nothing"));
    if (!is_nothing) {
        if (!gb_yaml_is(&c->test->wrong, m.expect, GB_YAML_MAP)) {
            return;
        }
        gb_yaml_known(&c->test->wrong, m.expect, expect_keys);
    }
    compare_matters(&m, !is_nothing && gb_yaml_get(m.expect, "dead") == NULL);
    compare_overlaps(&m);
    if (is_nothing) {
        return;
    }
    compare_text(&m, "dead", dry->dead);
    compare_lead(&m);
    compare_roles(&m, "assists");
    compare_roles(&m, "informs");
}
