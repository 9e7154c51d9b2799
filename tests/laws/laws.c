/* laws FROM TO: tries each law over the scripts of these seeds. One line a law with what was tried;
 * exit 1 and `violated LAW seed N: what` where one is broken.
 *
 *   order      In a stretch in which the clock stands and nobody decides, reports may come in any
 *              order that keeps each row's own: the same matters, led by the same posts, with every
 *              other published field the same, whichever of them come with a first load. Without
 *              decisions before, the same overlaps are open (what people have settled stays settled
 *              only while its matter lives: one that is parted for a moment has a new overlap).
 *              Beyond the law: evidence that more reports share than GB_EVIDENCE_MAX, searches cut
 *              at GB_LINK_MAX, and what has been closed for longer than the bundle's cell_window: a
 *              report that leaves its cell while nothing open is one matter with it is no candidate
 *              any more.
 *   undo       A decision that is undone, with nothing but reports in between and while the clock
 *              stands, leaves every matter as it is without it; open overlaps as above.
 *   forbidden  At no moment does a post lead that the list forbids to.
 *   one-lead   At every moment a matter has one lead, or an open overlap no_owner, or a row that
 *              declares that nobody leads. First loads aside: they open nothing for people.
 *   sticky     What a person settled stays settled over 100 later updates of its reports, as long
 *              as they stay together and the list does not forbid the post that he named.
 *   said       Every overlap's rule is one that core/said.h lists. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "laws.h"

#define ORDERS 5U
#define ALL_KINDS UINT32_MAX
/* Time made it; for a matter that was parted it begins anew. */
#define TIMED_KINDS (1U << GB_OVERLAP_CONTRADICTORY)

struct tried {
    const char *law;
    uint64_t scripts, checks;
    bool is_broken;
};

static void broken(struct tried *t, uint64_t seed, const char *what)
{
    printf("violated %s seed %" PRIu64 ": %s\n", t->law, seed, what);
    t->is_broken = true;
}

static struct gb_str take_line(struct gb_str *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    struct gb_str line = {rest->ptr, end != NULL ? (size_t)(end - rest->ptr) : rest->len};
    size_t used = line.len + (end != NULL);

    *rest = (struct gb_str){rest->ptr + used, rest->len - used};
    return line;
}

/* The first line that differs is told. */
static void check_same(struct tried *t, uint64_t seed, struct gb_str a, struct gb_str b)
{
    t->checks++;
    if (gb_str_eq(a, b)) {
        return;
    }
    broken(t, seed, "a matter differs:");
    while (a.len > 0 || b.len > 0) {
        struct gb_str one = take_line(&a);
        struct gb_str other = take_line(&b);

        if (!gb_str_eq(one, other)) {
            printf("  one   %.*s\n  other %.*s\n", GB_STR_ARG(one), GB_STR_ARG(other));
            return;
        }
    }
}

/* Among the first count steps. */
static bool has_decision(const struct law_script *script, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (script->steps[i].kind == LAW_DECIDE) {
            return true;
        }
    }
    return false;
}

static void without_decisions(struct law_script *script)
{
    for (uint32_t i = 0; i < script->count; i++) {
        if (script->steps[i].kind == LAW_DECIDE) {
            script->steps[i] = (struct law_step){.kind = LAW_NOTHING};
        }
    }
}

static struct gb_str play(struct law_run *run, const struct law_script *script, uint32_t kinds)
{
    law_play(run, script);
    return law_summary(run, kinds);
}

static void try_order(struct tried *t, uint64_t seed)
{
    static struct law_script script, other;
    static struct law_run base, run;
    struct gb_str want;
    uint32_t kinds;

    law_random_script(&script, seed, seed % 3 == 0);
    if (seed % 2 == 0) {
        without_decisions(&script);
    }
    kinds = has_decision(&script, script.count) ? 0 : ALL_KINDS & ~TIMED_KINDS;
    want = play(&base, &script, kinds);
    for (uint32_t i = 0; i < ORDERS && !t->is_broken; i++) {
        law_shuffle(&script, seed * 1000 + i, &other);
        check_same(t, seed, want, play(&run, &other, kinds));
        law_end(&run);
    }
    law_end(&base);
}

/* A script, then a decision, reports, and the undoing of the decision; or all but the decision. */
static void try_undo(struct tried *t, uint64_t seed)
{
    static struct law_script with, without;
    static struct law_run a, b;
    uint64_t dice = seed;
    uint32_t at, kinds;
    struct gb_str summary;

    law_random_script(&with, seed, false);
    if (seed % 2 == 0) {
        without_decisions(&with);
    }
    at = with.count;
    kinds = has_decision(&with, at) ? 0 : ALL_KINDS & ~TIMED_KINDS;
    law_random_ruling(&with, &dice);
    for (uint32_t i = law_draw(&dice, 6); i > 0; i--) {
        law_random_report(&with, &dice);
    }
    law_add(&with, &(struct law_step){
                       .kind = LAW_DECIDE, .ruling = {.kind = GB_DECISION_UNDO, .names = at}});
    without = with;
    without.steps[at] = without.steps[without.count - 1] = (struct law_step){.kind = LAW_NOTHING};
    law_play(&a, &with);
    if (gb_str_is(a.applied[at])) {
        summary = law_summary(&a, kinds);
        check_same(t, seed, summary, play(&b, &without, kinds));
        law_end(&b);
    }
    law_end(&a);
}

static void try_always(struct tried *t, uint64_t seed,
                       const char *(*judge)(struct law_run *run))
{
    static struct law_script script;
    static struct law_run run;

    law_random_script(&script, seed, judge == law_forbidden_leads);
    law_begin(&run);
    for (uint32_t n = 0; n < script.count && !t->is_broken; n++) {
        const char *what;

        law_make(&run, &script, n);
        what = judge(&run);
        t->checks++;
        if (what != NULL) {
            broken(t, seed, gb_arena_printf(&run.arena, "step %u: %s", n, what).ptr);
        }
    }
    law_end(&run);
}

static const char *judge_said(struct law_run *run)
{
    return gb_str_is(run->unsaid) ? gb_arena_str(&run->arena, run->unsaid).ptr : NULL;
}

/* An open overlap that a person can settle by naming a lead, the kinds from first on; -1 if there
 * is none. */
static int32_t find_open(const struct law_run *run, uint32_t first, uint32_t *row)
{
    static const enum gb_overlap_kind kinds[] = {GB_OVERLAP_NO_OWNER, GB_OVERLAP_DOUBLE_LEAD,
                                                 GB_OVERLAP_FIELD_CONFLICT,
                                                 GB_OVERLAP_PING_PONG};

    for (uint32_t i = 0; i < GB_COUNT(kinds); i++) {
        uint32_t k = (first + i) % GB_COUNT(kinds);

        for (*row = 0; *row < LAW_ROWS; ++*row) {
            const struct gb_value *matter = law_matter_of(run, *row);
            const struct gb_value *overlap =
                law_overlap_of(run, gb_value_str(matter, GB_STR("id")), kinds[k]);

            if (matter != NULL && overlap != NULL &&
                gb_str_eq(gb_value_str(overlap, GB_STR("state")), GB_STR("open"))) {
                return (int32_t)kinds[k];
            }
        }
    }
    return -1;
}

/* A report of the matter says something else, but keeps what holds it in the matter. */
static void update(struct law_script *script, uint64_t *seed, const struct law_image *images,
                   uint32_t row)
{
    static const char *const categories[] = {"NY04", "MS01", "QT99", "AQ05"};
    struct law_step step = {.kind = LAW_REPORT, .row = row, .column = 10000 + script->count};

    step.image = images[row];
    step.image.village = 0;
    step.image.is_bootstrap = false;
    step.image.holder = step.image.attachment = 0;
    step.image.state = row / LAW_KEYS == 2 && law_draw(seed, 2) == 0 ? "RETURNED" : "REPORTED";
    step.image.category = categories[law_draw(seed, GB_COUNT(categories))];
    step.image.claims_lead = law_draw(seed, 2) == 0;
    step.image.deadline_at = law_draw(seed, 2) == 0 ? 1796080000000 + law_draw(seed, 9) : 0;
    law_add(script, &step);
}

/* Two rows that name each other, so that they are one matter whatever else they say. */
static void pair(struct law_script *script, uint64_t *seed, struct law_image *images)
{
    static const uint32_t rows[] = {0, LAW_KEYS};

    for (uint32_t i = 0; i < 2; i++) {
        images[rows[i]] = (struct law_image){
            .category = "NY04", .state = "REPORTED", .occurred_at = 1795996800000 + i,
            .names = (int32_t)rows[1 - i], .claims_lead = law_draw(seed, 2) == 0,
            .deadline_at = law_draw(seed, 2) == 0 ? 1796080000000 + i : 0};
        law_add(script, &(struct law_step){.kind = LAW_REPORT, .row = rows[i],
                                           .column = script->count + 2,
                                           .image = images[rows[i]]});
    }
}

static void try_sticky(struct tried *t, uint64_t seed)
{
    static struct law_script script;
    static struct law_run run;
    struct law_image images[LAW_ROWS] = {{0}};
    struct law_step step = {.kind = LAW_DECIDE,
                            .ruling = {.kind = GB_DECISION_LEAD_IS, .to = GB_ROLE_GRID_LEADER}};
    uint64_t dice = seed;
    const struct gb_value *overlap;
    struct gb_str id;

    script.count = 0;
    pair(&script, &dice, images);
    law_play(&run, &script);
    step.ruling.overlap = find_open(&run, law_draw(&dice, 4), &step.ruling.row);
    if (step.ruling.overlap < 0) {
        law_end(&run); /* nothing to settle: then the law is not tried */
        return;
    }
    id = gb_value_str(law_matter_of(&run, step.ruling.row), GB_STR("id"));
    law_add(&script, &step);
    law_make(&run, &script, script.count - 1);
    GB_CHECK(gb_str_is(run.applied[script.count - 1]));
    for (uint32_t i = 0; i < 100 && !t->is_broken; i++) {
        update(&script, &dice, images, law_draw(&dice, 2) * LAW_KEYS);
        if (i % 25 == 24) {
            law_add(&script, &(struct law_step){.kind = LAW_TICK, .ms = INT64_C(80) * 3600000});
            law_make(&run, &script, script.count - 2);
        }
        law_make(&run, &script, script.count - 1);
        overlap = law_overlap_of(&run, id, (enum gb_overlap_kind)step.ruling.overlap);
        t->checks++;
        if (overlap == NULL ||
            !gb_str_eq(gb_value_str(overlap, GB_STR("state")), GB_STR("settled"))) {
            broken(t, seed, gb_arena_printf(&run.arena, "reopened by update %u", i).ptr);
        }
    }
    law_end(&run);
}

static void try_one(struct tried *t, uint64_t seed)
{
    if (strcmp(t->law, "order") == 0) {
        try_order(t, seed);
    } else if (strcmp(t->law, "undo") == 0) {
        try_undo(t, seed);
    } else if (strcmp(t->law, "forbidden") == 0) {
        try_always(t, seed, law_forbidden_leads);
    } else if (strcmp(t->law, "one-lead") == 0) {
        try_always(t, seed, law_not_one_lead);
    } else if (strcmp(t->law, "said") == 0) {
        try_always(t, seed, judge_said);
    } else {
        try_sticky(t, seed);
    }
    t->scripts++;
}

int main(int argc, char **argv)
{
    struct tried laws[] = {{.law = "order"},    {.law = "undo"},   {.law = "forbidden"},
                           {.law = "one-lead"}, {.law = "sticky"}, {.law = "said"}};
    uint64_t from = argc > 2 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t to = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
    bool is_broken = false;

    for (size_t i = 0; i < GB_COUNT(laws); i++) {
        for (uint64_t seed = from; seed <= to && !laws[i].is_broken; seed++) {
            try_one(&laws[i], seed);
        }
        printf("law=%s scripts=%" PRIu64 " checks=%" PRIu64 "\n", laws[i].law, laws[i].scripts,
               laws[i].checks);
        is_broken = is_broken || laws[i].is_broken;
    }
    return is_broken ? 1 : 0;
}
