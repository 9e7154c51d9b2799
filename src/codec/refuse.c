/* The refuse-list: parsing and matching. */
#include "codec/refuse.h"

#include "base/hash.h"

#define RULES_MAX 1024

struct reading {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    struct gb_refuse_rule *rules;
    size_t count;
    struct gb_refuse *refuse;
};

static bool is_twice(const struct reading *r, const struct gb_refuse_rule *rule)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct gb_refuse_rule *other = &r->rules[i];

        if (other->what == rule->what && gb_str_eq(other->system, rule->system) &&
            gb_str_eq(other->pattern, rule->pattern)) {
            return true;
        }
    }
    return false;
}

static void read_pattern(struct reading *r, const struct gb_yaml *node, struct gb_refuse_rule rule)
{
    size_t least = rule.what == GB_REFUSE_WORD ? 4 : 1; /* two characters, or four letters */
    bool is_scalar = node->type == GB_YAML_SCALAR;

    if (!is_scalar || node->text.len == 0 || gb_str_eq(node->text, GB_STR("*")) ||
        gb_str_eq(node->text, GB_STR("**"))) {
        gb_yaml_mistake(r->mistakes, node, "expected a word, or a word and '*'");
        return;
    }
    if (node->text.len < least) {
        gb_yaml_mistake(r->mistakes, node, "expected a word of two characters at least");
        return;
    }
    rule.system = gb_arena_str(r->arena, rule.system);
    rule.pattern = gb_arena_str(r->arena, node->text);
    if (r->count == RULES_MAX) {
        gb_yaml_mistake(r->mistakes, node, "more than %d patterns", RULES_MAX);
    } else if (is_twice(r, &rule)) {
        gb_yaml_mistake(r->mistakes, node, "this pattern stands twice: take one out");
    } else {
        r->rules[r->count++] = rule;
    }
}

static void read_patterns(struct reading *r, const struct gb_yaml *list,
                          struct gb_refuse_rule rule)
{
    if (list == NULL) {
        return;
    }
    if (list->type != GB_YAML_LIST || list->count == 0) {
        gb_yaml_mistake(r->mistakes, list, "expected a list of patterns");
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        read_pattern(r, &list->items[i], rule);
    }
}

static void read_systems(struct reading *r, const struct gb_yaml *map, struct gb_refuse_rule rule)
{
    if (map == NULL) {
        return;
    }
    if (map->type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, map, "expected a map of systems");
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        rule.system = map->keys[i].text;
        read_patterns(r, &map->items[i], rule);
    }
}

/* Words are reasons of records, so they are written like other reasons. */
static bool is_class_word(struct gb_str word)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (i > 0 && (c == '_' || (c >= '0' && c <= '9'))))) {
            return false;
        }
    }
    return word.len > 0;
}

static bool name_class(struct reading *r, const struct gb_yaml *node, const struct gb_yaml *name)
{
    struct gb_refuse *refuse = r->refuse;

    if (name == NULL || name->type != GB_YAML_SCALAR || !is_class_word(name->text)) {
        gb_yaml_mistake(r->mistakes, name != NULL ? name : node,
                        "class: expected a word of a-z, 0-9 and _");
        return false;
    }
    for (uint32_t i = 0; i < refuse->classes_count; i++) {
        if (gb_str_eq(refuse->classes[i], name->text)) {
            gb_yaml_mistake(r->mistakes, name, "this class stands twice: put both together");
            return false;
        }
    }
    if (refuse->classes_count == GB_REFUSE_CLASSES_MAX) {
        gb_yaml_mistake(r->mistakes, name, "more than %u classes", GB_REFUSE_CLASSES_MAX);
        return false;
    }
    refuse->classes[refuse->classes_count++] = gb_arena_str(r->arena, name->text);
    return true;
}

static void read_class(struct reading *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"class", "columns", "tables", "categories", "words", NULL};
    size_t before = r->count;
    struct gb_refuse_rule rule = {.what = GB_REFUSE_COLUMN};

    if (node->type != GB_YAML_MAP) {
        gb_yaml_mistake(r->mistakes, node, "expected a map with class, and columns or the like");
        return;
    }
    gb_yaml_known(r->mistakes, node, known);
    if (!name_class(r, node, gb_yaml_get(node, "class"))) {
        return;
    }
    rule.class_name = r->refuse->classes[r->refuse->classes_count - 1];
    read_patterns(r, gb_yaml_get(node, "columns"), rule);
    rule.what = GB_REFUSE_TABLE;
    read_patterns(r, gb_yaml_get(node, "tables"), rule);
    rule.what = GB_REFUSE_WORD;
    read_patterns(r, gb_yaml_get(node, "words"), rule);
    rule.what = GB_REFUSE_CATEGORY;
    read_systems(r, gb_yaml_get(node, "categories"), rule);
    if (r->count == before && r->mistakes->count == 0) {
        gb_yaml_mistake(r->mistakes, node, "expected columns, tables, categories or words");
    }
}

/* Systems that have no such matters are named too: nobody forgets them. */
static void read_no_text(struct reading *r, const struct gb_yaml *map)
{
    struct gb_refuse *refuse = r->refuse;

    if (map == NULL || !gb_yaml_is(r->mistakes, map, GB_YAML_MAP)) {
        return;
    }
    if (map->count > GB_REFUSE_SYSTEMS_MAX) {
        gb_yaml_mistake(r->mistakes, map, "more than %u systems", GB_REFUSE_SYSTEMS_MAX);
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct gb_yaml *list = &map->items[i];

        refuse->text_systems[refuse->text_systems_count++] =
            gb_arena_str(r->arena, map->keys[i].text);
        if (list->type != GB_YAML_LIST || list->count > 0) {
            read_patterns(r, list, (struct gb_refuse_rule){.what = GB_REFUSE_NO_TEXT,
                                                           .system = map->keys[i].text});
        }
    }
}

static void read_root(struct reading *r, const struct gb_yaml *root)
{
    static const char *const known[] = {"version", "classes", "no_text", NULL};
    const struct gb_yaml *classes = gb_yaml_get(root, "classes");
    int64_t version;

    gb_yaml_known(r->mistakes, root, known);
    if (gb_yaml_get(root, "version") == NULL) {
        gb_yaml_mistake(r->mistakes, root, "version is missing");
    } else {
        (void)gb_yaml_int(r->mistakes, gb_yaml_get(root, "version"), 1, 1, &version);
    }
    if (classes == NULL || classes->type != GB_YAML_LIST || classes->count == 0) {
        gb_yaml_mistake(r->mistakes, classes != NULL ? classes : root,
                        "classes: expected a list; an empty refuse-list refuses to start");
        return;
    }
    for (uint32_t i = 0; i < classes->count; i++) {
        read_class(r, &classes->items[i]);
    }
    read_no_text(r, gb_yaml_get(root, "no_text"));
}

const struct gb_refuse *gb_refuse_read(struct gb_arena *arena, const struct gb_file *file,
                                       struct gb_mistakes *mistakes)
{
    uint32_t before = mistakes->count;
    struct gb_yaml root;

    if (!gb_yaml_parse(arena, file->name, file->bytes, &root, mistakes)) {
        return NULL;
    }
    if (root.type != GB_YAML_MAP) {
        gb_yaml_mistake(mistakes, &root, "expected a map with version, classes");
        return NULL;
    }
    struct reading r = {.arena = arena, .mistakes = mistakes};
    struct gb_hash hash = gb_hash_of(GB_SHA256, file->bytes);

    r.refuse = gb_arena_take(arena, sizeof(*r.refuse));
    r.rules = gb_arena_take(arena, RULES_MAX * sizeof(*r.rules));
    read_root(&r, &root);
    if (mistakes->count != before) {
        return NULL;
    }
    r.refuse->hash = gb_hash_hex(arena, &hash);
    r.refuse->rules = r.rules;
    r.refuse->rules_count = r.count;
    return r.refuse;
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

/* The first rule of a kind and system that matches, or NULL. */
static const struct gb_refuse_rule *rule_of(const struct gb_refuse *refuse,
                                            enum gb_refuse_what what, struct gb_str system,
                                            struct gb_str word)
{
    for (size_t i = 0; i < refuse->rules_count; i++) {
        const struct gb_refuse_rule *rule = &refuse->rules[i];

        if (rule->what == what && gb_str_eq(rule->system, system) && matches(rule->pattern, word)) {
            return rule;
        }
    }
    return NULL;
}

static struct gb_str class_of(const struct gb_refuse_rule *rule)
{
    return rule != NULL ? rule->class_name : GB_STR_NONE;
}

struct gb_str gb_refuse_column(const struct gb_refuse *refuse, struct gb_str column)
{
    return class_of(rule_of(refuse, GB_REFUSE_COLUMN, GB_STR_NONE, column));
}

struct gb_str gb_refuse_table(const struct gb_refuse *refuse, struct gb_str table)
{
    const char *dot = table.len > 0 ? memrchr(table.ptr, '.', table.len) : NULL;
    const struct gb_refuse_rule *rule = rule_of(refuse, GB_REFUSE_TABLE, GB_STR_NONE, table);

    if (rule == NULL && dot != NULL) {
        struct gb_str last = {dot + 1, (size_t)(table.ptr + table.len - dot - 1)};

        rule = rule_of(refuse, GB_REFUSE_TABLE, GB_STR_NONE, last);
    }
    return class_of(rule);
}

struct gb_str gb_refuse_category(const struct gb_refuse *refuse, struct gb_str system,
                                 struct gb_str code)
{
    return class_of(rule_of(refuse, GB_REFUSE_CATEGORY, system, code));
}

struct gb_str gb_refuse_word(const struct gb_refuse *refuse, struct gb_str text)
{
    for (size_t i = 0; i < refuse->rules_count && text.len > 0; i++) {
        const struct gb_refuse_rule *rule = &refuse->rules[i];

        if (rule->what == GB_REFUSE_WORD &&
            memmem(text.ptr, text.len, rule->pattern.ptr, rule->pattern.len) != NULL) {
            return rule->class_name;
        }
    }
    return GB_STR_NONE;
}

bool gb_refuse_no_text(const struct gb_refuse *refuse, struct gb_str system, struct gb_str code)
{
    return rule_of(refuse, GB_REFUSE_NO_TEXT, system, code) != NULL;
}

bool gb_refuse_rules_texts(const struct gb_refuse *refuse, struct gb_str system)
{
    for (uint32_t i = 0; i < refuse->text_systems_count; i++) {
        if (gb_str_eq(refuse->text_systems[i], system)) {
            return true;
        }
    }
    return false;
}

uint32_t gb_refuse_class(const struct gb_refuse *refuse, struct gb_str class_name)
{
    uint32_t i = 0;

    while (!gb_str_eq(refuse->classes[i], class_name)) {
        i++;
        GB_CHECK(i < refuse->classes_count);
    }
    return i;
}
