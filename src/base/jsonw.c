/* Direct writer of canonical JSON. Happy path: runs of plain bytes are copied as a whole. */
#include "base/jsonw.h"

#include "base/check.h"
#include "base/scan.h"

#define SORT_MAX 32U /* members of an object that are sorted on the stack */

void gb_jsonw_init(struct gb_jsonw *w, struct gb_buf *out)
{
    w->out = out; /* the levels are set when they are opened */
    w->depth = 0;
    w->after_key = false;
}

static void before_value(struct gb_jsonw *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->depth == 0) {
        return;
    }
    GB_CHECK(w->closer[w->depth - 1] == ']');
    if (w->comma[w->depth - 1]) {
        gb_buf_add_char(w->out, ',');
    }
    w->comma[w->depth - 1] = true;
}

static void open_level(struct gb_jsonw *w, char opener, char closer)
{
    before_value(w);
    GB_CHECK(w->depth < GB_JSONW_DEPTH_MAX);
    gb_buf_add_char(w->out, opener);
    w->comma[w->depth] = false;
    w->closer[w->depth] = closer;
    w->key_len[w->depth] = 0;
    w->depth++;
}

void gb_jsonw_object(struct gb_jsonw *w)
{
    open_level(w, '{', '}');
}

void gb_jsonw_array(struct gb_jsonw *w)
{
    open_level(w, '[', ']');
}

void gb_jsonw_end(struct gb_jsonw *w)
{
    GB_CHECK(w->depth > 0 && !w->after_key);
    w->depth--;
    gb_buf_add_char(w->out, w->closer[w->depth]);
}

static void add_escaped(struct gb_buf *out, unsigned char c)
{
    static const char shorts[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                    ['\r'] = 'r'};

    if (c == '"' || c == '\\') {
        gb_buf_add_char(out, '\\');
        gb_buf_add_char(out, (char)c);
    } else if (shorts[c] != 0) {
        gb_buf_add_char(out, '\\');
        gb_buf_add_char(out, shorts[c]);
    } else {
        gb_buf_printf(out, "\\u%04x", c);
    }
}

static void add_quoted(struct gb_buf *out, struct gb_str text)
{
    size_t from = 0;
    size_t at = gb_plain_len(text.ptr, text.len);

    gb_buf_reserve(out, text.len + 2);
    if (at == text.len) {
        char *to = out->bytes + out->len;

        to[0] = '"';
        memcpy(to + 1, text.ptr, text.len);
        to[text.len + 1] = '"';
        out->len += text.len + 2;
        return;
    }
    gb_buf_add_char(out, '"');
    while (at < text.len) {
        gb_buf_add(out, text.ptr + from, at - from);
        add_escaped(out, (unsigned char)text.ptr[at]);
        from = at + 1;
        at = from + gb_plain_len(text.ptr + from, text.len - from);
    }
    gb_buf_add(out, text.ptr + from, text.len - from);
    gb_buf_add_char(out, '"');
}

/* The byte at *at of a string that add_quoted wrote, its escape undone. */
static unsigned char written_byte(struct gb_str written, size_t *at)
{
    static const char letters[] = "\bb\tt\nn\ff\rr";
    unsigned char c = (unsigned char)written.ptr[(*at)++];

    if (c != '\\') {
        return c;
    }
    c = (unsigned char)written.ptr[(*at)++];
    if (c == 'u') {
        char low = written.ptr[*at + 3];

        c = (unsigned char)((written.ptr[*at + 2] - '0') * 16);
        *at += 4;
        return (unsigned char)(c + (low <= '9' ? low - '0' : low - 'a' + 10));
    }
    for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
        if (c == (unsigned char)letters[i + 1]) {
            return (unsigned char)letters[i];
        }
    }
    return c;
}

/* Ranks UTF-8 bytes so that their order is that of UTF-16 code units (RFC 8785 section 3.2.3):
 * it differs from byte order only in that U+E000..U+FFFF come after the surrogate pairs. */
static int unit_rank(unsigned char c)
{
    return c == 0xee || c == 0xef ? c + 0x10 : c;
}

static int key_cmp(struct gb_str a, struct gb_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < len; i++) {
        if (a.ptr[i] != b.ptr[i]) {
            return unit_rank((unsigned char)a.ptr[i]) - unit_rank((unsigned char)b.ptr[i]);
        }
    }
    return gb_str_cmp(a, b);
}

/* True if the key that stands written in the output comes before key. Where both differ first in
 * letters, nothing but these counts. */
static bool key_rises(struct gb_str written, struct gb_str key)
{
    size_t len = written.len < key.len ? written.len : key.len;
    size_t at = 0;

    while (at < len && written.ptr[at] == key.ptr[at] && written.ptr[at] != '\\') {
        at++;
    }
    if (at < len && written.ptr[at] >= 'A' && written.ptr[at] != '\\' && key.ptr[at] >= 'A') {
        return written.ptr[at] < key.ptr[at];
    }
    at = 0;
    for (size_t i = 0; i < key.len; i++) {
        int last;
        int next = unit_rank((unsigned char)key.ptr[i]);

        if (at == written.len) {
            return true;
        }
        last = unit_rank(written_byte(written, &at));
        if (last != next) {
            return last < next;
        }
    }
    return false;
}

void gb_jsonw_key(struct gb_jsonw *w, struct gb_str key)
{
    uint32_t level = w->depth - 1;

    GB_CHECK(w->depth > 0 && w->closer[level] == '}' && !w->after_key);
    if (w->comma[level]) {
        struct gb_str last = {w->out->bytes + w->key_at[level], w->key_len[level]};

        GB_CHECK(key_rises(last, key));
        gb_buf_add_char(w->out, ',');
    }
    w->comma[level] = true;
    w->key_at[level] = w->out->len + 1;
    add_quoted(w->out, key);
    w->key_len[level] = w->out->len - 1 - w->key_at[level];
    gb_buf_add_char(w->out, ':');
    w->after_key = true;
}

void gb_jsonw_null(struct gb_jsonw *w)
{
    before_value(w);
    gb_buf_add(w->out, "null", 4);
}

void gb_jsonw_bool(struct gb_jsonw *w, bool truth)
{
    before_value(w);
    gb_buf_add(w->out, truth ? "true" : "false", truth ? 4 : 5);
}

void gb_jsonw_int(struct gb_jsonw *w, int64_t number)
{
    before_value(w);
    gb_buf_add_int(w->out, number);
}

void gb_jsonw_str(struct gb_jsonw *w, struct gb_str text)
{
    if (!gb_str_is(text)) {
        gb_jsonw_null(w);
        return;
    }
    before_value(w);
    add_quoted(w->out, text);
}

void gb_jsonw_raw(struct gb_jsonw *w, struct gb_str json)
{
    before_value(w);
    gb_buf_add_str(w->out, json);
}

/* The next member by rising key, by a scan: where there are too many to sort. */
static const struct gb_member *next_member(const struct gb_value *object, struct gb_str last)
{
    const struct gb_member *next = NULL;

    for (uint32_t i = 0; i < object->count; i++) {
        const struct gb_member *m = &object->members[i];

        if (key_cmp(m->name, last) > 0 && (next == NULL || key_cmp(m->name, next->name) < 0)) {
            next = m;
        }
    }
    return next;
}

/* Pointers to the members by rising key; of one key the first stays first. */
static void sort_members(const struct gb_value *object, const struct gb_member **order)
{
    for (uint32_t i = 0; i < object->count; i++) {
        uint32_t at = i;

        for (; at > 0 && key_cmp(order[at - 1]->name, object->members[i].name) > 0; at--) {
            order[at] = order[at - 1];
        }
        order[at] = &object->members[i];
    }
}

static void write_sorted(struct gb_jsonw *w, const struct gb_value *object)
{
    const struct gb_member *order[SORT_MAX];
    struct gb_str last = GB_STR_NONE;

    sort_members(object, order);
    for (uint32_t i = 0; i < object->count; i++) {
        if (!gb_str_eq(order[i]->name, last)) {
            gb_jsonw_key(w, order[i]->name);
            gb_jsonw_value(w, &order[i]->value);
            last = order[i]->name;
        }
    }
}

static void write_members(struct gb_jsonw *w, const struct gb_value *object)
{
    struct gb_str last = GB_STR_NONE;

    if (object->count <= SORT_MAX) {
        write_sorted(w, object);
        return;
    }
    for (const struct gb_member *m = next_member(object, last); m != NULL;
         m = next_member(object, last)) {
        gb_jsonw_key(w, m->name);
        gb_jsonw_value(w, &m->value);
        last = m->name;
    }
}

void gb_jsonw_value(struct gb_jsonw *w, const struct gb_value *value)
{
    switch (value->type) {
    case GB_NULL:
        gb_jsonw_null(w);
        break;
    case GB_BOOL:
        gb_jsonw_bool(w, value->truth);
        break;
    case GB_INT:
        gb_jsonw_int(w, value->number);
        break;
    case GB_STRING:
        gb_jsonw_str(w, value->text);
        break;
    case GB_ARRAY:
        gb_jsonw_array(w);
        for (uint32_t i = 0; i < value->count; i++) {
            gb_jsonw_value(w, &value->items[i]);
        }
        gb_jsonw_end(w);
        break;
    case GB_OBJECT:
        gb_jsonw_object(w);
        write_members(w, value);
        gb_jsonw_end(w);
        break;
    }
}

void gb_jsonw_key_str(struct gb_jsonw *w, struct gb_str key, struct gb_str text)
{
    gb_jsonw_key(w, key);
    gb_jsonw_str(w, text);
}

void gb_jsonw_key_int(struct gb_jsonw *w, struct gb_str key, int64_t number)
{
    gb_jsonw_key(w, key);
    gb_jsonw_int(w, number);
}

void gb_jsonw_key_bool(struct gb_jsonw *w, struct gb_str key, bool truth)
{
    gb_jsonw_key(w, key);
    gb_jsonw_bool(w, truth);
}

void gb_jsonw_key_opt(struct gb_jsonw *w, struct gb_str key, struct gb_str text)
{
    if (gb_str_is(text)) {
        gb_jsonw_key_str(w, key, text);
    }
}
