/* What books count (RECORDS 6). Private to src/core. */
#ifndef CORE_BOOKS_H
#define CORE_BOOKS_H

#include <stdint.h>

#include "gridbridge/str.h"

/* Of a source and hour. */
struct gb_counts {
    int64_t received, orphaned, resent;
    int64_t by[5]; /* enum gb_outcome */
};

/* Of a session and stream, until the tick that covers it. */
struct gb_pending {
    struct gb_str stream;
    int64_t by[5];
    int64_t resent; /* of the unchanged: technical re-sends */
    int64_t orphaned; /* a newer session's tick was first: its own tick may still come */
    int64_t lag; /* seconds, of the last record that says when it was changed; -1: none said */
    int64_t new_from; /* the session found no committed offset and begins here; -1: it did not */
    int64_t new_offset, new_to; /* where the stream stood then */
    struct gb_pending *next; /* by rising stream */
};

#endif
