/* Reads JSON lines {"text": ..., "names": [...]} and writes each scrubbed text as a JSON string:
 * for scripts that hold the scrubber against their own lists. */
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "codec/json.h"
#include "codec/scrub.h"

#define NAMES_MAX 16

static void scrub_line(struct gb_arena *arena, struct gb_str line, struct gb_buf *out)
{
    struct gb_value value;
    struct gb_str cells[NAMES_MAX];
    struct gb_scrub_names names = {cells, 0};
    struct gb_scrubbed scrubbed;
    struct gb_err err = {.status = GB_OK, .text = ""};
    struct gb_jsonw w;

    if (gb_json_parse(arena, line, &value, &err) != GB_OK) {
        fprintf(stderr, "scrub_lines: %s\n", err.text);
        exit(1);
    }
    const struct gb_value *list = gb_value_get(&value, GB_STR("names"));

    for (uint32_t i = 0; list != NULL && i < list->count && i < NAMES_MAX; i++) {
        cells[names.cells_count++] = list->items[i].text;
    }
    if (gb_scrub_text(arena, gb_value_str(&value, GB_STR("text")), &names, &scrubbed, &err) !=
        GB_OK) {
        fprintf(stderr, "scrub_lines: %s\n", err.text);
        exit(1);
    }
    gb_jsonw_init(&w, out);
    gb_jsonw_str(&w, scrubbed.text);
    gb_buf_add_char(out, '\n');
}

int main(void)
{
    struct gb_arena arena;
    struct gb_buf out = {0};
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    gb_arena_init(&arena, (size_t)64 << 20);
    while ((len = getline(&line, &size, stdin)) > 0) {
        gb_buf_clear(&out);
        scrub_line(&arena, (struct gb_str){line, (size_t)len}, &out);
        (void)fwrite(out.bytes, 1, out.len, stdout);
        gb_arena_reset(&arena);
    }
    free(line);
    gb_buf_close(&out);
    gb_arena_close(&arena);
    return 0;
}
