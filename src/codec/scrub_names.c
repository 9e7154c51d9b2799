/* Names: those that the row's own name columns hold, and those that a title or 某 gives away. */
#include "codec/scrub_view.h"

#define NAME_UNITS_MAX 24U
#define NAMES_MAX 64U

/* Surnames of one character, the 200 most common and those often met in the region; and of two. */
static const char surnames[] =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜"
    "戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶"
    "洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛"
    "童欧甄项曲成游阳裴席卫查屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑"
    "邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲"
    "乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺";
static const char *const doubles[] = {"欧阳", "司马", "诸葛", "上官", "皇甫", "尉迟", "令狐", "慕容",
                                      "东方", "公孙", "夏侯", "端木", "长孙", "司徒", "宇文", "轩辕",
                                      "南宫", "司空", "澹台", "公冶", "太史", "闻人", "钟离", "呼延"};

/* Characters that are surnames, but more often stand before 某 as something else. */
static const char before_places[] = "于向应同和关由时方成全都来商台车保单原";
static const char behind_places[] =
    "日处地村组个些种小单部市县区镇街路年月天时事公企店工项次段类位人";
static const char no_given[] = "该位这那个名的各一两几本此女男老年轻与和及跟给对是有请叫称某了到从在为由";

static bool is_surname(uint32_t code)
{
    return code >= 0x4E00 && code <= 0x9FFF && gb_code_in(code, surnames);
}

static bool is_word(const struct gb_view *view, uint32_t a, uint32_t b, const char *word)
{
    const unsigned char *p = (const unsigned char *)word;
    uint32_t first = ((p[0] & 15U) << 12) | ((p[1] & 63U) << 6) | (p[2] & 63U);
    uint32_t second = ((p[3] & 15U) << 12) | ((p[4] & 63U) << 6) | (p[5] & 63U);

    return view->units[a].code == first && view->units[b].code == second;
}

static bool is_double(const struct gb_view *view, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < GB_COUNT(doubles); i++) {
        if (is_word(view, a, b, doubles[i])) {
            return true;
        }
    }
    return false;
}

/* Where the name begins that ends before at and has up to given_max characters behind its
 * surname; count if there is none. The longest wins. */
static uint32_t name_before(const struct gb_view *view, uint32_t at, uint32_t given_max)
{
    uint32_t best = view->count, behind = at;

    for (uint32_t i = 0; i <= given_max + 1; i++) {
        uint32_t here = gb_view_before(view, behind);
        uint32_t before = here < view->count ? gb_view_before(view, here) : view->count;

        if (here == view->count || view->units[here].kind != GB_UNIT_HAN) {
            break;
        }
        if (i <= given_max && is_surname(view->units[here].code)) {
            best = here;
        }
        if (i <= given_max && before < view->count && is_double(view, before, here)) {
            best = before;
        }
        if (gb_code_in(view->units[here].code, no_given)) {
            break;
        }
        behind = here;
    }
    return best;
}

/* 王某, 欧阳某某. */
static void match_some(struct gb_view *view, uint32_t at)
{
    uint32_t from = name_before(view, at, 0);
    uint32_t last = at, next = gb_view_next(view, at + 1);

    if (from == view->count) {
        return;
    }
    while (next < view->count && view->units[next].code == view->units[at].code) {
        last = next;
        next = gb_view_next(view, next + 1);
    }
    if (next < view->count && gb_code_in(view->units[from].code, before_places) &&
        gb_code_in(view->units[next].code, behind_places)) {
        return;
    }
    gb_view_mark(view, from, last, GB_SCRUB_NAME);
}

/* Titles, and how many characters of a given name may stand before them: one that is also a
 * trade ("开锁师傅") takes a surname only. */
static const struct {
    const char *word;
    uint32_t given_max;
} titles[] = {{"先生", 2}, {"女士", 2}, {"小姐", 2}, {"太太", 2}, {"师傅", 0}, {"大爷", 0},
              {"大妈", 0}, {"阿姨", 0}, {"奶奶", 0}, {"爷爷", 0}, {"大叔", 0}, {"大娘", 0},
              {"同志", 0}, {"大婶", 0}};

void gb_scrub_titles(struct gb_view *view)
{
    static const char heads[] = "先女小太师大阿奶爷同";
    static const uint32_t some = 0x67D0; /* 某 */

    for (uint32_t at = 1; at < view->count; at++) {
        uint32_t code = view->units[at].code;

        if (code == some) {
            match_some(view, at);
            continue;
        }
        if (view->units[at].kind != GB_UNIT_HAN || !gb_code_in(code, heads)) {
            continue;
        }
        uint32_t second = gb_view_next(view, at + 1);

        for (size_t i = 0; second < view->count && i < GB_COUNT(titles); i++) {
            if (is_word(view, at, second, titles[i].word)) {
                uint32_t from = name_before(view, at, titles[i].given_max);

                if (from < view->count) {
                    gb_view_mark(view, from, gb_view_before(view, at), GB_SCRUB_NAME);
                }
            }
        }
    }
}

/* Names of a row, folded, one behind the other. */
struct names {
    uint32_t codes[NAMES_MAX][NAME_UNITS_MAX];
    uint32_t lens[NAMES_MAX];
    uint32_t count;
};

/* Two Han characters, or four letters: what is shorter, or a number, is more often something
 * else. */
static bool is_name(const uint32_t *codes, uint32_t len)
{
    bool has_letter = false;

    for (uint32_t i = 0; i < len; i++) {
        has_letter = has_letter || codes[i] > '9';
    }
    return has_letter && (len >= 4 || (len >= 2 && codes[0] >= 0x2E80));
}

static enum gb_status end_name(struct names *names, struct gb_err *err)
{
    uint32_t *len = &names->lens[names->count];

    if (is_name(names->codes[names->count], *len)) {
        if (names->count + 1 == NAMES_MAX) {
            return gb_fail(err, GB_TOO_LARGE, "more than %u names in the row's name columns",
                           NAMES_MAX - 1);
        }
        names->count++;
        len++;
    }
    *len = 0;
    return GB_OK;
}

/* A cell's names: parted by commas, brackets and the like; spaces and dots belong to a name. */
static enum gb_status read_cell(struct names *names, struct gb_str cell, struct gb_err *err)
{
    struct gb_view view = {0};
    enum gb_status status = cell.len > GB_SCRUB_NAME_BYTES_MAX
                                ? gb_fail(err, GB_TOO_LARGE, "a name column has over %u bytes",
                                          GB_SCRUB_NAME_BYTES_MAX)
                                : gb_view_read(&view, cell, err);

    for (uint32_t i = 0; i < view.count && status == GB_OK; i++) {
        const struct gb_unit *unit = &view.units[i];
        uint32_t *len = &names->lens[names->count];

        if (!gb_unit_is_gap(unit)) {
            if (*len < NAME_UNITS_MAX) {
                names->codes[names->count][(*len)++] = unit->code;
            }
        } else if (unit->kind == GB_UNIT_LIST || gb_code_in(unit->code, "()/[]【】\\|")) {
            status = end_name(names, err);
        }
    }
    if (status == GB_OK) {
        status = end_name(names, err);
    }
    gb_view_close(&view);
    return status;
}

/* The last unit of the name that begins at a unit; count if it is not there. */
static uint32_t name_at(const struct gb_view *view, uint32_t at, const uint32_t *codes,
                        uint32_t len)
{
    uint32_t here = at;

    for (uint32_t i = 1; i < len; i++) {
        here = gb_view_next(view, here + 1);
        if (here == view->count || view->units[here].code != codes[i]) {
            return view->count;
        }
    }
    return here;
}

/* A Latin name must not be the beginning or end of a longer word. */
static bool is_whole(const struct gb_view *view, uint32_t first, uint32_t last)
{
    return (view->units[first].kind != GB_UNIT_LETTER || first == 0 ||
            view->units[first - 1].kind != GB_UNIT_LETTER) &&
           (view->units[last].kind != GB_UNIT_LETTER || last + 1 == view->count ||
            view->units[last + 1].kind != GB_UNIT_LETTER);
}

enum gb_status gb_scrub_columns(struct gb_view *view, const struct gb_scrub_names *cells,
                                struct gb_err *err)
{
    struct names names = {.count = 0};
    enum gb_status status = GB_OK;

    if (cells->cells_count > GB_SCRUB_NAMES_MAX) {
        return gb_fail(err, GB_TOO_LARGE, "more than %u name columns", GB_SCRUB_NAMES_MAX);
    }
    for (size_t i = 0; i < cells->cells_count && status == GB_OK; i++) {
        status = read_cell(&names, cells->cells[i], err);
    }
    for (uint32_t at = 0; at < view->count && status == GB_OK; at++) {
        for (uint32_t n = 0; n < names.count; n++) {
            if (view->units[at].code == names.codes[n][0]) {
                uint32_t last = name_at(view, at, names.codes[n], names.lens[n]);

                if (last < view->count && is_whole(view, at, last)) {
                    gb_view_mark(view, at, last, GB_SCRUB_NAME);
                }
            }
        }
    }
    return status;
}
