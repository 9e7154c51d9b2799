/* librdkafka tells an interceptor of each request that it has written to a socket in full. */
#include "shell/stop_kafka.h"

#define API_END_TXN 26 /* Kafka protocol guide, API keys */

/* On a broker's thread. Every EndTxn is a commit: a publisher never aborts of its own accord.
 * Signature of librdkafka's rd_kafka_interceptor_f_on_request_sent_t. */
static rd_kafka_resp_err_t on_request(rd_kafka_t *rk, int socket, const char *broker,
                                      int32_t broker_id, int16_t api, int16_t version,
                                      int32_t correlation, size_t size, void *context)
{
    (void)rk;
    (void)socket;
    (void)broker;
    (void)broker_id;
    (void)version;
    (void)correlation;
    (void)size;
    (void)context;
    if (api == API_END_TXN) {
        gb_stop_at(GB_STOP_TXN_SENT);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *context,
                                  char *text, size_t size)
{
    (void)conf;
    (void)context;
    (void)text;
    (void)size;
    return rd_kafka_interceptor_add_on_request_sent(rk, "stop_point", on_request, NULL);
}

void gb_stop_watch_commits(rd_kafka_conf_t *conf)
{
    if (gb_stop_armed == GB_STOP_TXN_SENT) {
        GB_CHECK(rd_kafka_conf_interceptor_add_on_new(conf, "stop_point", on_new, NULL) == 0);
    }
}
