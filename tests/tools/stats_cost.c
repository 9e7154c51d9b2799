/* What statistics cost: reports over a town's grids, and the tick that tells their week.
 *
 *   stats_cost POLICY REPORTS    prints us_report (a whole step of the core), ms_tick (one that
 *                                tells nothing), ms_telling, ns_telling_report, messages
 *
 * POLICY is a bundle such as examples/tangzhang/policy. Times are CPU of this thread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "codec/json.h"
#include "codec/policy_load.h"
#include "core/core.h"
#include "core/stats.h"
#include "shell/files.h"

#define VILLAGES 17U
#define GRIDS 4U
#define MONDAY INT64_C(1763913600000) /* 2025-11-24 00:00 +08:00 */
#define HOUR ((int64_t)3600000)

struct bench {
    struct gb_arena policy_arena, arena;
    struct gb_core *core;
    uint64_t index;
    uint32_t messages;
};

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double step(struct bench *b, struct gb_record *rec, struct gb_str fields)
{
    struct gb_step s = {.arena = &b->arena, .index = b->index};
    double began;

    rec->session = GB_STR("s");
    rec->n = (int64_t)b->index++;
    GB_CHECK(gb_json_parse(&b->arena, fields, &rec->fields, NULL) == GB_OK);
    began = cpu_s();
    gb_core_step(b->core, rec, &s);
    began = cpu_s() - began;
    for (uint32_t i = 0; i < s.outputs_count; i++) {
        b->messages += s.outputs[i].topic == GB_TOPIC_STATS;
    }
    return began;
}

static double tick(struct bench *b, int64_t clock)
{
    struct gb_record rec = {.kind = GB_KIND_TICK, .town = GB_STR("")};

    gb_arena_reset(&b->arena);
    return step(b, &rec, gb_arena_printf(&b->arena, "{\"clock\":%lld,\"streams\":[]}",
                                         (long long)clock));
}

static double report(struct bench *b, uint32_t i)
{
    static const char *const categories[] = {"1001", "1002", "2001", "4001", "6001", "9999"};
    unsigned village = 201 + i % VILLAGES + (i % VILLAGES > 3); /* there is no 205 */
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION,
                            .town = GB_STR("320312111"),
                            .src = {GB_STR("c"), GB_STR("t"), 0, (int64_t)i, 0, 100},
                            .source = GB_STR("governance_grid"),
                            .entity = GB_STR("matter"),
                            .version = {.parts_count = 1, .parts = {(int64_t)i}}};

    gb_arena_reset(&b->arena);
    rec.key = gb_arena_int(&b->arena, i);
    rec.h_img = rec.key;
    return step(b, &rec,
                gb_arena_printf(&b->arena,
                                "{\"category\":\"%s\",\"grid\":\"320312111%u%03u\",\"occurred_at\":"
                                "%lld,\"state\":\"%s\",\"village\":\"320312111%u\"}",
                                categories[i % GB_COUNT(categories)], village,
                                1 + i / VILLAGES % GRIDS,
                                (long long)(MONDAY + i % 100 * HOUR), i % 3 == 0 ? "1/0" : "0/0",
                                village));
}

static void begin(struct bench *b, const char *path)
{
    struct gb_mistakes mistakes = {0};
    struct gb_files files = {0};
    struct gb_err err;
    const struct gb_policy *policy;
    struct gb_record rec = {.kind = GB_KIND_POLICY, .town = GB_STR("")};

    gb_arena_init(&b->policy_arena, (size_t)64 << 20);
    gb_arena_init(&b->arena, (size_t)256 << 20);
    GB_CHECK(gb_files_read(path, &b->policy_arena, &files, &err) == GB_OK);
    policy = gb_policy_load(&b->policy_arena, &files, &mistakes);
    GB_CHECK(policy != NULL);
    gb_mistakes_close(&mistakes);
    b->core = gb_core_new(0);
    gb_core_offer_policy(b->core, policy);
    (void)tick(b, MONDAY);
    (void)step(b, &rec, gb_arena_printf(&b->arena, "{\"bundle\":\"%.*s\"}",
                                        GB_STR_ARG(policy->hash)));
}

int main(int argc, char **argv)
{
    long reports = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    struct bench b = {.index = 0};
    double put = 0;
    double plain = 0;
    double telling;

    if (reports <= 0) {
        fprintf(stderr, "usage: stats_cost POLICY REPORTS\n");
        return 64;
    }
    begin(&b, argv[1]);
    for (long i = 0; i < reports; i++) {
        put += report(&b, (uint32_t)i);
    }
    for (int i = 0; i < 200; i++) { /* until nothing falls due any more */
        plain = tick(&b, MONDAY + 191 * HOUR + i);
    }
    telling = tick(&b, MONDAY + 192 * HOUR); /* Tuesday of the week after */
    printf("reports=%ld\nus_report=%.2f\nms_tick=%.3f\nms_telling=%.3f\nns_telling_report=%.0f\n"
           "messages=%u\n",
           reports, put / (double)reports * 1e6, plain * 1e3, telling * 1e3,
           telling / (double)reports * 1e9, b.messages);
    return 0; /* the system frees */
}
