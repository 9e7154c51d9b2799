/* Place ids to codes. */
#include "codec/lookup.h"

#include "codec/convert.h"
#include "codec/csv.h"

static const char *const columns[] = {"id", "grid", "village", "town", NULL};

int gb_place_of(struct gb_str word)
{
    for (int i = GB_PLACE_GRID; i < GB_PLACE_COUNT; i++) {
        if (gb_str_eq(gb_str_of(columns[i]), word)) {
            return i;
        }
    }
    return -1;
}

static bool is_digits(struct gb_str text, size_t len)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len == len;
}

static bool starts_with(struct gb_str text, struct gb_str head)
{
    return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

static void check_row(struct gb_mistakes *mistakes, const struct gb_csv *csv, uint32_t row)
{
    static const size_t lens[GB_PLACE_COUNT] = {0, 15, 12, 9};
    const struct gb_yaml *cells[GB_PLACE_COUNT];

    for (uint32_t i = GB_PLACE_GRID; i < GB_PLACE_COUNT; i++) {
        cells[i] = gb_csv_cell(csv, row, i);
        if (i == GB_PLACE_GRID && cells[i]->text.len == 0) {
            continue;
        }
        if (!is_digits(cells[i]->text, lens[i])) {
            gb_yaml_mistake(mistakes, cells[i], "%s: expected %zu digits", columns[i], lens[i]);
            return;
        }
    }
    if (!starts_with(cells[GB_PLACE_VILLAGE]->text, cells[GB_PLACE_TOWN]->text)) {
        gb_yaml_mistake(mistakes, cells[GB_PLACE_VILLAGE], "village: not within its town");
    }
    if (cells[GB_PLACE_GRID]->text.len > 0 &&
        !starts_with(cells[GB_PLACE_GRID]->text, cells[GB_PLACE_VILLAGE]->text)) {
        gb_yaml_mistake(mistakes, cells[GB_PLACE_GRID], "grid: not within its village");
    }
}

struct gb_lookup *gb_lookup_read(struct gb_arena *arena, const struct gb_file *file, uint32_t fold,
                                 struct gb_mistakes *mistakes)
{
    uint32_t before = mistakes->count;
    struct gb_csv csv;

    if (!gb_csv_parse(arena, file, columns, &csv, mistakes)) {
        return NULL;
    }
    struct gb_lookup *lookup = gb_arena_take(arena, sizeof(*lookup));

    lookup->file = gb_arena_str(arena, file->name);
    lookup->fold = fold;
    for (uint32_t row = 0; row < csv.rows_count; row++) {
        struct gb_str *codes = gb_arena_take(arena, GB_PLACE_COUNT * sizeof(*codes));

        check_row(mistakes, &csv, row);
        for (uint32_t i = 0; i < GB_PLACE_COUNT; i++) {
            codes[i] = gb_csv_cell(&csv, row, i)->text;
        }
        codes[GB_PLACE_ID] = gb_fold_text(arena, codes[GB_PLACE_ID], fold);
        if (codes[GB_PLACE_ID].len == 0) {
            gb_yaml_mistake(mistakes, gb_csv_cell(&csv, row, 0), "id: expected a text");
            continue;
        }
        if (gb_map_put(&lookup->rows, codes[GB_PLACE_ID], codes) != NULL) {
            gb_yaml_mistake(mistakes, gb_csv_cell(&csv, row, 0), "id stands twice");
        }
    }
    if (mistakes->count != before) {
        gb_map_close(&lookup->rows);
        return NULL;
    }
    return lookup;
}

bool gb_lookup_find(const struct gb_lookup *lookup, struct gb_str id, enum gb_place place,
                    struct gb_str *code)
{
    const struct gb_str *codes = gb_map_get(&lookup->rows, id);

    if (codes == NULL) {
        return false;
    }
    *code = codes[place].len > 0 ? codes[place] : GB_STR_NONE;
    return true;
}
