/* duties.yaml: rows, their patterns, and rows between which nothing decides. */
#include "codec/policy_build.h"

static const struct {
    const char *key;
    enum gb_duty_kind kind;
} parts[] = {{"lead", GB_DUTY_LEAD},
             {"assist", GB_DUTY_ASSIST},
             {"inform", GB_DUTY_INFORM},
             {"first_contact", GB_DUTY_FIRST_CONTACT},
             {"supervise", GB_DUTY_SUPERVISE},
             {"forbidden", GB_DUTY_FORBIDDEN}};

static void add_part(struct gb_policy_build *b, const struct gb_yaml *at, enum gb_duty_kind kind,
                     struct gb_duty *duty)
{
    enum gb_role role = GB_ROLE_COUNT;

    if (!gb_policy_role(b, at, &role)) {
        return;
    }
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (duty->parts[i].role == role) {
            gb_yaml_mistake(b->mistakes, at, "\"%.*s\" is named twice in one row",
                            GB_STR_ARG(at->text));
            return;
        }
    }
    if (duty->parts_count == GB_DUTY_PARTS_MAX) {
        gb_yaml_mistake(b->mistakes, at, "at most %d roles in one row", GB_DUTY_PARTS_MAX);
        return;
    }
    duty->parts[duty->parts_count++] = (struct gb_duty_part){role, kind};
}

static void read_parts(struct gb_policy_build *b, const struct gb_yaml *row, struct gb_duty *duty)
{
    bool has_lead = gb_yaml_get(row, "lead") != NULL;
    bool has_other = false;
    bool has_any = false;

    for (size_t i = 0; i < GB_COUNT(parts); i++) {
        const struct gb_yaml *node = gb_yaml_get(row, parts[i].key);

        if (node == NULL) {
            continue;
        }
        has_any = true;
        has_other = has_other || parts[i].kind != GB_DUTY_FORBIDDEN;
        if (node->type != GB_YAML_LIST || parts[i].kind == GB_DUTY_LEAD) {
            add_part(b, node, parts[i].kind, duty);
            continue;
        }
        for (uint32_t j = 0; j < node->count; j++) {
            add_part(b, &node->items[j], parts[i].kind, duty);
        }
    }
    if (!has_lead && (has_other || !has_any)) {
        gb_yaml_mistake(b->mistakes, row,
                        "a row needs a lead, unless it has nothing but forbidden");
    }
}

/* The pattern without its last *. */
static struct gb_str stem_of(struct gb_str pattern)
{
    if (pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*') {
        pattern.len--;
    }
    return pattern;
}

static bool begins_with(struct gb_str text, struct gb_str prefix)
{
    return text.len >= prefix.len && memcmp(text.ptr, prefix.ptr, prefix.len) == 0;
}

static void check_category(struct gb_policy_build *b, const struct gb_yaml *at)
{
    struct gb_str stem = stem_of(at->text);
    bool is_pattern = stem.len < at->text.len;

    if (memchr(stem.ptr, '*', stem.len) != NULL) {
        gb_yaml_mistake(b->mistakes, at, "a pattern has one *, at its end: MS*");
        return;
    }
    if (!is_pattern) {
        (void)gb_policy_word(b, at, "category", (const char *const *)b->categories);
        return;
    }
    for (size_t i = 0; b->categories[i] != NULL; i++) {
        if (begins_with(gb_str_of(b->categories[i]), stem)) {
            return;
        }
    }
    gb_yaml_mistake(b->mistakes, at, "no category begins with \"%.*s\"", GB_STR_ARG(stem));
}

static void check_territory(struct gb_policy_build *b, const struct gb_yaml *at)
{
    for (uint32_t i = 0; i < b->policy.places_count; i++) {
        if (gb_str_eq(b->policy.places[i], at->text)) {
            return;
        }
    }
    if (!gb_str_eq(at->text, GB_STR("*"))) {
        gb_yaml_mistake(b->mistakes, at, "territory \"%.*s\" has no row in territory.csv",
                        GB_STR_ARG(at->text));
    }
}

/* A scalar that may be left out: then "*". */
static struct gb_str optional(struct gb_policy_build *b, const struct gb_yaml *node)
{
    if (node == NULL || !gb_yaml_is(b->mistakes, node, GB_YAML_SCALAR)) {
        return GB_STR("*");
    }
    return node->text;
}

static void read_scope(struct gb_policy_build *b, const struct gb_yaml *row, struct gb_duty *duty)
{
    const struct gb_yaml *category = gb_yaml_need(b->mistakes, row, "category", GB_YAML_SCALAR);
    const struct gb_yaml *network = gb_yaml_get(row, "network");
    const struct gb_yaml *territory = gb_yaml_get(row, "territory");
    const struct gb_yaml *until = gb_yaml_get(row, "valid_until");
    int64_t priority = 0;

    duty->category = category != NULL ? category->text : GB_STR("*");
    duty->network = optional(b, network);
    duty->territory = optional(b, territory);
    if (category != NULL) {
        check_category(b, category);
    }
    if (network != NULL) {
        (void)gb_policy_word(b, network, "network", (const char *const *)b->networks);
    }
    if (territory != NULL && territory->type == GB_YAML_SCALAR) {
        check_territory(b, territory);
    }
    if (gb_policy_day(b, gb_yaml_get(row, "valid_from"), INT64_MIN, &duty->valid_from) &&
        gb_policy_day(b, until, INT64_MAX, &duty->valid_until) &&
        duty->valid_from >= duty->valid_until) {
        gb_yaml_mistake(b->mistakes, until, "valid_until is not after valid_from");
    }
    (void)gb_yaml_int(b->mistakes, gb_yaml_get(row, "priority"), -1000, 1000, &priority);
    duty->priority = (int32_t)priority;
}

static void read_duty(struct gb_policy_build *b, const struct gb_yaml *row, struct gb_map *seen,
                      struct gb_duty *duty)
{
    static const char *const known[] = {
        "id",       "category", "network", "territory", "valid_from",    "valid_until",
        "priority", "lead",     "assist",  "inform",    "first_contact", "supervise",
        "forbidden", "basis_zh", "basis_en", NULL};
    const struct gb_yaml *id;
    const struct gb_yaml *zh;
    const struct gb_yaml *en;

    if (!gb_yaml_is(b->mistakes, row, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, row, known);
    id = gb_yaml_need(b->mistakes, row, "id", GB_YAML_SCALAR);
    zh = gb_yaml_need(b->mistakes, row, "basis_zh", GB_YAML_SCALAR);
    en = gb_yaml_need(b->mistakes, row, "basis_en", GB_YAML_SCALAR);
    if (id != NULL) {
        duty->id = id->text;
        (void)gb_policy_is_new(b, seen, id, id->text);
    }
    duty->basis_zh = zh != NULL ? zh->text : GB_STR_NONE;
    duty->basis_en = en != NULL ? en->text : GB_STR_NONE;
    read_scope(b, row, duty);
    read_parts(b, row, duty);
}

static enum gb_role lead_of(const struct gb_duty *duty)
{
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (duty->parts[i].kind == GB_DUTY_LEAD) {
            return duty->parts[i].role;
        }
    }
    return GB_ROLE_COUNT;
}

/* Equally specific rows that can meet have the same stem, territory and network. */
static bool is_undecided(const struct gb_duty *a, const struct gb_duty *b)
{
    return gb_str_eq(stem_of(a->category), stem_of(b->category)) &&
           gb_str_eq(a->territory, b->territory) && gb_str_eq(a->network, b->network) &&
           a->priority == b->priority && a->valid_from < b->valid_until &&
           b->valid_from < a->valid_until && lead_of(a) != lead_of(b);
}

static void check_undecided(struct gb_policy_build *b, const struct gb_yaml *list,
                            const struct gb_duty *duties)
{
    for (uint32_t i = 0; i < list->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (duties[i].id.ptr != NULL && duties[j].id.ptr != NULL &&
                is_undecided(&duties[j], &duties[i])) {
                gb_yaml_mistake(b->mistakes, &list->items[i],
                                "row %.*s and row %.*s (line %u) fit the same matters with the "
                                "same priority and name different leads",
                                GB_STR_ARG(duties[i].id), GB_STR_ARG(duties[j].id),
                                list->items[j].line);
            }
        }
    }
}

void gb_policy_duties(struct gb_policy_build *b)
{
    static const char *const known[] = {"duties", NULL};
    const struct gb_yaml *root = gb_policy_yaml(b, "duties.yaml", known);
    const struct gb_yaml *list =
        root != NULL ? gb_yaml_need(b->mistakes, root, "duties", GB_YAML_LIST) : NULL;
    struct gb_map seen = {0};
    struct gb_duty *duties;

    if (list == NULL) {
        return;
    }
    if (list->count > 2000) {
        gb_yaml_mistake(b->mistakes, list, "at most 2000 rows");
        return;
    }
    duties = gb_arena_take(b->arena, (list->count + 1) * sizeof(*duties));
    for (uint32_t i = 0; i < list->count; i++) {
        read_duty(b, &list->items[i], &seen, &duties[i]);
    }
    gb_map_close(&seen);
    check_undecided(b, list, duties);
    b->policy.duties = duties;
    b->policy.duties_count = list->count;
}
