/* explain RECORD.json: what would be decided of a report that nobody has sent yet. The records go
 * through a fresh core under one bundle; nothing is sent or stored. With --adapter they are records
 * of a source, opened by its door as intake would; without, reports in short (policy_test.h). */
#include "cli/account.h"
#include "cli/adapter.h"
#include "cli/commands.h"
#include "codec/dry_script.h"
#include "codec/fixture.h"
#include "shell/tool_files.h"

#define RECORDS_MAX 256U

/* A server is needed only where no folder is named. */
static enum gb_exit find_bundle(struct gb_told *told)
{
    struct gb_session session = {.pg = NULL};
    enum gb_exit code = GB_EXIT_OK;

    if (gb_args_get(told->args, "--policy") == NULL) {
        code = gb_session_open(&session, told->args);
    }
    code = code == GB_EXIT_OK ? gb_told_active(told, &session) : code;
    gb_session_end(&session);
    return code;
}

static void print(struct gb_told *told, struct gb_dry_script *script)
{
    struct gb_dry *dry = gb_arena_take(&told->arena, sizeof(*dry));
    struct gb_buf out = {0};
    struct gb_page page = gb_told_page(told, &out);

    gb_dry_script_run(told->policy, script, dry);
    gb_dry_script_tell(script, dry, &page);
    out.len -= out.len > 0; /* the empty line behind the last */
    (void)fwrite(out.bytes, 1, out.len, told->args->out);
    gb_buf_close(&out);
    gb_dry_end(dry);
}

static enum gb_exit run_short(struct gb_told *told, const struct gb_file *file)
{
    struct gb_mistakes mistakes = {0};
    struct gb_dry_script script;
    enum gb_exit code = GB_EXIT_OK;

    if (gb_dry_script_read(told->policy, &told->arena, file, &script, &mistakes)) {
        print(told, &script);
    } else {
        (void)fwrite(mistakes.lines.bytes, 1, mistakes.lines.len, told->args->out);
        code = GB_EXIT_DATA;
    }
    gb_mistakes_close(&mistakes);
    return code;
}

/* Source records, a line each, through the adapter's door. */
static enum gb_exit open_lines(struct gb_told *told, const struct gb_door *door,
                               struct gb_str text)
{
    struct gb_record *records = gb_arena_take(&told->arena, RECORDS_MAX * sizeof(*records));
    struct gb_dry_script script;
    struct gb_str line;
    uint32_t count = 0;
    uint32_t number = 0;

    while (gb_fixture_line(&text, &line)) {
        struct gb_source_record in;
        struct gb_door_rows rows = {.count = 0};
        struct gb_err err = {.status = GB_OK, .text = ""};

        number++;
        if (line.len == 0) {
            continue;
        }
        if (gb_fixture_read(&told->arena, line, &in, &err) != GB_OK) {
            (void)gb_prefix(&err, "%s:%u", told->args->words[0], number);
            return gb_cli_fail(told->args, &err);
        }
        gb_door_open(door, &in, GB_STR("explain"), &told->arena, &rows);
        for (size_t i = 0; i < rows.count; i++) {
            if (count == RECORDS_MAX) {
                fprintf(told->args->talk, "gridbridge: at most %u records\n", RECORDS_MAX);
                return GB_EXIT_DATA;
            }
            records[count++] = rows.items[i].record;
        }
    }
    gb_dry_script_of(records, count, &script);
    print(told, &script);
    return GB_EXIT_OK;
}

static enum gb_exit run_source(struct gb_told *told, const struct gb_file *file,
                               const char *folder)
{
    struct gb_adapter adapter;
    enum gb_exit code = gb_adapter_begin(&adapter, told->args, folder);

    if (code == GB_EXIT_OK) {
        struct gb_door *door = gb_adapter_door(&adapter);

        code = door != NULL ? open_lines(told, door, file->bytes)
                            : gb_adapter_report(&adapter, told->args);
        gb_door_free(door);
    }
    gb_adapter_end(&adapter);
    return code;
}

enum gb_exit gb_cli_explain_dry(const struct gb_args *args)
{
    struct gb_file file = {.name = gb_str_of(args->words[0])};
    const char *folder = gb_args_get(args, "--adapter");
    struct gb_told told;
    struct gb_err err;
    enum gb_exit code = gb_told_begin(&told, args);

    if (code == GB_EXIT_OK && args->format != GB_FORMAT_TABLE) {
        code = gb_cli_misused(args, "RECORD.json is told in words only");
    }
    if (code == GB_EXIT_OK &&
        gb_tool_file(args->words[0], &told.arena, &file.bytes, &err) != GB_OK) {
        code = gb_cli_fail(args, &err);
    }
    code = code == GB_EXIT_OK ? find_bundle(&told) : code;
    if (code == GB_EXIT_OK) {
        code = folder != NULL ? run_source(&told, &file, folder) : run_short(&told, &file);
    }
    gb_told_end(&told);
    return code;
}
