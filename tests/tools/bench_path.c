/* The way of a record in one process, without servers: for a profiler, and for golden hashes.
 *   bench_path GENERATED [RECORDS] [BATCH]
 * GENERATED is a folder that examples/generator wrote with --plain-volume. Every source record goes
 * through intake and its lane by the same state machines as in the daemon; PostgreSQL and Kafka are
 * answered at once. Prints CPU us a record by stage, the ratio to a bare jansson parse and print of
 * the same bytes, and a SHA-256 over everything that left a lane: what an optimisation may not
 * change. BATCH moves hash_state alone (rows are flushed once a batch). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <jansson.h>

#include "codec/json.h"
#include "codec/policy_load.h"
#include "lane/intake.h"
#include "lane/lane.h"
#include "shell/files.h"

#define LANES 4
#define PENDING_MAX 8

struct bytes_list {
    struct gb_str *items;
    size_t count, size;
};

/* A lane with its intake partition and the answers it waits for. */
struct way {
    struct gb_lane *lane;
    struct gb_effects effects;
    struct bytes_list values;
    struct gb_lane_row row;
    uint64_t consume_ticket;
    bool is_consuming;
    struct gb_event pending[PENDING_MAX];
    uint32_t pending_count;
    int64_t ends[GB_TOPIC_COUNT];
    struct gb_buf sums; /* hashes of what left, in order */
    struct gb_hash state;
    uint64_t outputs;
    int64_t now, timer_at; /* ms; timer_at 0: none */
};

struct bench {
    struct gb_arena arena;
    const char *generated;
    struct {
        struct gb_source_record *items;
        size_t count, size;
    } input;
    struct gb_files *policy;
    struct gb_door *door;
    struct gb_topics topics;
    struct way ways[LANES];
    uint32_t batch;
    double own_s; /* CPU of hashing what left, which is the bench's and not the lane's */
};

static double cpu_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_mb(void)
{
    struct rusage usage = {0};

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss / 1024 : 0;
}

static struct gb_files *folder(struct bench *b, const char *path)
{
    struct gb_files *files = gb_arena_take(&b->arena, sizeof(*files));
    struct gb_err err = {0};

    if (gb_files_read(path, &b->arena, files, &err) != GB_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        exit(1);
    }
    return files;
}

static const char *below(struct bench *b, const char *name)
{
    return gb_arena_printf(&b->arena, "%s/%s", b->generated, name).ptr;
}

static void open_door(struct bench *b)
{
    const struct gb_files *lookups = folder(b, below(b, "lookups"));
    struct gb_door_source sources[] = {
        {.name = GB_STR("party_building"), .topic = GB_STR("party.dj.sys_party_task"),
         .adapter = folder(b, "adapters/party_building"), .lookups = lookups},
        {.name = GB_STR("governance_grid"), .topic = GB_STR("grid.canal"),
         .adapter = folder(b, "adapters/governance_grid"), .lookups = lookups}};
    struct gb_door_config config = {.cluster = GB_STR("c1"),
                                    .salt = GB_STR("0123456789abcdef0123456789abcdef"),
                                    .join_key = GB_STR("fedcba9876543210fedcba9876543210"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = LANES,
                                    .refuse = gb_files_get(folder(b, "examples/tangzhang"),
                                                           GB_STR("refuse.yaml")),
                                    .sources = sources,
                                    .sources_count = GB_COUNT(sources)};
    struct gb_mistakes mistakes = {0};

    b->door = gb_door_new(&config, &mistakes);
    GB_CHECK(b->door != NULL);
}

static void read_file(struct bench *b, const char *name, size_t max)
{
    int64_t offsets[16] = {0};
    FILE *file = fopen(below(b, name), "rb");
    char *line = NULL;
    size_t size = 0, here = 0;
    ssize_t len;

    GB_CHECK(file != NULL);
    while (here < max && (len = getline(&line, &size, file)) > 0) {
        struct gb_source_record *in;
        struct gb_value v;
        struct gb_err err;

        GB_CHECK(gb_json_parse(&b->arena, (struct gb_str){line, (size_t)len}, &v, &err) == GB_OK);
        if (b->input.count == b->input.size) {
            b->input.size = b->input.size * 2 + 1024;
            b->input.items = realloc(b->input.items, b->input.size * sizeof(b->input.items[0]));
            GB_CHECK(b->input.items != NULL);
        }
        in = &b->input.items[b->input.count++];
        *in = (struct gb_source_record){
            .topic = gb_value_str(&v, GB_STR("topic")),
            .partition = (int32_t)gb_value_int(&v, GB_STR("partition"), 0),
            .key = gb_value_str(&v, GB_STR("key")),
            .value = gb_value_str(&v, GB_STR("value"))};
        in->offset = offsets[in->partition & 15]++;
        here++;
    }
    free(line);
    fclose(file);
}

/* What the JSON library alone takes for parsing and printing the same bytes. */
static double measure_jansson(const struct bench *b)
{
    double begin = cpu_s();

    for (size_t i = 0; i < b->input.count; i++) {
        json_t *json = json_loadb(b->input.items[i].value.ptr, b->input.items[i].value.len, 0,
                                  NULL);
        char *text = json_dumps(json, JSON_COMPACT);

        GB_CHECK(text != NULL);
        free(text);
        json_decref(json);
    }
    return cpu_s() - begin;
}

/* ---- intake ---- */

static void keep_value(struct bench *b, uint32_t lane, struct gb_str value)
{
    struct bytes_list *list = &b->ways[lane].values;

    if (list->count == list->size) {
        list->size = list->size * 2 + 1024;
        list->items = realloc(list->items, list->size * sizeof(list->items[0]));
        GB_CHECK(list->items != NULL);
    }
    list->items[list->count++] = gb_arena_str(&b->arena, value);
}

static void step_intake(struct bench *b, struct gb_intake *intake, struct gb_intake_event *event,
                        struct gb_intake_effects *fx)
{
    uint64_t tickets[256];
    uint32_t count = 0;
    bool commits = false;

    event->now = event->wall = INT64_C(1793548800000);
    fx->count = 0;
    gb_intake_step(intake, event, fx);
    for (uint32_t i = 0; i < fx->count; i++) {
        const struct gb_intake_effect *effect = &fx->items[i];

        if (effect->kind == GB_IX_PRODUCE && count < GB_COUNT(tickets)) {
            keep_value(b, effect->produce.lane, effect->produce.value);
            tickets[count++] = effect->produce.ticket;
        }
        commits = commits || effect->kind == GB_IX_COMMIT;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct gb_intake_event acked = {.kind = GB_IE_ACKED,
                                        .acked = {tickets[i], event->wall}};

        step_intake(b, intake, &acked, fx);
    }
    if (commits) {
        step_intake(b, intake, &(struct gb_intake_event){.kind = GB_IE_COMMITTED}, fx);
    }
}

static void begin_intake(struct bench *b, struct gb_intake *intake, struct gb_intake_effects *fx)
{
    struct gb_stream_start starts[7];
    struct gb_str hash = gb_policy_hash(&b->arena, b->policy);
    struct gb_source_record activate = {.topic = GB_STR("gb.policy.in"),
                                        .key = GB_STR("policy"),
                                        .value = gb_arena_printf(&b->arena, "{\"bundle\":\"%.*s\"}",
                                                                 GB_STR_ARG(hash))};
    struct gb_intake_event event = {
        .kind = GB_IE_ASSIGNED,
        .assigned = {starts, GB_COUNT(starts), GB_STR("0123456789abcdef0123456789abcdef"),
                     GB_STR("not a secret at all: a benchmark"), true}};

    for (int i = 0; i < 7; i++) {
        struct gb_str topic = i < 3 ? GB_STR("party.dj.sys_party_task") : GB_STR("grid.canal");

        starts[i] = (struct gb_stream_start){
            .topic = i == 6 ? activate.topic : topic,
            .partition = i == 6 ? 0 : i % 3,
            .committed = -1,
            .log_end = 1 << 30};
    }
    step_intake(b, intake, &event, fx);
    step_intake(b, intake, &(struct gb_intake_event){.kind = GB_IE_RECORD, .record = &activate},
                fx);
}

static double run_intake(struct bench *b)
{
    struct gb_intake_config config = {.door = b->door,
                                      .cluster = GB_STR("c1"),
                                      .lanes_count = LANES,
                                      .tick_ms = 1000,
                                      .idle_tick_ms = 60000,
                                      .skew_max_ms = 600000,
                                      .policy_topic = GB_STR("gb.policy.in")};
    struct gb_intake *intake = gb_intake_new(&config);
    struct gb_intake_effects fx = {0};
    double begin = cpu_s();

    begin_intake(b, intake, &fx);
    for (size_t i = 0; i < b->input.count; i++) {
        /* party and grid in turns: the files stand one behind the other */
        size_t at = i % 2 == 0 ? i / 2 : b->input.count / 2 + i / 2;
        struct gb_intake_event event = {.kind = GB_IE_RECORD, .record = &b->input.items[at]};

        step_intake(b, intake, &event, &fx);
        if (i % 5000 == 4999) {
            step_intake(b, intake, &(struct gb_intake_event){.kind = GB_IE_TIMER}, &fx);
        }
    }
    begin = cpu_s() - begin;
    gb_intake_free(intake);
    free(fx.items);
    return begin;
}

/* ---- lanes ---- */

static void add_sum(struct way *way, const struct gb_str *parts, size_t count)
{
    struct gb_hash hash = gb_hash_parts(GB_SHA256, parts, count);

    gb_buf_add(&way->sums, hash.bytes, GB_HASH_LEN);
}

static void keep_commit(struct way *way, const struct gb_commit *c)
{
    const struct gb_str state = {(const char *)way->state.bytes, GB_HASH_LEN};
    struct gb_buf rows = {0};

    for (uint32_t i = 0; i < c->rows->count; i++) {
        const struct gb_row *r = &c->rows->items[i];
        gb_buf_printf(&rows, "%d %d %.*s %.*s %.*s %.*s %.*s %" PRId64 "\n", (int)r->table,
                      r->is_deleted, GB_STR_ARG(r->key), GB_STR_ARG(r->row), GB_STR_ARG(r->text),
                      GB_STR_ARG(r->matter), GB_STR_ARG(r->xref), r->live_until);
    }
    way->state = gb_hash_parts(
        GB_SHA256,
        (struct gb_str[]){state, gb_buf_str(&rows), c->body, c->leaves, c->texts, c->outbox,
                          c->hashes, {(const char *)c->after.digest.bytes, GB_HASH_LEN}},
        8);
    gb_buf_close(&rows);
    way->row = c->after;
}

static struct gb_event *answer(struct way *way, const struct gb_effect *effect,
                               enum gb_event_kind kind)
{
    struct gb_event *event = &way->pending[way->pending_count++];

    GB_CHECK(way->pending_count <= PENDING_MAX);
    *event = (struct gb_event){.kind = kind, .ticket = effect->ticket};
    return event;
}

static void send_all(struct way *way, const struct gb_effect *effect)
{
    for (uint32_t i = 0; i < effect->send.count; i++) {
        const struct gb_message *m = effect->send.messages[i];
        struct gb_str parts[3 + 2 * GB_HEADERS_MAX] = {m->key, m->value};
        size_t count = 2;

        for (uint32_t h = 0; h < m->headers_count; h++) {
            parts[count++] = m->headers[h].name;
            parts[count++] = m->headers[h].value;
        }
        add_sum(way, parts, count);
        way->ends[m->topic]++;
        way->outputs++;
    }
    answer(way, effect, GB_EV_PUB_SENT)->sent.offsets = way->ends;
}

static void do_effect(struct bench *b, struct way *way, const struct gb_effect *effect)
{
    double begin = cpu_s();

    switch ((int)effect->kind) {
    case GB_FX_PG_CLAIM:
        answer(way, effect, GB_EV_PG_CLAIMED)->claimed = &way->row;
        break;
    case GB_FX_PG_LOAD:
    case GB_FX_PG_FETCH:
        answer(way, effect, GB_EV_PG_ROWS)->rows.is_last = true;
        break;
    case GB_FX_PG_POLICY:
        answer(way, effect, GB_EV_PG_POLICY)->policy = b->policy;
        break;
    case GB_FX_PG_COMMIT:
        keep_commit(way, effect->commit);
        (void)answer(way, effect, GB_EV_PG_COMMITTED);
        break;
    case GB_FX_PG_OUTBOX:
        answer(way, effect, GB_EV_PG_OUTBOX)->outbox.is_last = true;
        break;
    case GB_FX_PG_FLOOR:
        (void)answer(way, effect, GB_EV_PG_FLOORED);
        break;
    case GB_FX_CONSUME:
        way->consume_ticket = effect->ticket;
        way->is_consuming = true;
        answer(way, effect, GB_EV_CONSUMING)->consuming.log_end = (int64_t)way->values.count;
        break;
    case GB_FX_PUB_INIT:
        (void)answer(way, effect, GB_EV_PUB_INITED);
        break;
    case GB_FX_PUB_READ:
        answer(way, effect, GB_EV_PUB_READ)->read.ends = way->ends;
        break;
    case GB_FX_PUB_SEND:
        send_all(way, effect);
        break;
    case GB_FX_TIMER:
        way->timer_at = way->now + effect->timer.after_ms;
        break;
    case GB_FX_SAY:
        fprintf(stderr, "%.*s\n", GB_STR_ARG(effect->say.text));
        break;
    }
    b->own_s += cpu_s() - begin;
}

static void step_lane(struct bench *b, struct way *way, struct gb_event *event)
{
    event->now = way->now;
    way->effects.count = 0;
    gb_lane_step(way->lane, event, &way->effects);
    for (uint32_t i = 0; i < way->effects.count; i++) {
        do_effect(b, way, &way->effects.items[i]);
    }
}

/* One answer. A commit is answered only when the lane wants no more records: a backlog. */
static bool give_answer(struct bench *b, struct way *way, bool with_commit)
{
    for (uint32_t i = 0; i < way->pending_count; i++) {
        struct gb_event event = way->pending[i];

        if (event.kind == GB_EV_PG_COMMITTED && !with_commit) {
            continue;
        }
        memmove(&way->pending[i], &way->pending[i + 1],
                (--way->pending_count - i) * sizeof(way->pending[0]));
        step_lane(b, way, &event);
        return true;
    }
    return false;
}

static void run_lane(struct bench *b, uint32_t number)
{
    struct way *way = &b->ways[number];
    struct gb_lane_config config = {number, .batch_records_max = b->batch, .topics = b->topics};
    struct gb_event event = {.kind = GB_EV_ASSIGNED};
    struct gb_lane_view view;
    size_t next = 0;

    way->row = (struct gb_lane_row){.lane = number, .epoch = 1, .frontier = GB_STR("")};
    way->now = 1000;
    way->lane = gb_lane_new(&config);
    step_lane(b, way, &event);
    for (;;) {
        if (give_answer(b, way, false)) {
            continue;
        }
        if (way->is_consuming && next < way->values.count && gb_lane_wants_records(way->lane)) {
            event = (struct gb_event){.kind = GB_EV_RECORD,
                                      .ticket = way->consume_ticket,
                                      .record = {(int64_t)next, way->values.items[next]}};
            next++;
            step_lane(b, way, &event);
        } else if (!give_answer(b, way, true)) {
            gb_lane_look(way->lane, &view);
            if (way->timer_at == 0 ||
                (next == way->values.count && view.published_index == next)) {
                break;
            }
            way->now = way->timer_at;
            way->timer_at = 0;
            step_lane(b, way, &(struct gb_event){.kind = GB_EV_TIMER});
        }
    }
    GB_CHECK(next == way->values.count);
}

static void print_hash(const char *name, struct gb_buf *of)
{
    struct gb_hash hash = gb_hash_of(GB_SHA256, gb_buf_str(of));
    char hex[2 * GB_HASH_LEN + 1] = {0};

    gb_hex(hex, hash.bytes, GB_HASH_LEN);
    printf("%s=%s\n", name, hex);
    gb_buf_close(of);
}

static void print_hashes(struct bench *b)
{
    struct gb_buf intake = {0}, outputs = {0}, state = {0};
    struct gb_hash hash;

    for (uint32_t i = 0; i < LANES; i++) {
        for (size_t k = 0; k < b->ways[i].values.count; k++) {
            hash = gb_hash_of(GB_SHA256, b->ways[i].values.items[k]);
            gb_buf_add(&intake, hash.bytes, GB_HASH_LEN);
        }
        gb_buf_add_str(&outputs, gb_buf_str(&b->ways[i].sums));
        gb_buf_add(&outputs, b->ways[i].row.digest.bytes, GB_HASH_LEN);
        gb_buf_add(&state, b->ways[i].state.bytes, GB_HASH_LEN);
    }
    print_hash("hash_intake", &intake);
    print_hash("hash_outputs", &outputs);
    print_hash("hash_state", &state);
}

int main(int argc, char **argv)
{
    struct bench b = {.generated = argc > 1 ? argv[1] : "."};
    size_t max = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
    uint64_t outputs = 0;
    double jansson, intake, lanes;
    long before;

    gb_arena_init(&b.arena, (size_t)1 << 36);
    b.batch = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 2000;
    gb_topics_init(&b.topics);
    for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
        b.topics.streams[t] = GB_STR("00112233445566778899aabbccddeeff");
    }
    b.policy = folder(&b, below(&b, "policy"));
    open_door(&b);
    read_file(&b, "party.jsonl", max / 2);
    read_file(&b, "grid.jsonl", max / 2);
    jansson = measure_jansson(&b);
    intake = run_intake(&b);
    before = resident_mb();
    lanes = cpu_s();
    for (uint32_t i = 0; i < LANES; i++) {
        run_lane(&b, i);
        outputs += b.ways[i].outputs;
    }
    lanes = cpu_s() - lanes - b.own_s;
    printf("records=%zu\noutputs=%" PRIu64 "\n", b.input.count, outputs);
    printf("us_jansson=%.2f\nus_intake=%.2f\nus_lane=%.2f\n", jansson / (double)b.input.count * 1e6,
           intake / (double)b.input.count * 1e6, lanes / (double)b.input.count * 1e6);
    printf("ratio=%.2f\nlanes_mb=%ld\n", (intake + lanes) / jansson, resident_mb() - before);
    print_hashes(&b);
    return 0; /* the system frees: half a gigabyte of lists would only blur a profile */
}
