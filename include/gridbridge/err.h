/* Errors: one list, each code with the class that callers react to.
 *
 * REJECT   the data is wrong: dead letter or message with the reason; a retry changes nothing
 * RETRY    the world is wrong for now: back off, repeat from the load
 * UNKNOWN  it may have happened: read again, then decide
 * FATAL    stop with a non-zero exit code; the supervisor restarts
 *
 * Programmer errors are assertions (base/check.h), never statuses. On failure outputs stay
 * untouched. */
#ifndef GRIDBRIDGE_ERR_H
#define GRIDBRIDGE_ERR_H

enum gb_class { GB_CLASS_OK, GB_CLASS_REJECT, GB_CLASS_RETRY, GB_CLASS_UNKNOWN, GB_CLASS_FATAL };

/* X(name, class, word): the word is what users and dead letters see. */
#define GB_STATUS_LIST(X)                                                                          \
    X(OK, OK, "ok")                                                                                \
    X(BAD_JSON, REJECT, "bad_json")                                                                \
    X(BAD_UTF8, REJECT, "bad_utf8")                                                                \
    X(BAD_ENVELOPE, REJECT, "bad_envelope")                                                        \
    X(BAD_FIELD, REJECT, "bad_field")                                                              \
    X(BAD_RECORD, REJECT, "bad_record")                                                            \
    X(NEED_FULL_IMAGE, REJECT, "need_full_image")                                                  \
    X(UNKNOWN_STATE, REJECT, "unknown_state")                                                      \
    X(UNKNOWN_CATEGORY, REJECT, "unknown_category")                                                \
    X(UNKNOWN_PLACE, REJECT, "unknown_place")                                                      \
    X(TABLE_TRUNCATED, REJECT, "table_truncated")                                                  \
    X(EXCEL_TRUNCATED, REJECT, "excel_truncated")                                                  \
    X(BAD_CONFIG, REJECT, "bad_config")                                                            \
    X(BAD_POLICY, REJECT, "bad_policy")                                                            \
    X(BAD_MAPPING, REJECT, "bad_mapping")                                                          \
    X(BAD_DECISION, REJECT, "bad_decision")                                                        \
    X(BAD_SIGNATURE, REJECT, "bad_signature")                                                      \
    X(BAD_RESULT, REJECT, "bad_result")                                                            \
    X(TOO_LARGE, REJECT, "too_large")                                                              \
    X(NOT_FOUND, REJECT, "not_found")                                                              \
    X(DIFFERS, REJECT, "differs")                                                                  \
    X(AWAY, RETRY, "away")                                                                         \
    X(BUSY, RETRY, "busy")                                                                         \
    X(CONFLICT, RETRY, "conflict")                                                                 \
    X(READ_ONLY, RETRY, "read_only")                                                               \
    X(NO_SPACE, RETRY, "no_space")                                                                 \
    X(FENCED, RETRY, "fenced")                                                                     \
    X(MAYBE, UNKNOWN, "maybe")                                                                     \
    X(NO_MEMORY, FATAL, "no_memory")                                                               \
    X(IO, FATAL, "io")                                                                             \
    X(BUG, FATAL, "bug")

enum gb_status {
#define X(name, class, word) GB_##name,
    GB_STATUS_LIST(X)
#undef X
        GB_STATUS_COUNT
};

/* Text of one error; filled where the fault is found, prefixed on the way up. A message never
 * holds bytes of a record, only positions and names. */
struct gb_err {
    enum gb_status status;
    char text[512];
};

/* The class of a status. */
enum gb_class gb_status_class(enum gb_status status);

/* The word of a status ("bad_json"), static storage. */
const char *gb_status_word(enum gb_status status);

/* Sets err (may be NULL) and returns status, so that `return gb_fail(err, GB_X, "...")` works. */
__attribute__((format(printf, 3, 4))) enum gb_status gb_fail(struct gb_err *err,
                                                             enum gb_status status,
                                                             const char *format, ...);

/* Puts "prefix: " before err's text (err may be NULL); returns err's status or GB_BUG. */
__attribute__((format(printf, 2, 3))) enum gb_status gb_prefix(struct gb_err *err,
                                                               const char *format, ...);

#endif
