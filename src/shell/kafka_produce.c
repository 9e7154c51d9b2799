/* One record to a producer by rd_kafka_produceva. */
#include "shell/kafka_produce.h"

#include <stdint.h>

rd_kafka_resp_err_t gb_kafka_produce(rd_kafka_t *rk, const struct gb_kafka_record *record)
{
    rd_kafka_vu_t parts[7] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = record->is_borrowed ? 0 : RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)record->key.ptr, record->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)record->value.ptr, record->value.len}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = record->opaque},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = record->headers}};
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, record->headers != NULL ? 7 : 6);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

    if (error != NULL) {
        code = rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
    }
    return code;
}
