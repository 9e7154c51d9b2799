/* A run that ends in an assertion, a crash or a loop is a violation like any other: it is told with
 * its seed and can be made small. What the run held is lost with it. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/check.h"
#include "sim/sim.h"

#define CPU_SECONDS_MAX 40

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

static sigjmp_buf place;
static volatile sig_atomic_t is_armed;
static char failed[300];

/* The linker puts this in gb_check_failed's place (--wrap): abort() cannot be survived twice. */
_Noreturn void __wrap_gb_check_failed(const char *file, int line, const char *what);

_Noreturn void __wrap_gb_check_failed(const char *file, int line, const char *what)
{
    (void)snprintf(failed, sizeof(failed), "%s:%d: %s", file, line, what);
    if (is_armed) {
        is_armed = 0;
        siglongjmp(place, SIGABRT);
    }
    (void)fprintf(stderr, "%s\n", failed);
    abort();
}

static void on_signal(int number)
{
    if (is_armed) {
        is_armed = 0;
        siglongjmp(place, number);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void set_timer(long seconds)
{
    struct itimerval timer = {.it_value.tv_sec = seconds};

    GB_CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
}

static void install(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};

    GB_CHECK(sigaction(SIGPROF, &action, NULL) == 0);
#ifndef HAS_SANITIZER
    GB_CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0);
#endif
}

void sim_run(const struct sim_plan *plan, FILE *trace, struct sim_result *result)
{
    int number;

    install();
    number = sigsetjmp(place, 1);
    if (number != 0) {
        *result = (struct sim_result){.failure.is_set = true,
                                      .failure.invariant = SIM_INV_ASSERT,
                                      .faults = plan->faults_max};
        (void)snprintf(result->failure.text, sizeof(result->failure.text), "%s",
                       number == SIGABRT   ? failed
                       : number == SIGPROF ? "a step does not end"
                                           : "invalid memory was touched");
        return;
    }
    is_armed = 1;
    set_timer(CPU_SECONDS_MAX);
    sim_run_bare(plan, trace, result);
    is_armed = 0;
    set_timer(0);
}
