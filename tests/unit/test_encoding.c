/* What is suspected of texts that are no UTF-8: other encodings, and each way in which a sequence
 * can be broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/csv.h"
#include "codec/json.h"

#define GBK "the bytes look like GBK (GB 18030)"
#define CUT "a sequence is cut off"
#define ALONE "a byte that only continues a sequence stands alone"
#define LITTLE "the bytes look like UTF-16, little end first"

static const struct {
    const char *bytes;
    size_t len, at;
    const char *words;
} cases[] = {
#define TEXT(bytes, at, words) {bytes, sizeof(bytes) - 1, at, words}
    /* {"t":"路灯不亮"}, a comma, one more text */
    TEXT("{\"t\":\"\xc2\xb7\xb5\xc6\xb2\xbb\xc1\xc1\"}", 8, GBK),
    TEXT("{\"t\":\"\xba\xc3\"}", 6, GBK), /* one character, 好 */
    /* 〇 and 㐀: the second in the four bytes of GB 18030 */
    TEXT("{\"t\":\"\xa9\x96\x81\x39\xee\x39\xb2\xbb\xc1\xc1\xb5\xc6\"}", 6, GBK),
    /* a column of GBK in a message of UTF-8 */
    TEXT("{\"a\":\"\xe8\xb7\xaf\xe7\x81\xaf\",\"t\":\"\xb5\xc6\xb2\xbb\"}", 19, GBK),
    /* one column of UTF-8 cut within a character, as a column of 10 bytes cuts it */
    TEXT("{\"t\":\"\xe8\xb7\xaf\xe7\x81\xaf\xe4\xb8\"}", 12, CUT),
    TEXT("{\"t\":\"\xe4\xb8\"}", 6, CUT),
    TEXT("{\"t\":\"\xe8\xb7\xaf\xe7\x81", 9, CUT),
    TEXT("{\"t\":\"\xe8\xb7\xaf\x81\"}", 9, ALONE),
    TEXT("{\"t\":\"\xe8\xb7\xaf\xff\"}", 9, "a byte that no UTF-8 holds"),
    TEXT("{\"t\":\"a\xff\"}", 7, "a byte that no UTF-8 holds"),
    TEXT("{\"t\":\"\xe8\xb7\xaf\xf4\x90\x80\x80\"}", 9, "a byte that no UTF-8 holds"),
    TEXT("{\"t\":\"a\xc0\x80\"}", 7,
         "a sequence longer than it may be, as Java's modified UTF-8 writes U+0000"),
    TEXT("{\"t\":\"\xed\xa0\x80\xed\xb0\x80 \"}", 6,
         "half of a surrogate pair, as CESU-8 writes it"),
    TEXT("{\"t\":\"caf\xe9 r\xe9sum\xe9\"}", 9,
         "the bytes look like one byte a character (ISO 8859-1, Windows-1252)"),
    TEXT("\xff\xfe{\0\"\0", 0, "the byte order mark of UTF-16, little end first"),
    TEXT("\xfe\xff\0{\0\"", 0, "the byte order mark of UTF-16, big end first"),
    TEXT("\xff\xfe\0\0{\0\0\0", 0, "the byte order mark of UTF-32, little end first"),
    /* {"t":"路"} in UTF-16 without a mark */
    TEXT("{\0\"\0t\0\"\0:\0\"\0\xef\x8d\"\0}\0", 12, LITTLE),
    TEXT("\0{\0\"\0t\0\"\0:\0\"\x8d\xef\0\"\0}", 12,
         "the bytes look like UTF-16, big end first"),
};

static void suspects(void **state)
{
    struct gb_arena arena;
    char wanted[200];

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < GB_COUNT(cases); i++) {
        struct gb_value value;
        struct gb_err err = {.status = GB_OK, .text = ""};

        (void)snprintf(wanted, sizeof(wanted), "byte %zu: expected UTF-8; %s", cases[i].at,
                       cases[i].words);
        assert_int_equal(gb_json_parse(&arena, (struct gb_str){cases[i].bytes, cases[i].len},
                                       &value, &err),
                         GB_BAD_UTF8);
        if (strcmp(err.text, wanted) != 0) {
            fail_msg("case %zu: wanted %s, got %s", i, wanted, err.text);
        }
    }
    gb_arena_close(&arena);
}

/* UTF-16 that is all ASCII is UTF-8 by form. */
static void nuls_are_suspected_too(void **state)
{
    static const char text[] = "{\0\"\0t\0\"\0:\0" "1\0}\0";
    struct gb_arena arena;
    struct gb_value value;
    struct gb_err err = {.status = GB_OK, .text = ""};

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_int_equal(gb_json_parse(&arena, (struct gb_str){text, sizeof(text) - 1}, &value, &err),
                     GB_BAD_JSON);
    assert_string_equal(err.text, "byte 1: expected no NUL; " LITTLE);
    assert_int_equal(gb_json_parse(&arena, (struct gb_str){"[1\0]", 4}, &value, &err),
                     GB_BAD_JSON);
    assert_string_equal(err.text, "byte 2: expected no NUL");
    assert_int_equal(gb_json_parse(&arena, GB_STR("\xEF\xBB\xBF{}"), &value, &err), GB_BAD_JSON);
    assert_string_equal(err.text, "line 1, column 1: expected JSON, found a byte order mark");
    gb_arena_close(&arena);
}

/* Files that people hand over: a spreadsheet's CSV in GBK, a YAML with a control character. */
static void files_are_suspected_too(void **state)
{
    static const char *const columns[] = {"id", "town", NULL};
    struct gb_file file = {GB_STR("p.csv"), GB_STR("id,town\n1,\xcc\xc4\xd5\xc5\n")};
    struct gb_mistakes mistakes = {0};
    struct gb_arena arena;
    struct gb_yaml root;
    struct gb_csv csv;

    (void)state;
    gb_arena_init(&arena, 1 << 20);
    assert_false(gb_csv_parse(&arena, &file, columns, &csv, &mistakes));
    assert_false(gb_yaml_parse(&arena, GB_STR("g.yaml"), GB_STR("a: \x01\n"), &root, &mistakes));
    gb_buf_add_char(&mistakes.lines, '\0');
    assert_string_equal(mistakes.lines.bytes,
                        "p.csv:2:3: not text in UTF-8: " GBK "\n"
                        "g.yaml:1:4: not text in UTF-8: a control character\n");
    gb_mistakes_close(&mistakes);
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suspects),
        cmocka_unit_test(nuls_are_suspected_too),
        cmocka_unit_test(files_are_suspected_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
