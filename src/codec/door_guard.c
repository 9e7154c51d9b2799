/* The guard of the door: what a mapped row may still hold that must not come in.
 *
 * Texts are scrubbed; keys and codes are kept whole or not at all: a phone number that somebody
 * typed into a code column makes the row dead, with the column's name and never with the value. A
 * matter of a refused class leaves nothing but a count. */
#include "base/hash.h"
#include "codec/door_build.h"

/* Cells of the row's name columns: read for scrubbing only, never stored. */
static struct gb_scrub_names names_of(const struct gb_entity *entity, const struct gb_row *row,
                                      struct gb_str *cells)
{
    struct gb_scrub_names names = {cells, 0};

    for (uint32_t i = 0; i < entity->names_count; i++) {
        const struct gb_value *value = row->columns[entity->names[i]];

        if (value != NULL && value->type == GB_STRING && !row->is_unavailable[entity->names[i]]) {
            cells[names.cells_count++] = value->text;
        }
    }
    return names;
}

static enum gb_status check(const struct gb_entity *entity, const struct gb_row *row,
                            uint32_t column, struct gb_str text, struct gb_err *err)
{
    struct gb_str cells[GB_NAMES_MAX];
    struct gb_scrub_names names = names_of(entity, row, cells);
    enum gb_scrub_kind kind = gb_str_is(text) ? gb_scrub_find(text, &names) : GB_SCRUB_COUNT;

    return kind == GB_SCRUB_COUNT
               ? GB_OK
               : gb_fail(err, GB_BAD_FIELD,
                         "%.*s: expected a code, found what looks like %s; it is not stored",
                         GB_STR_ARG(entity->column_names[column]), gb_scrub_word(kind));
}

enum gb_status gb_guard_key(const struct gb_entity *entity, const struct gb_row *row,
                            uint32_t column, struct gb_str text, struct gb_err *err)
{
    return check(entity, row, column, text, err);
}

enum gb_status gb_guard_position(const struct gb_opening *o, struct gb_err *err)
{
    const struct gb_version *position = &o->changes.position;

    if (o->reader->mapping->envelope.kind != GB_ENVELOPE_CANAL) {
        return GB_OK;
    }
    for (uint32_t i = 0; i < position->parts_count; i++) {
        struct gb_str text =
            gb_arena_printf(o->arena, "%lld", (long long)position->parts[i]);

        if (gb_scrub_find(text, NULL) != GB_SCRUB_COUNT) {
            return gb_fail(err, GB_BAD_ENVELOPE, "$: expected the time of the change");
        }
    }
    return GB_OK;
}

static enum gb_status check_columns(const struct gb_guarded *g, const struct gb_field *field,
                                    struct gb_err *err)
{
    enum gb_status status = GB_OK;

    for (uint32_t i = 0; i < field->columns_count && status == GB_OK; i++) {
        struct gb_str text;

        if (gb_convert_text(g->o->arena, g->row->columns[field->columns[i]], &text)) {
            status = check(g->entity, g->row, field->columns[i], text, err);
        }
    }
    return status;
}

/* What stands in the record: a text, or each text of a list. */
static enum gb_status check_value(const struct gb_guarded *g, const struct gb_field *field,
                                  const struct gb_value *value, struct gb_err *err)
{
    enum gb_status status = GB_OK;

    if (value->type == GB_STRING) {
        return check(g->entity, g->row, field->columns[0], value->text, err);
    }
    for (uint32_t i = 0; value->type == GB_ARRAY && i < value->count && status == GB_OK; i++) {
        status = check(g->entity, g->row, field->columns[0], value->items[i].text, err);
    }
    return status;
}

/* A moment of our own times is no number of a person's, whatever its digits look like. */
static bool is_our_time(const struct gb_value *value)
{
    return value->type == GB_INT && value->number >= INT64_C(631152000000) && /* 1990 */
           value->number < INT64_C(4102444800000);                            /* 2100 */
}

enum gb_status gb_guard_field(const struct gb_guarded *g, const struct gb_field *field,
                              const struct gb_value *value, struct gb_err *err)
{
    switch (field->form) {
    case GB_FORM_CODE:
    case GB_FORM_JOIN:
    case GB_FORM_REF:
    case GB_FORM_INT:
    case GB_FORM_BITS:
        return check_columns(g, field, err);
    case GB_FORM_GRID: /* the whole code is looked at: a person's number holds a birthday */
        return check_columns(g, field, err);
    case GB_FORM_MICROS_LOCAL:
    case GB_FORM_MILLIS_LOCAL:
        return is_our_time(value) ? GB_OK : check_columns(g, field, err);
    case GB_FORM_FIRST: /* the rest of the list is not carried */
    case GB_FORM_PATH:
    case GB_FORM_ENUM:
    case GB_FORM_SET:
    case GB_FORM_LIST:
    case GB_FORM_DECIMAL:
    case GB_FORM_UNSCALED:
    case GB_FORM_UNSIGNED:
        return check_value(g, field, value, err);
    case GB_FORM_LOOKUP:    /* a code of the lookup file */
    case GB_FORM_HOLDER:    /* a keyed hash */
    case GB_FORM_HOUSEHOLD: /* a keyed hash */
    case GB_FORM_CONSTANT:  /* of the mapping */
    case GB_FORM_HASHES:    /* 64 hex digits each */
    case GB_FORM_ALL:       /* true or false */
    case GB_FORM_BOOL:
    case GB_FORM_ORDINAL:   /* below a million */
    case GB_FORM_ISO:       /* these are read strictly, as times */
    case GB_FORM_ISO_LOCAL:
    case GB_FORM_DATETIME_LOCAL:
    case GB_FORM_DATETIME_UTC:
    case GB_FORM_DAYS:
    case GB_FORM_DATE:
    case GB_FORM_CLOCK:
    case GB_FORM_INTERVAL:
        return GB_OK;
    case GB_FORMS:
        break;
    }
    return gb_fail(err, GB_BUG, "unknown form");
}

struct gb_str gb_guard_refused(const struct gb_opening *o, const struct gb_value *fields)
{
    struct gb_str category = gb_value_str(fields, GB_STR(GB_FIELD_CATEGORY));

    return gb_str_is(category) ? gb_refuse_category(o->door->refuse, o->reader->mapping->system,
                                                    category)
                               : GB_STR_NONE;
}

bool gb_guard_has_texts(const struct gb_opening *o, const struct gb_value *fields)
{
    struct gb_str category = gb_value_str(fields, GB_STR(GB_FIELD_CATEGORY));

    return !gb_str_is(category) ||
           !gb_refuse_no_text(o->door->refuse, o->reader->mapping->system, category);
}

void gb_guard_count_class(const struct gb_door *door, struct gb_str class_name)
{
    atomic_fetch_add_explicit(
        &door->counts->refused[gb_refuse_class(door->refuse, class_name)], 1,
        memory_order_relaxed);
}

static enum gb_status scrub(const struct gb_opening *o, const struct gb_scrub_names *names,
                            struct gb_str *text, struct gb_err *err)
{
    struct gb_scrubbed scrubbed;
    enum gb_status status = gb_scrub_text(o->arena, *text, names, &scrubbed, err);

    for (uint32_t i = 0; status == GB_OK && scrubbed.total > 0 && i < GB_SCRUB_COUNT; i++) {
        atomic_fetch_add_explicit(&o->door->counts->scrubbed[i], scrubbed.counts[i],
                                  memory_order_relaxed);
    }
    *text = status == GB_OK ? scrubbed.text : *text;
    return status;
}

enum gb_status gb_guard_free_text(const struct gb_opening *o, struct gb_str *text,
                                  struct gb_err *err)
{
    return gb_str_is(*text) ? scrub(o, NULL, text, err) : GB_OK;
}

enum gb_status gb_guard_text(const struct gb_guarded *g, uint32_t text_index,
                             struct gb_str *text, struct gb_err *err)
{
    const struct gb_opening *o = g->o;
    const struct gb_entity *entity = g->entity;
    struct gb_str cells[GB_NAMES_MAX];
    struct gb_scrub_names names = names_of(entity, g->row, cells);
    struct gb_str refused = gb_refuse_word(o->door->refuse, *text);
    enum gb_status status;

    if (gb_str_is(refused)) {
        gb_guard_count_class(o->door, refused);
        *text = GB_STR_NONE;
        return GB_OK;
    }
    status = scrub(o, &names, text, err);
    if (status != GB_OK && err != NULL) {
        struct gb_err inner = *err;

        return gb_fail(err, status, "%.*s: %s",
                       GB_STR_ARG(entity->column_names[entity->text_columns[text_index]]),
                       inner.text);
    }
    return status;
}

size_t gb_door_refused(const struct gb_door *door, struct gb_refused *out, size_t max)
{
    size_t count = 0;

    for (uint32_t i = 0; i < door->refuse->classes_count && count < max; i++) {
        uint64_t seen = atomic_load_explicit(&door->counts->refused[i], memory_order_relaxed);

        if (seen > 0) {
            out[count++] = (struct gb_refused){door->refuse->classes[i], seen};
        }
    }
    return count;
}

uint64_t gb_door_scrubbed(const struct gb_door *door, enum gb_scrub_kind kind)
{
    return atomic_load_explicit(&door->counts->scrubbed[kind], memory_order_relaxed);
}
