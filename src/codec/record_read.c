/* Reading intake records: strict, for what is not understood could not be written back.
 * Writing: record_json.c. */
#include "base/hash.h"
#include "codec/json.h"
#include "codec/record_json.h"

#define SALT_LEN 16

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The 16 bytes of a salt in its only base64 form (24 characters, "==" at the end). */
static bool read_salt(struct gb_str text, uint8_t *salt)
{
    uint32_t bits = 0, count = 0;
    size_t used = 0;

    if (text.len != 24 || text.ptr[22] != '=' || text.ptr[23] != '=') {
        return false;
    }
    for (size_t i = 0; i < 22; i++) {
        int digit = base64_digit(text.ptr[i]);

        if (digit < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)digit) & 0xFFFF;
        count += 6;
        if (count >= 8 && used < SALT_LEN) {
            count -= 8;
            salt[used++] = (uint8_t)(bits >> count & 0xFF);
        }
    }
    return (bits & 0xF) == 0;
}

struct gb_str gb_text_commitment(struct gb_arena *arena, struct gb_str salt_base64,
                                 struct gb_str text)
{
    uint8_t salt[SALT_LEN];

    if (!read_salt(salt_base64, salt)) {
        return GB_STR_NONE;
    }
    struct gb_str parts[2] = {{(const char *)salt, SALT_LEN}, text};
    struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, 2);

    return gb_base64(arena, hash.bytes, GB_HASH_LEN);
}

/* What a member of line one is read into. */
enum member_type { TEXT, WORD, FLAG, NESTED };

struct member_spec {
    const char *name;
    enum member_type type;
    size_t offset; /* TEXT: of the struct gb_str */
};

#define TEXT_OF(member) {#member, TEXT, offsetof(struct gb_record, member)}

static const struct member_spec specs[] = {
    {"bootstrap", FLAG, 0}, TEXT_OF(detail),    TEXT_OF(entity),  {"fields", NESTED, 0},
    TEXT_OF(h_img),         TEXT_OF(h_map),     TEXT_OF(h_refuse), TEXT_OF(h_src),
    TEXT_OF(key),           {"kind", WORD, 0},  {"op", WORD, 0},   TEXT_OF(reason),
    TEXT_OF(source),        {"src", NESTED, 0}, {"text", NESTED, 0}, TEXT_OF(town),
    {"verdict", WORD, 0},   {"version", NESTED, 0}, {"w", NESTED, 0}};

#define SPECS_COUNT (sizeof(specs) / sizeof(specs[0]))

/* Own lines have their members in the order of the list: the search goes on from the last hit. */
static const struct member_spec *spec_of(struct gb_str name, size_t *next)
{
    for (size_t i = 0; i < SPECS_COUNT; i++) {
        size_t at = (*next + i) % SPECS_COUNT;

        if (strncmp(specs[at].name, name.ptr, name.len) == 0 &&
            specs[at].name[name.len] == '\0') {
            *next = at + 1;
            return &specs[at];
        }
    }
    return NULL;
}

static bool type_fits(const struct member_spec *spec, const struct gb_value *value)
{
    switch (spec->type) {
    case TEXT:
    case WORD:
        return value->type == GB_STRING;
    case FLAG:
        return value->type == GB_BOOL && value->truth;
    case NESTED:
        return value->type == GB_OBJECT;
    }
    return false;
}

/* Takes every plain member; the nested ones are read by name afterwards. */
static enum gb_status read_plain(const struct gb_value *line, struct gb_record *rec,
                                 struct gb_err *err)
{
    size_t next = 0;

    for (uint32_t i = 0; i < line->count; i++) {
        const struct gb_member *m = &line->members[i];
        const struct member_spec *spec = spec_of(m->name, &next);

        if (spec == NULL) {
            return gb_fail(err, GB_BAD_RECORD, "a member of line one is unknown");
        }
        if (!type_fits(spec, &m->value)) {
            return gb_fail(err, GB_BAD_RECORD, "%s: wrong type", spec->name);
        }
        if (spec->type == TEXT) {
            memcpy((char *)rec + spec->offset, &m->value.text, sizeof(m->value.text));
        }
    }
    rec->bootstrap = gb_value_get(line, GB_STR("bootstrap")) != NULL;
    const struct gb_value *fields = gb_value_get(line, GB_STR("fields"));

    rec->fields = fields != NULL ? *fields : (struct gb_value){.type = GB_NULL};
    return GB_OK;
}

static enum gb_status read_words(const struct gb_value *line, struct gb_record *rec,
                                 struct gb_err *err)
{
    struct gb_str op = gb_value_str(line, GB_STR("op"));
    struct gb_str verdict = gb_value_str(line, GB_STR("verdict"));
    int kind = gb_kind_of(gb_value_str(line, GB_STR("kind")));
    int op_index = gb_str_is(op) ? gb_op_of(op) : (int)GB_OP_PUT;
    int verdict_index = gb_str_is(verdict) ? gb_verdict_of(verdict) : (int)GB_ACCEPTED;

    if (kind < 0 || op_index < 0 || verdict_index < 0) {
        return gb_fail(err, GB_BAD_RECORD, "%s: unknown word",
                       kind < 0 ? "kind" : op_index < 0 ? "op" : "verdict");
    }
    rec->kind = (enum gb_kind)kind;
    rec->op = (enum gb_op)op_index;
    rec->verdict = (enum gb_verdict)verdict_index;
    if (gb_str_is(op) != gb_str_is(rec->entity)) {
        return gb_fail(err, GB_BAD_RECORD, "op and entity stand together");
    }
    if (gb_str_is(verdict) != gb_kind_has_verdict(rec->kind)) {
        return gb_fail(err, GB_BAD_RECORD, "verdict: of an observation, a decision or a result");
    }
    return GB_OK;
}

static bool int_of(const struct gb_value *object, struct gb_str name, int64_t max, int64_t *out)
{
    const struct gb_value *value = gb_value_get(object, name);

    if (value == NULL || value->type != GB_INT || value->number < 0 || value->number > max) {
        return false;
    }
    *out = value->number;
    return true;
}

static enum gb_status read_coord(const struct gb_value *line, struct gb_record *rec,
                                 struct gb_err *err)
{
    const struct gb_value *src = gb_value_get(line, GB_STR("src"));
    const struct gb_value *w = gb_value_get(line, GB_STR("w"));
    int64_t partition = 0, index = 0;

    if (src != NULL) {
        rec->src.cluster = gb_value_str(src, GB_STR("cluster"));
        rec->src.topic = gb_value_str(src, GB_STR("topic"));
        const struct gb_value *len = gb_value_get(src, GB_STR("len")); /* older lines lack it */

        if (src->count != (len != NULL ? 6 : 5) || !gb_str_is(rec->src.cluster) ||
            !gb_str_is(rec->src.topic) ||
            !int_of(src, GB_STR("partition"), INT32_MAX, &partition) ||
            !int_of(src, GB_STR("index"), INT32_MAX, &index) ||
            !int_of(src, GB_STR("offset"), INT64_MAX, &rec->src.offset) ||
            (len != NULL && !int_of(src, GB_STR("len"), INT64_MAX, &rec->src.len)) ||
            (len != NULL && rec->src.len == 0)) {
            return gb_fail(err, GB_BAD_RECORD,
                           "src: expected cluster, index, len, offset, partition, topic");
        }
        rec->src.partition = (int32_t)partition;
        rec->src.index = (int32_t)index;
    }
    if (w != NULL) {
        rec->session = gb_value_str(w, GB_STR("session"));
        if (w->count != 2 || !gb_str_is(rec->session) ||
            !int_of(w, GB_STR("n"), INT64_MAX, &rec->n)) {
            return gb_fail(err, GB_BAD_RECORD, "w: expected n, session");
        }
    }
    return GB_OK;
}

static enum gb_status read_version(const struct gb_value *line, struct gb_record *rec,
                                   struct gb_err *err)
{
    const struct gb_value *version = gb_value_get(line, GB_STR("version"));
    const struct gb_value *column = gb_value_get(version, GB_STR("column"));
    const struct gb_value *parts = gb_value_get(version, GB_STR("envelope"));

    if (version == NULL) {
        return GB_OK;
    }
    if (version->count == 0 ||
        version->count != (uint32_t)(column != NULL) + (uint32_t)(parts != NULL) ||
        (column != NULL && column->type != GB_INT) ||
        (parts != NULL && (parts->type != GB_ARRAY || parts->count == 0 ||
                           parts->count > GB_VERSION_PARTS_MAX))) {
        return gb_fail(err, GB_BAD_RECORD, "version: expected column, envelope");
    }
    rec->version.has_column = column != NULL;
    rec->version.column = column != NULL ? column->number : 0;
    rec->version.parts_count = parts != NULL ? parts->count : 0;
    for (uint32_t i = 0; i < rec->version.parts_count; i++) {
        if (parts->items[i].type != GB_INT) {
            return gb_fail(err, GB_BAD_RECORD, "version.envelope: expected integers");
        }
        rec->version.parts[i] = parts->items[i].number;
    }
    return GB_OK;
}

static enum gb_status read_commitments(const struct gb_value *line, struct gb_record *rec,
                                       struct gb_err *err)
{
    const struct gb_value *texts = gb_value_get(line, GB_STR("text"));

    if (texts == NULL) {
        return GB_OK;
    }
    if (texts->count == 0 || texts->count > GB_TEXTS_MAX) {
        return gb_fail(err, GB_BAD_RECORD, "text: expected 1 to %d members", GB_TEXTS_MAX);
    }
    for (uint32_t i = 0; i < texts->count; i++) {
        if (texts->members[i].value.type != GB_STRING) {
            return gb_fail(err, GB_BAD_RECORD, "text: expected commitments");
        }
        rec->texts[i] = (struct gb_text){.name = texts->members[i].name,
                                         .commitment = texts->members[i].value.text};
    }
    rec->texts_count = texts->count;
    return GB_OK;
}

static struct gb_text *text_called(struct gb_record *rec, struct gb_str name)
{
    for (uint32_t i = 0; i < rec->texts_count; i++) {
        if (gb_str_eq(rec->texts[i].name, name)) {
            return &rec->texts[i];
        }
    }
    return NULL;
}

/* Line two: each text must fit its commitment of line one. */
static enum gb_status read_texts(struct gb_arena *arena, const struct gb_value *line,
                                 struct gb_record *rec, struct gb_err *err)
{
    if (line->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_RECORD, "line two: expected an object");
    }
    for (uint32_t i = 0; i < line->count; i++) {
        const struct gb_value *value = &line->members[i].value;
        struct gb_text *text = text_called(rec, line->members[i].name);

        if (text == NULL) {
            return gb_fail(err, GB_BAD_RECORD, "line two: a text without a commitment");
        }
        text->salt = gb_value_str(value, GB_STR("salt"));
        text->text = gb_value_str(value, GB_STR("text"));
        if (!gb_str_is(text->salt) || !gb_str_is(text->text) || value->count != 2) {
            return gb_fail(err, GB_BAD_RECORD, "line two: expected salt, text");
        }
        struct gb_str commitment = gb_text_commitment(arena, text->salt, text->text);

        if (!gb_str_is(commitment) || !gb_str_eq(commitment, text->commitment)) {
            return gb_fail(err, GB_BAD_RECORD, "line two: a text does not fit its commitment");
        }
    }
    return GB_OK;
}

static enum gb_status read_line_one(const struct gb_value *line, struct gb_record *rec,
                                    struct gb_err *err)
{
    enum gb_status (*const steps[])(const struct gb_value *, struct gb_record *,
                                    struct gb_err *) = {read_plain, read_words, read_coord,
                                                        read_version, read_commitments};

    if (line->type != GB_OBJECT) {
        return gb_fail(err, GB_BAD_RECORD, "line one: expected an object");
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        enum gb_status status = steps[i](line, rec, err);

        if (status != GB_OK) {
            return status;
        }
    }
    return GB_OK;
}

static enum gb_status parse_line(struct gb_arena *arena, struct gb_str line, const char *name,
                                 struct gb_value *value, struct gb_err *err)
{
    struct gb_err why = {.status = GB_OK, .text = ""};

    if (gb_json_view(arena, line, value, &why) != GB_OK) {
        return gb_fail(err, GB_BAD_RECORD, "%s: %s", name, why.text);
    }
    return GB_OK;
}

enum gb_status gb_record_read(struct gb_arena *arena, struct gb_str line_one,
                              struct gb_str line_two, struct gb_record *rec, struct gb_err *err)
{
    struct gb_record found = {.kind = GB_KIND_OBSERVATION};
    struct gb_value line;
    enum gb_status status = parse_line(arena, line_one, "line one", &line, err);

    if (status == GB_OK) {
        status = read_line_one(&line, &found, err);
    }
    if (status == GB_OK && line_two.len > 0) {
        status = parse_line(arena, line_two, "line two", &line, err);
        if (status == GB_OK) {
            status = read_texts(arena, &line, &found, err);
        }
    }
    if (status == GB_OK) {
        *rec = found;
    }
    return status;
}
