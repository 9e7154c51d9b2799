/* The contact network (联系网络): grids with their households, for now. */
#include "core/node.h"

bool gb_grid_is_known(const struct gb_core *core, struct gb_str grid)
{
    struct gb_str parts[] = {GB_STR("grid/"), grid};
    char key[64];
    const struct gb_node *node;

    if (!gb_str_is(grid) || grid.len + parts[0].len > sizeof(key)) {
        return false;
    }
    memcpy(key, parts[0].ptr, parts[0].len);
    memcpy(key + parts[0].len, grid.ptr, grid.len);
    node = gb_node_find(core, (struct gb_str){key, parts[0].len + grid.len});
    return node != NULL && node->count > 0;
}

/* What the rows of one grid say; where they differ, the last by key. */
void gb_grid_fold(struct gb_core *core, struct gb_node *node, struct gb_node_fold *fold)
{
    int64_t households = -1;

    fold->is_there = node->count > 0;
    if (!fold->is_there) {
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct gb_fact *fact = &node->members[i]->fact;

        households = fact->households >= 0 ? fact->households : households;
    }
    gb_node_set(&fold->fields, "grid", gb_node_text(core, node->members[0]->fact.grid));
    if (households >= 0) {
        gb_node_set(&fold->fields, "households", gb_arena_int(&core->scratch, households));
    }
    gb_node_set(&fold->fields, "id", gb_node_text(core, node->head.key));
    gb_node_set(&fold->fields, "purpose", GB_STR("\"duty\""));
    gb_node_set(&fold->fields, "town", gb_node_text(core, node->members[0]->image.town));
    gb_node_set(&fold->fields, "village", gb_node_text(core, node->members[0]->fact.village));
}
