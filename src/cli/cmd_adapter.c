/* test mapping DIR: an adapter's fixtures, each X.in against X.want.
 * explain --record FILE --adapter DIR: what each column became, and why. */
#include "cli/adapter.h"
#include "cli/commands.h"
#include "codec/fixture.h"
#include "shell/tool_files.h"

#define RECORD_ARENA_MAX ((size_t)256 << 20)

static struct gb_str without(struct gb_str name, const char *end)
{
    size_t len = strlen(end);

    return name.len > len && memcmp(name.ptr + name.len - len, end, len) == 0
               ? (struct gb_str){name.ptr, name.len - len}
               : GB_STR_NONE;
}

/* One record and what became of it. */
struct opened {
    struct gb_arena arena;
    struct gb_source_record in;
    struct gb_door_rows rows;
};

static bool open_line(const struct gb_door *door, struct gb_str line, struct opened *opened,
                      struct gb_err *err)
{
    gb_arena_init(&opened->arena, RECORD_ARENA_MAX);
    opened->rows.count = 0;
    if (line.len == 0) {
        return true;
    }
    if (gb_fixture_read(&opened->arena, line, &opened->in, err) != GB_OK) {
        return false;
    }
    gb_door_open(door, &opened->in, GB_STR("fixtures"), &opened->arena, &opened->rows);
    return true;
}

/* All rows of a file of records, a line each. */
static bool run_lines(const struct gb_args *args, const struct gb_door *door, const char *name,
                      struct gb_str text, struct gb_buf *got)
{
    struct gb_str line;
    uint32_t number = 0;

    while (gb_fixture_line(&text, &line)) {
        struct opened opened;
        struct gb_err err;

        number++;
        if (!open_line(door, line, &opened, &err)) {
            fprintf(args->out, "%s:%u:1: %s\n", name, number, err.text);
            gb_arena_close(&opened.arena);
            return false;
        }
        for (size_t i = 0; i < opened.rows.count; i++) {
            gb_fixture_write(got, &opened.rows.items[i].record, false);
            gb_buf_add_char(got, '\n');
        }
        gb_arena_close(&opened.arena);
    }
    return true;
}

/* The first line that differs. */
static bool compare(const struct gb_args *args, const char *name, struct gb_str want,
                    struct gb_str got)
{
    struct gb_str wanted = GB_STR_NONE, found = GB_STR_NONE;
    uint32_t number = 0;

    for (;;) {
        bool has_want = gb_fixture_line(&want, &wanted);
        bool has_got = gb_fixture_line(&got, &found);

        number++;
        if (!has_want && !has_got) {
            return true;
        }
        if (has_want && has_got && gb_str_eq(wanted, found)) {
            continue;
        }
        fprintf(args->out, "%s:%u:1: differs\n  want %.*s\n  got  %.*s\n", name, number,
                GB_STR_ARG(has_want ? wanted : GB_STR("nothing")),
                GB_STR_ARG(has_got ? found : GB_STR("nothing")));
        return false;
    }
}

static bool write_file(const struct gb_args *args, const char *path, struct gb_str bytes)
{
    FILE *file = fopen(path, "wb");
    bool is_written = file != NULL && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;

    if ((file != NULL && fclose(file) != 0) || !is_written) {
        fprintf(args->talk, "gridbridge: %s: cannot be written\n", path);
        return false;
    }
    return true;
}

static bool test_file(const struct gb_args *args, struct gb_adapter *adapter,
                      const struct gb_door *door, const struct gb_file *file)
{
    struct gb_str stem = without(file->name, ".in");
    struct gb_str want_name = GB_JOIN(&adapter->arena, stem, GB_STR(".want"));
    struct gb_str folder = gb_str_of(adapter->folder);
    const struct gb_file *want = gb_files_get(&adapter->files, want_name);
    const char *in_path = GB_JOIN(&adapter->arena, folder, GB_STR("/"), file->name).ptr;
    const char *want_path = GB_JOIN(&adapter->arena, folder, GB_STR("/"), want_name).ptr;
    struct gb_buf got = {0};
    bool is_right = run_lines(args, door, in_path, file->bytes, &got);

    if (is_right && gb_args_get(args, "--write") != NULL) {
        is_right = write_file(args, want_path, gb_buf_str(&got));
    } else if (is_right && want == NULL) {
        fprintf(args->out, "%s:1:1: there is no such file; --write makes it\n", want_path);
        is_right = false;
    } else if (is_right) {
        is_right = compare(args, want_path, want->bytes, gb_buf_str(&got));
    }
    gb_buf_close(&got);
    return is_right;
}

static enum gb_exit test_files(const struct gb_args *args, struct gb_adapter *adapter,
                               const struct gb_door *door)
{
    uint32_t passed = 0, failed = 0;

    for (size_t i = 0; i < adapter->files.count; i++) {
        const struct gb_file *file = &adapter->files.items[i];

        if (gb_str_is(without(file->name, ".in"))) {
            bool is_right = test_file(args, adapter, door, file);

            passed += is_right;
            failed += !is_right;
        }
    }
    fprintf(args->talk, "%s: %u fixtures passed, %u failed\n", adapter->folder, passed, failed);
    if (passed + failed == 0) {
        fprintf(args->talk, "gridbridge: there is no fixture: %s/fixtures/NAME.in\n",
                adapter->folder);
    }
    return failed == 0 && passed > 0 ? GB_EXIT_OK : GB_EXIT_NO;
}

enum gb_exit gb_cli_test_mapping(const struct gb_args *args)
{
    struct gb_adapter adapter;
    enum gb_exit code = gb_adapter_begin(&adapter, args, args->words[0]);

    if (code == GB_EXIT_OK) {
        struct gb_door *door = gb_adapter_door(&adapter);

        code = door != NULL ? test_files(args, &adapter, door)
                            : gb_adapter_report(&adapter, args);
        gb_door_free(door);
    }
    gb_adapter_end(&adapter);
    return code;
}

static void explain_record(const struct gb_args *args, const struct gb_door *door,
                           struct opened *opened)
{
    const struct gb_source_record *in = &opened->in;
    const struct gb_door_rows *rows = &opened->rows;
    struct gb_buf out = {0};
    bool is_table = args->format == GB_FORMAT_TABLE;

    if (is_table) {
        fprintf(args->out, "%.*s/%d@%lld\n", GB_STR_ARG(in->topic), (int)in->partition,
                (long long)in->offset);
        gb_door_explain(door, in, &opened->arena, &out);
    }
    for (size_t i = 0; i < rows->count; i++) {
        gb_buf_add_str(&out, is_table ? GB_STR("  row ") : GB_STR(""));
        gb_fixture_write(&out, &rows->items[i].record, !is_table);
        gb_buf_add_char(&out, '\n');
    }
    (void)fwrite(out.bytes, 1, out.len, args->out);
    gb_buf_close(&out);
}

static enum gb_exit explain_lines(const struct gb_args *args, const struct gb_door *door,
                                  struct gb_str text)
{
    struct gb_str line;
    uint32_t number = 0;
    enum gb_exit code = GB_EXIT_OK;

    while (code == GB_EXIT_OK && gb_fixture_line(&text, &line)) {
        struct opened opened;
        struct gb_err err = {.status = GB_OK, .text = ""};

        number++;
        if (!open_line(door, line, &opened, &err)) {
            (void)gb_prefix(&err, "line %u", number);
            code = gb_cli_fail(args, &err);
        } else if (opened.rows.count > 0) {
            explain_record(args, door, &opened);
        }
        gb_arena_close(&opened.arena);
    }
    return code;
}

static void report_drift(const struct gb_args *args, const struct gb_door *door)
{
    struct gb_drift drift[64];
    size_t count = gb_door_drift(door, drift, GB_COUNT(drift));

    for (size_t i = 0; i < count; i++) {
        fprintf(args->talk, "drift: %.*s: column %.*s is named by no rule\n",
                GB_STR_ARG(drift[i].source), GB_STR_ARG(drift[i].column));
    }
}

enum gb_exit gb_cli_explain_record(const struct gb_args *args)
{
    const char *folder = gb_args_get(args, "--adapter");
    const char *record = gb_args_get(args, "--record");
    struct gb_adapter adapter;
    struct gb_str text;
    struct gb_err err;
    enum gb_exit code;

    if (folder == NULL) {
        return gb_cli_misused(args, "needs --adapter DIR");
    }
    code = gb_adapter_begin(&adapter, args, folder);
    if (code == GB_EXIT_OK && gb_tool_file(record, &adapter.arena, &text, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    }
    if (code == GB_EXIT_OK) {
        struct gb_door *door = gb_adapter_door(&adapter);

        code = door != NULL ? explain_lines(args, door, text)
                            : gb_adapter_report(&adapter, args);
        if (door != NULL) {
            report_drift(args, door);
        }
        gb_door_free(door);
    }
    gb_adapter_end(&adapter);
    return code;
}
