/* mapping.yaml: options of a field, and counters. An option stands only where its type
 * uses it, so that a declaration that would do nothing is a mistake. */
#include "codec/mapping.h"

#define FORM(word) (UINT64_C(1) << GB_FORM_##word)
#define TEXTS                                                                                      \
    (FORM(CODE) | FORM(FIRST) | FORM(LOOKUP) | FORM(HOLDER) | FORM(REF) | FORM(HOUSEHOLD) |        \
     FORM(PATH) | FORM(ENUM) | FORM(UNSIGNED) | FORM(GRID))
#define TIMES                                                                                      \
    (FORM(MICROS_LOCAL) | FORM(MILLIS_LOCAL) | FORM(DATETIME_LOCAL) | FORM(DATETIME_UTC) |         \
     FORM(ISO) | FORM(ISO_LOCAL) | FORM(DAYS) | FORM(DATE) | FORM(CLOCK) | FORM(INTERVAL))
#define EVERY UINT64_MAX

static const struct {
    const char *word;
    uint64_t forms;
} options[] = {
    {"type", EVERY},
    {"optional", EVERY & ~FORM(CONSTANT)},
    {"column", EVERY & ~(FORM(JOIN) | FORM(ALL) | FORM(CONSTANT))},
    {"value", FORM(CONSTANT)},
    {"columns", FORM(JOIN)},
    {"of", FORM(ALL)},
    {"file", FORM(LOOKUP)},
    {"member", FORM(LOOKUP)},
    {"kind", FORM(HOLDER)},
    {"source", FORM(REF)},
    {"entity", FORM(REF)},
    {"nulls", TEXTS | TIMES | FORM(INT) | FORM(BOOL) | FORM(DECIMAL) | FORM(BITS)},
    {"labels", FORM(ENUM) | FORM(SET)},
    {"by", FORM(ENUM) | FORM(SET)},
    {"unit", FORM(CLOCK) | FORM(INTERVAL)},
    {"scale", FORM(UNSCALED)},
    {"accept", FORM(DATETIME_LOCAL) | FORM(DATE)},
    {"fold", FORM(CODE) | FORM(FIRST) | FORM(LOOKUP) | FORM(PATH) | FORM(ORDINAL)},
    {"excel", FORM(CODE) | FORM(LOOKUP) | FORM(HOUSEHOLD) | FORM(HOLDER) |
                  FORM(GRID)}};

static void check_known(struct gb_mapping_read *r, const struct gb_yaml *node, enum gb_form form)
{
    const char *known[GB_COUNT(options) + 1] = {NULL};
    size_t count = 0;

    for (size_t i = 0; i < GB_COUNT(options); i++) {
        if (((options[i].forms >> form) & 1) != 0) {
            known[count++] = options[i].word;
        }
    }
    gb_yaml_known(r->mistakes, node, known);
}

/* A list of words of a set, as bits in the set's order. */
static bool read_bits(struct gb_mapping_read *r, const struct gb_yaml *node,
                      const char *const *words, uint32_t *bits)
{
    if (node == NULL) {
        return true;
    }
    if (!gb_yaml_is(r->mistakes, node, GB_YAML_LIST)) {
        return false;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        int index = gb_mapping_word(r, &node->items[i], words);

        if (index < 0) {
            return false;
        }
        *bits |= 1U << index;
    }
    return true;
}

static bool read_labels(struct gb_mapping_read *r, const struct gb_yaml *node,
                        struct gb_field *field)
{
    static const char *const ways[] = {"label", "number", NULL};
    const struct gb_yaml *labels = gb_yaml_get(node, "labels");
    int way = 0;

    (void)gb_yaml_word(r->mistakes, gb_yaml_get(node, "by"), ways, &way);
    field->is_number = way == 1;
    if (field->is_number && labels == NULL && r->mapping->envelope.kind != GB_ENVELOPE_CANAL) {
        gb_yaml_mistake(r->mistakes, node, "numbers need labels: [in the order of the numbers]");
        return false;
    }
    return labels == NULL || gb_mapping_words(r, labels, &field->labels);
}

bool gb_mapping_folds(struct gb_mapping_read *r, const struct gb_yaml *node, uint32_t *fold)
{
    static const char *const folds[] = {"width", "numerals", "village", "building", NULL};

    return read_bits(r, node, folds, fold);
}

bool gb_mapping_options(struct gb_mapping_read *r, const struct gb_yaml *node,
                        struct gb_field *field)
{
    static const char *const units[] = {"text", "micros", "millis", NULL};
    static const char *const accepts[] = {"glued", "compact", "net", NULL};
    const struct gb_yaml *nulls = gb_yaml_get(node, "nulls");
    uint32_t before = r->mistakes->count;
    int unit = GB_UNIT_TEXT;
    int64_t scale = -1;

    check_known(r, node, field->form);
    (void)gb_yaml_bool(r->mistakes, gb_yaml_get(node, "optional"), &field->is_optional);
    (void)gb_yaml_bool(r->mistakes, gb_yaml_get(node, "excel"), &field->is_excel);
    (void)gb_yaml_word(r->mistakes, gb_yaml_get(node, "unit"), units, &unit);
    (void)gb_yaml_int(r->mistakes, gb_yaml_get(node, "scale"), 0, 40, &scale);
    field->unit = (enum gb_time_unit)unit;
    field->scale = (int32_t)scale;
    if (nulls != NULL) {
        (void)gb_mapping_words(r, nulls, &field->nulls);
    }
    (void)read_bits(r, gb_yaml_get(node, "accept"), accepts, &field->accept);
    (void)gb_mapping_folds(r, gb_yaml_get(node, "fold"), &field->fold);
    if (field->form == GB_FORM_ENUM || field->form == GB_FORM_SET) {
        (void)read_labels(r, node, field);
    }
    return r->mistakes->count == before;
}

void gb_mapping_counters(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {"entity", "column", "fields", NULL};
    struct gb_entity *entity = r->entity;

    if (node->type != GB_YAML_LIST || node->count == 0 || node->count > GB_COUNTERS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "counters: expected 1 to %u", GB_COUNTERS_MAX);
        return;
    }
    if (entity->identity != GB_IDENTITY_FULL) {
        gb_yaml_mistake(r->mistakes, node,
                        "a counter shows in differences only: declare replica_identity: full");
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct gb_yaml *item = &node->items[i];
        struct gb_counter *counter = &entity->counters[entity->counters_count++];

        if (!gb_yaml_is(r->mistakes, item, GB_YAML_MAP)) {
            return;
        }
        gb_yaml_known(r->mistakes, item, known);
        (void)gb_mapping_entity_name(r, item, &counter->entity);
        (void)gb_mapping_column(
            r, gb_yaml_need(r->mistakes, item, "column", GB_YAML_SCALAR), &counter->column);
        counter->fields = gb_arena_take(r->arena, GB_FIELDS_MAX * sizeof(*counter->fields));
        gb_mapping_fields(r, gb_yaml_get(item, "fields"), counter->entity, counter->fields,
                          &counter->fields_count);
    }
}
