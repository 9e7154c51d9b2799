/* Spellings that mean the same: full-width letters, Chinese numerals, suffixes of villages. */
#include "codec/convert.h"

static bool starts(struct gb_str text, struct gb_str head)
{
    return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

/* U+FF01..U+FF5E to U+0021..U+007E, U+3000 to a blank. */
static struct gb_str fold_width(struct gb_arena *arena, struct gb_str text)
{
    char *out = gb_arena_take(arena, text.len + 1);
    size_t used = 0;

    for (size_t i = 0; i < text.len; i++) {
        const unsigned char *at = (const unsigned char *)text.ptr + i;
        bool is_triple = i + 2 < text.len;

        if (is_triple && at[0] == 0xEF && (at[1] == 0xBC || at[1] == 0xBD) &&
            (at[1] == 0xBC ? at[2] >= 0x81 : at[2] <= 0x9E)) {
            out[used++] = (char)(at[1] == 0xBC ? at[2] - 0x60 : at[2] - 0x20);
            i += 2;
        } else if (is_triple && at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80) {
            out[used++] = ' ';
            i += 2;
        } else {
            out[used++] = text.ptr[i];
        }
    }
    return (struct gb_str){out, used};
}

/* 0 to 9 for 零 to 九, 10 for 十, -1 for anything else. */
static int numeral(struct gb_str text)
{
    static const char *const words[] = {"零", "一", "二", "三", "四", "五",
                                        "六", "七", "八", "九", "十"};

    for (int i = 0; i < (int)GB_COUNT(words); i++) {
        if (starts(text, gb_str_of(words[i]))) {
            return i;
        }
    }
    return -1;
}

/* The number at the beginning of text, up to 99; taken is its length in bytes, 0: none. */
static int take_numeral(struct gb_str text, size_t *taken)
{
    int number = 0, digit = -1, next;
    bool has_ten = false;

    *taken = 0;
    while ((next = numeral(text)) >= 0) {
        if (next == 10 ? has_ten : digit >= 0) {
            break;
        }
        if (next == 10) {
            number = (digit >= 0 ? digit : 1) * 10;
            has_ten = true;
            digit = -1;
        } else {
            digit = next;
        }
        *taken += 3;
        text = (struct gb_str){text.ptr + 3, text.len - 3};
    }
    return number + (digit >= 0 ? digit : 0);
}

static struct gb_str fold_numerals(struct gb_arena *arena, struct gb_str text)
{
    char *out = gb_arena_take(arena, text.len + 1);
    size_t used = 0, taken;

    for (size_t i = 0; i < text.len; i += taken) {
        struct gb_str rest = {text.ptr + i, text.len - i};
        int number = take_numeral(rest, &taken);

        if (taken == 0) {
            taken = 1;
            out[used++] = text.ptr[i];
            continue;
        }
        if (number >= 10) {
            out[used++] = (char)('0' + number / 10);
        }
        out[used++] = (char)('0' + number % 10);
    }
    return (struct gb_str){out, used};
}

static struct gb_str fold_village(struct gb_str text)
{
    static const char *const ends[] = {"村民委员会", "居民委员会", "村委会", "居委会", "社区", "村"};

    for (size_t i = 0; i < GB_COUNT(ends); i++) {
        struct gb_str end = gb_str_of(ends[i]);

        if (text.len > end.len &&
            memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0) {
            return (struct gb_str){text.ptr, text.len - end.len};
        }
    }
    return text;
}

static struct gb_str fold_building(struct gb_arena *arena, struct gb_str text)
{
    static const char *const words[] = {"号楼", "栋"};
    static const struct gb_str house = {"幢", 3};
    char *out = gb_arena_take(arena, text.len + 1);
    size_t used = 0;

    for (size_t i = 0; i < text.len;) {
        struct gb_str rest = {text.ptr + i, text.len - i};
        size_t taken = 0;

        for (size_t j = 0; j < GB_COUNT(words) && taken == 0; j++) {
            taken = starts(rest, gb_str_of(words[j])) ? strlen(words[j]) : 0;
        }
        memcpy(out + used, taken > 0 ? house.ptr : rest.ptr, taken > 0 ? house.len : 1);
        used += taken > 0 ? house.len : 1;
        i += taken > 0 ? taken : 1;
    }
    return (struct gb_str){out, used};
}

struct gb_str gb_fold_text(struct gb_arena *arena, struct gb_str text, uint32_t bits)
{
    if (!gb_str_is(text)) {
        return text;
    }
    text = (bits & GB_FOLD_WIDTH) != 0 ? fold_width(arena, text) : text;
    text = (bits & GB_FOLD_NUMERALS) != 0 ? fold_numerals(arena, text) : text;
    text = (bits & GB_FOLD_BUILDING) != 0 ? fold_building(arena, text) : text;
    return gb_convert_trim((bits & GB_FOLD_VILLAGE) != 0 ? fold_village(text) : text);
}

struct gb_str gb_fold_path(struct gb_arena *arena, struct gb_str text)
{
    char *out = gb_arena_take(arena, text.len + 1);
    size_t used = 0, from = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '/') {
            continue;
        }
        struct gb_str part = gb_convert_trim((struct gb_str){text.ptr + from, i - from});

        if (part.len > 0) {
            if (used > 0) {
                out[used++] = '/';
            }
            memcpy(out + used, part.ptr, part.len);
            used += part.len;
        }
        from = i + 1;
    }
    return used > 0 ? (struct gb_str){out, used} : GB_STR_NONE;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int64_t gb_fold_ordinal(struct gb_arena *arena, struct gb_str text)
{
    static const struct gb_str word = {"网格", 6};
    size_t at = SIZE_MAX, from, to;
    int64_t number = 0;

    text = gb_fold_text(arena, text, GB_FOLD_WIDTH | GB_FOLD_NUMERALS);
    for (size_t i = 0; i + word.len <= text.len; i++) {
        at = memcmp(text.ptr + i, word.ptr, word.len) == 0 ? i : at;
    }
    if (at == SIZE_MAX) {
        return -1;
    }
    from = to = at + word.len;
    while (to < text.len && is_digit(text.ptr[to])) {
        to++;
    }
    if (from == to) { /* no number behind the word: one in front of it? */
        from = to = at;
        while (from > 0 && is_digit(text.ptr[from - 1])) {
            from--;
        }
    }
    for (size_t i = from; i < to && number < 1000000; i++) {
        number = number * 10 + (text.ptr[i] - '0');
    }
    return from < to && number < 1000000 ? number : -1;
}

bool gb_fold_is_excel(struct gb_str text)
{
    size_t digits = 0, zeros = 0, i = 0;

    while (i < text.len && (is_digit(text.ptr[i]) || (i == 1 && text.ptr[i] == '.'))) {
        i++;
    }
    if (i > 0 && i + 1 < text.len && (text.ptr[i] == 'E' || text.ptr[i] == 'e')) {
        i += text.ptr[i + 1] == '+' ? 2 : 1;
        while (i < text.len && is_digit(text.ptr[i])) {
            i++;
        }
        return i == text.len;
    }
    for (i = 0; i < text.len && is_digit(text.ptr[i]); i++) {
        digits++;
        zeros += digits > 15 && text.ptr[i] == '0';
    }
    return i == text.len && digits > 15 && zeros == digits - 15;
}
