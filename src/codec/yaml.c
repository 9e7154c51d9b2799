/* YAML text to a tree of positions, by libfyaml's events.
 *
 * The text is looked over first (size, UTF-8, control characters), so that a binary file costs one
 * line and no parse. libfyaml stops at its first syntax error; everything else that is found wrong
 * is added and the reading goes on. */
#include "codec/yaml.h"

#include <libfyaml.h>
#include <utf8proc.h>

#include "base/map.h"
#include "codec/encoding.h"

#define DEPTH_MAX 32U

/* One open list or map; its values lie on the stack from base on, a map's as key, value, key ... */
struct frame {
    enum gb_yaml_type type;
    uint32_t line, col;
    size_t base;
};

struct reader {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    struct gb_buf stack; /* of struct gb_yaml */
    struct frame frames[DEPTH_MAX];
    uint32_t depth;
    struct gb_yaml at; /* where the latest event stood */
    bool is_done;      /* one document was read */
    bool is_stopped;   /* a mistake after which the tree makes no sense */
};

static size_t stack_count(const struct reader *r)
{
    return r->stack.len / sizeof(struct gb_yaml);
}

static const struct gb_yaml *stack_at(const struct reader *r, size_t index)
{
    return (const struct gb_yaml *)(const void *)r->stack.bytes + index;
}

static void stop(struct reader *r, const char *why)
{
    gb_yaml_mistake(r->mistakes, &r->at, "%s", why);
    r->is_stopped = true;
}

static bool is_key_next(const struct reader *r)
{
    const struct frame *top = r->depth > 0 ? &r->frames[r->depth - 1] : NULL;

    return top != NULL && top->type == GB_YAML_MAP && (stack_count(r) - top->base) % 2 == 0;
}

static void push(struct reader *r, const struct gb_yaml *node)
{
    gb_buf_add(&r->stack, node, sizeof(*node));
}

/* The mark of a quoted scalar points behind its quote. */
static bool is_quoted(struct fy_token *token)
{
    enum fy_scalar_style style = fy_token_scalar_style(token);

    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static void on_scalar(struct reader *r, struct fy_event *event)
{
    struct gb_yaml node = r->at;
    struct fy_token *token = event->scalar.value;
    struct gb_str text = GB_STR("");

    node.type = GB_YAML_SCALAR;
    node.is_plain = true;
    if (token != NULL) {
        text.ptr = fy_token_get_text(token, &text.len);
        node.is_plain = fy_token_scalar_style(token) == FYSS_PLAIN;
        node.col -= is_quoted(token) && node.col > 1;
    }
    if (text.ptr == NULL) {
        text = GB_STR("");
    }
    if (!gb_arena_fits(r->arena, text.len + 64)) {
        stop(r, "the file holds too many values");
        return;
    }
    node.text = gb_arena_str(r->arena, text);
    push(r, &node);
}

static void on_open(struct reader *r, enum gb_yaml_type type)
{
    if (is_key_next(r)) {
        stop(r, "a key must be one word, not a list or a map");
    } else if (r->depth == DEPTH_MAX) {
        stop(r, "nested too deeply (at most 32 levels)");
    } else {
        r->frames[r->depth] = (struct frame){type, r->at.line, r->at.col, stack_count(r)};
        r->depth++;
    }
}

static void check_keys(struct reader *r, const struct gb_yaml *map)
{
    struct gb_map seen = {0};

    for (uint32_t i = 0; i < map->count; i++) {
        const struct gb_yaml *key = &map->keys[i];
        const struct gb_yaml *before = gb_map_get(&seen, key->text);

        if (before != NULL) {
            gb_yaml_mistake(r->mistakes, key, "key \"%.*s\" is already given in line %u",
                            GB_STR_ARG(key->text), before->line);
        } else {
            union {
                const void *in;
                void *out;
            } borrowed = {key};

            (void)gb_map_put(&seen, key->text, borrowed.out);
        }
    }
    gb_map_close(&seen);
}

/* Splits the interleaved keys and values of the top frame. */
static void close_map(struct reader *r, struct gb_yaml *node, size_t base)
{
    uint32_t count = (uint32_t)((stack_count(r) - base) / 2);
    struct gb_yaml *keys = gb_arena_take(r->arena, count * sizeof(*keys) + 1);
    struct gb_yaml *items = gb_arena_take(r->arena, count * sizeof(*items) + 1);

    for (uint32_t i = 0; i < count; i++) {
        keys[i] = *stack_at(r, base + 2 * (size_t)i);
        items[i] = *stack_at(r, base + 2 * (size_t)i + 1);
    }
    node->count = count;
    node->keys = keys;
    node->items = items;
    check_keys(r, node);
}

static void close_list(struct reader *r, struct gb_yaml *node, size_t base)
{
    size_t count = stack_count(r) - base;
    struct gb_yaml *items = gb_arena_take(r->arena, count * sizeof(*items) + 1);

    if (count > 0) {
        memcpy(items, stack_at(r, base), count * sizeof(*items));
    }
    node->count = (uint32_t)count;
    node->items = items;
}

static void on_close(struct reader *r)
{
    const struct frame *top = &r->frames[r->depth - 1];
    struct gb_yaml node = {.type = top->type, .file = r->at.file, .line = top->line,
                           .col = top->col};

    if (!gb_arena_fits(r->arena, r->stack.len - top->base * sizeof(node) + 256)) {
        stop(r, "the file holds too many values");
        return;
    }
    if (top->type == GB_YAML_MAP) {
        close_map(r, &node, top->base);
    } else {
        close_list(r, &node, top->base);
    }
    r->stack.len = top->base * sizeof(node);
    r->depth--;
    push(r, &node);
}

static void check_properties(struct reader *r, struct fy_event *event)
{
    if (fy_event_get_anchor_token(event) != NULL) {
        gb_yaml_mistake(r->mistakes, &r->at, "anchors (&name) are not allowed: write it out");
    }
    if (fy_event_get_tag_token(event) != NULL) {
        gb_yaml_mistake(r->mistakes, &r->at, "tags (!name) are not allowed: remove it");
    }
}

static void on_event(struct reader *r, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);

    if (mark != NULL && mark->line >= 0 && mark->column >= 0) {
        r->at.line = (uint32_t)mark->line + 1;
        r->at.col = (uint32_t)mark->column + 1;
    }
    switch (event->type) {
    case FYET_MAPPING_START:
        check_properties(r, event);
        on_open(r, GB_YAML_MAP);
        break;
    case FYET_SEQUENCE_START:
        check_properties(r, event);
        on_open(r, GB_YAML_LIST);
        break;
    case FYET_SCALAR:
        check_properties(r, event);
        on_scalar(r, event);
        break;
    case FYET_ALIAS:
        gb_yaml_mistake(r->mistakes, &r->at, "aliases (*name) are not allowed: write it out");
        r->at.type = GB_YAML_SCALAR;
        r->at.text = GB_STR("");
        push(r, &r->at);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: on_close(r); break;
    case FYET_DOCUMENT_START:
        if (r->is_done) {
            stop(r, "a second document: one file holds one");
        }
        break;
    case FYET_DOCUMENT_END: r->is_done = true; break;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END: break;
    }
}

/* The first error that libfyaml collected, as a mistake. */
static void add_syntax_error(struct reader *r, struct fy_diag *diag)
{
    void *iter = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iter);
    const char *what = error != NULL && error->msg != NULL ? error->msg : "not YAML";

    if (error != NULL && error->line > 0) {
        r->at.line = (uint32_t)error->line;
        r->at.col = error->column > 0 ? (uint32_t)error->column : 1;
    }
    gb_yaml_mistake(r->mistakes, &r->at, "syntax: %s", what);
    r->is_stopped = true;
}

static void read_events(struct reader *r, struct gb_str text)
{
    struct fy_diag *diag = fy_diag_create(NULL);
    struct fy_parse_cfg config = {.search_path = "", .flags = FYPCF_JSON_NONE | FYPCF_QUIET,
                                  .diag = diag};
    struct fy_parser *parser = NULL;
    struct fy_event *event = NULL;

    GB_CHECK(diag != NULL);
    fy_diag_set_collect_errors(diag, true);
    parser = fy_parser_create(&config);
    GB_CHECK(parser != NULL);
    GB_CHECK(fy_parser_set_string(parser, text.ptr, text.len) == 0);
    while (!r->is_stopped && (event = fy_parser_parse(parser)) != NULL) {
        on_event(r, event);
        fy_parser_event_free(parser, event);
    }
    if (!r->is_stopped && fy_parser_get_stream_error(parser)) {
        add_syntax_error(r, diag);
    }
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
}

/* True if text is UTF-8 without control characters; else a mistake at the first bad byte. */
static bool is_text(struct reader *r, struct gb_str text)
{
    size_t i = 0;

    r->at.line = r->at.col = 1;
    while (i < text.len) {
        utf8proc_int32_t point = 0;
        const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)text.ptr + i;
        utf8proc_ssize_t len = utf8proc_iterate(from, (utf8proc_ssize_t)(text.len - i), &point);

        if (len <= 0 || point == 0x7F || (point < 0x20 && strchr("\t\n\r", point) == NULL) ||
            point == 0) {
            gb_yaml_mistake(r->mistakes, &r->at, "not text in UTF-8: %s",
                            gb_encoding_suspect(text, i));
            r->is_stopped = true;
            return false;
        }
        r->at.line += point == '\n';
        r->at.col = point == '\n' ? 1 : r->at.col + 1;
        i += (size_t)len;
    }
    r->at.line = r->at.col = 1;
    return true;
}

bool gb_yaml_parse(struct gb_arena *arena, struct gb_str file, struct gb_str text,
                   struct gb_yaml *root, struct gb_mistakes *mistakes)
{
    struct reader r = {.arena = arena, .mistakes = mistakes};
    uint32_t before = mistakes->count;

    r.at = (struct gb_yaml){.line = 1, .col = 1, .file = file};
    if (text.len > GB_YAML_SIZE_MAX) {
        gb_yaml_mistake(mistakes, &r.at, "larger than 1 MB");
        return false;
    }
    if (!gb_arena_fits(arena, file.len + 64)) {
        gb_yaml_mistake(mistakes, &r.at, "no room left for this file");
        return false;
    }
    r.at.file = gb_arena_str(arena, file);
    if (text.len > 0 && is_text(&r, text)) {
        read_events(&r, text);
    }
    if (mistakes->count == before && stack_count(&r) != 1) {
        gb_yaml_mistake(mistakes, &r.at, "the file is empty");
    }
    if (mistakes->count == before) {
        *root = *stack_at(&r, 0);
    }
    gb_buf_close(&r.stack);
    return mistakes->count == before;
}
