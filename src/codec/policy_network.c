/* network.yaml: how the two networks shall be manned. Optional: without it no post is wanted. */
#include "codec/policy_build.h"

static void read_posts(struct gb_policy_build *b, const struct gb_yaml *posts)
{
    static const char *const known[] = {"grid", "vacant_after", NULL};
    struct gb_network_rules *rules = &b->policy.network;
    const struct gb_yaml *list;

    if (posts == NULL || !gb_yaml_is(b->mistakes, posts, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, posts, known);
    (void)gb_yaml_duration(b->mistakes, gb_yaml_get(posts, "vacant_after"),
                           &rules->vacant_after_ms);
    list = gb_yaml_get(posts, "grid");
    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        enum gb_role role;

        if (!gb_policy_role(b, &list->items[i], &role)) {
            continue;
        }
        if (role != GB_ROLE_GRID_WORKER && role != GB_ROLE_GRID_LEADER) {
            gb_yaml_mistake(b->mistakes, &list->items[i], "no post of a grid: grid_worker and "
                            "grid_leader are");
            continue;
        }
        rules->grid_posts |= 1U << role;
    }
}

/* [least, most], both at least 0 and in order. */
static void read_bounds(struct gb_policy_build *b, const struct gb_yaml *list,
                        struct gb_bounds *bounds)
{
    int64_t least = 0;
    int64_t most = 0;

    if (list == NULL || !gb_yaml_is(b->mistakes, list, GB_YAML_LIST)) {
        return;
    }
    if (list->count != 2) {
        gb_yaml_mistake(b->mistakes, list, "expected [least, most]");
        return;
    }
    if (!gb_yaml_int(b->mistakes, &list->items[0], 0, 1000000, &least) ||
        !gb_yaml_int(b->mistakes, &list->items[1], 1, 1000000, &most)) {
        return;
    }
    if (least > most) {
        gb_yaml_mistake(b->mistakes, list, "the least is more than the most");
        return;
    }
    *bounds = (struct gb_bounds){(int32_t)least, (int32_t)most};
}

static void read_contacts(struct gb_policy_build *b, const struct gb_yaml *contacts)
{
    static const char *const known[] = {"key_families_per_grid", "members_per_key_family",
                                        "households_per_member", "conflict_after", NULL};
    struct gb_network_rules *rules = &b->policy.network;

    if (contacts == NULL || !gb_yaml_is(b->mistakes, contacts, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, contacts, known);
    read_bounds(b, gb_yaml_get(contacts, known[0]), &rules->families);
    read_bounds(b, gb_yaml_get(contacts, known[1]), &rules->members);
    read_bounds(b, gb_yaml_get(contacts, known[2]), &rules->households);
    (void)gb_yaml_duration(b->mistakes, gb_yaml_get(contacts, known[3]),
                           &rules->conflict_after_ms);
}

void gb_policy_network(struct gb_policy_build *b)
{
    static const char *const known[] = {"posts", "contacts", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("network.yaml"), known);

    b->policy.network.vacant_after_ms = (int64_t)24 * 3600000;
    b->policy.network.conflict_after_ms = (int64_t)24 * 3600000;
    if (root != NULL) {
        read_posts(b, gb_yaml_get(root, "posts"));
        read_contacts(b, gb_yaml_get(root, "contacts"));
    }
}
