/* Fixture lines. */
#include "codec/fixture.h"

#include "base/jsonw.h"
#include "codec/json.h"
#include "codec/record_json.h"

/* Whether the member's text is base64. */
static bool is_base64(const struct gb_value *line, const char *name)
{
    const struct gb_value *list = gb_value_get(line, GB_STR("base64"));

    for (uint32_t i = 0; list != NULL && list->type == GB_ARRAY && i < list->count; i++) {
        if (list->items[i].type == GB_STRING &&
            gb_str_eq(list->items[i].text, gb_str_of(name))) {
            return true;
        }
    }
    return false;
}

static enum gb_status take_bytes(struct gb_arena *arena, const struct gb_value *line,
                                 const char *name, struct gb_str *bytes, struct gb_err *err)
{
    const struct gb_value *value = gb_value_get(line, gb_str_of(name));

    *bytes = GB_STR_NONE;
    if (value == NULL || value->type == GB_NULL) {
        return GB_OK;
    }
    if (value->type != GB_STRING) {
        return gb_fail(err, GB_BAD_RECORD, "%s: expected the bytes as one text, or null", name);
    }
    *bytes = value->text;
    if (is_base64(line, name) && !gb_unbase64(arena, value->text, bytes)) {
        return gb_fail(err, GB_BAD_RECORD, "%s: expected base64", name);
    }
    return GB_OK;
}

static enum gb_status take_headers(struct gb_arena *arena, const struct gb_value *line,
                                   struct gb_source_record *in, struct gb_err *err)
{
    const struct gb_value *list = gb_value_get(line, GB_STR("headers"));
    struct gb_source_header *headers;

    if (list == NULL || list->type != GB_ARRAY) {
        return GB_OK;
    }
    headers = gb_arena_take(arena, (list->count + 1) * sizeof(*headers));
    for (uint32_t i = 0; i < list->count; i++) {
        const struct gb_value *pair = &list->items[i];

        if (pair->type != GB_ARRAY || pair->count != 2 || pair->items[0].type != GB_STRING) {
            return gb_fail(err, GB_BAD_RECORD, "headers[%u]: expected [name, value]", i);
        }
        headers[i].name = pair->items[0].text;
        headers[i].value =
            pair->items[1].type == GB_STRING ? pair->items[1].text : GB_STR_NONE;
    }
    in->headers = headers;
    in->headers_count = list->count;
    return GB_OK;
}

enum gb_status gb_fixture_read(struct gb_arena *arena, struct gb_str line,
                               struct gb_source_record *in, struct gb_err *err)
{
    struct gb_value value;
    enum gb_status status = gb_json_parse(arena, line, &value, err);

    if (status != GB_OK) {
        return status;
    }
    *in = (struct gb_source_record){.topic = gb_value_str(&value, GB_STR("topic"))};
    if (!gb_str_is(in->topic) || gb_value_get(&value, GB_STR("value")) == NULL) {
        return gb_fail(err, GB_BAD_RECORD, "expected topic and value");
    }
    in->partition = (int32_t)(gb_value_int(&value, GB_STR("partition"), 0) & INT32_MAX);
    in->offset = gb_value_int(&value, GB_STR("offset"), 0);
    status = take_bytes(arena, &value, "key", &in->key, err);
    if (status == GB_OK) {
        status = take_bytes(arena, &value, "value", &in->value, err);
    }
    return status == GB_OK ? take_headers(arena, &value, in, err) : status;
}

static void write_place(struct gb_jsonw *w, const struct gb_coord *src)
{
    gb_jsonw_key(w, GB_STR("at"));
    gb_jsonw_object(w);
    gb_jsonw_key_int(w, GB_STR("index"), src->index);
    gb_jsonw_key_int(w, GB_STR("offset"), src->offset);
    gb_jsonw_key_int(w, GB_STR("partition"), src->partition);
    gb_jsonw_key_str(w, GB_STR("topic"), src->topic);
    gb_jsonw_end(w);
}

/* Texts as one object; gb_jsonw_value sorts it. */
static void write_texts(struct gb_jsonw *w, const struct gb_record *rec)
{
    struct gb_member members[GB_TEXTS_MAX];
    struct gb_value texts = {.type = GB_OBJECT, .count = rec->texts_count, .members = members};

    for (uint32_t i = 0; i < rec->texts_count; i++) {
        members[i] = (struct gb_member){rec->texts[i].name,
                                        {.type = GB_STRING, .text = rec->texts[i].text}};
    }
    if (rec->texts_count > 0) {
        gb_jsonw_key(w, GB_STR("text"));
        gb_jsonw_value(w, &texts);
    }
}

void gb_fixture_write(struct gb_buf *out, const struct gb_record *rec, bool with_place)
{
    struct gb_jsonw w;

    gb_jsonw_init(&w, out);
    gb_jsonw_object(&w);
    if (with_place) {
        write_place(&w, &rec->src);
    }
    if (rec->bootstrap) {
        gb_jsonw_key_bool(&w, GB_STR("bootstrap"), true);
    }
    gb_jsonw_key_opt(&w, GB_STR("detail"), rec->detail);
    gb_jsonw_key_opt(&w, GB_STR("entity"), rec->entity);
    if (rec->fields.type == GB_OBJECT) {
        gb_jsonw_key(&w, GB_STR("fields"));
        gb_jsonw_value(&w, &rec->fields);
    }
    gb_jsonw_key_opt(&w, GB_STR("key"), rec->key);
    if (gb_str_is(rec->entity)) {
        gb_jsonw_key_str(&w, GB_STR("op"), gb_op_word(rec->op));
    }
    gb_jsonw_key_opt(&w, GB_STR("reason"), rec->reason);
    write_texts(&w, rec);
    gb_jsonw_key_str(&w, GB_STR("town"), rec->town);
    gb_jsonw_key_str(&w, GB_STR("verdict"), gb_verdict_word(rec->verdict));
    gb_version_write(&w, &rec->version);
    gb_jsonw_end(&w);
}

bool gb_fixture_line(struct gb_str *text, struct gb_str *line)
{
    const char *end = text->len > 0 ? memchr(text->ptr, '\n', text->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - text->ptr) : text->len;

    if (text->len == 0) {
        return false;
    }
    *line = (struct gb_str){text->ptr, len};
    *text = end != NULL ? (struct gb_str){end + 1, text->len - len - 1} : GB_STR_NONE;
    return true;
}
