/* Parameters and fields. */
#include "shell/pg_param.h"

#include <limits.h>
#include <stdlib.h>

#include "base/check.h"

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_INT8S = 1016, OID_TEXTS = 1009 };

static void put_u32(char *out, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (char)(number >> (24 - 8 * i));
    }
}

static void put_u64(char *out, uint64_t number)
{
    put_u32(out, (uint32_t)(number >> 32));
    put_u32(out + 4, (uint32_t)number);
}

static void add_binary(struct gb_pg_statement *statement, Oid type, const char *bytes, size_t len)
{
    int at = statement->count++;

    GB_CHECK(at < GB_PG_PARAMS_MAX && len <= INT_MAX);
    statement->types[at] = type;
    statement->values[at] = bytes;
    statement->lens[at] = (int)len;
    statement->formats[at] = 1;
}

void gb_pg_add_int(struct gb_pg_request *request, struct gb_pg_statement *statement,
                   int64_t number)
{
    char *bytes = gb_arena_take(&request->arena, 8);

    put_u64(bytes, (uint64_t)number);
    add_binary(statement, OID_INT8, bytes, 8);
}

void gb_pg_add_text(struct gb_pg_request *request, struct gb_pg_statement *statement,
                    struct gb_str text)
{
    struct gb_str copy = gb_arena_str(&request->arena, text);

    add_binary(statement, OID_TEXT, copy.ptr, copy.len);
}

void gb_pg_add_bytes(struct gb_pg_request *request, struct gb_pg_statement *statement,
                     struct gb_str bytes)
{
    struct gb_str copy = gb_arena_str(&request->arena, bytes);

    add_binary(statement, OID_BYTEA, copy.ptr, copy.len);
}

void gb_pg_lend_text(struct gb_pg_statement *statement, struct gb_str text)
{
    add_binary(statement, OID_TEXT, text.ptr, text.len);
}

void gb_pg_lend_bytes(struct gb_pg_statement *statement, struct gb_str bytes)
{
    add_binary(statement, OID_BYTEA, bytes.ptr, bytes.len);
}

static char *array_head(char *out, uint32_t type, uint32_t count)
{
    const uint32_t head[5] = {count == 0 ? 0 : 1, 1, type, count, 1};
    size_t words = count == 0 ? 3 : 5;

    for (size_t i = 0; i < words; i++) {
        put_u32(out + 4 * i, head[i]);
    }
    return out + 4 * words;
}

void gb_pg_add_ints(struct gb_pg_request *request, struct gb_pg_statement *statement,
                    const int64_t *numbers, uint32_t count)
{
    char *bytes = gb_arena_take(&request->arena, 20 + (size_t)count * 12);
    char *at = array_head(bytes, OID_INT8, count);

    for (uint32_t i = 0; i < count; i++) {
        put_u32(at, 8);
        put_u64(at + 4, (uint64_t)numbers[i]);
        at += 12;
    }
    add_binary(statement, OID_INT8S, bytes, (size_t)(at - bytes));
}

void gb_pg_add_texts(struct gb_pg_request *request, struct gb_pg_statement *statement,
                     const struct gb_str *texts, uint32_t count)
{
    size_t len = 20;
    char *bytes;
    char *at;

    for (uint32_t i = 0; i < count; i++) {
        len += 4 + texts[i].len;
    }
    bytes = gb_arena_take(&request->arena, len);
    at = array_head(bytes, OID_TEXT, count);
    for (uint32_t i = 0; i < count; i++) {
        put_u32(at, gb_str_is(texts[i]) ? (uint32_t)texts[i].len : UINT32_MAX);
        at += 4;
        if (texts[i].len > 0) {
            memcpy(at, texts[i].ptr, texts[i].len);
            at += texts[i].len;
        }
    }
    add_binary(statement, OID_TEXTS, bytes, (size_t)(at - bytes));
}

struct gb_str gb_pg_get_text(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column)) {
        return GB_STR_NONE;
    }
    return (struct gb_str){PQgetvalue(result, row, column),
                           (size_t)PQgetlength(result, row, column)};
}

int64_t gb_pg_get_int(const PGresult *result, int row, int column, int64_t otherwise)
{
    if (PQgetisnull(result, row, column)) {
        return otherwise;
    }
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

struct gb_str gb_pg_get_bytes(struct gb_arena *arena, const PGresult *result, int row, int column)
{
    struct gb_str text = gb_pg_get_text(result, row, column);
    char *bytes;

    if (text.len < 2 || (text.len & 1) != 0) {
        return GB_STR_NONE;
    }
    bytes = gb_arena_take(arena, text.len / 2);
    text = (struct gb_str){text.ptr + 2, text.len - 2};
    if (!gb_unhex((uint8_t *)bytes, text.len / 2, text)) {
        return GB_STR_NONE;
    }
    return (struct gb_str){bytes, text.len / 2};
}

void gb_pg_get_ints(const PGresult *result, int row, int column, int64_t *numbers, uint32_t count)
{
    const char *at = PQgetvalue(result, row, column);

    memset(numbers, 0, count * sizeof(numbers[0]));
    if (*at != '{') {
        return;
    }
    at++;
    for (uint32_t i = 0; i < count && *at != '}' && *at != '\0'; i++) {
        char *end;

        numbers[i] = strtoll(at, &end, 10);
        at = *end == ',' ? end + 1 : end;
    }
}
