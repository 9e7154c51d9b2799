/* The fakes alone, by script (gridbridge-sim --script): tests/claims/fakes.py sends the same
 * operations to real servers and compares the answers.
 *
 * A line is an operation, its words split by blanks; the answers are lines up to one that is ".".
 * Connections and producers are numbered from 0, and so are lanes. PostgreSQL:
 *
 *   new                         forgets everything
 *   claim C L                   BEGIN, the claim, COMMIT in one piece
 *   open C L EPOCH FROM INDEX LINES ROW...   BEGIN, the fence, a chunk, the rows; no COMMIT
 *   close C                     COMMIT
 *   floor C L EPOCH N, halt C L EPOCH        one piece each
 *   drop C                      the client closes the connection; the next is another backend
 *   end C                       pg_terminate_backend of the connection's backend, by another
 *   wait                        longer than any lock_timeout
 *   row L, load L SINCE, fetch L KEY... [= EVIDENCE...], outbox L FROM, kept L
 *
 * ROW is table/key/matter/live/evidence/reports, lists with commas, "-" for nothing; table/key/- is
 * a deletion. Answers of transactions: "C status", or "C waits" while it waits for the row.
 * Kafka, one transactional id a lane:
 *
 *   init P L, send P TOPIC KEY, commit P, abort P, expire, log L TOPIC */
#include <stdlib.h>

#include "base/check.h"
#include "sim/sim.h"

#define CONNECTIONS 8
#define WORDS_MAX 64
#define LOCK_US 1000 /* both time-outs; a script waits longer than that */

struct script {
    struct sim *sim;
    struct sim_tx *tx[CONNECTIONS]; /* under way */
    uint64_t backends[CONNECTIONS];
    bool is_told[CONNECTIONS];
    uint64_t producers[CONNECTIONS];
    uint32_t producer_lanes[CONNECTIONS];
    char *words[WORDS_MAX];
    uint32_t count;
};

static struct gb_str text_of(struct script *s, const char *text)
{
    return sim_copy(s->sim, gb_str_of(text));
}

static int64_t number(const struct script *s, uint32_t at)
{
    GB_CHECK(at < s->count);
    return strtoll(s->words[at], NULL, 10);
}

/* ---- time: what is due within the moment, or with all lock time-outs ---- */

static void run_until(struct sim *sim, int64_t until)
{
    while (sim->queue.count > 0 && sim->queue.items[0]->at <= until) {
        (void)sim_next(sim);
    }
    sim->now = until;
}

/* ---- a world without daemons ---- */

static void begin(struct script *s)
{
    struct sim *sim = calloc(1, sizeof(*sim));

    GB_CHECK(sim != NULL);
    sim->plan = (struct sim_plan){.seed = 1, .lanes = 2, .streams = 3, .mode =
                                      GB_PUBLISH_TRANSACTIONAL};
    sim->sleeper = SIM_NOBODY;
    gb_arena_init(&sim->arena, (size_t)1 << 30);
    *s = (struct script){.sim = sim};
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        s->backends[c] = ++sim->numbers;
    }
    for (uint32_t l = 0; l < SIM_LANES_MAX; l++) {
        for (uint32_t t = 0; t < GB_TOPIC_COUNT; t++) {
            sim->logs[l][t].broken = UINT64_MAX;
        }
    }
}

static void end(struct script *s)
{
    struct sim *sim = s->sim;

    if (sim == NULL) {
        return;
    }
    sim_check_close(sim);
    sim_log_close(sim);
    sim_pg_close(sim);
    sim_queue_close(sim);
    gb_arena_close(&sim->arena);
    free(sim);
}

/* ---- PostgreSQL ---- */

static const char *word_of(const struct script *s, const struct sim_tx *tx)
{
    if (!tx->is_answered) {
        return s->sim->pg[tx->lane].holder == tx ? "holds" : "waits";
    }
    switch ((int)tx->status) {
    case GB_OK:
        return "ok";
    case GB_FENCED:
        return "fenced";
    case GB_BUSY:
        return "busy";
    case GB_BUG:
        return "twice";
    default:
        return "lost";
    }
}

/* What has become of each transaction since it was last told. */
static void tell(struct script *s)
{
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        const struct sim_tx *tx = s->tx[c];

        if (tx == NULL || (s->is_told[c] && !tx->is_answered)) {
            continue;
        }
        s->is_told[c] = true;
        if (tx->is_answered) {
            s->tx[c] = NULL;
            s->is_told[c] = false;
        }
        if (tx->is_complete) {
            (void)printf("%u %s\n", c, word_of(s, tx));
        }
    }
}

static struct sim_tx *make(struct script *s, enum sim_tx_kind kind)
{
    uint32_t c = (uint32_t)number(s, 1);
    struct sim_tx *tx = gb_arena_take(&s->sim->arena, sizeof(*tx));

    GB_CHECK(c < CONNECTIONS && s->tx[c] == NULL);
    *tx = (struct sim_tx){.kind = kind,
                          .lane = (uint32_t)number(s, 2),
                          .daemon = c % SIM_DAEMONS_MAX,
                          .incarnation = c,
                          .backend = s->backends[c],
                          .wait_us = LOCK_US};
    s->tx[c] = tx;
    s->is_told[c] = false;
    return tx;
}

static void send_whole(struct script *s, struct sim_tx *tx)
{
    tx->is_complete = true;
    sim_tx_arrive(s->sim, tx);
}

static uint32_t split(char *text, char mark, char **parts, uint32_t size)
{
    uint32_t count = 0;

    while (text != NULL && count < size) {
        char *next = strchr(text, mark);

        if (next != NULL) {
            *next++ = '\0';
        }
        parts[count++] = text;
        text = next;
    }
    return count;
}

static struct gb_str reports_of(struct script *s, const char *text)
{
    struct gb_buf out = {0};
    struct gb_str kept;

    gb_buf_printf(&out, "{\"");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ',') {
            gb_buf_printf(&out, "\",\"");
        } else {
            gb_buf_add_char(&out, *at);
        }
    }
    gb_buf_printf(&out, "\"}");
    kept = sim_copy(s->sim, gb_buf_str(&out));
    gb_buf_close(&out);
    return kept;
}

static void read_row(struct script *s, char *text, struct gb_row *row)
{
    char *parts[6] = {NULL};
    char *evidence[8];
    uint32_t count = split(text, '/', parts, 6);
    int64_t *numbers = gb_arena_take(&s->sim->arena, sizeof(numbers[0]) * 8);

    GB_CHECK(count == 6 || count == 3);
    row->table = (enum gb_table)strtol(parts[0], NULL, 10);
    row->key = text_of(s, parts[1]);
    row->is_deleted = count == 3;
    if (row->is_deleted) {
        return;
    }
    row->row = GB_STR("{\"index\":1}");
    row->matter = strcmp(parts[2], "-") == 0 ? GB_STR_NONE : text_of(s, parts[2]);
    row->live_until = strtoll(parts[3], NULL, 10);
    if (strcmp(parts[4], "-") != 0) {
        row->evidence_count = split(parts[4], ',', evidence, 8);
        for (uint32_t i = 0; i < row->evidence_count; i++) {
            numbers[i] = strtoll(evidence[i], NULL, 10);
        }
        row->evidence = numbers;
    }
    if (row->table == GB_TABLE_RULING) {
        row->matter = reports_of(s, parts[5]);
    }
}

static void open_commit(struct script *s)
{
    struct sim_tx *tx = make(s, SIM_TX_COMMIT);
    struct gb_commit *commit = gb_arena_take(&s->sim->arena, sizeof(*commit));
    struct gb_rows *rows = gb_arena_take(&s->sim->arena, sizeof(*rows));
    int64_t lines = number(s, 6);

    commit->epoch = number(s, 3);
    commit->from_offset = number(s, 4);
    commit->from_index = (uint64_t)number(s, 5);
    commit->to_offset = commit->from_offset + lines;
    commit->to_index = commit->from_index + (uint64_t)lines;
    commit->after = s->sim->pg[tx->lane].row;
    commit->after.next_offset = commit->to_offset;
    commit->after.next_index = commit->to_index;
    commit->after.floor_index = 0;
    commit->outbox = GB_STR("x");
    rows->items = gb_arena_take(&s->sim->arena, (s->count + 1) * sizeof(rows->items[0]));
    for (uint32_t i = 7; i < s->count; i++) {
        read_row(s, s->words[i], &rows->items[rows->count++]);
    }
    commit->rows = rows;
    tx->commit = commit;
    sim_tx_arrive(s->sim, tx);
}

static void send_short(struct script *s, enum sim_tx_kind kind)
{
    struct sim_tx *tx = make(s, kind);

    if (kind != SIM_TX_CLAIM) {
        tx->epoch = number(s, 3);
        tx->reason = GB_STR("by_script");
        tx->floor = gb_arena_take(&s->sim->arena, sizeof(*tx->floor));
        tx->floor->floor_index = kind == SIM_TX_FLOOR ? (uint64_t)number(s, 4) : 0;
    }
    send_whole(s, tx);
}

/* The client is gone: nobody hears an answer. */
static void drop(struct script *s, bool is_ended)
{
    uint32_t c = (uint32_t)number(s, 1);

    if (is_ended) {
        sim_pg_terminate(s->sim, s->tx[c] != NULL ? s->tx[c]->lane : 0, s->backends[c]);
    } else {
        sim_pg_hang_up(s->sim, s->backends[c]);
    }
    s->tx[c] = NULL;
    s->backends[c] = ++s->sim->numbers;
}

static void tell_row(const struct script *s)
{
    const struct sim_pg_lane *lane = &s->sim->pg[number(s, 1)];

    if (lane->exists) {
        (void)printf("epoch %lld offset %lld index %llu floor %llu %s\n",
                     (long long)lane->row.epoch, (long long)lane->row.next_offset,
                     (unsigned long long)lane->row.next_index,
                     (unsigned long long)lane->row.floor_index,
                     lane->row.is_halted ? "halted" : "running");
    }
}

static int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each row once, whatever its order. */
static void tell_rows(struct script *s, const struct gb_stored_row *rows, uint32_t count)
{
    char **lines = gb_arena_take(&s->sim->arena, (count + 1) * sizeof(lines[0]));

    for (uint32_t i = 0; i < count; i++) {
        lines[i] = (char *)(uintptr_t)gb_arena_printf(&s->sim->arena, "%d/%.*s",
                                                      (int)rows[i].row.table,
                                                      GB_STR_ARG(rows[i].row.key))
                       .ptr;
    }
    qsort(lines, count, sizeof(lines[0]), by_line);
    for (uint32_t i = 0; i < count; i++) {
        (void)printf("%s\n", lines[i]);
    }
}

static void tell_load(struct script *s)
{
    const struct sim_table *table = &s->sim->pg[number(s, 1)].table;
    uint32_t count;
    struct gb_stored_row *rows = sim_table_load(s->sim, table, number(s, 2), &count);

    tell_rows(s, rows, count);
}

static void tell_fetch(struct script *s)
{
    struct gb_str *keys = gb_arena_take(&s->sim->arena, WORDS_MAX * sizeof(keys[0]));
    int64_t *evidence = gb_arena_take(&s->sim->arena, WORDS_MAX * sizeof(evidence[0]));
    struct sim_fetch fetch = {.keys = keys, .evidence = evidence};
    struct gb_stored_row *rows;
    bool is_evidence = false;
    uint32_t count;

    for (uint32_t i = 2; i < s->count; i++) {
        if (strcmp(s->words[i], "=") == 0) {
            is_evidence = true;
        } else if (is_evidence) {
            evidence[fetch.evidence_count++] = number(s, i);
        } else {
            keys[fetch.count++] = text_of(s, s->words[i]);
        }
    }
    rows = sim_table_fetch(s->sim, &s->sim->pg[number(s, 1)].table, &fetch, &count);
    tell_rows(s, rows, count);
}

static void tell_outbox(const struct script *s)
{
    const struct sim_pg_lane *lane = &s->sim->pg[number(s, 1)];

    for (uint32_t i = 0; i < lane->chunks_count; i++) {
        if (lane->chunks[i]->to_index > (uint64_t)number(s, 2)) {
            (void)printf("%llu %llu\n", (unsigned long long)lane->chunks[i]->from_index,
                         (unsigned long long)lane->chunks[i]->to_index);
        }
    }
}

static void tell_kept(struct script *s)
{
    const struct sim_table *table = &s->sim->pg[number(s, 1)].table;
    struct gb_stored_row *rows =
        gb_arena_take(&s->sim->arena, (table->kept_count + 1) * sizeof(rows[0]));

    for (uint32_t i = 0; i < table->kept_count; i++) {
        rows[i].row.key = table->kept[i].id;
    }
    tell_rows(s, rows, table->kept_count);
}

static bool do_postgres(struct script *s)
{
    const char *word = s->words[0];

    if (strcmp(word, "claim") == 0) {
        send_short(s, SIM_TX_CLAIM);
    } else if (strcmp(word, "floor") == 0) {
        send_short(s, SIM_TX_FLOOR);
    } else if (strcmp(word, "halt") == 0) {
        send_short(s, SIM_TX_HALT);
    } else if (strcmp(word, "open") == 0) {
        open_commit(s);
    } else if (strcmp(word, "close") == 0) {
        sim_tx_complete(s->sim, s->tx[number(s, 1)]);
        s->is_told[number(s, 1)] = false;
    } else if (strcmp(word, "drop") == 0 || strcmp(word, "end") == 0) {
        drop(s, word[0] == 'e');
    } else if (strcmp(word, "row") == 0) {
        tell_row(s);
    } else if (strcmp(word, "load") == 0) {
        tell_load(s);
    } else if (strcmp(word, "fetch") == 0) {
        tell_fetch(s);
    } else if (strcmp(word, "outbox") == 0) {
        tell_outbox(s);
    } else if (strcmp(word, "kept") == 0) {
        tell_kept(s);
    } else {
        return strcmp(word, "wait") == 0;
    }
    return true;
}

/* ---- Kafka ---- */

static void send_message(struct script *s)
{
    uint32_t p = (uint32_t)number(s, 1);
    struct gb_message *m = gb_arena_take(&s->sim->arena, sizeof(*m));

    m->topic = (enum gb_topic)number(s, 2);
    m->key = text_of(s, s->words[3]);
    m->value = m->key;
    (void)printf("%s\n", sim_log_append(s->sim, s->producer_lanes[p], s->producers[p], m)
                             ? "ok"
                             : "fenced");
}

/* What a read_committed reader sees with its offsets, and where the partition ends. */
static void tell_log(const struct script *s)
{
    const struct sim_log *log = &s->sim->logs[number(s, 1)][number(s, 2)];
    int64_t stable = sim_log_stable(log);

    for (uint32_t i = 0; i < stable; i++) {
        if (log->entries[i].state == SIM_VISIBLE) {
            (void)printf("%u %.*s\n", i, GB_STR_ARG(log->entries[i].message->key));
        }
    }
    (void)printf("stable %lld end %u\n", (long long)stable, log->count);
}

static bool do_kafka(struct script *s)
{
    const char *word = s->words[0];
    uint32_t p = s->count > 1 ? (uint32_t)number(s, 1) : 0;

    if (strcmp(word, "init") == 0) {
        s->producer_lanes[p] = (uint32_t)number(s, 2);
        s->producers[p] = sim_coordinator_init(s->sim, s->producer_lanes[p]);
    } else if (strcmp(word, "send") == 0) {
        send_message(s);
    } else if (strcmp(word, "commit") == 0 || strcmp(word, "abort") == 0) {
        (void)printf("%s\n", sim_log_end(s->sim, s->producer_lanes[p], s->producers[p],
                                         word[0] == 'c')
                                 ? "ok"
                                 : "fenced");
    } else if (strcmp(word, "expire") == 0) {
        run_until(s->sim, s->sim->now + 20 * SIM_SECOND);
    } else if (strcmp(word, "log") == 0) {
        tell_log(s);
    } else {
        return false;
    }
    return true;
}

int sim_script(void)
{
    struct script s = {0};
    char line[4096];
    bool is_wait;

    begin(&s);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        s.count = split(line, ' ', s.words, WORDS_MAX);
        is_wait = strcmp(s.words[0], "wait") == 0;
        if (strcmp(s.words[0], "new") == 0) {
            end(&s);
            begin(&s);
        } else if (!do_postgres(&s) && !do_kafka(&s)) {
            (void)fprintf(stderr, "gridbridge-sim: unknown operation %s\n", s.words[0]);
            return 2;
        }
        run_until(s.sim, s.sim->now + (is_wait ? 2 * LOCK_US : 10));
        tell(&s);
        (void)printf(".\n");
        (void)fflush(stdout);
    }
    end(&s);
    return 0;
}
