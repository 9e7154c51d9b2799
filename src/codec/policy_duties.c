/* The duty list of a bundle: duties.yaml, and duties-NAME.yaml for a list that is kept by several
 * departments: duties.yaml first, then the others in the order of their names. What stands in them
 * is proven by duty_proof.c. */
#include "codec/policy_build.h"

#define ROWS_MAX 20000U
#define SCOPES_MAX 200000U

static const char hit_policy[] = "category, territory, network, role, urgency, priority, order";

struct list {
    struct gb_duty *duties;
    const struct gb_yaml **rows;
    uint32_t count;
    uint32_t scopes_count;
    struct gb_map seen;
};

static void read_list(struct gb_policy_build *b, const struct gb_yaml *rows, struct list *list)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct gb_yaml *row = &rows->items[i];
        struct gb_duty *duty;

        if (!gb_yaml_is(b->mistakes, row, GB_YAML_MAP)) {
            continue;
        }
        list->rows[list->count] = row;
        duty = &list->duties[list->count++];
        gb_policy_duty_row(b, row, duty);
        if (gb_str_is(duty->id)) {
            (void)gb_policy_is_new(b, &list->seen, gb_yaml_get(row, "id"), duty->id);
        }
        list->scopes_count += gb_policy_duty_scopes(b, row, list->count - 1, NULL);
        if (list->scopes_count > SCOPES_MAX) {
            gb_yaml_mistake(b->mistakes, row, "more than %u categories x territories in all",
                            SCOPES_MAX);
            return;
        }
    }
}

/* hit_policy: the one that core/duty.h states, written out so that a reader sees it. */
static void read_hit_policy(struct gb_policy_build *b, const struct gb_yaml *root)
{
    const struct gb_yaml *at = gb_yaml_need(b->mistakes, root, "hit_policy", GB_YAML_LIST);
    struct gb_buf words = {0};

    for (uint32_t i = 0; at != NULL && i < at->count; i++) {
        gb_buf_printf(&words, "%s%.*s", i > 0 ? ", " : "", GB_STR_ARG(at->items[i].text));
    }
    if (at != NULL && !gb_str_eq(gb_buf_str(&words), gb_str_of(hit_policy))) {
        gb_yaml_mistake(b->mistakes, at, "must be [%s]", hit_policy);
    }
    gb_buf_close(&words);
}

/* unlisted: command_centre, or a row without scope that names the territorial body. */
static void read_unlisted(struct gb_policy_build *b, const struct gb_yaml *root)
{
    static const char *const known[] = {"lead", "assist", "inform", "basis_zh", "basis_en", NULL};
    const struct gb_yaml *at = gb_yaml_get(root, "unlisted");
    struct gb_duty *duty;

    if (at == NULL) {
        return; /* then a gap is a mistake */
    }
    b->policy.is_unlisted_declared = true;
    if (at->type == GB_YAML_SCALAR) {
        if (!gb_str_eq(at->text, GB_STR("command_centre"))) {
            gb_yaml_mistake(b->mistakes, at,
                            "must be command_centre, or a map with the lead of last resort");
        }
        return;
    }
    if (!gb_yaml_is(b->mistakes, at, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, at, known);
    duty = gb_arena_take(b->arena, sizeof(*duty));
    gb_policy_duty_parts(b, at, duty);
    duty->id = GB_STR("fallback");
    duty->sources = UINT64_MAX;
    duty->urgencies = GB_URGENCY_ANY;
    duty->valid_from = INT64_MIN;
    duty->valid_until = INT64_MAX;
    b->policy.fallback = duty;
}

static void read_root(struct gb_policy_build *b, const struct gb_yaml *root)
{
    const struct gb_yaml *until = gb_yaml_get(root, "valid_until");

    read_hit_policy(b, root);
    read_unlisted(b, root);
    if (gb_policy_day(b, gb_yaml_get(root, "valid_from"), INT64_MIN, &b->policy.list_from) &&
        gb_policy_day(b, until, INT64_MAX, &b->policy.list_until) &&
        b->policy.list_from >= b->policy.list_until) {
        gb_yaml_mistake(b->mistakes, until, "valid_until is not after valid_from");
    }
}

static void build_index(struct gb_policy_build *b, const struct list *list,
                        bool (*takes)(const struct gb_duty *duty), struct gb_duty_index *index)
{
    struct gb_duty_scope *scopes =
        gb_arena_take(b->arena, (list->scopes_count + 1) * sizeof(*scopes));
    uint32_t count = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        if (takes(&list->duties[i])) {
            count += gb_policy_duty_scopes(b, list->rows[i], i, scopes + count);
        }
    }
    gb_duty_index_build(b->arena, list->duties, scopes, count, index);
}

static bool is_more(struct gb_str name)
{
    return name.len > 12 && memcmp(name.ptr, "duties-", 7) == 0 &&
           memcmp(name.ptr + name.len - 5, ".yaml", 5) == 0;
}

bool gb_policy_is_duties(struct gb_str name)
{
    return is_more(name) || gb_str_eq(name, GB_STR("duties.yaml"));
}

/* Adds a parsed file of the list to roots; false after a mistake. */
static bool read_file(struct gb_policy_build *b, struct gb_str name, const struct gb_yaml **roots,
                      uint32_t *rows)
{
    static const char *const known[] = {"hit_policy", "unlisted", "valid_from", "valid_until",
                                        "duties", NULL};
    static const char *const known_more[] = {"duties", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, name, is_more(name) ? known_more : known);
    const struct gb_yaml *list;

    if (root == NULL) {
        return false;
    }
    if (!is_more(name)) {
        read_root(b, root);
    }
    list = gb_yaml_need(b->mistakes, root, "duties", GB_YAML_LIST);
    if (list == NULL) {
        return false;
    }
    *roots = root;
    *rows += list->count;
    return true;
}

static bool read_roots(struct gb_policy_build *b, const struct gb_yaml **roots, uint32_t *rows)
{
    uint32_t count = 1;

    if (!read_file(b, GB_STR("duties.yaml"), &roots[0], rows)) {
        return false;
    }
    for (size_t i = 0; i < b->files->count; i++) {
        if (is_more(b->files->items[i].name)) {
            if (!read_file(b, b->files->items[i].name, &roots[count], rows)) {
                return false;
            }
            count++;
        }
    }
    return true;
}

void gb_policy_duties(struct gb_policy_build *b)
{
    const struct gb_yaml **roots =
        gb_arena_take(b->arena, (b->files->count + 1) * sizeof(*roots));
    struct list list = {0};
    uint32_t before = b->mistakes->count;
    uint32_t rows = 0;

    if (!read_roots(b, roots, &rows)) {
        return;
    }
    if (rows > ROWS_MAX) {
        gb_yaml_mistake(b->mistakes, roots[0], "at most %u rows", ROWS_MAX);
        return;
    }
    list.duties = gb_arena_take(b->arena, (rows + 1) * sizeof(*list.duties));
    list.rows = gb_arena_take(b->arena, (rows + 1) * sizeof(*list.rows));
    for (uint32_t i = 0; roots[i] != NULL; i++) {
        read_list(b, gb_yaml_get(roots[i], "duties"), &list);
    }
    gb_map_close(&list.seen);
    if (b->mistakes->count > before) {
        return;
    }
    build_index(b, &list, gb_duty_decides, &b->policy.deciding);
    build_index(b, &list, gb_duty_forbids, &b->policy.forbidding);
    b->policy.duties = list.duties;
    b->policy.duties_count = list.count;
}
