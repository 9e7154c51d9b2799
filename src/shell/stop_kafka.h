/* The one stop point that librdkafka alone can see: the request that commits a transaction is on
 * the socket. */
#ifndef SHELL_STOP_KAFKA_H
#define SHELL_STOP_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "shell/stop_point.h"

/* Where GB_STOP_TXN_SENT is armed, the client of this configuration watches its requests;
 * otherwise does nothing. */
void gb_stop_watch_commits(rd_kafka_conf_t *conf);

#endif
