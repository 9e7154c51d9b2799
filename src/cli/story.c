/* See the header. */
#include "cli/story.h"

#include "base/jsonw.h"
#include "codec/json.h"
#include "lane/outbox.h"

static void keep_overlap(struct gb_story *story, struct gb_str key, const struct gb_value *value)
{
    size_t at = 0;

    while (at < story->overlaps_count && !gb_str_eq(story->keys[at], key)) {
        at++;
    }
    if (at == GB_STORY_OVERLAPS_MAX || value->type != GB_OBJECT) {
        return;
    }
    story->keys[at] = key;
    story->overlaps[at] = *value;
    story->overlaps_count += at == story->overlaps_count;
}

/* The lane's clock when the line was made, as RFC 3339 in UTC: it sorts as text. */
static struct gb_str time_of(const struct gb_value *line)
{
    const struct gb_value *headers = gb_value_get(line, GB_STR("headers"));

    for (uint32_t i = 0; headers != NULL && headers->type == GB_ARRAY && i < headers->count; i++) {
        const struct gb_value *pair = &headers->items[i];

        if (pair->type == GB_ARRAY && pair->count == 2 &&
            gb_str_eq(pair->items[0].text, GB_STR("ce_time"))) {
            return pair->items[1].text;
        }
    }
    return GB_STR_NONE;
}

static void keep_line(struct gb_story *story, struct gb_str id, struct gb_str text,
                      struct gb_str until)
{
    struct gb_value line;
    const struct gb_value *value;
    struct gb_str topic;
    struct gb_str key;

    if (gb_json_parse(&story->arena, gb_arena_str(&story->arena, text), &line, NULL) != GB_OK) {
        return;
    }
    topic = gb_value_str(&line, GB_STR("topic"));
    key = gb_value_str(&line, GB_STR("key"));
    value = gb_value_get(&line, GB_STR("value"));
    if (value == NULL || (gb_str_is(until) && gb_str_cmp(time_of(&line), until) > 0)) {
        return;
    }
    if (gb_str_eq(topic, GB_STR("matter")) && gb_str_eq(key, id)) {
        story->matter = *value;
    } else if (gb_str_eq(topic, GB_STR("overlap"))) {
        keep_overlap(story, key, value);
    } else if (gb_str_eq(topic, GB_STR("change"))) {
        story->changes[story->changes_count++] = *value;
    }
}

void gb_story_read(struct gb_story *story, struct gb_str id, const struct gb_tool_rows *rows,
                   int64_t until)
{
    size_t count = gb_tool_rows_count(rows);
    struct gb_str last = GB_STR_NONE;

    memset(story, 0, sizeof(*story));
    gb_arena_init(&story->arena, (size_t)256 << 20);
    story->changes = gb_arena_take(&story->arena, (count + 1) * sizeof(story->changes[0]));
    if (until != INT64_MAX) {
        last = gb_time_text(&story->arena, until);
    }
    for (size_t i = 0; i < count; i++) {
        keep_line(story, id, gb_tool_rows_text(rows, i, 1), last);
    }
}

void gb_story_close(struct gb_story *story)
{
    gb_arena_close(&story->arena);
}

struct gb_str gb_story_json(struct gb_arena *arena, const struct gb_value *value)
{
    struct gb_buf buf = {0};
    struct gb_jsonw w;
    struct gb_str text;

    if (value == NULL || value->type == GB_NULL) {
        return GB_STR_NONE;
    }
    if (value->type == GB_STRING) {
        return value->text;
    }
    gb_jsonw_init(&w, &buf);
    gb_jsonw_value(&w, value);
    text = gb_arena_str(arena, gb_buf_str(&buf));
    gb_buf_close(&buf);
    return text;
}
