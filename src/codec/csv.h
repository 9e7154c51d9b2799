/* CSV by RFC 4180 with a header row: UTF-8, optional byte order mark, LF or CRLF.
 *
 * Cells are scalars with position, so that the readers and messages of codec/yaml.h serve here. */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "codec/files.h"
#include "codec/yaml.h"

#define GB_CSV_COLUMNS_MAX 32U
#define GB_CSV_SIZE_MAX ((size_t)64 << 20)

struct gb_csv {
    uint32_t rows_count;         /* without the header */
    uint32_t columns_count;      /* as many as the caller named */
    const struct gb_yaml *cells; /* row by row, each in the order of the caller's columns */
};

/* Parses file into arena (copies). columns (NULL-terminated) are all required; the header may name
 * them in any order. Unknown, missing and doubled columns, rows of another length, broken quotes
 * and bytes that are not UTF-8 are mistakes. False if any was added. */
bool gb_csv_parse(struct gb_arena *arena, const struct gb_file *file, const char *const *columns,
                  struct gb_csv *csv, struct gb_mistakes *mistakes) GB_MUST_CHECK;

/* The cell of a row (from 0) in a column (index into the caller's columns). Borrows. */
const struct gb_yaml *gb_csv_cell(const struct gb_csv *csv, uint32_t row, uint32_t column);

#endif
