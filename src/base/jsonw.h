/* Direct writer of canonical JSON (RFC 8785: keys in order, shortest escapes, no blanks).
 *
 * The caller writes members in key order; a debug check holds it to that. Strings are UTF-8. Usage:
 *   gb_jsonw_object(w); gb_jsonw_key(w, GB_STR("a")); gb_jsonw_int(w, 1); gb_jsonw_end(w); */
#ifndef BASE_JSONW_H
#define BASE_JSONW_H

#include "base/buf.h"
#include "gridbridge/value.h"

#define GB_JSONW_DEPTH_MAX 32

struct gb_jsonw {
    struct gb_buf *out; /* borrowed; appended to */
    uint32_t depth;
    bool comma[GB_JSONW_DEPTH_MAX];        /* something stands before, at this depth */
    char closer[GB_JSONW_DEPTH_MAX];       /* '}' or ']' */
    size_t key_at[GB_JSONW_DEPTH_MAX];     /* last key as written, to check the order */
    size_t key_len[GB_JSONW_DEPTH_MAX];
    bool after_key;
};

/* Starts writing behind what out already holds. */
void gb_jsonw_init(struct gb_jsonw *w, struct gb_buf *out);

void gb_jsonw_object(struct gb_jsonw *w);
void gb_jsonw_array(struct gb_jsonw *w);
void gb_jsonw_end(struct gb_jsonw *w); /* closes the innermost object or array */

/* A key; must be greater (in UTF-16 code units, as RFC 8785 wants) than the one before. */
void gb_jsonw_key(struct gb_jsonw *w, struct gb_str key);

void gb_jsonw_null(struct gb_jsonw *w);
void gb_jsonw_bool(struct gb_jsonw *w, bool truth);
void gb_jsonw_int(struct gb_jsonw *w, int64_t number);
void gb_jsonw_str(struct gb_jsonw *w, struct gb_str text); /* absent writes null */
void gb_jsonw_raw(struct gb_jsonw *w, struct gb_str json); /* one canonical value as it stands */

/* A whole value; its objects' members are written sorted by key. */
void gb_jsonw_value(struct gb_jsonw *w, const struct gb_value *value);

/* Key and value in one call; the optional forms write nothing when absent. */
void gb_jsonw_key_str(struct gb_jsonw *w, struct gb_str key, struct gb_str text);
void gb_jsonw_key_int(struct gb_jsonw *w, struct gb_str key, int64_t number);
void gb_jsonw_key_bool(struct gb_jsonw *w, struct gb_str key, bool truth);
void gb_jsonw_key_opt(struct gb_jsonw *w, struct gb_str key, struct gb_str text);

#endif
