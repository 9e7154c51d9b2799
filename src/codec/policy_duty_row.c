/* One row of duties.yaml: where it applies, and what it gives to whom. */
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

/* One item of a list, or the scalar that stands for a list of one. */
static uint32_t count_of(const struct gb_yaml *node)
{
    return node == NULL ? 0 : node->type == GB_YAML_LIST ? node->count : 1;
}

static const struct gb_yaml *item_of(const struct gb_yaml *node, uint32_t index)
{
    return node->type == GB_YAML_LIST ? &node->items[index] : node;
}

/* "department:SCJG" or "grid_worker". */
static bool read_post(struct gb_policy_build *b, const struct gb_yaml *at, struct gb_post *post)
{
    struct gb_yaml role = *at;
    const char *colon;

    if (!gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR)) {
        return false;
    }
    colon = at->text.len > 0 ? memchr(at->text.ptr, ':', at->text.len) : NULL;
    if (colon != NULL) {
        role.text.len = (size_t)(colon - at->text.ptr);
        post->unit = (struct gb_str){colon + 1, at->text.len - role.text.len - 1};
        if (gb_policy_unit(&b->policy, post->unit) == NULL) {
            gb_yaml_mistake(b->mistakes, at, "unit \"%.*s\" has no row in units.csv",
                            GB_STR_ARG(post->unit));
            return false;
        }
    }
    return gb_policy_role(b, &role, &post->role);
}

static bool is_same_post(const struct gb_post *a, const struct gb_post *b)
{
    return a->role == b->role && gb_str_eq(a->unit, b->unit);
}

static void add_part(struct gb_policy_build *b, const struct gb_yaml *at, enum gb_duty_kind kind,
                     struct gb_duty *duty)
{
    struct gb_duty_part part = {.kind = kind};

    if (kind == GB_DUTY_LEAD && at->type == GB_YAML_SCALAR &&
        gb_str_eq(at->text, GB_STR("first_contact"))) {
        part.is_first = true;
    } else if (!read_post(b, at, &part.post)) {
        return;
    }
    for (uint32_t i = 0; i < duty->parts_count; i++) {
        if (!duty->parts[i].is_first && !part.is_first &&
            is_same_post(&duty->parts[i].post, &part.post)) {
            gb_yaml_mistake(b->mistakes, at, "\"%.*s\" is named twice in one row",
                            GB_STR_ARG(at->text));
            return;
        }
    }
    if (duty->parts_count == GB_DUTY_PARTS_MAX) {
        gb_yaml_mistake(b->mistakes, at, "at most %u posts in one row", GB_DUTY_PARTS_MAX);
        return;
    }
    duty->parts[duty->parts_count++] = part;
}

static struct gb_str word_of(struct gb_policy_build *b, const struct gb_yaml *row, const char *key,
                             bool is_needed)
{
    const struct gb_yaml *at = is_needed ? gb_yaml_need(b->mistakes, row, key, GB_YAML_SCALAR)
                                         : gb_yaml_get(row, key);

    return at != NULL && at->type == GB_YAML_SCALAR ? at->text : GB_STR_NONE;
}

static void read_no_lead(struct gb_policy_build *b, const struct gb_yaml *row, bool has_lead,
                         struct gb_duty *duty)
{
    static const char *const words[] = {"refused", "first_contact_only", NULL};
    const struct gb_yaml *at = gb_yaml_get(row, "no_lead");
    int index = 0;

    if (!gb_yaml_word(b->mistakes, at, words, &index)) {
        return;
    }
    duty->no_lead = index == 0 ? GB_LEAD_REFUSED : GB_LEAD_FIRST_CONTACT_ONLY;
    if (has_lead) {
        gb_yaml_mistake(b->mistakes, at, "a row with a lead cannot say that nobody leads");
    }
}

void gb_policy_duty_parts(struct gb_policy_build *b, const struct gb_yaml *row,
                          struct gb_duty *duty)
{
    bool has_lead = gb_yaml_get(row, "lead") != NULL;
    bool has_other = false;
    bool has_any = false;

    duty->basis_zh = word_of(b, row, "basis_zh", true);
    duty->basis_en = word_of(b, row, "basis_en", true);
    for (size_t i = 0; i < GB_COUNT(parts); i++) {
        const struct gb_yaml *node = gb_yaml_get(row, parts[i].key);

        if (node == NULL) {
            continue;
        }
        has_any = true;
        has_other = has_other || parts[i].kind != GB_DUTY_FORBIDDEN;
        if (parts[i].kind == GB_DUTY_LEAD && node->type == GB_YAML_LIST) {
            gb_yaml_mistake(b->mistakes, node, "a row has one lead: never two");
            continue;
        }
        for (uint32_t j = 0; j < count_of(node); j++) {
            add_part(b, item_of(node, j), parts[i].kind, duty);
        }
    }
    read_no_lead(b, row, has_lead, duty);
    if (!has_lead && duty->no_lead == GB_LEAD_NAMED && (has_other || !has_any)) {
        gb_yaml_mistake(b->mistakes, row,
                        "a row needs a lead, or no_lead, unless it has nothing but forbidden");
    }
}

static void read_hand_over(struct gb_policy_build *b, const struct gb_yaml *row,
                           struct gb_duty *duty)
{
    static const char *const known[] = {"to", "failures", "working_days", NULL};
    const struct gb_yaml *node = gb_yaml_get(row, "hand_over");
    const struct gb_duty_part *lead = gb_duty_lead(duty);
    const struct gb_yaml *to;
    int64_t failures = 0;
    int64_t days = 0;

    if (node == NULL || !gb_yaml_is(b->mistakes, node, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(b->mistakes, node, known);
    to = gb_yaml_need(b->mistakes, node, "to", GB_YAML_SCALAR);
    (void)gb_yaml_int(b->mistakes, gb_yaml_get(node, "failures"), 1, 100, &failures);
    (void)gb_yaml_int(b->mistakes, gb_yaml_get(node, "working_days"), 1, 1000, &days);
    if (to == NULL || !read_post(b, to, &duty->hand_over.to)) {
        return;
    }
    duty->hand_over.is_set = true;
    duty->hand_over.failures = (int32_t)failures;
    duty->hand_over.working_days = (int32_t)days;
    if (failures == 0 && days == 0) {
        gb_yaml_mistake(b->mistakes, node, "says neither failures nor working_days");
    }
    if (lead == NULL || (!lead->is_first && is_same_post(&lead->post, &duty->hand_over.to))) {
        gb_yaml_mistake(b->mistakes, to, "hands over to another post than the lead of its row");
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

bool gb_policy_is_category(struct gb_policy_build *b, const struct gb_yaml *at)
{
    struct gb_str stem;

    if (!gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR)) {
        return false;
    }
    stem = stem_of(at->text);
    if (memchr(stem.ptr, '*', stem.len) != NULL) {
        gb_yaml_mistake(b->mistakes, at, "a pattern has one *, at its end: MS*");
        return false;
    }
    if (stem.len == at->text.len) {
        return gb_policy_word(b, at, "category", (const char *const *)b->categories);
    }
    for (size_t i = 0; b->categories[i] != NULL; i++) {
        if (gb_duty_covers(at->text, gb_str_of(b->categories[i]))) {
            return true;
        }
    }
    gb_yaml_mistake(b->mistakes, at, "no category begins with \"%.*s\"", GB_STR_ARG(stem));
    return false;
}

static bool check_territory(struct gb_policy_build *b, const struct gb_yaml *at)
{
    if (!gb_yaml_is(b->mistakes, at, GB_YAML_SCALAR)) {
        return false;
    }
    if (gb_str_eq(at->text, GB_STR("*")) || gb_policy_has_place(&b->policy, at->text)) {
        return true;
    }
    gb_yaml_mistake(b->mistakes, at, "territory \"%.*s\" has no row in territory.csv",
                    GB_STR_ARG(at->text));
    return false;
}

static bool is_listed(const struct gb_yaml *node, struct gb_str word)
{
    for (uint32_t i = 0; i < count_of(node); i++) {
        const struct gb_yaml *item = item_of(node, i);

        if (item->type == GB_YAML_SCALAR && gb_str_eq(item->text, word)) {
            return true;
        }
    }
    return false;
}

/* The sources of the bundle whose network and role are named; all where none is. */
static void read_sources(struct gb_policy_build *b, const struct gb_yaml *row,
                         struct gb_duty *duty)
{
    const struct gb_yaml *network = gb_yaml_get(row, "network");
    const struct gb_yaml *role = gb_yaml_get(row, "role");

    duty->has_network = network != NULL && !is_listed(network, GB_STR("*"));
    duty->has_role = role != NULL;
    for (uint32_t i = 0; i < count_of(network); i++) {
        (void)gb_policy_word(b, item_of(network, i), "network",
                             (const char *const *)b->networks);
    }
    for (uint32_t i = 0; i < count_of(role); i++) {
        enum gb_role ignored;

        (void)gb_policy_role(b, item_of(role, i), &ignored);
    }
    duty->sources = UINT64_MAX;
    for (uint32_t i = 0; i < b->policy.sources_count && i < GB_SOURCES_MAX; i++) {
        const struct gb_source_row *source = &b->policy.sources[i];

        if ((duty->has_network && !is_listed(network, source->network)) ||
            (duty->has_role && !is_listed(role, gb_role_word(source->role)))) {
            duty->sources &= ~((uint64_t)1 << i);
        }
    }
    if (duty->has_network || duty->has_role) { /* an unknown source is none of those named */
        duty->sources &= b->policy.sources_count >= GB_SOURCES_MAX
                             ? UINT64_MAX
                             : ((uint64_t)1 << b->policy.sources_count) - 1;
    }
}

uint32_t gb_policy_urgencies(struct gb_policy_build *b, const struct gb_yaml *at)
{
    uint32_t urgencies = at == NULL ? GB_URGENCY_ANY : 0;

    for (uint32_t i = 0; i < count_of(at); i++) {
        int64_t urgency = 0;

        if (gb_yaml_int(b->mistakes, item_of(at, i), 0, GB_URGENCY_COUNT - 1, &urgency)) {
            urgencies |= 1U << urgency;
        }
    }
    return urgencies;
}

static void read_validity(struct gb_policy_build *b, const struct gb_yaml *row,
                          struct gb_duty *duty)
{
    const struct gb_yaml *until = gb_yaml_get(row, "valid_until");
    int64_t priority = 0;

    if (gb_policy_day(b, gb_yaml_get(row, "valid_from"), INT64_MIN, &duty->valid_from) &&
        gb_policy_day(b, until, INT64_MAX, &duty->valid_until) &&
        duty->valid_from >= duty->valid_until) {
        gb_yaml_mistake(b->mistakes, until, "valid_until is not after valid_from");
    }
    (void)gb_yaml_int(b->mistakes, gb_yaml_get(row, "priority"), -1000, 1000, &priority);
    duty->priority = (int32_t)priority;
    (void)gb_yaml_bool(b->mistakes, gb_yaml_get(row, "temporary"), &duty->is_temporary);
    if (duty->is_temporary && until == NULL) {
        gb_yaml_mistake(b->mistakes, gb_yaml_get(row, "temporary"),
                        "a temporary item needs valid_until (准入: consent and an expiry date)");
    }
}

void gb_policy_duty_row(struct gb_policy_build *b, const struct gb_yaml *row,
                        struct gb_duty *duty)
{
    static const char *const known[] = {
        "id",         "item",    "proposed_by", "category",      "territory",   "network",
        "role",       "urgency", "valid_from",  "valid_until",   "temporary",   "priority",
        "lead",       "assist",  "inform",      "first_contact", "supervise",   "forbidden",
        "hand_over",  "no_lead", "basis_zh",    "basis_en",      NULL};

    gb_yaml_known(b->mistakes, row, known);
    duty->file = row->file;
    duty->line = row->line;
    duty->col = row->col;
    duty->id = word_of(b, row, "id", true);
    duty->item = word_of(b, row, "item", false);
    duty->proposed_by = word_of(b, row, "proposed_by", false);
    read_sources(b, row, duty);
    duty->has_urgency = gb_yaml_get(row, "urgency") != NULL;
    duty->urgencies = gb_policy_urgencies(b, gb_yaml_get(row, "urgency"));
    read_validity(b, row, duty);
    gb_policy_duty_parts(b, row, duty);
    read_hand_over(b, row, duty);
}

/* Adds the row's scopes, or only counts them where scopes is NULL. */
uint32_t gb_policy_duty_scopes(struct gb_policy_build *b, const struct gb_yaml *row,
                               uint32_t duty, struct gb_duty_scope *scopes)
{
    static const struct gb_yaml any = {.type = GB_YAML_SCALAR, .text = {"*", 1}};
    const struct gb_yaml *category = gb_yaml_get(row, "category");
    const struct gb_yaml *territory = gb_yaml_get(row, "territory");
    uint32_t count = 0;

    if (scopes == NULL && category == NULL) {
        gb_yaml_mistake(b->mistakes, row, "key \"category\" is missing");
    }
    territory = territory != NULL ? territory : &any;
    for (uint32_t i = 0; scopes == NULL && i < count_of(category); i++) {
        (void)gb_policy_is_category(b, item_of(category, i));
    }
    for (uint32_t i = 0; scopes == NULL && i < count_of(territory); i++) {
        (void)check_territory(b, item_of(territory, i));
    }
    for (uint32_t i = 0; i < count_of(category); i++) {
        for (uint32_t j = 0; j < count_of(territory); j++) {
            if (scopes != NULL) {
                scopes[count] = (struct gb_duty_scope){item_of(category, i)->text,
                                                       item_of(territory, j)->text, duty};
            }
            count++;
        }
    }
    return count;
}
