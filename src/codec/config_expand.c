/* ${VAR}, ${VAR:-default}, ${VAR:?message}. */
#include "codec/config_expand.h"

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* One expression, the bytes between the braces. */
static bool add_value(const struct gb_config_expand *e, const struct gb_yaml *node,
                      struct gb_str inner, struct gb_buf *out)
{
    struct gb_str name = {inner.ptr, 0};
    struct gb_str value = GB_STR_NONE;
    struct gb_str rest;

    while (name.len < inner.len && is_name_char(inner.ptr[name.len])) {
        name.len++;
    }
    rest = (struct gb_str){inner.ptr + name.len, inner.len - name.len};
    if (name.len == 0 || (rest.len > 0 && (rest.len < 2 || rest.ptr[0] != ':' ||
                                           (rest.ptr[1] != '-' && rest.ptr[1] != '?')))) {
        gb_yaml_mistake(e->mistakes, node, "write ${NAME}, ${NAME:-default} or ${NAME:?message}");
        return false;
    }
    if (e->input->variable != NULL) {
        value = e->input->variable(e->input->context, name);
    }
    if (value.len > 0 || (rest.len == 0 && value.ptr != NULL)) {
        gb_buf_add_str(out, value);
        return true;
    }
    if (rest.len > 0 && rest.ptr[1] == '-') {
        gb_buf_add(out, rest.ptr + 2, rest.len - 2);
        return true;
    }
    gb_yaml_mistake(e->mistakes, node, "variable %.*s is not set%s%.*s", GB_STR_ARG(name),
                    rest.len > 2 ? ": " : "", (int)(rest.len > 2 ? rest.len - 2 : 0),
                    rest.len > 2 ? rest.ptr + 2 : "");
    return false;
}

bool gb_config_expanded(const struct gb_config_expand *e, const struct gb_yaml *node,
                        struct gb_yaml *expanded)
{
    struct gb_buf out = {0};
    struct gb_str text = node->text;
    bool is_good = true;
    size_t i = 0;

    while (is_good && i < text.len) {
        const char *end;

        if (i + 1 >= text.len || text.ptr[i] != '$' || text.ptr[i + 1] != '{') {
            gb_buf_add_char(&out, text.ptr[i++]);
            continue;
        }
        end = memchr(text.ptr + i, '}', text.len - i);
        if (end == NULL) {
            gb_yaml_mistake(e->mistakes, node, "${ is not closed");
            is_good = false;
            break;
        }
        is_good = add_value(
            e, node, (struct gb_str){text.ptr + i + 2, (size_t)(end - text.ptr) - i - 2}, &out);
        i = (size_t)(end - text.ptr) + 1;
    }
    if (is_good && !gb_arena_fits(e->arena, out.len + 64)) {
        gb_yaml_mistake(e->mistakes, node, "too long");
        is_good = false;
    }
    if (is_good) {
        *expanded = *node;
        expanded->text = gb_arena_str(e->arena, gb_buf_str(&out));
    }
    gb_buf_close(&out);
    return is_good;
}

bool gb_config_text(const struct gb_config_expand *e, const struct gb_yaml *node,
                    struct gb_yaml *expanded)
{
    if (!gb_yaml_is(e->mistakes, node, GB_YAML_SCALAR) || !gb_config_expanded(e, node, expanded)) {
        return false;
    }
    if (expanded->text.len == 0) {
        gb_yaml_mistake(e->mistakes, node, "has no value");
        return false;
    }
    return true;
}
