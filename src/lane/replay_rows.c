/* Rows by key, and lists of rows by the matter and by the evidence that they name. */
#include "lane/replay_rows.h"

#include <stdlib.h>

#include "base/buf.h"
#include "codec/json.h"
#include "lane/limits.h"

struct entry;

/* A row's place in the list of one piece of its evidence. */
struct carrier {
    struct entry *entry;
    struct carrier *prev, *next;
};

struct list {
    struct gb_str key; /* in the same block */
    struct entry *first;
    struct carrier *carriers;
};

struct entry {
    struct gb_row row; /* its strings stand behind it in the same block */
    struct entry *next_of_matter;
    struct carrier *carriers; /* owned, one for each evidence of row */
};

static char *put(char *at, struct gb_str *s)
{
    if (!gb_str_is(*s)) {
        return at;
    }
    memcpy(at, s->ptr, s->len);
    s->ptr = at;
    return at + s->len;
}

static struct entry *entry_new(const struct gb_row *row)
{
    size_t len = row->key.len + row->row.len + row->text.len + row->matter.len;
    struct entry *entry = calloc(1, sizeof(*entry) + len + 1);
    int64_t *evidence = calloc(row->evidence_count + 1, sizeof(evidence[0]));
    char *at;

    GB_CHECK(entry != NULL && evidence != NULL);
    at = (char *)(entry + 1);
    entry->row = *row;
    entry->row.xref = GB_STR_NONE;
    at = put(at, &entry->row.key);
    at = put(at, &entry->row.row);
    at = put(at, &entry->row.text);
    (void)put(at, &entry->row.matter);
    for (uint32_t i = 0; i < row->evidence_count; i++) {
        evidence[i] = row->evidence[i];
    }
    entry->row.evidence = evidence;
    entry->carriers = calloc(row->evidence_count + 1, sizeof(entry->carriers[0]));
    GB_CHECK(entry->carriers != NULL);
    return entry;
}

static void entry_free(struct entry *entry)
{
    free((void *)(size_t)entry->row.evidence);
    free(entry->carriers);
    free(entry);
}

static struct list *list_of(struct gb_map *map, struct gb_str key)
{
    struct list *list = gb_map_get(map, key);

    if (list == NULL) {
        list = calloc(1, sizeof(*list) + key.len + 1);
        GB_CHECK(list != NULL);
        list->key = key;
        (void)put((char *)(list + 1), &list->key);
        (void)gb_map_put(map, list->key, list);
    }
    return list;
}

static struct gb_str evidence_key(const int64_t *evidence)
{
    return (struct gb_str){(const char *)evidence, sizeof(*evidence)};
}

/* A ruling names reports there. */
static bool has_matter(const struct entry *entry)
{
    return gb_str_is(entry->row.matter) && entry->row.table != GB_TABLE_RULING;
}

static void link_entry(struct gb_replay_rows *rows, struct entry *entry)
{
    if (has_matter(entry)) {
        struct list *list = list_of(&rows->by_matter, entry->row.matter);

        entry->next_of_matter = list->first;
        list->first = entry;
    }
    for (uint32_t i = 0; i < entry->row.evidence_count; i++) {
        struct list *list = list_of(&rows->by_evidence, evidence_key(&entry->row.evidence[i]));
        struct carrier *carrier = &entry->carriers[i];

        *carrier = (struct carrier){.entry = entry, .next = list->carriers};
        if (list->carriers != NULL) {
            list->carriers->prev = carrier;
        }
        list->carriers = carrier;
    }
}

static void unlink_entry(struct gb_replay_rows *rows, struct entry *entry)
{
    if (has_matter(entry)) {
        struct entry **at = &list_of(&rows->by_matter, entry->row.matter)->first;

        while (*at != entry) {
            at = &(*at)->next_of_matter;
        }
        *at = entry->next_of_matter;
    }
    for (uint32_t i = 0; i < entry->row.evidence_count; i++) {
        struct carrier *carrier = &entry->carriers[i];

        if (carrier->prev != NULL) {
            carrier->prev->next = carrier->next;
        } else {
            list_of(&rows->by_evidence, evidence_key(&entry->row.evidence[i]))->carriers =
                carrier->next;
        }
        if (carrier->next != NULL) {
            carrier->next->prev = carrier->prev;
        }
    }
}

static bool is_fetched(enum gb_table table)
{
    return table == GB_TABLE_OBSERVATION || table == GB_TABLE_MATTER ||
           table == GB_TABLE_OVERLAP || table == GB_TABLE_SOURCE_MARK ||
           table == GB_TABLE_RULING || table == GB_TABLE_POST || table == GB_TABLE_CONTACT ||
           table == GB_TABLE_VISIT;
}

void gb_replay_rows_keep(struct gb_replay_rows *rows, const struct gb_rows *changed)
{
    for (uint32_t i = 0; i < changed->count; i++) {
        const struct gb_row *row = &changed->items[i];
        struct entry *old;

        if (!is_fetched(row->table)) {
            continue;
        }
        old = gb_map_take(&rows->tables[row->table], row->key);
        if (old != NULL) {
            unlink_entry(rows, old);
            entry_free(old);
        }
        if (!row->is_deleted) {
            struct entry *entry = entry_new(row);

            (void)gb_map_put(&rows->tables[row->table], entry->row.key, entry);
            link_entry(rows, entry);
        }
    }
}

static enum gb_status load(struct gb_core *core, const struct entry *entry, struct gb_err *err)
{
    struct gb_arena arena;
    struct gb_value parsed;
    struct gb_value text;
    bool has_text = entry != NULL && gb_str_is(entry->row.text);
    enum gb_status status = GB_OK;

    if (entry == NULL) {
        return GB_OK;
    }
    gb_arena_init(&arena, GB_BATCH_ARENA_MAX);
    status = gb_json_parse(&arena, entry->row.row, &parsed, err);
    if (status == GB_OK && has_text) {
        status = gb_json_parse(&arena, entry->row.text, &text, err);
    }
    if (status == GB_OK) {
        status = gb_core_load(core, &entry->row, &parsed, has_text ? &text : NULL, err);
    }
    gb_arena_close(&arena);
    return status;
}

/* Rulings are few, and found by looking at all: the keys of their reports stand in quotes. */
struct ruled {
    struct gb_str report;
    struct gb_core *core;
    struct gb_err *err;
    enum gb_status status;
};

/* Reads the next element of {"a","b"} from *at on; false at its end. */
static bool next_report(struct gb_str text, size_t *at, struct gb_buf *report)
{
    gb_buf_clear(report);
    while (*at < text.len && text.ptr[*at] != '"') {
        (*at)++;
    }
    for ((*at)++; *at < text.len && text.ptr[*at] != '"'; (*at)++) {
        *at += text.ptr[*at] == '\\';
        gb_buf_add_char(report, text.ptr[*at]);
    }
    (*at)++;
    return *at <= text.len;
}

static bool concerns(struct gb_str reports, struct gb_str report)
{
    struct gb_buf one = {0};
    bool is_found = false;

    for (size_t at = 0; !is_found && next_report(reports, &at, &one);) {
        is_found = gb_str_eq(gb_buf_str(&one), report);
    }
    gb_buf_close(&one);
    return is_found;
}

static void load_ruled(void *value, void *context)
{
    const struct entry *entry = value;
    struct ruled *ruled = context;

    if (ruled->status == GB_OK && concerns(entry->row.matter, ruled->report)) {
        ruled->status = load(ruled->core, entry, ruled->err);
    }
}

static enum gb_status load_rulings(const struct gb_replay_rows *rows, struct gb_str report,
                                   struct gb_core *core, struct gb_err *err)
{
    struct ruled ruled = {report, core, err, GB_OK};

    gb_map_each(&rows->tables[GB_TABLE_RULING], load_ruled, &ruled);
    return ruled.status;
}

/* The matter or node of that key, and all that belongs to it. */
static enum gb_status load_matter(const struct gb_replay_rows *rows, struct gb_str matter,
                                  struct gb_core *core, struct gb_err *err)
{
    const struct list *list = gb_map_get(&rows->by_matter, matter);
    const struct entry *own = gb_map_get(&rows->tables[GB_TABLE_MATTER], matter);
    enum gb_status status = load(core, own, err);

    for (const struct entry *e = list != NULL ? list->first : NULL; e != NULL && status == GB_OK;
         e = e->next_of_matter) {
        status = load(core, e, err);
        if (status == GB_OK && e->row.table == GB_TABLE_OBSERVATION) {
            status = load_rulings(rows, e->row.key, core, err);
        }
    }
    return status;
}

static enum gb_status load_reached(const struct gb_replay_rows *rows, const struct entry *entry,
                                   struct gb_core *core, struct gb_err *err)
{
    enum gb_status status = load(core, entry, err);

    if (status == GB_OK && entry != NULL && gb_str_is(entry->row.matter)) {
        status = load_matter(rows, entry->row.matter, core, err);
    } else if (status == GB_OK && entry != NULL && entry->row.table == GB_TABLE_OBSERVATION) {
        status = load_rulings(rows, entry->row.key, core, err);
    }
    return status;
}

/* All matters of a ruling's reports. */
static enum gb_status load_ruling(const struct gb_replay_rows *rows, const struct entry *entry,
                                  struct gb_core *core, struct gb_err *err)
{
    enum gb_status status = load(core, entry, err);
    struct gb_buf one = {0};
    size_t at = 0;

    while (entry != NULL && status == GB_OK && next_report(entry->row.matter, &at, &one)) {
        status = load_reached(
            rows, gb_map_get(&rows->tables[GB_TABLE_OBSERVATION], gb_buf_str(&one)), core, err);
    }
    gb_buf_close(&one);
    return status;
}

static enum gb_status load_evidence(const struct gb_replay_rows *rows, const int64_t *evidence,
                                    struct gb_core *core, struct gb_err *err)
{
    const struct list *list = gb_map_get(&rows->by_evidence, evidence_key(evidence));
    const struct carrier *carrier = list != NULL ? list->carriers : NULL;
    enum gb_status status = GB_OK;

    for (uint32_t i = 0; carrier != NULL && i < GB_WANTED_OF_EVIDENCE_MAX && status == GB_OK; i++) {
        status = load_reached(rows, carrier->entry, core, err);
        carrier = carrier->next;
    }
    return status;
}

/* A key names a report, a matter, a node, an overlap or a ruling. */
static enum gb_status load_key(const struct gb_replay_rows *rows, struct gb_str key,
                               struct gb_core *core, struct gb_err *err)
{
    enum gb_status status =
        load_reached(rows, gb_map_get(&rows->tables[GB_TABLE_OBSERVATION], key), core, err);

    if (status == GB_OK) {
        status = load_reached(rows, gb_map_get(&rows->tables[GB_TABLE_OVERLAP], key), core, err);
    }
    if (status == GB_OK && (gb_map_get(&rows->tables[GB_TABLE_MATTER], key) != NULL ||
                            gb_map_get(&rows->tables[GB_TABLE_CONTACT], key) != NULL ||
                            gb_map_get(&rows->tables[GB_TABLE_VISIT], key) != NULL)) {
        status = load_matter(rows, key, core, err);
    }
    if (status == GB_OK) {
        status = load_ruling(rows, gb_map_get(&rows->tables[GB_TABLE_RULING], key), core, err);
    }
    return status;
}

enum gb_status gb_replay_rows_fetch(const struct gb_replay_rows *rows,
                                    const struct gb_wants *wants, struct gb_core *core,
                                    struct gb_err *err)
{
    const struct gb_map *marks = &rows->tables[GB_TABLE_SOURCE_MARK];
    enum gb_status status = GB_OK;

    for (uint32_t i = 0; i < wants->count && status == GB_OK; i++) {
        status = load_key(rows, wants->keys[i], core, err);
        if (status == GB_OK) {
            status = load(core, gb_map_get(marks, wants->keys[i]), err);
        }
    }
    for (uint32_t i = 0; i < wants->evidence_count && status == GB_OK; i++) {
        status = load_evidence(rows, &wants->evidence[i], core, err);
    }
    return status;
}

static void free_value(void *value, void *context)
{
    (void)context;
    free(value);
}

static void free_entry(void *value, void *context)
{
    (void)context;
    entry_free(value);
}

void gb_replay_rows_close(struct gb_replay_rows *rows)
{
    for (int t = 0; t < GB_TABLE_COUNT; t++) {
        gb_map_each(&rows->tables[t], free_entry, NULL);
        gb_map_close(&rows->tables[t]);
    }
    gb_map_each(&rows->by_matter, free_value, NULL);
    gb_map_close(&rows->by_matter);
    gb_map_each(&rows->by_evidence, free_value, NULL);
    gb_map_close(&rows->by_evidence);
}
