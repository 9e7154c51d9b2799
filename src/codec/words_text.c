/* Templates: "{name}" is filled in, "[ ... ]" is left out where one of its names is absent. */
#include "codec/words_build.h"

enum piece_type { PIECE_TEXT, PIECE_NAME, PIECE_OPEN, PIECE_CLOSE, PIECE_BROKEN };

struct piece {
    enum piece_type type;
    struct gb_str text; /* of a text, a name, or why it is broken */
};

static struct piece mark(struct gb_str *rest, enum piece_type type, size_t len)
{
    struct piece piece = {type, {rest->ptr, len}};

    rest->ptr += len;
    rest->len -= len;
    return piece;
}

static bool is_mark(char c)
{
    return c == '{' || c == '}' || c == '[' || c == ']';
}

static struct piece take_name(struct gb_str *rest)
{
    const char *end = memchr(rest->ptr, '}', rest->len);
    struct piece piece;

    if (end == NULL) {
        return (struct piece){PIECE_BROKEN, GB_STR("{ without }")};
    }
    piece = mark(rest, PIECE_NAME, (size_t)(end - rest->ptr) + 1);
    piece.text = (struct gb_str){piece.text.ptr + 1, piece.text.len - 2};
    return piece;
}

static struct piece take_piece(struct gb_str *rest)
{
    size_t len = 1;
    struct piece piece;

    if (is_mark(rest->ptr[0]) && rest->len > 1 && rest->ptr[1] == rest->ptr[0]) {
        piece = mark(rest, PIECE_TEXT, 2); /* doubled: the mark itself */
        piece.text.len = 1;
        return piece;
    }
    switch (rest->ptr[0]) {
    case '{':
        return take_name(rest);
    case '[':
        return mark(rest, PIECE_OPEN, 1);
    case ']':
        return mark(rest, PIECE_CLOSE, 1);
    case '}':
        return (struct piece){PIECE_BROKEN, GB_STR("} without {")};
    default:
        break;
    }
    while (len < rest->len && !is_mark(rest->ptr[len])) {
        len++;
    }
    return mark(rest, PIECE_TEXT, len);
}

/* ---- checking ---- */

#define NAMES_MAX 24U

struct names {
    char bytes[NAMES_MAX][24];
    const char *words[NAMES_MAX + 1];
    bool must[NAMES_MAX], is_said[NAMES_MAX];
    uint32_t count;
};

static void read_names(const char *slots, struct names *names)
{
    *names = (struct names){.count = 0};
    while (*slots != '\0') {
        size_t len = strcspn(slots, " ");
        size_t word = len > 0 && slots[len - 1] == '!' ? len - 1 : len;

        GB_CHECK(names->count < NAMES_MAX && word < sizeof(names->bytes[0]));
        memcpy(names->bytes[names->count], slots, word);
        names->words[names->count] = names->bytes[names->count];
        names->must[names->count++] = word < len;
        slots += slots[len] == ' ' ? len + 1 : len;
    }
}

static void check_name(struct gb_mistakes *mistakes, const struct gb_yaml *at,
                       struct names *names, struct gb_str name)
{
    struct gb_yaml named = *at;

    for (uint32_t i = 0; i < names->count; i++) {
        if (gb_str_eq(name, gb_str_of(names->words[i]))) {
            names->is_said[i] = true;
            return;
        }
    }
    named.text = name;
    if (names->count == 0) {
        gb_yaml_mistake(mistakes, at, "{%.*s}: this text has no names to fill in",
                        GB_STR_ARG(name));
    } else {
        gb_yaml_unknown(mistakes, &named, "name", names->words);
    }
}

void gb_template_check(struct gb_mistakes *mistakes, const struct gb_yaml *at, const char *slots)
{
    struct gb_str rest = at->text;
    struct names names;
    bool is_open = false;

    read_names(slots, &names);
    while (rest.len > 0) {
        struct piece piece = take_piece(&rest);

        if (piece.type == PIECE_BROKEN) {
            gb_yaml_mistake(mistakes, at, "%.*s", GB_STR_ARG(piece.text));
            return;
        }
        if (piece.type == PIECE_NAME) {
            check_name(mistakes, at, &names, piece.text);
        } else if (piece.type == PIECE_OPEN || piece.type == PIECE_CLOSE) {
            if (is_open == (piece.type == PIECE_OPEN)) {
                gb_yaml_mistake(mistakes, at, "%s", is_open ? "[ within [ ]" : "] without [");
                return;
            }
            is_open = !is_open;
        }
    }
    if (is_open) {
        gb_yaml_mistake(mistakes, at, "[ without ]");
    }
    for (uint32_t i = 0; i < names.count; i++) {
        if (names.must[i] && !names.is_said[i]) {
            gb_yaml_mistake(mistakes, at, "must say {%s}", names.words[i]);
        }
    }
}

/* ---- filling ---- */

static struct gb_str value_of(const struct gb_slot *slots, struct gb_str name)
{
    for (size_t i = 0; slots != NULL && slots[i].name != NULL; i++) {
        if (gb_str_eq(name, gb_str_of(slots[i].name))) {
            return slots[i].text.len > 0 ? slots[i].text : GB_STR_NONE;
        }
    }
    return GB_STR_NONE;
}

/* True if all names up to the closing mark have something to say. */
static bool is_whole(struct gb_str rest, const struct gb_slot *slots)
{
    while (rest.len > 0) {
        struct piece piece = take_piece(&rest);

        if (piece.type == PIECE_CLOSE || piece.type == PIECE_BROKEN) {
            return true;
        }
        if (piece.type == PIECE_NAME && !gb_str_is(value_of(slots, piece.text))) {
            return false;
        }
    }
    return true;
}

void gb_template_fill(struct gb_str text, const struct gb_slot *slots, struct gb_buf *out)
{
    struct gb_str rest = text;
    bool is_left_out = false;

    while (rest.len > 0) {
        struct piece piece = take_piece(&rest);

        if (piece.type == PIECE_BROKEN) {
            return; /* never of a checked text */
        }
        if (piece.type == PIECE_OPEN) {
            is_left_out = !is_whole(rest, slots);
        } else if (piece.type == PIECE_CLOSE) {
            is_left_out = false;
        } else if (!is_left_out && piece.type == PIECE_TEXT) {
            gb_buf_add_str(out, piece.text);
        } else if (!is_left_out) {
            gb_buf_add_str(out, value_of(slots, piece.text));
        }
    }
}
