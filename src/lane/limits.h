/* Bounds of the lanes' queues. Each has a test that reaches it. */
#ifndef LANE_LIMITS_H
#define LANE_LIMITS_H

#define GB_BATCH_RECORDS_MAX 1000U             /* records stepped in one transaction, default */
#define GB_BATCH_BYTES_MAX ((size_t)8 << 20)   /* bytes of records in one batch */
#define GB_BATCH_ARENA_MAX ((size_t)512 << 20) /* everything a batch needs: parsed, rows, outputs */
#define GB_UNPUBLISHED_BATCHES_MAX 32U         /* committed batches waiting for the publisher ... */
#define GB_UNPUBLISHED_RECORDS_MAX 8000U       /* ... and their outputs, short of one batch */
#define GB_SEND_RECORDS_MAX 4000U              /* records in one Kafka transaction */
#define GB_INTAKE_UNACKED_MAX 8000U            /* intake records sent and not acknowledged */
#define GB_INTAKE_LINE_MAX 8000000U             /* bytes of an intake record, texts among them */
#define GB_STREAMS_MAX 4096U                   /* source partitions of one intake */
#define GB_LANES_MAX 1024U

#endif
