/* Columns to fields. Absent in, absent out; what cannot be read is BAD_FIELD. */
#include "codec/convert.h"

#include "base/buf.h"
#include "base/hash.h"

/* Codes, ids and names are short; only texts are long. */
#define CODE_LEN_MAX 1024

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct gb_str gb_convert_trim(struct gb_str text)
{
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text = (struct gb_str){text.ptr + 1, text.len - 1};
    }
    while (text.len > 0 && is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text.len > 0 ? text : GB_STR_NONE;
}

bool gb_convert_text(struct gb_arena *arena, const struct gb_value *value, struct gb_str *text)
{
    *text = GB_STR_NONE;
    if (value == NULL) {
        return true;
    }
    switch (value->type) {
    case GB_NULL:
        return true;
    case GB_BOOL:
        *text = value->truth ? GB_STR("true") : GB_STR("false");
        return true;
    case GB_INT:
        *text = gb_arena_int(arena, value->number);
        return true;
    case GB_STRING:
        *text = gb_convert_trim(value->text);
        return true;
    case GB_ARRAY:
    case GB_OBJECT:
        break;
    }
    return false;
}

enum gb_status gb_convert_bad(const struct gb_convert *c, uint32_t column, const char *expected,
                              struct gb_err *err)
{
    return gb_fail(err, GB_BAD_FIELD, "%.*s: expected %s",
                   GB_STR_ARG(c->entity->column_names[column]), expected);
}

struct gb_value gb_convert_string(struct gb_str text)
{
    return gb_str_is(text) ? (struct gb_value){.type = GB_STRING, .text = text}
                           : (struct gb_value){.type = GB_NULL};
}

static bool parse_int(struct gb_str text, int64_t *number)
{
    bool is_negative = text.len > 1 && text.ptr[0] == '-';
    size_t from = is_negative || (text.len > 1 && text.ptr[0] == '+') ? 1 : 0;
    int64_t n = 0;

    if (text.len == 0 || text.len - from > 19) {
        return false;
    }
    for (size_t i = from; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' ||
            n > (INT64_MAX - (text.ptr[i] - '0')) / 10) {
            return false;
        }
        n = n * 10 + (text.ptr[i] - '0');
    }
    *number = is_negative ? -n : n;
    return true;
}

bool gb_convert_int(const struct gb_value *value, int64_t *number)
{
    if (value->type == GB_STRING) {
        return parse_int(gb_convert_trim(value->text), number);
    }
    *number = value->number;
    return value->type == GB_INT;
}

static enum gb_status whole_number(const struct gb_convert *c, const struct gb_field *field,
                                   const struct gb_value *from, int64_t *number,
                                   struct gb_err *err)
{
    struct gb_str text;

    *number = GB_NO_NUMBER;
    if (gb_convert_text(c->arena, from, &text) && !gb_str_is(text)) {
        return GB_OK;
    }
    if (!gb_convert_int(from, number) || *number > GB_INT_MAX_JSON || *number < -GB_INT_MAX_JSON) {
        *number = GB_NO_NUMBER;
        return gb_convert_bad(c, field->columns[0], "an integer within 53 bits", err);
    }
    return GB_OK;
}

static int64_t millis(int64_t us)
{
    return us >= 0 ? us / 1000 : -((-us + 999) / 1000);
}

static enum gb_status number_field(const struct gb_convert *c, const struct gb_field *field,
                                   const struct gb_value *from, struct gb_value *value,
                                   struct gb_err *err)
{
    int64_t number = GB_NO_NUMBER;
    bool is_count = field->form == GB_FORM_INT;
    enum gb_status status = is_count ? whole_number(c, field, from, &number, err)
                                     : gb_convert_time(c, field, from, &number, err);

    if (status != GB_OK || number == GB_NO_NUMBER) {
        return status;
    }
    *value = (struct gb_value){
        .type = GB_INT,
        .number = is_count || field->form == GB_FORM_INTERVAL ? number : millis(number)};
    return GB_OK;
}

static enum gb_status join(const struct gb_convert *c, const struct gb_field *field,
                           const struct gb_row *row, struct gb_value *value, struct gb_err *err)
{
    struct gb_str parts[GB_SPEC_COLUMNS_MAX];
    size_t len = 0, used = 0;
    bool any = false;

    for (uint32_t i = 0; i < field->columns_count; i++) {
        if (!gb_convert_text(c->arena, row->columns[field->columns[i]], &parts[i]) ||
            parts[i].len > CODE_LEN_MAX) {
            return gb_convert_bad(c, field->columns[i], "a scalar", err);
        }
        any = any || gb_str_is(parts[i]);
        len += parts[i].len + 1;
    }
    char *out = gb_arena_take(c->arena, len);

    for (uint32_t i = 0; i < field->columns_count; i++) {
        if (i > 0) {
            out[used++] = '/';
        }
        if (parts[i].len > 0) {
            memcpy(out + used, parts[i].ptr, parts[i].len);
        }
        used += parts[i].len;
    }
    *value = gb_convert_string(any ? (struct gb_str){out, used} : GB_STR_NONE);
    return GB_OK;
}

static struct gb_str hash_id(const struct gb_convert *c, struct gb_str plain)
{
    return gb_pseudonym(c->arena, &c->join, plain);
}

static struct gb_str holder_of(const struct gb_convert *c, struct gb_str kind, struct gb_str id)
{
    return hash_id(c, GB_JOIN(c->arena, c->source, GB_STR("\x1F"), kind, GB_STR("\x1F"), id));
}

/* The same for every source: both networks name a household by the register's code. */
static struct gb_str household_of(const struct gb_convert *c, struct gb_str code)
{
    return hash_id(c, GB_JOIN(c->arena, GB_STR("household\x1F"), code));
}

static enum gb_status place(const struct gb_convert *c, const struct gb_field *field,
                            struct gb_str id, struct gb_value *value, struct gb_err *err)
{
    struct gb_str code = GB_STR_NONE;

    if (gb_str_is(id) && !gb_lookup_find(field->lookup, id, field->place, &code)) {
        return gb_fail(err, GB_UNKNOWN_PLACE, "%.*s: expected an id of %.*s",
                       GB_STR_ARG(c->entity->column_names[field->columns[0]]),
                       GB_STR_ARG(field->lookup->file));
    }
    *value = gb_convert_string(code);
    return GB_OK;
}

static enum gb_status all(const struct gb_convert *c, const struct gb_field *field,
                          const struct gb_row *row, struct gb_value *value, struct gb_err *err)
{
    bool truth = true;

    for (uint32_t i = 0; i < field->conditions_count; i++) {
        const struct gb_condition *condition = &field->conditions[i];
        struct gb_str text;

        if (!gb_convert_text(c->arena, row->columns[condition->column], &text)) {
            return gb_convert_bad(c, condition->column, "a scalar", err);
        }
        truth = truth && (gb_str_is(condition->equals) ? gb_str_eq(text, condition->equals)
                                                       : gb_str_is(text));
    }
    *value = (struct gb_value){.type = GB_BOOL, .truth = truth};
    return GB_OK;
}

static enum gb_status boolean(const struct gb_convert *c, const struct gb_field *field,
                              struct gb_str text, struct gb_value *value, struct gb_err *err)
{
    static const char *const yes[] = {"true", "t", "1", "TRUE", "True", "T"};
    static const char *const no[] = {"false", "f", "0", "FALSE", "False", "F"};

    for (size_t i = 0; i < GB_COUNT(yes); i++) {
        if (gb_str_eq(text, gb_str_of(yes[i])) || gb_str_eq(text, gb_str_of(no[i]))) {
            *value = (struct gb_value){.type = GB_BOOL,
                                       .truth = gb_str_eq(text, gb_str_of(yes[i]))};
            return GB_OK;
        }
    }
    return gb_convert_bad(c, field->columns[0], "true or false", err);
}

/* A short text of one column: trimmed, folded, not broken on its way here. */
static enum gb_status code_text(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_value *from, struct gb_str *text,
                                struct gb_err *err)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    const char *at, *end;

    if (!gb_convert_text(c->arena, from, text) || text->len > CODE_LEN_MAX) {
        return gb_convert_bad(c, field->columns[0], "a text of up to 1024 bytes", err);
    }
    if (!gb_str_is(*text)) {
        return GB_OK;
    }
    end = text->ptr + text->len;
    for (at = text->ptr; text->len > 0 && (at = memchr(at, replacement[0], (size_t)(end - at)));
         at++) {
        if (end - at >= 3 && memcmp(at, replacement, 3) == 0) {
            return gb_convert_bad(c, field->columns[0],
                                  "a text in its right encoding, U+FFFD stands in it", err);
        }
        if (end - at <= 1) {
            break;
        }
    }
    if (field->is_excel && gb_fold_is_excel(*text)) {
        return gb_fail(err, GB_EXCEL_TRUNCATED,
                       "%.*s: expected a whole id, a spreadsheet has cut it to 15 digits",
                       GB_STR_ARG(c->entity->column_names[field->columns[0]]));
    }
    *text = gb_fold_text(c->arena, *text, field->fold);
    return GB_OK;
}

#define GRID_LEN 15U

/* The code of the grid that a household's code begins with; absent where it begins otherwise. */
static struct gb_str grid_of(struct gb_str code)
{
    for (size_t i = 0; i < GRID_LEN; i++) {
        if (i == code.len || code.ptr[i] < '0' || code.ptr[i] > '9') {
            return GB_STR_NONE;
        }
    }
    return (struct gb_str){code.ptr, GRID_LEN};
}

static enum gb_status text_field(const struct gb_convert *c, const struct gb_field *field,
                                 const struct gb_value *from, struct gb_value *value,
                                 struct gb_err *err)
{
    struct gb_str text, rest;
    enum gb_status status = code_text(c, field, from, &text, err);

    if (status != GB_OK || !gb_str_is(text)) {
        return status;
    }
    if (field->form == GB_FORM_LOOKUP) {
        return place(c, field, text, value, err);
    }
    if (field->form == GB_FORM_BOOL) {
        return boolean(c, field, text, value, err);
    }
    if (field->form == GB_FORM_ORDINAL) {
        value->number = gb_fold_ordinal(c->arena, text);
        value->type = value->number >= 0 ? GB_INT : GB_NULL;
        return GB_OK;
    }
    if (field->form == GB_FORM_FIRST) {
        text = gb_convert_item(text, &rest);
    } else if (field->form == GB_FORM_PATH) {
        text = gb_fold_path(c->arena, text);
    } else if (field->form == GB_FORM_HOLDER) {
        text = holder_of(c, field->kind, text);
    } else if (field->form == GB_FORM_HOUSEHOLD) {
        text = household_of(c, text);
    } else if (field->form == GB_FORM_GRID) {
        text = grid_of(text);
    } else if (field->form == GB_FORM_REF) {
        text = GB_JOIN(c->arena, field->source, GB_STR("/"), field->entity, GB_STR("/"), text);
    }
    if (gb_str_is(text)) {
        *value = gb_convert_string(text);
    }
    return GB_OK;
}

/* One of the texts that stand for NULL in this column. */
static bool is_null(const struct gb_convert *c, const struct gb_field *field,
                    const struct gb_value *from)
{
    struct gb_str text;

    if (from == NULL || from->type == GB_NULL) {
        return true;
    }
    return field->nulls.count > 0 && gb_convert_text(c->arena, from, &text) &&
           gb_str_is(text) && gb_words_have(&field->nulls, text);
}

enum gb_status gb_convert_field(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_row *row, struct gb_value *value,
                                struct gb_err *err)
{
    const struct gb_value *from = row->columns[field->columns[0]];

    *value = (struct gb_value){.type = GB_NULL};
    if (field->form == GB_FORM_ALL) {
        return all(c, field, row, value, err);
    }
    if (field->form == GB_FORM_JOIN) {
        return join(c, field, row, value, err);
    }
    if (field->form == GB_FORM_CONSTANT) {
        *value = gb_convert_string(field->constant);
        return GB_OK;
    }
    if (is_null(c, field, from)) {
        return GB_OK;
    }
    switch (field->form) {
    case GB_FORM_INT:
    case GB_FORM_MICROS_LOCAL:
    case GB_FORM_MILLIS_LOCAL:
    case GB_FORM_DATETIME_LOCAL:
    case GB_FORM_DATETIME_UTC:
    case GB_FORM_ISO:
    case GB_FORM_ISO_LOCAL:
    case GB_FORM_INTERVAL: return number_field(c, field, from, value, err);
    case GB_FORM_DAYS:
    case GB_FORM_DATE:
    case GB_FORM_CLOCK: return gb_convert_day(c, field, from, value, err);
    case GB_FORM_DECIMAL:
    case GB_FORM_UNSCALED:
    case GB_FORM_UNSIGNED:
    case GB_FORM_BITS: return gb_convert_number(c, field, from, value, err);
    case GB_FORM_ENUM:
    case GB_FORM_SET:
    case GB_FORM_LIST:
    case GB_FORM_HASHES: return gb_convert_list(c, field, from, value, err);
    case GB_FORM_CODE:
    case GB_FORM_FIRST:
    case GB_FORM_PATH:
    case GB_FORM_LOOKUP:
    case GB_FORM_HOLDER:
    case GB_FORM_HOUSEHOLD:
    case GB_FORM_GRID:
    case GB_FORM_REF:
    case GB_FORM_BOOL:
    case GB_FORM_ORDINAL: return text_field(c, field, from, value, err);
    case GB_FORM_JOIN:
    case GB_FORM_ALL:
    case GB_FORM_CONSTANT:
    case GB_FORMS: break;
    }
    return gb_convert_bad(c, field->columns[0], "a known form", err);
}

enum gb_status gb_convert_version(const struct gb_convert *c, const struct gb_row *row,
                                  int64_t *number, bool *has, struct gb_err *err)
{
    const struct gb_field *field = &c->entity->version;
    const struct gb_value *from;
    enum gb_status status;
    int64_t found = GB_NO_NUMBER;

    *has = false;
    if (!c->entity->has_version) {
        return GB_OK;
    }
    from = row->columns[field->columns[0]];
    if (is_null(c, field, from)) {
        return GB_OK;
    }
    status = field->form == GB_FORM_INT ? whole_number(c, field, from, &found, err)
                                        : gb_convert_time(c, field, from, &found, err);
    if (status == GB_OK && found != GB_NO_NUMBER) {
        if (found > GB_INT_MAX_JSON || found < -GB_INT_MAX_JSON) {
            return gb_convert_bad(c, field->columns[0], "a version within 53 bits", err);
        }
        *number = found;
        *has = true;
    }
    return status;
}
