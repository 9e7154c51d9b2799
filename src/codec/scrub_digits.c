/* Numbers in a text: rows of digits, whatever stands between them, and what they may be.
 *
 * Digits are gathered into a row with, for each, how it joins the one before it. An atom is a run
 * of one script without a gap; a number begins and ends where atoms do, so that "13812345678一直"
 * is a phone and "一直", and the 11 digits within a longer number are none. From each beginning at
 * most DIGITS_MAX digits are looked at: the work is linear. */
#include <stdlib.h>

#include "codec/scrub_number.h"
#include "codec/scrub_view.h"

#define DIGITS_MAX 24U
#define GAP_UNITS_MAX 8U
#define GAP_MARKS_MAX 3U
#define SOFT_MAX 4U
#define HEX_MAX 64U

enum script { SCRIPT_DIGIT, SCRIPT_HAN, SCRIPT_SOFT };

enum join {
    JOIN_NONE,   /* something else stands between */
    JOIN_SAME,   /* nothing, and the same script */
    JOIN_SCRIPT, /* nothing, another script */
    JOIN_WEAK,   /* blanks, dashes, dots, tags */
    JOIN_LIST    /* commas, colons */
};

struct digit {
    uint32_t unit;
    uint32_t sep; /* what stands between, for WEAK and LIST: one code for all of a kind */
    uint8_t value;
    uint8_t script;
    uint8_t join;
};

struct row {
    struct gb_view *view;
    struct digit *digits;
    uint32_t count;
};

/* How the digits from one beginning up to here are grouped. */
struct shape {
    uint32_t first; /* length of the first atom */
    uint32_t last;  /* length of the atom that is not finished */
    uint32_t least, most; /* among the finished atoms behind the first */
    uint32_t gaps, soft;
    uint32_t sep;
    bool is_mixed;  /* gaps of two kinds */
    bool has_list;
};

#define SEP_BRACKET 2U

/* One code for all marks that are used alike. */
static uint32_t sep_of(const struct gb_unit *unit)
{
    static const char *const alike[] = {"-‐‑‒–—―−－~～", "()[]{}〔〕【】《》〈〉", ".·•‧・。",
                                        "'\"`“”‘’", ",，、"};

    for (size_t i = 0; i < GB_COUNT(alike); i++) {
        if (gb_code_in(unit->code, alike[i])) {
            return (uint32_t)i + 1;
        }
    }
    return unit->kind == GB_UNIT_SPACE ? ' ' : unit->code;
}

/* Words that people say between the digits of one number. */
static bool is_said(uint32_t code)
{
    return gb_code_in(code, "杠转点再然后加空格横");
}

/* What stands between two digits. */
static uint8_t join_of(const struct row *row, uint32_t from, uint32_t to, uint32_t *sep)
{
    const struct gb_unit *units = row->view->units;
    uint8_t join = JOIN_WEAK;
    uint32_t marks = 0;

    *sep = ' ';
    if (to - from - 1 > GAP_UNITS_MAX) {
        return JOIN_NONE;
    }
    for (uint32_t i = from + 1; i < to; i++) {
        if (units[i].kind == GB_UNIT_SPACE) {
            continue;
        }
        if (!gb_unit_is_gap(&units[i]) && !is_said(units[i].code)) {
            return JOIN_NONE;
        }
        *sep = *sep == ' ' ? sep_of(&units[i]) : *sep;
        join = units[i].kind == GB_UNIT_LIST ? JOIN_LIST : join;
        marks++;
    }
    return marks <= GAP_MARKS_MAX ? join : JOIN_NONE;
}

static void add_digit(struct row *row, uint32_t unit)
{
    const struct gb_unit *u = &row->view->units[unit];
    struct digit *d = &row->digits[row->count];

    *d = (struct digit){.unit = unit, .value = u->digit, .join = JOIN_NONE};
    d->script = u->is_soft ? SCRIPT_SOFT : u->kind == GB_UNIT_HAN ? SCRIPT_HAN : SCRIPT_DIGIT;
    if (row->count > 0) {
        const struct digit *before = &row->digits[row->count - 1];

        if (before->unit + 1 == unit) {
            d->join = before->script == d->script ? JOIN_SAME : JOIN_SCRIPT;
        } else {
            d->join = join_of(row, before->unit, unit, &d->sep);
        }
    }
    row->count++;
}

static void values_of(const struct row *row, uint32_t at, uint32_t count, uint8_t *values)
{
    for (uint32_t i = 0; i < count; i++) {
        values[i] = row->digits[at + i].value;
    }
}

static void cut(struct row *row, uint32_t at)
{
    if (at < row->count && row->digits[at].join == JOIN_SAME) {
        row->digits[at].join = JOIN_SCRIPT;
    }
}

/* Phones one behind the other. */
static bool cut_phones(struct row *row, uint32_t from, uint32_t to)
{
    uint8_t values[DIGITS_MAX];
    bool is_all_phones = (to - from) % 11 == 0;

    for (uint32_t at = from; at + 11 <= to && is_all_phones; at += 11) {
        values_of(row, at, 11, values);
        is_all_phones = gb_is_mobile(values, 11);
    }
    for (uint32_t at = from; at < to && is_all_phones; at += 11) {
        cut(row, at);
    }
    return is_all_phones;
}

/* Numbers written without a gap: phones, an id anywhere in a long run, what stands behind a grid
 * code. A cut only adds a place where a number may begin or end. */
static void cut_run(struct row *row, uint32_t from, uint32_t to)
{
    uint8_t values[DIGITS_MAX];

    if (cut_phones(row, from, to)) {
        return;
    }
    for (uint32_t at = from; at + 18 <= to; at++) {
        values_of(row, at, 18, values);
        if (gb_is_id18(values, values[17], true)) {
            cut(row, at);
            cut(row, at + 18);
            at += 17;
        }
    }
    values_of(row, from, 15, values);
    if (gb_is_grid15(values)) {
        cut(row, from + 15);
        (void)cut_phones(row, from + 15, to);
    }
}

static void cut_runs(struct row *row)
{
    uint32_t from = 0;

    for (uint32_t at = 1; at <= row->count; at++) {
        if (at == row->count || row->digits[at].join != JOIN_SAME) {
            if (at - from > 15) {
                cut_run(row, from, at);
            }
            from = at;
        }
    }
}

static void extend(struct shape *shape, const struct digit *d, bool is_first)
{
    shape->soft += d->script == SCRIPT_SOFT ? 1 : 0;
    if (is_first) {
        shape->last = 1;
        return;
    }
    if (d->join == JOIN_SAME || d->join == JOIN_SCRIPT) {
        shape->last++;
        return;
    }
    if (shape->gaps == 0) {
        shape->first = shape->last;
        shape->sep = d->sep;
    } else {
        shape->least = shape->last < shape->least ? shape->last : shape->least;
        shape->most = shape->last > shape->most ? shape->last : shape->most;
    }
    shape->is_mixed = shape->is_mixed || shape->sep != d->sep;
    shape->has_list = shape->has_list || d->join == JOIN_LIST;
    shape->gaps++;
    shape->last = 1;
}

/* Whether people group one number so, rather than write several beside each other. */
static bool is_one_number(const struct shape *shape)
{
    uint32_t least = shape->last < shape->least ? shape->last : shape->least;
    uint32_t most = shape->last > shape->most ? shape->last : shape->most;

    if (shape->soft > SOFT_MAX) {
        return false;
    }
    if (shape->gaps == 0 || (shape->first == 1 && most == 1)) {
        return true;
    }
    if (shape->has_list || shape->is_mixed) {
        return shape->first >= 3 && least >= 3;
    }
    if (shape->sep == SEP_BRACKET && shape->first <= 4 && most <= 4) {
        return true; /* ㈠㈢〇〇 */
    }
    return shape->first >= 3 || least >= 3 || (shape->first == 2 && most <= 2);
}

/* An x behind digit 17, which ends an id. */
static uint32_t x_behind(const struct row *row, uint32_t unit)
{
    uint32_t next = gb_view_next(row->view, unit + 1);

    return next < row->view->count && gb_code_in(row->view->units[next].code, "X×Х") ? next : 0;
}

static void mark(struct row *row, uint32_t from, uint32_t count, enum gb_scrub_kind kind)
{
    gb_view_mark(row->view, row->digits[from].unit, row->digits[from + count - 1].unit, kind);
}

static bool match_id17x(struct row *row, uint32_t at, const uint8_t *values)
{
    uint32_t last = row->digits[at + 16].unit;
    uint32_t x = x_behind(row, last);

    /* × between two numbers is a product, so the check digit must be right. */
    if (x == 0 || !gb_is_id18(values, 10, row->view->units[x].code != 'X')) {
        return false;
    }
    gb_view_mark(row->view, row->digits[at].unit, x, GB_SCRUB_ID18);
    return true;
}

/* A phone with what may stand before it: 0, 86, 086, 0086. */
static bool is_phone(const uint8_t *values, uint32_t count)
{
    static const uint8_t heads[][4] = {{0}, {8, 6}, {0, 8, 6}, {0, 0, 8, 6}};

    for (uint32_t len = 0; len <= 4 && len + 11 <= count; len++) {
        if (len + 11 == count) {
            return (len == 0 || memcmp(values, heads[len - 1], len) == 0) &&
                   gb_is_mobile(values + len, 11);
        }
    }
    return false;
}

/* "+86 516 8334 5678": the area code has lost its 0. */
static bool is_abroad(const struct row *row, uint32_t at, const uint8_t *values, uint32_t count)
{
    uint8_t home[DIGITS_MAX] = {0};
    uint32_t unit = row->digits[at].unit;
    uint32_t head = count > 4 && values[0] == 0 && values[1] == 0 ? 2 : 0;
    bool has_plus = unit > 0 && row->view->units[unit - 1].code == '+';

    if ((head == 0 && !has_plus) || count < head + 11 || values[head] != 8 ||
        values[head + 1] != 6) {
        return false;
    }
    memcpy(home + 1, values + head + 2, count - head - 2);
    return gb_is_landline(home, count - head - 1);
}

static bool match(struct row *row, uint32_t at, const uint8_t *values, uint32_t count,
                  const struct shape *shape)
{
    enum gb_scrub_kind kind = GB_SCRUB_COUNT;

    if (!is_one_number(shape)) {
        return false;
    }
    if (count == 18 && gb_is_id18(values, values[17], shape->gaps > 0)) {
        kind = GB_SCRUB_ID18;
    } else if (gb_is_card(values, count)) {
        kind = GB_SCRUB_CARD;
    } else if (count == 15 && gb_is_id15(values)) {
        kind = GB_SCRUB_ID15;
    } else if (is_phone(values, count)) {
        kind = GB_SCRUB_MOBILE;
    } else if (gb_is_landline(values, count) || is_abroad(row, at, values, count)) {
        kind = GB_SCRUB_LANDLINE;
    } else {
        return false;
    }
    mark(row, at, count, kind);
    return true;
}

/* The longest number that begins at a digit. */
static void match_from(struct row *row, uint32_t at)
{
    uint8_t values[DIGITS_MAX];
    struct shape shape = {.least = UINT32_MAX}, shapes[DIGITS_MAX];
    uint32_t count = 0;

    while (count < DIGITS_MAX && at + count < row->count &&
           (count == 0 || row->digits[at + count].join != JOIN_NONE)) {
        extend(&shape, &row->digits[at + count], count == 0);
        values[count] = row->digits[at + count].value;
        shapes[count++] = shape;
    }
    for (; count >= 10; count--) {
        bool is_end = at + count == row->count || row->digits[at + count].join != JOIN_SAME;

        if (count == 17 && is_one_number(&shapes[16]) && match_id17x(row, at, values)) {
            return;
        }
        if (is_end && match(row, at, values, count, &shapes[count - 1])) {
            return;
        }
    }
}

/* Numbers that words announce: what would be too short or wrong to go by its digits alone. */
struct announced {
    const char *words[10];
    uint32_t least, most;
    enum gb_scrub_kind kind;
};

static const struct announced announcements[] = {
    {{"身份证", "证件号", "IDCARD", "身份证号", "身份证号码", "证件号码"}, 12, 20, GB_SCRUB_ID18},
    {{"卡号", "银行卡", "账号", "帐号", "银行账户"}, 12, 22, GB_SCRUB_CARD},
    {{"电话", "手机", "座机", "固话", "致电", "TEL", "PHONE", "MOBILE", "手机号", "传真"}, 7, 14,
     GB_SCRUB_LANDLINE}};

/* True if the units that end before at spell word; gaps and 是 为 号 码 between are passed over. */
static bool ends_with(const struct gb_view *view, uint32_t at, const char *word)
{
    uint32_t codes[8], count = 0, i = 0;
    const unsigned char *p = (const unsigned char *)word;

    for (; *p != 0 && count < GB_COUNT(codes); count++) {
        uint32_t len = *p < 0x80 ? 1 : 3;

        codes[count] = len == 1 ? *p
                                : ((*p & 15U) << 12) | ((p[1] & 63U) << 6) | (p[2] & 63U);
        p += len;
    }
    for (uint32_t skipped = 0; skipped < 5 && at > 0; skipped++) {
        const struct gb_unit *unit = &view->units[at - 1];

        /* What stands in one of our marks announces nothing. */
        if (unit->code == codes[count - 1] || unit->code == 0x3015 ||
            !(gb_unit_is_gap(unit) || gb_code_in(unit->code, "是为号码"))) {
            break;
        }
        at--;
    }
    while (i < count && at > i && view->units[at - 1 - i].code == codes[count - 1 - i]) {
        i++;
    }
    return i == count;
}

static const struct announced *announced_at(const struct gb_view *view, uint32_t at)
{
    for (size_t i = 0; i < GB_COUNT(announcements); i++) {
        const char *const *words = announcements[i].words;

        for (size_t w = 0; w < GB_COUNT(announcements[i].words) && words[w] != NULL; w++) {
            if (ends_with(view, at, words[w])) {
                return &announcements[i];
            }
        }
    }
    return NULL;
}

static void match_announced(struct row *row, uint32_t at)
{
    const struct announced *a = announced_at(row->view, row->digits[at].unit);
    uint8_t values[DIGITS_MAX];
    uint32_t count = 1;

    if (a == NULL) {
        return;
    }
    while (count < DIGITS_MAX && at + count < row->count &&
           (row->digits[at + count].join == JOIN_SAME ||
            row->digits[at + count].join == JOIN_WEAK)) {
        count++;
    }
    if (count < a->least || count > a->most) {
        return;
    }
    values_of(row, at, count, values);
    if (count != 8 || !gb_is_date8(values)) {
        uint32_t x = a->kind == GB_SCRUB_ID18 ? x_behind(row, row->digits[at + count - 1].unit)
                                              : 0;

        gb_view_mark(row->view, row->digits[at].unit,
                     x > 0 ? x : row->digits[at + count - 1].unit, a->kind);
    }
}

/* Units of a UUID or of a hash in hex at a unit, or 0: their digits are no numbers. */
static uint32_t hex_len(const struct gb_view *view, uint32_t at)
{
    uint32_t len = 0, letters = 0, dashes = 0;

    if (at > 0 && (view->units[at - 1].kind == GB_UNIT_LETTER ||
                   view->units[at - 1].kind == GB_UNIT_DIGIT || view->units[at - 1].code == '-')) {
        return 0;
    }
    for (; len <= HEX_MAX && at + len < view->count; len++) {
        const struct gb_unit *unit = &view->units[at + len];
        bool is_dash = unit->code == '-' && (len == 8 || len == 13 || len == 18 || len == 23);
        bool is_letter = unit->kind == GB_UNIT_LETTER && unit->code >= 'A' && unit->code <= 'F';

        if (!is_dash && !is_letter && unit->kind != GB_UNIT_DIGIT) {
            break;
        }
        dashes += is_dash ? 1 : 0;
        letters += is_letter ? 1 : 0;
    }
    bool is_uuid = dashes == 4 && len == 36 && letters > 0;
    bool is_hash = dashes == 0 && (len == 32 || len == 40 || len == 64) && letters >= len / 8;

    return is_uuid || is_hash ? len : 0;
}

void gb_scrub_numbers(struct gb_view *view)
{
    struct row row = {.view = view};
    uint32_t count = 0;

    for (uint32_t i = 0; i < view->count; i++) {
        count += view->units[i].digit != GB_NO_DIGIT ? 1 : 0;
    }
    if (count < 7) {
        return;
    }
    row.digits = malloc(count * sizeof(row.digits[0]));
    GB_CHECK(row.digits != NULL);
    for (uint32_t i = 0; i < view->count; i++) {
        uint32_t hex = hex_len(view, i);

        if (hex > 0) {
            i += hex - 1;
        } else if (view->units[i].digit != GB_NO_DIGIT) {
            add_digit(&row, i);
        }
    }
    cut_runs(&row);
    for (uint32_t i = 0; i < row.count; i++) {
        if (row.digits[i].join != JOIN_SAME) {
            match_from(&row, i);
        }
        if (row.digits[i].join == JOIN_NONE) {
            match_announced(&row, i);
        }
    }
    free(row.digits);
}
