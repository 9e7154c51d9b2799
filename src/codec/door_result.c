/* A system's answer to a write-back through the door, as it arrives on gb.writeback.result.in:
 *
 * {"version": 1, "id", "about", "town", "result": "accepted" | "refused", "key"?, "reason"?,
 *  "ext"?}   (schemas/gb.writeback.result.in.schema.json)
 *
 * Who may write there is Kafka's ACL. Nothing of it is free text; what goes into the lane is what
 * the table below names, and codes that look like a person's number make the record dead. */
#include "codec/door_build.h"
#include "codec/json.h"

#define RESULT_BYTES_MAX 4096U
#define ABOUT_LEN_MAX 300U
#define KEY_LEN_MAX 200U
#define REASON_LEN_MAX 64U
#define UUID_LEN 36U

static bool is_uuid(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? c != '-' : !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return text.len == UUID_LEN;
}

static bool is_plain(struct gb_str text, size_t len_max)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return false;
        }
    }
    return text.len > 0 && text.len <= len_max;
}

/* source/entity/key, none of them empty. */
static bool is_about(struct gb_str text)
{
    size_t slashes[2] = {0, 0};
    size_t count = 0;

    for (size_t i = 0; i < text.len && count < 2; i++) {
        if (text.ptr[i] == '/') {
            slashes[count++] = i;
        }
    }
    return is_plain(text, ABOUT_LEN_MAX) && count == 2 && slashes[0] > 0 &&
           slashes[1] > slashes[0] + 1 && slashes[1] + 1 < text.len;
}

static bool is_key(struct gb_str text)
{
    return is_plain(text, KEY_LEN_MAX);
}

static bool is_reason(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!(c >= 'a' && c <= 'z') && (i == 0 || (!(c >= '0' && c <= '9') && c != '_'))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= REASON_LEN_MAX;
}

static bool is_result(struct gb_str text)
{
    return gb_str_eq(text, GB_STR("accepted")) || gb_str_eq(text, GB_STR("refused"));
}

static bool is_town(struct gb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len == 9;
}

/* String members in canonical order. */
static const struct member {
    struct gb_str name;
    bool (*is_good)(struct gb_str text);
    const char *expected;
    bool is_needed;
    bool is_guarded; /* might hold a person's number */
    bool is_field;   /* goes into the record's fields */
} members[] = {
    {{"about", 5}, is_about, "source/entity/key, up to 300 bytes", true, true, true},
    {{"id", 2}, is_uuid, "the write-back's id, a UUID in lower case", true, false, true},
    {{"key", 3}, is_key, "the key of the row that was created, up to 200 bytes", false, true, true},
    {{"reason", 6}, is_reason, "a word: a letter, then letters, digits, _, up to 64", false, true,
     true},
    {{"result", 6}, is_result, "accepted or refused", true, false, true},
    {{"town", 4}, is_town, "9 digits", true, false, false},
};

static bool is_known(struct gb_str name)
{
    bool is_known = gb_str_eq(name, GB_STR("version")) || gb_str_eq(name, GB_STR("ext"));

    for (size_t i = 0; i < GB_COUNT(members); i++) {
        is_known = is_known || gb_str_eq(members[i].name, name);
    }
    return is_known;
}

static enum gb_status check_member(const struct gb_value *value, const struct member *member,
                                   struct gb_err *err)
{
    const struct gb_value *v = gb_value_get(value, member->name);

    if (v == NULL) {
        return member->is_needed
                   ? gb_fail(err, GB_BAD_RESULT, "$.%s: missing; expected %s", member->name.ptr,
                             member->expected)
                   : GB_OK;
    }
    if (v->type != GB_STRING || !member->is_good(v->text)) {
        return gb_fail(err, GB_BAD_RESULT, "$.%s: expected %s", member->name.ptr,
                       member->expected);
    }
    if (member->is_guarded && gb_scrub_find(v->text, NULL) != GB_SCRUB_COUNT) {
        return gb_fail(err, GB_BAD_FIELD,
                       "$.%s: expected a code, found what looks like %s; it is not stored",
                       member->name.ptr, gb_scrub_word(gb_scrub_find(v->text, NULL)));
    }
    return GB_OK;
}

static enum gb_status check_whole(const struct gb_value *value, struct gb_err *err)
{
    const struct gb_value *ext = gb_value_get(value, GB_STR("ext"));

    if (gb_value_int(value, GB_STR("version"), 0) != 1) {
        return gb_fail(err, GB_BAD_RESULT, "$.version: expected 1");
    }
    if (ext != NULL && ext->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_RESULT, "$.ext: expected an object");
    }
    if (gb_value_get(value, GB_STR("key")) != NULL &&
        !gb_str_eq(gb_value_str(value, GB_STR("result")), GB_STR("accepted"))) {
        return gb_fail(err, GB_BAD_RESULT, "$.key: expected only where a row was created, which "
                                           "is accepted");
    }
    return GB_OK;
}

static enum gb_status check(const struct gb_value *value, struct gb_err *err)
{
    enum gb_status status = GB_OK;

    if (value->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_RESULT, "$: expected an object");
    }
    for (uint32_t i = 0; i < value->count; i++) {
        if (!is_known(value->members[i].name)) {
            return gb_fail(err, GB_BAD_RESULT, "$: member %u is not one of a result's", i);
        }
    }
    for (size_t i = 0; i < GB_COUNT(members) && status == GB_OK; i++) {
        status = check_member(value, &members[i], err);
    }
    return status == GB_OK ? check_whole(value, err) : status;
}

static enum gb_status read(const struct gb_opening *o, struct gb_value *value, struct gb_err *err)
{
    enum gb_status status;

    if (!gb_str_is(o->in->value)) {
        return gb_fail(err, GB_BAD_RESULT, "$: expected an object, found no value");
    }
    if (o->in->value.len > RESULT_BYTES_MAX) {
        return gb_fail(err, GB_TOO_LARGE, "expected up to %u bytes, found %zu", RESULT_BYTES_MAX,
                       o->in->value.len);
    }
    status = gb_json_parse(o->arena, o->in->value, value, err);
    return status == GB_OK ? check(value, err) : status;
}

static struct gb_value fields_of(struct gb_arena *arena, const struct gb_value *value)
{
    struct gb_member *made = gb_arena_take(arena, GB_COUNT(members) * sizeof(made[0]));
    uint32_t count = 0;

    for (size_t i = 0; i < GB_COUNT(members); i++) {
        const struct gb_value *v = gb_value_get(value, members[i].name);

        if (members[i].is_field && v != NULL) {
            made[count++] = (struct gb_member){members[i].name, *v};
        }
    }
    return (struct gb_value){.type = GB_OBJECT, .count = count, .members = made};
}

void gb_opening_result(struct gb_opening *o)
{
    struct gb_record *rec = gb_opening_row(o);
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_value value;

    rec->source = GB_STR("writeback");
    if (read(o, &value, &err) != GB_OK) {
        gb_opening_dead(o, rec, &err);
        return;
    }
    rec->kind = GB_KIND_RESULT;
    rec->town = gb_value_str(&value, GB_STR("town"));
    rec->entity = GB_STR("writeback");
    rec->key = gb_value_str(&value, GB_STR("id"));
    rec->fields = fields_of(o->arena, &value);
}
