/* Descriptors that close themselves.  A descriptor is -1 when empty; it is
 * handed on only through fd_steal().  Usable anywhere: only close(2). */
#ifndef BOXED_FD_H
#define BOXED_FD_H

#include <unistd.h>

static inline void
fd_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static inline int
fd_steal(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define cleanup_close __attribute__((cleanup(fd_close)))

#endif
