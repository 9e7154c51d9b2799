/* Plain values that daemon and cli hand to the shell. */
#ifndef SHELL_PLAIN_H
#define SHELL_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

enum gb_log_level { GB_LOG_ERROR, GB_LOG_WARN, GB_LOG_INFO, GB_LOG_DEBUG };

/* One client property of the configuration, set after our own. */
struct gb_kafka_property {
    const char *name, *value;
};

/* Whether the client library takes a property, and the bridge leaves it to the configuration (what
 * its guarantees stand on is not). value NULL: only the name is looked at. why: words, at most
 * why_size bytes. No connection is made. */
bool gb_kafka_property_is_good(const struct gb_kafka_property *property, char *why,
                               size_t why_size);

/* A source topic that intake subscribes to. */
struct gb_source_topic {
    const char *name;
    bool from_latest; /* first start: at the end of the log */
};

/* A source that may have a write-back topic. */
struct gb_writeback_target {
    const char *source;
    bool is_live; /* its topic must be there */
};

#endif
