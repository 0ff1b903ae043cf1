/* Descriptors that close themselves.  A descriptor is -1 when empty; it is
 * handed on only through steal_fd().  Usable anywhere: only close(2). */
#ifndef BOXED_FD_H
#define BOXED_FD_H

#include <unistd.h>

static inline void
close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static inline int
steal_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define cleanup_close __attribute__((cleanup(close_fd)))

#endif
