/* The intake record as bytes: line one is canonical JSON, line two (texts) only where text is. */
#ifndef CODEC_RECORD_JSON_H
#define CODEC_RECORD_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/jsonw.h"
#include "gridbridge/err.h"
#include "gridbridge/record.h"

/* Appends line one, and after a newline line two if a text is present. */
void gb_record_write(struct gb_buf *out, const struct gb_record *rec);

/* Adds the member "version" to the object being written, unless it says nothing. */
void gb_version_write(struct gb_jsonw *w, const struct gb_version *version);

/* Splits a topic value into line one and line two (absent if none). */
void gb_record_split(struct gb_str value, struct gb_str *line_one, struct gb_str *line_two);

/* Reads line one and, if given, line two; texts without line two are absent (erased). Checks
 * kinds, verdicts, ops, types, and that each text fits its commitment. The record borrows from both
 * lines and from arena. Error: BAD_RECORD. */
enum gb_status gb_record_read(struct gb_arena *arena, struct gb_str line_one,
                              struct gb_str line_two, struct gb_record *rec,
                              struct gb_err *err) GB_MUST_CHECK;

/* Words of enums as they stand in records; *_of give -1 for an unknown word. */
struct gb_str gb_kind_word(enum gb_kind kind);
struct gb_str gb_verdict_word(enum gb_verdict verdict);
struct gb_str gb_op_word(enum gb_op op);
int gb_kind_of(struct gb_str word);
bool gb_kind_has_verdict(enum gb_kind kind);
int gb_verdict_of(struct gb_str word);
int gb_op_of(struct gb_str word);

/* base64(SHA-256(salt bytes || text)), salt given as base64 (RECORDS 2). */
struct gb_str gb_text_commitment(struct gb_arena *arena, struct gb_str salt_base64,
                                 struct gb_str text);

#endif
