/* The truth: what the source systems write, message by message, and what each row must become. The
 * lane of a row is reckoned here anew (FNV-1a of the town code, RECORDS 2), the door is not asked.
 */
#include <stdio.h>

#include "base/check.h"
#include "sim/sim.h"

/* One row of a source system. */
struct source_row {
    uint32_t town;
    int64_t version;
    uint32_t state;
    bool exists;
};

struct writer {
    struct sim *sim;
    uint64_t random; /* of this message alone */
    uint32_t keys;   /* of one stream */
    struct source_row rows[SIM_STREAMS_MAX][SIM_KEYS_MAX];
    int64_t position; /* lsn, es */
    struct gb_buf text;
    struct sim_message *message;
};

static uint32_t pick(struct writer *w, uint32_t bound)
{
    return (uint32_t)(sim_mix(&w->random) % bound);
}

uint32_t sim_lane_of(const struct sim *sim, const char *text)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    }
    return (uint32_t)(hash % sim->plan.lanes);
}

static uint32_t lane_of_town(const struct writer *w, uint32_t town)
{
    char code[10];

    (void)snprintf(code, sizeof(code), "%u", 320312101U + town);
    return sim_lane_of(w->sim, code);
}

static uint32_t lane_of_stream(const struct writer *w)
{
    const struct sim_stream *s = &w->sim->streams[w->message->stream];
    char text[64];

    (void)snprintf(text, sizeof(text), "%.*s/%d", GB_STR_ARG(s->topic), (int)s->partition);
    return sim_lane_of(w->sim, text);
}

static void expect(struct writer *w, uint32_t lane, enum gb_verdict verdict)
{
    GB_CHECK(w->message->rows_count < GB_COUNT(w->message->rows));
    w->message->rows[w->message->rows_count++] = (struct sim_truth_row){lane, verdict};
}

static struct sim_truth_key *truth_of(struct writer *w, uint32_t key,
                                      const struct source_row *row)
{
    return &w->sim->truth[lane_of_town(w, row->town)][w->message->stream][key];
}

/* The newest version wins; what was deleted, or never seen, takes what comes next. */
static void expect_put(struct writer *w, uint32_t key, const struct source_row *row, char state)
{
    struct sim_truth_key *truth = truth_of(w, key, row);

    if (!truth->is_seen || truth->is_deleted || row->version > truth->version) {
        *truth = (struct sim_truth_key){true, false, row->version, state};
    }
}

static void expect_gone(struct writer *w, uint32_t key, const struct source_row *row)
{
    struct sim_truth_key *truth = truth_of(w, key, row);

    truth->is_seen = truth->is_deleted = true;
}

static bool is_party(const struct writer *w)
{
    return w->message->stream % 2 == 1;
}

/* Before the run, or in its course: then limits fall due while it goes on. */
static int64_t occurred_at(const struct writer *w, uint32_t key)
{
    int64_t since = key % 3 == 0 ? INT64_C(-7200000) : w->sim->plan.scale * 300 * key;

    return sim_wall(w->sim) + since;
}

/* The image of a row as its system prints it; version, state and category as given. */
static void image(struct writer *w, uint32_t key, const struct source_row *row, const char *state,
                  const char *category)
{
    uint32_t stream = w->message->stream;
    uint32_t town = 320312101U + row->town;

    gb_buf_printf(&w->text,
                  "{\"id\":\"%u-%u\",\"town\":\"%u\",\"vil\":\"%u201\",\"cat\":\"%s\","
                  "\"st\":\"%s\",\"at\":\"%lld\",\"ver\":\"%lld\",\"ttl\":\"t%u\"",
                  stream, key, town, town, category, state, (long long)occurred_at(w, key),
                  (long long)row->version, key);
    if (is_party(w)) {
        if (key % 2 == 0) {
            gb_buf_printf(&w->text, ",\"ref\":\"2-%u\"", key);
        } else {
            gb_buf_printf(&w->text, ",\"ref\":null");
        }
    }
    if (key % 5 == 1) {
        gb_buf_printf(&w->text, ",\"att\":\"%064x\"}", key);
    } else {
        gb_buf_printf(&w->text, ",\"att\":null}");
    }
}

static const char *state_word(const struct source_row *row)
{
    static const char *const words[] = {"o", "w", "c", "r"};

    return words[row->state % 4];
}

static const char *category_word(const struct writer *w, uint32_t key)
{
    static const char *const words[2][2] = {{"1", "2"}, {"a", "b"}};

    return words[is_party(w)][key % 3 == 0];
}

static void debezium_head(struct writer *w)
{
    gb_buf_printf(&w->text,
                  "{\"source\":{\"schema\":\"s\",\"table\":\"t\",\"lsn\":%lld,"
                  "\"snapshot\":\"%s\"},\"op\":",
                  (long long)w->position, w->position < 5 ? "true" : "false");
}

static void canal_head(struct writer *w, const char *type)
{
    gb_buf_printf(&w->text,
                  "{\"database\":\"s\",\"table\":\"t\",\"es\":%lld,\"isDdl\":false,"
                  "\"type\":\"%s\",\"old\":null,\"data\":[",
                  (long long)w->position, type);
}

/* How a put goes: mostly the next version; some of each thing that can be wrong. */
static void put_row(struct writer *w, uint32_t key)
{
    struct source_row *row = &w->rows[w->message->stream][key];
    struct source_row shown;
    uint32_t how = pick(w, 100);
    enum gb_verdict verdict = GB_ACCEPTED;
    const char *state;
    const char *category = category_word(w, key);

    if (how < 80 || !row->exists) {
        row->version++;
        row->state = pick(w, 4);
        row->exists = true;
    }
    shown = *row;
    state = state_word(&shown);
    if (how >= 86 && how < 91) {
        shown.version -= 1 + pick(w, 3); /* stale */
    } else if (how >= 91 && how < 94) {
        category = "secret";
        verdict = GB_REFUSED;
    } else if (how >= 94 && how < 97) {
        state = "zz"; /* dead in the core: the door takes it */
    } else if (how >= 97) {
        category = "9";
    }
    image(w, key, &shown, state, category);
    expect(w, lane_of_town(w, shown.town), verdict);
    if (how < 91) {
        expect_put(w, key, &shown, *state);
    }
}

static void move_row(struct writer *w, uint32_t key)
{
    struct source_row *row = &w->rows[w->message->stream][key];
    struct source_row before = *row;

    row->town = (row->town + 1) % SIM_TOWNS;
    row->version++;
    debezium_head(w);
    gb_buf_printf(&w->text, "\"u\",\"before\":");
    image(w, key, &before, state_word(&before), category_word(w, key));
    gb_buf_printf(&w->text, ",\"after\":");
    image(w, key, row, state_word(row), category_word(w, key));
    gb_buf_add_char(&w->text, '}');
    expect(w, lane_of_town(w, before.town), GB_ACCEPTED);
    expect(w, lane_of_town(w, row->town), GB_ACCEPTED);
    expect_gone(w, key, &before);
    expect_put(w, key, row, *state_word(row));
}

static void delete_row(struct writer *w, uint32_t key)
{
    struct source_row *row = &w->rows[w->message->stream][key];

    row->exists = false;
    if (is_party(w)) {
        debezium_head(w);
        gb_buf_printf(&w->text, "\"d\",\"after\":null,\"before\":");
    } else {
        canal_head(w, "DELETE");
    }
    image(w, key, row, state_word(row), category_word(w, key));
    gb_buf_printf(&w->text, is_party(w) ? "}" : "]}");
    expect(w, lane_of_town(w, row->town), GB_ACCEPTED);
    expect_gone(w, key, row);
}

static void put_rows(struct writer *w, uint32_t key)
{
    uint32_t more = pick(w, 4) == 0 ? 1 + pick(w, 2) : 0;

    if (is_party(w)) {
        debezium_head(w);
        gb_buf_printf(&w->text, "\"c\",\"before\":null,\"after\":");
        put_row(w, key);
        gb_buf_add_char(&w->text, '}');
        return;
    }
    canal_head(w, "INSERT");
    put_row(w, key);
    for (uint32_t i = 1; i <= more; i++) {
        gb_buf_add_char(&w->text, ',');
        put_row(w, (key + i) % w->keys);
    }
    gb_buf_printf(&w->text, "]}");
}

static void write_message(struct writer *w)
{
    uint32_t how = pick(w, 100);
    uint32_t key = pick(w, w->keys);
    struct source_row *row = &w->rows[w->message->stream][key];

    gb_buf_clear(&w->text);
    w->position++;
    if (how < 4) {
        gb_buf_printf(&w->text, "{\"broken\":%u", key);
        expect(w, lane_of_stream(w), GB_DEAD);
    } else if (how < 7) {
        gb_buf_printf(&w->text,
                      is_party(w) ? "{\"op\":\"m\",\"x\":%u}"
                                  : "{\"type\":\"QUERY\",\"database\":\"\",\"table\":\"\","
                                    "\"x\":%u}",
                      key);
        expect(w, lane_of_stream(w), GB_IGNORED);
    } else if (how < 14 && row->exists) {
        delete_row(w, key);
    } else if (how < 20 && row->exists && is_party(w)) {
        move_row(w, key);
    } else {
        put_rows(w, key);
    }
    w->message->value = sim_copy(w->sim, gb_buf_str(&w->text));
    w->message->key = GB_STR("k");
}

static void activate(struct writer *w, uint32_t number)
{
    gb_buf_clear(&w->text);
    gb_buf_printf(&w->text, "{\"bundle\":\"%.*s\"}",
                  GB_STR_ARG(sim_bundle_policy(number)->hash));
    w->message->value = sim_copy(w->sim, gb_buf_str(&w->text));
    w->message->key = GB_STR("p");
}

/* The activation of a policy, then everything else, spread over most of phase 1; another policy in
 * the middle of it. */
static void place(struct writer *w, uint32_t at)
{
    struct sim *sim = w->sim;
    struct sim_message *m = w->message;

    w->random = sim->plan.seed * 0x9e3779b97f4a7c15U + at;
    (void)sim_mix(&w->random);
    m->at = SIM_SECOND / 2 + ((sim->plan.faults_us - sim->plan.pause_us) * 3 / 4) * at /
                                 (int64_t)sim->plan.records;
    m->at += at > sim->plan.records / 2 ? sim->plan.pause_us : 0;
    if (at == 0) {
        m->at = SIM_MS;
        activate(w, 0);
    } else if (at % 90 == 0 && sim->plan.policies > 1) {
        activate(w, at / 90 % SIM_POLICIES_MAX);
    } else if (pick(w, 100) < sim->plan.decisions) {
        m->stream = sim_desk_stream(sim);
        m->is_decision = true;
    } else {
        m->stream = 1 + pick(w, sim->plan.streams - 2);
        write_message(w);
    }
}

void sim_town(struct sim *sim)
{
    static const char *const topics[] = {"gb.policy.in", "party.t", "grid.t", "party.t", "grid.t"};
    struct writer w = {.sim = sim, .keys = 8 + (uint32_t)(sim->plan.seed % 25)};
    uint32_t total = sim->plan.records + 1;

    for (uint32_t s = 0; s < sim->plan.streams; s++) {
        const char *topic = s == sim_desk_stream(sim) ? "gb.decision.in" : topics[s];

        sim->streams[s].topic = gb_str_of(topic);
        sim->streams[s].partition = s > 2 && s < sim_desk_stream(sim) ? 1 : 0;
        sim->streams[s].id = gb_arena_printf(&sim->arena, SIM_CLUSTER "/%s/%d", topic,
                                             (int)sim->streams[s].partition);
        sim->streams[s].messages = gb_arena_take(&sim->arena, total * sizeof(struct sim_message *));
        for (uint32_t k = 0; k < SIM_KEYS_MAX; k++) {
            w.rows[s][k] = (struct source_row){.town = k % SIM_TOWNS, .version = 10};
        }
    }
    sim->messages = gb_arena_take(&sim->arena, total * sizeof(sim->messages[0]));
    for (uint32_t i = 0; i < total; i++) {
        struct sim_stream *stream;

        w.message = &sim->messages[i];
        place(&w, i);
        stream = &sim->streams[w.message->stream];
        w.message->offset = stream->total;
        stream->messages[stream->total++] = w.message;
    }
    gb_buf_close(&w.text);
}
