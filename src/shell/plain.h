/* Plain values that daemon and cli hand to the shell. */
#ifndef SHELL_PLAIN_H
#define SHELL_PLAIN_H

#include <stdbool.h>

/* One client property of the configuration, set after our own. */
struct gb_kafka_property {
    const char *name, *value;
};

/* A source topic that intake subscribes to. */
struct gb_source_topic {
    const char *name;
    bool from_latest; /* first start: at the end of the log */
};

#endif
