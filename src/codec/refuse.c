/* The refuse-list: parsing and matching. */
#include "codec/refuse.h"

#include "base/hash.h"

#define RULES_MAX 1024

struct reading {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    struct gb_refuse_rule *rules;
    size_t count;
    struct gb_str class_name;
};

static void read_patterns(struct reading *r, const struct gb_yaml *list, struct gb_str system)
{
    if (list->type != GB_YAML_LIST) {
        gb_yaml_mistake(r->mistakes, list, "expected a list of patterns");
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct gb_str pattern = list->items[i].text;

        if (list->items[i].type != GB_YAML_SCALAR || pattern.len == 0 ||
            gb_str_eq(pattern, GB_STR("*"))) {
            gb_yaml_mistake(r->mistakes, &list->items[i], "expected a word, or a word and '*'");
        } else if (r->count == RULES_MAX) {
            gb_yaml_mistake(r->mistakes, &list->items[i], "more than %d patterns", RULES_MAX);
        } else {
            r->rules[r->count++] = (struct gb_refuse_rule){
                r->class_name, gb_arena_str(r->arena, system), gb_arena_str(r->arena, pattern)};
        }
    }
}

static void read_class(struct reading *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"class", "columns", "categories", NULL};
    const struct gb_yaml *name = gb_yaml_get(node, "class");
    const struct gb_yaml *columns = gb_yaml_get(node, "columns");
    const struct gb_yaml *categories = gb_yaml_get(node, "categories");

    gb_yaml_known(r->mistakes, node, known);
    if (name == NULL || name->type != GB_YAML_SCALAR || name->text.len == 0) {
        gb_yaml_mistake(r->mistakes, node, "class: expected a word");
        return;
    }
    r->class_name = gb_arena_str(r->arena, name->text);
    if (columns == NULL && categories == NULL) {
        gb_yaml_mistake(r->mistakes, node, "expected columns or categories");
    }
    if (columns != NULL) {
        read_patterns(r, columns, GB_STR_NONE);
    }
    if (categories != NULL && categories->type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, categories, "expected a map of systems");
        return;
    }
    for (uint32_t i = 0; categories != NULL && i < categories->count; i++) {
        read_patterns(r, &categories->items[i], categories->keys[i].text);
    }
}

const struct gb_refuse *gb_refuse_read(struct gb_arena *arena, const struct gb_file *file,
                                       struct gb_mistakes *mistakes)
{
    static const char *const known[] = {"version", "classes", NULL};
    uint32_t before = mistakes->count;
    struct gb_yaml root;
    int64_t version;

    if (!gb_yaml_parse(arena, file->name, file->bytes, &root, mistakes)) {
        return NULL;
    }
    if (root.type != GB_YAML_MAP) {
        gb_yaml_mistake(mistakes, &root, "expected a map with version, classes");
        return NULL;
    }
    const struct gb_yaml *classes = gb_yaml_get(&root, "classes");
    struct reading r = {.arena = arena, .mistakes = mistakes};

    gb_yaml_known(mistakes, &root, known);
    if (gb_yaml_get(&root, "version") == NULL) {
        gb_yaml_mistake(mistakes, &root, "version is missing");
    } else {
        (void)gb_yaml_int(mistakes, gb_yaml_get(&root, "version"), 1, 1, &version);
    }
    if (classes == NULL || classes->type != GB_YAML_LIST || classes->count == 0) {
        gb_yaml_mistake(mistakes, classes != NULL ? classes : &root,
                        "classes: expected a list; an empty refuse-list refuses to start");
        return NULL;
    }
    r.rules = gb_arena_take(arena, RULES_MAX * sizeof(*r.rules));
    for (uint32_t i = 0; i < classes->count; i++) {
        read_class(&r, &classes->items[i]);
    }
    if (mistakes->count != before) {
        return NULL;
    }
    struct gb_refuse *refuse = gb_arena_take(arena, sizeof(*refuse));
    struct gb_hash hash = gb_hash_of(GB_SHA256, file->bytes);

    *refuse = (struct gb_refuse){gb_hash_hex(arena, &hash), r.rules, r.count};
    return refuse;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

static bool matches(struct gb_str pattern, struct gb_str word)
{
    bool open_left = pattern.ptr[0] == '*';
    bool open_right = pattern.ptr[pattern.len - 1] == '*';
    const char *core = pattern.ptr + (open_left ? 1 : 0);
    size_t len = pattern.len - (open_left ? 1 : 0) - (open_right ? 1 : 0);

    if (word.len < len) {
        return false;
    }
    for (size_t at = 0; at <= word.len - len; at++) {
        if ((at == 0 || open_left) && (at + len == word.len || open_right) &&
            same(core, word.ptr + at, len)) {
            return true;
        }
    }
    return false;
}

struct gb_str gb_refuse_column(const struct gb_refuse *refuse, struct gb_str column)
{
    return gb_refuse_category(refuse, GB_STR_NONE, column);
}

struct gb_str gb_refuse_category(const struct gb_refuse *refuse, struct gb_str system,
                                 struct gb_str code)
{
    for (size_t i = 0; i < refuse->rules_count; i++) {
        if (gb_str_eq(refuse->rules[i].system, system) &&
            matches(refuse->rules[i].pattern, code)) {
            return refuse->rules[i].class_name;
        }
    }
    return GB_STR_NONE;
}
