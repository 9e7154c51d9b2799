/* Columns to fields. Absent in, absent out; what cannot be read is BAD_FIELD. */
#include "codec/convert.h"

#include "base/hash.h"

/* 2^53 - 1: what a canonical integer may be; also far beyond any time that is meant. */
#define INT_MAX_JSON 9007199254740991

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct gb_str trim(struct gb_str text)
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
        *text = trim(value->text);
        return true;
    case GB_ARRAY:
    case GB_OBJECT:
        break;
    }
    return false;
}

static enum gb_status bad(const struct gb_convert *c, uint32_t column, const char *expected,
                          struct gb_err *err)
{
    return gb_fail(err, GB_BAD_FIELD, "%.*s: expected %s",
                   GB_STR_ARG(c->entity->column_names[column]), expected);
}

static struct gb_value string_value(struct gb_str text)
{
    return gb_str_is(text) ? (struct gb_value){.type = GB_STRING, .text = text}
                           : (struct gb_value){.type = GB_NULL};
}

static bool starts(struct gb_str text, const char *head)
{
    size_t len = strlen(head);

    return text.len >= len && memcmp(text.ptr, head, len) == 0;
}

/* Up to the first separator of the lists that the systems write. */
static struct gb_str first_of(struct gb_str text)
{
    static const char *const separators[] = {",", ";", "\xEF\xBC\x8C", "\xE3\x80\x81",
                                             "\xEF\xBC\x9B"};

    for (size_t i = 0; i < text.len; i++) {
        struct gb_str rest = {text.ptr + i, text.len - i};

        for (size_t j = 0; j < GB_COUNT(separators); j++) {
            if (starts(rest, separators[j])) {
                return trim((struct gb_str){text.ptr, i});
            }
        }
    }
    return text;
}

/* What the systems write where there is no time. */
static bool is_no_time(struct gb_str text)
{
    return !gb_str_is(text) || starts(text, "0000-00-00") ||
           gb_str_eq(text, GB_STR("\xE6\x97\xA0")) || gb_str_eq(text, GB_STR("infinity")) ||
           gb_str_eq(text, GB_STR("-infinity"));
}

static bool parse_int(struct gb_str text, int64_t *number)
{
    bool is_negative = text.len > 1 && text.ptr[0] == '-';
    int64_t n = 0;

    for (size_t i = is_negative ? 1 : 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > INT_MAX_JSON / 10) {
            return false;
        }
        n = n * 10 + (text.ptr[i] - '0');
    }
    *number = is_negative ? -n : n;
    return text.len > 0 && n <= INT_MAX_JSON;
}

static enum gb_status micros_local(const struct gb_convert *c, uint32_t column,
                                   struct gb_str text, int64_t *us, struct gb_err *err)
{
    if (!parse_int(text, us)) {
        return bad(c, column, "microseconds since 1970 as an integer", err);
    }
    *us -= c->mapping->zone_us;
    return GB_OK;
}

/* Integers and times; times in microseconds. *has false: absent. */
static enum gb_status number_of(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_row *row, int64_t *number, struct gb_err *err)
{
    uint32_t column = field->columns[0];
    struct gb_str text;

    if (!gb_convert_text(c->arena, row->columns[column], &text)) {
        return bad(c, column, "a scalar", err);
    }
    *number = INT64_MIN;
    if (field->form == GB_FORM_INT) {
        return !gb_str_is(text) || parse_int(text, number)
                   ? GB_OK
                   : bad(c, column, "an integer within 53 bits", err);
    }
    if (is_no_time(text)) {
        return GB_OK;
    }
    if (field->form == GB_FORM_MICROS_LOCAL) {
        /* PostgreSQL's infinity as Debezium writes it. */
        if (gb_str_eq(text, GB_STR("9223372036825200000")) ||
            gb_str_eq(text, GB_STR("-9223372036832400000"))) {
            return GB_OK;
        }
        return micros_local(c, column, text, number, err);
    }
    bool is_iso = field->form == GB_FORM_ISO;

    if (!gb_time_parse(text, c->mapping->zone_us, is_iso, number)) {
        return bad(c, column, is_iso ? "a time like 2026-05-06T06:40:23.5Z"
                                     : "a time like 2026-05-06 14:40:23", err);
    }
    return GB_OK;
}

static int64_t millis(int64_t us)
{
    return us >= 0 ? us / 1000 : -((-us + 999) / 1000);
}

static enum gb_status number_field(const struct gb_convert *c, const struct gb_field *field,
                                   const struct gb_row *row, struct gb_value *value,
                                   struct gb_err *err)
{
    int64_t number;
    enum gb_status status = number_of(c, field, row, &number, err);

    if (status != GB_OK) {
        return status;
    }
    *value = number == INT64_MIN
                 ? (struct gb_value){.type = GB_NULL}
                 : (struct gb_value){.type = GB_INT,
                                     .number = field->form == GB_FORM_INT ? number
                                                                          : millis(number)};
    return GB_OK;
}

static enum gb_status join(const struct gb_convert *c, const struct gb_field *field,
                           const struct gb_row *row, struct gb_value *value, struct gb_err *err)
{
    struct gb_str joined = GB_STR("");
    bool any = false;

    for (uint32_t i = 0; i < field->columns_count; i++) {
        struct gb_str text;

        if (!gb_convert_text(c->arena, row->columns[field->columns[i]], &text)) {
            return bad(c, field->columns[i], "a scalar", err);
        }
        any = any || gb_str_is(text);
        joined = GB_JOIN(c->arena, joined, i > 0 ? GB_STR("/") : GB_STR(""), text);
    }
    *value = string_value(any ? joined : GB_STR_NONE);
    return GB_OK;
}

static struct gb_str holder_of(const struct gb_convert *c, struct gb_str kind, struct gb_str id)
{
    struct gb_str plain =
        GB_JOIN(c->arena, c->source, GB_STR("\x1F"), kind, GB_STR("\x1F"), id);
    struct gb_hash hash = gb_hmac(GB_SHA256, c->join_key, plain);
    struct gb_str text = gb_base32(c->arena, hash.bytes, 16);

    return GB_JOIN(c->arena, c->join_key_id, GB_STR("."), text);
}

#define HASHES_MAX 32

/* A list of 64 hex digits each, lower-cased. */
static enum gb_status hashes(const struct gb_convert *c, uint32_t column, struct gb_str text,
                             struct gb_value *value, struct gb_err *err)
{
    struct gb_value *items = gb_arena_take(c->arena, HASHES_MAX * sizeof(*items));
    uint32_t count = 0;

    while (gb_str_is(text)) {
        struct gb_str item = first_of(text);
        uint8_t bytes[GB_HASH_LEN];
        struct gb_hash hash;

        if (count == HASHES_MAX || !gb_str_is(item) || !gb_unhex(bytes, GB_HASH_LEN, item)) {
            return bad(c, column, "SHA-256 in 64 hex digits, up to 32 joined by commas", err);
        }
        memcpy(hash.bytes, bytes, GB_HASH_LEN);
        items[count++] = string_value(gb_hash_hex(c->arena, &hash));
        const char *end = text.ptr + text.len;
        const char *at = item.ptr + item.len;

        while (at < end && !((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'F') ||
                             (*at >= 'a' && *at <= 'f'))) {
            at++;
        }
        text = at < end ? (struct gb_str){at, (size_t)(end - at)} : GB_STR_NONE;
    }
    *value = count > 0
                 ? (struct gb_value){.type = GB_ARRAY, .count = count, .items = items}
                 : (struct gb_value){.type = GB_NULL};
    return GB_OK;
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
    *value = string_value(code);
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
            return bad(c, condition->column, "a scalar", err);
        }
        truth = truth && (gb_str_is(condition->equals) ? gb_str_eq(text, condition->equals)
                                                       : gb_str_is(text));
    }
    *value = (struct gb_value){.type = GB_BOOL, .truth = truth};
    return GB_OK;
}

enum gb_status gb_convert_field(const struct gb_convert *c, const struct gb_field *field,
                                const struct gb_row *row, struct gb_value *value,
                                struct gb_err *err)
{
    uint32_t column = field->columns[0];
    struct gb_str text = GB_STR_NONE;

    if (field->form != GB_FORM_ALL && field->form != GB_FORM_JOIN &&
        !gb_convert_text(c->arena, row->columns[column], &text)) {
        return bad(c, column, "a scalar", err);
    }
    switch (field->form) {
    case GB_FORM_CODE:
        *value = string_value(text);
        return GB_OK;
    case GB_FORM_FIRST:
        *value = string_value(gb_str_is(text) ? first_of(text) : text);
        return GB_OK;
    case GB_FORM_JOIN:
        return join(c, field, row, value, err);
    case GB_FORM_INT:
    case GB_FORM_MICROS_LOCAL:
    case GB_FORM_DATETIME_LOCAL:
    case GB_FORM_ISO:
        return number_field(c, field, row, value, err);
    case GB_FORM_LOOKUP:
        return place(c, field, text, value, err);
    case GB_FORM_HOLDER:
        *value = string_value(gb_str_is(text) ? holder_of(c, field->kind, text) : text);
        return GB_OK;
    case GB_FORM_REF:
        *value = string_value(gb_str_is(text)
                                  ? GB_JOIN(c->arena, field->source, GB_STR("/"), field->entity,
                                            GB_STR("/"), text)
                                  : text);
        return GB_OK;
    case GB_FORM_HASHES:
        return hashes(c, column, text, value, err);
    case GB_FORM_ALL:
        return all(c, field, row, value, err);
    }
    return bad(c, column, "a known form", err);
}

enum gb_status gb_convert_version(const struct gb_convert *c, const struct gb_row *row,
                                  int64_t *number, bool *has, struct gb_err *err)
{
    enum gb_status status;

    *has = false;
    if (!c->entity->has_version) {
        return GB_OK;
    }
    status = number_of(c, &c->entity->version, row, number, err);
    *has = status == GB_OK && *number != INT64_MIN;
    return status;
}
