/* Readers of a parsed YAML tree: keys, words, numbers, units; and the list of mistakes. */
#include <stdarg.h>
#include <stdio.h>

#include "codec/yaml.h"

#define SHOWN_MAX 1000U
#define NEAREST_MAX 3U
#define WORD_MAX 64U

void gb_yaml_mistake(struct gb_mistakes *mistakes, const struct gb_yaml *at, const char *format,
                     ...)
{
    char text[512];
    va_list args;

    mistakes->count++;
    if (mistakes->count > SHOWN_MAX) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            *c = '?';
        }
    }
    gb_buf_printf(&mistakes->lines, "%.*s:%u:%u: %s\n", GB_STR_ARG(at->file), at->line, at->col,
                  text);
}

void gb_mistakes_close(struct gb_mistakes *mistakes)
{
    gb_buf_close(&mistakes->lines);
    mistakes->count = 0;
}

const struct gb_yaml *gb_yaml_get(const struct gb_yaml *map, const char *key)
{
    if (map == NULL || map->type != GB_YAML_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        if (gb_str_eq(map->keys[i].text, gb_str_of(key))) {
            return &map->items[i];
        }
    }
    return NULL;
}

static const char *type_word(enum gb_yaml_type type)
{
    switch (type) {
    case GB_YAML_SCALAR: return "a single value";
    case GB_YAML_LIST: return "a list";
    case GB_YAML_MAP: return "a map (key: value)";
    }
    return "?";
}

bool gb_yaml_is(struct gb_mistakes *mistakes, const struct gb_yaml *node, enum gb_yaml_type type)
{
    if (node->type != type) {
        gb_yaml_mistake(mistakes, node, "must be %s, is %s", type_word(type),
                        type_word(node->type));
        return false;
    }
    return true;
}

const struct gb_yaml *gb_yaml_need(struct gb_mistakes *mistakes, const struct gb_yaml *map,
                                   const char *key, enum gb_yaml_type type)
{
    const struct gb_yaml *node = gb_yaml_get(map, key);

    if (node == NULL) {
        if (map->type == GB_YAML_MAP) {
            gb_yaml_mistake(mistakes, map, "key \"%s\" is missing", key);
        }
        return NULL;
    }
    if (!gb_yaml_is(mistakes, node, type)) {
        return NULL;
    }
    if (type == GB_YAML_SCALAR && node->text.len == 0 && node->is_plain) {
        gb_yaml_mistake(mistakes, node, "\"%s\" has no value", key);
        return NULL;
    }
    return node;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein distance, one row at a time. */
static size_t distance(struct gb_str a, struct gb_str b)
{
    size_t row[WORD_MAX + 1];

    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1,
                           diagonal + (a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1));
            diagonal = above;
        }
    }
    return row[b.len];
}

const char *gb_nearest(struct gb_str given, const char *const *words)
{
    const char *nearest = NULL;
    size_t best = NEAREST_MAX + 1;

    if (given.ptr == NULL || given.len > WORD_MAX) {
        return NULL;
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        struct gb_str word = gb_str_of(words[i]);
        size_t far = word.len <= WORD_MAX ? distance(given, word) : best;

        if (far < best && far < given.len) {
            best = far;
            nearest = words[i];
        }
    }
    return nearest;
}

static bool has_word(struct gb_str given, const char *const *words, int *index)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (gb_str_eq(given, gb_str_of(words[i]))) {
            *index = i;
            return true;
        }
    }
    return false;
}

void gb_yaml_unknown(struct gb_mistakes *mistakes, const struct gb_yaml *at, const char *what,
                     const char *const *words)
{
    struct gb_str given = at->text;
    const char *nearest = gb_nearest(given, words);

    given.len = given.len < WORD_MAX ? given.len : WORD_MAX;
    if (nearest != NULL) {
        gb_yaml_mistake(mistakes, at, "unknown %s \"%.*s\": did you mean \"%s\"?", what,
                        GB_STR_ARG(given), nearest);
    } else {
        gb_yaml_mistake(mistakes, at, "unknown %s \"%.*s\"", what, GB_STR_ARG(given));
    }
}

void gb_yaml_known(struct gb_mistakes *mistakes, const struct gb_yaml *map,
                   const char *const *known)
{
    int index = 0;

    if (map == NULL || map->type != GB_YAML_MAP) {
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        if (!has_word(map->keys[i].text, known, &index)) {
            gb_yaml_unknown(mistakes, &map->keys[i], "key", known);
        }
    }
}

bool gb_yaml_word(struct gb_mistakes *mistakes, const struct gb_yaml *node,
                  const char *const *words, int *index)
{
    if (node == NULL || !gb_yaml_is(mistakes, node, GB_YAML_SCALAR)) {
        return false;
    }
    if (!has_word(node->text, words, index)) {
        gb_yaml_unknown(mistakes, node, "word", words);
        return false;
    }
    return true;
}

/* Leading decimal digits of *text, which moves on; false where there is none or too many. */
static bool take_number(struct gb_str *text, int64_t *number)
{
    size_t i = 0;
    int64_t value = 0;

    while (i < text->len && i < 18 && text->ptr[i] >= '0' && text->ptr[i] <= '9') {
        value = value * 10 + (text->ptr[i] - '0');
        i++;
    }
    text->ptr += i;
    text->len -= i;
    *number = value;
    return i > 0;
}

bool gb_yaml_int(struct gb_mistakes *mistakes, const struct gb_yaml *node, int64_t min,
                 int64_t max, int64_t *number)
{
    int64_t value = 0;
    struct gb_str rest;
    bool is_negative;

    if (node == NULL || !gb_yaml_is(mistakes, node, GB_YAML_SCALAR)) {
        return false;
    }
    rest = node->text;
    is_negative = rest.len > 0 && rest.ptr[0] == '-';
    rest.ptr += is_negative;
    rest.len -= is_negative;
    if (!node->is_plain || !take_number(&rest, &value) || rest.len > 0) {
        gb_yaml_mistake(mistakes, node, "must be a whole number");
        return false;
    }
    value = is_negative ? -value : value;
    if (value < min || value > max) {
        gb_yaml_mistake(mistakes, node, "must be from %lld to %lld", (long long)min,
                        (long long)max);
        return false;
    }
    *number = value;
    return true;
}

bool gb_yaml_bool(struct gb_mistakes *mistakes, const struct gb_yaml *node, bool *truth)
{
    bool is_true;

    if (node == NULL || !gb_yaml_is(mistakes, node, GB_YAML_SCALAR)) {
        return false;
    }
    is_true = gb_str_eq(node->text, GB_STR("true"));
    if (!node->is_plain || (!is_true && !gb_str_eq(node->text, GB_STR("false")))) {
        gb_yaml_mistake(mistakes, node, "must be true or false");
        return false;
    }
    *truth = is_true;
    return true;
}

struct unit {
    const char *word;
    int64_t factor;
};

static bool read_units(const struct gb_yaml *node, const struct unit *units, int64_t *result)
{
    struct gb_str rest = node->text;
    int64_t number = 0;

    if (!take_number(&rest, &number)) {
        return false;
    }
    for (; units->word != NULL; units++) {
        if (gb_str_eq(rest, gb_str_of(units->word))) {
            return !__builtin_mul_overflow(number, units->factor, result);
        }
    }
    return false;
}

bool gb_yaml_duration(struct gb_mistakes *mistakes, const struct gb_yaml *node, int64_t *ms)
{
    static const struct unit units[] = {{"ms", 1},        {"s", 1000},       {"min", 60000},
                                        {"h", 3600000},   {"d", 86400000},   {NULL, 0}};
    int64_t value = 0;

    if (node == NULL || !gb_yaml_is(mistakes, node, GB_YAML_SCALAR)) {
        return false;
    }
    if (!read_units(node, units, &value)) {
        gb_yaml_mistake(mistakes, node, "must be a time with its unit: 250ms, 2s, 10min, 2h, 30d");
        return false;
    }
    *ms = value;
    return true;
}

bool gb_yaml_size(struct gb_mistakes *mistakes, const struct gb_yaml *node, int64_t *bytes)
{
    static const struct unit units[] = {
        {"B", 1}, {"KB", 1024}, {"MB", 1048576}, {"GB", 1073741824}, {NULL, 0}};
    int64_t value = 0;

    if (node == NULL || !gb_yaml_is(mistakes, node, GB_YAML_SCALAR)) {
        return false;
    }
    if (!read_units(node, units, &value)) {
        gb_yaml_mistake(mistakes, node, "must be a size with its unit: 64KB, 8MB, 1GB");
        return false;
    }
    *bytes = value;
    return true;
}
