/* Any bytes as a system's answer to a write-back: one record comes out, which can be written and is
 * read back as the same bytes; a result holds its members and nothing that looks like a person's
 * number, and what is none is dead and says why. */
#include "base/check.h"
#include "codec/record_json.h"
#include "door_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAPPING                                                                                    \
    "version: 1\nsystem: s\nzone: \"+08:00\"\nenvelope: {kind: canal}\nentities:\n  a.t:\n"        \
    "    entity: matter\n    key: [id]\n    town: {constant: \"320312111\"}\n    fields:\n"        \
    "      category: {type: code, column: kind}\n"

static const struct gb_door *door(void)
{
    static struct gb_door *made;
    const struct door_texts texts = {.mapping = GB_STR(MAPPING),
                                     .refuse = GB_STR("version: 1\nclasses:\n"
                                                      "  - {class: c, columns: [card]}\n"),
                                     .topic = GB_STR("t")};
    struct gb_mistakes mistakes = {0};

    if (made == NULL) {
        made = door_made(&texts, &mistakes);
        GB_CHECK(made != NULL);
    }
    return made;
}

static void check_result(const struct gb_record *rec)
{
    static const struct gb_str guarded[] = {{"about", 5}, {"key", 3}, {"reason", 6}};
    struct gb_str result = gb_value_str(&rec->fields, GB_STR("result"));

    GB_CHECK(rec->town.len == 9 && rec->key.len == 36 && rec->fields.count <= 5);
    GB_CHECK(gb_str_eq(rec->source, GB_STR("writeback")));
    GB_CHECK(gb_str_eq(gb_value_str(&rec->fields, GB_STR("id")), rec->key));
    GB_CHECK(gb_str_eq(result, GB_STR("accepted")) || gb_str_eq(result, GB_STR("refused")));
    for (size_t i = 0; i < GB_COUNT(guarded); i++) {
        struct gb_str text = gb_value_str(&rec->fields, guarded[i]);

        GB_CHECK(!gb_str_is(text) || gb_scrub_find(text, NULL) == GB_SCRUB_COUNT);
    }
}

static void check_line(struct gb_arena *arena, const struct gb_record *rec)
{
    struct gb_record again;
    struct gb_buf first = {0};
    struct gb_buf second = {0};

    gb_record_write(&first, rec);
    GB_CHECK(gb_record_read(arena, gb_buf_str(&first), GB_STR_NONE, &again, NULL) == GB_OK);
    gb_record_write(&second, &again);
    GB_CHECK(gb_str_eq(gb_buf_str(&first), gb_buf_str(&second)));
    gb_buf_close(&first);
    gb_buf_close(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_source_record in = {.topic = GB_STR(GB_RESULT_TOPIC),
                                  .value = {(const char *)data, size}};
    struct gb_door_rows rows = {0};
    struct gb_arena arena;
    struct gb_record *rec;

    gb_arena_init(&arena, (size_t)64 << 20);
    gb_door_open(door(), &in, GB_STR("seed"), &arena, &rows);
    GB_CHECK(rows.count == 1);
    rec = &rows.items[0].record;
    rec->session = GB_STR("s1");
    if (rec->kind == GB_KIND_RESULT) {
        GB_CHECK(rec->verdict == GB_ACCEPTED);
        check_result(rec);
    } else {
        GB_CHECK(rec->verdict == GB_DEAD && rec->reason.len > 0 && rec->detail.len > 0);
    }
    check_line(&arena, rec);
    gb_arena_close(&arena);
    return 0;
}
