/* CSV: one pass over the bytes, a row at a time. */
#include "codec/csv.h"

#include <utf8proc.h>

#include "codec/encoding.h"

struct reader {
    struct gb_arena *arena;
    struct gb_mistakes *mistakes;
    struct gb_yaml at; /* file, and the position of the next character */
    struct gb_str text;
    size_t i;
    struct gb_buf row;   /* of struct gb_yaml: the cells of one row */
    struct gb_buf cells; /* of struct gb_yaml: the wanted cells of all rows */
    uint32_t columns_count;
    uint32_t header_count;
    uint32_t wanted[GB_CSV_COLUMNS_MAX]; /* header column of each wanted one */
    bool is_stopped;
};

static const struct gb_yaml *row_cells(const struct reader *r)
{
    return (const struct gb_yaml *)(const void *)r->row.bytes;
}

static void stop(struct reader *r, const char *why)
{
    gb_yaml_mistake(r->mistakes, &r->at, "%s", why);
    r->is_stopped = true;
}

static char take(struct reader *r)
{
    char c = r->text.ptr[r->i++];

    if (c == '\n') {
        r->at.line++;
        r->at.col = 1;
    } else if (((unsigned char)c & 0xC0) != 0x80) {
        r->at.col++;
    }
    return c;
}

static bool is_at(const struct reader *r, char c)
{
    return r->i < r->text.len && r->text.ptr[r->i] == c;
}

static bool is_cell_end(const struct reader *r)
{
    return r->i == r->text.len || is_at(r, ',') || is_at(r, '\n') ||
           (is_at(r, '\r') && r->i + 1 < r->text.len && r->text.ptr[r->i + 1] == '\n');
}

/* A quoted cell's text; "" inside stands for one quote. */
static void take_quoted(struct reader *r, struct gb_buf *text)
{
    (void)take(r);
    while (r->i < r->text.len) {
        char c = take(r);

        if (c != '"') {
            gb_buf_add_char(text, c);
        } else if (is_at(r, '"')) {
            gb_buf_add_char(text, take(r));
        } else if (is_cell_end(r)) {
            return;
        } else {
            stop(r, "after a closing quote a comma or the end of the line must follow");
            return;
        }
    }
    stop(r, "a quote is not closed");
}

static void take_cell(struct reader *r)
{
    struct gb_yaml cell = r->at;
    struct gb_buf text = {0};

    cell.type = GB_YAML_SCALAR;
    cell.is_plain = !is_at(r, '"');
    if (cell.is_plain) {
        while (!is_cell_end(r) && !is_at(r, '"')) {
            gb_buf_add_char(&text, take(r));
        }
        if (is_at(r, '"')) {
            stop(r, "a quote inside a cell that does not begin with one");
        }
    } else {
        take_quoted(r, &text);
    }
    if (gb_arena_fits(r->arena, text.len + 64)) {
        cell.text = gb_arena_str(r->arena, gb_buf_str(&text));
        gb_buf_add(&r->row, &cell, sizeof(cell));
    } else if (!r->is_stopped) {
        stop(r, "the file holds too many cells");
    }
    gb_buf_close(&text);
}

static uint32_t take_row(struct reader *r)
{
    gb_buf_clear(&r->row);
    take_cell(r);
    while (!r->is_stopped && is_at(r, ',')) {
        (void)take(r);
        take_cell(r);
    }
    if (is_at(r, '\r')) {
        (void)take(r);
    }
    if (is_at(r, '\n')) {
        (void)take(r);
    }
    return (uint32_t)(r->row.len / sizeof(struct gb_yaml));
}

static void check_header(struct reader *r, const char *const *columns)
{
    const struct gb_yaml *names = row_cells(r);

    for (uint32_t i = 0; i < r->header_count; i++) {
        bool is_known = false;

        for (uint32_t j = 0; columns[j] != NULL; j++) {
            is_known = is_known || gb_str_eq(names[i].text, gb_str_of(columns[j]));
        }
        if (!is_known) {
            gb_yaml_unknown(r->mistakes, &names[i], "column", columns);
        }
    }
}

static void take_header(struct reader *r, const char *const *columns)
{
    uint32_t before = r->mistakes->count;
    struct gb_yaml start = r->at;

    r->header_count = take_row(r);
    if (r->is_stopped) {
        return;
    }
    check_header(r, columns);
    for (uint32_t j = 0; columns[j] != NULL; j++) {
        uint32_t found = 0;

        GB_CHECK(j < GB_CSV_COLUMNS_MAX);
        for (uint32_t i = 0; i < r->header_count; i++) {
            if (gb_str_eq(row_cells(r)[i].text, gb_str_of(columns[j]))) {
                r->wanted[j] = i;
                found++;
            }
        }
        if (found != 1) {
            gb_yaml_mistake(r->mistakes, &start, "column \"%s\" is %s", columns[j],
                            found == 0 ? "missing" : "given twice");
        }
        r->columns_count = j + 1;
    }
    r->is_stopped = r->mistakes->count > before;
}

static void take_rows(struct reader *r)
{
    while (!r->is_stopped && r->i < r->text.len) {
        struct gb_yaml start = r->at;
        uint32_t count = take_row(r);

        if (r->is_stopped || (count == 1 && row_cells(r)[0].text.len == 0)) {
            continue;
        }
        if (count != r->header_count) {
            gb_yaml_mistake(r->mistakes, &start, "%u cells, the header has %u", count,
                            r->header_count);
            continue;
        }
        for (uint32_t j = 0; j < r->columns_count; j++) {
            gb_buf_add(&r->cells, &row_cells(r)[r->wanted[j]], sizeof(struct gb_yaml));
        }
    }
}

static bool check_text(struct reader *r)
{
    size_t i = 0;
    struct gb_yaml where = r->at;

    while (i < r->text.len) {
        utf8proc_int32_t point = 0;
        const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)r->text.ptr + i;
        utf8proc_ssize_t len =
            utf8proc_iterate(from, (utf8proc_ssize_t)(r->text.len - i), &point);

        if (len <= 0 || (point < 0x20 && point != '\n' && point != '\r' && point != '\t')) {
            gb_yaml_mistake(r->mistakes, &where, "not text in UTF-8: %s",
                            gb_encoding_suspect(r->text, i));
            return false;
        }
        where.line += point == '\n';
        where.col = point == '\n' ? 1 : where.col + 1;
        i += (size_t)len;
    }
    return true;
}

static void give(struct reader *r, struct gb_csv *csv)
{
    struct gb_yaml *cells = NULL;

    if (!gb_arena_fits(r->arena, r->cells.len + 64)) {
        stop(r, "the file holds too many cells");
        return;
    }
    cells = gb_arena_take(r->arena, r->cells.len + 1);
    if (r->cells.len > 0) {
        memcpy(cells, r->cells.bytes, r->cells.len);
    }
    csv->cells = cells;
    csv->columns_count = r->columns_count;
    csv->rows_count = (uint32_t)(r->cells.len / sizeof(*cells) / r->columns_count);
}

bool gb_csv_parse(struct gb_arena *arena, const struct gb_file *file, const char *const *columns,
                  struct gb_csv *csv, struct gb_mistakes *mistakes)
{
    struct reader r = {.arena = arena, .mistakes = mistakes, .text = file->bytes};
    uint32_t before = mistakes->count;

    r.at = (struct gb_yaml){.line = 1, .col = 1, .file = gb_arena_str(arena, file->name)};
    if (r.text.len >= 3 && memcmp(r.text.ptr, "\xEF\xBB\xBF", 3) == 0) {
        r.i = 3;
    }
    if (r.text.len > GB_CSV_SIZE_MAX) {
        gb_yaml_mistake(mistakes, &r.at, "larger than 64 MB");
    } else if (check_text(&r)) {
        take_header(&r, columns);
        take_rows(&r);
        if (mistakes->count == before) {
            give(&r, csv);
        }
    }
    gb_buf_close(&r.row);
    gb_buf_close(&r.cells);
    return mistakes->count == before;
}

const struct gb_yaml *gb_csv_cell(const struct gb_csv *csv, uint32_t row, uint32_t column)
{
    GB_CHECK(row < csv->rows_count && column < csv->columns_count);
    return &csv->cells[(size_t)row * csv->columns_count + column];
}
