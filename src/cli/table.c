/* Printing rows. Widths count characters, a wide one as two (Chinese names). */
#include "cli/table.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/jsonw.h"

void gb_table_init(struct gb_table_out *table, struct gb_arena *arena,
                   const struct gb_column *columns, size_t columns_count)
{
    GB_CHECK(columns_count <= GB_TABLE_COLUMNS_MAX);
    *table = (struct gb_table_out){
        .columns = columns, .columns_count = columns_count, .arena = arena};
}

void gb_table_close(struct gb_table_out *table)
{
    free(table->rows);
    *table = (struct gb_table_out){0};
}

void gb_table_add(struct gb_table_out *table, const struct gb_str *cells)
{
    if (table->count == table->size) {
        table->size = table->size == 0 ? 16 : table->size * 2;
        table->rows = realloc(table->rows, table->size * sizeof(table->rows[0]));
        GB_CHECK(table->rows != NULL);
    }
    for (size_t i = 0; i < table->columns_count; i++) {
        table->rows[table->count][i] = gb_arena_str(table->arena, cells[i]);
    }
    table->count++;
}

/* Columns of a terminal that UTF-8 text takes: three bytes and more count as wide. */
static size_t width_of(struct gb_str text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        width += c < 0x80 || (c >= 0xc0 && c < 0xe0) ? 1U : c >= 0xe0 ? 2U : 0U;
    }
    return width;
}

static struct gb_str shown(struct gb_str cell)
{
    return gb_str_is(cell) ? cell : GB_STR("-");
}

static void print_cell(FILE *out, struct gb_str cell, size_t width, bool is_right, bool is_last)
{
    size_t own = width_of(cell);
    int pad = own < width ? (int)(width - own) : 0;

    if (is_right) {
        fprintf(out, "%*s%.*s", pad, "", GB_STR_ARG(cell));
    } else {
        fprintf(out, "%.*s%*s", GB_STR_ARG(cell), is_last ? 0 : pad, "");
    }
    fputs(is_last ? "\n" : "  ", out);
}

static void print_table(const struct gb_table_out *table, FILE *out)
{
    size_t widths[GB_TABLE_COLUMNS_MAX];
    size_t last = table->columns_count - 1;

    for (size_t c = 0; c <= last; c++) {
        widths[c] = strlen(table->columns[c].name);
        for (size_t r = 0; r < table->count; r++) {
            size_t width = width_of(shown(table->rows[r][c]));

            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    for (size_t c = 0; c <= last; c++) {
        print_cell(out, gb_str_of(table->columns[c].name), widths[c],
                   table->columns[c].kind == GB_COLUMN_NUMBER, c == last);
    }
    for (size_t r = 0; r < table->count; r++) {
        for (size_t c = 0; c <= last; c++) {
            print_cell(out, shown(table->rows[r][c]), widths[c],
                       table->columns[c].kind == GB_COLUMN_NUMBER, c == last);
        }
    }
}

static void write_string(struct gb_buf *buf, struct gb_str text)
{
    struct gb_jsonw w;

    gb_jsonw_init(&w, buf);
    gb_jsonw_str(&w, text);
}

static void write_row(struct gb_buf *buf, const struct gb_table_out *table, size_t r)
{
    gb_buf_add_char(buf, '{');
    for (size_t c = 0; c < table->columns_count; c++) {
        struct gb_str cell = table->rows[r][c];

        if (c > 0) {
            gb_buf_add_char(buf, ',');
        }
        write_string(buf, gb_str_of(table->columns[c].name));
        gb_buf_add_char(buf, ':');
        if (gb_str_is(cell) && table->columns[c].kind != GB_COLUMN_TEXT) {
            gb_buf_add_str(buf, cell);
        } else {
            write_string(buf, cell);
        }
    }
    gb_buf_add_char(buf, '}');
}

static void print_json(const struct gb_table_out *table, FILE *out, bool is_lines)
{
    struct gb_buf buf = {0};

    gb_buf_add_str(&buf, is_lines ? GB_STR("") : GB_STR("["));
    for (size_t r = 0; r < table->count; r++) {
        if (!is_lines) {
            gb_buf_add_str(&buf, r == 0 ? GB_STR("\n") : GB_STR(",\n"));
        }
        write_row(&buf, table, r);
        gb_buf_add_str(&buf, is_lines ? GB_STR("\n") : GB_STR(""));
    }
    if (!is_lines) {
        gb_buf_add_str(&buf, table->count == 0 ? GB_STR("]\n") : GB_STR("\n]\n"));
    }
    (void)fwrite(buf.bytes, 1, buf.len, out);
    gb_buf_close(&buf);
}

/* Quoted where it holds what would be taken for the end of a cell. */
static void print_csv_cell(FILE *out, struct gb_str cell, bool is_last)
{
    bool is_quoted = false;

    for (size_t i = 0; i < cell.len; i++) {
        is_quoted = is_quoted || strchr("\",\r\n", cell.ptr[i]) != NULL;
    }
    if (!is_quoted) {
        fprintf(out, "%.*s", GB_STR_ARG(cell));
    } else {
        fputc('"', out);
        for (size_t i = 0; i < cell.len; i++) {
            fputs(cell.ptr[i] == '"' ? "\"\"" : (const char[]){cell.ptr[i], '\0'}, out);
        }
        fputc('"', out);
    }
    fputs(is_last ? "\r\n" : ",", out);
}

static void print_csv(const struct gb_table_out *table, FILE *out)
{
    size_t last = table->columns_count - 1;

    for (size_t c = 0; c <= last; c++) {
        print_csv_cell(out, gb_str_of(table->columns[c].name), c == last);
    }
    for (size_t r = 0; r < table->count; r++) {
        for (size_t c = 0; c <= last; c++) {
            print_csv_cell(out, table->rows[r][c], c == last);
        }
    }
}

void gb_table_print(const struct gb_table_out *table, const struct gb_args *args)
{
    switch (args->format) {
    case GB_FORMAT_TABLE:
        print_table(table, args->out);
        break;
    case GB_FORMAT_JSON:
    case GB_FORMAT_JSONL:
        print_json(table, args->out, args->format == GB_FORMAT_JSONL);
        break;
    case GB_FORMAT_CSV:
        print_csv(table, args->out);
        break;
    }
}
