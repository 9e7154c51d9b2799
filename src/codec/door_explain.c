/* What each column of a record became, and by which rule. */
#include "base/jsonw.h"
#include "codec/door_build.h"

struct page {
    struct gb_opening *o;
    const struct gb_entity *entity;
    const struct gb_row *row;
    struct gb_buf *out;
    bool is_read; /* a rule has been shown for the column */
};

static void add(struct page *page, const char *text)
{
    gb_buf_add_str(page->out, gb_str_of(text));
}

static void add_rule(struct page *page, const char *what, struct gb_str name)
{
    add(page, page->is_read ? "; " : "  ");
    add(page, what);
    gb_buf_add_str(page->out, name);
    page->is_read = true;
}

static bool reads(const struct gb_field *field, uint32_t column)
{
    for (uint32_t i = 0; i < field->columns_count; i++) {
        if (field->columns[i] == column) {
            return true;
        }
    }
    for (uint32_t i = 0; i < field->conditions_count; i++) {
        if (field->conditions[i].column == column) {
            return true;
        }
    }
    return false;
}

static void add_field(struct page *page, const char *what, const struct gb_field *field)
{
    struct gb_convert c = gb_opening_convert(page->o);
    struct gb_value value;
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_jsonw w;

    add_rule(page, what, field->name);
    add(page, " (");
    add(page, gb_form_word(field->form));
    if (gb_convert_field(&c, field, page->row, &value, &err) != GB_OK) {
        add(page, "): ");
        add(page, err.text);
        return;
    }
    add(page, ") = ");
    gb_jsonw_init(&w, page->out);
    gb_jsonw_value(&w, &value);
}

static void add_rules(struct page *page, uint32_t column)
{
    const struct gb_entity *entity = page->entity;

    for (uint32_t i = 0; i < entity->key_count; i++) {
        if (entity->key[i].columns[0] == column) {
            add_field(page, "key", &entity->key[i]);
        }
    }
    if (entity->town.form != GB_TOWN_CONSTANT && entity->town.column == column) {
        add_rule(page, "town", GB_STR(""));
    }
    if (entity->has_version && reads(&entity->version, column)) {
        add_field(page, "", &entity->version);
    }
    if (entity->has_soft_delete && entity->soft_delete == column) {
        add_rule(page, "mark of deletion", GB_STR(""));
    }
    for (uint32_t i = 0; i < entity->fields_count; i++) {
        if (reads(&entity->fields[i], column)) {
            add_field(page, "field ", &entity->fields[i]);
        }
    }
    for (uint32_t i = 0; i < entity->texts_count; i++) {
        if (entity->text_columns[i] == column) {
            add_rule(page, "text ", entity->text_names[i]);
        }
    }
    for (uint32_t i = 0; i < entity->counters_count; i++) {
        if (entity->counters[i].column == column) {
            add_rule(page, "counter of ", entity->counters[i].entity);
        }
    }
    for (uint32_t i = 0; i < entity->names_count; i++) {
        if (entity->names[i] == column) {
            add_rule(page, "name: looked for in texts and codes, never stored", GB_STR(""));
        }
    }
}

static void add_column(struct page *page, struct gb_str name)
{
    const uint32_t *column = gb_map_get(&page->entity->columns, name);
    struct gb_str refused = gb_refuse_column(page->o->door->refuse, name);

    page->is_read = false;
    add(page, "    ");
    gb_buf_add_str(page->out, name);
    if (column != NULL && page->row->is_unavailable[*column]) {
        add_rule(page, "not sent by the tool (placeholder)", GB_STR(""));
    } else if (column != NULL) {
        add_rules(page, *column);
    }
    if (gb_str_is(refused)) {
        add_rule(page, "refused: class ", refused);
    } else if (column == NULL) {
        add_rule(page, "no rule names it: ignored, counted as drift", GB_STR(""));
    } else if (!page->is_read) {
        add_rule(page, "ignored: listed", GB_STR(""));
    }
    add(page, "\n");
}

static void add_image(struct gb_opening *o, struct gb_str path, const struct gb_value *image,
                      struct gb_buf *out)
{
    struct gb_row row = {0};
    struct page page = {o, o->changes.entity, &row, out, false};

    gb_buf_add_str(out, GB_STR("  "));
    gb_buf_add_str(out, path);
    gb_buf_add_str(out, GB_STR(" of "));
    gb_buf_add_str(out, o->changes.table);
    gb_buf_add_str(out, o->changes.is_delete ? GB_STR(", a delete: read for its key only\n")
                                             : GB_STR("\n"));
    gb_row_load(o, o->changes.entity, image, &row, false);
    for (uint32_t i = 0; i < image->count; i++) {
        add_column(&page, image->members[i].name);
    }
}

void gb_door_explain(const struct gb_door *door, const struct gb_source_record *in,
                     struct gb_arena *arena, struct gb_buf *out)
{
    struct gb_opening o;
    struct gb_err err = {.status = GB_OK, .text = ""};

    gb_opening_begin(&o, door, in, arena);
    if (o.reader == NULL || !gb_str_is(in->value) || gb_opening_envelope(&o, &err) != GB_OK ||
        gb_str_is(o.changes.ignored)) {
        return; /* the row of gb_door_open says why */
    }
    for (size_t i = 0; i < o.changes.count; i++) {
        const struct gb_change *change = &o.changes.items[i];
        bool is_delete = change->after == NULL;

        if (!is_delete || change->before != NULL) {
            add_image(&o, is_delete ? change->before_path : change->after_path,
                      is_delete ? change->before : change->after, out);
        }
    }
}
