/* Lines of the log. What was said lately stands in a table of fixed size by hash: two that meet in
 * one place only cost silence, never a line. */
#include "shell/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "shell/loop.h"

#define SAID_SIZE 256U
#define TEXT_MAX 700U
#define SILENCE_MS_MIN 60000
#define SILENCE_MS_MAX 3600000
#define FORGET_MS 600000

struct said {
    uint64_t hash;
    int64_t lane;
    int64_t written_at, heard_at; /* monotonic ms */
    int64_t silence_ms;
    uint64_t left_out;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static FILE *out;
static enum gb_log_level last_level = GB_LOG_WARN;
static struct said said[SAID_SIZE];

void gb_log_open(FILE *to, enum gb_log_level level)
{
    pthread_mutex_lock(&mutex);
    out = to;
    last_level = level;
    memset(said, 0, sizeof(said));
    pthread_mutex_unlock(&mutex);
}

/* Words without their digits, so that "again in 50 ms" and "again in 100 ms" are one. */
static uint64_t hash_of(int64_t lane, struct gb_str text)
{
    char words[TEXT_MAX];
    size_t len = 0;

    for (size_t i = 0; i < text.len && len < sizeof(words); i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            words[len++] = text.ptr[i];
        }
    }
    return gb_fnv1a((struct gb_str){words, len}) ^ ((uint64_t)(lane + 1) * 0x9e3779b97f4a7c15U);
}

static void forget(int64_t lane)
{
    for (size_t i = 0; i < SAID_SIZE; i++) {
        if (said[i].lane == lane) {
            said[i].silence_ms = 0;
        }
    }
}

/* True if the line is due; left_out: how often it was not. */
static bool is_due(int64_t now, int64_t lane, struct gb_str text, uint64_t *left_out)
{
    uint64_t hash = hash_of(lane, text);
    struct said *s = &said[hash % SAID_SIZE];
    bool is_again = s->hash == hash && s->silence_ms > 0 && now - s->heard_at < FORGET_MS;

    *left_out = 0;
    s->heard_at = now;
    if (is_again && now - s->written_at < s->silence_ms) {
        s->left_out++;
        return false;
    }
    if (is_again) {
        *left_out = s->left_out;
        s->silence_ms =
            s->silence_ms * 2 > SILENCE_MS_MAX ? SILENCE_MS_MAX : s->silence_ms * 2;
    } else {
        s->silence_ms = SILENCE_MS_MIN;
    }
    s->hash = hash;
    s->lane = lane;
    s->written_at = now;
    s->left_out = 0;
    return true;
}

static void write_line(enum gb_log_level level, int64_t lane, struct gb_str text,
                       uint64_t left_out)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    FILE *to = out != NULL ? out : stderr;
    char safe[TEXT_MAX];
    char place[32] = "";
    char often[64] = "";
    size_t len = 0;

    for (size_t i = 0; i < text.len && len + 2 < sizeof(safe); i++) {
        char c = text.ptr[i];

        if (c == '"' || c == '\\') {
            safe[len++] = '\\';
        }
        safe[len++] = (unsigned char)c < 0x20 ? ' ' : c;
    }
    if (lane >= 0) {
        (void)snprintf(place, sizeof(place), " lane=%" PRId64, lane);
    }
    if (left_out > 0) {
        (void)snprintf(often, sizeof(often), " left_out=%" PRIu64, left_out);
    }
    (void)fprintf(to, "level=%s%s msg=\"%.*s\"%s\n", words[level], place, (int)len, safe, often);
    (void)fflush(to);
}

void gb_log_at(int64_t now, enum gb_log_level level, int64_t lane, struct gb_str text)
{
    uint64_t left_out = 0;

    pthread_mutex_lock(&mutex);
    if (level == GB_LOG_INFO) {
        forget(lane);
    }
    if (level <= last_level && (level != GB_LOG_WARN || is_due(now, lane, text, &left_out))) {
        write_line(level, lane, text, left_out);
    }
    pthread_mutex_unlock(&mutex);
}

void gb_log(enum gb_log_level level, int64_t lane, struct gb_str text)
{
    gb_log_at(gb_now_ms(), level, lane, text);
}
