/* Configurations of Kafka clients (DELIVERY 6): one place for every setting. */
#ifndef SHELL_KAFKA_CONF_H
#define SHELL_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include <stdbool.h>

#include "gridbridge/err.h"
#include "shell/plain.h"

/* How to reach Kafka; borrowed strings that outlive every client. */
struct gb_kafka {
    const char *bootstrap;
    const char *client_id;
    const struct gb_kafka_property *properties;
    size_t properties_count;
};

enum gb_kafka_use {
    GB_KAFKA_READER,      /* explicit partitions, read_committed */
    GB_KAFKA_READBACK,    /* the same, and says where the end is */
    GB_KAFKA_WATERMARKS,  /* read_uncommitted */
    GB_KAFKA_MEMBER,      /* a group's consumer */
    GB_KAFKA_PRODUCER,    /* idempotent, never gives up by itself */
    GB_KAFKA_TRANSACTIONAL
};

/* A configuration to set more into; NULL with err where a property is wrong. */
rd_kafka_conf_t *gb_kafka_conf(const struct gb_kafka *kafka, enum gb_kafka_use use,
                               struct gb_err *err);

/* Sets name; the values here are ours, so a refusal is a bug. */
void gb_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* The status of an error that a consumer hands out instead of a record: AWAY where the client goes
 * on by itself, NOT_FOUND where log or topic no longer hold what is due, BAD_RECORD where bytes
 * were damaged, BUG where the client is done for (fenced by another of its name). */
enum gb_status gb_kafka_read_status(rd_kafka_resp_err_t code);

/* A client; takes conf, NULL (also conf) gives NULL. */
rd_kafka_t *gb_kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct gb_err *err);

/* conf and client in one for the uses that need nothing more set. */
rd_kafka_t *gb_kafka_open(const struct gb_kafka *kafka, enum gb_kafka_use use, struct gb_err *err);

#endif
