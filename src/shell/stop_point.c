/* Arming and the signal. */
#include "shell/stop_point.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_MAX 1000000000UL

enum gb_stop_point gb_stop_armed = GB_STOP_NONE;

static atomic_ulong reached;
static unsigned long wanted;
static int stop_signal;
static char last_words[128];

static const char *const words[GB_STOP_COUNT] = {
#define X(name, word) [GB_STOP_##name] = word,
    GB_STOP_LIST(X)
#undef X
};

static enum gb_stop_point find(const char *text, size_t len)
{
    for (int p = GB_STOP_NONE + 1; p < GB_STOP_COUNT; p++) {
        if (strlen(words[p]) == len && memcmp(words[p], text, len) == 0) {
            return (enum gb_stop_point)p;
        }
    }
    return GB_STOP_NONE;
}

static enum gb_status unknown(struct gb_err *err, const char *text)
{
    char list[400] = "";
    size_t len = 0;

    for (int p = GB_STOP_NONE + 1; p < GB_STOP_COUNT; p++) {
        len += (size_t)snprintf(list + len, sizeof(list) - len, " %s", words[p]);
        GB_CHECK(len < sizeof(list));
    }
    return gb_fail(err, GB_BAD_CONFIG, "%s=%s: expected NAME:COUNT or NAME:COUNT:freeze, NAME of%s",
                   GB_STOP_VARIABLE, text, list);
}

enum gb_status gb_stop_arm(const char *text, FILE *log, struct gb_err *err)
{
    const char *colon = text != NULL ? strchr(text, ':') : NULL;
    enum gb_stop_point point;
    unsigned long count;
    char *end = NULL;

    if (text == NULL) {
        return GB_OK;
    }
    point = colon != NULL ? find(text, (size_t)(colon - text)) : GB_STOP_NONE;
    if (point == GB_STOP_NONE || colon[1] < '1' || colon[1] > '9') {
        return unknown(err, text);
    }
    count = strtoul(colon + 1, &end, 10);
    if (count > COUNT_MAX || (*end != '\0' && strcmp(end, ":freeze") != 0)) {
        return unknown(err, text);
    }
    wanted = count;
    stop_signal = *end == '\0' ? SIGKILL : SIGSTOP;
    atomic_store(&reached, 0UL);
    (void)snprintf(last_words, sizeof(last_words),
                   "level=warn msg=\"stop point %s reached %lu times: %s\"\n", words[point], count,
                   stop_signal == SIGKILL ? "SIGKILL" : "SIGSTOP");
    fprintf(log, "level=warn msg=\"FOR TESTS ONLY: %s=%s: this process will be %s\"\n",
            GB_STOP_VARIABLE, text, stop_signal == SIGKILL ? "killed" : "frozen");
    fflush(log);
    gb_stop_armed = point;
    return GB_OK;
}

bool gb_stop_count(void)
{
    return atomic_fetch_add(&reached, 1UL) + 1UL == wanted;
}

void gb_stop_now(void)
{
    ssize_t written = write(STDERR_FILENO, last_words, strlen(last_words));

    (void)written; /* who cannot hear it sees the signal */
    (void)raise(stop_signal);
}
