/* Names are held by binding a socket in Linux's abstract namespace, which needs no folder and
 * leaves nothing behind. */
#include "shell/instance.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/hash.h"
#include "shell/loop.h"

#define NUMBERS_MAX 256

/* True if the name is now held by fd. */
static bool hold(int fd, const char *bridge_id, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char words[512];
    int len = snprintf(words, sizeof(words), "%s/%s", bridge_id, name);
    uint64_t hash = gb_fnv1a((struct gb_str){words, (size_t)len});
    /* sun_path[0] is 0: abstract. A hash, because both names together may be too long. */
    int used = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
                        "gridbridge-%016" PRIx64, hash);

    return bind(fd, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)used)) == 0;
}

static bool take_number(struct gb_instance *instance, const char *bridge_id)
{
    char host[65] = "host";

    (void)gethostname(host, sizeof(host) - 1);
    for (int number = 0; number < NUMBERS_MAX; number++) {
        (void)snprintf(instance->name, sizeof(instance->name), "%s.%d", host, number);
        if (hold(instance->fd, bridge_id, instance->name)) {
            return true;
        }
    }
    return false;
}

enum gb_status gb_instance_take(const char *bridge_id, const char *given,
                                struct gb_instance *instance, struct gb_err *err)
{
    bool is_held;

    instance->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (instance->fd < 0) {
        return gb_fail(err, GB_IO, "no socket to hold this daemon's name with");
    }
    if (given != NULL) {
        (void)snprintf(instance->name, sizeof(instance->name), "%s", given);
        is_held = hold(instance->fd, bridge_id, given);
    } else {
        is_held = take_number(instance, bridge_id);
    }
    if (!is_held) {
        gb_instance_give_back(instance);
        return gb_fail(err, GB_CONFLICT, "another daemon of bridge %s on this host runs as %s",
                       bridge_id, instance->name);
    }
    (void)snprintf(instance->owner, sizeof(instance->owner), "%s/%" PRId64 "/%" PRIx64,
                   instance->name, (int64_t)getpid(), (uint64_t)(gb_wall_ms() / 1000));
    return GB_OK;
}

void gb_instance_give_back(struct gb_instance *instance)
{
    if (instance->fd >= 0) {
        (void)close(instance->fd);
        instance->fd = -1;
    }
}
