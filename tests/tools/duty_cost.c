/* What a decision costs: a duty list of 10,000 rows over 1,000 categories, asked at random.
 *
 *   duty_cost DECISIONS    prints rows, scopes, ns_decision (CPU of this thread), unlisted
 *
 * The questions are drawn before the clock starts, so that only decisions are measured; a sum of
 * the answers keeps them from being left out. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "core/policy.h"

#define ROWS 10000U
#define CATEGORIES 1000U
#define VILLAGES 17U
#define QUESTIONS 65536U

struct bench {
    struct gb_arena arena;
    struct gb_duty *duties;
    struct gb_duty_scope *scopes;
    struct gb_str *categories;
    struct gb_str *places;
    struct gb_policy policy;
};

static uint32_t chance(uint32_t below)
{
    return (uint32_t)(random() % below);
}

/* Nine of ten rows are for one category and one village, the rest are patterns. */
static void make_row(struct bench *b, uint32_t i)
{
    struct gb_duty *d = &b->duties[i];
    struct gb_str category = b->categories[i % CATEGORIES];

    *d = (struct gb_duty){.id = GB_STR("R"), .sources = UINT64_MAX,
                          .urgencies = GB_URGENCY_ANY, .valid_from = INT64_MIN,
                          .valid_until = INT64_MAX, .parts_count = 1,
                          .parts = {{.kind = GB_DUTY_LEAD}}};
    if (chance(3) == 0) {
        d->has_network = true;
        d->sources = 1U << chance(2);
    }
    if (chance(10) == 0) {
        category = gb_arena_printf(&b->arena, "%.*s*", 1 + (int)chance(2), category.ptr);
    }
    b->scopes[i] = (struct gb_duty_scope){
        category, chance(3) == 0 ? GB_STR("*") : b->places[chance(VILLAGES)], i};
}

static void make(struct bench *b)
{
    gb_arena_init(&b->arena, (size_t)256 << 20);
    b->duties = gb_arena_take(&b->arena, ROWS * sizeof(*b->duties));
    b->scopes = gb_arena_take(&b->arena, ROWS * sizeof(*b->scopes));
    b->categories = gb_arena_take(&b->arena, CATEGORIES * sizeof(*b->categories));
    b->places = gb_arena_take(&b->arena, VILLAGES * sizeof(*b->places));
    for (uint32_t i = 0; i < CATEGORIES; i++) {
        b->categories[i] = gb_arena_printf(&b->arena, "%c%c%02u", 'A' + (int)(i % 10),
                                           'A' + (int)(i / 10 % 10), i / 100);
    }
    for (uint32_t i = 0; i < VILLAGES; i++) {
        b->places[i] = gb_arena_printf(&b->arena, "320312111%u", 201 + i);
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        make_row(b, i);
    }
    b->policy = (struct gb_policy){.duties = b->duties, .duties_count = ROWS,
                                   .list_from = INT64_MIN, .list_until = INT64_MAX};
    gb_duty_index_build(&b->arena, b->duties, b->scopes, ROWS, &b->policy.deciding);
}

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv)
{
    long decisions = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    struct gb_duty_query *questions = calloc(QUESTIONS, sizeof(*questions));
    struct bench b = {.duties = NULL};
    uint64_t unlisted = 0;
    int64_t began;
    int64_t took;

    GB_CHECK(questions != NULL);
    if (decisions <= 0) {
        fprintf(stderr, "usage: duty_cost DECISIONS\n");
        free(questions);
        return 64;
    }
    make(&b);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        questions[i] = (struct gb_duty_query){
            b.categories[chance(CATEGORIES)],
            gb_arena_printf(&b.arena, "%s%03u", b.places[chance(VILLAGES)].ptr, 1 + chance(5)),
            chance(2), chance(5), 0};
    }
    began = cpu_ns();
    for (long i = 0; i < decisions; i++) {
        unlisted += gb_policy_duty(&b.policy, &questions[(uint32_t)i % QUESTIONS]) == NULL;
    }
    took = cpu_ns() - began;
    printf("rows=%u\ncategories=%u\ndecisions=%ld\nns_decision=%lld\nunlisted=%llu\n", ROWS,
           CATEGORIES, decisions, (long long)(took / decisions), (unsigned long long)unlisted);
    gb_arena_close(&b.arena);
    free(questions);
    return 0;
}
