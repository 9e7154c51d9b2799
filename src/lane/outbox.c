/* Outputs become messages. Headers stand in byte order of their names, so that equality of two
 * messages is equality of their bytes. */
#include "lane/outbox.h"

#include "base/jsonw.h"
#include "codec/json.h"

/* The headers of a message that is being made; most have half as many as there may be. */
struct making {
    uint32_t count;
    struct gb_header items[GB_HEADERS_MAX];
};

static void add_header(struct making *headers, struct gb_str name, struct gb_str value)
{
    GB_CHECK(headers->count < GB_HEADERS_MAX && gb_str_is(value));
    headers->items[headers->count++] = (struct gb_header){name, value};
}

static void keep_headers(struct gb_arena *arena, const struct making *headers,
                         struct gb_message *m)
{
    size_t len = headers->count * sizeof(headers->items[0]);
    struct gb_header *kept = gb_arena_take(arena, len);

    memcpy(kept, headers->items, len);
    m->headers = kept;
    m->headers_count = headers->count;
}

static void put_digits(char *out, int count, int64_t number)
{
    for (int i = count; i-- > 0; number /= 10) {
        out[i] = (char)('0' + number % 10);
    }
}

struct gb_str gb_time_text(struct gb_arena *arena, int64_t ms)
{
    int64_t last = INT64_C(253402300799999);
    int64_t at = ms < 0 ? 0 : ms > last ? last : ms;
    int64_t days = at / 86400000;
    int64_t rest = at % 86400000;
    /* Civil from days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;

    char text[] = "0000-00-00T00:00:00.000Z";

    put_digits(text, 4, yoe + era * 400 + (month <= 2));
    put_digits(text + 5, 2, month);
    put_digits(text + 8, 2, doy - (153 * mp + 2) / 5 + 1);
    put_digits(text + 11, 2, rest / 3600000);
    put_digits(text + 14, 2, rest / 60000 % 60);
    put_digits(text + 17, 2, rest / 1000 % 60);
    put_digits(text + 20, 3, rest % 1000);
    return gb_arena_str(arena, gb_str_of(text));
}

/* What all messages of a step have in common. */
struct common {
    const struct gb_outbox_lane *lane;
    const struct gb_step *step;
    struct gb_str pos;  /* "lane:index" */
    struct gb_hash trace;
    struct gb_str source, time;
};

static void make_common(struct common *c)
{
    struct gb_arena *arena = c->step->arena;
    char lane[GB_DIGITS_MAX];
    char index[GB_DIGITS_MAX];
    const struct gb_str number = gb_int_text(lane, c->lane->lane);

    c->pos = GB_JOIN(arena, number, GB_STR(":"), gb_int_text(index, (int64_t)c->step->index));
    c->trace = gb_hash_of(GB_SHA256, c->pos);
    c->source = GB_JOIN(arena, GB_STR("/gridbridge/lane/"), number);
    c->time = gb_time_text(arena, c->lane->clock);
}

static struct gb_str trace_parent(const struct common *c, uint32_t ordinal)
{
    struct gb_hash hash = c->trace;
    char text[] = "00-................................-................-01";

    for (uint32_t i = 0; i < 4; i++) {
        hash.bytes[20 + i] ^= (uint8_t)((ordinal + 1) >> (8 * i));
    }
    gb_hex(text + 3, hash.bytes, 16);
    gb_hex(text + 36, hash.bytes + 16, 8);
    return gb_arena_str(c->step->arena, gb_str_of(text));
}

static void add_ce_headers(const struct common *c, const struct gb_output *output,
                           struct making *headers)
{
    char ordinal[GB_DIGITS_MAX];

    add_header(headers, GB_STR("ce_id"),
               GB_JOIN(c->step->arena, c->pos, GB_STR(":"),
                       gb_int_text(ordinal, output->ordinal)));
    add_header(headers, GB_STR("ce_source"), c->source);
    add_header(headers, GB_STR("ce_specversion"), GB_STR("1.0"));
    add_header(headers, GB_STR("ce_subject"), output->subject);
    add_header(headers, GB_STR("ce_time"), c->time);
    add_header(headers, GB_STR("ce_type"), output->type);
    add_header(headers, GB_STR("content-type"), GB_STR("application/json"));
}

static void add_error_headers(const struct gb_output *output, struct making *headers)
{
    if (output->about == NULL) {
        return;
    }
    add_header(headers, GB_STR("gb_attempts"), GB_STR("1"));
    add_header(headers, GB_STR("gb_error_code"), output->reason);
    add_header(headers, GB_STR("gb_error_message"),
               gb_str_is(output->detail) ? output->detail : output->reason);
}

/* Copies: the record is forgotten before its outputs are published. */
static void add_source_headers(const struct gb_step *step, const struct gb_record *about,
                               struct making *headers)
{
    if (about == NULL) {
        return;
    }
    if (gb_str_is(about->h_src)) {
        add_header(headers, GB_STR("gb_source_hash"), gb_arena_str(step->arena, about->h_src));
    }
    if (about->src.len > 0) {
        add_header(headers, GB_STR("gb_source_len"), gb_arena_int(step->arena, about->src.len));
    }
    add_header(headers, GB_STR("gb_source_offset"), gb_arena_int(step->arena, about->src.offset));
    add_header(headers, GB_STR("gb_source_partition"),
               gb_arena_int(step->arena, about->src.partition));
    add_header(headers, GB_STR("gb_source_topic"), gb_arena_str(step->arena, about->src.topic));
}

/* Where the output goes; NOT_FOUND. */
static enum gb_status place(const struct gb_outbox_lane *lane, const struct gb_output *output,
                            enum gb_topic *topic, struct gb_err *err)
{
    GB_CHECK(output->topic <= GB_TOPIC_WRITEBACK &&
             gb_str_is(output->target) == (output->topic == GB_TOPIC_WRITEBACK));
    *topic = output->topic;
    if (output->topic == GB_TOPIC_WRITEBACK &&
        !gb_topics_find_target(lane->topics, output->target, topic)) {
        return gb_fail(err, GB_NOT_FOUND, "source %.*s has no write-back topic",
                       GB_STR_ARG(output->target));
    }
    return GB_OK;
}

static void number_one(const struct common *c, const struct gb_output *output, int64_t change_seq,
                       struct gb_message *m)
{
    struct gb_arena *arena = c->step->arena;
    struct making headers;

    headers.count = 0;
    m->seq = ++c->lane->seqs[m->topic];
    m->key = output->key;
    m->value = output->value;
    add_ce_headers(c, output, &headers);
    if (change_seq < 0) {
        add_error_headers(output, &headers);
    } else {
        GB_CHECK(output->about == NULL);
        add_header(&headers, GB_STR("gb_change_seq"), gb_arena_int(arena, change_seq));
    }
    add_header(&headers, GB_STR("gb_pos"), headers.items[0].value);
    add_header(&headers, GB_STR("gb_seq"), gb_arena_int(arena, m->seq));
    add_source_headers(c->step, output->about, &headers);
    add_header(&headers, GB_STR("gb_stream"), c->lane->topics->streams[m->topic]);
    add_header(&headers, GB_STR("traceparent"), trace_parent(c, output->ordinal));
    keep_headers(arena, &headers, m);
    m->hash = gb_message_hash(m);
}

enum gb_status gb_outbox_number(const struct gb_outbox_lane *lane, const struct gb_step *step,
                                struct gb_message **messages, struct gb_err *err)
{
    struct gb_message *made =
        gb_arena_take(step->arena, (step->outputs_count + 1U) * sizeof(made[0]));
    struct common common = {.lane = lane, .step = step};

    if (step->outputs_count > 0) {
        make_common(&common);
    }
    for (uint32_t i = 0; i < step->outputs_count; i++) {
        const struct gb_output *output = &step->outputs[i];
        int64_t change_seq = -1;

        if (place(lane, output, &made[i].topic, err) != GB_OK) {
            return GB_NOT_FOUND;
        }
        if (output->change >= 0) {
            GB_CHECK((uint32_t)output->change < i);
            GB_CHECK(made[output->change].topic == GB_TOPIC_CHANGE);
            change_seq = made[output->change].seq;
        }
        number_one(&common, output, change_seq, &made[i]);
    }
    *messages = made;
    return GB_OK;
}

void gb_outbox_write(struct gb_buf *out, const struct gb_topics *topics,
                     const struct gb_message *message)
{
    struct gb_jsonw w;

    gb_jsonw_init(&w, out);
    gb_jsonw_object(&w);
    gb_jsonw_key(&w, GB_STR("headers"));
    gb_jsonw_array(&w);
    for (uint32_t i = 0; i < message->headers_count; i++) {
        gb_jsonw_array(&w);
        gb_jsonw_str(&w, message->headers[i].name);
        gb_jsonw_str(&w, message->headers[i].value);
        gb_jsonw_end(&w);
    }
    gb_jsonw_end(&w);
    gb_jsonw_key_str(&w, GB_STR("key"), message->key);
    gb_jsonw_key_str(&w, GB_STR("pos"), message->headers[0].value);
    gb_jsonw_key_int(&w, GB_STR("seq"), message->seq);
    gb_jsonw_key_str(&w, GB_STR("topic"), topics->words[message->topic]);
    gb_jsonw_key(&w, GB_STR("value"));
    if (gb_str_is(message->value)) {
        gb_jsonw_raw(&w, message->value);
    } else {
        gb_jsonw_null(&w);
    }
    gb_jsonw_end(&w);
    gb_buf_add_char(out, '\n');
}

static bool read_headers(const struct gb_value *list, struct making *headers)
{
    if (list == NULL || list->type != GB_ARRAY || list->count > GB_HEADERS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct gb_value *pair = &list->items[i];

        if (pair->type != GB_ARRAY || pair->count != 2 || pair->items[0].type != GB_STRING ||
            pair->items[1].type != GB_STRING) {
            return false;
        }
        add_header(headers, pair->items[0].text, pair->items[1].text);
    }
    return true;
}

enum gb_status gb_outbox_read(struct gb_arena *arena, const struct gb_topics *topics,
                              struct gb_str line, struct gb_message *message, struct gb_err *err)
{
    struct making headers = {.count = 0};
    struct gb_value value;
    struct gb_message made = {0};
    const struct gb_value *body;
    struct gb_str word;
    enum gb_status status = gb_json_parse(arena, line, &value, err);

    if (status != GB_OK) {
        return status;
    }
    made.key = gb_value_str(&value, GB_STR("key"));
    made.seq = gb_value_int(&value, GB_STR("seq"), 0);
    body = gb_value_get(&value, GB_STR("value"));
    word = gb_value_str(&value, GB_STR("topic"));
    if (gb_str_is(word) && !gb_topics_find(topics, word, &made.topic) &&
        gb_str_is(gb_topics_source_of(word))) {
        return gb_fail(err, GB_NOT_FOUND, "source %.*s has no write-back topic",
                       GB_STR_ARG(gb_topics_source_of(word)));
    }
    if (body == NULL || made.seq < 1 || !gb_str_is(made.key) || !gb_str_is(word) ||
        !gb_topics_find(topics, word, &made.topic) ||
        !read_headers(gb_value_get(&value, GB_STR("headers")), &headers)) {
        return gb_fail(err, GB_BAD_RECORD, "outbox line: key, seq, topic, headers or value is off");
    }
    if (body->type != GB_NULL) {
        struct gb_buf text = {0};
        struct gb_jsonw w;

        gb_jsonw_init(&w, &text);
        gb_jsonw_value(&w, body);
        made.value = gb_arena_str(arena, gb_buf_str(&text));
        gb_buf_close(&text);
    }
    keep_headers(arena, &headers, &made);
    made.hash = gb_message_hash(&made);
    *message = made;
    return GB_OK;
}

struct gb_hash gb_message_hash(const struct gb_message *message)
{
    struct gb_str parts[2 * (2 + 2 * GB_HEADERS_MAX)];
    uint8_t lens[2 + 2 * GB_HEADERS_MAX][8];
    struct gb_str runs[2 + 2 * GB_HEADERS_MAX] = {message->key, message->value};
    size_t count = 2;

    for (uint32_t i = 0; i < message->headers_count; i++) {
        runs[count++] = message->headers[i].name;
        runs[count++] = message->headers[i].value;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t len = gb_str_is(runs[i]) ? runs[i].len : UINT64_MAX;

        for (uint32_t b = 0; b < 8; b++) {
            lens[i][b] = (uint8_t)(len >> (8 * b));
        }
        parts[2 * i] = (struct gb_str){(const char *)lens[i], 8};
        parts[2 * i + 1] = runs[i];
    }
    return gb_hash_parts(GB_SHA256, parts, 2 * count);
}
