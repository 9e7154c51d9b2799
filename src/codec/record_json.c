/* Writing intake records, and the words that stand in them. Reading: record_read.c.
 *
 * Which members stand where: verdict in observations, decisions and results only, op where there is
 * an entity; everything else where it is not absent. */
#include "codec/record_json.h"

#include "base/hash.h"
#include "base/jsonw.h"

static const char *const kinds[] = {"observation", "decision", "policy", "tick", "control",
                                    "result"};
static const char *const verdicts[] = {"accepted", "refused", "dead", "ignored"};
static const char *const ops[] = {"put", "delete", "enter", "leave"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int index_of(const char *const *words, size_t count, struct gb_str word)
{
    for (size_t i = 0; i < count; i++) {
        if (gb_str_eq(gb_str_of(words[i]), word)) {
            return (int)i;
        }
    }
    return -1;
}

struct gb_str gb_kind_word(enum gb_kind kind)
{
    GB_CHECK((size_t)kind < COUNT(kinds));
    return gb_str_of(kinds[kind]);
}

struct gb_str gb_verdict_word(enum gb_verdict verdict)
{
    GB_CHECK((size_t)verdict < COUNT(verdicts));
    return gb_str_of(verdicts[verdict]);
}

struct gb_str gb_op_word(enum gb_op op)
{
    GB_CHECK((size_t)op < COUNT(ops));
    return gb_str_of(ops[op]);
}

bool gb_kind_has_verdict(enum gb_kind kind)
{
    return kind == GB_KIND_OBSERVATION || kind == GB_KIND_DECISION || kind == GB_KIND_RESULT;
}

int gb_kind_of(struct gb_str word)
{
    return index_of(kinds, COUNT(kinds), word);
}

int gb_verdict_of(struct gb_str word)
{
    return index_of(verdicts, COUNT(verdicts), word);
}

int gb_op_of(struct gb_str word)
{
    return index_of(ops, COUNT(ops), word);
}

static void write_source(struct gb_jsonw *w, const struct gb_coord *src)
{
    if (!gb_str_is(src->cluster)) {
        return;
    }
    gb_jsonw_key(w, GB_STR("src"));
    gb_jsonw_object(w);
    gb_jsonw_key_str(w, GB_STR("cluster"), src->cluster);
    gb_jsonw_key_int(w, GB_STR("index"), src->index);
    if (src->len > 0) {
        gb_jsonw_key_int(w, GB_STR("len"), src->len);
    }
    gb_jsonw_key_int(w, GB_STR("offset"), src->offset);
    gb_jsonw_key_int(w, GB_STR("partition"), src->partition);
    gb_jsonw_key_str(w, GB_STR("topic"), src->topic);
    gb_jsonw_end(w);
}

void gb_version_write(struct gb_jsonw *w, const struct gb_version *version)
{
    if (!version->has_column && version->parts_count == 0) {
        return;
    }
    gb_jsonw_key(w, GB_STR("version"));
    gb_jsonw_object(w);
    if (version->has_column) {
        gb_jsonw_key_int(w, GB_STR("column"), version->column);
    }
    if (version->parts_count > 0) {
        gb_jsonw_key(w, GB_STR("envelope"));
        gb_jsonw_array(w);
        for (uint32_t i = 0; i < version->parts_count; i++) {
            gb_jsonw_int(w, version->parts[i]);
        }
        gb_jsonw_end(w);
    }
    gb_jsonw_end(w);
}

/* The record's texts by rising name. */
static void sort_texts(const struct gb_record *rec, const struct gb_text **sorted)
{
    GB_CHECK(rec->texts_count <= GB_TEXTS_MAX);
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        uint32_t at = i;

        while (at > 0 && gb_str_cmp(rec->texts[i].name, sorted[at - 1]->name) < 0) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = &rec->texts[i];
    }
}

static void write_commitments(struct gb_jsonw *w, const struct gb_record *rec)
{
    const struct gb_text *sorted[GB_TEXTS_MAX];

    if (rec->texts_count == 0) {
        return;
    }
    sort_texts(rec, sorted);
    gb_jsonw_key(w, GB_STR("text"));
    gb_jsonw_object(w);
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        gb_jsonw_key_str(w, sorted[i]->name, sorted[i]->commitment);
    }
    gb_jsonw_end(w);
}

static void write_writer(struct gb_jsonw *w, const struct gb_record *rec)
{
    if (!gb_str_is(rec->session)) {
        return;
    }
    gb_jsonw_key(w, GB_STR("w"));
    gb_jsonw_object(w);
    gb_jsonw_key_int(w, GB_STR("n"), rec->n);
    gb_jsonw_key_str(w, GB_STR("session"), rec->session);
    gb_jsonw_end(w);
}

static void write_line_one(struct gb_jsonw *w, const struct gb_record *rec)
{
    gb_jsonw_object(w);
    if (rec->bootstrap) {
        gb_jsonw_key_bool(w, GB_STR("bootstrap"), true);
    }
    gb_jsonw_key_opt(w, GB_STR("detail"), rec->detail);
    gb_jsonw_key_opt(w, GB_STR("entity"), rec->entity);
    if (rec->fields.type == GB_OBJECT) {
        gb_jsonw_key(w, GB_STR("fields"));
        gb_jsonw_value(w, &rec->fields);
    }
    gb_jsonw_key_opt(w, GB_STR("h_img"), rec->h_img);
    gb_jsonw_key_opt(w, GB_STR("h_map"), rec->h_map);
    gb_jsonw_key_opt(w, GB_STR("h_refuse"), rec->h_refuse);
    gb_jsonw_key_opt(w, GB_STR("h_src"), rec->h_src);
    gb_jsonw_key_opt(w, GB_STR("key"), rec->key);
    gb_jsonw_key_str(w, GB_STR("kind"), gb_kind_word(rec->kind));
    if (gb_str_is(rec->entity)) {
        gb_jsonw_key_str(w, GB_STR("op"), gb_op_word(rec->op));
    }
    gb_jsonw_key_opt(w, GB_STR("reason"), rec->reason);
    gb_jsonw_key_opt(w, GB_STR("source"), rec->source);
    write_source(w, &rec->src);
    write_commitments(w, rec);
    gb_jsonw_key_opt(w, GB_STR("town"), rec->town);
    if (gb_kind_has_verdict(rec->kind)) {
        gb_jsonw_key_str(w, GB_STR("verdict"), gb_verdict_word(rec->verdict));
    }
    gb_version_write(w, &rec->version);
    write_writer(w, rec);
    gb_jsonw_end(w);
}

static void write_line_two(struct gb_jsonw *w, const struct gb_record *rec)
{
    const struct gb_text *sorted[GB_TEXTS_MAX];

    sort_texts(rec, sorted);
    gb_jsonw_object(w);
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        if (gb_str_is(sorted[i]->text)) {
            gb_jsonw_key(w, sorted[i]->name);
            gb_jsonw_object(w);
            gb_jsonw_key_str(w, GB_STR("salt"), sorted[i]->salt);
            gb_jsonw_key_str(w, GB_STR("text"), sorted[i]->text);
            gb_jsonw_end(w);
        }
    }
    gb_jsonw_end(w);
}

void gb_record_write(struct gb_buf *out, const struct gb_record *rec)
{
    struct gb_jsonw w;
    bool has_text = false;

    gb_jsonw_init(&w, out);
    write_line_one(&w, rec);
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        has_text = has_text || gb_str_is(rec->texts[i].text);
    }
    if (has_text) {
        gb_buf_add_char(out, '\n');
        gb_jsonw_init(&w, out);
        write_line_two(&w, rec);
    }
}

void gb_record_split(struct gb_str value, struct gb_str *line_one, struct gb_str *line_two)
{
    const char *end = value.len > 0 ? memchr(value.ptr, '\n', value.len) : NULL;
    size_t len = end != NULL ? (size_t)(end - value.ptr) : value.len;

    *line_one = (struct gb_str){value.ptr, len};
    *line_two = end != NULL ? (struct gb_str){end + 1, value.len - len - 1} : GB_STR_NONE;
}
