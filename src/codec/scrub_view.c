/* UTF-8 to units. Compatibility forms are folded by utf8proc (NFKC of one character at a time: what
 * is asked is what a character shows, not how a sequence composes). */
#include "codec/scrub_view.h"

#include <stdlib.h>
#include <utf8proc.h>

/* A character unfolds into 18 at most (U+FDFA). */
#define UNFOLDED_MAX 18

struct reading {
    struct gb_view *view;
    uint32_t size;
};

static const char *const numerals[] = {"〇零○", "一壹弌幺", "二贰貳弍两", "三叁參弎叄", "四肆",
                                       "五伍",  "六陆陸",   "七柒",       "八捌",       "九玖"};

/* In UTF-8 the bytes of a character are found nowhere but where it stands. */
bool gb_code_in(uint32_t code, const char *set)
{
    utf8proc_uint8_t bytes[5];
    utf8proc_ssize_t len;

    if (code < 0x80) {
        return code != 0 && strchr(set, (int)code) != NULL;
    }
    len = utf8proc_encode_char((utf8proc_int32_t)code, bytes);
    bytes[len] = 0;
    return len > 0 && strstr(set, (const char *)bytes) != NULL;
}

static uint8_t numeral_of(uint32_t code)
{
    for (uint8_t value = 0; value < GB_COUNT(numerals); value++) {
        if (gb_code_in(code, numerals[value])) {
            return value;
        }
    }
    return GB_NO_DIGIT;
}

/* Numerals are few among the Han characters: a bit for the low bits of each says where to look. */
static uint8_t han_digit(uint32_t code)
{
    static const uint32_t maybe[] = {
        0x3007, 0x25CB, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D,
        0x96F6, 0x5E7A, 0x4E24, 0x58F9, 0x8D30, 0x8CB3, 0x53C1, 0x53C3, 0x53C4, 0x8086, 0x4F0D,
        0x9646, 0x9678, 0x67D2, 0x634C, 0x7396, 0x5F0C, 0x5F0D, 0x5F0E};

    for (size_t i = 0; i < GB_COUNT(maybe); i++) {
        if (maybe[i] == code) {
            return numeral_of(code);
        }
    }
    return GB_NO_DIGIT;
}

/* Digits of other scripts stand in rows of ten that begin at xxx0 or xxx6. */
static uint8_t foreign_digit(uint32_t code)
{
    uint32_t low = code & 15U;
    bool is_row_of_0 = utf8proc_category((utf8proc_int32_t)(code - low)) == UTF8PROC_CATEGORY_ND;

    return (uint8_t)(is_row_of_0 ? low : low - 6U);
}

static bool is_invisible(utf8proc_category_t category)
{
    return category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_MN ||
           category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_CC;
}

static enum gb_unit_kind gap_kind(uint32_t code, utf8proc_category_t category)
{
    if (category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
        category == UTF8PROC_CATEGORY_ZP || (code >= 0x09 && code <= 0x0D)) {
        return GB_UNIT_SPACE;
    }
    return gb_code_in(code, "-‐‑‒–—―−－_.·•‧・。/\\*~～()[]{}〔〕【】<>《》〈〉|'\"`“”‘’+=#")
               ? GB_UNIT_WEAK
               : GB_UNIT_LIST;
}

static void classify(struct gb_unit *unit, uint32_t code)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);

    unit->code = code;
    unit->digit = GB_NO_DIGIT;
    switch (category) {
    case UTF8PROC_CATEGORY_ND:
        unit->kind = GB_UNIT_DIGIT;
        unit->digit = foreign_digit(code);
        unit->code = '0' + (uint32_t)unit->digit;
        return;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        unit->kind = GB_UNIT_LETTER;
        unit->code = (uint32_t)utf8proc_toupper((utf8proc_int32_t)code);
        return;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        unit->kind = GB_UNIT_HAN;
        unit->digit = han_digit(code);
        return;
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
        break;
    }
    unit->kind = (uint8_t)gap_kind(code, category);
    unit->digit = code == 0x25CB ? 0 : GB_NO_DIGIT;
    if (unit->digit == 0) {
        unit->kind = GB_UNIT_HAN; /* ○ is how many keyboards write 〇 */
    }
}

static struct gb_unit *add_unit(struct reading *r, size_t from, size_t to)
{
    struct gb_view *view = r->view;

    if (view->count == r->size) {
        r->size = r->size * 2;
        view->units = realloc(view->units, r->size * sizeof(view->units[0]));
        GB_CHECK(view->units != NULL);
    }
    struct gb_unit *unit = &view->units[view->count++];

    *unit = (struct gb_unit){
        .from = (uint32_t)from, .to = (uint32_t)to, .digit = GB_NO_DIGIT};
    return unit;
}

/* Latin letters that pass for digits beside digits. */
static void look_alike(struct gb_unit *unit, uint32_t code)
{
    if (code == 'O' || code == 'o' || code == 0x041E || code == 0x043E) {
        unit->digit = 0;
    } else if (code == 'l' || code == 'I' || code == '|') {
        unit->digit = 1;
    } else {
        return;
    }
    unit->is_soft = 1;
}

static void add_ascii(struct reading *r, uint32_t code, size_t from, size_t to)
{
    struct gb_unit *unit = add_unit(r, from, to);

    unit->code = code;
    if (code >= '0' && code <= '9') {
        unit->kind = GB_UNIT_DIGIT;
        unit->digit = (uint8_t)(code - '0');
    } else if ((code | 32U) >= 'a' && (code | 32U) <= 'z') {
        unit->kind = GB_UNIT_LETTER;
        unit->code = code & ~32U;
        look_alike(unit, code);
    } else {
        unit->kind = (uint8_t)gap_kind(code, code == ' ' ? UTF8PROC_CATEGORY_ZS
                                                         : UTF8PROC_CATEGORY_PO);
    }
}

static void add_code(struct reading *r, uint32_t code, size_t from, size_t to)
{
    utf8proc_int32_t unfolded[UNFOLDED_MAX];
    utf8proc_category_t category;
    utf8proc_ssize_t count;
    int last = 0;

    if (code < 0x80 && (code >= 0x20 || (code >= 0x09 && code <= 0x0D)) && code != 0x7F) {
        add_ascii(r, code, from, to);
        return;
    }
    if (code >= 0x4E00 && code <= 0x9FFF) {
        struct gb_unit *unit = add_unit(r, from, to);

        unit->code = code;
        unit->kind = GB_UNIT_HAN;
        unit->digit = han_digit(code);
        return;
    }
    category = utf8proc_category((utf8proc_int32_t)code);
    if (is_invisible(category)) {
        if (r->view->count > 0) {
            r->view->units[r->view->count - 1].to = (uint32_t)to;
        }
        return;
    }
    count = utf8proc_decompose_char((utf8proc_int32_t)code, unfolded, UNFOLDED_MAX,
                                    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &last);
    if (count <= 0 || count > UNFOLDED_MAX) {
        unfolded[0] = (utf8proc_int32_t)code;
        count = 1;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        uint32_t part = (uint32_t)unfolded[i];

        if (!is_invisible(utf8proc_category(unfolded[i]))) {
            struct gb_unit *unit = add_unit(r, from, to);

            classify(unit, part);
            look_alike(unit, part);
        }
    }
}

static void add_tag(struct reading *r, size_t from, size_t to)
{
    struct gb_unit *unit = add_unit(r, from, to);

    unit->code = '<';
    unit->kind = GB_UNIT_WEAK;
}

enum gb_status gb_view_read(struct gb_view *view, struct gb_str text, struct gb_err *err)
{
    struct reading r = {view, (uint32_t)text.len + 1};
    size_t at = 0;

    *view = (struct gb_view){.units = malloc((text.len + 1) * sizeof(view->units[0]))};
    GB_CHECK(view->units != NULL);
    while (at < text.len) {
        struct gb_str rest = {text.ptr + at, text.len - at};
        utf8proc_int32_t code;
        utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)rest.ptr,
                                                (utf8proc_ssize_t)rest.len, &code);
        uint32_t shown = (uint32_t)code;
        size_t taken = 0;

        if (len <= 0) {
            return gb_fail(err, GB_BAD_UTF8, "byte %zu: expected UTF-8", at);
        }
        if (code == '<') {
            taken = gb_tag_read(rest);
        }
        if (taken > 0) {
            add_tag(&r, at, at + taken);
        } else {
            taken = code == '&' || code == '\\' ? gb_entity_read(rest, &shown) : 0;
            taken = taken > 0 ? taken : (size_t)len;
            add_code(&r, shown, at, at + taken);
        }
        at += taken;
    }
    return GB_OK;
}

void gb_view_close(struct gb_view *view)
{
    free(view->units);
    view->units = NULL;
}

void gb_view_mark(struct gb_view *view, uint32_t first, uint32_t last, enum gb_scrub_kind kind)
{
    GB_CHECK(first <= last && last < view->count);
    if (view->units[first].mark == 0) {
        view->units[first].is_start = 1;
    }
    for (uint32_t i = first; i <= last; i++) {
        if (view->units[i].mark == 0) {
            view->units[i].mark = (uint8_t)(kind + 1);
        } else {
            view->units[i].is_start = i == first ? view->units[i].is_start : 0;
        }
    }
}

#define GAPS_MAX 3U

uint32_t gb_view_next(const struct gb_view *view, uint32_t at)
{
    for (uint32_t i = 0; i <= GAPS_MAX && at + i < view->count; i++) {
        if (!gb_unit_is_gap(&view->units[at + i])) {
            return at + i;
        }
    }
    return view->count;
}

uint32_t gb_view_before(const struct gb_view *view, uint32_t at)
{
    for (uint32_t i = 1; i <= GAPS_MAX + 1 && i <= at; i++) {
        if (!gb_unit_is_gap(&view->units[at - i])) {
            return at - i;
        }
    }
    return view->count;
}
