/* See the header. */
#include "core/due.h"

#include "base/jsonw.h"
#include "core/ruling.h"
#include "core/state.h"

/* Later times of a report (ms) are somebody's mistake: year 10000. */
#define TIME_MAX INT64_C(253402300800000)

static const char *const words[] = {
#define X(name, word) word,
    GB_DUE_LIST(X)
#undef X
};

/* Members of the published field. */
static const char *const members[] = {
#define X(name, word) word "_at",
    GB_DUE_LIST(X)
#undef X
};

struct gb_str gb_due_word(enum gb_due_kind kind)
{
    GB_CHECK(kind < GB_DUE_COUNT);
    return gb_str_of(words[kind]);
}

struct gb_str gb_handed_word(enum gb_handed handed)
{
    return handed == GB_HANDED_FAILURES ? GB_STR("failures")
           : handed == GB_HANDED_DAYS   ? GB_STR("working_days")
                                        : GB_STR_NONE;
}

enum gb_handed gb_handed_of(struct gb_str word)
{
    return gb_str_eq(word, GB_STR("failures"))       ? GB_HANDED_FAILURES
           : gb_str_eq(word, GB_STR("working_days")) ? GB_HANDED_DAYS
                                                     : GB_HANDED_NOT;
}

int64_t gb_due_at(const struct gb_matter *matter, enum gb_due_kind kind)
{
    return matter->due.is_set ? matter->due.at[kind] : INT64_MAX;
}

bool gb_due_has_fallen(const struct gb_matter *matter, enum gb_due_kind kind)
{
    int64_t at = gb_due_at(matter, kind);

    for (uint32_t i = 0; i < matter->count; i++) {
        if (at <= matter->reports[i]->fallen.at[kind]) {
            return true;
        }
    }
    return false;
}

int64_t gb_due_urged(const struct gb_matter *matter)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        int64_t one = matter->reports[i]->fallen.urged;

        count = one > count ? one : count;
    }
    return count;
}

int64_t gb_due_supervised(const struct gb_matter *matter)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < matter->count; i++) {
        int64_t one = matter->reports[i]->fallen.supervised;

        count = one > count ? one : count;
    }
    return count;
}

/* ---- limits ---- */

struct limits {
    const struct gb_deadline *row; /* NULL if none applies */
    int64_t at[GB_DUE_COUNT];
    int64_t extended_until, extensions; /* 0: not extended */
};

static void extend(struct gb_core *core, const struct gb_matter *matter, struct limits *l)
{
    const struct gb_ruling *ruling = gb_ruling_extension(core, matter);
    int64_t before = l->at[GB_DUE_HANDLE];

    if (ruling == NULL) {
        return;
    }
    l->extended_until = ruling->until;
    l->extensions = gb_ruling_extensions(core, matter);
    l->at[GB_DUE_HANDLE] = ruling->until;
    if (before != INT64_MAX && l->at[GB_DUE_REMIND] != INT64_MAX) {
        l->at[GB_DUE_REMIND] += ruling->until - before;
    }
}

static int64_t end_of(const struct gb_core *core, struct gb_limit limit, int64_t from)
{
    return from >= 0 && from < TIME_MAX ? gb_limit_end(&core->policy->calendar, limit, from)
                                        : INT64_MAX;
}

/* The same, later by what the matter rested. */
static int64_t moved(const struct gb_core *core, const struct gb_matter *matter,
                     struct gb_limit limit, int64_t from)
{
    return gb_rest_move(core, matter, limit, end_of(core, limit, from));
}

static void count(struct gb_core *core, const struct gb_matter *matter,
                  const struct gb_decision *d, struct limits *l)
{
    const struct gb_duty_query query = d->query;
    const struct gb_limit none = {GB_LIMIT_NONE, 0};
    struct gb_limit days = none;

    l->row = gb_deadline_find(core->policy->deadlines, core->policy->deadlines_count,
                              query.category, query.urgency);
    if (d->duty != NULL && d->duty->hand_over.is_set && d->duty->hand_over.working_days > 0) {
        days = (struct gb_limit){GB_LIMIT_WORK_DAYS, d->duty->hand_over.working_days};
    }
    l->at[GB_DUE_HAND_OVER] = moved(core, matter, days, query.at);
    l->at[GB_DUE_ACCEPT] = moved(core, matter, l->row != NULL ? l->row->accept : none, query.at);
    l->at[GB_DUE_REMIND] = moved(core, matter, l->row != NULL ? l->row->remind : none, query.at);
    l->at[GB_DUE_HANDLE] = moved(core, matter, l->row != NULL ? l->row->handle : none, query.at);
    extend(core, matter, l);
    l->at[GB_DUE_SUPERVISE] = l->row != NULL && l->at[GB_DUE_HANDLE] != INT64_MAX
                                  ? end_of(core, l->row->supervise, l->at[GB_DUE_HANDLE])
                                  : INT64_MAX;
}

static void write_at(struct gb_jsonw *w, const struct limits *l, enum gb_due_kind kind)
{
    if (l->at[kind] != INT64_MAX) {
        gb_jsonw_key_int(w, gb_str_of(members[kind]), l->at[kind]);
    }
}

static void take(struct gb_core *core, struct gb_matter *matter, const int64_t *at,
                 struct gb_str rule)
{
    struct gb_due *due = &matter->due;

    due->is_set = true;
    memcpy(due->at, at, sizeof(due->at));
    if (!gb_str_eq(due->rule, rule)) {
        gb_core_set(core, &due->rule, rule);
    }
}

static struct gb_str write_limits(struct gb_core *core, const struct limits *l)
{
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    write_at(&w, l, GB_DUE_ACCEPT);
    if (l->extensions > 0) {
        gb_jsonw_key_int(&w, GB_STR("extended_until"), l->extended_until);
        gb_jsonw_key_int(&w, GB_STR("extensions"), l->extensions);
    }
    write_at(&w, l, GB_DUE_HAND_OVER);
    write_at(&w, l, GB_DUE_HANDLE);
    write_at(&w, l, GB_DUE_REMIND);
    if (l->row != NULL) {
        gb_jsonw_key_str(&w, GB_STR("rule"), l->row->id);
    }
    write_at(&w, l, GB_DUE_SUPERVISE);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

struct gb_str gb_due_count(struct gb_core *core, struct gb_matter *matter,
                           const struct gb_decision *d)
{
    struct limits l = {0};
    bool is_any = false;

    count(core, matter, d, &l);
    take(core, matter, l.at, l.row != NULL ? l.row->id : GB_STR_NONE);
    for (int kind = 0; kind < GB_DUE_COUNT; kind++) {
        is_any = is_any || l.at[kind] != INT64_MAX;
    }
    return is_any ? write_limits(core, &l) : GB_STR_NONE;
}

/* ---- rows ---- */

void gb_fallen_render(struct gb_jsonw *w, const struct gb_observation *o)
{
    static const enum gb_due_kind by_word[] = {GB_DUE_ACCEPT, GB_DUE_HAND_OVER, GB_DUE_HANDLE,
                                               GB_DUE_REMIND, GB_DUE_SUPERVISE};
    bool is_any = false;

    for (int kind = 0; kind < GB_DUE_COUNT; kind++) {
        is_any = is_any || o->fallen.at[kind] > 0;
    }
    if (!is_any) {
        return;
    }
    gb_jsonw_key(w, GB_STR("fallen"));
    gb_jsonw_object(w);
    for (size_t i = 0; i < GB_COUNT(by_word); i++) {
        if (o->fallen.at[by_word[i]] > 0) {
            gb_jsonw_key_int(w, gb_due_word(by_word[i]), o->fallen.at[by_word[i]]);
        }
    }
    gb_jsonw_key_int(w, GB_STR("supervised"), o->fallen.supervised);
    gb_jsonw_key_int(w, GB_STR("urged"), o->fallen.urged);
    gb_jsonw_end(w);
}

void gb_fallen_load(struct gb_observation *o, const struct gb_value *row)
{
    const struct gb_value *fallen = gb_value_get(row, GB_STR("fallen"));

    for (int kind = 0; kind < GB_DUE_COUNT; kind++) {
        o->fallen.at[kind] = gb_value_int(fallen, gb_str_of(words[kind]), 0);
    }
    o->fallen.supervised = gb_value_int(fallen, GB_STR("supervised"), 0);
    o->fallen.urged = gb_value_int(fallen, GB_STR("urged"), 0);
}

void gb_due_render(struct gb_jsonw *w, const struct gb_matter *matter)
{
    const struct gb_due *due = &matter->due;

    if (due->timer.slot > 0) {
        gb_jsonw_key_int(w, GB_STR("due_next"), due->timer.at);
    }
    gb_jsonw_key_opt(w, GB_STR("handed_over"), gb_handed_word(matter->handed));
}

void gb_due_load(struct gb_core *core, struct gb_matter *matter, const struct gb_value *row)
{
    const struct gb_value *value = gb_value_get(row, GB_STR("value"));
    const struct gb_value *limits = gb_value_get(value, GB_STR("due"));
    int64_t at[GB_DUE_COUNT];

    for (int kind = 0; kind < GB_DUE_COUNT; kind++) {
        at[kind] = gb_value_int(limits, gb_str_of(members[kind]), INT64_MAX);
    }
    take(core, matter, at, gb_value_str(limits, GB_STR("rule")));
    matter->handed = gb_handed_of(gb_value_str(row, GB_STR("handed_over")));
    if (gb_value_get(row, GB_STR("due_next")) != NULL) {
        gb_due_queue(core, matter, gb_value_int(row, GB_STR("due_next"), INT64_MAX));
    }
}

void gb_due_forget(struct gb_core *core, struct gb_matter *matter)
{
    gb_due_queue(core, matter, INT64_MAX);
    gb_core_set(core, &matter->due.rule, GB_STR_NONE);
    matter->due = (struct gb_due){0};
    matter->handed = GB_HANDED_NOT;
}
