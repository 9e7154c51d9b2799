/* Negative control of an assertion: runs a step in a child and says whether a check ended it. */
#ifndef UNIT_DIES_H
#define UNIT_DIES_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* True if step() ended by a signal, as GB_CHECK does; false if it returned. */
static inline bool dies(void (*step)(void))
{
    int state = 0;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit none = {0, 0};
        int sink = open("/dev/null", O_WRONLY);

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)dup2(sink, STDERR_FILENO);
        (void)signal(SIGILL, SIG_DFL);
        (void)signal(SIGTRAP, SIG_DFL);
        step();
        _exit(0);
    }
    return child > 0 && waitpid(child, &state, 0) == child && WIFSIGNALED(state);
}

#endif
