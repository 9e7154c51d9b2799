/* A daemon's name on its host. The groups know an instance by a name that a restart finds again (it
 * rejoins at once instead of after the session's time-out), yet two daemons on one host must not
 * have the same. So the name is the host's with the lowest number that no living daemon holds; the
 * kernel frees it with the process, however that ends. */
#ifndef SHELL_INSTANCE_H
#define SHELL_INSTANCE_H

#include "base/check.h"
#include "gridbridge/err.h"

struct gb_instance {
    char name[120];  /* "host.0": group.instance.id, client.id */
    char owner[160]; /* "host.0/4711/5ab3f": besides pid and start, unique for ever: lane rows */
    int fd;          /* holds the name; -1 where none is held */
};

/* Takes a name for a bridge: given, else the lowest free one of this host. CONFLICT: another daemon
 * on this host runs under the given name. */
enum gb_status gb_instance_take(const char *bridge_id, const char *given,
                                struct gb_instance *instance, struct gb_err *err) GB_MUST_CHECK;
void gb_instance_give_back(struct gb_instance *instance);

#endif
