/* Loop, worker, files, parameters and error codes of the shell, without servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/files.h"
#include "shell/limits.h"
#include "shell/pg_param.h"
#include "shell/worker.h"

static struct gb_loop *loop;
static struct gb_worker *worker;
static uint32_t ran;

static void count_task(struct gb_task *task)
{
    ran++;
    free(task);
}

static void flood(struct gb_task *task)
{
    free(task);
    for (uint32_t i = 0; i < 3 * GB_INBOX_MAX; i++) {
        struct gb_task *item = calloc(1, sizeof(*item));

        item->run = count_task;
        assert_true(gb_loop_post(loop, item));
    }
}

static void close_loop(void *context)
{
    (void)context;
    gb_loop_close(loop);
}

/* A worker posts more than the inbox holds: it waits, and everything runs once. */
static void test_loop_takes_a_flood(void **state)
{
    struct gb_task *job = calloc(1, sizeof(*job));
    struct gb_task late = {.run = count_task};

    (void)state;
    ran = 0;
    loop = gb_loop_new();
    worker = gb_worker_new(NULL, NULL);
    job->run = flood;
    gb_worker_give(worker, job);
    gb_worker_free(worker);
    gb_loop_call(loop, close_loop, NULL);
    assert_false(gb_loop_post(loop, &late));
    assert_true(gb_loop_free(loop, 5000));
    assert_int_equal(ran, 3 * GB_INBOX_MAX);
}

static void test_states_have_a_status(void **state)
{
    (void)state;
    assert_int_equal(gb_pg_status("40001"), GB_CONFLICT);
    assert_int_equal(gb_pg_status("40P01"), GB_CONFLICT);
    assert_int_equal(gb_pg_status("25006"), GB_READ_ONLY);
    assert_int_equal(gb_pg_status("53100"), GB_NO_SPACE);
    assert_int_equal(gb_pg_status("53300"), GB_AWAY);
    assert_int_equal(gb_pg_status("55P03"), GB_BUSY);
    assert_int_equal(gb_pg_status("22012"), GB_FENCED);
    assert_int_equal(gb_pg_status("57P01"), GB_AWAY);
    assert_int_equal(gb_pg_status("42P01"), GB_BUG);
    assert_int_equal(gb_pg_status(NULL), GB_AWAY);
}

static void test_arrays_are_binary(void **state)
{
    struct gb_pg_request *request = gb_pg_request_new();
    struct gb_pg_statement *s = gb_pg_request_add(request, "SELECT $1, $2, $3");
    const struct gb_str texts[] = {GB_STR("ab"), GB_STR_NONE};
    const char want[] = "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\2ab\xff\xff\xff\xff";

    (void)state;
    gb_pg_add_texts(request, s, texts, 2);
    assert_int_equal(s->lens[0], sizeof(want) - 1);
    assert_memory_equal(s->values[0], want, sizeof(want) - 1);
    gb_pg_add_ints(request, s, NULL, 0);
    assert_int_equal(s->lens[1], 12);
    gb_pg_add_text(request, s, GB_STR_NONE);
    assert_null(s->values[2]);
    gb_pg_request_free(request);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_secrets_need_their_mode(void **state)
{
    char path[] = "/tmp/gb-secret-XXXXXX";
    int fd = mkstemp(path);
    struct gb_arena arena;
    struct gb_str bytes = GB_STR_NONE;
    struct gb_err err;

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    gb_arena_init(&arena, (size_t)1 << 20);
    write_file(path, "00ff\n");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(gb_files_secret(path, &arena, &bytes, &err), GB_BAD_CONFIG);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(gb_files_secret(path, &arena, &bytes, &err), GB_OK);
    assert_true(gb_str_eq(bytes, GB_STR("00ff")));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(gb_files_secret(path, &arena, &bytes, &err), GB_NOT_FOUND);
    gb_arena_close(&arena);
}

static void test_folders_are_sorted(void **state)
{
    struct gb_arena arena;
    struct gb_files files;
    struct gb_err err;

    (void)state;
    gb_arena_init(&arena, (size_t)64 << 20);
    assert_int_equal(gb_files_read(GB_SOURCE_DIR "/src/base", &arena, &files, &err), GB_OK);
    assert_true(files.count > 5);
    for (size_t i = 1; i < files.count; i++) {
        assert_true(gb_str_cmp(files.items[i - 1].name, files.items[i].name) < 0);
    }
    assert_int_equal(gb_files_read("/nowhere", &arena, &files, &err), GB_NOT_FOUND);
    gb_arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop_takes_a_flood), cmocka_unit_test(test_states_have_a_status),
        cmocka_unit_test(test_arrays_are_binary), cmocka_unit_test(test_secrets_need_their_mode),
        cmocka_unit_test(test_folders_are_sorted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
