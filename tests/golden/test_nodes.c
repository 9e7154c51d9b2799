/* What rows other than matters make, and what statistics tell of all: tests/golden/nodes/NAME.in
 * through a core under the example bundle, every output compared byte by byte with NAME.want.
 *
 * A line of .in is {"tick": ms}, or a row {source, entity, key, fields}; without fields it is
 * deleted; "bootstrap": true is a first load; "text": {name: text}. A line of .want is an output.
 * GB_GOLDEN_WRITE=1 writes the .want files anew; read the difference first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonw.h"
#include "codec/json.h"
#include "codec/policy_load.h"
#include "core/core.h"

#define NODES GB_SOURCE_DIR "/tests/golden/nodes/"
#define POLICY GB_SOURCE_DIR "/examples/tangzhang/policy/"

static const char *const bundle[] = {
    "authority.yaml", "bundle.yaml",   "calendar.csv", "categories.yaml", "crosswalk.csv",
    "deadlines.yaml", "duties.yaml",   "holders.csv",  "matching.yaml",   "network.yaml",
    "states.yaml",    "territory.csv"};

struct run {
    struct gb_arena arena;
    struct gb_core *core;
    struct gb_policy policy; /* of a fixed hash: the bundle's files may be edited */
    struct gb_buf outputs;
    uint64_t index;
};

static struct gb_str read_file(struct gb_arena *arena, const char *folder, const char *name)
{
    struct gb_buf buf = {0};
    FILE *file = fopen(gb_arena_printf(arena, "%s%s", folder, name).ptr, "rb");
    struct gb_str bytes;
    int c;

    assert_non_null(file);
    while ((c = fgetc(file)) != EOF) {
        gb_buf_add_char(&buf, (char)c);
    }
    (void)fclose(file);
    bytes = gb_arena_str(arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    return bytes;
}

static void begin(struct run *run)
{
    static struct gb_file files[GB_COUNT(bundle)];
    struct gb_files list = {files, GB_COUNT(bundle)};
    struct gb_mistakes mistakes = {0};
    const struct gb_policy *policy;

    *run = (struct run){0};
    gb_arena_init(&run->arena, (size_t)1 << 26);
    for (size_t i = 0; i < GB_COUNT(bundle); i++) {
        files[i] = (struct gb_file){gb_str_of(bundle[i]),
                                    read_file(&run->arena, POLICY, bundle[i])};
    }
    policy = gb_policy_load(&run->arena, &list, &mistakes);
    assert_non_null(policy);
    gb_mistakes_close(&mistakes);
    run->policy = *policy;
    run->policy.hash = GB_STR("golden");
    run->core = gb_core_new(0);
    gb_core_offer_policy(run->core, &run->policy);
}

static void write_output(struct run *run, const struct gb_output *output)
{
    struct gb_jsonw w;

    gb_jsonw_init(&w, &run->outputs);
    gb_jsonw_object(&w);
    gb_jsonw_key_int(&w, GB_STR("at"), (int64_t)run->index);
    gb_jsonw_key_str(&w, GB_STR("key"), output->key);
    gb_jsonw_key_str(&w, GB_STR("topic"), gb_topic_word(output->topic));
    gb_jsonw_key_str(&w, GB_STR("type"), output->type);
    gb_jsonw_key(&w, GB_STR("value"));
    if (gb_str_is(output->value)) {
        gb_jsonw_raw(&w, output->value);
    } else {
        gb_jsonw_null(&w);
    }
    gb_jsonw_end(&w);
    gb_buf_add_char(&run->outputs, '\n');
}

static void step(struct run *run, const struct gb_record *rec)
{
    struct gb_step s = {.arena = &run->arena, .index = run->index};

    gb_core_step(run->core, rec, &s);
    for (uint32_t i = 0; i < s.outputs_count; i++) {
        write_output(run, &s.outputs[i]);
    }
    run->index++;
}

static struct gb_value object_of(struct run *run, struct gb_str text)
{
    struct gb_value value;
    struct gb_err err;

    assert_int_equal(gb_json_parse(&run->arena, text, &value, &err), GB_OK);
    return value;
}

static void add_texts(struct gb_record *rec, const struct gb_value *texts)
{
    for (uint32_t i = 0; texts != NULL && i < texts->count && i < GB_TEXTS_MAX; i++) {
        rec->texts[rec->texts_count++] = (struct gb_text){
            .name = texts->members[i].name, .text = texts->members[i].value.text};
    }
}

static void step_row(struct run *run, const struct gb_value *line)
{
    const struct gb_value *fields = gb_value_get(line, GB_STR("fields"));
    struct gb_record rec = {
        .kind = GB_KIND_OBSERVATION,
        .town = GB_STR("320312111"),
        .session = GB_STR("s"),
        .n = (int64_t)run->index,
        .src = {GB_STR("c"), GB_STR("t"), 0, (int64_t)run->index, 0, 100},
        .source = gb_value_str(line, GB_STR("source")),
        .entity = gb_value_str(line, GB_STR("entity")),
        .key = gb_value_str(line, GB_STR("key")),
        .op = fields != NULL ? GB_OP_PUT : GB_OP_DELETE,
        .version = {.parts_count = 1, .parts = {(int64_t)run->index}},
        .bootstrap = gb_value_bool(line, GB_STR("bootstrap"), false),
        .h_img = gb_arena_int(&run->arena, (int64_t)run->index),
    };

    rec.fields = fields != NULL ? *fields : (struct gb_value){.type = GB_NULL};
    add_texts(&rec, gb_value_get(line, GB_STR("text")));
    step(run, &rec);
}

static void step_line(struct run *run, struct gb_str text)
{
    struct gb_value line = object_of(run, text);
    int64_t tick = gb_value_int(&line, GB_STR("tick"), -1);
    struct gb_record rec = {.session = GB_STR("s"), .n = (int64_t)run->index,
                            .town = GB_STR("")};

    if (tick >= 0) {
        rec.kind = GB_KIND_TICK;
        rec.fields = object_of(run, gb_arena_printf(&run->arena, "{\"clock\":%lld,\"streams\":[]}",
                                                    (long long)tick));
        step(run, &rec);
    } else {
        step_row(run, &line);
    }
    if (run->index == 1) { /* the lane has a clock: the bundle is activated */
        rec.kind = GB_KIND_POLICY;
        rec.n = 1;
        rec.fields = object_of(run, GB_STR("{\"bundle\":\"golden\"}"));
        step(run, &rec);
    }
}

static void compare(const char *name)
{
    struct run run;
    struct gb_str in;
    const char *end;
    char want[64];

    begin(&run);
    (void)snprintf(want, sizeof(want), "%s.in", name);
    in = read_file(&run.arena, NODES, want);
    for (; in.len > 0; in.len -= (size_t)(end - in.ptr) + 1, in.ptr = end + 1) {
        end = memchr(in.ptr, '\n', in.len);
        assert_non_null(end);
        step_line(&run, (struct gb_str){in.ptr, (size_t)(end - in.ptr)});
    }
    gb_buf_add_char(&run.outputs, '\0');
    (void)snprintf(want, sizeof(want), "%s.want", name);
    if (getenv("GB_GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(gb_arena_printf(&run.arena, NODES "%s", want).ptr, "wb");

        assert_non_null(file);
        (void)fwrite(run.outputs.bytes, 1, run.outputs.len - 1, file);
        (void)fclose(file);
    }
    assert_string_equal(run.outputs.bytes, read_file(&run.arena, NODES, want).ptr);
    gb_buf_close(&run.outputs);
    gb_core_free(run.core);
    gb_arena_close(&run.arena);
}

static void posts(void **state)
{
    (void)state;
    compare("posts");
}

static void contacts(void **state)
{
    (void)state;
    compare("contacts");
}

static void visits(void **state)
{
    (void)state;
    compare("visits");
}

static void stats(void **state)
{
    (void)state;
    compare("stats");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts),
        cmocka_unit_test(contacts),
        cmocka_unit_test(visits),
        cmocka_unit_test(stats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
