/* Stop points: what is understood, and that the signal comes at the named place and count only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shell/stop_point.h"

static FILE *nowhere(void)
{
    FILE *file = fopen("/dev/null", "w");

    assert_non_null(file);
    return file;
}

static enum gb_status arm(const char *text, struct gb_err *err)
{
    FILE *log = nowhere();
    enum gb_status status = gb_stop_arm(text, log, err);

    fclose(log);
    return status;
}

static void test_what_is_not_understood(void **state)
{
    static const char *const bad[] = {"",          "claimed",     "claimed:",     "claimed:0",
                                      "claimed:x", "claimed:-1",  "claimed:1:",   "claimed:1:ice",
                                      "claim:1",   "claimed :1",  ":1",           "claimed:1 ",
                                      "NONE:1",    "claimed:99999999999999999999"};
    struct gb_err err;

    (void)state;
    for (size_t i = 0; i < GB_COUNT(bad); i++) {
        err.text[0] = '\0';
        assert_int_equal(arm(bad[i], &err), GB_BAD_CONFIG);
        assert_non_null(strstr(err.text, "commit_sent"));
        assert_int_equal(gb_stop_armed, GB_STOP_NONE);
    }
}

static void test_unarmed_is_silent(void **state)
{
    struct gb_err err;

    (void)state;
    assert_int_equal(arm(NULL, &err), GB_OK);
    for (int p = GB_STOP_NONE; p < GB_STOP_COUNT; p++) {
        gb_stop_at((enum gb_stop_point)p);
    }
}

static void test_says_that_it_is_armed(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *log = open_memstream(&text, &len);
    struct gb_err err;

    (void)state;
    assert_int_equal(gb_stop_arm("floored:2", log, &err), GB_OK);
    gb_stop_armed = GB_STOP_NONE;
    fclose(log);
    assert_non_null(strstr(text, "level=warn"));
    assert_non_null(strstr(text, "GRIDBRIDGE_STOP_AT=floored:2"));
    free(text);
}

/* Reaches the place times times in a child that has text armed; its wait status at the signal, or
 * at its exit with 7. The child's stderr is read into words. */
static int reach(const char *text, enum gb_stop_point point, int times, char *words, size_t size)
{
    struct gb_err err;
    int pipe_ends[2];
    int status = 0;
    ssize_t got;
    pid_t child;

    assert_int_equal(pipe(pipe_ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(pipe_ends[1], STDERR_FILENO);
        if (arm(text, &err) != GB_OK) {
            _exit(1);
        }
        for (int i = 0; i < times; i++) {
            gb_stop_at(GB_STOP_LOADED);
            gb_stop_at(point);
        }
        _exit(7);
    }
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    close(pipe_ends[1]);
    if (WIFSTOPPED(status)) {
        int after = 0;

        assert_int_equal(kill(child, SIGCONT), 0);
        assert_int_equal(waitpid(child, &after, 0), child);
        assert_true(WIFEXITED(after) && WEXITSTATUS(after) == 7);
    }
    got = read(pipe_ends[0], words, size - 1);
    words[got > 0 ? got : 0] = '\0';
    close(pipe_ends[0]);
    return status;
}

static void test_the_signal_comes_at_its_count(void **state)
{
    char words[200];
    int status = reach("committed:3", GB_STOP_COMMITTED, 2, words, sizeof(words));

    (void)state;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_string_equal(words, "");
    status = reach("committed:3", GB_STOP_COMMITTED, 3, words, sizeof(words));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_string_equal(words,
                        "level=warn msg=\"stop point committed reached 3 times: SIGKILL\"\n");
    status = reach("committed:3", GB_STOP_PUBLISHED, 9, words, sizeof(words));
    assert_true(WIFEXITED(status));
}

static void test_a_frozen_process_goes_on(void **state)
{
    char words[200];
    int status = reach("txn_sent:1:freeze", GB_STOP_TXN_SENT, 4, words, sizeof(words));

    (void)state;
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    assert_string_equal(words, "level=warn msg=\"stop point txn_sent reached 1 times: SIGSTOP\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_understood),
        cmocka_unit_test(test_unarmed_is_silent),
        cmocka_unit_test(test_says_that_it_is_armed),
        cmocka_unit_test(test_the_signal_comes_at_its_count),
        cmocka_unit_test(test_a_frozen_process_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
