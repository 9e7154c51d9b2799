/* The scrubber: what goes, what stays, what it costs. The long lists stand in tests/claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/scrub.h"

static const struct gb_str row_names[] = {
#define CELL(text) {text, sizeof(text) - 1}
    CELL("测试鹮鵟、欧阳鸫"), CELL("Li Weiguo"), CELL("无")};
static const struct gb_scrub_names row = {row_names, 3};

static struct gb_scrubbed scrub(struct gb_arena *arena, const char *text)
{
    struct gb_scrubbed scrubbed;
    struct gb_err err = {.status = GB_OK, .text = ""};

    assert_int_equal(gb_scrub_text(arena, gb_str_of(text), &row, &scrubbed, &err), GB_OK);
    return scrubbed;
}

static void check(const char *text, const char *expected)
{
    struct gb_arena arena;

    gb_arena_init(&arena, 1 << 20);
    struct gb_scrubbed scrubbed = scrub(&arena, text);
    const char *got = gb_arena_str(&arena, scrubbed.text).ptr;

    assert_string_equal(got, expected);
    assert_string_equal(gb_arena_str(&arena, scrub(&arena, got).text).ptr, expected);
    gb_arena_close(&arena);
}

static void takes_out(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"身份证11010519491231002X已核", "身份证〔身份证号〕已核"},
        {"身份证11010519491231002x", "身份证〔身份证号〕"},
        {"１１０１０５１９４９１２３１００２Ｘ", "〔身份证号〕"},
        {"110105 1949 1231 002X", "〔身份证号〕"},
        {"110105 19491231 0021", "110105 19491231 0021"},       /* wrong digit, in pieces */
        {"110105194912310021", "〔身份证号〕"},                   /* wrong digit, an old year */
        {"老证号320312750611123", "老证号〔15位身份证号〕"},
        {"电话13812345678。", "电话〔手机号〕。"},
        {"电话13812345678一直打不通", "电话〔手机号〕一直打不通"},
        {"一三八一二三四五六七八", "〔手机号〕"},
        {"壹叁捌壹贰叁肆伍陆柒捌号", "〔手机号〕号"},
        {"幺三八幺二三四五六七八", "〔手机号〕"},
        {"138-1234-5678", "〔手机号〕"},
        {"1.3.8.1.2.3.4.5.6.7.8", "〔手机号〕"},
        {"138\n1234\n5678", "〔手机号〕"},
        {"138<b>1234</b>5678", "〔手机号〕"},
        {"138&nbsp;1234&nbsp;5678", "〔手机号〕"},
        {"&#49;&#x33;8&amp;#49;2345678", "〔手机号〕"},
        {"\\u0031\\u0033812345678", "〔手机号〕"},
        {"<a href=\"tel:13812345678\">打</a>", "<a href=\"tel:〔手机号〕\">打</a>"},
        {"①③⑧①②③④⑤⑥⑦⑧", "〔手机号〕"},
        {"1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "〔手机号〕"},
        {"I38O0123456", "〔手机号〕"},
        {"+86 138 1234 5678", "+〔手机号〕"},
        {"008613812345678", "〔手机号〕"},
        {"1381234567813912345678", "〔手机号〕〔手机号〕"},
        {"网格32031211121700113812345678", "网格320312111217001〔手机号〕"},
        {"0516-83345678转801", "〔固话〕转801"},
        {"（0516）8334 5678", "（〔固话〕"},
        {"+86 516 8334 5678", "+〔固话〕"},
        {"电话：8334-5678", "电话：〔固话〕"},
        {"卡6222021001116245702取", "卡〔银行卡号〕取"},
        {"6222 0210 0111 6245 702", "〔银行卡号〕"},
        {"卡号1234567890123", "卡号〔银行卡号〕"},
        {"车苏C·88Q66堵路", "车〔车牌〕堵路"},
        {"苏c88q66", "〔车牌〕"},
        {"苏CD12345一直停", "〔车牌〕一直停"},
        {"粤Z·1234港", "〔车牌〕"},
        {"邮箱zhang.san@example.com", "邮箱〔邮箱〕"},
        {"zhang ＠ example。com", "〔邮箱〕"},
        {"zhang(at)example(dot)com", "〔邮箱〕"},
        {"z h a n g @ e x a m p l e . c o m", "〔邮箱〕"},
        {"微信号：wx_abc123", "微信号：〔账号〕"},
        {"QQ群123456789", "QQ群〔账号〕"},
        {"13812345678QQ12345678", "〔手机号〕QQ〔账号〕"},
        {"a1@b.example@c.example", "〔邮箱〕〔邮箱〕"},
        {"王某反映", "〔姓名〕反映"},
        {"欧阳某某反映", "〔姓名〕反映"},
        {"联系王先生", "联系〔姓名〕先生"},
        {"王建国先生来电", "〔姓名〕先生来电"},
        {"王 女 士", "〔姓名〕 女 士"},
        {"测试鹮鵟来电", "〔姓名〕来电"},
        {"测 试·鹮\n鵟来电", "〔姓名〕来电"},
        {"LI weiguo said", "〔姓名〕 said"},
        {"村民欧阳鸫、测试鹮鵟", "村民〔姓名〕、〔姓名〕"},
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        check(cases[i].text, cases[i].expected);
    }
}

static void leaves(void **state)
{
    static const char *const cases[] = {
        "",
        "村口路灯不亮，影响三户出行",
        "320312111217001",
        "32031211121700101",
        "320312111206016021",
        "02010432031200760715",
        "20260151094443",
        "2026050612345678",
        "SXD000055",
        "2026-05-06 14:40:23.481929",
        "2022-08-15 14:40:23.481",
        "2020/11/0213:33",
        "/Date(1604295224297+0800)/",
        "金额1300.50元、2600.00元、3900.75元",
        "13,800,123,456元",
        "117.2894,34.1234",
        "第一百三十二条第（三）项",
        "二〇二五年八月一日",
        "第1、2、3、4、5、6、7、8、9、10、11组",
        "13、14、15、16、17、18号楼",
        "苏政发〔2025〕12号",
        "苏0312民初1234号",
        "新APP2026上线",
        "12345热线",
        "550e8400-e29b-41d4-a716-446655440000",
        "a9993e364706816aba3e25717850c26c13812345",
        "一位女士、这位先生、某日、某小区、于某处",
        "各位先生女士",
        "会后二〇二六年一月安排一二三期",
        "Liweiguozhen street",
        "联系电话见公告，来电20251125有效",
    };

    (void)state;
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        check(cases[i], cases[i]);
    }
}

static void counts_kinds(void **state)
{
    struct gb_arena arena;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    struct gb_scrubbed s = scrub(&arena, "王某 13812345678 13912345678 苏C88Q66");

    assert_int_equal(s.counts[GB_SCRUB_MOBILE], 2);
    assert_int_equal(s.counts[GB_SCRUB_NAME], 1);
    assert_int_equal(s.counts[GB_SCRUB_PLATE], 1);
    assert_int_equal(s.total, 4);
    gb_arena_close(&arena);
}

static void finds_in_codes(void **state)
{
    (void)state;
    assert_int_equal(gb_scrub_find(GB_STR("13812345678"), NULL), GB_SCRUB_MOBILE);
    assert_int_equal(gb_scrub_find(GB_STR("138-1234-5678"), NULL), GB_SCRUB_MOBILE);
    assert_int_equal(gb_scrub_find(GB_STR("li_weiguo"), &row), GB_SCRUB_NAME);
    assert_int_equal(gb_scrub_find(GB_STR("qq12345"), NULL), GB_SCRUB_ACCOUNT);
    assert_int_equal(gb_scrub_find(GB_STR("a@example.com"), NULL), GB_SCRUB_EMAIL);
    assert_int_equal(gb_scrub_find(GB_STR("\xB5\xE7"), NULL), GB_SCRUB_NAME);
    assert_int_equal(gb_scrub_find(GB_STR("700001"), NULL), GB_SCRUB_COUNT);
    assert_int_equal(gb_scrub_find(GB_STR("livelihood_01"), &row), GB_SCRUB_COUNT);
    assert_int_equal(gb_scrub_find(GB_STR("320312111217001"), NULL), GB_SCRUB_COUNT);
    assert_int_equal(gb_scrub_find(GB_STR("无"), &row), GB_SCRUB_COUNT);
}

static void refuses(void **state)
{
    struct gb_arena arena;
    struct gb_scrubbed s;
    struct gb_err err = {.status = GB_OK, .text = ""};
    static char big[GB_SCRUB_BYTES_MAX + 1];
    static char cell[GB_SCRUB_NAME_BYTES_MAX + 1];
    struct gb_str cells[GB_SCRUB_NAMES_MAX + 1] = {{cell, sizeof(cell)}};
    struct gb_scrub_names names = {cells, 1};

    (void)state;
    memset(big, 'x', sizeof(big));
    memset(cell, 'x', sizeof(cell));
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(gb_scrub_text(&arena, GB_STR("ab\xB5\xE7"), NULL, &s, &err), GB_BAD_UTF8);
    assert_string_equal(err.text, "byte 2: expected UTF-8");
    assert_int_equal(gb_scrub_text(&arena, (struct gb_str){big, sizeof(big)}, NULL, &s, &err),
                     GB_TOO_LARGE);
    assert_int_equal(gb_scrub_text(&arena, (struct gb_str){big, sizeof(big) - 1}, NULL, &s, &err),
                     GB_OK);
    assert_int_equal(gb_scrub_text(&arena, GB_STR("x"), &names, &s, &err), GB_TOO_LARGE);
    names.cells_count = GB_SCRUB_NAMES_MAX + 1;
    assert_int_equal(gb_scrub_text(&arena, GB_STR("x"), &names, &s, &err), GB_TOO_LARGE);
    gb_arena_close(&arena);
}

static double seconds_of(const char *part, size_t times)
{
    struct gb_arena arena;
    struct gb_buf buf = {0};
    double best = 1e9;

    for (size_t i = 0; i < times; i++) {
        gb_buf_add_str(&buf, gb_str_of(part));
    }
    for (int turn = 0; turn < 3; turn++) {
        struct gb_scrubbed s;
        struct timespec from, to;

        gb_arena_init(&arena, (size_t)64 << 20);
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        assert_int_equal(gb_scrub_text(&arena, gb_buf_str(&buf), &row, &s, NULL), GB_OK);
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        double spent = (double)(to.tv_sec - from.tv_sec) +
                       (double)(to.tv_nsec - from.tv_nsec) / 1e9;

        best = spent < best ? spent : best;
        gb_arena_close(&arena);
    }
    gb_buf_close(&buf);
    return best;
}

/* Sixteen times as much costs sixteen times, not 256 times: the worst inputs of each rule. */
static void costs_what_it_is_long(void **state)
{
    static const char *const parts[] = {
        "1", "1 ", "13", "1,3", "1383", "<a", "<b>1</b>", "&#49;", "&amp;", "a", "a@", "@ ",
        "(at)", ".at.", ".at", "王某", "先生", "某", "苏C1", "苏", "测试鹮", "\\u0031", "微信1", "-QQ",
        "7QQ", "QQ_", "㈠", "\u0336", "abcdef12", "电话1", "\uFDFA"};

    (void)state;
    for (size_t i = 0; i < GB_COUNT(parts); i++) {
        size_t times = 4000 / strlen(parts[i]);
        double one = seconds_of(parts[i], times), many = seconds_of(parts[i], 16 * times);

        if (many > 16 * one * 3 + 0.005) {
            fail_msg("\"%s\" %zu times: %f s, 16 times that: %f s", parts[i], times, one, many);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_out),      cmocka_unit_test(leaves),
        cmocka_unit_test(counts_kinds),   cmocka_unit_test(finds_in_codes),
        cmocka_unit_test(refuses),        cmocka_unit_test(costs_what_it_is_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
