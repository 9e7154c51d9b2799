/* The proof of a duty list agrees with brute force: random small lists, every matter tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/check.h"
#include "codec/duty_proof.h"

#define S(literal) {(literal), sizeof(literal) - 1}
#define LISTS 2000 /* GB_PROOF_LISTS: more, for the claim */
#define ROWS_MAX 6U
#define DAYS 6
#define DAY_MS INT64_C(86400000)

static const struct gb_category categories[] = {
    {S("A1"), S(""), S(""), true}, {S("A2"), S(""), S(""), true}, {S("B1"), S(""), S(""), true}};
static const struct gb_str places[] = {S("32"), S("320312111201"), S("320312111201001"),
                                       S("320312111202")};
static const struct gb_source_row sources[] = {
    {S("grid"), S("grid"), GB_ROLE_GRID_WORKER}, {S("party"), S("party"), GB_ROLE_KEY_FAMILY}};
static const struct gb_str ids[ROWS_MAX] = {S("R0"), S("R1"), S("R2"), S("R3"), S("R4"), S("R5")};

struct list {
    struct gb_duty duties[ROWS_MAX];
    struct gb_duty_scope all[ROWS_MAX * 2];
    uint32_t all_count;
    struct gb_duty_scope deciding[ROWS_MAX * 2], forbidding[ROWS_MAX * 2];
    struct gb_policy policy;
};

/* What is wrong with each row, and whether there is a gap. */
struct findings {
    bool is_gap;
    bool never[ROWS_MAX], shadowed[ROWS_MAX], tied[ROWS_MAX], banned[ROWS_MAX];
};

/* xorshift64*: Marsaglia 2003, Vigna 2016. */
static uint64_t seed = 88172645463325252U;

static uint32_t chance(uint32_t below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)(seed * 2685821657736338717U >> 33) % below;
}

static struct gb_str one_of(const char *const *words, uint32_t count)
{
    return gb_str_of(words[chance(count)]);
}

static void make_row(struct list *list, uint32_t i)
{
    static const char *const patterns[] = {"*", "A*", "A1", "A2", "B1", "B*"};
    static const char *const territories[] = {"*", "*", "32", "320312111201", "320312111201001"};
    struct gb_duty *d = &list->duties[i];
    uint32_t scopes = 1 + chance(2);
    uint32_t kind = chance(8);

    *d = (struct gb_duty){.id = ids[i], .file = S("duties.yaml"), .line = i + 2, .col = 1,
                          .sources = UINT64_MAX, .urgencies = GB_URGENCY_ANY,
                          .valid_from = INT64_MIN, .valid_until = INT64_MAX};
    if (chance(3) == 0) {
        d->has_network = true;
        d->sources = 1U << chance(2);
    }
    if (chance(4) == 0) {
        d->has_urgency = true;
        d->urgencies = 1U + chance(31);
    }
    if (chance(3) == 0) {
        d->valid_from = (int64_t)chance(DAYS + 2) * DAY_MS;
        d->valid_until = d->valid_from + (1 + (int64_t)chance(3)) * DAY_MS;
    }
    d->priority = (int32_t)chance(2);
    d->parts_count = 1;
    d->parts[0].kind = kind == 0 ? GB_DUTY_FORBIDDEN : GB_DUTY_LEAD;
    d->parts[0].is_first = kind == 1;
    d->parts[0].post.role = chance(2) == 0 ? GB_ROLE_GRID_WORKER : GB_ROLE_KEY_FAMILY;
    if (kind == 2) {
        d->hand_over.is_set = true;
        d->hand_over.to.role = GB_ROLE_DEPARTMENT;
    }
    for (uint32_t s = 0; s < scopes; s++) {
        list->all[list->all_count++] =
            (struct gb_duty_scope){one_of(patterns, 6), one_of(territories, 5), i};
    }
}

static void make_list(struct list *list, struct gb_arena *arena)
{
    uint32_t rows = 1 + chance(ROWS_MAX);
    uint32_t deciding = 0;
    uint32_t forbidding = 0;

    *list = (struct list){0};
    for (uint32_t i = 0; i < rows; i++) {
        make_row(list, i);
    }
    for (uint32_t i = 0; i < list->all_count; i++) {
        const struct gb_duty *d = &list->duties[list->all[i].duty];

        if (gb_duty_decides(d)) {
            list->deciding[deciding++] = list->all[i];
        } else {
            list->forbidding[forbidding++] = list->all[i];
        }
    }
    list->policy = (struct gb_policy){
        .categories = categories, .categories_count = GB_COUNT(categories),
        .sources = sources, .sources_count = GB_COUNT(sources),
        .places = places, .places_count = GB_COUNT(places),
        .duties = list->duties, .duties_count = rows,
        .list_from = 0, .list_until = DAYS * DAY_MS};
    gb_duty_index_build(arena, list->duties, list->deciding, deciding, &list->policy.deciding);
    gb_duty_index_build(arena, list->duties, list->forbidding, forbidding,
                        &list->policy.forbidding);
}

/* ---- brute force, from the words of core/duty.h ---- */

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Specificity of the best scope of row i for a matter, -1 if none covers it. */
static int scope_rank(const struct list *list, uint32_t i, const struct gb_duty_query *q)
{
    int best = -1;

    for (uint32_t s = 0; s < list->all_count; s++) {
        const char *pattern = list->all[s].category.ptr;
        const char *territory = list->all[s].territory.ptr;
        bool is_star = pattern[strlen(pattern) - 1] == '*';
        int rank;

        if (list->all[s].duty != i) {
            continue;
        }
        if (is_star ? strncmp(q->category.ptr, pattern, strlen(pattern) - 1) != 0
                    : strcmp(q->category.ptr, pattern) != 0) {
            continue;
        }
        if (strcmp(territory, "*") != 0 && !begins(q->place.ptr, territory)) {
            continue;
        }
        rank = (is_star ? (int)strlen(pattern) - 1 : 10) * 100 +
               (strcmp(territory, "*") == 0 ? 0 : (int)strlen(territory));
        best = rank > best ? rank : best;
    }
    return best;
}

static int row_rank(const struct list *list, uint32_t i, const struct gb_duty_query *q)
{
    const struct gb_duty *d = &list->duties[i];
    int scope = scope_rank(list, i, q);

    if (scope < 0 || (d->sources >> q->source & 1) == 0 || (d->urgencies >> q->urgency & 1) == 0 ||
        q->at < d->valid_from || q->at >= d->valid_until) {
        return -1;
    }
    return ((scope * 2 + d->has_network) * 2 + d->has_urgency) * 4 + d->priority;
}

static enum gb_role lead_of(const struct gb_duty *d, const struct gb_duty_query *q)
{
    return d->parts[0].is_first ? sources[q->source].role : d->parts[0].post.role;
}

static bool is_other_lead(const struct gb_duty *a, const struct gb_duty *b)
{
    return a->parts[0].is_first != b->parts[0].is_first ||
           (!a->parts[0].is_first && a->parts[0].post.role != b->parts[0].post.role);
}

static void try_matter(const struct list *list, const struct gb_duty_query *q,
                       struct findings *f, bool *decides)
{
    uint32_t rows = list->policy.duties_count;
    int best = -1;
    uint32_t winner = rows;

    for (uint32_t i = 0; i < rows; i++) {
        int rank = row_rank(list, i, q);

        f->never[i] = f->never[i] && rank < 0;
        if (gb_duty_decides(&list->duties[i]) && rank > best) {
            best = rank;
            winner = i;
        }
    }
    assert_ptr_equal(gb_policy_duty(&list->policy, q),
                     winner < rows ? &list->duties[winner] : NULL);
    if (winner == rows) {
        f->is_gap = true;
        return;
    }
    decides[winner] = true;
    for (uint32_t i = 0; i < rows; i++) {
        const struct gb_duty *d = &list->duties[i];
        int rank = row_rank(list, i, q);

        if (gb_duty_decides(d) && i > winner && rank == best &&
            is_other_lead(&list->duties[winner], d)) {
            f->tied[i] = true;
        }
        if (!gb_duty_decides(d) && rank >= 0 &&
            (d->parts[0].post.role == lead_of(&list->duties[winner], q) ||
             (list->duties[winner].hand_over.is_set &&
              d->parts[0].post.role == list->duties[winner].hand_over.to.role))) {
            f->banned[winner] = true;
        }
    }
}

static void brute_force(const struct list *list, struct findings *f)
{
    bool decides[ROWS_MAX] = {false};

    *f = (struct findings){0};
    memset(f->never, 1, sizeof(f->never));
    for (size_t c = 0; c < GB_COUNT(categories); c++) {
        for (size_t p = 1; p < GB_COUNT(places); p++) {
            for (uint32_t n = 0; n < 2 * GB_URGENCY_COUNT * DAYS; n++) {
                struct gb_duty_query q = {categories[c].code, places[p], n % 2,
                                          n / 2 % GB_URGENCY_COUNT,
                                          n / 2 / GB_URGENCY_COUNT * DAY_MS};

                try_matter(list, &q, f, decides);
            }
        }
    }
    for (uint32_t i = 0; i < list->policy.duties_count; i++) {
        f->shadowed[i] = gb_duty_decides(&list->duties[i]) && !f->never[i] && !decides[i];
    }
}

/* ---- the proof's words, read back ---- */

static bool says(const struct gb_mistakes *mistakes, const char *before, uint32_t row,
                 const char *after)
{
    char line[64];

    (void)snprintf(line, sizeof(line), "%s%s%s", before, ids[row].ptr, after);
    return mistakes->count > 0 && strstr(mistakes->lines.bytes, line) != NULL;
}

static void read_back(const struct list *list, const struct gb_mistakes *mistakes,
                      struct findings *f)
{
    *f = (struct findings){0};
    f->is_gap = mistakes->count > 0 && strstr(mistakes->lines.bytes, "gap: ") != NULL;
    for (uint32_t i = 0; i < list->policy.duties_count; i++) {
        f->never[i] = says(mistakes, "row ", i, " applies to no matter");
        f->shadowed[i] = says(mistakes, "shadowed: row ", i, " never decides");
        f->tied[i] = says(mistakes, "overlap: row ", i, " and");
        f->banned[i] = says(mistakes, "contradiction: row ", i, " gives");
    }
}

static void agrees_with_brute_force(void **state)
{
    const char *more = getenv("GB_PROOF_LISTS");
    long lists = more != NULL ? strtol(more, NULL, 10) : LISTS;
    uint32_t kinds[5] = {0};

    (void)state;
    for (long n = 0; n < lists; n++) {
        struct gb_arena arena;
        struct list list;
        struct findings expected;
        struct findings found;
        struct gb_mistakes mistakes = {0};
        struct gb_mistakes notes = {0};
        bool is_proven;

        gb_arena_init(&arena, (size_t)1 << 20);
        make_list(&list, &arena);
        brute_force(&list, &expected);
        is_proven = gb_duty_prove(&list.policy, 0, &arena, &mistakes, &notes);
        assert_int_equal(is_proven, mistakes.count == 0);
        gb_buf_add_char(&mistakes.lines, '\0');
        read_back(&list, &mistakes, &found);
        assert_int_equal(found.is_gap, expected.is_gap);
        kinds[0] += expected.is_gap;
        for (uint32_t i = 0; i < list.policy.duties_count; i++) {
            assert_int_equal(found.never[i], expected.never[i]);
            assert_int_equal(found.shadowed[i], expected.shadowed[i]);
            assert_int_equal(found.tied[i], expected.tied[i]);
            assert_int_equal(found.banned[i], expected.banned[i]);
            kinds[1] += expected.never[i];
            kinds[2] += expected.shadowed[i];
            kinds[3] += expected.tied[i];
            kinds[4] += expected.banned[i];
        }
        gb_mistakes_close(&mistakes);
        gb_mistakes_close(&notes);
        gb_arena_close(&arena);
    }
    printf("lists=%ld gaps=%u never=%u shadowed=%u overlaps=%u contradictions=%u\n", lists,
           kinds[0], kinds[1], kinds[2], kinds[3], kinds[4]);
    for (size_t k = 0; k < GB_COUNT(kinds); k++) {
        assert_in_range(kinds[k], 50, UINT32_MAX); /* each kind was really met */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_brute_force)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
