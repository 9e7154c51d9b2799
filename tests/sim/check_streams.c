/* A1 and A2: a model of writers, streams and books, kept apart from the core's. The ledger's lines,
 * taken in order, must bring each row of the truth once, in the order of its stream; each writer's
 * ticks must chain and say how many records it sent; the books must say the same. */
#include <stdlib.h>

#include "base/check.h"
#include "codec/json.h"
#include "sim/ledger.h"

#define SESSIONS_MAX 512

/* What a writer sent of one stream since its last tick, by what became of it. */
struct counts {
    int64_t sent, again, refused, ignored, dead, taken;
    int64_t orphaned; /* of sent: another writer's tick covered the stream before this one's */
};

struct session {
    struct gb_str id;
    int64_t next;
    bool is_refused;
    struct counts pending[SIM_STREAMS_MAX];
    int64_t to[SIM_STREAMS_MAX]; /* end of its last interval, -1: none */
};

struct model {
    struct sim *sim;
    uint32_t lane;
    struct session sessions[SESSIONS_MAX];
    uint32_t sessions_count;
    uint32_t message[SIM_STREAMS_MAX], row[SIM_STREAMS_MAX]; /* next of the truth */
    int64_t to[SIM_STREAMS_MAX];                             /* end of all intervals */
    int64_t mark_offset[SIM_STREAMS_MAX], mark_index[SIM_STREAMS_MAX];
    struct counts books;
};

static uint32_t stream_of(const struct sim *sim, struct gb_str id)
{
    uint32_t s = 0;

    while (s < sim->plan.streams && !gb_str_eq(sim->streams[s].id, id)) {
        s++;
    }
    return s;
}

static struct session *session_of(struct model *m, struct gb_str id)
{
    struct session *s;

    for (uint32_t i = m->sessions_count; i > 0; i--) {
        if (gb_str_eq(m->sessions[i - 1].id, id)) {
            return &m->sessions[i - 1];
        }
    }
    GB_CHECK(m->sessions_count < SESSIONS_MAX);
    s = &m->sessions[m->sessions_count++];
    s->id = id;
    for (uint32_t i = 0; i < SIM_STREAMS_MAX; i++) {
        s->to[i] = -1;
    }
    return s;
}

/* Moves on to the next row of the truth that belongs into this lane; false at the end. */
static bool find_next(struct model *m, uint32_t s)
{
    const struct sim_stream *stream = &m->sim->streams[s];

    while (m->message[s] < stream->total) {
        const struct sim_message *message = stream->messages[m->message[s]];

        if (s == 0 && m->row[s] == 0) {
            return true; /* the policy goes to every lane */
        }
        while (m->row[s] < message->rows_count) {
            if (message->rows[m->row[s]].lane == m->lane) {
                return true;
            }
            m->row[s]++;
        }
        m->message[s]++;
        m->row[s] = 0;
    }
    return false;
}

/* The first delivery of a row: it must be the next one of the truth. */
static void take_row(struct model *m, const struct gb_record *rec, uint32_t s, struct counts *c)
{
    const struct sim_message *message;
    enum gb_verdict verdict = GB_ACCEPTED;

    if (!find_next(m, s) || rec->src.offset != (int64_t)m->message[s] ||
        rec->src.index != (int32_t)m->row[s]) {
        sim_fail(m->sim, SIM_INV_A1,
                 "lane %u stream %u: row %lld/%d was applied where %u/%u was due", m->lane, s,
                 (long long)rec->src.offset, (int)rec->src.index, m->message[s], m->row[s]);
        return;
    }
    message = m->sim->streams[s].messages[m->message[s]];
    if (s > 0) {
        verdict = message->rows[m->row[s]].verdict;
    }
    if (rec->verdict != verdict) {
        sim_fail(m->sim, SIM_INV_A2, "lane %u stream %u: row %lld/%d has verdict %d, expected %d",
                 m->lane, s, (long long)rec->src.offset, (int)rec->src.index, rec->verdict,
                 verdict);
    }
    m->row[s]++;
    c->refused += verdict == GB_REFUSED;
    c->ignored += verdict == GB_IGNORED;
    c->dead += verdict == GB_DEAD;
    c->taken += verdict == GB_ACCEPTED;
}

static void on_row(struct model *m, struct session *session, struct sim_line *line)
{
    const struct gb_record *rec = &line->record;
    struct gb_str id = gb_arena_printf(&m->sim->arena, "%.*s/%.*s/%d",
                                       GB_STR_ARG(rec->src.cluster), GB_STR_ARG(rec->src.topic),
                                       (int)rec->src.partition);
    uint32_t s = stream_of(m->sim, id);
    struct counts *c;

    if (s == m->sim->plan.streams) {
        sim_fail(m->sim, SIM_INV_A1, "lane %u: a row of the unknown stream %.*s", m->lane,
                 GB_STR_ARG(id));
        return;
    }
    c = &session->pending[s];
    c->sent++;
    if (rec->src.offset < m->mark_offset[s] ||
        (rec->src.offset == m->mark_offset[s] && rec->src.index <= m->mark_index[s])) {
        c->again++;
        return;
    }
    m->mark_offset[s] = rec->src.offset;
    m->mark_index[s] = rec->src.index;
    line->is_taken = true;
    take_row(m, rec, s, c);
}

/* Writers first seen before this one lose what no tick of theirs has covered: it is sent again. */
static void orphan(struct model *m, const struct session *session, uint32_t s)
{
    for (struct session *old = m->sessions; old < session; old++) {
        struct counts *c = &old->pending[s];

        *c = (struct counts){.sent = c->sent, .orphaned = c->sent};
    }
}

static void on_interval(struct model *m, struct session *session, const struct gb_value *item)
{
    struct gb_str id = gb_value_str(item, GB_STR("id"));
    uint32_t s = stream_of(m->sim, id);
    int64_t from = gb_value_int(item, GB_STR("from"), -1);
    int64_t to = gb_value_int(item, GB_STR("to"), -1);
    struct counts *c;

    if (s == m->sim->plan.streams) {
        sim_fail(m->sim, SIM_INV_A1, "lane %u: a tick of the unknown stream %.*s", m->lane,
                 GB_STR_ARG(id));
        return;
    }
    c = &session->pending[s];
    if (to < from || from > m->to[s] || (session->to[s] >= 0 && from != session->to[s])) {
        sim_fail(m->sim, SIM_INV_A1,
                 "lane %u stream %u: interval %lld to %lld; known to %lld, this writer to %lld",
                 m->lane, s, (long long)from, (long long)to, (long long)m->to[s],
                 (long long)session->to[s]);
    }
    if (gb_value_int(item, GB_STR("sent"), -1) != c->sent) {
        sim_fail(m->sim, SIM_INV_A2, "lane %u stream %u: a tick says %lld sent, %lld came",
                 m->lane, s, (long long)gb_value_int(item, GB_STR("sent"), -1),
                 (long long)c->sent);
    }
    session->to[s] = to;
    m->to[s] = to > m->to[s] ? to : m->to[s];
    orphan(m, session, s);
    m->books.sent += c->sent - c->orphaned;
    m->books.again += c->again;
    m->books.refused += c->refused;
    m->books.ignored += c->ignored;
    m->books.dead += c->dead;
    m->books.taken += c->taken;
    *c = (struct counts){0};
}

static void on_line(struct model *m, struct sim_line *line)
{
    const struct gb_record *rec = &line->record;
    struct session *session = session_of(m, rec->session);
    const struct gb_value *streams = gb_value_get(&rec->fields, GB_STR("streams"));

    if (session->is_refused || rec->n != session->next) {
        session->is_refused = true; /* a jump: everything behind it comes again elsewhere */
        return;
    }
    session->next++;
    if (rec->kind != GB_KIND_TICK) {
        on_row(m, session, line);
        return;
    }
    for (uint32_t i = 0; streams != NULL && i < streams->count; i++) {
        on_interval(m, session, &streams->items[i]);
    }
}

static void check_whole(struct model *m)
{
    const struct sim *sim = m->sim;

    for (uint32_t s = 0; s < sim->plan.streams; s++) {
        if (find_next(m, s)) {
            sim_fail(m->sim, SIM_INV_A1, "lane %u stream %u: row %u/%u never came", m->lane, s,
                     m->message[s], m->row[s]);
        } else if (m->to[s] != sim->streams[s].total) {
            sim_fail(m->sim, SIM_INV_A1, "lane %u stream %u: intervals end at %lld, not %u",
                     m->lane, s, (long long)m->to[s], sim->streams[s].total);
        }
    }
}

/* The sums of the books, and whether the core itself thinks that they balance. */
static void check_books(struct model *m)
{
    static const char *const names[] = {"received", "applied", "unchanged",
                                        "refused",  "dead",    "ignored"};
    const struct sim_table *table = &m->sim->pg[m->lane].table;
    const struct counts *want = &m->books;
    int64_t sums[6] = {0};

    for (uint32_t i = 0; i < table->count; i++) {
        const struct gb_row *row = &table->slots[i]->row;
        struct gb_value value;
        struct gb_err err;

        if (row->is_deleted || (row->table != GB_TABLE_BOOK && row->table != GB_TABLE_LANE_STATE)) {
            continue;
        }
        GB_CHECK(gb_json_parse(&m->sim->arena, row->row, &value, &err) == GB_OK);
        for (int n = 0; n < 6 && row->table == GB_TABLE_BOOK; n++) {
            sums[n] += gb_value_int(&value, gb_str_of(names[n]), 0);
        }
        if (gb_str_is(gb_value_str(&value, GB_STR("stream")))) {
            sim_fail(m->sim, SIM_INV_A2, "lane %u is out of balance: %.*s", m->lane,
                     GB_STR_ARG(row->row));
        }
    }
    if (sums[0] != want->sent || sums[3] != want->refused || sums[5] != want->ignored ||
        sums[2] < want->again || sums[4] < want->dead ||
        sums[1] + sums[2] + sums[4] != want->again + want->dead + want->taken) {
        sim_fail(m->sim, SIM_INV_A2,
                 "lane %u books: received %lld/%lld applied %lld unchanged %lld/>=%lld refused "
                 "%lld/%lld dead %lld/>=%lld ignored %lld/%lld (stored/model)",
                 m->lane, (long long)sums[0], (long long)want->sent, (long long)sums[1],
                 (long long)sums[2], (long long)want->again, (long long)sums[3],
                 (long long)want->refused, (long long)sums[4], (long long)want->dead,
                 (long long)sums[5], (long long)want->ignored);
    }
}

void sim_streams_check(struct sim *sim, const struct sim_ledger *ledger)
{
    struct model *m = calloc(1, sizeof(*m));

    GB_CHECK(m != NULL);
    m->sim = sim;
    m->lane = ledger->lane;
    for (uint32_t s = 0; s < SIM_STREAMS_MAX; s++) {
        m->mark_offset[s] = -1;
    }
    for (uint32_t i = 0; i < ledger->count && !sim->failure.is_set; i++) {
        on_line(m, &ledger->lines[i]);
    }
    if (!sim->pg[ledger->lane].row.is_halted && !sim->failure.is_set) {
        check_whole(m);
        check_books(m);
    }
    free(m);
}
