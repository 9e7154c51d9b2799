/* One record to a producer, without librdkafka's V macros (clang refuses them under -Wpedantic). */
#ifndef SHELL_KAFKA_PRODUCE_H
#define SHELL_KAFKA_PRODUCE_H

#include <librdkafka/rdkafka.h>

#include "gridbridge/str.h"

struct gb_kafka_record {
    const char *topic;
    int32_t partition;           /* RD_KAFKA_PARTITION_UA: the client's choice by key */
    struct gb_str key, value;    /* copied; absent: null */
    bool is_borrowed;            /* value is not copied: it stays until the delivery report, or the
                                    producer's end */
    rd_kafka_headers_t *headers; /* taken on success, NULL if none */
    void *opaque;                /* comes back in the delivery report */
};

/* Queues the record; 0 or why not. */
rd_kafka_resp_err_t gb_kafka_produce(rd_kafka_t *rk, const struct gb_kafka_record *record);

#endif
