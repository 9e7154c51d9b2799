/* mapping.yaml: the envelope. Each kind has its own words; a word of another kind is a mistake. */
#include "codec/mapping.h"

static const char *const kinds[] = {"debezium", "debezium_unwrapped", "canal",
                                    "maxwell",  "plain",              "cloudevents", NULL};

static const char *const words_of[][14] = {
    [GB_ENVELOPE_DEBEZIUM] = {"kind", "schema", "position", "placeholder", "topics", NULL},
    [GB_ENVELOPE_UNWRAPPED] = {"kind", "topic_prefix", "op", "deleted", "position", "placeholder",
                               "topics", NULL},
    [GB_ENVELOPE_CANAL] = {"kind", "es", NULL},
    [GB_ENVELOPE_MAXWELL] = {"kind", "position", "nulls", "jvm_zone", NULL},
    [GB_ENVELOPE_PLAIN] = {"kind", "table", "table_member", "op", "put", "delete", "row", "rows",
                           "position", "tombstone", NULL},
    [GB_ENVELOPE_CLOUDEVENTS] = {"kind", "mode", "row", "delete", "position", NULL}};

static bool is_given(const struct gb_yaml *node, const char *key)
{
    return gb_yaml_get(node, key) != NULL;
}

/* An optional text; longer ones than any member or path would need are a mistake. */
static void take_text(struct gb_mapping_read *r, const struct gb_yaml *node, const char *key,
                      struct gb_str *text)
{
    if (is_given(node, key) && gb_mapping_scalar(r, node, key, text) &&
        text->len > GB_NAME_LEN_MAX) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(node, key), "longer than %u bytes",
                        GB_NAME_LEN_MAX);
    }
}

/* An optional choice between two words; true for the second. */
static bool take_choice(struct gb_mapping_read *r, const struct gb_yaml *node, const char *key,
                        const char *first, const char *second)
{
    const char *const words[] = {first, second, NULL};
    int index = 0;

    (void)gb_yaml_word(r->mistakes, gb_yaml_get(node, key), words, &index);
    return index == 1;
}

static void read_position(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const struct gb_str maxwell[] = {{"ts", 2}, {"xid", 3}, {"xoffset", 7}};
    struct gb_envelope *envelope = &r->mapping->envelope;
    struct gb_words names = {NULL, 0};

    if (node == NULL && envelope->kind == GB_ENVELOPE_MAXWELL) {
        names = (struct gb_words){maxwell, GB_COUNT(maxwell)};
    } else if (node == NULL || !gb_mapping_words(r, node, &names)) {
        return;
    }
    if (names.count > GB_VERSION_PARTS_MAX) {
        gb_yaml_mistake(r->mistakes, node, "position: expected up to %d names",
                        GB_VERSION_PARTS_MAX);
        return;
    }
    for (uint32_t i = 0; i < names.count; i++) {
        envelope->position[i] = names.items[i];
    }
    envelope->position_count = names.count;
}

static void read_topics(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const known[] = {
        [GB_SIDE_HEARTBEAT] = "heartbeat", [GB_SIDE_TRANSACTION] = "transaction",
        [GB_SIDE_DDL] = "ddl",             [GB_SIDE_MESSAGE] = "message",
        [GB_SIDES] = NULL};

    if (node == NULL || !gb_yaml_is(r->mistakes, node, GB_YAML_MAP)) {
        return;
    }
    gb_yaml_known(r->mistakes, node, known);
    for (int i = 0; i < GB_SIDES; i++) {
        if (is_given(node, known[i])) {
            (void)gb_mapping_scalar(r, node, known[i], &r->mapping->envelope.sides[i]);
        }
    }
}

static void read_debezium(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    static const char *const schemas[] = {"either", "true", "false", NULL};
    struct gb_envelope *envelope = &r->mapping->envelope;
    int schema = GB_WRAPPER_EITHER;

    envelope->placeholder = GB_STR("__debezium_unavailable_value");
    envelope->op = GB_STR("__op");
    envelope->deleted = GB_STR("__deleted");
    take_text(r, node, "placeholder", &envelope->placeholder);
    read_topics(r, gb_yaml_get(node, "topics"));
    if (envelope->kind == GB_ENVELOPE_DEBEZIUM) {
        (void)gb_yaml_word(r->mistakes, gb_yaml_get(node, "schema"), schemas, &schema);
        envelope->schema = (enum gb_wrapper)schema;
        return;
    }
    (void)gb_mapping_scalar(r, node, "topic_prefix", &envelope->topic_prefix);
    take_text(r, node, "op", &envelope->op);
    take_text(r, node, "deleted", &envelope->deleted);
}

static void read_plain(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_envelope *envelope = &r->mapping->envelope;

    take_text(r, node, "table", &envelope->table);
    take_text(r, node, "table_member", &envelope->table_member);
    take_text(r, node, "op", &envelope->op);
    take_text(r, node, "row", &envelope->row);
    take_text(r, node, "rows", &envelope->rows);
    envelope->is_tombstone_delete = take_choice(r, node, "tombstone", "ignore", "delete");
    if (is_given(node, "table") == is_given(node, "table_member")) {
        gb_yaml_mistake(r->mistakes, node, "expected table: NAME, or table_member: PATH");
    }
    if (is_given(node, "row") && is_given(node, "rows")) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(node, "rows"), "give row or rows, not both");
    }
    if (is_given(node, "op") != (is_given(node, "put") || is_given(node, "delete"))) {
        gb_yaml_mistake(r->mistakes, node, "op needs put: [values] and delete: [values]");
        return;
    }
    if (envelope->is_tombstone_delete && is_given(node, "table_member")) {
        gb_yaml_mistake(r->mistakes, gb_yaml_get(node, "tombstone"),
                        "a null value names no table: give table");
    }
    if (is_given(node, "put")) {
        (void)gb_mapping_words(r, gb_yaml_get(node, "put"), &envelope->puts);
    }
    if (is_given(node, "delete")) {
        (void)gb_mapping_words(r, gb_yaml_get(node, "delete"), &envelope->deletes);
    }
}

static void read_cloudevents(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_envelope *envelope = &r->mapping->envelope;

    if (!is_given(node, "mode")) {
        gb_yaml_mistake(r->mistakes, node, "expected mode: structured or binary");
    }
    envelope->is_binary = take_choice(r, node, "mode", "structured", "binary");
    take_text(r, node, "row", &envelope->row);
    if (is_given(node, "delete")) {
        (void)gb_mapping_words(r, gb_yaml_get(node, "delete"), &envelope->deletes);
    }
}

static void read_maxwell(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_envelope *envelope = &r->mapping->envelope;

    envelope->is_nulls_omitted = take_choice(r, node, "nulls", "sent", "omitted");
    if (is_given(node, "jvm_zone")) {
        envelope->has_jvm_zone = gb_mapping_zone(r, node, "jvm_zone", &envelope->jvm_zone_us);
    } else {
        gb_yaml_mistake(r->mistakes, node,
                        "expected jvm_zone: +08:00; Maxwell shifts times by its JVM's zone");
    }
}

void gb_mapping_envelope(struct gb_mapping_read *r, const struct gb_yaml *node)
{
    struct gb_envelope *envelope = &r->mapping->envelope;
    int kind = 0;

    if (!gb_yaml_word(r->mistakes, gb_yaml_need(r->mistakes, node, "kind", GB_YAML_SCALAR), kinds,
                      &kind)) {
        return;
    }
    envelope->kind = (enum gb_envelope_kind)kind;
    gb_yaml_known(r->mistakes, node, words_of[kind]);
    read_position(r, gb_yaml_get(node, "position"));
    switch (envelope->kind) {
    case GB_ENVELOPE_DEBEZIUM:
    case GB_ENVELOPE_UNWRAPPED:
        read_debezium(r, node);
        break;
    case GB_ENVELOPE_CANAL:
        envelope->is_es_seconds = take_choice(r, node, "es", "millis", "seconds");
        break;
    case GB_ENVELOPE_MAXWELL:
        read_maxwell(r, node);
        break;
    case GB_ENVELOPE_PLAIN:
        read_plain(r, node);
        break;
    case GB_ENVELOPE_CLOUDEVENTS:
        read_cloudevents(r, node);
        break;
    }
}
