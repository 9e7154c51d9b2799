/* One record to Kafka and its acknowledgement, for short-lived commands. */
#ifndef SHELL_TOOL_PRODUCE_H
#define SHELL_TOOL_PRODUCE_H

#include <stdint.h>

#include "base/check.h"
#include "gridbridge/err.h"
#include "gridbridge/str.h"
#include "shell/plain.h"

/* How to reach Kafka. */
struct gb_tool_kafka {
    const char *bootstrap;
    const struct gb_kafka_property *properties;
    size_t properties_count;
};

struct gb_tool_header {
    const char *name;
    struct gb_str value;
};

struct gb_tool_produce {
    const struct gb_tool_kafka *kafka;
    struct gb_str topic, key, value;
    const struct gb_tool_header *headers;
    size_t headers_count;
};

/* Sends with acks=all and waits at most twenty seconds. offset: where it stands. AWAY, BAD_CONFIG
 * (a property that librdkafka refuses, named), MAYBE where no answer came in time. */
enum gb_status gb_tool_produce(const struct gb_tool_produce *what, int64_t *offset,
                               struct gb_err *err) GB_MUST_CHECK;

#endif
