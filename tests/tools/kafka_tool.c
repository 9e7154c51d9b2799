/* What the Python client of Debian 12 cannot ask of a broker:
 *   kafka_tool BOOTSTRAP delete-records TOPIC PARTITION OFFSET   the log then starts at OFFSET
 * Exit 0 when the broker has done it. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_MS 15000

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "kafka_tool: %s: %s\n", what, why);
    return 1;
}

static int delete_records(rd_kafka_t *rk, char **words)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteRecords_t *ask;
    rd_kafka_event_t *event;
    int code = 0;

    rd_kafka_topic_partition_list_add(list, words[0], (int32_t)strtol(words[1], NULL, 10))->offset =
        strtoll(words[2], NULL, 10);
    ask = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(rk, &ask, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, CALL_MS);
    if (event == NULL || rd_kafka_event_error(event) != 0) {
        code = fail("delete-records", event == NULL ? "no answer" :
                                                      rd_kafka_event_error_string(event));
    } else {
        const rd_kafka_topic_partition_list_t *done =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));

        if (done->elems[0].err != 0) {
            code = fail("delete-records", rd_kafka_err2str(done->elems[0].err));
        }
    }
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(ask);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    return code;
}

int main(int argc, char **argv)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *rk;
    char text[256];
    int code;

    if (argc != 6 || strcmp(argv[2], "delete-records") != 0) {
        return fail("usage", "BOOTSTRAP delete-records TOPIC PARTITION OFFSET");
    }
    if (rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], text, sizeof(text)) != 0) {
        return fail("bootstrap", text);
    }
    rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (rk == NULL) {
        return fail("client", text);
    }
    code = delete_records(rk, &argv[3]);
    rd_kafka_destroy(rk);
    return code;
}
