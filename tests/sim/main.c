/* gridbridge-sim: runs seeds, tells what they were, and makes a failing one small. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "sim/sim.h"

#define SHORT_SEEDS 60
#define TWICE_EVERY 20
#define TRACE_LINES 120
#define MEMORY_KEPT (1 << 30)
#define REGRESSIONS GB_SOURCE_DIR "/tests/sim/regressions"

struct options {
    uint64_t from, to;
    bool is_short, is_traced;
    bool is_quick; /* a violation is told, not made small */
    bool is_each;  /* a line of numbers for each seed, for tests/claims/sim.py */
    uint64_t failures_max;
};

/* What a run of seeds was. */
struct summary {
    uint64_t seeds, counted, failed, faults_by[SIM_FAULT_COUNT];
    uint32_t *records, *faults, *owners, *lines, *settled;
};

static void describe(const struct sim_plan *plan, const struct sim_result *r)
{
    (void)printf("seed %llu: %s%s%s\n", (unsigned long long)plan->seed,
                 r->failure.is_set ? sim_invariant_word(r->failure.invariant) : "holds",
                 r->failure.is_set ? ": " : "", r->failure.text);
    (void)printf("  %u daemons, %u lanes, %u records in batches of %u, %s, wall x%lld%s:\n"
                 "  %u faults, %u changes of owner, %u lines, %u outputs, %llu steps, settled %lld "
                 "ms after the heal, digest %016llx\n",
                 plan->daemons, plan->lanes, r->records, plan->batch,
                 plan->mode == GB_PUBLISH_IDEMPOTENT ? "idempotent" : "transactional",
                 (long long)plan->scale, plan->restarts ? ", restarts" : "", r->faults,
                 r->owner_changes, r->lines, r->outputs, (unsigned long long)r->steps,
                 (long long)r->settled_ms, (unsigned long long)r->digest);
}

static void print_tail(const char *text, size_t len)
{
    size_t at = len;
    uint32_t lines = 0;

    while (at > 0 && lines <= TRACE_LINES) {
        at--;
        lines += text[at] == '\n';
    }
    if (at > 0) {
        (void)printf("  ... the last %d lines of the trace:\n", TRACE_LINES);
        at++;
    }
    (void)printf("%.*s", (int)(len - at), text + at);
}

static void show_failure(const struct sim_plan *plan, const struct sim_result *failed)
{
    struct sim_plan small = *plan;
    struct sim_result result;
    char *text = NULL;
    size_t len = 0;
    FILE *trace = open_memstream(&text, &len);

    GB_CHECK(trace != NULL);
    describe(plan, failed);
    sim_shrink(&small, failed);
    sim_run(&small, trace, &result);
    (void)fclose(trace);
    (void)printf("made small:\n");
    print_tail(text, len);
    free(text);
    describe(&small, &result);
}

/* Two runs of a seed must be one. */
static void run_twice(const struct sim_plan *plan, struct sim_result *result)
{
    struct sim_result again;

    sim_run(plan, NULL, &again);
    if (again.digest != result->digest && !result->failure.is_set) {
        result->failure = (struct sim_failure){.is_set = true, .invariant = SIM_INV_SEAM};
        (void)snprintf(result->failure.text, sizeof(result->failure.text),
                       "the same seed twice: digests %016llx and %016llx",
                       (unsigned long long)result->digest, (unsigned long long)again.digest);
    }
}

static void add(struct summary *s, const struct sim_result *r)
{
    s->seeds++;
    s->failed += r->failure.is_set;
    for (uint32_t f = 0; f < SIM_FAULT_COUNT; f++) {
        s->faults_by[f] += r->faults_by[f];
    }
    if (r->counts) {
        s->records[s->counted] = r->records;
        s->faults[s->counted] = r->faults;
        s->owners[s->counted] = r->owner_changes;
        s->lines[s->counted] = r->lines;
        s->settled[s->counted] = r->settled_ms > 0 ? (uint32_t)r->settled_ms : 0;
        s->counted++;
    }
}

static void run_seed(const struct options *options, struct summary *summary, uint64_t seed)
{
    struct sim_plan plan;
    struct sim_result result;

    sim_plan_draw(&plan, seed);
    sim_run(&plan, options->is_traced ? stdout : NULL, &result);
    if (options->is_short || seed % TWICE_EVERY == 0) {
        run_twice(&plan, &result);
    }
    add(summary, &result);
    if (options->is_each) {
        (void)printf("each %llu %d %u %u %u %u %u %lld\n", (unsigned long long)seed, result.counts,
                     result.records, result.faults, result.owner_changes, result.lines,
                     result.outputs, (long long)result.settled_ms);
    }
    if (result.failure.is_set && options->is_quick) {
        describe(&plan, &result);
    } else if (result.failure.is_set) {
        show_failure(&plan, &result);
    } else if (options->from == options->to) {
        describe(&plan, &result);
    }
    (void)fflush(stdout);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void print_spread(const char *name, uint32_t *numbers, uint64_t count)
{
    if (count == 0) {
        return;
    }
    qsort(numbers, count, sizeof(numbers[0]), by_number);
    (void)printf("%s=%u/%u/%u/%u/%u\n", name, numbers[0], numbers[count / 10], numbers[count / 2],
                 numbers[count * 9 / 10], numbers[count - 1]);
}

static void print_summary(struct summary *s, double seconds)
{
    (void)printf("distribution of what counts (least/10%%/median/90%%/most):\n");
    print_spread("records", s->records, s->counted);
    print_spread("faults", s->faults, s->counted);
    print_spread("owner_changes", s->owners, s->counted);
    print_spread("ledger_lines", s->lines, s->counted);
    print_spread("settled_ms", s->settled, s->counted);
    (void)printf("faults by kind:\n");
    for (int f = 0; f < SIM_FAULT_COUNT; f++) {
        (void)printf("  %8llu %s\n", (unsigned long long)s->faults_by[f],
                     sim_fault_word((enum sim_fault)f));
    }
    (void)printf("seeds=%llu\ncounted=%llu\nviolations=%llu\nseconds=%.1f\nseeds_per_second=%.1f\n",
                 (unsigned long long)s->seeds, (unsigned long long)s->counted,
                 (unsigned long long)s->failed, seconds, (double)s->seeds / seconds);
}

/* Seeds that once found something: "seed  what it was", one a line. */
static void run_regressions(const struct options *options, struct summary *summary)
{
    FILE *file = fopen(REGRESSIONS, "r");
    char line[300];

    if (file == NULL) {
        (void)fprintf(stderr, "gridbridge-sim: cannot open %s\n", REGRESSIONS);
        exit(2);
    }
    while (fgets(line, sizeof(line), file) != NULL && summary->failed < options->failures_max) {
        if (line[0] >= '0' && line[0] <= '9') {
            run_seed(options, summary, strtoull(line, NULL, 10));
        }
    }
    (void)fclose(file);
}

static void read_range(const char *text, struct options *options)
{
    char *end = NULL;

    options->from = options->to = strtoull(text, &end, 10);
    if (strncmp(end, "..", 2) == 0) {
        options->to = strtoull(end + 2, &end, 10);
    }
    if (*end != '\0' || options->to < options->from) {
        (void)fprintf(stderr, "gridbridge-sim: %s is no seed and no range A..B\n", text);
        exit(2);
    }
}

static struct options read_options(int argc, char **argv)
{
    struct options options = {.from = 1, .to = 0, .failures_max = 3};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--short") == 0) {
            options.is_short = true;
            options.from = 1;
            options.to = SHORT_SEEDS;
        } else if (strcmp(argv[i], "--trace") == 0) {
            options.is_traced = true;
        } else if (strcmp(argv[i], "--quick") == 0) {
            options.is_quick = true;
        } else if (strcmp(argv[i], "--each") == 0) {
            options.is_each = true;
        } else if (strcmp(argv[i], "--go-on") == 0) {
            options.failures_max = UINT64_MAX;
        } else if (strcmp(argv[i], "--first") == 0) {
            options.failures_max = 1;
        } else if ((strcmp(argv[i], "--seed") == 0 || strcmp(argv[i], "--seeds") == 0) &&
                   i + 1 < argc) {
            read_range(argv[++i], &options);
        } else {
            options.to = 0;
            break;
        }
    }
    if (options.to == 0) {
        (void)fprintf(stderr, "usage: gridbridge-sim --seed N | --seeds A..B | --short | --script"
                              " [--trace] [--quick] [--go-on | --first] [--each]\n");
        exit(2);
    }
    return options;
}

int main(int argc, char **argv)
{
    bool is_script = argc == 2 && strcmp(argv[1], "--script") == 0;
    struct options options = is_script ? (struct options){0} : read_options(argc, argv);
    struct summary summary = {0};
    uint32_t **spreads[] = {&summary.records, &summary.faults, &summary.owners, &summary.lines,
                            &summary.settled};
    uint64_t room = options.to - options.from + 1 + 1000;
    struct timespec begin, end;

    if (is_script) {
        return sim_script();
    }
    for (size_t i = 0; i < GB_COUNT(spreads); i++) {
        *spreads[i] = calloc(room, sizeof(uint32_t));
        GB_CHECK(*spreads[i] != NULL);
    }
    /* The next seed uses the memory of the last one: giving it back costs a tenth of the time. */
    (void)mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
    (void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    if (options.is_short) {
        run_regressions(&options, &summary);
    }
    for (uint64_t seed = options.from;
         seed <= options.to && summary.failed < options.failures_max; seed++) {
        run_seed(&options, &summary, seed);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    print_summary(&summary, (double)(end.tv_sec - begin.tv_sec) +
                                (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    for (size_t i = 0; i < GB_COUNT(spreads); i++) {
        free(*spreads[i]);
    }
    sim_shared_close();
    return summary.failed > 0;
}
