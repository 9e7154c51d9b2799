/* Source records and what became of them, as lines of text: fixtures of adapters, `explain`.
 *
 * In, one line a record: {"topic", "partition", "offset", "key", "value", "headers": [[name,
 * value]], "base64": [members whose text is base64]}; key and value are the exact bytes as text,
 * null where there are none; all but topic and value may be missing.
 * Out, one line an intake row: canonical JSON without hashes, salts and the writer, so that a
 * person can write it. */
#ifndef CODEC_FIXTURE_H
#define CODEC_FIXTURE_H

#include "base/buf.h"
#include "codec/door.h"

/* Reads one line; in borrows from it and from arena. BAD_JSON, BAD_RECORD. */
enum gb_status gb_fixture_read(struct gb_arena *arena, struct gb_str line,
                               struct gb_source_record *in, struct gb_err *err) GB_MUST_CHECK;

/* Appends one row, without a newline. with_place: where its record stood, too. */
void gb_fixture_write(struct gb_buf *out, const struct gb_record *rec, bool with_place);

/* The next line of text, without its newline; text is what follows. False at the end. */
bool gb_fixture_line(struct gb_str *text, struct gb_str *line);

#endif
