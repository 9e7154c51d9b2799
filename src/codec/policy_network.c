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

void gb_policy_network(struct gb_policy_build *b)
{
    static const char *const known[] = {"posts", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, GB_STR("network.yaml"), known);

    b->policy.network.vacant_after_ms = (int64_t)24 * 3600000;
    if (root != NULL) {
        read_posts(b, gb_yaml_get(root, "posts"));
    }
}
