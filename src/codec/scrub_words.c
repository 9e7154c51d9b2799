/* Plates, mail addresses, and names of accounts. */
#include "codec/scrub_view.h"

#define PLATE_MAX 7U

static bool is_alnum(const struct gb_unit *unit)
{
    return unit->kind == GB_UNIT_LETTER || unit->kind == GB_UNIT_DIGIT ||
           (unit->kind == GB_UNIT_HAN && unit->digit != GB_NO_DIGIT);
}

/* Plates (ga 36). */

struct plate {
    uint32_t units[PLATE_MAX];
    uint32_t gaps[PLATE_MAX]; /* before each */
    uint32_t count;
};

/* A mark that stands in a plate; brackets and commas end it. */
static bool is_plate_gap(const struct gb_unit *unit)
{
    return unit->kind == GB_UNIT_SPACE ||
           (unit->kind == GB_UNIT_WEAK && !gb_code_in(unit->code, "()[]{}〔〕【】《》〈〉=#+'\"“”"));
}

static uint32_t plate_next(const struct gb_view *view, uint32_t at)
{
    uint32_t next = gb_view_next(view, at);

    for (uint32_t i = at; i < next && next < view->count; i++) {
        if (!is_plate_gap(&view->units[i])) {
            return view->count;
        }
    }
    return next;
}

static void read_plate(const struct gb_view *view, uint32_t at, struct plate *plate)
{
    while (plate->count < PLATE_MAX) {
        uint32_t next = plate_next(view, at);
        bool is_last = plate->count >= 4 && next < view->count &&
                       gb_code_in(view->units[next].code, "挂学警港澳");

        if (next == view->count || !(is_alnum(&view->units[next]) || is_last)) {
            break;
        }
        plate->units[plate->count] = next;
        plate->gaps[plate->count++] = next - at;
        at = next + 1;
        if (is_last) {
            break;
        }
    }
}

static bool is_digit_at(const struct gb_view *view, const struct plate *plate, uint32_t i)
{
    return view->units[plate->units[i]].digit != GB_NO_DIGIT;
}

/* The six of a new-energy car: a letter, any, four digits; or five digits and a letter. */
static bool is_six(const struct gb_view *view, const struct plate *plate)
{
    uint32_t front = 0, back = 0;

    for (uint32_t i = 0; i < 5; i++) {
        front += is_digit_at(view, plate, i) ? 1 : 0;
    }
    for (uint32_t i = 2; i < 6; i++) {
        back += is_digit_at(view, plate, i) ? 1 : 0;
    }
    return (back == 4 && gb_code_in(view->units[plate->units[0]].code, "DFABCEGHJK")) ||
           (front == 5 && gb_code_in(view->units[plate->units[5]].code, "DFABCEGHJK"));
}

/* What follows without a gap belongs to a longer code, unless it is of another script. */
static bool is_end(const struct gb_view *view, const struct plate *plate, uint32_t count)
{
    return plate->count == count || plate->gaps[count] > 0 ||
           view->units[plate->units[count]].kind != view->units[plate->units[count - 1]].kind;
}

/* How many of what was read are the plate: 0, 5 or 6. */
static uint32_t plate_len(const struct gb_view *view, const struct plate *plate)
{
    uint32_t digits = 0;

    for (uint32_t i = 0; i < plate->count && i < 5; i++) {
        digits += is_digit_at(view, plate, i) ? 1 : 0;
    }
    if (digits < 2 || plate->count < 5) {
        return 0;
    }
    if (plate->count >= 6 && is_six(view, plate) && is_end(view, plate, 6)) {
        return 6;
    }
    return is_end(view, plate, 5) ? 5 : 0;
}

void gb_scrub_plates(struct gb_view *view)
{
    static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使";

    for (uint32_t at = 0; at + 6 < view->count; at++) {
        struct plate plate = {.count = 0};
        uint32_t letter;

        if (view->units[at].kind != GB_UNIT_HAN || !gb_code_in(view->units[at].code, provinces)) {
            continue;
        }
        letter = plate_next(view, at + 1);
        if (letter == view->count || view->units[letter].kind != GB_UNIT_LETTER) {
            continue;
        }
        read_plate(view, letter + 1, &plate);
        uint32_t len = plate_len(view, &plate);

        if (len > 0) {
            gb_view_mark(view, at, plate.units[len - 1], GB_SCRUB_PLATE);
        }
    }
}

/* Mail addresses. */

static bool is_local(const struct gb_unit *unit)
{
    return unit->kind == GB_UNIT_LETTER || unit->kind == GB_UNIT_DIGIT ||
           (unit->kind != GB_UNIT_HAN && unit->kind != GB_UNIT_SPACE &&
            gb_code_in(unit->code, "._%+-"));
}

static bool is_mail(const struct gb_unit *unit)
{
    return unit->mark == GB_SCRUB_EMAIL + 1;
}

/* The first unit of what stands before an @, count if nothing does: one word, or letters with a
 * blank between each. What is marked already ends the walk, so that all walks together pass over
 * a unit twice at most. */
static uint32_t mail_left(const struct gb_view *view, uint32_t at)
{
    uint32_t first = view->count, word = 0, i = at;

    if (i > 0 && view->units[i - 1].kind == GB_UNIT_SPACE) {
        i--;
    }
    for (; i > 0 && !is_mail(&view->units[i - 1]); i--) {
        const struct gb_unit *unit = &view->units[i - 1];

        if (is_local(unit)) {
            first = i - 1;
            word++;
        } else if (unit->kind == GB_UNIT_SPACE && word == 1) {
            word = 0;
        } else {
            break;
        }
    }
    return first == view->count && i > 0 && is_mail(&view->units[i - 1]) ? at : first;
}

/* Units of a dot as it is written or said, or 0. */
static uint32_t dot_at(const struct gb_view *view, uint32_t at)
{
    const struct gb_unit *units = view->units;
    uint32_t i = at;

    if (gb_code_in(units[at].code, ".。点")) {
        return 1;
    }
    while (i < view->count && i < at + 2 && gb_unit_is_gap(&units[i])) {
        i++;
    }
    if (i + 2 >= view->count || units[i].code != 'D' || units[i + 1].code != 'O' ||
        units[i + 2].code != 'T' || i == at) {
        return 0;
    }
    i += 3;
    for (uint32_t n = 0; n < 2 && i < view->count && gb_unit_is_gap(&units[i]); n++) {
        i++;
    }
    return i - at;
}

/* The last unit of a host behind an @; count if what stands there is none. */
static uint32_t mail_right(const struct gb_view *view, uint32_t at)
{
    uint32_t last = view->count, word = 0, letters = 0, i = at;

    if (i < view->count && view->units[i].kind == GB_UNIT_SPACE) {
        i++;
    }
    while (i < view->count) {
        const struct gb_unit *unit = &view->units[i];
        uint32_t dot = dot_at(view, i);

        if (dot > 0) {
            i += dot;
            word = 0;
        } else if (unit->kind == GB_UNIT_LETTER || unit->kind == GB_UNIT_DIGIT ||
                   unit->code == '-') {
            letters += unit->kind == GB_UNIT_LETTER ? 1 : 0;
            last = i++;
            word++;
        } else if (unit->kind == GB_UNIT_SPACE && word <= 1) {
            word = 0;
            i++;
        } else {
            break;
        }
    }
    return letters >= 2 ? last : view->count;
}

/* Units of an @ at a unit, as a sign or said: 艾特, (at), [at], " at "; 0 if there is none. */
static uint32_t at_sign(const struct gb_view *view, uint32_t at)
{
    const struct gb_unit *units = view->units;

    if (units[at].code == '@') {
        return 1;
    }
    if (units[at].code == 0x827E && at + 1 < view->count && units[at + 1].code == 0x7279) {
        return 2; /* 艾特 */
    }
    if (!gb_unit_is_gap(&units[at]) || at + 3 >= view->count || units[at + 1].code != 'A' ||
        units[at + 2].code != 'T' || !gb_unit_is_gap(&units[at + 3])) {
        return 0;
    }
    return 4;
}

void gb_scrub_mails(struct gb_view *view)
{
    for (uint32_t at = 1; at + 1 < view->count; at++) {
        uint32_t len = at_sign(view, at);

        if (len == 0 || at + len >= view->count || is_mail(&view->units[at])) {
            continue;
        }
        uint32_t last = mail_right(view, at + len);
        uint32_t first = last < view->count ? mail_left(view, at) : view->count;

        if (first < view->count) {
            gb_view_mark(view, first, last, GB_SCRUB_EMAIL);
        }
    }
}

/* Accounts. */

static uint32_t spell(const struct gb_view *view, uint32_t at, const uint32_t *word, uint32_t len)
{
    uint32_t i = 0;

    while (i < len && at + i < view->count && view->units[at + i].code == word[i]) {
        i++;
    }
    return i == len ? len : 0;
}

/* Units of 微信, V信, QQ or VX at a unit, or 0. */
static uint32_t chat_word(const struct gb_view *view, uint32_t at)
{
    static const uint32_t words[][2] = {
        {0x5FAE, 0x4FE1}, {'V', 0x4FE1}, {'Q', 'Q'}, {'V', 'X'}, {'W', 'X'}};

    for (size_t i = 0; i < GB_COUNT(words); i++) {
        uint32_t len = spell(view, at, words[i], 2);

        if (len > 0) {
            return len;
        }
    }
    return 0;
}

void gb_scrub_accounts(struct gb_view *view)
{
    for (uint32_t at = 0; at + 6 < view->count; at++) {
        uint32_t i = at + chat_word(view, at), digits = 0, first;
        const struct gb_unit *before = &view->units[at > 0 ? at - 1 : 0];

        /* A word begins here, and no other find holds it: so no unit is passed over often. */
        if (i == at || view->units[at].mark == GB_SCRUB_ACCOUNT + 1 ||
            (at > 0 && (before->kind == GB_UNIT_LETTER || gb_code_in(before->code, "_-")))) {
            continue;
        }
        for (uint32_t n = 0; n < 4 && i < view->count; n++, i++) {
            if (!gb_unit_is_gap(&view->units[i]) && !gb_code_in(view->units[i].code, "号码是为群")) {
                break;
            }
        }
        for (first = i; i < view->count; i++) {
            const struct gb_unit *unit = &view->units[i];

            if (unit->kind != GB_UNIT_LETTER && unit->kind != GB_UNIT_DIGIT &&
                !gb_code_in(unit->code, "_-")) {
                break;
            }
            digits += unit->kind == GB_UNIT_DIGIT || unit->code == '_' ? 1 : 0;
        }
        if (i - first >= 5 && digits > 0) {
            gb_view_mark(view, first, i - 1, GB_SCRUB_ACCOUNT);
        }
    }
}
