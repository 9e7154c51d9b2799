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

static void print_json(const struct gb_table_out *table, FILE *out)
{
    struct gb_buf buf = {0};

    gb_buf_add_char(&buf, '[');
    for (size_t r = 0; r < table->count; r++) {
        gb_buf_add_str(&buf, r == 0 ? GB_STR("\n{") : GB_STR(",\n{"));
        for (size_t c = 0; c < table->columns_count; c++) {
            struct gb_str cell = table->rows[r][c];

            if (c > 0) {
                gb_buf_add_char(&buf, ',');
            }
            write_string(&buf, gb_str_of(table->columns[c].name));
            gb_buf_add_char(&buf, ':');
            if (gb_str_is(cell) && table->columns[c].kind != GB_COLUMN_TEXT) {
                gb_buf_add_str(&buf, cell);
            } else {
                write_string(&buf, cell);
            }
        }
        gb_buf_add_char(&buf, '}');
    }
    gb_buf_add_str(&buf, table->count == 0 ? GB_STR("]\n") : GB_STR("\n]\n"));
    (void)fwrite(buf.bytes, 1, buf.len, out);
    gb_buf_close(&buf);
}

void gb_table_print(const struct gb_table_out *table, const struct gb_args *args)
{
    if (args->format == GB_FORMAT_JSON) {
        print_json(table, args->out);
    } else {
        print_table(table, args->out);
    }
}
