/* The checker while a run goes on: epochs and offsets never decrease (A3), chunks follow each other
 * (B1), outputs are numbered without gaps, and what readers see is a prefix of the outbox with the
 * same bytes (C1), never ahead of it (C2). It reads tables and topics, and asks no lane. */
#include <stdlib.h>

#include "base/check.h"
#include "sim/ledger.h"

#define TOLD_LINES_MAX 30

/* ---- a reader of one canonical JSON line, of its own ---- */

struct cursor {
    const char *at, *end;
    bool is_bad;
};

static void eat(struct cursor *c, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len) != 0) {
        c->is_bad = true;
        return;
    }
    c->at += len;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* One character of a JSON string; -1 at its end or where it is broken. */
static int next_char(struct cursor *c)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (c->at >= c->end || *c->at == '"') {
        return -1;
    }
    if (*c->at != '\\') {
        return (unsigned char)*c->at++;
    }
    found = c->end - c->at > 1 ? strchr(from, c->at[1]) : NULL;
    if (found != NULL) {
        c->at += 2;
        return (unsigned char)to[found - from];
    }
    if (c->end - c->at > 5 && c->at[1] == 'u') {
        int code = hex_digit(c->at[4]) * 16 + hex_digit(c->at[5]);

        c->at += 6;
        return code < 32 ? code : -1;
    }
    return -1;
}

/* Eats a string that must say what is expected. */
static void eat_string(struct cursor *c, struct gb_str expected)
{
    eat(c, "\"");
    for (size_t i = 0; i < expected.len && !c->is_bad; i++) {
        if (next_char(c) != (unsigned char)expected.ptr[i]) {
            c->is_bad = true;
        }
    }
    eat(c, "\"");
}

static int64_t eat_number(struct cursor *c)
{
    int64_t number = 0;

    if (c->at >= c->end || *c->at < '0' || *c->at > '9') {
        c->is_bad = true;
    }
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        number = number * 10 + (*c->at++ - '0');
    }
    return number;
}

static struct gb_str header_of(const struct gb_message *m, struct gb_str name)
{
    for (uint32_t h = 0; h < m->headers_count; h++) {
        if (gb_str_eq(m->headers[h].name, name)) {
            return m->headers[h].value;
        }
    }
    return GB_STR("");
}

static int64_t number_of(struct gb_str text)
{
    struct cursor c = {text.ptr, text.ptr + text.len, false};
    int64_t number = eat_number(&c);

    return c.is_bad ? -1 : number;
}

/* True if the message says, byte for byte, what the outbox line says. */
static bool is_same(const struct gb_message *m, struct gb_str line)
{
    struct cursor c = {line.ptr, line.ptr + line.len, false};
    struct gb_str value = gb_str_is(m->value) ? m->value : GB_STR("null");

    eat(&c, "{\"headers\":[");
    for (uint32_t h = 0; h < m->headers_count && !c.is_bad; h++) {
        eat(&c, h == 0 ? "[" : ",[");
        eat_string(&c, m->headers[h].name);
        eat(&c, ",");
        eat_string(&c, m->headers[h].value);
        eat(&c, "]");
    }
    eat(&c, "],\"key\":");
    eat_string(&c, m->key);
    eat(&c, ",\"pos\":");
    eat_string(&c, header_of(m, GB_STR("gb_pos")));
    eat(&c, ",\"seq\":");
    if (eat_number(&c) != number_of(header_of(m, GB_STR("gb_seq")))) {
        return false;
    }
    eat(&c, ",\"topic\":");
    eat_string(&c, sim_topics()->words[m->topic]);
    eat(&c, ",\"value\":");
    return !c.is_bad && (size_t)(c.end - c.at) == value.len + 1 &&
           memcmp(c.at, value.ptr, value.len) == 0;
}

/* ---- the tables ---- */

void sim_check_claimed(struct sim *sim, uint32_t lane)
{
    const struct gb_lane_row *row = &sim->pg[lane].row;

    if (row->epoch <= sim->check.epochs[lane]) {
        sim_fail(sim, SIM_INV_A3, "lane %u: epoch %lld follows %lld", lane, (long long)row->epoch,
                 (long long)sim->check.epochs[lane]);
    }
    sim->check.epochs[lane] = row->epoch;
    sim->check.send_failures[lane] = 0;
}

/* The topic and the number of an outbox line; false where it has none. */
static bool read_place(struct gb_str line, enum gb_topic *topic, int64_t *seq)
{
    const char *at = memmem(line.ptr, line.len, ",\"seq\":", 7);
    struct cursor c = {at, line.ptr + line.len, at == NULL};

    if (at == NULL) {
        return false;
    }
    eat(&c, ",\"seq\":");
    *seq = eat_number(&c);
    eat(&c, ",\"topic\":\"");
    for (int t = 0; t < GB_TOPIC_COUNT && !c.is_bad; t++) {
        struct gb_str word = sim_topics()->words[t];

        if (gb_str_is(word) && (size_t)(c.end - c.at) > word.len &&
            memcmp(c.at, word.ptr, word.len) == 0 && c.at[word.len] == '"') {
            *topic = (enum gb_topic)t;
            return true;
        }
    }
    return false;
}

/* "pos":"lane:index:ordinal". */
static struct sim_output read_position(struct gb_str line)
{
    static const char word[] = ",\"pos\":\"";
    const char *at = memmem(line.ptr, line.len, word, sizeof(word) - 1);
    struct cursor c = {at, line.ptr + line.len, at == NULL};
    struct sim_output output = {.line = line};

    eat(&c, word);
    (void)eat_number(&c);
    eat(&c, ":");
    output.index = (uint64_t)eat_number(&c);
    eat(&c, ":");
    output.ordinal = (uint32_t)eat_number(&c);
    return output;
}

static void take_output(struct sim *sim, uint32_t lane, struct gb_str line)
{
    enum gb_topic topic = GB_TOPIC_MATTER;
    int64_t seq = 0;
    struct sim_output_list *list;

    if (!read_place(line, &topic, &seq)) {
        sim_fail(sim, SIM_INV_C1, "lane %u: an outbox line without topic and number", lane);
        return;
    }
    list = &sim->check.outputs[lane][topic];
    if (seq != (int64_t)list->count + 1) {
        sim_fail(sim, SIM_INV_C1, "lane %u topic %u: gb_seq %lld follows %u in the outbox", lane,
                 topic, (long long)seq, list->count);
        return;
    }
    if (list->count < list->known && !gb_str_eq(list->items[list->count].line, line)) {
        sim_fail(sim, SIM_INV_B2, "lane %u topic %u: gb_seq %lld comes out otherwise than before",
                 lane, topic, (long long)seq);
        return;
    }
    list->items = sim_grow(sim, list->items, list->count, &list->size, sizeof(list->items[0]));
    list->items[list->count++] = read_position(line);
}

void sim_check_committed(struct sim *sim, uint32_t lane, const struct sim_chunk *chunk)
{
    const struct sim_pg_lane *pg = &sim->pg[lane];
    const struct sim_chunk *last = pg->chunks_count > 1 ? pg->chunks[pg->chunks_count - 2] : NULL;
    size_t from = 0;

    if (chunk->from_index != (last != NULL ? last->to_index : 0) ||
        chunk->from_offset != (last != NULL ? last->to_offset : 0) ||
        chunk->to_offset < chunk->from_offset) {
        sim_fail(sim, SIM_INV_B1, "lane %u: chunk of lines %llu to %llu does not follow", lane,
                 (unsigned long long)chunk->from_index, (unsigned long long)chunk->to_index);
        return;
    }
    if (pg->row.next_offset < sim->check.offsets[lane]) {
        sim_fail(sim, SIM_INV_A3, "lane %u: next_offset decreases", lane);
    }
    sim->check.offsets[lane] = pg->row.next_offset;
    if (pg->row.next_offset > sim->check.most_offsets[lane]) {
        sim->check.most_offsets[lane] = pg->row.next_offset;
    }
    for (size_t i = 0; i < chunk->outbox.len; i++) {
        if (chunk->outbox.ptr[i] == '\n') {
            take_output(sim, lane, (struct gb_str){chunk->outbox.ptr + from, i - from});
            from = i + 1;
        }
    }
    sim_check_floor(sim, lane);
    sim_check_unpublished(sim, lane);
    sim_check_clock(sim, lane);
}

/* ---- the topics, as a read_committed reader has them ---- */

static void see(struct sim *sim, uint32_t lane, const struct gb_message *m)
{
    struct sim_output_list *list = &sim->check.outputs[lane][m->topic];
    int64_t seq = number_of(header_of(m, GB_STR("gb_seq")));

    if (seq > (int64_t)list->visible + 1 && seq <= (int64_t)list->count &&
        sim->check.is_tail_lost[lane]) {
        /* Nobody could prevent it; somebody must say it, where gaps mean something. */
        sim->check.must_halt[lane] |= !gb_topic_is_state(m->topic);
        list->visible = (uint32_t)seq - 1;
    }
    if (seq > (int64_t)list->count && seq > (int64_t)list->known) {
        sim_fail(sim, SIM_INV_C2, "lane %u topic %u: gb_seq %lld is visible, durable are %u", lane,
                 m->topic, (long long)seq, list->count);
    } else if (seq < 1 || seq > (int64_t)list->visible + 1) {
        sim_fail(sim, SIM_INV_C1, "lane %u topic %u: gb_seq %lld is seen after %u: a gap", lane,
                 m->topic, (long long)seq, list->visible);
    } else if (seq <= (int64_t)list->visible && sim->plan.mode == GB_PUBLISH_TRANSACTIONAL &&
               !(sim->check.is_tail_lost[lane] && gb_topic_is_state(m->topic))) {
        sim_fail(sim, SIM_INV_C1, "lane %u topic %u: gb_seq %lld is seen again after %u", lane,
                 m->topic, (long long)seq, list->visible);
    } else if (!is_same(m, list->items[seq - 1].line)) {
        sim_fail(sim, SIM_INV_C1, "lane %u topic %u: gb_seq %lld differs from the outbox", lane,
                 m->topic, (long long)seq);
    } else if (seq == (int64_t)list->visible + 1) {
        list->visible++;
        sim_note(sim, (uint64_t)seq);
    }
}

void sim_check_visible(struct sim *sim, uint32_t lane, enum gb_topic topic)
{
    struct sim_log *log = &sim->logs[lane][topic];

    while (log->checked < log->count && log->entries[log->checked].state != SIM_OPEN) {
        const struct sim_entry *entry = &log->entries[log->checked++];

        if (entry->state == SIM_VISIBLE) {
            see(sim, lane, entry->message);
        }
    }
}

/* The tail is lost: readers that come later see less. */
void sim_check_cut(struct sim *sim, uint32_t lane, enum gb_topic topic)
{
    struct sim_log *log = &sim->logs[lane][topic];
    struct sim_output_list *list = &sim->check.outputs[lane][topic];
    int64_t last = 0;

    for (uint32_t i = 0; i < log->count; i++) {
        const struct sim_entry *e = &log->entries[i];

        if (e->state == SIM_VISIBLE || e->state == SIM_GONE) {
            int64_t seq = number_of(header_of(e->message, GB_STR("gb_seq")));

            last = seq > last ? seq : last;
        }
    }
    log->checked = log->checked < log->count ? log->checked : log->count;
    if (last < (int64_t)list->visible) {
        sim->check.is_tail_lost[lane] = true;
        list->visible = (uint32_t)last;
    }
}

/* ---- the end ---- */

/* Applied and visible, or halted for a cause. What was lost behind the last send is not noticed
 * before the next one. */
static bool is_lane_settled(const struct sim *sim, uint32_t l)
{
    const struct gb_lane_row *row = &sim->pg[l].row;

    if (row->is_halted || sim->check.must_halt[l]) {
        return row->is_halted && sim->check.is_tail_lost[l];
    }
    for (uint32_t t = 0; t < GB_TOPIC_COUNT && !sim->check.is_tail_lost[l]; t++) {
        if (sim->check.outputs[l][t].visible != sim->check.outputs[l][t].count) {
            return false;
        }
    }
    return row->next_offset == sim->intake[l].count;
}

bool sim_is_settled(struct sim *sim)
{
    if (sim->written <= sim->plan.records) {
        return false;
    }
    for (uint32_t s = 0; s < sim->plan.streams; s++) {
        if (sim->committed[s].most != sim->streams[s].total) {
            return false;
        }
    }
    for (uint32_t l = 0; l < sim->plan.lanes; l++) {
        if (!is_lane_settled(sim, l)) {
            return false;
        }
    }
    return true;
}

/* A short ledger is worth seeing whole. */
static void tell_ledger(struct sim *sim, const struct sim_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->count; i++) {
        sim_trace(sim, "  line %u: %.*s", i, GB_STR_ARG(ledger->lines[i].line));
    }
    for (uint32_t i = 0; i < sim->pg[ledger->lane].table.count; i++) {
        const struct gb_row *row = &sim->pg[ledger->lane].table.slots[i]->row;

        sim_trace(sim, "  %s %.*s %.*s: %.*s", row->is_deleted ? "gone" : "row",
                  GB_STR_ARG(gb_table_word(row->table)), GB_STR_ARG(row->key),
                  GB_STR_ARG(row->row));
    }
}

static void check_lane(struct sim *sim, uint32_t lane)
{
    static void (*const checks[])(struct sim *, const struct sim_ledger *) = {
        sim_streams_check, sim_rows_check, sim_desk_check, sim_replay_check};
    struct sim_ledger ledger = {.lane = lane};

    sim_ledger_check(sim, &ledger);
    for (size_t i = 0; i < GB_COUNT(checks) && !sim->failure.is_set; i++) {
        checks[i](sim, &ledger);
    }
    if (sim->failure.is_set && ledger.count < TOLD_LINES_MAX) {
        tell_ledger(sim, &ledger);
    }
}

void sim_check_end(struct sim *sim)
{
    for (uint32_t l = 0; l < sim->plan.lanes && !sim->failure.is_set; l++) {
        if (!sim->pg[l].exists) {
            sim_fail(sim, SIM_INV_C4, "lane %u was never claimed", l);
            return;
        }
        check_lane(sim, l);
    }
}

void sim_check_close(struct sim *sim)
{
    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            free(sim->check.outputs[l][t].items);
        }
    }
}
