/* What the process does to keep its memory to itself. */
#ifndef SHELL_HARDEN_H
#define SHELL_HARDEN_H

#include "base/check.h"
#include "gridbridge/err.h"

/* No core dump, by limit and by the process's own mark (a core_pattern that is a pipe ignores the
 * limit); the mark also keeps other processes of the same user from reading the memory. IO. */
enum gb_status gb_harden_process(struct gb_err *err) GB_MUST_CHECK;

#endif
