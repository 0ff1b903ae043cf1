/* The first process of a call's pid namespace. */
#ifndef BOXED_NAMESPACE_INIT_H
#define BOXED_NAMESPACE_INIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How the worker ended. */
struct worker_end {
    int status;
    uint64_t charged_us;
};

/* Makes descriptors the first ones, which are below them, and closes all
 * others. */
void namespace_init_keep_only(const int *fds, int count);

/* Stays until the worker has ended.  fds: the pipe on which its end is told;
 * the socket on which its listener comes (confine/notify.h); the namespace's
 * /proc; and the socket to the zygote, or -1 where memory is not counted. */
_Noreturn void namespace_init_stay(pid_t worker, const int *fds,
                                   size_t processes);

#endif
