/* The command line: widths of every help text, exit codes, suggestions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "cli/command.h"

struct spoken {
    char *out, *talk; /* owned */
    enum gb_exit code;
};

static struct spoken say(int argc, const char *const *words)
{
    struct spoken s = {0};
    size_t out_len;
    size_t talk_len;
    FILE *out = open_memstream(&s.out, &out_len);
    FILE *talk = open_memstream(&s.talk, &talk_len);
    char copies[8][64];
    char *argv[9] = {NULL};

    for (int i = 0; i < argc; i++) {
        snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
        argv[i] = copies[i];
    }
    s.code = gb_cli_run(argc, argv, out, talk);
    fclose(out);
    fclose(talk);
    return s;
}

static void forget(struct spoken *s)
{
    free(s->out);
    free(s->talk);
}

static size_t lines_checked(const char *text)
{
    size_t lines = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        if (len > 80) {
            fail_msg("%zu columns: %.*s", len, (int)len, text);
        }
        lines++;
        text += len + (text[len] == '\n');
    }
    return lines;
}

static void test_no_argument(void **state)
{
    struct spoken s = say(1, (const char *const[]){"gridbridge"});
    const char *at = s.talk;
    int examples = 0;

    (void)state;
    assert_int_equal(s.code, 64);
    assert_string_equal(s.out, "");
    assert_true(lines_checked(s.talk) <= 25);
    while ((at = strstr(at, "\n  gridbridge ")) != NULL) {
        examples++;
        at++;
    }
    assert_int_equal(examples, 3);
    forget(&s);
}

static void test_every_help_fits_80_columns(void **state)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);
    struct spoken all = say(2, (const char *const[]){"gridbridge", "--help"});

    (void)state;
    assert_int_equal(all.code, 0);
    assert_string_equal(all.talk, "");
    (void)lines_checked(all.out);
    for (size_t i = 0; i < count; i++) {
        const char *second = strchr(table[i].name, ' ');
        char first[32];
        struct spoken s;

        snprintf(first, sizeof(first), "%.*s", (int)strcspn(table[i].name, " "), table[i].name);
        assert_non_null(strstr(all.out, table[i].name));
        if (second != NULL) {
            s = say(4, (const char *const[]){"gridbridge", first, second + 1, "--help"});
        } else {
            s = say(3, (const char *const[]){"gridbridge", first, "--help"});
        }
        assert_int_equal(s.code, 0);
        assert_string_equal(s.talk, "");
        assert_true(lines_checked(s.out) > 3);
        forget(&s);
    }
    forget(&all);
}

static void test_names_of_a_group_stand_together(void **state)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);

    (void)state;
    for (size_t i = 1; i < count; i++) {
        assert_true(strcmp(table[i - 1].name, table[i].name) < 0);
    }
}

static void expect(const char *const *words, int argc, enum gb_exit code, const char *talk)
{
    struct spoken s = say(argc, words);

    assert_int_equal(s.code, code);
    if (strstr(s.talk, talk) == NULL) {
        fail_msg("no \"%s\" in: %s", talk, s.talk);
    }
    assert_string_equal(s.out, "");
    forget(&s);
}

static void test_unknown_words_suggest_the_nearest(void **state)
{
    (void)state;
    expect((const char *const[]){"gridbridge", "versoin"}, 2, 64, "did you mean version?");
    expect((const char *const[]){"gridbridge", "qqqqqqqq"}, 2, 64, "unknown command qqqqqqqq\n");
    expect((const char *const[]){"gridbridge", "version", "--ouput", "json"}, 4, 64,
           "did you mean --output?");
    expect((const char *const[]){"gridbridge", "version", "-o", "yaml"}, 4, 64,
           "-o takes table, json, jsonl or csv");
    expect((const char *const[]){"gridbridge", "version", "-o"}, 3, 64, "needs a value");
    expect((const char *const[]){"gridbridge", "version", "now"}, 3, 64, "one word too many");
}

static void test_version(void **state)
{
    struct spoken s = say(4, (const char *const[]){"gridbridge", "version", "-o", "json"});

    (void)state;
    assert_int_equal(s.code, 0);
    assert_string_equal(s.out, "{\"version\":\"" GB_VERSION "\"}\n");
    forget(&s);
}

static void test_completion_names_every_command(void **state)
{
    size_t count;
    const struct gb_command *table = gb_commands(&count);
    struct spoken s = say(2, (const char *const[]){"gridbridge", "completion"});

    (void)state;
    assert_int_equal(s.code, 0);
    for (size_t i = 0; i < count; i++) {
        const char *space = strchr(table[i].name, ' ');

        assert_non_null(strstr(s.out, space != NULL ? space + 1 : table[i].name));
    }
    forget(&s);
}

static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(gb_exit_of(GB_OK), 0);
    assert_int_equal(gb_exit_of(GB_DIFFERS), 1);
    assert_int_equal(gb_exit_of(GB_BAD_JSON), 65);
    assert_int_equal(gb_exit_of(GB_AWAY), 69);
    assert_int_equal(gb_exit_of(GB_BUG), 70);
    assert_int_equal(gb_exit_of(GB_IO), 74);
    assert_int_equal(gb_exit_of(GB_BUSY), 75);
    assert_int_equal(gb_exit_of(GB_BAD_CONFIG), 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_argument),
        cmocka_unit_test(test_every_help_fits_80_columns),
        cmocka_unit_test(test_names_of_a_group_stand_together),
        cmocka_unit_test(test_unknown_words_suggest_the_nearest),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_completion_names_every_command),
        cmocka_unit_test(test_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
