/* See the header. A class of matters is one category, one place, one source and one urgency; its
 * time line is what is left to be decided, a sorted list of spans. */
#include "codec/duty_proof.h"

#include <stdlib.h>

#include "base/map.h"
#include "codec/duty_counter.h"

#define SOME_TIME INT64_C(1798732800000) /* 2027-01-01 in China */
#define VILLAGE_LEN 12U
#define EXAMPLES_MAX 50U /* messages of one kind; what is more is counted */

struct span {
    int64_t from, until;
};

/* What is known of a row at the end. */
struct verdict {
    bool applies, decides;
    bool is_tied, is_forbidden;  /* said already */
    struct gb_duty_query loses;  /* a matter where it applies but another row decides */
};

struct proof {
    const struct gb_policy *policy;
    struct gb_arena *arena;
    struct gb_mistakes *mistakes, *notes;
    struct verdict *verdicts;     /* by duty */
    struct span *spans, *others;  /* time lines, swapped */
    uint32_t spans_count, spans_size;
    struct gb_duty_place *rows;   /* that decide in one class of category and place, best first */
    uint32_t rows_count;
    struct gb_duty_place *bans;   /* that forbid there */
    uint32_t bans_count;
    const struct gb_duty_scope **scopes; /* of one class of categories */
    uint32_t scopes_count;
    const struct gb_duty_scope **ban_scopes;
    uint32_t ban_scopes_count;
    struct gb_str gap_category;   /* last one said */
    uint32_t gaps, gaps_hidden;
};

static struct verdict *verdict_of(const struct proof *p, const struct gb_duty *duty)
{
    return &p->verdicts[duty - p->policy->duties];
}

/* ---- one cell: a class of matters with its source and urgency ---- */

static bool is_in_cell(const struct gb_duty *duty, const struct gb_duty_query *cell)
{
    struct gb_duty_query query = *cell;

    query.at = duty->valid_from;
    return gb_duty_fits(duty, &query);
}

static bool overlap_of(const struct gb_duty *duty, struct span span, struct span *both)
{
    both->from = duty->valid_from > span.from ? duty->valid_from : span.from;
    both->until = duty->valid_until < span.until ? duty->valid_until : span.until;
    return both->from < both->until;
}

/* A matter of the cell at a time within span. */
static struct gb_duty_query query_in(const struct gb_duty_query *cell, struct span span)
{
    struct gb_duty_query query = *cell;

    query.at = span.from > INT64_MIN    ? span.from
               : span.until < INT64_MAX ? span.until - 1
                                        : SOME_TIME;
    return query;
}

static bool is_same_lead(const struct gb_duty *a, const struct gb_duty *b)
{
    const struct gb_duty_part *x = gb_duty_lead(a);
    const struct gb_duty_part *y = gb_duty_lead(b);

    if (x == NULL || y == NULL) {
        return x == y && a->no_lead == b->no_lead;
    }
    return x->is_first == y->is_first &&
           (x->is_first || (x->post.role == y->post.role &&
                            gb_str_eq(x->post.unit, y->post.unit)));
}

/* Rows behind index that are equally good, meet it in this span, and name another lead. */
static void find_ties(struct proof *p, uint32_t index, const struct gb_duty_query *cell,
                      struct span span)
{
    const struct gb_duty *first = p->rows[index].duty;

    for (uint32_t i = index + 1; i < p->rows_count; i++) {
        const struct gb_duty *other = p->rows[i].duty;
        struct gb_duty_query query;
        struct span both;

        if (gb_duty_place_order(&p->rows[index], &p->rows[i]) != 0) {
            break;
        }
        if (!is_in_cell(other, cell) || !overlap_of(other, span, &both) ||
            is_same_lead(first, other) || verdict_of(p, other)->is_tied) {
            continue;
        }
        verdict_of(p, other)->is_tied = true;
        query = query_in(cell, both);
        gb_counter_tie(p->policy, p->mistakes, &(struct gb_counter_pair){first, other}, &query);
    }
}

static void find_ban(struct proof *p, const struct gb_duty *duty, enum gb_role role,
                     const struct gb_duty_query *cell, struct span span)
{
    for (uint32_t i = 0; i < p->bans_count && !verdict_of(p, duty)->is_forbidden; i++) {
        const struct gb_duty *ban = p->bans[i].duty;
        struct span both;

        if (!is_in_cell(ban, cell) || !overlap_of(ban, span, &both)) {
            continue;
        }
        for (uint32_t j = 0; j < ban->parts_count; j++) {
            if (ban->parts[j].kind == GB_DUTY_FORBIDDEN && ban->parts[j].post.role == role) {
                struct gb_duty_query query = query_in(cell, both);

                verdict_of(p, duty)->is_forbidden = true;
                gb_counter_ban(p->policy, p->mistakes, &(struct gb_counter_pair){duty, ban},
                               &query);
                break;
            }
        }
    }
}

static void find_bans(struct proof *p, const struct gb_duty *duty,
                      const struct gb_duty_query *cell, struct span span)
{
    const struct gb_duty_part *lead = gb_duty_lead(duty);

    if (lead != NULL) {
        find_ban(p, duty, lead->is_first ? p->policy->sources[cell->source].role : lead->post.role,
                 cell, span);
    }
    if (duty->hand_over.is_set) {
        find_ban(p, duty, duty->hand_over.to.role, cell, span);
    }
}

static void add_span(struct proof *p, uint32_t *count, struct span span)
{
    if (span.from < span.until) {
        GB_CHECK(*count < p->spans_size);
        p->others[(*count)++] = span;
    }
}

/* The row at index takes its time out of what is left. */
static void lay(struct proof *p, uint32_t index, const struct gb_duty_query *cell)
{
    const struct gb_duty *duty = p->rows[index].duty;
    struct verdict *verdict = verdict_of(p, duty);
    struct span *swap = p->spans;
    struct span list = {p->policy->list_from, p->policy->list_until};
    struct span both;
    uint32_t count = 0;

    if (!overlap_of(duty, list, &both)) {
        return;
    }
    if (!verdict->applies) {
        verdict->applies = true;
        verdict->loses = query_in(cell, both);
    }
    for (uint32_t i = 0; i < p->spans_count; i++) {
        struct span span = p->spans[i];

        if (!overlap_of(duty, span, &both)) {
            add_span(p, &count, span);
            continue;
        }
        verdict->decides = true;
        find_ties(p, index, cell, both);
        find_bans(p, duty, cell, both);
        add_span(p, &count, (struct span){span.from, both.from});
        add_span(p, &count, (struct span){both.until, span.until});
    }
    p->spans = p->others;
    p->others = swap;
    p->spans_count = count;
}

static void say_gap(struct proof *p, const struct gb_duty_query *query)
{
    if (gb_str_eq(p->gap_category, query->category)) {
        p->gaps++;
        return;
    }
    p->gap_category = query->category;
    if (++p->gaps > EXAMPLES_MAX) {
        p->gaps_hidden++;
        return;
    }
    gb_counter_gap(p->policy, p->policy->is_unlisted_declared ? p->notes : p->mistakes, query);
}

static void note_bans(struct proof *p, const struct gb_duty_query *cell)
{
    struct span list = {p->policy->list_from, p->policy->list_until};
    struct span both;

    for (uint32_t i = 0; i < p->bans_count; i++) {
        if (is_in_cell(p->bans[i].duty, cell) && overlap_of(p->bans[i].duty, list, &both)) {
            verdict_of(p, p->bans[i].duty)->applies = true;
        }
    }
}

static void prove_cell(struct proof *p, const struct gb_duty_query *cell)
{
    note_bans(p, cell);
    p->spans[0] = (struct span){p->policy->list_from, p->policy->list_until};
    p->spans_count = 1;
    for (uint32_t i = 0; i < p->rows_count; i++) {
        if (is_in_cell(p->rows[i].duty, cell)) {
            lay(p, i, cell);
        }
    }
    if (p->spans_count > 0) {
        struct gb_duty_query query = query_in(cell, p->spans[0]);

        say_gap(p, &query);
    }
}

/* ---- classes of places within a class of categories ---- */

static bool is_above(struct gb_str territory, struct gb_str place)
{
    return gb_str_eq(territory, GB_STR("*")) ||
           (place.len >= territory.len && memcmp(place.ptr, territory.ptr, territory.len) == 0);
}

static uint32_t rows_at(const struct proof *p, const struct gb_duty_scope *const *scopes,
                        uint32_t count, struct gb_str place, struct gb_duty_place *rows)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (is_above(scopes[i]->territory, place)) {
            rows[found++] =
                (struct gb_duty_place){scopes[i], &p->policy->duties[scopes[i]->duty]};
        }
    }
    return found;
}

static int by_rank(const void *a, const void *b)
{
    const struct gb_duty_place *x = a;
    const struct gb_duty_place *y = b;
    int order = gb_duty_place_order(x, y);

    return order != 0 ? order
                      : (x->scope->duty > y->scope->duty) - (x->scope->duty < y->scope->duty);
}

static void prove_place(struct proof *p, struct gb_str category, struct gb_str place)
{
    struct gb_duty_query cell = {.category = category, .place = place};

    p->rows_count = rows_at(p, p->scopes, p->scopes_count, place, p->rows);
    p->bans_count = rows_at(p, p->ban_scopes, p->ban_scopes_count, place, p->bans);
    qsort(p->rows, p->rows_count, sizeof(*p->rows), by_rank);
    for (cell.source = 0; cell.source < p->policy->sources_count; cell.source++) {
        for (cell.urgency = 0; cell.urgency < GB_URGENCY_COUNT; cell.urgency++) {
            prove_cell(p, &cell);
        }
    }
}

/* The longest territory of the class's scopes above place: places with the same one are alike. */
static struct gb_str deepest(const struct gb_map *territories, uint64_t lens, struct gb_str place)
{
    for (size_t len = place.len < 63 ? place.len : 63; len > 0; len--) {
        struct gb_str prefix = {place.ptr, len};

        if ((lens >> len & 1U) != 0 && gb_map_get(territories, prefix) != NULL) {
            return prefix;
        }
    }
    return GB_STR("*");
}

static void note_territories(const struct gb_duty_scope *const *scopes, uint32_t count,
                             struct gb_map *territories, uint64_t *lens)
{
    static char mark;

    for (uint32_t i = 0; i < count; i++) {
        *lens |= (uint64_t)1 << scopes[i]->territory.len;
        (void)gb_map_put(territories, scopes[i]->territory, &mark);
    }
}

static void prove_places(struct proof *p, struct gb_str category)
{
    static char mark;
    struct gb_map territories = {0};
    struct gb_map done = {0};
    uint64_t lens = 0;
    bool is_any = false;

    note_territories(p->scopes, p->scopes_count, &territories, &lens);
    note_territories(p->ban_scopes, p->ban_scopes_count, &territories, &lens);
    for (uint32_t i = 0; i < p->policy->places_count; i++) {
        struct gb_str place = p->policy->places[i];
        struct gb_str class;

        if (place.len < VILLAGE_LEN) {
            continue;
        }
        is_any = true;
        class = deepest(&territories, lens, place);
        if (gb_map_get(&done, class) == NULL) {
            (void)gb_map_put(&done, class, &mark);
            prove_place(p, category, place);
        }
    }
    if (!is_any) {
        prove_place(p, category, GB_STR(""));
    }
    gb_map_close(&territories);
    gb_map_close(&done);
}

/* ---- classes of categories ---- */

static uint32_t scopes_of(const struct gb_duty_index *index, struct gb_str category,
                          const struct gb_duty_scope **scopes)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < index->scopes_count;) {
        struct gb_str pattern = index->scopes[i].category;
        bool covers = gb_duty_covers(pattern, category);

        for (; i < index->scopes_count && gb_str_eq(index->scopes[i].category, pattern); i++) {
            if (covers) {
                scopes[count++] = &index->scopes[i];
            }
        }
    }
    return count;
}

/* A name for the rows of a category: their patterns joined. Categories with one name are alike. */
static struct gb_str class_of(struct proof *p)
{
    struct gb_buf name = {0};
    struct gb_str last = GB_STR_NONE;
    struct gb_str copy;

    for (uint32_t i = 0; i < p->scopes_count + p->ban_scopes_count; i++) {
        const struct gb_duty_scope *scope =
            i < p->scopes_count ? p->scopes[i] : p->ban_scopes[i - p->scopes_count];

        if (i == p->scopes_count) {
            gb_buf_add_char(&name, '!');
            last = GB_STR_NONE;
        }
        if (!gb_str_eq(scope->category, last)) {
            last = scope->category;
            gb_buf_add_str(&name, last);
            gb_buf_add_char(&name, ' ');
        }
    }
    copy = gb_arena_str(p->arena, gb_buf_str(&name));
    gb_buf_close(&name);
    return gb_str_is(copy) ? copy : GB_STR("");
}

static void prove_categories(struct proof *p)
{
    static char mark;
    const struct gb_policy *policy = p->policy;
    struct gb_map done = {0};

    for (uint32_t i = 0; i < policy->categories_count; i++) {
        struct gb_str category = policy->categories[i].code;
        struct gb_str class;

        p->scopes_count = scopes_of(&policy->deciding, category, p->scopes);
        p->ban_scopes_count = scopes_of(&policy->forbidding, category, p->ban_scopes);
        class = class_of(p);
        if (p->scopes_count > 0 && gb_map_get(&done, class) != NULL) {
            continue; /* a category without any row is told by itself */
        }
        (void)gb_map_put(&done, class, &mark);
        prove_places(p, category);
    }
    gb_map_close(&done);
}

/* ---- what is left to say of each row ---- */

static void judge(struct proof *p, int64_t day_ms)
{
    for (uint32_t i = 0; i < p->policy->duties_count; i++) {
        const struct gb_duty *duty = &p->policy->duties[i];
        const struct verdict *v = &p->verdicts[i];

        if (duty->valid_until <= day_ms) {
            gb_counter_expired(p->notes, duty);
        }
        if (!v->applies) {
            gb_counter_never(p->mistakes, duty);
        } else if (gb_duty_decides(duty) && !v->decides) {
            gb_counter_shadowed(p->policy, p->mistakes, duty, &v->loses);
        }
    }
    if (p->gaps_hidden > 0) {
        gb_counter_more(p->policy->is_unlisted_declared ? p->notes : p->mistakes,
                        p->gaps_hidden);
    }
}

bool gb_duty_prove(const struct gb_policy *policy, int64_t day_ms, struct gb_arena *arena,
                   struct gb_mistakes *mistakes, struct gb_mistakes *notes)
{
    uint32_t before = mistakes->count;
    uint32_t rows = policy->deciding.scopes_count + 1;
    uint32_t bans = policy->forbidding.scopes_count + 1;
    struct proof p = {.policy = policy, .arena = arena, .mistakes = mistakes, .notes = notes};

    p.verdicts = gb_arena_take(arena, (policy->duties_count + 1) * sizeof(*p.verdicts));
    p.spans_size = rows + 1;
    p.spans = gb_arena_take(arena, p.spans_size * sizeof(*p.spans));
    p.others = gb_arena_take(arena, p.spans_size * sizeof(*p.others));
    p.rows = gb_arena_take(arena, rows * sizeof(*p.rows));
    p.scopes = gb_arena_take(arena, rows * sizeof(const struct gb_duty_scope *));
    p.bans = gb_arena_take(arena, bans * sizeof(*p.bans));
    p.ban_scopes = gb_arena_take(arena, bans * sizeof(const struct gb_duty_scope *));
    prove_categories(&p);
    judge(&p, day_ms);
    return mistakes->count == before;
}
